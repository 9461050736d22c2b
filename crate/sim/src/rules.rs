//! Rules of the kernel as functions of plain numbers, in the form in which the model runs them: the part of it that a
//! second model can be held against.
//!
//! Counts are pages. LRU lists come in the order of `enum lru_list`; pairs are anonymous pages and page cache.

use crate::gfp::Gfp;
use crate::kernel::KernelPolicy;
use crate::mempool::Attempts;
use crate::{lruvec, mempool, page_alloc, page_writeback};

pub use crate::lruvec::ScanCount;
pub use crate::mempool::AfterAttempt;
pub use crate::page_alloc::retry::RetryZone;
pub use crate::trace::RetryThen;

/// Pages to scan of each LRU list (`get_scan_count`).
pub fn scan_count(count: &mut ScanCount) -> [u64; 4] {
    count.targets()
}

/// Whether the inactive list is low beside the active one (`inactive_list_is_low`), on a machine with swap. `managed`
/// pages of the zone.
#[must_use]
pub fn list_is_low(policy: &KernelPolicy, file: bool, managed: u64, inactive: u64, active: u64) -> bool {
    lruvec::list_is_low(policy.inactive_ratio, file, managed, inactive, active)
}

/// Pages of a zone that a retry may count on (`zone_reclaimable_pages`).
#[must_use]
pub fn reclaimable(policy: &KernelPolicy, lists: [u64; 4], isolated: [u64; 2], swap_free: u64) -> u64 {
    lruvec::zone_reclaimable_pages(policy.reclaimable, lists, isolated, swap_free)
}

/// Whether a zone or node with so many reclaimable pages is worth scanning (`zone_reclaimable`, `pgdat_reclaimable`).
#[must_use]
pub fn is_reclaimable(pages_scanned: u64, reclaimable: u64) -> bool {
    lruvec::is_reclaimable(pages_scanned, reclaimable)
}

/// What follows a round of the slow path that has got no page, compaction apart; `zones` from the highest down.
/// `no_progress` counts the rounds in a row that freed nothing.
pub fn after_round(
    policy: &KernelPolicy,
    order: usize,
    progress: bool,
    no_progress: &mut u64,
    zones: &[RetryZone],
) -> RetryThen {
    page_alloc::retry::after_round(policy.retry, order, progress, no_progress, zones.iter().copied())
}

/// Whether direct reclaim says that it made progress (`do_try_to_free_pages`): it has freed pages, or some zone is still
/// `zone_reclaimable`.
#[must_use]
pub fn progress(policy: &KernelPolicy, freed: u64, still_reclaimable: bool) -> bool {
    freed > 0 || page_alloc::retry::progress_without_pages(policy.progress, still_reclaimable)
}

/// The attempts of one `mempool_alloc`.
pub struct MempoolAttempts<'a> {
    policy: &'a KernelPolicy,
    attempts: Attempts,
}

impl<'a> MempoolAttempts<'a> {
    /// For a caller with a mask of gfp bits.
    #[must_use]
    pub fn new(policy: &'a KernelPolicy, gfp: u32) -> Self {
        Self { policy, attempts: Attempts::new(policy.mempool_reclaim, Gfp(gfp)) }
    }

    /// The mask of the attempt that is due, with the pool empty or not and for an OOM victim or not.
    #[must_use]
    pub fn mask(&self, empty: bool, victim: bool) -> u32 {
        self.attempts.mask(mempool::may_drain(self.policy.mempool_reserves, empty, victim)).0
    }

    /// What follows when neither the allocator nor the pool had anything.
    pub fn advance(&mut self) -> AfterAttempt {
        self.attempts.advance()
    }
}

/// Background threshold and dirty threshold in pages (`global_dirty_limits`).
#[must_use]
pub fn dirty_limits(
    policy: &KernelPolicy,
    ratios: (u64, u64),
    free: u64,
    totalreserve: u64,
    file: u64,
) -> (u64, u64) {
    let available = page_writeback::dirtyable(free, totalreserve, file);
    page_writeback::thresholds(policy.dirty_arithmetic, ratios, available)
}

/// The slow limit after an interval in which a task was held for dirtying page cache (`update_dirty_limit`).
#[must_use]
pub fn next_slow_limit(slow: u64, threshold: u64, dirty: u64) -> u64 {
    page_writeback::next_slow_limit(slow, threshold, dirty)
}

/// Pages under writeback above which `throttle_vm_writeout` holds a task; `None` where it holds none like it.
#[must_use]
pub fn throttle_limit(
    policy: &KernelPolicy,
    threshold: u64,
    slow: u64,
    noretry: bool,
    less_throttle: bool,
) -> Option<u64> {
    let bonus = less_throttle.then_some(policy.less_throttle_bonus);
    page_writeback::is_held(policy.throttle_vm_writeout, noretry, less_throttle)
        .then(|| page_writeback::throttle_limit(threshold, slow, bonus))
}
