// Undoes the compression in which wasm modules travel: crate/unpack.

const PAGE = 0x10000;

/**
 * @param {BufferSource} decoder  crate/unpack as wasm
 * @param {Uint8Array} packed  the count of the bytes in four of them, and the LZMA of crate/xtask/src/lzma.rs
 */
export async function unpacked(decoder, packed) {
  return undone(decoder, "unpack", packed);
}

/**
 * @param {BufferSource} decoder  crate/unpack as wasm
 * @param {Uint8Array} apart  the count of the bytes in four of them, and the parts of crate/xtask/src/apart.rs
 */
export async function joined(decoder, apart) {
  return undone(decoder, "join", apart);
}

/**
 * @param {BufferSource} decoder
 * @param {"unpack" | "join"} how
 * @param {Uint8Array} bytes
 * @returns {Promise<ArrayBuffer>}
 */
async function undone(decoder, how, bytes) {
  const { instance } = await WebAssembly.instantiate(decoder);
  const { memory, [how]: undo } = /** @type {Record<typeof how, (...ranges: number[]) => number> & {memory: WebAssembly.Memory}} */ (
    /** @type {unknown} */ (instance.exports)
  );
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const stream = bytes.subarray(4);
  const from = memory.buffer.byteLength;
  memory.grow(Math.ceil((stream.length + size) / PAGE));
  new Uint8Array(memory.buffer).set(stream, from);
  const to = from + stream.length;
  if (!undo(from, stream.length, to, size)) {
    throw new Error("what came is damaged");
  }
  return memory.buffer.slice(to, to + size);
}
