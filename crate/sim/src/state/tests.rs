use super::*;
use crate::page::{PG_PAGEVEC, PG_RECLAIM, PG_WRITEBACK};
use crate::testing::{anon_pages, config, oldest, os, swap_cache_pages, under_writeback};

/// Pages of the swap cache under writeback, with younger ones on either side, and the machine they are on.
fn queued(count: u32, flags: u16) -> (Rc<crate::os::Os>, Vec<Pfn>) {
    let os = os(&config(), &oldest());
    let pages = {
        let mut st = os.st();
        anon_pages(&mut st, 3, 0);
        let pages = swap_cache_pages(&mut st, count, 0);
        under_writeback(&mut st, &pages, flags);
        pages
    };
    (os, pages)
}

#[test]
fn end_page_writeback_rotates_in_batches_of_14() {
    let (os, pages) = queued(15, PG_RECLAIM);
    let mut st = os.st();
    for pfn in &pages[..13] {
        st.end_page_writeback(*pfn, 0);
    }
    assert_eq!((st.vm.pgrotated, st.writeback_total()), (0, 2));
    let flags = st.pages.flags[pages[0] as usize] & (PG_PAGEVEC | PG_RECLAIM | PG_WRITEBACK);
    assert_eq!(flags, PG_PAGEVEC, "the batch holds it; it is not marked any more");
    st.end_page_writeback(pages[13], 0);
    assert_eq!((st.vm.pgrotated, st.rotate[0].len()), (14, 0));
    assert_eq!(st.lruvecs[0].lists[INACTIVE_ANON].tail, pages[13], "the last of the batch is next");
    assert!(!st.pages.has(pages[0], PG_PAGEVEC));
    st.end_page_writeback(pages[14], 0);
    assert_eq!(st.vm.pgrotated, 14, "a batch of its own");
    st.drain_rotations(0);
    assert_eq!((st.vm.pgrotated, st.lruvecs[0].lists[INACTIVE_ANON].tail), (15, pages[14]));
    assert_eq!(st.vm.nr_written, 15);
}

#[test]
fn end_page_writeback_rotates_only_marked_pages() {
    let (os, pages) = queued(14, 0);
    let mut st = os.st();
    let tail = st.lruvecs[0].lists[INACTIVE_ANON].tail;
    for pfn in pages {
        st.end_page_writeback(pfn, 0);
    }
    assert_eq!((st.rotate[0].len(), st.lruvecs[0].lists[INACTIVE_ANON].tail), (0, tail));
}

#[test]
fn rotate_reclaimable_page_leaves_active_pages() {
    let (os, pages) = queued(2, PG_RECLAIM);
    let mut st = os.st();
    let activate = |st: &mut State, pfn: Pfn| {
        st.lru_del(pfn);
        st.lru_add(pfn, PG_ACTIVE);
    };
    // One became active while it was written, one while its batch was waiting.
    activate(&mut st, pages[0]);
    st.end_page_writeback(pages[0], 0);
    assert_eq!(st.rotate[0].len(), 0);
    st.end_page_writeback(pages[1], 0);
    activate(&mut st, pages[1]);
    st.drain_rotations(0);
    assert_eq!(st.vm.pgrotated, 0);
}
