//! A deterministic model of Linux memory reclaim and of swapping to dm-crypt.
//!
//! Reading order: [`config`] (what a run is made of), [`kernel`] (what kernels differ in), then the mechanism as the
//! kernel has it: `exec` (clock, CPUs), `os` (the running machine), `state`, `page` and `mmzone` (pages, zones, buddy
//! lists), `page_alloc`, `lruvec`, `vmscan` and `page_list` (reclaim), `kswapd`, `filemap` and `page_writeback` (page
//! cache, dirty limits, throttles), `oom_kill`, `slab` and `mempool`, `swap`, `dm_crypt`, `workqueue`, `blk`, `memory`
//! (page faults), `workload`; last `vmstat` and [`trace`], what a run leaves behind.
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
//! [`NOT_MODELLED`], with the reasons.

mod blk;
mod bound;
mod check;
pub mod config;
mod decision;
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
mod meter;
mod mmzone;
mod omitted;
mod oom_kill;
mod os;
mod page;
mod page_alloc;
mod page_list;
mod page_writeback;
mod recorder;
mod rng;
pub mod rules;
mod run;
mod slab;
pub mod sort;
mod state;
mod swap;
mod task;
#[cfg(test)]
mod testing;
mod timeline;
pub mod trace;
pub mod units;
mod vmscan;
mod vmstat;
mod why;
mod workload;
mod workqueue;

pub use bound::{bytes_max, tasks_max};
pub use engine::engine_sleeps;
pub use omitted::{NOT_MODELLED, Omission};
pub use run::{Simulation, run};

/// Version of the model: it rises whenever a scenario can give another result than before.
pub const MODEL_VERSION: u32 = 4;
