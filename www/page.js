// The page: link to controls, controls to runs, runs to words, tables and plots.

import { Columns } from "./columns.js";
import { Controls } from "./controls.js";
import { alertWith, base, hide, isLocal, messageOf, need, tell } from "./dom.js";
import { Ensemble } from "./ensemble.js";
import { Inspector } from "./inspector.js";
import { loadExpected } from "./late.js";
import { Plots } from "./plots.js";
import { showPolicy } from "./policy.js";
import { Recovery } from "./recovery.js";
import { Runner } from "./runner.js";
import { Timeline } from "./timeline.js";
import { makeRoom, showLogs, showNote, showTable } from "./verdict.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").Report} Report */
/** @typedef {import("./types.js").Result} Result */
/** @typedef {import("./types.js").Opened} Opened */
/** @typedef {import("./types.js").Focus} Focus */
/** @typedef {import("./types.js").Verdict} Verdict */

/** How many runs of each kernel there are to choose from. */
const SEEDS = [1, 4, 8, 16, 32, 64];
/** The sentence and the table say what all runs so far did, at most so often. */
const WORDS_MS = 400;
/** The address follows where the reader looks so late: browsers refuse one that changes with every move. */
const ADDRESS_MS = 300;

/** What a reader has who came without a link. */
const UNSHARED = { text: "", digest: "", note: "" };
/** The largest `max-work`. */
const MOST_WORK = 1e11;

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
    /** Of the state alone: not where to look, and not what came out. */
    this.link = "";
    /** Of the present entry of the browser's history. */
    this.entered = "";
    /** The link that the reader came with, for as long as nothing was changed. */
    this.shared = UNSHARED;
    /** Where it says to look, until that is there. @type {Focus | null} */
    this.wanted = null;
    this.moving = 0;
    /** Of the verdict table. @type {string[]} */
    this.titles = wasm.verdictTitles();
    /** @type {(Report | null)[]} */
    this.reports = [];
    this.ensemble = new Ensemble(0);
    /** Whether the reader is still moving a slider. */
    this.isLive = false;
    /** The machine of the reader that was imported last: scenario and changes as text, and its title. */
    this.imported = { state: "", title: "" };
    this.saidAt = 0;
    this.controls = new Controls(need("parameter-groups", HTMLElement), wasm, this.catalogue);
    this.columns = new Columns(need("columns", HTMLElement), wasm, this.catalogue);
    this.runner = new Runner(bytes);
    this.recovery = new Recovery(this);
    this.plots = new Plots(need("plots", HTMLElement), wasm);
    this.timeline = new Timeline(this.plots);
    this.inspector = new Inspector(need("inspect", HTMLElement));
    this.timeline.onset = (column, seconds, panel) => this.look(column, seconds, panel);
    this.timeline.onstep = (way) => this.inspector.step(way);
    this.timeline.onfocus = () => this.follow();
    this.inspector.onjump = (column, seconds) => this.timeline.set(column, seconds, "", false);
    need("model", HTMLElement).textContent = String(this.catalogue.model);
    const seeds = SEEDS.map((count) => new Option(String(count), String(count)));
    need("seeds", HTMLSelectElement).replaceChildren(...seeds);
  }

  /**
   * Shows what a link says and runs it.
   * @param {string} text  a link, also in the midst of other text
   * @param {"new" | "same"} [entry]  of the browser's history
   */
  open(text, entry = "same") {
    if (this.read(text)) {
      this.begin(entry);
    }
  }

  /**
   * Shows what a link says. One that says nothing usable leaves a message and working controls, and gives false.
   * @param {string} text
   */
  read(text) {
    try {
      /** @type {Opened} */
      const opened = this.wasm.open(text);
      this.state = opened.state;
      this.shared = { text, digest: opened.digest, note: opened.note };
      this.wanted = opened.focus;
    } catch (error) {
      // Working controls for the first scenario, but nothing that could be taken for what the link was about.
      document.body.dataset["empty"] = "";
      this.show();
      this.recovery.thrown(error, `. The controls below are not of this link, but of: ${need("title", HTMLElement).textContent}`);
      return false;
    }
    return this.shows();
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
    const isImported = JSON.stringify([this.state.scenario, this.state.changes]) === this.imported.state;
    const title = isImported ? this.imported.title : description.title;
    document.title = `${title} · swapscope`;
    need("title", HTMLElement).textContent = title;
    need("words", HTMLElement).textContent = description.words;
    need("summary", HTMLElement).textContent = description.summary;
    need("claim", HTMLElement).textContent = description.claim;
    need("expected", HTMLElement).hidden = description.expected === 0;
    this.showPolicy();
  }

  /** Shows the state, in the place of what is run; false when it cannot be, which is said. */
  shows() {
    this.runner.cancel();
    try {
      this.show();
      return true;
    } catch (error) {
      this.recovery.thrown(error);
      return false;
    }
  }

  /**
   * Shows the state and runs it.
   * @param {Entry} entry
   */
  run(entry) {
    if (this.shows()) {
      this.begin(entry);
    }
  }

  /**
   * Runs what is shown.
   * @param {Entry} entry
   */
  begin(entry) {
    alertWith("");
    clearTimeout(this.moving);
    delete document.body.dataset["empty"];
    this.isLive = entry === "live";
    const { kernels } = this.state;
    this.reports = kernels.map(() => null);
    this.ensemble = new Ensemble(kernels.length);
    need("expected-count", HTMLElement).textContent = "";
    need("expected-list", HTMLElement).replaceChildren();
    this.showStopped();
    makeRoom(kernels);
    need("share", HTMLButtonElement).disabled = true;
    const menu = need("share-menu", HTMLElement);
    if (menu.matches(":popover-open")) {
      menu.hidePopover();
    }
    this.plots.begin(kernels, this.axes());
    this.timeline.reset();
    this.enter(entry);
    this.inspector.begin(kernels);
    this.showScales();
    kernels.forEach((_, column) => this.plots.say(column, "running …"));
    if (!this.isLive) {
      need("verdict", HTMLElement).textContent = "";
      need("of-seed", HTMLElement).textContent = "";
      showNote(this.shared.note, false);
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

  /** @param {Entry} entry */
  enter(entry) {
    if (entry === "live") {
      return;
    }
    if (entry === "new" && this.link !== this.entered) {
      history.pushState(null, "", this.address());
    } else if (this.address() !== location.href) {
      // Not for nothing: the browser lays the page out to note where it is scrolled to.
      history.replaceState(null, "", this.address());
    }
    this.entered = this.link;
  }

  axes() {
    const value = (/** @type {string} */ id) => need(id, HTMLSelectElement).value;
    return { time: value("time"), memory: value("memory"), zone: value("zone") };
  }

  /** Draws with the axes that the reader chose. */
  takeAxes() {
    this.plots.setAxes(this.axes());
    this.showScales();
  }

  showScales() {
    need("scale", HTMLElement).textContent = this.plots.isLogarithmic ? "logarithmic time" : "linear time";
    need("scales", HTMLElement).textContent = this.plots.scales();
  }

  /** @param {Result} result */
  take({ column, later, numbers, report, story, figures }) {
    this.ensemble.set(column, later, figures);
    if (later > 0) {
      this.plots.addSeed(column, numbers);
      this.sayProgress();
      if (performance.now() - this.saidAt > WORDS_MS) {
        this.sayVerdict(true);
      }
      return;
    }
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
    const { wanted } = this;
    this.wanted = null;
    // Unless the reader looks elsewhere already.
    if (wanted && this.timeline.cursor === null && this.timeline.view === null) {
      this.timeline.look(wanted);
    }
    this.sayVerdict();
    this.showZones();
    this.showScales();
    need("share", HTMLButtonElement).disabled = false;
    this.setState("done");
    this.sayProgress();
  }

  /** All seeds were run. */
  end() {
    this.sayVerdict();
    this.endProgress();
    document.body.dataset["ensemble"] = "done";
  }

  /**
   * Puts into words what all runs so far did.
   * @param {boolean} [isBetween]  whether more will follow at once
   */
  sayVerdict(isBetween = false) {
    if (this.reports.includes(null)) {
      return;
    }
    this.saidAt = performance.now();
    const { sentence, link, digest, outcomes } = this.verdict();
    this.sayExpected();
    const verdict = need("verdict", HTMLElement);
    // Read out when it is the last word on the shown seed, or on all.
    verdict.setAttribute("aria-busy", String(isBetween));
    if (verdict.textContent !== sentence) {
      verdict.textContent = sentence;
    }
    this.showFigures(outcomes);
    const isOfAll = outcomes.some(Boolean) ? "Outcomes and sentence: all runs so far. The other figures" : "All figures";
    need("of-seed", HTMLElement).textContent = `${isOfAll}, plots and logs: seed ${this.state.seed}.`;
    if (this.isLive) {
      return;
    }
    this.showAddress(link);
    const isChanged = !digest.startsWith(this.shared.digest);
    showNote(this.shared === UNSHARED ? "" : this.wasm.sharedNote(this.shared.text, this.compared()), isChanged);
    document.body.dataset["digest"] = digest;
  }

  /** Holds what all runs so far did against what the scenario expects, if the reader looks at that. */
  sayExpected() {
    if (need("expected", HTMLDetailsElement).open) {
      loadExpected().then((late) => late.showExpected(this)).catch((error) => tell(`Not done: ${messageOf(error)}`));
    }
  }

  /** The figures of the runs that can be compared so far. */
  compared() {
    return this.ensemble.compared();
  }

  /** What all runs so far came to, with the link that says so and where the reader looks. @returns {Verdict} */
  verdict(at = base()) {
    return this.wasm.verdict(this.focused(at), at, this.compared());
  }

  /** The link with where the reader looks. @returns {string} */
  focused(at = base()) {
    return this.wasm.link(this.state, at, this.wanted ?? this.timeline.focus);
  }

  /**
   * Shows what every task was doing at a time; where the reader pointed at a mark, at that of the mark, and what led to it.
   * @param {number} column
   * @param {number} seconds
   * @param {string} panel  name of the panel that was clicked
   */
  look(column, seconds, panel) {
    this.inspector.showAt(column, seconds);
    const { charts, cells } = this.plots;
    const far = (/** @type {number} */ at) => Math.abs(charts.place(at) - charts.place(seconds)) * (cells[0]?.width ?? 0);
    const eventClass = panel === "throttle" ? "sleep" : panel === "events" ? "oom" : null;
    if (eventClass) {
      this.inspector.whyAt(column, seconds, eventClass, far);
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
    this.showFigures([]);
    showLogs(this.state.kernels, this.reports);
  }

  /** @param {string[]} outcomes  as of a table */
  showFigures(outcomes) {
    showTable(this.titles, this.state.kernels, this.reports, outcomes, (column, seconds) => this.jump(column, seconds));
  }

  /** Offers the zones that the machine has. */
  showZones() {
    const select = need("zone", HTMLSelectElement);
    /** @type {string[]} */
    const zones = this.plots.charts.zones();
    const before = select.value;
    const kept = zones.includes(before) ? before : "";
    select.replaceChildren(new Option("all zones", ""), ...zones.map((zone) => new Option(zone, zone)));
    const isLost = before !== kept;
    select.value = kept;
    if (isLost) {
      this.takeAxes();
    }
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
    const there = this.ensemble.count;
    if (this.isLive || this.reports.includes(null)) {
      return;
    }
    need("bar", HTMLProgressElement).value = there / all;
    need("status", HTMLElement).textContent = `${there} of ${all} runs`;
  }

  endProgress() {
    hide(need("progress", HTMLElement), need("run", HTMLElement));
  }

  /** Ends what is under way. */
  stop() {
    this.runner.cancel();
    this.endProgress();
    document.body.dataset["ensemble"] = "stopped";
    this.reports.forEach((report, column) => {
      if (!report) {
        this.plots.say(column, "not run to the end");
      }
    });
    this.plots.clearMissing();
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

  /** @param {"loading" | "running" | "done" | "error"} state */
  setState(state) {
    document.body.dataset["state"] = state;
  }

  /** The link to what is shown, with what came out if that is known. */
  shareable(at = base()) {
    return this.reports.length === 0 || this.reports.includes(null) ? this.focused(at) : this.verdict(at).link;
  }

  /** The same for others: below the address that the command line gives, where this one is of no use to them. */
  handedOut() {
    return this.shareable(isLocal() ? this.catalogue.base : undefined);
  }

  /** As an address. A page from a file has no query that survives, so there it is the fragment. */
  address(link = this.shareable()) {
    return location.protocol === "file:" ? link.replace("?", "#") : link;
  }

  /** The address bar has the link; a change of where the reader looks is no entry of the history. */
  showAddress(link = this.shareable()) {
    clearTimeout(this.moving);
    const address = this.address(link);
    if (address !== location.href) {
      history.replaceState(null, "", address);
    }
  }

  /** Lets the address follow where the reader looks, once the run is over and nothing moves. */
  follow() {
    clearTimeout(this.moving);
    // Where a link says to look no longer counts.
    this.wanted = null;
    if (!this.reports.includes(null) && !this.isLive) {
      this.moving = setTimeout(() => this.showAddress(), ADDRESS_MS);
    }
  }

  /**
   * Runs another state than that of the link that the reader came with.
   * @param {State} state
   * @param {Entry} entry
   */
  become(state, entry) {
    this.state = this.controls.state = state;
    this.shared = UNSHARED;
    this.wanted = null;
    this.run(entry);
  }

  /** Calls off what is under way. What is there stays. */
  cancel() {
    const isUnfinished = this.reports.includes(null);
    this.wanted = null;
    this.stop();
    this.setState("done");
    if (isUnfinished) {
      need("verdict", HTMLElement).textContent = "Cancelled: not all kernels were run to the end.";
    }
  }
}
