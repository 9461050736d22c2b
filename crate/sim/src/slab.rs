//! Slab caches: objects on pages, as far as it decides when a page is needed (mm/slub.c).
//!
//! A page that was taken from the reserves serves only callers that may take reserves themselves
//! (`pfmemalloc_match`), except for the objects that its CPU already holds. This is what keeps kcryptd, which is not
//! `PF_MEMALLOC`, from living on what the reclaimers of its own pages allocate.

use crate::page::{NONE, Pfn};
use std::collections::VecDeque;

/// Caches of the model; sizes are those of a 64-bit 4.7 without debugging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// `bio-0`: swap bios and dm-crypt's clone bios (192 bytes).
    Bio,
    /// `dm_io` (96 bytes).
    DmIo,
    /// dm's clone bio with `dm_target_io` and `dm_crypt_io` in front (544 bytes).
    DmClone,
    /// `radix_tree_node` (576 bytes).
    RadixNode,
    /// `kmalloc-256`: `struct worker`.
    Worker,
    /// `kmalloc-512`: a crypto request with `dm_crypt_request` and its IV.
    CryptRequest,
    /// `task_struct` (about 3.5 KiB, so one on a page).
    Task,
}

impl Cache {
    pub(crate) const ALL: [Self; 7] =
        [Self::Bio, Self::DmIo, Self::DmClone, Self::RadixNode, Self::Worker, Self::CryptRequest, Self::Task];

    /// Objects on an order-0 page. Measured for the first three together: 0.21 pages for each page in flight
    /// (shared traces: `slab_unrec` against `writeback`).
    const fn objects(self) -> u32 {
        match self {
            Self::Bio => 21,
            Self::DmIo => 42,
            Self::DmClone | Self::RadixNode => 7,
            Self::Worker => 16,
            Self::CryptRequest => 8,
            Self::Task => 1,
        }
    }
}

#[derive(Clone, Debug)]
struct Slab {
    pfn: Pfn,
    inuse: u32,
    pfmemalloc: bool,
    on_partial: bool,
    /// CPU whose current slab this is.
    cpu: u32,
}

/// Bytes for each page of a slab cache: itself, and its places on the lists of unused and of partial ones.
pub(crate) const BYTES_OF_A_PAGE: u64 = size_of::<Slab>() as u64 + 4 + 4;

/// `struct kmem_cache` with its per-CPU slabs and the node's partial list.
#[derive(Clone, Debug)]
pub(crate) struct KmemCache {
    objects: u32,
    slabs: Vec<Slab>,
    unused: Vec<u32>,
    current: Vec<u32>,
    partial: VecDeque<u32>,
}

/// `MIN_PARTIAL`: empty slabs beyond this many partial ones go back to the page allocator.
const MIN_PARTIAL: usize = 5;

impl KmemCache {
    pub(crate) fn new(cache: Cache, cpus: u32) -> Self {
        Self {
            objects: cache.objects(),
            slabs: Vec::new(),
            unused: Vec::new(),
            current: vec![NONE; cpus as usize],
            partial: VecDeque::new(),
        }
    }

    /// An object without a new page, if there is one for this caller (`slab_alloc_node`, `get_partial_node`).
    pub(crate) fn take(&mut self, cpu: usize, may_use_reserves: bool) -> Option<u32> {
        let current = self.current[cpu];
        if current != NONE {
            let slab = &mut self.slabs[current as usize];
            if slab.inuse < self.objects {
                slab.inuse += 1;
                return Some(current);
            }
            slab.cpu = NONE;
            self.current[cpu] = NONE;
        }
        let at = self
            .partial
            .iter()
            .position(|slab| may_use_reserves || !self.slabs[*slab as usize].pfmemalloc)?;
        let id = self.partial.remove(at)?;
        let slab = &mut self.slabs[id as usize];
        slab.on_partial = false;
        slab.inuse += 1;
        self.make_current(id, cpu);
        Some(id)
    }

    fn make_current(&mut self, id: u32, cpu: usize) {
        let old = std::mem::replace(&mut self.current[cpu], id);
        self.slabs[id as usize].cpu = u32::try_from(cpu).unwrap_or(0);
        if old != NONE {
            let slab = &mut self.slabs[old as usize];
            slab.cpu = NONE;
            if slab.inuse < self.objects && !slab.on_partial {
                slab.on_partial = true;
                self.partial.push_back(old);
            }
        }
    }

    /// A new page for the cache; gives its first object.
    pub(crate) fn add(&mut self, cpu: usize, pfn: Pfn, pfmemalloc: bool) -> u32 {
        let slab = Slab { pfn, inuse: 1, pfmemalloc, on_partial: false, cpu: NONE };
        let id = if let Some(id) = self.unused.pop() {
            self.slabs[id as usize] = slab;
            id
        } else {
            self.slabs.push(slab);
            u32::try_from(self.slabs.len() - 1).unwrap_or(NONE)
        };
        self.make_current(id, cpu);
        id
    }

    /// Gives an object back; a page that became empty and is not wanted is returned to be freed.
    pub(crate) fn put(&mut self, id: u32) -> Option<Pfn> {
        let slab = &mut self.slabs[id as usize];
        slab.inuse -= 1;
        if slab.cpu != NONE {
            return None;
        }
        if slab.inuse == 0 && self.partial.len() >= MIN_PARTIAL {
            let pfn = std::mem::replace(&mut slab.pfn, NONE);
            if slab.on_partial {
                slab.on_partial = false;
                self.partial.retain(|other| *other != id);
            }
            self.unused.push(id);
            return Some(pfn);
        }
        if !slab.on_partial {
            slab.on_partial = true;
            self.partial.push_back(id);
        }
        None
    }

    /// The pages themselves.
    pub(crate) fn pfns(&self) -> impl Iterator<Item = Pfn> {
        self.slabs.iter().map(|slab| slab.pfn).filter(|pfn| *pfn != NONE)
    }

    /// Pages that the cache holds.
    pub(crate) fn pages(&self) -> u64 {
        (self.slabs.len() - self.unused.len()) as u64
    }
}

#[cfg(test)]
mod tests;
