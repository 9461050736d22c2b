// Where wasm, Worker and glossary come from when the page is served. The single file has a module of its own
// instead: crate/xtask/single/platform.js.

import { came } from "./dom.js";
import { joined, unpacked } from "./unpack.js";

/** @param {string} name */
async function fetched(name) {
  const response = await came(fetch(new URL(name, import.meta.url)));
  if (!response.ok) {
    throw new Error(`${name}: the server says ${response.status}`);
  }
  return response;
}

/**
 * The bytes of the wasm module without the verbs that few readers need. Read as bytes and not as a stream, so that a
 * server's MIME type does not matter.
 * @returns {Promise<ArrayBuffer>}
 */
export async function loadWasm() {
  const both = ["pkg/unpack.wasm", "pkg/first.lzma"].map(async (name) => (await fetched(name)).arrayBuffer());
  const [decoder, packed] = /** @type {[ArrayBuffer, ArrayBuffer]} */ (await Promise.all(both));
  return joined(decoder, new Uint8Array(await unpacked(decoder, new Uint8Array(packed))));
}

/**
 * The module with all verbs, in an instance of its own.
 * @returns {Promise<import("./whole.js").Whole>}
 */
export async function loadWhole() {
  const bytes = await (await fetched("pkg/swapscope_web_bg.wasm")).arrayBuffer();
  // Under another address it is another module, with room for another instance.
  const wasm = await came(import(new URL("pkg/swapscope_web.js?whole", import.meta.url).href));
  // One that is there has failed.
  wasm.forgetInstance();
  await wasm.default({ module_or_path: bytes });
  return { wasm, bytes };
}

/** @returns {Promise<import("./types.js").Term[]>} */
export async function loadGlossary() {
  return (await fetched("glossary.json")).json();
}

/** @returns {Worker} */
export function createWorker() {
  return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
}

/** The page of what was run beforehand. @returns {Promise<string>} */
export async function loadStills() {
  return (await fetch(new URL("fallback.html", import.meta.url))).text();
}
