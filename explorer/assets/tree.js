// A state as a tree, and what differs between two.

import { html } from "./vendor/preact-htm.js";

const plain = (value) => value === null || typeof value !== "object";

/** Lines of a tree: depth, name, text, and how it differs from the other state. */
export function lines(value, other, depth = 0, name = "", all = true) {
  const mark = other === undefined && depth > 0 ? "added" : same(value, other) ? "" : "changed";
  if (plain(value) || isShort(value)) {
    const was = mark === "changed" && other !== undefined ? show(other) : null;
    return all || mark ? [{ depth, name, text: show(value), was, mark }] : [];
  }
  const inner = Object.keys(value).flatMap((key) =>
    lines(value[key], child(other, key), depth + 1, key, all));
  const gone = plain(other) || !other ? [] : Object.keys(other).filter((key) => !(key in value))
    .map((key) => ({ depth: depth + 1, name: key, text: show(other[key]), was: null, mark: "gone" }));
  if (!all && inner.length + gone.length === 0) return [];
  const head = depth === 0 ? [] : [{ depth, name, text: Object.keys(value).length ? "" : "none", was: null, mark: inner.length ? "" : mark }];
  return [...head, ...inner, ...gone];
}

const child = (value, key) => (value === undefined ? undefined : plain(value) ? undefined : value[key]);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const isShort = (value) => Array.isArray(value) ? value.every(plain) : Object.values(value).length > 0 && Object.values(value).every(plain) && Object.keys(value).length <= 4;

export function show(value) {
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length ? value.map(show).join(", ") : "none";
  if (typeof value === "object") {
    const parts = Object.entries(value).map(([key, inner]) => `${words(key)} ${show(inner)}`);
    return parts.length ? parts.join(", ") : "none";
  }
  return String(value);
}

const words = (name) => name.replaceAll("_", " ");
const MARKS = { added: "+", changed: "~", gone: "−", "": " " };
const SAID = { added: "added: ", changed: "changed: ", gone: "gone: ", "": "" };

/** A state with names in place of places, so that what is the same stands together. */
export function named(state) {
  const consumers = Object.fromEntries(Object.entries(state.consumers).map(([client, one]) => {
    const owned = Object.entries(one.owned).map(([partition, progress]) => [partition, progress ?? "no offset yet"]);
    return [client, { ...one, owned: Object.fromEntries(owned) }];
  }));
  const flying = {};
  for (const { connection, request, text } of state.in_flight) {
    let name = request ? `${connection} to the coordinator` : `to ${connection}`;
    while (name in flying) name += ", then";
    flying[name] = text;
  }
  return { coordinator: state.coordinator, consumers, in_flight: flying, ...(state.store && { outside_store: state.store }) };
}

/** `onlyChanges` leaves out what is the same. */
export function Tree({ state, other, onlyChanges }) {
  const told = lines(named(state), named(other), 0, "", !onlyChanges);
  if (told.length === 0) return html`<p class="soft">Nothing differs.</p>`;
  return html`<ul class="tree">${told.map((line, i) => html`
    <li key=${i} class=${`d${Math.min(line.depth, 5)} ${line.mark}`}>
      <span class="mark" aria-hidden="true">${MARKS[line.mark]}</span><span class="sr">${SAID[line.mark]}</span>
      <b>${words(line.name)}</b> ${line.was !== null && html`<s>${line.was}</s> → `}${line.text}
    </li>`)}</ul>`;
}
