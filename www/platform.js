// Where the wasm and the Worker come from when the page is served. The single file has platform.single.js instead.

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

/** @returns {Worker} */
export function createWorker() {
  return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
}
