// The page: link to controls, controls to runs, runs to words, tables and plots.

import { restartBindings } from "./bindings.js";
import { Columns } from "./columns.js";
import { Controls } from "./controls.js";
import { alertWith, messageOf, need } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Plots } from "./plots.js";
import { showPolicy } from "./policy.js";
import { Runner } from "./runner.js";
import { Timeline } from "./timeline.js";
import { sharedNote, showLogs, showTable } from "./verdict.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").Report} Report */
/** @typedef {import("./types.js").Result} Result */
/** @typedef {import("./types.js").Opened} Opened */
/** @typedef {import("./types.js").Verdict} Verdict */

/** How many runs of each kernel there are to choose from. */
const SEEDS = [1, 4, 8, 16, 32, 64];
/** The sentence and the table say what all runs so far did, at most so often. */
const WORDS_MS = 400;
/** The largest `max-work`. */
const MOST_WORK = 1e11;

/** The address of this page, without what it shows. */
function base() {
  return location.href.replace(/[?#].*$/s, "");
}

export class Page {
  /**
   * @param {any} wasm
   * @param {ArrayBuffer} bytes
   */
  constructor(wasm, bytes) {
    this.wasm = wasm;
    /** @type {Catalogue} */
    this.catalogue = wasm.catalogue();
    /** @type {State} */
    this.state = wasm.open("").state;
    this.link = "";
    /** The link that the reader came with, for as long as nothing was changed. */
    this.shared = { digest: "", note: "" };
    this.title = "";
    /** Of the verdict table. @type {string[]} */
    this.titles = wasm.verdictTitles();
    /** @type {(Report | null)[]} */
    this.reports = [];
    /** By column: what each run gave, that of the shown seed first. @type {unknown[][]} */
    this.figures = [];
    /** Whether the reader is still moving a slider. */
    this.isLive = false;
    this.saidAt = 0;
    this.controls = new Controls(need("parameter-groups", HTMLElement), wasm, this.catalogue);
    this.columns = new Columns(need("columns", HTMLElement), wasm, this.catalogue);
    this.runner = new Runner(bytes);
    this.isRecovering = false;
    this.panic = "";
    /** What belonged to instances that failed. @type {unknown[]} */
    this.lost = [];
    this.plots = new Plots(need("plots", HTMLElement), wasm);
    this.timeline = new Timeline(this.plots);
    this.inspector = new Inspector(need("inspect", HTMLElement));
    this.timeline.onset = (column, seconds, panel) => this.look(column, seconds, panel);
    this.timeline.onstep = (way) => this.inspector.step(way);
    this.inspector.onjump = (column, seconds) => this.timeline.set(column, seconds, "", false);
    need("model", HTMLElement).textContent = String(this.catalogue.model);
    const seeds = SEEDS.map((count) => new Option(String(count), String(count)));
    need("seeds", HTMLSelectElement).replaceChildren(...seeds);
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
      this.thrown(error);
      return;
    }
    this.run("same");
  }

  /** Shows controls and words for the state, and makes its link. */
  show() {
    this.link = this.wasm.link(this.state, base());
    // The canonical form, with the scenario's own kernels spelled out.
    this.state = { ...this.wasm.open(this.link).state, seeds: this.state.seeds };
    /** @type {Description} */
    const description = this.wasm.describe(this.link);
    this.controls.show(this.state, description);
    this.columns.show(this.state);
    const seeds = need("seeds", HTMLSelectElement);
    seeds.value = String(this.state.seeds);
    if (seeds.value === "") {
      seeds.add(new Option(String(this.state.seeds), String(this.state.seeds)));
      seeds.value = String(this.state.seeds);
    }
    this.title = description.title;
    document.title = `${description.title} · swapscope`;
    need("title", HTMLElement).textContent = description.title;
    need("words", HTMLElement).textContent = description.words;
    need("summary", HTMLElement).textContent = description.summary;
    need("claim", HTMLElement).textContent = description.claim;
    this.showPolicy();
  }

  /**
   * Runs the state.
   * @param {"new" | "same" | "live"} entry  a new entry of the browser's history, the present one, or neither, because
   *   the reader is still moving a slider
   */
  run(entry) {
    this.runner.cancel();
    try {
      this.show();
    } catch (error) {
      this.thrown(error);
      return;
    }
    alertWith("");
    delete document.body.dataset["empty"];
    this.isLive = entry === "live";
    if (entry === "new" && this.address() !== this.addressShown()) {
      history.pushState(null, "", this.address());
    } else if (entry !== "live") {
      history.replaceState(null, "", this.address());
    }
    const { kernels } = this.state;
    this.reports = kernels.map(() => null);
    this.figures = kernels.map(() => []);
    this.showStopped();
    need("verdict", HTMLElement).style.minHeight = this.roomForVerdict();
    need("picture", HTMLButtonElement).disabled = true;
    this.plots.begin(kernels, this.axes());
    this.timeline.reset();
    this.inspector.begin(kernels);
    need("scales", HTMLElement).textContent = this.plots.scales();
    kernels.forEach((_, column) => this.plots.say(column, "running …"));
    if (!this.isLive) {
      need("verdict", HTMLElement).textContent = "";
      need("note", HTMLElement).textContent = "";
      this.showReports();
    }
    this.setState("running");
    document.body.dataset["ensemble"] = "running";
    this.progress(0, 0, 0);
    this.runner.start(this.link, kernels.length, this.isLive ? 1 : this.state.seeds, {
      partial: (column, numbers, share, seconds) => {
        this.plots.set(column, numbers);
        this.progress(column, share, seconds);
      },
      result: (result) => this.take(result),
      failed: (message, failure) => (failure ? this.crashed(message, failure) : this.fail(message)),
      shown: () => this.finish(),
      done: () => this.end(),
    });
  }

  /** The sentence gets its place before it is there, so that nothing moves when it comes. */
  roomForVerdict() {
    const width = Math.min(need("verdict", HTMLElement).clientWidth, 1200);
    // About as long as clauses are, in letters of about 8 px.
    const letters = this.state.kernels.reduce((sum, kernel) => sum + 105 + kernel.length, 0);
    return `${(Math.ceil((letters * 8) / Math.max(width, 1)) * 1.4).toFixed(1)}em`;
  }

  axes() {
    const value = (/** @type {string} */ id) => need(id, HTMLSelectElement).value;
    return { time: value("time"), memory: value("memory"), zone: value("zone") };
  }

  /** @param {Result} result */
  take({ column, later, numbers, report, story, figures }) {
    const own = this.figures[column];
    if (!own) {
      return;
    }
    if (later > 0) {
      own.push(...figures);
      this.plots.addSeed(column, numbers);
      this.sayProgress();
      if (performance.now() - this.saidAt > WORDS_MS) {
        this.sayVerdict();
      }
      return;
    }
    own.unshift(...figures);
    this.reports[column] = report;
    this.plots.set(column, numbers);
    this.plots.say(column, report?.headline ?? "");
    this.plots.describe();
    if (story) {
      const kernel = this.state.kernels[column] ?? "";
      this.inspector.set(column, new this.wasm.Story(kernel, story.numbers, story.strings));
    }
    this.showReports();
    this.showStopped();
  }

  /** Says so when a run was stopped because of the work it took, and offers to go on. */
  showStopped() {
    const work = Math.max(...this.reports.map((report) => (report?.isStopped ? report.work : 0)));
    need("stopped", HTMLElement).hidden = work === 0;
    need("stopped-after", HTMLElement).textContent =
      `Stopped after ${Math.round(work / 1e6)} million events, before the end: what would have come is not known.`;
    need("run-on", HTMLButtonElement).value = String(Math.min(Number(work.toPrecision(2)) * 10, MOST_WORK));
  }

  /** The shown seed of every kernel was run to its end. */
  finish() {
    this.sayVerdict();
    this.showZones();
    need("scales", HTMLElement).textContent = this.plots.scales();
    need("picture", HTMLButtonElement).disabled = false;
    this.setState("done");
    this.sayProgress();
  }

  /** All seeds were run. */
  end() {
    this.sayVerdict();
    need("progress", HTMLElement).hidden = true;
    document.body.dataset["ensemble"] = "done";
  }

  /** Puts into words what all runs so far did. */
  sayVerdict() {
    if (this.reports.includes(null)) {
      return;
    }
    this.saidAt = performance.now();
    // Kernels are compared over the same seeds only.
    const least = Math.min(...this.figures.map((runs) => runs.length));
    const figures = this.figures.map((runs) => runs.slice(0, least));
    /** @type {Verdict} */
    const { sentence, link, digest, outcomes } = this.wasm.verdict(this.link, base(), figures);
    const verdict = need("verdict", HTMLElement);
    if (verdict.textContent !== sentence) {
      verdict.textContent = sentence;
    }
    showTable(this.titles, this.state.kernels, this.reports, outcomes, (column, seconds) => this.jump(column, seconds));
    if (this.isLive) {
      return;
    }
    this.link = link;
    if (this.address() !== this.addressShown()) {
      history.replaceState(null, "", this.address());
    }
    need("note", HTMLElement).textContent = sharedNote(this.shared, digest);
    document.body.dataset["digest"] = digest;
  }

  /**
   * Shows what every task was doing at a time, and, where the reader pointed at marks, what led to the nearest.
   * @param {number} column
   * @param {number} seconds
   * @param {string} panel  name of the panel that was clicked
   */
  look(column, seconds, panel) {
    this.inspector.showAt(column, seconds);
    if (panel === "throttle") {
      this.inspector.whyAt(column, seconds, "sleep");
    } else if (panel === "events") {
      this.inspector.whyAt(column, seconds, "oom");
    }
  }

  /**
   * Shows a moment of a column in the plots.
   * @param {number} column
   * @param {number} seconds
   */
  jump(column, seconds) {
    this.timeline.set(column, seconds);
    need("plots", HTMLElement).scrollIntoView({ block: "nearest" });
  }

  showPolicy() {
    showPolicy(this.wasm, this.state.kernels);
  }

  showReports() {
    showTable(this.titles, this.state.kernels, this.reports, [], () => {});
    showLogs(this.state.kernels, this.reports);
  }

  /** Offers the zones that the machine has. */
  showZones() {
    const select = need("zone", HTMLSelectElement);
    /** @type {string[]} */
    const zones = this.plots.charts.zones();
    const kept = zones.includes(select.value) ? select.value : "";
    select.replaceChildren(new Option("all zones", ""), ...zones.map((zone) => new Option(zone, zone)));
    select.value = kept;
  }

  /**
   * @param {number} column
   * @param {number} share
   * @param {number} seconds
   */
  progress(column, share, seconds) {
    const count = this.state.kernels.length;
    const there = this.reports.filter(Boolean).length;
    need("progress", HTMLElement).hidden = false;
    need("bar", HTMLProgressElement).value = (there + (this.reports[column] ? 0 : share)) / count;
    need("status", HTMLElement).textContent = `${this.state.kernels[column] ?? ""}, ${seconds.toFixed(1)} s simulated`;
  }

  /** How far the other seeds are. */
  sayProgress() {
    const all = this.state.kernels.length * this.state.seeds;
    const there = this.figures.reduce((sum, runs) => sum + runs.length, 0);
    if (this.isLive || this.reports.includes(null)) {
      return;
    }
    need("bar", HTMLProgressElement).value = there / all;
    need("status", HTMLElement).textContent = `${there} of ${all} runs`;
  }

  /** Ends what is under way. */
  stop() {
    this.runner.cancel();
    need("progress", HTMLElement).hidden = true;
    document.body.dataset["ensemble"] = "stopped";
    this.reports.forEach((report, column) => {
      if (!report) {
        this.plots.say(column, "not run to the end");
      }
    });
  }

  /**
   * @param {string} message
   * @param {string} [link]
   */
  fail(message, link = "") {
    this.stop();
    alertWith(message, link);
    this.setState("error");
  }

  /**
   * The program failed in a Worker, which was ended. The next run has another one.
   * @param {string} message
   * @param {import("./runner.js").Failure} failure
   */
  crashed(message, { column, later, seconds }) {
    const kernel = this.state.kernels[column] ?? "";
    const seed = this.state.seed + later;
    const focus = seconds > 0 ? { at: seconds, view: null } : undefined;
    const link = this.wasm.link({ ...this.state, kernels: [kernel], seed, seeds: 1 }, base(), focus);
    this.fail(`The program failed in ${kernel}, seed ${seed}, at ${seconds.toFixed(6)} s: ${message}. To repeat it:`, link);
  }

  /**
   * Something was thrown.
   * @param {unknown} error
   */
  thrown(error) {
    if (error instanceof WebAssembly.RuntimeError) {
      void this.recover(messageOf(error));
    } else {
      this.fail(messageOf(error));
    }
  }

  /**
   * The program failed on the page's own thread. Nothing of that instance can be trusted any more: the next run has
   * another one.
   * @param {string} message
   */
  async recover(message) {
    if (this.isRecovering) {
      return;
    }
    this.isRecovering = true;
    this.runner.cancel();
    need("picture", HTMLButtonElement).disabled = true;
    const link = this.link || location.href;
    this.lost.push(...this.plots.lose(), ...this.inspector.lose());
    await restartBindings(this.runner.bytes);
    this.watchPanics();
    this.isRecovering = false;
    this.fail(`The program failed: ${this.panic || message}. To repeat it:`, link);
    this.panic = "";
  }

  /** A panic is told, and then thrown; what is thrown says less. */
  watchPanics() {
    this.wasm.onPanic((/** @type {string} */ message) => {
      this.panic = message;
      // Not before the failed instance has been left.
      queueMicrotask(() => void this.recover(message));
    });
  }

  /** @param {"loading" | "running" | "done" | "error"} state */
  setState(state) {
    document.body.dataset["state"] = state;
  }

  /** The link. A page from a file has no query that survives, so there it is the fragment. */
  address() {
    return location.protocol === "file:" ? this.link.replace("?", "#") : this.link;
  }

  addressShown() {
    return location.href;
  }

  listen() {
    const form = need("controls", HTMLFormElement);
    const again = (/** @type {State} */ state, /** @type {"new" | "live"} */ entry) => {
      this.state = state;
      this.shared = { digest: "", note: "" };
      this.run(entry);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      again(this.state, "new");
    });
    const seeds = need("seeds", HTMLSelectElement);
    seeds.addEventListener("change", () => again({ ...this.state, seeds: Number(seeds.value) }, "new"));
    this.controls.onchange = (state, { live }) => again(state, live ? "live" : "new");
    this.columns.onchange = (state) => again(state, "new");
    need("cancel", HTMLElement).addEventListener("click", () => this.cancel());
    need("copy", HTMLButtonElement).addEventListener("click", (event) => void this.copy(event.currentTarget));
    need("picture", HTMLElement).addEventListener("click", () => this.savePicture());
    need("file", HTMLInputElement).addEventListener("change", () => {
      void this.openFile(need("file", HTMLInputElement));
    });
    for (const id of ["time", "memory", "zone"]) {
      need(id, HTMLElement).addEventListener("change", () => {
        this.plots.setAxes(this.axes());
        this.plots.placeMarks();
        need("scales", HTMLElement).textContent = this.plots.scales();
      });
    }
    need("policy", HTMLElement).addEventListener("toggle", () => this.showPolicy());
    for (const id of ["policy-of", "policy-differing"]) {
      need(id, HTMLElement).addEventListener("change", () => this.showPolicy());
    }
    need("run-on", HTMLButtonElement).addEventListener("click", () => {
      again(this.wasm.set(this.state, "max-work", need("run-on", HTMLButtonElement).value), "new");
    });
    this.watchPanics();
    addEventListener("error", ({ error }) => {
      if (error instanceof WebAssembly.RuntimeError) {
        void this.recover(error.message);
      }
    });
    // Back and forward; a fragment that was typed comes as both.
    addEventListener("popstate", () => this.open(location.search || location.hash));
  }

  /** Calls off what is under way. What is there stays. */
  cancel() {
    const isUnfinished = this.reports.includes(null);
    this.stop();
    this.setState("done");
    if (isUnfinished) {
      need("verdict", HTMLElement).textContent = "Cancelled: not all kernels were run to the end.";
    }
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
      this.thrown(error);
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
