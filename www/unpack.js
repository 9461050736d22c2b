// Undoes the compression in which wasm modules travel: crate/unpack.

const PAGE = 0x10000;

/**
 * @param {BufferSource} decoder  crate/unpack as wasm
 * @param {Uint8Array} packed  the count of the bytes in four of them, and the LZMA of crate/xtask/src/lzma.rs
 * @returns {Promise<ArrayBuffer>}
 */
export async function unpacked(decoder, packed) {
  const { instance } = await WebAssembly.instantiate(decoder);
  const { memory, unpack } = /** @type {{memory: WebAssembly.Memory, unpack: (...ranges: number[]) => number}} */ (
    /** @type {unknown} */ (instance.exports)
  );
  const size = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const stream = packed.subarray(4);
  const from = memory.buffer.byteLength;
  memory.grow(Math.ceil((stream.length + size) / PAGE));
  new Uint8Array(memory.buffer).set(stream, from);
  const to = from + stream.length;
  if (!unpack(from, stream.length, to, size)) {
    throw new Error("what came is damaged");
  }
  return memory.buffer.slice(to, to + size);
}
