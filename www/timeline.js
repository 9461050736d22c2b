// Looking closer: zoom, pan, crosshair and selection, by mouse, touch and keyboard, the same over all plots.
//
// Mouse: move shows the values, a click sets the cursor, a drag selects, Ctrl+wheel zooms at the pointer, Shift+wheel
// pans, a double click shows all. Touch: a tap sets the cursor, a drag moves it, two fingers zoom and pan. Keyboard,
// with the slider in focus: arrows move the cursor, + and - zoom, Page keys pan, n and p go to the next and previous
// event, Escape ends the selection, 0 shows all.

import { make, need } from "./dom.js";

/** @typedef {import("./plots.js").Plots} Plots */

// How finely the slider divides what is in sight.
const STEPS = 1000;
const SHORTEST_VIEW = 1e-4;
const ZOOM = 1.6;
/** A drag shorter than this is a click. */
const CLICK_PX = 4;

export class Timeline {
  /** @param {Plots} plots */
  constructor(plots) {
    this.plots = plots;
    this.slider = need("cursor", HTMLInputElement);
    this.figures = need("stretch", HTMLElement);
    this.slider.max = String(STEPS);
    /** @type {[number, number] | null} */
    this.view = null;
    /** @type {number | null} */
    this.cursor = null;
    this.column = 0;
    /** @type {[number, number] | null} */
    this.range = null;
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    /** Since it moved it is no click any more. @type {{x: number, y: number, from: number, column: number, target: EventTarget | null, isMoved: boolean} | null} */
    this.drag = null;
    /** Called when the reader set the cursor: column, seconds, and the name of the panel that was clicked. */
    this.onset = (/** @type {number} */ _column, /** @type {number} */ _seconds, /** @type {string} */ _panel) => {};
    /** Called when the cursor or the view is another one. */
    this.onfocus = () => {};
    /** Called when the reader asks for the next or previous event. @type {(way: "next" | "previous") => void} */
    this.onstep = () => {};
    plots.onchange = () => this.refresh();
    this.listen();
  }

  /** Follows other data or axes. Where the end is nearer than it was, nothing stays beyond it. */
  refresh() {
    const { plots, view, cursor, range } = this;
    const { end } = plots;
    if (!plots.charts) {
      return;
    }
    if (range && range[1] > end) {
      this.range = range[0] < end ? [range[0], end] : null;
    }
    this.cursor = cursor && Math.min(cursor, end);
    Object.assign(plots.marks, { cursor: this.cursor, range: this.range });
    if (this.cursor !== cursor || (view && view[1] > end)) {
      this.show(...(view ?? [0, Infinity]));
    } else {
      plots.placeMarks();
      this.say();
    }
  }

  /** Forgets view, cursor and selection of the last comparison. */
  reset() {
    [this.view, this.cursor, this.range] = [null, null, null];
    this.plots.setView(null);
    this.plots.mark({ hover: null, cursor: null, range: null });
    this.say();
  }

  /** Where the reader looks, as a link says it. @returns {import("./types.js").Focus} */
  get focus() {
    return { at: this.cursor, view: this.view };
  }

  /**
   * Looks where a link says.
   * @param {import("./types.js").Focus} focus
   */
  look({ at, view }) {
    if (view) {
      this.show(view[0], view[1]);
    }
    if (at !== null) {
      this.set(0, at);
    }
  }

  /** What is in sight, in seconds. @returns {[number, number]} */
  get sight() {
    return this.view ?? [0, this.plots.end];
  }

  /**
   * Shows a stretch of time; all of it if it is as long as the runs.
   * @param {number} from
   * @param {number} to
   */
  show(from, to) {
    const end = this.plots.end;
    const length = Math.min(Math.max(to - from, SHORTEST_VIEW), end);
    const start = Math.min(Math.max(from, 0), end - length);
    this.view = length >= end * 0.999 ? null : [start, start + length];
    this.plots.setView(this.view);
    this.plots.placeMarks();
    this.say();
    this.onfocus();
  }

  /**
   * Zooms so that the time at a place of the axis stays there.
   * @param {number} factor  below 1 to look closer
   * @param {number} place
   */
  zoom(factor, place) {
    const { charts } = this.plots;
    if (!charts) {
      return;
    }
    // By places and not by seconds: that is right for a logarithmic axis, too.
    const left = Math.max(0, place) * (1 - factor);
    if (factor < 1) {
      this.show(charts.timeAt(left), charts.timeAt(left + factor));
      return;
    }
    const [from, to] = this.sight;
    const middle = charts.timeAt(place);
    this.show(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  /** @param {number} share  of what is in sight */
  pan(share) {
    const [from, to] = this.sight;
    const by = (to - from) * share;
    this.show(from + by, to + by);
  }

  /**
   * Sets the cursor, and moves the view so that it can be seen.
   * @param {number} column
   * @param {number} seconds
   * @param {string} [panel]  the panel that was clicked
   * @param {boolean} [isTold]  whether others hear of it
   */
  set(column, seconds, panel = "", isTold = true) {
    this.column = column;
    this.cursor = Math.min(Math.max(seconds, 0), this.plots.end);
    const [from, to] = this.sight;
    if (this.cursor < from || this.cursor > to) {
      const half = (to - from) / 2;
      this.show(this.cursor - half, this.cursor + half);
    }
    this.plots.mark({ cursor: this.cursor, hover: null });
    this.say();
    this.onfocus();
    if (isTold) {
      this.onset(column, this.cursor, panel);
    }
  }

  /**
   * @param {[number, number] | null} range
   * @param {number} [column]
   */
  select(range, column = this.column) {
    this.range = range && (range[0] <= range[1] ? range : [range[1], range[0]]);
    this.column = column;
    this.plots.mark({ range: this.range });
    this.say();
  }

  /** Shows where cursor, view and selection are. */
  say() {
    const { charts } = this.plots;
    const [from, to] = this.sight;
    const text = this.cursor === null ? "no cursor" : seconds(this.cursor);
    this.slider.value = String(Math.round((this.cursor === null ? 0 : (charts?.place(this.cursor) ?? 0)) * STEPS));
    this.slider.setAttribute("aria-valuetext", text);
    need("cursor-time", HTMLElement).textContent = this.cursor === null ? "–" : text;
    need("view", HTMLElement).textContent = this.view ? `${seconds(from)} to ${seconds(to)}` : "all of the time";
    for (const id of ["zoom-all", "pan-left", "pan-right"]) {
      need(id, HTMLButtonElement).disabled = this.view === null;
    }
    this.figures.hidden = this.range === null;
    if (this.range) {
      this.showFigures(this.range);
    }
  }

  /** @param {[number, number]} range */
  showFigures(range) {
    const columns = this.plots.kernels.map((kernel, column) => ({ kernel, rows: this.plots.stretch(column, range) }));
    const names = [...new Set(columns.flatMap(({ rows }) => rows.map(([name]) => name)))];
    const head = ["Selection", ...columns.map(({ kernel }) => kernel)];
    const rows = names.map((name) => {
      const cells = columns.map(({ rows }) => rows.find(([other]) => other === name)?.[1] ?? "–");
      return make("tr", {}, make("th", { scope: "row" }, name), ...cells.map((text) => make("td", {}, text)));
    });
    need("stretch-table", HTMLTableElement).replaceChildren(
      make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows),
    );
  }

  listen() {
    const { root } = this.plots;
    root.addEventListener("pointermove", (event) => this.moved(event));
    root.addEventListener("pointerdown", (event) => this.pressed(event));
    root.addEventListener("pointerup", (event) => this.released(event));
    root.addEventListener("pointercancel", (event) => this.released(event, true));
    root.addEventListener("pointerleave", () => this.plots.mark({ hover: null }));
    root.addEventListener("dblclick", (event) => {
      if (this.plots.pointed(event.target, event.clientX)) {
        this.select(null);
        this.show(0, Infinity);
      }
    });
    root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.slider.addEventListener("input", () => {
      const seconds = this.plots.charts?.timeAt(Number(this.slider.value) / STEPS) ?? 0;
      this.set(this.column, seconds);
    });
    this.slider.addEventListener("keydown", (event) => this.key(event));
    /** @type {Record<string, () => void>} */
    const buttons = {
      "zoom-in": () => this.zoom(1 / ZOOM, this.middle()),
      "zoom-out": () => this.zoom(ZOOM, this.middle()),
      "zoom-all": () => this.show(0, Infinity),
      "pan-left": () => this.pan(-0.3),
      "pan-right": () => this.pan(0.3),
      "event-next": () => this.onstep("next"),
      "event-previous": () => this.onstep("previous"),
      "stretch-zoom": () => this.range && this.show(this.range[0], this.range[1]),
      "stretch-close": () => this.select(null),
    };
    for (const [id, act] of Object.entries(buttons)) {
      const button = need(id, HTMLButtonElement);
      button.addEventListener("click", () => {
        act();
        if (button.disabled || (this.figures.hidden && this.figures.contains(button))) {
          // Else the focus would be nowhere.
          this.slider.focus({ preventScroll: true });
        }
      });
    }
  }

  /** Where to zoom without a pointer: at the cursor if it is in sight. */
  middle() {
    const place = this.cursor === null ? 0.5 : (this.plots.charts?.place(this.cursor) ?? 0.5);
    return place > 0 && place < 1 ? place : 0.5;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, () => void>} */
    const keys = {
      "+": () => this.zoom(1 / ZOOM, this.middle()),
      "=": () => this.zoom(1 / ZOOM, this.middle()),
      "-": () => this.zoom(ZOOM, this.middle()),
      0: () => this.show(0, Infinity),
      n: () => this.onstep("next"),
      p: () => this.onstep("previous"),
      PageUp: () => this.pan(-0.3),
      PageDown: () => this.pan(0.3),
      Escape: () => this.select(null),
    };
    const act = keys[event.key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      act();
    }
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const at = this.plots.pointed(event.target, event.clientX);
    if (!at) {
      return;
    }
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(Math.exp(Math.min(Math.max(event.deltaY, -60), 60) / 150), at.place);
    } else if (this.view && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
      event.preventDefault();
      this.pan((event.deltaX || event.deltaY) / 600);
    }
  }

  /** @param {PointerEvent} event */
  pressed(event) {
    const at = this.plots.pointed(event.target, event.clientX);
    if (!at || event.button !== 0) {
      return;
    }
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const { target, clientX: x, clientY: y } = event;
    this.drag = { x, y, from: at.seconds, column: at.column, target, isMoved: false };
  }

  /** @param {PointerEvent} event */
  moved(event) {
    if (event.pointerType === "mouse" && !(event.buttons & 1)) {
      // The button was released where nobody here heard of it.
      this.drag = null;
      this.fingers.delete(event.pointerId);
    }
    const before = this.fingers.get(event.pointerId);
    if (before && this.fingers.size === 2) {
      this.pinch(event, before);
      return;
    }
    // A drag belongs to the plot where it began, wherever the pointer is now.
    const at = this.plots.pointed(this.drag?.target ?? event.target, event.clientX);
    if (!at) {
      return;
    }
    const { drag } = this;
    const isMouse = event.pointerType === "mouse";
    if (drag && !drag.isMoved) {
      const [dx, dy] = [Math.abs(event.clientX - drag.x), Math.abs(event.clientY - drag.y)];
      // A finger that goes up or down scrolls the page.
      drag.isMoved = dx > CLICK_PX && (isMouse || dx > dy);
      if (drag.isMoved) {
        try {
          this.plots.root.setPointerCapture(event.pointerId);
        } catch {
          // The pointer is gone already; the drag ends where it was last seen.
        }
      }
    }
    if (!drag?.isMoved) {
      this.plots.mark({ hover: at.seconds });
    } else if (isMouse) {
      this.select([drag.from, at.seconds], drag.column);
    } else {
      this.set(at.column, at.seconds);
    }
  }

  /**
   * Two fingers: what lies under them stays under them.
   * @param {PointerEvent} event
   * @param {{x: number, y: number}} before
   */
  pinch(event, before) {
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    const at = this.plots.pointed(event.target, event.clientX);
    if (!other || !at) {
      return;
    }
    const [was, is] = [Math.abs(before.x - other.x), Math.abs(event.clientX - other.x)];
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (was > 10 && is > 10) {
      this.zoom(was / is, at.place);
    }
    this.drag = null;
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} [isLost]
   */
  released(event, isLost = false) {
    this.fingers.delete(event.pointerId);
    const { drag } = this;
    this.drag = null;
    if (drag && !drag.isMoved && !isLost) {
      const panel = drag.target instanceof Element ? drag.target.closest(".plot")?.querySelector("canvas") : null;
      this.set(drag.column, drag.from, panel?.dataset["panel"] ?? "");
    }
  }
}

/**
 * A time with as many digits as say something.
 * @param {number} value
 */
export function seconds(value) {
  const digits = value < 10 ? 3 : value < 100 ? 2 : 1;
  return value < 600 ? `${value.toFixed(digits)} s` : `${Math.floor(value / 60)} min ${(value % 60).toFixed(0)} s`;
}
