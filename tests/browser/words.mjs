// What the page says while runs come in, and what it keeps of what the reader did, in any browser.

import assert from "node:assert/strict";
import { checked, enter, finished, small } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const STATE = `document.body.dataset.state`;
const ENSEMBLE_DONE = `document.body.dataset.ensemble === "done"`;
const value = (/** @type {string} */ id) => `document.getElementById("${id}").value`;

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "kernels are compared over the same seeds": async (page, world) => {
    await page.goto(world.base);
    const compared = await page.evaluate(`(async () => {
      const { Ensemble } = await import("./ensemble.js");
      const ensemble = new Ensemble(2);
      const found = [];
      for (const [column, later] of [[0, 0], [0, 2], [1, 1], [1, 0], [0, 1], [1, 2]]) {
        ensemble.set(column, later, [[column, later]]);
        found.push(ensemble.compared().map((own) => own.map(([, later]) => later).join("")).join("|"));
      }
      return [...found, ensemble.count];
    })()`);
    assert.deepEqual(compared, ["|", "|", "|", "0|0", "01|01", "012|012", 6]);
  },

  "a cell of the table keeps the focus while more runs come in": async (page, world) => {
    await page.goto(world.base + checked(small(world).replace(/^\?|&c=..$/g, "").replace("=1s&m=", "=20s&seeds=16&m=")));
    await page.until(`document.querySelector("#table .moment") !== null`);
    await page.evaluate(`(() => {
      window.cell = [...document.querySelectorAll("#table .moment")].at(-1);
      window.head = document.querySelector("#table thead tr");
      cell.focus();
    })()`);
    await page.until(ENSEMBLE_DONE);
    assert.equal(await page.evaluate("document.activeElement === cell && cell.isConnected"), true);
    assert.equal(await page.evaluate("head.isConnected"), true);
    assert.match(await page.evaluate(`document.querySelector("#table tbody td").textContent`), /16/);
    // And it leads to its moment.
    await page.evaluate("cell.click()");
    assert.notEqual(await page.evaluate(`document.getElementById("cursor-time").textContent`), "–");
  },

  "the seed field says what is run, also after going back": async (page, world) => {
    await finished(page, world.base + small(world));
    await page.evaluate(`document.getElementById("seed").focus()`);
    await enter(page, "seed", "5");
    await page.until(`/seed=5/.test(location.search) && ${STATE} === "done"`);
    assert.equal(await page.evaluate("document.activeElement.id"), "seed");
    await page.evaluate("history.back()");
    await page.until(`!/seed=5/.test(location.search)`);
    assert.equal(await page.evaluate(value("seed")), "1");
  },

  "a zone that is gone is not looked at any more": async (page, world) => {
    await finished(page, world.base + small(world));
    await enter(page, "p-ram", "8G");
    await page.until(`${STATE} === "done" && [...document.getElementById("zone").options].some(({ value }) => value === "Normal")`);
    await enter(page, "zone", "Normal");
    const summary = `document.querySelector('canvas[data-panel="free"]').getAttribute("aria-label")`;
    await enter(page, "p-ram", "256M");
    await page.until(`${STATE} === "done" && ![...document.getElementById("zone").options].some(({ value }) => value === "Normal")`);
    const lost = await page.evaluate(summary);
    await finished(page, world.base + small(world));
    assert.equal(await page.evaluate(value("zone")), "");
    assert.equal(lost, await page.evaluate(summary));
  },

  "where the reader looks wins over where the link says to look": async (page, world) => {
    const link = small(world).replace(/^\?|&c=..$/g, "").replace("duration=1s", "duration=300s");
    await page.goto(world.base + checked(`${link}&t=0.9`));
    await page.until(`${STATE} === "running" && document.querySelector("#plots canvas") !== null`);
    await page.until(`document.getElementById("status").textContent !== ""`);
    await enter(page, "cursor", "700", "input");
    const isRunning = await page.evaluate(`${STATE} === "running"`);
    assert(isRunning, "the run is too short for this test");
    await page.click("#cancel");
    assert.notEqual(await page.evaluate(`document.getElementById("cursor-time").textContent`), "–");
    await page.evaluate(`navigator.clipboard.writeText = async (text) => { window.copied = text; }`);
    await page.click("#copy");
    await page.until("window.copied", 5);
    assert.match(await page.evaluate("copied"), /&t=/);
    assert.doesNotMatch(await page.evaluate("copied"), /&t=0\.9&/);
  },
};
