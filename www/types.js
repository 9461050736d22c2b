// Types of what crosses between Rust and JavaScript, for the type checker; crate/web/src/wire.rs and state.rs
// and crate/scenario/src/kernels.rs write them. There is no code in here.

/**
 * What the controls hold.
 * @typedef {object} State
 * @property {string} scenario
 * @property {string[]} kernels
 * @property {number} seed
 * @property {number} seeds  runs of each kernel
 * @property {[string, string][]} changes  key and value of each changed parameter
 */

/**
 * What becomes of the browser's history with a run: a new entry, the present one, or neither, because the reader is still
 * moving a slider.
 * @typedef {"new" | "same" | "live"} Entry
 */

/**
 * Where to look, in seconds.
 * @typedef {object} Focus
 * @property {number | null} at  the moment under the cursor
 * @property {[number, number] | null} view  the stretch that is shown
 */

/**
 * A link that was read.
 * @typedef {object} Opened
 * @property {State} state
 * @property {Focus} focus
 * @property {string} digest  first digits of the digest that it was shared with, or nothing
 * @property {string} note  what to tell the reader about its model version, or nothing
 */

/**
 * A finished comparison.
 * @typedef {object} Verdict
 * @property {string} sentence
 * @property {string} link
 * @property {string} digest
 * @property {string[]} outcomes  by kernel, how often the outcomes came up; empty for single runs
 */

/**
 * What a scenario expects of a kernel, and what came of it.
 * @typedef {object} Expected
 * @property {string} text
 * @property {string} found
 * @property {boolean | null} holds  null where it takes more runs to tell
 */

/**
 * A policy value, with every value that a what-if can give it.
 * @typedef {object} Behaviour
 * @property {string} group
 * @property {string} name
 * @property {string} function
 * @property {string} decides
 * @property {{name: string, whatIf: string, meaning: string, source: string}[]} values  `whatIf` stands behind a version
 */

/**
 * @typedef {object} Catalogue
 * @property {number} model
 * @property {string} base  where links point that are opened elsewhere
 * @property {number} seedMax
 * @property {{name: string, title: string}[]} scenarios
 * @property {{name: string, summary: string}[]} versions
 * @property {{name: string, summary: string, source: string, subject: string}[]} patches
 * @property {Behaviour[]} behaviours
 */

/**
 * A parameter.
 * @typedef {object} Control
 * @property {string} key
 * @property {string} value
 * @property {string} default  what it goes back to: the scenario's value, or that of a preset
 * @property {string} kernelName
 * @property {string} definition
 * @property {string} unit
 * @property {string} expects
 * @property {{name: string, definition: string, sets: [string, string][]}[]} choices  none for numbers
 * @property {boolean} isPreset  whether it sets others
 * @property {string[]} stops  values of a slider in ascending order; none without a slider
 */

/**
 * @typedef {object} Description
 * @property {string} title
 * @property {string} summary
 * @property {string} claim
 * @property {string} words
 * @property {number} expected  how many expectations of the scenario its runs can be held against
 * @property {{name: string, title: string, parts: {title: string, controls: Control[]}[]}[]} groups
 */

/**
 * @typedef {object} LegendKey
 * @property {string} label
 * @property {string} light
 * @property {string} dark
 * @property {string | null} dash
 * @property {string | null} marker
 * @property {string | null} when  what it is there for, if not always: seeds or recording
 */

/**
 * @typedef {object} Panel
 * @property {string} name
 * @property {string} title
 * @property {number} height
 * @property {LegendKey[]} legend
 */

/**
 * @typedef {object} Task
 * @property {string} name
 * @property {string} state
 * @property {string} waits
 * @property {string[]} stack  outermost function first
 */

/**
 * @typedef {object} Report
 * @property {string} kernel
 * @property {string} hash
 * @property {string} outcome
 * @property {string} headline
 * @property {{title: string, text: string, at: number | null}[]} cells  with the second of the moment that they speak of
 * @property {{text: string, part: "course" | "oom" | "report"}[]} log
 * @property {Task[]} tasks
 * @property {string} end
 * @property {number} engineEvents
 * @property {number} work  in events of the engine
 * @property {boolean} isStopped  because of that
 */

/**
 * One finished run.
 * @typedef {object} Result
 * @property {number} column
 * @property {number} later  by how much its seed is later than the shown one
 * @property {Float64Array} numbers
 * @property {Report | null} report  only of the shown seed
 * @property {import("./story-types.js").PackedStory | null} story  likewise
 * @property {unknown[]} figures
 */

/**
 * A policy value, with what several kernels make of it; neighbours that do the same share a choice.
 * @typedef {object} PolicyEntry
 * @property {string} group
 * @property {string} name
 * @property {string} function
 * @property {string} decides
 * @property {{kernels: string[], value: string, meaning: string, source: string}[]} choices
 */

/**
 * A word of the glossary; crate/help/src/glossary.rs has them.
 * @typedef {object} Term
 * @property {string} id  its anchor in the help is `term-` and this
 * @property {string} name
 * @property {string[]} spellings  what stands for it in texts
 * @property {string} definition
 * @property {string} place  kernel file and function
 */

/**
 * What a text of the reader came to; crate/web/src/import.rs.
 * @typedef {object} Import
 * @property {string} sources  names of the formats
 * @property {string} link  of the machine, or nothing
 * @property {{kind: string, key: string, value: string, why: string}[]} notes  kind is used, guessed or ignored
 * @property {string} series  what came more than once, in a sentence, or nothing
 * @property {number[]} numbers  its samples
 * @property {boolean} isRecording  whether it can be compared figure by figure
 */

/**
 * A recording beside the shown seed.
 * @typedef {object} Compared
 * @property {string} outcome
 * @property {string[]} head
 * @property {{cells: string[], isFarOff: boolean}[]} rows
 * @property {string} summary
 */

/**
 * One side of the maps of a sweep.
 * @typedef {object} SweepSide
 * @property {string} key
 * @property {string} label
 * @property {string[]} values
 */

/**
 * What a sweep runs; crate/web/src/sweep.rs says which run has which number.
 * @typedef {object} SweepPlan
 * @property {string} title
 * @property {string} note
 * @property {string[]} kernels
 * @property {number} seeds
 * @property {string[]} links  for each point of the grid
 * @property {SweepSide} x
 * @property {SweepSide} y
 * @property {string} command
 */

/**
 * A cell of a map, or an entry of its legend.
 * @typedef {object} SweepCell
 * @property {string} look  the outcome that gives the colour, `none` for no colour, and nothing where nothing was run
 * @property {number} strength  of the colour, in hundredths
 * @property {[string, string]} text  a long form and a short one
 * @property {string} words
 * @property {string} edges  where OOM kills begin: `right`, `up`, both or nothing
 * @property {number} seed  of a run that is so
 */

/**
 * @typedef {object} SweepMaps
 * @property {SweepCell[][]} maps  of each kernel, row by row, the lowest first
 * @property {SweepCell[]} legend
 * @property {string[]} explained
 */

/**
 * @typedef {object} Table
 * @property {string[]} head
 * @property {string[][]} rows
 */

export {};
