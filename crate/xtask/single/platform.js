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

/**
 * @param {string} id
 * @returns {Promise<ArrayBuffer>}
 */
async function unpacked(id) {
  const packed = Uint8Array.from(atob(embedded(id).trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** @returns {Promise<ArrayBuffer>} */
export async function loadWasm() {
  return unpacked("wasm");
}

/** @returns {Promise<import("./types.js").Term[]>} */
export async function loadGlossary() {
  return JSON.parse(new TextDecoder().decode(await unpacked("glossary")));
}

/** @returns {Worker} */
export function createWorker() {
  const source = new Blob([embedded("worker")], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source));
}
