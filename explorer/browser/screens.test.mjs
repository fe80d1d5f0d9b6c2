// Every screen, key and export in a real browser.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { OUT, axe, browser, explorer, openPage, painted, shot } from "./harness.mjs";

// A path of its own: which of several shortest ones a search finds hangs on the model.
const KEYS = JSON.parse(readFileSync(new URL("./fixtures/merge_assignment.json", import.meta.url), "utf8")).steps.map((step) => step.key);
const MERGE = `#/trace?scenario=basic&mutation=merge_assignment&violates=live_owners_disjoint&path=${KEYS.map(encodeURIComponent).join(",")}`;
let chrome, server, context, page;
const faults = [];

before(async () => {
  [chrome, server] = await Promise.all([browser(), explorer()]);
  context = await chrome.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  page = await openPage(context, faults);
});

after(async () => {
  await chrome?.close();
  server?.stop();
});

const open = async (hash, on = page) => {
  await on.goto("about:blank");
  await on.goto(`${server.origin}/${hash}`);
};
const openTrace = async (hash = MERGE, on = page) => {
  await open(hash, on);
  await on.waitForSelector(".picture .body, .tablebox");
  await on.waitForSelector(".next, .panel");
};
const place = (on = page) => on.locator(".tools output").innerText();
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const no = async (what) => assert.deepEqual(await what, []);

test("the catalogue has a card for each known bug, and shows it fixed", async () => {
  await open("");
  await page.waitForSelector(".card.defect");
  assert.ok(await page.locator(".card.defect").count() >= 17);
  assert.ok(await page.locator(".card.scenario").count() >= 11);
  const card = page.locator(".card", { has: page.locator('[data-open="merge_assignment"]') });
  assert.match(await card.innerText(), /live_owners_disjoint[\s\S]*2 consumers, 2 partitions/);
  await card.getByRole("switch").click();
  await card.locator(".outcome.holds").waitFor();
  assert.match(await card.locator(".outcome").innerText(), /holds, exhaustive in these bounds, [\d,]+ states/);
  await no(axe(page));
  await page.evaluate(() => scrollTo(0, 0));
  await shot(page, "catalogue");
  await card.locator("[data-open]").click();
  await page.waitForSelector(".picture .body");
  assert.equal(await place(), "step 22 of 22");
});

test("the trace opens at the harm and says why", async () => {
  await openTrace();
  assert.match(await page.locator(".why").innerText(), /live_owners_disjoint first fails here\s+c1 \(generation 2\) and c2 \(generation 2\) both own t1-1/);
  await page.locator(".who summary").click();
  assert.match(await page.locator(".who").innerText(), /The coordinator: Stable, generation 2; members m1 \(c1\) with t1-0, m2 \(c2\) with t1-1/);
  const words = await page.locator(".picture .body text").allTextContents();
  for (const said of ["✕ first fails", "generation 2", "Stable", "m2 gen 2"]) assert.ok(words.includes(said), said);
  assert.ok(words.some((word) => word.startsWith("c1 + c2")), words.join("|"));
  await no(axe(page));
  await shot(page, "trace");
});

test("keys walk, jump, search, compare and open help", async () => {
  await openTrace();
  await press("Home");
  assert.equal(await place(), "start of 22");
  await press("ArrowRight", "j", "j", "ArrowLeft");
  assert.equal(await place(), "step 2 of 22");
  await press("k", "f");
  assert.equal(await place(), "step 22 of 22");
  await press("Home", "End");
  assert.equal(await place(), "step 22 of 22");
  await press("d");
  assert.equal(await page.locator("#tab-state").getAttribute("aria-selected"), "true");
  const differs = await page.locator(".tree li").count();
  assert.ok(differs > 2 && differs < 20, `${differs} lines differ`);
  await press("p", "Home");
  assert.match(await page.locator(".panel").innerText(), /After step 0, compared with step 22 \(pinned\)/);
  await press("p", "d", "End");
  assert.ok(await page.locator(".tree li").count() > 30);
  await press("/");
  await page.keyboard.type("actor:c1 syncgroup");
  await page.waitForFunction(() => document.querySelector(".search output").innerText === "2 found");
  await press("Enter");
  const first = await place();
  await press("Enter");
  await page.waitForFunction((before) => document.querySelector(".tools output").innerText !== before, first);
  await press("Escape", "t");
  assert.equal(await page.locator(".tablebox tbody tr").count(), 22);
  await no(axe(page));
  await press("t", "?");
  await page.locator("dialog[open]").waitFor();
  await no(axe(page, "dialog"));
  await press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
});

test("what is typed after the slash goes into the search, however fast", async () => {
  await openTrace();
  // No task runs between the two keys: a machine with other things to do delivers them like this.
  const typed = await page.evaluate(async () => {
    const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("/");
    for (let n = 0; n < 20; n++) await null;
    press("t");
    return document.activeElement.tagName;
  });
  assert.equal(typed, "INPUT");
  await painted(page);
  assert.equal(await page.locator(".tablebox").count(), 0);
});

test("h shows heartbeats, plus and minus change the width", async () => {
  const steps = ["deliver c1#1 JoinGroup", "answer c1#1 JoinGroup", "deliver c1#1 JoinGroup", "coordinator:initial-delay", "answer c1#1 JoinGroup", "deliver c1#1 SyncGroup", "answer c1#1 SyncGroup", "deliver c1#1 OffsetFetch", "answer c1#1 OffsetFetch",
    "c1:heartbeat", "deliver c1#1 Heartbeat", "answer c1#1 Heartbeat", "c1:heartbeat", "deliver c1#1 Heartbeat", "answer c1#1 Heartbeat"];
  await openTrace(`#/trace?scenario=basic&path=${steps.map(encodeURIComponent).join(",")}`);
  const columns = () => page.locator(".picture").getAttribute("data-columns");
  const width = () => page.locator(".picture .body").getAttribute("data-width");
  assert.equal(await columns(), "11");
  await press("h");
  assert.equal(await columns(), "16");
  const wide = Number(await width());
  await press("-");
  assert.ok(Number(await width()) < wide);
  await press("+");
  assert.equal(Number(await width()), wide);
});

test("a digit takes a step; leaving the path begins a branch that is kept", async () => {
  await openTrace();
  await press("Home");
  await page.waitForSelector('.act[data-key="deliver c1#1 JoinGroup"].taken');
  await press("1");
  assert.equal(await place(), "step 1 of 22");
  assert.equal(await page.locator(".branches").count(), 0);
  await page.locator('.act[data-key="deliver c2#1 JoinGroup"]').click();
  await page.waitForSelector(".branches");
  assert.equal(await place(), "step 2 of 2");
  await page.waitForSelector(".act");
  await press("1");
  await page.waitForFunction(() => document.querySelector(".tools output").innerText === "step 3 of 3");
  assert.equal(await page.locator(".branches button").count(), 2);
  await press("b");
  assert.equal(await place(), "step 3 of 22");
  await press("End");
  assert.equal(await place(), "step 22 of 22");
});

test("compare shows what two paths have in common", async () => {
  await openTrace();
  await press("Home", "j");
  await page.locator('.act[data-key="deliver c2#1 JoinGroup"]').click();
  await page.waitForSelector(".branches");
  await page.getByText("Compare with the path").click();
  await page.waitForSelector(".compare .picture");
  assert.match(await page.locator("main").innerText(), /The first step is the same|The first 1 steps are the same/);
  assert.equal(await page.locator(".compare .picture").count(), 2);
  assert.ok(await page.locator(".compare .tree li").count() > 0);
  await no(axe(page));
  await shot(page, "compare");
  await page.reload();
  await page.waitForSelector(".compare .picture");
});

test("replay on the reference stops where the answers part", async () => {
  await openTrace("#/trace?scenario=basic&mutation=hand_out_whole_assignment&find=one_owner_per_generation");
  await page.locator("#tab-replay").click();
  await page.getByText("Replay on the reference in process").click();
  await page.locator(".verdict").waitFor();
  assert.match(await page.locator(".verdict").innerText(), /Diverges at step \d+, rule hand_out_assignment: expected assignment \{t1: 0 1\}, got assignment \{t1: [01]\}/);
  const beside = await page.locator(".beside").innerText();
  assert.match(beside, /expected\s+c\d#1: SyncGroup NONE assignment \{t1: 0 1\}[^]*actual\s+c\d#1: SyncGroup NONE assignment \{t1: [01]\}/);
  await no(axe(page));
  await shot(page, "replay");
  await openTrace();
  await page.locator("#tab-replay").click();
  await page.waitForSelector(".panel .row button");
  await press("Home", "r");
  await page.locator(".verdict").waitFor();
  assert.equal(await place(), "step 1 of 22");
  assert.match(await page.locator(".verdict").innerText(), /As expected up to step 1/);
  await press("r");
  assert.equal(await place(), "step 3 of 22");
  await page.getByText("Replay on the reference in process").click();
  await page.waitForFunction(() => /^Conforms/.test(document.querySelector(".verdict")?.innerText ?? ""));
});

test("Kafka's own coordinator replays the path, timers and all, where Java is", async (t) => {
  const { systems } = await server.get("/api/catalogue");
  const bottle = systems.find((one) => one.id === "bottle");
  await openTrace();
  await page.locator("#tab-replay").click();
  const row = page.locator('[data-system="bottle"]');
  if (bottle.missing) {
    assert.ok((await row.innerText()).includes(bottle.missing));
    assert.ok(await row.getByRole("button").first().isDisabled());
    t.diagnostic(bottle.missing);
    return;
  }
  await press("Home");
  await row.getByText("One step").click();
  // The first time, Maven builds it.
  await page.locator(".verdict").waitFor({ timeout: 300_000 });
  assert.match(await page.locator(".verdict").innerText(), /^As expected up to step 1/);
  assert.equal(await place(), "step 1 of 22");
  assert.match(await page.locator(".beside").innerText(), /actual\s+c1#1: JoinGroup MEMBER_ID_REQUIRED/);
  await press("r", "r");
  assert.equal(await place(), "step 4 of 22");
  await row.getByText("Replay on Apache Kafka 4.3.1 in a bottle").click();
  await page.waitForFunction(() => /^Conforms/.test(document.querySelector(".verdict")?.innerText ?? ""), null);
  await no(axe(page));
  await shot(page, "bottle");
  // The defect that the path was taken with is not Kafka's.
  await openTrace("#/trace?scenario=basic&mutation=hand_out_whole_assignment&find=one_owner_per_generation");
  await page.locator("#tab-replay").click();
  await page.locator('[data-system="bottle"]').getByText("Replay on").click();
  await page.waitForFunction(() => /^✕ Diverges at step \d+, rule hand_out_assignment: expected assignment \{t1: 0 1\}, got assignment \{t1: [01]\}/.test(document.querySelector(".verdict")?.innerText ?? ""), null);
});

test("a replay in another release's coordinator says why it cannot be", async () => {
  await openTrace("#/trace?scenario=basic&release=3.9&path=deliver+c1%231+JoinGroup");
  await page.locator("#tab-replay").click();
  const button = page.locator('[data-system="bottle"]').getByText("Replay on");
  if (await button.isDisabled()) return;
  await button.click();
  await page.locator(".verdict").waitFor();
  assert.match(await page.locator(".verdict").innerText(), /Nothing can be concluded: the path is of Kafka 3\.9, and the bottle is Kafka 4\.3\.1/);
});

test("a piece of the museum opens at its harm, with its story and where it was seen", async () => {
  await open("");
  await page.waitForSelector(".card.museum");
  assert.ok(await page.locator(".card.museum").count() >= 20);
  const card = page.locator(".card", { has: page.locator('[data-open="stored_offset_outlives_revocation"]') });
  assert.equal(await card.getByRole("link", { name: "confluentinc/librdkafka#2782" }).getAttribute("href"), "https://github.com/confluentinc/librdkafka/issues/2782");
  await card.locator("[data-open]").click();
  await page.waitForSelector(".picture .body");
  assert.match(await page.locator(".why").innerText(), /committed_offset_monotonic first fails here/);
  await page.locator("#tab-page").click();
  assert.match(await page.locator(".panel .page").innerText(), /A rebalance runs between poll and store[\s\S]*Where it was seen\s+confluentinc\/librdkafka#2782/);
  await no(axe(page));
  await shot(page, "museum");
});

test("a hazard opens at its counterexample, with its page", async () => {
  await open("");
  await page.waitForSelector(".card.hazard");
  assert.ok(await page.locator(".card.hazard").count() >= 12);
  assert.ok(await page.locator(".card.remedy").count() >= 4);
  await page.locator('[data-open="no_stale_overwrite"]').click();
  await page.waitForSelector(".picture .body");
  assert.match(await page.locator(".why").innerText(), /no_stale_overwrite first fails here/);
  await page.locator("#tab-page").click();
  assert.match(await page.locator(".panel .page").innerText(), /no_stale_overwrite/);
  await page.locator("#tab-state").click();
  assert.match(await page.locator(".panel").innerText(), /outside store\s[\s\S]*result of record/);
  await no(axe(page));
  await shot(page, "hazard");
});

test("the group is shown as Kafka's own tool prints it", async () => {
  await openTrace();
  await page.locator("#tab-tools").click();
  assert.match(await page.locator(".panel").innerText(), /GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST +CLIENT-ID\ngroup t1 +0/);
  await no(axe(page));
});

test("a permalink leads a colleague to the same step", async () => {
  await openTrace();
  await press("Home", "j", "j", "j");
  await page.waitForFunction(() => /step=3$/.test(location.hash));
  const link = page.url();
  const what = await page.locator(".what").innerText();
  assert.match(link, /path=deliver\+c1%231\+JoinGroup,answer\+c1%231\+JoinGroup,/);
  const other = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 } }), faults);
  await other.goto(link);
  await other.waitForSelector(".what");
  assert.equal(await other.locator(".what").innerText(), what);
  assert.equal(await place(other), "step 3 of 22");
  await other.keyboard.press("f");
  assert.match(await other.locator(".why").innerText(), /live_owners_disjoint first fails here/);
  await other.context().close();
});

test("a wrong link gets a page that says what and where", async () => {
  const wrong = [
    ["#/trace?scenario=basic&path=deliver+c1%231+JoinGroup,c1:commit", /step 2: 'c1:commit' is not possible here; possible are: .*answer c1#1 JoinGroup/],
    ["#/trace?scenario=nothing&path=", /unknown scenario 'nothing'/],
    ["#/trace?scenario=basic&step=x", /step=x, which is no number/],
    ["#/trace", /names no scenario/],
    ["#/nowhere", /asks for 'nowhere'/],
    ["#/trace?scenario=%3Cimg%20src=x%20onerror=alert(1)%3E&path=", /unknown scenario '<img src=x onerror=alert\(1\)>'/],
  ];
  for (const [hash, said] of wrong) {
    await open(hash);
    await page.waitForSelector(".lost .reason");
    assert.match(await page.locator(".lost").innerText(), said, hash);
    assert.equal(await page.locator(".lost img").count(), 0);
  }
  await no(axe(page));
});

test("a check counts, states its scope, and opens what it finds", async () => {
  await open("#/run?scenario=basic");
  await page.getByText("Check every state").click();
  await page.locator(".outcome.holds").waitFor();
  assert.match(await page.locator(".result").innerText(), /holds, exhaustive in these bounds, [\d,]+ states[\s\S]*depth \d+/);
  await no(axe(page));
  await shot(page, "check");
  await page.getByLabel("Defect").selectOption("skip_partition");
  await page.getByText("Check every state").click();
  await page.locator(".outcome.violated").waitFor();
  await page.getByText(/Open the path of \d+ steps/).first().click();
  await page.waitForSelector(".picture .body");
  assert.match(await page.locator(".why").innerText(), /assignment_complete first fails here/);
  await open("#/run?scenario=basic");
  await page.getByLabel("Steps from the start").fill("6");
  for (const box of await page.locator(".properties input").all()) await box.uncheck();
  assert.ok(await page.getByText("Check every state").isDisabled());
  await page.getByLabel("one_leader").check();
  await page.getByText("Check every state").click();
  await page.locator(".outcome.open").waitFor();
  assert.match(await page.locator(".outcome").innerText(), /no violation found, not exhausted \(states farther than 6 steps were not searched\), \d+ states seen, 1 of \d+ properties judged/);
  assert.deepEqual(await page.locator(".result tbody th").allInnerTexts(), ["one_leader"]);
  assert.equal(await page.locator(".depths li").count(), 7);
  await no(axe(page));
  await shot(page, "depths");
  await open("#/run?scenario=crash&records=3&partitions=3");
  await page.getByText("Check every state").click();
  await page.locator(".outcome.running").waitFor();
  await page.getByText("Cancel").click();
  await page.locator(".outcome.open").waitFor();
  assert.match(await page.locator(".outcome").innerText(), /no violation found, not exhausted \(stopped\)/);
});

const download = async (id) => {
  await page.locator(".menu summary").click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-export="${id}"]`).click()]);
  const path = `${OUT}/${file.suggestedFilename()}`;
  await file.saveAs(path);
  return path;
};

test("every export is what it says", async () => {
  await openTrace();
  const trace = JSON.parse(readFileSync(await download("json"), "utf8"));
  assert.deepEqual([trace.format, trace.violates, trace.mutation, trace.steps.length], ["muster-trace/1", "live_owners_disjoint", "merge_assignment", 22]);
  const itf = JSON.parse(readFileSync(await download("itf"), "utf8"));
  assert.equal(itf.states.length, 23);
  assert.match(readFileSync(await download("svg"), "utf8"), /^<svg [^>]*viewBox[\s\S]*first fails[\s\S]*<\/svg>\n$/);
  const png = readFileSync(await download("png"));
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  assert.ok(png.length > 30_000 && png.readUInt32BE(16) > 2_000, `${png.length} bytes`);
  assert.match(readFileSync(await download("mermaid"), "utf8"), /^sequenceDiagram\n/);
  assert.match(readFileSync(await download("rust"), "utf8"), /#\[test\]\nfn basic_merge_assignment_live_owners_disjoint/);
});

test("the exported page works from disk, without a server", async () => {
  await openTrace();
  const path = await download("html");
  const alone = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 }, offline: true }), faults);
  const asked = [];
  alone.on("request", (request) => asked.push(request.url()));
  await alone.goto(`file://${path}`);
  await alone.waitForSelector(".picture .body");
  assert.equal(await place(alone), "step 22 of 22");
  await alone.keyboard.press("Home");
  await alone.keyboard.press("j");
  assert.equal(await place(alone), "step 1 of 22");
  assert.deepEqual(asked.filter((url) => !/^(file|data|blob):/.test(url)), []);
  await no(axe(alone));
  await alone.context().close();
});

test("a trace file opens; a broken one says what and where", async () => {
  await open("");
  await page.waitForSelector(".card");
  const good = readFileSync(`${OUT}/basic-merge_assignment-live_owners_disjoint.json`, "utf8");
  const choose = (name, text) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  await choose("cut.json", good.slice(0, 900));
  await page.locator(".why").waitFor();
  assert.match(await page.locator(".why").innerText(), /^cut\.json: EOF while parsing .* at line \d+ column \d+ \(expected a complete muster-trace\/1 file\)/);
  await choose("good.json", good);
  await page.waitForSelector(".picture .body");
  assert.equal(await place(), "step 22 of 22");
  assert.match(await page.locator(".why").innerText(), /live_owners_disjoint first fails here/);
});

test("a file and a report from the command line open as well", async () => {
  const traces = new URL("../../tests/traces/", import.meta.url);
  const one = JSON.parse(readFileSync(new URL("two-member-rebalance.json", traces), "utf8"));
  const last = one.steps.findLastIndex((step) => step.event === "request");
  one.steps = one.steps.slice(0, last + 1);
  writeFileSync(`${OUT}/diverging.json`, JSON.stringify(one));
  const failure = { rule: "complete_join", step: last, connection: "c1#1", expected: "JoinGroup NONE generation 2", actual: "JoinGroup NONE generation 1", answers: ["c2#1: JoinGroup NONE generation 1"], file: `${OUT}/diverging.json` };
  writeFileSync(`${OUT}/report.json`, JSON.stringify({ format: "muster-conform/1", systems: [{ system: "Some broker", failures: [failure] }] }));
  const second = await explorer(`${OUT}/report.json`);
  try {
    await page.goto(`${second.origin}/#/file?n=0`);
    await page.waitForSelector(".picture .body");
    assert.equal(await place(), `step ${last + 1} of ${last + 1}`);
    assert.match(await page.locator(".why").innerText(), /Some broker diverges here[\s\S]*expected\s+JoinGroup NONE generation 2\s+actual\s+JoinGroup NONE generation 1[\s\S]*rule complete_join[\s\S]*Every answer of this step[\s\S]*actual\s+c2#1: JoinGroup NONE generation 1/);
    await page.locator("#tab-replay").click();
    await page.getByText("Replay on the reference in process").click();
    await page.waitForFunction(() => /^Conforms/.test(document.querySelector(".verdict")?.innerText ?? ""));
    await shot(page, "divergence");
  } finally {
    second.stop();
  }
});

test("a phone is wide enough", async () => {
  const small = await openPage(await chrome.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true }), faults);
  for (const [hash, wait] of [["", ".card"], [MERGE, ".picture .body"], ["#/trace?scenario=no_stale_overwrite&find=no_stale_overwrite", ".picture .body"], ["#/run?scenario=basic", "form"], ["#/compare", "main"]]) {
    await open(hash, small);
    await small.waitForSelector(wait);
    const wide = await small.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${hash}: ${wide}`);
    await no(axe(small));
  }
  await openTrace(MERGE, small);
  await small.locator(".tools button[aria-label^='Step back']").tap();
  assert.equal(await place(small), "step 21 of 22");
  await shot(small, "phone");
  await small.context().close();
});

test("dark follows the system, and the button changes it", async () => {
  const dark = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" }), faults);
  const paper = () => dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const [hash, wait] of [["", ".card"], [MERGE, ".picture .body"], ["#/run?scenario=basic", "form"]]) {
    await open(hash, dark);
    await dark.waitForSelector(wait);
    assert.equal(await paper(), "rgb(18, 22, 29)");
    await no(axe(dark));
  }
  await openTrace(MERGE, dark);
  await shot(dark, "dark");
  await dark.getByRole("button", { name: "Light colours" }).click();
  assert.equal(await paper(), "rgb(255, 255, 255)");
  await dark.reload();
  await dark.waitForSelector(".picture .body");
  assert.equal(await paper(), "rgb(255, 255, 255)");
  await dark.context().close();
});

test("no script failed on any screen", () => assert.deepEqual(faults, []));
