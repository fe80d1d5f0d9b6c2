// Traces that were looked at in this window, to compare with.

const NAME = "muster-tray";
const MOST = 12;

export function tray() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME)) ?? [];
  } catch {
    return [];
  }
}

export function remember(entry) {
  const path = (link) => link.replace(/&step=\d+/, "");
  const others = tray().filter((one) => path(one.link) !== path(entry.link));
  try {
    sessionStorage.setItem(NAME, JSON.stringify([entry, ...others].slice(0, MOST)));
  } catch {
    // A full store loses what it had; nothing hangs on it.
    sessionStorage.removeItem(NAME);
  }
}
