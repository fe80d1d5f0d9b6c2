// The Markdown of the pages: headings, lists, tables, code, emphasis, links. What it does not know stays text.

import { html } from "./vendor/preact-htm.js";

const LINK = /^https?:\/\//;
const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\([^)\s]+\)|<https?:[^>\s]+>)/;

function inline(text) {
  return text.split(INLINE).map((part) => {
    if (/^`.+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`;
    if (/^\*\*.+\*\*$/.test(part)) return html`<b>${part.slice(2, -2)}</b>`;
    if (/^\*.+\*$/.test(part)) return html`<em>${part.slice(1, -1)}</em>`;
    const [, words, target] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? /^(<)(.+)>$/.exec(part) ?? [];
    if (target === undefined) return part;
    const shown = words === "<" ? target : words;
    return LINK.test(target) ? html`<a href=${target} rel="noreferrer">${shown}</a>` : shown;
  });
}

/** Blocks of lines: kind and lines. Pure, for the tests. */
export function blocks(text) {
  const found = [];
  let open = null;
  const begin = (kind, line) => { open = { kind, lines: [line] }; found.push(open); };
  for (const line of text.split("\n")) {
    if (open?.kind === "code") {
      if (/^```/.test(line)) open = null;
      else open.lines.push(line);
    } else if (/^```/.test(line)) {
      open = { kind: "code", lines: [] };
      found.push(open);
    } else if (line.trim() === "") {
      open = null;
    } else if (/^#{1,4} /.test(line)) {
      begin("heading", line.replace(/^#+ /, ""));
      open = null;
    } else if (/^\s*([-*]|\d+\.) /.test(line)) {
      const item = line.replace(/^\s*([-*]|\d+\.) /, "");
      if (open?.kind === "list") open.lines.push(item);
      else begin("list", item);
    } else if (/^\|/.test(line)) {
      if (/^\|[\s:|-]+\|$/.test(line)) continue;
      if (open?.kind === "table") open.lines.push(line);
      else begin("table", line);
    } else if (open?.kind === "list" || open?.kind === "text") {
      open.lines[open.lines.length - 1] += ` ${line.trim()}`;
    } else {
      begin("text", line.trim());
    }
  }
  return found;
}

const cells = (line) => line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

export function Markdown({ text }) {
  return html`<div class="page">${blocks(text).map(({ kind, lines }, i) => {
    switch (kind) {
      case "heading": return html`<h2 key=${i}>${inline(lines[0])}</h2>`;
      case "list": return html`<ul key=${i}>${lines.map((line, k) => html`<li key=${k}>${inline(line)}</li>`)}</ul>`;
      case "code": return html`<pre key=${i} tabindex="0">${lines.join("\n")}</pre>`;
      case "table": return html`<table key=${i}><thead><tr>${cells(lines[0]).map((cell, k) => html`<th key=${k} scope="col">${inline(cell)}</th>`)}</tr></thead>
        <tbody>${lines.slice(1).map((line, n) => html`<tr key=${n}>${cells(line).map((cell, k) => html`<td key=${k}>${inline(cell)}</td>`)}</tr>`)}</tbody></table>`;
      default: return html`<p key=${i}>${inline(lines.join(" "))}</p>`;
    }
  })}</div>`;
}
