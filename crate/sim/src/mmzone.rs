//! Zones: watermarks, lowmem_reserve, per-cpu lists, and the buddy allocator below them.

use crate::config::{Machine, ZoneKind};
use crate::gfp::{ALLOC_HARDER, ALLOC_HIGH, ALLOC_NO_WATERMARKS, ALLOC_OOM};
use crate::kernel::WatermarkDistance;
use crate::page::{List, PG_BUDDY, PageArray, Pfn};

/// Orders of the buddy allocator (`MAX_ORDER`).
pub(crate) const MAX_ORDER: usize = 11;

/// The marks of `enum zone_watermarks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Min,
    Low,
    High,
}

/// Per-cpu list of order-0 pages (`struct per_cpu_pages`); its pages do not count as free.
#[derive(Clone, Debug, Default)]
pub(crate) struct PerCpu {
    pub list: List,
}

/// `struct zone`.
pub(crate) struct Zone {
    pub kind: ZoneKind,
    pub start: Pfn,
    pub present: u64,
    pub managed: u64,
    pub min: u64,
    pub low: u64,
    pub high: u64,
    /// `lowmem_reserve`, for a request whose preferred zone is the last of the machine.
    pub lowmem_reserve: u64,
    pub free: u64,
    pub free_area: [List; MAX_ORDER],
    /// Which of the machine's LRU lists hold the zone's pages.
    pub lruvec: usize,
    /// The zone's pages on each of the LRU lists (`NR_ZONE_LRU_BASE`).
    pub nr_lru: [u64; 4],
    pub per_cpu: Vec<PerCpu>,
    pub pcp_batch: u64,
    pub pcp_high: u64,
    pub writeback: u64,
    /// `NR_FILE_DIRTY`.
    pub dirty: u64,
    /// `NR_FILE_MAPPED`.
    pub mapped: u64,
    /// Pages of the kernel that no list holds: its own at boot, mlocked ones, slab that shrinkers may free.
    pub fixed: u64,
    pub unevictable: u64,
    pub slab_reclaimable: u64,
    /// `NR_ALLOC_BATCH`: what is left of the zone's share of the round robin.
    pub alloc_batch: i64,
}

/// A zone's share of `min_free_kbytes` and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    pub min: u64,
    pub low: u64,
    pub high: u64,
}

/// Whether more than `need` of `free` pages are left beside a block of an order, of which one page may be among them.
pub(crate) fn leaves(order: usize, free: u64, need: u64) -> bool {
    free.saturating_sub((1 << order) - 1) > need
}

/// `vm.min_free_kbytes` (`init_per_zone_wmark_min`, and `set_recommended_min_free_kbytes` with transparent huge pages).
pub(crate) fn min_free_kbytes(machine: &Machine) -> u64 {
    let managed: u64 = machine.zones.iter().map(|zone| zone.managed.0).sum();
    let mut kbytes = (16 * managed * 4).isqrt().clamp(128, 65_536);
    if let Some(set) = machine.min_free_kbytes {
        kbytes = set;
    } else if machine.thp {
        let zones = machine.zones.len() as u64;
        let recommended = (512 * zones * 2 + 512 * zones * 3 * 3).min(managed / 20);
        kbytes = kbytes.max(recommended * 4);
    }
    kbytes
}

/// `__setup_per_zone_wmarks`.
pub(crate) fn watermarks(machine: &Machine, distance: WatermarkDistance) -> Vec<Marks> {
    let pages_min = min_free_kbytes(machine) / 4;
    let total: u64 = machine.zones.iter().map(|zone| zone.managed.0).sum::<u64>().max(1);
    machine
        .zones
        .iter()
        .map(|zone| {
            let managed = zone.managed.0;
            let min = pages_min * managed / total;
            match distance {
                WatermarkDistance::QuarterOfMin => Marks { min, low: min + min / 4, high: min + min / 2 },
                WatermarkDistance::ScaleFactor => {
                    let factor = machine.watermark_scale_factor;
                    let scaled = managed / 10_000 * factor + managed % 10_000 * factor / 10_000;
                    let step = scaled.max(min / 4);
                    Marks { min, low: min + step, high: min + 2 * step }
                }
            }
        })
        .collect()
}

/// `setup_per_zone_lowmem_reserve`: what a request that prefers zone `class` must leave in `zone`, where the zones manage so
/// many pages. All requests of the model prefer the last one.
pub(crate) fn lowmem_reserve(kind: ZoneKind, managed: &[u64], zone: usize, class: usize) -> u64 {
    let above: u64 = managed.iter().take(class + 1).skip(zone + 1).sum();
    above / kind.lowmem_reserve_ratio()
}

/// `zone_batchsize`, up to 4.15.
fn zone_batchsize(managed: u64) -> u64 {
    let batch = ((managed / 1024).min(128) / 4).max(1);
    let rounded = batch + batch / 2;
    let power = if rounded == 0 { 1 } else { 1 << rounded.ilog2() };
    power - 1
}

impl Zone {
    pub(crate) fn new(machine: &Machine, index: usize, start: Pfn, marks: Marks) -> Self {
        let size = machine.zones[index];
        let batch = zone_batchsize(size.managed.0);
        let managed: Vec<u64> = machine.zones.iter().map(|zone| zone.managed.0).collect();
        Self {
            kind: size.kind,
            start,
            present: size.present.0,
            managed: size.managed.0,
            min: marks.min,
            low: marks.low,
            high: marks.high,
            lowmem_reserve: lowmem_reserve(size.kind, &managed, index, managed.len() - 1),
            free: 0,
            free_area: [List::default(); MAX_ORDER],
            lruvec: 0,
            nr_lru: [0; 4],
            per_cpu: vec![PerCpu::default(); machine.cpus as usize],
            pcp_batch: batch.max(1),
            pcp_high: 6 * batch,
            writeback: 0,
            dirty: 0,
            mapped: 0,
            fixed: 0,
            unevictable: 0,
            slab_reclaimable: 0,
            alloc_batch: i64::try_from(marks.high - marks.low).unwrap_or(i64::MAX),
        }
    }

    pub(crate) fn mark(&self, mark: Mark) -> u64 {
        match mark {
            Mark::Min => self.min,
            Mark::Low => self.low,
            Mark::High => self.high,
        }
    }

    /// Pages that a request must leave free: the mark, less what its flags allow, and `lowmem_reserve`.
    pub(crate) fn must_leave(&self, mark: u64, flags: u32) -> u64 {
        let mut need = mark;
        if flags & ALLOC_HIGH != 0 {
            need -= need / 2;
        }
        if flags & ALLOC_OOM != 0 {
            need -= need / 2;
        } else if flags & ALLOC_HARDER != 0 {
            need -= need / 4;
        }
        need + self.lowmem_reserve
    }

    /// Whether there is a free block of an order to take, or a larger one to split.
    pub(crate) fn has_block(&self, order: usize) -> bool {
        order == 0 || self.free_area[order..].iter().any(|list| list.len > 0)
    }

    /// `__zone_watermark_ok`: free pages above the mark after the request, and for order > 0 a free block to take.
    pub(crate) fn watermark_ok(&self, order: usize, mark: u64, flags: u32, free: u64) -> bool {
        leaves(order, free, self.must_leave(mark, flags)) && self.has_block(order)
    }

    pub(crate) fn may_take(&self, order: usize, mark: Mark, flags: u32) -> bool {
        flags & ALLOC_NO_WATERMARKS != 0 || self.watermark_ok(order, self.mark(mark), flags, self.free)
    }

    /// `compaction_suitable`: free single pages enough above the low mark to move others into.
    pub(crate) fn compaction_suitable(&self, order: usize) -> bool {
        self.watermark_ok(0, self.low + (2 << order), 0, self.free)
    }

    /// Takes a block off the free lists, splitting a larger one (`__rmqueue_smallest`).
    pub(crate) fn rmqueue(&mut self, pages: &mut PageArray, order: usize) -> Option<Pfn> {
        let found = (order..MAX_ORDER).find(|at| self.free_area[*at].len > 0)?;
        let pfn = pages.pop_head(&mut self.free_area[found])?;
        pages.clear(pfn, PG_BUDDY);
        for at in (order..found).rev() {
            let half = pfn + (1 << at);
            self.insert_free(pages, half, at);
        }
        self.free -= 1 << order;
        Some(pfn)
    }

    fn insert_free(&mut self, pages: &mut PageArray, pfn: Pfn, order: usize) {
        pages.set(pfn, PG_BUDDY);
        pages.order[pfn as usize] = u8::try_from(order).unwrap_or(0);
        let mut list = self.free_area[order];
        pages.push_head(&mut list, pfn);
        self.free_area[order] = list;
    }

    /// Takes a known free block off its list.
    pub(crate) fn remove_free(&mut self, pages: &mut PageArray, pfn: Pfn) {
        let order = pages.order[pfn as usize] as usize;
        let mut list = self.free_area[order];
        pages.remove(&mut list, pfn);
        self.free_area[order] = list;
        pages.clear(pfn, PG_BUDDY);
        self.free -= 1 << order;
    }

    /// Gives a block back and merges it with its free buddies (`__free_one_page`).
    pub(crate) fn free_block(&mut self, pages: &mut PageArray, pfn: Pfn, order: usize) {
        self.free += 1 << order;
        let end = u64::from(self.start) + self.managed;
        let (mut at, mut order) = (pfn - self.start, order);
        while order + 1 < MAX_ORDER {
            let buddy = at ^ (1 << order);
            let buddy_pfn = self.start + buddy;
            if u64::from(buddy_pfn) >= end
                || !pages.has(buddy_pfn, PG_BUDDY)
                || usize::from(pages.order[buddy_pfn as usize]) != order
            {
                break;
            }
            let mut list = self.free_area[order];
            pages.remove(&mut list, buddy_pfn);
            self.free_area[order] = list;
            pages.clear(buddy_pfn, PG_BUDDY);
            at &= buddy;
            order += 1;
        }
        self.insert_free(pages, self.start + at, order);
    }
}

#[cfg(test)]
mod tests;
