//! The swap area: slots, swap cache, and who holds them (mm/swapfile.c, mm/swap_state.c).

use crate::page::NONE;

/// `SWAPFILE_CLUSTER`.
const CLUSTER: u32 = 256;
/// Slots under one node of the swap cache's radix tree (`RADIX_TREE_MAP_SIZE`).
pub(crate) const RADIX_SLOTS: u32 = 64;

pub(crate) struct SwapArea {
    /// A page table entry or the swap cache holds the slot.
    used: Vec<bool>,
    /// Page in the swap cache.
    pub cache: Vec<u32>,
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

impl SwapArea {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            used: vec![false; slots],
            cache: vec![NONE; slots],
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

    /// Slots that somebody holds, counted.
    pub(crate) fn used_slots(&self) -> u64 {
        self.used.iter().filter(|used| **used).count() as u64
    }

    /// `swap_entry_free` of the last holder.
    pub(crate) fn put_slot(&mut self, slot: u32) {
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
