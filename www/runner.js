// The runs of a comparison, spread over Workers: first the seed that is shown of every kernel, then the other seeds.

import { createWorker } from "./platform.js";

/** @typedef {import("./types.js").Result} Result */
/** @typedef {{column: number, later: number}} Job  a column, and by how much its seed is later than the shown one */
/** @typedef {{column: number, later: number, seconds: number}} Failure  the run in which the program failed, and its time */

/**
 * @typedef {object} Handlers
 * @property {(column: number, numbers: Float64Array, share: number, seconds: number) => void} partial
 * @property {(result: Result) => void} result
 * @property {(message: string, failure: Failure | null) => void} failed
 * @property {() => void} shown  the shown seed of every kernel is there
 * @property {() => void} done  all seeds are
 */

// A Worker that has not stopped by then is ended and replaced.
const PATIENCE_MS = 1000;
// Each holds the memory of a machine; more do not make a page faster that others share the computer with.
const MOST_WORKERS = 6;

class Hand {
  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    this.worker = createWorker();
    this.isReady = false;
    /** @type {Job | null} */
    this.job = null;
    this.cancelledAt = 0;
    this.worker.postMessage({ type: "start", bytes });
  }

  get isFree() {
    return this.isReady && this.job === null;
  }

  cancel() {
    if (this.job) {
      this.cancelledAt = performance.now();
      this.worker.postMessage({ type: "cancel" });
    }
  }
}

export class Runner {
  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    /** @type {Hand[]} */
    this.hands = [];
    /** @type {Job[]} */
    this.queue = [];
    this.order = 0;
    this.link = "";
    this.missing = 0;
    this.unshown = 0;
    /** @type {Handlers | null} */
    this.handlers = null;
    this.limit = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, MOST_WORKERS));
  }

  get isRunning() {
    return this.missing > 0;
  }

  /**
   * Begins a comparison; what was under way is called off.
   * @param {string} link
   * @param {number} columns
   * @param {number} seeds
   * @param {Handlers} handlers
   */
  start(link, columns, seeds, handlers) {
    this.cancel();
    this.order += 1;
    this.link = link;
    this.handlers = handlers;
    this.queue = [];
    for (let later = 0; later < seeds; later += 1) {
      for (let column = 0; column < columns; column += 1) {
        this.queue.push({ column, later });
      }
    }
    this.missing = this.queue.length;
    this.unshown = columns;
    while (this.hands.length < Math.min(this.limit, this.queue.length)) {
      this.hire();
    }
    this.assign();
  }

  /** Calls off what is under way. What comes in later of it is not looked at. */
  cancel() {
    this.order += 1;
    this.queue = [];
    this.missing = 0;
    this.handlers = null;
    this.hands.forEach((hand) => hand.cancel());
    setTimeout(() => this.dismissTheDeaf(), PATIENCE_MS);
  }

  dismissTheDeaf() {
    for (const hand of this.hands.filter((hand) => hand.cancelledAt > 0)) {
      if (performance.now() - hand.cancelledAt >= PATIENCE_MS) {
        this.dismiss(hand);
      }
    }
    this.assign();
  }

  hire() {
    const hand = new Hand(this.bytes);
    this.hands.push(hand);
    hand.worker.onerror = (event) => this.fail(hand, event.message || "the Worker could not be started");
    hand.worker.onmessage = ({ data }) => this.receive(hand, data);
  }

  /** @param {Hand} hand */
  dismiss(hand) {
    hand.worker.terminate();
    this.hands = this.hands.filter((other) => other !== hand);
    if (this.queue.length > 0) {
      this.hire();
    }
  }

  assign() {
    for (const hand of this.hands.filter((hand) => hand.isFree)) {
      const job = this.queue.shift();
      if (!job) {
        return;
      }
      hand.job = job;
      hand.worker.postMessage({ type: "run", order: this.order, link: this.link, live: job.later === 0, ...job });
    }
  }

  /**
   * @param {Hand} hand
   * @param {any} data
   */
  receive(hand, data) {
    if (data.type === "ready") {
      hand.isReady = true;
      this.assign();
      return;
    }
    // A Worker that could not even start knows no order.
    const isCurrent = data.order === undefined || data.order === this.order;
    if (data.type === "partial") {
      if (isCurrent) {
        this.handlers?.partial(data.column, data.numbers, data.share, data.seconds);
      }
      return;
    }
    if (data.type === "failed") {
      this.fail(hand, data.message, isCurrent, data.failure);
      return;
    }
    hand.job = null;
    hand.cancelledAt = 0;
    this.assign();
    if (data.type === "result" && isCurrent) {
      this.missing -= 1;
      this.unshown -= data.later === 0 ? 1 : 0;
      const { handlers } = this;
      handlers?.result(data);
      if (data.later === 0 && this.unshown === 0) {
        handlers?.shown();
      }
      if (this.missing === 0) {
        handlers?.done();
      }
    }
  }

  /**
   * A run that failed leaves a Worker that cannot be trusted.
   * @param {Hand} hand
   * @param {string} message
   * @param {boolean} [isCurrent]
   * @param {Failure | null} [failure]
   */
  fail(hand, message, isCurrent = true, failure = null) {
    const { handlers } = this;
    if (isCurrent) {
      this.cancel();
    }
    this.dismiss(hand);
    if (isCurrent) {
      handlers?.failed(message, failure);
    }
  }
}
