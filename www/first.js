// Starts the page: first what was run beforehand, then the program.

import { showBeforehand } from "./beforehand.js";
import { asked } from "./dom.js";
import { couldNotStart } from "./fallback.js";
import { loadMain } from "./late.js";
import { loadWasm } from "./platform.js";

async function start() {
  try {
    await showBeforehand(asked());
    const [main, bytes] = await Promise.all([loadMain(), loadWasm()]);
    await main.start(bytes);
  } catch (error) {
    couldNotStart(error);
  }
}

void start();
