// node compare.mjs PKG LINK: runs what a link says and prints the comparison as the text of a mail. PKG is the folder that
// `wasm-pack build --target web` wrote.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [pkg = "pkg", link = "?s=lab-256m&k=4.6,4.9&c=0"] = process.argv.slice(2);
const wasm = await import(pathToFileURL(join(pkg, "swapscope_web.js")).href);
wasm.initSync({ module: await readFile(join(pkg, "swapscope_web_bg.wasm")) });

const { state } = wasm.open(link);
const charts = new wasm.Charts(state.kernels.length);
const figures = [];
for (const column of state.kernels.keys()) {
  // A million events take a fraction of a second; a page would go back to its event loop in between.
  const job = new wasm.Job(link, column, 0);
  while (!job.step(1_000_000)) {}
  const outcome = job.finish();
  charts.set(column, outcome.numbers());
  figures.push(outcome.figures());
  outcome.free();
}
const verdict = wasm.verdict(link, "https://swapscope.github.io/", figures);
process.stdout.write(charts.mailText(verdict.link, figures));
