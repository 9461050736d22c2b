// What the reader pastes or drops. Kernel text sets up the controls; a series or a recording is laid over the plots, and
// a recording is compared with the run that is shown; a mail with a link opens it. All of it stays in this browser.

import { base, make, messageOf, need } from "./dom.js";
import { createWorker } from "./platform.js";
import { whole } from "./whole.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./types.js").Import} Import */
/** @typedef {import("./types.js").Compared} Compared */
/** @typedef {{name: string, text: string, columns: number[]}} Source  a text, and the columns that it is for */

// As crate/scenario/src/validate/csv.rs reads at most.
const BYTES_MAX = 64 << 20;
const KINDS = [
  { kind: "used", title: "Used" },
  { kind: "guessed", title: "Guessed, with the rule" },
  { kind: "ignored", title: "Ignored" },
];

/** @param {EventTarget | null} target */
function isInput(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/**
 * @param {string[]} head
 * @param {(string | Node)[][]} rows
 * @param {string} caption
 */
function table(head, rows, caption) {
  const cells = (/** @type {(string | Node)[]} */ row) => row.map((cell, at) => (at === 0 ? make("th", { scope: "row" }, cell) : make("td", {}, cell)));
  return make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make(
      "table",
      {},
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row)))),
    ),
  );
}

export class Importer {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** Made when it is first needed. @type {HTMLDialogElement | null} */
    this.dialog = null;
    this.body = make("div", { class: "import-body", "aria-live": "polite" });
    /** @type {Worker | null} */
    this.worker = null;
    this.bar = make("p", { id: "recorded", class: "hint", hidden: true });
    need("plots", HTMLElement).before(this.bar);
  }

  listen() {
    need("import", HTMLElement).addEventListener("click", () => this.ask());
    document.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!isInput(event.target) && text.trim() !== "") {
        event.preventDefault();
        void this.take({ name: "clipboard", text, columns: this.all() });
      }
    });
    document.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) {
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }
    });
    document.addEventListener("drop", (event) => {
      const [file] = event.dataTransfer?.files ?? [];
      if (file) {
        event.preventDefault();
        void this.open(file, this.columnsAt(event));
      }
    });
  }

  all() {
    return this.page.state.kernels.map((_, column) => column);
  }

  /**
   * The column below the pointer, of the plots or of the cards; else all.
   * @param {DragEvent} event
   */
  columnsAt(event) {
    const pointed = this.page.plots.pointed(event.target, event.clientX);
    if (pointed) {
      return [pointed.column];
    }
    const { cards, grid } = this.page.columns;
    const at = [...grid.children].findIndex((card) => event.target instanceof Node && card.contains(event.target));
    const column = this.page.state.kernels.indexOf(cards[at] ?? "");
    return column < 0 ? this.all() : [column];
  }

  /**
   * @param {File} file
   * @param {number[]} columns
   */
  async open(file, columns) {
    if (file.size > BYTES_MAX) {
      this.show({ name: file.name, text: "", columns }, null, `${file.name}: longer than ${BYTES_MAX >> 20} MB: expected a report or a recording`);
      return;
    }
    await this.take({ name: file.name, text: await file.text(), columns });
  }

  /** @param {Source} source */
  async take(source) {
    const { page } = this;
    try {
      const { wasm, bytes } = await whole();
      if (source.name.endsWith(".toml")) {
        this.dialog?.close();
        page.open(wasm.openFile(source.name, source.text, base()), "new");
        return;
      }
      const [link] = /[?#]s=[a-z0-9].*/s.exec(source.text) ?? [];
      if (link) {
        this.dialog?.close();
        page.open(link, "new");
        return;
      }
      /** @type {Import} */
      const found = wasm.importText(source.name, source.text, page.link, base());
      this.show(source, found);
      if (found.isRecording) {
        this.compare(source, bytes);
      }
    } catch (error) {
      this.show(source, null, messageOf(error));
    }
  }

  /**
   * Does what a text is good for, and says it.
   * @param {Source} source
   * @param {Import | null} found
   * @param {string} [wrong]
   */
  show(source, found, wrong = "") {
    this.worker?.terminate();
    this.worker = null;
    this.frame(wrong ? "Nothing was imported" : `Imported: ${source.name} (${found?.sources ?? ""})`);
    if (!found) {
      this.body.append(make("p", { class: "wrong", role: "alert" }, wrong), ...this.entry());
      this.openDialog();
      return;
    }
    if (found.numbers.length > 0) {
      this.lay(source, found);
    }
    if (found.link !== "") {
      this.machine(source, found);
    }
    this.openDialog();
  }

  /**
   * Sets up the controls with the machine; one that comes with a series only when the reader says so.
   * @param {Source} source
   * @param {Import} found
   */
  machine(source, found) {
    const apply = () => {
      const { state } = this.page.wasm.open(found.link);
      const of = ["clipboard", "text"].includes(source.name) ? "the pasted text" : source.name;
      this.page.imported = { state: JSON.stringify([state.scenario, state.changes]), title: `A machine like that of ${of}` };
      this.page.become({ ...state, seeds: this.page.state.seeds }, "new");
    };
    if (found.series === "") {
      apply();
      this.body.append(make("p", {}, "The controls are set up with this machine. The browser's Back button brings the old ones."));
    } else {
      const button = make("button", { type: "button" }, "Set up the controls with this machine");
      button.addEventListener("click", () => {
        apply();
        button.disabled = true;
      });
      this.body.append(make("p", {}, button));
    }
    for (const { kind, title } of KINDS) {
      const notes = found.notes.filter((note) => note.kind === kind);
      if (notes.length > 0) {
        const rows = notes.map(({ key, value, why }) => (kind === "ignored" ? [key, why] : [key, value, why]));
        const head = kind === "ignored" ? ["name", "where"] : ["parameter", "value", kind === "used" ? "where it stands" : "rule"];
        this.body.append(table(head, rows, title));
      }
    }
  }

  /**
   * Lays samples over the plots.
   * @param {Source} source
   * @param {Import} found
   */
  lay(source, found) {
    const { plots, state } = this.page;
    const { recorded } = plots;
    const remove = make("button", { type: "button" }, "Take it away");
    remove.addEventListener("click", () => recorded.clear());
    recorded.onchange = () => {
      const words = recorded.words();
      this.bar.replaceChildren(`Recorded, dotted: ${words}. `, remove);
      this.bar.hidden = words === "";
    };
    source.columns.forEach((column) => recorded.set(column, found.numbers, source.name));
    const names = source.columns.map((column) => state.kernels[column]).join(", ");
    this.body.append(make("p", {}, `${found.series}. It lies over ${names}, dotted; its first sample is at 0 s unless it says otherwise.`));
  }

  /**
   * Compares a recording with the shown seed of its columns, in a Worker of its own, one column after the other.
   * @param {Source} source
   * @param {ArrayBuffer} bytes  the module with all verbs
   */
  compare({ name, text, columns }, bytes) {
    const { link, state } = this.page;
    const worker = createWorker();
    this.worker = worker;
    const left = [...columns];
    const status = make("p", { role: "status" }, "");
    this.body.append(status);
    const next = () => {
      const column = left[0];
      if (column === undefined) {
        status.textContent = "";
        worker.terminate();
        return;
      }
      status.textContent = `Comparing with seed ${state.seed} of ${state.kernels[column] ?? ""} …`;
      worker.postMessage({ type: "compare", link, column, name, text });
    };
    const failed = (/** @type {string} */ message) => {
      status.textContent = `No comparison: ${message}`;
      worker.terminate();
    };
    worker.onerror = (event) => failed(event.message);
    worker.onmessage = ({ data }) => {
      if (data.type === "failed") {
        failed(data.message);
        return;
      }
      if (data.type === "compared") {
        status.before(this.errors(`${state.kernels[left.shift() ?? 0] ?? ""}, seed ${state.seed}`, data.compared));
      }
      next();
    };
    worker.postMessage({ type: "start", bytes });
  }

  /**
   * @param {string} of
   * @param {Compared} compared
   */
  errors(of, { outcome, head, rows, summary }) {
    const cells = rows.map((row) => row.cells.map((cell, at) => (at === 3 && row.isFarOff ? make("b", {}, cell) : cell)));
    return make("section", { class: "compared" }, make("p", {}, `${of}: ${outcome}; ${summary}.`), table(head, cells, of));
  }

  /** Asks for a text or a file. */
  ask() {
    this.frame("Import");
    this.body.append(...this.entry());
    this.openDialog();
    this.body.querySelector("textarea")?.focus();
  }

  /** What there is to paste, and where. */
  entry() {
    const area = make("textarea", { rows: 8, "aria-label": "Text of a kernel", spellcheck: "false" });
    const file = make("input", { type: "file" });
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      if (chosen) {
        void this.open(chosen, this.all());
      }
    });
    const read = make("button", { type: "button" }, "Read");
    read.addEventListener("click", () => void this.take({ name: "text", text: area.value, columns: this.all() }));
    return [
      make(
        "p",
        {},
        "An OOM report or Mem-Info, /proc/zoneinfo, /proc/meminfo, /proc/vmstat, vmstat 1, free; several in one text, quoted or wrapped; or a mail with a link. ",
        "What comes more than once, and recordings as CSV, is laid over the plots. Nothing leaves this browser.",
      ),
      area,
      make("p", { class: "buttons" }, read, make("label", { class: "file" }, "Open file", file)),
    ];
  }

  /**
   * An empty dialog with a heading.
   * @param {string} title
   */
  frame(title) {
    if (!this.dialog) {
      const close = make("button", { type: "button" }, "Close");
      close.addEventListener("click", () => this.dialog?.close());
      // The focus begins where the text does.
      const heading = make("h2", { id: "import-title", tabindex: -1, autofocus: true });
      this.dialog = make("dialog", { class: "import", "aria-labelledby": "import-title" }, heading, this.body, make("p", {}, close));
      this.dialog.addEventListener("close", () => this.worker?.terminate());
      document.body.append(this.dialog);
    }
    need("import-title", HTMLElement).textContent = title;
    this.body.replaceChildren();
  }

  openDialog() {
    if (this.dialog && !this.dialog.open) {
      this.dialog.showModal();
    } else {
      need("import-title", HTMLElement).focus();
    }
  }
}
