// www/late.js for the single file, which has all inside.

import * as share from "./share.js";

/** @returns {Promise<typeof import("./share.js")>} */
export async function loadShare() {
  return share;
}
