// The first that a reader sees: the scenario as it was run when the page was built. It is a tenth of what the program is, and
// it stays until the same has been run here.

import { make } from "./dom.js";
import { asBundled, picture, standFor, words } from "./still.js";

/** So long it is waited for; then the reader has more from the program. */
const PATIENCE_MS = 2000;

/**
 * Shows it, if the address asks for a scenario as it is bundled.
 * @param {string} address  query or fragment
 */
export async function showBeforehand(address) {
  const name = asBundled(address);
  if (name) {
    const tired = new Promise((done) => setTimeout(done, PATIENCE_MS));
    // Without it, the page is there a moment later.
    await Promise.race([show(name).catch(() => {}), tired]);
  }
}

/** @param {string} name */
async function show(name) {
  const { title, parts } = await words(name);
  if (title === "") {
    return;
  }
  const image = await picture(name);
  const { body } = document;
  if (body.dataset["state"] !== "loading") {
    return;
  }
  const hint = make("p", { class: "hint" }, "Run beforehand, each kernel once. The same is run here as soon as the program is there.");
  const above = make("section", { class: "beforehand" }, make("h2", {}, title), ...parts, hint);
  const below = make("section", { class: "beforehand" }, image);
  document.querySelector(".verdict")?.before(above);
  document.querySelector(".plots")?.before(below);
  body.dataset["beforehand"] = "";
  standFor(() => {
    delete body.dataset["beforehand"];
    above.remove();
    below.remove();
  });
}
