// The plots: a row for each panel, a column for each kernel. Where there is no room side by side, the kernels of a row
// stand below one another, so that their time axes still line up.

import { make, makeSvg } from "./dom.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").LegendKey} LegendKey */
/** @typedef {import("./types.js").Table} Table */
/** @typedef {import("./types.js").Report} Report */

// CSS pixels beside and below a plot with labels, more than without; crate/chart/src/draw.rs has the same figures.
const GUTTER = 43;
const FOOT = 13;
const NARROWEST = 215;

export class Plots {
  /**
   * @param {HTMLElement} root
   * @param {any} wasm
   */
  constructor(root, wasm) {
    this.root = root;
    this.wasm = wasm;
    /** @type {Panel[]} */
    this.panels = wasm.panels();
    /** @type {any} */
    this.charts = null;
    /** @type {string[]} */
    this.kernels = [];
    /** @type {(Report | null)[]} */
    this.reports = [];
    this.isDark = false;
    /** @type {HTMLCanvasElement[][]} */
    this.canvases = [];
    this.width = 0;
    new ResizeObserver(() => this.resize()).observe(root);
  }

  /**
   * Makes room for a comparison.
   * @param {string[]} kernels
   * @param {string} time
   * @param {string} memory
   */
  begin(kernels, time, memory) {
    this.charts?.free();
    this.charts = new this.wasm.Charts(kernels.length);
    this.charts.setScales(time, memory);
    this.kernels = kernels;
    this.reports = kernels.map(() => null);
    this.build();
  }

  /**
   * @param {string} time
   * @param {string} memory
   */
  setScales(time, memory) {
    this.charts?.setScales(time, memory);
    this.draw();
  }

  /**
   * Takes a column's result.
   * @param {number} column
   * @param {Float64Array} numbers
   * @param {Report} report
   */
  set(column, numbers, report) {
    this.charts.set(column, numbers);
    this.reports[column] = report;
    this.say(column, report.headline);
    this.draw();
  }

  /**
   * Writes below the name of a kernel.
   * @param {number} column
   * @param {string} text
   */
  say(column, text) {
    this.root.querySelectorAll(`[data-head="${column}"]`).forEach((head) => (head.textContent = text));
  }

  /** Says of the columns without a result that none will come. */
  giveUp() {
    this.reports.forEach((report, column) => {
      if (!report) {
        this.say(column, "not run to the end");
      }
    });
  }

  /** The scales in words. */
  scales() {
    const time = this.charts?.timeScale() === "log" ? "Time is logarithmic" : "Time is linear";
    return `${time}; scales are the same for all kernels. Grey: the run is over.`;
  }

  /** @param {boolean} isDark */
  setTheme(isDark) {
    this.isDark = isDark;
    this.root.querySelectorAll("svg.key [data-light]").forEach((shape) => {
      const colour = shape.getAttribute(isDark ? "data-dark" : "data-light") ?? "";
      shape.setAttribute(shape.getAttribute("fill") === "none" ? "stroke" : "fill", colour);
    });
    this.draw();
  }

  build() {
    const heads = this.kernels.map((kernel, column) => {
      const outcome = make("span", { "data-head": column }, column === 0 ? "running …" : "waiting …");
      return make("div", { class: "head" }, make("b", {}, kernel), outcome);
    });
    const rows = this.panels.map((panel, place) => this.buildRow(panel, place));
    this.root.replaceChildren(make("div", { class: "heads" }, ...heads), ...rows);
    this.setTheme(this.isDark);
    this.resize();
  }

  /**
   * @param {Panel} panel
   * @param {number} place
   */
  buildRow(panel, place) {
    this.canvases[place] = this.kernels.map(() => make("canvas", { role: "img", "data-panel": panel.name }));
    const cells = this.kernels.map((kernel, column) => {
      const canvas = this.canvases[place]?.[column] ?? "";
      const words = place === 0 ? make("span", { "data-head": column }, column === 0 ? "running …" : "waiting …") : "";
      return make("figure", {}, make("figcaption", {}, make("b", {}, kernel), " ", words), canvas);
    });
    const keys = panel.legend.map((key) => make("li", {}, swatch(key), key.label));
    const tables = make("div", { class: "twins" });
    const details = make("details", { class: "twin" }, make("summary", {}, "as a table"), tables);
    details.addEventListener("toggle", () => {
      tables.replaceChildren(...(details.open ? this.tables(place) : []));
    });
    return make(
      "section",
      { class: "panel", "aria-label": panel.title },
      make("div", { class: "panelhead" }, make("h3", {}, panel.title), make("ul", { class: "legend" }, ...keys), details),
      make("div", { class: "cells" }, ...cells),
    );
  }

  /** @param {number} place */
  tables(place) {
    return this.kernels.flatMap((kernel, column) => {
      if (!this.reports[column]) {
        return [];
      }
      /** @type {Table} */
      const table = this.charts.table(place, column);
      return [
        make(
          "table",
          {},
          make("caption", {}, kernel),
          make("thead", {}, make("tr", {}, ...table.head.map((text) => make("th", { scope: "col" }, text)))),
          make("tbody", {}, ...table.rows.map((row) => make("tr", {}, ...row.map((text) => make("td", {}, text))))),
        ),
      ];
    });
  }

  resize() {
    const width = this.root.clientWidth;
    if (width === 0 || this.kernels.length === 0) {
      return;
    }
    const each = Math.floor((width - GUTTER) / this.kernels.length);
    const isStacked = each < NARROWEST && this.kernels.length > 1;
    this.root.classList.toggle("stacked", isStacked);
    const columns = isStacked ? "1fr" : `${each + GUTTER}px repeat(${this.kernels.length - 1}, ${each}px)`;
    this.root.style.setProperty("--columns", this.kernels.length === 1 ? "1fr" : columns);
    this.draw();
  }

  /** Draws all that is there, with the present size, theme and pixel ratio. */
  draw() {
    if (!this.charts || this.root.clientWidth === 0) {
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    const isStacked = this.root.classList.contains("stacked");
    const width = this.root.clientWidth;
    const count = this.kernels.length;
    const each = isStacked || count === 1 ? width : Math.floor((width - GUTTER) / count);
    this.panels.forEach((panel, place) => {
      this.canvases[place]?.forEach((canvas, column) => {
        const yLabels = isStacked || column === 0;
        const xLabels = isStacked ? column === count - 1 : place === this.panels.length - 1;
        const cssWidth = yLabels && !isStacked && count > 1 ? each + GUTTER : each;
        const plain = isStacked ? Math.round(panel.height * 0.8) : panel.height;
        const cssHeight = plain + (xLabels ? FOOT : 0);
        canvas.style.width = `${cssWidth}px`;
        canvas.style.height = `${cssHeight}px`;
        // Setting the size of a backing store also clears it.
        canvas.width = Math.round(cssWidth * ratio);
        canvas.height = Math.round(cssHeight * ratio);
        if (this.reports[column]) {
          this.charts.draw(canvas, place, column, { dark: this.isDark, ratio, yLabels, xLabels });
          canvas.setAttribute("aria-label", `${this.kernels[column]}. ${this.charts.summary(place, column)}`);
        }
      });
    });
  }

  /**
   * The whole comparison as a file.
   * @param {string} title
   * @param {string} link
   * @returns {string}
   */
  svg(title, link) {
    return this.charts.svg(title, link, this.kernels, this.reports.map((report) => report?.headline ?? ""));
  }
}

const DASHES = /** @type {Record<string, string>} */ ({ solid: "none", long: "9 4", short: "5 3", dots: "2 3" });
const MARKS = /** @type {Record<string, string>} */ ({
  triangle: "M5 2L9 9H1Z",
  diamond: "M5 0.5L9.5 5L5 9.5L0.5 5Z",
  cross: "M2 2L8 8M2 8L8 2",
  dot: "M2 5a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
});

/** @param {LegendKey} key */
function swatch(key) {
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
