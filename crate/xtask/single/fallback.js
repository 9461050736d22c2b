// www/fallback.js for the single file, which has no pictures beside it.

import { alertWith, messageOf } from "./dom.js";

/** @param {unknown} error */
export function couldNotStart(error) {
  document.body.dataset["state"] = "error";
  alertWith(`The page could not be started: ${messageOf(error)}`);
}
