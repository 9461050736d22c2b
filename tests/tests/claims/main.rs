//! One test for each claim about what kernels did: measured on real ones (shared traces, `lab`), or said on the mailing
//! list (`reports`, `versions`, `patches`; a claim's number is that of the evidence, its source the Message-ID above the test, to be read at
//! `https://lore.kernel.org/r/<Message-ID>/`).
//!
//! Outcomes are chaotic, so a claim is about a number of seeds: "most" of 8 or 12, never one run. What the model gets
//! wrong has a test too, that says so and holds the present state still (`k01...`, `lab_15...`).
//!
//! | claim | why it has no test here |
//! |---|---|
//! | K-10 backlog 69,824 pages drained at 10/s in dozens of minutes | arithmetic on K-09 and K-13, which are tested |
//! | K-16 110 x over a limit of 636 pages | its definition of dirtyable memory is not that of the source |
//! | K-17 healthy dm-crypt, 100 MB/s | the scenario's disk is set from it |
//! | K-27 4.3 to 4.5-rc2, md-RAID5 | versions before 4.5 and RAID are not modelled; 4.5 without the nap is in `reports` |
//! | K-31 a fleet before f9054c70d28b | another workload; one observer |
//! | K-32, K-33, K-35 order of attempts, retry rule | unit tests beside the rules, `mempool` and `page_alloc` |
//! | K-41 5.12 and later, pages of dm-crypt | these versions are not among the kernels; K-38's limit is in `patches` |
//! | K-39 4.8 to 5.11 may still deadlock | "may": nothing to count; 4.8 and 4.9 are in `versions` |
//! | K-43 histogram of congestion_wait in 2.6.31 | not among the kernels; its mechanism is `lab_10` |
//! | lab finding 16, fewer merges without the throttle | nothing to compare: the throttled run does not finish |

mod common;
mod lab;
mod patches;
mod reports;
mod stacks;
mod story;
mod versions;

/// Nanoseconds in a second.
const S: u64 = 1_000_000_000;
