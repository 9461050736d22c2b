// Types of what the class Story gives, for the type checker; crate/web/src/story.rs writes them. There is no code in
// here.

/**
 * A run's story on its way from the Worker; the numbers can be transferred.
 * @typedef {object} PackedStory
 * @property {Float64Array} numbers
 * @property {string[]} strings
 */

/**
 * A task at one time.
 * @typedef {object} TaskNow
 * @property {string} name  as in ps
 * @property {"R" | "S" | "D"} state
 * @property {string} waits  how long it has been in this state
 * @property {boolean} merged  whether it did other things besides: the run was too long to keep every change
 * @property {string[]} stack  kernel functions, outermost first
 */

/**
 * A line of the log.
 * @typedef {object} StoryEvent
 * @property {number} index  place in the log
 * @property {number} t  seconds
 * @property {string} time  as dmesg shows it, "[   12.345678]"
 * @property {"oom" | "sleep" | "stall" | "progress" | "course" | "work" | "print"} class
 * @property {boolean} mark  whether "next" and "previous" stop here
 * @property {boolean} explained  whether there is a Why
 * @property {string} title  the line of the text that says most
 * @property {string} text  without the time; several lines for an OOM kill
 * @property {string[]} more  the rest of an OOM report
 */

/**
 * What a decision hangs on where kernels differ.
 * @typedef {object} WhySource
 * @property {string} policy  name of the policy value
 * @property {string} value  this kernel's choice
 * @property {string} meaning  what the kernel does with it
 * @property {string} text  commits or mails that brought and changed it
 */

/**
 * One decision of a chain.
 * @typedef {object} WhyLine
 * @property {number} t  seconds
 * @property {string} time
 * @property {string} task  name of the task that decided
 * @property {string} function  kernel function
 * @property {string} text  a sentence with numbers
 * @property {number} times  how often since the request began; the numbers are those of the last time
 * @property {WhySource | null} source
 */

/**
 * The chain of decisions that led to an event.
 * @typedef {object} Why
 * @property {string} title
 * @property {number} t  seconds
 * @property {string} time
 * @property {WhyLine[]} lines
 */

/**
 * The story of one run: `new wasm.Story(kernel, packed.numbers, packed.strings)`.
 * @typedef {object} Story
 * @property {(seconds: number) => TaskNow[]} tasksAt  blocked tasks first, then running ones, then those that wait for work
 * @property {number} length  how many lines the log has
 * @property {() => StoryEvent[]} events  marks and lines of dmesg, in the order of time
 * @property {(seconds: number, most: number) => StoryEvent[]} around  all lines around a time
 * @property {(index: number) => StoryEvent | null} event  one line
 * @property {(seconds: number, eventClass?: string) => number | undefined} nearest  index of the nearest event with a Why
 * @property {(index: number) => Why | null} why
 * @property {() => void} free  gives the memory back
 */

export {};
