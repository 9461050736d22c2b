// Starts the program in the page.

import { startBindings } from "./bindings.js";
import { alertWith, asked, messageOf, need, watchRatio } from "./dom.js";
import { loadImport, loadTerms } from "./late.js";
import { listen } from "./listen.js";
import { Page } from "./page.js";
import { loadGlossary } from "./platform.js";

/**
 * Light, dark, or what the system says; on paper always light.
 * @param {(isDark: boolean, isNow: boolean) => void} apply
 */
function watchTheme(apply) {
  const select = need("theme", HTMLSelectElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = (/** @type {boolean} */ isDark, isNow = false) => {
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    apply(isDark, isNow);
  };
  const update = () => show(select.value === "auto" ? system.matches : select.value === "dark");
  system.addEventListener("change", update);
  select.addEventListener("change", update);
  addEventListener("beforeprint", () => show(false, true));
  addEventListener("afterprint", update);
  update();
}

/**
 * What nobody can use before the page runs.
 * @param {Page} page
 */
async function startRest(page) {
  try {
    const [{ Importer }, { startTerms }] = await Promise.all([loadImport(), loadTerms()]);
    new Importer(page).listen();
    await startTerms(loadGlossary);
  } catch (error) {
    alertWith(`A part of the page could not be loaded: ${messageOf(error)}`);
  }
}

/** @param {ArrayBuffer} bytes  of the wasm module */
export async function start(bytes) {
  /** @type {Page | null} */
  let page = null;
  watchTheme((isDark, isNow) => {
    page?.plots.setTheme(isDark);
    if (isNow) {
      page?.plots.drawAll();
    }
  });
  const wasm = await startBindings(bytes);
  // For the browser's profiler, and for the benchmark.
  performance.mark("wasm ready");
  page = new Page(wasm, bytes);
  const { plots } = page;
  plots.setTheme(document.documentElement.dataset["theme"] === "dark");
  watchRatio(() => plots.draw());
  listen(page);
  need("skip", HTMLElement).addEventListener("click", (event) => {
    // Not by the address, whose fragment may be the link.
    event.preventDefault();
    need("plots", HTMLElement).focus();
  });
  // The browser has other things to do: no task of ours shall take 50 ms.
  const pause = () => new Promise((done) => setTimeout(done));
  await pause();
  if (page.read(asked())) {
    await pause();
    page.begin("same");
  }
  void startRest(page);
}
