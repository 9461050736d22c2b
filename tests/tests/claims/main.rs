//! One test for each claim about what kernels did: measured on real ones (shared traces, `lab`), or said on the mailing
//! list (`reports`, `versions`, `patches`; a claim's number is that of the evidence, its source the Message-ID above the test, to be read at
//! `https://lore.kernel.org/r/<Message-ID>/`).
//!
//! Outcomes are chaotic, so a claim is about a number of seeds: "most" of 8 or 12, never one run. What the model gets
//! wrong has a test too, that says so and holds the present state still (`k01...`, `lab_15...`).
//!
//! `register` has the list of all claims, and the reasons of those without a test; `stacks` compares call stacks, and `story`
//! the scenario files with what they say. Lab finding 16, fewer merges without the throttle, has no test: the throttled run
//! does not finish, so that there is nothing to compare.

mod common;
mod lab;
mod patches;
mod register;
mod reports;
mod stacks;
mod story;
mod versions;

/// Nanoseconds in a second.
const S: u64 = 1_000_000_000;
