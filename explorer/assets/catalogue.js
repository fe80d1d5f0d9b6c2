// The catalogue: a card for each known bug, hazard and scenario.

import { html, useEffect, useMemo, useRef, useState } from "./vendor/preact-htm.js";
import * as api from "./api.js";
import { format } from "./link.js";
import { Verdict, useRun } from "./runscreen.js";

const KINDS = [
  ["museum", "Museum", "Bugs that were in real systems, with the shortest way to the harm."],
  ["defect", "Defects", "One defect each, switched on in the model. A card opens at the moment of harm, reached by the shortest path."],
  ["hazard", "Hazards", "What people say of consumer groups, and is false of a correct Kafka. A card opens the shortest way to the harm, with a page that says what is true instead."],
  ["remedy", "What helps", "The same claims, where something is done about them: they hold in every state."],
  ["scenario", "Scenarios", "Correct coordinators and clients, one kind of fault each. Walk through them, or check every state."],
  ["silent", "Defects that break no safety property", "They only delay or stop the group; conformance tests notice them."],
];

export function Catalogue() {
  const [told, setTold] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const [sought, setSought] = useState("");
  const there = useRef(true);
  const box = useRef(null);
  useEffect(() => {
    const key = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      event.preventDefault();
      box.current?.focus();
    };
    window.addEventListener("keydown", key);
    return () => { there.current = false; window.removeEventListener("keydown", key); };
  }, []);
  useEffect(() => {
    let stop = false;
    const load = async () => {
      try {
        while (!stop) {
          const answer = await api.catalogue();
          if (stop) return;
          setTold(answer);
          const open = answer.entries.some((entry) => ["museum", "defect", "hazard"].includes(entry.kind) && entry.steps === null);
          if (!open) return;
          await api.later(1500);
        }
      } catch (error) {
        if (!stop) setTrouble(error.message);
      }
    };
    load();
    return () => { stop = true; };
  }, []);
  const [wrong, setWrong] = useState(null);
  const openFile = async (file) => {
    if (!file) return;
    setWrong(null);
    try {
      const { files } = await api.open(file);
      // Whoever has gone on is not called back.
      if (!there.current) return;
      if (files.length === 1) location.hash = format("file", { n: files[0] });
      else setTold(await api.catalogue());
    } catch (error) {
      setWrong(error.message);
    }
  };
  const drop = (event) => {
    event.preventDefault();
    openFile(event.dataTransfer.files[0]);
  };
  const cards = useMemo(() => found(told?.entries ?? [], sought), [told, sought]);
  if (trouble) return html`<main class="lost"><h1>The catalogue cannot be shown</h1><p>${trouble}</p></main>`;
  return html`<main class="catalogue" onDragOver=${(event) => event.preventDefault()} onDrop=${drop}>
    <div class="hero"><h1>Is this Kafka consumer group right?</h1>
      <p>See what went wrong, step through it, send it to a colleague. Choose a card, <a href="#/run">check a scenario of your own</a>, or open a trace.</p>
      <div class="row"><label class="file">Open a file <input type="file" onChange=${(event) => { openFile(event.target.files[0]); event.target.value = ""; }} /></label>
        <small class="soft">A trace, or traffic: what <code>muster conform proxy --record</code> wrote, or a pcap. It can be dropped here as well.</small></div>
      ${wrong && html`<p class="why" role="alert">${wrong}</p>`}
      ${told?.files.length > 0 && html`<div class="opened"><b>Open files</b><ul>${told.files.map((name, n) => html`<li key=${n}><a href=${format("file", { n })}>${name}</a></li>`)}</ul></div>`}
      <div class="row"><label class="seek">Find a card <input type="search" ref=${box} value=${sought} placeholder="commit, librdkafka, rebalance loop…" onInput=${(event) => setSought(event.target.value)} /></label>
        <output aria-live="polite">${sought && told ? `${cards.length} of ${told.entries.length}` : ""}</output></div>
    </div>
    ${!told && html`<p role="status">…</p>`}
    ${sought && told && cards.length === 0 && html`<p>No card has all of these words.</p>`}
    ${KINDS.map(([kind, name, about]) => {
    const entries = cards.filter((entry) => entry.kind === kind);
    return entries.length > 0 && html`<section key=${kind} aria-labelledby=${kind}><h2 id=${kind}>${name}</h2><p class="soft">${about}</p>
      <div class="cards">${entries.map((entry) => html`<${Card} key=${entry.id} entry=${entry} />`)}</div></section>`;
  })}</main>`;
}

/** The cards that have every word somewhere. */
export function found(entries, sought) {
  const words = sought.toLowerCase().split(/[\s_]+/).filter(Boolean);
  if (words.length === 0) return entries;
  return entries.filter((entry) => {
    const { id, about, property, rule, sources, spec, scenario } = entry;
    const all = [id, about, property, rule, spec.scenario, spec.mutation, scenario.faults, scenario.bounds, ...sources.map((one) => one.name)];
    const text = all.filter(Boolean).join(" ").toLowerCase().replaceAll("_", " ");
    return words.every((word) => text.includes(word));
  });
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function Card({ entry }) {
  const { spec, property, scenario } = entry;
  const [fixed, setFixed] = useState(false);
  const without = { ...spec };
  delete without.mutation;
  const run = useRun(fixed ? without : null);
  const link = format("trace", { spec, find: property });
  return html`<article class=${`card ${entry.kind}`}>
    <h3><a href=${link} data-open=${entry.id}>${entry.id.replaceAll("_", " ")}</a></h3>
    <p>${sentence(entry.about.replace(/\.$/, ""))}</p>
    <dl>
      ${property && html`<div><dt>${entry.kind === "hazard" ? "fails" : "breaks"}</dt><dd class="bad">✕ ${property}</dd></div>`}
      ${property && html`<div><dt>steps</dt><dd>${entry.steps ?? "…"}</dd></div>`}
      <div><dt>scenario</dt><dd>${spec.scenario}: ${scenario.bounds}; ${scenario.faults}${scenario.release !== "4.3" ? `; Kafka ${scenario.release}` : ""}</dd></div>
      ${entry.sources.length > 0 && html`<div><dt>seen in</dt><dd>${entry.sources.map((one, i) => html`${i > 0 && ", "}<a key=${i} href=${one.url} rel="noreferrer">${one.name}</a>`)}</dd></div>`}
      ${entry.rule && html`<div><dt>rule</dt><dd><code>${entry.rule}</code></dd></div>`}
    </dl>
    <div class="row">
      ${spec.mutation && html`<button role="switch" aria-checked=${fixed ? "true" : "false"} onClick=${() => setFixed(!fixed)}>fixed</button>`}
      <a class="button" href=${format("run", { spec })}>Check<span class="sr"> ${entry.id}</span></a>
    </div>
    ${fixed && html`<div class="fixed"><p class="soft">The same bounds without the defect:</p><${Verdict} run=${run.run} trouble=${run.trouble} /></div>`}
  </article>`;
}
