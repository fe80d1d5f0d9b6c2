// What a trace can be taken away as. Pure functions but for the last two, which need the browser.

import { picture } from "./shape.js";
import { escaped, file as svgFile } from "./svg.js";
import { harm, isRound, keys, slug, toFile } from "./trace.js";

export const json = (trace) => `${JSON.stringify(toFile(trace), null, 2)}\n`;

export const svg = (trace, { theme = "light", heartbeats = false, properties = false, width = 84 } = {}) =>
  svgFile(picture(trace, { heartbeats, properties, width }), theme, trace.title);

/** Informal Trace Format: the states, maps as pairs, numbers as text. */
export function itf(trace) {
  const states = trace.states.map((state, i) => ({
    "#meta": { index: i },
    action: i === 0 ? "start" : trace.steps[i - 1].key,
    coordinator: value(state.coordinator),
    consumers: value(state.consumers, true),
    in_flight: value(state.in_flight),
    ...(state.store && { outside_store: value(state.store, true) }),
    failing: { "#set": Object.keys(trace.failing[i]) },
  }));
  const meta = { format: "ITF", "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html", source: "Muster", description: trace.title };
  const vars = Object.keys(states[0]).filter((name) => name !== "#meta");
  // The last state of a cycle is the one that it comes back to.
  const loop = isRound(trace) ? { loop: trace.back_to } : {};
  return `${JSON.stringify({ "#meta": meta, vars, states, ...loop }, null, 1)}\n`;
}

const MAPS = new Set(["committed", "members", "pending", "owned", "processed_records", "kept"]);

function value(of, isMap = false) {
  if (typeof of === "number") return { "#bigint": String(of) };
  // ITF has no null: what is absent is told by a text.
  if (of === null) return "none";
  if (typeof of !== "object") return of;
  if (Array.isArray(of)) return of.map((one) => value(one));
  const entries = Object.entries(of);
  if (isMap) return { "#map": entries.map(([key, one]) => [key, value(one)]) };
  return Object.fromEntries(entries.map(([key, one]) => [key, value(one, MAPS.has(key))]));
}

/** A sequence diagram in Mermaid. */
export function mermaid(trace) {
  const plain = (text) => text.replace(/[;#<>\n]/g, (c) => `#${c.charCodeAt(0)};`);
  const out = ["sequenceDiagram", "  participant coordinator", ...trace.clients.map((client) => `  participant ${client}`)];
  if (trace.states[0].store) out.push("  participant store as outside store");
  const last = trace.clients[trace.clients.length - 1];
  const over = last ? `coordinator,${last}` : "coordinator";
  const fails = harm(trace);
  trace.steps.forEach((step, n) => {
    const i = n + 1;
    if (step.actor === "ghost") return;
    const taken = trace.messages.find((m) => m.ended === i && m.fate !== "lost");
    const lost = trace.messages.find((m) => m.ended === i && m.fate === "lost");
    const one = taken ?? lost;
    if (one) {
      const there = one.to_store ? "store" : "coordinator";
      const [from, to] = one.request ? [one.client, there] : [there, one.client];
      const head = lost ? "-x" : one.request ? "->>" : "-->>";
      out.push(`  ${from}${head}${to}: ${i}. ${plain(one.label.join(" "))}`);
    } else {
      out.push(`  Note over ${step.actor}: ${i}. ${plain(step.label.join(" "))}`);
    }
    if (i === fails) {
      const { expected, actual } = trace.divergence ?? {};
      const reasons = Object.entries(trace.failing[i]).map(([id, reason]) => `${id} fails: ${reason}`);
      const said = trace.divergence ? [`diverges: expected ${expected}, got ${actual}`] : isRound(trace) ? [`${trace.violates} fails: ${trace.back_to < trace.steps.length ? "from here it goes round for ever" : "nothing happens any more"}`] : reasons;
      for (const line of said) out.push(`  Note over ${over}: ${plain(line)}`);
    }
  });
  return `${out.join("\n")}\n`;
}

const text = (value) => JSON.stringify(value).replace(/\\u([0-9a-f]{4})/g, "\\u{$1}");

/** A Rust test that walks the path and expects what it showed. */
export function rust(trace) {
  const { spec } = trace;
  const name = slug(trace).replace(/[^A-Za-z0-9]+/g, "_").toLowerCase();
  const fields = Object.entries(spec).filter(([, one]) => one !== null && one !== undefined).map(([field, one]) => {
    if (field === "scenario") return `scenario: ${text(one)}.to_owned()`;
    if (field === "faults") return `faults: Some(FaultSpec { ${Object.entries(one).map(([f, n]) => `${f}: ${n}`).join(", ")}${Object.keys(one).length < 9 ? ", ..FaultSpec::default()" : ""} })`;
    return `${field}: Some(${typeof one === "number" ? one : `${text(one)}.to_owned()`})`;
  });
  const failing = Object.keys(trace.failing[trace.steps.length]);
  return `//! \`${trace.title}\`: ${trace.scenario.about}.

use muster_explorer::spec::${spec.faults ? "{FaultSpec, Spec}" : "Spec"};
use muster_explorer::walk::Walk;

#[test]
fn ${name}() {
    let spec = Spec {
${fields.map((field) => `        ${field},`).join("\n")}
        ..Spec::default()
    };
    let path = [
${keys(trace).map((key) => `        ${text(key)},`).join("\n")}
    ];
    let walk = Walk::of(spec.scenario().unwrap(), &path).unwrap();
    let failing = walk.failing(walk.last());
    let failing: Vec<&str> = failing.iter().map(|(property, _)| property.id()).collect();
    let expected: [&str; ${failing.length}] = [${failing.map(text).join(", ")}];
    assert_eq!(failing, expected);
}
`;
}

export const MODULES = [
  "vendor/preact-htm.js", "palette.js", "trace.js", "link.js", "shape.js", "svg.js", "api.js", "picture.js", "tree.js", "describe.js",
  "markdown.js", "detail.js", "table.js", "tray.js", "export.js", "exportmenu.js", "runscreen.js", "catalogue.js", "compare.js", "tracescreen.js", "app.js",
];

/** One file that works from disk: the page's modules go into it as data, found by an import map. */
export function page(raw, style, modules) {
  const bare = (source) => source.replace(/(from|import) "\.\/([^"]+)"/g, '$1 "muster/$2"');
  const imports = Object.fromEntries(Object.entries(modules).map(([name, source]) => [`muster/${name}`, `data:text/javascript;base64,${inParts(bare(source))}`]));
  // Nothing in a script element can end it but `</`.
  const data = (of) => JSON.stringify(of).replace(/</g, "\\u003c");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:">
<title>${escaped(raw.title)}: Muster</title><style>${style}</style>
<script type="importmap">${data({ imports })}</script></head>
<body><div id="app"></div><script type="application/json" id="muster-trace">${data(raw)}</script>
<script type="module">import "muster/app.js";</script></body></html>
`;
}

function inParts(source) {
  // A call takes only so many arguments; three bytes make four letters, so parts join without padding.
  const bytes = new TextEncoder().encode(source);
  let out = "";
  for (let i = 0; i < bytes.length; i += 8190) out += btoa(String.fromCharCode(...bytes.subarray(i, i + 8190)));
  return out;
}

/** What the server told, from what the page made of it. */
export function raw(trace) {
  const { states, failing, ...rest } = trace;
  return { ...rest, start: { state: states[0], failing: failing[0] } };
}

export async function html(trace) {
  const get = async (name) => (await fetch(`/assets/${name}`)).text();
  const [style, ...sources] = await Promise.all(["style.css", ...MODULES].map(get));
  return page(raw(trace), style, Object.fromEntries(MODULES.map((name, i) => [name, sources[i]])));
}

/** The picture as pixels, twice as many as its points; a canvas has a limit. */
export function png(trace, options) {
  const source = svg(trace, options);
  const url = URL.createObjectURL(new Blob([source], { type: "image/svg+xml" }));
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => {
      const scale = Math.min(2, 16000 / image.width);
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the picture is too large for a PNG"))), "image/png");
    };
    image.onerror = () => failed(new Error("the picture cannot be drawn"));
    image.src = url;
  });
}
