// The page: link to controls, controls to runs, runs to tables and plots.

import { startBindings } from "./bindings.js";
import { Columns } from "./columns.js";
import { Controls } from "./controls.js";
import { alertWith, messageOf, need } from "./dom.js";
import { createWorker, loadWasm } from "./platform.js";
import { Plots } from "./plots.js";
import { showPolicy } from "./policy.js";
import { showLogs, showTable, showTasks } from "./verdict.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").Report} Report */
/** @typedef {import("./types.js").Result} Result */
/** @typedef {import("./types.js").Opened} Opened */
/** @typedef {import("./types.js").Verdict} Verdict */

/** The address of this page, without what it shows. */
function base() {
  return location.href.replace(/[?#].*$/s, "");
}

class Page {
  /**
   * @param {any} wasm
   * @param {ArrayBuffer} bytes
   */
  constructor(wasm, bytes) {
    this.wasm = wasm;
    this.bytes = bytes;
    /** @type {Catalogue} */
    this.catalogue = wasm.catalogue();
    /** @type {State} */
    this.state = wasm.open("").state;
    this.link = "";
    /** The link that the reader came with, for as long as nothing was changed. */
    this.shared = { digest: "", note: "" };
    this.title = "";
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {(Report | null)[]} */
    this.reports = [];
    /** @type {unknown[]} */
    this.figures = [];
    this.controls = new Controls(need("parameter-groups", HTMLElement), wasm, this.catalogue);
    this.columns = new Columns(need("columns", HTMLElement), wasm, this.catalogue);
    this.plots = new Plots(need("plots", HTMLElement), wasm);
    need("model", HTMLElement).textContent = String(this.catalogue.model);
  }

  /**
   * Shows what a link says and runs it. A link that says nothing usable leaves a message and working controls.
   * @param {string} text
   */
  open(text) {
    try {
      /** @type {Opened} */
      const opened = this.wasm.open(text);
      this.state = opened.state;
      this.shared = opened;
    } catch (error) {
      // Working controls for the first scenario, but nothing that could be taken for what the link was about.
      document.body.dataset["empty"] = "";
      this.show();
      this.fail(messageOf(error));
      return;
    }
    this.run();
  }

  /** Shows controls and words for the state, and puts it into the address. */
  show() {
    this.link = this.wasm.link(this.state, base());
    // The canonical form, with the scenario's own kernels spelled out.
    this.state = this.wasm.open(this.link).state;
    /** @type {Description} */
    const description = this.wasm.describe(this.link);
    this.controls.show(this.state, description);
    this.columns.show(this.state);
    this.title = description.title;
    need("title", HTMLElement).textContent = description.title;
    need("words", HTMLElement).textContent = description.words;
    need("summary", HTMLElement).textContent = description.summary;
    need("claim", HTMLElement).textContent = description.claim;
    this.showPolicy();
  }

  run() {
    this.stop();
    try {
      this.show();
    } catch (error) {
      this.fail(messageOf(error));
      return;
    }
    alertWith("");
    delete document.body.dataset["empty"];
    history.replaceState(null, "", this.address());
    const { kernels } = this.state;
    this.reports = kernels.map(() => null);
    this.figures = [];
    need("verdict", HTMLElement).textContent = "";
    need("note", HTMLElement).textContent = "";
    need("picture", HTMLButtonElement).disabled = true;
    this.plots.begin(kernels, need("time", HTMLSelectElement).value, need("memory", HTMLSelectElement).value);
    this.showScales();
    this.showReports();
    this.setState("running");
    this.progress(0, 0, 0);
    this.worker = createWorker();
    this.worker.onerror = (event) => this.fail(event.message || "the Worker could not be started");
    this.worker.onmessage = (event) => this.receive(event.data);
    this.worker.postMessage({ bytes: this.bytes, link: this.link, columns: kernels.length });
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === "progress") {
      this.progress(message.column, message.share, message.seconds);
    } else if (message.type === "result") {
      this.take(message.column, message);
    } else if (message.type === "failed") {
      this.fail(message.message);
    } else if (message.type === "end") {
      this.finish();
    }
  }

  /**
   * @param {number} column
   * @param {Result} result
   */
  take(column, { numbers, report, figures }) {
    this.reports[column] = report;
    this.figures[column] = figures;
    this.plots.set(column, numbers, report);
    this.showScales();
    this.showReports();
    if (column + 1 < this.state.kernels.length) {
      this.plots.say(column + 1, "running …");
      this.progress(column + 1, 0, 0);
    }
  }

  /** All kernels were run to their end. */
  finish() {
    this.stop();
    /** @type {Verdict} */
    const { sentence, link, digest } = this.wasm.verdict(this.link, base(), this.figures);
    this.link = link;
    history.replaceState(null, "", this.address());
    need("verdict", HTMLElement).textContent = sentence;
    const isSame = digest.startsWith(this.shared.digest);
    const result = isSame ? "the result is the same" : "the result is not the one that was shared";
    const note = this.shared.note ? `${this.shared.note}: ${result}` : isSame ? "" : `For this link, ${result}.`;
    need("note", HTMLElement).textContent = note;
    need("picture", HTMLButtonElement).disabled = false;
    document.body.dataset["digest"] = digest;
    this.setState("done");
  }

  showPolicy() {
    showPolicy(this.wasm, this.state.kernels);
  }

  showScales() {
    need("scales", HTMLElement).textContent = this.plots.scales();
  }

  showReports() {
    showTable(this.state.kernels, this.reports);
    showLogs(this.state.kernels, this.reports);
    showTasks(this.state.kernels, this.reports);
  }

  /**
   * @param {number} column
   * @param {number} share
   * @param {number} seconds
   */
  progress(column, share, seconds) {
    const count = this.state.kernels.length;
    need("progress", HTMLElement).hidden = false;
    need("bar", HTMLProgressElement).value = (column + share) / count;
    const text = `${column + 1} of ${count}: ${this.state.kernels[column] ?? ""}, ${seconds.toFixed(1)} s simulated`;
    need("status", HTMLElement).textContent = text;
  }

  /** Ends a run that is under way. */
  stop() {
    this.worker?.terminate();
    this.worker = null;
    need("progress", HTMLElement).hidden = true;
  }

  /** @param {string} message */
  fail(message) {
    this.stop();
    this.plots.giveUp();
    alertWith(message);
    this.setState("error");
  }

  /** @param {"loading" | "running" | "done" | "error"} state */
  setState(state) {
    document.body.dataset["state"] = state;
  }

  /** The link. A page from a file has no query that survives, so there it is the fragment. */
  address() {
    return location.protocol === "file:" ? this.link.replace("?", "#") : this.link;
  }

  listen() {
    const form = need("controls", HTMLFormElement);
    const again = (/** @type {State} */ state) => {
      this.state = state;
      this.shared = { digest: "", note: "" };
      this.run();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      again(this.state);
    });
    this.controls.onchange = (state, { live }) => {
      if (!live) {
        again(state);
      }
    };
    this.columns.onchange = again;
    need("cancel", HTMLElement).addEventListener("click", () => {
      this.stop();
      this.plots.giveUp();
      this.setState("done");
      need("verdict", HTMLElement).textContent = "Cancelled: not all kernels were run to the end.";
    });
    need("copy", HTMLButtonElement).addEventListener("click", (event) => void this.copy(event.currentTarget));
    need("picture", HTMLElement).addEventListener("click", () => this.savePicture());
    need("file", HTMLInputElement).addEventListener("change", () => {
      void this.openFile(need("file", HTMLInputElement));
    });
    for (const id of ["time", "memory"]) {
      need(id, HTMLElement).addEventListener("change", () => {
        this.plots.setScales(need("time", HTMLSelectElement).value, need("memory", HTMLSelectElement).value);
        this.showScales();
      });
    }
    need("policy", HTMLElement).addEventListener("toggle", () => this.showPolicy());
    for (const id of ["policy-of", "policy-differing"]) {
      need(id, HTMLElement).addEventListener("change", () => this.showPolicy());
    }
    addEventListener("hashchange", () => this.open(location.hash));
  }

  /**
   * Runs a scenario file of the reader. It stays in this browser; the link holds what it says.
   * @param {HTMLInputElement} input
   */
  async openFile(input) {
    const [file] = input.files ?? [];
    if (!file) {
      return;
    }
    try {
      this.open(this.wasm.openFile(file.name, await file.text(), base()));
    } catch (error) {
      this.fail(messageOf(error));
    }
    // So that the same file, corrected, can be chosen again.
    input.value = "";
  }

  /** @param {EventTarget | null} button */
  async copy(button) {
    const address = this.address();
    try {
      await navigator.clipboard.writeText(address);
      if (button instanceof HTMLElement) {
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = "Copy link"), 1500);
      }
    } catch {
      // No clipboard without a secure address, or the reader said no.
      window.prompt("The link", address);
    }
  }

  savePicture() {
    const file = new Blob([this.plots.svg(this.title, this.address())], { type: "image/svg+xml" });
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(file);
    anchor.download = `swapscope-${this.state.scenario}.svg`;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
  }
}

/**
 * Light, dark, or what the system says.
 * @param {(isDark: boolean) => void} apply
 */
function watchTheme(apply) {
  const select = need("theme", HTMLSelectElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    const isDark = select.value === "auto" ? system.matches : select.value === "dark";
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    apply(isDark);
  };
  system.addEventListener("change", update);
  select.addEventListener("change", update);
  update();
}

/**
 * Calls back when the window moves to a screen with another pixel ratio or is zoomed.
 * @param {() => void} apply
 */
function watchRatio(apply) {
  matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener(
    "change",
    () => {
      apply();
      watchRatio(apply);
    },
    { once: true },
  );
}

async function start() {
  try {
    /** @type {Page | null} */
    let page = null;
    watchTheme((isDark) => page?.plots.setTheme(isDark));
    const bytes = await loadWasm();
    const wasm = await startBindings(bytes);
    wasm.onPanic((/** @type {string} */ message) => {
      document.body.dataset["state"] = "error";
      alertWith(`The program failed; please reload the page. ${message}`);
    });
    page = new Page(wasm, bytes);
    const { plots } = page;
    plots.setTheme(document.documentElement.dataset["theme"] === "dark");
    watchRatio(() => plots.draw());
    page.listen();
    page.open(location.search || location.hash);
  } catch (error) {
    document.body.dataset["state"] = "error";
    alertWith(`The page could not be started: ${messageOf(error)}`);
  }
}

void start();
