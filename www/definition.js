// The one popover that explains a term. It stands beside the term, and Escape or a press elsewhere closes it.

import { make } from "./dom.js";

/** A popover for every term, filled when it opens. */
export class Definition {
  /** @param {HTMLElement} root  whatever part of the page the terms belong to */
  constructor(root) {
    this.element = make("div", { popover: "auto", id: "definition", class: "definition", role: "note" });
    root.append(this.element);
  }

  /**
   * Lets a button show what `content` gives. The browser ties the popover to the button: focus goes on behind it.
   * @param {HTMLButtonElement} button
   * @param {() => (Node | string)[]} content
   */
  tie(button, content) {
    button.setAttribute("popovertarget", this.element.id);
    // Before the browser opens it.
    button.addEventListener("click", () => {
      this.element.replaceChildren(...content());
      requestAnimationFrame(() => placeBeside(this.element, button));
    });
  }
}

/**
 * Puts an open popover below its button, above it where there is more room, and within the window.
 * @param {HTMLElement} popover
 * @param {HTMLElement} button
 */
export function placeBeside(popover, button) {
  const gap = 6;
  const at = button.getBoundingClientRect();
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  // As wide as it likes to be, and not as wide as where it stood before.
  popover.style.setProperty("left", "0");
  const size = popover.getBoundingClientRect();
  const left = Math.max(gap, Math.min(at.left, width - size.width - gap));
  const isBelow = at.bottom + gap + size.height <= height || at.top < height - at.bottom;
  const top = isBelow ? at.bottom + gap : at.top - gap - size.height;
  popover.style.setProperty("left", `${left}px`);
  popover.style.setProperty("top", `${Math.max(gap, Math.min(top, height - size.height - gap))}px`);
}
