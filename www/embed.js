// The plots of a link in a frame of another page: nothing to change, ways to look closer, and a link to the full page.
//
// A frame that is sandboxed without `allow-same-origin` has no origin: it may load neither modules nor wasm nor Workers,
// not even from where it came from, unless the host allows that to everybody. So this is not run as a module: the build
// makes it, the wasm and the Worker into one classic script, embed.bundle.js (crate/xtask/src/single.rs), which frame.js
// asks for.

import { startBindings } from "./bindings.js";
import { alertWith, messageOf, need, watchRatio } from "./dom.js";
import { Ensemble } from "./ensemble.js";
import { showFallback } from "./fallback.js";
import { loadWasm } from "./platform.js";
import { Plots } from "./plots.js";
import { Runner } from "./runner.js";
import { readSwitches } from "./switches.js";
import { Timeline } from "./timeline.js";
import { showNote } from "./verdict.js";

/** @typedef {import("./types.js").Opened} Opened */
/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").Verdict} Verdict */

/** What is shown of the plots' usual height, at least and at most, where the frame has a height of its own. */
const TALLNESS = /** @type {[number, number]} */ ([0.5, 3]);
/** A page may hold several frames. */
const MOST_WORKERS = 2;

/** The page beside this one, without what it shows. */
const FULL = new URL("index.html", location.href).href;
const ADDRESS = location.search + location.hash;

class Embed {
  /**
   * @param {any} wasm
   * @param {ArrayBuffer} bytes
   */
  constructor(wasm, bytes) {
    this.wasm = wasm;
    this.plots = new Plots(need("plots", HTMLElement), wasm);
    this.timeline = new Timeline(this.plots);
    this.runner = new Runner(bytes);
    this.runner.limit = Math.min(this.runner.limit, MOST_WORKERS);
    const names = this.plots.panels.map(({ name }) => name);
    const { link, switches, wrong } = readSwitches(ADDRESS, names);
    this.link = link;
    /** As it came. */
    this.opened = link;
    this.switches = switches;
    this.ensemble = new Ensemble(0);
    if (switches.panels.length > 0) {
      this.plots.choose(switches.panels);
    }
    need("bar", HTMLElement).hidden = !switches.controls;
    need("model", HTMLElement).textContent = String(wasm.catalogue().model);
    alertWith(wrong.join("; "));
    watchRatio(() => this.plots.draw());
    addEventListener("resize", () => this.fit());
  }

  /** Runs what the link says: the shown seed of each kernel, and more only where the link itself asks for more. */
  run() {
    /** @type {Opened} */
    const opened = this.wasm.open(this.link);
    const { kernels, seeds } = opened.state;
    this.opened = this.link;
    this.link = this.wasm.link(opened.state, FULL, opened.focus);
    /** @type {Description} */
    const { title } = this.wasm.describe(this.link);
    document.title = `${title} · swapscope`;
    need("title", HTMLElement).textContent = title;
    need("full", HTMLAnchorElement).href = this.link;
    const count = this.link.includes("&seeds=") ? seeds : 1;
    need("seeds", HTMLElement).textContent = count === 1 ? "one run of each kernel" : `${count} runs of each kernel`;
    this.ensemble = new Ensemble(kernels.length);
    this.plots.begin(kernels, { time: "auto", memory: "log", zone: "" });
    this.timeline.reset();
    this.fit();
    document.body.dataset["state"] = "running";
    this.runner.start(this.link, kernels.length, count, {
      partial: (column, numbers, _share, seconds) => {
        this.plots.set(column, numbers);
        need("progress", HTMLElement).textContent = `${kernels[column]}, ${seconds.toFixed(1)} s simulated`;
      },
      result: ({ column, later, numbers, report, figures }) => {
        this.ensemble.set(column, later, figures);
        if (later > 0) {
          this.plots.addSeed(column, numbers);
          return;
        }
        this.plots.set(column, numbers);
        this.plots.say(column, report?.headline ?? "");
        this.plots.describe();
      },
      failed: (message) => fail(message),
      shown: () => {
        this.say(opened);
        this.timeline.look({ ...opened.focus, at: this.switches.t ?? opened.focus.at });
        document.body.dataset["state"] = "done";
      },
      done: () => {
        this.say(opened);
        need("progress", HTMLElement).textContent = "";
      },
    });
  }

  /** @param {Opened} opened */
  say(opened) {
    const figures = this.ensemble.compared();
    /** @type {Verdict} */
    const { sentence, link, digest } = this.wasm.verdict(this.link, FULL, figures);
    need("verdict", HTMLElement).textContent = sentence;
    showNote(this.wasm.sharedNote(this.opened, figures), !digest.startsWith(opened.digest));
    need("full", HTMLAnchorElement).href = link;
    document.body.dataset["digest"] = digest;
    this.fit();
  }

  /** Fills the frame, unless the frame follows us. */
  fit() {
    const { body } = document;
    if ("sized" in body.dataset) {
      this.plots.tallness = 1;
      this.plots.resize();
      return;
    }
    const { root } = this.plots;
    const style = getComputedStyle(body);
    const last = body.lastElementChild;
    const bottom = last instanceof HTMLElement ? last.offsetTop + last.offsetHeight + parseFloat(style.paddingBottom) : 0;
    this.plots.fit(innerHeight - (bottom - root.offsetHeight), TALLNESS);
  }
}

/** @param {string} message */
function fail(message) {
  document.body.dataset["state"] = "error";
  alertWith(message);
  void showFallback(need("alert", HTMLElement), ADDRESS);
}

/** @param {(isDark: boolean) => void} apply */
function watchTheme(apply) {
  const { theme } = readSwitches(ADDRESS, []).switches;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    const isDark = theme === "auto" ? system.matches : theme === "dark";
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    apply(isDark);
  };
  system.addEventListener("change", update);
  update();
}

/** Frames may not open windows unless their page allows it: then the reader gets the address itself. */
function listenToLink() {
  const full = need("full", HTMLAnchorElement);
  full.addEventListener("click", (event) => {
    event.preventDefault();
    try {
      const opened = window.open(full.href, "_blank");
      if (opened) {
        opened.opener = null;
        return;
      }
    } catch {
      // Where it is not allowed, one browser gives nothing and the other throws.
    }
    const address = need("address", HTMLElement);
    address.textContent = full.href;
    address.hidden = false;
  });
}

async function start() {
  try {
    /** @type {Embed | null} */
    let embed = null;
    watchTheme((isDark) => embed?.plots.setTheme(isDark));
    listenToLink();
    const bytes = await loadWasm();
    const wasm = await startBindings(bytes);
    wasm.onPanic((/** @type {string} */ message) => fail(`The program failed. ${message}`));
    embed = new Embed(wasm, bytes);
    embed.plots.setTheme(document.documentElement.dataset["theme"] === "dark");
    embed.run();
  } catch (error) {
    fail(messageOf(error));
  }
}

void start();
