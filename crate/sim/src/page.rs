//! Every page is an entity: flags, owner, swap slot, and its place on one intrusive list (LRU or buddy).

/// Page frame number, counted over the managed pages of all zones.
pub(crate) type Pfn = u32;
/// No page, no slot, end of a list.
pub(crate) const NONE: u32 = u32::MAX;

pub(crate) const PG_ACTIVE: u16 = 1;
/// Anonymous; without it a page on the LRU is page cache.
pub(crate) const PG_ANON: u16 = 1 << 1;
/// The accessed bit of its page table entry.
pub(crate) const PG_YOUNG: u16 = 1 << 2;
pub(crate) const PG_SWAPCACHE: u16 = 1 << 3;
pub(crate) const PG_WRITEBACK: u16 = 1 << 4;
/// Rotate to the tail of the LRU when writeback ends.
pub(crate) const PG_RECLAIM: u16 = 1 << 5;
pub(crate) const PG_DIRTY: u16 = 1 << 6;
/// In the page table of its owner.
pub(crate) const PG_MAPPED: u16 = 1 << 7;
/// In a per-CPU batch of rotations, which holds a reference.
pub(crate) const PG_PAGEVEC: u16 = 1 << 8;
/// On an LRU list.
pub(crate) const PG_LRU: u16 = 1 << 9;
/// Head of a free block of the buddy allocator.
pub(crate) const PG_BUDDY: u16 = 1 << 10;
pub(crate) const PG_LOCKED: u16 = 1 << 11;
/// Being read from swap.
pub(crate) const PG_READING: u16 = 1 << 12;
/// Read ahead from swap, and not yet asked for.
pub(crate) const PG_READAHEAD: u16 = 1 << 14;
/// Page cache that was accessed once while on the inactive list.
pub(crate) const PG_REFERENCED: u16 = 1 << 13;

/// Doubly linked list through [`PageArray::next`] and [`PageArray::prev`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub head: u32,
    pub tail: u32,
    pub len: u64,
}

impl Default for List {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, len: 0 }
    }
}

/// `struct page`, as a struct of arrays.
pub(crate) struct PageArray {
    pub next: Vec<u32>,
    pub prev: Vec<u32>,
    pub flags: Vec<u16>,
    /// Address space that maps the page, the file that it caches ([`FILES`]), or [`NO_OWNER`].
    pub owner: Vec<u16>,
    /// Place in the owner's address space.
    pub index: Vec<u32>,
    /// Swap slot of a page in the swap cache.
    pub slot: Vec<u32>,
    /// Order of a free block, at its head.
    pub order: Vec<u8>,
}

/// Owners from here on are files; below are the address spaces of processes.
pub(crate) const FILES: u16 = 0xe000;
/// The page belongs to no address space.
pub(crate) const NO_OWNER: u16 = u16::MAX;

impl PageArray {
    /// Bytes for each page.
    pub(crate) const BYTES: u64 = 4 + 4 + 2 + 2 + 4 + 4 + 1;

    /// The file that a page caches, if it belongs to one.
    pub(crate) fn file_of(&self, pfn: Pfn) -> Option<usize> {
        let owner = self.owner[pfn as usize];
        (FILES..NO_OWNER).contains(&owner).then(|| usize::from(owner - FILES))
    }

    pub(crate) fn new(pages: usize) -> Self {
        Self {
            next: vec![NONE; pages],
            prev: vec![NONE; pages],
            flags: vec![0; pages],
            owner: vec![NO_OWNER; pages],
            index: vec![0; pages],
            slot: vec![NONE; pages],
            order: vec![0; pages],
        }
    }

    pub(crate) fn has(&self, pfn: Pfn, flags: u16) -> bool {
        self.flags[pfn as usize] & flags == flags
    }
    pub(crate) fn set(&mut self, pfn: Pfn, flags: u16) {
        self.flags[pfn as usize] |= flags;
    }
    pub(crate) fn clear(&mut self, pfn: Pfn, flags: u16) {
        self.flags[pfn as usize] &= !flags;
    }

    pub(crate) fn push_head(&mut self, list: &mut List, pfn: Pfn) {
        self.splice_head(list, pfn, pfn, 1);
    }

    pub(crate) fn push_tail(&mut self, list: &mut List, pfn: Pfn) {
        self.next[pfn as usize] = NONE;
        self.prev[pfn as usize] = list.tail;
        if list.tail == NONE {
            list.head = pfn;
        } else {
            self.next[list.tail as usize] = pfn;
        }
        list.tail = pfn;
        list.len += 1;
    }

    pub(crate) fn remove(&mut self, list: &mut List, pfn: Pfn) {
        let (next, prev) = (self.next[pfn as usize], self.prev[pfn as usize]);
        if prev == NONE {
            list.head = next;
        } else {
            self.next[prev as usize] = next;
        }
        if next == NONE {
            list.tail = prev;
        } else {
            self.prev[next as usize] = prev;
        }
        list.len -= 1;
    }

    pub(crate) fn pop_tail(&mut self, list: &mut List) -> Option<Pfn> {
        let pfn = list.tail;
        if pfn == NONE {
            return None;
        }
        self.remove(list, pfn);
        Some(pfn)
    }

    /// Cuts the last pages off a list, `len` of them, down to and without `keep`. They stay linked to each other.
    pub(crate) fn cut_tail(&mut self, list: &mut List, keep: Pfn, len: u64) {
        list.tail = keep;
        list.len -= len;
        if keep == NONE {
            list.head = NONE;
        } else {
            self.next[keep as usize] = NONE;
        }
    }

    /// Puts pages that were [cut off](Self::cut_tail) a list, and are linked as they were then, before its head.
    pub(crate) fn splice_head(&mut self, list: &mut List, first: Pfn, last: Pfn, len: u64) {
        self.prev[first as usize] = NONE;
        self.next[last as usize] = list.head;
        if list.head == NONE {
            list.tail = last;
        } else {
            self.prev[list.head as usize] = last;
        }
        list.head = first;
        list.len += len;
    }

    pub(crate) fn pop_head(&mut self, list: &mut List) -> Option<Pfn> {
        let pfn = list.head;
        if pfn == NONE {
            return None;
        }
        self.remove(list, pfn);
        Some(pfn)
    }
}
