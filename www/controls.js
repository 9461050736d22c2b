// The parameters: groups of fields, what is changed, and the way back. The scenario and the seed stand in the page.

import { Definition, placeBeside } from "./definition.js";
import { make, messageOf, need, tell } from "./dom.js";
import { Field } from "./field.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").Description} Description */

export class Controls {
  /**
   * @param {HTMLElement} root  holds the groups
   * @param {any} wasm
   * @param {Catalogue} catalogue
   */
  constructor(root, wasm, catalogue) {
    this.root = root;
    this.wasm = wasm;
    /** @type {State} */
    this.state = { scenario: "", kernels: [], seed: 1, seeds: 1, changes: [] };
    /**
     * Called with the new state.
     * @type {(state: State, entry: Entry) => void}
     */
    this.onchange = () => {};
    /** @type {Map<string, Field>} */
    this.fields = new Map();
    this.shownSeed = -1;
    /** The groups and fields that are built. */
    this.built = "";
    this.changes = make("ul", { class: "changes-list" });
    this.count = make("button", { type: "button", popovertarget: "changes", class: "changes-count" });
    this.resetAll = make("button", { type: "button", class: "reset-all" }, "Reset all");
    this.resetAll.addEventListener("click", () => {
      this.change({ ...this.state, changes: [] });
      this.keepFocus();
    });
    this.popover = make("div", { popover: "auto", id: "changes", class: "definition", role: "dialog", "aria-label": "Changes" }, this.changes);
    this.popover.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") {
        placeBeside(this.popover, this.count);
      }
    });
    this.groups = make("div", { class: "groups" });
    root.replaceChildren(
      make("div", { class: "changes-bar" }, this.count, this.resetAll, make("span", { class: "hint" }, "Press a term, or ? in its field, for what it means.")),
      this.popover,
      this.groups,
    );
    this.definition = new Definition(root);
    this.scenario = need("scenario", HTMLSelectElement);
    const options = catalogue.scenarios.map(({ name, title }) => make("option", { value: name }, title));
    this.scenario.replaceChildren(...options);
    this.scenario.addEventListener("change", () => {
      // Another scenario is another machine: it starts with its own kernels and values.
      this.change({ ...this.state, scenario: this.scenario.value, kernels: [], changes: [] });
    });
    this.seed = need("seed", HTMLInputElement);
    this.seed.max = String(catalogue.seedMax);
    this.seed.addEventListener("input", () => this.checkSeed());
    this.seed.addEventListener("change", () => {
      if (this.checkSeed()) {
        this.change({ ...this.state, seed: Number(this.seed.value) });
      }
    });
  }

  /** Whether the seed can be taken; what is wrong with it is said. */
  checkSeed() {
    const { value, max, validity } = this.seed;
    const wrong = validity.valid ? "" : `seed${value && ` = ${value}`}: expected a whole number from 0 to ${max}`;
    need("wrong-seed", HTMLElement).textContent = wrong;
    this.seed.setAttribute("aria-invalid", String(wrong !== ""));
    return wrong === "";
  }

  /** Whether nothing that was typed is wrong. Else that is said, and the first such field has the focus. */
  isRight() {
    const wrong = need("controls", HTMLElement).querySelectorAll("[aria-invalid=true]");
    const [first] = wrong;
    if (first instanceof HTMLElement) {
      for (let fold = first.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) {
        fold.open = true;
      }
      first.focus();
      tell(`Nothing was run: ${wrong.length === 1 ? "1 field is" : `${wrong.length} fields are`} wrong`);
    }
    return wrong.length === 0;
  }

  /**
   * @param {State} state
   * @param {Entry} [entry]
   */
  change(state, entry = "new") {
    this.state = state;
    this.onchange(state, entry);
  }

  /**
   * Shows a state. Fields stay where they are, so that nothing is lost that is being typed.
   * @param {State} state
   * @param {Description} description
   */
  show(state, description) {
    // What is being typed is not lost, but for another seed, as after going back.
    const isDraft = document.activeElement === this.seed && state.seed === this.shownSeed;
    this.state = state;
    this.shownSeed = state.seed;
    this.scenario.value = state.scenario;
    if (!isDraft) {
      this.seed.value = String(state.seed);
      this.checkSeed();
    }
    const layout = JSON.stringify(description.groups.map(({ parts }) => parts.map(({ controls }) => controls.map(({ key }) => key))));
    for (const control of description.groups.flatMap(({ parts }) => parts.flatMap(({ controls }) => controls))) {
      const field = this.fields.get(control.key);
      if (field) {
        field.show(control);
      } else {
        this.fields.set(control.key, new Field(control, this.definition, this.wishes()));
      }
    }
    if (layout !== this.built) {
      this.built = layout;
      this.build(description);
    }
    this.showChanges(description);
  }

  /** What a field may ask for. */
  wishes() {
    return {
      check: (/** @type {string} */ key, /** @type {string} */ text) => void this.wasm.set(this.state, key, text),
      set: (/** @type {string} */ key, /** @type {string} */ text, /** @type {Entry} */ entry) =>
        this.change(this.wasm.set(this.state, key, text), entry),
      reset: (/** @type {string} */ key) => this.change(this.wasm.reset(this.state, key)),
    };
  }

  /** @param {Description} description */
  build({ groups }) {
    const open = new Set([...this.groups.querySelectorAll("details[open]")].map(({ id }) => id));
    const focused = document.activeElement;
    this.groups.replaceChildren(
      ...groups.map(({ name, title, parts }) => {
        const id = `group-${name}`;
        const content = parts.flatMap(({ title: part, controls }) => [
          ...(parts.length > 1 && part !== title ? [make("h3", {}, part)] : []),
          make("div", { class: "fields" }, ...controls.flatMap(({ key }) => this.fields.get(key)?.element ?? [])),
        ]);
        const summary = make("summary", {}, make("h2", {}, title), make("span", { class: "said" }));
        return make("details", { id, class: "group", open: open.has(id) }, summary, this.takeFrom(name, title), ...content);
      }),
    );
    // What is taken out for a moment loses the focus; the choice of scenarios is a new one.
    const there = focused?.isConnected ? focused : document.getElementById(focused?.id ?? "");
    if (there instanceof HTMLElement) {
      there.focus({ preventScroll: true });
    }
  }

  /**
   * A choice of scenarios: one gives all values of a group at once, such as the machine of another report.
   * @param {string} group
   * @param {string} title
   */
  takeFrom(group, title) {
    const names = [...this.scenario.options].map(({ value }) => new Option(value));
    const select = make("select", { id: `take-${group}`, "aria-label": `${title}: take all values from a scenario` }, new Option("choose", ""), ...names);
    const wrong = make("span", { class: "wrong", role: "status" });
    select.addEventListener("change", () => {
      const scenario = select.value;
      select.value = "";
      try {
        const values = this.valuesOf(scenario, group);
        const changes = [...this.state.changes.filter(([key]) => !values.has(key)), ...values];
        // Says what does not fit together before anything is given up.
        this.wasm.link({ ...this.state, changes }, "");
        wrong.textContent = "";
        this.change({ ...this.state, changes });
      } catch (error) {
        wrong.textContent = `Not taken from ${scenario}: ${messageOf(error)}`;
      }
    });
    return make("p", { class: "take" }, make("label", {}, "as in ", select), wrong);
  }

  /**
   * @param {string} scenario
   * @param {string} group
   * @returns {Map<string, string>}
   */
  valuesOf(scenario, group) {
    /** @type {Description} */
    const { groups } = this.wasm.describe(this.wasm.link({ scenario, kernels: [], seed: 1, seeds: 1, changes: [] }, ""));
    const parts = groups.find(({ name }) => name === group)?.parts ?? [];
    return new Map(parts.flatMap(({ controls }) => controls.map(({ key, value }) => /** @type {[string, string]} */ ([key, value]))));
  }

  /** @param {Description} description */
  showChanges({ groups }) {
    /** @type {HTMLElement[]} */
    const lines = [];
    for (const { name, parts } of groups) {
      const changed = parts.flatMap(({ controls }) => controls).filter((control) => control.value !== control.default);
      const said = this.groups.querySelector(`#group-${name} .said`);
      if (said) {
        said.textContent = changed.map(({ key, value }) => `${key} ${value}`).join(", ");
      }
      lines.push(...changed.map((control) => this.changeLine(control)));
    }
    this.changes.replaceChildren(...lines);
    const text = lines.length === 0 ? "No changes" : lines.length === 1 ? "1 change" : `${lines.length} changes`;
    this.count.textContent = text;
    this.count.disabled = lines.length === 0;
    this.resetAll.disabled = this.state.changes.length === 0;
    if (lines.length === 0 && this.popover.matches(":popover-open")) {
      this.popover.hidePopover();
    }
  }

  /** After a reset: its button is gone or does nothing any more, and the focus would be nowhere. */
  keepFocus() {
    const next = this.count.disabled ? this.groups.querySelector("summary") : this.count;
    next?.focus();
  }

  /** @param {import("./types.js").Control} control */
  changeLine({ key, value, default: usual, definition }) {
    const back = make("button", { type: "button", "aria-label": `${key}: back to the default, ${usual}` }, `↺ ${usual}`);
    const line = make("li", { title: definition }, make("code", {}, `${key} ${value}`), back);
    back.addEventListener("click", () => {
      try {
        this.change(this.wasm.reset(this.state, key));
        this.keepFocus();
      } catch (error) {
        line.append(make("p", { class: "wrong" }, messageOf(error)));
      }
    });
    return line;
  }
}
