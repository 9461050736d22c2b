//! The kernel versions, oldest first; reading top-down is the history.

use super::{
    CompactRetry, Compaction, CryptMinIos, DirtyArithmetic, DmSwapBios, FairZones, InactiveRatio,
    KernelPolicy, LessThrottle, LessThrottleBonus, LruUnit, MemallocTry, MempoolReclaim, MempoolReserves,
    NofsOom, OomAbort, OomReaper, OomReportStyle, OomTie, OomVeto, Progress, Reclaimable, Retry,
    StallWarning, SwapinLru, ThrottleVmWriteout, VictimReserves, WatermarkDistance, WorkerNap, WritebackFlag,
};

/// One kernel version.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// Name in scenarios, links and on the command line.
    pub name: &'static str,
    /// What sets it apart, in one line.
    pub summary: &'static str,
    /// Commits that brought the behaviour the summary names, with their subjects.
    pub commits: &'static [(&'static str, &'static str)],
    build: fn() -> KernelPolicy,
}

impl Version {
    /// The behaviour of this version.
    #[must_use]
    pub fn policy(&self) -> KernelPolicy {
        (self.build)()
    }
}

/// All versions, oldest first.
pub static VERSIONS: &[Version] = &[
    Version {
        name: "4.5",
        summary: "mempools spare the reserves; workers nap a jiffy in reclaim; OOM at 6 x reclaimable scanned",
        commits: &[(
            "564e81a57f97",
            "mm, vmstat: fix wrong WQ sleep when memory reclaim doesn't make any progress",
        )],
        build: v4_5,
    },
    Version {
        name: "4.6",
        summary: "as 4.5, but mempools may drain the reserves; OOM reaper",
        commits: &[
            ("f9054c70d28b", "mm, mempool: only set __GFP_NOMEMALLOC if there are free elements"),
            ("795ae7a0de6b", "mm: scale kswapd watermarks in proportion to memory"),
            ("aac453635549", "mm, oom: introduce oom reaper"),
        ],
        build: v4_6,
    },
    Version {
        name: "4.7-rc6",
        summary: "as 4.6, but OOM needs 16 rounds without progress and workers nap only when a round is retried",
        commits: &[
            ("0a0337e0d1d1", "mm, oom: rework oom detection"),
            ("ede377137378", "mm: throttle on IO only when there are too many dirty and writeback pages"),
            ("59dc76b0d4df", "mm: vmscan: reduce size of inactive file list"),
        ],
        build: v4_7,
    },
    Version {
        name: "4.7",
        summary: "as 4.7-rc6: memory management did not change between them",
        commits: &[],
        build: v4_7,
    },
    Version {
        name: "4.8",
        summary: "mempools spare the reserves again; LRU lists and kswapd by node; kswapd's writeback stall sticks",
        commits: &[
            ("4e390b2b2f34", "Revert \"mm, mempool: only set __GFP_NOMEMALLOC if there are free elements\""),
            ("599d0c954f91", "mm, vmscan: move LRU lists to node"),
            ("1d82de618ddd", "mm, vmscan: make kswapd reclaim in terms of nodes"),
            ("0a83df6c8cac", "dm crypt: increase mempool reserve to better support swapping"),
        ],
        build: v4_8,
    },
    Version {
        name: "4.9",
        summary: "as 4.8, without throttle_vm_writeout",
        commits: &[
            ("bf48438354a7", "mm, vmscan: get rid of throttle_vm_writeout"),
            ("63f53dea0c98", "mm: warn about allocations which stall for too long"),
        ],
        build: v4_9,
    },
];

fn v4_5() -> KernelPolicy {
    KernelPolicy {
        watermark_distance: WatermarkDistance::QuarterOfMin,
        victim_reserves: VictimReserves::NoWatermarks,
        fair_zones: FairZones::RoundRobin,
        memalloc_try: MemallocTry::AfterMin,
        compaction: Compaction::BeforeReclaim,
        compact_retry: CompactRetry::NotAsked,
        progress: Progress::FreedOrReclaimable,
        retry: Retry::WhileProgress,
        reclaimable: Reclaimable::WithIsolated,
        worker_nap: WorkerNap::WaitIffCongested,
        nofs_oom: NofsOom::BeforeOutOfMemory,
        stall_warning: StallWarning::Absent,
        lru: LruUnit::Zone,
        inactive_ratio: InactiveRatio::ByZoneSize,
        swapin_lru: SwapinLru::Inactive,
        writeback_flag: WritebackFlag::ClearedAfterShrink,
        throttle_vm_writeout: ThrottleVmWriteout::Everyone,
        less_throttle_bonus: LessThrottleBonus::Quarter,
        dirty_arithmetic: DirtyArithmetic::Percent,
        oom_reaper: OomReaper::Absent,
        oom_tie: OomTie::First,
        oom_abort: OomAbort::VictimOrExiting,
        oom_veto: OomVeto::Absent,
        oom_report: OomReportStyle::HexMask,
        mempool_reserves: MempoolReserves::Never,
        mempool_reclaim: MempoolReclaim::PoolEmpty,
        less_throttle: LessThrottle::Nobody,
        dm_swap_bios: DmSwapBios::Unlimited,
        crypt_min_ios: CryptMinIos::Sixteen,
    }
}

fn v4_6() -> KernelPolicy {
    KernelPolicy {
        watermark_distance: WatermarkDistance::ScaleFactor,
        oom_reaper: OomReaper::Immediate,
        oom_abort: OomAbort::Victim,
        oom_report: OomReportStyle::MaskNames,
        mempool_reserves: MempoolReserves::WhenEmpty,
        ..v4_5()
    }
}

fn v4_7() -> KernelPolicy {
    KernelPolicy {
        compact_retry: CompactRetry::Feedback,
        progress: Progress::Freed,
        retry: Retry::ShouldReclaimRetry,
        worker_nap: WorkerNap::ShouldReclaimRetry,
        nofs_oom: NofsOom::InsideOutOfMemory,
        inactive_ratio: InactiveRatio::ByListSize,
        less_throttle_bonus: LessThrottleBonus::QuarterAndMore,
        dirty_arithmetic: DirtyArithmetic::PagePerMille,
        oom_tie: OomTie::Last,
        ..v4_6()
    }
}

fn v4_8() -> KernelPolicy {
    KernelPolicy {
        fair_zones: FairZones::Absent,
        memalloc_try: MemallocTry::InsteadOfMin,
        compaction: Compaction::AfterReclaim,
        compact_retry: CompactRetry::SinglePages,
        reclaimable: Reclaimable::LruOnly,
        lru: LruUnit::Node,
        swapin_lru: SwapinLru::Active,
        writeback_flag: WritebackFlag::NeverCleared,
        oom_report: OomReportStyle::NodeLine,
        mempool_reserves: MempoolReserves::NeverAgain,
        crypt_min_ios: CryptMinIos::SixtyFour,
        ..v4_7()
    }
}

fn v4_9() -> KernelPolicy {
    KernelPolicy {
        compact_retry: CompactRetry::FeedbackRestored,
        stall_warning: StallWarning::EveryTenSeconds,
        throttle_vm_writeout: ThrottleVmWriteout::Absent,
        oom_tie: OomTie::First,
        oom_report: OomReportStyle::NodeMask,
        ..v4_8()
    }
}
