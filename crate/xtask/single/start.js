// The start of the single file: styles, content and script of the page stand packed in it, as all else does.

import { part } from "./parts.js";

/** @param {string} name */
async function text(name) {
  return new TextDecoder().decode(await part(name));
}

/**
 * Adds an element with a part as its text.
 * @param {HTMLElement} to
 * @param {"script" | "style"} name
 * @param {string} from
 */
async function add(to, name, from) {
  const element = document.createElement(name);
  element.textContent = await text(from);
  to.append(element);
}

async function start() {
  await add(document.head, "style", "styles");
  document.body.insertAdjacentHTML("afterbegin", await text("content"));
  // For what parts.js is in the script of the page.
  globalThis.swapscopePart = part;
  await add(document.body, "script", "page");
}

start().catch((error) => {
  document.body.dataset["state"] = "error";
  document.body.append(`This page needs WebAssembly, and could not be started: ${error}`);
});
