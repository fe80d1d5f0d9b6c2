// Beside the picture: why, what happened, what may happen next, the state, Kafka's own tools, replay.

import { html } from "./vendor/preact-htm.js";
import * as kafka from "./describe.js";
import { Markdown } from "./markdown.js";
import { isRound } from "./trace.js";
import { Tree } from "./tree.js";

const TABS = [["step", "Step"], ["state", "State"], ["tools", "Kafka tools"], ["replay", "Replay"]];
/** A trace that has a page has a place to read it. */
export const tabsOf = (trace) => (trace.page ? [...TABS, ["page", "Explained"]] : TABS);

export function Detail(props) {
  const { trace, onTab } = props;
  const tabs = tabsOf(trace);
  const tab = tabs.some(([id]) => id === props.tab) ? props.tab : "step";
  const move = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.stopPropagation();
    const at = tabs.findIndex(([id]) => id === tab);
    const [id] = tabs[(at + by + tabs.length) % tabs.length];
    onTab(id);
    event.currentTarget.querySelector(`#tab-${id}`).focus();
  };
  return html`
    <section class="detail" aria-label="Details of the step">
      <${Why} ...${props} />
      <div class="tabs" role="tablist" aria-label="Details" onKeyDown=${move}>
        ${tabs.map(([id, name]) => html`<button role="tab" key=${id} id=${`tab-${id}`} aria-selected=${tab === id ? "true" : "false"}
          aria-controls="tabpanel" tabindex=${tab === id ? 0 : -1} onClick=${() => onTab(id)}>${name}</button>`)}
      </div>
      <div role="tabpanel" id="tabpanel" aria-labelledby=${`tab-${tab}`} tabindex="0" class="panel">
        ${tab === "step" && html`<${Step} ...${props} />`}
        ${tab === "state" && html`<${State} ...${props} />`}
        ${tab === "tools" && html`<${Tools} ...${props} />`}
        ${tab === "replay" && html`<${Replayed} ...${props} />`}
        ${tab === "page" && html`<${Markdown} text=${trace.page} />`}
      </div>
    </section>`;
}

function Why({ trace, step }) {
  const reasons = Object.entries(trace.failing[step]);
  const before = step > 0 ? trace.failing[step - 1] : {};
  const divergence = trace.divergence?.step === step ? trace.divergence : null;
  const goal = isRound(trace) ? trace.goals.find((one) => one.id === trace.violates) ?? null : null;
  if (reasons.length === 0 && !divergence && !goal) return null;
  const about = (id) => trace.properties.find((one) => one.id === id)?.about;
  return html`<div class="why" role="status">
    ${goal && html`<h2>↻ ${goal.id} fails: ${trace.back_to < trace.steps.length ? "it goes round for ever" : "it has come to a stop"}</h2><p class="reason">${rounds(trace, step)}</p><p class="soft">It says: ${goal.about}.</p>`}
    ${divergence && html`<h2>✕ ${divergence.system ?? "The system"} diverges here</h2><${Beside} expected=${divergence.expected} actual=${divergence.actual} />
      <p>${divergence.connection ? `On ${divergence.connection}` : "A timer"}${divergence.rule && html`, against rule <code>${divergence.rule}</code>`}.</p>
      ${divergence.answers[1].length > 0 && html`<details class="who" open><summary>Every answer of this step</summary><${Beside} expected=${divergence.answers[0].join("\n") || "no answer"} actual=${divergence.answers[1].join("\n")} /></details>`}`}
    ${reasons.map(([id, reason]) => html`<div key=${id}>
      <h2>✕ ${id} ${id in before ? "still fails" : "first fails here"}</h2>
      <p class="reason">${sentence(reason)}</p><p class="soft">It says: ${about(id)}.</p></div>`)}
    ${reasons.length > 0 && html`<details class="who"><summary>Who knows what at this moment</summary><ul>${beliefs(trace, trace.states[step]).map((line, i) => html`<li key=${i}>${line}</li>`)}</ul></details>`}
  </div>`;
}

/** Where the reader stands in a run that does not end. */
function rounds(trace, step) {
  const [from, to] = [trace.back_to + 1, trace.steps.length];
  if (from > to) return "After the last step nothing happens any more.";
  const here = step < from ? `The cycle begins at step ${from}.` : step === to ? `From here it goes on with step ${from}.` : "This step is in the cycle.";
  return `Steps ${from} to ${to} go round for ever: the last state is the one before step ${from}, but for the numbers of members and generations. ${here}`;
}

/** Names as `c1`, `m1` and `t1-0` keep their small letter. */
const sentence = (words) => `${/^[cmt]\d/.test(words) ? words[0] : words[0].toUpperCase()}${words.slice(1)}.`;

/** The coordinator and each consumer in a line: members, generations, partitions. */
function beliefs(trace, state) {
  const { group, committed } = state.coordinator;
  const list = (items) => (items.length ? items.join(", ") : "nothing");
  const given = Object.entries(group?.members ?? {}).map(([id, m]) => `${id} (${m.client}) with ${list(m.assignment ?? [])}`);
  const offsets = Object.entries(committed).map(([partition, offset]) => `${partition} at ${offset}`);
  const lines = [group ? `The coordinator: ${group.state}, generation ${group.generation}; members ${list(given)}; committed ${list(offsets)}` : "The coordinator: it knows no group"];
  for (const [client, one] of Object.entries(state.consumers)) {
    const owned = Object.entries(one.owned).map(([partition, p]) => (p ? `${partition} (processed ${p.processed})` : partition));
    const who = one.member ? `${one.member} of generation ${one.generation ?? "none"}` : "without a member id";
    lines.push(`${client}: ${one.phase}, ${who}, believes that it owns ${list(owned)}${one.fenced && one.live && owned.length ? "; out of date" : ""}`);
  }
  return lines;
}

const Beside = ({ expected, actual }) => html`<dl class="beside">
  <div><dt>expected</dt><dd>${expected}</dd></div><div><dt>actual</dt><dd>${actual}</dd></div></dl>`;

function Step(props) {
  const { trace, step } = props;
  const here = trace.steps[step - 1];
  return html`
    ${step === 0 ? html`<p>The start: ${trace.scenario.about}.</p>` : html`
      <p class="what">${here.text}</p>
      ${here.outside && html`<p class="note">This state lies outside the bounds; a check does not search here.</p>`}
      ${here.event?.answers?.length > 0 && html`<h2>Answers that leave</h2><ul>${trace.messages.filter((m) => !m.request && m.sent === step).map((m) => html`
        <li key=${m.id}><b>${m.connection}</b> ${m.label.join(", ")}</li>`)}</ul>`}
      ${here.changes.length > 0 && html`<h2>What changes</h2><ul>${here.changes.map((line, i) => html`<li key=${i}>${line}</li>`)}</ul>`}
      ${here.rules.length > 0 && html`<h2>Rules followed</h2><p>${here.rules.map((rule) => html`<code key=${rule}>${rule}</code> `)}</p>`}`}
    <${Next} ...${props} />`;
}

function Next({ trace, step, next, onAct }) {
  if (!trace.spec) return html`<p class="soft">This file is shown as it is: the model was not walked for it, so no other steps can be taken.</p>`;
  if (!next) return html`<h2>What may happen next</h2><p class="soft">…</p>`;
  const taken = trace.steps[step]?.key;
  const actors = [...new Set(next.map((one) => one.actor))];
  let n = 0;
  return html`<h2>What may happen next</h2>
    ${next.length === 0 && html`<p class="soft">Nothing: the run ends here.</p>`}
    <div class="next">${actors.map((actor) => html`<div key=${actor}>
      <h3>${actor === "ghost" ? "search" : actor}</h3>
      ${next.filter((one) => one.actor === actor).map((one) => {
        n += 1;
        return html`<button key=${one.key} class=${one.key === taken ? "act taken" : "act"} data-key=${one.key} onClick=${() => onAct(one.key)}>
          ${n <= 9 && html`<kbd>${n}</kbd>`}<span><b>${one.text}</b>${one.key === taken && html` <em>(this path)</em>`}
          ${one.effect && html`<small>${one.effect}</small>`}
          ${one.breaks.length > 0 && html`<small class="bad">✕ breaks ${one.breaks.join(", ")}</small>`}
          ${one.outside && html`<small class="note">outside the bounds</small>`}</span>
        </button>`;
      })}</div>`)}</div>`;
}

function State({ trace, step, pin, diff, onDiff, onPin }) {
  const base = pin ?? Math.max(step - 1, 0);
  return html`
    <div class="row">
      <button aria-pressed=${diff ? "true" : "false"} onClick=${onDiff}>Only what differs <kbd>d</kbd></button>
      <button aria-pressed=${pin !== null ? "true" : "false"} onClick=${onPin}>${pin === null ? "Pin this step" : `Unpin step ${pin}`} <kbd>p</kbd></button>
    </div>
    <p class="soft">${step === base ? "The first state." : `After step ${step}, compared with step ${base}${pin === null ? " (the one before)" : " (pinned)"}.`}</p>
    <${Tree} state=${trace.states[step]} other=${trace.states[base]} onlyChanges=${diff} />`;
}

function Tools({ trace, step }) {
  const state = trace.states[step];
  const tool = (flags, text) => html`<h2><code>kafka-consumer-groups --describe --group ${kafka.groupName(trace)}${flags}</code></h2><pre tabindex="0">${text}</pre>`;
  return html`<p class="soft">What Kafka's own tool would print at this moment: what the coordinator knows, not what consumers believe.</p>
    ${tool("", kafka.offsets(trace, state))}${tool(" --members --verbose", kafka.members(trace, state))}${tool(" --state", kafka.groupState(trace, state))}`;
}

function Replayed({ trace, step, systems, replay, shown, starting, last, onReplay, onReplayStep }) {
  if (systems === null) return html`<p class="soft">…</p>`;
  if (systems.length === 0) return html`<p>There is nothing here to replay on.</p>`;
  const tick = replay?.ticks?.find((one) => replay.places[one.step] === step);
  const visible = tick && step <= shown;
  return html`
    <p class="soft">The requests and timers of this path are given to a real coordinator, step by step, and its answers are compared; Kafka's own coordinator shows its timers as well.</p>
    ${systems.map((one) => html`<div class="row" key=${one.id} data-system=${one.id}>
      <button disabled=${Boolean(one.missing || starting)} onClick=${() => onReplay(one.id, true)}>Replay on ${one.name}</button>
      <button disabled=${Boolean(one.missing || starting)} onClick=${() => onReplayStep(one.id)}>One step<span class="sr"> on ${one.name}</span> ${one.id === last && html`<kbd>r</kbd>`}</button>
      ${one.missing && html`<small class="note">Not here: ${one.missing}.</small>`}</div>`)}
    ${starting && html`<p role="status">${starting.start ?? "It runs…"}</p>`}
    ${replay && html`<h2>On ${systems.find((one) => one.id === replay.system)?.name}</h2><p role="status" class="verdict">${verdict(replay, shown, trace)}</p>`}
    ${visible && html`<${Beside} expected=${tick.expected.join("\n") || "no answer"} actual=${tick.actual.join("\n") || "no answer"} />`}`;
}

function verdict(replay, shown, trace) {
  if (replay.trouble) return `Nothing can be concluded: ${replay.trouble}`;
  const { conclusion } = replay;
  if (!conclusion) return "It runs…";
  const last = replay.places[replay.ticks[replay.ticks.length - 1]?.step] ?? 0;
  if (shown < last) return `As expected up to step ${shown}.`;
  if (conclusion.kind === "conforms") return `Conforms: each of ${replay.ticks.length} answers and timers is as expected. What consumers do by themselves is not replayed.`;
  if (conclusion.kind === "other_choice") return "The system chose otherwise than this path, where it may. Nothing is wrong.";
  const defect = trace.scenario.mutation ? ` The path was taken with the defect ${trace.scenario.mutation}, which this system does not have.` : "";
  return `✕ Diverges at step ${replay.places[conclusion.step]}${conclusion.rule ? `, rule ${conclusion.rule}` : ""}: expected ${conclusion.expected}, got ${conclusion.actual}.${defect}`;
}
