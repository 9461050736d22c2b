//! The swap area: slots, swap cache, and who holds them (mm/swapfile.c, mm/swap_state.c).

use crate::page::{NO_OWNER, NONE};

/// `SWAPFILE_CLUSTER`.
const CLUSTER: u32 = 256;
/// Slots under one node of the swap cache's radix tree (`RADIX_TREE_MAP_SIZE`).
pub(crate) const RADIX_SLOTS: u32 = 64;

pub(crate) struct SwapArea {
    /// A page table entry or the swap cache holds the slot.
    used: Vec<bool>,
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
    cluster_next: u32,
    cluster_left: u32,
    pub total: u64,
    pub free: u64,
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
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            used: vec![false; slots],
            cache: vec![NONE; slots],
            owner: vec![(NO_OWNER, 0); slots],
            readahead: Readahead { hits: 4, ..Readahead::default() },
            cluster_used: vec![0; slots.div_ceil(CLUSTER as usize)],
            node_pages: vec![0; slots.div_ceil(RADIX_SLOTS as usize)],
            node: vec![NONE; slots.div_ceil(RADIX_SLOTS as usize)],
            cluster_next: 0,
            cluster_left: 0,
            total: slots as u64,
            free: slots as u64,
        }
    }

    /// `scan_swap_map` on a rotating or plain disk: slots in sequence; after 256 the first entirely free run of 256,
    /// else the first free slot.
    pub(crate) fn get_page(&mut self) -> Option<u32> {
        if self.free == 0 {
            return None;
        }
        if self.cluster_left == 0 {
            self.cluster_left = CLUSTER;
            let empty = self.cluster_used.iter().position(|used| *used == 0);
            if let Some(at) = empty.and_then(|at| u32::try_from(at).ok()) {
                self.cluster_next = at * CLUSTER;
            }
        }
        let slots = self.used.len();
        let start = self.cluster_next as usize % slots;
        let slot = (start..slots).chain(0..start).find(|at| !self.used[*at])?;
        let slot = u32::try_from(slot).ok()?;
        self.used[slot as usize] = true;
        self.cluster_used[(slot / CLUSTER) as usize] += 1;
        self.cluster_next = slot + 1;
        self.cluster_left -= 1;
        self.free -= 1;
        Some(slot)
    }

    /// Slots of an aligned window around one, as far as there are any.
    pub(crate) fn window(&self, slot: u32, pages: u32) -> std::ops::RangeInclusive<u32> {
        let mask = pages - 1;
        let last = u32::try_from(self.used.len()).unwrap_or(u32::MAX).saturating_sub(1);
        slot & !mask..=(slot | mask).min(last)
    }

    /// Slots that somebody holds, counted.
    pub(crate) fn used_slots(&self) -> u64 {
        self.used.iter().filter(|used| **used).count() as u64
    }

    /// `swap_entry_free` of the last holder.
    pub(crate) fn put_slot(&mut self, slot: u32) {
        self.owner[slot as usize] = (NO_OWNER, 0);
        if std::mem::replace(&mut self.used[slot as usize], false) {
            self.cluster_used[(slot / CLUSTER) as usize] -= 1;
            self.free += 1;
        }
    }

    /// The page that the swap cache holds for a slot.
    pub(crate) fn lookup(&self, slot: u32) -> Option<u32> {
        Some(self.cache[slot as usize]).filter(|pfn| *pfn != NONE)
    }
}

#[cfg(test)]
mod tests;
