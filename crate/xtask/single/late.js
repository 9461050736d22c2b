// www/late.js for the single file, which has all inside.

import * as expected from "./expected.js";
import * as heatMap from "./heat-map.js";
import * as share from "./share.js";

/** @returns {Promise<typeof import("./share.js")>} */
export async function loadShare() {
  return share;
}

/** @returns {Promise<typeof import("./heat-map.js")>} */
export async function loadHeatMap() {
  return heatMap;
}

/** @returns {Promise<typeof import("./expected.js")>} */
export async function loadExpected() {
  return expected;
}
