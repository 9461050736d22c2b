// The plots as one picture, as they are shown: title, kernels, legends, plots, link.

import { DASHES, MARKS } from "./swatch.js";
import { seconds } from "./timeline.js";

/** @typedef {import("./plots.js").Plots} Plots */
/** @typedef {import("./plots.js").Cell} Cell */
/** @typedef {import("./types.js").LegendKey} LegendKey */
/** @typedef {{title: string, link: string, model: number, seed: number}} About */

// In CSS pixels.
const EDGE = 16;
const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Helvetica, Arial, sans-serif';
const MONO = 'ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace';
const FONTS = { title: `600 17px ${SANS}`, head: `600 13px ${SANS}`, kernel: `600 13px ${MONO}`, text: `12px ${SANS}`, link: `12px ${MONO}` };
/** From one line to the next, as many pixels as its letters are high. */
const LEADING = 1.4;

/**
 * Paints it in the pixels of the screen, on a canvas of its own. Whatever is out of sight is drawn first.
 * @param {Plots} plots
 * @param {About} about
 */
export function paint(plots, about) {
  plots.drawAll();
  const sheet = new Sheet(plots.root.clientWidth, window.devicePixelRatio || 1);
  const isStacked = plots.root.classList.contains("stacked");
  sheet.text(about.title, FONTS.title, "--ink");
  sheet.skip(6);
  if (isStacked) {
    plots.kernels.forEach((kernel, column) => sheet.text(`${kernel}: ${plots.outcomes[column] ?? ""}`, FONTS.text, "--ink"));
  } else {
    sheet.heads(plots);
  }
  for (const place of plots.shown) {
    const panel = plots.panels[place];
    const cells = plots.cells.filter((cell) => cell.panel === place);
    if (!panel) {
      continue;
    }
    sheet.skip(8);
    sheet.text(panel.title, FONTS.head, "--ink");
    sheet.legend(panel.legend.filter(({ when }) => !when || when in plots.root.dataset));
    for (const row of isStacked ? cells.map((cell) => [cell]) : [cells]) {
      sheet.row(row, isStacked ? plots.kernels : null);
      sheet.skip(isStacked ? 3 : 0);
    }
  }
  sheet.skip(8);
  const { cursor } = plots.marks;
  const at = cursor === null ? "" : `; values at ${seconds(cursor)}`;
  sheet.text(`Simulation, swapscope model ${about.model}, seed ${about.seed}${at}`, FONTS.text, "--muted");
  sheet.text(about.link, FONTS.link, "--ink");
  return sheet.finish();
}

/** What is to be painted, from top to bottom; how high it gets is known at the end. */
class Sheet {
  /**
   * @param {number} width  between the edges
   * @param {number} ratio  device pixels for one of CSS
   */
  constructor(width, ratio) {
    this.width = width;
    this.ratio = ratio;
    this.y = EDGE;
    this.canvas = document.createElement("canvas");
    const context = this.canvas.getContext("2d");
    if (!context) {
      throw new Error("this browser gives no 2D canvas");
    }
    this.context = context;
    this.style = getComputedStyle(document.documentElement);
    /** @type {(() => void)[]} */
    this.strokes = [];
  }

  /** @param {string} name  of a variable of the style sheet */
  colour(name) {
    return this.style.getPropertyValue(name).trim();
  }

  /** @param {number} height */
  skip(height) {
    this.y += height;
  }

  /**
   * Lines of text below one another; the height that they take.
   * @param {string} text
   * @param {string} font
   * @param {string} colour
   * @param {number} [x]
   * @param {number} [y]
   * @param {number} [width]
   */
  lines(text, font, colour, x = EDGE, y = this.y, width = this.width) {
    const { context } = this;
    const height = parseInt(/(\d+)px/.exec(font)?.[1] ?? "12", 10) * LEADING;
    context.font = font;
    const lines = wrapped(text, (part) => context.measureText(part).width <= width);
    const ink = this.colour(colour);
    lines.forEach((line, at) => {
      this.strokes.push(() => {
        context.font = font;
        context.fillStyle = ink;
        context.fillText(line, x, y + (at + 0.75) * height);
      });
    });
    return lines.length * height;
  }

  /**
   * @param {string} text
   * @param {string} font
   * @param {string} colour
   */
  text(text, font, colour) {
    this.skip(this.lines(text, font, colour));
  }

  /** The kernels and what became of them, each above its column. @param {Plots} plots */
  heads(plots) {
    const row = plots.cells.filter((cell) => cell.panel === plots.shown[0]);
    const heights = places(row).map(({ cell, x }) => {
      const { left, width, column } = cell;
      const name = this.lines(plots.kernels[column] ?? "", FONTS.kernel, "--ink", x + left, this.y, width);
      return name + this.lines(plots.outcomes[column] ?? "", FONTS.text, "--muted", x + left, this.y + name, width);
    });
    this.skip(Math.max(...heights));
  }

  /** @param {LegendKey[]} keys */
  legend(keys) {
    const { context } = this;
    const height = 12 * LEADING;
    let x = EDGE;
    context.font = FONTS.text;
    for (const key of keys) {
      const swatch = key.dash ? 24 : 10;
      const width = swatch + 5 + context.measureText(key.label).width;
      if (x > EDGE && x + width > EDGE + this.width) {
        x = EDGE;
        this.skip(height);
      }
      const [left, top] = [x, this.y + height / 2 - 5];
      this.strokes.push(() => this.swatch(key, left, top));
      this.lines(key.label, FONTS.text, "--muted", x + swatch + 5, this.y, Infinity);
      x += width + 14;
    }
    this.skip(height + 3);
  }

  /**
   * @param {LegendKey} key
   * @param {number} x
   * @param {number} y
   */
  swatch(key, x, y) {
    const { context } = this;
    const isDark = document.documentElement.dataset["theme"] === "dark";
    const path = new Path2D(key.dash ? "M0 5H24" : (MARKS[key.marker ?? ""] ?? ""));
    context.save();
    context.translate(x, y);
    context.strokeStyle = context.fillStyle = isDark ? key.dark : key.light;
    if (key.dash || key.marker === "cross") {
      const dash = DASHES[key.dash ?? ""] ?? "none";
      context.setLineDash(dash === "none" ? [] : dash.split(" ").map(Number));
      context.lineWidth = key.dash ? 2 : 1.8;
      context.stroke(path);
    } else {
      context.fill(path);
    }
    context.restore();
  }

  /**
   * Plots beside one another, with the values at the cursor above them.
   * @param {Cell[]} cells
   * @param {string[] | null} kernels  to name them, where nothing else does
   */
  row(cells, kernels) {
    const placed = places(cells);
    const captions = placed.map(({ cell, x }) => {
      const text = [kernels?.[cell.column], cell.read.textContent].filter(Boolean).join("  ");
      return text ? this.lines(text, FONTS.text, "--muted", x + cell.left, this.y, cell.width) : 0;
    });
    this.skip(Math.max(...captions));
    const { context, y } = this;
    for (const { cell, x } of placed) {
      this.strokes.push(() => this.plot(context, cell, x, y));
    }
    this.skip(Math.max(...cells.map(({ box }) => parseFloat(box.style.height))));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Cell} cell
   * @param {number} x
   * @param {number} y
   */
  plot(context, cell, x, y) {
    const { ratio } = this;
    if (cell.canvas.width > 0 && cell.canvas.height > 0) {
      context.save();
      // On whole pixels: as sharp as on the screen.
      context.setTransform(1, 0, 0, 1, Math.round(x * ratio), Math.round(y * ratio));
      context.drawImage(cell.canvas, 0, 0);
      context.restore();
    }
    if (!cell.cursor.hidden) {
      const [, at = "0"] = /translateX\(([-\d.]+)px\)/.exec(cell.cursor.style.transform) ?? [];
      context.fillStyle = this.colour("--accent");
      context.fillRect(x + Number(at) - 1, y, 2, parseFloat(cell.box.style.height));
    }
  }

  finish() {
    const { canvas, context, ratio } = this;
    const [width, height] = [this.width + 2 * EDGE, this.y + EDGE];
    // A new size makes a canvas forget all.
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.fillStyle = this.colour("--paper");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.scale(ratio, ratio);
    this.strokes.forEach((stroke) => stroke());
    return canvas;
  }
}

/**
 * Where the plots of a row begin.
 * @param {Cell[]} cells
 */
function places(cells) {
  let x = EDGE;
  return cells.map((cell) => {
    const placed = { cell, x };
    x += parseFloat(cell.box.style.width);
    return placed;
  });
}

/**
 * A text in lines that fit: broken between words, and within one that is too long.
 * @param {string} text
 * @param {(part: string) => boolean} fits
 */
function wrapped(text, fits) {
  /** @type {string[]} */
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== "") {
      lines.push(line);
    }
    line = "";
    for (const letter of word) {
      if (line !== "" && !fits(line + letter)) {
        lines.push(line);
        line = "";
      }
      line += letter;
    }
  }
  return [...lines, line];
}
