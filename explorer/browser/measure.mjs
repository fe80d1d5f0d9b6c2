// The same 120 steps in this explorer and in stateright's own, opened by link in the same browser, one after the other:
// what each loads and how long it takes until the trace stands there. `MUSTER=… node measure.mjs [TIMES]`.

import { browser, explorer, openPage, percentile, traffic } from "./harness.mjs";

const STEPS = 120;
const TIMES = Number(process.argv[2] ?? 3);

const kebab = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
const partition = /^Partition \{ topic: TopicId\((\d+)\), index: (\d+) \}$/;

/** The name that a link of ours has for a step as stateright's Explorer prints it; null: none is needed. */
export function key(action) {
  const text = action.replace(/\s+/g, " ").replace(/, \}/g, " }").replace(/,\)/g, ")").replace(/\( /g, "(").replace(/ \)/g, ")");
  const sent = /^Id\(\d+\) → (Request|Response)\( ?Connection \{ client: ClientId\((\d+)\), number: (\d+) \}, (\w+)/.exec(text);
  if (sent) return `${sent[1] === "Request" ? "deliver" : "answer"} c${Number(sent[2]) + 1}#${Number(sent[3]) + 1} ${sent[4]}`;
  const coordinator = /^Timeout\(Id\(\d+\), Coordinator\((\w+)(?:\(MemberId\((\d+)\)\))?\)\)$/.exec(text);
  if (coordinator) return `coordinator:${kebab(coordinator[1])}${coordinator[2] ? `(m${Number(coordinator[2]) + 1})` : ""}`;
  const consumer = /^Timeout\(Id\(\d+\), Consumer\(ClientId\((\d+)\), (\w+)(?:\((.*)\))?\)\)$/.exec(text);
  if (!consumer) return null;
  const [, topic, index] = partition.exec(consumer[3] ?? "") ?? [];
  return `c${Number(consumer[1]) + 1}:${kebab(consumer[2])}${topic ? `(t${Number(topic) + 1}-${index})` : ""}`;
}

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
