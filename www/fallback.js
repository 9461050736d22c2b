// What is shown where the model cannot run: a bundled scenario, run when the page was built.

import { alertWith, asked, make, messageOf, need } from "./dom.js";
import { bundled, picture, words } from "./still.js";

/**
 * The page cannot be used.
 * @param {unknown} error
 */
export function couldNotStart(error) {
  document.body.dataset["state"] = "error";
  alertWith(`The page could not be started: ${messageOf(error)}`);
  void showFallback(need("alert", HTMLElement), asked());
}

/**
 * Puts it behind an element. A link may change the scenario that it names; that is said, for the picture does not.
 * @param {HTMLElement} before
 * @param {string} address  query or fragment
 */
export async function showFallback(before, address) {
  const { name, changes } = bundled(address);
  const said = changes.length > 0 ? `The link changes it (${changes.join(", ")}): that is not shown here.` : "";
  const all = make("a", { href: `fallback.html#${name}`, target: "_blank" }, "All bundled scenarios");
  const still = make("section", { id: "still" }, make("p", {}, `Run beforehand: the bundled scenario ${name}. ${said} `, all));
  try {
    const image = await picture(name);
    still.append(image);
    document.getElementById("still")?.remove();
    before.after(still);
    document.body.dataset["still"] = "";
    image.before(...(await words(name)).parts);
  } catch {
    // There is none, or no table to it.
  }
}
