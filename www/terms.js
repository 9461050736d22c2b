// Terms of the glossary in the page's texts. Each becomes a link to the help; where the browser can show pop-ups, the link
// opens one in place. Nothing moves: a term differs from the text around it by its underline only.

import { make } from "./dom.js";

/** @typedef {import("./types.js").Term} Term */

// Texts that are searched, each for itself; any other element can ask for it by its attribute.
// All heads of the plots are one text: a term of every legend is not to be passed in every row.
const BLOCKS = "[data-terms], #plots, .figures thead, .field small, #policy-table .group";
// What lies in them and is left alone.
const OTHERS = "a, button, select, input, summary, code, pre, .twin, .heads, .cells";
const CARD_ROOM = 8;

/** What is looked for in texts, and what it stands for. */
export class Glossary {
  /** @param {Term[]} terms */
  constructor(terms) {
    /** @type {Map<string, Term>} */
    this.bySpelling = new Map(terms.flatMap((term) => term.spellings.map((text) => [text.toLowerCase(), term])));
    // The longest first: "swap cache" is not a "swap" something.
    const spellings = [...this.bySpelling.keys()].sort((a, b) => b.length - a.length);
    const escaped = spellings.map((text) => text.replaceAll(/[^\w ]/g, "\\$&"));
    this.pattern = new RegExp(`(?:${escaped.join("|")})(?![\\w-])`, "gi");
  }

  /**
   * The places of terms in a text, each term once.
   * @param {string} text
   * @param {Set<string>} seen  ids that were found before
   */
  *find(text, seen) {
    for (const match of text.matchAll(this.pattern)) {
      const term = this.bySpelling.get(match[0].toLowerCase());
      // "kreclaimd" has no "reclaim".
      const isWord = !/[\w-]/.test(text[match.index - 1] ?? " ");
      if (term && isWord && !seen.has(term.id)) {
        seen.add(term.id);
        yield { term, from: match.index, to: match.index + match[0].length };
      }
    }
  }
}

/**
 * Marks the terms in all texts below `root`; calling it again marks what has come since.
 * @param {ParentNode} root
 * @param {Glossary} glossary
 */
export function markTerms(root, glossary) {
  for (const block of root.querySelectorAll(BLOCKS)) {
    const seen = new Set([...block.querySelectorAll("a.term")].map((link) => link.getAttribute("data-term") ?? ""));
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    /** @type {Text[]} */
    const texts = [];
    while (walker.nextNode()) {
      if (walker.currentNode instanceof Text && !walker.currentNode.parentElement?.closest(OTHERS)) {
        texts.push(walker.currentNode);
      }
    }
    texts.forEach((text) => markText(text, glossary, seen));
  }
}

/**
 * @param {Text} node
 * @param {Glossary} glossary
 * @param {Set<string>} seen
 */
function markText(node, glossary, seen) {
  const text = node.data;
  /** @type {(Node | string)[]} */
  const parts = [];
  let end = 0;
  for (const { term, from, to } of glossary.find(text, seen)) {
    const attributes = { class: "term", href: helpOf(term), "data-term": term.id, "aria-haspopup": canPopUp() && "dialog" };
    parts.push(text.slice(end, from), make("a", attributes, text.slice(from, to)));
    end = to;
  }
  if (end > 0) {
    // In one element, as the text was one: in a flex box its parts would become boxes of their own.
    node.replaceWith(make("span", {}, ...parts, text.slice(end)));
  }
}

/** @param {Term} term */
function helpOf(term) {
  return `help.html#term-${term.id}`;
}

function canPopUp() {
  return "showPopover" in HTMLElement.prototype;
}

/**
 * Loads the glossary and marks terms, now and in all that is shown later.
 * @param {() => Promise<Term[]>} load
 */
export async function startTerms(load) {
  /** @type {Term[]} */
  let terms;
  try {
    terms = await load();
  } catch {
    // The page says all it has to say without; the browser's own log names what is missing.
    return;
  }
  const glossary = new Glossary(terms);
  const byId = new Map(terms.map((term) => [term.id, term]));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a.term") : null;
    const term = byId.get(link?.getAttribute("data-term") ?? "");
    // With a key held, a link means another tab.
    if (link && term && canPopUp() && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      showCard(link, term);
    }
  });
  let isDue = false;
  const mark = () => {
    isDue = false;
    markTerms(document, glossary);
  };
  mark();
  new MutationObserver((changes) => {
    // Values under the crosshair change with every move and hold no terms.
    if (changes.every(({ target }) => target instanceof Element && target.closest(".read, output"))) {
      return;
    }
    // Once for all that is built in one go, and before it is painted.
    if (!isDue) {
      isDue = true;
      requestAnimationFrame(mark);
    }
  }).observe(document.body, { childList: true, subtree: true });
}

/**
 * Explains a term beside it. Escape or a click elsewhere closes the card, and the focus is where it was.
 * @param {Element} link
 * @param {Term} term
 */
function showCard(link, term) {
  document.getElementById("termcard")?.remove();
  const card = make(
    "div",
    { id: "termcard", popover: "auto", role: "dialog", "aria-labelledby": "termcard-name", tabindex: -1 },
    make("b", { id: "termcard-name" }, term.name),
    make("p", {}, term.definition),
    make("code", {}, term.place),
    make("a", { href: helpOf(term) }, "In the help"),
  );
  document.body.append(card);
  card.showPopover();
  const { left, top, bottom } = link.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const isBelow = bottom + height + CARD_ROOM <= innerHeight || top < height + CARD_ROOM;
  const x = Math.max(CARD_ROOM, Math.min(left, document.documentElement.clientWidth - width - CARD_ROOM));
  const y = isBelow ? bottom + CARD_ROOM / 2 : top - height - CARD_ROOM / 2;
  card.style.setProperty("left", `${x + scrollX}px`);
  card.style.setProperty("top", `${y + scrollY}px`);
  // The next tab is the link in it. Not before it has its place: the browser would go to where it was.
  card.focus({ preventScroll: true });
}
