// www/platform.js for the single file. From file:// a browser loads neither modules nor wasm nor Workers, but text in
// the page can be turned into all three.

/**
 * @param {string} id
 * @returns {string}
 */
function embedded(id) {
  const text = document.getElementById(id)?.textContent;
  if (!text) {
    throw new Error(`this file is incomplete: '${id}' is missing`);
  }
  return text;
}

/** @returns {Promise<ArrayBuffer>} */
export async function loadWasm() {
  const packed = Uint8Array.from(atob(embedded("wasm").trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** @returns {Worker} */
export function createWorker() {
  const source = new Blob([embedded("worker")], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source));
}
