// What page and frame show before the program is there, in any browser.

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { around, hosted } from "./embed.mjs";
import { enter, small } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

/** What a first load may weigh, compressed. */
const BUDGET = 150 * 1024;
const PROGRAM = /first\.lzma|embed\.bundle/;
const WORDS = `[...document.querySelectorAll(".beforehand :is(h2, .sentence, tbody th)")].map(({ textContent }) => textContent)`;
const PICTURE = `(document.querySelector(":is(.beforehand, .ahead) img")?.getBoundingClientRect().width ?? 0) >= 600`;
const STATE = `document.body.dataset.state`;

/** Holds the program back until it is let go, and notes what was asked for. */
function held() {
  let letGo = () => {};
  const gate = new Promise((done) => (letGo = () => done(null)));
  /** @type {string[]} */
  const asked = [];
  const before = (/** @type {string} */ file) => {
    asked.push(file);
    return PROGRAM.test(file) ? gate : null;
  };
  return { asked, before, letGo };
}

/**
 * Bytes of what was asked for and came, as a host would compress it.
 * @param {World} world
 * @param {string[]} asked
 */
async function weight(world, asked) {
  const sizes = asked.filter((file) => !PROGRAM.test(file)).map(async (file) => {
    const found = await fetch(world.base + file);
    return found.ok ? gzipSync(Buffer.from(await found.arrayBuffer()), { level: 9 }).length : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "a bundled scenario is shown before the program is there, within 150 KB": async (page, world) => {
    const { asked, before, letGo } = held();
    const open = async (/** @type {string} */ folder) => {
      await page.goto(`${folder}index.html`);
      await page.until(PICTURE, 20);
      const [title, sentence, ...kernels] = await page.evaluate(WORDS);
      assert.match(title, /^Swap on dm-crypt, 2016/);
      assert.match(sentence, /^4\.6 .*4\.7-rc6 .*mempool-noretry/);
      assert.deepEqual(kernels, ["4.6", "4.7-rc6", "4.7-rc6~mempool-noretry"]);
      assert.equal(await page.evaluate(STATE), "loading");
      await page.screenshot(world.shot("beforehand"));
      const bytes = await weight(world, [...asked]);
      assert(bytes > 10_000 && bytes < BUDGET, `${bytes} bytes: ${asked.join(" ")}`);
      letGo();
      // It stays for the first run, beside controls that work.
      await page.until(`${STATE} !== "loading"`);
      if (await page.evaluate(`${STATE} === "running"`)) {
        assert.equal(await page.evaluate(PICTURE), true);
      }
      await page.until(`${STATE} === "done"`);
      assert.equal(await page.evaluate(`document.querySelector(".beforehand")`), null);
      assert.equal(await page.evaluate(`document.getElementById("title").textContent`), title);
      const shown = `getComputedStyle(document.querySelector("main > .verdict")).visibility`;
      assert.equal(await page.evaluate(shown), "visible");
      assert.deepEqual(await page.evaluate(`[...document.querySelectorAll("#table tbody th")].map(({ textContent }) => textContent)`), kernels);
    };
    await hosted(world, (policy) => policy, open, before);
  },

  "what was run beforehand goes when something else is asked for": async (page, world) => {
    const { before, letGo } = held();
    const open = async (/** @type {string} */ folder) => {
      await page.goto(`${folder}index.html?s=dmcrypt-2016&m=4&c=hb`);
      await page.until(PICTURE, 20);
      letGo();
      await page.until(`${STATE} === "running"`);
      await enter(page, "seed", "2");
      await page.until(`!document.querySelector(".beforehand")`, 5);
      assert.equal(await page.evaluate(STATE), "running");
      await page.until(`${STATE} === "done"`);
    };
    await hosted(world, (policy) => policy, open, before);
  },

  "a link that changes a scenario, or was damaged, is preceded by nothing": async (page, world) => {
    const { asked, before, letGo } = held();
    const open = async (/** @type {string} */ folder) => {
      for (const link of [small(world), "?s=lab-256m&m=4", "?s=lab-256m=&c=hb", "?s=lab-256m&m=4&c=h", "?k=4.6"]) {
        // A page that is left may still say that it could not start.
        await page.goto("about:blank");
        asked.length = 0;
        await page.goto(`${folder}index.html${link}`);
        while (!asked.some((file) => PROGRAM.test(file))) {
          await new Promise((done) => setTimeout(done, 50));
        }
        assert.equal(await page.evaluate(`document.querySelector(".beforehand")`), null, link);
        assert.deepEqual(asked.filter((file) => /^fallback(\/|\.html)/.test(file)), [], link);
      }
      letGo();
      await page.until(`${STATE} === "error"`, 20);
    };
    await hosted(world, (policy) => policy, open, before);
  },

  "a frame asks for the program when it is seen, and shows what was run beforehand": async (page, world) => {
    const { asked, before, letGo } = held();
    const link = "?s=lab-256m&m=4&c=s3";
    const frame = (/** @type {string} */ folder) => `<div style="height: 3000px"></div>
      <iframe src="${folder}embed.html${link}" sandbox="allow-scripts" title="t" style="width: 900px; height: 500px; border: 0"></iframe>`;
    const open = async () => {
      await page.until(`document.body !== null`, 5, 0);
      await new Promise((done) => setTimeout(done, 500));
      assert.deepEqual(asked.filter((file) => /fallback|embed\.bundle/.test(file)), []);
      await page.evaluate(`document.querySelector("iframe").scrollIntoView({ block: "center" })`);
      await page.until(PICTURE, 20, 0);
      assert((await weight(world, [...asked])) < BUDGET, asked.join(" "));
      letGo();
      await page.until(`["done", "error"].includes(document.body.dataset.state)`, 60, 0);
      assert.equal(await page.inFrame(0, `document.querySelector(".ahead")`), null);
      assert.deepEqual(await page.inFrame(0, "violations"), []);
    };
    await around(page, world, frame, open, before);
  },
};
