//! Whether a request goes round again, as functions of plain numbers (mm/page_alloc.c).

use super::PAGE_ALLOC_COSTLY_ORDER;
use crate::decision::RetryThen;
use crate::kernel::{Progress, Retry};
use crate::mmzone::leaves;

/// `MAX_RECLAIM_RETRIES`.
const MAX_RECLAIM_RETRIES: u64 = 16;

/// A zone as the question for another round sees it. Pages.
#[derive(Clone, Copy, Debug)]
pub struct RetryZone {
    /// `zone_reclaimable_pages`.
    pub reclaimable: u64,
    /// Free pages.
    pub free: u64,
    /// Page cache that is dirty, and pages under writeback.
    pub pending: u64,
    /// What the request must leave: the min mark, less what its flags allow, and `lowmem_reserve`.
    pub need: u64,
    /// There is a free block of the request's order, or a larger one.
    pub block: bool,
}

impl RetryZone {
    /// Free pages, and those to be reclaimed scaled down by the rounds without progress.
    pub(crate) fn available(&self, no_progress: u64) -> u64 {
        let scaled = (no_progress * self.reclaimable).div_ceil(MAX_RECLAIM_RETRIES);
        self.reclaimable.saturating_sub(scaled) + self.free
    }

    /// `__zone_watermark_ok` with [`available`](Self::available) pages instead of the free ones.
    pub(crate) fn passes(&self, order: usize, no_progress: u64) -> bool {
        leaves(order, self.available(no_progress), self.need) && self.block
    }
}

/// `should_reclaim_retry` (0a0337e0d1d1): would free plus reclaimable pages pass the min mark in some zone? The first
/// such zone, from the highest down, also decides whether to wait (ede377137378).
fn should_reclaim_retry(
    order: usize,
    progress: bool,
    no_progress: u64,
    mut zones: impl Iterator<Item = RetryZone>,
) -> RetryThen {
    if no_progress > MAX_RECLAIM_RETRIES {
        return RetryThen::GivesUp;
    }
    match zones.find(|zone| zone.passes(order, no_progress)) {
        None => RetryThen::GivesUp,
        Some(zone) if !progress && 2 * zone.pending > zone.reclaimable => RetryThen::WaitsForWriteback,
        Some(_) => RetryThen::Again,
    }
}

/// Whether reclaim that has freed nothing says that it made progress.
pub(crate) fn progress_without_pages(progress: Progress, still_reclaimable: bool) -> bool {
    match progress {
        Progress::FreedOrReclaimable => still_reclaimable,
        Progress::Freed => false,
    }
}

/// What follows a round of the slow path that has got no page, compaction apart. `no_progress` counts the rounds in a
/// row that freed nothing; `zones` come from the highest down.
pub(crate) fn after_round(
    retry: Retry,
    order: usize,
    progress: bool,
    no_progress: &mut u64,
    zones: impl Iterator<Item = RetryZone>,
) -> RetryThen {
    if order > PAGE_ALLOC_COSTLY_ORDER {
        return RetryThen::GivesUp;
    }
    match retry {
        Retry::WhileProgress if progress => RetryThen::Again,
        Retry::WhileProgress => RetryThen::GivesUp,
        Retry::ShouldReclaimRetry => {
            *no_progress = if progress { 0 } else { *no_progress + 1 };
            should_reclaim_retry(order, progress, *no_progress, zones)
        }
    }
}
