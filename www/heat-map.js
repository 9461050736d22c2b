// Where does it begin? Outcomes over two parameters, as a map for each kernel. The runs are done by the page's Workers
// whenever they have nothing else to do; what they came to is counted and drawn as on the command line.

import { base, make, messageOf } from "./dom.js";
import { labelled, Side } from "./map-side.js";
import { copy, save } from "./share.js";
import { isCurrent, whole } from "./whole.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./runner.js").Job} Job */
/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").SweepPlan} SweepPlan */
/** @typedef {import("./types.js").SweepMaps} SweepMaps */
/** @typedef {import("./types.js").SweepCell} SweepCell */
/** @typedef {{sweep: any, module: import("./whole.js").Whole}} Grid  a sweep, and what made it */

/** What the cells may be coloured by, by the names of `--show`. @type {[string, string][]} */
const MEASURES = [
  ["outcome", "worst outcome"],
  ["oom", "share of runs with an OOM kill"],
  ["stuck", "share of runs that got stuck"],
  ["done", "time to finish"],
];
/** How many runs of each cell there are to choose from. */
const SEEDS = [1, 2, 4, 8, 16];
/** After so long another task of the page has its turn. */
const SLICE_MS = 15;
/** Cells are drawn at most so often. */
const DRAW_MS = 150;

/** @type {HeatMap | null} */
let there = null;

/** @param {Page} page */
export function open(page) {
  there ??= new HeatMap(page);
  there.open();
}

/**
 * @param {[string, string][]} entries  value and text
 */
function select(entries) {
  const element = make("select");
  element.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
  return element;
}

class HeatMap {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.scenario = "";
    /** What is shown. @type {Grid | null} */
    this.grid = null;
    /** What is to take its place, once all its points were looked at. @type {Grid | null} */
    this.next = null;
    /** Those of an instance that failed: nothing may free them. @type {unknown[]} */
    this.lost = [];
    /** @type {SweepPlan | null} */
    this.plan = null;
    this.missing = 0;
    this.all = 0;
    this.begun = 0;
    this.drawing = 0;
    this.isOpening = false;
    /** Buttons of the cells, by map. @type {HTMLButtonElement[][]} */
    this.buttons = [];
    /** What each shows. @type {string[][]} */
    this.shown = [];
    /** @type {SweepMaps | null} */
    this.maps = null;

    const estimate = () => this.estimate();
    this.x = new Side("To the right", estimate);
    this.y = new Side("Upwards", estimate);
    this.kernel = make("select");
    this.seeds = select(SEEDS.map((count) => [String(count), String(count)]));
    this.seeds.value = "2";
    this.measure = select(MEASURES);
    this.size = make("span", { class: "hint" });
    this.run = make("button", { type: "submit", class: "map-run" }, "Run the map");
    this.cancel = make("button", { type: "button", hidden: true }, "Cancel");
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Share of the runs that is done" });
    this.said = make("span", { class: "hint" });
    this.progress = make("p", { class: "map-progress", hidden: true }, this.bar, this.said);
    this.status = make("p", { role: "status", class: "hint" });
    this.wrong = make("p", { role: "alert", class: "wrong" });
    /** What the map is explained by: legend, words, command. */
    this.legend = make("ul", { class: "map-legend", "aria-label": "Legend" });
    this.explained = make("p", { class: "hint" });
    this.command = make("code", { class: "map-command" });
    this.body = make("div", { class: "map-body" });
    this.dialog = this.frame();
    this.listen();
  }

  frame() {
    const close = make("button", { type: "button", class: "map-close", "aria-label": "Close" }, "Close");
    close.addEventListener("click", () => this.dialog.close());
    const form = make(
      "form",
      { class: "map-form" },
      this.x.element,
      this.y.element,
      make("div", { class: "map-more" }, labelled("Kernel", this.kernel), labelled("Runs of each cell", this.seeds), this.run, this.cancel, this.size),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    const head = make("div", { class: "map-head" }, make("h2", { id: "map-title" }, "Where does it begin? Outcomes over two parameters"), close);
    const dialog = make("dialog", { id: "heat-map", class: "import", "aria-labelledby": "map-title" }, head, form, this.wrong, this.progress, this.status, this.body);
    document.body.append(dialog);
    return dialog;
  }

  listen() {
    this.cancel.addEventListener("click", () => this.stop());
    for (const input of [this.kernel, this.seeds]) {
      input.addEventListener("change", () => this.estimate());
    }
    this.measure.addEventListener("change", () => this.draw());
    this.dialog.addEventListener("close", () => {
      // Who looks at a run of the map wants the rest of it as well.
      if (!this.isOpening) {
        this.stop();
      }
      this.isOpening = false;
    });
    this.body.addEventListener("keydown", (event) => this.move(event));
  }

  open() {
    const { state, wasm, link } = this.page;
    /** @type {Description} */
    const { groups } = wasm.describe(link);
    const isNew = state.scenario !== this.scenario;
    this.scenario = state.scenario;
    this.x.fill(groups, isNew ? ["hog", "job-size"] : []);
    this.y.fill(groups, isNew ? ["swap", "ram"] : []);
    const kept = this.kernel.value;
    const shown = state.kernels.length > 1 ? [new Option(`all ${state.kernels.length} of the page`, "")] : [];
    this.kernel.replaceChildren(...shown, ...state.kernels.map((kernel) => new Option(kernel)));
    if (state.kernels.includes(kept)) {
      this.kernel.value = kept;
    }
    this.estimate();
    this.dialog.showModal();
    this.x.key.focus();
  }

  kernels() {
    const { kernels } = this.page.state;
    return this.kernel.value === "" ? kernels : [this.kernel.value];
  }

  /** Says how much there is to do. */
  estimate() {
    const parts = [this.x.size, this.y.size, this.kernels().length, Number(this.seeds.value)];
    const [x, y, kernels, seeds] = parts;
    const runs = parts.reduce((product, part) => product * part, 1);
    const isRange = [this.x, this.y].some(({ values }) => values.value.includes(".."));
    this.size.textContent = isRange ? "" : `${x} × ${y} cells × ${kernels} ${kernels === 1 ? "kernel" : "kernels"} × ${seeds} ${seeds === 1 ? "run" : "runs"} = ${runs} runs`;
  }

  async start() {
    const { page } = this;
    this.stop();
    this.next = null;
    this.wrong.textContent = "";
    this.status.textContent = "";
    try {
      const module = await whole();
      const link = page.wasm.link({ ...page.state, kernels: this.kernels() }, "");
      const sweep = new module.wasm.Sweep(link, this.x.text, this.y.text, Number(this.seeds.value));
      const grid = { sweep, module };
      if (!(await this.grown(grid))) {
        this.leave(grid);
        return;
      }
      this.leave(this.grid);
      this.grid = grid;
    } catch (error) {
      // Perhaps because the instance failed.
      this.lost.push(this.next);
      this.status.textContent = "";
      this.wrong.textContent = messageOf(error);
      return;
    }
    /** @type {SweepPlan} */
    const plan = this.grid.sweep.plan();
    this.plan = plan;
    this.build(plan);
    const jobs = this.jobs(plan);
    [this.all, this.missing, this.begun] = [jobs.length, jobs.length, performance.now()];
    this.cancel.hidden = this.progress.hidden = false;
    this.dialog.dataset["map"] = "running";
    this.draw();
    // On a phone the form fills the window, and nothing would seem to happen.
    if (this.body.getBoundingClientRect().top > innerHeight / 2) {
      this.progress.scrollIntoView();
    }
    const numbers = new Map(jobs.map(({ job, run }) => [job, run]));
    page.runner.lend(
      jobs.map(({ job }) => job),
      {
        result: ({ figures }, job) => {
          const sweep = this.usable();
          if (!sweep) {
            this.stop();
            return;
          }
          this.missing -= 1;
          sweep.add(numbers.get(job), figures);
          this.drawing ||= setTimeout(() => this.draw(), DRAW_MS);
        },
        failed: (message, failure, job) => this.failed(message, failure, job),
        done: () => this.end(`All ${this.all} runs are there. A cell opens its run.`),
      },
    );
  }

  /**
   * Looks at all points of a sweep, a few at a time: the page has other things to do. False when another is asked for, or none.
   * @param {Grid} grid
   */
  async grown(grid) {
    this.next = grid;
    this.status.textContent = "Looking at the points of the grid …";
    for (;;) {
      const end = performance.now() + SLICE_MS;
      let isMore = true;
      while (isMore && performance.now() < end) {
        isMore = grid.sweep.grow();
      }
      await new Promise((done) => setTimeout(done));
      if (this.next !== grid) {
        return false;
      }
      const isWanted = this.dialog.open && isCurrent(grid.module);
      if (!isMore || !isWanted) {
        this.status.textContent = "";
        return isWanted;
      }
    }
  }

  /** @param {Grid | null} grid  of which nothing is needed any more */
  leave(grid) {
    if (grid && isCurrent(grid.module)) {
      grid.sweep.free();
    } else {
      this.lost.push(grid);
    }
  }

  /** The sweep of the map; if the program failed since, that is said. */
  usable() {
    const { grid } = this;
    if (grid && !isCurrent(grid.module)) {
      this.wrong.textContent = "The program failed since this map was made. Run the map again.";
      return null;
    }
    return grid?.sweep;
  }

  /**
   * The runs of a plan with their numbers: one of each cell before the next of any, and of a few cells all over the map before
   * those in between.
   * @param {SweepPlan} plan
   * @returns {{job: Job, run: number}[]}
   */
  jobs({ links, kernels, seeds, y }) {
    const rows = y.values.length;
    const step = (/** @type {number} */ point) => [4, 2, 1].findIndex((step) => Math.floor(point / rows) % step === 0 && (point % rows) % step === 0);
    const points = links.map((_, point) => point).sort((a, b) => step(a) - step(b) || a - b);
    return Array.from({ length: seeds }, (_, later) =>
      points.flatMap((point) =>
        kernels.map((_, column) => ({
          job: { link: links[point] ?? "", column, later, live: false },
          run: (point * kernels.length + column) * seeds + later,
        })),
      ),
    ).flat();
  }

  /**
   * @param {string} message
   * @param {import("./runner.js").Failure | null} failure
   * @param {Job | null} job
   */
  failed(message, failure, job) {
    this.end("");
    this.wrong.textContent = message;
    if (failure && job) {
      const { state } = this.page.wasm.open(job.link);
      const kernels = [state.kernels[job.column]];
      const link = this.page.wasm.link({ ...state, kernels, seed: state.seed + job.later, seeds: 1 }, base());
      this.wrong.append(". To repeat it: ", make("a", { href: link }, link));
    }
  }

  /** Calls off what is under way. What is there stays. */
  stop() {
    if (this.missing > 0) {
      this.page.runner.reclaim();
      this.end(`Cancelled: ${this.all - this.missing} of ${this.all} runs are there.`);
    }
  }

  /** @param {string} words */
  end(words) {
    this.missing = 0;
    this.cancel.hidden = this.progress.hidden = true;
    this.draw();
    this.status.textContent = words;
    this.dialog.dataset["map"] = "done";
  }

  /**
   * Empty maps.
   * @param {SweepPlan} plan
   */
  build(plan) {
    const { x, y, title, note } = plan;
    const rows = y.values.map((_, row) => row).reverse();
    this.shown = [];
    this.buttons = plan.kernels.map(() => []);
    const maps = plan.kernels.map((kernel, map) => {
      const lines = rows.map((row) => {
        const cells = x.values.map((_, column) => {
          const button = make("button", { type: "button", class: "cell", tabindex: -1 });
          button.addEventListener("click", () => this.look(map, column, row));
          /** @type {HTMLButtonElement[]} */ (this.buttons[map])[row * x.values.length + column] = button;
          return make("td", {}, button);
        });
        return make("tr", {}, make("th", { scope: "row" }, y.values[row] ?? ""), ...cells);
      });
      this.buttons[map]?.[0]?.setAttribute("tabindex", "0");
      const foot = make("tr", {}, make("td"), ...x.values.map((value) => make("th", { scope: "col" }, value)));
      const table = make("table", { class: "map" }, make("caption", {}, kernel), make("tbody", {}, ...lines), make("tfoot", {}, foot));
      return make("div", { class: "scroll" }, table);
    });
    this.body.replaceChildren(
      make("h3", {}, title),
      make("p", { class: "hint" }, `${note}.`),
      make("p", {}, labelled("Colour: ", this.measure)),
      this.legend,
      this.explained,
      make("p", { class: "hint" }, `Upwards: ${y.label}. To the right: ${x.label}.`),
      make("div", { class: "map-maps" }, ...maps),
      make("p", { class: "hint" }, "Arrow keys move between cells; a cell opens the run that it stands for."),
      make("p", { class: "buttons" }, ...this.files()),
      this.command,
    );
  }

  /** What can be taken along. */
  files() {
    const button = (/** @type {string} */ text, /** @type {() => void} */ give) => {
      const element = make("button", { type: "button" }, text);
      element.addEventListener("click", give);
      return element;
    };
    const file = (/** @type {"svg" | "csv"} */ form, /** @type {string} */ type) => {
      const text = this.usable()?.[form]();
      if (text) {
        save(new Blob([text], { type }), `${this.scenario}-map`, form);
      }
    };
    return [
      button("Save SVG", () => file("svg", "image/svg+xml")),
      button("Save CSV", () => file("csv", "text/csv")),
      button("Copy the command", () => void copy("The command", this.command.textContent ?? "")),
    ];
  }

  /** Shows what is there by now. */
  draw() {
    clearTimeout(this.drawing);
    this.drawing = 0;
    const { plan } = this;
    const sweep = this.usable();
    if (!plan || !sweep) {
      return;
    }
    const measure = this.measure.value;
    /** @type {SweepMaps} */
    const maps = sweep.maps(measure);
    this.maps = maps;
    maps.maps.forEach((cells, map) => cells.forEach((cell, at) => this.show(cell, map, at)));
    this.legend.replaceChildren(
      ...maps.legend.map((cell) => {
        const swatch = make("span", { "aria-hidden": "true" });
        paint(swatch, cell);
        return make("li", {}, swatch, cell.words);
      }),
    );
    this.explained.textContent = maps.explained.join(" ");
    const show = measure === "outcome" ? "" : ` --show ${measure}`;
    this.command.textContent = `${plan.command} --csv map.csv --svg map.svg${show}`;
    const done = this.all - this.missing;
    this.bar.value = done / Math.max(this.all, 1);
    const left = done > 0 ? ((performance.now() - this.begun) / done) * this.missing : 0;
    this.said.textContent = `${done} of ${this.all} runs${left > 2000 ? `, about ${Math.round(left / 1000)} s left` : ""}`;
  }

  /**
   * @param {SweepCell} cell
   * @param {number} map
   * @param {number} at
   */
  show(cell, map, at) {
    const key = JSON.stringify(cell);
    const shown = (this.shown[map] ??= []);
    const button = this.buttons[map]?.[at];
    if (!button || shown[at] === key) {
      return;
    }
    shown[at] = key;
    paint(button, cell);
    const { words, edges, look } = cell;
    button.append(make("span", { class: "map-words" }, look === "" ? words : ` ${words}. Open seed ${cell.seed}`));
    button.title = words;
    /** @type {HTMLElement} */ (button.parentElement).className = edges;
  }

  /**
   * Opens the run of a cell in the page.
   * @param {number} map
   * @param {number} column
   * @param {number} row
   */
  look(map, column, row) {
    const { plan, page } = this;
    const cell = this.maps?.maps[map]?.[row * (plan?.x.values.length ?? 0) + column];
    const link = plan?.links[column * plan.y.values.length + row];
    if (!plan || !cell || cell.look === "" || link === undefined) {
      return;
    }
    const { state } = page.wasm.open(link);
    const { kernels, seeds } = page.state;
    const kernel = plan.kernels[map] ?? "";
    this.isOpening = true;
    this.dialog.close();
    page.become({ ...state, seeds, seed: cell.seed, kernels: kernels.includes(kernel) ? kernels : plan.kernels }, "new");
  }

  /**
   * Arrow keys lead from cell to cell; one of each map is reached with Tab.
   * @param {KeyboardEvent} event
   */
  move(event) {
    const map = this.buttons.findIndex((buttons) => buttons.some((button) => button === event.target));
    const buttons = this.buttons[map];
    const columns = this.plan?.x.values.length ?? 0;
    if (!buttons || columns === 0) {
      return;
    }
    const at = buttons.findIndex((button) => button === event.target);
    const [column, row, rows] = [at % columns, Math.floor(at / columns), buttons.length / columns];
    /** @type {Record<string, [number, number]>} */
    const places = {
      ArrowRight: [Math.min(column + 1, columns - 1), row],
      ArrowLeft: [Math.max(column - 1, 0), row],
      ArrowUp: [column, Math.min(row + 1, rows - 1)],
      ArrowDown: [column, Math.max(row - 1, 0)],
      Home: [0, row],
      End: [columns - 1, row],
    };
    const place = places[event.key];
    const next = place && buttons[place[1] * columns + place[0]];
    if (!next) {
      return;
    }
    event.preventDefault();
    buttons[at]?.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}

/**
 * Gives something the look of a cell.
 * @param {HTMLElement} element
 * @param {SweepCell} cell
 */
function paint(element, { look, strength, text: [long, short] }) {
  element.className = `cell ${look}`;
  element.style.setProperty("--strength", `${strength}%`);
  element.replaceChildren(make("span", { class: "long" }, long), make("span", { class: "short" }, short));
}
