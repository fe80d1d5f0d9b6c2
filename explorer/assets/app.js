// Where a link leads; the theme; the help.

import { html, render, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-htm.js";
import * as api from "./api.js";
import { Catalogue } from "./catalogue.js";
import { Compare } from "./compare.js";
import { parse } from "./link.js";
import { RunScreen } from "./runscreen.js";
import { TraceScreen } from "./tracescreen.js";

const embedded = document.getElementById("muster-trace");

function useTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("muster-theme"); } catch { return null; } };
  const [theme, setTheme] = useState(stored() ?? (dark.matches ? "dark" : "light"));
  useEffect(() => {
    const follow = () => stored() ?? setTheme(dark.matches ? "dark" : "light");
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, []);
  // Before anything is painted, so that no frame has the other colours.
  useLayoutEffect(() => { document.documentElement.dataset.theme = theme; }, [theme]);
  const flip = () => {
    const other = theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("muster-theme", other); } catch { /* It lasts until the page is closed. */ }
    setTheme(other);
  };
  return [theme, flip];
}

const KEYS = [
  ["→ or j, ← or k", "step forward, step back"], ["Home, End", "start, end"], ["f", "first failure, divergence or cycle"], ["1 to 9", "take that next step; leaving the path begins a branch"],
  ["b", "next branch"], ["d", "state: only what differs"], ["p", "pin this step, compare with it"], ["/", "search, and in the catalogue: find a card; n and N: next and previous"],
  ["h", "show each heartbeat"], ["a", "a strip for each property, also those that hold"], ["t", "table or picture"], ["r", "replay one step, where it was replayed last (at first the reference)"], ["+ and −", "wider, narrower columns"], ["?", "this help"],
];

function Help({ open, onClose }) {
  const box = useRef(null);
  useEffect(() => {
    if (open && !box.current.open) box.current.showModal();
    if (!open && box.current.open) box.current.close();
  }, [open]);
  return html`<dialog ref=${box} onClose=${onClose} aria-labelledby="help-title"><h2 id="help-title">Keys, and how to read the picture</h2>
    <dl class="keys">${KEYS.map(([key, about]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${about}</dd></div>`)}</dl>
    <ul>
      <li>Time goes from left to right. A dot is a step; arrows are requests (dark) and answers (grey).</li>
      <li>Arrow: solid, it was taken; dashed, in flight; crossed, lost; with a ring, the request was refused.</li>
      <li>A vertical rule is a new generation. A badge is what a consumer believes it is; a dashed outline: out of date.</li>
      <li>For each partition: who owns it as the coordinator says (outline), and as consumers believe (filled). Paler: the coordinator would refuse it. Pale stripes: it is shared with such a one.</li>
      <li>Below: offsets. Thick line, processed; dotted, fetched; black, committed. A box marks the records that a commit repeats or skips.</li>
      <li>Vermilion and hatching: a violation, and nothing else.</li>
    </ul><button onClick=${onClose}>Close</button></dialog>`;
}

/** `visit` counts: a link that is followed again begins again, also where it is the one that was followed before. */
function Screen({ hash, visit, theme }) {
  const link = useMemo(() => {
    try {
      return parse(hash);
    } catch (error) {
      return { screen: "broken", why: error.message };
    }
  }, [hash, visit]);
  const load = useMemo(() => {
    const { screen, values } = link;
    if (embedded) return () => Promise.resolve(JSON.parse(embedded.textContent));
    if (screen === "file") {
      return async () => {
        if (values.n === undefined) throw new Error("the link names no file (n=…)");
        return api.file(values.n);
      };
    }
    return async () => {
      if (!values?.spec) throw new Error("the link names no scenario (scenario=…)");
      if (values.find) return api.example(values.spec, values.find);
      return values.wander ? api.wander(values.spec, values.wander, values.seed ?? 1) : api.path(values.spec, values.path ?? []);
    };
  }, [link]);
  const values = useMemo(() => ({ ...link.values, file: link.screen === "file" }), [link]);
  if (embedded) return html`<${TraceScreen} load=${load} values=${{}} theme=${theme} offline=${true} />`;
  switch (link.screen) {
    case "catalogue": return html`<${Catalogue} />`;
    case "trace":
    case "file": return html`<${TraceScreen} key=${visit} load=${load} values=${values} theme=${theme} offline=${false} />`;
    case "run": return html`<${RunScreen} key=${visit} values=${values} />`;
    case "compare": return html`<${Compare} values=${values} theme=${theme} />`;
    case "broken": return html`<main class="lost"><h1>This link cannot be followed</h1><p class="reason">${link.why}</p><p><a href="#/">Open the catalogue</a></p></main>`;
    default: return html`<main class="lost"><h1>There is no such page</h1><p class="reason">The link asks for '${link.screen}'. There are: trace, run, compare, file.</p><p><a href="#/">Open the catalogue</a></p></main>`;
  }
}

function App() {
  const [theme, flip] = useTheme();
  const [{ hash, visit }, setPlace] = useState({ hash: location.hash, visit: 0 });
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const follow = () => setPlace((old) => ({ hash: location.hash, visit: old.visit + 1 }));
    const key = (event) => {
      if (event.key === "?" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) setHelp((open) => !open);
    };
    window.addEventListener("hashchange", follow);
    window.addEventListener("keydown", key);
    return () => { window.removeEventListener("hashchange", follow); window.removeEventListener("keydown", key); };
  }, []);
  const here = (name) => (new RegExp(`^#/${name}`).test(hash) ? "page" : undefined);
  return html`
    <nav aria-label="Screens"><a class="name" href="#/">Muster</a>
      ${!embedded && html`<a href="#/" aria-current=${/^#?\/?$/.test(hash) ? "page" : undefined}>Catalogue</a><a href="#/run" aria-current=${here("run")}>Check</a><a href="#/compare" aria-current=${here("compare")}>Compare</a>`}
      <span class="grow"></span>
      <button onClick=${() => setHelp(true)}>Keys <kbd>?</kbd></button>
      <button onClick=${flip} aria-label=${theme === "dark" ? "Light colours" : "Dark colours"}>${theme === "dark" ? "☀" : "☾"}</button></nav>
    <${Screen} hash=${hash} visit=${visit} theme=${theme} />
    <${Help} open=${help} onClose=${() => setHelp(false)} />`;
}

render(html`<${App} />`, document.getElementById("app"));
