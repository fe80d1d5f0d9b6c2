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
