// What the page must do, in any browser.

import assert from "node:assert/strict";
import { repeat } from "./runs.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {{base: string, single: string, runs: string, exports: string, shot: (what: string) => string}} World */

const ENDED = `["done", "error"].includes(document.body.dataset.state)`;
const ROWS = `[...document.querySelectorAll("#table tbody tr")].map((row) => [row.dataset.kernel, row.dataset.hash])`;
const ALERT = `document.getElementById("alert").textContent`;
const state = (/** @type {string} */ name) => `document.body.dataset.state === "${name}"`;

/**
 * The comparisons with the usual seed among the runs: each link once, with kernel and hash of its columns.
 * @param {World} world
 * @returns {Map<string, string[][]>}
 */
function comparisons({ runs }) {
  const links = new Map();
  for (const line of runs.split("\n").filter(Boolean)) {
    const [link, , kernel, hash] = line.split("\t");
    if (link.includes("&seed=")) {
      continue;
    }
    links.set(link, [...(links.get(link) ?? []), [kernel, hash]]);
  }
  return links;
}

/**
 * @param {Page} page
 * @param {string} address
 */
export async function finished(page, address) {
  await page.goto(address);
  await page.until(ENDED);
  assert.equal(await page.evaluate(ALERT), "");
}

/**
 * A link to the shortest run of the first scenario, and what it gives.
 * @param {World} world
 */
export function first(world) {
  const [entry] = comparisons(world);
  assert(entry, "there are runs");
  return entry;
}

/**
 * Drawn and as fine as the screen: backing store of the right size, more than one colour in it.
 * @param {Page} page
 */
async function assertDrawn(page) {
  const read = () => page.evaluate(`[...document.querySelectorAll("#plots canvas")].map((canvas) => {
    const data = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    const sharp = Math.abs(canvas.width - canvas.getBoundingClientRect().width * devicePixelRatio) <= 1;
    return { panel: canvas.dataset.panel, colours: new Set(data).size, sharp, text: canvas.getAttribute("aria-label") };
  })`);
  // What is out of sight is drawn a little later.
  let found = await read();
  for (let wait = 0; wait < 20 && found.some((/** @type {{colours: number}} */ { colours }) => colours <= 2); wait += 1) {
    await new Promise((done) => setTimeout(done, 500));
    found = await read();
  }
  assert(found.length > 0, "there are plots");
  for (const { panel, colours, sharp, text } of found) {
    assert(colours > 2, `${panel} is blank`);
    assert(sharp, `${panel} is not drawn at the screen's resolution`);
    assert(text, `${panel} says nothing to a screen reader`);
  }
}

/**
 * A query with its check characters, as crate/scenario/src/link.rs computes them: what is wrong with these links is
 * not that they were damaged.
 * @param {string} query
 */
export function checked(query) {
  let crc = 0;
  for (const byte of new TextEncoder().encode(query)) {
    crc ^= byte << 2;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc << 1) ^ (crc & 0x200 ? 0x233 : 0);
    }
    crc &= 0x3ff;
  }
  const digits = "abcdefghijklmnopqrstuvwxyz234567";
  return `?${query}&c=${digits[crc >> 5]}${digits[crc & 31]}`;
}

/**
 * A link to two short runs of a small machine.
 * @param {World} world
 */
export function small(world) {
  const [model] = first(world)[0].match(/&m=\d+/) ?? [];
  return checked(`s=lab-256m&k=4.6,4.7-rc6&duration=1s${model}`);
}

/**
 * Gives a field a value as a reader does.
 * @param {Page} page
 * @param {string} id
 * @param {string} value
 * @param {string} [event]
 */
export const enter = (page, id, value, event = "change") =>
  page.evaluate(`(() => {
    const field = document.getElementById("${id}");
    field.value = "${value}";
    field.dispatchEvent(new Event("${event}", { bubbles: true }));
  })()`);

/**
 * Opens all groups of parameters.
 * @param {Page} page
 */
function unfold(page) {
  return page.evaluate(`document.querySelectorAll("#parameters, .group").forEach((each) => (each.open = true))`);
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "every bundled scenario has the same hashes as natively": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    const lines = await page.evaluate(`(async () => {
      const wasm = await import("./pkg/swapscope_web.js");
      await wasm.default({ module_or_path: "pkg/first.wasm" });
      return (${repeat})(wasm, ${JSON.stringify(world.runs)}).map(({ line }) => line);
    })()`);
    assert.deepEqual(lines, world.runs.split("\n").filter(Boolean));
  },

  "the page shows what its link says, drawn and sharp": async (page, world) => {
    for (const [link, expected] of comparisons(world)) {
      await finished(page, world.base + link);
      assert.deepEqual(await page.evaluate(ROWS), expected);
      assert.notEqual(await page.evaluate(`document.getElementById("verdict").textContent`), "");
      await assertDrawn(page);
    }
  },

  "the single file does the same from file://": async (page, world) => {
    for (const [link, expected] of comparisons(world)) {
      await page.goto("about:blank");
      await finished(page, `${world.single}#${link.slice(1)}`);
      assert.deepEqual(await page.evaluate(ROWS), expected);
      await assertDrawn(page);
    }
    assert.match(await page.evaluate("location.href"), /^file:.*#s=/);
  },

  "broken links give one message and working controls": async (page, world) => {
    const [whole] = first(world);
    for (const [link, wanted] of [
      [checked("s=dmcrypt-2017&m=1"), /'dmcrypt-2017'.*dmcrypt-2016/],
      [checked("s=dmcrypt-2016&k=4.7-rc7&m=1"), /4\.7-rc7.*4\.7-rc6/],
      [checked("s=dmcrypt-2016&k=4.6~mempool-retry&m=1"), /mempool-noretry/],
      [checked("s=dmcrypt-2016&swapiness=3&m=1"), /swappiness/],
      [checked("s=dmcrypt-2016&ram=10t&m=1"), /ram.*10/],
      [whole.slice(0, -3), /cut off/],
      [whole.replace("=20s", "=21s"), /damaged/],
    ]) {
      await page.goto(world.base + link);
      await page.until(ENDED);
      assert(await page.evaluate(state("error")), `${link} was run`);
      const message = await page.evaluate(ALERT);
      assert.match(message, wanted);
      // Check characters that fit: such a link says something that does not exist, and was not damaged.
      assert.equal(message.includes("damaged"), wanted.source === "damaged", message);
      assert.equal(message.trim().split("\n").length, 1, message);
      assert.match(message, /\. The controls below are not of this link, but of: Swap on dm-crypt, 2016/);
      assert(await page.evaluate(`document.querySelectorAll("#scenario option").length > 1`));
      assert(await page.evaluate(`document.getElementById("inspect").getClientRects().length === 0`), "empty boxes");
    }
  },

  "what trackers put into an address opens the same run": async (page, world) => {
    await finished(page, world.base + small(world));
    const rows = await page.evaluate(ROWS);
    const id = "utm_source=list&fbclid=IwAR0_x-y";
    const query = small(world).slice(1);
    // In the last one the link itself is as it was, so there is nothing to tell.
    for (const [address, isTold] of [[`?${query}&${id}`, true], [`?${id}&${query}`, true], [`?${id}#${query}`, false]]) {
      await page.goto("about:blank");
      await finished(page, world.base + address);
      assert.deepEqual(await page.evaluate(ROWS), rows);
      assert.equal((await page.evaluate(`document.getElementById("note").textContent`)).startsWith("What a tracker had put into"), isTold);
      assert.doesNotMatch(await page.evaluate("location.href"), /fbclid/);
    }
    // Nothing else is asked for.
    await page.goto(`${world.base}?fbclid=x`);
    await page.until(`location.search.startsWith("?s=dmcrypt-2016&")`);
    assert.equal(await page.evaluate(ALERT), "");
  },

  "a value that cannot be taken is told, and nothing else is run": async (page, world) => {
    await finished(page, world.base + small(world));
    const address = await page.evaluate("location.href");
    const wrong = (/** @type {string} */ key) => page.evaluate(`document.getElementById("wrong-${key}").textContent`);
    const enter = async (/** @type {string} */ id, /** @type {string} */ text) => {
      await page.evaluate(`document.getElementById("${id}").select()`);
      await page.type(text);
      await page.press("Enter");
    };
    for (const seed of ["99999999999999999999999", "9007199254740993", "4294966296", "1.5", "-5"]) {
      await enter("seed", seed);
      assert.equal(await wrong("seed"), `seed = ${seed}: expected a whole number from 0 to 4294966295`);
      assert.equal(await page.evaluate("document.getElementById('told').textContent"), "Nothing was run: 1 field is wrong");
      assert.equal(await page.evaluate("location.href"), address);
    }
    await unfold(page);
    await enter("p-ram", "10");
    assert.match(await wrong("ram"), /^ram = /);
    await page.evaluate(`document.querySelectorAll("#parameters, .group").forEach((each) => (each.open = false))`);
    await page.evaluate(`document.getElementById("seed").value = "5"`);
    await page.evaluate(`document.getElementById("seed").dispatchEvent(new Event("input"))`);
    assert.equal(await wrong("seed"), "");
    await page.click("#run");
    assert.equal(await page.evaluate("document.activeElement.id"), "p-ram", "the folded field is opened and has the focus");
    assert(await page.evaluate("document.activeElement.getClientRects().length > 0"));
    assert.equal(await page.evaluate("location.href"), address, "nothing is run");
    await page.screenshot(world.shot("wrong"));
    await enter("p-ram", "512M");
    await page.until(`location.search.includes("&ram=512m&") && ${state("done")}`);
    // And back: nothing is left of it.
    await enter("p-ram", "256M");
    await page.until(`!location.search.includes("ram=") && ${state("done")}`);
    assert.doesNotMatch(await page.evaluate("location.search"), /zone/);
  },

  "free memory is on the first screen, and one key leads to the plots": async (page, world) => {
    for (const link of [first(world)[0], small(world)]) {
      await finished(page, world.base + link);
      await page.until(`document.body.dataset.ensemble === "done"`, 300);
      const top = await page.evaluate(`document.querySelector("#plots .panel").getBoundingClientRect().top + scrollY`);
      assert(top <= 700, `free memory begins at ${top} px of 900`);
    }
    await page.evaluate("document.activeElement.blur()");
    await page.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.id"), "skip");
    const address = await page.evaluate("location.href");
    await page.press("Enter");
    assert.equal(await page.evaluate("document.activeElement.id"), "plots");
    assert.equal(await page.evaluate("location.href"), address);
  },

  "a value out of range gives one message beside its field, and the next good one runs": async (page, world) => {
    await finished(page, world.base + small(world));
    await unfold(page);
    const address = await page.evaluate("location.href");
    const wrong = `document.getElementById("wrong-swappiness").textContent`;
    await page.evaluate(`document.getElementById("p-swappiness").select()`);
    await page.type("900");
    assert.match(await page.evaluate(wrong), /^swappiness = 900 is out of range: expected 0 to 100/);
    await page.press("Enter");
    assert.equal(await page.evaluate("location.href"), address, "nothing is run");
    assert.equal(await page.evaluate(`document.getElementById("p-swappiness").value`), "900", "nothing is lost");
    assert.equal(await page.evaluate(`document.getElementById("p-swappiness").getAttribute("aria-invalid")`), "true");
    await page.evaluate(`document.getElementById("p-swappiness").select()`);
    await page.type("50");
    assert.equal(await page.evaluate(wrong), "");
    await page.press("Enter");
    await page.until(`/[?&]swappiness=50&/.test(location.search) && ${state("done")}`);
    assert.equal(await page.evaluate(ALERT), "");
  },

  "a value that has become right is said not to be taken until it is": async (page, world) => {
    await finished(page, world.base + small(world));
    await unfold(page);
    const wrong = `document.getElementById("wrong-base-file").textContent`;
    const enter = async (/** @type {string} */ key, /** @type {string} */ text) => {
      await page.evaluate(`document.getElementById("p-${key}").select()`);
      await page.type(text);
      await page.press("Enter");
    };
    // More than the machine has, until it has more.
    await enter("base-file", "400M");
    const message = await page.evaluate(wrong);
    assert.match(message, /400M/);
    assert.doesNotMatch(message, /Enter/);
    await enter("ram", "1G");
    await page.until(`location.search.includes("&ram=1g&") && ${state("done")}`);
    assert.equal(await page.evaluate(wrong), "not taken yet: Enter takes it");
    assert.equal(await page.evaluate(`document.getElementById("p-base-file").value`), "400M");
    assert.doesNotMatch(await page.evaluate("location.search"), /base-file/);
    await page.evaluate(`document.getElementById("p-base-file").focus()`);
    await page.press("Enter");
    await page.until(`location.search.includes("&base-file=400m&") && ${state("done")}`);
    assert.equal(await page.evaluate(wrong), "");
  },

  "a kernel is compared with those beside it, if there are any": async (page, world) => {
    await finished(page, world.base + small(world));
    const notes = `[...document.querySelectorAll("#columns .card-note")].map((note) => note.textContent)`;
    const wanted = ["The columns to the right are compared with this one."];
    assert.deepEqual(await page.evaluate(notes), wanted);
    await page.click("#columns .card:nth-child(2) [data-action=remove]");
    await page.until(`location.search.includes("k=4.6&") && ${state("done")}`);
    assert.deepEqual(await page.evaluate(notes), []);
    await page.click("#columns .add-kernel");
    await page.until(`location.search.includes("k=4.6,") && ${state("done")}`);
    assert.deepEqual(await page.evaluate(notes), wanted);
  },

  "a parameter explains itself, slides, and goes back to its default": async (page, world) => {
    await finished(page, world.base + small(world));
    await unfold(page);
    const value = (/** @type {string} */ key) => page.evaluate(`document.getElementById("p-${key}").value`);
    const changed = `document.querySelector(".changes-count").textContent`;
    const before = [await page.evaluate(changed), await value("ram"), await page.evaluate("location.search")];

    await page.evaluate(`document.getElementById("p-ram").focus()`);
    await page.press("?");
    assert.match(await page.evaluate(`document.querySelector(".definition:popover-open").textContent`), /^ram.*memory of the machine/);
    await page.press("Escape");
    assert.equal(await page.evaluate(`document.querySelectorAll(":popover-open").length`), 0);

    const slider = `[data-field=ram] input[type=range]`;
    await page.evaluate(`document.querySelector("${slider}").focus()`);
    const entries = await page.evaluate("history.length");
    await page.press("ArrowRight");
    const first = await value("ram");
    await page.press("ArrowRight");
    const after = await value("ram");
    assert.notEqual(after, first);
    // Steps on the way are no entries of the history.
    assert.equal(await page.evaluate("history.length"), entries + 1);
    assert.notEqual(after, before[1]);
    assert.equal(await page.evaluate(`document.querySelector("${slider}").getAttribute("aria-valuetext")`), after);
    assert.notEqual(await page.evaluate(changed), before[0]);
    await page.until(`location.search.includes("&ram=${after.toLowerCase()}&")`);
    await page.until(`getComputedStyle(document.querySelector("[data-field=ram] .back")).cursor === "pointer"`, 5);
    await page.click(`[data-field=ram] .back`);
    assert.equal(await value("ram"), before[1]);
    assert.equal(await page.evaluate(changed), before[0]);

    // While it moves the value follows; it is taken for good when it is let go.
    const move = (/** @type {string} */ what) => page.evaluate(`(() => {
      const slider = document.querySelector("${slider}");
      slider.value = String(Number(slider.max) - 1);
      slider.dispatchEvent(new Event("${what}", { bubbles: true }));
    })()`);
    await page.until(ENDED);
    const address = await page.evaluate("location.search");
    await move("input");
    const moved = await value("ram");
    assert.notEqual(moved, before[1]);
    assert.equal(await page.evaluate("location.search"), address);
    await move("change");
    await page.until(`location.search.includes("&ram=${moved.toLowerCase()}&")`);

    // A preset brings its values, and none of them counts as changed.
    await enter(page, "p-disk", "nvme");
    assert.equal(await value("disk-rate"), "2G");
    assert(await page.evaluate(`document.querySelector("[data-field=disk-rate] .back").disabled`));
    await page.click(".reset-all");
    assert.equal(await page.evaluate(changed), "No changes");
    await page.until(ENDED);
  },

  "a group takes its values from another scenario": async (page, world) => {
    await finished(page, world.base + small(world));
    await unfold(page);
    const take = (/** @type {string} */ group, /** @type {string} */ scenario) =>
      page.evaluate(`(() => {
        const select = document.querySelector("#group-${group} .take select");
        select.value = "${scenario}";
        select.dispatchEvent(new Event("change"));
      })()`);
    const said = () => page.evaluate(`document.querySelector("#group-machine .take .wrong").textContent`);
    await take("machine", "dahl-8g");
    await page.until(`location.search.includes("ram=8g")`);
    await page.until(ENDED);
    assert.match(await page.evaluate("location.search"), /s=lab-256m&.*cpus=4/);
    assert.equal(await said(), "");
    // Its own values again: nothing is left of it in the link.
    await take("machine", "lab-256m");
    await page.until(`!location.search.includes("ram=")`);
    await page.until(ENDED);
    assert.doesNotMatch(await page.evaluate("location.search"), /cpus|base/);
  },

  "a what-if is found by its name, and is in the link": async (page, world) => {
    await finished(page, world.base + small(world));
    const card = (/** @type {number} */ at) => `#columns .card:nth-child(${at})`;
    const cards = `[...document.querySelectorAll("#columns .card")].map((card) => card.dataset.card)`;
    const kernels = await page.evaluate(cards);
    await page.click(`${card(1)} [data-action=pick]`);
    await page.until(`document.activeElement.type === "search"`, 5);
    await page.type("throttle_vm_writeout nobody");
    await page.screenshot(world.shot("picker"));
    await page.press("Enter");
    const whole = `${kernels[0]}~throttle-vm-writeout.absent`;
    await page.until(`location.search.includes("k=${whole}") && ${state("done")}`);
    assert.deepEqual(await page.evaluate(cards), [whole, ...kernels.slice(1)]);
    assert.equal((await page.evaluate(ROWS))[0][0], whole);
    assert.equal(await page.evaluate(`document.activeElement.dataset.action`), "pick", "the focus stays at the card");

    // The same, put beside it and moved to its left: nothing is run before it differs.
    const address = await page.evaluate("location.href");
    await page.click(`${card(1)} [data-action=copy]`);
    assert.equal(await page.evaluate(`document.querySelectorAll("#columns .card.copy").length`), 1);
    assert.equal(await page.evaluate("location.href"), address);
    await page.click(`${card(2)} .chip button`);
    await page.until(`location.search.includes("k=${whole},${kernels[0]}") && ${state("done")}`);
    assert.match(await page.evaluate(`document.querySelector("${card(2)} summary").textContent`), /1 difference from .*: throttle_vm_writeout$/);
    await page.click(`${card(2)} [data-action=left]`);
    await page.until(`location.search.includes("k=${kernels[0]},${whole}") && ${state("done")}`);
    await page.size(360, 800);
    await page.until("innerWidth === 360", 5);
    assert((await page.evaluate("document.documentElement.scrollWidth")) <= 360, "a phone must scroll sideways");
    await page.screenshot(world.shot("columns-phone"));
  },

  "another seed is another run and another link": async (page, world) => {
    const [link, expected] = first(world);
    await finished(page, world.base + link);
    await page.evaluate(`document.body.dataset.state = "test"`);
    await enter(page, "seed", "77");
    await page.until(ENDED);
    assert.match(await page.evaluate("location.search"), /[?&]seed=77&/);
    const rows = await page.evaluate(ROWS);
    assert.equal(rows.length, expected.length);
    assert.notDeepEqual(rows, expected);
    const address = await page.evaluate("location.href");
    await finished(page, address);
    assert.deepEqual(await page.evaluate(ROWS), rows);
  },

  "the table of kernels shows every policy value, and what differs": async (page, world) => {
    const [link, expected] = first(world);
    await finished(page, world.base + link);
    await page.click("#policy > summary");
    const rows = `[...document.querySelectorAll("#policy-table [data-policy]")]`;
    await page.until(`${rows}.length > 20`, 5);
    const heads = `[...document.querySelectorAll("#policy-table thead th")].map((head) => head.textContent).slice(1)`;
    assert.deepEqual(await page.evaluate(heads), expected.map(([kernel]) => kernel));
    const choose = (/** @type {string} */ id, /** @type {string} */ how) => page.evaluate(`(() => {
      const control = document.getElementById("${id}");
      control.${how};
      control.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
    await choose("policy-of", `value = "all"`);
    const versions = await page.evaluate(`[...document.querySelector("#columns select").options].map((each) => each.value)`);
    assert.deepEqual(await page.evaluate(heads), versions);
    const cells = await page.evaluate(`${rows}.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.dataset.kernels).join(", "))`);
    assert.deepEqual(new Set(cells), new Set([versions.join(", ")]));
    await page.screenshot(world.shot("policy-all"));
    await choose("policy-of", `value = "shown"`);
    await choose("policy-differing", "checked = true");
    assert.equal(await page.evaluate(`${rows}.filter((row) => !row.querySelector("td.other")).length`), 0);
    await choose("policy-differing", "checked = false");
    await page.dark(true);
    await page.screenshot(world.shot("policy-dark"));
    await page.size(360, 800);
    await page.until("innerWidth === 360", 5);
    assert((await page.evaluate("document.documentElement.scrollWidth")) <= 360, "a phone must scroll sideways");
    await page.screenshot(world.shot("policy-phone"));
  },

  "a run can be cancelled": async (page, world) => {
    await page.goto(world.base);
    await page.until(`!document.getElementById("progress").hidden`);
    const start = Date.now();
    await page.click("#cancel");
    await page.until(`document.getElementById("progress").hidden`);
    assert(Date.now() - start < 2000, "cancel was slow");
  },

  "it fits a phone, and looks right light and dark": async (page, world) => {
    await finished(page, world.base + first(world)[0]);
    await page.screenshot(world.shot("desktop"));
    const background = `getComputedStyle(document.body).backgroundColor`;
    await page.dark(false);
    const light = await page.evaluate(background);
    await page.dark(true);
    await page.until(`${background} !== ${JSON.stringify(light)}`, 5);
    await assertDrawn(page);
    await page.screenshot(world.shot("dark"));
    await page.size(390, 844);
    await page.until("innerWidth === 390", 5);
    // The plots are drawn anew when the width settles.
    await new Promise((done) => setTimeout(done, 500));
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    assert(wide <= 390, `a phone must scroll sideways: ${wide} px`);
    await assertDrawn(page);
    await page.screenshot(world.shot("phone"));
  },
};
