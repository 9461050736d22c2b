//! Page faults: first touch, swap-in, and page cache that was reclaimed (mm/memory.c).

use crate::exec::{State as TaskState, TaskId};
use crate::filemap::TEXT;
use crate::gfp::Gfp;
use crate::kernel::SwapinLru;
use crate::os::Os;
use crate::page::{
    NO_OWNER, NONE, PG_ACTIVE, PG_ANON, PG_DIRTY, PG_LOCKED, PG_MAPPED, PG_READAHEAD, PG_READING,
    PG_SWAPCACHE, PG_WRITEBACK, PG_YOUNG, Pfn,
};
use crate::state::State;
use crate::task::SWAP_ENTRY;

impl Os {
    /// A write to one page of an address space: nothing to do, a first touch, or a swap-in. False: SIGKILL is pending.
    pub(crate) async fn touch(&self, me: TaskId, space: usize, index: u32) -> bool {
        loop {
            if self.exec.fatal_signal_pending(me) {
                return false;
            }
            let entry = self.st().spaces[space].entries.get(index as usize).copied().unwrap_or(NONE);
            if entry == NONE {
                if self.anonymous_fault(me, space, index).await {
                    return true;
                }
                continue;
            }
            if entry & SWAP_ENTRY == 0 {
                self.st().pages.set(entry, PG_YOUNG);
                return true;
            }
            self.do_swap_page(me, space, index, entry & !SWAP_ENTRY).await;
        }
    }

    /// `do_anonymous_page`: a zeroed page, mapped and put on the active list.
    async fn anonymous_fault(&self, me: TaskId, space: usize, index: u32) -> bool {
        self.st().vm.pgfault += 1;
        self.cpu(me, self.costs.fault).await;
        let page = {
            let _frames =
                ["__do_page_fault", "handle_mm_fault", "alloc_pages_vma"].map(|name| self.frame(me, name));
            self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE.with(Gfp::ZERO), 0).await
        };
        let Some(pfn) = page else { return false };
        let mut st = self.st();
        st.map_page(pfn, space, index);
        st.lru_add(pfn, PG_ANON | PG_ACTIVE | PG_YOUNG | PG_DIRTY);
        true
    }

    /// A look at one page of the mapped page cache: marked as used, or read again if it was reclaimed. False: SIGKILL is
    /// pending.
    pub(crate) async fn touch_text(&self, me: TaskId, index: u32) -> bool {
        {
            let mut st = self.st();
            if let Some(pfn) = st.files.lookup(TEXT, index) {
                st.pages.set(pfn, PG_YOUNG);
                return true;
            }
        }
        let _frame = self.frame(me, "filemap_fault");
        self.cpu(me, self.costs.fault).await;
        let page = self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE, 0).await;
        if let Some(pfn) = page {
            self.st().pages_in_hand += 1;
            let until = self.exec.now() + self.file_read_ns;
            self.exec.sleep_until(me, TaskState::Uninterruptible, until).await;
            let cpu = self.exec.cpu_of(me);
            let mut st = self.st();
            st.pages_in_hand -= 1;
            st.vm.pgmajfault += 1;
            st.vm.pgpgin += 4;
            st.add_to_page_cache_or_free(pfn, TEXT, index, PG_MAPPED | PG_YOUNG, cpu);
        }
        !self.exec.fatal_signal_pending(me)
    }

    /// `do_swap_page` for a write: from the swap cache, else read with what lies around it; the slot is given up unless the page is
    /// still being written (`reuse_swap_page`).
    async fn do_swap_page(&self, me: TaskId, space: usize, index: u32, slot: u32) {
        let _frame = self.frame(me, "do_swap_page");
        self.st().vm.pgfault += 1;
        self.cpu(me, self.costs.fault).await;
        let cached = {
            let mut st = self.st();
            let cached = st.swap.lookup(slot);
            st.vm.swap_cache_find += 1;
            st.vm.swap_cache_found += u64::from(cached.is_some());
            cached
        };
        let Some(pfn) = cached else {
            self.st().vm.pgmajfault += 1;
            self.swapin_readahead(me, slot).await;
            return;
        };
        if self.st().pages.flags[pfn as usize] & (PG_LOCKED | PG_READING) != 0 {
            self.st().page_waiters.push((pfn, me));
            let reading = self.st().pages.has(pfn, PG_READING);
            if reading {
                self.sleep(me, TaskState::Uninterruptible).await;
            } else {
                // Locked by pageout, which unlocks without a wake-up in the model: look again a tick later.
                self.sleep_jiffies(me, TaskState::Uninterruptible, 1).await;
            }
            self.st().page_waiters.retain(|(_, task)| *task != me);
            return;
        }
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        let entry = st.spaces[space].entries[index as usize];
        if entry != slot | SWAP_ENTRY {
            return;
        }
        st.spaces[space].swapents -= 1;
        st.map_page(pfn, space, index);
        st.swap.owner[slot as usize] = (NO_OWNER, 0);
        if st.pages.has(pfn, PG_READAHEAD) {
            st.pages.clear(pfn, PG_READAHEAD);
            st.swap.readahead.hits += 1;
        }
        st.pages.set(pfn, PG_YOUNG | PG_DIRTY);
        if self.policy.swapin_lru == SwapinLru::Active {
            st.activate_page(pfn);
        }
        if !st.pages.has(pfn, PG_WRITEBACK) {
            st.delete_from_swap_cache(pfn, cpu);
        }
    }

    /// `swapin_readahead`, and the wait for the page that was asked for: an aligned window of slots is read under one plug.
    async fn swapin_readahead(&self, me: TaskId, slot: u32) {
        let _frame = self.frame(me, "swapin_readahead");
        let window = {
            let mut st = self.st();
            let pages = st.swap.readahead.nr_pages(slot);
            st.swap.window(slot, pages)
        };
        self.start_plug(me);
        for at in window.filter(|at| *at != slot) {
            self.read_swap_cache(me, at, PG_READAHEAD).await;
        }
        let page = self.read_swap_cache(me, slot, 0).await;
        self.finish_plug(me);
        let Some(pfn) = page else { return };
        let _frame = self.frame(me, "do_swap_page");
        while self.st().pages.has(pfn, PG_READING) {
            self.st().page_waiters.push((pfn, me));
            self.sleep(me, TaskState::Uninterruptible).await;
            self.st().page_waiters.retain(|(_, task)| *task != me);
        }
    }

    /// `read_swap_cache_async`: a page in the swap cache, locked until the read ends. Nothing where the slot is free,
    /// cached, or only held by the cache.
    async fn read_swap_cache(&self, me: TaskId, slot: u32, flags: u16) -> Option<Pfn> {
        let wanted = |st: &State| {
            let (space, index) = st.swap.owner[slot as usize];
            (space != NO_OWNER && st.swap.lookup(slot).is_none()).then_some((space, index))
        };
        wanted(&self.st())?;
        let pfn = self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE, 0).await?;
        {
            let cpu = self.exec.cpu_of(me);
            let mut st = self.st();
            let owner = wanted(&st);
            let added = owner.is_some() && st.add_to_swap_cache(pfn, slot, cpu, false);
            let (true, Some((space, index))) = (added, owner) else {
                st.free_page(pfn, cpu);
                return None;
            };
            st.pages.owner[pfn as usize] = space;
            st.pages.index[pfn as usize] = index;
            st.pages.set(pfn, PG_READING | PG_LOCKED);
            st.lru_add(pfn, PG_ANON | PG_SWAPCACHE | flags);
        }
        self.swap_readpage(me, pfn, slot).await;
        Some(pfn)
    }
}

#[cfg(test)]
mod tests;
