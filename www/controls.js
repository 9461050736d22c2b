// The form: from a state to controls and back.

import { make, need } from "./dom.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").Control} Control */

/**
 * @param {HTMLSelectElement} select
 * @param {{name: string, title: string}[]} options
 * @param {string} chosen
 */
function fill(select, options, chosen) {
  select.replaceChildren(...options.map(({ name, title }) => make("option", { value: name }, title)));
  select.value = chosen;
}

/**
 * Shows a state.
 * @param {Catalogue} catalogue
 * @param {State} state
 * @param {Description} description
 */
export function showControls(catalogue, state, description) {
  fill(need("scenario", HTMLSelectElement), catalogue.scenarios, state.scenario);
  const workload = need("workload", HTMLSelectElement);
  fill(workload, description.workloads.map(([name]) => ({ name, title: name })), description.workload);
  workload.dataset["shown"] = description.workload;
  workload.title = description.workloads.map(([name, title]) => `${name}: ${title}`).join("\n");
  need("seed", HTMLInputElement).value = String(state.seed);
  need("kernels", HTMLFieldSetElement).replaceChildren(
    make("legend", {}, "Kernels, one column each"),
    ...state.kernels.map((kernel) => kernelRow(catalogue, kernel)),
    make("button", { type: "button", class: "add", "data-action": "add" }, "Add a kernel"),
  );
  const open = new Set([...document.querySelectorAll("#sections details[open]")].map((each) => each.id));
  need("sections", HTMLElement).replaceChildren(
    ...description.sections.filter((section) => section.controls.length > 0).map((section) => {
      const id = `section-${section.title.replaceAll(" ", "-")}`;
      return make(
        "details",
        { id, open: open.has(id) },
        make("summary", {}, section.title),
        make("div", { class: "fields" }, ...section.controls.map(field)),
      );
    }),
  );
  const count = state.changes.filter(([key]) => key !== "workload").length;
  need("changed", HTMLElement).textContent = count === 0 ? "" : `(${count} changed)`;
}

/**
 * @param {Catalogue} catalogue
 * @param {string} kernel
 */
function kernelRow(catalogue, kernel) {
  const [version, ...patches] = kernel.split("~");
  const select = make(
    "select",
    { "aria-label": "Version" },
    ...catalogue.versions.map(({ name, summary }) => make("option", { value: name, title: summary }, name)),
  );
  select.value = version ?? "";
  const boxes = catalogue.patches.map(({ name, summary }) => {
    const box = make("input", { type: "checkbox", value: name });
    box.checked = patches.includes(name);
    return make("label", { title: summary }, box, ` ${name}`);
  });
  const remove = make(
    "button",
    { type: "button", class: "remove", "data-action": "remove", "aria-label": `Remove ${kernel}`, title: "Remove" },
    "×",
  );
  return make("div", { class: "kernel" }, select, ...boxes, remove);
}

/** @param {Control} control */
function field(control) {
  const id = `p-${control.key}`;
  const isChanged = control.value !== control.default;
  const input =
    control.choices.length > 0
      ? make(
          "select",
          { id, "data-key": control.key },
          ...control.choices.map(([name, title]) => make("option", { value: name, title }, name)),
        )
      : make("input", { id, "data-key": control.key, autocomplete: "off", spellcheck: "false" });
  input.value = control.value;
  input.dataset["shown"] = control.value;
  const note = isChanged ? `${control.definition}; scenario: ${control.default}` : control.definition;
  return make(
    "div",
    { class: isChanged ? "field changed" : "field", title: control.expects },
    make("label", { for: id }, control.key, control.kernelName ? make("i", {}, ` ${control.kernelName}`) : ""),
    input,
    make("small", {}, note),
  );
}

/**
 * Reads the controls. Parameters that were not touched keep what the state had.
 * @param {State} before
 * @returns {State}
 */
export function readControls(before) {
  const scenario = need("scenario", HTMLSelectElement).value;
  if (scenario !== before.scenario) {
    // Another scenario is another machine: it starts with its own kernels and values.
    return { ...before, scenario, kernels: [], changes: [] };
  }
  const kernels = [...document.querySelectorAll("#kernels .kernel")].map((row) => {
    const select = row.querySelector("select");
    const patches = [...row.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);
    return [select ? select.value : "", ...patches].join("~");
  });
  const changes = new Map(before.changes);
  const workload = need("workload", HTMLSelectElement);
  if (workload.value !== workload.dataset["shown"]) {
    changes.set("workload", workload.value);
  }
  for (const input of document.querySelectorAll("#sections [data-key]")) {
    if (input instanceof HTMLInputElement || input instanceof HTMLSelectElement) {
      const { key, shown } = input.dataset;
      if (key && input.value.trim() !== shown) {
        changes.set(key, input.value.trim());
      }
    }
  }
  const seed = Number(need("seed", HTMLInputElement).value);
  return { ...before, kernels, seed, changes: [...changes] };
}

/**
 * Adds the newest kernel that is not there yet, or takes a column away.
 * @param {Catalogue} catalogue
 * @param {State} state
 * @param {HTMLElement} button
 */
export function editKernels(catalogue, state, button) {
  if (button.dataset["action"] === "add") {
    const newest = [...catalogue.versions].reverse().map(({ name }) => name);
    const patched = newest.flatMap((version) => catalogue.patches.map(({ name }) => `${version}~${name}`));
    const kernel = [...newest, ...patched].find((name) => !state.kernels.includes(name));
    button.before(kernelRow(catalogue, kernel ?? newest[0] ?? ""));
  } else if (document.querySelectorAll("#kernels .kernel").length > 1) {
    button.closest(".kernel")?.remove();
  }
}
