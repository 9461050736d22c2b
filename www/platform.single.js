// platform.js for the single file: from file:// a browser loads neither modules nor wasm nor Workers, but text in the
// page can be turned into all three.

/**
 * @param {string} id
 * @returns {string}
 */
function embedded(id) {
  const element = document.getElementById(id);
  if (!element || !element.textContent) {
    throw new Error(`this file is incomplete: '${id}' is missing`);
  }
  return element.textContent;
}

/**
 * The bytes of the wasm module, which may be packed with gzip: that saves more than half.
 * @returns {Promise<ArrayBuffer>}
 */
export async function loadWasm() {
  const text = atob(embedded("wasm-base64").trim());
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(unpacked).arrayBuffer();
  }
  return bytes.buffer;
}

/** @returns {Worker} */
export function createWorker() {
  const source = new Blob([embedded("worker-source")], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source));
}
