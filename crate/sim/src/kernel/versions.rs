//! The kernel versions, oldest first; reading top-down is the history.

use super::{
    DirtyArithmetic, KernelPolicy, MempoolReserves, Progress, Retry, ThrottleVmWriteout, WatermarkDistance,
    WorkerNap,
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
pub const VERSIONS: &[Version] = &[
    Version {
        name: "4.6",
        summary: "mempools may drain the reserves; workers nap a jiffy in reclaim; OOM at 6 x reclaimable scanned",
        commits: &[
            ("f9054c70d28b", "mm, mempool: only set __GFP_NOMEMALLOC if there are free elements"),
            ("564e81a57f97", "mm, vmstat: fix wrong WQ sleep when memory reclaim doesn't make any progress"),
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
        ],
        build: v4_7,
    },
];

fn v4_6() -> KernelPolicy {
    KernelPolicy {
        mempool_reserves: MempoolReserves::WhenEmpty,
        progress: Progress::FreedOrReclaimable,
        retry: Retry::WhileProgress,
        worker_nap: WorkerNap::WaitIffCongested,
        throttle_vm_writeout: ThrottleVmWriteout::All,
        dirty_arithmetic: DirtyArithmetic::Percent,
        watermark_distance: WatermarkDistance::ScaleFactor,
        crypt_min_ios: 16,
        oom_reaper: true,
    }
}

fn v4_7() -> KernelPolicy {
    KernelPolicy {
        progress: Progress::Freed,
        retry: Retry::ShouldReclaimRetry,
        worker_nap: WorkerNap::ShouldReclaimRetry,
        dirty_arithmetic: DirtyArithmetic::PagePerMille,
        ..v4_6()
    }
}
