// The plots: a row for each panel, a column for each kernel. Where there is no room side by side, the kernels of a row
// stand below one another, so that their time axes still line up. Crosshair and selection are elements over the
// canvases: they move without anything being drawn.

import { make } from "./dom.js";
import { Recorded } from "./recorded.js";
import { swatch } from "./swatch.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Table} Table */

// CSS pixels beside and below a plot with labels, and around one without; crate/chart/src/draw.rs has the same figures.
const LEFT = 50;
const MARGIN = 7;
const GUTTER = LEFT - MARGIN;
const FOOT = 13;
const NARROWEST = 215;
// What a page of A4 is wide, in CSS pixels: three kernels side by side. So low, all panels stand above their time axis on
// one page. Paper is finer than screens are.
const PAPER = 694;
const PAPER_TALLNESS = 0.8;
const PAPER_RATIO = 2;
// A lower plot has no room for its labels.
const LOWEST = 52;
// What is out of sight is drawn so much later, in slices of so much.
const FRAME_MS = 20;
const REST_MS = 150;
const REST_SLICE_MS = 10;

/**
 * One plot.
 * @typedef {object} Cell
 * @property {number} panel
 * @property {number} column
 * @property {HTMLElement} box  holds the canvas and what lies over it
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} hover  the line under the pointer
 * @property {HTMLElement} cursor  the line that stays
 * @property {HTMLElement} range  the selection
 * @property {HTMLElement} read  the values at the crosshair
 * @property {number} left  where the plot begins, in CSS pixels
 * @property {number} width  how wide it is
 * @property {boolean} isStale  whether it must be drawn when it comes into sight
 * @property {boolean} isOld  whether its picture is of an earlier comparison
 */

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
    /** Places of those that are shown. */
    this.shown = this.panels.map((_, place) => place);
    /** How much higher than usual the plots are. */
    this.tallness = 1;
    /** @type {any} */
    this.charts = null;
    /** What the charts were told, for a copy of them in another instance. @type {Map<string, [string, unknown[]]>} */
    this.told = new Map();
    /** @type {string[]} */
    this.kernels = [];
    /** @type {string[]} */
    this.outcomes = [];
    /** @type {boolean[]} */
    this.isThere = [];
    this.isDark = false;
    /** @type {Cell[]} */
    this.cells = [];
    /** @type {Map<Element, Cell>} */
    this.byBox = new Map();
    /** What fills the tables that are open. @type {(() => void)[]} */
    this.fills = [];
    this.frame = 0;
    /** Whether data or axes are other ones since the last frame. */
    this.isChanged = false;
    /** Called before a frame is drawn from other data or with other axes. */
    this.onchange = () => {};
    /** Whose turn it is, where one frame had not enough time for all. @type {Cell | null} */
    this.nextCell = null;
    this.later = 0;
    /** @type {{hover: number | null, cursor: number | null, range: [number, number] | null}} */
    this.marks = { hover: null, cursor: null, range: null };
    /** The time that is shown; all of it for null. @type {[number, number] | null} */
    this.view = null;
    this.recorded = new Recorded(this);
    this.inSight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "100px" });
    /** @type {Set<Element>} */
    this.visible = new Set();
    this.isPrinted = false;
    new ResizeObserver(() => this.resize()).observe(root);
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  /**
   * Makes room for a comparison. The plots of one with the same columns stay until new ones come.
   * @param {string[]} kernels
   * @param {{time: string, memory: string, zone: string}} axes
   */
  begin(kernels, axes) {
    this.charts?.free();
    this.charts = new this.wasm.Charts(kernels.length);
    this.told.clear();
    this.view = null;
    this.outcomes = kernels.map(() => "");
    this.isThere = kernels.map(() => false);
    this.setAxes(axes);
    this.cells.forEach((cell) => {
      cell.isOld = true;
      cell.canvas.removeAttribute("aria-label");
    });
    delete this.root.dataset["seeds"];
    const before = this.kernels;
    this.kernels = kernels;
    this.recorded.move(before, kernels);
    if (kernels.length !== before.length) {
      this.build();
    } else {
      this.root.querySelectorAll("[data-kernel-of]").forEach((name) => {
        name.textContent = kernels[Number(name.getAttribute("data-kernel-of"))] ?? "";
      });
      // A table of the last comparison beside plots of this one would mislead.
      this.root.querySelectorAll(".twin[open]").forEach((twin) => twin.removeAttribute("open"));
    }
  }

  /** No more will come of this comparison: takes away the pictures of earlier ones that still stand in its place. */
  clearMissing() {
    for (const { canvas, column, isOld } of this.cells) {
      if (isOld && !this.isThere[column]) {
        canvas.width = 0;
      }
    }
    this.describe();
  }

  /**
   * Tells the charts something. What is told under the same key takes its place.
   * @param {string} key
   * @param {string} verb
   * @param {unknown[]} what
   */
  tell(key, verb, ...what) {
    if (this.charts) {
      this.charts[verb](...what);
      this.told.set(key, [verb, what]);
    }
  }

  /** What belongs to an instance of the program that failed; it is used no more. */
  lose() {
    const lost = this.charts;
    this.charts = null;
    this.isThere = this.isThere.map(() => false);
    return [lost];
  }

  /** @param {{time: string, memory: string, zone: string}} axes */
  setAxes({ time, memory, zone }) {
    this.charts?.setScales(time, memory);
    this.tell("zone", "setZone", zone);
    this.change();
    // They are of the zone.
    this.describe();
  }

  /**
   * Takes what a column has so far, or its result.
   * @param {number} column
   * @param {Float64Array} numbers
   */
  set(column, numbers) {
    this.tell(`run ${column}`, "set", column, numbers);
    this.isThere[column] = true;
    this.change();
  }

  /**
   * Takes the run of another seed.
   * @param {number} column
   * @param {Float64Array} numbers
   */
  addSeed(column, numbers) {
    this.tell(`seed ${this.told.size}`, "addSeed", column, numbers);
    this.root.dataset["seeds"] = "";
    this.drawColumn(column);
  }

  /**
   * Writes beside the name of a kernel.
   * @param {number} column
   * @param {string} text
   */
  say(column, text) {
    this.outcomes[column] = text;
    this.root.querySelectorAll(`[data-head="${column}"]`).forEach((head) => {
      head.textContent = text;
      head.setAttribute("title", text);
    });
  }

  get isLogarithmic() {
    return this.charts?.timeScale() === "log";
  }

  /** The scales in words. */
  scales() {
    const time = this.isLogarithmic ? "Time is logarithmic" : "Time is linear";
    return `${time}; scales are the same for all kernels. Grey: the run is over.`;
  }

  /** When the longest run ends, in seconds. */
  get end() {
    return this.charts?.end() ?? 0;
  }

  /**
   * Shows the time between two points, all of it for null.
   * @param {[number, number] | null} view
   */
  setView(view) {
    this.view = view;
    this.charts?.setView(view?.[0] ?? 0, view?.[1] ?? 0);
    this.draw();
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
    this.inSight.disconnect();
    this.visible.clear();
    this.byBox.clear();
    this.cells = [];
    this.fills = [];
    const rows = this.panels.flatMap((panel, place) => (this.shown.includes(place) ? [this.buildRow(panel, place)] : []));
    const heads = this.kernels.map((kernel, column) => {
      const outcome = make("span", { "data-head": column }, this.outcomes[column] ?? "");
      return make("div", { class: "head" }, make("b", { "data-kernel-of": column }, kernel), outcome);
    });
    this.root.replaceChildren(make("div", { class: "heads" }, ...heads), ...rows);
    this.cells.forEach((cell) => {
      this.byBox.set(cell.box, cell);
      this.inSight.observe(cell.box);
    });
    this.setTheme(this.isDark);
    this.resize();
  }

  /**
   * @param {Panel} panel
   * @param {number} place
   */
  buildRow(panel, place) {
    const figures = this.kernels.map((kernel, column) => {
      const canvas = make("canvas", { role: "img", "data-panel": panel.name });
      const line = (/** @type {string} */ kind) => make("i", { class: kind, hidden: true });
      const [range, hover, cursor] = [line("range"), line("hover"), line("cursor")];
      const box = make("div", { class: "plot" }, canvas, range, hover, cursor);
      const read = make("span", { class: "read" });
      const name = make("b", { "data-kernel-of": column }, kernel);
      const caption = make("figcaption", {}, name, " ", read);
      this.cells.push({ panel: place, column, box, canvas, hover, cursor, range, read, left: 0, width: 0, isStale: true, isOld: true });
      return make("figure", {}, caption, box);
    });
    const keys = panel.legend.map((key) => {
      return make("li", { class: key.when ? `when-${key.when}` : "" }, swatch(key), key.label);
    });
    const tables = make("div", { class: "twins" });
    const details = make("details", { class: "twin" }, make("summary", {}, "as a table"), tables);
    const fill = () => tables.replaceChildren(...(details.open ? this.tables(place) : []));
    details.addEventListener("toggle", fill);
    this.fills.push(fill);
    return make(
      "section",
      { class: "panel", "aria-label": panel.title },
      make("div", { class: "panelhead" }, make("h3", {}, panel.title), make("ul", { class: "legend" }, ...keys), details),
      make("div", { class: "cells" }, ...figures),
    );
  }

  /** @param {number} place */
  tables(place) {
    return this.kernels.flatMap((kernel, column) => {
      if (!this.isThere[column]) {
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

  /**
   * Shows these panels and no other; before the first comparison.
   * @param {string[]} names
   */
  choose(names) {
    this.shown = this.shown.filter((place) => names.includes(this.panels[place]?.name ?? ""));
  }

  /**
   * Makes the plots so much higher or lower that all fit into a height.
   * @param {number} room  in CSS pixels
   * @param {[number, number]} limits  times their usual height
   */
  fit(room, [least, most]) {
    const isStacked = this.root.classList.contains("stacked");
    const below = this.cells.filter(({ column }) => isStacked || column === 0);
    this.tallness = 1;
    this.resize();
    // The second time without those that became as low as they can be.
    for (let turn = 0; turn < 2; turn += 1) {
      // The labels of the time below a plot do not grow with it.
      const heights = below.map((cell) => cell.box.offsetHeight - (this.labels(cell).hasX ? FOOT : 0));
      const height = heights.reduce((sum, each) => sum + (each > LOWEST ? each : 0), 0);
      const rest = this.root.offsetHeight - height;
      // Every height here is a whole pixel; too high by one, and the frame has a scroll bar.
      const rounding = below.length / 2 + 1;
      const wanted = (room - rest - rounding) / (height / this.tallness || 1);
      this.tallness = Math.min(Math.max(wanted, least), most);
      this.resize();
    }
  }

  /** Gives every plot its size; the pixels come when it is drawn. */
  resize() {
    const width = this.isPrinted ? PAPER : this.root.clientWidth;
    const tallness = this.isPrinted ? PAPER_TALLNESS : this.tallness;
    const count = this.kernels.length;
    if (width === 0 || count === 0) {
      return;
    }
    const each = Math.floor((width - GUTTER) / count);
    const isStacked = each < NARROWEST && count > 1;
    this.root.classList.toggle("stacked", isStacked);
    const columns = isStacked || count === 1 ? "1fr" : `minmax(0, ${each + GUTTER}px) repeat(${count - 1}, minmax(0, ${each}px))`;
    this.root.style.setProperty("--columns", columns);
    for (const cell of this.cells) {
      const { hasY, hasX } = this.labels(cell);
      const height = Math.round((this.panels[cell.panel]?.height ?? 0) * tallness);
      const cssWidth = isStacked || count === 1 ? width : hasY ? each + GUTTER : each;
      const cssHeight = Math.max(isStacked ? Math.round(height * 0.8) : height, LOWEST) + (hasX ? FOOT : 0);
      cell.box.style.width = `${cssWidth}px`;
      cell.box.style.height = `${cssHeight}px`;
      cell.left = hasY ? LEFT : MARGIN;
      cell.width = cssWidth - cell.left - MARGIN;
    }
    this.draw();
    this.placeMarks();
  }

  /** @param {Cell} cell */
  labels({ panel, column }) {
    const isStacked = this.root.classList.contains("stacked");
    return {
      hasY: isStacked || column === 0,
      hasX: isStacked ? column === this.kernels.length - 1 : panel === this.shown.at(-1),
    };
  }

  /** Draws, before the next frame, all that is in sight; the rest when it comes into sight. */
  draw() {
    this.cells.forEach((cell) => (cell.isStale = true));
    this.schedule();
  }

  /** Draws other data, or with other axes: what depends on them follows in the same frame, and once in it. */
  change() {
    this.isChanged = true;
    this.draw();
  }

  /** @param {number} column */
  drawColumn(column) {
    this.cells.forEach((cell) => (cell.isStale ||= cell.column === column));
    this.schedule();
  }

  schedule() {
    this.frame ||= requestAnimationFrame(() => this.drawNow());
  }

  /** Draws what waits to be drawn and is in sight; what takes too long for one frame goes on in the next. */
  drawNow() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.isChanged) {
      this.isChanged = false;
      this.onchange();
    }
    const isFirst = performance.getEntriesByName("first plots").length === 0;
    const start = performance.now();
    const waiting = this.cells.filter(({ isStale, box }) => isStale && this.visible.has(box));
    // While the reader zooms, all of them wait again in every frame: the last ones have their turn, too.
    const from = Math.max(waiting.findIndex((cell) => cell === this.nextCell), 0);
    this.nextCell = null;
    for (const cell of [...waiting.slice(from), ...waiting.slice(0, from)]) {
      if (performance.now() - start > FRAME_MS) {
        this.nextCell = cell;
        this.schedule();
        break;
      }
      this.drawCell(cell);
    }
    // For the browser's profiler, and for the benchmark.
    performance.measure("draw", { start });
    this.later ||= setTimeout(() => this.drawRest(), REST_MS);
    if (isFirst && this.isThere.includes(true)) {
      performance.mark("first plots");
    }
  }

  /** Draws all that waits, in sight or not, at once: the printer does not wait. */
  drawAll() {
    this.cells.filter(({ isStale }) => isStale).forEach((cell) => this.drawCell(cell));
  }

  /** @param {boolean} isPrinted  on paper, or again on the screen */
  print(isPrinted) {
    this.isPrinted = isPrinted;
    this.resize();
    if (isPrinted) {
      this.drawAll();
    }
  }

  /** Draws what is out of sight, a little at a time: a printer and a quick scroll find it done. */
  drawRest() {
    this.later = 0;
    const end = performance.now() + REST_SLICE_MS;
    const waiting = this.cells.filter((cell) => cell.isStale && this.isThere[cell.column] && cell.width > 0);
    for (const cell of waiting) {
      if (performance.now() > end) {
        this.later = setTimeout(() => this.drawRest(), 0);
        return;
      }
      this.drawCell(cell);
    }
  }

  /** @param {Cell} cell */
  drawCell(cell) {
    const { canvas, box, panel, column } = cell;
    if (!this.charts || !this.isThere[column] || cell.width <= 0) {
      return;
    }
    cell.isStale = cell.isOld = false;
    const ratio = Math.max(window.devicePixelRatio || 1, this.isPrinted ? PAPER_RATIO : 1);
    const width = Math.round(parseFloat(box.style.width) * ratio);
    const height = Math.round(parseFloat(box.style.height) * ratio);
    // Setting the size of a backing store costs even when it does not change.
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const { hasY, hasX } = this.labels(cell);
    this.charts.draw(canvas, panel, column, { dark: this.isDark, ratio, yLabels: hasY, xLabels: hasX });
  }

  /** Words and tables for those who do not see the plots; once a run is over. */
  describe() {
    for (const { canvas, panel, column } of this.cells) {
      if (this.isThere[column]) {
        canvas.setAttribute("aria-label", `${this.kernels[column]}. ${this.charts.summary(panel, column)}`);
      }
    }
    this.fills.forEach((fill) => fill());
  }

  /** @param {IntersectionObserverEntry[]} entries */
  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        this.visible.add(target);
      } else {
        this.visible.delete(target);
      }
    }
    this.schedule();
  }

  /**
   * The plot below a point of the screen, and the time there in seconds.
   * @param {EventTarget | null} target
   * @param {number} clientX
   * @returns {{column: number, seconds: number, place: number} | null}
   */
  pointed(target, clientX) {
    const box = target instanceof Element ? target.closest(".plot") : null;
    const cell = box && this.byBox.get(box);
    if (!cell || !this.charts || cell.width <= 0) {
      return null;
    }
    const place = (clientX - cell.box.getBoundingClientRect().left - cell.left) / cell.width;
    return { column: cell.column, place, seconds: this.charts.timeAt(place) };
  }

  /**
   * Moves crosshair and selection; the values beside the names are those under the pointer, or else at the cursor.
   * @param {Partial<Plots["marks"]>} marks
   */
  mark(marks) {
    Object.assign(this.marks, marks);
    this.placeMarks();
  }

  placeMarks() {
    const { charts } = this;
    if (!charts) {
      return;
    }
    const { hover, cursor, range } = this.marks;
    const [from, to] = this.view ?? [0, Infinity];
    const at = (/** @type {number | null} */ t) => (t === null || t < from || t > to ? null : charts.place(t));
    const [hoverAt, cursorAt] = [at(hover), at(cursor)];
    // What is out of sight has no place.
    const isInSight = range && range[0] <= to && range[1] >= from;
    const rangeAt = isInSight && [charts.place(range[0]), charts.place(range[1])];
    const time = hover ?? cursor;
    for (const cell of this.cells) {
      moveTo(cell, cell.hover, hoverAt);
      moveTo(cell, cell.cursor, hover === null || cursor !== hover ? cursorAt : null);
      cell.range.hidden = !rangeAt;
      if (rangeAt) {
        const [left = 0, right = 0] = rangeAt;
        cell.range.style.transform = `translateX(${cell.left + left * cell.width}px)`;
        cell.range.style.width = `${Math.max(1, (right - left) * cell.width)}px`;
      }
      const text = time === null || !this.isThere[cell.column] ? "" : charts.read(cell.panel, cell.column, time);
      if (cell.read.textContent !== text) {
        cell.read.textContent = text;
      }
    }
  }

  /**
   * Figures of a stretch of time.
   * @param {number} column
   * @param {[number, number]} range
   * @returns {[string, string][]}
   */
  stretch(column, [from, to]) {
    return this.isThere[column] ? this.charts.stretch(column, from, to) : [];
  }

  /**
   * What a copy of the comparison gives, made where all verbs are.
   * @template T
   * @param {any} wasm  the bindings with all verbs
   * @param {(charts: any) => T} use
   * @returns {T}
   */
  copied(wasm, use) {
    const copy = new wasm.Charts(this.kernels.length);
    try {
      this.told.forEach(([verb, what]) => copy[verb](...what));
      return use(copy);
    } finally {
      copy.free();
    }
  }
}

/**
 * @param {Cell} cell
 * @param {HTMLElement} line
 * @param {number | null} place
 */
function moveTo(cell, line, place) {
  line.hidden = place === null;
  if (place !== null) {
    line.style.transform = `translateX(${(cell.left + place * cell.width).toFixed(1)}px)`;
  }
}
