// The picture on the screen: only the part that is seen is painted; a click takes the step.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-htm.js";
import { colour } from "./palette.js";
import { picture } from "./shape.js";
import { GUTTER, NARROW, definitions, element, painted } from "./svg.js";

const MARGIN = 500;

const draw = ([name, attributes, content], key) => html`
  <${name} key=${key} ...${attributes}>${Array.isArray(content) ? content.map(draw) : content}<//>`;

function extent(shape) {
  switch (shape.t) {
    case "rect": return [shape.x, shape.x + shape.w];
    case "line": return [Math.min(shape.x1, shape.x2), Math.max(shape.x1, shape.x2)];
    case "arrow": return [Math.min(shape.x1, shape.x2), Math.max(shape.x1, shape.x2)];
    default: return [shape.x - 60, shape.x + 220];
  }
}

/** `common`: how many steps are shaded as the same; `marks`: step to "✓" or "✕". */
export function Picture({ trace, step, pin, theme, heartbeats, width, marks, found, common, onStep, scroll, label }) {
  const [narrow, setNarrow] = useState(innerWidth <= 900);
  const margin = narrow ? NARROW : GUTTER;
  const drawn = useMemo(() => picture(trace, { heartbeats, width, narrow }), [trace, heartbeats, width, narrow]);
  const all = useMemo(() => painted(drawn.shapes).map((shape, i) => ({ shape, i, range: extent(shape) })), [drawn]);
  const own = useRef(null);
  const box = scroll ?? own;
  const [view, setView] = useState([0, 1600]);
  const look = () => {
    const { scrollLeft, clientWidth } = box.current;
    const from = Math.floor(scrollLeft / 250) * 250;
    const to = from + Math.ceil(clientWidth / 250) * 250 + 250;
    setNarrow(innerWidth <= 900);
    setView((old) => (old[0] === from && old[1] === to ? old : [from, to]));
  };
  useLayoutEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const place = drawn.columns.place[Math.min(step, trace.steps.length)];
  const column = drawn.columns.list[place];
  useEffect(() => {
    const { scrollLeft, clientWidth } = box.current;
    const free = clientWidth - margin;
    if (column.x < scrollLeft || column.x + column.w > scrollLeft + free) {
      box.current.scrollLeft = Math.max(0, column.x - free / 2);
    }
  }, [column, drawn]);
  const seen = useMemo(() => {
    const [from, to] = [view[0] - MARGIN, view[1] + MARGIN];
    return all.filter(({ range }) => range[1] >= from && range[0] <= to)
      .map(({ shape, i }) => draw(element(shape, theme), i));
  }, [all, view, theme]);
  const gutter = useMemo(() => painted(drawn.gutter).map((shape, i) => draw(element(shape, theme), i)), [drawn, theme]);
  const pick = (event) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const at = drawn.columns.list.find((one) => x < one.x + one.w);
    if (at) onStep(at.steps[0]);
  };
  const columnOf = (n) => drawn.columns.list[drawn.columns.place[n]];
  const shade = (n, role, key) => {
    const c = columnOf(n);
    return html`<rect key=${key} x=${c.x} y="22" width=${c.w} height=${drawn.height - 22} fill=${colour(theme, role)} />`;
  };
  return html`
    <div class="picture" tabindex="0" role="group" aria-label="Picture, scrolls sideways" ref=${box} onScroll=${look} data-columns=${drawn.columns.list.length}>
      <svg class="gutter" width=${margin} height=${drawn.height} aria-hidden="true">
        <rect width=${margin} height=${drawn.height} fill=${colour(theme, "paper")} />${gutter}
      </svg>
      <svg class="body" role="img" aria-label=${label} width=${drawn.width} height=${drawn.height} onClick=${pick}>
        ${draw(definitions(theme), "defs")}
        ${common > 0 && html`<rect x="0" y="22" width=${columnOf(common).x + columnOf(common).w} height=${drawn.height} fill=${colour(theme, "common")} />`}
        <g>${seen}</g>
        ${shade(step, "select", "cursor")}
        <rect class="cursor" x=${column.x + 0.5} y="22" width=${column.w - 1} height=${drawn.height - 23}
          fill="none" stroke=${colour(theme, "ink")} stroke-width="1.5" />
        ${pin !== null && html`<rect x=${columnOf(pin).x + 1} y="23" width=${columnOf(pin).w - 2}
          height=${drawn.height - 25} fill="none" stroke=${colour(theme, "pin")} stroke-width="2" stroke-dasharray="6 3" />`}
        ${found.filter((n) => n < drawn.columns.place.length).map((n) => html`<circle key=${`f${n}`} cx=${columnOf(n).x + 8} cy="31" r="3.5" fill=${colour(theme, "pin")} />`)}
        ${Object.entries(marks).map(([n, mark]) => html`<text key=${`m${n}`} x=${columnOf(n).x + columnOf(n).w - 14} y="35" font-size="12" font-weight="700"
          fill=${colour(theme, mark === "✓" ? "good" : "violationInk")}>${mark}</text>`)}
      </svg>
    </div>`;
}
