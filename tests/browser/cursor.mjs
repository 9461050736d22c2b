// What cursor, selection and pictures do when the runs, the axes or the kernels below them change.

import assert from "node:assert/strict";
import { paste, vmstat } from "./import.mjs";
import { checked, enter, finished, first, small } from "./page.mjs";
import { HELD, READS, TEXT, point, press } from "./view.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const CURSOR = TEXT("cursor-time");
/** Where line and slider are, as shares of the axis. */
const PLACES = `(() => {
  const plot = document.querySelector("#plots .plot");
  const line = new DOMMatrix(plot.querySelector(".cursor").style.transform).e;
  return [(line - 50) / (plot.getBoundingClientRect().width - 57), Number(document.getElementById("cursor").value) / 1000];
})()`;

/** Until all that was asked for is drawn. @param {Page} page */
const frames = (page) => page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "a cursor that is set during a run stays at its time": async (page, world) => {
    await page.goto(world.base + first(world)[0]);
    const click = () => point(page, [["pointerdown", 0.9], ["pointerup", 0.9]]);
    await page.until(`document.querySelector("#plots .plot") !== null`);
    while (!/^\d*\.\d*[1-9]/.test(await page.evaluate(CURSOR))) {
      await click();
      assert.equal(await page.evaluate("document.body.dataset.state"), "running", "the run is over too soon for this test");
    }
    const time = await page.evaluate(CURSOR);
    await page.until(`document.body.dataset.state === "done"`);
    await frames(page);
    assert.equal(await page.evaluate(CURSOR), time);
    assert((await page.evaluate(READS)).every((/** @type {string} */ text) => text !== ""), "values in all columns");
    const [line, slider] = await page.evaluate(PLACES);
    assert(Math.abs(line - slider) < 0.002, `line at ${line}, slider at ${slider}`);
    assert(line < 0.85, `still at ${line}, where the axis was at the click`);
  },

  "the slider follows another axis": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await enter(page, "time", "linear");
    await point(page, [["pointerdown", 0.5], ["pointerup", 0.5]]);
    await enter(page, "time", "log");
    await frames(page);
    const [line, slider] = await page.evaluate(PLACES);
    assert(line > 0.55, `the line moved: ${line}`);
    assert(Math.abs(line - slider) < 0.002, `line at ${line}, slider at ${slider}`);
  },

  "nothing stays beyond the end when a longer recording is taken away": async (page, world) => {
    await finished(page, world.base + small(world));
    await paste(page, vmstat());
    await page.until(`document.querySelector("dialog.import")?.open === true`);
    await page.press("Escape");
    await enter(page, "time", "linear");
    await point(page, [["pointerdown", 0.6], ["pointermove", 0.7, HELD], ["pointermove", 0.8, HELD], ["pointerup", 0.8]]);
    await point(page, [["pointerdown", 0.9], ["pointerup", 0.9], ["wheel", 0.9, { ctrlKey: true, deltaY: -60 }]]);
    assert.match(await page.evaluate(CURSOR), /^17\.\d+ s$/);
    await page.until(`/[?&]t=17/.test(location.href) && location.href.includes("&v=")`);
    await page.click("#recorded button");
    await frames(page);
    assert.equal(await page.evaluate(CURSOR), "1.000 s");
    assert.equal(await page.evaluate(TEXT("view")), "all of the time");
    assert(await page.evaluate(`document.getElementById("stretch").hidden`));
    await page.until(`/[?&]t=1s?(&|$)/.test(location.href) && !location.href.includes("&v=")`, 5);
  },

  "a finger drags the cursor, and leaves it alone where it scrolls": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await enter(page, "time", "linear");
    const finger = { pointerType: "touch", pointerId: 7, buttons: 1 };
    const at = async () => (await page.evaluate(PLACES))[0];
    await point(page, [["pointerdown", 0.2, finger], ["pointermove", 0.4, finger], ["pointermove", 0.7, finger], ["pointerup", 0.7, finger]]);
    assert(Math.abs((await at()) - 0.7) < 0.01, `it stays where it was dragged: ${await at()}`);
    const time = await page.evaluate(CURSOR);
    const top = await page.evaluate(`document.querySelector("#plots .plot").getBoundingClientRect().top`);
    await point(page, [["pointerdown", 0.2, finger], ["pointermove", 0.21, { ...finger, clientY: top + 60 }], ["pointercancel", 0.21, finger]]);
    assert.equal(await page.evaluate(CURSOR), time);
    await point(page, [["pointerdown", 0.3, finger], ["pointerup", 0.3, finger]]);
    assert(Math.abs((await at()) - 0.3) < 0.01, `a tap sets it: ${await at()}`);
  },

  "a button that was released elsewhere selects nothing": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await point(page, [["pointerdown", 0.3], ["pointermove", 0.3, HELD], ["pointermove", 0.5], ["pointermove", 0.6]]);
    assert(await page.evaluate(`document.getElementById("stretch").hidden`));
    assert.equal(await page.evaluate(CURSOR), "–");
  },

  "what is marked out of sight is not drawn at the edge": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await point(page, [["pointerdown", 0.1], ["pointermove", 0.2, HELD], ["pointermove", 0.3, HELD], ["pointerup", 0.3]]);
    await point(page, [["pointerdown", 0.2], ["pointerup", 0.2]]);
    const hidden = `["cursor", "range"].map((kind) => [...document.querySelectorAll("#plots ." + kind)].every(({ hidden }) => hidden))`;
    assert.deepEqual(await page.evaluate(hidden), [false, false]);
    await point(page, Array.from({ length: 4 }, () => ["wheel", 0.9, { ctrlKey: true, deltaY: -60 }]));
    assert.deepEqual(await page.evaluate(hidden), [true, true]);
    assert.notEqual(await page.evaluate(CURSOR), "–");
    await press(page, "0");
    assert.deepEqual(await page.evaluate(hidden), [false, false]);
  },

  "buttons that end with what they did leave the focus at the slider": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await point(page, [["pointerdown", 0.1], ["pointermove", 0.2, HELD], ["pointermove", 0.3, HELD], ["pointerup", 0.3]]);
    for (const id of ["stretch-zoom", "zoom-all", "stretch-close"]) {
      await page.evaluate(`(() => { const button = document.getElementById("${id}"); button.focus(); button.click(); })()`);
      assert.equal(await page.evaluate("document.activeElement.id"), id === "stretch-zoom" ? id : "cursor", id);
    }
  },

  "no picture of another comparison stands where the runs were called off": async (page, world) => {
    await finished(page, world.base + small(world));
    const count = `document.querySelectorAll("#plots canvas[aria-label]").length`;
    await page.until(`${count} > 0`);
    // Before the first picture.
    await page.evaluate(`(() => {
      const seed = document.getElementById("seed");
      seed.value = "5";
      seed.dispatchEvent(new Event("change", { bubbles: true }));
      document.getElementById("cancel").click();
    })()`);
    await page.until(`document.body.dataset.state === "done"`);
    assert.equal(await page.evaluate(count), 0);
    const drawn = `[...document.querySelectorAll("#plots canvas")].filter((canvas) => canvas.width > 0 &&
      new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer).some(Boolean)).length`;
    assert.equal(await page.evaluate(drawn), 0);
    assert.match(await page.evaluate(`document.querySelector("#plots [data-head]").textContent`), /not run to the end/);
  },

  "a recording goes with its kernel, and its line says over which it lies": async (page, world) => {
    const [model] = first(world)[0].match(/&m=\d+/) ?? [];
    await finished(page, world.base + checked(`s=lab-256m&k=4.6,4.9,4.7-rc6&duration=1s&seeds=1${model}`));
    await paste(page, vmstat());
    await page.until(`document.querySelector("dialog.import")?.open === true`);
    await page.press("Escape");
    const line = TEXT("recorded");
    assert.match(await page.evaluate(line), /over 4\.6, 4\.9, 4\.7-rc6\./);
    await page.evaluate(`document.querySelector('#columns .card [data-action="remove"]').click()`);
    await page.until(`document.querySelectorAll("#plots .head").length === 2 && document.body.dataset.state === "done"`);
    assert.match(await page.evaluate(line), /over 4\.9, 4\.7-rc6\./);
    await page.click("#recorded button");
    assert(await page.evaluate(`document.getElementById("recorded").hidden`));
    assert.equal(await page.evaluate(`"recording" in document.getElementById("plots").dataset`), false);
    const moved = (/** @type {string} */ kernels) => page.evaluate(`import("./recorded.js").then(({ Recorded }) => {
      const plots = { kernels: ["a", "b", "c"], root: document.createElement("p"), tell() {}, change() {} };
      const recorded = new Recorded(plots);
      recorded.set(1, [1], "file");
      recorded.move(plots.kernels, [...${JSON.stringify(kernels)}]);
      return recorded.over.map((of) => of?.source ?? "-").join(" ");
    })`);
    assert.equal(await moved("bc"), "file -", "it goes with its kernel");
    assert.equal(await moved("axc"), "- file -", "a kernel that was changed keeps it");
    assert.equal(await moved("ac"), "- -", "nobody else has it");
  },

  "a table that was opened during a run has all of it at the end, and follows the zone": async (page, world) => {
    await page.goto(world.base + first(world)[0]);
    await page.until(`document.querySelector("#plots .twin") !== null`);
    const table = `document.querySelector("#plots .twins").textContent`;
    await page.until(`(() => {
      const twin = document.querySelector("#plots .twin");
      twin.open = document.querySelectorAll("#plots canvas[width]").length > 0 && !twin.open;
      return document.querySelector("#plots .twins tbody") !== null;
    })()`);
    assert.equal(await page.evaluate("document.body.dataset.state"), "running", "the run is over too soon for this test");
    await page.evaluate(`document.querySelector("#plots .twin").open = true`);
    await page.until(`document.body.dataset.state === "done"`);
    const shown = await page.evaluate(table);
    await page.evaluate(`document.querySelector("#plots .twin").open = false`);
    await page.until(`${table} === ""`);
    await page.evaluate(`document.querySelector("#plots .twin").open = true`);
    await page.until(`${table} !== ""`);
    assert.equal(await page.evaluate(table), shown);
    // What is said of all zones is not what is said of one.
    const said = `document.querySelector("#plots canvas").getAttribute("aria-label")`;
    const ofAll = await page.evaluate(said);
    await enter(page, "zone", "DMA");
    assert.notEqual(await page.evaluate(table), shown);
    assert.notEqual(await page.evaluate(said), ofAll);
  },

  "plots are printed as wide as paper, and finer": async (page, world) => {
    const [model] = first(world)[0].match(/&m=\d+/) ?? [];
    await finished(page, world.base + checked(`s=lab-256m&k=4.6,4.9,4.7-rc6&duration=1s&seeds=1${model}`));
    const sizes = () => page.evaluate(`[...document.querySelectorAll("#plots .panel:first-child .plot, #plots .panel:nth-child(2) .plot")].map((plot) =>
      [parseFloat(plot.style.width), plot.querySelector("canvas").width / parseFloat(plot.style.width)])`);
    /** @type {[number, number][]} */
    const before = await sizes();
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
    /** @type {[number, number][]} */
    const printed = await sizes();
    const width = printed.reduce((sum, [each]) => sum + each, 0);
    assert(width > 660 && width <= 698, `${printed.length} plots are ${width} wide`);
    assert(printed.every(([, ratio]) => ratio === 2), `${printed}`);
    await page.evaluate(`dispatchEvent(new Event("afterprint"))`);
    await frames(page);
    assert.deepEqual(await sizes(), before);
  },
};
