// The map of outcomes over two parameters, and what a scenario expects.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TRAP } from "./failure.mjs";
import { checked, enter, finished, first } from "./page.mjs";
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

/** @param {Page} page */
async function opened(page) {
  await page.click("#map");
  // Its program comes late.
  await page.until(`${DIALOG}?.open === true`, 20);
}

/**
 * Opens the map over two parameters with these values.
 * @param {Page} page
 * @param {[string, string][]} sides  key and values
 * @param {number} seeds
 */
async function fill(page, sides, seeds) {
  await opened(page);
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
    await opened(page);
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

  "a map that was given up leaves the one before it as it was": async (page, world) => {
    await finished(page, small(world));
    await fill(page, GRID, 1);
    await page.click(".map-run");
    await page.until(DONE, 120);
    const csv = async () => {
      await page.evaluate(`[...${DIALOG}.querySelectorAll(".buttons button")][1].click()`);
      return (await saved(page, "swapscope-lab-256m-map.csv")).toString();
    };
    const whole = await csv();
    assert(whole.split("\n").length > 12);
    // So many points that they are still looked at when the dialog is closed.
    await page.click(".map-close");
    await fill(page, [["hog", "300m..390m:1m"], ["swap", "256m,512m,1g"]], 1);
    await page.click(".map-run");
    await page.until(`/^Looking/.test(${STATUS})`, 20);
    await page.click(".map-close");
    await enter(page, "p-hog", "300M");
    await page.until(`/[?&]hog=300m&/.test(location.search) && document.body.dataset.state === "done"`);
    await opened(page);
    await page.until(`${STATUS} === ""`, 10);
    const side = (/** @type {string} */ what) => page.evaluate(`${DIALOG}.querySelector(".map-side ${what}`);
    assert.match(await side(`.hint").textContent`), /; now 300M$/);
    assert.equal(await side(`input[type=text]").value`), "300m..390m:1m", "what was typed is kept");
    assert.equal(await csv(), whole);
    await page.evaluate(`${CELLS}[0].click()`);
    await page.until(`/[?&]hog=100m&/.test(location.search) && document.body.dataset.state === "done"`);
    assert.equal(await page.evaluate(`${DIALOG}.open`), false);
  },

  "after a failure of the program nothing touches a map of before, and another one can be made": async (page, world) => {
    await page.before(`(() => {
      const { instantiate } = WebAssembly;
      window.freed = [];
      let started = 0;
      WebAssembly.instantiate = async (...args) => {
        const { instance, module } = await instantiate(...args);
        const own = (started += 1);
        const trap = new WebAssembly.Instance(new WebAssembly.Module(${TRAP})).exports.f;
        const get = (_, name) => {
          if (name === "__wbg_sweep_free") {
            window.freed.push(own);
          }
          return window.traps && name === "charts_draw" ? trap : instance.exports[name];
        };
        return { instance: { exports: new Proxy({}, { get }) }, module };
      };
    })()`);
    await finished(page, small(world));
    await fill(page, GRID, 1);
    await page.click(".map-run");
    await page.until(DONE, 120);
    await page.evaluate(`window.traps = true`);
    await enter(page, "time", "log");
    await page.until(`document.body.dataset.state === "error"`);
    await page.evaluate(`window.traps = false`);
    assert(page.errors.every((error) => /unreachable/.test(error)), page.errors.join("\n"));
    page.errors.length = 0;
    const alert = await page.evaluate(`document.getElementById("alert").textContent`);
    await page.evaluate(`${DIALOG}.querySelector(".buttons button").click()`);
    assert.match(await page.evaluate(WRONG), /^The program failed since this map was made/);
    await page.click(".map-run");
    await page.until(`/^All 12 runs are there/.test(${STATUS})`, 120);
    assert.equal(await page.evaluate(WRONG), "");
    assert.deepEqual(await page.evaluate("window.freed"), [], "no instance frees what another made");
    assert.equal(await page.evaluate(`document.getElementById("alert").textContent`), alert, "it failed only once");
    // The map of the same instance is freed.
    await page.evaluate(`${DIALOG}.dataset.map = "test"`);
    await page.click(".map-run");
    await page.until(DONE, 120);
    assert.equal((await page.evaluate("window.freed")).length, 1);
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
