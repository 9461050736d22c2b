// The start of the single file: the script of the page stands packed in it, as all else does.

import { alertWith, messageOf } from "./dom.js";
import { part } from "./parts.js";

async function start() {
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(await part("page"));
  // For what parts.js is in the script of the page.
  globalThis.swapscopePart = part;
  document.body.append(script);
}

start().catch((error) => {
  document.body.dataset["state"] = "error";
  alertWith(`The page could not be started: ${messageOf(error)}`);
});
