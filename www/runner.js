// The runs of a comparison, spread over Workers: first the seed that is shown of every kernel, then the other seeds. What is
// idle then does the runs of a guest.

import { createWorker } from "./platform.js";

/** @typedef {import("./types.js").Result} Result */
/** @typedef {{column: number, later: number, seconds: number}} Failure  the run in which the program failed, and its time */

/**
 * A run: a column of a link, and by how much its seed is later than the shown one.
 * @typedef {object} Job
 * @property {string} link
 * @property {number} column
 * @property {number} later
 * @property {boolean} live  whether it is shown as it goes on
 */

/**
 * @typedef {object} Handlers
 * @property {(column: number, numbers: Float64Array, share: number, seconds: number) => void} [partial]
 * @property {(result: Result, job: Job) => void} result
 * @property {(message: string, failure: Failure | null, job: Job | null) => void} failed
 * @property {() => void} [shown]  all that are live are there
 * @property {() => void} done  all are
 */

// A Worker that has not stopped by then is ended and replaced.
const PATIENCE_MS = 1000;
// Each holds the memory of a machine; more do not make a page faster that others share the computer with.
const MOST_WORKERS = 6;

/** Runs that belong together. */
class Batch {
  /**
   * @param {Job[]} queue
   * @param {Handlers} handlers
   */
  constructor(queue, handlers) {
    this.queue = queue;
    this.handlers = handlers;
    this.missing = queue.length;
    this.unshown = queue.filter(({ live }) => live).length;
  }

  /**
   * @param {Result} result
   * @param {Job} job
   */
  take(result, job) {
    this.missing -= 1;
    this.unshown -= job.live ? 1 : 0;
    this.handlers.result(result, job);
    if (job.live && this.unshown === 0) {
      this.handlers.shown?.();
    }
    if (this.missing === 0) {
      this.handlers.done();
    }
  }
}

class Hand {
  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    this.worker = createWorker();
    this.isReady = false;
    /** @type {Job | null} */
    this.job = null;
    /** Whose it is; nobody's once it was called off. @type {Batch | null} */
    this.batch = null;
    this.cancelledAt = 0;
    this.worker.postMessage({ type: "start", bytes });
  }

  get isFree() {
    return this.isReady && this.job === null;
  }

  /**
   * @param {Job} job
   * @param {Batch} batch
   */
  give(job, batch) {
    this.job = job;
    this.batch = batch;
    this.worker.postMessage({ type: "run", ...job });
  }

  cancel() {
    this.batch = null;
    this.cancelledAt = performance.now();
    this.worker.postMessage({ type: "cancel" });
  }
}

export class Runner {
  /** @param {ArrayBuffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    /** @type {Hand[]} */
    this.hands = [];
    /** The comparison. @type {Batch | null} */
    this.own = null;
    /** @type {Batch | null} */
    this.guest = null;
    this.limit = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, MOST_WORKERS));
  }

  /**
   * Begins a comparison; what was under way of another is called off, and a guest waits.
   * @param {string} link
   * @param {number} columns
   * @param {number} seeds
   * @param {Handlers} handlers
   */
  start(link, columns, seeds, handlers) {
    this.cancel();
    /** @type {Job[]} */
    const jobs = [];
    for (let later = 0; later < seeds; later += 1) {
      for (let column = 0; column < columns; column += 1) {
        jobs.push({ link, column, later, live: later === 0 });
      }
    }
    this.own = new Batch(jobs, handlers);
    for (const hand of this.hands.filter((hand) => hand.job && hand.batch && hand.batch === this.guest)) {
      this.guest?.queue.unshift(/** @type {Job} */ (hand.job));
      hand.cancel();
    }
    this.assign();
  }

  /**
   * Runs something else whenever there is nothing to do for the comparison.
   * @param {Job[]} jobs
   * @param {Handlers} handlers
   */
  lend(jobs, handlers) {
    this.reclaim();
    this.guest = new Batch(jobs, handlers);
    this.assign();
  }

  /** Calls off the comparison. What comes in later of it is not looked at. */
  cancel() {
    this.drop(this.own);
    this.own = null;
  }

  /** The same for a guest. */
  reclaim() {
    this.drop(this.guest);
    this.guest = null;
  }

  /** @param {Batch | null} batch */
  drop(batch) {
    this.hands.filter((hand) => batch && hand.batch === batch).forEach((hand) => hand.cancel());
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
    this.assign();
  }

  /** Gives those who are free something to do, and takes on more while there is more to do than they can. */
  assign() {
    const waiting = () => [this.own, this.guest].find((batch) => batch && batch.queue.length > 0);
    for (const hand of this.hands.filter((hand) => hand.isFree)) {
      const batch = waiting();
      const job = batch?.queue.shift();
      if (batch && job) {
        hand.give(job, batch);
      }
    }
    const left = (this.own?.queue.length ?? 0) + (this.guest?.queue.length ?? 0);
    // Also those that are about to stop what was called off.
    const coming = this.hands.filter((hand) => hand.batch === null).length;
    for (let more = left - coming; more > 0 && this.hands.length < this.limit; more -= 1) {
      this.hire();
    }
  }

  /**
   * @param {Hand} hand
   * @param {any} data
   */
  receive(hand, data) {
    const { batch, job } = hand;
    if (data.type === "ready") {
      hand.isReady = true;
      this.assign();
    } else if (data.type === "partial") {
      batch?.handlers.partial?.(data.column, data.numbers, data.share, data.seconds);
    } else if (data.type === "failed") {
      this.fail(hand, data.message, data.failure);
    } else {
      hand.job = hand.batch = null;
      hand.cancelledAt = 0;
      this.assign();
      if (data.type === "result" && job) {
        batch?.take(data, job);
      }
    }
  }

  /**
   * A run that failed leaves a Worker that cannot be trusted.
   * @param {Hand} hand
   * @param {string} message
   * @param {Failure | null} [failure]
   */
  fail(hand, message, failure = null) {
    // One that could not even start has nothing to do yet. Of what was called off nobody wants to know.
    const batch = hand.job ? hand.batch : (this.own ?? this.guest);
    if (batch && batch === this.own) {
      this.cancel();
    } else if (batch) {
      this.reclaim();
    }
    this.dismiss(hand);
    batch?.handlers.failed(message, failure, hand.job);
  }
}
