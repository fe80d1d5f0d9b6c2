// A trace as the page works with it: whole states, folded columns, cuts, search. Pure functions.

/** Whole states from the parts that each step changed. */
export function prepare(raw) {
  const states = [raw.start.state];
  const failing = [raw.start.failing];
  append(states, failing, raw.steps);
  return { ...raw, states, failing };
}

function append(states, failing, steps) {
  for (const step of steps) {
    const before = states[states.length - 1];
    const { coordinator = before.coordinator, consumers = {}, in_flight = before.in_flight, store = before.store } = step.state;
    states.push({ coordinator, consumers: { ...before.consumers, ...consumers }, in_flight, ...(store && { store }) });
    failing.push(step.failing);
  }
}

/** The first `n` steps; what was taken later is on its way again. */
export function cut(trace, n) {
  const messages = trace.messages.filter((m) => m.sent <= n).map((m) => {
    const open = m.ended !== null && m.ended > n;
    const passed = m.passed !== null && m.passed > n ? null : m.passed;
    return open ? { ...m, ended: null, fate: "in_flight", error: m.request ? null : m.error, passed } : { ...m, passed };
  });
  return {
    ...trace, messages, steps: trace.steps.slice(0, n), states: trace.states.slice(0, n + 1),
    failing: trace.failing.slice(0, n + 1), violates: n < trace.steps.length ? null : trace.violates,
    back_to: n < trace.steps.length ? null : trace.back_to ?? null,
  };
}

/** The trace with the steps that the server told after its end. */
export function extend(trace, more) {
  const states = trace.states.slice();
  const failing = trace.failing.slice();
  append(states, failing, more.steps);
  const touched = new Map(more.messages.map((m) => [m.id, m]));
  const kept = trace.messages.filter((m) => !touched.has(m.id));
  const messages = [...kept, ...more.messages].sort((a, b) => a.id - b.id);
  return { ...trace, states, failing, messages, steps: [...trace.steps, ...more.steps], back_to: more.steps.length ? null : trace.back_to ?? null };
}

export const keys = (trace) => trace.steps.map((step) => step.key);

/** The names of the properties that fail anywhere, in the order in which they first do. */
export function failed(trace) {
  const seen = [];
  for (const reasons of trace.failing) for (const id of Object.keys(reasons)) if (!seen.includes(id)) seen.push(id);
  return seen;
}

/** The first place at which the property fails, or any does; -1: nowhere. */
export function firstFailure(trace, property = null) {
  return trace.failing.findIndex((reasons) => (property ? property in reasons : Object.keys(reasons).length > 0));
}

/** Whether the end of the path goes round for ever: the steps after `back_to`. If none are left, nothing happens any more. */
export const isRound = (trace) => Number.isInteger(trace.back_to) && trace.back_to <= trace.steps.length;

/** Where the harm is: a divergence, the first step of a cycle, the first failure; -1: nowhere. */
export function harm(trace) {
  if (trace.divergence && trace.divergence.step <= trace.steps.length) return trace.divergence.step;
  if (isRound(trace)) return trace.back_to;
  const fails = firstFailure(trace, trace.violates);
  return fails >= 0 ? fails : firstFailure(trace);
}

/** The place that a reader wants to see first. */
export function firstSight(trace) {
  const at = harm(trace);
  if (at >= 0) return at;
  return trace.violates ? trace.steps.length : 0;
}

/** Steps of heartbeats that were answered without an error. */
export function quietSteps(trace) {
  const quiet = new Set();
  for (const asked of trace.messages) {
    if (!asked.request || asked.api !== "Heartbeat" || asked.ended === null) continue;
    const answer = trace.messages.find((m) => !m.request && m.connection === asked.connection && m.sent === asked.ended);
    if (!answer || answer.error !== "NONE") continue;
    for (const step of [asked.sent, asked.passed, asked.ended, answer.ended]) {
      if (step && !newlyFailing(trace, step)) quiet.add(step);
    }
  }
  return quiet;
}

const newlyFailing = (trace, i) => Object.keys(trace.failing[i]).some((id) => !(id in trace.failing[i - 1]));

/** Columns from left to right: the start, then a step each; quiet steps beside each other share a thin one. */
export function columns(trace, { heartbeats = false, width = 84 } = {}) {
  const quiet = heartbeats ? new Set() : quietSteps(trace);
  const list = [{ steps: [0], folded: null, x: 0, w: 34 }];
  const place = [0];
  for (let i = 1; i <= trace.steps.length; i++) {
    const ghost = trace.steps[i - 1].actor === "ghost";
    const fold = ghost ? "ghost" : quiet.has(i) ? "heartbeat" : null;
    const last = list[list.length - 1];
    if (fold && last.folded) {
      last.steps.push(i);
      if (fold === "heartbeat") last.folded = "heartbeat";
    } else {
      list.push({ steps: [i], folded: fold, x: last.x + last.w, w: fold ? 22 : width });
    }
    place.push(list.length - 1);
  }
  return { list, place };
}

/** Places whose step has every word: plain, or `actor:`, `rule:`, `error:`, `key:`. */
export function search(trace, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = [];
  trace.steps.forEach((step, i) => {
    const answers = (step.event?.answers ?? []).map((a) => JSON.stringify(a.response));
    const error = [step.event?.response?.error, ...answers].join(" ");
    const parts = { actor: step.actor, key: step.key, rule: step.rules.join(" "), error };
    const all = [step.text, step.key, step.label.join(" "), ...step.changes, ...step.rules, ...Object.keys(step.failing)];
    const has = (word) => {
      const [field, rest] = word.split(/:(.+)/);
      if (rest && field in parts) return parts[field].toLowerCase().includes(rest);
      return all.join(" ").toLowerCase().includes(word);
    };
    if (words.every(has)) found.push(i + 1);
  });
  return found;
}

/** How many steps two traces have in common from their start. */
export function commonPrefix(a, b) {
  const same = (x, y) => x.key === y.key && (a.spec && b.spec ? true : x.text === y.text);
  let n = 0;
  while (n < a.steps.length && n < b.steps.length && same(a.steps[n], b.steps[n])) n++;
  return n;
}

/** The trace as a file of this project. */
export function toFile(trace) {
  const { name, release, mutation, setting } = trace.scenario;
  const file = { format: "muster-trace/1", name: slug(trace), scenario: name, release };
  if (mutation) file.mutation = mutation;
  if (trace.violates) file.violates = trace.violates;
  if (isRound(trace)) file.back_to = trace.steps.slice(0, trace.back_to).filter((step) => step.event).length;
  return { ...file, setting, steps: trace.steps.filter((step) => step.event).map((step) => step.event) };
}

/** A name for files. */
export function slug(trace) {
  const parts = trace.spec
    ? [trace.scenario.name, trace.scenario.mutation, trace.violates].filter(Boolean)
    : [trace.title];
  return parts.join("-").replace(/[^A-Za-z0-9_-]+/g, "-") || "trace";
}
