//! How much of each LRU list a pass scans (mm/vmscan.c).

use super::Kernel;

/// What reclaim finds in a zone (up to 4.7) or in all zones of a node (from 4.8, 599d0c954f91). Pages.
#[derive(Clone, Debug)]
pub struct Lru {
    /// Inactive anonymous pages.
    pub inactive_anon: i128,
    /// Active anonymous pages.
    pub active_anon: i128,
    /// Inactive page cache.
    pub inactive_file: i128,
    /// Active page cache.
    pub active_file: i128,
    /// Pages that the zone manages.
    pub managed: i128,
    /// Free pages.
    pub free: i128,
    /// High mark.
    pub high: i128,
    /// `recent_scanned`, of anonymous pages and of page cache.
    pub scanned: [i128; 2],
    /// `recent_rotated` of both.
    pub rotated: [i128; 2],
    /// `NR_PAGES_SCANNED`.
    pub pages_scanned: i128,
}

/// The pass that asks.
#[derive(Clone, Debug)]
pub struct Pass {
    /// 12 to 0.
    pub priority: u32,
    /// `vm.swappiness`.
    pub swappiness: i128,
    /// Free swap slots.
    pub swap_free: i128,
    /// It is kswapd's.
    pub kswapd: bool,
}

/// `int_sqrt`, by trying.
fn root(of: i128) -> i128 {
    let mut root = 0;
    while (root + 1) * (root + 1) <= of {
        root += 1;
    }
    root
}

/// A list of so many GB may be active by so much more than inactive.
fn ratio(pages: i128) -> i128 {
    let gigabytes = pages * 4096 / 1_073_741_824;
    if gigabytes < 1 { 1 } else { root(10 * gigabytes) }
}

/// `inactive_anon_is_low` (4.5: by the size of the zone) and `inactive_list_is_low` (59dc76b0d4df, 4.7: by the size of the
/// list), on a machine with swap.
#[must_use]
pub fn anon_is_low(kernel: Kernel, lru: &Lru) -> bool {
    let by = if kernel.release >= 47 { lru.active_anon + lru.inactive_anon } else { lru.managed };
    lru.active_anon > lru.inactive_anon * ratio(by)
}

/// `inactive_file_is_low` (4.5: one to one) and `inactive_list_is_low` (59dc76b0d4df, 4.7).
#[must_use]
pub fn file_is_low(kernel: Kernel, lru: &Lru) -> bool {
    let ratio = if kernel.release >= 47 { ratio(lru.active_file + lru.inactive_file) } else { 1 };
    lru.active_file > lru.inactive_file * ratio
}

/// `zone_reclaimable` (4.5), `pgdat_reclaimable` (4.8), with nothing isolated.
#[must_use]
pub fn is_reclaimable(lru: &Lru, swap_free: i128) -> bool {
    let file = lru.active_file + lru.inactive_file;
    let anon = if swap_free > 0 { lru.active_anon + lru.inactive_anon } else { 0 };
    lru.pages_scanned < 6 * (file + anon)
}

/// Pages to scan of inactive anon, active anon, inactive file, active file (`get_scan_count`, 4.5 to 4.9), and the scan
/// statistics afterwards, first the scanned ones.
#[must_use]
pub fn get_scan_count(kernel: Kernel, lru: &Lru, pass: &Pass) -> ([i128; 4], [[i128; 2]; 2]) {
    let anon = lru.active_anon + lru.inactive_anon;
    let file = lru.active_file + lru.inactive_file;
    let part = |list: i128| list / 2_i128.pow(pass.priority);
    // Parts of what each kind of list would be scanned for: numerators, denominator.
    let mut parts = ([1, 1], 1);
    let mut after = [lru.scanned, lru.rotated];
    if pass.swap_free <= 0 {
        parts.0 = [0, 1];
    } else if pass.priority == 0 && pass.swappiness > 0 {
        // All lists in full.
    } else if file + lru.free <= lru.high {
        parts.0 = [1, 0];
    } else if !file_is_low(kernel, lru) && part(lru.inactive_file) > 0 {
        parts.0 = [0, 1];
    } else {
        for (kind, size) in [(0, anon), (1, file)] {
            if after[0][kind] > size / 4 {
                after = after.map(|mut pair| {
                    pair[kind] /= 2;
                    pair
                });
            }
        }
        let weight = |kind: usize, preference: i128| preference * (after[0][kind] + 1) / (after[1][kind] + 1);
        let (anon, file) = (weight(0, pass.swappiness), weight(1, 200 - pass.swappiness));
        parts = ([anon, file], anon + file + 1);
    }
    let lists = [(lru.inactive_anon, 0), (lru.active_anon, 0), (lru.inactive_file, 1), (lru.active_file, 1)];
    let take = |pages: i128, kind: usize| pages * parts.0[kind] / parts.1;
    let first = lists.map(|(size, kind)| take(part(size), kind));
    // Nothing to scan, but a kswapd must get on where nothing is reclaimable (force_scan): up to a batch of each list.
    if pass.kswapd && first.iter().all(|pages| *pages == 0) && !is_reclaimable(lru, pass.swap_free) {
        let least = |size: i128| if part(size) == 0 { size.min(32) } else { part(size) };
        return (lists.map(|(size, kind)| take(least(size), kind)), after);
    }
    (first, after)
}
