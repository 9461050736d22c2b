// Bytes that stand in a text: crate/xtask/src/packed.rs writes it.

/** What cannot stand there as it is, in the order of `ESCAPED` in crate/xtask/src/packed.rs. */
const ESCAPED = [0x00, 0x0a, 0x0d, 0x22, 0x3c, 0x5c];

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(text) {
  const start = text.indexOf(" ") + 1;
  const bytes = new Uint8Array(Number(text.slice(0, start)));
  let [at, bits, filled] = [0, 0, 0];
  const add = (/** @type {number} */ seven) => {
    bits = (bits << 7) | seven;
    filled += 7;
    if (filled >= 8) {
      filled -= 8;
      // Only the lowest eight bits are kept. What is behind the end is padding, and is not kept at all.
      bytes[at] = bits >> filled;
      at += 1;
    }
  };
  for (let i = start; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 0x100) {
      add(ESCAPED[(code - 0x100) >> 7] ?? 0);
    }
    add(code & 0x7f);
  }
  return bytes;
}
