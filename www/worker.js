// Runs the model off the page's thread, one run at a time, as long as nobody calls it off.
//
// In:  {type: "start", bytes}, {type: "run", link, column, later, live}, {type: "cancel"},
//      {type: "compare", link, column, name, text}, {type: "export", link, form, figures}, which nothing calls off but the
//      end of the Worker.
// Out: {type: "ready"}, {type: "partial", column, numbers, share, seconds},
//      {type: "result", column, later, numbers, report, story, figures}, {type: "cancelled"},
//      {type: "failed", message, failure}, {type: "compared", compared}, {type: "exported", bytes}.
// `failure` says which run the program itself failed in, and when: {column, later, seconds}.
// A run with `live` shows how far it is, and leaves all behind that there is to look at; of others only the figures are of
// interest.

import { startBindings } from "./bindings.js";

// Work between two looks at the clock, in events: about a millisecond. Whatever is looked at within one event counts, so
// that a step stays short on every machine.
const WORK = 5_000;
// Time between two looks for a message. A run that is called off stops after it.
const SLICE_MS = 12;
// The first picture comes early, the next ones rarely enough to leave time for the run itself.
const FIRST_PICTURE_MS = 60;
const PICTURE_MS = 250;

/** @type {any} */
let wasm = null;
let panic = "";
let isCancelled = false;
/** The run under way, and its virtual time. @type {{column: number, later: number, seconds: number} | null} */
let reached = null;

// A task of its own for each slice, so that messages come in between. A timer would wait for 4 ms.
const channel = new MessageChannel();
const breathe = () =>
  new Promise((done) => {
    channel.port1.onmessage = done;
    channel.port2.postMessage(null);
  });

/** @param {import("./runner.js").Job} what */
async function run({ link, column, later, live }) {
  isCancelled = false;
  reached = { column, later, seconds: 0 };
  const job = new wasm.Job(link, column, later);
  let due = performance.now() + FIRST_PICTURE_MS;
  for (let isOver = false; !isOver; ) {
    const end = performance.now() + SLICE_MS;
    reached.seconds = job.seconds();
    while (!isOver && performance.now() < end) {
      isOver = job.step(WORK);
    }
    if (live && !isOver && performance.now() > due) {
      const numbers = job.peek();
      const share = job.progress();
      postMessage({ type: "partial", column, numbers, share, seconds: job.seconds() }, { transfer: [numbers.buffer] });
      due = performance.now() + PICTURE_MS;
    }
    await breathe();
    if (isCancelled) {
      job.free();
      postMessage({ type: "cancelled" });
      return;
    }
  }
  const outcome = job.finish(!live);
  const [numbers, report, story] = [outcome.numbers(), outcome.report(), outcome.story()];
  const result = { type: "result", column, later, numbers, report, story, figures: outcome.figures() };
  outcome.free();
  postMessage(result, { transfer: live ? [numbers.buffer, story.numbers.buffer] : [numbers.buffer] });
}

addEventListener("message", async ({ data }) => {
  try {
    if (data.type === "start") {
      wasm = await startBindings(data.bytes);
      wasm.onPanic((/** @type {string} */ message) => {
        panic = message;
      });
      postMessage({ type: "ready" });
    } else if (data.type === "cancel") {
      isCancelled = true;
    } else if (data.type === "compare") {
      postMessage({ type: "compared", compared: wasm.compareRecording(data.link, data.column, data.name, data.text) });
    } else if (data.type === "export") {
      /** @type {Uint8Array} */
      const bytes = wasm.exportRuns(data.link, data.form, data.figures);
      postMessage({ type: "exported", bytes }, { transfer: [bytes.buffer] });
    } else {
      await run(data);
    }
  } catch (error) {
    const message = panic || (error instanceof Error ? error.message : String(error));
    const failure = panic || error instanceof WebAssembly.RuntimeError ? reached : null;
    postMessage({ type: "failed", message, failure });
  }
});
