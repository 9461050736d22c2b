// speed.mjs node|BROWSER PROGRAM SITE RUNS
//
// How fast the runs of a file are as wasm: in node, with the folder SITE, or in a browser, with SITE an address. RUNS has
// lines of link and column; a line `link, column, hash, events, simulated nanoseconds, nanoseconds, thousandths of a simulated
// nanosecond in a real one in the slowest simulated second, bytes of memory` comes back for each.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { idle, launch } from "./driver.mjs";

/**
 * Turned into text and back in a browser: it uses nothing from outside.
 * @param {{Job: any}} wasm  the bindings, started
 * @param {WebAssembly.Memory} memory
 * @param {string} run
 * @returns {string}
 */
function measure(wasm, memory, run) {
  const [link, column] = run.split("\t");
  const start = performance.now();
  const job = new wasm.Job(link, Number(column), 0);
  let [from, begun, slowest] = [0, performance.now(), Number.MAX_SAFE_INTEGER];
  while (!job.step(4000)) {
    const passed = job.seconds() - from;
    if (passed >= 1) {
      const now = performance.now();
      slowest = Math.min(slowest, Math.floor(passed * 1e6 / Math.max(now - begun, 1e-3)));
      [from, begun] = [from + passed, now];
    }
  }
  const end = Math.round(job.seconds() * 1e9);
  const outcome = job.finish();
  const nanos = Math.round((performance.now() - start) * 1e6);
  const { hash, engineEvents } = outcome.report();
  outcome.free();
  return [link, column, hash, engineEvents, end, nanos, slowest, memory.buffer.byteLength].join("\t");
}

const [name, program, site, file] = process.argv.slice(2);
const runs = (await readFile(file, "utf8")).split("\n").filter(Boolean);
if (name === "node") {
  const wasm = await import(pathToFileURL(join(site, "pkg/swapscope_web.js")).href);
  const { memory } = wasm.initSync({ module: await readFile(join(site, "pkg/swapscope_web_bg.wasm")) });
  runs.forEach((run) => console.log(measure(wasm, memory, run)));
} else {
  const browser = await launch(name, program);
  try {
    const page = await idle(browser, site);
    await page.evaluate(`(async () => {
      const wasm = await import("./pkg/swapscope_web.js");
      const { memory } = await wasm.default();
      window.measure = (run) => (${measure})(wasm, memory, run);
    })()`);
    for (const run of runs) {
      console.log(await page.evaluate(`measure(${JSON.stringify(run)})`));
    }
  } finally {
    await browser.close();
  }
}
