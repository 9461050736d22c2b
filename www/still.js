// A bundled scenario that was run when the page was built: picture, sentence and table.

import { make } from "./dom.js";
import { loadStills } from "./platform.js";

/** What a page shows that is opened without a link. */
const FIRST = "dmcrypt-2016";
/** What a link says that changes nothing of what the picture shows. */
const OUTSIDE = ["m", "r", "c", "seeds", "theme", "panels", "controls", "t", "v"];

/**
 * The scenario that an address names, and what it changes of it.
 * @param {string} address  query or fragment
 */
export function bundled(address) {
  const name = /(?:[?#]|^)s=([a-z0-9-]+)/.exec(address)?.[1] ?? FIRST;
  const keys = [...address.matchAll(/&([a-z0-9-]+)=/g)].map(([, key]) => key ?? "");
  return { name, changes: keys.filter((key) => !OUTSIDE.includes(key)) };
}

/**
 * The scenario that an address asks for as it is bundled, or nothing: what is wrong with a link that was changed on its way is
 * for the program to say.
 * @param {string} address  as above
 */
export function asBundled(address) {
  const { name, changes } = bundled(address);
  const isWhole = /^[?#]s=[a-z0-9-]+(&[a-z]+=[^&#]*)*&c=[a-z2-7]{2}(#.*)?$/.test(address) || !address.includes("=");
  return isWhole && changes.length === 0 ? name : "";
}

/**
 * Its picture, when that can be drawn. Fails where there is none: a scenario of a later version, or a single file.
 * @param {string} name
 */
export async function picture(name) {
  const image = make("img", { src: `fallback/${name}.svg`, alt: `Plots of the scenario ${name}`, class: "still" });
  await image.decode();
  return image;
}

/**
 * Its title, and sentence and table.
 * @param {string} name
 */
export async function words(name) {
  const page = new DOMParser().parseFromString(await loadStills(), "text/html");
  const section = page.getElementById(name);
  return {
    title: section?.querySelector("h2")?.textContent ?? "",
    parts: [...(section?.querySelectorAll(".sentence, .scroll") ?? [])],
  };
}

/**
 * What was run beforehand stands for the first run until that is over.
 * @param {() => void} leave  takes it away
 */
export function standFor(leave) {
  let isRunning = false;
  const observer = new MutationObserver((changes) => {
    for (const { oldValue } of changes) {
      // A second run, even when the first was not over: something else is asked for.
      if (oldValue === "running" || document.body.dataset["state"] !== "running" || isRunning) {
        observer.disconnect();
        leave();
        return;
      }
      isRunning = true;
    }
  });
  observer.observe(document.body, { attributeFilter: ["data-state"], attributeOldValue: true });
}
