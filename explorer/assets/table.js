// The trace as a table: for screen readers, and for who prefers text.

import { html } from "./vendor/preact-htm.js";

export function Table({ trace, step, onStep }) {
  const about = (i) => Object.entries(trace.failing[i]).map(([id, reason]) => `${id}: ${reason}`).join("; ");
  return html`<div class="tablebox" tabindex="0" role="region" aria-label="The trace as a table"><table>
    <caption>${trace.title}: ${trace.steps.length} steps</caption>
    <thead><tr><th scope="col">Step</th><th scope="col">Who</th><th scope="col">What happens</th><th scope="col">What changes</th><th scope="col">Properties that fail</th></tr></thead>
    <tbody>${trace.steps.map((one, i) => html`
      <tr key=${i} class=${i + 1 === step ? "here" : ""} aria-current=${i + 1 === step ? "step" : undefined}>
        <th scope="row"><button onClick=${() => onStep(i + 1)}>${i + 1}</button></th>
        <td>${one.actor}</td><td>${one.text}</td>
        <td>${one.changes.map((line, k) => html`<div key=${k}>${line}</div>`)}</td><td class=${about(i + 1) ? "bad" : ""}>${about(i + 1) || "none"}</td>
      </tr>`)}</tbody></table></div>`;
}
