// main.mjs BROWSER PROGRAM BASE SINGLE EXPECTED SCREENSHOTS
//
// The page in a real browser: from the server at BASE, and from the file SINGLE. EXPECTED holds the runs as they came
// out natively; beside it lies what the command line exports. Prints a line `ok NAME` or `not ok NAME` for each test; the exit code says whether all passed.

import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { TESTS as BEFOREHAND } from "./beforehand.mjs";
import { TESTS as CURSOR } from "./cursor.mjs";
import { launch } from "./driver.mjs";
import { TESTS as EMBED } from "./embed.mjs";
import { TESTS as FAILURE } from "./failure.mjs";
import { TESTS as MAP } from "./heat-map.mjs";
import { TESTS as HELP } from "./help.mjs";
import { TESTS as IMPORT } from "./import.mjs";
import { TESTS as INSPECT } from "./inspect.mjs";
import { TESTS as PAGE } from "./page.mjs";
import { TESTS as SHARE } from "./share.mjs";
import { TESTS as VIEW } from "./view.mjs";
import { TESTS as WORDS } from "./words.mjs";

// SWAPSCOPE_ONLY, a regular expression, chooses among the tests.
const only = new RegExp(process.env.SWAPSCOPE_ONLY ?? "");
const [name, program, base, single, expected, screenshots] = process.argv.slice(2);
const runs = await readFile(expected, "utf8");
await mkdir(screenshots, { recursive: true });
for (const old of (await readdir(screenshots)).filter((file) => file.startsWith(`${name}-`))) {
  await rm(join(screenshots, old));
}
const world = { base, single: pathToFileURL(single).href, runs, exports: join(dirname(expected), "exports"), shot: (what) => join(screenshots, `${name}-${what}.png`) };

const browser = await launch(name, program);
let failed = 0;
try {
  const groups = [PAGE, VIEW, CURSOR, INSPECT, HELP, IMPORT, SHARE, MAP, EMBED, BEFOREHAND, WORDS, FAILURE];
  const tests = groups.flatMap(Object.entries);
  for (const [title, test] of tests.filter(([title]) => only.test(title))) {
    const start = Date.now();
    const page = await browser.open();
    try {
      await test(page, world);
      if (page.errors.length > 0) {
        throw new Error(page.errors.join("\n"));
      }
      console.log(`ok ${title} (${Date.now() - start} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${title}\n${error instanceof Error ? error.message : error}`);
      await page.screenshot(world.shot(`failed-${title.replaceAll(/[^a-z0-9]+/gi, "-")}`)).catch(() => {});
    } finally {
      await page.close();
    }
  }
} finally {
  await browser.close();
}
process.exitCode = failed > 0 ? 1 : 0;
