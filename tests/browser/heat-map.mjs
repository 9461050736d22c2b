// The map of outcomes over two parameters, and what a scenario expects.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checked, finished, first } from "./page.mjs";
import { saved } from "./share.mjs";
import { violations } from "./view.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const DIALOG = `document.getElementById("heat-map")`;
const DONE = `${DIALOG}?.dataset.map === "done"`;
const STATUS = `${DIALOG}.querySelector("[role=status]").textContent`;
const WRONG = `${DIALOG}.querySelector(".wrong").textContent`;
const CELLS = `[...${DIALOG}.querySelectorAll("button.cell")]`;

/**
 * A link to short runs of a small machine.
 * @param {World} world
 * @param {string} more
 */
function small(world, more = "&duration=5s") {
  const [model] = first(world)[0].match(/&m=\d+/) ?? [];
  return world.base + checked(`s=lab-256m&k=4.6,4.9${more}${model}`);
}

/**
 * Opens the map over two parameters with these values.
 * @param {Page} page
 * @param {[string, string][]} sides  key and values
 * @param {number} seeds
 */
async function fill(page, sides, seeds) {
  await page.click("#map");
  await page.until(`${DIALOG}?.open === true`, 20);
  await page.evaluate(`(() => {
    const set = (element, value, type) => {
      element.value = value;
      element.dispatchEvent(new Event(type, { bubbles: true }));
    };
    ${JSON.stringify(sides)}.forEach(([key, values], at) => {
      const side = ${DIALOG}.querySelectorAll(".map-side")[at];
      set(side.querySelector("select"), key, "change");
      set(side.querySelector("input[type=text]"), values, "input");
    });
    set(${DIALOG}.querySelectorAll(".map-more select")[1], "${seeds}", "change");
  })()`);
}

/** @type {[string, string][]} */
const GRID = [["hog", "100m,200m,400m"], ["swap", "0,512m"]];

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "the map is that of the command line, byte for byte": async (page, world) => {
    await finished(page, small(world));
    await fill(page, GRID, 2);
    await page.click(".map-run");
    await page.until(DONE, 120);
    assert.match(await page.evaluate(STATUS), /^All 24 runs are there/);
    const own = (/** @type {string} */ name) => readFile(join(world.exports, name), "utf8");
    const command = await page.evaluate(`${DIALOG}.querySelector(".map-command").textContent`);
    assert.equal(command, `${await own("sweep.command")} --csv map.csv --svg map.svg`);
    const files = `[...${DIALOG}.querySelectorAll(".buttons button")]`;
    const take = async (/** @type {number} */ button, /** @type {string} */ end) => {
      await page.evaluate(`${files}[${button}].click()`);
      return (await saved(page, `swapscope-lab-256m-map.${end}`)).toString();
    };
    assert.equal(await take(1, "csv"), await own("sweep.csv"));
    assert.equal(await take(0, "svg"), await own("sweep-outcome.svg"));
    await page.evaluate(`(() => {
      const select = ${DIALOG}.querySelector(".map-body select");
      select.value = "done";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
    assert.equal(await take(0, "svg"), await own("sweep-done.svg"));
    assert.deepEqual(await violations(page), []);
  },

  "a cell opens its run, by keyboard as well": async (page, world) => {
    await finished(page, small(world));
    await fill(page, GRID, 1);
    await page.click(".map-run");
    await page.until(DONE, 120);
    await page.view(world.shot("heat-map"));
    await page.evaluate(`${DIALOG}.querySelector('button.cell[tabindex="0"]').focus()`);
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp"]) {
      await page.press(key);
    }
    const name = await page.evaluate("document.activeElement.textContent");
    assert.match(name, / 4\.6: 400M, 512M: 1 of 1 \w+.*\. Open seed 1$/);
    await page.evaluate(`document.body.dataset.state = "test"`);
    await page.press("Enter");
    await page.until(`document.body.dataset.state === "done"`);
    assert.equal(await page.evaluate(`${DIALOG}.open`), false);
    const query = new URLSearchParams(new URL(await page.evaluate("location.href")).search);
    assert.deepEqual([query.get("swap"), query.get("duration"), query.get("k")], ["512m", "5s", "4.6,4.9"]);
    const outcome = await page.evaluate(`document.querySelector("#table tbody tr").dataset.outcome`);
    assert.match(name, new RegExp(`1 of 1 ${outcome}`));
    // The map is still there.
    await page.click("#map");
    assert.equal(await page.evaluate(`${CELLS}.filter((cell) => /not run$/.test(cell.textContent)).length`), 0);
  },

  "a map is cancelled at once, gives way to the page, and says what is wrong": async (page, world) => {
    await finished(page, small(world, ""));
    await fill(page, [["hog", "300m..400m:10m"], ["swap", "256m,512m,1g"]], 4);
    await page.click(".map-run");
    await page.until(`/^[1-9]/.test(${DIALOG}.querySelector(".map-progress span").textContent)`, 120);
    const ms = await page.evaluate(`(() => {
      const start = performance.now();
      [...${DIALOG}.querySelectorAll(".map-more button")].at(-1).click();
      return performance.now() - start;
    })()`);
    assert(ms < 50, `${ms} ms`);
    assert.match(await page.evaluate(STATUS), /^Cancelled: \d+ of 264 runs/);
    assert(await page.evaluate(DONE));
    await page.click(".map-close");
    // The Workers are the page's again.
    await page.evaluate(`(() => { document.body.dataset.state = "test"; document.getElementById("run").click(); })()`);
    await page.until(`document.body.dataset.state === "done"`);
    for (const [values, message] of /** @type {[string, RegExp][]} */ ([
      ["lots", /hog = lots: expected a size/],
      ["300m,300m", /the value 300m is there twice/],
      ["100m..400m:1m", /301 values: expected at most 100/],
    ])) {
      await fill(page, [["hog", values], ["swap", "0"]], 16);
      await page.click(".map-run");
      await page.until(`${WRONG} !== ""`, 20);
      assert.match(await page.evaluate(WRONG), message);
      await page.click(".map-close");
    }
  },

  "what the scenario expects stands beside the verdict": async (page, world) => {
    const [model] = first(world)[0].match(/&m=\d+/) ?? [];
    await finished(page, world.base + checked(`s=dahl-plain&seeds=8${model}`));
    await page.until(`document.body.dataset.ensemble === "done"`, 240);
    await page.click("#expected summary");
    const count = `document.getElementById("expected-count").textContent`;
    await page.until(`/^: \\d+ of \\d+ held$/.test(${count})`, 20);
    const items = await page.evaluate(`[...document.querySelectorAll("#expected-list li")].map((item) => item.textContent)`);
    assert(items.length > 0);
    for (const item of items) {
      assert.match(item, /^(held|not held) [^:]+: .+ in .+: \d+ of \d+/);
    }
    // Of another machine nothing is expected.
    await finished(page, small(world));
    assert(await page.evaluate(`document.getElementById("expected").hidden`));
  },
};
