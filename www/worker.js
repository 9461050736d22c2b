// Runs the model, one kernel after the other, off the page's thread.
//
// In:  {bytes, link, columns}: the wasm module, what to run, and how many kernels that is.
// Out: {type: "progress", column, share, seconds}, {type: "result", column, numbers, report, figures},
//      {type: "end"}, {type: "failed", message}.
// There is no message to cancel: the page ends the Worker.

import { startBindings } from "./bindings.js";

// Events between two looks at the clock: some ten milliseconds.
const EVENTS = 100_000;
const REPORT_MS = 100;

/** @param {{bytes: ArrayBuffer, link: string, columns: number}} order */
async function work({ bytes, link, columns }) {
  const wasm = await startBindings(bytes);
  let panic = "";
  wasm.onPanic((/** @type {string} */ message) => {
    panic = message;
  });
  try {
    for (let column = 0; column < columns; column += 1) {
      const job = new wasm.Job(link, column);
      let reported = performance.now();
      while (!job.step(EVENTS)) {
        if (performance.now() - reported > REPORT_MS) {
          reported = performance.now();
          postMessage({ type: "progress", column, share: job.progress(), seconds: job.seconds() });
        }
      }
      const outcome = job.finish();
      const numbers = outcome.numbers();
      const result = { type: "result", column, numbers, report: outcome.report(), figures: outcome.figures() };
      outcome.free();
      postMessage(result, { transfer: [numbers.buffer] });
    }
    postMessage({ type: "end" });
  } catch (error) {
    postMessage({ type: "failed", message: panic || (error instanceof Error ? error.message : String(error)) });
  }
}

addEventListener("message", (event) => void work(event.data));
