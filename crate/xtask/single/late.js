// www/late.js for the single file, which has all inside.

import * as expected from "./expected.js";
import * as heatMap from "./heat-map.js";
import * as importer from "./import.js";
import * as share from "./share.js";
import * as terms from "./terms.js";

/** @returns {Promise<typeof import("./share.js")>} */
export async function loadShare() {
  return share;
}

/** @returns {Promise<typeof import("./import.js")>} */
export async function loadImport() {
  return importer;
}

/** @returns {Promise<typeof import("./terms.js")>} */
export async function loadTerms() {
  return terms;
}

/** @returns {Promise<typeof import("./heat-map.js")>} */
export async function loadHeatMap() {
  return heatMap;
}

/** @returns {Promise<typeof import("./expected.js")>} */
export async function loadExpected() {
  return expected;
}
