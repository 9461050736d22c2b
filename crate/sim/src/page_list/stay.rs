//! Batches of which every page stays where it is.
//!
//! A reclaimer that may not start I/O, as kcryptd in its crawl, turns list after list and finds nothing that it could do:
//! pages that would have to be written, and pages that are being written. Their flags alone say so, and in a row of them the
//! pages come back in the order in which they were. So such a batch is looked at on the list; while nothing else can happen
//! before it is put back, it is not taken off at all, and the list is turned.

use super::{Batch, BatchResult};
use crate::exec::TaskId;
use crate::gfp::Gfp;
use crate::lruvec::INACTIVE_ANON;
use crate::meter::LOOKS_OF_A_SCANNED_PAGE;
use crate::os::Os;
use crate::page::{
    NONE, PG_ANON, PG_LOCKED, PG_MAPPED, PG_RECLAIM, PG_SWAPCACHE, PG_WRITEBACK, PG_YOUNG, Pfn,
};
use crate::state::State;
use crate::vmscan::{SWAP_CLUSTER_MAX, ScanControl};

/// A batch at the tail of the list of inactive anonymous pages, all of which `shrink_page_list` would keep.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Staying {
    pub len: u64,
    /// Those under writeback.
    pub writeback: u64,
    /// The one nearest to the head of the list, and the one before it that is not of the batch.
    first: Pfn,
    before: Pfn,
}

/// Under writeback, and met before by a reclaimer.
const WRITTEN: u16 = PG_ANON | PG_SWAPCACHE | PG_WRITEBACK | PG_RECLAIM;
/// In a page table and without a swap slot, so that it would have to be written.
const MAPPED: u16 = PG_ANON | PG_MAPPED;

impl State {
    /// The batch that direct reclaim would isolate next, if every page of it stays, with nothing changed by the look at it.
    pub(crate) fn staying(&self, index: usize, nr: u64, gfp: Gfp) -> Option<Staying> {
        let may_write = gfp.has(Gfp::IO);
        let pages = &self.pages;
        let mut before = self.lruvecs[index].lists[INACTIVE_ANON].tail;
        let (mut len, mut writeback, mut first) = (0, 0, NONE);
        for _ in 0..nr.min(SWAP_CLUSTER_MAX) {
            // The end of the list is no page.
            let Some(flags) = pages.flags.get(before as usize) else { break };
            let is_written = flags & (WRITTEN | PG_LOCKED) == WRITTEN;
            let is_mapped = flags & (MAPPED | PG_SWAPCACHE | PG_WRITEBACK | PG_LOCKED | PG_YOUNG) == MAPPED;
            if !is_written && (may_write || !is_mapped) {
                return None;
            }
            len += 1;
            writeback += u64::from(is_written);
            (first, before) = (before, pages.prev[before as usize]);
        }
        (len > 0).then_some(Staying { len, writeback, first, before })
    }

    /// Moves a batch that stays from the tail of the list to its head, as isolation and putback do.
    fn turn(&mut self, index: usize, batch: &Staying) {
        let list = &mut self.lruvecs[index].lists[INACTIVE_ANON];
        let last = list.tail;
        self.pages.cut_tail(list, batch.before, batch.len);
        self.pages.splice_head(list, batch.first, last, batch.len);
    }
}

impl Os {
    /// `isolate_lru_pages`, `shrink_page_list` and `putback_inactive_pages` for a batch that stays.
    pub(crate) async fn shrink_staying(
        &self,
        me: TaskId,
        index: usize,
        staying: Staying,
        sc: &mut ScanControl,
    ) -> BatchResult {
        let _frame = self.frame(me, "shrink_page_list");
        // A page that is mapped or in the swap cache counts twice, and each is.
        sc.nr_scanned += 2 * staying.len;
        let ns = staying.len * self.costs.scan;
        let alone = self.exec.would_run_ahead(me, ns, staying.len * LOOKS_OF_A_SCANNED_PAGE);
        let batch = {
            let mut st = self.st();
            if alone {
                st.count_isolated(index, false, staying.len, false);
                st.turn(index, &staying);
                Batch::default()
            } else {
                st.isolate_lru_pages(index, false, staying.len, false)
            }
        };
        self.cpu(me, ns).await;
        if !alone {
            self.st().putback_inactive_pages(index, &batch, &batch, self.exec.cpu_of(me));
        }
        BatchResult { writeback: staying.writeback, ..BatchResult::default() }
    }
}

#[cfg(test)]
mod tests;
