// What the reader pastes and drops.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { finished, first } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const SAMPLES = new URL("../../crate/scenario/src/import/samples/", import.meta.url);
const DONE = `document.body.dataset.state === "done"`;
const OPEN = `document.querySelector("dialog.import")?.open === true`;
const TITLE = `document.getElementById("import-title").textContent`;
/** The value of a control, by its key. @param {string} key */
const inLink = (key) => `new URLSearchParams((location.search || location.hash).slice(1)).get("${key}")`;
/** Pixels of the colour in which a recording is drawn, in light. @param {number} column */
const dotted = (column) => `(() => {
  const canvas = [...document.querySelectorAll('#plots canvas[data-panel="free"]')][${column}];
  canvas.scrollIntoView();
  const path = document.querySelector(".when-recording path");
  const [red, green, blue] = path.getAttribute("data-light").match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    count += Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 12 ? 1 : 0;
  }
  return count;
})()`;
const LEGEND = `[...document.querySelectorAll("#plots .when-recording")].some((key) => key.getClientRects().length > 0)`;

/**
 * @param {Page} page
 * @param {string} text
 * @param {string} [at]  a selector
 */
export const paste = (page, text, at = "body") =>
  page.evaluate(`(() => {
    const data = new DataTransfer();
    data.setData("text/plain", ${JSON.stringify(text)});
    // Firefox takes the text itself, and only so.
    const init = { clipboardData: data, data: ${JSON.stringify(text)}, dataType: "text/plain", bubbles: true, cancelable: true };
    document.querySelector(${JSON.stringify(at)}).dispatchEvent(new ClipboardEvent("paste", init));
  })()`);

/**
 * @param {Page} page
 * @param {string} name
 * @param {string} text
 * @param {string} at  a selector
 */
const drop = (page, name, text, at) =>
  page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
    const target = [...document.querySelectorAll(${JSON.stringify(at)})].at(-1);
    const { left, width } = target.getBoundingClientRect();
    target.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true, clientX: left + width / 2 }));
  })()`);

/** A recording of the 400 MB of lab-256m: a row each 100 ms. */
function csv() {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const touched = Math.max(0, Math.min(102_400, (row - 10) * 2_600));
    return [row * 100, touched, 40_000 + (row % 2) * 9_000, row * 10, touched].join(",");
  });
  return `t_ms[ms],hog_pages[pages],nr_free[pages],writeback[pages],pswpout[pages]\n${rows.join("\n")}\n`;
}

/** What `vmstat 1` said for 19 s. */
export function vmstat() {
  const rows = Array.from({ length: 20 }, (_, row) => `1 0 ${row * 4000} ${900_000 - row * 30_000} 1000 9000 0 0 1 2 3 4 5 6 87 2 0`);
  return `r b swpd free buff cache si so bi bo in cs us sy id wa st\n${rows.join("\n")}\n`;
}

/**
 * Runs the machine and workload that the recording is of.
 * @param {Page} page
 */
async function choosePlain(page) {
  await page.evaluate(`(() => {
    const select = document.getElementById("scenario");
    select.value = "lab-plain";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  })()`);
  await page.until(`${inLink("s")} === "lab-plain"`);
  await page.until(DONE, 120);
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "a pasted report sets up the controls and says which fields it used": async (page, world) => {
    const [query] = first(world);
    await finished(page, `${world.base}${query}`);
    const freeze = await readFile(new URL("freeze-4.7.txt", SAMPLES), "utf8");
    // Into an input it goes as text, as everywhere.
    await paste(page, freeze, "#seed");
    assert.equal(await page.evaluate(`document.querySelector("dialog.import")`), null);
    await paste(page, freeze);
    await page.until(OPEN);
    assert.match(await page.evaluate(TITLE), /^Imported: clipboard \(Mem-Info\)$/);
    assert.equal(await page.evaluate(inLink("base-file")), "8756k");
    assert.equal(await page.evaluate(inLink("k")), "4.7-rc6,4.9");
    const rows = await page.evaluate(`[...document.querySelectorAll("dialog.import caption")].map((it) => it.textContent)`);
    assert.deepEqual(rows, ["Used", "Guessed, with the rule", "Ignored"]);
    assert.equal(await page.evaluate("document.activeElement.id"), "import-title");
    assert.equal(await page.evaluate(`document.querySelector("dialog.import").scrollTop`), 0, "it opens where it begins");
    const wide = await page.evaluate(`[...document.querySelectorAll("dialog.import table")].map((it) => Math.round(it.querySelector("th + th").getBoundingClientRect().left))`);
    assert.deepEqual(new Set(wide).size, 1, `columns begin at ${wide}`);
    assert.equal(await page.evaluate(`document.getElementById("title").textContent`), "A machine like that of the pasted text");
    const text = await page.evaluate(`document.querySelector("dialog.import").textContent`);
    assert.match(text, /base-file8756KMem-Info inactive_file, line \d+/);
    await page.screenshot(world.shot("import"));
    await page.press("Escape");
    await page.until(`!(${OPEN})`);
    // Back is where the reader was.
    await page.evaluate("history.back()");
    await page.until(`${inLink("base-file")} === null`);
    assert.doesNotMatch(await page.evaluate(`document.getElementById("title").textContent`), /like that/);
  },

  "what cannot be read is said, and the dialog takes another text": async (page, world) => {
    const [query] = first(world);
    await finished(page, `${world.base}${query}`);
    await page.click("#import");
    await page.until(OPEN);
    assert.equal(await page.evaluate("document.activeElement.tagName"), "TEXTAREA");
    await page.type("hello");
    await page.press("Tab");
    await page.press("Enter");
    await page.until(`document.querySelector("dialog.import .wrong") !== null`);
    assert.match(await page.evaluate(`document.querySelector("dialog.import .wrong").textContent`), /^text: nothing in it is known/);
    const oom = await readFile(new URL("oom-4.6.txt", SAMPLES), "utf8");
    await page.evaluate(`document.querySelector("dialog.import textarea").value = ${JSON.stringify(oom)}`);
    await page.click("dialog.import .buttons button");
    await page.until(`${inLink("base-file")} === "40288k"`);
  },

  "a dropped recording is laid over its column and compared": async (page, world) => {
    const [query] = first(world);
    const link = new URL(`${world.base}${query}`);
    await finished(page, String(link));
    await choosePlain(page);
    assert.equal(await page.evaluate(LEGEND), false);
    const count = await page.evaluate(`document.querySelectorAll('#plots canvas[data-panel="free"]').length`);
    const before = await page.evaluate(dotted(count - 1));
    await drop(page, "run.csv", csv(), '#plots canvas[data-panel="free"]');
    await page.until(OPEN);
    await page.until(`document.querySelector("dialog.import .compared") !== null`, 120);
    assert.match(await page.evaluate(`document.querySelector("dialog.import .compared").textContent`), /recorded completed; .* seeds end so/);
    assert.ok((await page.evaluate(`document.querySelectorAll("dialog.import .compared").length`)) === 1, "one column only");
    await page.screenshot(world.shot("recording"));
    await page.press("Escape");
    assert.equal(await page.evaluate(LEGEND), true);
    await page.until(`${dotted(count - 1)} > ${before} + 30`);
    await page.screenshot(world.shot("overlay"));
    await page.click("#recorded button");
    assert.equal(await page.evaluate(LEGEND), false);
    await page.until(`${dotted(count - 1)} <= ${before}`);
  },

  "the single file takes what is pasted and dropped": async (page, world) => {
    const { search } = new URL(`${world.base}${first(world)[0]}`);
    await finished(page, `${world.single}#${search.slice(1)}`);
    await paste(page, await readFile(new URL("freeze-4.7.txt", SAMPLES), "utf8"));
    await page.until(OPEN);
    assert.match(await page.evaluate(TITLE), /^Imported: clipboard \(Mem-Info\)$/);
    assert.equal(await page.evaluate(inLink("base-file")), "8756k");
    await page.press("Escape");
    await drop(page, "oom-4.6.txt", await readFile(new URL("oom-4.6.txt", SAMPLES), "utf8"), "#controls");
    await page.until(`${inLink("base-file")} === "40288k"`);
    await page.press("Escape");

    // A recording is compared in a Worker, which comes from the file's own text.
    await choosePlain(page);
    await drop(page, "run.csv", csv(), '#plots canvas[data-panel="free"]');
    await page.until(`document.querySelector("dialog.import .compared") !== null`, 120);
    await page.press("Escape");
    assert.equal(await page.evaluate(LEGEND), true);
    assert.match(await page.evaluate("location.href"), /^file:.*#s=lab-plain/);
  },

  "a series pasted anywhere lies over all columns and leaves the controls alone": async (page, world) => {
    const [query] = first(world);
    await finished(page, `${world.base}${query}`);
    await paste(page, vmstat());
    await page.until(OPEN);
    assert.match(await page.evaluate(`document.querySelector("dialog.import").textContent`), /series: 20 samples of vmstat over 19\.0 s/);
    assert.equal(await page.evaluate(inLink("base-file")), null);
    assert.equal(await page.evaluate(LEGEND), true);
    await page.until(`${dotted(0)} > 30`);
  },

  "a file that is too long is refused where it was chosen": async (page, world) => {
    await finished(page, `${world.base}${first(world)[0]}`);
    await page.click("#import");
    await page.until(OPEN);
    await page.evaluate(`(() => {
      const input = document.querySelector("dialog.import input[type=file]");
      const file = Object.defineProperty(new File([""], "long.txt"), "size", { value: (64 << 20) + 1 });
      Object.defineProperty(input, "files", { value: [file] });
      input.dispatchEvent(new Event("change"));
    })()`);
    await page.until(`document.querySelector("dialog.import .wrong") !== null`, 5);
    assert.match(await page.evaluate(`document.querySelector("dialog.import .wrong").textContent`), /^long\.txt: longer than 64 MB/);
    assert(await page.evaluate(OPEN));
  },
};
