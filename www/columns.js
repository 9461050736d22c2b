// The kernels: a card for each column, with its patches and what-ifs, and what differs from the column to its left.
//
// A kernel can be there once only. A card that says the same as one before it (a copy, or one whose last patch was
// taken away) stays, says so, and becomes a column as soon as it differs.

import { make, makeSvg } from "./dom.js";
import { Picker } from "./picker.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").PolicyEntry} PolicyEntry */

// As in crate/scenario/src/setup.rs.
const KERNELS_MAX = 8;
// Names of differing values that stand on the card itself.
const NAMED = 3;
// Lines of the signs on buttons, in a square of 16.
const SIGNS = {
  left: "M10 3 5 8l5 5",
  right: "M6 3l5 5-5 5",
  copy: "M5 5V2h9v9h-3M2 5h9v9H2z",
  remove: "M4 4l8 8M12 4l-8 8",
};

/** @param {string} kernel */
function parts(kernel) {
  const [version = "", ...patches] = kernel.split("~");
  return { version, patches };
}

/**
 * A list in which some are taken out and others put in.
 * @param {string[]} list
 * @param {number} at
 * @param {number} out
 * @param {string[]} into
 */
function spliced(list, at, out, ...into) {
  return [...list.slice(0, at), ...into, ...list.slice(at + out)];
}

/** @param {string} whatIf */
function fieldOf(whatIf) {
  return whatIf.includes(".") ? whatIf.slice(0, whatIf.indexOf(".")) : "";
}

export class Columns {
  /**
   * @param {HTMLElement} root
   * @param {{policy: (kernels: string[]) => PolicyEntry[]}} wasm
   * @param {Catalogue} catalogue
   */
  constructor(root, wasm, catalogue) {
    this.root = root;
    this.wasm = wasm;
    this.catalogue = catalogue;
    /** @type {State} */
    this.state = { scenario: "", kernels: [], seed: 1, seeds: 1, changes: [] };
    /** Kernels of the cards: those of the state, and cards that say the same as one before them. */
    this.cards = [""];
    /** @type {(state: State) => void} */
    this.onchange = () => {};
    /** What a patch or what-if does, in a line. */
    this.summaries = new Map(catalogue.patches.map(({ name, summary }) => [name, summary]));
    for (const { function: place, values } of catalogue.behaviours) {
      values.forEach(({ whatIf, meaning }) => this.summaries.set(whatIf, `what if ${place}: ${meaning}`));
    }
    this.grid = make("div", { class: "cards" });
    this.add = make("button", { type: "button", class: "add-kernel" }, "Add a kernel");
    this.add.addEventListener("click", () => this.addKernel());
    root.replaceChildren(this.grid, this.add);
    this.picker = new Picker(root, catalogue);
    /** Where the differing values are unfolded. */
    this.unfolded = new Set();
  }

  /** @param {State} state */
  show(state) {
    this.state = state;
    if (JSON.stringify(state.kernels) !== JSON.stringify(this.kernels())) {
      this.cards = [...state.kernels];
    } else if (this.grid.childElementCount === this.cards.length) {
      return;
    }
    this.build();
  }

  /** The kernels of the cards, each once. */
  kernels() {
    return [...new Set(this.cards)];
  }

  /**
   * Takes other cards.
   * @param {string[]} cards
   * @param {number} at  the card that was worked on
   * @param {string} action  what has the focus there afterwards
   */
  change(cards, at, action) {
    this.cards = cards;
    this.build();
    const card = this.grid.children[Math.min(at, cards.length - 1)];
    const target = card?.querySelector(`[data-action="${action}"]:not(:disabled)`) ?? card?.querySelector("select");
    if (target instanceof HTMLElement) {
      target.focus();
    }
    const kernels = this.kernels();
    if (JSON.stringify(kernels) !== JSON.stringify(this.state.kernels)) {
      this.state = { ...this.state, kernels };
      this.onchange(this.state);
    }
  }

  /**
   * @param {number} at
   * @param {string} version
   * @param {string[]} patches
   * @param {string} action
   */
  replace(at, version, patches, action) {
    this.change(spliced(this.cards, at, 1, [version, ...patches].join("~")), at, action);
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {string} action
   */
  move(from, to, action) {
    this.change(spliced(spliced(this.cards, from, 1), to, 0, this.cards[from] ?? ""), to, action);
  }

  /** The newest kernel that is not there yet. */
  addKernel() {
    const newest = this.catalogue.versions.map(({ name }) => name).reverse();
    const kernel = newest.find((name) => !this.cards.includes(name)) ?? newest[0] ?? "";
    this.change([...this.cards, kernel], this.cards.length, "version");
  }

  build() {
    this.grid.replaceChildren(...this.cards.map((kernel, at) => this.card(kernel, at)));
    const isFull = this.cards.length >= KERNELS_MAX;
    this.add.disabled = isFull;
    this.add.title = isFull ? `At most ${KERNELS_MAX} kernels` : "";
  }

  /**
   * @param {string} kernel
   * @param {number} at
   */
  card(kernel, at) {
    const same = this.cards.indexOf(kernel);
    const isCopy = same < at;
    const last = this.cards.length - 1;
    const title = `Column ${at + 1}: ${kernel}`;
    return make(
      "article",
      { class: isCopy ? "card copy" : "card", "aria-label": title, "data-card": kernel },
      make(
        "div",
        { class: "card-head" },
        this.versionSelect(kernel, at),
        make(
          "span",
          { class: "card-buttons" },
          this.button("left", "Move to the left", at === 0, () => this.move(at, at - 1, "left")),
          this.button("right", "Move to the right", at === last, () => this.move(at, at + 1, "right")),
          this.button("copy", "Duplicate", this.cards.length >= KERNELS_MAX, () =>
            this.change(spliced(this.cards, at + 1, 0, kernel), at + 1, "pick"),
          ),
          this.button("remove", "Remove", last === 0, () => this.change(spliced(this.cards, at, 1), at, "remove")),
        ),
      ),
      this.chips(kernel, at),
      isCopy
        ? make("p", { class: "card-note" }, `The same as column ${same + 1} so far: choose what is to differ.`)
        : this.differences(kernel, at),
    );
  }

  /**
   * @param {keyof SIGNS} action
   * @param {string} text
   * @param {boolean} disabled
   * @param {() => void} press
   */
  button(action, text, disabled, press) {
    const sign = makeSvg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, makeSvg("path", { d: SIGNS[action] }));
    const button = make("button", { type: "button", "data-action": action, "aria-label": text, title: text, disabled }, sign);
    button.addEventListener("click", press);
    return button;
  }

  /**
   * @param {string} kernel
   * @param {number} at
   */
  versionSelect(kernel, at) {
    const { version, patches } = parts(kernel);
    const options = this.catalogue.versions.map(({ name, summary }) => make("option", { value: name, title: summary }, name));
    const select = make("select", { "data-action": "version", "aria-label": `Version of column ${at + 1}` }, ...options);
    select.value = version;
    select.title = this.catalogue.versions.find(({ name }) => name === version)?.summary ?? "";
    select.addEventListener("change", () => this.replace(at, select.value, patches, "version"));
    return select;
  }

  /**
   * Patches and what-ifs in the order in which they are applied, and the button for more.
   * @param {string} kernel
   * @param {number} at
   */
  chips(kernel, at) {
    const { version, patches } = parts(kernel);
    const chips = patches.map((name, place) => {
      const before = [version, ...patches.slice(0, place)].join("~");
      const isIdle = this.differing(before, `${before}~${name}`).length === 0;
      const text = isIdle ? `${name} (changes nothing here)` : name;
      const remove = make("button", { type: "button", "aria-label": `Take ${name} away`, title: "Take away" }, "×");
      remove.addEventListener("click", () => this.replace(at, version, spliced(patches, place, 1), "pick"));
      const kind = `chip${name.includes(".") ? " what-if" : ""}${isIdle ? " idle" : ""}`;
      return make("li", { class: kind, title: this.summaries.get(name) ?? "" }, make("span", {}, text), remove);
    });
    const pick = make("button", { type: "button", class: "pick", "data-action": "pick", "aria-haspopup": "dialog", title: "Add a patch or behaviour" }, chips.length > 0 ? "+ more" : "+ patch or behaviour");
    pick.addEventListener("click", () => {
      this.picker.onpick = (name) => this.addPatch(at, name);
      this.picker.open(pick, kernel, this.has(kernel));
    });
    return make("ul", { class: "chips" }, ...chips, make("li", {}, pick));
  }

  /**
   * What a kernel has (patches) or does (behaviours) already.
   * @param {string} kernel
   */
  has(kernel) {
    const { patches } = parts(kernel);
    const has = new Set(patches);
    const rows = this.wasm.policy([kernel]);
    for (const { name: field, values } of this.catalogue.behaviours) {
      const value = rows.find(({ name }) => name === field)?.choices[0]?.value;
      const now = values.find(({ name }) => name === value);
      if (now) {
        has.add(now.whatIf);
      }
    }
    return has;
  }

  /**
   * Puts a patch or what-if behind the others. A behaviour that was set already is set anew.
   * @param {number} at
   * @param {string} name
   */
  addPatch(at, name) {
    const { version, patches } = parts(this.cards[at] ?? "");
    const others = patches.filter((patch) => fieldOf(patch) === "" || fieldOf(patch) !== fieldOf(name));
    this.replace(at, version, [...others, name], "pick");
  }

  /**
   * Policy values in which two kernels differ.
   * @param {string} left
   * @param {string} right
   */
  differing(left, right) {
    return left === right ? [] : this.wasm.policy([left, right]).filter(({ choices }) => choices.length > 1);
  }

  /**
   * What differs from the column to the left, in words.
   * @param {string} kernel
   * @param {number} at
   */
  differences(kernel, at) {
    const kernels = this.kernels();
    const left = kernels[kernels.indexOf(kernel) - 1];
    if (left === undefined) {
      const isAlone = kernels.length === 1;
      return isAlone ? "" : make("p", { class: "card-note" }, "The columns to the right are compared with this one.");
    }
    const rows = this.differing(left, kernel);
    if (rows.length === 0) {
      return make("p", { class: "card-note" }, `Does nothing else than ${left}.`);
    }
    const names = rows.slice(0, NAMED).map(({ name }) => name).join(", ");
    const more = rows.length > NAMED ? ", …" : "";
    const count = rows.length === 1 ? "1 difference" : `${rows.length} differences`;
    const details = make(
      "details",
      { class: "differences", open: this.unfolded.has(kernel) },
      make("summary", {}, make("b", {}, `≠ ${count}`), ` from ${left}: ${names}${more}`),
      make("ul", { tabindex: "0", "aria-label": `Differences from ${left}` }, ...rows.map(difference)),
    );
    details.addEventListener("toggle", () => {
      if (details.open) {
        this.unfolded.add(kernel);
      } else {
        this.unfolded.delete(kernel);
      }
    });
    return details;
  }
}

/** @param {PolicyEntry} entry */
function difference({ name, function: place, decides, choices }) {
  const [before, after] = choices;
  const source = after?.source ? `${place}, ${after.source}` : place;
  return make(
    "li",
    {},
    make("b", {}, name),
    ` ${decides}`,
    make("span", { class: "after" }, after?.meaning ?? ""),
    make("span", { class: "before" }, `left: ${before?.meaning ?? ""}`),
    make("small", {}, source),
  );
}
