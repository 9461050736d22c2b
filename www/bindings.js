// The generated bindings.

import init from "./pkg/swapscope_web.js";
import * as generated from "./pkg/swapscope_web.js";

/**
 * Puts a new instance in the place of one that failed. Objects of the old one must stay referenced: a finalizer would free
 * memory of the new one.
 * @param {ArrayBuffer} bytes
 */
export async function restartBindings(bytes) {
  generated.forgetInstance();
  return startBindings(bytes);
}

/**
 * Starts the wasm module; once per thread.
 * @param {ArrayBuffer} bytes
 */
export async function startBindings(bytes) {
  await init({ module_or_path: bytes });
  return generated;
}
