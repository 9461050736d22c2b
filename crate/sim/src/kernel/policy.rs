//! Everything in which the kernels of the model differ. Numbers in brackets are rows of the behaviour table of the
//! kernel facts that the model was built from.

use super::table::{Behaviour, BehaviourValue, PolicyRow, choices, policy};

policy! {
    "zones and reserves" {
        /// distance of the low and high watermark from min
        watermark_distance: WatermarkDistance = "mm/page_alloc.c:__setup_per_zone_wmarks",
        /// how deep an OOM victim may dig into the reserves
        victim_reserves: VictimReserves = "mm/page_alloc.c:gfp_to_alloc_flags",
    }
    "page allocator" {
        /// whether zones take turns in the fast path
        fair_zones: FairZones = "mm/page_alloc.c:get_page_from_freelist",
        /// when a request that may ignore watermarks does
        memalloc_try: MemallocTry = "mm/page_alloc.c:__alloc_pages_slowpath",
        /// where direct compaction stands in the slow path (order > 0)
        compaction: Compaction = "mm/page_alloc.c:__alloc_pages_slowpath",
        /// whether compaction asks for another round (orders 1 to 3)
        compact_retry: CompactRetry = "mm/page_alloc.c:should_compact_retry",
        /// what a round of direct reclaim must have done to count as progress
        progress: Progress = "mm/vmscan.c:do_try_to_free_pages",
        /// another round or the OOM killer
        retry: Retry = "mm/page_alloc.c:__alloc_pages_slowpath",
        /// which pages a retry may count on
        reclaimable: Reclaimable = "mm/vmscan.c:zone_reclaimable_pages",
        /// where a workqueue worker takes its nap of one jiffy
        worker_nap: WorkerNap = "mm/backing-dev.c:wait_iff_congested",
        /// where a request without __GFP_FS leaves the way to the OOM killer
        nofs_oom: NofsOom = "mm/page_alloc.c:__alloc_pages_may_oom",
        /// whether a long allocation is reported
        stall_warning: StallWarning = "mm/page_alloc.c:__alloc_pages_slowpath",
    }
    "reclaim" {
        /// what LRU lists, scan counters and kswapd belong to
        lru: LruUnit = "mm/vmscan.c:shrink_zones",
        /// when an active list is worth shrinking
        inactive_ratio: InactiveRatio = "mm/vmscan.c:inactive_list_is_low",
        /// where a page goes that comes back from swap
        swapin_lru: SwapinLru = "mm/memory.c:do_swap_page",
        /// what ends kswapd's stall on pages that it has queued already
        writeback_flag: WritebackFlag = "mm/vmscan.c:kswapd_shrink_zone",
        /// whom throttle_vm_writeout holds
        throttle_vm_writeout: ThrottleVmWriteout = "mm/page-writeback.c:throttle_vm_writeout",
        /// what PF_LESS_THROTTLE adds to the dirty limits of its task
        less_throttle_bonus: LessThrottleBonus = "mm/page-writeback.c:domain_dirty_limits",
        /// from percent to pages in the dirty limits
        dirty_arithmetic: DirtyArithmetic = "mm/page-writeback.c:domain_dirty_limits",
    }
    "OOM killer" {
        /// whether a victim's memory is taken without its help
        oom_reaper: OomReaper = "mm/oom_kill.c:oom_reaper",
        /// which of several equally bad processes is killed
        oom_tie: OomTie = "mm/oom_kill.c:select_bad_process",
        /// which processes that are dying already hold off a kill
        oom_abort: OomAbort = "mm/oom_kill.c:oom_scan_process_thread",
        /// what else holds off a kill
        oom_veto: OomVeto = "mm/page_alloc.c:__alloc_pages_may_oom",
        /// layout of the report
        oom_report: OomReportStyle = "mm/page_alloc.c:show_free_areas",
    }
    "mempools and dm-crypt" {
        /// when a mempool may take memory reserves
        mempool_reserves: MempoolReserves = "mm/mempool.c:mempool_alloc",
        /// whether a mempool may reclaim once it is empty
        mempool_reclaim: MempoolReclaim = "mm/mempool.c:mempool_alloc",
        /// who runs with PF_LESS_THROTTLE
        less_throttle: LessThrottle = "drivers/md/dm-crypt.c:kcryptd_crypt, mm/mempool.c:mempool_alloc",
        /// how many pages may be on their way to swap on a mapped device
        dm_swap_bios: DmSwapBios = "drivers/md/dm.c:__map_bio",
        /// size of dm-crypt's pool of clone bios (MIN_IOS)
        crypt_min_ios: CryptMinIos = "drivers/md/dm-crypt.c:crypt_ctr",
    }
}

choices! {
    /// Distance of the low and high watermark \[2\].
    WatermarkDistance {
        /// low = min + min/4, high = min + min/2
        QuarterOfMin = "",
        /// steps of the larger of min/4 and managed * watermark_scale_factor / 10000
        ScaleFactor = "795ae7a0de6b",
    }
}

choices! {
    /// Reserves for OOM victims \[7\].
    VictimReserves {
        /// no watermark holds a victim
        NoWatermarks = "",
        /// half of min stays (ALLOC_OOM)
        HalfOfMin = "cd04ae1e2dc8",
    }
}

choices! {
    /// Fairness between zones \[4\].
    FairZones {
        /// a zone is passed over once it has given high - low pages, until all have
        RoundRobin = "",
        /// always the highest zone above its low mark
        Absent = "e6cbd7f2efb4",
    }
}

choices! {
    /// PF_MEMALLOC and __GFP_MEMALLOC \[8\].
    MemallocTry {
        /// in each round a try at min first, then one without watermarks
        AfterMin = "",
        /// one try at min before the first round, in each round one without watermarks
        InsteadOfMin = "31a6c1909f51",
    }
}

choices! {
    /// Direct compaction.
    Compaction {
        /// before direct reclaim
        BeforeReclaim = "",
        /// after direct reclaim
        AfterReclaim = "a8161d1ed609",
    }
}

choices! {
    /// Retries for the sake of compaction.
    CompactRetry {
        /// progress of reclaim alone decides
        NotAsked = "",
        /// after progress: as long as compaction was skipped for want of pages, and 16 times after it failed
        Feedback = "mm, oom: protect !costly allocations some more",
        /// after progress: whenever a zone passes its min mark for a single page
        SinglePages = "6b4e3181d7bd",
        /// after progress: again as long as compaction was skipped for want of pages, and 16 times after it failed
        FeedbackRestored = "3250845d0526",
    }
}

choices! {
    /// Progress of direct reclaim \[9\].
    Progress {
        /// a page was freed, or some zone has been scanned less than 6 times since a page reached its free lists
        FreedOrReclaimable = "",
        /// a page was freed
        Freed = "0a0337e0d1d1",
    }
}

choices! {
    /// Retry or OOM \[10, 11, 12\].
    Retry {
        /// progress: wait_iff_congested(HZ/50) and again, without bound; none: OOM killer
        WhileProgress = "",
        /// should_reclaim_retry: up to 16 rounds in a row without progress, with reclaimable pages scaled down
        ShouldReclaimRetry = "0a0337e0d1d1",
    }
}

choices! {
    /// Reclaimable pages of a zone.
    Reclaimable {
        /// the zone's LRU lists and its isolated pages
        WithIsolated = "",
        /// the zone's LRU counters; isolated pages do not count
        LruOnly = "5a1c84b404a7",
    }
}

choices! {
    /// The nap of workqueue workers \[13\].
    WorkerNap {
        /// nowhere, as before 4.5-rc3
        Absent = "mm/backing-dev.c:wait_iff_congested without 564e81a57f97",
        /// after each batch of shrink_inactive_list and on each retry
        WaitIffCongested = "564e81a57f97",
        /// when should_reclaim_retry answers yes
        ShouldReclaimRetry = "ede377137378",
    }
}

choices! {
    /// The OOM killer and __GFP_FS \[28\].
    NofsOom {
        /// goes round again without calling out_of_memory
        BeforeOutOfMemory = "",
        /// out_of_memory returns true and kills nothing, but a dying caller becomes a victim
        InsideOutOfMemory = "3da88fb3bacf",
    }
}

choices! {
    /// Stall warnings \[33\].
    StallWarning {
        /// silence
        Absent = "",
        /// a line after each 10 s that one request has taken
        EveryTenSeconds = "63f53dea0c98",
    }
}

choices! {
    /// The unit of reclaim \[1\].
    LruUnit {
        /// each zone has its lists; kswapd balances every zone
        Zone = "",
        /// one set of lists; kswapd is content with one balanced zone, and sleeps when all are
        Node = "599d0c954f91, 1d82de618ddd",
    }
}

choices! {
    /// Active against inactive \[25\].
    InactiveRatio {
        /// anon: isqrt(10 x GB of the zone) to 1; file: 1 to 1
        ByZoneSize = "",
        /// both: isqrt(10 x GB of the list) to 1
        ByListSize = "59dc76b0d4df",
    }
}

choices! {
    /// Pages read from swap.
    SwapinLru {
        /// to the inactive list
        Inactive = "",
        /// to the active list (posted for 4.8; the release was not seen)
        Active = "1469762740-17860-1-git-send-email-minchan@kernel.org",
    }
}

choices! {
    /// `ZONE_WRITEBACK`, `PGDAT_WRITEBACK` \[19\].
    WritebackFlag {
        /// cleared after each shrink of a zone
        ClearedAfterShrink = "",
        /// never cleared: from the first batch that is all writeback, each later one with a queued page costs 100 ms
        NeverCleared = "1d82de618ddd",
    }
}

choices! {
    /// Throttling of reclaimers by writeback \[14\].
    ThrottleVmWriteout {
        /// every reclaimer above 1.1 x the dirty limit, HZ/10 at a time
        Everyone = "",
        /// every reclaimer but those with __GFP_NORETRY, which every mempool allocation has
        NotNoretry = "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        /// every reclaimer but tasks with PF_LESS_THROTTLE
        NotLessThrottle = "1468831285-27242-2-git-send-email-mhocko@kernel.org",
        /// nobody: the function does not exist
        Absent = "bf48438354a7",
    }
}

choices! {
    /// Arithmetic of the dirty limits.
    DirtyArithmetic {
        /// ratio * available / 100
        Percent = "",
        /// floor(ratio * PAGE_SIZE / 100) * available / PAGE_SIZE
        PagePerMille = "mm/page-writeback.c, by comparison of 4.6 and 4.7",
    }
}

choices! {
    /// The OOM reaper \[29\].
    OomReaper {
        /// the victim must run and exit
        Absent = "",
        /// a kernel thread unmaps the victim's anonymous memory at once
        Immediate = "aac453635549",
    }
}

choices! {
    /// Equal badness.
    OomTie {
        /// the first found
        First = "mm/oom_kill.c, by comparison of 4.6, 4.7 and 4.9",
        /// the last found
        Last = "mm/oom_kill.c, by comparison of 4.6, 4.7 and 4.9",
    }
}

choices! {
    /// Who stops a kill.
    OomAbort {
        /// an earlier victim, and any process on its way out
        VictimOrExiting = "",
        /// an earlier victim whose memory is not yet freed or reaped
        Victim = "6a618957ad17",
    }
}

choices! {
    /// The OOM report.
    OomReportStyle {
        /// gfp_mask as a number
        HexMask = "",
        /// gfp_mask with names
        MaskNames = "edf14cdbf9a0",
        /// gfp_mask with names; a line of node counters before the zones
        NodeLine = "599d0c954f91",
        /// as NodeLine; nodemask behind gfp_mask
        NodeMask = "mm/oom_kill.c:dump_header, by comparison of 4.8 and 4.9",
    }
}

choices! {
    /// Mempools and reserves \[35\].
    MempoolReserves {
        /// never: __GFP_NOMEMALLOC on every attempt
        Never = "",
        /// once the pool is empty
        WhenEmpty = "f9054c70d28b",
        /// once the pool is empty, and then only for an OOM victim
        VictimsOnly = "1468831285-27242-1-git-send-email-mhocko@kernel.org",
        /// never again: __GFP_NOMEMALLOC on every attempt
        NeverAgain = "4e390b2b2f34",
    }
}

choices! {
    /// Reclaim by mempools.
    MempoolReclaim {
        /// the second try, with the pool empty, may reclaim if the caller may
        PoolEmpty = "",
        /// never: with the pool empty the caller waits for an element
        Never = "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
    }
}

choices! {
    /// PF_LESS_THROTTLE.
    LessThrottle {
        /// nobody who swaps (loop devices and nfsd have it)
        Nobody = "",
        /// kcryptd while it works on a bio
        Kcryptd = "20160713111006.GF28723@dhcp22.suse.cz",
        /// everybody while a mempool allocates
        Mempool = "20160714125129.GA12289@dhcp22.suse.cz",
    }
}

choices! {
    /// Dirty limits under PF_LESS_THROTTLE.
    LessThrottleBonus {
        /// a quarter
        Quarter = "",
        /// a quarter and a 32nd of the slow limit
        QuarterAndMore = "mm/page-writeback.c, by comparison of 4.6 and 4.7",
    }
}

choices! {
    /// Vetoes on the OOM killer.
    OomVeto {
        /// nothing
        Absent = "",
        /// pages under writeback, one of which was finished within the last 5 s (the time is assumed)
        WritebackMoves = "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        /// more than half of swap is free (the share is assumed)
        SwapFree = "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
    }
}

choices! {
    /// Swap on mapped devices.
    DmSwapBios {
        /// any number
        Unlimited = "",
        /// 2,048 bios; the next one waits (swap_bios)
        Limited = "a666e5c05e7c",
    }
}

choices! {
    /// dm-crypt's MIN_IOS.
    CryptMinIos {
        /// 16 bios
        Sixteen = "",
        /// 64 bios
        SixtyFour = "0a83df6c8cac",
    }
}

impl CryptMinIos {
    /// Elements in the pool.
    #[must_use]
    pub const fn count(self) -> u32 {
        match self {
            Self::Sixteen => 16,
            Self::SixtyFour => 64,
        }
    }
}
