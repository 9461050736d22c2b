// What came of the runs of a comparison so far, by column and seed.

export class Ensemble {
  /** @param {number} columns */
  constructor(columns) {
    /** By column, and by how much the seed is later than the shown one. @type {unknown[][][]} */
    this.runs = Array.from({ length: columns }, () => []);
  }

  /**
   * @param {number} column
   * @param {number} later
   * @param {unknown[]} figures
   */
  set(column, later, figures) {
    const own = this.runs[column];
    if (own) {
      own[later] = figures;
    }
  }

  /** How many there are. */
  get count() {
    return this.runs.reduce((sum, own) => sum + own.filter(Boolean).length, 0);
  }

  /** Figures of the first seeds, up to one that not every column has yet: kernels are compared over the same seeds only. */
  compared() {
    let seeds = 0;
    while (this.runs.length > 0 && this.runs.every((own) => own[seeds])) {
      seeds += 1;
    }
    return this.runs.map((own) => own.slice(0, seeds).flat());
  }
}
