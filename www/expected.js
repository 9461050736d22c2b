// What the scenario expects of the kernels, and what the runs so far say to it.

import { make, need } from "./dom.js";
import { whole } from "./whole.js";

const HELD = { true: "held", false: "not held", null: "open" };

/** @param {import("./page.js").Page} page */
export async function showExpected(page) {
  const { wasm } = await whole();
  /** @type {import("./types.js").Expected[]} */
  const expected = wasm.expected(page.link, page.compared());
  const held = expected.filter(({ holds }) => holds).length;
  const open = expected.filter(({ holds }) => holds === null).length;
  need("expected-count", HTMLElement).textContent = `: ${held} of ${expected.length} held${open > 0 ? `, ${open} open` : ""}`;
  const items = expected.map(({ text, found, holds }) => {
    const word = HELD[/** @type {"true" | "false" | "null"} */ (String(holds))];
    return make("li", { "data-holds": String(holds) }, make("b", {}, word), ` ${text}: ${found}`);
  });
  need("expected-list", HTMLElement).replaceChildren(...items);
}
