// The start of the single file: the script and the styles of the page stand packed in it, as all else does.

import { alertWith, messageOf } from "./dom.js";
import { part } from "./parts.js";

/**
 * Adds an element of which the text stands in a part.
 * @param {"script" | "style"} name
 * @param {string} from
 * @param {HTMLElement} to
 */
async function add(name, from, to) {
  const element = document.createElement(name);
  element.textContent = new TextDecoder().decode(await part(from));
  to.append(element);
}

async function start() {
  // A page without styles need not be seen for a moment.
  document.body.hidden = true;
  await add("style", "styles", document.head);
  document.body.hidden = false;
  // For what parts.js is in the script of the page.
  globalThis.swapscopePart = part;
  await add("script", "page", document.body);
}

start().catch((error) => {
  document.body.hidden = false;
  document.body.dataset["state"] = "error";
  alertWith(`The page could not be started: ${messageOf(error)}`);
});
