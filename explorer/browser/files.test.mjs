// Files of every kind: what opens, where it stands, what is kept of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { OUT, browser, explorer, openPage, shot } from "./harness.mjs";
import { LOOP, MERGE, RECORDING, divergence, drop, open, openTrace, place } from "./pages.mjs";

let chrome, server, page;
const faults = [];

before(async () => {
  [chrome, server] = await Promise.all([browser(), explorer()]);
  page = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true }), faults);
});
after(async () => {
  await chrome?.close();
  server?.stop();
});

const dropped = async (name, text) => {
  await open(server, page, "");
  await page.waitForSelector(".card.museum");
  await drop(page, name, text);
};
const words = async () => (await page.locator(".picture .gutter text").allTextContents()).join("|");

test("a recording is dropped, shows its consumers, and is there after a reload", async () => {
  await dropped("traffic.jsonl", RECORDING);
  await page.waitForSelector(".picture .body");
  assert.equal(await page.locator("h1").innerText(), "g1");
  assert.match(await words(), /coordinator\|.*c1\|consumer\|c2\|consumer\|/);
  await page.keyboard.press("End");
  await page.waitForFunction(() => /step=23$/.test(location.hash));
  await shot(page, "recording");
  await page.reload();
  await page.waitForSelector(".picture .body");
  assert.equal(await place(page), "step 23 of 23");
  await page.locator("#tab-tools").click();
  assert.match(await page.locator(".panel").innerText(), /--describe --group g1\s+Consumer group 'g1' has no active members\./);
  await open(server, page, "");
  await page.getByRole("link", { name: "traffic.jsonl, group g1" }).first().click();
  await page.waitForSelector(".picture .body");
});

test("traffic without a group, and what is nothing, is told", async () => {
  await dropped("empty.jsonl", RECORDING.split("\n")[0] + "\n");
  await page.locator(".hero .why").waitFor();
  assert.match(await page.locator(".hero .why").innerText(), /^cannot read empty\.jsonl: no group was asked of/);
  await drop(page, "half.jsonl", `${RECORDING.split("\n")[0]}\n{"at_us":1}\n`);
  await page.getByText("line 2: missing field").waitFor();
  await drop(page, "<b>.bin", Buffer.from([0x7b, 0xff]));
  await page.getByText("<b>.bin: byte 2 is no text").waitFor();
  assert.equal(await page.locator(".hero .why b").count(), 0);
});

test("a divergence is dropped, and f leads to it", async () => {
  await dropped("diverging.json", divergence());
  await page.waitForSelector(".picture .body");
  const there = await place(page);
  assert.match(await page.locator(".why").innerText(), /Some broker diverges here[\s\S]*expected\s+JoinGroup NONE generation 2\s+actual\s+JoinGroup NONE generation 1/);
  await page.keyboard.press("Home");
  assert.equal(await page.locator(".why").count(), 0);
  await page.keyboard.press("f");
  assert.equal(await place(page), there);
});

test("what goes round for ever opens at its cycle, and a file of it does", async () => {
  await openTrace(server, page, LOOP);
  const says = async () => {
    assert.match(await page.locator(".why").innerText(), /no_rebalance_loop fails: it goes round for ever\s+Steps 5 to 16 go round for ever[\s\S]*The cycle begins at step 5/);
    assert.equal(await place(page), "step 4 of 16");
  };
  await says();
  await shot(page, "cycle");
  await page.locator(".menu summary").click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator('[data-export="json"]').click()]);
  await file.saveAs(`${OUT}/cycle.json`);
  const text = readFileSync(`${OUT}/cycle.json`, "utf8");
  assert.deepEqual([JSON.parse(text).violates, Number.isInteger(JSON.parse(text).back_to)], ["no_rebalance_loop", true]);
  await dropped("cycle.json", text);
  await page.waitForSelector(".picture .body");
  await says();
});

test("two files are compared on what they have in common", async () => {
  const [whole, shorter] = [JSON.parse(divergence()), JSON.parse(divergence())];
  shorter.name = "shorter";
  shorter.steps = shorter.steps.slice(0, 7);
  delete shorter.diverged;
  // Nothing that was looked at before counts as looked at.
  await open(server, page, "");
  await page.evaluate(() => sessionStorage.clear());
  for (const [name, file] of [["a.json", whole], ["b.json", shorter]]) {
    await dropped(name, JSON.stringify(file));
    await page.waitForSelector(".picture .body");
    await page.waitForFunction((n) => JSON.parse(sessionStorage.getItem("muster-tray") ?? "[]").some((one) => one.title === n), file.name);
  }
  await open(server, page, "#/compare");
  await page.waitForSelector(".compare .picture");
  assert.match(await page.locator("main").innerText(), /The first 7 steps are the same[\s\S]*They part at step 8/);
});

test("the exported page has its keys, its table, its search and its exports", async () => {
  await openTrace(server, page, MERGE);
  await page.locator(".menu summary").click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator('[data-export="html"]').click()]);
  await file.saveAs(`${OUT}/alone.html`);
  const alone = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 }, offline: true, acceptDownloads: true }), faults);
  await alone.goto(`file://${OUT}/alone.html`);
  await alone.waitForSelector(".picture .body");
  const press = async (...keys) => { for (const key of keys) await alone.keyboard.press(key); };
  await press("Home", "j", "p", "End", "d");
  assert.match(await alone.locator(".panel").innerText(), /After step 22, compared with step 1 \(pinned\)/);
  await press("t");
  assert.equal(await alone.locator(".tablebox tbody tr").count(), 22);
  await press("t", "a", "/");
  await alone.keyboard.type("actor:c2");
  await alone.getByText(/^\d+ found$/).waitFor();
  await press("Escape", "Home", "f");
  assert.equal(await place(alone), "step 22 of 22");
  await press("?");
  await alone.locator("dialog[open]").waitFor();
  await press("Escape");
  await alone.locator(".menu summary").click();
  const [svg] = await Promise.all([alone.waitForEvent("download"), alone.locator('[data-export="svg"]').click()]);
  await svg.saveAs(`${OUT}/alone.svg`);
  assert.match(readFileSync(`${OUT}/alone.svg`, "utf8"), /live owners disjoint/);
  await alone.context().close();
});

test("cards are found, and the assignor of a check is in its link", async () => {
  await open(server, page, "");
  await page.waitForSelector(".card.museum");
  await page.keyboard.press("/");
  await page.keyboard.type("librdkafka");
  await page.waitForFunction(() => /^\d+ of \d+$/.test(document.querySelector(".hero output").innerText));
  const cards = await page.locator(".card").allInnerTexts();
  assert.ok(cards.length > 0 && cards.every((text) => /librdkafka/i.test(text)), cards.join("|"));
  await open(server, page, "#/run?scenario=basic");
  await page.getByLabel(/^Assignor/).selectOption("cooperative-sticky");
  await page.getByText("Check every state").click();
  await page.locator(".outcome.holds").waitFor();
  assert.match(page.url(), /#\/run\?scenario=basic&assignor=cooperative-sticky$/);
  assert.match(await page.locator(".result caption").innerText(), /assignor cooperative-sticky/);
});

test("no script failed", () => assert.deepEqual(faults, []));
