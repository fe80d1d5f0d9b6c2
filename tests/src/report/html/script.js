import { picture } from "muster/shape.js";
import { file } from "muster/svg.js";
import { prepare } from "muster/trace.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const traces = JSON.parse(document.getElementById("muster-pictures").textContent).map(prepare);
const draw = () => {
  for (const box of document.querySelectorAll("[data-picture]")) {
    const trace = traces[box.dataset.picture];
    const drawn = file(picture(trace, { heartbeats: true, width: 112 }), dark.matches ? "dark" : "light", trace.title);
    const svg = new DOMParser().parseFromString(drawn, "image/svg+xml").documentElement;
    box.replaceChildren(document.importNode(svg, true));
  }
};
dark.addEventListener("change", draw);
draw();
