// Tables and text around the plots.

import { make, need } from "./dom.js";

/** @typedef {import("./types.js").Report} Report */

/** What cells were made of: one that says the same stays, as it may have the focus. @type {WeakMap<Element, string>} */
const made = new WeakMap();

/**
 * A row with these cells, made from one that is there.
 * @param {HTMLElement | undefined} row
 * @param {{says: unknown[], make: () => HTMLElement}[]} cells
 */
function renewed(row = make("tr"), cells) {
  const old = [...row.children];
  cells.forEach(({ says, make }, place) => {
    const key = JSON.stringify(says);
    const there = old[place];
    if (there && made.get(there) === key) {
      return;
    }
    const cell = make();
    made.set(cell, key);
    if (there) {
      const hadFocus = there.contains(document.activeElement);
      there.replaceWith(cell);
      if (hadFocus) {
        cell.querySelector("button")?.focus({ preventScroll: true });
      }
    } else {
      row.append(cell);
    }
  });
  old.slice(cells.length).forEach((cell) => cell.remove());
  return row;
}

/**
 * Gives an element these children. Those that are there already stay where they are: what is taken out and put back loses the
 * focus.
 * @param {Element} parent
 * @param {Element[]} children
 */
function put(parent, children) {
  [...parent.children].filter((old) => !children.includes(old)).forEach((old) => old.remove());
  children.forEach((child, at) => {
    if (parent.children[at] !== child) {
      parent.insertBefore(child, parent.children[at] ?? null);
    }
  });
}

/**
 * The verdict table; kernels that have not run yet have empty rows. A cell that speaks of a moment leads there.
 * @param {string[]} titles
 * @param {string[]} kernels
 * @param {(Report | null)[]} reports
 * @param {string[]} outcomes  how often the outcomes came up, where there are several runs
 * @param {(column: number, seconds: number) => void} jump
 */
export function showTable(titles, kernels, reports, outcomes, jump) {
  const table = need("table", HTMLTableElement);
  const head = table.tHead ?? table.createTHead();
  const body = table.tBodies[0] ?? table.createTBody();
  const title = (/** @type {string} */ text) => ({ says: [text], make: () => make("th", { scope: "col" }, text) });
  put(head, [renewed(head.rows[0], ["Kernel", ...titles].map(title))]);
  const rows = kernels.map((kernel, column) => {
    const report = reports[column];
    const cell = (/** @type {Report["cells"][number]} */ { title, text, at }, /** @type {number} */ place) => {
      const words = place === 0 && outcomes[column] ? outcomes[column] : text;
      const isOutcome = place === 0 && report ? `outcome ${report.outcome}` : "";
      const fill = () => {
        const link = make("button", { type: "button", class: "moment", title: "Show this moment in the plots" }, words);
        link.addEventListener("click", () => jump(column, at ?? 0));
        // Nothing leads to where there is nothing.
        return make("td", { "data-title": title, class: isOutcome }, at === null || words === "–" || words === "…" ? words : link);
      };
      return { says: [title, words, at, isOutcome], make: fill };
    };
    // The same number of cells before and after, so that nothing moves.
    const cells = report?.cells ?? titles.map((title) => ({ title, text: "…", at: null }));
    const name = { says: [kernel], make: () => make("th", { scope: "row" }, kernel) };
    const row = renewed(body.rows[column], [name, ...cells.map(cell)]);
    row.dataset["kernel"] = kernel;
    for (const [key, value] of Object.entries({ hash: report?.hash, outcome: report?.outcome })) {
      if (value === undefined) {
        delete row.dataset[key];
      } else {
        row.dataset[key] = value;
      }
    }
    return row;
  });
  put(body, rows);
}

/**
 * The sentence gets its place before it is there, so that nothing moves when it comes.
 * @param {string[]} kernels
 */
export function makeRoom(kernels) {
  const verdict = need("verdict", HTMLElement);
  const width = Math.min(verdict.clientWidth, 1200);
  // About as long as clauses are, in letters of about 8 px.
  const letters = kernels.reduce((sum, kernel) => sum + 105 + kernel.length, 0);
  verdict.style.minHeight = `${(Math.ceil((letters * 8) / Math.max(width, 1)) * 1.35).toFixed(1)}em`;
}

/**
 * A log in blocks: OOM kills stand out, and the rest of each report is folded away.
 * @param {Report["log"]} log
 */
function blocks(log) {
  /** @type {Report["log"][]} */
  const groups = [];
  for (const line of log) {
    const group = groups.at(-1);
    if (group && (group[0]?.part === "report") === (line.part === "report")) {
      group.push(line);
    } else {
      groups.push([line]);
    }
  }
  return groups.map((lines) => {
    const folded = lines[0]?.part === "report";
    const spans = lines.map(({ text, part }) => make("span", { class: part === "oom" ? "oom" : "" }, `${text}\n`));
    const pre = make("pre", { tabindex: "0" }, ...spans);
    return folded ? make("details", {}, make("summary", {}, `the report, ${lines.length} lines`), pre) : pre;
  });
}

/** Logs that are shown: what the reader unfolded stays so. @type {WeakMap<Report, HTMLElement>} */
const shown = new WeakMap();

/**
 * The kernel log of each column.
 * @param {string[]} kernels
 * @param {(Report | null)[]} reports
 */
export function showLogs(kernels, reports) {
  const logs = kernels.map((kernel, column) => {
    const report = reports[column];
    const log = report?.log ?? [];
    const kills = log.filter(({ text }) => text.includes("Out of memory: Kill process")).length;
    const note = kills === 0 ? "no OOM kill" : kills === 1 ? "one OOM kill" : `${kills} OOM kills`;
    const summary = make("summary", {}, make("b", {}, kernel), ` ${note}, ${log.length} lines`);
    const element = (report && shown.get(report)) ?? make("details", { open: kills > 0 }, summary, ...blocks(log));
    if (report) {
      shown.set(report, element);
    }
    return element;
  });
  const place = need("logs", HTMLElement);
  put(place, [place.querySelector("h2") ?? make("h2", {}, "Kernel log"), ...logs]);
}

/**
 * Tells the reader who came with a link what to know of it; nothing where there is nothing to know.
 * @param {string} note
 * @param {boolean} isChanged  whether the result is not the one that was shared
 */
export function showNote(note, isChanged) {
  const element = need("note", HTMLElement);
  const sentence = note && `${(note[0] ?? "").toUpperCase()}${note.slice(1)}.`;
  if (element.textContent !== sentence) {
    element.textContent = sentence;
  }
  element.hidden = note === "";
  element.toggleAttribute("data-changed", isChanged);
}
