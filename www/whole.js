// The package with all its verbs. What a first visit needs is a wasm module without those for which few readers ask:
// crate/xtask/src/build.rs says which. Who asks for one waits a moment for the whole module.

import { loadWhole } from "./platform.js";

/** @typedef {{wasm: any, bytes: ArrayBuffer}} Whole  the bindings, and what a Worker is started with */

/** @type {Promise<Whole> | null} */
let loading = null;
/** The one that is there. @type {Whole | null} */
let current = null;

/** @returns {Promise<Whole>} */
export function whole() {
  loading ??= load();
  return loading;
}

/** What is told when the whole module fails. @type {(message: string) => void} */
let told = () => {};

/** @param {(message: string) => void} tell */
export function watchWhole(tell) {
  told = tell;
}

/** After a failure: the next who asks gets another instance. */
export function forgetWhole() {
  loading = current = null;
}

/**
 * Whether nothing failed since: else nothing may use or free what this one made, as the bindings call another instance.
 * @param {Whole} it
 */
export function isCurrent(it) {
  return it === current;
}

async function load() {
  try {
    const found = await loadWhole();
    found.wasm.onPanic((/** @type {string} */ message) => told(message));
    current = found;
    return found;
  } catch (error) {
    // The network may be back the next time.
    loading = null;
    throw error;
  }
}
