// parity.mjs BROWSER PROGRAM BASE EXPECTED: repeats the runs of a file as wasm in a browser and prints them, with the time
// that each took.

import { readFile } from "node:fs/promises";
import { idle, launch } from "./driver.mjs";
import { repeat } from "./runs.mjs";

// A call into the page must not take minutes.
const AT_ONCE = 10;

const [name, program, base, expected] = process.argv.slice(2);
const lines = (await readFile(expected, "utf8")).split("\n").filter(Boolean);
const browser = await launch(name, program);
try {
  const page = await idle(browser, base);
  await page.evaluate(`(async () => {
    const wasm = await import("./pkg/swapscope_web.js");
    await wasm.default();
    window.repeat = (runs) => (${repeat})(wasm, runs);
  })()`);
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    const runs = lines.slice(at, at + AT_ONCE).join("\n");
    for (const { line, nanos } of await page.evaluate(`repeat(${JSON.stringify(runs)})`)) {
      console.log(`${line}\t${nanos}`);
    }
  }
} finally {
  await browser.close();
}
