import assert from "node:assert/strict";
import { test } from "node:test";
import { key } from "../steps.mjs";

test("a step of stateright's Explorer has the name that it has in our links", () => {
  for (const [action, name] of [
    ["Id(1) → Request(Connection { client: ClientId(0), number: 0 }, JoinGroup(JoinGroup { version: 9 })) → Id(0)", "deliver c1#1 JoinGroup"],
    ["Id(0) → Response(Connection { client: ClientId(1), number: 2 }, SyncGroup(Err(RebalanceInProgress))) → Id(2)", "answer c2#3 SyncGroup"],
    ["Timeout(Id(0), Coordinator(InitialDelay))", "coordinator:initial-delay"],
    ["Timeout(Id(0), Coordinator(Session(MemberId(1))))", "coordinator:session(m2)"],
    ["Timeout(Id(1), Consumer(ClientId(0), Heartbeat))", "c1:heartbeat"],
    ["Timeout(Id(1), Consumer(ClientId(0), Fetch(Partition { topic: TopicId(0), index: 1 })))", "c1:fetch(t1-1)"],
    ["something else", null],
  ]) assert.equal(key(action), name);
});
