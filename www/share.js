// What a reader takes along: the text of a mail, pictures, tables, the trace. Nothing of it leaves this browser but as a file
// or by the clipboard.

import { make, need, tell } from "./dom.js";
import { createWorker } from "./platform.js";
import { paint } from "./picture.js";
import { whole } from "./whole.js";

/** @typedef {import("./page.js").Page} Page */

/** What the file of each form is, beside the pictures. @type {Record<string, [string, string]>} */
const FILES = {
  csv: ["csv", "text/csv"],
  json: ["json", "application/json"],
  perfetto: ["trace.json", "application/json"],
};

/**
 * Gives the comparison in a form, and says so.
 * @param {string} form  mail, png, svg, csv, json or perfetto
 * @param {Page} page
 */
export async function share(form, page) {
  // What has to be waited for comes first: the page may show another comparison after it, and all must be of the same.
  const { wasm, bytes } = form === "png" ? { wasm: null, bytes: new ArrayBuffer(0) } : await whole();
  if (page.reports.includes(null)) {
    throw new Error("another comparison was begun, and is not there yet");
  }
  const link = page.handedOut();
  const { plots, state } = page;
  const title = need("title", HTMLElement).textContent ?? "";
  if (form === "mail") {
    await copy("The mail", plots.copied(wasm, (charts) => charts.mailText(link, page.compared())));
  } else if (form === "png") {
    const canvas = paint(plots, { title, link, model: page.catalogue.model, seed: state.seed });
    /** @type {Blob | null} */
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    if (!blob) {
      throw new Error(`this browser makes no picture of ${canvas.width} by ${canvas.height} pixels`);
    }
    save(blob, state.scenario, "png");
  } else if (form === "svg") {
    const picture = plots.copied(wasm, (charts) => charts.svg(title, link, plots.kernels, plots.outcomes));
    save(new Blob([picture], { type: "image/svg+xml" }), state.scenario, "svg");
  } else {
    const [end, type] = FILES[form] ?? ["txt", "text/plain"];
    const { scenario, kernels } = state;
    tell(`Running ${kernels.length === 1 ? "the kernel" : `${kernels.length} kernels`} again for the ${end} file …`, 0);
    save(new Blob([await exported(bytes, { link, form, figures: page.compared() })], { type }), scenario, end);
  }
}

/**
 * The shown runs as a file, made in a Worker of its own.
 * @param {ArrayBuffer} module  with all verbs
 * @param {{link: string, form: string, figures: unknown[][]}} wanted
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
function exported(module, wanted) {
  const worker = createWorker();
  /** @type {Promise<Uint8Array<ArrayBuffer>>} */
  const bytes = new Promise((done, failed) => {
    worker.onerror = (event) => failed(new Error(event.message || "the Worker could not be started"));
    worker.onmessage = ({ data }) => {
      if (data.type === "ready") {
        worker.postMessage({ type: "export", ...wanted });
      } else if (data.type === "exported") {
        done(data.bytes);
      } else {
        failed(new Error(data.message));
      }
    };
    worker.postMessage({ type: "start", bytes: module });
  });
  return bytes.finally(() => worker.terminate());
}

/**
 * Hands a file to the browser.
 * @param {Blob} blob
 * @param {string} scenario
 * @param {string} end
 */
export function save(blob, scenario, end) {
  const name = `swapscope-${scenario}.${end}`;
  const anchor = make("a", { href: URL.createObjectURL(blob), download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
  tell(`Saved ${name}, ${blob.size < 1e6 ? `${Math.ceil(blob.size / 1e3)} kB` : `${(blob.size / 1e6).toFixed(1)} MB`}`);
}

/**
 * @param {string} what
 * @param {string} text
 */
export async function copy(what, text) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} is in the clipboard`);
  } catch {
    offer(what, text);
  }
}

/**
 * Shows a text to be copied by hand: there is no clipboard without a secure address, or the reader said no.
 * @param {string} what
 * @param {string} text
 */
export function offer(what, text) {
  const area = make("textarea", { readonly: true, rows: Math.min(20, text.split("\n").length + 1), "aria-labelledby": "offer-title" });
  area.value = text;
  const close = make("button", { type: "button" }, "Close");
  const heading = make("h2", { id: "offer-title" }, `${what}, to be copied`);
  const dialog = make("dialog", { class: "import", "aria-labelledby": "offer-title" }, heading, area, make("p", {}, close));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  area.focus();
  area.select();
}
