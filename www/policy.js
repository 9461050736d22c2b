// The table of kernels: what each does, policy value by policy value.

import { make, need } from "./dom.js";

/** @typedef {import("./types.js").PolicyEntry} PolicyEntry */

/**
 * Fills the table once it is open; a closed one costs nothing.
 * @param {{policy: (kernels: string[]) => PolicyEntry[]}} wasm
 * @param {string[]} shown  the kernels of the page
 */
export function showPolicy(wasm, shown) {
  if (!need("policy", HTMLDetailsElement).open) {
    return;
  }
  const entries = wasm.policy(need("policy-of", HTMLSelectElement).value === "all" ? [] : shown);
  const kernels = entries[0]?.choices.flatMap((choice) => choice.kernels) ?? [];
  const differing = entries.filter((entry) => entry.choices.length > 1);
  const listed = need("policy-differing", HTMLInputElement).checked ? differing : entries;
  const groups = [...new Set(listed.map((entry) => entry.group))];
  need("policy-table", HTMLTableElement).replaceChildren(
    make("thead", {}, make("tr", {}, ...["Policy value", ...kernels].map((name) => make("th", { scope: "col" }, name)))),
    ...groups.map((group) =>
      make(
        "tbody",
        {},
        make("tr", { class: "group" }, make("th", { scope: "rowgroup", colspan: kernels.length + 1 }, group)),
        ...listed.filter((entry) => entry.group === group).map(row),
      ),
    ),
  );
  const count = `${differing.length} of ${entries.length} values differ between these kernels`;
  need("policy-count", HTMLElement).textContent = count;
}

/**
 * Neighbours that do the same share a cell.
 * @param {PolicyEntry} entry
 */
function row({ name, function: place, decides, choices }) {
  const cells = choices.map(({ kernels, value, meaning, source }, at) =>
    make(
      "td",
      { colspan: kernels.length, class: at > 0 ? "other" : "", "data-kernels": kernels.join(", ") },
      make("b", {}, at > 0 ? "≠ " : "", value),
      ` ${meaning}`,
      ...(source === "" ? [] : [make("small", {}, source)]),
    ),
  );
  const what = [make("code", {}, name), ` ${decides}`, make("small", {}, place)];
  return make("tr", { "data-policy": name }, make("th", { scope: "row" }, ...what), ...cells);
}
