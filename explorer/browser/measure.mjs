// The same 120 steps in this explorer and in stateright's own, opened by link in the same browser, one after the other:
// what each loads and how long it takes until the trace stands there. `MUSTER=… node measure.mjs [TIMES]`.

import { browser, explorer, openPage, percentile, traffic } from "./harness.mjs";
import { key } from "./steps.mjs";

const STEPS = 120;
const TIMES = Number(process.argv[2] ?? 3);

/** A path as both name it: places among the enabled steps, and what the steps do. */
async function path(theirs) {
  let places = "0";
  const keys = [];
  while (keys.length < STEPS) {
    const next = await theirs.slow(`/.states/${places}`);
    const able = next.map((one, place) => ({ ...one, place, key: key(one.action) })).filter((one) => one.fingerprint && one.key && !/leave|prefer-last/.test(one.key));
    const taken = able[(keys.length * 7 + 3) % able.length];
    places += `/${taken.place}`;
    keys.push(taken.key);
  }
  return { places, keys };
}

/** A browser that has seen nothing opens the link. */
async function opened(chrome, link, there) {
  const page = await openPage(await chrome.newContext({ viewport: { width: 1440, height: 900 } }), []);
  const seen = await traffic(page, async () => {
    await page.goto(link, { waitUntil: "commit" });
    return there(page);
  });
  await page.context().close();
  return seen;
}

const chrome = await browser();
const [ours, theirs] = [await explorer(), await explorer("leave", "--ui", "stateright")];
try {
  await theirs.listens("/.states/");
  const { places, keys } = await path(theirs);
  const links = {
    "this explorer": [`${ours.origin}/#/trace?scenario=leave&path=${keys.map(encodeURIComponent).join(",")}`, async (page) => {
      await page.waitForSelector(".picture .body");
      const place = await page.locator(".tools output").innerText();
      if (!place.endsWith(`of ${STEPS}`)) throw new Error(`the path is not the same: ${place}`);
    }],
    "stateright's": [`${theirs.origin}/#/steps/${places}`, async (page) => {
      // Its list of the steps taken is as long as the path.
      await page.waitForFunction((n) => document.querySelectorAll("a[href*='#/steps']").length >= n, STEPS);
      await page.waitForLoadState("networkidle");
    }],
  };
  console.log(`a link of ${STEPS} steps of 'leave', the same in both, opened ${TIMES} times by turns; medians`);
  const all = Object.fromEntries(Object.keys(links).map((name) => [name, []]));
  for (let n = 0; n < TIMES; n++) {
    for (const [name, [link, there]] of Object.entries(links)) all[name].push(await opened(chrome, link, there));
  }
  const median = (name, what) => percentile(all[name].map((one) => one[what]), 0.5);
  for (const name of Object.keys(links)) {
    // Network idle is half a second without a request.
    const ms = median(name, "ms") - (name === "stateright's" ? 500 : 0);
    console.log(`  ${name.padEnd(14)} ${String(median(name, "all")).padStart(4)} requests ${(median(name, "bytes") / 1000).toFixed(0).padStart(6)} kB ${ms.toFixed(0).padStart(6)} ms`);
  }
  const [least, most] = [median("stateright's", "bytes"), median("this explorer", "bytes")];
  if (most > 500_000 || least < most) throw new Error(`${most} bytes, at most 500000, and fewer than ${least}`);
} finally {
  await chrome.close();
  ours.stop();
  theirs.stop();
}
