// Looking closer: what every task was doing at a time, the kernel's log, and for each mark the decisions that led to it.

import { afterLayout, make } from "./dom.js";

/** @typedef {import("./story-types.js").Story} Story */
/** @typedef {import("./story-types.js").StoryEvent} StoryEvent */
/** @typedef {import("./story-types.js").TaskNow} TaskNow */
/** @typedef {import("./story-types.js").Why} Why */
/** @typedef {import("./story-types.js").WhyLine} WhyLine */

/**
 * What is known of one kernel's run.
 * @typedef {object} Column
 * @property {string} kernel
 * @property {Story | null} story
 * @property {StoryEvent[]} events  marks and lines of dmesg
 * @property {number} seconds  the time that is looked at
 * @property {number} last  index of the event that was chosen last, or -1
 * @property {number} chosen  index of the event that is explained, or -1
 */

const HINT = "Choose a line of the log or a mark in the plots: the decisions that led to it are shown here, each with its kernel function, its numbers and where the behaviour comes from.";

// Of all sleeps and calls of rescuers so many are shown, around the cursor.
const MOST_LINES = 1000;

/** A mark is meant by a click that is no further from it. */
const NEAR_PX = 8;

let instances = 0;

export class Inspector {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** Called when the reader chooses a time; the page moves its crosshair there. */
    this.onjump = (/** @type {number} */ _column, /** @type {number} */ _seconds) => {};
    instances += 1;
    this.id = `inspect-${instances}`;
    /** @type {Column[]} */
    this.columns = [];
    this.column = 0;
    /** Lines of the log that are shown. @type {StoryEvent[]} */
    this.shown = [];
    /** Place of the active line among those. */
    this.active = -1;
    this.frame = 0;
    this.isAllSoon = false;
    this.isChainScrolled = false;
    this.tabs = make("div", { class: "inspect-tabs", role: "tablist", "aria-label": "Kernel to look at" });
    this.clock = make("output", { class: "inspect-clock", "aria-live": "off" });
    const previous = make("button", { type: "button", "aria-label": "previous mark" }, "◂ previous");
    const next = make("button", { type: "button", "aria-label": "next mark" }, "next ▸");
    previous.addEventListener("click", () => this.step("previous"));
    next.addEventListener("click", () => this.step("next"));
    this.tasks = make("ul", { class: "inspect-scroll inspect-tasks", tabindex: "0", "aria-label": "Tasks" });
    this.log = make("ol", { class: "inspect-scroll inspect-log", role: "listbox", tabindex: "0", "aria-label": "Kernel log and marks" });
    this.all = make("input", { type: "checkbox" });
    this.count = make("span", { class: "hint" });
    this.chain = make("div", { class: "inspect-scroll inspect-why", tabindex: "0", role: "region", "aria-label": "Why" });
    this.whyTitle = make("h3", { "aria-live": "polite" }, "Why");
    this.all.addEventListener("change", () => {
      this.showLog();
      this.showTime();
    });
    this.chain.addEventListener("scroll", () => (this.isChainScrolled = true));
    this.log.addEventListener("click", (event) => this.click(event));
    this.log.addEventListener("keydown", (event) => this.key(event));
    this.tabs.addEventListener("keydown", (event) => this.tabKey(event));
    this.body = make(
      "div",
      { class: "inspect-grid", role: "tabpanel", id: this.id },
      make("section", { class: "inspect-pane" }, make("header", {}, make("h3", {}, "Tasks"), make("span", { class: "hint" }, "innermost function first")), this.tasks),
      make("section", { class: "inspect-pane" }, make("header", {}, make("h3", {}, "Log"), make("label", {}, this.all, " every sleep and mayday"), this.count), this.log),
      make("section", { class: "inspect-pane inspect-wide" }, make("header", {}, this.whyTitle), this.chain),
    );
    root.classList.add("inspector");
    root.replaceChildren(
      make("div", { class: "inspect-bar" }, this.tabs, make("div", { class: "inspect-steps" }, previous, this.clock, next)),
      this.body,
    );
    this.begin([]);
  }

  /**
   * Makes room for the runs of these kernels.
   * @param {string[]} kernels
   */
  begin(kernels) {
    this.columns.forEach(({ story }) => story?.free());
    this.columns = kernels.map((kernel) => ({ kernel, story: null, events: [], seconds: 0, last: -1, chosen: -1 }));
    this.column = 0;
    this.tabs.replaceChildren(
      ...kernels.map((kernel, column) => {
        const tab = make("button", { type: "button", role: "tab", "aria-controls": this.id, disabled: true }, kernel);
        tab.addEventListener("click", () => this.select(column));
        return tab;
      }),
    );
    this.show();
  }

  /** What belongs to an instance of the program that failed; it is used no more. */
  lose() {
    const lost = this.columns.map(({ story }) => story);
    this.columns.forEach((slot) => (slot.story = null));
    return lost;
  }

  /**
   * Takes the story of a column's run, and frees it when it is no longer needed.
   * @param {number} column
   * @param {Story} story
   */
  set(column, story) {
    const slot = this.columns[column];
    if (!slot) {
      story.free();
      return;
    }
    slot.story?.free();
    const first = this.columns.every((other) => other.story === null);
    Object.assign(slot, { story, events: story.events() });
    this.tabs.querySelectorAll("button")[column]?.removeAttribute("disabled");
    // Something to read at once: the first thing that went wrong.
    const kill = slot.events.find((event) => event.class === "oom");
    const event = kill ?? slot.events.find((event) => event.mark && event.class === "stall");
    slot.seconds = event ? moment(event) : 0;
    slot.last = event?.index ?? -1;
    slot.chosen = event?.explained ? event.index : -1;
    if (first || column === this.column) {
      this.column = column;
      this.showSoon(true);
    }
  }

  /**
   * Shows what every task of a column was doing at a time.
   * @param {number} column
   * @param {number} seconds
   */
  showAt(column, seconds) {
    const slot = this.columns[column];
    if (!slot?.story) {
      return;
    }
    slot.seconds = Math.max(0, seconds);
    const changed = column !== this.column;
    this.column = column;
    if (changed) {
      this.show();
    } else {
      this.showSoon(false);
    }
  }

  /**
   * Shows what it has, or only the time, before the screen is drawn again: a crosshair moves more often than that.
   * @param {boolean} isAll
   */
  showSoon(isAll) {
    this.isAllSoon ||= isAll;
    this.frame ||= requestAnimationFrame(() => (this.isAllSoon ? this.show() : this.showTime()));
  }

  /**
   * Goes to the event nearest to a time, such as a mark that was clicked, and shows the decisions that led to it; nowhere
   * if that is too far away to be meant.
   * @param {number} column
   * @param {number} seconds
   * @param {"oom" | "sleep" | "stall" | "progress"} eventClass
   * @param {(seconds: number) => number} [far]  how far a time is from where the reader pointed, in pixels
   */
  whyAt(column, seconds, eventClass, far = () => 0) {
    const story = this.columns[column]?.story;
    const index = story?.nearest(seconds, eventClass);
    if (index !== undefined && far(story?.event(index)?.t ?? Infinity) <= NEAR_PX) {
      this.showAt(column, seconds);
      this.choose(index);
    }
  }

  /** @param {number} column */
  select(column) {
    const slot = this.columns[column];
    if (slot?.story) {
      this.column = column;
      this.show();
      this.onjump(column, slot.seconds);
    }
  }

  /**
   * To the next or previous mark.
   * @param {"next" | "previous"} direction
   */
  step(direction) {
    const slot = this.columns[this.column];
    if (!slot?.story) {
      return;
    }
    // Several may be of one time: from the one that is there it goes on by place, and else by time.
    const last = present(slot);
    const from = last ? last.index : slot.seconds;
    const place = (/** @type {StoryEvent} */ event) => (last ? event.index : event.t);
    const marks = slot.events.filter(({ mark }) => mark);
    const event = direction === "next" ? marks.find((mark) => place(mark) > from) : marks.filter((mark) => place(mark) < from).at(-1);
    if (event) {
      this.choose(event.index);
    }
  }

  /**
   * The reader chose an event: its time, and its explanation if it has one.
   * @param {number} index
   */
  choose(index) {
    const slot = this.columns[this.column];
    const event = slot?.story?.event(index);
    if (!slot || !event) {
      return;
    }
    slot.seconds = moment(event);
    slot.last = index;
    slot.chosen = event.explained ? index : -1;
    this.showTime();
    this.showWhy();
    this.onjump(this.column, slot.seconds);
  }

  show() {
    this.isAllSoon = false;
    this.tabs.querySelectorAll("button").forEach((tab, column) => {
      tab.setAttribute("aria-selected", String(column === this.column));
      tab.tabIndex = column === this.column ? 0 : -1;
    });
    this.showLog();
    this.showTime();
    this.showWhy();
  }

  showTime() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const slot = this.columns[this.column];
    this.clock.textContent = slot?.story ? `${slot.seconds.toFixed(3)} s` : "–";
    this.tasks.replaceChildren(...(slot?.story ? taskItems(slot.story.tasksAt(slot.seconds)) : [make("li", { class: "hint" }, "No run yet.")]));
    if (!slot?.story) {
      return;
    }
    const last = present(slot);
    if (this.isBeyond(last?.index ?? null, slot)) {
      this.showLog();
    }
    if (last) {
      this.markActive(this.shown.findIndex(({ index }) => index === slot.last));
      return;
    }
    // The last line that had been printed by then.
    let place = -1;
    while (place + 1 < this.shown.length && (this.shown[place + 1]?.t ?? Infinity) <= slot.seconds) {
      place += 1;
    }
    this.markActive(place);
  }

  /**
   * Whether the lines that are shown must be others: there are more, and the time or the chosen line is not well within.
   * @param {number | null} last  index of the chosen line
   * @param {Column} slot
   */
  isBeyond(last, { seconds, story }) {
    const [first, end] = [this.shown[0], this.shown.at(-1)];
    if (!this.all.checked || !story || !first || !end) {
      return false;
    }
    const isBefore = last === null ? seconds < first.t : last <= first.index;
    const isBehind = last === null ? seconds > end.t : last >= end.index;
    return (isBefore && first.index > 0) || (isBehind && end.index < story.length - 1);
  }

  showLog() {
    const slot = this.columns[this.column];
    this.shown = (this.all.checked ? slot?.story?.around(slot.seconds, MOST_LINES) : slot?.events) ?? [];
    this.active = -1;
    this.log.replaceChildren(...this.shown.map((event, place) => logItem(`${this.id}-${place}`, event)));
    this.count.textContent = `${this.shown.length} of ${slot?.story?.length ?? 0}`;
  }

  showWhy() {
    const slot = this.columns[this.column];
    const why = slot && slot.chosen >= 0 ? slot.story?.why(slot.chosen) : null;
    this.whyTitle.textContent = why ? `Why: ${why.title}` : "Why";
    if (!slot || !why) {
      this.chain.replaceChildren(make("p", { class: "hint" }, HINT));
      return;
    }
    const more = slot.story?.event(slot.chosen)?.more ?? [];
    const report = make("details", {}, make("summary", {}, `the kernel's report, ${more.length} lines`), make("pre", { tabindex: "0" }, more.join("\n")));
    const steps = make("ol", {}, ...why.lines.map((line) => whyItem(line, why)));
    this.chain.replaceChildren(steps, ...(more.length > 0 ? [report] : []));
    // Where a box is scrolled to cannot be asked or told without a layout of the whole page.
    if (this.isChainScrolled) {
      this.chain.scrollTop = 0;
      this.isChainScrolled = false;
    }
  }

  /**
   * Makes a line of the log the active one, in sight.
   * @param {number} place
   */
  markActive(place) {
    if (place === this.active) {
      return;
    }
    this.log.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const line = this.log.children[place];
    if (!(line instanceof HTMLElement)) {
      this.log.removeAttribute("aria-activedescendant");
      return;
    }
    line.setAttribute("aria-selected", "true");
    this.log.setAttribute("aria-activedescendant", line.id);
    afterLayout(() => this.scrollTo(line));
  }

  /**
   * Scrolls the log, and not the page as scrollIntoView would.
   * @param {HTMLElement} line
   */
  scrollTo(line) {
    const above = line.offsetTop - this.log.scrollTop;
    if (line.isConnected && (above < 0 || above + line.offsetHeight > this.log.clientHeight)) {
      this.log.scrollTop = line.offsetTop - (this.log.clientHeight - line.offsetHeight) / 2;
    }
  }

  /** @param {MouseEvent} event */
  click(event) {
    const line = event.target instanceof Element ? event.target.closest("li") : null;
    const place = line ? [...this.log.children].indexOf(line) : -1;
    const chosen = this.shown[place];
    // Text may be selected and copied without a jump.
    if (chosen && getSelection()?.isCollapsed !== false) {
      this.choose(chosen.index);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const last = this.shown.length - 1;
    /** @type {Record<string, number>} */
    const places = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + 10,
      PageUp: this.active - 10,
      Home: 0,
      End: last,
      Enter: this.active,
      " ": this.active,
    };
    const wanted = places[event.key];
    if (wanted === undefined || last < 0) {
      return;
    }
    event.preventDefault();
    const chosen = this.shown[Math.min(Math.max(wanted, 0), last)];
    if (chosen) {
      this.choose(chosen.index);
    }
  }

  /** @param {KeyboardEvent} event */
  tabKey(event) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      this.select(this.column + step);
      this.tabs.querySelectorAll("button")[this.column]?.focus();
    }
  }
}

/**
 * The time to look at for an event: the last moment of a sleep, when the sleeper is still there.
 * @param {StoryEvent} event
 */
function moment(event) {
  return event.class === "sleep" ? Math.max(0, event.t - 1e-6) : event.t;
}

/**
 * The event that was chosen last, if the time is still that of it.
 * @param {Column} slot
 */
function present({ story, last, seconds }) {
  const event = last >= 0 ? story?.event(last) : null;
  return event && moment(event) === seconds ? event : null;
}

/**
 * Tasks; those with one state and one stack are one entry, and those that wait for work are the last one.
 * @param {TaskNow[]} tasks
 */
function taskItems(tasks) {
  /** @type {Map<string, TaskNow[]>} */
  const groups = new Map();
  for (const task of tasks) {
    const key = task.state === "S" ? "S" : [task.state, ...task.stack].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups.values()].map((group) => {
    const [{ state, stack }] = /** @type {[TaskNow]} */ (group);
    const names = group.flatMap(({ name, waits, merged }, place) => [
      place > 0 ? ", " : " ",
      make("b", {}, name),
      ` ${merged ? "about " : ""}${waits}`,
    ]);
    const frames = state === "S" ? [] : [...stack].reverse();
    return make(
      "li",
      { class: `inspect-task ${state}` },
      make("span", { class: "state", title: STATES[state] }, state),
      ...names,
      ...(frames.length > 0 ? [make("pre", {}, frames.join("\n"))] : []),
    );
  });
}

const STATES = { D: "blocked: sleeps and cannot be interrupted", R: "runs, or could", S: "waits for work or a timer" };

/**
 * A line of the log.
 * @param {string} id
 * @param {StoryEvent | undefined} event
 */
function logItem(id, event) {
  const { time, text, explained } = event ?? { time: "", text: "", explained: false };
  const why = explained ? [make("span", { class: "inspect-ask", "aria-hidden": "true" }, "why?")] : [];
  return make(
    "li",
    { id, role: "option", "aria-selected": "false", class: `log-${event?.class ?? "print"}` },
    make("span", { class: "inspect-stamp" }, time),
    " ",
    text,
    ...why,
  );
}

/**
 * A decision.
 * @param {WhyLine} line
 * @param {Why} why
 */
function whyItem(line, why) {
  const ago = why.t - line.t;
  const when = ago > 0.0005 ? `${ago < 1 ? `${(ago * 1000).toFixed(ago < 0.01 ? 1 : 0)} ms` : `${ago.toFixed(1)} s`} before` : "";
  const { source } = line;
  const about = [line.task, when, line.times > 1 ? `${line.times} times, this the last` : ""].filter((part) => part !== "");
  return make(
    "li",
    {},
    make("div", { class: "inspect-step" }, make("code", {}, line.function), make("span", { class: "hint" }, about.join(" · "))),
    make("p", {}, ...emphasised(line.text)),
    ...(source
      ? [make("small", {}, make("code", {}, source.policy), ` ${source.meaning}`, ...(source.text.startsWith(source.policy) ? [] : [" · ", make("code", {}, source.text)]))]
      : []),
  );
}

/**
 * A sentence with its numbers in bold and names of the kernel in monospace.
 * @param {string} text
 */
function emphasised(text) {
  const parts = text.split(/((?<![\w/.:,])\d[\d,]*(?:\.\d+)?(?: (?:%|ms|s|MiB)(?!\w))?(?![\w:/])|\b_*[A-Za-z]+\w*_[\w|]*)/);
  return parts.filter((part) => part !== "").map((part) => {
    if (/^\d/.test(part)) {
      return make("b", {}, part);
    }
    return part.includes("_") && !part.includes(" ") ? make("code", {}, part) : part;
  });
}
