import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { columns, groupState, members, offsets } from "../../assets/describe.js";
import { MODULES, itf, json, mermaid, page, raw as told, rust } from "../../assets/export.js";
import { lines, named, show } from "../../assets/tree.js";
import { NAMES, raw, trace } from "./fixtures.mjs";

const assets = new URL("../../assets/", import.meta.url);
const source = (name) => readFileSync(new URL(name, assets), "utf8");

test("ITF has a state for each step, numbers as text, and no null", () => {
  for (const name of NAMES) {
    const one = trace(name);
    const file = JSON.parse(itf(one));
    assert.equal(file.states.length, one.steps.length + 1);
    assert.deepEqual(Object.keys(file.states[3]).filter((key) => key !== "#meta"), file.vars);
    assert.equal(file.states.at(-1).coordinator.group.generation["#bigint"], String(one.states.at(-1).coordinator.group.generation));
    assert.ok(!itf(one).includes("null"));
    assert.ok(Array.isArray(file.states[3].consumers["#map"]));
  }
});

test("Mermaid has a line for each step that is no ghost", () => {
  for (const name of NAMES) {
    const one = trace(name);
    const drawn = mermaid(one).split("\n");
    assert.equal(drawn[0], "sequenceDiagram");
    const told = drawn.filter((line) => /: \d+\. /.test(line));
    assert.equal(told.length, one.steps.filter((step) => step.actor !== "ghost").length, name);
    assert.ok(drawn.some((line) => line.includes(`${one.violates} fails`)), name);
    assert.ok(drawn.slice(1).every((line) => line === "" || !/[<;]/.test(line.replace(/->>|-->>|-x|#\d+;/g, ""))), name);
  }
});

test("the Rust test is the one that the crate runs", () => {
  const file = new URL("../fixtures/exported.rs", import.meta.url);
  if (process.env.MUSTER_BLESS) writeFileSync(file, rust(trace("merge_assignment")));
  const kept = readFileSync(file, "utf8");
  assert.equal(rust(trace("merge_assignment")), kept);
  const varied = trace("merge_assignment");
  varied.spec = { ...varied.spec, records: 2, faults: { crash: 1 } };
  assert.match(rust(varied), /records: Some\(2\),\n {8}faults: Some\(FaultSpec \{ crash: 1, \.\.FaultSpec::default\(\) \}\),/);
});

test("a page from disk has every module and nothing that ends its scripts early", () => {
  const one = trace("merge_assignment");
  one.title = "</script><script>alert(1)</script>";
  const made = page(told(one), "body{}", Object.fromEntries(MODULES.map((name) => [name, source(name)])));
  assert.equal(made.match(/<\/script>/g).length, 3);
  const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(made)[1]);
  for (const [name, url] of Object.entries(imports)) {
    const text = Buffer.from(url.split(",")[1], "base64").toString();
    assert.ok(!/from "\.\//.test(text), name);
    for (const [, needed] of text.matchAll(/from "(muster\/[^"]+)"/g)) assert.ok(needed in imports, `${name} needs ${needed}`);
  }
  const kept = JSON.parse(/id="muster-trace">(.*?)<\/script>/s.exec(made)[1]);
  assert.equal(kept.title, one.title);
  assert.deepEqual(kept.steps, raw("merge_assignment").steps);
});

test("every script is one of the modules", () => {
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  assert.deepEqual(MODULES.filter((name) => !name.startsWith("vendor/")).sort(), scripts.sort());
});

test("the JSON is a trace", () => assert.equal(JSON.parse(json(trace("merge_assignment"))).steps.length, 22));

test("the group is printed as Kafka's tool prints it", () => {
  const one = trace("keep_stored_offsets");
  const stable = one.states.at(-1);
  assert.equal(offsets(one, stable), [
    "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST       CLIENT-ID",
    "group t1    0         -              2              -   m1          /127.0.0.1 c1",
    "group t1    1         1              2              1   m1          /127.0.0.1 c1",
  ].join("\n"));
  assert.match(members(stable), /^GROUP CONSUMER-ID HOST +CLIENT-ID #PARTITIONS ASSIGNMENT\ngroup m1 +\/127\.0\.0\.1 c1 +2 +t1\(0,1\)$/);
  assert.match(groupState(stable), /range +Stable 1$/);
  const first = one.states[0];
  assert.match(offsets(one, first), /does not exist/);
  const rebalancing = one.states.find((state) => state.coordinator.group?.state === "PreparingRebalance");
  assert.match(offsets(one, rebalancing), /^Warning: Consumer group 'group' is rebalancing\./);
  assert.equal(columns(["A", "BB"], [["111", "2"]]), "A   BB\n111 2");
});

test("a tree marks what changed, came and went", () => {
  const one = trace("merge_assignment");
  const none = lines(named(one.states[4]), named(one.states[4]), 0, "", false);
  assert.deepEqual(none, []);
  const told = lines({ a: 1, b: { c: 2 }, d: 3 }, { a: 1, b: { c: 5 }, e: 4 }, 0, "", false);
  assert.deepEqual(told.map((line) => [line.name, line.mark]), [["b", "changed"], ["d", "added"], ["e", "gone"]]);
  const whole = lines(named(one.states[4]), named(one.states[3]));
  assert.ok(whole.length > 20 && whole.some((line) => line.mark === "changed"));
  assert.equal(show({ a_b: null, c: [true] }), "a b none, c yes");
});
