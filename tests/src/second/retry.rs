//! Another round of the slow path, or the OOM killer (mm/page_alloc.c, mm/vmscan.c).

use super::{Kernel, ceil};

/// A zone. Pages.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Free pages.
    pub free: i128,
    /// Anonymous pages on the LRU lists.
    pub anon: i128,
    /// Page cache on the LRU lists.
    pub file: i128,
    /// Isolated anonymous pages.
    pub isolated_anon: i128,
    /// Isolated page cache.
    pub isolated_file: i128,
    /// Dirty page cache.
    pub dirty: i128,
    /// Pages under writeback.
    pub writeback: i128,
    /// What must stay free: the request's share of min, and `lowmem_reserve`.
    pub stays: i128,
    /// Order of the largest free block; -1 for none.
    pub block: i128,
}

/// What a request does that got no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Goes round again at once, or after a worker's nap.
    Again,
    /// Goes round again after `wait_iff_congested(HZ/50)`.
    AgainIffCongested,
    /// Goes round again after `congestion_wait(HZ/10)`.
    AgainAfterCongestion,
    /// No other round: compaction is asked, then the OOM killer.
    NoMore,
}

/// `zone_reclaimable_pages`: anonymous pages only while swap slots are free; isolated ones up to 4.7 (5a1c84b404a7).
#[must_use]
pub fn reclaimable(kernel: Kernel, zone: &Zone, swap_free: i128) -> i128 {
    let anon = if swap_free > 0 { zone.anon } else { 0 };
    let isolated = match (kernel.release < 48, swap_free > 0) {
        (true, true) => zone.isolated_anon + zone.isolated_file,
        (true, false) => zone.isolated_file,
        (false, _) => 0,
    };
    zone.file + anon + isolated
}

/// Whether a round of direct reclaim counts as progress: pages freed, or, up to 4.6 (0a0337e0d1d1), a zone that has not
/// been scanned six times over. The zones come as pages scanned and pages reclaimable.
#[must_use]
pub fn is_progress(kernel: Kernel, freed: i128, zones: &[[i128; 2]]) -> bool {
    let hopeful = zones.iter().any(|[scanned, reclaimable]| *scanned < 6 * *reclaimable);
    freed > 0 || (kernel.release <= 46 && hopeful)
}

/// `__alloc_pages_slowpath` up to 4.6; `should_reclaim_retry` from 4.7 (0a0337e0d1d1, ede377137378). `loops` rounds
/// without progress before this one; gives those after it. Zones from the highest down.
#[must_use]
pub fn after_round(
    kernel: Kernel,
    order: u32,
    progress: bool,
    loops: i128,
    zones: &[Zone],
    swap_free: i128,
) -> (Next, i128) {
    if order > 3 {
        return (Next::NoMore, loops);
    }
    if kernel.release <= 46 {
        return (if progress { Next::AgainIffCongested } else { Next::NoMore }, loops);
    }
    let loops = if progress { 0 } else { loops + 1 };
    if loops > 16 {
        return (Next::NoMore, loops);
    }
    for zone in zones {
        let all = reclaimable(kernel, zone, swap_free);
        let hoped = all - ceil(loops * all, 16) + zone.free;
        let beside = 2_i128.pow(order) - 1;
        let fits = order == 0 || zone.block >= i128::from(order);
        if fits && hoped - beside > zone.stays {
            let stuck = !progress && 2 * (zone.writeback + zone.dirty) > all;
            return (if stuck { Next::AgainAfterCongestion } else { Next::Again }, loops);
        }
    }
    (Next::NoMore, loops)
}
