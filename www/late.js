// What is asked for only when it is used, or once the page runs. The single file has it inside: crate/xtask/single/late.js.

import { came, make } from "./dom.js";

/** @returns {Promise<typeof import("./main.js")>} */
export function loadMain() {
  return came(import("./main.js"));
}

/** @returns {Promise<typeof import("./share.js")>} */
export function loadShare() {
  return came(import("./share.js"));
}

/** @returns {Promise<typeof import("./import.js")>} */
export function loadImport() {
  return came(import("./import.js"));
}

/** @returns {Promise<typeof import("./terms.js")>} */
export function loadTerms() {
  return came(import("./terms.js"));
}

/** With its style. @returns {Promise<typeof import("./heat-map.js")>} */
export async function loadHeatMap() {
  const href = new URL("heat-map.css", import.meta.url).href;
  if (!document.querySelector(`link[href="${href}"]`)) {
    const style = make("link", { rel: "stylesheet", href });
    await came(
      new Promise((done, failed) => {
        style.addEventListener("load", done);
        style.addEventListener("error", () => {
          // The next time it is asked for again.
          style.remove();
          failed();
        });
        document.head.append(style);
      }),
    );
  }
  return came(import("./heat-map.js"));
}

/** @returns {Promise<typeof import("./expected.js")>} */
export async function loadExpected() {
  return came(import("./expected.js"));
}
