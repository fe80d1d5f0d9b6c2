// Colours by what they mean. Clients have the Okabe-Ito palette; vermilion and the hatch stand for violations only.

const CLIENTS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#b8a000", "#6a4fa0", "#7f7f7f"];

const LIGHT = {
  paper: "#ffffff", ink: "#1d2430", soft: "#56606e", line: "#c9d0d9", faint: "#e8ecf1", rule: "#8a94a3",
  violation: "#d55e00", violationInk: "#a84300", violationSoft: "#d55e0022", select: "#1d243014", pin: "#6b4fa8",
  lane0: "#f5f7fa", lane1: "#eceff4", lane2: "#dfe4ec", lane3: "#cfd6e1", dead: "#b9c0ca",
  stable: "#eaf5f0", onClient: "#ffffff", rejected: "#b0002a", common: "#0072b218", wire: "#aab3c0", good: "#006a4e",
};

const DARK = {
  paper: "#12161d", ink: "#e6eaf0", soft: "#a2acba", line: "#3a4352", faint: "#222936", rule: "#78849a",
  violation: "#ff7f2a", violationInk: "#ff9a57", violationSoft: "#ff7f2a2e", select: "#ffffff1c", pin: "#b79cf0",
  lane0: "#1a2029", lane1: "#212936", lane2: "#2b3545", lane3: "#374356", dead: "#3f4754",
  stable: "#17312a", onClient: "#ffffff", rejected: "#ff6b8a", common: "#56b4e926", wire: "#566274", good: "#5fd3ad",
};

// Black or white, whichever reads on a client's colour.
const ON_CLIENT = ["#ffffff", "#000000", "#000000", "#000000", "#000000", "#000000", "#ffffff", "#000000"];

/** The colour of a role: a name above, `client0`, `onClient0`, or a colour itself. */
export function colour(theme, role) {
  if (!role || role === "none" || role.startsWith("#") || role.startsWith("url(")) return role;
  const client = /^(on)?client(\d+)$/i.exec(role);
  if (client) return (client[1] ? ON_CLIENT : CLIENTS)[Number(client[2]) % CLIENTS.length];
  const found = (theme === "dark" ? DARK : LIGHT)[role];
  if (!found) throw new Error(`no colour '${role}'`);
  return found;
}
