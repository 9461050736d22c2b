// What is asked for only when it is used. The single file has it inside: crate/xtask/single/late.js.

/** @returns {Promise<typeof import("./share.js")>} */
export function loadShare() {
  return import("./share.js");
}
