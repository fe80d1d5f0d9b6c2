// The catalogue: a card for each known bug, hazard and scenario.

import { html, useEffect, useState } from "./vendor/preact-htm.js";
import * as api from "./api.js";
import { format } from "./link.js";
import { Verdict, useRun } from "./runscreen.js";
import { keepOpened } from "./tray.js";

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
        setTrouble(error.message);
      }
    };
    load();
    return () => { stop = true; };
  }, []);
  const [wrong, setWrong] = useState(null);
  const openFile = async (file) => {
    if (!file) return;
    try {
      keepOpened(await api.open(file.name, await file.text()));
      location.hash = format("file", { open: file.name });
    } catch (error) {
      setWrong(error.message);
    }
  };
  const drop = (event) => {
    event.preventDefault();
    openFile(event.dataTransfer.files[0]);
  };
  if (trouble) return html`<main class="lost"><h1>The catalogue cannot be shown</h1><p>${trouble}</p></main>`;
  return html`<main class="catalogue" onDragOver=${(event) => event.preventDefault()} onDrop=${drop}>
    <div class="hero"><h1>Is this Kafka consumer group right?</h1>
      <p>See what went wrong, step through it, send it to a colleague. Choose a card, <a href="#/run">check a scenario of your own</a>, or open a trace.</p>
      <label class="file">Open a trace file <input type="file" accept=".json,application/json" onChange=${(event) => openFile(event.target.files[0])} /></label>
      ${wrong && html`<p class="why" role="alert">${wrong}</p>`}
      ${told?.files > 0 && html`<p>From the command line: ${[...Array(told.files).keys()].map((n) => html`<a key=${n} href=${format("file", { n })}>file ${n + 1}</a> `)}</p>`}
    </div>
    ${!told && html`<p role="status">…</p>`}
    ${KINDS.map(([kind, name, about]) => {
    const entries = told?.entries.filter((entry) => entry.kind === kind) ?? [];
    return entries.length > 0 && html`<section key=${kind} aria-labelledby=${kind}><h2 id=${kind}>${name}</h2><p class="soft">${about}</p>
      <div class="cards">${entries.map((entry) => html`<${Card} key=${entry.id} entry=${entry} />`)}</div></section>`;
  })}</main>`;
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
