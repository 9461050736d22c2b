// The generated bindings.

import init from "./pkg/swapscope_web.js";
import * as generated from "./pkg/swapscope_web.js";

/**
 * Starts the wasm module; once per thread.
 * @param {ArrayBuffer} bytes
 */
export async function startBindings(bytes) {
  await init({ module_or_path: bytes });
  return generated;
}
