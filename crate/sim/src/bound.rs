//! How much memory a run can take, known before it is set up.
//!
//! Work is bounded by [`Config::max_work`]; memory follows from the machine: every structure of the model is as large as
//! the machine, as the number of its tasks, or capped. What is counted here is what is asked of the allocator. A `Vec` that
//! grows may hold twice what is in it, and half as much again while it moves.

use crate::blk;
use crate::config::{Config, WorkloadKind};
use crate::dm_crypt;
use crate::exec::HEAP;
use crate::filemap;
use crate::page::PageArray;
use crate::slab;
use crate::swap::SwapArea;
use crate::trace::TRACE_BYTES;

/// Of a `Vec` or `VecDeque` that grows.
const GROWTH: u64 = 3;
/// Stacks of the tasks' futures, queues and the like, for each task.
const TASK: u64 = 64 << 10;
/// Tasks beside those of the loads, for each CPU: workers, and threads of the kernel.
const TASKS_OF_A_CPU: u64 = 8;
/// Once a second, and ten times a second for the probe: `Recorder`'s only rows that grow with the run.
const ROWS_PER_S: u64 = 11;

/// Tasks that a machine has at most.
#[must_use]
pub fn tasks_max(config: &Config) -> u64 {
    let load = match config.workload.kind {
        WorkloadKind::Hog { hogs, .. } => hogs,
        WorkloadKind::Build { jobs, .. } => jobs,
    };
    let background = config.workload.background;
    let users = u64::from(load) + u64::from(background.writers.count) + u64::from(background.readers.count);
    // The probe, ksoftirqd, the flusher and the threads that are there once.
    users + 16 + TASKS_OF_A_CPU * u64::from(config.machine.cpus)
}

/// Bytes that a run takes at most, its trace included.
#[must_use]
pub fn bytes_max(config: &Config) -> u64 {
    let ram: u64 = config.machine.zones.iter().map(|zone| zone.managed.0).sum();
    let swap = config.swap.0;
    let (spaces, file_pages) = loads(config);
    // A page is under I/O once, and so is a swap slot. A request stands in a plug or has a tag of its direction.
    let in_flight = ram.min(swap) * dm_crypt::BYTES_OF_AN_IO
        + (32 * tasks_max(config) + 2 * u64::from(config.disk.tags)) * blk::BYTES_OF_A_REQUEST;
    // Of an address space no more is touched than there is room for; what a killed one held stays until it exits.
    let entries: u64 = spaces.iter().map(|(count, pages)| count * pages.min(&(ram + swap)) * 4).sum();
    ram * (PageArray::BYTES + GROWTH * slab::BYTES_OF_A_PAGE)
        + swap * SwapArea::BYTES
        + GROWTH * (in_flight + entries)
        + file_pages * filemap::BYTES_OF_A_PAGE
        + filemap::BYTES_MAX
        + GROWTH * HEAP as u64 * 24
        + tasks_max(config) * TASK
        + GROWTH * ROWS_PER_S * 8 * (config.duration.0 / 1_000_000_000 + 1)
        // While it is handed over there are two.
        + 2 * TRACE_BYTES as u64
}

/// Address spaces of a kind with their largest size, and the pages of all files.
fn loads(config: &Config) -> ([(u64, u64); 3], u64) {
    let background = config.workload.background;
    let (writers, readers) = (background.writers, background.readers);
    let files = u64::from(writers.count) * writers.file.0 + u64::from(readers.count) * readers.file.0;
    let baseline = config.machine.baseline;
    let (load, output) = match config.workload.kind {
        WorkloadKind::Hog { hogs, pages, .. } => ((hogs.into(), pages.0), 0),
        // The seed makes one larger by a quarter at most.
        WorkloadKind::Build { jobs, pages, output, .. } => {
            ((jobs.into(), pages.0 + pages.0 / 4), u64::from(jobs) * output.0)
        }
    };
    ([load, (1, baseline.anon.0), (1, 64)], files + output + baseline.mapped.0)
}
