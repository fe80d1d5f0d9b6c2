import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, commonPrefix, cut, extend, failed, firstFailure, firstSight, harm, isRound, quietSteps, search, toFile } from "../../assets/trace.js";
import { NAMES, raw, trace } from "./fixtures.mjs";

test("states are whole after every step", () => {
  for (const name of NAMES) {
    const one = trace(name);
    assert.equal(one.states.length, one.steps.length + 1);
    for (const state of one.states) assert.deepEqual(Object.keys(state.consumers), ["c1", "c2"]);
  }
  const last = trace("keep_stored_offsets").states.at(-1);
  assert.equal(last.coordinator.committed["t1-1"], 1);
  assert.equal(last.coordinator.group.generation, 3);
});

test("a path that is cut and grown again is the same", () => {
  for (const name of NAMES) {
    const [whole, told] = [trace(name), raw(name)];
    for (let n = 0; n <= whole.steps.length; n++) {
      const touched = (m) => Math.max(m.sent, m.passed ?? 0, m.ended ?? 0) > n;
      const more = { steps: told.steps.slice(n), messages: told.messages.filter(touched) };
      const again = extend(cut(whole, n), more);
      assert.deepEqual(again.states, whole.states, `${name} at ${n}`);
      assert.deepEqual(again.messages, whole.messages, `${name} at ${n}`);
    }
  }
});

test("a cut has messages on their way again", () => {
  const whole = trace("merge_assignment");
  const first = whole.messages.find((m) => m.request && m.ended === 1);
  assert.equal(first.fate, "rejected");
  assert.deepEqual(cut(whole, 0).messages.find((m) => m.id === first.id).fate, "in_flight");
});

test("the first failure is found, of a property and of any", () => {
  const one = trace("keep_stored_offsets");
  assert.deepEqual(failed(one), ["committed_offset_monotonic"]);
  assert.equal(firstFailure(one), one.steps.length);
  assert.equal(firstFailure(one, "one_leader"), -1);
  assert.equal(firstSight(one), one.steps.length);
  assert.equal(firstSight({ ...one, divergence: { step: 3 } }), 3);
});

test("heartbeats that are answered without an error fold, those that tell of a rebalance do not", () => {
  const one = trace("keep_stored_offsets");
  const quiet = quietSteps(one);
  for (const message of one.messages.filter((m) => !m.request && m.error === "REBALANCE_IN_PROGRESS")) {
    assert.ok(!quiet.has(message.ended) && !quiet.has(message.sent));
  }
  const beats = [1, 2, 3].map((n) => ({ key: `h${n}`, actor: n === 2 ? "coordinator" : "c1", label: [], text: "", changes: [], rules: [], event: {}, state: {}, failing: {} }));
  const ask = { id: 900, api: "Heartbeat", request: true, client: "c1", connection: "c1#1", sent: 1, passed: null, ended: 2, fate: "delivered", error: "NONE", label: [] };
  const answer = { ...ask, id: 901, request: false, sent: 2, ended: 3 };
  const only = { ...extend(cut(one, 0), { steps: beats, messages: [] }), messages: [ask, answer] };
  assert.deepEqual([...quietSteps(only)], [1, 2, 3]);
  const { list, place } = columns(only);
  assert.equal(list.length, 2);
  assert.deepEqual([list[1].steps, list[1].folded, place], [[1, 2, 3], "heartbeat", [0, 1, 1, 1]]);
  assert.equal(columns(only, { heartbeats: true }).list.length, 4);
});

test("a search takes words and fields", () => {
  const one = trace("merge_assignment");
  assert.deepEqual(search(one, ""), []);
  const joins = search(one, "actor:coordinator joingroup");
  assert.ok(joins.length >= 3 && joins.every((n) => one.steps[n - 1].actor === "coordinator"));
  assert.ok(search(one, "error:rebalance_in").length >= 1);
  assert.ok(search(one, "rule:require_member_id").length >= 1);
  assert.deepEqual(search(one, "live_owners_disjoint"), [one.steps.length]);
  assert.deepEqual(search(one, "nothing-like-this"), []);
});

test("two paths are compared on their beginning", () => {
  const one = trace("merge_assignment");
  assert.equal(commonPrefix(one, one), one.steps.length);
  assert.equal(commonPrefix(one, cut(one, 7)), 7);
  const other = { ...one, steps: one.steps.map((step, i) => (i === 4 ? { ...step, key: "c9:crash" } : step)) };
  assert.equal(commonPrefix(one, other), 4);
});

test("a file has the steps that are no ghosts", () => {
  for (const name of NAMES) {
    const one = trace(name);
    const file = toFile(one);
    assert.equal(file.format, "muster-trace/1");
    assert.equal(file.steps.length, one.steps.filter((step) => step.actor !== "ghost").length);
    assert.equal(file.violates, one.violates);
  }
});

test("the harm is a divergence, a cycle or the failure that the path is for", () => {
  const one = trace("keep_stored_offsets");
  assert.equal(harm(one), one.steps.length);
  assert.equal(harm({ ...one, divergence: { step: 3 } }), 3);
  assert.equal(harm({ ...one, back_to: 5 }), 5);
  assert.equal(harm(cut(one, 3)), -1);
  const failing = one.failing.map((reasons, i) => (i === 2 ? { other: "x" } : reasons));
  assert.equal(harm({ ...one, failing }), one.steps.length);
  assert.equal(harm({ ...one, failing, violates: null }), 2);
});

test("a file keeps where it begins again, without what no file tells", () => {
  const one = trace("keep_stored_offsets");
  const ghosts = one.steps.slice(0, 20).filter((step) => !step.event).length;
  assert.equal(toFile({ ...one, back_to: 20 }).back_to, 20 - ghosts);
  assert.ok(!("back_to" in toFile(one)));
});

test("a path that goes round for ever is one until it is left", () => {
  const one = { ...trace("keep_stored_offsets"), back_to: 5 };
  assert.ok(isRound(one));
  assert.equal(firstSight(one), 5);
  assert.ok(!isRound(cut(one, 7)));
  assert.ok(isRound(cut(one, one.steps.length)));
  const more = { steps: [{ ...one.steps.at(-1), state: {} }], messages: [] };
  assert.ok(!isRound(extend(one, more)), "a step on from its end leaves the cycle");
  assert.ok(!isRound(trace("keep_stored_offsets")));
});
