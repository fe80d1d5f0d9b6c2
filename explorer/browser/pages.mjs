// What the tests of the screens have in common: links, places, files to open.

import { readFileSync } from "node:fs";

// A path of its own: which of several shortest ones a search finds hangs on the model.
const KEYS = JSON.parse(readFileSync(new URL("./fixtures/merge_assignment.json", import.meta.url), "utf8")).steps.map((step) => step.key);
export const MERGE = `#/trace?scenario=basic&mutation=merge_assignment&violates=live_owners_disjoint&path=${KEYS.map(encodeURIComponent).join(",")}`;
export const LOOP = "#/trace?scenario=rebalance_timeout_zero&mutation=complete_join_at_once&find=no_rebalance_loop";
export const HAZARD = "#/trace?scenario=no_stale_overwrite&find=no_stale_overwrite";

export const open = async (server, page, hash) => {
  await page.goto("about:blank");
  await page.goto(`${server.origin}/${hash}`);
};

/** A trace, with what stands beside its picture. */
export const openTrace = async (server, page, hash = MERGE) => {
  await open(server, page, hash);
  await page.waitForSelector(".picture .body, .tablebox");
  await page.waitForSelector(".next, .panel");
};

export const place = (page) => page.locator(".tools output").innerText();

/** Gives the catalogue a file to open. */
export const drop = (page, name, text) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) });

/** Two consumers and a broker of this project, written down by `muster conform proxy --record`. */
export const RECORDING = readFileSync(new URL("./fixtures/recording.jsonl", import.meta.url), "utf8");

/** A trace that tells of a broker which answered otherwise. */
export function divergence() {
  const trace = JSON.parse(readFileSync(new URL("../../tests/traces/two-member-rebalance.json", import.meta.url), "utf8"));
  trace.steps = trace.steps.slice(0, trace.steps.findLastIndex((step) => step.event === "request") + 1);
  trace.diverged = { system: "Some broker", rule: "complete_join", connection: "c1#1", expected: "JoinGroup NONE generation 2", actual: "JoinGroup NONE generation 1", answers: ["c2#1: JoinGroup NONE generation 1"] };
  return JSON.stringify(trace);
}
