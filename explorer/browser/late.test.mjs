// Requests that end when nobody waits for them any more: the reader has gone to another step, branch or screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, explorer, openPage, painted } from "./harness.mjs";
import { HAZARD, MERGE, RECORDING, drop, open, openTrace, place } from "./pages.mjs";

let chrome, server, page;
const faults = [];
/** Requests that are held back, by the part of the address that they go to. */
const held = new Map();

before(async () => {
  [chrome, server] = await Promise.all([browser(), explorer()]);
  page = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 } }), faults);
  await page.route("**/api/**", async (route) => {
    const path = new URL(route.request().url()).pathname;
    const place = [...held.keys()].find((part) => path.startsWith(part));
    if (place) await new Promise((done) => held.get(place).push(done));
    await route.continue();
  });
});
after(async () => {
  await chrome?.close();
  server?.stop();
});

const hold = (part) => held.set(part, []);
/** Waits until so many are held. */
const waiting = async (part, n = 1) => {
  while (held.get(part).length < n) await new Promise((done) => setTimeout(done, 10));
};
/** Lets go of them and waits until the page has the answers. */
const release = async (part) => {
  const all = held.get(part);
  held.delete(part);
  const answers = all.map(() => page.waitForResponse((answer) => new URL(answer.url()).pathname.startsWith(part)));
  all.forEach((done) => done());
  await Promise.all(answers);
  await painted(page);
};
const elsewhere = async () => {
  await page.evaluate(() => { location.hash = "#/run"; });
  await page.waitForSelector("form");
};
const still = async (screen) => assert.ok(page.url().includes(screen), page.url());

test("a path that comes after its screen has gone", async () => {
  hold("/api/path");
  await open(server, page, MERGE);
  await waiting("/api/path");
  await elsewhere();
  await release("/api/path");
  await still("#/run");
  assert.equal(await page.locator(".picture").count(), 0);
});

test("a step that is answered after its screen has gone, or on another branch, or twice", async () => {
  await openTrace(server, page, MERGE);
  await page.keyboard.press("Home");
  const other = page.locator('.act[data-key="deliver c2#1 JoinGroup"]');
  await other.waitFor();
  hold("/api/path");
  await other.click();
  await other.click();
  await waiting("/api/path");
  await painted(page);
  assert.equal(held.get("/api/path").length, 1);
  await release("/api/path");
  await page.waitForSelector(".branches");
  assert.equal(await page.locator(".branches button").count(), 2);
  await page.waitForSelector(".act");
  hold("/api/path");
  await page.keyboard.press("1");
  await waiting("/api/path");
  await page.keyboard.press("b");
  await release("/api/path");
  assert.equal(await place(page), "step 1 of 22");
  assert.equal(await page.locator(".branches button").count(), 2);
  await page.keyboard.press("Home");
  await other.waitFor();
  hold("/api/path");
  await other.click();
  await waiting("/api/path");
  await elsewhere();
  await release("/api/path");
  await still("#/run");
});

test("what was offered at another step cannot be taken", async () => {
  await openTrace(server, page, MERGE);
  await page.keyboard.press("Home");
  await page.waitForSelector('.act[data-key="deliver c1#1 JoinGroup"]');
  hold("/api/next");
  await page.keyboard.press("j");
  assert.equal(await place(page), "step 1 of 22");
  await page.keyboard.press("2");
  await painted(page);
  assert.equal(await place(page), "step 1 of 22");
  assert.equal(await page.locator(".branches").count(), 0);
  await waiting("/api/next");
  await release("/api/next");
  await page.waitForSelector(".act.taken");
});

test("a replay that ends after its screen or its branch has gone", async () => {
  for (const leave of [elsewhere, () => page.keyboard.press("Home")]) {
    await openTrace(server, page, MERGE);
    await page.locator("#tab-replay").click();
    const button = page.getByText("Replay on the reference in process");
    await button.waitFor();
    hold("/api/replays");
    await button.click();
    await waiting("/api/replays");
    await leave();
    await release("/api/replays");
  }
  await page.locator(".verdict").waitFor();
  assert.match(await page.locator(".verdict").innerText(), /^Conforms/);
});

test("a file that is read after the reader has gone on", async () => {
  await open(server, page, "");
  await page.waitForSelector(".card.museum");
  hold("/api/open");
  await drop(page, "late.jsonl", RECORDING);
  await waiting("/api/open");
  await elsewhere();
  await release("/api/open");
  await still("#/run");
});

test("of two comparisons the last one stands", async () => {
  const link = (a, b) => `#/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
  hold("/api/example");
  await open(server, page, link(HAZARD, MERGE));
  await waiting("/api/example");
  await page.evaluate((to) => { location.hash = to; }, link(MERGE, MERGE));
  await page.waitForSelector(".compare .picture");
  await release("/api/example");
  assert.match(await page.locator("main").innerText(), /They are the same/);
});

test("a check that is told of after its screen has gone", async () => {
  await open(server, page, "#/run?scenario=basic");
  hold("/api/runs");
  await page.getByText("Check every state").click();
  await waiting("/api/runs");
  await page.evaluate(() => { location.hash = "#/"; });
  await page.waitForSelector(".card");
  await release("/api/runs");
  hold("/api/catalogue");
  await page.evaluate(() => { location.hash = "#/run"; });
  await waiting("/api/catalogue");
  await page.evaluate((to) => { location.hash = to; }, MERGE);
  await page.waitForSelector(".picture .body");
  await release("/api/catalogue");
  assert.equal(await page.locator("form").count(), 0);
});

test("a link that is followed again begins again", async () => {
  await openTrace(server, page, `${MERGE}&step=3`);
  assert.equal(await place(page), "step 3 of 22");
  await page.keyboard.press("End");
  await page.waitForFunction(() => /step=22$/.test(location.hash));
  await page.evaluate((to) => { location.hash = to; }, `${MERGE}&step=3`);
  await page.waitForFunction(() => document.querySelector(".tools output")?.innerText === "step 3 of 22");
});

test("no script failed", () => assert.deepEqual(faults, []));
