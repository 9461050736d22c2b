// What is laid over the plots: recordings of real machines, each over the column of a kernel.

/** @typedef {import("./plots.js").Plots} Plots */

export class Recorded {
  /** @param {Plots} plots */
  constructor(plots) {
    this.plots = plots;
    /** By column, with where it is from. @type {({source: string, numbers: number[]} | undefined)[]} */
    this.over = [];
    /** Called when that changed, and when the kernels did. */
    this.onchange = () => {};
  }

  /**
   * Lays samples over a column.
   * @param {number} column
   * @param {number[]} numbers  none take them away
   * @param {string} source  where they are from
   */
  set(column, numbers, source) {
    this.plots.tell(`recorded ${column}`, "setRecorded", column, numbers);
    this.over[column] = numbers.length > 0 ? { source, numbers } : undefined;
    this.say();
    this.plots.change();
  }

  clear() {
    this.plots.kernels.forEach((_, column) => this.set(column, [], ""));
  }

  /**
   * Recordings go with their kernels, to the charts of the next comparison. A kernel that was changed keeps that of its
   * place.
   * @param {string[]} before
   * @param {string[]} kernels
   */
  move(before, kernels) {
    const { over } = this;
    this.over = kernels.map((kernel, column) => {
      const isChanged = !before.includes(kernel) && !kernels.includes(before[column] ?? "");
      return over[isChanged ? column : before.indexOf(kernel)];
    });
    this.over.forEach((of, column) => of && this.plots.tell(`recorded ${column}`, "setRecorded", column, of.numbers));
    this.say();
  }

  say() {
    this.plots.root.toggleAttribute("data-recording", this.over.some(Boolean));
    this.onchange();
  }

  /** Each source with the kernels that it lies over. */
  words() {
    const { over, plots } = this;
    const sources = new Set(over.flatMap((of) => (of ? [of.source] : [])));
    const kernels = (/** @type {string} */ source) => plots.kernels.filter((_, column) => over[column]?.source === source).join(", ");
    return [...sources].map((source) => `${source} over ${kernels(source)}`).join("; ");
  }
}
