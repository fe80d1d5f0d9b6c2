// The export menu: files to take away, a link to send.

import { html, useRef } from "./vendor/preact-htm.js";
import * as out from "./export.js";
import { format } from "./link.js";
import { keys, slug } from "./trace.js";

function save(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function ExportMenu({ trace, step, theme, heartbeats, properties, width, offline, onSaid }) {
  const box = useRef(null);
  const name = slug(trace);
  const drawn = { theme, heartbeats, properties, width };
  const copy = async () => {
    const link = format("trace", { spec: trace.spec, violates: trace.violates, back_to: trace.back_to, path: keys(trace), step });
    await navigator.clipboard.writeText(new URL(link, location.href).href);
    onSaid("The link is copied. It works where `muster explore` runs on the same port.");
  };
  const ways = [
    ["link", "Copy the link", copy, trace.spec && !offline],
    ["json", "Trace (JSON)", () => save(`${name}.json`, out.json(trace), "application/json"), true],
    ["itf", "Informal Trace Format (ITF)", () => save(`${name}.itf.json`, out.itf(trace), "application/json"), true],
    ["svg", "Picture (SVG)", () => save(`${name}.svg`, out.svg(trace, drawn), "image/svg+xml"), true],
    ["png", "Picture (PNG)", async () => save(`${name}.png`, await out.png(trace, drawn)), true],
    ["mermaid", "Sequence diagram (Mermaid)", () => save(`${name}.mmd`, out.mermaid(trace), "text/plain"), true],
    ["rust", "Regression test (Rust)", () => save(`${name}.rs`, out.rust(trace), "text/plain"), trace.spec],
    ["html", "One page that works from disk (HTML)", async () => save(`${name}.html`, await out.html(trace), "text/html"), !offline],
  ].filter(([, , , there]) => there);
  const take = (act) => async () => {
    box.current.open = false;
    try {
      await act();
    } catch (error) {
      onSaid(error.message);
    }
  };
  const close = (event) => {
    if (event.key === "Escape") box.current.open = false;
  };
  return html`<details class="menu" ref=${box} onKeyDown=${close}><summary>Export</summary>
    <ul>${ways.map(([id, words, act]) => html`<li key=${id}><button data-export=${id} onClick=${take(act)}>${words}</button></li>`)}</ul></details>`;
}
