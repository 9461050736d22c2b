//! A deterministic model of Linux memory reclaim and of swapping to dm-crypt.
//!
//! Reading order: [`config`] (what a run is made of), [`kernel`] (what kernels differ in), then the mechanism as the
//! kernel has it: `exec` (clock, CPUs), `os` (the running machine), `state`, `page` and `mmzone` (pages, zones, buddy
//! lists), `page_alloc`, `vmscan` and `page_list` (reclaim), `kswapd`, `page_writeback` (the throttle), `oom_kill`,
//! `slab` and `mempool`, `swap`, `dm_crypt`, `workqueue`, `blk`, `workload`; last [`trace`], what a run leaves behind.
//!
//! # What this crate does not do
//!
//! - It reads no clock, file, environment or random source of the operating system; the seed is a parameter.
//! - It has no floating point and no hash containers; counts are `u64`.
//! - Its types are not serialisable; the wire forms live in the crates that have a wire.
//! - Nothing outside `src/kernel` names a version, and nothing compares versions.
//!
//! # What is not modelled
//!
//! - Dirty page cache and `balance_dirty_pages`: the page cache of the baseline is clean. What programs map of it is read
//!   again after it was reclaimed, from a disk of its own; the rest is not.
//! - Swap readahead; swap-in reads one page.
//! - The batch in which new pages wait for the LRU (`lru_add_pvec`), memory cgroups, NUMA, huge pages.
//! - Time taken by interrupts; reads do not use the kcryptd_io queue.
//! - Unfairness between CPUs beyond virtual run time, and `schedule_timeout`'s timer wheel: a sleep of n jiffies ends on
//!   the n-th tick.

mod blk;
mod check;
pub mod config;
mod dm_crypt;
mod engine;
mod exec;
mod filemap;
mod gfp;
pub mod kernel;
mod kswapd;
mod lruvec;
mod memory;
mod mempool;
mod mmzone;
mod oom_kill;
mod os;
mod page;
mod page_alloc;
mod page_list;
mod page_writeback;
mod recorder;
mod rng;
mod run;
mod slab;
mod state;
mod swap;
mod task;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod units;
mod vmscan;
mod vmstat;
mod workload;
mod workqueue;

pub use engine::engine_sleeps;
pub use run::{Simulation, run};

/// Version of the model: it rises whenever a scenario can give another result than before.
pub const MODEL_VERSION: u32 = 1;
