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

/** @returns {Promise<ArrayBuffer>} */
export async function loadWasm() {
  const text = atob(embedded("wasm-base64").trim());
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}

/** @returns {Worker} */
export function createWorker() {
  const source = new Blob([embedded("worker-source")], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source));
}
