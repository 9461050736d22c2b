// One parameter: its term, its value as text, a slider where it is a number, and the way back to its default.

import { make, messageOf } from "./dom.js";

/** @typedef {import("./types.js").Control} Control */
/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./definition.js").Definition} Definition */

/**
 * What a field asks for.
 * @typedef {object} Wishes
 * @property {(key: string, text: string) => void} check  throws one sentence
 * @property {(key: string, text: string, entry: Entry) => void} set  throws one sentence
 * @property {(key: string) => void} reset  throws one sentence
 */

export class Field {
  /**
   * @param {Control} control
   * @param {Definition} definition
   * @param {Wishes} wishes
   */
  constructor(control, definition, wishes) {
    this.control = control;
    this.wishes = wishes;
    this.isSliding = false;
    /** Whether the slider was moved by a key and nothing else was done since: steps on the way are no entries of the history. */
    this.isStepping = false;
    /** Whether the text is one that was not taken, or not yet. */
    this.isDraft = false;
    const { key } = control;
    this.term = make("button", { type: "button", class: "pname", id: `name-${key}` }, key);
    definition.tie(this.term, () => this.explain());
    this.wrong = make("p", { class: "wrong", id: `wrong-${key}`, role: "status" });
    this.input = this.makeInput();
    this.slider = control.stops.length > 0 ? this.makeSlider() : null;
    this.back = make("button", { type: "button", class: "back" });
    this.back.addEventListener("click", () => {
      if (this.attempt(() => this.wishes.reset(key))) {
        this.input.focus();
      }
    });
    const unit = make("span", { class: "unit" }, control.unit);
    this.element = make(
      "div",
      { class: control.choices.length > 0 ? "field choice" : "field", "data-field": key },
      make("span", { class: "what" }, this.term, make("span", { class: "kernel-name" }, control.kernelName)),
      make("span", { class: "value" }, this.input, unit),
      ...(this.slider ? [this.slider, this.ticks()] : []),
      this.back,
      this.wrong,
    );
    this.element.addEventListener("keydown", (event) => {
      // No value holds a question mark.
      if (event.key === "?") {
        event.preventDefault();
        this.term.click();
      }
    });
    this.show(control);
  }

  makeInput() {
    const { key, choices } = this.control;
    const about = {
      id: `p-${key}`,
      "data-key": key,
      "aria-labelledby": `name-${key}`,
      "aria-describedby": `wrong-${key}`,
      "aria-keyshortcuts": "?",
    };
    const set = () => {
      const text = this.input.value.trim();
      if (this.isDraft || text !== this.control.value) {
        this.isDraft = !this.attempt(() => this.wishes.set(key, text, "new"));
      }
    };
    if (choices.length > 0) {
      const options = choices.map(({ name, definition }) =>
        make("option", { value: name }, definition === "" ? name : `${name}: ${definition}`),
      );
      const select = make("select", about, ...options);
      select.addEventListener("change", set);
      return select;
    }
    const input = make("input", { ...about, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    input.addEventListener("input", () => {
      this.isDraft = true;
      this.attempt(() => this.wishes.check(key, input.value.trim()));
    });
    input.addEventListener("change", set);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        // It takes the value, and does not send the form with what may be wrong.
        event.preventDefault();
        set();
      }
    });
    return input;
  }

  makeSlider() {
    const { key } = this.control;
    const slider = make("input", {
      type: "range",
      min: 0,
      step: 1,
      list: `ticks-${key}`,
      "aria-labelledby": `name-${key}`,
      "aria-describedby": `wrong-${key}`,
    });
    let isKey = false;
    const move = (/** @type {Entry} */ entry) => {
      const text = this.control.stops[Number(slider.value)] ?? this.control.value;
      slider.setAttribute("aria-valuetext", text);
      this.input.value = text;
      this.isSliding = entry === "live";
      this.isDraft = !this.attempt(() => this.wishes.set(key, text, entry));
    };
    const end = () => {
      move(this.isStepping ? "same" : "new");
      this.isStepping = isKey;
    };
    slider.addEventListener("keydown", () => {
      isKey = true;
    });
    slider.addEventListener("input", () => move("live"));
    slider.addEventListener("change", end);
    for (const other of ["pointerdown", "blur"]) {
      slider.addEventListener(other, () => {
        isKey = this.isStepping = false;
      });
    }
    // A slider that was moved back to where it was changes nothing, and says nothing.
    for (const over of ["pointerup", "blur"]) {
      slider.addEventListener(over, () => setTimeout(() => this.isSliding && end()));
    }
    return slider;
  }

  /** A tick of the slider at the default. */
  ticks() {
    const { key, stops } = this.control;
    return make("datalist", { id: `ticks-${key}` }, make("option", { value: stops.indexOf(this.control.default) }));
  }

  /**
   * Shows a value. What is being typed, or was typed and is wrong, stays until the value itself changes.
   * @param {Control} control
   */
  show(control) {
    const isNew = control.value !== this.control.value || this.input.value === "";
    // As after going back: the next step is one from there.
    this.isStepping &&= control.value === this.input.value;
    // A slider under a finger keeps its scale.
    this.control = this.isSliding ? { ...control, stops: this.control.stops } : control;
    if (isNew || !this.isDraft) {
      this.input.value = control.value;
      this.isDraft = false;
      this.say("");
    } else if (this.attempt(() => this.wishes.check(control.key, this.input.value.trim())) && document.activeElement !== this.input) {
      // What was wrong is right on this machine, but the run is not of it.
      this.say("not taken yet: Enter takes it");
    }
    if (this.slider) {
      const { stops } = this.control;
      this.slider.max = String(stops.length - 1);
      if (!this.isSliding) {
        this.slider.value = String(stops.indexOf(control.value));
        this.slider.setAttribute("aria-valuetext", control.value);
        const [tick] = this.element?.querySelectorAll("datalist option") ?? [];
        tick?.setAttribute("value", String(stops.indexOf(control.default)));
      }
    }
    const isChanged = this.isChanged();
    this.element.classList.toggle("changed", isChanged);
    this.back.disabled = !isChanged;
    this.back.textContent = isChanged ? `↺ ${control.default}` : "default";
    this.back.setAttribute("aria-label", isChanged ? `${control.key}: back to the default, ${control.default}` : `${control.key} has its default`);
    this.back.title = isChanged ? "Back to the default" : "This is the default";
  }

  isChanged() {
    return this.control.value !== this.control.default;
  }

  /**
   * Does what may be refused, and shows the reason beside the field.
   * @param {() => void} wish
   */
  attempt(wish) {
    try {
      wish();
      this.say("");
      return true;
    } catch (error) {
      this.say(messageOf(error));
      return false;
    }
  }

  /** @param {string} message */
  say(message) {
    this.wrong.textContent = message;
    this.input.setAttribute("aria-invalid", String(message !== ""));
  }

  /** What the popover of the term says. */
  explain() {
    const { key, kernelName, definition, unit, expects, choices, isPreset } = this.control;
    const rows = [
      ["in the kernel", kernelName],
      ["unit", unit],
      ["takes", choices.length > 0 ? "" : expects],
      ["default", this.control.default],
    ];
    const listed = rows.filter(([, text]) => text).flatMap(([name, text]) => [make("dt", {}, name ?? ""), make("dd", {}, text ?? "")]);
    const explained = choices.filter((choice) => choice.definition !== "").map((choice) => {
      const sets = choice.sets.map(([name, value]) => `${name} ${value}`).join(", ");
      return make("li", {}, make("b", {}, choice.name), ` ${choice.definition}`, ...(sets ? [make("small", {}, `sets ${sets}`)] : []));
    });
    return [
      make("p", {}, make("b", {}, key), isPreset ? " (preset)" : "", `: ${definition}`),
      make("dl", {}, ...listed),
      ...(explained.length > 0 ? [make("ul", {}, ...explained)] : []),
    ];
  }
}
