// www/first.js for the single file, which has nothing inside that was run beforehand.

import { couldNotStart } from "./fallback.js";
import { start } from "./main.js";
import { loadWasm } from "./platform.js";

loadWasm().then(start).catch(couldNotStart);
