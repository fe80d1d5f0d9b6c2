// The trace screen: the picture, the details, the branches, the keys.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";
import * as api from "./api.js";
import { Detail } from "./detail.js";
import { ExportMenu } from "./exportmenu.js";
import { format } from "./link.js";
import { Picture } from "./picture.js";
import { Table } from "./table.js";
import { remember } from "./tray.js";
import { cut, extend, firstSight, harm, isRound, keys, prepare, search, toFile } from "./trace.js";

const WIDTHS = [34, 84, 120];
const many = (steps) => `${steps} step${steps === 1 ? "" : "s"}`;

/** The link of a path at a step. */
export function linkOf(trace, step) {
  return format("trace", { spec: trace.spec, violates: trace.violates, back_to: trace.back_to, path: keys(trace), step });
}

export function TraceScreen({ load, values, theme, offline }) {
  const [branches, setBranches] = useState(null);
  const [current, setCurrent] = useState(0);
  const [trouble, setTrouble] = useState(null);
  const [view, setView] = useState({ step: 0, pin: null, heartbeats: false, diff: false, tab: "step", zoom: 1, table: false, properties: false });
  const [offered, setOffered] = useState(null);
  const [query, setQuery] = useState(null);
  const [replay, setReplay] = useState(null);
  const [shown, setShown] = useState(0);
  const [systems, setSystems] = useState(null);
  const [starting, setStarting] = useState(null);
  const [last, setLast] = useState("reference");
  const [said, setSaid] = useState("");
  const searchBox = useRef(null);
  // What a request that ends later finds: the trace that is shown then, none if the screen has gone.
  const shownTrace = useRef(null);
  const taking = useRef(false);

  const change = (part) => setView((old) => ({ ...old, ...part }));
  useEffect(() => {
    let stale = false;
    setBranches(null);
    setTrouble(null);
    load().then((raw) => {
      if (stale) return;
      const trace = prepare({ ...raw, violates: raw.violates ?? values.violates ?? null, back_to: raw.back_to ?? values.back_to ?? null });
      setBranches([{ name: trace.title, trace, original: true, at: null }]);
      setCurrent(0);
      change({ step: Math.min(values.step ?? (values.wander ? trace.steps.length : firstSight(trace)), trace.steps.length), pin: null });
    }, (error) => !stale && setTrouble(error.message));
    return () => { stale = true; };
  }, [load]);

  const branch = branches?.[current];
  const trace = branch?.trace;
  const { step } = view;
  shownTrace.current = trace;
  useEffect(() => () => { shownTrace.current = null; }, []);

  // What may happen next, a moment after the step is chosen.
  useEffect(() => {
    if (!trace?.spec || offline) return undefined;
    let stale = false;
    const wait = setTimeout(() => {
      api.next(trace.spec, keys(trace).slice(0, step)).then((answer) => !stale && setOffered({ trace, step, next: answer.next }), (error) => !stale && setSaid(error.message));
    }, 15);
    return () => { stale = true; clearTimeout(wait); };
  }, [trace, step]);

  // What was offered at another step cannot be taken here.
  const next = offered?.trace === trace && offered?.step === step ? offered.next : null;

  // The address follows, but not at every press of a key: browsers limit how often it may.
  useEffect(() => {
    if (!trace || offline) return undefined;
    const wait = setTimeout(() => {
      const link = trace.spec && !values.file ? linkOf(trace, step) : format("file", { n: values.n, step });
      history.replaceState(null, "", link);
      if (trace.spec || values.file) remember({ title: trace.title + (trace.violates ? `: ${trace.violates}` : ""), link });
    }, 250);
    return () => clearTimeout(wait);
  }, [trace, step]);

  useEffect(() => {
    if (view.tab === "replay" && systems === null && !offline) api.catalogue().then((c) => shownTrace.current && setSystems(c.systems), (e) => shownTrace.current && setSaid(e.message));
    if (offline && systems === null) setSystems([]);
  }, [view.tab]);

  // At once, as part of the key that opens it: what is typed next goes into the box, not to the keys of the page.
  useLayoutEffect(() => { if (query !== null) searchBox.current?.focus(); }, [query === null]);

  const go = (to) => trace && change({ step: Math.max(0, Math.min(trace.steps.length, to)) });
  const act = async (key) => {
    if (step < trace.steps.length && trace.steps[step].key === key) return go(step + 1);
    // One at a time: what a second press means is known when the first one is answered.
    if (taking.current) return undefined;
    taking.current = true;
    try {
      const path = [...keys(trace).slice(0, step), key];
      const more = await api.path(trace.spec, path, step);
      // Whoever has gone to another branch meanwhile stays there.
      if (shownTrace.current !== trace) return undefined;
      const grows = step === trace.steps.length && !branch.original;
      const longer = extend(cut(trace, step), more);
      if (grows) {
        setBranches(branches.map((one, i) => (i === current ? { ...one, trace: longer } : one)));
      } else {
        const name = `branch ${branches.length} at step ${step}`;
        setBranches([...branches, { name, trace: longer, original: false, at: step }]);
        setCurrent(branches.length);
        setSaid(`A new branch begins at step ${step}; the path before it is kept.`);
      }
      setReplay(null);
      change({ step: step + 1 });
    } catch (error) {
      if (shownTrace.current) setSaid(error.message);
    } finally {
      taking.current = false;
    }
    return undefined;
  };
  const startReplay = async (system, all) => {
    setLast(system);
    setReplay(null);
    setStarting(systems?.find((one) => one.id === system) ?? null);
    try {
      let told = await api.startReplay(system, toFile(trace));
      while (!told.conclusion && !told.trouble) {
        await api.later(60);
        if (!shownTrace.current) return;
        told = await api.replay(told.id);
      }
      const places = [];
      trace.steps.forEach((one, i) => one.event && places.push(i + 1));
      const done = { ...told, places, system, trace };
      setReplay(done);
      const stops = told.ticks.map((tick) => places[tick.step]);
      const at = all ? stops[stops.length - 1] : stops[0];
      setShown(at ?? 0);
      if (at && shownTrace.current === trace) change({ step: at, tab: "replay" });
    } catch (error) {
      if (shownTrace.current) setSaid(error.message);
    } finally {
      setStarting(null);
    }
  };
  const replayStep = (system) => {
    setLast(system);
    if (!replay || replay.trace !== trace || replay.system !== system) {
      setShown(0);
      return startReplay(system, false);
    }
    const stops = replay.ticks.map((tick) => replay.places[tick.step]);
    const at = stops.find((one) => one > shown);
    if (at) {
      setShown(at);
      change({ step: at, tab: "replay" });
    }
    return undefined;
  };
  const ownReplay = replay?.trace === trace ? replay : null;
  const marks = {};
  for (const tick of ownReplay?.ticks ?? []) {
    const at = ownReplay.places[tick.step];
    if (at <= shown) marks[at] = tick.same ? "✓" : "✕";
  }
  const found = trace && query ? search(trace, query) : [];
  const toFound = (by) => {
    const at = by > 0 ? found.find((n) => n > step) ?? found[0] : found.findLast((n) => n < step) ?? found[found.length - 1];
    if (at !== undefined) go(at);
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !trace) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing) {
      if (event.key === "Escape") setQuery(null);
      if (event.key === "Enter" && query) toFound(event.shiftKey ? -1 : 1);
      return;
    }
    if (event.target.closest?.("[role=tablist], dialog, .menu")) {
      if (/^Arrow|^Home$|^End$/.test(event.key)) return;
    }
    const keysOf = {
      ArrowRight: () => go(step + 1), j: () => go(step + 1), ArrowLeft: () => go(step - 1), k: () => go(step - 1),
      Home: () => go(0), End: () => go(trace.steps.length), f: () => { const at = harm(trace); if (at >= 0) go(at); },
      d: () => change({ diff: !view.diff, tab: "state" }), p: () => change({ pin: view.pin === null ? step : null, tab: "state" }),
      "/": () => { setQuery(query ?? ""); searchBox.current?.focus(); },
      n: () => toFound(1), N: () => toFound(-1), h: () => change({ heartbeats: !view.heartbeats }),
      t: () => change({ table: !view.table }), a: () => change({ properties: !view.properties }), r: () => !offline && !starting && replayStep(last),
      "+": () => change({ zoom: Math.min(2, view.zoom + 1) }), "-": () => change({ zoom: Math.max(0, view.zoom - 1) }),
      b: () => setCurrent((current + 1) % branches.length),
    };
    if (/^[1-9]$/.test(event.key)) {
      const ordered = next ? [...new Set(next.map((one) => one.actor))].flatMap((actor) => next.filter((one) => one.actor === actor)) : [];
      const one = ordered[Number(event.key) - 1];
      if (one) act(one.key);
    } else if (keysOf[event.key]) {
      keysOf[event.key]();
    } else {
      return;
    }
    event.preventDefault();
  };
  const handler = useRef(onKey);
  handler.current = onKey;
  useEffect(() => {
    const listen = (event) => handler.current(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);

  if (trouble) return html`<main class="lost"><h1>This trace cannot be shown</h1><p class="reason">${trouble}</p>
    <p><a href="#/">Open the catalogue</a></p></main>`;
  if (!trace) return html`<main class="wait"><p role="status">${values.find ? `The shortest path to a violation of ${values.find} is searched…` : "The path is walked…"}</p></main>`;

  const at = Math.min(step, trace.steps.length);
  const summary = `${trace.title}: ${many(trace.steps.length)}. The table view tells the same.`;
  const props = { trace, step: at, ...view, step: at, next, systems, replay: ownReplay, shown, starting, last, onAct: act,
    onTab: (tab) => change({ tab }), onDiff: () => change({ diff: !view.diff }),
    onPin: () => change({ pin: view.pin === null ? at : null }), onReplay: startReplay, onReplayStep: replayStep };
  return html`
    <main class="trace">
      <header class="bar">
        <div class="title"><h1>${trace.title}</h1>
          <p class="soft">${trace.scenario.defect && html`<b>Defect: ${trace.scenario.defect}.</b> `}${[trace.scenario.bounds, trace.scenario.faults, `Kafka ${trace.scenario.release}`].filter(Boolean).join(" · ")}</p></div>
        <div class="tools">
          <div class="group" role="group" aria-label="Steps">
            <button onClick=${() => go(0)} aria-label="Start (Home)">|◀</button>
            <button onClick=${() => go(at - 1)} aria-label="Step back (left arrow)">◀</button>
            <output aria-live="polite">${at === 0 ? "start" : `step ${at}`} of ${trace.steps.length}</output>
            <button onClick=${() => go(at + 1)} aria-label="Step forward (right arrow)">▶</button>
            <button onClick=${() => go(trace.steps.length)} aria-label="End (End)">▶|</button>
            ${harm(trace) >= 0 && html`<button class="bad" onClick=${() => go(harm(trace))}>${trace.divergence ? "✕ divergence" : isRound(trace) ? "↻ cycle" : "✕ first failure"} <kbd>f</kbd></button>`}
          </div>
          <div class="group" role="group" aria-label="View">
            <button aria-pressed=${view.heartbeats ? "true" : "false"} onClick=${() => change({ heartbeats: !view.heartbeats })}>♥ heartbeats</button>
            ${trace.properties.length > 0 && html`<button aria-pressed=${view.properties ? "true" : "false"} onClick=${() => change({ properties: !view.properties })}>Properties</button>`}
            <button aria-pressed=${view.table ? "true" : "false"} onClick=${() => change({ table: !view.table })}>Table</button>
            <button onClick=${() => change({ zoom: Math.max(0, view.zoom - 1) })} aria-label="Narrower columns">−</button>
            <button onClick=${() => change({ zoom: Math.min(2, view.zoom + 1) })} aria-label="Wider columns">+</button>
            <button aria-pressed=${query !== null ? "true" : "false"} onClick=${() => setQuery(query === null ? "" : null)}>Search</button>
            <${ExportMenu} trace=${trace} step=${at} theme=${theme} heartbeats=${view.heartbeats} properties=${view.properties} width=${WIDTHS[view.zoom]} offline=${offline} onSaid=${setSaid} />
          </div>
        </div>
      </header>
      ${query !== null && html`<div class="search"><label>Search steps <input ref=${searchBox} value=${query} placeholder="JoinGroup actor:c1 error:ILLEGAL rule:fence"
        onInput=${(event) => setQuery(event.target.value)} /></label> <output>${query ? `${found.length} found` : ""}</output>
        <button onClick=${() => toFound(-1)}>Previous</button><button onClick=${() => toFound(1)}>Next</button><button onClick=${() => setQuery(null)}>Close</button></div>`}
      ${branches.length > 1 && html`<div class="branches" role="group" aria-label="Branches">${branches.map((one, i) => html`
        <button key=${i} aria-pressed=${i === current ? "true" : "false"} onClick=${() => { setCurrent(i); change({ step: Math.min(step, one.trace.steps.length) }); }}>
          ${i === 0 ? "path" : `${one.name}`} <small>${many(one.trace.steps.length)}</small></button>`)}
        <a class="button" href=${format("compare", { a: linkOf(branches[0].trace, at), b: linkOf(branches[current || 1].trace, at) })}>Compare with the path</a></div>`}
      <p class="said" role="status">${said}</p>
      <div class="split">
        <div class="left">${view.table
    ? html`<${Table} trace=${trace} step=${at} onStep=${go} />`
    : html`<${Picture} trace=${trace} step=${at} pin=${view.pin !== null && view.pin <= trace.steps.length ? view.pin : null} theme=${theme} heartbeats=${view.heartbeats} properties=${view.properties} width=${WIDTHS[view.zoom]}
        marks=${marks} found=${found} common=${0} onStep=${go} label=${summary} />`}</div>
        <${Detail} ...${props} pin=${view.pin !== null && view.pin <= trace.steps.length ? view.pin : null} />
      </div>
    </main>`;
}
