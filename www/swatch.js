// The keys of the legends: how a line or a mark looks.

import { makeSvg } from "./dom.js";

/** @typedef {import("./types.js").LegendKey} LegendKey */

/** Dashes of a line, by name. */
export const DASHES = /** @type {Record<string, string>} */ ({ solid: "none", long: "9 4", short: "5 3", dots: "2 3" });
/** Marks as paths in a box of 10 by 10, by name. */
export const MARKS = /** @type {Record<string, string>} */ ({
  triangle: "M5 2L9 9H1Z",
  diamond: "M5 0.5L9.5 5L5 9.5L0.5 5Z",
  cross: "M2 2L8 8M2 8L8 2",
  dot: "M2 5a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
  area: "M0 1H10V9H0Z",
});

/** @param {LegendKey} key */
export function swatch(key) {
  const colours = { "data-light": key.light, "data-dark": key.dark };
  if (key.dash) {
    const line = makeSvg("path", { d: "M0 5H24", fill: "none", "stroke-width": 2, ...colours });
    line.setAttribute("stroke-dasharray", DASHES[key.dash] ?? "none");
    return makeSvg("svg", { class: "key", width: 24, height: 10, "aria-hidden": "true" }, line);
  }
  const isCross = key.marker === "cross";
  const mark = makeSvg("path", { d: MARKS[key.marker ?? ""] ?? "", fill: isCross ? "none" : "black", ...colours });
  if (isCross) {
    mark.setAttribute("stroke-width", "1.8");
  }
  return makeSvg("svg", { class: "key", width: 10, height: 10, "aria-hidden": "true" }, mark);
}
