// Small helpers for the document.

/**
 * The element with an id; the page has it.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function need(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`the page has no ${kind.name} '${id}'`);
  }
  return found;
}

/**
 * A new element with attributes and children. A string becomes text, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children);
  return element;
}

/**
 * A new SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {Node[]} children
 */
export function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * Shows one message, or takes it away when it is empty.
 * @param {string} message
 * @param {string} [link]  to go with it
 */
export function alertWith(message, link = "") {
  const element = need("alert", HTMLElement);
  element.replaceChildren(message);
  if (link) {
    element.append(" ", make("a", { href: link }, link));
  }
  element.hidden = message === "";
}

/**
 * What an exception says.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Calls back when the window moves to a screen with another pixel ratio or is zoomed.
 * @param {() => void} apply
 */
export function watchRatio(apply) {
  matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener(
    "change",
    () => {
      apply();
      watchRatio(apply);
    },
    { once: true },
  );
}
