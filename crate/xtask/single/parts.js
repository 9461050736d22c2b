// What stands packed in a text, taken apart: wasm and scripts.

import { bytesOf } from "./packed.js";
import { decoder, packed, sizes } from "./texts.js";
import { joined, unpacked } from "./unpack.js";

/** @type {Promise<ArrayBuffer> | null} */
let all = null;

/**
 * @param {string} name
 * @returns {Promise<ArrayBuffer>}
 */
export async function part(name) {
  all ??= unpacked(bytesOf(decoder), bytesOf(packed));
  const bytes = await all;
  let start = 0;
  for (const [found, size] of sizes) {
    if (found === name) {
      const part = bytes.slice(start, start + size);
      return name === "wasm" ? joined(bytesOf(decoder), new Uint8Array(part)) : part;
    }
    start += size;
  }
  throw new Error(`this file is incomplete: '${name}' is missing`);
}
