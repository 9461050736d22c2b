//! What happens to each isolated page: `shrink_page_list`, `add_to_swap`, `pageout` (mm/vmscan.c, mm/swap_state.c).

use crate::exec::TaskId;
use crate::gfp::Gfp;
use crate::lruvec::{INACTIVE_ANON, INACTIVE_FILE};
use crate::mempool::Element;
use crate::meter::LOOKS_OF_A_SCANNED_PAGE;
use crate::os::Os;
use crate::page::{
    NO_OWNER, NONE, PG_ACTIVE, PG_ANON, PG_DIRTY, PG_LOCKED, PG_MAPPED, PG_PAGEVEC, PG_RECLAIM,
    PG_REFERENCED, PG_SWAPCACHE, PG_WRITEBACK, PG_YOUNG, Pfn,
};
use crate::slab::Cache;
use crate::state::State;
use crate::swap::RADIX_SLOTS;
use crate::task::SWAP_ENTRY;
use crate::trace::Series;
use crate::vmscan::ScanControl;

mod stay;

/// What `shrink_page_list` reports of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BatchResult {
    pub reclaimed: u64,
    pub writeback: u64,
    pub immediate: u64,
    /// Of page cache only: dirty or under writeback, dirty and not queued, on a congested device or met before.
    pub dirty: u64,
    pub unqueued_dirty: u64,
    pub congested: u64,
}

/// `SWAP_CLUSTER_MAX`, as the length of an array.
const BATCH: usize = 32;

/// Isolated pages, at most [`BATCH`] of them, in the order of their isolation.
#[derive(Clone, Copy, Default)]
pub(crate) struct Batch {
    pfns: [Pfn; BATCH],
    /// Bit n: page n goes to the active list.
    activate: u32,
    pub len: u64,
}

impl Batch {
    /// Places for so many pages; those that are used are counted afterwards, in `len`.
    pub(crate) fn places(&mut self, nr: u64) -> impl Iterator<Item = &mut Pfn> {
        self.pfns.iter_mut().take(usize::try_from(nr).unwrap_or(BATCH))
    }

    pub(crate) fn push(&mut self, pfn: Pfn) {
        if let Some(place) = usize::try_from(self.len).ok().and_then(|at| self.pfns.get_mut(at)) {
            *place = pfn;
            self.len += 1;
        }
    }

    pub(crate) fn pages(&self) -> &[Pfn] {
        &self.pfns[..usize::try_from(self.len).unwrap_or(0)]
    }
}

/// What becomes of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Back to the head of the inactive list.
    Keep,
    /// Under writeback already: back to the head.
    Writeback,
    /// The same, and kswapd met it with its stall armed.
    Immediate,
    /// To the active list.
    Activate,
    /// Clean and unmapped: freed.
    Free,
    /// Dirty and unmapped: written out.
    PageOut,
}

impl State {
    /// `isolate_lru_pages`: up to a batch off the tail of an inactive list.
    pub(crate) fn isolate_lru_pages(&mut self, index: usize, file: bool, nr: u64, kswapd: bool) -> Batch {
        let batch = self.lru_isolate(index, if file { INACTIVE_FILE } else { INACTIVE_ANON }, nr);
        self.count_isolated(index, file, batch.len, kswapd);
        batch
    }

    /// Counts pages as isolated and scanned.
    fn count_isolated(&mut self, index: usize, file: bool, pages: u64, kswapd: bool) {
        self.meter.look(pages * LOOKS_OF_A_SCANNED_PAGE);
        let lruvec = &mut self.lruvecs[index];
        lruvec.isolated[usize::from(file)] += pages;
        lruvec.recent_scanned[usize::from(file)] += pages;
        lruvec.pages_scanned += pages;
        let zone = self.counted_in(index);
        if kswapd {
            self.vm.pgscan_kswapd[zone] += pages;
        } else {
            self.vm.pgscan_direct[zone] += pages;
        }
        self.record.count(if kswapd { Series::ScanKswapd } else { Series::ScanDirect }, pages);
    }

    /// `page_check_dirty_writeback`: only page cache counts, so that swap never looks congested.
    fn count_dirty(&self, flags: u16, result: &mut BatchResult) {
        if flags & PG_ANON != 0 || flags & (PG_DIRTY | PG_WRITEBACK) == 0 {
            return;
        }
        result.dirty += 1;
        let writeback = flags & PG_WRITEBACK != 0;
        result.unqueued_dirty += u64::from(!writeback);
        let met_before = writeback && flags & PG_RECLAIM != 0;
        result.congested += u64::from(met_before || self.files.disk.is_congested());
    }

    /// Steps a to h of `shrink_page_list` for one page with these flags.
    fn judge(&mut self, pfn: Pfn, flags: u16, index: usize, gfp: Gfp, kswapd: bool, cpu: usize) -> Verdict {
        if flags & PG_LOCKED != 0 {
            return Verdict::Keep;
        }
        if flags & PG_WRITEBACK != 0 {
            if kswapd && flags & PG_RECLAIM != 0 && self.lruvecs[index].writeback_flag {
                return Verdict::Immediate;
            }
            self.pages.set(pfn, PG_RECLAIM);
            return Verdict::Writeback;
        }
        // page_check_references: anonymous pages and executable file pages are activated at the first reference.
        if flags & PG_YOUNG != 0 {
            self.pages.clear(pfn, PG_YOUNG);
            return Verdict::Activate;
        }
        if flags & PG_ANON == 0 {
            return self.judge_file(pfn, index, gfp, kswapd);
        }
        if flags & PG_SWAPCACHE == 0 {
            if self.pages.owner[pfn as usize] == NO_OWNER {
                // Its address space is gone: the isolation held the last reference.
                return Verdict::Free;
            }
            if !gfp.has(Gfp::IO) {
                return Verdict::Keep;
            }
            if !self.add_to_swap(pfn, cpu) {
                return Verdict::Activate;
            }
        }
        self.try_to_unmap(pfn);
        let pinned = flags & PG_PAGEVEC != 0;
        if self.pages.has(pfn, PG_DIRTY) {
            // may_enter_fs: a page of the swap cache needs __GFP_IO only.
            let writable = gfp.has(Gfp::IO) && !pinned;
            return if writable { Verdict::PageOut } else { Verdict::Keep };
        }
        if pinned { Verdict::Keep } else { Verdict::Free }
    }

    /// The same for a page of the page cache that is neither under writeback nor used through a mapping.
    fn judge_file(&mut self, pfn: Pfn, index: usize, gfp: Gfp, kswapd: bool) -> Verdict {
        let flags = self.pages.flags[pfn as usize];
        self.pages.clear(pfn, PG_REFERENCED);
        if flags & PG_PAGEVEC != 0 {
            return Verdict::Keep;
        }
        if flags & PG_DIRTY == 0 {
            return Verdict::Free;
        }
        // Dirty page cache is the flusher's business; kswapd writes it once it meets nothing else.
        if !kswapd || !self.lruvecs[index].dirty_flag {
            self.vm.nr_vmscan_immediate_reclaim += 1;
            self.pages.set(pfn, PG_RECLAIM);
            return Verdict::Keep;
        }
        // PAGEREF_RECLAIM_CLEAN: a page that was read or written again waits for the next round.
        if flags & PG_REFERENCED != 0 || !gfp.has(Gfp::FS) { Verdict::Keep } else { Verdict::PageOut }
    }

    /// `add_to_swap`: a slot, and for the first slot of 64 a node of the swap cache's tree. False without either.
    fn add_to_swap(&mut self, pfn: Pfn, cpu: usize) -> bool {
        let Some(slot) = self.get_swap_page(cpu) else { return false };
        if !self.add_to_swap_cache(pfn, slot, cpu, true) {
            self.swap.put_slot(slot);
            return false;
        }
        self.pages.set(pfn, PG_DIRTY);
        self.note_swap();
        true
    }

    /// `add_to_swap_cache`: the first slot of 64 needs a node of the tree.
    pub(crate) fn add_to_swap_cache(&mut self, pfn: Pfn, slot: u32, cpu: usize, reserves: bool) -> bool {
        let node = (slot / RADIX_SLOTS) as usize;
        if self.swap.node_pages[node] == 0 {
            let Some(Element(object)) = self.radix_node_alloc(cpu, reserves) else { return false };
            self.swap.node[node] = object;
        }
        self.swap.node_pages[node] += 1;
        self.swap.cache[slot as usize] = pfn;
        self.pages.slot[pfn as usize] = slot;
        self.pages.set(pfn, PG_SWAPCACHE);
        self.vm.swap_cache_add += 1;
        true
    }

    pub(crate) fn note_swap(&mut self) {
        let used = self.swap.total - self.swap.free;
        self.record.note(Series::SwapUsed, used);
    }

    /// `delete_from_swap_cache`; the slot stays with the page table entry that refers to it, if one does.
    pub(crate) fn delete_from_swap_cache(&mut self, pfn: Pfn, cpu: usize) {
        let slot = self.pages.slot[pfn as usize];
        self.swap.cache[slot as usize] = NONE;
        self.pages.slot[pfn as usize] = NONE;
        self.pages.clear(pfn, PG_SWAPCACHE);
        self.vm.swap_cache_del += 1;
        let node = (slot / RADIX_SLOTS) as usize;
        self.swap.node_pages[node] -= 1;
        if self.swap.node_pages[node] == 0 {
            let object = std::mem::replace(&mut self.swap.node[node], NONE);
            self.cache_free(Cache::RadixNode, Element(object), cpu);
        }
        let owner = self.pages.owner[pfn as usize];
        let held = owner != NO_OWNER
            && self.spaces[owner as usize].entries[self.pages.index[pfn as usize] as usize]
                == slot | SWAP_ENTRY;
        if !held {
            self.swap.put_slot(slot);
            self.note_swap();
        }
    }

    /// `try_to_unmap`: the page table entry becomes the swap slot.
    fn try_to_unmap(&mut self, pfn: Pfn) {
        if !self.pages.has(pfn, PG_MAPPED) {
            return;
        }
        self.pages.clear(pfn, PG_MAPPED);
        let space = &mut self.spaces[self.pages.owner[pfn as usize] as usize];
        let slot = self.pages.slot[pfn as usize];
        space.entries[self.pages.index[pfn as usize] as usize] = slot | SWAP_ENTRY;
        self.swap.owner[slot as usize] = (self.pages.owner[pfn as usize], self.pages.index[pfn as usize]);
        space.rss -= 1;
        space.swapents += 1;
    }

    /// `__remove_mapping` and the free that follows.
    fn remove_and_free(&mut self, pfn: Pfn, cpu: usize) {
        if self.pages.has(pfn, PG_SWAPCACHE) {
            self.delete_from_swap_cache(pfn, cpu);
        } else {
            self.remove_from_page_cache(pfn);
        }
        self.free_page(pfn, cpu);
    }

    /// Whether the isolation held the last reference to a page: its address space is gone.
    fn is_orphan(&self, pfn: Pfn) -> bool {
        self.pages.flags[pfn as usize] & (PG_ANON | PG_MAPPED | PG_SWAPCACHE | PG_PAGEVEC) == PG_ANON
            && self.pages.owner[pfn as usize] == NO_OWNER
    }

    /// `putback_inactive_pages`, for what is left of a batch.
    fn putback_inactive_pages(&mut self, index: usize, batch: &Batch, back: &Batch, cpu: usize) {
        let all_stay = back.len == batch.len && back.activate == 0;
        if all_stay && !back.pages().iter().any(|pfn| self.is_orphan(*pfn)) {
            return self.lru_put_back(index, back);
        }
        for (at, pfn) in back.pages().iter().enumerate() {
            self.putback(*pfn, index, back.activate & (1 << at) != 0, cpu);
        }
    }

    /// The same for one page.
    fn putback(&mut self, pfn: Pfn, index: usize, activate: bool, cpu: usize) {
        if self.is_orphan(pfn) {
            self.free_page(pfn, cpu);
            return;
        }
        let flags = self.pages.flags[pfn as usize];
        let mut keep = flags & PG_ANON;
        if activate {
            keep |= PG_ACTIVE;
            self.vm.pgactivate += 1;
            self.lruvecs[index].recent_rotated[usize::from(flags & PG_ANON == 0)] += 1;
        }
        self.lru_add(pfn, keep);
    }
}

impl Os {
    /// `shrink_page_list`, and the putback of what stays.
    pub(crate) async fn shrink_page_list(
        &self,
        me: TaskId,
        index: usize,
        batch: Batch,
        sc: &mut ScanControl,
    ) -> BatchResult {
        let _frame = self.frame(me, "shrink_page_list");
        let mut result = BatchResult::default();
        let mut back = Batch::default();
        let mut next = 0;
        // Pages that need no I/O are judged in one go; only a page that is written out lets time pass.
        while let Some(pfn) =
            self.judge_until_pageout(me, index, &batch, &mut next, &mut back, &mut result, sc)
        {
            self.pageout(me, pfn).await;
            back.push(pfn);
        }
        self.cpu(me, batch.len * self.costs.scan + result.reclaimed * self.costs.free).await;
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        st.putback_inactive_pages(index, &batch, &back, cpu);
        result
    }

    /// Goes on with a batch up to the first page that must be written, which is returned, or to the end.
    #[expect(clippy::too_many_arguments, reason = "the locals of shrink_page_list")]
    fn judge_until_pageout(
        &self,
        me: TaskId,
        index: usize,
        batch: &Batch,
        next: &mut usize,
        back: &mut Batch,
        result: &mut BatchResult,
        sc: &mut ScanControl,
    ) -> Option<Pfn> {
        let kswapd = self.is_kswapd(me);
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        let st = &mut *st;
        for pfn in &batch.pages()[*next..] {
            *next += 1;
            let flags = st.pages.flags[*pfn as usize];
            // A page that somebody has locked is put back without a look.
            if flags & PG_LOCKED == 0 {
                sc.nr_scanned += 1 + u64::from(flags & (PG_MAPPED | PG_SWAPCACHE) != 0);
            }
            st.count_dirty(flags, result);
            match st.judge(*pfn, flags, index, sc.gfp, kswapd, cpu) {
                Verdict::Keep => {}
                Verdict::Writeback => result.writeback += 1,
                Verdict::Immediate => result.immediate += 1,
                Verdict::Activate => {
                    if st.swap.vm_swap_full() {
                        st.try_to_free_swap(*pfn, cpu);
                    }
                    back.activate |= 1 << back.len;
                }
                Verdict::Free => {
                    st.remove_and_free(*pfn, cpu);
                    st.isolated_freed += 1;
                    result.reclaimed += 1;
                    continue;
                }
                Verdict::PageOut => return Some(*pfn),
            }
            back.push(*pfn);
        }
        None
    }

    /// `pageout`: the page is locked until its writeback has begun.
    async fn pageout(&self, me: TaskId, pfn: Pfn) {
        let _frame = self.frame(me, "pageout");
        if !self.st().pages.has(pfn, PG_ANON) {
            {
                let mut st = self.st();
                st.pages.set(pfn, PG_RECLAIM);
                st.vm.nr_vmscan_write += 1;
            }
            self.cpu(me, self.costs.swap_out).await;
            self.write_file_pages(vec![pfn], None);
            return;
        }
        {
            let mut st = self.st();
            st.pages.clear(pfn, PG_DIRTY);
            st.pages.set(pfn, PG_RECLAIM | PG_LOCKED);
            st.vm.nr_vmscan_write += 1;
        }
        self.cpu(me, self.costs.swap_out).await;
        self.swap_writepage(me, pfn).await;
    }
}

#[cfg(test)]
mod tests;
