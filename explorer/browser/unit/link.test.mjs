import assert from "node:assert/strict";
import { test } from "node:test";
import { format, parse } from "../../assets/link.js";

test("a link says the same when it is read again", () => {
  const spec = { scenario: "crash", mutation: "keep_stored_offsets", assignor: "cooperative-sticky", records: 2, faults: { crash: 1, leave: 2 } };
  const path = ["deliver c1#1 JoinGroup", "c1:fetch(t1-0)", "coordinator:session(m1)", "ghost:prefer-last"];
  const link = format("trace", { spec, path, step: 3, violates: null });
  assert.match(link, /^#\/trace\?scenario=crash&mutation=keep_stored_offsets&assignor=cooperative-sticky&records=2&faults=crash:1,leave:2&path=deliver\+c1%231\+JoinGroup,/);
  const { screen, values } = parse(link);
  assert.equal(screen, "trace");
  assert.deepEqual([values.spec, values.path, values.step], [spec, path, 3]);
});

test("a path without steps is a path, and no path is none", () => {
  assert.deepEqual(parse(format("trace", { spec: { scenario: "basic" }, path: [] })).values.path, []);
  assert.equal(parse("#/trace?scenario=basic").values.path, undefined);
  assert.equal(parse("").screen, "catalogue");
});

test("a link inside a link survives", () => {
  const inner = format("trace", { spec: { scenario: "basic" }, path: ["deliver c1#1 JoinGroup", "answer c1#1 JoinGroup"] });
  assert.equal(parse(format("compare", { a: inner, b: inner })).values.a, inner);
});

test("what is wrong with a link is told", () => {
  assert.throws(() => parse("#/trace?scenario=basic&step=x"), /step=x, which is no number/);
  assert.throws(() => parse("#/trace?scenario=basic&consumers=-1"), /consumers=-1/);
  assert.throws(() => parse("#/trace?scenario=basic&faults=storm:1"), /a fault 'storm'/);
  assert.throws(() => parse("#/trace?scenario=%E0%A4%A"), /cannot be read/);
});
