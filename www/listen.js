// What the reader does to the page.

import { placeBeside } from "./definition.js";
import { alertWith, asked, base, isLocal, messageOf, need, tell } from "./dom.js";
import { loadHeatMap, loadShare } from "./late.js";
import { whole } from "./whole.js";

/** @typedef {import("./page.js").Page} Page */

/** @param {Page} page */
export function listen(page) {
  listenToControls(page);
  listenToShare(page);
  need("cancel", HTMLElement).addEventListener("click", () => page.cancel());
  need("copy", HTMLButtonElement).addEventListener("click", () => void copy(page));
  need("expected", HTMLElement).addEventListener("toggle", () => page.sayExpected());
  need("map", HTMLElement).addEventListener("click", () => {
    loadHeatMap().then((late) => late.open(page), (error) => tell(`Not done: ${messageOf(error)}`));
  });
  const file = need("file", HTMLInputElement);
  file.addEventListener("change", () => void openFile(page, file));
  for (const id of ["time", "memory", "zone"]) {
    need(id, HTMLElement).addEventListener("change", () => page.takeAxes());
  }
  need("policy", HTMLElement).addEventListener("toggle", () => page.showPolicy());
  for (const id of ["policy-of", "policy-differing"]) {
    need(id, HTMLElement).addEventListener("change", () => page.showPolicy());
  }
  page.recovery.listen();
  // Back and forward; a fragment that was typed comes as both.
  addEventListener("popstate", () => page.open(asked()));
}

/** @param {Page} page */
function listenToControls(page) {
  need("controls", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    // Enter in a field takes its value first, which begins the run.
    if (page.controls.isRight() && document.body.dataset["state"] !== "running") {
      page.become(page.state, "new");
    }
  });
  const seeds = need("seeds", HTMLSelectElement);
  seeds.addEventListener("change", () => page.become({ ...page.state, seeds: Number(seeds.value) }, "new"));
  page.controls.onchange = (state, entry) => page.become(state, entry);
  page.columns.onchange = (state) => page.become(state, "new");
  const runOn = need("run-on", HTMLButtonElement);
  runOn.addEventListener("click", () => {
    need("run", HTMLElement).focus();
    page.become(page.wasm.set(page.state, "max-work", runOn.value), "new");
  });
}

/**
 * The menu of what can be taken along; what makes it comes once the menu is open.
 * @param {Page} page
 */
function listenToShare(page) {
  const menu = need("share-menu", HTMLElement);
  const button = need("share", HTMLButtonElement);
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") {
      placeBeside(menu, button);
      loadShare().catch(() => {});
    }
  });
  menu.addEventListener("click", async ({ target }) => {
    const form = target instanceof Element ? target.closest("button")?.dataset["form"] : undefined;
    if (!form) {
      return;
    }
    menu.hidePopover();
    button.focus();
    try {
      await (await loadShare()).share(form, page);
    } catch (error) {
      tell(`Not done: ${messageOf(error)}`);
    }
  });
}

/**
 * Runs a scenario file of the reader. It stays in this browser; the link holds what it says.
 * @param {Page} page
 * @param {HTMLInputElement} input
 */
async function openFile(page, input) {
  const [file] = input.files ?? [];
  if (!file) {
    return;
  }
  try {
    const { wasm } = await whole();
    page.open(wasm.openFile(file.name, await file.text(), base()), "new");
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      page.recovery.thrown(error);
    } else {
      // What is there has nothing to do with it, and goes on.
      alertWith(messageOf(error));
    }
  }
  // So that the same file, corrected, can be chosen again.
  input.value = "";
}

/** @param {Page} page */
async function copy(page) {
  let address = "";
  try {
    address = page.handedOut();
    await navigator.clipboard.writeText(address);
    tell(`Link copied${isLocal() ? `. It leads to ${page.catalogue.base}, as nobody else can open this page` : ""}`);
  } catch (error) {
    if (address === "") {
      tell(`Not done: ${messageOf(error)}`);
      return;
    }
    // No clipboard without a secure address, or the reader said no.
    (await loadShare()).offer("The link", address);
  }
}
