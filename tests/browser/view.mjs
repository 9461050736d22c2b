// Looking closer: what a reader does with the plots, the table and the history, in any browser.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { enter, finished, first, small } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

export const TEXT = (/** @type {string} */ id) => `document.getElementById("${id}").textContent`;
/** Of a move while the button is down. */
export const HELD = { buttons: 1 };
export const READS = `[...document.querySelectorAll("#plots .read")].map((read) => read.textContent)`;

/**
 * Does something with the pointer at a share of the width of a plot: a list of type, share, and other properties.
 * @param {Page} page
 * @param {[string, number, object?][]} steps
 */
export async function point(page, steps) {
  await page.evaluate(`(() => {
    const plot = document.querySelector("#plots .plot");
    const box = plot.getBoundingClientRect();
    for (const [type, share, more] of ${JSON.stringify(steps)}) {
      const kind = type === "wheel" ? WheelEvent : type.startsWith("pointer") ? PointerEvent : MouseEvent;
      const clientX = box.left + 50 + share * (box.width - 57);
      const common = { bubbles: true, cancelable: true, clientX, clientY: box.top + 9, button: 0 };
      try {
        plot.dispatchEvent(new kind(type, { ...common, pointerType: "mouse", pointerId: 1, ...more }));
      } catch (error) {
        // A made-up pointer cannot be captured.
        if (!String(error).includes("pointer")) { throw error; }
      }
    }
  })()`);
}

/**
 * @param {Page} page
 * @param {string} key
 */
export const press = (page, key) => page.evaluate(`document.getElementById("cursor").dispatchEvent(
  new KeyboardEvent("keydown", { key: "${key}", bubbles: true, cancelable: true }))`);

/**
 * The rules that a page breaks, of those that axe-core knows.
 * @param {Page} page
 */
export async function violations(page) {
  const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  await page.evaluate(`(() => { ${await readFile(axe, "utf8")}; })()`);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).slice(0, 4).join(" ")))`);
}

/**
 * The link of a scenario among the runs.
 * @param {World} world
 * @param {string} scenario
 */
function linkOf({ runs }, scenario) {
  const line = runs.split("\n").find((line) => line.startsWith(`?s=${scenario}&`) && !line.includes("&seed="));
  assert(line, `there is a run of ${scenario}`);
  return line.split("\t")[0];
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "crosshair, zoom and selection are the same in all plots": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await point(page, [["pointermove", 0.5]]);
    const reads = await page.evaluate(READS);
    assert(reads.every((/** @type {string} */ text) => text !== ""), `values under the pointer: ${reads}`);
    const lines = `new Set([...document.querySelectorAll("#plots .hover:not([hidden])")].map((line) => line.style.transform)).size`;
    // Plots with labels begin further right than those without.
    assert((await page.evaluate(lines)) <= 2);
    await point(page, [["pointerdown", 0.5], ["pointerup", 0.5]]);
    const time = await page.evaluate(TEXT("cursor-time"));
    assert.match(time, /^\d+\.\d+ s$/);
    await point(page, [["wheel", 0.5, { ctrlKey: true, deltaY: -60 }], ["wheel", 0.5, { ctrlKey: true, deltaY: -60 }]]);
    const view = await page.evaluate(TEXT("view"));
    assert.match(view, /^\d+\.\d+ s to \d+\.\d+ s$/);
    await press(page, "PageDown");
    assert.notEqual(await page.evaluate(TEXT("view")), view);
    await press(page, "0");
    assert.equal(await page.evaluate(TEXT("view")), "all of the time");
    await point(page, [["pointerdown", 0.2], ["pointermove", 0.4, HELD], ["pointermove", 0.6, HELD], ["pointerup", 0.6]]);
    assert(await page.evaluate(`!document.getElementById("stretch").hidden`));
    assert.match(await page.evaluate(TEXT("stretch-table")), /swapped out/);
    await page.screenshot(world.shot("selection"));
    await page.click("#stretch-zoom");
    assert.notEqual(await page.evaluate(TEXT("view")), "all of the time");
    await press(page, "Escape");
    assert(await page.evaluate(`document.getElementById("stretch").hidden`));
    await point(page, [["dblclick", 0.5]]);
    assert.equal(await page.evaluate(TEXT("view")), "all of the time");
  },

  "a cell of the table leads to its moment": async (page, world) => {
    await finished(page, `${world.base}?s=no-swap&k=4.9&duration=2s&seeds=1&c=0`);
    assert(await page.evaluate(`[...document.querySelectorAll("#table td")].some((cell) => cell.textContent === "–")`));
    assert.equal(await page.evaluate(`[...document.querySelectorAll("#table .moment")].filter((cell) => cell.textContent === "–").length`), 0);
    await finished(page, world.base + first(world)[0]);
    assert.equal(await page.evaluate(TEXT("cursor-time")), "–");
    await page.click("#table .moment");
    assert.match(await page.evaluate(TEXT("cursor-time")), / s$/);
  },

  "the other seeds come as a band and as frequencies": async (page, world) => {
    await finished(page, world.base + small(world));
    await page.until(`document.body.dataset.ensemble === "done"`, 120);
    assert(await page.evaluate(`"seeds" in document.getElementById("plots").dataset`));
    assert.match(await page.evaluate(TEXT("verdict")), /in (all|\d+ of) 16 runs/);
    await page.screenshot(world.shot("band"));
  },

  "the browser's back button undoes": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    const [address, digest] = await page.evaluate(`[location.href, document.body.dataset.digest]`);
    await page.evaluate(`document.body.dataset.state = "test"`);
    await enter(page, "seed", "5");
    await page.until(`document.body.dataset.state === "done"`);
    assert.notEqual(await page.evaluate("document.body.dataset.digest"), digest);
    await page.evaluate(`(() => { document.body.dataset.state = "test"; history.back(); })()`);
    await page.until(`document.body.dataset.state === "done"`);
    assert.deepEqual(await page.evaluate(`[location.href, document.body.dataset.digest]`), [address, digest]);
  },

  "the reader's path: from a link to the moment, its reason, a patch, and a new link": async (page, world) => {
    // A kill that is justified: swap is full.
    await finished(page, world.base + linkOf(world, "swap-full"));
    assert.match(await page.evaluate(TEXT("verdict")), /kills hog/);
    const oom = `[...document.querySelectorAll("#table tbody tr:first-child .moment")]
      .find((cell) => cell.parentElement.dataset.title.startsWith("First OOM"))`;
    await page.evaluate(`${oom}.click()`);
    await page.click("#zoom-in");
    await page.click("#zoom-in");
    assert.match(await page.evaluate(TEXT("view")), / s to .* s$/);
    assert.match(await page.evaluate(`document.querySelector(".inspect-tasks").textContent`), /kswapd/);
    const why = `document.querySelector(".inspect-why").textContent`;
    assert.match(await page.evaluate(why), /out_of_memory|oom_kill_process|should_reclaim_retry/);
    await page.screenshot(world.shot("why"));
    const before = await page.evaluate("location.href");
    await page.click("#columns .card [data-action=pick]");
    await page.until(`document.activeElement.type === "search"`, 5);
    await page.type("mempool-noretry");
    await page.press("Enter");
    await page.until(`location.href !== ${JSON.stringify(before)} && document.body.dataset.state === "done"`);
    // Where there is no clipboard the page asks with a prompt.
    await page.evaluate(`window.prompt = (_, text) => { window.copied = text; };
      Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } });`);
    await page.click("#copy");
    await page.until("window.copied");
    const [link, digest] = await page.evaluate("[window.copied, document.body.dataset.digest]");
    assert.match(link, /~mempool-noretry/);
    await page.goto("about:blank");
    await finished(page, world.base + link.slice(link.indexOf("?")));
    assert.equal(await page.evaluate("document.body.dataset.digest"), digest);
  },

  "nothing is wrong for those who cannot see or point": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await page.click("#cancel").catch(() => {});
    assert.deepEqual(await violations(page), []);
    await page.dark(true);
    await page.size(360, 800);
    await page.until("innerWidth === 360", 5);
    assert.deepEqual(await violations(page), []);
  },

  "nothing moves after the first plots": async (page, world) => {
    await page.goto(world.base + first(world)[0]);
    await page.until(`document.body.dataset.state !== "loading"`);
    await page.evaluate(`(() => {
      window.moved = [];
      const told = (entry) => entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName).join(" ");
      try {
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => moved.push([entry.value, told(entry)])))
          .observe({ type: "layout-shift" });
      } catch { /* A browser that does not measure this. */ }
    })()`);
    await page.until(`document.body.dataset.state === "done"`);
    await new Promise((done) => setTimeout(done, 1500));
    await point(page, [["pointermove", 0.5], ["pointerdown", 0.5], ["pointerup", 0.5], ["pointermove", 0.7]]);
    await new Promise((done) => setTimeout(done, 300));
    assert.deepEqual(await page.evaluate("moved"), []);
  },
};
