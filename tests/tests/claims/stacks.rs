//! Call stacks of the frozen machine, function by function as the kernel printed them (evidence C6).
//!
//! Left out on both sides is what all sleepers share: `schedule`, `schedule_timeout` and `io_schedule_timeout` at one end,
//! `kthread` and the entry code at the other.

use crate::common::{runs, sleeps};
use std::collections::BTreeMap;
use swapscope_sim::trace::{Site, Trace};

/// Functions of the model's stacks that the compiler put into their callers, so that the kernel's stacks lack them.
const INLINED: [&str; 1] = ["crypt_alloc_buffer"];

fn crawl() -> &'static [Trace] {
    runs("crawl", "4.7-rc6", &[], 6)
}

/// The most frequent stack in the throttle below a function, of the tasks of some name, innermost function first.
fn usual(trace: &Trace, below: &str, is_it: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut counts = BTreeMap::new();
    for sleep in sleeps(trace, Site::ThrottleVmWriteout).filter(|sleep| is_it(sleep.task)) {
        if sleep.stack.contains(&below) {
            *counts.entry(sleep.stack).or_insert(0) += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let stack = most.map_or(&[][..], |(stack, _)| stack);
    stack.iter().rev().copied().filter(|function| !INLINED.contains(function)).collect()
}

/// In all runs, or in most where a task may be held elsewhere.
fn holds(least: usize, below: &str, is_it: impl Fn(&str) -> bool, kernel: &[&str]) {
    let found: Vec<_> = crawl().iter().map(|trace| usual(trace, below, &is_it)).collect();
    let same = found.iter().filter(|stack| *stack == kernel).count();
    assert!(same >= least, "{same} of {}: {found:#?}", found.len());
}

// alpine.LRH.2.02.1607121907160.24806, kworker/u4:0 at 345 s. In one run kworker/u4:0 never gets there: it is in
// create_worker all the time, and the rescuer, with the same stack below rescuer_thread, sleeps in its place.
#[test]
fn c6_the_stalled_kcryptd_worker() {
    holds(
        5,
        "kcryptd_crypt",
        |task| task.starts_with("kworker/u"),
        &[
            "congestion_wait",
            "throttle_vm_writeout",
            "shrink_zone_memcg",
            "shrink_zone",
            "do_try_to_free_pages",
            "try_to_free_pages",
            "__alloc_pages_nodemask",
            "alloc_pages_current",
            "new_slab",
            "___slab_alloc",
            "kmem_cache_alloc",
            "mempool_alloc_slab",
            "mempool_alloc",
            "bio_alloc_bioset",
            "kcryptd_crypt",
            "process_one_work",
            "worker_thread",
        ],
    );
}

// mm/vmscan.c of 4.7: kswapd asks with both flags and loops in the throttle.
#[test]
fn c6_kswapd() {
    holds(
        6,
        "kswapd",
        |task| task == "kswapd0",
        &[
            "congestion_wait",
            "throttle_vm_writeout",
            "shrink_zone_memcg",
            "shrink_zone",
            "balance_pgdat",
            "kswapd",
        ],
    );
}

// mm/memory.c, mm/page_alloc.c and mm/vmscan.c of 4.7: the first touch of a page, in direct reclaim. In some runs the hogs
// are held in throttle_direct_reclaim before writeback passes the limit.
#[test]
fn c6_the_hog() {
    holds(
        3,
        "handle_mm_fault",
        |task| task.starts_with("hog"),
        &[
            "congestion_wait",
            "throttle_vm_writeout",
            "shrink_zone_memcg",
            "shrink_zone",
            "do_try_to_free_pages",
            "try_to_free_pages",
            "__alloc_pages_nodemask",
            "alloc_pages_vma",
            "handle_mm_fault",
            "__do_page_fault",
        ],
    );
}
