// The package with all its verbs. What a first visit needs is a wasm module without those for which few readers ask:
// crate/xtask/src/build.rs says which. Who asks for one waits a moment for the whole module.

import { alertWith } from "./dom.js";
import { loadWhole } from "./platform.js";

/** @typedef {{wasm: any, bytes: ArrayBuffer}} Whole  the bindings, and what a Worker is started with */

/** @type {Promise<Whole> | null} */
let loading = null;

/** @returns {Promise<Whole>} */
export function whole() {
  loading ??= load();
  return loading;
}

async function load() {
  try {
    const found = await loadWhole();
    watchPanics(found.wasm);
    return found;
  } catch (error) {
    // The network may be back the next time.
    loading = null;
    throw error;
  }
}

/** @param {any} wasm */
export function watchPanics(wasm) {
  wasm.onPanic((/** @type {string} */ message) => {
    document.body.dataset["state"] = "error";
    alertWith(`The program failed; please reload the page. ${message}`);
  });
}
