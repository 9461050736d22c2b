//! What the model leaves out.

/// Something that kernels do and the model does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Omission {
    /// What.
    pub what: &'static str,
    /// Why it is left out, and what that means for a reader of results.
    pub why: &'static str,
}

const fn omission(what: &'static str, why: &'static str) -> Omission {
    Omission { what, why }
}

/// The list.
pub static NOT_MODELLED: &[Omission] = &[
    omission(
        "memory cgroups",
        "one set of LRU lists for everybody; with systemd a process has lists of its own, and rules 5 and 6 of \
         get_scan_count look at those",
    ),
    omission(
        "NUMA, CMA, memory hotplug, ZONE_MOVABLE",
        "the machines of the reports have none of it; one node, one kswapd",
    ),
    omission(
        "huge pages",
        "only their effect on min_free_kbytes; a huge page is split before it is swapped anyway",
    ),
    omission(
        "compaction's scanners, deferral, kcompactd and 4.5's compaction by kswapd",
        "a direct compaction that has single pages enough empties the first block that holds only free and idle LRU \
         pages: whether an order of 1 to 3 succeeds, not how long it takes",
    ),
    omission(
        "page blocks by mobility, the high-order atomic reserve",
        "one list for each order; the reserve counts as 0, so a GFP_ATOMIC request of a higher order finds less than it \
         may, and others a little more",
    ),
    omission(
        "errors of per-CPU counters (percpu_drift_mark), 4.5's approximate NR_PAGES_SCANNED",
        "counters are exact; the error is at most some dozens of pages for each CPU",
    ),
    omission(
        "the batches in which new pages wait for the LRU (lru_add_pvec)",
        "at most 14 pages for each CPU",
    ),
    omission(
        "page tables as pages",
        "they count as kernel memory at the start; they are 0.2 % of what they map",
    ),
    omission(
        "shared and file-backed private memory, tmpfs, mlock during the run",
        "hogs and compilers live on anonymous memory",
    ),
    omission(
        "mmap_sem",
        "the reaper never fails for it, and page faults of one process do not wait for each other: processes have one \
         thread",
    ),
    omission(
        "children of the worst process that are killed in its place",
        "the processes of the model have no children with memory of their own",
    ),
    omission(
        "laptop_mode, dirty_bytes, per-device limits of dirty pages",
        "the machines of the reports leave them at their defaults",
    ),
    omission(
        "estimates of balance_dirty_pages (bandwidth, dirty_ratelimit)",
        "replaced by what they estimate: the rate of the disk, and that rate divided by the dirtiers",
    ),
    omission(
        "journals and metadata of file systems, truncation, sync",
        "a writer waits in balance_dirty_pages only; a journal that waits for its own blocks would stall it longer",
    ),
    omission(
        "a file system on the encrypted disk",
        "files have a disk of their own of the same speed; on one disk they would queue behind swap-out",
    ),
    omission(
        "the CFQ scheduler",
        "a legacy queue has deadline: merging, sorting and reads before writes, but no shares for processes; blk-mq had no \
         scheduler",
    ),
    omission(
        "workers of the per-CPU pools",
        "kcryptd_io and same_cpu_crypt find a worker of their own on each CPU; only the unbound pool has to create one",
    ),
    omission(
        "the cryptd queue, discard of swap slots",
        "cryptd serves ciphers that cannot run in process context, which AES-NI can; swap is discarded only on demand",
    ),
    omission("time spent in interrupts", "completions cost the CPU nothing; they are short against reclaim"),
    omission(
        "the scheduler's load balancing beyond a pull by idle CPUs, groups, real-time tasks",
        "what decides here is who runs after a wake-up and at the end of a slice",
    ),
    omission(
        "the timer wheel's rounding",
        "a sleep of n jiffies ends on the n-th tick; from 4.8 on the kernel may add some",
    ),
];
