// What the help and the pop-ups of the glossary must do, in any browser.

import assert from "node:assert/strict";
import { finished, first } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const TERMS = `[...document.querySelectorAll("a.term")]`;
const IS_OPEN = `Boolean(document.querySelector("#termcard")?.matches(":popover-open"))`;

/**
 * Nothing sticks out: tables scroll inside themselves, the page never sideways.
 * @param {Page} page
 * @param {number} width
 */
async function assertFits(page, width) {
  await page.size(width, 900);
  await page.until(`innerWidth === ${width}`, 5);
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  assert(wide <= width, `at ${width} px the help is ${wide} px wide`);
}

/**
 * Links within the page that lead nowhere, and the number of its tables.
 * @param {Page} page
 */
async function assertWhole(page) {
  const lost = `[...document.querySelectorAll('a[href^="#"]')].filter((link) => !document.getElementById(link.hash.slice(1)))`;
  assert.deepEqual(await page.evaluate(`${lost}.map((link) => link.hash)`), []);
  assert((await page.evaluate(`document.querySelectorAll(".scroll table").length`)) > 15);
  // Its styles were let in: without them the list of contents has bullets.
  assert.equal(await page.evaluate(`getComputedStyle(document.querySelector(".toc ol")).listStyleType`), "none");
  assert.equal(await page.evaluate("document.scripts.length"), 0);
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "the help needs no script and fits every screen": async (page, world) => {
    await page.goto(`${world.base}help.html`);
    await assertWhole(page);
    for (const [isDark, theme] of /** @type {[boolean, string][]} */ ([[false, "light"], [true, "dark"]])) {
      await page.dark(isDark);
      for (const width of [320, 360, 1280]) {
        await assertFits(page, width);
        await page.screenshot(world.shot(`help-${theme}-${width}`));
      }
    }
    await page.goto(`${world.base}help.html#term-kswapd`);
    assert.match(await page.evaluate(`document.querySelector(":target").textContent`), /kswapd/);
  },

  "a link of the help opens its scenario": async (page, world) => {
    await page.goto(`${world.base}help.html`);
    const links = await page.evaluate(`[...document.querySelectorAll("#scenarios tbody th a")].map((link) => link.href)`);
    const [name] = /s=lab-256m\b/.exec(links.join(" ")) ?? [];
    assert(name, "the help lists the scenarios");
    await page.goto(links.find((/** @type {string} */ link) => link.includes(name)));
    await page.until(`document.body.dataset.state === "running" || document.body.dataset.state === "done"`);
    assert.match(await page.evaluate("location.search"), /s=lab-256m/);
  },

  "a term explains itself by keyboard, and nothing moves": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await page.until(`${TERMS}.length > 10`, 10);
    const twice = `[...document.querySelectorAll("#plots, .figures thead")].flatMap((block) => {
      const ids = [...block.querySelectorAll("a.term")].map((link) => link.dataset.term);
      return ids.filter((id, at) => ids.indexOf(id) !== at);
    })`;
    assert.deepEqual(await page.evaluate(twice), []);

    const term = `document.querySelector('.panelhead a[data-term="throttle-vm-writeout"]')`;
    await page.evaluate(`${term}.focus()`);
    await page.press("Enter");
    await page.until(IS_OPEN, 5);
    assert.match(await page.evaluate(`document.getElementById("termcard").textContent`), /HZ\/10.*mm\/page-writeback\.c/s);
    const box = await page.evaluate(`(({ left, right }) => [left, innerWidth - right])(document.getElementById("termcard").getBoundingClientRect())`);
    assert(box.every((/** @type {number} */ room) => room >= 0), `the card leaves the screen: ${box}`);
    await page.screenshot(world.shot("term"));
    await page.press("Tab");
    assert.match(await page.evaluate("document.activeElement.getAttribute('href')"), /^help\.html#term-throttle-vm-writeout$/);
    await page.press("Escape");
    await page.until(`!(${IS_OPEN})`, 5);
    assert.equal(await page.evaluate(`document.activeElement === ${term}`), true, "the focus is not where it was");

    // A phone, where the card covers most of the width: the page stays where it is.
    await page.size(360, 700);
    await page.until("innerWidth === 360", 5);
    await new Promise((done) => setTimeout(done, 500));
    await page.evaluate(`${term}.scrollIntoView({ block: "center" })`);
    const top = await page.evaluate("scrollY");
    await page.evaluate(`${term}.click()`);
    await page.until(IS_OPEN, 5);
    assert.equal(await page.evaluate("scrollY"), top);
    await page.screenshot(world.shot("term-phone"));
    await page.press("Escape");
    await page.size(1280, 900);
    await page.until("innerWidth === 1280", 5);
    await new Promise((done) => setTimeout(done, 500));

    const places = `[...document.querySelectorAll(".panelhead, .legend li, .figures th, canvas")].map((each) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      return [x, y, width, height].map(Math.round).join(" ");
    })`;
    const marked = await page.evaluate(places);
    await page.evaluate(`${TERMS}.forEach((link) => link.closest("span").replaceWith(link.closest("span").textContent))`);
    assert.deepEqual(await page.evaluate(places), marked);
  },

  "a browser without pop-ups follows the term to the help": async (page, world) => {
    await page.goto(world.base + first(world)[0]);
    await page.evaluate("delete HTMLElement.prototype.showPopover");
    await page.until(`document.querySelector('.panelhead a[data-term="kswapd"]') !== null`);
    // It is left to the browser, which is stopped here, so that there is something left to ask.
    const href = await page.evaluate(`new Promise((done) => {
      addEventListener("click", (event) => {
        done(event.defaultPrevented ? "the page kept it" : event.target.href);
        event.preventDefault();
      }, { once: true });
      document.querySelector('.panelhead a[data-term="kswapd"]').click();
    })`);
    await page.goto(href);
    assert.equal(await page.evaluate(`document.querySelector(":target")?.textContent`), "kswapd");
  },

  "the single file has its glossary inside and its help beside": async (page, world) => {
    await finished(page, `${world.single}#${first(world)[0].slice(1)}`);
    await page.until(`${TERMS}.length > 10`, 10);
    await page.evaluate(`document.querySelector('.panelhead a[data-term="kswapd"]').click()`);
    await page.until(IS_OPEN, 5);
    const help = `document.querySelector("a.helplink")`;
    assert.match(await page.evaluate(`${help}.textContent`), /beside this file/);
    await page.goto(await page.evaluate(`${help}.href`));
    await assertWhole(page);
    assert.match(await page.evaluate(`document.querySelector("#scenarios tbody th a").href`), /^file:.*swapscope\.html#s=/);
  },
};
