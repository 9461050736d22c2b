// What a reader takes along and hands on: links, mails, pictures, files; in any browser.

import assert from "node:assert/strict";
import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { checked, enter, finished, first, small } from "./page.mjs";
import { violations } from "./view.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

/** Where the command line says that the page is. */
const PUBLIC = "https://swapscope.github.io/";
const TEXT = (/** @type {string} */ id) => `document.getElementById("${id}").textContent`;
const DIGEST = "document.body.dataset.digest";
const ENSEMBLE = `document.body.dataset.ensemble === "done"`;

/** Keeps what is copied and what is made a file of: the clipboard of a test machine is not for everybody to read. */
const HOOKS = `(() => {
  window.copied = [];
  window.files = [];
  Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied.push(text); } } });
  const make = URL.createObjectURL;
  URL.createObjectURL = (file) => { window.files.push(file); return make.call(URL, file); };
})()`;

/**
 * The last text that was copied.
 * @param {Page} page
 * @returns {Promise<string>}
 */
async function copied(page) {
  await page.until("window.copied.length > 0", 10);
  return page.evaluate("window.copied.pop()");
}

/**
 * Chooses from the menu.
 * @param {Page} page
 * @param {string} form
 */
async function choose(page, form) {
  await page.click("#share");
  await page.click(`#share-menu [data-form=${form}]`);
}

/**
 * What the browser saved under a name, once it is whole.
 * @param {Page} page
 * @param {string} name
 */
export async function saved(page, name) {
  const file = join(page.downloads, name);
  let size = -1;
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((done) => setTimeout(done, 150))) {
    const there = (await readdir(page.downloads)).includes(name) ? await readFile(file) : Buffer.alloc(0);
    if (there.length > 0 && there.length === size) {
      await rm(file);
      return there;
    }
    size = there.length;
  }
  throw new Error(`${name} was not saved`);
}

/**
 * What a link says, wherever it leads: a longer address leaves less room for the digest.
 * @param {string} link
 */
const same = (link) => link.replace(/^.*[?#](?=s=)/, "").replace(/(&r=[^&]*)?&c=..$/, "");

/**
 * A link of `small` that points at a place in the runs.
 * @param {World} world
 * @param {string} where
 */
function pointing(world, where) {
  const [query = "", model = ""] = /^\?(.*)(&m=\d+)&c=..$/.exec(small(world))?.slice(1) ?? [];
  return checked(`${query}${where}${model}`);
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "what is taken along is of one comparison, also when another is begun while the program for it comes": async (page, world) => {
    await page.before(HOOKS);
    await page.before(`(() => {
      const plain = window.fetch;
      const come = new Promise((done) => (window.come = done));
      window.fetch = async (what, ...more) => {
        if (/_bg\\.wasm$/.test(what)) {
          window.isAsked = true;
          await come;
        }
        return plain(what, ...more);
      };
    })()`);
    await finished(page, world.base + small(world));
    await page.until(ENSEMBLE, 120);
    await choose(page, "mail");
    await page.until("window.isAsked", 10);
    await page.evaluate(`document.body.dataset.state = "test"`);
    await enter(page, "seed", "5");
    await page.until(`document.body.dataset.state === "done"`);
    await page.until(ENSEMBLE, 120);
    await page.evaluate("window.come()");
    const late = await copied(page);
    assert.match(late, /[?&]seed=5&/);
    await choose(page, "mail");
    assert.equal(late, await copied(page));
  },

  "what the page hands out is what the command line makes of the link": async (page, world) => {
    await page.before(HOOKS);
    const wanted = async (/** @type {string} */ form) => readFile(join(world.exports, form), "utf8");
    await finished(page, world.base + (await wanted("link")));
    await page.until(ENSEMBLE);
    // By the keyboard: the menu follows its button, and Escape leads back to it.
    await page.evaluate(`document.getElementById("share").focus()`);
    await page.press("Enter");
    await page.until(`document.querySelector("#share-menu:popover-open") !== null`, 5);
    assert.deepEqual(await violations(page), []);
    await page.screenshot(world.shot("share"));
    await page.press("Escape");
    assert.equal(await page.evaluate(`document.querySelector("#share-menu:popover-open")`), null);
    assert.equal(await page.evaluate("document.activeElement.id"), "share");
    await page.press("Enter");
    await page.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.dataset.form"), "mail");
    await page.press("Enter");
    assert.equal(await copied(page), await wanted("mail"));
    assert.equal(await page.evaluate(TEXT("told")), "The mail is in the clipboard");
    assert.equal(await page.evaluate("document.activeElement.id"), "share", "the focus is not lost");

    for (const [form, name] of [["json", "json"], ["csv", "csv"], ["perfetto", "trace.json"]]) {
      await choose(page, form ?? "");
      await page.until(`${TEXT("told")}.startsWith("Saved swapscope-lab-256m.${name}")`);
      const file = (await saved(page, `swapscope-lab-256m.${name}`)).toString();
      assert(file === (await wanted(form ?? "")), `${form} is another one`);
    }
    await choose(page, "svg");
    const svg = (await saved(page, "swapscope-lab-256m.svg")).toString();
    const { search } = new URL(await page.evaluate("location.href"));
    assert(svg.includes((PUBLIC + search.replace(/&m=.*/, "")).replaceAll("&", "&amp;")), "the link is in the picture");
    const [title, outcome] = await page.evaluate(
      `["#title", ".heads .head span"].map((each) => document.querySelector(each).textContent)`,
    );
    assert(svg.includes(`<title>${title}</title>`) && svg.includes(outcome), `${title}: ${outcome}`);
    assert((svg.match(/<path/g) ?? []).length > 20, "there are lines");
  },

  "a picture has the plots as they are shown, in the pixels of the screen": async (page, world) => {
    await page.before(HOOKS);
    await page.before(`Object.defineProperty(window, "devicePixelRatio", { value: 2 })`);
    for (const [address, width, isDark] of /** @type {[string, number, boolean][]} */ ([
      [world.base + pointing(world, "&t=0.5&v=0.2,0.8"), 1280, false],
      [`${world.single}#${pointing(world, "&t=0.5").slice(1)}`, 360, true],
    ])) {
      await page.size(width, 900);
      await page.goto("about:blank");
      await finished(page, address);
      await page.dark(isDark);
      await page.until(ENSEMBLE);
      await page.click("#share");
      const menu = `document.getElementById("share-menu").getBoundingClientRect()`;
      assert(await page.evaluate(`${menu}.left >= 0 && ${menu}.right <= ${width}`), "the menu is not in sight");
      await page.press("Escape");
      await choose(page, "png");
      const file = await saved(page, "swapscope-lab-256m.png");
      assert.equal(file.subarray(1, 4).toString(), "PNG");
      const shown = await page.evaluate(`(async () => {
        const bitmap = await createImageBitmap(files.at(-1));
        const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
        const context = canvas.getContext("2d");
        context.drawImage(bitmap, 0, 0);
        const pixels = (from) => new Uint32Array(from.getContext("2d").getImageData(0, 0, from.width, from.height).data.buffer);
        const picture = new Set(pixels(canvas));
        const plots = [...document.querySelectorAll("#plots canvas")];
        const lost = plots.map((plot) => [...new Set(pixels(plot))].filter((colour) => !picture.has(colour)).length);
        const corner = context.getImageData(0, 0, 1, 1).data.slice(0, 3).join(", ");
        const paper = getComputedStyle(document.querySelector("main > section")).backgroundColor;
        const high = plots.reduce((sum, plot) => sum + plot.height, 0);
        const wide = document.getElementById("plots").clientWidth;
        return { size: [bitmap.width, bitmap.height], lost: Math.max(...lost), paper: paper === "rgb(" + corner + ")", high, wide };
      })()`);
      assert.deepEqual(shown.size, [file.readUInt32BE(16), file.readUInt32BE(20)]);
      assert.equal(shown.size[0], (shown.wide + 32) * 2);
      // Side by side or below one another, with words around them.
      assert(shown.size[1] > (width === 360 ? shown.high : shown.high / 2) + 200, `${JSON.stringify(shown)}`);
      assert.equal(shown.lost, 0, "colours of a plot are not in the picture");
      assert(shown.paper, "another paper than that of the page");
    }
  },

  "a link points at a moment and a stretch, and leaves no trail": async (page, world) => {
    await page.before(HOOKS);
    await finished(page, world.base + small(world));
    const plain = await page.evaluate("location.href");
    const digest = await page.evaluate(DIGEST);
    await finished(page, world.base + pointing(world, "&t=0.5&v=0.2,0.8"));
    const look = `[${TEXT("cursor-time")}, ${TEXT("view")}]`;
    assert.deepEqual(await page.evaluate(look), ["0.500 s", "0.200 s to 0.800 s"]);
    assert.match(await page.evaluate(`document.querySelector(".inspect-tasks").textContent`), /kswapd/);
    assert.equal(await page.evaluate(DIGEST), digest);
    assert.match(await page.evaluate("location.search"), /&t=0\.5&v=0\.2,0\.8&m=\d+&r=[^&]*&c=..$/);

    // What the reader looks at is in the address, and in no entry of the history.
    const entries = await page.evaluate("history.length");
    await page.click("#zoom-in");
    await page.click("#pan-right");
    await enter(page, "cursor", "250", "input");
    const there = await page.evaluate(look);
    assert.notEqual(there[0], "0.500 s");
    await page.until(`!location.search.includes("&t=0.5&")`, 5);
    await page.click("#copy");
    const link = await copied(page);
    assert.equal(same(link), same(await page.evaluate("location.href")));
    // Nobody else can open the address of a reader's own machine.
    assert(link.startsWith(`${PUBLIC}?s=`), link);
    assert.match(await page.evaluate(TEXT("told")), /^Link copied\. It leads to https:/);
    assert.equal(await page.evaluate("history.length"), entries);
    await page.goto("about:blank");
    await finished(page, link.replace(PUBLIC, world.base));
    assert.deepEqual(await page.evaluate(look), there);
    assert.equal(same(await page.evaluate("location.href")), same(link));

    // All of the time and no cursor is what a link says that says nothing.
    await page.click("#run");
    await page.until(`document.body.dataset.state === "done"`);
    assert.deepEqual(await page.evaluate(look), ["–", "all of the time"]);
    assert.equal(await page.evaluate("location.href"), plain);
    // And the same again is no new entry.
    assert.equal(await page.evaluate("history.length"), entries + 2);
  },

  "the reader is told what became of a shared verdict": async (page, world) => {
    await finished(page, world.base + small(world));
    const note = `document.getElementById("note")`;
    assert(await page.evaluate(`${note}.hidden`), "nothing to tell");
    const [, model] = /&m=(\d+)/.exec(small(world)) ?? [];
    // In a link, outcomes are letters that are no hexadecimal digits.
    const ends = await page.evaluate(`[...document.querySelectorAll("#table tbody tr")].map((row) => row.dataset.outcome)`);
    const letters = ends.map((/** @type {string} */ end) => ({ completed: "y", oom: "o", livelock: "l", timeout: "t" })[end]).join("");
    assert.match(letters, /^[yolt]{2}$/);
    const digest = (await page.evaluate(DIGEST)).slice(0, 8);
    const query = small(world).slice(1).replace(/&m=.*/, "");
    const other = letters.replace(/^./, letters[0] === "o" ? "l" : "o");
    const told = `shared with model 1; this is model ${model}`;
    for (const [rest, wanted, isChanged] of /** @type {[string, RegExp, boolean][]} */ ([
      [`&m=1&r=${letters}${digest}`, /: the result is the same\.$/, false],
      [`&m=1&r=${letters}0123abcd`, /: the verdict is still the same: .*every kernel ends as it did then\.$/, true],
      [`&m=1&r=${other}0123abcd`, /: the verdict has changed: 4\.6 was .*, is now [a-z ]+\.$/i, true],
      ["&m=1&r=0123abcd", /: the result is not the one that was shared\.$/, true],
      ["&m=1", /, and results may differ\.$/, false],
    ])) {
      await finished(page, world.base + checked(query + rest));
      const text = await page.evaluate(`${note}.textContent`);
      assert.equal(text.slice(0, told.length).toLowerCase(), told);
      assert.match(text, wanted);
      assert(await page.evaluate(`${note}.getClientRects().length > 0`));
      assert.equal(await page.evaluate(`${note}.hasAttribute("data-changed")`), isChanged, rest);
    }
    await finished(page, world.base + checked(`${query}&m=${model}&r=${other}0123abcd`));
    assert.match(await page.evaluate(`${note}.textContent`), /^The verdict has changed: 4\.6 was /);
    await page.screenshot(world.shot("shared"));
    // What the reader changes is nobody else's.
    await enter(page, "seed", "5");
    await page.until(`location.search.includes("seed=5") && document.body.dataset.state === "done"`);
    assert(await page.evaluate(`${note}.hidden`));
  },

  "from a mail to a changed experiment and a new link in three actions": async (page, world) => {
    await page.before(HOOKS);
    const [model = ""] = /&m=\d+/.exec(first(world)[0]) ?? [];
    await finished(page, world.base + checked(`s=lab-256m&k=4.6,4.7-rc6~mempool-noretry&duration=20s${model}`));
    await choose(page, "mail");
    const sent = await copied(page);
    const [shared, digest] = await page.evaluate(`[location.href, ${DIGEST}]`);
    // As it comes back: quoted twice, every line wrapped.
    const lines = sent.split("\n").flatMap((line) => line.match(/.{1,60}/g) ?? [""]);
    const mail = `On Monday somebody wrote:\n${lines.map((line) => `> > ${line}`).join("\n")}\nReally?\n`;
    assert(mail.includes(PUBLIC.slice(0, 20)) && !mail.includes("127.0.0.1"), "a link for others");
    /** @type {string[]} */
    const actions = [];
    const act = async (/** @type {string} */ what, /** @type {() => Promise<unknown>} */ does) => {
      actions.push(what);
      await does();
    };

    await page.goto("about:blank");
    // What lies between its first and its last character; the address bar takes out the ends of lines.
    const piece = mail.slice(mail.indexOf(PUBLIC), mail.indexOf("\nReally?")).replace(PUBLIC, world.base);
    await act("open the link", () => page.goto(piece.replaceAll("\n", "")));
    await page.until(`document.body?.dataset.state === "done"`);
    assert.equal(await page.evaluate(TEXT("alert")), "");
    assert.deepEqual(await page.evaluate(`[location.href, ${DIGEST}]`), [shared, digest]);
    await act("take the patch away", () => page.click("#columns .chip button"));
    await page.until(`!location.search.includes("mempool-noretry") && document.body.dataset.state === "done"`);
    await act("copy the link", () => page.click("#copy"));
    assert(actions.length <= 3, actions.join(", "));

    const link = await copied(page);
    const changed = await page.evaluate(DIGEST);
    assert.notEqual(changed, digest);
    await page.goto("about:blank");
    await finished(page, link.replace(PUBLIC, world.base));
    assert.equal(await page.evaluate(DIGEST), changed);
    const kernels = `[...document.querySelectorAll("#table tbody tr")].map((row) => row.dataset.kernel)`;
    assert.deepEqual(await page.evaluate(kernels), ["4.6", "4.7-rc6"]);
    assert(await page.evaluate(`document.getElementById("note").hidden`));

    // Where no link can be clicked, the whole mail can be pasted: there, too, it is one action.
    await finished(page, `${world.single}#${small(world).slice(1)}`);
    await page.evaluate(`(() => {
      const data = new DataTransfer();
      data.setData("text/plain", ${JSON.stringify(mail)});
      const init = { clipboardData: data, data: ${JSON.stringify(mail)}, dataType: "text/plain", bubbles: true, cancelable: true };
      document.body.dispatchEvent(new ClipboardEvent("paste", init));
    })()`);
    await page.until(`${DIGEST} === "${digest}" && location.hash.includes("mempool-noretry")`);
    // What goes out from a file can be opened by others, and names no folder.
    await page.click("#copy");
    assert.equal(same(await copied(page)), same(shared));
    await choose(page, "mail");
    assert.match(await copied(page), new RegExp(`\\n${PUBLIC}\\?s=lab-256m&k=[^\\n]*\\n$`));
  },
};
