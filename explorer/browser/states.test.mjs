// Every screen in every state that it can be in: nothing that axe finds, nothing wider than the window, nothing at its
// edge. Once on a desk in light colours, once on a phone in dark ones.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, browser, explorer, openPage, shot } from "./harness.mjs";
import { HAZARD, LOOP, MERGE, RECORDING, divergence, drop, open, openTrace } from "./pages.mjs";

let chrome, server;
const faults = [];

before(async () => { [chrome, server] = await Promise.all([browser(), explorer()]); });
after(async () => {
  await chrome?.close();
  server?.stop();
});

const catalogue = async (page) => {
  await open(server, page, "");
  await page.waitForSelector(".card.museum");
};
const trace = (page, hash) => openTrace(server, page, hash);
const tab = async (page, name) => {
  await page.locator(`#tab-${name}`).click();
  await page.waitForSelector(`#tab-${name}[aria-selected=true]`);
};
const check = async (page, query, outcome) => {
  await open(server, page, `#/run?${query}`);
  await page.getByText("Check every state").click();
  await page.locator(`.outcome.${outcome}`).waitFor();
};
const lost = (hash) => async (page) => {
  await open(server, page, hash);
  await page.waitForSelector(".lost .reason");
};

/** How each state is reached. */
const STATES = {
  catalogue,
  "a card that shows the defect fixed": async (page) => {
    await catalogue(page);
    const card = page.locator(".card", { has: page.locator('[data-open="stored_offset_outlives_revocation"]') });
    await card.getByRole("switch").click();
    await card.locator(".outcome.holds").waitFor();
    await card.scrollIntoViewIfNeeded();
  },
  "no card has the words": async (page) => {
    await catalogue(page);
    await page.keyboard.press("/");
    await page.keyboard.type("librdkafka nonsense");
    await page.getByText("No card has all of these words.").waitFor();
  },
  "a file that cannot be read": async (page) => {
    await catalogue(page);
    await drop(page, "cut.json", "{\"format\":");
    await page.locator(".why").waitFor();
  },
  trace: (page) => trace(page, MERGE),
  "a strip for each property": async (page) => {
    await trace(page, MERGE);
    await page.keyboard.press("a");
    await page.locator('button[aria-pressed=true]:text("Properties")').waitFor();
  },
  table: async (page) => {
    await trace(page, MERGE);
    await page.keyboard.press("t");
    await page.waitForSelector(".tablebox");
  },
  search: async (page) => {
    await trace(page, MERGE);
    await page.keyboard.press("/");
    await page.keyboard.type("JoinGroup");
    await page.getByText("found").waitFor();
  },
  "who knows what": async (page) => {
    await trace(page, MERGE);
    await page.locator(".who summary").click();
  },
  "state against a pinned one": async (page) => {
    await trace(page, MERGE);
    for (const key of ["Home", "p", "End", "d"]) await page.keyboard.press(key);
    await page.getByText("(pinned)").waitFor();
  },
  "Kafka's tools": async (page) => {
    await trace(page, MERGE);
    await tab(page, "tools");
  },
  "a replay that diverges": async (page) => {
    await trace(page, "#/trace?scenario=basic&mutation=hand_out_whole_assignment&find=one_owner_per_generation");
    await tab(page, "replay");
    await page.getByText("Replay on the reference in process").click();
    await page.getByText("✕ Diverges at step").waitFor();
  },
  branches: async (page) => {
    await trace(page, MERGE);
    await page.keyboard.press("Home");
    await page.locator('.act[data-key="deliver c2#1 JoinGroup"]').click();
    await page.waitForSelector(".branches");
  },
  "export menu": async (page) => {
    await trace(page, MERGE);
    await page.locator(".menu summary").click();
    await page.locator('[data-export="itf"]').waitFor();
  },
  help: async (page) => {
    await trace(page, MERGE);
    await page.keyboard.press("?");
    await page.locator("dialog[open]").waitFor();
  },
  "the story of a museum piece": async (page) => {
    await trace(page, "#/trace?scenario=stored_offset_outlives_revocation&mutation=keep_stored_offsets&find=committed_offset_monotonic");
    await tab(page, "page");
  },
  "a run that goes round for ever": (page) => trace(page, LOOP),
  hazard: async (page) => {
    await trace(page, HAZARD);
    await tab(page, "page");
  },
  divergence: async (page) => {
    await catalogue(page);
    await drop(page, "diverging.json", divergence());
    await page.waitForSelector(".picture .body");
  },
  recording: async (page) => {
    await catalogue(page);
    await drop(page, "recording.jsonl", RECORDING);
    await page.waitForSelector(".picture .body");
    await page.keyboard.press("End");
  },
  compare: async (page) => {
    const [a, b] = [MERGE, HAZARD].map(encodeURIComponent);
    await open(server, page, `#/compare?a=${a}&b=${b}`);
    await page.waitForSelector(".compare .picture");
  },
  "nothing to compare": async (page) => {
    await page.goto(server.origin);
    await page.evaluate(() => sessionStorage.clear());
    await open(server, page, "#/compare");
    await page.getByText("Nothing to compare yet").waitFor();
  },
  "a comparison that cannot be made": async (page) => {
    await open(server, page, `#/compare?a=${encodeURIComponent(MERGE)}&b=%23%2Frun`);
    await page.getByText("this is no link to a trace").waitFor();
  },
  "a form": async (page) => {
    await open(server, page, "#/run?scenario=basic");
    await page.waitForSelector("form");
  },
  "a check that holds": (page) => check(page, "scenario=basic", "holds"),
  "a check that finds": (page) => check(page, "scenario=basic&mutation=skip_partition", "violated"),
  "a check that is under way, then stopped": async (page) => {
    await check(page, "scenario=crash&records=3&partitions=3", "running");
    await page.getByText("Cancel").click();
    await page.locator(".outcome.open").waitFor();
  },
  "a check that cannot be": async (page) => {
    await open(server, page, "#/run?scenario=nothing");
    await page.getByText("Check every state").click();
    await page.getByText("unknown scenario 'nothing'").waitFor();
  },
  "a link to a step that is not possible": lost("#/trace?scenario=basic&path=c1:commit"),
  "a link to no scenario": lost("#/trace?scenario=nothing&path="),
  "a link that is no number": lost("#/trace?scenario=basic&step=x"),
  "a link to no screen": lost("#/nowhere"),
  "a link to a file that is not open": lost("#/file?n=77"),
  "an address that is nothing": async (page) => {
    await page.goto(`${server.origin}/nowhere`);
    await page.getByText("There is no such page").waitFor();
  },
};

const SURROUNDINGS = {
  "on a desk, light": { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  "on a phone, dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true },
};

for (const [where, options] of Object.entries(SURROUNDINGS)) {
  test(`every state, ${where}`, async (t) => {
    const page = await openPage(await chrome.newContext(options), faults);
    for (const [name, reach] of Object.entries(STATES)) {
      await t.test(name, async () => {
        await reach(page);
        assert.deepEqual(await axe(page), []);
        const { wide, edge } = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth,
          edge: Math.max(0, ...[...document.querySelectorAll("nav *, .bar button, .row > *, h1")].map((one) => one.getBoundingClientRect().right)),
        }));
        assert.ok(wide <= options.viewport.width, `${wide} wide`);
        assert.ok(edge <= options.viewport.width - 6, `something stands at ${edge}`);
        if (process.env.MUSTER_SHOTS) await shot(page, `${options.colorScheme}-${name.replace(/\W+/g, "-")}`);
      });
    }
    await page.context().close();
  });
}

test("no script failed", () => assert.deepEqual(faults, []));
