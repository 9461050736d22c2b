use super::*;
use crate::page::PG_LRU;
use crate::testing::{
    KSWAPD, anon_pages, config, dirty_pages, file_pages, go, leave_free, no_swap, oldest, os, scan_control,
    swap_cache_pages, under_writeback,
};
use std::rc::Rc;

const NOFS: Gfp = Gfp::KERNEL.without(Gfp::FS);

/// What `shrink_page_list` decides about a page that a test makes.
fn verdict(st: &mut State, pfn: Pfn, gfp: Gfp, kswapd: bool) -> Verdict {
    st.lru_del(pfn);
    st.judge(pfn, st.pages.flags[pfn as usize], 0, gfp, kswapd, 0)
}

#[test]
fn shrink_page_list_a_keeps_a_locked_page() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = [anon_pages(&mut st, 1, PG_LOCKED | PG_YOUNG)[0], file_pages(&mut st, 1, PG_LOCKED)[0]];
    for pfn in pages {
        assert_eq!(verdict(&mut st, pfn, Gfp::KERNEL, true), Verdict::Keep);
    }
    assert!(st.pages.has(pages[0], PG_YOUNG), "not even looked at");
}

#[test]
fn shrink_page_list_c_keeps_a_page_under_writeback_and_marks_it() {
    for (kswapd, met, flag, expected) in [
        (true, PG_RECLAIM, true, Verdict::Immediate),
        (true, PG_RECLAIM, false, Verdict::Writeback),
        (true, 0, true, Verdict::Writeback),
        (false, PG_RECLAIM, true, Verdict::Writeback),
    ] {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        let pages = swap_cache_pages(&mut st, 1, PG_YOUNG);
        under_writeback(&mut st, &pages, met);
        st.lruvecs[0].writeback_flag = flag;
        assert_eq!(verdict(&mut st, pages[0], Gfp::KERNEL, kswapd), expected);
        assert!(st.pages.has(pages[0], PG_RECLAIM | PG_YOUNG));
    }
}

#[test]
fn shrink_page_list_d_activates_a_referenced_page() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = [
        anon_pages(&mut st, 1, PG_YOUNG)[0],
        file_pages(&mut st, 1, PG_MAPPED | PG_YOUNG)[0],
        swap_cache_pages(&mut st, 1, PG_YOUNG)[0],
    ];
    for pfn in pages {
        assert_eq!(verdict(&mut st, pfn, Gfp::KERNEL, false), Verdict::Activate);
        assert!(!st.pages.has(pfn, PG_YOUNG), "once");
    }
    assert!(!st.pages.has(pages[0], PG_SWAPCACHE));
}

#[test]
fn shrink_page_list_e_gives_an_anonymous_page_a_slot() {
    for (gfp, expected) in
        [(Gfp::KERNEL, Verdict::PageOut), (NOFS, Verdict::PageOut), (Gfp::NOIO, Verdict::Keep)]
    {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        let pfn = anon_pages(&mut st, 1, 0)[0];
        assert_eq!(verdict(&mut st, pfn, gfp, false), expected);
        let swapped = expected == Verdict::PageOut;
        assert_eq!(st.pages.has(pfn, PG_SWAPCACHE | PG_DIRTY), swapped);
        assert_eq!(1024 - st.swap.free, u64::from(swapped));
        // f. The page table has the slot in its place.
        let space = st.spaces.last().unwrap();
        assert_eq!((space.rss, space.swapents), (u64::from(!swapped), u64::from(swapped)));
        assert_eq!(space.entries[0] & SWAP_ENTRY != 0, swapped);
    }
}

#[test]
fn add_to_swap_activates_without_a_slot_or_a_node() {
    let os = no_swap(&oldest());
    let pfn = anon_pages(&mut os.st(), 1, 0)[0];
    assert_eq!(verdict(&mut os.st(), pfn, Gfp::KERNEL, false), Verdict::Activate);
    // The first slot needs a node of the tree, and there is no page for it.
    let os = crate::testing::os(&config(), &oldest());
    let mut st = os.st();
    let pfn = anon_pages(&mut st, 1, 0)[0];
    leave_free(&mut st, 0);
    assert_eq!(verdict(&mut st, pfn, Gfp::KERNEL, false), Verdict::Activate);
    assert_eq!((st.swap.free, st.swap.lookup(0)), (1024, None), "the slot is given back");
    assert!(!st.pages.has(pfn, PG_SWAPCACHE) && st.pages.has(pfn, PG_MAPPED));
}

#[test]
fn shrink_page_list_g_leaves_dirty_page_cache_to_the_flusher() {
    for (kswapd, flag, used, gfp, expected) in [
        (false, true, 0, Gfp::KERNEL, Verdict::Keep),
        (true, false, 0, Gfp::KERNEL, Verdict::Keep),
        (true, true, 0, Gfp::KERNEL, Verdict::PageOut),
        (true, true, PG_REFERENCED, Gfp::KERNEL, Verdict::Keep),
        (true, true, 0, NOFS, Verdict::Keep),
    ] {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        let pfn = dirty_pages(&mut st, 1)[0];
        st.pages.set(pfn, used);
        st.lruvecs[0].dirty_flag = flag;
        assert_eq!(verdict(&mut st, pfn, gfp, kswapd), expected, "{kswapd} {flag}");
        let marked = !(kswapd && flag);
        assert_eq!(st.pages.has(pfn, PG_RECLAIM), marked, "to the tail when it is clean");
        assert_eq!(st.vm.nr_vmscan_immediate_reclaim, u64::from(marked));
    }
}

#[test]
fn shrink_page_list_g_writes_a_dirty_page_of_the_swap_cache_with_gfp_io() {
    for (gfp, expected) in
        [(Gfp::KERNEL, Verdict::PageOut), (NOFS, Verdict::PageOut), (Gfp::NOIO, Verdict::Keep)]
    {
        for kswapd in [false, true] {
            let os = os(&config(), &oldest());
            let mut st = os.st();
            let pfn = swap_cache_pages(&mut st, 1, PG_DIRTY)[0];
            assert_eq!(verdict(&mut st, pfn, gfp, kswapd), expected);
        }
    }
}

#[test]
fn shrink_page_list_h_frees_clean_pages_whatever_the_mask() {
    for gfp in [Gfp::KERNEL, NOFS, Gfp::NOIO] {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        let pages = [
            file_pages(&mut st, 1, 0)[0],
            file_pages(&mut st, 1, PG_REFERENCED)[0],
            swap_cache_pages(&mut st, 1, 0)[0],
        ];
        for pfn in pages {
            assert_eq!(verdict(&mut st, pfn, gfp, false), Verdict::Free);
        }
        let pinned = swap_cache_pages(&mut st, 1, PG_PAGEVEC)[0];
        assert_eq!(verdict(&mut st, pinned, gfp, false), Verdict::Keep, "a rotation batch holds it");
    }
}

/// Shrinks the inactive anonymous or page cache list by a batch.
fn shrink(os: &Rc<Os>, flags: u32, file: bool) -> BatchResult {
    crate::testing::ask(os, flags, move |os, me| async move {
        let batch = os.st().isolate_lru_pages(0, file, 32, os.is_kswapd(me));
        os.shrink_page_list(me, 0, batch, &mut scan_control(Gfp::KERNEL, 12)).await
    })
    .unwrap()
}

#[test]
fn shrink_page_list_puts_pages_back_to_the_head() {
    let os = os(&config(), &oldest());
    let (kept, young, untouched) = {
        let mut st = os.st();
        let kept = anon_pages(&mut st, 1, PG_LOCKED)[0];
        let young = anon_pages(&mut st, 1, PG_YOUNG)[0];
        anon_pages(&mut st, 30, PG_LOCKED);
        // Two more that the batch does not reach.
        (kept, young, anon_pages(&mut st, 2, PG_LOCKED)[1])
    };
    shrink(&os, 0, false);
    let st = os.st();
    let lists = &st.lruvecs[0].lists;
    assert_eq!((lists[INACTIVE_ANON].len, lists[crate::lruvec::ACTIVE_ANON].head), (33, young));
    assert_eq!(st.pages.next[kept as usize], untouched, "right above those that were not isolated");
    assert_eq!((st.vm.pgactivate, st.lruvecs[0].recent_rotated), (1, [1, 0]));
}

#[test]
fn isolate_lru_pages_counts_by_who_scans() {
    for kswapd in [false, true] {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        let pages = anon_pages(&mut st, 40, 0);
        let batch = st.isolate_lru_pages(0, false, 32, kswapd);
        assert_eq!(batch.pages(), &pages[..32], "from the tail");
        let lruvec = &st.lruvecs[0];
        assert_eq!((lruvec.isolated, lruvec.pages_scanned, lruvec.recent_scanned), ([32, 0], 32, [32, 0]));
        let dma32 = (st.vm.pgscan_direct[1], st.vm.pgscan_kswapd[1]);
        assert_eq!(dma32, if kswapd { (0, 32) } else { (32, 0) });
        assert!(pages[..32].iter().all(|pfn| !st.pages.has(*pfn, PG_LRU)));
    }
}

#[test]
fn pageout_is_no_progress_until_the_write_has_ended() {
    let mut config = config();
    config.crypt = None;
    let os = os(&config, &oldest());
    anon_pages(&mut os.st(), 32, 0);
    os.deadline.set(1_000_000_000);
    assert_eq!(shrink(&os, 0, false).reclaimed, 0);
    assert_eq!(os.st().vm.nr_vmscan_write, 32);
    os.flush_plug(0);
    go(&os);
    os.st().drain_rotations(0);
    assert_eq!(os.st().vm.pgrotated, 32);
    assert_eq!(shrink(&os, 0, false).reclaimed, 32, "clean in the swap cache by now");
    assert_eq!(os.st().swap.free, 1024 - 32, "the slots stay with the page table");
}

#[test]
fn pageout_of_page_cache_by_kswapd() {
    let os = os(&config(), &oldest());
    dirty_pages(&mut os.st(), 32);
    let written = |os: &Os| {
        let st = os.st();
        (st.vm.nr_vmscan_write, st.nr_dirty())
    };
    assert_eq!((shrink(&os, KSWAPD, true).unqueued_dirty, written(&os)), (32, (0, 32)));
    os.st().lruvecs[0].dirty_flag = true;
    shrink(&os, KSWAPD, true);
    assert_eq!(written(&os), (32, 0));
}

#[test]
fn delete_from_swap_cache_leaves_the_slot_to_the_page_table() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = swap_cache_pages(&mut st, 2, 0);
    // One address space has gone meanwhile.
    st.pages.owner[pages[1] as usize] = NO_OWNER;
    for pfn in pages {
        st.lru_del(pfn);
        st.remove_and_free(pfn, 0);
    }
    assert_eq!(st.swap.free, 1023);
    assert_eq!((st.vm.swap_cache_add, st.vm.swap_cache_del), (2, 2));
}
