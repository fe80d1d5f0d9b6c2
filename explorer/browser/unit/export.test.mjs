import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { columns, groupState, members, offsets } from "../../assets/describe.js";
import { MODULES, itf, json, mermaid, page, raw as told, rust } from "../../assets/export.js";
import { found } from "../../assets/catalogue.js";
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

/** Whether a value is one of the Informal Trace Format (Apalache's ADR 15): no null, no plain number. */
function isItf(value) {
  if (typeof value === "boolean" || typeof value === "string") return true;
  if (value === null || typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isItf);
  const names = Object.keys(value);
  if (!names.some((name) => name.startsWith("#"))) return Object.values(value).every(isItf);
  if (names.length !== 1) return false;
  if ("#bigint" in value) return /^-?\d+$/.test(value["#bigint"]);
  if ("#map" in value) return value["#map"].every((pair) => pair.length === 2 && pair.every(isItf));
  return (value["#set"] ?? value["#tup"] ?? [null]).every(isItf);
}

test("ITF is what the format allows, with the outside store and the way round", () => {
  const one = trace("keep_stored_offsets");
  const stored = { ...one, states: one.states.map((state) => ({ ...state, store: { "t1-0": "result of record 0, by c1" } })), back_to: 5 };
  for (const [made, vars] of [[itf(one), 5], [itf(stored), 6]]) {
    const file = JSON.parse(made);
    assert.equal(file.vars.length, vars);
    for (const { "#meta": meta, ...state } of file.states) {
      assert.ok(Number.isInteger(meta.index));
      assert.deepEqual(Object.keys(state).sort(), [...file.vars].sort());
      for (const value of Object.values(state)) assert.ok(isItf(value), JSON.stringify(value).slice(0, 200));
    }
    assert.equal(file.loop, made === itf(stored) ? 5 : undefined);
  }
  assert.ok(!isItf({ a: 1 }) && !isItf([null]) && !isItf({ "#map": [["a"]] }));
});

/** The lines of a sequence diagram: participants first, messages and notes between them only. */
function isDiagram(text) {
  const [head, ...rest] = text.trimEnd().split("\n");
  const known = new Set();
  const label = "(?:[^;#<>]|#\\d+;)+";
  const kinds = [
    [/^ {2}participant (\w+)(?: as .+)?$/, ([, name]) => !known.has(name) && Boolean(known.add(name))],
    [new RegExp(`^ {2}(\\w+)(?:->>|-->>|-x)(\\w+): ${label}$`), ([, from, to]) => known.has(from) && known.has(to)],
    [new RegExp(`^ {2}Note over (\\w+)(?:,(\\w+))?: ${label}$`), ([, from, to = from]) => known.has(from) && known.has(to)],
  ];
  return head === "sequenceDiagram" && rest.every((line) => kinds.some(([form, is]) => form.test(line) && is(form.exec(line))));
}

test("Mermaid is a sequence diagram, with the outside store and with what never comes", () => {
  for (const name of NAMES) assert.ok(isDiagram(mermaid(trace(name))), name);
  const one = trace("keep_stored_offsets");
  one.steps[3] = { ...one.steps[3], label: ["a;b", "<c> #1"] };
  one.messages = one.messages.map((m) => (m.ended === 9 && m.request ? { ...m, to_store: true } : m));
  one.states[0] = { ...one.states[0], store: {} };
  const made = mermaid({ ...one, violates: "every_record_committed", back_to: 5 });
  assert.ok(isDiagram(made), made);
  assert.match(made, /participant store as outside store[^]*Note over coordinator,c2: every_record_committed fails: from here it goes round for ever/);
  assert.ok(!isDiagram(made.replace("participant c2", "actor c2")) && !isDiagram(`${made}  c1->>nobody: x\n`));
});

test("cards are found by every word, wherever it stands", () => {
  const card = (id, property, names) => ({ id, about: "An offset goes back", property, rule: null, spec: { scenario: "leave" }, scenario: { faults: "leave=1", bounds: "2 consumers" }, sources: names.map((name) => ({ name })) });
  const cards = [card("stored_offset", "committed_offset_monotonic", ["confluentinc/librdkafka#2782"]), card("one_leader_lost", "one_leader", [])];
  const ids = (sought) => found(cards, sought).map((one) => one.id);
  assert.deepEqual(ids(""), ["stored_offset", "one_leader_lost"]);
  assert.deepEqual(ids("LIBRDKAFKA back"), ["stored_offset"]);
  assert.deepEqual(ids("one_leader 2 consumers"), ["one_leader_lost"]);
  assert.deepEqual(ids("librdkafka leader"), []);
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

/** The file that the crate compiles and runs as a test. */
function kept(name, made) {
  const file = new URL(`../fixtures/${name}.rs`, import.meta.url);
  if (process.env.MUSTER_BLESS) writeFileSync(file, made);
  assert.equal(made, readFileSync(file, "utf8"));
}

test("the Rust tests are the ones that the crate runs", () => {
  const made = rust(trace("merge_assignment"));
  kept("exported", made);
  // Without the defect it has to fail.
  kept("exported_fixed", made.replace(/ *mutation: .*\n/, "").replace("#[test]", '#[test]\n#[should_panic(expected = "left == right")]'));
  const spec = { scenario: "crash", consumers: 1, topics: 1, partitions: 1, records: 2, generations: 4, members: 5, assignor: "sticky", release: "3.9", faults: { crash: 1, give_up: 0, expire: 0, leave: 2, poll_timeout: 0, subscribe: 0, failover: 0, partitions: 0, tools: 0 } };
  const steps = ["deliver c1#1 JoinGroup", "answer c1#1 JoinGroup"].map((key) => ({ key }));
  const varied = { title: "crash-varied", scenario: { name: "crash-varied", about: "every part of a scenario is varied" }, spec, steps, failing: [{}, {}, {}] };
  kept("exported_varied", rust(varied));
  assert.match(rust({ ...varied, spec: { ...spec, faults: { crash: 1 } } }), /faults: Some\(FaultSpec \{ crash: 1, \.\.FaultSpec::default\(\) \}\),/);
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
  assert.match(members(one, stable), /^GROUP CONSUMER-ID HOST +CLIENT-ID #PARTITIONS ASSIGNMENT\ngroup m1 +\/127\.0\.0\.1 c1 +2 +t1\(0,1\)$/);
  assert.match(groupState(one, stable), /range +Stable 1$/);
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
