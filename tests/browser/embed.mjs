// What embed.html, the samples and the fallback must do, in any browser. The folder is served from a sub-path of another
// host (another port is another origin), with a wrong MIME type for the wasm, and without a word about other origins.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { finished, first, small } from "./page.mjs";

/** @typedef {import("./driver.mjs").Page} Page */
/** @typedef {import("./page.mjs").World} World */

/** Where the samples say that the folder is. */
const PUBLIC = "https://swapscope.github.io/";
const SAMPLES = new URL("../../www/samples/", import.meta.url);
const FRAME = `title="t" style="width: 900px; height: 500px; border: 0"`;
const ENDED = `["done", "error"].includes(document.body?.dataset.state)`;
const text = (/** @type {string} */ id) => `document.getElementById("${id}").textContent`;

/** Counts what a policy forbids, in every document, from before its first script on. */
const WATCH = `(() => {
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    violations.push([event.violatedDirective, event.blockedURI, event.sourceFile].join(" ")));
})()`;

/**
 * A server for as long as `work` takes.
 * @param {(path: string) => Promise<{status?: number, headers: Record<string, string>, body: string | Buffer}>} answer
 * @param {(address: string) => Promise<void>} work
 */
export async function served(answer, work) {
  const server = createServer(async (request, response) => {
    const { status = 200, headers, body } = await answer(request.url ?? "/");
    response.writeHead(status, { ...headers, connection: "close" }).end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  const address = server.address();
  assert(address && typeof address === "object");
  try {
    await work(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

/**
 * The folder below /a/b/, as a careless host has it.
 * @param {World} world
 * @param {(policy: string) => string} policy  what becomes of the policy
 * @param {(embed: string) => Promise<void>} work
 * @param {(file: string) => unknown} [before]  may hold an answer back
 */
export function hosted(world, policy, work, before = () => {}) {
  return served(
    async (path) => {
      const below = /^\/a\/b\/(.*)$/s.exec(path)?.[1];
      await before(below ?? "");
      const found = below === undefined ? null : await fetch(world.base + below);
      if (!found?.ok) {
        return { status: 404, headers: {}, body: "" };
      }
      const kind = path.includes(".wasm") ? "text/plain" : (found.headers.get("content-type") ?? "");
      const headers = {
        "content-type": kind,
        "content-security-policy": policy(found.headers.get("content-security-policy") ?? ""),
        "x-content-type-options": "nosniff",
      };
      return { headers, body: Buffer.from(await found.arrayBuffer()) };
    },
    (address) => work(`${address}a/b/`),
  );
}

/**
 * A page with frames, on another host than these.
 * @param {Page} page
 * @param {World} world
 * @param {string | ((folder: string) => string)} html  with `PUBLIC` for the folder's address
 * @param {(folder: string) => Promise<void>} work
 * @param {(file: string) => unknown} [before]  may hold an answer back
 */
export async function around(page, world, html, work, before = () => {}) {
  await page.before(WATCH);
  const surround = (/** @type {string} */ folder) => {
    const body = (typeof html === "string" ? html : html(folder)).replaceAll(PUBLIC, folder);
    const headers = { "content-type": "text/html; charset=utf-8" };
    return served(async () => ({ headers, body: `<!doctype html><html lang="en"><title>t</title>${body}` }), async (host) => {
      await page.goto(host);
      await work(folder);
    });
  };
  await hosted(world, (policy) => policy, surround, before);
}

/**
 * An element in the middle of the screen: nothing is run in a frame that nobody sees.
 * @param {Page} page
 * @param {number} at
 */
async function done(page, at) {
  await page.evaluate(`document.querySelectorAll("iframe")[${at}].scrollIntoView({ block: "center" })`);
  await page.until(ENDED, 60, at);
  assert.equal(await page.inFrame(at, text("alert")), "");
  assert.deepEqual(await page.inFrame(at, "violations"), []);
}

/**
 * Panels of a frame, in order; those in sight must be drawn.
 * @param {Page} page
 * @param {number} at
 */
async function panels(page, at) {
  const read = () => page.inFrame(at, `[...document.querySelectorAll("#plots canvas")].map((canvas) => {
    if (canvas.getBoundingClientRect().top > innerHeight) {
      return [canvas.dataset.panel, Infinity];
    }
    const data = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return [canvas.dataset.panel, new Set(data).size];
  })`);
  const isBlank = (/** @type {[string, number]} */ [, colours]) => colours <= 2;
  let found = await read();
  // What takes too long for one frame is drawn in the next.
  for (let wait = 0; wait < 20 && found.some(isBlank); wait += 1) {
    await new Promise((done) => setTimeout(done, 100));
    found = await read();
  }
  assert(!found.some(isBlank), `blank: ${found.join(" ")}`);
  return [...new Set(found.map((/** @type {[string, number]} */ [name]) => name))];
}

/** @param {string} path */
const sample = (path) => readFile(new URL(path, SAMPLES), "utf8");

/** @type {Record<string, (page: Page, world: World) => Promise<void>>} */
export const TESTS = {
  "a page without a script shows plots, and with one gives them their height": async (page, world) => {
    await around(page, world, await sample("html/index.html"), async () => {
      await done(page, 0);
      assert.equal(await page.inFrame(0, "origin"), "null", "the frame is sandboxed");
      assert.deepEqual(await panels(page, 0), ["free", "throttle"]);
      assert.match(await page.inFrame(0, text("verdict")), /4\.7-rc6.*mempool-noretry/s);
      assert(await page.inFrame(0, `document.getElementById("bar").hidden`));
      await done(page, 1);
      assert.equal((await panels(page, 1)).length, 6);
      const height = (/** @type {number} */ at) => page.evaluate(`document.querySelectorAll("iframe")[${at}].clientHeight`);
      const inside = `Math.ceil(document.body.getBoundingClientRect().height)`;
      await page.until(`document.querySelectorAll("iframe")[1].style.height !== ""`, 5);
      await new Promise((done) => setTimeout(done, 300));
      assert.equal(await height(1), await page.inFrame(1, inside));
      assert.equal(await page.inFrame(1, "document.documentElement.scrollHeight > innerHeight"), false);

      // Not from the window of a frame, or no height: it stays as it is.
      const before = await height(1);
      await page.evaluate(`postMessage({ type: "swapscope-size", height: 100 }, "*")`);
      for (const forged of [`{ type: "swapscope-size", height: 1e9 }`, `{ type: "swapscope-size", height: "9px" }`, "null"]) {
        await page.inFrame(1, `parent.postMessage(${forged}, "*")`);
      }
      await new Promise((done) => setTimeout(done, 300));
      assert.equal(await height(1), before);
      await page.screenshot(world.shot("embed-host"));
    });
  },

  "mdBook, Sphinx and the kernel's documentation": async (page, world) => {
    // What both tools hand on as it is: the block of HTML.
    const block = /<iframe.*<\/iframe>/s;
    const [markdown] = block.exec(await sample("mdbook/src/swap.md")) ?? [""];
    const [rst] = block.exec(await sample("sphinx/index.rst")) ?? [""];
    assert(!markdown.includes("\n\n"), "an empty line ends a block of HTML in Markdown");
    const file = /kernel-figure:: (\S+)/.exec(await sample("kernel-doc/swap-on-dm-crypt.rst"))?.[1] ?? "";
    const picture = Buffer.from(await sample(`kernel-doc/${file}`));
    assert(picture.length < 40_000);
    const image = `<img src="data:image/svg+xml;base64,${picture.toString("base64")}" alt="">`;
    await around(page, world, `${markdown}${rst}${image}`, async () => {
      for (const at of [0, 1]) {
        await done(page, at);
        assert.deepEqual(await panels(page, at), ["free", "throttle"]);
        assert(await page.inFrame(at, "document.documentElement.scrollHeight <= innerHeight"), "the frame scrolls");
      }
      assert((await page.evaluate("document.images[0].naturalWidth")) >= 1000);
      await page.screenshot(world.shot("embed-documentation"));
    });
    // Its link opens.
    const [link = ""] = /https:[^<"]*&amp;c=../.exec(picture.toString()) ?? [];
    await finished(page, link.replace(PUBLIC, world.base).replaceAll("&amp;", "&"));
  },

  "the switches of a frame": async (page, world) => {
    const link = `${PUBLIC}embed.html${small(world)}`;
    const frames = ["#theme=dark&panels=swap,free&controls=0&t=0.5", "#theme=light", "&theme=dark&t=0.25", "#panels=fee&colour=red", "#theme=dark"];
    const html = frames.map((frame, at) => `<iframe src="${link}${frame}" ${FRAME} ${at === 4 ? "" : `sandbox="allow-scripts"`}></iframe>`);
    await around(page, world, html.join(""), async () => {
      await done(page, 0);
      const theme = "document.documentElement.dataset.theme";
      assert.equal(await page.inFrame(0, theme), "dark");
      assert.deepEqual(await panels(page, 0), ["free", "swap"]);
      assert.equal(await page.inFrame(0, `document.getElementById("bar").hidden`), true);
      assert.equal(await page.inFrame(0, text("cursor-time")), "0.500 s");
      assert.equal(await page.inFrame(0, `[...document.querySelectorAll(".read")].every((read) => read.textContent !== "")`), true);
      await done(page, 1);
      assert.equal(await page.inFrame(1, theme), "light");
      assert.equal(await page.inFrame(1, text("cursor-time")), "–");
      assert.equal(await page.inFrame(1, `document.getElementById("bar").hidden`), false);
      const all = await panels(page, 1);
      assert(all.length > 4);
      await done(page, 2);
      assert.deepEqual(await page.inFrame(2, `[${theme}, ${text("cursor-time")}]`), ["dark", "0.250 s"]);
      // A mistake is said, and the rest is shown.
      await page.evaluate(`document.querySelectorAll("iframe")[3].scrollIntoView()`);
      await page.until(ENDED, 60, 3);
      assert.match(await page.inFrame(3, text("alert")), /panels=fee: expected some of free,.*no switch 'colour=red'/s);
      await page.inFrame(3, `document.getElementById("full").click()`);
      // Not allowed to open windows: the reader gets the address.
      const address = new RegExp(`/a/b/index\\.html\\?s=`);
      await page.until(`!document.getElementById("address").hidden`, 5, 3);
      assert.match(await page.inFrame(3, text("address")), address);
      page.errors.splice(0, page.errors.length, ...page.errors.filter((error) => !error.includes("allow-popups")));
      // The same without a sandbox.
      await done(page, 4);
      assert.match(await page.inFrame(4, "document.getElementById('full').href"), address);
      const digests = await Promise.all([0, 1, 2, 4].map((at) => page.inFrame(at, "document.body.dataset.digest")));
      assert.equal(new Set(digests).size, 1);
      assert.match(digests[0], /^[0-9a-f]{16}$/);
    });
  },

  "no plot of a small frame is too low to be read": async (page, world) => {
    await page.size(640, 400);
    for (const link of [small(world), first(world)[0]]) {
      await finished(page, `${world.base}embed.html${link}`);
      const heights = await page.evaluate(`[...document.querySelectorAll(".plot")].map((plot) => plot.offsetHeight)`);
      assert(heights.length > 4 && Math.min(...heights) >= 52, `${heights}`);
    }
    await page.screenshot(world.shot("embed-small"));
  },

  "addresses of a frame, right and wrong": async (page, world) => {
    await finished(page, world.base + small(world));
    const read = (/** @type {string} */ address) => page.evaluate(`import("./switches.js").then(({ readSwitches }) => {
      const { link, switches, wrong } = readSwitches(${JSON.stringify(address)}, ["free", "swap"]);
      return [link, switches.theme, switches.panels.join(), switches.controls, switches.t, wrong.length];
    })`);
    const link = "?s=a&t=1&m=3&c=q6";
    const plain = [link, "auto", "", true, null, 0];
    // These are promises: pages that we shall never see rely on them.
    for (const [address, wanted] of /** @type {[string, unknown[]][]} */ ([
      ["", ["", "auto", "", true, null, 0]],
      [link, plain],
      [`${link}#`, plain],
      [`${link}#theme=dark&panels=swap,free&controls=0&t=12.5`, [link, "dark", "free,swap", false, 12.5, 0]],
      [`${link}#panels=swap%2Cfree`, [link, "auto", "free,swap", true, null, 0]],
      [`${link}%23theme=light`, [link, "light", "", true, null, 0]],
      [`${link}&theme=light#t=3`, [link, "light", "", true, 3, 0]],
      [`#${link.slice(1)}`, ["s=a&m=3&c=q6", "auto", "", true, 1, 0]],
      [`#s=a&m=3&c=q6&controls=1`, ["s=a&m=3&c=q6", "auto", "", true, null, 0]],
      [`${link}#theme=Dark&panels=x&controls=no&t=-1`, [link, "auto", "", true, null, 4]],
      [`${link}#toString=1&x`, [...plain.slice(0, 5), 2]],
      ["?s=a&m=3&theme=dark", ["?s=a&m=3&theme=dark", "auto", "", true, null, 0]],
    ])) {
      assert.deepEqual(await read(address), wanted, address);
    }
    // A damaged link says so in a frame, too.
    await page.goto(`${world.base}embed.html${small(world).slice(0, -3)}`);
    await page.until(ENDED);
    assert.match(await page.evaluate(text("alert")), /cut off/);
  },

  "no page breaks a strict policy, from any folder": async (page, world) => {
    await page.before(WATCH);
    await hosted(world, (policy) => policy, async (folder) => {
      const link = small(world);
      for (const path of [`index.html${link}`, `embed.html${link}`, "help.html", "fallback.html"]) {
        await page.goto(folder + path);
        assert.match(path, /html/);
        await page.until(`!document.body.dataset.state || ${ENDED}`);
        await new Promise((done) => setTimeout(done, 500));
        assert.deepEqual(await page.evaluate("violations"), [], path);
      }
    });
    // That they are counted at all.
    await page.goto(`${world.base}help.html`);
    await page.evaluate(`document.body.append(Object.assign(document.createElement("style"), { textContent: "p { color: red }" }))`);
    await page.until("violations.length > 0", 5);
    page.errors.length = 0;
    // And in the single file, which lets nothing out.
    await finished(page, `${world.single}#${small(world).slice(1)}`);
    assert.deepEqual(await page.evaluate("violations"), []);
    const leak = `fetch("${world.base}help.html").then(() => "sent", () => "stopped")`;
    assert.equal(await page.evaluate(leak), "stopped");
    page.errors.length = 0;
  },

  "without WebAssembly there is a picture, and a page that needs no script": async (page, world) => {
    const drawn = `document.querySelector("#still img")?.naturalWidth >= 1000`;
    const still = `document.getElementById("still").textContent`;
    const changed = small(world);
    // Forbidden by the host.
    await hosted(world, (policy) => policy.replace("'wasm-unsafe-eval'", ""), async (folder) => {
      for (const path of [`embed.html${changed}`, `index.html${changed}`]) {
        await page.goto(folder + path);
        await page.until(drawn, 20);
        assert.match(await page.evaluate(still), /scenario lab-256m. The link changes it \(k, duration\)/);
      }
      await page.until(`document.querySelectorAll("#still tbody tr").length > 1`, 10);
      // Parts of the program may still be on their way: then the server may go.
      await page.goto("about:blank");
    });
    page.errors.length = 0;
    // Absent.
    await page.before("delete globalThis.WebAssembly");
    await page.goto(`${world.base}?s=no-swap&m=3&c=xx`);
    await page.until(drawn, 20);
    assert.doesNotMatch(await page.evaluate(still), /changes/);
    await page.until(`document.querySelectorAll("#still tbody tr").length > 1`, 10);
    assert.equal(await page.evaluate(`getComputedStyle(document.getElementById("controls")).display`), "none");
    assert.equal(await page.evaluate("document.body.dataset.state"), "error");
    await page.screenshot(world.shot("fallback"));
    const all = await page.evaluate(`document.querySelector("#still a").href`);
    await page.goto(all);
    assert.match(all, /fallback\.html#no-swap$/);
    assert.equal(await page.evaluate("document.scripts.length"), 0);
    const sections = `[...document.querySelectorAll("section[id]")]`;
    const rows = await page.evaluate(`${sections}.map((section) => section.querySelectorAll("tbody tr").length)`);
    assert(rows.length > 10 && Math.min(...rows) > 0, `${rows}`);
    await page.until(`document.querySelector(":target img").naturalWidth >= 1000`, 10);
    await page.screenshot(world.shot("fallback-all"));
  },
};
