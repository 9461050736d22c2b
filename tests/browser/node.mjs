// node.mjs SITE EXPECTED: repeats the runs of a file as wasm in node and prints them, with the time that each took.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { repeat } from "./runs.mjs";

const [site, expected] = process.argv.slice(2);
const wasm = await import(pathToFileURL(join(site, "pkg/swapscope_web.js")).href);
wasm.initSync({ module: await readFile(join(site, "pkg/first.wasm")) });
for (const { line, nanos } of repeat(wasm, await readFile(expected, "utf8"))) {
  console.log(`${line}\t${nanos}`);
}
