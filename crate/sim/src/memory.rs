//! Page faults: first touch, swap-in, and page cache that was reclaimed (mm/memory.c).

use crate::exec::{State as TaskState, TaskId};
use crate::filemap::TEXT;
use crate::gfp::Gfp;
use crate::os::Os;
use crate::page::{
    NONE, PG_ACTIVE, PG_ANON, PG_DIRTY, PG_LOCKED, PG_READING, PG_SWAPCACHE, PG_WRITEBACK, PG_YOUNG,
};
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
            let _frame = self.frame(me, "handle_mm_fault");
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
            if st.files.lookup(TEXT, index).is_none() {
                st.map_text(pfn, index, 0);
            } else {
                st.free_page(pfn, cpu);
            }
        }
        !self.exec.fatal_signal_pending(me)
    }

    /// `do_swap_page` for a write: from the swap cache, else read (no readahead); the slot is given up unless the page is
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
            self.read_swap_cache(me, space, index, slot).await;
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
        st.pages.set(pfn, PG_YOUNG | PG_DIRTY);
        if !st.pages.has(pfn, PG_WRITEBACK) {
            st.delete_from_swap_cache(pfn, cpu);
        }
    }

    /// `read_swap_cache_async`: a page in the swap cache, locked until the read ends.
    async fn read_swap_cache(&self, me: TaskId, space: usize, index: u32, slot: u32) {
        let page = self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE, 0).await;
        let Some(pfn) = page else { return };
        {
            let cpu = self.exec.cpu_of(me);
            let mut st = self.st();
            let entry = st.spaces[space].entries[index as usize];
            let gone = entry != slot | SWAP_ENTRY || st.swap.lookup(slot).is_some();
            if gone || !st.add_to_swap_cache(pfn, slot, cpu, false) {
                st.free_page(pfn, cpu);
                return;
            }
            st.vm.pgmajfault += 1;
            st.pages.owner[pfn as usize] = u16::try_from(space).unwrap_or(crate::page::NO_OWNER);
            st.pages.index[pfn as usize] = index;
            st.pages.set(pfn, PG_READING | PG_LOCKED);
            st.lru_add(pfn, PG_ANON | PG_SWAPCACHE);
        }
        self.swap_readpage(me, pfn, slot).await;
        while self.st().pages.has(pfn, PG_READING) {
            self.st().page_waiters.push((pfn, me));
            self.sleep(me, TaskState::Uninterruptible).await;
            self.st().page_waiters.retain(|(_, task)| *task != me);
        }
    }
}

#[cfg(test)]
mod tests;
