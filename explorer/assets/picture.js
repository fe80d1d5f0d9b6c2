// The picture on the screen, in tiles: only those near what is seen exist, and none is made twice. A click takes the step.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-htm.js";
import { colour } from "./palette.js";
import { picture } from "./shape.js";
import { GUTTER, NARROW, definitions, element, painted } from "./svg.js";

/** The width of a tile; it is a multiple of a column's, so that few columns lie in two. */
const TILE = 336;
/** Tiles that are made beyond what is seen, so that none is missing while it scrolls. */
const AHEAD = 2;
/** Above it stand the generations: nothing is marked there. */
const TOP = 22;

const draw = ([name, attributes, content], key) => html`
  <${name} key=${key} ...${attributes}>${Array.isArray(content) ? content.map(draw) : content}<//>`;

function extent(shape) {
  switch (shape.t) {
    case "rect": return [shape.x, shape.x + shape.w];
    case "line":
    case "arrow": return [Math.min(shape.x1, shape.x2) - 8, Math.max(shape.x1, shape.x2) + 8];
    default: return [shape.x - 60, shape.x + 220];
  }
}

/** For each tile the shapes that reach into it, in the order in which they are painted. */
function tiled({ shapes, width }) {
  const last = Math.ceil(width / TILE) - 1;
  const tiles = Array.from({ length: last + 1 }, () => []);
  for (const shape of painted(shapes)) {
    const [from, to] = extent(shape).map((x) => Math.max(0, Math.min(last, Math.floor(x / TILE))));
    for (let n = from; n <= to; n++) tiles[n].push(shape);
  }
  return tiles;
}

function Tile({ n, shapes, width, height, theme }) {
  return useMemo(() => {
    const x = n * TILE;
    const w = Math.min(TILE, width - x);
    return html`<svg class="tile" style=${{ left: `${x}px` }} width=${w} height=${height} viewBox=${`${x} 0 ${w} ${height}`} aria-hidden="true">${shapes.map((shape, i) => draw(element(shape, theme), i))}</svg>`;
  }, [n, shapes, width, height, theme]);
}

/** `common`: how many steps are shaded as the same; `marks`: step to "✓" or "✕". */
export function Picture({ trace, step, pin, theme, heartbeats, properties, width, marks, found, common, onStep, scroll, label }) {
  const [narrow, setNarrow] = useState(innerWidth <= 900);
  const margin = narrow ? NARROW : GUTTER;
  const drawn = useMemo(() => picture(trace, { heartbeats, properties, width, narrow }), [trace, heartbeats, properties, width, narrow]);
  const tiles = useMemo(() => tiled(drawn), [drawn]);
  const own = useRef(null);
  const box = scroll ?? own;
  // What is seen, in tiles. The width is kept: to ask for it while it scrolls would make the browser lay the page out.
  const seen = useRef(1600);
  const [view, setView] = useState([0, 5]);
  // A scroll and an effect wait for the next frame: the picture can have left the page by then.
  const look = () => {
    if (!box.current) return;
    const left = box.current.scrollLeft;
    const [from, to] = [Math.floor(left / TILE) - AHEAD, Math.floor((left + seen.current) / TILE) + AHEAD];
    setView((old) => (old[0] === from && old[1] === to ? old : [from, to]));
  };
  useLayoutEffect(() => {
    const measure = () => {
      if (!box.current) return;
      seen.current = box.current.clientWidth;
      setNarrow(innerWidth <= 900);
      look();
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const place = drawn.columns.place[Math.min(step, trace.steps.length)];
  const column = drawn.columns.list[place];
  useEffect(() => {
    if (!box.current) return;
    const left = box.current.scrollLeft;
    const free = seen.current - margin;
    if (column.x < left || column.x + column.w > left + free) {
      box.current.scrollLeft = Math.max(0, column.x - free / 2);
    }
  }, [column, drawn]);
  const gutter = useMemo(() => painted(drawn.gutter).map((shape, i) => draw(element(shape, theme), i)), [drawn, theme]);
  const definition = useMemo(() => html`<svg class="tile" width="0" height="0" aria-hidden="true">${draw(definitions(theme), "defs")}</svg>`, [theme]);
  const pick = (event) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const at = drawn.columns.list.find((one) => x < one.x + one.w);
    if (at) onStep(at.steps[0]);
  };
  const columnOf = (n) => drawn.columns.list[drawn.columns.place[n]];
  const over = (kind, x, w, style = {}) => html`<div class=${`over ${kind}`} style=${{ transform: `translateX(${x}px)`, width: `${w}px`, top: `${TOP}px`, height: `${drawn.height - TOP}px`, ...style }}></div>`;
  const near = (n) => n < drawn.columns.place.length && columnOf(n).x >= view[0] * TILE && columnOf(n).x <= (view[1] + 1) * TILE;
  const there = [];
  for (let n = Math.max(0, view[0]); n <= Math.min(tiles.length - 1, view[1]); n++) there.push(n);
  return html`
    <div class="picture" tabindex="0" role="group" aria-label="Picture, scrolls sideways" ref=${box} onScroll=${look} data-columns=${drawn.columns.list.length}>
      <svg class="gutter" width=${margin} height=${drawn.height} aria-hidden="true">
        <rect width=${margin} height=${drawn.height} fill=${colour(theme, "paper")} />${gutter}
      </svg>
      <div class="body" role="img" aria-label=${label} data-width=${drawn.width} style=${{ width: `${drawn.width}px`, height: `${drawn.height}px` }} onClick=${pick}>
        ${definition}
        ${common > 0 && over("common", 0, columnOf(common).x + columnOf(common).w)}
        ${there.map((n) => html`<${Tile} key=${n} n=${n} shapes=${tiles[n]} width=${drawn.width} height=${drawn.height} theme=${theme} />`)}
        ${over("cursor", column.x, column.w)}
        ${pin !== null && over("pin", columnOf(pin).x, columnOf(pin).w)}
        ${found.filter(near).map((n) => html`<i key=${`f${n}`} class="over hit" style=${{ transform: `translateX(${columnOf(n).x + 4}px)` }}></i>`)}
        ${Object.entries(marks).filter(([n]) => near(n)).map(([n, mark]) => html`<b key=${`m${n}`} class=${`over tick ${mark === "✓" ? "good" : "bad"}`} style=${{ transform: `translateX(${columnOf(n).x + columnOf(n).w - 13}px)`, ...(columnOf(n).folded && { top: "38px" }) }}>${mark}</b>`)}
      </div>
    </div>`;
}
