// www/platform.js for the single file and for frames. From file://, and in a sandboxed frame, a browser loads neither
// modules nor wasm nor Workers, but text can be turned into all three.

import { startBindings } from "./bindings.js";
import { part } from "./parts.js";

/** The script of the Worker, which is there once the wasm is. */
let workerScript = new ArrayBuffer(0);

/** @returns {Promise<ArrayBuffer>} */
export async function loadWasm() {
  workerScript = await part("worker");
  return part("wasm");
}

/** There is only one, with all verbs. @returns {Promise<import("./whole.js").Whole>} */
export async function loadWhole() {
  const bytes = await loadWasm();
  return { wasm: await startBindings(bytes), bytes };
}

/** @returns {Promise<import("./types.js").Term[]>} */
export async function loadGlossary() {
  return JSON.parse(new TextDecoder().decode(await part("glossary")));
}

/** @returns {Worker} */
export function createWorker() {
  const source = new Blob([workerScript], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source));
}

/** There is no such page inside. @returns {Promise<string>} */
export async function loadStills() {
  return "";
}
