// The run screen: bounds and faults as controls, live counts, a verdict that states its scope.

import { html, useEffect, useState } from "./vendor/preact-htm.js";
import * as api from "./api.js";
import { format } from "./link.js";

const POLL = 250;

/** Starts a check of the scenario and follows it; `null`: none. */
export function useRun(spec, limits = {}) {
  const [run, setRun] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const asked = spec ? JSON.stringify([spec, limits]) : null;
  useEffect(() => {
    setRun(null);
    setTrouble(null);
    if (!asked) return undefined;
    let stop = false;
    const follow = async () => {
      try {
        let told = await api.startRun(spec, limits);
        while (!stop) {
          setRun(told);
          if (told.status !== "running") return;
          await api.later(POLL);
          told = await api.run(told.id);
        }
      } catch (error) {
        if (!stop) setTrouble(error.message);
      }
    };
    follow();
    return () => { stop = true; };
  }, [asked]);
  return { run, trouble };
}

const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

export function Verdict({ run, trouble }) {
  if (trouble) return html`<p class="bad" role="alert">${trouble}</p>`;
  if (!run) return html`<p class="soft" role="status">The check begins…</p>`;
  const rate = run.seconds > 0.05 ? grouped(Math.round(run.states / run.seconds)) : "…";
  const state = run.status === "running" ? "running" : run.verdict?.startsWith("holds") ? "holds" : run.verdict?.startsWith("violated") ? "violated" : "open";
  const mark = { running: "…", holds: "✓", violated: "✕", open: "?" }[state];
  return html`<div class=${`outcome ${state}`} role="status">
    <p><b>${mark} ${run.status === "running" ? "searching" : run.verdict?.replace(/\d{4,}/g, grouped)}</b></p>
    <p class="soft">${grouped(run.states)} states · depth ${run.depth}${run.frontier ? ` · ${grouped(run.frontier)} of this depth to look at` : ""} · ${run.seconds.toFixed(1)} s · ${rate} states a second</p></div>`;
}

const NUMBERS = [
  ["consumers", "Consumers", 1, 8], ["topics", "Topics", 1, 8], ["partitions", "Partitions of a topic", 1, 16], ["records", "Records of a partition", 0, 8],
  ["generations", "Generations, at most", 1, 100], ["members", "Member ids, at most", 1, 100],
];
const ASSIGNORS = [
  ["range", "eager"], ["roundrobin", "eager"], ["sticky", "eager, keeps what it can"], ["cooperative-sticky", "cooperative"],
];
const FAULTS = [
  ["crash", "Crashes", "a process ends and starts again"], ["give_up", "Connections given up", "the request is late or lost, or its answer is"],
  ["expire", "Timers that fire too early", "the coordinator runs out of patience with a live member"], ["leave", "Closes", "a consumer leaves"],
  ["poll_timeout", "Polls too late", "an application does not call poll for max.poll.interval.ms"], ["subscribe", "Changed subscriptions", "a consumer subscribes to other topics"],
  ["failover", "Failovers", "the coordinator loses the leadership of its log, and what was not replicated"], ["partitions", "Partitions added", "each topic grows by one"],
  ["tools", "Deletions by tools", "a tool deletes the group, or offsets of it, where the coordinator lets it"],
];

export function RunScreen({ values }) {
  const [known, setKnown] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const [form, setForm] = useState(values.spec ?? { scenario: "basic" });
  const [limits, setLimits] = useState({});
  const [asked, setAsked] = useState(null);
  const { run, trouble: failed } = useRun(asked?.spec, asked?.limits);
  useEffect(() => {
    let gone = false;
    api.catalogue().then((told) => gone || setKnown(told), (error) => gone || setTrouble(error.message));
    return () => { gone = true; };
  }, []);
  if (trouble) return html`<main class="lost"><h1>The check cannot be shown</h1><p>${trouble}</p></main>`;
  if (!known) return html`<main class="wait"><p role="status">…</p></main>`;
  const scenarios = known.entries.filter((entry) => ["scenario", "hazard", "remedy", "museum"].includes(entry.kind));
  const defects = known.entries.filter((entry) => entry.spec.mutation);
  const set = (name, value) => setForm((old) => {
    const spec = { ...old, [name]: value };
    if (value === null || value === "") delete spec[name];
    return spec;
  });
  const shipped = scenarios.find((entry) => entry.id === form.scenario);
  const ships = shipped?.scenario.numbers ?? { faults: {} };
  const start = (event) => {
    event.preventDefault();
    history.replaceState(null, "", format("run", { spec: form }));
    setAsked({ spec: form, limits: limits.properties ? { ...limits, properties: judged } : limits });
  };
  const limit = (name, text) => setLimits((old) => {
    const { [name]: _, ...others } = old;
    return text === "" ? others : { ...others, [name]: Number(text) };
  });
  const properties = known.properties.filter((one) => !one.claim || one.id === shipped?.scenario.claim);
  const judged = limits.properties?.filter((id) => properties.some((one) => one.id === id)) ?? properties.map((one) => one.id);
  const judge = (id, on) => setLimits(({ properties: _, ...others }) => {
    const chosen = properties.map((one) => one.id).filter((one) => (one === id ? on : judged.includes(one)));
    return chosen.length === properties.length ? others : { ...others, properties: chosen };
  });
  const fault = (name, text) => {
    set("faults", { ...ships.faults, ...form.faults, [name]: Number(text) });
  };
  return html`<main class="run"><h1>Check a scenario</h1>
    <p class="soft">Every state within the bounds is searched. An empty field is as the scenario ships. Faults are the most expensive: one more can mean ten times the states.</p>
    <form onSubmit=${start}>
      <fieldset><legend>What</legend>
        <label>Scenario <select value=${form.scenario} onChange=${(e) => set("scenario", e.target.value)}>${scenarios.map((entry) => html`<option key=${entry.id} value=${entry.id}>${entry.id}</option>`)}</select></label>
        <label>Defect <select value=${form.mutation ?? ""} onChange=${(e) => set("mutation", e.target.value)}><option value="">none</option>${defects.map((entry) => html`<option key=${entry.id} value=${entry.spec.mutation}>${entry.spec.mutation}</option>`)}</select></label>
        <label>Assignor <select value=${form.assignor ?? ""} onChange=${(e) => set("assignor", e.target.value)}><option value="">as it ships${ships.assignor ? ` (${ships.assignor})` : ""}</option>${ASSIGNORS.map(([name, about]) => html`<option key=${name} value=${name}>${name}: ${about}</option>`)}</select></label>
        <label>Kafka <select value=${form.release ?? ""} onChange=${(e) => set("release", e.target.value)}><option value="">as it ships</option><option>4.3</option><option>3.9</option></select></label>
        <p class="soft">${shipped ? `${shipped.about}. Ships with ${shipped.scenario.bounds}; ${shipped.scenario.faults}.` : `There is no scenario ${form.scenario}.`}</p>
      </fieldset>
      <fieldset><legend>Bounds</legend>${NUMBERS.map(([name, words, least, highest]) => html`
        <label key=${name}>${words} <input type="number" min=${least} max=${highest} placeholder=${ships[name] === undefined ? "as it ships" : `${ships[name]}, as it ships`} value=${form[name] ?? ""} onInput=${(e) => set(name, e.target.value === "" ? null : Number(e.target.value))} /></label>`)}
      </fieldset>
      <fieldset><legend>Faults</legend>${FAULTS.map(([name, words, about]) => html`
        <label key=${name}>${words} <input type="number" min="0" max="9" value=${form.faults?.[name] ?? ships.faults[name] ?? 0} onInput=${(e) => fault(name, e.target.value)} /> <small class="soft">${about}</small></label>`)}</fieldset>
      <fieldset><legend>How far</legend>
        <label>States, at most about <input type="number" min="1" placeholder="all" value=${limits.max_states ?? ""} onInput=${(e) => limit("max_states", e.target.value)} /></label>
        <label>Steps from the start, at most <input type="number" min="1" placeholder="all" value=${limits.max_depth ?? ""} onInput=${(e) => limit("max_depth", e.target.value)} /></label></fieldset>
      <fieldset class="properties"><legend>Properties</legend>${properties.map((one) => html`
        <label key=${one.id} class="tick"><input type="checkbox" checked=${judged.includes(one.id)} onChange=${(e) => judge(one.id, e.target.checked)} /> <span>${one.id}<small class="soft">${one.about}</small></span></label>`)}</fieldset>
      <div class="row"><button type="submit" class="primary" disabled=${judged.length === 0}>Check every state</button>
        <a class="button" href=${format("trace", { spec: form, path: [] })}>Walk through it</a>
        ${run?.status === "running" && html`<button type="button" onClick=${() => api.cancelRun(run.id)}>Cancel</button>`}</div>
    </form>
    ${asked && html`<section class="result" aria-label="Result"><${Verdict} run=${run} trouble=${failed} />
      ${run?.properties.length > 0 && html`<table><caption>Properties, in ${run.scenario.bounds}; ${run.scenario.faults}</caption>
        <thead><tr><th scope="col">Property</th><th scope="col">Verdict</th><th scope="col">Why, and the shortest path</th></tr></thead>
        <tbody>${run.properties.map((one) => html`<tr key=${one.id}><th scope="row">${one.id}</th><td class=${one.verdict === "violated" ? "bad" : ""}>${one.verdict === "holds" ? "✓ holds" : one.verdict === "violated" ? "✕ violated" : "? undecided"}</td>
          <td>${one.path && html`${one.reason}. <a href=${format("trace", { spec: run.spec, violates: one.id, back_to: one.back_to, path: one.path })}>Open the path of ${one.path.length} steps</a>`}</td></tr>`)}</tbody></table>`}
      ${run && html`<${Depths} run=${run} />`}</section>`}
  </main>`;
}

/** How the states lie, and ways to them; it grows while the check runs. */
function Depths({ run }) {
  const most = Math.max(...run.levels, 1);
  return html`<section class="depths" aria-labelledby="depths"><h2 id="depths">The states, by how many steps they are from the start</h2>
    <p class="soft">Each number is a link to a walk of so many steps, taken by chance within the bounds; on its page every next step can be chosen. This works while the check runs.</p>
    <ol start="0">${run.levels.map((size, depth) => html`<li key=${depth}>
      <a href=${format("trace", { spec: run.spec, wander: depth || null, path: depth ? null : [], seed: depth ? 1 : null })} aria-label=${`${depth} steps: ${grouped(size)} states`}>${depth}</a>
      <progress max=${most} value=${size} aria-hidden="true"></progress><span>${grouped(size)}</span></li>`)}</ol></section>`;
}
