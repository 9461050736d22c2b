// Tables and text around the plots.

import { make, need } from "./dom.js";

/** @typedef {import("./types.js").Report} Report */

/**
 * The verdict table; kernels that have not run yet have empty rows. A cell that speaks of a moment leads there.
 * @param {string[]} titles
 * @param {string[]} kernels
 * @param {(Report | null)[]} reports
 * @param {string[]} outcomes  how often the outcomes came up, where there are several runs
 * @param {(column: number, seconds: number) => void} jump
 */
export function showTable(titles, kernels, reports, outcomes, jump) {
  const rows = kernels.map((kernel, column) => {
    const report = reports[column];
    const cells = report?.cells.map(({ title, text, at }, place) => {
      const words = place === 0 && outcomes[column] ? outcomes[column] : text;
      const link = make("button", { type: "button", class: "moment", title: "Show this moment in the plots" }, words);
      link.addEventListener("click", () => jump(column, at ?? 0));
      const isOutcome = place === 0 ? `outcome ${report.outcome}` : "";
      // Nothing leads to where there is nothing.
      return make("td", { "data-title": title, class: isOutcome }, at === null || words === "–" ? words : link);
    });
    // The same number of cells before and after, so that nothing moves.
    const empty = titles.map((title) => make("td", { "data-title": title }, "…"));
    const row = make("tr", { "data-kernel": kernel }, make("th", { scope: "row" }, kernel), ...(cells ?? empty));
    if (report) {
      row.dataset["hash"] = report.hash;
      row.dataset["outcome"] = report.outcome;
    }
    return row;
  });
  need("table", HTMLTableElement).replaceChildren(
    make("thead", {}, make("tr", {}, ...["Kernel", ...titles].map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, ...rows),
  );
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

/**
 * The kernel log of each column.
 * @param {string[]} kernels
 * @param {(Report | null)[]} reports
 */
export function showLogs(kernels, reports) {
  const logs = kernels.map((kernel, column) => {
    const log = reports[column]?.log ?? [];
    const kills = log.filter(({ text }) => text.includes("Out of memory: Kill process")).length;
    const note = kills === 0 ? "no OOM kill" : kills === 1 ? "one OOM kill" : `${kills} OOM kills`;
    return make(
      "details",
      { open: kills > 0 },
      make("summary", {}, make("b", {}, kernel), ` ${note}, ${log.length} lines`),
      ...blocks(log),
    );
  });
  need("logs", HTMLElement).replaceChildren(make("h2", {}, "Kernel log"), ...logs);
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
