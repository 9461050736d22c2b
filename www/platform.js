// Where the wasm, the Worker and the glossary come from when the page is served. The single file has a module of its own
// instead: crate/xtask/single/platform.js.

/**
 * The bytes of the wasm module. Read as bytes and not as a stream, so that a server's MIME type does not matter.
 * @returns {Promise<ArrayBuffer>}
 */
export async function loadWasm() {
  const response = await fetch(new URL("pkg/swapscope_web_bg.wasm", import.meta.url));
  if (!response.ok) {
    throw new Error(`pkg/swapscope_web_bg.wasm: the server says ${response.status}`);
  }
  return response.arrayBuffer();
}

/** @returns {Promise<import("./types.js").Term[]>} */
export async function loadGlossary() {
  const response = await fetch(new URL("glossary.json", import.meta.url));
  if (!response.ok) {
    throw new Error(`glossary.json: the server says ${response.status}`);
  }
  return response.json();
}

/** @returns {Worker} */
export function createWorker() {
  return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
}

/** The page of what was run beforehand. @returns {Promise<string>} */
export async function loadStills() {
  return (await fetch(new URL("fallback.html", import.meta.url))).text();
}
