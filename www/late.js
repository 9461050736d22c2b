// What is asked for only when it is used, or once the page runs. The single file has it inside: crate/xtask/single/late.js.

/** @returns {Promise<typeof import("./share.js")>} */
export function loadShare() {
  return import("./share.js");
}

/** @returns {Promise<typeof import("./import.js")>} */
export function loadImport() {
  return import("./import.js");
}

/** @returns {Promise<typeof import("./terms.js")>} */
export function loadTerms() {
  return import("./terms.js");
}
