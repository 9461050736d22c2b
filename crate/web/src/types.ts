/** What controls hold: a scenario with changes, kernels and seeds. */
export interface State {
  scenario: string;
  /** Such as `4.7-rc6`, `4.7-rc6~mempool-noretry` or `4.6~oom-tie.last`. */
  kernels: string[];
  /** Of the run that is shown. */
  seed: number;
  /** Runs of each kernel. */
  seeds: number;
  /** Key and value of each changed parameter. */
  changes: [string, string][];
}

/** Where to look, in seconds of virtual time. */
export interface Focus {
  /** The moment under the cursor. */
  at: number | null;
  /** The stretch that is shown. */
  view: [number, number] | null;
}

/** A link that was read. */
export interface Opened {
  state: State;
  focus: Focus;
  /** First digits of the digest that it was shared with, or nothing. */
  digest: string;
  /** What to tell the reader about its model version, or that it was typed by hand; or nothing. */
  note: string;
}

/** Figures of one run, to be handed to `verdict` as they are. */
export type Figures = unknown;

/** A finished comparison. */
export interface Verdict {
  /** In one sentence. */
  sentence: string;
  /** Its link, with the beginning of the digest. */
  link: string;
  /** 16 hexadecimal digits over the shown run of each kernel. */
  digest: string;
  /** By kernel, how often the outcomes came up; empty for single runs. */
  outcomes: string[];
}

/** What a scenario expects of a kernel, and what came of it; `holds` is null where it takes more runs to tell. */
export interface Expected {
  text: string;
  found: string;
  holds: boolean | null;
}

/** What one run did, in words. */
export interface Report {
  kernel: string;
  /** 16 hexadecimal digits: equal runs have equal hashes on every machine. */
  hash: string;
  /** `completed`, `oom`, `livelock`, `timeout` or `stopped`. */
  outcome: string;
  /** The outcome in a few words. */
  headline: string;
  /** The row of the verdict table, with the second of the moment that a cell speaks of. */
  cells: { title: string; text: string; at: number | null }[];
  /** What the kernel would have logged. */
  log: { text: string; part: "course" | "oom" | "report" }[];
  /** Tasks at the end; stacks have the outermost function first. */
  tasks: { name: string; state: string; waits: string; stack: string[] }[];
  end: string;
  engineEvents: number;
  /** Work that the run took, in events of the engine. */
  work: number;
  /** It was stopped because of that (`max-work`). */
  isStopped: boolean;
}

/** What every task did, and why: the arguments of `Story`, behind the name of the kernel. */
export interface PackedStory {
  numbers: Float64Array;
  strings: string[];
}

/** How a panel is drawn. */
export interface Presentation {
  dark: boolean;
  /** Device pixels for one CSS pixel. */
  ratio: number;
  yLabels: boolean;
  xLabels: boolean;
}

/** A row of charts. */
export interface Panel {
  name: string;
  title: string;
  /** In CSS pixels. */
  height: number;
  legend: {
    label: string;
    light: string;
    dark: string;
    dash: string | null;
    marker: string | null;
    when: string | null;
  }[];
}

/** A chart as a table. */
export interface Table {
  head: string[];
  rows: string[][];
}

/** What there is to choose from. */
export interface Catalogue {
  /** Version of the model. */
  model: number;
  /** Where links point that are opened elsewhere. */
  base: string;
  /** Largest seed. */
  seedMax: number;
  scenarios: { name: string; title: string }[];
  versions: { name: string; summary: string }[];
  patches: { name: string; summary: string; source: string; subject: string }[];
  /** Policy values; `whatIf` stands behind a version: `4.6~oom-tie.last`. */
  behaviours: {
    group: string;
    name: string;
    function: string;
    decides: string;
    values: { name: string; whatIf: string; meaning: string; source: string }[];
  }[];
}

/** A parameter. */
export interface Control {
  key: string;
  value: string;
  /** What it goes back to: the scenario's value, or that of a preset. */
  default: string;
  kernelName: string;
  definition: string;
  unit: string;
  /** What is accepted, in words. */
  expects: string;
  /** None for numbers. */
  choices: { name: string; definition: string; sets: [string, string][] }[];
  /** Whether it sets others. */
  isPreset: boolean;
  /** Values of a slider in ascending order; none without a slider. */
  stops: string[];
}

/** Words and controls for what a link says. */
export interface Description {
  title: string;
  summary: string;
  claim: string;
  words: string;
  /** How many expectations of the scenario its runs can be held against. */
  expected: number;
  groups: { name: string; title: string; parts: { title: string; controls: Control[] }[] }[];
}

/** One side of the maps of a sweep. */
export interface SweepSide {
  key: string;
  label: string;
  values: string[];
}

/**
 * What a sweep runs. Run `n` is of kernel `n / seeds % kernels` at link `n / seeds / kernels`; its seed is by `n % seeds` later
 * than that of the link.
 */
export interface SweepPlan {
  title: string;
  note: string;
  kernels: string[];
  seeds: number;
  /** A link for each point of the grid; the values upwards turn fastest. */
  links: string[];
  x: SweepSide;
  y: SweepSide;
  /** What does the same on the command line. */
  command: string;
}

/** A cell of a map, or an entry of its legend. */
export interface SweepCell {
  /** The outcome that gives the colour, `none` for no colour, and nothing where nothing was run. */
  look: string;
  /** In hundredths. */
  strength: number;
  /** What stands in it: a long form and a short one. */
  text: [string, string];
  words: string;
  /** Where OOM kills begin: `right`, `up`, both or nothing. */
  edges: string;
  /** Of a run that is so. */
  seed: number;
}

/** The maps of a sweep as they are by now. */
export interface SweepMaps {
  /** Of each kernel, row by row, the lowest first. */
  maps: SweepCell[][];
  legend: SweepCell[];
  explained: string[];
}
