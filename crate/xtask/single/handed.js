// parts.js for the script of the page in the single file: start.js has unpacked all.

/**
 * @param {string} name
 * @returns {Promise<ArrayBuffer>}
 */
export function part(name) {
  return globalThis.swapscopePart(name);
}
