// From shapes to SVG: elements for the screen, text for a file. Nothing reaches the text unescaped.

import { colour } from "./palette.js";

const FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const round = (n) => Math.round(n * 10) / 10;

/** An element: name, attributes, text or children. */
export function element(shape, theme) {
  const c = (role) => colour(theme, role);
  switch (shape.t) {
    case "rect":
      return ["rect", {
        x: round(shape.x), y: round(shape.y), width: round(Math.max(shape.w, 0)), height: round(shape.h), rx: shape.rx,
        fill: c(shape.fill ?? "none"), stroke: c(shape.stroke), "stroke-width": shape.stroke ? shape.width ?? 1 : undefined,
        "stroke-dasharray": shape.dash, opacity: shape.opacity,
      }];
    case "line":
      return ["line", {
        x1: round(shape.x1), y1: round(shape.y1), x2: round(shape.x2), y2: round(shape.y2), stroke: c(shape.stroke),
        "stroke-width": shape.width ?? 1, "stroke-dasharray": shape.dash,
      }];
    case "dot":
      return ["circle", { cx: round(shape.x), cy: round(shape.y), r: shape.r, fill: c(shape.fill) }];
    case "text":
      return ["text", {
        x: round(shape.x), y: round(shape.y), "font-size": shape.size, "font-weight": shape.weight, fill: c(shape.fill),
        "text-anchor": shape.anchor, stroke: shape.halo ? c("paper") : undefined, "stroke-width": shape.halo ? 2.5 : undefined,
        "stroke-linejoin": shape.halo ? "round" : undefined, "paint-order": shape.halo ? "stroke" : undefined,
      }, shape.value];
    case "arrow":
      return arrow(shape, c);
    default:
      throw new Error(`no shape '${shape.t}'`);
  }
}

/** Two ends: solid if it was taken, dashed while in flight, crossed if lost, with a ring if it was refused. */
function arrow(shape, c) {
  const { x1, y1, x2, y2, fate } = shape;
  const stroke = c(shape.stroke);
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const back = fate === "rejected" ? 8 : 4;
  const [ex, ey] = [x2 - dx * back, y2 - dy * back];
  const parts = [["line", {
    x1: round(x1), y1: round(y1), x2: round(ex), y2: round(ey), stroke, "stroke-width": 1.4,
    "stroke-dasharray": fate === "in_flight" ? "5 4" : undefined,
  }]];
  if (fate === "lost") {
    const s = 5;
    for (const [a, b] of [[1, 1], [1, -1]]) {
      parts.push(["line", { x1: round(ex - s * a), y1: round(ey - s * b), x2: round(ex + s * a), y2: round(ey + s * b), stroke, "stroke-width": 2.2 }]);
    }
  } else {
    const point = (along, across) => `${round(ex + dx * along - dy * across)},${round(ey + dy * along + dx * across)}`;
    parts.push(["polygon", { points: [point(0, 0), point(-8, 3.4), point(-8, -3.4)].join(" "), fill: fate === "in_flight" ? c("paper") : stroke, stroke }]);
  }
  if (fate === "rejected") parts.push(["circle", { cx: round(x2), cy: round(y2), r: 6.5, fill: "none", stroke: c("rejected"), "stroke-width": 2.4 }]);
  return ["g", {}, [["title", {}, shape.title], ...parts]];
}

/** What every picture defines. */
export function definitions(theme) {
  const line = ["path", { d: "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", stroke: colour(theme, "violation"), "stroke-width": 1.6 }];
  const stripes = ["path", { d: "M1,0 v6 M4,0 v6", stroke: colour(theme, "paper"), "stroke-width": 1 }];
  const pattern = (id, shape) => ["pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, [shape]];
  return ["defs", {}, [pattern("hatch", line), pattern("shared", stripes)]];
}

/** Shapes in the order in which they are painted. */
export function painted(shapes) {
  return [...shapes.filter((s) => s.behind), ...shapes.filter((s) => !s.behind && s.t !== "text"), ...shapes.filter((s) => s.t === "text")];
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escaped = (value) => String(value).replace(/[&<>"']/g, (c) => ESCAPES[c]);

function print([name, attributes, content]) {
  const told = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const head = `<${name}${told.map(([key, value]) => ` ${key}="${escaped(value)}"`).join("")}`;
  if (content === undefined) return `${head}/>`;
  const inner = Array.isArray(content) ? content.map(print).join("") : escaped(content);
  return `${head}>${inner}</${name}>`;
}

/** The left margin, and the same on a narrow screen. */
export const GUTTER = 150;
export const NARROW = 60;

/** A whole picture as a file. */
export function file(drawn, theme, title) {
  const width = round(GUTTER + drawn.width);
  const height = round(drawn.height);
  const body = painted(drawn.shapes).map((shape) => `${print(element(shape, theme))}\n`).join("");
  const gutter = painted(drawn.gutter).map((shape) => `${print(element(shape, theme))}\n`).join("");
  const attributes = `xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg ${attributes} font-family="${FAMILY}" role="img">\n<title>${escaped(title)}</title>\n${print(definitions(theme))}\n` +
    `<rect width="${width}" height="${height}" fill="${colour(theme, "paper")}"/>\n<g>\n${gutter}</g>\n<g transform="translate(${GUTTER} 0)">\n${body}</g>\n</svg>\n`;
}
