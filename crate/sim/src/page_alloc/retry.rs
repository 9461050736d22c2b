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

#[cfg(test)]
mod tests {
    use super::*;

    /// A zone that needs 100 pages and has so many.
    fn zone(reclaimable: u64, free: u64) -> RetryZone {
        RetryZone { reclaimable, free, pending: 0, need: 100, block: true }
    }

    fn ask(no_progress: u64, zone: RetryZone) -> RetryThen {
        should_reclaim_retry(0, false, no_progress, [zone].into_iter())
    }

    #[test]
    fn should_reclaim_retry_gives_up_after_sixteen_rounds_whatever_is_free() {
        assert_eq!([16, 17].map(|round| ask(round, zone(0, 101))), [RetryThen::Again, RetryThen::GivesUp]);
        assert_eq!(ask(18, zone(0, 101)), RetryThen::GivesUp);
    }

    #[test]
    fn should_reclaim_retry_adds_what_is_free_to_what_is_left_of_the_reclaimable_pages() {
        assert_eq!(zone(160, 30).available(4), 160 - 40 + 30);
        assert_eq!([41, 40].map(|free| ask(10, zone(160, free))), [RetryThen::Again, RetryThen::GivesUp]);
    }

    #[test]
    fn do_try_to_free_pages_makes_progress_without_pages_by_policy() {
        let progress = |policy| [true, false].map(|still| progress_without_pages(policy, still));
        assert_eq!(progress(Progress::FreedOrReclaimable), [true, false]);
        assert_eq!(progress(Progress::Freed), [false, false]);
    }

    #[test]
    fn alloc_pages_slowpath_retries_up_to_the_costly_order_by_policy() {
        let after = |retry, order, progress| {
            let mut rounds = 5;
            (after_round(retry, order, progress, &mut rounds, [zone(0, 200)].into_iter()), rounds)
        };
        for order in [0, 3] {
            assert_eq!(after(Retry::WhileProgress, order, true), (RetryThen::Again, 5));
            assert_eq!(after(Retry::WhileProgress, order, false), (RetryThen::GivesUp, 5));
            assert_eq!(after(Retry::ShouldReclaimRetry, order, true), (RetryThen::Again, 0));
            assert_eq!(after(Retry::ShouldReclaimRetry, order, false), (RetryThen::Again, 6));
        }
        for (order, retry) in [(4, Retry::WhileProgress), (5, Retry::ShouldReclaimRetry)] {
            assert_eq!(after(retry, order, true), (RetryThen::GivesUp, 5));
        }
    }
}
