// The list from which a patch or a single behaviour is added to a kernel: searched by typing, chosen by keys or touch.

import { placeBeside } from "./definition.js";
import { make } from "./dom.js";

/** @typedef {import("./types.js").Catalogue} Catalogue */

/**
 * A line of the list.
 * @typedef {object} Entry
 * @property {string} name  as it stands behind a version
 * @property {HTMLElement} element
 * @property {string} words  what a search looks at
 */

/**
 * @param {string} name
 * @param {(Node | string)[]} content
 */
function option(name, ...content) {
  return make("div", { role: "option", id: `pick-${name}`, "data-name": name, "aria-selected": "false" }, ...content);
}

export class Picker {
  /**
   * @param {HTMLElement} root
   * @param {Catalogue} catalogue
   */
  constructor(root, catalogue) {
    /** @type {(name: string) => void} */
    this.onpick = () => {};
    /** @type {Entry[]} */
    this.entries = [];
    this.at = -1;
    this.search = make("input", {
      type: "search",
      role: "combobox",
      "aria-controls": "picker-list",
      "aria-expanded": "true",
      "aria-autocomplete": "list",
      "aria-label": "Search patches and behaviours",
      placeholder: "Search: throttle, mempool, OOM …",
      autocomplete: "off",
      spellcheck: "false",
      autofocus: true,
    });
    this.count = make("span", { class: "hint", role: "status" });
    this.list = make("div", { id: "picker-list", role: "listbox", "aria-label": "Patches and behaviours" }, ...this.groups(catalogue));
    this.element = make("div", { popover: "auto", id: "picker", class: "picker", role: "dialog", "aria-label": "Add a patch or behaviour" }, this.search, this.count, this.list);
    root.append(this.element);
    this.search.addEventListener("input", () => this.filter());
    this.search.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const line = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (line instanceof HTMLElement) {
        this.pick(line);
      }
    });
  }

  /** @param {Catalogue} catalogue */
  groups({ patches, behaviours }) {
    const patchLines = patches.map(({ name, summary, source, subject }) => {
      const element = option(name, make("b", {}, name), ` ${summary}`, make("small", {}, `${source} ${subject}`));
      this.entries.push({ name, element, words: `${name} ${summary} ${source} ${subject}`.toLowerCase() });
      return element;
    });
    const sections = [this.group("Patches of the thread", patchLines)];
    for (const group of new Set(behaviours.map((behaviour) => behaviour.group))) {
      const lines = behaviours.filter((behaviour) => behaviour.group === group).flatMap((behaviour) => {
        const { name: field, function: place, decides, values } = behaviour;
        const head = make("div", { class: "behaviour", role: "presentation" }, make("b", {}, field), ` ${decides}`, make("small", {}, place));
        const options = values.map(({ name, whatIf, meaning, source }) => {
          const element = option(whatIf, make("b", {}, name), ` ${meaning}`, ...(source ? [make("small", {}, source)] : []));
          const words = [group, field, decides, place, name, whatIf, meaning, source].join(" ").toLowerCase();
          this.entries.push({ name: whatIf, element, words });
          return element;
        });
        return [make("div", { class: "values", role: "presentation" }, head, ...options)];
      });
      sections.push(this.group(`What if: ${group}`, lines));
    }
    return sections;
  }

  /**
   * @param {string} title
   * @param {HTMLElement[]} lines
   */
  group(title, lines) {
    const id = `picker-${title.replaceAll(/[^a-z]+/gi, "-")}`;
    return make("div", { role: "group", "aria-labelledby": id }, make("div", { class: "title", id, role: "presentation" }, title), ...lines);
  }

  /**
   * Opens beside a button.
   * @param {HTMLElement} button
   * @param {string} kernel
   * @param {Set<string>} now  what the kernel does or has already
   */
  open(button, kernel, now) {
    this.list.setAttribute("aria-label", `Patches and behaviours for ${kernel}`);
    for (const { name, element } of this.entries) {
      element.setAttribute("aria-disabled", String(now.has(name)));
      element.title = now.has(name) ? `${kernel} has or does this` : "";
    }
    this.search.value = "";
    this.filter();
    this.element.showPopover();
    placeBeside(this.element, button);
    this.search.focus();
  }

  shown() {
    return this.entries.filter(({ element }) => !element.hidden);
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { element, words: text } of this.entries) {
      element.hidden = !words.every((word) => text.includes(word));
    }
    for (const box of this.list.querySelectorAll(".values, [role=group]")) {
      if (box instanceof HTMLElement) {
        box.hidden = box.querySelector("[role=option]:not([hidden])") === null;
      }
    }
    this.count.textContent = `${this.shown().length} of ${this.entries.length}`;
    this.mark(words.length > 0 ? 0 : -1);
    this.list.scrollTop = 0;
  }

  /**
   * Marks one of the shown lines, which Enter takes.
   * @param {number} at
   */
  mark(at) {
    const shown = this.shown();
    this.at = Math.max(-1, Math.min(at, shown.length - 1));
    this.entries.forEach(({ element }) => element.setAttribute("aria-selected", "false"));
    const entry = shown[this.at];
    entry?.element.setAttribute("aria-selected", "true");
    entry?.element.scrollIntoView({ block: "nearest" });
    if (entry) {
      this.search.setAttribute("aria-activedescendant", entry.element.id);
    } else {
      this.search.removeAttribute("aria-activedescendant");
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = new Map([["ArrowDown", 1], ["ArrowUp", -1], ["PageDown", 8], ["PageUp", -8]]);
    const step = steps.get(event.key);
    if (step !== undefined) {
      event.preventDefault();
      this.mark(Math.max(0, this.at + step));
    } else if (event.key === "Escape") {
      // A search field would only be emptied.
      event.preventDefault();
      this.element.hidePopover();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const entry = this.shown()[this.at];
      if (entry) {
        this.pick(entry.element);
      }
    }
  }

  /** @param {HTMLElement} line */
  pick(line) {
    if (line.getAttribute("aria-disabled") !== "true") {
      this.element.hidePopover();
      this.onpick(line.dataset["name"] ?? "");
    }
  }
}
