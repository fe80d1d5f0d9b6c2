// Starts the explorer and a browser for the tests, and stops both.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const binary = process.env.MUSTER ?? here("../../target/debug/muster");
export const OUT = here("./out");
mkdirSync(OUT, { recursive: true });

/** `muster explore` with these arguments on a free port; `stop()` ends it. */
export async function explorer(...args) {
  const child = spawn(binary, ["explore", ...args, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  const origin = await new Promise((done, failed) => {
    child.stdout.on("data", (part) => {
      said += part;
      if (said.includes("Ctrl-C")) done(/http:\/\/127\.0\.0\.1:\d+/.exec(said)[0]);
    });
    child.on("exit", (code) => failed(new Error(`muster explore ended with ${code}: ${said}`)));
  });
  const post = async (path, body) => {
    const answer = await fetch(origin + path, { method: "POST", headers: { Origin: origin, "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return answer.json();
  };
  const get = async (path) => (await fetch(origin + path)).json();
  /** A connection for each request: stateright's server closes them at times. */
  const slow = (path) => new Promise((done, failed) => {
    request(origin + path, { agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => { text += part; }).on("end", () => done(JSON.parse(text)));
    }).on("error", failed).end();
  });
  return { origin, post, get, slow, said, stop: () => child.kill() };
}

export const browser = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong in the page or in a part of it, a line each. */
export async function axe(page, part = "html") {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate((within) => globalThis.axe.run(within, { resultTypes: ["violations"] }), part);
  return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary?.split("\n")[1] ?? ""}`));
}

/** A page that fails the test when its scripts do. MUSTER_ASSETS: a folder whose files stand for those in the binary. */
export async function openPage(context, faults) {
  const page = await context.newPage();
  const folder = process.env.MUSTER_ASSETS;
  if (folder) await page.route("**/assets/**", (route) => route.fulfill({ path: `${folder}/${new URL(route.request().url()).pathname.slice("/assets/".length)}` }));
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A wrong link is answered with an error, which the browser notes.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  return page;
}

export const shot = (page, name) => page.screenshot({ path: `${OUT}/${name}.png` });

export const percentile = (numbers, p) => [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * p))];

/** Requests and bytes of what `act` loads, as they went over the wire. */
export async function traffic(page, act) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const seen = { requests: 0, bytes: 0 };
  session.on("Network.requestWillBeSent", () => { seen.requests += 1; });
  session.on("Network.loadingFinished", (event) => { seen.bytes += event.encodedDataLength; });
  const begin = performance.now();
  const value = await act();
  const ms = performance.now() - begin;
  const { requests } = seen;
  await page.waitForTimeout(150);
  await session.detach();
  return { requests, all: seen.requests, bytes: seen.bytes, ms, value };
}
