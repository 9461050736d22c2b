//! The swap area: slots, swap cache, and who holds them (mm/swapfile.c, mm/swap_state.c).

use crate::page::{NO_OWNER, NONE, PG_DIRTY, PG_LOCKED, PG_SWAPCACHE, PG_WRITEBACK, Pfn};
use crate::state::State;
use ssd::SsdClusters;
use std::cell::Cell;

mod ssd;

/// `SWAPFILE_CLUSTER`.
const CLUSTER: u32 = 256;
/// Slots under one node of the swap cache's radix tree (`RADIX_TREE_MAP_SIZE`).
pub(crate) const RADIX_SLOTS: u32 = 64;

pub(crate) struct SwapArea {
    /// A page table entry or the swap cache holds the slot.
    pub used: Vec<bool>,
    /// Page in the swap cache.
    pub cache: Vec<u32>,
    /// Address space and place whose page table entry refers to a slot (`NO_OWNER` without one).
    pub owner: Vec<(u16, u32)>,
    pub readahead: Readahead,
    cluster_used: Vec<u32>,
    /// Pages of the swap cache under each radix tree node.
    pub node_pages: Vec<u32>,
    /// Slab object of each radix tree node.
    pub node: Vec<u32>,
    /// Where the last slot was given out, plus one.
    cluster_next: u32,
    /// `cluster_nr`: slots still to be given out in sequence, on a disk that has to seek.
    cluster_left: u32,
    /// All free slots lie between these two (`lowest_bit`, `highest_bit`).
    lowest: u32,
    highest: u32,
    /// Per-CPU clusters of a device that does not rotate.
    ssd: Option<SsdClusters>,
    pub total: u64,
    pub free: u64,
    /// Slots that the search for a free one has looked at.
    looked: Cell<u64>,
}

/// `page-cluster`, as a number of pages.
const CLUSTER_PAGES: u32 = 8;

/// What the window of swap-in readahead follows (`swapin_nr_pages`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Readahead {
    /// Pages read ahead that were then asked for, since the last window.
    pub hits: u32,
    last_pages: u32,
    previous: u32,
}

impl Readahead {
    /// `swapin_nr_pages`: pages to read around a slot.
    pub(crate) fn nr_pages(&mut self, slot: u32) -> u32 {
        let mut pages = std::mem::take(&mut self.hits) + 2;
        if pages == 2 {
            // No hits: one page, unless the faults go along the slots.
            if slot.abs_diff(self.previous) != 1 {
                pages = 1;
            }
            self.previous = slot;
        } else {
            pages = pages.next_power_of_two().max(4);
        }
        // Shrink slowly.
        pages = pages.min(CLUSTER_PAGES).max(self.last_pages / 2);
        self.last_pages = pages;
        pages
    }
}

impl SwapArea {
    /// Bytes for each slot: `used`, `cache`, `owner`, and for each cluster or node a little more.
    pub(crate) const BYTES: u64 = 1 + 4 + 8 + 1;

    pub(crate) fn new(slots: usize, rotational: bool) -> Self {
        let clusters = slots.div_ceil(CLUSTER as usize);
        let mut cluster_used = vec![0; clusters];
        // setup_swap_map_and_extents: what the last cluster lacks counts as used.
        if let Some(last) = cluster_used.last_mut() {
            *last = u32::try_from(clusters * CLUSTER as usize - slots).unwrap_or(0);
        }
        Self {
            used: vec![false; slots],
            cache: vec![NONE; slots],
            owner: vec![(NO_OWNER, 0); slots],
            readahead: Readahead { hits: 4, ..Readahead::default() },
            ssd: (!rotational).then(|| SsdClusters::new(&cluster_used)),
            cluster_used,
            node_pages: vec![0; slots.div_ceil(RADIX_SLOTS as usize)],
            node: vec![NONE; slots.div_ceil(RADIX_SLOTS as usize)],
            cluster_next: 0,
            cluster_left: 0,
            lowest: 0,
            highest: u32::try_from(slots).unwrap_or(u32::MAX).saturating_sub(1),
            total: slots as u64,
            free: slots as u64,
            looked: Cell::new(0),
        }
    }

    /// `vm_swap_full`: more than half of the slots are in use.
    pub(crate) fn vm_swap_full(&self) -> bool {
        self.free * 2 < self.total
    }

    /// Where `scan_swap_map` begins to look: on a device that does not rotate in this CPU's cluster; else behind the last
    /// slot, and after 256 in the first run of 256 that is entirely free, or without one at the first free slot.
    fn scan_base(&mut self, cpu: usize) -> u32 {
        if let Some(ssd) = &mut self.ssd {
            return ssd.next(cpu, &self.used).unwrap_or(self.cluster_next);
        }
        if self.cluster_left > 0 {
            self.cluster_left -= 1;
            return self.cluster_next;
        }
        self.cluster_left = CLUSTER - 1;
        if self.free < u64::from(CLUSTER) {
            return self.cluster_next;
        }
        self.empty_run().unwrap_or(self.lowest)
    }

    /// The first run of 256 free slots.
    fn empty_run(&self) -> Option<u32> {
        let (mut slot, mut run) = (self.lowest, 0);
        while slot <= self.highest {
            self.looked.set(self.looked.get() + 1);
            // A cluster without a free slot is passed over whole.
            if slot.is_multiple_of(CLUSTER) && self.cluster_used[(slot / CLUSTER) as usize] == CLUSTER {
                (slot, run) = (slot + CLUSTER, 0);
                continue;
            }
            run = if self.used[slot as usize] { 0 } else { run + 1 };
            slot += 1;
            if run == CLUSTER {
                return Some(slot - CLUSTER);
            }
        }
        None
    }

    /// The next slot from here up to an end that is free, or that only the swap cache holds if such ones are wanted.
    fn find(&self, from: u32, until: u32, cached: bool) -> Option<u32> {
        let found = (from..until).find(|slot| {
            let at = *slot as usize;
            !self.used[at] || cached && self.cache[at] != NONE && self.owner[at].0 == NO_OWNER
        });
        self.looked.set(self.looked.get() + u64::from(found.unwrap_or(until).saturating_sub(from)));
        found
    }

    fn take(&mut self, slot: u32) {
        self.used[slot as usize] = true;
        self.free -= 1;
        self.cluster_next = slot + 1;
        if slot == self.lowest {
            self.lowest += 1;
        }
        if slot == self.highest {
            self.highest = self.highest.saturating_sub(1);
        }
        if self.free == 0 {
            (self.lowest, self.highest) = (u32::try_from(self.used.len()).unwrap_or(u32::MAX), 0);
        }
        let cluster = slot / CLUSTER;
        self.cluster_used[cluster as usize] += 1;
        if let Some(ssd) = &mut self.ssd
            && self.cluster_used[cluster as usize] == 1
        {
            ssd.take(cluster);
        }
    }

    /// Slots of an aligned window around one, as far as there are any.
    pub(crate) fn window(&self, slot: u32, pages: u32) -> std::ops::RangeInclusive<u32> {
        let mask = pages - 1;
        let last = u32::try_from(self.used.len()).unwrap_or(u32::MAX).saturating_sub(1);
        slot & !mask..=(slot | mask).min(last)
    }

    /// `swap_entry_free` of the last holder.
    pub(crate) fn put_slot(&mut self, slot: u32) {
        self.owner[slot as usize] = (NO_OWNER, 0);
        if !std::mem::replace(&mut self.used[slot as usize], false) {
            return;
        }
        self.free += 1;
        self.lowest = self.lowest.min(slot);
        self.highest = self.highest.max(slot);
        let cluster = slot / CLUSTER;
        self.cluster_used[cluster as usize] -= 1;
        if let Some(ssd) = &mut self.ssd
            && self.cluster_used[cluster as usize] == 0
        {
            ssd.put(cluster);
        }
    }

    /// The page that the swap cache holds for a slot.
    pub(crate) fn lookup(&self, slot: u32) -> Option<u32> {
        Some(self.cache[slot as usize]).filter(|pfn| *pfn != NONE)
    }
}

impl State {
    /// `get_swap_page`, `scan_swap_map`: a slot for a page that is to be swapped out. While swap is more than half full, a slot
    /// that only the swap cache holds is taken from its page.
    pub(crate) fn get_swap_page(&mut self, cpu: usize) -> Option<u32> {
        let slot = if self.swap.free == 0 { None } else { self.scan_swap_map(cpu) };
        self.meter.look(self.swap.looked.take());
        slot
    }

    fn scan_swap_map(&mut self, cpu: usize) -> Option<u32> {
        let full = self.swap.vm_swap_full();
        let mut base = self.swap.scan_base(cpu);
        if base > self.swap.highest {
            base = self.swap.lowest;
        }
        for (mut from, until) in [(base, self.swap.highest + 1), (self.swap.lowest, base)] {
            while let Some(slot) = self.swap.find(from, until, full) {
                if !self.swap.used[slot as usize] || self.try_to_reclaim_swap(slot, cpu) {
                    self.swap.take(slot);
                    return Some(slot);
                }
                from = slot + 1;
            }
        }
        None
    }

    /// `__try_to_reclaim_swap`.
    fn try_to_reclaim_swap(&mut self, slot: u32, cpu: usize) -> bool {
        let pfn = self.swap.lookup(slot);
        pfn.is_some_and(|pfn| !self.pages.has(pfn, PG_LOCKED) && self.try_to_free_swap(pfn, cpu))
    }

    /// `try_to_free_swap`: the slot of a page that no page table entry refers to any more; the page is dirty from then on.
    pub(crate) fn try_to_free_swap(&mut self, pfn: Pfn, cpu: usize) -> bool {
        if !self.pages.has(pfn, PG_SWAPCACHE) || self.pages.has(pfn, PG_WRITEBACK) {
            return false;
        }
        let slot = self.pages.slot[pfn as usize];
        if self.swap.owner[slot as usize].0 != NO_OWNER {
            return false;
        }
        self.delete_from_swap_cache(pfn, cpu);
        self.pages.set(pfn, PG_DIRTY);
        true
    }
}

#[cfg(test)]
mod tests;
