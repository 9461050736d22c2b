//! Kernels as data: policy values, versions, and the patches of the mailing list.
//!
//! This folder is the only place that names a version. The model reads the fields of [`KernelPolicy`] and never
//! compares versions. A version is the one before it plus cited changes; a patch is a function on a policy.

mod patches;
mod versions;

pub use patches::{PATCHES, Patch};
pub use versions::{VERSIONS, Version};

/// When a mempool forbids its callers to take memory reserves (`mm/mempool.c:mempool_alloc`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MempoolReserves {
    /// `__GFP_NOMEMALLOC` on every attempt.
    Never,
    /// Only while the pool still has elements (f9054c70d28b).
    WhenEmpty,
}

/// What a round of direct reclaim must have done to count as progress (`mm/vmscan.c:do_try_to_free_pages`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A page was freed, or some zone was still `zone_reclaimable`: fewer than 6 x reclaimable pages scanned
    /// since the last page reached its free lists.
    FreedOrReclaimable,
    /// A page was freed (0a0337e0d1d1).
    Freed,
}

/// How `__alloc_pages_slowpath` decides between another round and the OOM killer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Progress: `wait_iff_congested(HZ/50)` and again, without bound. No progress: OOM killer.
    WhileProgress,
    /// `should_reclaim_retry`: up to 16 rounds in a row without progress, scaled-down reclaimable pages (0a0337e0d1d1).
    ShouldReclaimRetry,
}

/// Where a workqueue worker takes its one-jiffy nap (564e81a57f97, moved by ede377137378).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerNap {
    /// In `wait_iff_congested`: after each batch of `shrink_inactive_list` and on each retry.
    WaitIffCongested,
    /// In `should_reclaim_retry` when it answers yes.
    ShouldReclaimRetry,
}

/// Who passes `throttle_vm_writeout` (`mm/page-writeback.c`) without looking at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleVmWriteout {
    /// Nobody.
    All,
    /// Requests with `__GFP_NORETRY`, which every mempool allocation has.
    NotNoretry,
    /// The function does not exist (bf48438354a7).
    Absent,
}

/// `vm.dirty_ratio` to pages (`mm/page-writeback.c:domain_dirty_limits`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirtyArithmetic {
    /// `ratio * available / 100`.
    Percent,
    /// `floor(ratio * PAGE_SIZE / 100) * available / PAGE_SIZE`.
    PagePerMille,
}

/// Distance of the low and high watermark (`mm/page_alloc.c:__setup_per_zone_wmarks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatermarkDistance {
    /// low = min + min/4, high = min + min/2.
    QuarterOfMin,
    /// The larger of min/4 and managed * watermark_scale_factor / 10000 (795ae7a0de6b).
    ScaleFactor,
}

/// What one kernel does, where kernels differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelPolicy {
    /// Reserves and mempools.
    pub mempool_reserves: MempoolReserves,
    /// Progress of direct reclaim.
    pub progress: Progress,
    /// Retry or OOM.
    pub retry: Retry,
    /// The worker's nap.
    pub worker_nap: WorkerNap,
    /// Throttling of reclaimers by writeback.
    pub throttle_vm_writeout: ThrottleVmWriteout,
    /// Arithmetic of the dirty limit.
    pub dirty_arithmetic: DirtyArithmetic,
    /// Watermark distance.
    pub watermark_distance: WatermarkDistance,
    /// dm-crypt's `MIN_IOS`: size of the clone bio pool.
    pub crypt_min_ios: u32,
    /// The OOM reaper frees a victim's memory (aac453635549).
    pub oom_reaper: bool,
}

/// A version with patches on top, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// The version's name, such as `4.7-rc6`.
    pub version: &'static str,
    /// Names of the patches on top, in order.
    pub patches: Vec<&'static str>,
    /// The resulting behaviour.
    pub policy: KernelPolicy,
}

/// Why a kernel's name was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelError {
    /// No version of this name.
    UnknownVersion(String),
    /// No patch of this name.
    UnknownPatch(String),
    /// The same patch twice.
    RepeatedPatch(String),
}

impl Kernel {
    /// Reads `VERSION` or `VERSION~PATCH~PATCH`.
    ///
    /// # Errors
    /// Names the part that is unknown or repeated.
    pub fn parse(text: &str) -> Result<Self, KernelError> {
        let mut parts = text.split('~');
        let name = parts.next().unwrap_or_default();
        let version = VERSIONS
            .iter()
            .find(|version| version.name == name)
            .ok_or_else(|| KernelError::UnknownVersion(name.to_owned()))?;
        let mut kernel = Self { version: version.name, patches: Vec::new(), policy: version.policy() };
        for part in parts {
            let patch = PATCHES
                .iter()
                .find(|patch| patch.name == part)
                .ok_or_else(|| KernelError::UnknownPatch(part.to_owned()))?;
            if kernel.patches.contains(&patch.name) {
                return Err(KernelError::RepeatedPatch(part.to_owned()));
            }
            (patch.apply)(&mut kernel.policy);
            kernel.patches.push(patch.name);
        }
        Ok(kernel)
    }

    /// The name that [`Kernel::parse`] reads.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = self.version.to_owned();
        for patch in &self.patches {
            name.push('~');
            name.push_str(patch);
        }
        name
    }
}
