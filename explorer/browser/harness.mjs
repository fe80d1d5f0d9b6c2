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
  /** Waits until it does: stateright's server says its address before it listens. */
  const listens = async (path) => {
    for (;;) {
      try {
        return await slow(path);
      } catch (error) {
        if (error.code !== "ECONNREFUSED" || child.exitCode !== null) throw error;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  };
  return { origin, post, get, slow, listens, said, stop: () => child.kill() };
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
  // A machine with other things to do takes its time; what is not there at all is missed all the same.
  page.setDefaultTimeout(90_000);
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

/** Two frames: what a press has changed is painted. */
export const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/**
 * Requests and bytes of what `act` loads, as they went over the wire: when it ended, and in all, until nothing has been
 * asked for in two frames. `beside` waits for what loads afterwards.
 */
export async function traffic(page, act, beside = async () => {}) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const seen = { requests: 0, bytes: 0, ended: 0 };
  session.on("Network.requestWillBeSent", () => { seen.requests += 1; });
  session.on("Network.loadingFinished", (event) => { seen.bytes += event.encodedDataLength; seen.ended += 1; });
  session.on("Network.loadingFailed", () => { seen.ended += 1; });
  const begin = performance.now();
  const value = await act();
  const ms = performance.now() - begin;
  const { requests } = seen;
  await beside();
  for (let before = -1; seen.ended < seen.requests || before !== seen.requests;) {
    before = seen.requests;
    await painted(page);
  }
  await session.detach();
  return { requests, all: seen.requests, bytes: seen.bytes, ms, value };
}

/** What `act` costs the page's own thread, in milliseconds: what the machine does beside it does not count. */
export async function cost(page, act) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await session.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value * 1000;
  const before = await busy();
  const value = await act();
  const ms = await busy() - before;
  await session.detach();
  return { ms, value };
}
