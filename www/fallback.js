// What is shown where the model cannot run: a bundled scenario, run when the page was built.

import { make } from "./dom.js";
import { loadStills } from "./platform.js";

/**
 * Puts it behind an element. A link may change the scenario that it names; that is said, for the picture does not.
 * @param {HTMLElement} before
 * @param {string} address  query or fragment
 */
export function showFallback(before, address) {
  const name = /(?:[?#]|^)s=([a-z0-9-]+)/.exec(address)?.[1] ?? "dmcrypt-2016";
  const keys = [...address.matchAll(/&([a-z0-9-]+)=/g)].map(([, key]) => key ?? "");
  const unseen = keys.filter((key) => !["m", "r", "c", "seeds", "theme", "panels", "controls", "t", "v"].includes(key));
  const words = unseen.length > 0 ? `The link changes it (${unseen.join(", ")}): that is not shown here.` : "";
  const all = make("a", { href: `fallback.html#${name}`, target: "_blank" }, "All bundled scenarios");
  const picture = make("img", { src: `fallback/${name}.svg`, alt: `Plots of the scenario ${name}`, class: "still" });
  const still = make("section", { id: "still" }, make("p", {}, `Run beforehand: the bundled scenario ${name}. ${words} `, all), picture);
  // A scenario of a later version, or a single file, which has no pictures beside it.
  picture.addEventListener("error", () => still.remove());
  picture.addEventListener("load", async () => {
    document.body.dataset["still"] = "";
    const page = new DOMParser().parseFromString(await loadStills(), "text/html");
    const found = [...(page.getElementById(name)?.querySelectorAll(".sentence, .scroll") ?? [])];
    picture.before(...found);
  });
  document.getElementById("still")?.remove();
  before.after(still);
}
