// The server's data. An error carries the server's one line.

const post = (type, body) => ({ method: "POST", headers: { "Content-Type": type }, body });

async function ask(path, body) {
  const options = body === undefined ? {} : body instanceof Blob ? post("application/octet-stream", body) : post("application/json", JSON.stringify(body));
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("the explorer does not answer; is `muster explore` still running?");
  }
  if (answer.status === 413) throw new Error("this is more than 32 MB; open it as `muster explore FILE`");
  const text = await answer.text();
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`the explorer answered ${answer.status}: ${text.slice(0, 200)}`);
  }
  if (!answer.ok) throw new Error(value.error ?? `the explorer answered ${answer.status}`);
  return value;
}

export const catalogue = () => ask("/api/catalogue");
export const path = (spec, keys, from = 0) => ask("/api/path", { spec, path: keys, from });
export const next = (spec, keys) => ask("/api/next", { spec, path: keys });
export const example = (spec, property) => ask("/api/example", { spec, property });
export const wander = (spec, steps, seed) => ask("/api/wander", { spec, steps, seed });
export const startRun = (spec, limits = {}) => ask("/api/runs", { spec, limits });
export const run = (id) => ask(`/api/runs/${id}`);
export const cancelRun = (id) => ask(`/api/runs/${id}/cancel`, {});
export const files = () => ask("/api/files");
export const file = (n) => ask(`/api/files/${n}`);
export const open = (file) => ask(`/api/open/${encodeURIComponent(file.name)}`, new Blob([file]));
export const startReplay = (system, trace) => ask("/api/replays", { system, trace });
export const replay = (id) => ask(`/api/replays/${id}`);

export const later = (ms) => new Promise((done) => setTimeout(done, ms));
