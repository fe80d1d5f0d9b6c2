// Two traces, one above the other: what they have in common is shaded, then they part.

import { html, useEffect, useMemo, useRef, useState } from "./vendor/preact-htm.js";
import * as api from "./api.js";
import { format, parse } from "./link.js";
import { Picture } from "./picture.js";
import { Tree } from "./tree.js";
import { tray } from "./tray.js";
import { commonPrefix, firstFailure, prepare } from "./trace.js";

async function load(link) {
  const { screen, values } = parse(link);
  if (screen === "file" && values.n !== undefined) return prepare(await api.file(values.n));
  if (screen !== "trace" || !values.spec) throw new Error(`this is no link to a trace: ${link.slice(0, 80)}`);
  const raw = values.find ? await api.example(values.spec, values.find) : await api.path(values.spec, values.path ?? []);
  return prepare({ ...raw, violates: raw.violates ?? values.violates ?? null, back_to: values.back_to ?? null });
}

export function Compare({ values, theme }) {
  const [pair, setPair] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const [step, setStep] = useState(null);
  const boxes = [useRef(null), useRef(null)];
  const known = tray();
  const chosen = { a: values.a ?? known[0]?.link, b: values.b ?? known[1]?.link ?? known[0]?.link };
  useEffect(() => {
    if (!chosen.a || !chosen.b) return undefined;
    let stale = false;
    setPair(null);
    setTrouble(null);
    Promise.all([load(chosen.a), load(chosen.b)]).then(([a, b]) => {
      if (stale) return;
      setPair([a, b]);
      setStep(Math.min(commonPrefix(a, b) + 1, Math.max(a.steps.length, b.steps.length)));
    }, (error) => stale || setTrouble(error.message));
    return () => { stale = true; };
  }, [chosen.a, chosen.b]);
  const common = useMemo(() => (pair ? commonPrefix(...pair) : 0), [pair]);
  useEffect(() => {
    const listen = (event) => {
      if (!pair || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
      const most = Math.max(pair[0].steps.length, pair[1].steps.length);
      const to = { ArrowRight: (s) => s + 1, j: (s) => s + 1, ArrowLeft: (s) => s - 1, k: (s) => s - 1, Home: () => 0, End: () => most, f: () => common + 1 }[event.key];
      if (!to) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      setStep((s) => Math.max(0, Math.min(most, to(s))));
      event.preventDefault();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [pair, common]);
  // The two scroll together.
  useEffect(() => {
    const [a, b] = boxes.map((box) => box.current);
    if (!a || !b) return undefined;
    const link = (from, to) => () => { if (Math.abs(to.scrollLeft - from.scrollLeft) > 1) to.scrollLeft = from.scrollLeft; };
    const [ab, ba] = [link(a, b), link(b, a)];
    a.addEventListener("scroll", ab);
    b.addEventListener("scroll", ba);
    return () => { a.removeEventListener("scroll", ab); b.removeEventListener("scroll", ba); };
  }, [pair]);
  const pick = (side) => (event) => { location.hash = format("compare", { ...chosen, [side]: event.target.value }); };
  const choice = (side, name) => html`<label>${name} <select value=${chosen[side]} onChange=${pick(side)}>
    ${!known.some((one) => one.link === chosen[side]) && html`<option value=${chosen[side]}>from the link</option>`}
    ${known.map((one, i) => html`<option key=${i} value=${one.link}>${one.title}</option>`)}</select></label>`;
  if (!chosen.a) return html`<main class="lost"><h1>Nothing to compare yet</h1><p>Open two traces from the <a href="#/">catalogue</a>, or leave a path: then its branches can be compared.</p></main>`;
  const line = (trace, n) => (n <= trace.steps.length ? n === 0 ? "the start" : trace.steps[n - 1].text : "has ended");
  return html`<main class="compare"><h1>Compare two traces</h1>
    <div class="row">${choice("a", "A")} ${choice("b", "B")}</div>
    ${trouble && html`<p class="why" role="alert">${trouble}</p>`}
    ${!pair && !trouble && html`<p role="status">…</p>`}
    ${pair && html`
      <p><b>${common === 0 ? "They differ from the first step." : common === 1 ? "The first step is the same (shaded)." : `The first ${common} steps are the same (shaded).`}</b> ${common < Math.max(pair[0].steps.length, pair[1].steps.length) ? `They part at step ${common + 1}.` : "They are the same."}</p>
      ${pair.map((trace, i) => html`<section key=${i} aria-label=${`Trace ${"AB"[i]}`}><h2>${"AB"[i]}: ${trace.title} <small class="soft">${trace.steps.length} steps${firstFailure(trace) >= 0 ? `, fails at step ${firstFailure(trace)}` : ""}</small></h2>
        <p class="soft">step ${step}: ${line(trace, step)}</p>
        <${Picture} trace=${trace} step=${Math.min(step, trace.steps.length)} pin=${null} theme=${theme} heartbeats=${true} width=${84} marks=${{}} found=${[]} common=${common}
          onStep=${setStep} scroll=${boxes[i]} label=${`Trace ${"AB"[i]}`} /></section>`)}
      <section><h2>How the states differ at step ${step}</h2><p class="soft">B, against A.</p>
        <${Tree} state=${pair[1].states[Math.min(step, pair[1].steps.length)]} other=${pair[0].states[Math.min(step, pair[0].steps.length)]} onlyChanges=${true} /></section>`}
  </main>`;
}
