//! The glossary: the kernel's words and ours, as the pop-ups of the page and the help explain them.
//!
//! The kernel is that of 4.5 to 4.9 on x86-64. Where versions differ, the entry says so or leaves it to the table of
//! kernels.

use serde::Serialize;

/// A word and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Anchor in the help. It is part of links: it stays, even where the name changes.
    pub id: &'static str,
    /// The word.
    pub name: &'static str,
    /// What stands for it in the page's texts, in lower case or as the kernel spells it; none for words that also have
    /// their everyday meaning there.
    pub spellings: &'static [&'static str],
    /// One to three sentences.
    pub definition: &'static str,
    /// Kernel file and functions, or the place in this program; empty where there is no one place.
    pub place: &'static str,
    /// Where the page uses it; the page itself need not be told.
    #[serde(skip)]
    pub used: &'static str,
}

const fn term(
    id: &'static str,
    name: &'static str,
    spellings: &'static [&'static str],
    definition: &'static str,
) -> Term {
    Term { id, name, spellings, definition, place: "", used: "" }
}

impl Term {
    /// Where it is in the kernel, and on the page.
    const fn at(mut self, place: &'static str, used: &'static str) -> Self {
        (self.place, self.used) = (place, used);
        self
    }
}

/// All terms: memory and its limits, reclaim, throttles, OOM, mempools and dm-crypt, devices and workqueues, and the
/// words of this program.
pub const GLOSSARY: &[Term] = &[
    term(
        "page",
        "page",
        &[],
        "4 KiB of memory, the unit of everything here. Managed pages are those that the page allocator hands out; \
         present ones include what the kernel image and its tables took at boot.",
    )
    .at("include/linux/mm_types.h:struct page", "all counts of memory"),
    term(
        "anonymous",
        "anonymous memory",
        &["anonymous memory", "anonymous", "anon"],
        "Memory that no file stands behind: heap and stacks. Reclaim can free it only by writing it to swap.",
    )
    .at("mm/memory.c:do_anonymous_page", "workload, controls"),
    term(
        "page-cache",
        "page cache",
        &["page cache"],
        "Contents of files in memory. Clean pages of it are freed without I/O; dirty ones must be written back first.",
    )
    .at("mm/filemap.c", "controls"),
    term(
        "zone",
        "zone",
        &["zone", "zones"],
        "A range of physical memory with its own free lists and watermarks: DMA below 16 MiB, DMA32 below 4 GiB, Normal \
         above. A request may fall back to lower zones. Whether LRU lists belong to a zone or to the node depends on the \
         kernel.",
    )
    .at("include/linux/mmzone.h:struct zone", "controls, OOM report"),
    term(
        "node",
        "node",
        &[],
        "All memory that is equally near to a CPU. The machines here have one node, with one kswapd.",
    )
    .at("include/linux/mmzone.h:pg_data_t", "table of kernels"),
    term(
        "order",
        "order",
        &["order of"],
        "A request of order n asks for 2^n contiguous pages. With little free memory there may be single pages and no \
         larger block: the stack of a new thread is of order 2, and fails first.",
    )
    .at("mm/page_alloc.c:__zone_watermark_ok", "OOM report, controls"),
    term(
        "watermark",
        "watermarks min, low, high",
        &["watermarks", "watermark", "min watermark"],
        "Marks for the free pages of a zone. Below low kswapd is woken, and it works until high is reached; below min an \
         ordinary request gets no page and has to reclaim for itself. What lies below min is the reserve.",
    )
    .at("mm/page_alloc.c:__setup_per_zone_wmarks, __zone_watermark_ok", "panel of free memory"),
    term(
        "min-free-kbytes",
        "min_free_kbytes",
        &["min_free_kbytes"],
        "Sum of the min watermarks, set to the square root of 16 times the lowmem in kB, at most 64 MiB. khugepaged \
         raises it where transparent huge pages are on.",
    )
    .at("mm/page_alloc.c:init_per_zone_wmark_min", "controls"),
    term(
        "lowmem-reserve",
        "lowmem_reserve",
        &["lowmem_reserve"],
        "Pages of a low zone that a request which could have used a higher zone must leave there, on top of the \
         watermark. Of the 16 MiB of DMA, a 1 GB machine thereby keeps about 4 MiB from ordinary requests.",
    )
    .at("mm/page_alloc.c:setup_per_zone_lowmem_reserve", "OOM report"),
    term(
        "reserves",
        "memory reserves",
        &["memory reserves", "reserves"],
        "The free pages below min. __GFP_HIGH may take half of them and atomic requests a little more; PF_MEMALLOC and, in \
         these kernels, OOM victims may take all. Who may empty them is what f9054c70d28b changed.",
    )
    .at("mm/page_alloc.c:gfp_to_alloc_flags", "patches, table of kernels"),
    term(
        "slow-path",
        "slow path",
        &["slow path"],
        "What a request goes through when no zone is above its low mark: wake kswapd, try down to min, reclaim, retry or \
         call the OOM killer.",
    )
    .at("mm/page_alloc.c:__alloc_pages_slowpath", "stacks, table of kernels"),
    term(
        "gfp",
        "gfp flags",
        &["gfp_mask", "gfp mask"],
        "What an allocation may do to get its page: sleep and reclaim, start I/O (__GFP_IO), enter a file system \
         (__GFP_FS), use reserves. GFP_KERNEL may do all but the last; GFP_NOIO, which block devices use, may reclaim but start no I/O.",
    )
    .at("include/linux/gfp.h", "OOM report, stacks"),
    term(
        "gfp-atomic",
        "GFP_ATOMIC",
        &["atomic allocations", "atomic allocation", "GFP_ATOMIC"],
        "A request that may not sleep, as from an interrupt. It may go to 3/8 of the min watermark, and fails below.",
    )
    .at("mm/page_alloc.c:gfp_to_alloc_flags", "controls, kernel log"),
    term(
        "gfp-noretry",
        "__GFP_NORETRY",
        &["__GFP_NORETRY"],
        "At most one round of direct reclaim, then failure; never the OOM killer. Every attempt of a mempool has it, which \
         is what the patch mempool-noretry tests for.",
    )
    .at("mm/page_alloc.c:__alloc_pages_slowpath", "patches"),
    term(
        "gfp-nomemalloc",
        "__GFP_NOMEMALLOC",
        &["__GFP_NOMEMALLOC"],
        "Forbids reserves below min, whatever else would allow them: it wins over __GFP_MEMALLOC, PF_MEMALLOC and \
         TIF_MEMDIE. Mempools set it always, or not while they are empty, by kernel.",
    )
    .at("mm/page_alloc.c:gfp_to_alloc_flags, mm/mempool.c:mempool_alloc", "patches, table of kernels"),
    term(
        "pf-memalloc",
        "PF_MEMALLOC",
        &["PF_MEMALLOC"],
        "Flag of a task that is freeing memory and may therefore ignore watermarks: kswapd always, any other task inside \
         its own direct reclaim. Such a task never reclaims recursively. kcryptd has it only while it reclaims itself.",
    )
    .at("mm/page_alloc.c:__perform_reclaim, mm/vmscan.c:kswapd", "stacks, table of kernels"),
    term(
        "pf-less-throttle",
        "PF_LESS_THROTTLE",
        &["PF_LESS_THROTTLE"],
        "Flag of a task that writes back for others (loop devices, nfsd). It raises that task's dirty threshold by a \
         quarter; by itself it exempts nobody from throttle_vm_writeout.",
    )
    .at("mm/page-writeback.c:domain_dirty_limits", "patches"),
    term(
        "pcp",
        "per-CPU lists",
        &[],
        "Free pages that a CPU keeps at hand, up to 186 for each large zone. They do not count as free.",
    )
    .at("mm/page_alloc.c:free_hot_cold_page", "OOM report"),
    term(
        "compaction",
        "compaction",
        &["compaction"],
        "Moves pages to make a free block of a higher order. Here: whether it succeeds, not how long it takes.",
    )
    .at("mm/compaction.c:try_to_compact_pages", "table of kernels"),
    term(
        "kswapd",
        "kswapd",
        &["kswapd"],
        "Kernel thread that frees pages in the background: it wakes when a zone falls below low and stops when high is \
         reached. Where it is held up, every request has to reclaim for itself.",
    )
    .at("mm/vmscan.c:balance_pgdat, kswapd_try_to_sleep", "panel of throttle delays, tasks"),
    term(
        "direct-reclaim",
        "direct reclaim",
        &["direct reclaim"],
        "Reclaim by the task that needs the page: it scans the LRU lists until 32 pages are freed or the lists were gone \
         through at every priority, and may be throttled on the way.",
    )
    .at("mm/vmscan.c:try_to_free_pages", "stacks, kernel log"),
    term(
        "lru",
        "LRU lists, active and inactive",
        &["LRU lists", "LRU", "nr_active_anon", "nr_inactive_anon", "nr_active_file", "nr_inactive_file"],
        "Anonymous and file pages each have an active and an inactive list. Reclaim takes pages from the tail of the \
         inactive ones; pages that were referenced go back to active ones, and active tails refill the inactive lists.",
    )
    .at("mm/vmscan.c:shrink_active_list, shrink_inactive_list", "controls, OOM report"),
    term(
        "priority",
        "scan priority",
        &[],
        "How much of the lists a pass of reclaim looks at: the length shifted right by the priority, from 12 down to 0, \
         which is everything.",
    )
    .at("mm/vmscan.c:do_try_to_free_pages, get_scan_count", "why a kill happened"),
    term(
        "swappiness",
        "swappiness",
        &["vm.swappiness"],
        "Weight of anonymous pages, 0 to 100, against 200 less this number for file pages, when reclaim divides its scan. Some \
         cases are decided before it is asked: without free swap only file pages are scanned.",
    )
    .at("mm/vmscan.c:get_scan_count", "controls"),
    term(
        "reclaimable",
        "pages_scanned and reclaimable",
        &["pages_scanned", "reclaimable"],
        "Up to 4.6 a zone counts as hopeless when 6 times its reclaimable pages were scanned since a page last reached its \
         free lists; with all zones hopeless, and nothing freed, the OOM killer is called.",
    )
    .at("mm/vmscan.c:zone_reclaimable, zone_reclaimable_pages", "OOM report, why a kill happened"),
    term(
        "should-reclaim-retry",
        "should_reclaim_retry",
        &["should_reclaim_retry"],
        "From 4.7 on: another round of reclaim as long as free pages plus a shrinking share of the reclaimable ones would \
         pass min in some zone, for at most 16 rounds in a row without progress.",
    )
    .at("mm/page_alloc.c:should_reclaim_retry", "throttle delays, why a kill happened"),
    term(
        "slab",
        "slab",
        &["slab", "unreclaimable slab"],
        "Pages cut into small objects of the kernel. Bios and dm_io are such objects: what is in flight to swap shows up \
         as unreclaimable slab.",
    )
    .at("mm/slub.c:new_slab", "controls, OOM report"),
    term(
        "radix-tree-node",
        "radix tree node",
        &[],
        "The swap cache is a radix tree, and adding a page may need a node of slab, which may come from the upper half of \
         the reserves and no deeper. Without it the page cannot be swapped out and becomes active.",
    )
    .at("mm/swap_state.c:add_to_swap, lib/radix-tree.c", "why memory stays full"),
    term(
        "swap-slot",
        "swap slot",
        &["swap slot", "swap slots", "slot"],
        "Place for one page on the swap device. Slots are handed out one behind the other where they can be, so that the disk \
         sees neighbouring writes.",
    )
    .at("mm/swapfile.c:get_swap_page, scan_swap_map", "panel of swap"),
    term(
        "swap-cache",
        "swap cache",
        &["swap cache"],
        "Pages that have a slot and are still in memory: on their way out, or just read in. The end of \
         its write frees no page: reclaim has to meet it once more.",
    )
    .at("mm/swap_state.c:add_to_swap, mm/vmscan.c:__remove_mapping", "OOM report"),
    term(
        "pswpout",
        "pswpout, pswpin",
        &["pswpout", "pswpin"],
        "Pages handed to the swap device, and read from it, as /proc/vmstat counts them.",
    )
    .at("mm/page_io.c:__swap_writepage, swap_readpage", "panel of swap, verdict table"),
    term(
        "writeback",
        "writeback",
        &["nr_writeback", "writeback"],
        "Pages whose write has been started and has not ended. Swap-out counts as well as files: on an encrypted device a \
         page is under writeback from the call of swap_writepage on, while it still waits for kcryptd.",
    )
    .at("mm/page_io.c:swap_writepage, mm/filemap.c:end_page_writeback", "panel of writeback"),
    term(
        "dirty-limit",
        "dirty limit",
        &["dirty limit", "dirty limits", "dirtyable memory", "throttle limit"],
        "vm.dirty_ratio percent (20) of dirtyable memory, that is of free pages above the reserves and page cache, without \
         anonymous memory. The limit that throttles see follows it downwards slowly, and only while files are written.",
    )
    .at("mm/page-writeback.c:domain_dirty_limits, hard_dirty_limit", "panel of writeback, controls"),
    term(
        "throttle-vm-writeout",
        "throttle_vm_writeout",
        &["throttle_vm_writeout"],
        "Holds a task in reclaim for HZ/10 at a time while more than 1.1 times the dirty limit is under writeback. With \
         __GFP_IO and __GFP_FS it waits until that is over; others, kcryptd among them, sleep once after \
         each scan of a zone or node. Gone in 4.9.",
    )
    .at("mm/page-writeback.c:throttle_vm_writeout", "panels of throttle delays and writeback, patches"),
    term(
        "congestion-wait",
        "congestion_wait",
        &["congestion_wait"],
        "Sleep of up to HZ/10, whether or not anything is congested. Completions on a legacy request queue end it early; on \
         blk-mq nothing does.",
    )
    .at("mm/backing-dev.c:congestion_wait", "panel of throttle delays, stacks"),
    term(
        "wait-iff-congested",
        "wait_iff_congested, worker nap",
        &["wait_iff_congested", "nap"],
        "Sleeps only if a queue is congested and the zone is marked so, which swapping does not cause. With 564e81a57f97 a \
         workqueue worker sleeps one jiffy there in any case: kcryptd pays it for each batch of 32 pages that it scans.",
    )
    .at("mm/backing-dev.c:wait_iff_congested", "panel of throttle delays, patches"),
    term(
        "throttle-direct-reclaim",
        "throttle_direct_reclaim",
        &["throttle_direct_reclaim"],
        "Holds user tasks that want to reclaim while free memory is at most half of the summed min watermarks: without \
         limit if they have __GFP_FS, a second at a time otherwise. Kernel threads pass.",
    )
    .at("mm/vmscan.c:throttle_direct_reclaim", "throttle delays, stacks"),
    term(
        "too-many-isolated",
        "too_many_isolated",
        &["too_many_isolated"],
        "Holds a direct reclaimer for HZ/10 at a time while more pages are off the lists, in the hands of reclaimers, than \
         are on the inactive list (an eighth of it for requests with __GFP_IO and __GFP_FS).",
    )
    .at("mm/vmscan.c:too_many_isolated", "throttle delays, stacks"),
    term(
        "balance-dirty-pages",
        "balance_dirty_pages",
        &["balance_dirty_pages"],
        "Slows down whoever writes to files, up to 200 ms at a time, once dirty pages and writeback pass the middle of both \
         dirty limits. Pages on their way to swap count in it.",
    )
    .at("mm/page-writeback.c:balance_dirty_pages", "throttle delays"),
    term(
        "oom-killer",
        "OOM killer",
        &["OOM killer", "OOM kill", "OOM kills", "out_of_memory", "OOM"],
        "Kills a process when reclaim is judged hopeless. Kernels judge that in different ways, but none asks how much \
         swap is free, only whether any is: so a process can die with 97 % of swap unused.",
    )
    .at("mm/oom_kill.c:out_of_memory, mm/page_alloc.c:__alloc_pages_may_oom", "verdict, panel of events, kernel log"),
    term(
        "oom-victim",
        "OOM victim, badness",
        &["victim", "badness"],
        "The process with the most resident pages, swap entries and page tables. It gets SIGKILL and TIF_MEMDIE, which in \
         these kernels opens all reserves to it, and dies when it next may.",
    )
    .at("mm/oom_kill.c:oom_badness, mark_oom_victim", "kernel log"),
    term(
        "oom-reaper",
        "oom_reaper",
        &["oom_reaper", "OOM reaper"],
        "Kernel thread that takes the anonymous memory of a victim without waiting for it to exit. Since 4.6.",
    )
    .at("mm/oom_kill.c:oom_reaper", "kernel log, table of kernels"),
    term(
        "mempool",
        "mempool",
        &["mempool_alloc", "mempools", "mempool"],
        "A few objects kept back so that I/O can go on without free memory. An allocation asks the allocator first without \
         and, when the pool is empty, with reclaim; then it sleeps until an object comes back, 5 s at most. Whoever \
         reclaims at that point is not woken by returning objects.",
    )
    .at("mm/mempool.c:mempool_alloc, mempool_free", "throttle delays, patches"),
    term(
        "device-mapper",
        "device mapper",
        &["device mapper", "dm core"],
        "Layer that makes block devices out of others. It takes a dm_io and a clone for each bio and, before 5.12, puts \
         no limit on how many pages of swap are in flight.",
    )
    .at("drivers/md/dm.c:__split_and_process_bio, __map_bio", "stacks, controls"),
    term(
        "dm-crypt",
        "dm-crypt",
        &["dm-crypt"],
        "Encrypted block device. A write is copied: each page in flight needs another page and a clone bio. Behind \
         the allocator stand pools of 256 pages and of 16 bios (64 from 4.8 on).",
    )
    .at("drivers/md/dm-crypt.c:crypt_map, crypt_alloc_buffer", "controls"),
    term(
        "bio",
        "bio",
        &[],
        "Block I/O as file systems, swap and device mapper pass it on. Swap-out makes one for each page; neighbours are merged \
         into larger requests by the disk's queue, below dm-crypt.",
    )
    .at("block/bio.c:bio_alloc_bioset", "stacks"),
    term(
        "clone-bio",
        "clone bio, bio set",
        &["clone bio", "clone bios"],
        "The bio that kcryptd allocates for the encrypted copy, from dm-crypt's bio set, a mempool of MIN_IOS. It is this \
         pool that runs empty in the recorded crawl, not that of the 256 pages.",
    )
    .at("drivers/md/dm-crypt.c:crypt_alloc_buffer", "table of kernels, stacks"),
    term(
        "kcryptd",
        "kcryptd",
        &["kcryptd"],
        "dm-crypt's workqueue: encrypts writes, decrypts reads, one bio at a time in each worker and at most one worker for \
         each CPU. It is no PF_MEMALLOC task: without a clone bio it reclaims, and is throttled, like anybody.",
    )
    .at("drivers/md/dm-crypt.c:kcryptd_crypt", "panel of throttle delays, verdict table"),
    term(
        "dmcrypt-write",
        "dmcrypt_write",
        &["dmcrypt_write", "sorting thread"],
        "Thread of a dm-crypt device that takes the encrypted bios, sorts them by sector and sends them to the disk; the \
         only one that waits for a full queue there.",
    )
    .at("drivers/md/dm-crypt.c:dmcrypt_write", "stacks, controls"),
    term(
        "workqueue",
        "worker pool",
        &["workqueue workers", "workqueue worker", "workqueue"],
        "Kernel threads that run work items. The pool's manager creates a worker when all are busy, and that allocates: \
         under pressure it hangs in reclaim like everybody else.",
    )
    .at("kernel/workqueue.c:worker_thread, create_worker", "panel of throttle delays"),
    term(
        "rescuer",
        "rescuer, mayday",
        &["rescuer", "mayday"],
        "Spare thread of a workqueue with WQ_MEM_RECLAIM. If no worker can be created for 10 ms, the mayday timer calls it; \
         it works off items of that queue, and sleeps wherever they sleep.",
    )
    .at("kernel/workqueue.c:pool_mayday_timeout, rescuer_thread", "panel of events"),
    term(
        "kthreadd",
        "kthreadd",
        &["kthreadd"],
        "Kernel thread that creates all others, with stacks of order 2 from GFP_KERNEL. As a kernel thread it passes \
         throttle_direct_reclaim, and so it is often the one that calls the OOM killer.",
    )
    .at("kernel/kthread.c:kthreadd", "kernel log"),
    term(
        "queue",
        "legacy queue, blk-mq",
        &["blk-mq", "request queue", "legacy"],
        "The two kinds of request queues. Both stop a submitter when their requests are used up; only the legacy kind \
         marks itself congested, and ends sleeps in congestion_wait early.",
    )
    .at("block/blk-core.c:get_request, block/blk-mq.c", "controls"),
    term(
        "jiffy",
        "jiffy, HZ",
        &["jiffy", "timer ticks"],
        "A tick of the kernel's timer, 1/HZ s. Sleeps end on ticks: HZ/10 is 100 ms at any HZ, a nap of one jiffy is 4 ms \
         at 250 and 1 ms at 1000.",
    )
    .at("include/linux/jiffies.h", "controls"),
    term(
        "thp",
        "transparent huge pages",
        &["transparent huge pages"],
        "Anonymous memory in blocks of 2 MiB. Here only their effect on min_free_kbytes: 44 MiB in place of 4 on a \
         machine of 1 GB.",
    )
    .at("mm/huge_memory.c:set_recommended_min_free_kbytes", "controls"),
    term(
        "scenario",
        "scenario",
        &[],
        "Machine, swap device, costs and workload of a run, in one file; every kernel of a comparison gets the same.",
    )
    .at("scenarios/*.toml", "controls, links"),
    term(
        "policy",
        "policy value",
        &["policy value"],
        "One decision in which kernels differ. A kernel version is a set of such values and nothing else; no code compares \
         versions.",
    )
    .at("crate/sim/src/kernel/policy.rs", "table of kernels"),
    term(
        "hog",
        "hog",
        &["hogs", "hog"],
        "Workload: a process that touches more anonymous memory than the machine has, page after page.",
    )
    .at("crate/sim/src/workload.rs", "controls, tasks"),
    term(
        "seed",
        "seed, ensemble",
        &["seeds", "seed"],
        "Number that shifts start and service times within the scenario's bounds. The same seed gives the same run, bit \
         for bit. Real outcomes turn on milliseconds, so an ensemble of seeds says how often each comes up.",
    )
    .at("crate/sim/src/rng.rs", "verdict, controls"),
    term(
        "probe",
        "probe latency",
        &["probe latency", "interactive task"],
        "A small task that touches a few pages of its own and the page cache of running programs every 100 ms, as an \
         interactive program would. Its latency is the time from the timer to the last of these pages.",
    )
    .at("crate/sim/src/workload.rs", "verdict table"),
    term(
        "sleeps",
        "throttle sleep, wait site",
        &["throttle delays", "throttle sleeps"],
        "A sleep that reclaim or a mempool imposes on a task, with the function that imposes it. Time in which a task waits \
         for its own I/O is none.",
    )
    .at("crate/sim/src/trace.rs: Site", "panel of throttle delays, verdict table"),
    term(
        "stall",
        "time without progress",
        &["without progress"],
        "Longest time in which the workload touched no further page: what a user takes for a freeze.",
    )
    .at("crate/sim/src/trace.rs", "verdict table"),
    term(
        "livelock",
        "livelock",
        &["livelock"],
        "Our rule, the same for every kernel: nothing killed, workload not finished, and slower than a fixed rate over the \
         end of the run. In a longer run it might finish. The section on outcomes has the figures.",
    )
    .at("crate/sim/src/trace.rs: Outcome", "verdict"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_term_is_whole_and_its_anchor_unique() {
        let mut ids = BTreeSet::new();
        for term in GLOSSARY {
            assert!(ids.insert(term.id), "{} twice", term.id);
            assert!(term.id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'));
            assert!(!term.name.is_empty() && !term.used.is_empty() && !term.place.is_empty(), "{}", term.id);
            assert!(term.definition.ends_with('.') && term.definition.len() < 400, "{}", term.id);
        }
    }

    #[test]
    fn a_spelling_stands_for_one_term() {
        let mut known = BTreeSet::new();
        for spelling in GLOSSARY.iter().flat_map(|term| term.spellings) {
            assert!(known.insert(spelling.to_lowercase()), "{spelling} twice");
            // The page looks for whole words, which a spelling must therefore begin and end with.
            let ends = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(spelling.starts_with(ends) && spelling.ends_with(ends), "{spelling}");
        }
    }
}
