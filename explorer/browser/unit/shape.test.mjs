import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { colour } from "../../assets/palette.js";
import { picture, wrap } from "../../assets/shape.js";
import { file } from "../../assets/svg.js";
import { cut, firstFailure } from "../../assets/trace.js";
import { NAMES, trace } from "./fixtures.mjs";

const texts = (drawn) => drawn.shapes.filter((s) => s.t === "text").map((s) => s.value);
const hatched = (drawn) => drawn.shapes.filter((s) => s.fill === "url(#hatch)");

// MUSTER_BLESS=1 writes them again.
for (const [name, theme] of [["merge_assignment", "light"], ["keep_stored_offsets", "dark"], ["accept_stale_commit", "light"]]) {
  test(`the picture of ${name} is the one that is kept`, () => {
    const drawn = file(picture(trace(name)), theme, name);
    const kept = new URL(`../snapshots/${name}.svg`, import.meta.url);
    if (process.env.MUSTER_BLESS) writeFileSync(kept, drawn);
    assert.ok(existsSync(kept), `${kept} is not there`);
    assert.ok(drawn === readFileSync(kept, "utf8"), `${name} is drawn otherwise; look at it, then MUSTER_BLESS=1`);
  });
}

test("everything lies within the picture", () => {
  for (const name of NAMES) {
    for (const options of [{}, { heartbeats: true }, { width: 34 }, { narrow: true }, { properties: true }]) {
      const drawn = picture(trace(name), options);
      for (const shape of drawn.shapes) {
        const numbers = Object.values(shape).filter((v) => typeof v === "number");
        assert.ok(numbers.every(Number.isFinite), JSON.stringify(shape));
        if (shape.t === "rect") assert.ok(shape.x >= 0 && shape.x + shape.w <= drawn.width + 60 && shape.y + shape.h <= drawn.height, JSON.stringify(shape));
      }
    }
  }
});

test("vermilion and the hatch stand for violations only", () => {
  for (const name of NAMES) {
    const whole = trace(name);
    const before = picture(cut(whole, firstFailure(whole) - 1));
    assert.equal(hatched(before).length, 0, name);
    assert.equal(before.shapes.filter((s) => /^violation/.test(s.fill) || s.stroke === "violation").length, 0, name);
    const after = picture(whole);
    assert.ok(after.shapes.some((s) => s.fill === "violation"), name);
    assert.ok(texts(after).includes("✕ first fails"), name);
  }
});

test("two owners are hatched and named", () => {
  const drawn = picture(trace("merge_assignment"));
  assert.ok(hatched(drawn).length >= 1);
  assert.ok(texts(drawn).some((value) => /^c1 \+ c2/.test(value)), texts(drawn).join("|"));
});

test("a commit that goes back shows its range", () => {
  assert.ok(texts(picture(trace("keep_stored_offsets"))).includes("back 2 → 1: record 1 again"));
});

test("each generation has a rule, and a member that is behind is outlined", () => {
  const drawn = picture(trace("keep_stored_offsets"));
  assert.deepEqual(texts(drawn).filter((value) => value.startsWith("generation")), ["generation 1", "generation 2", "generation 3"]);
  assert.ok(drawn.shapes.some((s) => s.t === "rect" && s.rx === 7 && s.dash));
});

test("an arrow has two ends and a fate", () => {
  const drawn = picture(trace("accept_stale_commit"));
  const fates = new Set(drawn.shapes.filter((s) => s.t === "arrow").map((s) => s.fate));
  assert.ok(fates.has("delivered") && fates.has("in_flight") && fates.has("rejected"), [...fates].join());
  const lost = trace("merge_assignment");
  lost.messages[2] = { ...lost.messages[2], fate: "lost" };
  assert.match(file(picture(lost), "light", "x"), /stroke-width="2.2"/);
});

test("texts cannot leave their element", () => {
  const one = trace("merge_assignment");
  one.steps[0] = { ...one.steps[0], label: ["<script>&\"'"] };
  const drawn = file(picture(one), "light", "<img>");
  assert.ok(!drawn.includes("<script") && !drawn.includes("<img"));
  assert.ok(drawn.includes("&lt;script&gt;"));
});

test("lines are broken at spaces and after underscores", () => {
  assert.deepEqual(wrap(["→ REBALANCE_IN_PROGRESS"], 15, 4), ["→ REBALANCE_", "IN_PROGRESS"]);
  assert.deepEqual(wrap(["→ REBALANCE_IN_PROGRESS"], 13, 4), ["→ REBALANCE_", "IN_PROGRESS"]);
  assert.deepEqual(wrap(["→ INCONSISTENT_GROUP"], 14, 4), ["→", "INCONSISTENT_", "GROUP"]);
  assert.deepEqual(wrap(["a b c d e f"], 3, 2), ["a b", "c …"]);
  assert.deepEqual(wrap([""], 3, 2), []);
});

test("text reads on what is behind it", () => {
  const channel = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (hex) => [1, 3, 5].map((i) => channel(parseInt(hex.slice(i, i + 2), 16) / 255)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  for (const theme of ["light", "dark"]) {
    for (const behind of ["paper", "lane0", "lane1", "lane2", "lane3", "stable"]) {
      for (const ink of ["ink", "soft"]) {
        const ratio = contrast(colour(theme, ink), colour(theme, behind));
        assert.ok(ratio >= (ink === "ink" ? 7 : 4), `${theme} ${ink} on ${behind}: ${ratio.toFixed(2)}`);
      }
    }
    for (let k = 0; k < 8; k++) assert.ok(contrast(colour(theme, `onClient${k}`), colour(theme, `client${k}`)) >= 4.5, `client ${k}`);
    assert.ok(contrast(colour(theme, "violationInk"), colour(theme, "paper")) >= 4.5);
  }
});

test("a cycle has a bracket from where it begins, and an end says that nothing follows", () => {
  const one = trace("keep_stored_offsets");
  const cycle = { ...one, back_to: 5, violates: "group_stabilises" };
  assert.ok(texts(picture(cycle)).includes(`↻ from here again and again: steps 6 to ${one.steps.length}`));
  assert.ok(texts(picture({ ...cycle, back_to: one.steps.length })).includes("nothing happens any more"));
  assert.ok(!texts(picture(one)).some((value) => value.startsWith("↻")));
});

/** c2 owns what c1 owns, from the middle on. */
function shared(fenced, failing = {}) {
  const one = trace("keep_stored_offsets");
  const middle = one.states.findIndex((state) => "t1-0" in state.consumers.c1.owned) + 1;
  one.states = one.states.map((state, i) => {
    if (i < middle || !("t1-0" in state.consumers.c1.owned)) return state;
    const { c1, c2 } = state.consumers;
    return { ...state, consumers: { c1: { ...c1, live: true, fenced: false }, c2: { ...c2, live: true, fenced, owned: { "t1-0": null } } } };
  });
  one.failing = one.failing.map((reasons, i) => (i === middle ? { ...reasons, ...failing } : reasons));
  return picture(one);
}

test("a partition that is shared with one that would be refused is striped and named, and no violation", () => {
  const ribbons = (drawn, fill) => drawn.shapes.filter((s) => s.fill === fill && s.h === 14);
  const stale = shared(true);
  assert.ok(ribbons(stale, "url(#shared)").length > 0 && ribbons(stale, "url(#hatch)").length === 0);
  assert.ok(texts(stale).some((value) => /c2 \(stale\)|c1 \+ c2/.test(value)));
  assert.ok(ribbons(shared(false), "url(#hatch)").length > 0);
  // Where the claim is that it does not happen, it is one.
  const claimed = shared(true, { no_two_processors_at_once: "both" });
  assert.equal(ribbons(claimed, "url(#hatch)").length, 1);
});

test("a commit past what was processed shows what it skips", () => {
  const one = trace("keep_stored_offsets");
  const states = one.states.map((state) => ({ ...state, consumers: Object.fromEntries(Object.entries(state.consumers).map(([name, of]) => [name, { ...of, processed_records: {} }])) }));
  assert.ok(texts(picture({ ...one, states })).some((value) => /^commit \d skips record 0/.test(value)));
});

test("each property has a strip where that is asked for", () => {
  const one = trace("merge_assignment");
  const labels = (options) => picture(one, options).gutter.map((s) => s.value);
  assert.ok(labels({}).includes(`${one.properties.length - 1} others hold`));
  const all = labels({ properties: true });
  assert.ok(one.properties.every(({ id }) => all.includes(id.replaceAll("_", " "))));
});

test("what never comes has a bracket and no strip that says it holds", () => {
  const one = { ...trace("keep_stored_offsets"), back_to: 5, violates: "group_stabilises" };
  assert.equal(picture(one).gutter.filter((s) => s.value === "group stabilises").length, 1);
});

test("a write goes to the outside store", () => {
  const one = trace("merge_assignment");
  one.states = one.states.map((state) => ({ ...state, store: {} }));
  one.messages = [{ ...one.messages[0], to_store: true }];
  const drawn = picture(one);
  assert.equal(drawn.shapes.find((s) => s.t === "arrow").y2, drawn.lanes.store.wire);
});

test("whose offsets a line tells is said, and a long ribbon says again whose it is", () => {
  const drawn = picture(trace("keep_stored_offsets"));
  assert.ok(texts(drawn).some((value) => value === "c1 processed" || value === "c2 processed"));
  const wide = picture(trace("keep_stored_offsets"), { width: 340 });
  const places = wide.shapes.filter((s) => s.t === "text" && s.value === "c1").map((s) => `${s.x} ${s.y}`);
  assert.ok(places.some((at) => { const [x, y] = at.split(" ").map(Number); return places.includes(`${x + 672} ${y}`); }), places.join("|"));
});
