// Looking closer at a run and at what was changed: tasks, log and marks beside the plots, and the parameters.

import assert from "node:assert/strict";
import { enter, finished } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const TEXT = (/** @type {string} */ selector) => `document.querySelector("${selector}").textContent`;
const CURSOR = TEXT("#cursor-time");
const CLOCK = TEXT(".inspect-clock");
/** The line of the log that is active. */
const ACTIVE = `document.querySelector(".inspect-log [aria-selected=true]")?.textContent`;
const NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";

/** A link to a short run with a log. */
const short = () => "?s=lab-256m&k=4.6&duration=5s&seeds=1&c=0";

/**
 * Clicks into the first plot of a panel.
 * @param {Page} page
 * @param {string} panel
 * @param {number} share  of its width
 */
async function click(page, panel, share) {
  await page.evaluate(`(() => {
    const plot = document.querySelector("canvas[data-panel=${panel}]").parentElement;
    const { left, top, width } = plot.getBoundingClientRect();
    const at = { bubbles: true, clientX: left + 50 + ${share} * (width - 57), clientY: top + 9, button: 0, pointerType: "mouse", pointerId: 1 };
    for (const type of ["pointerdown", "pointerup"]) {
      plot.dispatchEvent(new PointerEvent(type, at));
    }
  })()`);
  await page.evaluate(NEXT_FRAME);
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "every line of a long log can be reached": async (page, world) => {
    await finished(page, world.base + short());
    // As if the log were longer than what is shown of it.
    await page.evaluate(`import(new URL("pkg/swapscope_web.js", location.href)).then(({ Story }) => {
      const { around } = Story.prototype;
      Story.prototype.around = function (seconds) {
        return around.call(this, seconds, 20);
      };
    })`);
    await page.click(".inspect-pane input[type=checkbox]");
    const count = TEXT(".inspect-pane label + .hint");
    const [, shown = 0, all = 0] = (await page.evaluate(count)).match(/^(\d+) of (\d+)$/).map(Number);
    assert(shown === 20 && all > 40, `${shown} of ${all}`);
    await page.evaluate(`document.getElementById("cursor").focus()`);
    const line = (/** @type {string} */ which) => page.evaluate(`document.querySelector(".inspect-log li:${which}-child").textContent`);
    const start = await line("first");
    for (const [key, time] of /** @type {[string, number][]} */ ([["End", 5], ["Home", 0], ["End", 5]])) {
      await page.press(key);
      await page.until(`parseFloat(${CURSOR}) === ${time} && parseFloat(${CLOCK}) === ${time}`, 5);
      assert.match(await line("last"), key === "End" ? /^\[ {4}5\.0/ : /^\[ {4}[12]\./, key);
      assert.equal((await line("first")) === start, key === "Home", key);
    }
    // One line after the other, beyond those that were shown at first.
    await page.evaluate(`document.querySelector(".inspect-log").focus()`);
    const seen = new Set();
    for (let line = 0; line < all; line += 1) {
      await page.press("ArrowUp");
      seen.add(await page.evaluate(ACTIVE));
    }
    assert(seen.size > all / 2, `${seen.size} lines of ${all}`);
    assert.equal(await page.evaluate(`document.querySelector(".inspect-log li").getAttribute("aria-selected")`), "true", "the first line");
  },

  "marks of one time are reached one after the other": async (page, world) => {
    await finished(page, world.base + short());
    const lines = await page.evaluate(`[...document.querySelectorAll(".inspect-log li")].map((line) => line.textContent)`);
    const stamps = lines.map((/** @type {string} */ line) => line.slice(0, 15));
    assert(new Set(stamps).size < stamps.length, `no two at one time: ${stamps}`);
    await page.evaluate(`document.querySelector(".inspect-log").focus()`);
    await page.press("Home");
    for (const [way, wanted] of [["next", lines], ["previous", [...lines].reverse()]]) {
      const reached = [];
      for (const _ of lines) {
        reached.push(await page.evaluate(ACTIVE));
        await page.click(`#event-${way}`);
      }
      assert.deepEqual(reached, wanted);
    }
  },

  "a click at a mark leads cursor and tasks to its moment": async (page, world) => {
    await finished(page, `${world.base}?s=swap-full&seeds=1&c=0`);
    await page.evaluate(`[...document.querySelectorAll("#table .moment")].find((cell) => cell.parentElement.dataset.title.startsWith("First OOM")).click()`);
    const kill = await page.evaluate(CURSOR);
    const place = (await page.evaluate(`document.getElementById("cursor").value`)) / 1000;
    await click(page, "free", place + 0.2);
    assert.notEqual(await page.evaluate(CURSOR), kill);
    await click(page, "events", place + 0.004);
    assert.equal(await page.evaluate(CURSOR), kill);
    assert.match(await page.evaluate(ACTIVE), /invoked oom-killer/);
    await click(page, "events", 0.05);
    assert.notEqual(await page.evaluate(CURSOR), kill, "there is no mark");
    assert.equal(await page.evaluate(CLOCK), await page.evaluate(CURSOR), "the tasks are those of the cursor");
  },

  "the list of changes stands beside its button and keeps the focus": async (page, world) => {
    await finished(page, world.base + short());
    const focus = `[document.activeElement.id, document.activeElement.className, document.activeElement.tagName].join(" ")`;
    const isOpen = `document.getElementById("changes").matches(":popover-open")`;
    await page.evaluate(`document.querySelectorAll("#parameters, .group").forEach((each) => (each.open = true))`);
    // Other fields come with another workload, and those that stay are taken out for a moment.
    await page.evaluate(`(() => {
      const workload = document.getElementById("p-workload");
      const other = [...workload.options].find(({ value }) => value !== workload.value).value;
      workload.focus();
      window.fields = document.querySelectorAll(".field").length;
      workload.value = other;
      workload.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
    assert.notEqual(await page.evaluate(`document.querySelectorAll(".field").length`), await page.evaluate("window.fields"));
    assert.match(await page.evaluate(focus), /^p-workload /);
    await page.evaluate(`document.querySelector(".changes-bar").scrollIntoView({ block: "center" })`);
    await page.click(".changes-count");
    await page.until(isOpen, 5);
    await page.evaluate(NEXT_FRAME);
    const [list, button] = await page.evaluate(`["#changes", ".changes-count"].map((each) => {
      const { left, top, bottom } = document.querySelector(each).getBoundingClientRect();
      return { left, top, bottom };
    })`);
    assert(Math.abs(list.left - button.left) < 20 && list.top >= button.bottom && list.top < button.bottom + 20, JSON.stringify([list, button]));
    let count = await page.evaluate(`document.querySelectorAll("#changes li").length`);
    assert(count >= 2, `${count} changes`);
    await page.click("#changes li:last-child button");
    assert.match(await page.evaluate(focus), /changes-count/);
    assert(await page.evaluate(isOpen), "there are more");
    for (; await page.evaluate(isOpen); count -= 1) {
      assert(count > 0, "an empty list stays open");
      await page.click("#changes li:last-child button");
    }
    assert.match(await page.evaluate(focus), / SUMMARY$/);
    await enter(page, "p-swap", "1G");
    await page.click(".reset-all");
    assert.match(await page.evaluate(focus), / SUMMARY$/);
  },
};
