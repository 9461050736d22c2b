// engine.mjs SITE LINES: repeats what the engine alone did natively (tasks, sleeps, hash, nanoseconds) as wasm in node.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [site, lines] = process.argv.slice(2);
const wasm = await import(pathToFileURL(join(site, "pkg/swapscope_web.js")).href);
wasm.initSync({ module: await readFile(join(site, "pkg/swapscope_web_bg.wasm")) });
for (const line of (await readFile(lines, "utf8")).trim().split("\n")) {
  const [tasks, sleeps] = line.split("\t").map(Number);
  const start = process.hrtime.bigint();
  const hash = wasm.engineSleeps(tasks, sleeps);
  console.log([tasks, sleeps, hash, process.hrtime.bigint() - start].join("\t"));
}
