// A side of the map of outcomes: which parameter it varies, and over which values.

import { make } from "./dom.js";

/** @typedef {import("./types.js").Control} Control */
/** @typedef {import("./types.js").Description} Description */

/** Values of a side, unless the reader says otherwise. */
const VALUES = 6;
/** Stops of a slider below and above the present value: two doublings of a size and one. */
const [BELOW, ABOVE] = [8, 4];

/**
 * Some of the stops of a slider, evenly.
 * @param {string[]} stops
 * @param {number} count
 */
function some(stops, count) {
  const last = stops.length - 1;
  const places = Array.from({ length: count }, (_, at) => Math.round((at * last) / Math.max(count - 1, 1)));
  return [...new Set(places)].map((place) => stops[place] ?? "");
}

/**
 * @param {string} text
 * @param {HTMLElement} control
 */
export function labelled(text, control) {
  return make("label", {}, text, control);
}

/** The choice of a parameter and of its values. */
export class Side {
  /**
   * @param {string} title
   * @param {() => void} onchange
   */
  constructor(title, onchange) {
    this.onchange = onchange;
    /** @type {Record<string, Control>} */
    this.controls = {};
    this.key = make("select");
    this.from = make("select");
    this.to = make("select");
    this.count = make("input", { type: "number", min: 1, max: 20, step: 1, inputmode: "numeric" });
    this.values = make("input", { type: "text", spellcheck: "false", autocomplete: "off" });
    this.says = make("p", { class: "hint" });
    this.range = make("span", { class: "map-range" }, labelled("from", this.from), labelled("to", this.to), labelled("values", this.count));
    const legend = make("legend", {}, title);
    this.element = make("fieldset", { class: "map-side" }, legend, labelled("Parameter", this.key), this.range, labelled("as on the command line", this.values), this.says);
    this.key.addEventListener("change", () => this.choose(this.key.value));
    [this.from, this.to, this.count].forEach((input) => input.addEventListener("change", () => this.spread()));
    this.values.addEventListener("input", onchange);
  }

  /** `KEY=A,B,C` */
  get text() {
    return `${this.key.value}=${this.values.value}`;
  }

  /** How many values there are; ranges are counted when they are read. */
  get size() {
    return this.values.value.split(",").length;
  }

  /**
   * Offers the parameters that there are.
   * @param {Description["groups"]} groups
   * @param {string[]} preferred  keys, the first that there is is chosen
   */
  fill(groups, preferred) {
    const kept = this.key.value;
    this.controls = {};
    const all = groups.map(({ title, parts }) => {
      const controls = parts.flatMap(({ controls }) => controls).filter(({ stops, choices }) => stops.length + choices.length > 1);
      controls.forEach((control) => (this.controls[control.key] = control));
      const group = make("optgroup", { label: title });
      group.append(...controls.map(({ key, definition }) => new Option(`${key} – ${definition}`, key)));
      return group;
    });
    this.key.replaceChildren(...all);
    const key = preferred.find((key) => this.controls[key]) ?? Object.keys(this.controls)[0] ?? "";
    const control = this.controls[kept];
    if (preferred.length === 0 && control) {
      this.key.value = kept;
      this.offer(control);
    } else {
      this.choose(key);
    }
  }

  /**
   * Says what a parameter is and offers its stops. Ends that are chosen stay.
   * @param {Control} control
   */
  offer({ stops, value, definition, unit }) {
    this.says.textContent = `${definition}${unit ? ` (${unit})` : ""}; now ${value}`;
    this.range.hidden = stops.length === 0;
    const ends = stops.filter((stop) => stop !== "auto");
    for (const [end, otherwise] of /** @type {const} */ ([[this.from, 0], [this.to, -1]])) {
      const kept = end.value;
      end.replaceChildren(...ends.map((stop) => new Option(stop)));
      end.value = ends.includes(kept) ? kept : (ends.at(otherwise) ?? "");
    }
  }

  /** @param {string} key */
  choose(key) {
    this.key.value = key;
    const control = this.controls[key];
    if (!control) {
      return;
    }
    this.offer(control);
    const { stops, choices, value } = control;
    if (stops.length === 0) {
      this.values.value = choices.map(({ name }) => name).join(",");
      this.onchange();
      return;
    }
    const at = stops.indexOf(value);
    const least = stops[0] === "auto" ? 1 : 0;
    this.from.value = stops[Math.max(least, at - BELOW)] ?? "";
    this.to.value = stops[Math.min(stops.length - 1, Math.max(at, least) + ABOVE)] ?? "";
    this.count.value = String(VALUES);
    this.spread();
  }

  /** Takes the values of the slider between both ends. */
  spread() {
    const stops = this.controls[this.key.value]?.stops ?? [];
    const ends = [stops.indexOf(this.from.value), stops.indexOf(this.to.value)].sort((a, b) => a - b);
    const count = Math.max(1, Math.min(20, Math.round(Number(this.count.value)) || VALUES));
    this.values.value = some(stops.slice(ends[0], (ends[1] ?? 0) + 1), count).join(",");
    this.onchange();
  }
}
