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

/** The address of this page, without what it shows. */
export function base() {
  return location.href.replace(/[?#].*$/s, "");
}

/** Whether this page is on the reader's own machine: nobody else can open its address, which may tell a name. */
export function isLocal() {
  return location.protocol === "file:" || /^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\])$/.test(location.hostname);
}

/** What the address of this page asks for: its query, and its fragment where that has the link. */
export function asked() {
  const { search, hash } = location;
  return /[?&]s=/.test(search) ? search : search + hash;
}

/**
 * Says what to do where a part of the page does not come: browsers name only its address.
 * @template T
 * @param {Promise<T>} part
 * @returns {Promise<T>}
 */
export function came(part) {
  return part.catch(() => {
    throw new Error("a part of this page did not come. Reload the page when its server answers again");
  });
}

/**
 * Takes an element out of sight. The focus does not get lost with it.
 * @param {HTMLElement} element
 * @param {HTMLElement} neighbour  gets the focus
 */
export function hide(element, neighbour) {
  const hadFocus = element.contains(document.activeElement);
  element.hidden = true;
  if (hadFocus) {
    neighbour.focus();
  }
}

let clearing = 0;

/**
 * Confirms something for a moment, to the eye and to a screen reader. It covers nothing that was just used, and moves
 * nothing.
 * @param {string} message
 * @param {number} [ms]  how long; until the next one for 0
 */
export function tell(message, ms = 5000) {
  const element = need("told", HTMLElement);
  element.textContent = message;
  clearTimeout(clearing);
  if (ms > 0) {
    clearing = setTimeout(() => (element.textContent = ""), ms);
  }
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

/**
 * Runs when the screen was drawn, so that sizes and places are known and nobody waits for them to be found.
 * @param {() => void} work
 */
export function afterLayout(work) {
  requestAnimationFrame(() => setTimeout(work));
}
