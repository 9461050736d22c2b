//! LRU lists: who is on them, how they age, and how much of each a scan takes (mm/swap.c, mm/vmscan.c,
//! mm/workingset.c).
//!
//! Up to 4.7 each zone has its own lists, scan counters and flags; from 4.8 on there is one set for the node
//! (599d0c954f91). [`Lruvec`] is that set; [`State::lruvecs`] has one for each zone or one for all.

use crate::kernel::{InactiveRatio, LruUnit, Reclaimable};
use crate::mmzone::Zone;
use crate::page::{List, PG_ACTIVE, PG_ANON, PG_LRU, PG_MAPPED, PG_REFERENCED, PG_YOUNG, Pfn};
use crate::page_list::Batch;
use crate::state::State;
use crate::vmscan::{SWAP_CLUSTER_MAX, ScanControl};
use std::ops::Range;

/// LRU lists in the order of `enum lru_list`.
pub(crate) const INACTIVE_ANON: usize = 0;
pub(crate) const ACTIVE_ANON: usize = 1;
pub(crate) const INACTIVE_FILE: usize = 2;
pub(crate) const ACTIVE_FILE: usize = 3;

/// A gigabyte in pages.
const GIB_SHIFT: u32 = 18;

/// `struct lruvec`, and what the kernel counts for the same unit (zone or node).
#[derive(Clone, Debug, Default)]
pub(crate) struct Lruvec {
    /// The zones whose pages are on the lists.
    pub zones: Range<usize>,
    pub lists: [List; 4],
    /// `NR_ISOLATED_ANON`, `NR_ISOLATED_FILE`.
    pub isolated: [u64; 2],
    /// `NR_PAGES_SCANNED`.
    pub pages_scanned: u64,
    /// `reclaim_stat`, anon and file.
    pub recent_scanned: [u64; 2],
    pub recent_rotated: [u64; 2],
    /// `ZONE_WRITEBACK`: a batch was under writeback as a whole.
    pub writeback_flag: bool,
    /// `ZONE_DIRTY`: a batch was dirty page cache as a whole, and nobody had queued it.
    pub dirty_flag: bool,
    /// `ZONE_CONGESTED`: all dirty pages of a batch belonged to a congested device.
    pub congested_flag: bool,
    /// Evictions and activations of page cache, the clock of refault distances (`zone->inactive_age`).
    pub inactive_age: u64,
}

/// Pages to scan of each LRU list.
pub(crate) type Targets = [u64; 4];

/// `enum scan_balance`.
#[derive(Clone, Copy)]
enum ScanBalance {
    Equal,
    /// Shares of the anonymous and of the file lists.
    Fract([u64; 2]),
    Anon,
    File,
}

impl ScanBalance {
    /// Pages to scan of each list, of which `scan` says how much would be looked at.
    fn targets(self, sizes: [u64; 4], scan: impl Fn(u64) -> u64) -> Targets {
        let mut targets = sizes.map(scan);
        for (lru, target) in targets.iter_mut().enumerate() {
            let file = lru >= INACTIVE_FILE;
            *target = match self {
                Self::Equal => *target,
                Self::Fract(parts) => *target * parts[usize::from(file)] / (parts[0] + parts[1] + 1),
                Self::Anon if file => 0,
                Self::File if !file => 0,
                Self::Anon | Self::File => *target,
            };
        }
        targets
    }
}

/// What `get_scan_count` looks at. Pages; lists in the order of `enum lru_list`, pairs anonymous first.
#[derive(Clone, Copy, Debug)]
pub struct ScanCount {
    /// Lengths of the lists.
    pub sizes: [u64; 4],
    /// Free pages of the zone, or of all zones of the node.
    pub free: u64,
    /// Its high mark, or the sum of theirs.
    pub high: u64,
    /// `inactive_file_is_low`.
    pub file_low: bool,
    /// Free swap slots.
    pub swap_free: u64,
    /// `vm.swappiness`.
    pub swappiness: u64,
    /// Scan priority, 12 to 0.
    pub priority: u32,
    /// `force_scan`: kswapd on a zone or node that is not reclaimable takes a batch where there would be nothing to scan.
    pub force: bool,
    /// `reclaim_stat`; halved when it has grown past a quarter of the lists.
    pub recent_scanned: [u64; 2],
    /// `reclaim_stat`; halved together with `recent_scanned`.
    pub recent_rotated: [u64; 2],
}

impl ScanCount {
    /// The first rule that fits decides which lists are scanned; rule numbers as in the facts.
    fn balance(&mut self) -> ScanBalance {
        let sizes = self.sizes;
        let file = sizes[ACTIVE_FILE] + sizes[INACTIVE_FILE];
        let anon = sizes[ACTIVE_ANON] + sizes[INACTIVE_ANON];
        if self.swap_free == 0 {
            // 1. nowhere to put anonymous pages
            return ScanBalance::File;
        }
        if self.priority == 0 && self.swappiness != 0 {
            // 3.
            return ScanBalance::Equal;
        }
        if file + self.free <= self.high {
            // 4. hardly any page cache left
            return ScanBalance::Anon;
        }
        if !self.file_low && sizes[INACTIVE_FILE] >> self.priority > 0 {
            // 5. enough inactive page cache
            return ScanBalance::File;
        }
        // 6.
        for (kind, size) in [anon, file].into_iter().enumerate() {
            if self.recent_scanned[kind] > size / 4 {
                self.recent_scanned[kind] /= 2;
                self.recent_rotated[kind] /= 2;
            }
        }
        let share = |kind: usize, priority: u64| {
            priority * (self.recent_scanned[kind] + 1) / (self.recent_rotated[kind] + 1)
        };
        ScanBalance::Fract([share(0, self.swappiness), share(1, 200 - self.swappiness)])
    }

    /// Pages to scan of each list (`get_scan_count`).
    pub(crate) fn targets(&mut self) -> Targets {
        let balance = self.balance();
        let priority = self.priority;
        let targets = balance.targets(self.sizes, |size| size >> priority);
        if !self.force || targets != [0; 4] {
            return targets;
        }
        balance.targets(self.sizes, |size| match size >> priority {
            0 => size.min(SWAP_CLUSTER_MAX),
            scan => scan,
        })
    }
}

/// `inactive_anon_is_low`, `inactive_file_is_low` (4.6); `inactive_list_is_low` (4.7): whether the active list is longer
/// than its ratio to the inactive one allows. `managed` pages of the zone; there is swap.
pub(crate) fn list_is_low(rule: InactiveRatio, file: bool, managed: u64, inactive: u64, active: u64) -> bool {
    let ratio = |gigabytes: u64| if gigabytes == 0 { 1 } else { (10 * gigabytes).isqrt() };
    let ratio = match rule {
        InactiveRatio::ByZoneSize if file => 1,
        InactiveRatio::ByZoneSize => ratio(managed >> GIB_SHIFT),
        InactiveRatio::ByListSize => ratio((inactive + active) >> GIB_SHIFT),
    };
    inactive * ratio < active
}

/// Pages that reclaim may count on: anonymous ones only while swap slots are free.
fn reclaimable_pages(lru: [u64; 4], isolated: [u64; 2], swap_free: u64) -> u64 {
    let mut pages = lru[ACTIVE_FILE] + lru[INACTIVE_FILE] + isolated[1];
    if swap_free > 0 {
        pages += lru[ACTIVE_ANON] + lru[INACTIVE_ANON] + isolated[0];
    }
    pages
}

/// `zone_reclaimable_pages` for one zone, as a retry counts it.
pub(crate) fn zone_reclaimable_pages(
    rule: Reclaimable,
    lru: [u64; 4],
    isolated: [u64; 2],
    swap_free: u64,
) -> u64 {
    let isolated = match rule {
        // Only where the lists are those of the zone is there a count by zone.
        Reclaimable::WithIsolated => isolated,
        Reclaimable::LruOnly => [0; 2],
    };
    reclaimable_pages(lru, isolated, swap_free)
}

/// Fewer than six times its reclaimable pages were scanned since a page reached the free lists.
pub(crate) fn is_reclaimable(pages_scanned: u64, reclaimable: u64) -> bool {
    pages_scanned < 6 * reclaimable
}

impl Lruvec {
    /// The lists of a machine's zones.
    pub(crate) fn all(unit: LruUnit, zones: usize) -> Vec<Self> {
        match unit {
            LruUnit::Zone => {
                (0..zones).map(|zone| Self { zones: zone..zone + 1, ..Self::default() }).collect()
            }
            LruUnit::Node => vec![Self { zones: 0..zones, ..Self::default() }],
        }
    }

    pub(crate) fn len(&self, lru: usize) -> u64 {
        self.lists[lru].len
    }

    /// `zone_reclaimable_pages`, `pgdat_reclaimable_pages`.
    pub(crate) fn reclaimable_pages(&self, swap_free: u64) -> u64 {
        reclaimable_pages(self.lists.map(|list| list.len), self.isolated, swap_free)
    }

    /// `zone_reclaimable`, `pgdat_reclaimable`.
    pub(crate) fn reclaimable(&self, swap_free: u64) -> bool {
        is_reclaimable(self.pages_scanned, self.reclaimable_pages(swap_free))
    }
}

impl State {
    /// Which LRU list a page's flags say.
    fn lru_of(&self, pfn: Pfn) -> usize {
        let flags = self.pages.flags[pfn as usize];
        usize::from(flags & PG_ANON == 0) * 2 + usize::from(flags & PG_ACTIVE != 0)
    }

    /// The lists that a page belongs on.
    pub(crate) fn lruvec_of(&self, pfn: Pfn) -> usize {
        self.zones[self.zone_of(pfn)].lruvec
    }

    /// Puts a page on the head of its LRU list.
    pub(crate) fn lru_add(&mut self, pfn: Pfn, flags: u16) {
        self.pages.set(pfn, flags | PG_LRU);
        let lru = self.lru_of(pfn);
        let zone = self.zone_of(pfn);
        let zone = &mut self.zones[zone];
        zone.nr_lru[lru] += 1;
        self.pages.push_head(&mut self.lruvecs[zone.lruvec].lists[lru], pfn);
    }

    /// Takes a page off its LRU list.
    pub(crate) fn lru_del(&mut self, pfn: Pfn) {
        let lru = self.lru_of(pfn);
        let zone = self.zone_of(pfn);
        let zone = &mut self.zones[zone];
        zone.nr_lru[lru] -= 1;
        self.pages.remove(&mut self.lruvecs[zone.lruvec].lists[lru], pfn);
        self.pages.clear(pfn, PG_LRU);
    }

    /// Counts pages of one set of lists as taken off a list or put on it, by zone.
    fn count_lru(&mut self, index: usize, lru: usize, pages: &[Pfn], count: impl Fn(&mut u64, u64)) {
        let zones = self.lruvecs[index].zones.clone();
        if zones.len() == 1 {
            return count(&mut self.zones[zones.start].nr_lru[lru], pages.len() as u64);
        }
        for pfn in pages {
            let zone = self.zone_of(*pfn);
            count(&mut self.zones[zone].nr_lru[lru], 1);
        }
    }

    /// Takes up to a batch of pages off the tail of a list, in one piece that [`lru_put_back`](Self::lru_put_back) can put
    /// on it again.
    pub(crate) fn lru_isolate(&mut self, index: usize, lru: usize, nr: u64) -> Batch {
        let mut batch = Batch::default();
        let list = &mut self.lruvecs[index].lists[lru];
        let (mut pfn, mut len) = (list.tail, 0);
        for place in batch.places(nr) {
            // The end of the list is no page.
            let Some(flags) = self.pages.flags.get_mut(pfn as usize) else { break };
            *flags &= !PG_LRU;
            *place = pfn;
            len += 1;
            pfn = self.pages.prev[pfn as usize];
        }
        batch.len = len;
        self.pages.cut_tail(list, pfn, batch.len);
        self.count_lru(index, lru, batch.pages(), |count, pages| *count -= pages);
        batch
    }

    /// Puts pages on the head of the inactive list that [`lru_isolate`](Self::lru_isolate) took them off. All are there, and
    /// none has been on another list meanwhile, so that they are still one piece: a list of which every page stays is turned
    /// by a batch at a time.
    pub(crate) fn lru_put_back(&mut self, index: usize, batch: &Batch) {
        let ([last, ..], [.., first]) = (batch.pages(), batch.pages()) else { return };
        let lru = self.lru_of(*first);
        for pfn in batch.pages() {
            self.pages.set(*pfn, PG_LRU);
        }
        self.pages.splice_head(&mut self.lruvecs[index].lists[lru], *first, *last, batch.len);
        self.count_lru(index, lru, batch.pages(), |count, pages| *count += pages);
    }

    /// Moves a page to the tail of its list.
    pub(crate) fn lru_move_tail(&mut self, pfn: Pfn) {
        let lru = self.lru_of(pfn);
        let index = self.lruvec_of(pfn);
        let list = &mut self.lruvecs[index].lists[lru];
        self.pages.remove(list, pfn);
        self.pages.push_tail(list, pfn);
    }

    /// `mark_page_accessed`: the second access while inactive activates.
    pub(crate) fn mark_page_accessed(&mut self, pfn: Pfn) {
        let flags = self.pages.flags[pfn as usize];
        if flags & (PG_REFERENCED | PG_ACTIVE) != PG_REFERENCED || flags & PG_LRU == 0 {
            self.pages.set(pfn, PG_REFERENCED);
            return;
        }
        self.pages.clear(pfn, PG_REFERENCED);
        self.activate_page(pfn);
        // workingset_activation: an activation ages the inactive list.
        let index = self.lruvec_of(pfn);
        self.lruvecs[index].inactive_age += u64::from(!self.pages.has(pfn, PG_ANON));
    }

    /// `activate_page`.
    pub(crate) fn activate_page(&mut self, pfn: Pfn) {
        if self.pages.flags[pfn as usize] & (PG_LRU | PG_ACTIVE) == PG_LRU {
            self.lru_del(pfn);
            self.lru_add(pfn, PG_ACTIVE);
            self.vm.pgactivate += 1;
        }
    }

    /// `zone_reclaimable_pages` for one zone, as `should_reclaim_retry` counts it.
    pub(crate) fn zone_reclaimable_pages(&self, zone: &Zone) -> u64 {
        let isolated = self.lruvecs[zone.lruvec].isolated;
        zone_reclaimable_pages(self.policy.reclaimable, zone.nr_lru, isolated, self.swap.free)
    }

    /// `zone_reclaimable`, `pgdat_reclaimable`.
    pub(crate) fn lruvec_reclaimable(&self, index: usize) -> bool {
        self.lruvecs[index].reclaimable(self.swap.free)
    }

    /// Page cache on all lists.
    pub(crate) fn nr_file_lru(&self) -> u64 {
        self.lruvecs.iter().map(|lruvec| lruvec.len(ACTIVE_FILE) + lruvec.len(INACTIVE_FILE)).sum()
    }

    /// [`list_is_low`], for the lists of anonymous pages or of page cache; without swap nobody asks for the former.
    pub(crate) fn inactive_is_low(&self, index: usize, file: bool) -> bool {
        if !file && self.swap.total == 0 {
            return false;
        }
        let lruvec = &self.lruvecs[index];
        let (inactive, active) =
            if file { (INACTIVE_FILE, ACTIVE_FILE) } else { (INACTIVE_ANON, ACTIVE_ANON) };
        let managed = self.zones[lruvec.zones.start].managed;
        list_is_low(self.policy.inactive_ratio, file, managed, lruvec.len(inactive), lruvec.len(active))
    }

    /// `get_scan_count`.
    pub(crate) fn get_scan_count(&mut self, index: usize, sc: &ScanControl, kswapd: bool) -> Targets {
        let file_low = self.inactive_is_low(index, true);
        let zones = &self.zones[self.lruvecs[index].zones.clone()];
        let (free, high) =
            zones.iter().fold((0, 0), |(free, high), zone| (free + zone.free, high + zone.high));
        let lruvec = &mut self.lruvecs[index];
        let mut count = ScanCount {
            sizes: lruvec.lists.map(|list| list.len),
            free,
            high,
            file_low,
            swap_free: self.swap.free,
            swappiness: self.swappiness,
            priority: sc.priority,
            force: kswapd && !lruvec.reclaimable(self.swap.free),
            recent_scanned: lruvec.recent_scanned,
            recent_rotated: lruvec.recent_rotated,
        };
        let targets = count.targets();
        lruvec.recent_scanned = count.recent_scanned;
        lruvec.recent_rotated = count.recent_rotated;
        targets
    }

    /// `shrink_active_list`: pages from the tail lose their accessed bit and go to the inactive list; of the referenced
    /// ones only executable page cache, which is all that the model maps, stays active.
    pub(crate) fn shrink_active_list(&mut self, index: usize, file: bool, nr: u64) -> u64 {
        let active = if file { ACTIVE_FILE } else { ACTIVE_ANON };
        // Isolated first: a page that stays active must not be met again in the same batch.
        let batch = self.lru_isolate(index, active, nr);
        let scanned = batch.len;
        let (mut deactivated, mut rotated) = (0, 0);
        for pfn in batch.pages() {
            let young = self.pages.has(*pfn, PG_YOUNG);
            if young {
                self.pages.clear(*pfn, PG_YOUNG);
                rotated += 1;
            }
            if young && file && self.pages.has(*pfn, PG_MAPPED) {
                self.lru_add(*pfn, PG_ACTIVE);
                continue;
            }
            self.pages.clear(*pfn, PG_ACTIVE);
            self.lru_add(*pfn, if file { 0 } else { PG_ANON });
            deactivated += 1;
        }
        let lruvec = &mut self.lruvecs[index];
        lruvec.pages_scanned += scanned;
        lruvec.recent_scanned[usize::from(file)] += scanned;
        lruvec.recent_rotated[usize::from(file)] += rotated;
        let zone = self.counted_in(index);
        self.vm.pgrefill[zone] += scanned;
        self.vm.pgdeactivate += deactivated;
        self.note_lru();
        scanned
    }

    /// `age_active_anon`: kswapd moves a batch of old anonymous pages to the inactive list.
    pub(crate) fn age_active_anon(&mut self, index: usize) {
        if self.inactive_is_low(index, false) {
            self.shrink_active_list(index, false, SWAP_CLUSTER_MAX);
        }
    }

    /// `workingset_refault`: page cache that comes back within the length of the active list is activated at once.
    pub(crate) fn workingset_refault(&mut self, index: usize, evicted_at: u64) -> bool {
        let lruvec = &self.lruvecs[index];
        let distance = lruvec.inactive_age.saturating_sub(evicted_at);
        self.vm.workingset_refault += 1;
        let activate = distance <= lruvec.len(ACTIVE_FILE);
        self.vm.workingset_activate += u64::from(activate);
        activate
    }
}

#[cfg(test)]
mod tests;
