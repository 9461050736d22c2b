// What follows when the program fails on the page's own thread. Nothing of that instance can be trusted any more: the next
// run has another one.

import { restartBindings } from "./bindings.js";
import { messageOf, need } from "./dom.js";
import { forgetWhole, watchWhole } from "./whole.js";

export class Recovery {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    this.isUnderWay = false;
    /** What the program said. What is thrown after it says less. */
    this.panic = "";
    /** What belonged to instances that failed. @type {unknown[]} */
    this.lost = [];
  }

  listen() {
    this.watchPanics();
    addEventListener("error", ({ error }) => {
      if (error instanceof WebAssembly.RuntimeError) {
        void this.recover(error.message);
      }
    });
  }

  watchPanics() {
    const told = (/** @type {string} */ message) => {
      this.panic = message;
      // Not before the failed instance has been left.
      queueMicrotask(() => void this.recover(message));
    };
    this.page.wasm.onPanic(told);
    watchWhole(told);
  }

  /**
   * Something was thrown: a failure of the program, or what is wrong with an input.
   * @param {unknown} error
   * @param {string} [more]  said behind what is wrong
   */
  thrown(error, more = "") {
    if (error instanceof WebAssembly.RuntimeError) {
      void this.recover(messageOf(error));
    } else {
      this.page.fail(messageOf(error) + more);
    }
  }

  /** @param {string} message */
  async recover(message) {
    if (this.isUnderWay) {
      return;
    }
    this.isUnderWay = true;
    const { page } = this;
    page.runner.cancel();
    need("share", HTMLButtonElement).disabled = true;
    const link = page.link || location.href;
    this.lost.push(...page.plots.lose(), ...page.inspector.lose());
    forgetWhole();
    await restartBindings(page.runner.bytes);
    this.watchPanics();
    this.isUnderWay = false;
    page.fail(`The program failed: ${this.panic || message}. To repeat it:`, link);
    this.panic = "";
  }
}
