// When the program fails, is stopped or is called off.

import assert from "node:assert/strict";
import { served } from "./embed.mjs";
import { checked, enter, finished, first } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

const ALERT = `document.getElementById("alert").textContent`;
const LINK = `document.querySelector("#alert a").href`;
const HASHES = `[...document.querySelectorAll("#table tbody tr")].map((row) => row.dataset.hash)`;
const state = (/** @type {string} */ name) => `document.body.dataset.state === "${name}"`;

/** A module whose only function traps. */
export const TRAP = `new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11])`;

/**
 * A query for short runs of a small machine.
 * @param {World} world
 * @param {string} more
 */
function small(world, more) {
  const [model] = first(world)[0].match(/&m=\d+/) ?? [];
  return checked(`s=lab-256m&k=4.6,4.7-rc6&${more}${model}`);
}

/** Runs in the page: the bytes of a wasm module in which an exported function does nothing but trap. */
function broken(/** @type {ArrayBuffer} */ buffer, /** @type {string} */ name) {
  const bytes = new Uint8Array(buffer);
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) << shift;
      if (byte < 128) {
        return value;
      }
    }
  };
  const skip = () => {
    const length = number();
    at += length;
  };
  /** @param {number} value */
  const written = (value) => {
    const out = [];
    for (; value > 127; value >>= 7) {
      out.push((value & 127) | 128);
    }
    return [...out, value];
  };
  let imported = 0;
  let wanted = -1;
  while (at < bytes.length) {
    const section = bytes[at++];
    const start = at;
    const size = number();
    const body = at;
    if (section === 2) {
      for (let left = number(); left > 0; left -= 1) {
        skip();
        skip();
        const kind = bytes[at++];
        if (kind === 0) {
          number();
          imported += 1;
          continue;
        }
        // A table has a type before its limits, a memory only limits, a global a type and whether it changes.
        at += kind === 1 ? 1 : 0;
        const flags = number();
        number();
        if (kind !== 3 && flags & 1) {
          number();
        }
      }
    } else if (section === 7) {
      for (let left = number(); left > 0; left -= 1) {
        const length = number();
        const found = new TextDecoder().decode(bytes.subarray(at, at + length));
        at += length;
        const kind = bytes[at++];
        const index = number();
        wanted = kind === 0 && found === name ? index - imported : wanted;
      }
    } else if (section === 10) {
      number();
      for (let left = wanted; left > 0; left -= 1) {
        skip();
      }
      const from = at;
      const old = number();
      const to = at + old;
      const code = [3, 0, 0, 11];
      const end = body + size;
      const parts = [bytes.subarray(body, from), new Uint8Array(code), bytes.subarray(to, end)];
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const all = [bytes.subarray(0, start), new Uint8Array(written(length)), ...parts, bytes.subarray(end)];
      return new Blob(all.map((part) => part.slice())).arrayBuffer();
    }
    at = body + size;
  }
  throw new Error("no code");
}

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "a failure in a Worker is told with a link that repeats it, and the next run works": async (page, world) => {
    await page.before(`(() => {
      const broken = ${broken};
      const post = Worker.prototype.postMessage;
      window.breaks = true;
      Worker.prototype.postMessage = function (data, ...rest) {
        if (data.type === "start" && window.breaks) {
          void broken(data.bytes, "job_step").then((bytes) => post.call(this, { ...data, bytes }, ...rest));
        } else {
          post.call(this, data, ...rest);
        }
      };
    })()`);
    await page.goto(world.base + small(world, "duration=1s&seed=5"));
    await page.until(state("error"));
    assert.match(await page.evaluate(ALERT), /^The program failed in 4\.(6|7-rc6), seed 5, at 0\.0+ s: .*unreachable/);
    const link = await page.evaluate(LINK);
    assert.match(link, /\?s=lab-256m&k=4\.(6|7-rc6)&/);
    assert.match(link, /&duration=1s/);
    assert.match(link, /&seed=5&/);
    await page.evaluate(`window.breaks = false`);
    // There may be as many broken Workers as the browser has processors; each fails once.
    for (let tries = 0; tries === 0 || ((await page.evaluate(state("error"))) && tries < 4); tries += 1) {
      await page.click("#run");
      await page.until(`${state("done")} || ${state("error")}`);
    }
    assert.equal(await page.evaluate(ALERT), "");
    assert.equal((await page.evaluate(HASHES)).filter(Boolean).length, 2);
  },

  "a failure of the drawing is told with a link that repeats it, and the next run works": async (page, world) => {
    await page.before(`(() => {
      const { instantiate } = WebAssembly;
      window.started = 0;
      WebAssembly.instantiate = async (...args) => {
        const { instance, module } = await instantiate(...args);
        // What unpacks the module is another one.
        window.started += "charts_draw" in instance.exports ? 1 : 0;
        const trap = new WebAssembly.Instance(new WebAssembly.Module(${TRAP})).exports.f;
        const get = (_, name) => (window.traps && name === "charts_draw" ? trap : instance.exports[name]);
        return { instance: { exports: new Proxy({}, { get }) }, module };
      };
    })()`);
    await finished(page, world.base + small(world, "duration=1s&seed=5"));
    const hashes = await page.evaluate(HASHES);
    await page.evaluate(`window.traps = true`);
    await enter(page, "time", "log");
    await page.until(state("error"));
    await page.until(`window.started === 2`, 10);
    await page.evaluate(`window.traps = false`);
    assert.match(await page.evaluate(ALERT), /^The program failed: .*unreachable/);
    assert.match(await page.evaluate(LINK), /\?s=lab-256m&.*&duration=1s&.*seed=5&/);
    // The browser tells of it, too.
    assert(page.errors.every((error) => /unreachable/.test(error)), page.errors.join("\n"));
    page.errors.length = 0;
    await page.click("#run");
    await page.until(state("done"));
    assert.equal(await page.evaluate(ALERT), "");
    assert.deepEqual(await page.evaluate(HASHES), hashes, "the same runs of another instance");
    await finished(page, await page.evaluate("location.href"));
  },

  "a run that took too much work is stopped, says so, and can be run on": async (page, world) => {
    await finished(page, world.base + small(world, "duration=8s&max-work=20000"));
    const stopped = `document.getElementById("stopped")`;
    assert.equal(await page.evaluate(`${stopped}.hidden`), false);
    assert.match(await page.evaluate(`document.querySelector("#table tbody").textContent`), /stopped/);
    assert.match(await page.evaluate(`document.getElementById("verdict").textContent`), /is stopped/);
    assert.match(await page.evaluate("location.search"), /&r=s/);
    const partial = await page.evaluate(HASHES);
    await page.click("#run-on");
    await page.until(`/[?&]max-work=200000&/.test(location.search) && ${state("done")}`);
    assert.notDeepEqual(await page.evaluate(HASHES), partial);
  },

  "what does not come from the server is told with what to do": async (page, world) => {
    let isGone = false;
    const answer = async (/** @type {string} */ path) => {
      const found = isGone ? null : await fetch(new URL(path, world.base));
      const headers = { "content-type": found?.headers.get("content-type") ?? "", "cache-control": "no-store" };
      return found ? { headers, body: Buffer.from(await found.arrayBuffer()) } : { status: 503, headers: {}, body: "" };
    };
    await served(answer, async (address) => {
      await finished(page, `${address}${small(world, "duration=1s")}`);
      isGone = true;
      const told = `document.getElementById("told").textContent`;
      await page.click("#map");
      await page.until(`${told} !== ""`, 10);
      assert.equal(await page.evaluate(told), "Not done: a part of this page did not come. Reload the page when its server answers again");
      await page.click("#share");
      await page.evaluate(`document.getElementById("told").textContent = ""`);
      await page.click("#share-menu [data-form=mail]");
      await page.until(`${told}.startsWith("Not done: a part of this page")`, 10);
    });
    page.errors.length = 0;
  },

  "cancelling takes 50 ms": async (page, world) => {
    await page.before(`(() => {
      const Plain = Worker;
      window.answers = [];
      window.Worker = class extends Plain {
        constructor(...args) {
          super(...args);
          this.addEventListener("message", ({ data }) => data.type === "cancelled" && window.answers.push(performance.now()));
        }
      };
    })()`);
    const times = [];
    for (let round = 0; round < 5; round += 1) {
      await page.goto("about:blank");
      await page.goto(world.base);
      await page.until(`/, .*[1-9].* s simulated/.test(document.getElementById("status")?.textContent ?? "")`);
      await page.evaluate(`(() => {
        window.answers.length = 0;
        window.began = performance.now();
        document.getElementById("cancel").click();
        window.shown = performance.now() - window.began;
      })()`);
      assert(await page.evaluate(`${state("done")} && document.getElementById("progress").hidden`), "at once");
      await page.until(`window.answers.length > 0`, 5);
      times.push(await page.evaluate(`Math.max(window.shown, ...window.answers.map((answer) => answer - window.began))`));
    }
    // Other programs on this machine may hold one of them up.
    assert(Math.min(...times) < 50, `it took ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
  },
};
