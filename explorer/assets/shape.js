// From a trace to shapes: the one picture that the screen, the SVG file and the tests share. A pure function.
//
// Time goes from left to right, a column a step. From top to bottom: generations and steps, properties, the
// coordinator, each consumer, then for each partition who owns it and how its offsets move.

import { columns, failed, firstFailure, isRound } from "./trace.js";

const TOP = 42, STRIP = 18, LANE = 106, ROW = 17, UNIT_MIN = 9, GAP = 10;
const WIRE = 14, FONT = 10;
/** How far a long run goes until it says again what it is. */
const EACH = 672;

/** Lays out a trace. Colours are roles (`palette.js`). */
export function picture(trace, options = {}) {
  const { heartbeats = false, width = 84, properties: every = false, narrow = false } = options;
  const cols = columns(trace, { heartbeats, width });
  const last = cols.list[cols.list.length - 1];
  const p = {
    trace, cols, narrow, labels: width >= 60, shapes: [], gutter: [], end: last.x + last.w, y: TOP,
    after: cols.list.map((c) => c.steps[c.steps.length - 1]),
  };
  p.width = p.end + (trace.messages.some((m) => m.ended === null) ? 96 : 16);
  strips(p, every);
  if (isRound(trace)) round(p);
  lanes(p);
  trace.partitions.forEach((partition) => ownership(p, partition));
  p.height = p.y + 8;
  axis(p);
  const first = violation(p);
  arrows(p);
  const { shapes, gutter, height } = p;
  return { width: p.width, height, shapes, gutter, columns: cols, first, lanes: p.lanes };
}

const at = (p, step) => p.cols.list[p.cols.place[step]];
const middle = (column) => column.x + column.w / 2;

function rect(p, x, y, w, h, style, extra) {
  p.shapes.push({ t: "rect", x, y, w, h, ...style, ...extra });
}

function text(p, x, y, value, style = {}) {
  p.shapes.push({ t: "text", x, y, value, size: FONT, fill: "ink", ...style });
}

/** Words of the left margin; `short`: what stands there where the margin is narrow. */
function label(p, y, value, { short = value, ...style } = {}) {
  const words = p.narrow ? short : value;
  if (words) p.gutter.push({ t: "text", x: 8, y, value: words, size: 11, fill: "ink", ...style });
}

/** Runs of columns with one value: `f` of the state after the column's last step. */
function runs(p, f, same = (a, b) => a === b) {
  const found = [];
  p.cols.list.forEach((column, i) => {
    const value = f(p.trace.states[p.after[i]], p.after[i]);
    const before = found[found.length - 1];
    if (before && same(before.value, value)) before.to = column.x + column.w;
    else found.push({ value, from: column.x, to: column.x + column.w, column: i });
  });
  return found;
}

const alike = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function axis(p) {
  const { trace, cols } = p;
  cols.list.forEach((column, i) => {
    const name = column.folded ? (column.folded === "heartbeat" ? `♥${column.steps.length}` : "·") : String(column.steps[0]);
    text(p, middle(column), 34, i === 0 ? "start" : name, { anchor: "middle", fill: "soft" });
    if (i > 0 && !column.folded) {
      p.shapes.push({ t: "line", x1: column.x, y1: TOP - 4, x2: column.x, y2: p.height, stroke: "faint", behind: true });
    }
  });
  const generation = (state) => state.coordinator.group?.generation ?? 0;
  for (const run of runs(p, generation)) {
    if (!run.value) continue;
    p.shapes.push({ t: "line", x1: run.from, y1: 6, x2: run.from, y2: p.height, stroke: "rule", width: 1.5 });
    p.shapes.push({ t: "rect", x: run.from, y: 4, w: 82, h: 15, fill: "rule", rx: 2 });
    text(p, run.from + 5, 15, `generation ${run.value}`, { fill: "paper", weight: 600 });
  }
  if (trace.steps.some((step) => step.outside)) {
    trace.steps.forEach((step, i) => {
      if (step.outside) rect(p, at(p, i + 1).x, TOP - 5, at(p, i + 1).w, 3, { fill: "soft" });
    });
  }
}

function strips(p, every) {
  const { trace } = p;
  const bad = failed(trace);
  // What never comes is failed by no state: it has a bracket of its own.
  if (trace.violates && !bad.includes(trace.violates) && trace.spec && !isRound(trace)) bad.push(trace.violates);
  const named = every ? trace.properties.map((one) => one.id) : bad;
  for (const id of named) {
    const first = firstFailure(trace, id);
    label(p, p.y + 12, id.replaceAll("_", " "), { short: "property", size: 9.5, fill: first < 0 ? "soft" : "violationInk" });
    p.cols.list.forEach((column, i) => {
      const fails = id in trace.failing[p.after[i]];
      const begins = fails && column.steps.includes(first);
      if (begins) {
        rect(p, column.x, p.y + 2, column.w, STRIP - 4, { fill: "violation" });
        if (column.w > 40) text(p, middle(column), p.y + 12.5, "✕ first fails", { anchor: "middle", fill: "#000000", weight: 700, size: 9.5 });
      } else if (fails) {
        rect(p, column.x, p.y + 2, column.w, STRIP - 4, { fill: "url(#hatch)", stroke: "violation" });
      } else {
        rect(p, column.x, p.y + 8, column.w, 3, { fill: "good" });
      }
    });
    p.y += STRIP;
  }
  const others = trace.properties.length - named.length;
  if (others > 0) {
    label(p, p.y + 12, named.length || isRound(trace) ? `${others} others hold` : `all ${others} properties hold`, { short: "others", size: 9.5, fill: "soft" });
    rect(p, 0, p.y + 8, p.end, 2, { fill: "good" });
    p.y += STRIP;
  }
  p.y += 4;
}

/** Where a whole word has no room. */
const SHORT = { PreparingRebalance: "Preparing", CompletingRebalance: "Completing", FetchingOffsets: "Fetching" };

/** A bracket over the steps that go round for ever, or a mark where nothing happens any more. */
function round(p) {
  const { trace } = p;
  const y = p.y + 9;
  const ends = trace.back_to === trace.steps.length;
  const from = ends ? p.end - 8 : at(p, trace.back_to + 1).x + 3;
  label(p, y + 3, (trace.violates ?? "").replaceAll("_", " "), { short: "for ever", size: 9.5, fill: "violationInk" });
  for (const [x1, y1, x2, y2] of [[from, y, p.end - 2, y], [from, y, from, y + 8], [p.end - 2, y, p.end - 2, y + 8]]) {
    p.shapes.push({ t: "line", x1, y1, x2, y2, stroke: "violation", width: 2 });
  }
  const words = ends ? "nothing happens any more" : `↻ from here again and again: steps ${trace.back_to + 1} to ${trace.steps.length}`;
  text(p, ends ? from - 4 : from + 6, y - 3, words, { fill: "violationInk", weight: 700, size: 9.5, halo: true, anchor: ends ? "end" : undefined });
  p.y += STRIP + 6;
}

const PHASE = {
  Empty: "lane0", PreparingRebalance: "lane3", CompletingRebalance: "lane2", Stable: "stable", absent: "lane0",
  Preparing: "lane1", Committing: "lane2", Closing: "lane1", Overdue: "dead", Joining: "lane3", Syncing: "lane2", FetchingOffsets: "lane1", Crashed: "dead", Closed: "dead",
};
const WORDS = {
  PreparingRebalance: "PreparingRebalance", CompletingRebalance: "CompletingRebalance", absent: "no group yet",
  FetchingOffsets: "FetchingOffsets", Crashed: "crashed ✕", Closed: "closed",
};

function lanes(p) {
  p.lanes = { coordinator: { y: p.y, wire: p.y + LANE - WIRE } };
  const phase = (state) => state.coordinator.group?.state ?? "absent";
  lane(p, "coordinator", runs(p, phase));
  label(p, p.y + 20, "coordinator", { short: "coord.", weight: 700, size: 12 });
  label(p, p.y + 36, "group's state", { short: "", size: 9.5, fill: "soft" });
  p.y += LANE + GAP;
  p.trace.clients.forEach((client, k) => {
    p.lanes[client] = { y: p.y, wire: p.y + WIRE };
    lane(p, client, runs(p, (state) => state.consumers[client]?.phase ?? "Joining"));
    p.gutter.push({ t: "rect", x: 8, y: p.y + 10, w: 12, h: 12, rx: 2, fill: `client${k}` });
    p.gutter.push({ t: "text", x: 26, y: p.y + 20, value: client, size: 12, weight: 700, fill: "ink" });
    label(p, p.y + 36, "consumer", { short: "", size: 9.5, fill: "soft" });
    badges(p, client, k);
    p.y += LANE + 4;
  });
  if (p.trace.states[0].store) outside(p);
  p.y += 8;
  p.trace.steps.forEach((step, i) => event(p, step, i + 1));
}

/** The store that consumers write to: what it holds. */
function outside(p) {
  p.lanes.store = { y: p.y, wire: p.y + WIRE };
  label(p, p.y + 20, "outside store", { short: "store", weight: 700, size: 12 });
  rect(p, 0, p.y, p.end, LANE - 24, { fill: "lane0", behind: true });
  p.shapes.push({ t: "line", x1: 0, y1: p.y + WIRE, x2: p.end, y2: p.y + WIRE, stroke: "wire" });
  p.y += LANE - 20;
}

function lane(p, who, phases) {
  const { y, wire } = p.lanes[who];
  const top = who === "coordinator";
  for (const run of phases) {
    rect(p, run.from, y, run.to - run.from, LANE, { fill: PHASE[run.value] ?? "lane1", behind: true });
    p.shapes.push({ t: "line", x1: run.from, y1: y, x2: run.from, y2: y + LANE, stroke: "line" });
    for (const x of again(run, 20)) {
      const fits = run.to - x;
      const whole = WORDS[run.value] ?? run.value;
      const words = whole.length * 5.8 + 8 <= fits ? whole : SHORT[run.value] ?? whole;
      const y1 = top ? y + 13 : y + LANE - 23;
      if (x === run.from ? fits > 40 : fits > 130) text(p, x + 5, y1, words.length * 5.8 + 8 <= fits ? words : `${words.slice(0, Math.floor(fits / 6) - 2)}…`, { fill: "soft", weight: 600, size: 9.5 });
    }
  }
  p.shapes.push({ t: "line", x1: 0, y1: wire, x2: p.end, y2: wire, stroke: "wire" });
}

/** The member id and generation that a consumer has; outlined when the coordinator is past them. */
function badges(p, client, k) {
  const of = (state) => {
    const consumer = state.consumers[client];
    const group = state.coordinator.group;
    if (!consumer?.member) return null;
    const generation = consumer.generation ?? 0;
    const known = group && (consumer.member in group.members || consumer.member in group.pending);
    return { name: consumer.member, generation, stale: !known || (group && generation < group.generation && generation > 0) };
  };
  for (const run of runs(p, of, alike)) {
    if (!run.value) continue;
    const { name, generation, stale } = run.value;
    const words = generation ? `${name} gen ${generation}` : name;
    const w = words.length * 6 + 12;
    if (run.to - run.from < 30) continue;
    const y = p.lanes[client].y + LANE - 17;
    rect(p, run.from + 4, y, w, 14, stale ? { fill: "paper", stroke: `client${k}`, dash: "3 2", rx: 7 } : { fill: `client${k}`, rx: 7 });
    text(p, run.from + 9, y + 10.5, words, { size: 9.5, weight: 600, fill: stale ? "ink" : `onClient${k}` });
    if (stale && run.to - run.from > w + 36) text(p, run.from + w + 8, y + 10.5, "stale", { size: 9.5, fill: "soft" });
  }
}

/** What happens in a column: a dot on the actor's wire, and words beside it. */
function event(p, step, i) {
  const here = p.lanes[step.actor];
  const column = at(p, i);
  if (!here || column.folded) return;
  const x = middle(column);
  p.shapes.push({ t: "dot", x, y: here.wire, r: 3.5, fill: "ink" });
  if (!p.labels) return;
  const lines = wrap(step.label, 14, 6);
  const bottom = step.actor === "coordinator";
  const first = bottom ? here.wire - 8 - (lines.length - 1) * 11 : here.wire + 15;
  lines.forEach((line, n) => {
    const error = /^→|^[A-Z][A-Z_]{3,}$|[A-Z]{4,}_|_[A-Z]{4,}/.test(line);
    text(p, x, first + n * 11, line, { anchor: "middle", halo: true, weight: n === 0 ? 600 : 400, fill: error ? "rejected" : "ink" });
  });
}

/** Lines of at most so many letters, broken at spaces and after underscores. */
export function wrap(lines, most, count) {
  const out = [];
  for (const line of lines) {
    let row = "";
    // Capitals are wide.
    const fits = /[A-Z]{4,}_/.test(line) ? most - 2 : most;
    const parts = line.split(/(?<=[^→] |_|[a-z]\.)/);
    for (const part of parts.flatMap((one) => (one.startsWith("→ ") && one.length > most ? ["→ ", one.slice(2)] : [one]))) {
      if (row && (row + part).trimEnd().length > fits) {
        out.push(row.trimEnd());
        row = "";
      }
      row += part;
    }
    if (row.trim()) out.push(row.trimEnd());
  }
  if (out.length <= count) return out;
  const kept = out.slice(0, count);
  kept[count - 1] = `${kept[count - 1].slice(0, most - 1)}…`;
  return kept;
}

function arrows(p) {
  for (const message of p.trace.messages) {
    const there = message.to_store ? "store" : "coordinator";
    const from = p.lanes[message.request ? message.client : there];
    const to = p.lanes[message.request ? there : message.client];
    const start = at(p, message.sent);
    const end = message.ended === null ? null : at(p, message.ended);
    if (!from || !to || (start.folded && (end === null || end.folded))) continue;
    if (end && start === end && start.folded) continue;
    const x1 = middle(start);
    // In a file a request is taken as it is sent: the arrow stands upright beside the answer's.
    const upright = end === start ? (message.request ? -4 : 4) : 0;
    const x2 = end ? middle(end) : p.end + 14;
    const y2 = end ? to.wire : (from.wire * 2 + to.wire) / 3;
    p.shapes.push({
      t: "arrow", x1: x1 + upright, y1: from.wire, x2: x2 + upright, y2, fate: message.fate, id: message.id,
      stroke: message.fate === "rejected" ? "rejected" : message.request ? "ink" : "soft",
      title: `${message.to_store ? "result" : message.request ? "request" : "answer"} on ${message.connection}: ${message.label.join(", ")}`,
    });
    if (!end) {
      text(p, p.end + 18, y2 + 3, message.api, { size: 9, fill: "soft", halo: true });
    }
  }
}

function ownership(p, partition) {
  const { trace } = p;
  const index = (client) => trace.clients.indexOf(client);
  label(p, p.y + 13, partition, { weight: 700, size: 12 });
  label(p, p.y + 13, "coordinator", { short: "", size: 9.5, fill: "soft", x: 56 });
  label(p, p.y + 13 + ROW, "consumers", { short: "", size: 9.5, fill: "soft", x: 56 });
  const given = (state) => {
    const members = Object.entries(state.coordinator.group?.members ?? {});
    return members.filter(([, m]) => m.assignment?.includes(partition)).map(([, m]) => m.client);
  };
  for (const run of runs(p, given, alike)) {
    if (run.value.length === 0) continue;
    const two = run.value.length > 1;
    const style = two ? { fill: "url(#hatch)", stroke: "violation" } : { fill: "none", stroke: `client${index(run.value[0])}`, width: 2 };
    rect(p, run.from + 2, p.y + 3, run.to - run.from - 4, ROW - 4, { ...style, rx: 3 });
    const words = run.value.join(" + ") + (two ? " both" : "");
    if (run.to - run.from > 24) for (const x of again(run, 60)) text(p, x + 8, p.y + 13, words, { weight: 600, halo: two });
  }
  p.y += ROW;
  const owners = (state, i) => {
    const all = Object.entries(state.consumers).filter(([, c]) => c.live && partition in c.owned);
    const claimed = all.length > 1 && "no_two_processors_at_once" in trace.failing[i];
    return { owners: all.map(([client, c]) => ({ client, stale: c.fenced })), claimed };
  };
  for (const run of runs(p, owners, alike)) beliefs(p, run, index);
  p.y += ROW;
  offsets(p, partition, index);
}

/** Two owners that the coordinator would serve are a violation; one that it would refuse is shared with, and no more. */
function beliefs(p, run, index) {
  const { owners, claimed } = run.value;
  if (owners.length === 0) return;
  const w = run.to - run.from - 4;
  const x = run.from + 2;
  const overlap = owners.length > 1 && (claimed || owners.filter((owner) => !owner.stale).length > 1);
  const fitting = (all) => all.find((one) => one.length * 5.6 + 8 <= w) ?? owners[0].client;
  const names = owners.map((owner) => owner.client).join(" + ");
  const words = fitting([owners.map((owner) => owner.client + (owner.stale && owners.length > 1 ? " (stale)" : "")).join(" + "), names]);
  const h = (ROW - 3) / owners.length;
  owners.forEach((owner, n) => rect(p, x, p.y + 1 + n * h, w, h, { fill: `client${index(owner.client)}`, opacity: owner.stale ? 0.45 : 1 }));
  if (overlap) rect(p, x, p.y + 1, w, ROW - 3, { fill: "url(#hatch)", stroke: "violation", width: 2 });
  else if (owners.length > 1) rect(p, x, p.y + 1, w, ROW - 3, { fill: "url(#shared)", stroke: "soft" });
  if (w < 18) return;
  const alone = owners.length === 1 && !owners[0].stale;
  const all = overlap ? `${names}: two owners` : words;
  const fits = w > all.length * 5.6 + 8 ? all : words;
  const fill = alone ? `onClient${index(owners[0].client)}` : overlap ? "violationInk" : "ink";
  for (const at of again(run, fits.length * 5.6 + 14)) {
    if (!alone) rect(p, at + 5, p.y + 2, Math.min(w - 6, fits.length * 5.6 + 8), ROW - 5, { fill: "paper", rx: 2 });
    text(p, at + 8, p.y + 11.5, fits, { weight: 600, fill });
  }
}

/** Where a long run says again what it is, so that a reader who scrolls sees it. */
function again(run, room) {
  const places = [run.from];
  for (let x = run.from + EACH; x < run.to - room; x += EACH) places.push(x);
  return places;
}

/** Up to so many offsets each has a rung of its own; of a recording's thousands, only those that something is at. */
const EVERY = 12;
/** Above the highest rung there is room for what is said of it. */
const HEAD = 18;
/** Beyond so many rungs the offsets stand to scale, and the first and the last are named. */
const RUNGS = 24;

/** Where offsets stand: the rungs that are drawn and named, and the height of any offset. */
function ladder(p, partition, highest, committed) {
  let rungs = Array.from({ length: Math.min(highest, EVERY) + 1 }, (_, offset) => offset);
  if (highest > EVERY) {
    const used = new Set([highest]);
    for (const state of p.trace.states) {
      const owned = Object.values(state.consumers).map((c) => c.owned?.[partition]).filter(Boolean);
      for (const at of [committed(state), ...owned.flatMap((o) => [o.position, o.processed])]) if (at != null) used.add(at);
    }
    rungs = [...used].sort((one, other) => one - other);
  }
  const unit = Math.max(UNIT_MIN, Math.min(24, 40 / Math.max(1, rungs.length - 1)));
  if (rungs.length > RUNGS) {
    const [first, last] = [rungs[0], rungs[rungs.length - 1]];
    const height = RUNGS * UNIT_MIN;
    const base = p.y + HEAD + height;
    return { rungs: [first, last], base, y: (offset) => base - ((offset - first) / (last - first)) * height };
  }
  const base = p.y + HEAD + (rungs.length - 1) * unit;
  const rung = (offset) => {
    const above = rungs.findIndex((one) => one >= offset);
    return above === -1 ? rungs.length - 1 : above;
  };
  return { rungs, base, y: (offset) => base - rung(offset) * unit };
}

/** Offsets go up: the log's end, what each owner has processed, what is committed. */
function offsets(p, partition, index) {
  const { trace } = p;
  const committed = (state) => state.coordinator.committed[partition];
  const highest = Math.max(trace.log_end ?? 1, 1, ...trace.states.map((state) => committed(state) ?? 0));
  const { rungs, y, base } = ladder(p, partition, highest, committed);
  for (const offset of rungs) {
    p.shapes.push({ t: "line", x1: 0, y1: y(offset), x2: p.end, y2: y(offset), stroke: "faint" });
    label(p, y(offset) + 3, String(offset), { x: p.narrow ? 54 : 144, size: 9, fill: "soft", anchor: "end" });
  }
  if (trace.log_end !== null) {
    p.shapes.push({ t: "line", x1: 0, y1: y(trace.log_end), x2: p.end, y2: y(trace.log_end), stroke: "rule", dash: "2 3" });
    label(p, y(trace.log_end) + 3, "log end", { short: "", x: 56, size: 9, fill: "soft" });
  }
  if (trace.log_end !== rungs[0]) label(p, y(rungs[0]) + 3, "offset", { short: "", x: 56, size: 9, fill: "soft" });
  trace.clients.forEach((client) => {
    const shift = (index(client) - (trace.clients.length - 1) / 2) * 2.5;
    const line = (of, style) => {
      const found = runs(p, (state) => {
        const progress = state.consumers[client]?.live ? state.consumers[client].owned[partition] : null;
        return progress ? of(progress) : null;
      });
      stairs(p, found, (value) => y(value) + shift, style);
      return found;
    };
    line((progress) => progress.position, { stroke: `client${index(client)}`, width: 1.5, dash: "2 2" });
    const done = line((progress) => progress.processed, { stroke: `client${index(client)}`, width: 3 });
    for (const [i, run] of done.entries()) {
      // The colour is not all that tells whose line it is.
      const begins = run.value !== null && (i === 0 || done[i - 1].value === null);
      if (begins && run.to - run.from > 30) text(p, run.from + 3, y(run.value) + shift - 4, `${client} processed`.slice(0, run.to - run.from > 90 ? 99 : client.length), { size: 9, fill: "soft", halo: true });
    }
  });
  const commits = runs(p, committed);
  stairs(p, commits.map((run) => ({ ...run, value: run.value ?? null })), y, { stroke: "ink", width: 2 });
  let before = null;
  for (const run of commits) {
    if (run.value === undefined) continue;
    if (before === null || run.value !== before) mark(p, partition, run, before, y);
    before = run.value;
  }
  p.y = base + 14;
}

function stairs(p, found, y, style) {
  let before = null;
  for (const run of found) {
    if (run.value !== null) {
      p.shapes.push({ t: "line", x1: run.from, y1: y(run.value), x2: run.to, y2: y(run.value), ...style });
      if (before !== null) p.shapes.push({ t: "line", x1: run.from, y1: y(before), x2: run.from, y2: y(run.value), ...style });
    }
    before = run.value;
  }
}

/** A commit: its offset; when it goes back or past what was processed, the range that this concerns. */
function mark(p, partition, run, before, y) {
  const column = p.cols.list[run.column];
  const state = p.trace.states[p.after[run.column]];
  const bad = Object.keys(p.trace.failing[p.after[run.column]]).length > 0;
  const fill = bad ? "violationInk" : "ink";
  const x = run.from;
  const range = (from, to, words) => {
    rect(p, x, y(to), column.w, y(from) - y(to), bad ? { fill: "url(#hatch)", stroke: "violation" } : { fill: "none", stroke: "ink", dash: "2 2" });
    text(p, x + 4, y(to) - 3, words, { fill, weight: 700, halo: true });
  };
  const seen = new Set(Object.values(state.consumers).flatMap((c) => c.processed_records?.[partition] ?? []));
  const skipped = [];
  if (p.trace.spec) for (let record = 0; record < run.value; record++) if (!seen.has(record)) skipped.push(record);
  if (before !== null && run.value < before) {
    const again = before - run.value === 1 ? `record ${run.value}` : `records ${run.value}-${before - 1}`;
    range(run.value, before, `back ${before} → ${run.value}: ${again} again`);
  } else if (skipped.length > 0) {
    range(skipped[0], run.value, `commit ${run.value} skips record ${skipped.join(", ")}`);
  } else {
    p.shapes.push({ t: "dot", x, y: y(run.value), r: 3, fill: "ink" });
    text(p, x + 5, y(run.value) - 3, `committed ${run.value}`, { size: 9, fill: "soft", halo: true });
  }
}

/** The first failing column is shaded through everything; so is the step at which a system diverged. */
function violation(p) {
  const { trace } = p;
  const shade = (step, words) => {
    const column = at(p, step);
    rect(p, column.x, 20, column.w, p.height - 20, { fill: "violationSoft", behind: true });
    rect(p, column.x, 20, column.w, p.height - 20, { stroke: "violation", width: 1.5 });
    text(p, middle(column), p.height - 2, words, { anchor: "middle", fill: "violationInk", weight: 700, size: 9 });
  };
  if (trace.divergence) shade(trace.divergence.step, "diverges here");
  const fails = firstFailure(trace, trace.violates);
  const first = fails >= 0 ? fails : firstFailure(trace);
  if (first > 0) shade(first, "first fails");
  return first;
}
