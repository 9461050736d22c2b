use super::*;
use crate::lruvec::INACTIVE_ANON;
use crate::page::PG_ANON;
use crate::testing::{config, leave_free, oldest, os, reworked, run};
use std::cell::Cell;
use std::rc::Rc;

/// A machine in which every second page is free, and the others are anonymous pages of one process or, if not `movable`,
/// the kernel's.
fn chequered(movable: bool) -> Rc<Os> {
    let os = os(&config(), &oldest());
    {
        let mut st = os.st();
        st.spaces.push(crate::task::AddressSpace::default());
        let taken = leave_free(&mut st, 0);
        for pfn in taken {
            if pfn % 2 == 0 {
                st.free_page(pfn, 0);
            } else if movable {
                st.map_page(pfn, 1, pfn);
                st.lru_add(pfn, PG_ANON);
            }
        }
        st.drain_all_pages();
        assert!(
            st.zones[0].free_area[1..].iter().all(|list| list.len == 0),
            "no two free pages side by side"
        );
    }
    os
}

#[test]
fn compact_zone_empties_a_block_and_keeps_the_mappings() {
    let os = chequered(true);
    let mut st = os.st();
    let (free, lru) = (st.free_total(), st.zones[0].nr_lru[INACTIVE_ANON]);
    assert_eq!(st.compact(2, 0), Compacted::Success);
    assert!(st.zones[0].free_area[2..].iter().any(|list| list.len > 0));
    assert_eq!((st.free_total(), st.zones[0].nr_lru[INACTIVE_ANON]), (free, lru), "no page lost");
    for (index, pfn) in st.spaces[1].entries.clone().iter().enumerate() {
        if *pfn != crate::page::NONE {
            assert_eq!((st.pages.owner[*pfn as usize], st.pages.index[*pfn as usize] as usize), (1, index));
        }
    }
}

#[test]
fn compact_zone_fails_on_kernel_pages_and_is_skipped_with_little_free() {
    let os = chequered(false);
    let mut st = os.st();
    assert_eq!(st.compact(2, 0), Compacted::Failed);
    let low = st.zones[0].low;
    leave_free(&mut st, low + 8);
    assert_eq!(st.compact(2, 0), Compacted::Skipped, "low + (2 << order) must be exceeded");
}

#[test]
fn should_reclaim_retry_scales_down_over_sixteen_rounds() {
    let os = os(&config(), &reworked());
    let min = {
        let mut st = os.st();
        leave_free(&mut st, 0);
        st.zones[0].nr_lru[INACTIVE_ANON] = 1600;
        st.zones[0].min
    };
    let last = Rc::new(Cell::new(0));
    let last2 = Rc::clone(&last);
    run(&os, 0, move |os, me| async move {
        for round in 1..=20 {
            if os.should_reclaim_retry(me, 0, 0, Reclaimed(0), round).await {
                assert_eq!(last2.replace(round), round - 1, "no round is retried after one that was not");
            }
        }
    });
    // 1600 pages lose 100 a round; what is left must be more than min.
    assert_eq!(last.get(), (1600 - min - 1) / 100);
    assert!(last.get() < 16);
}

#[test]
fn should_reclaim_retry_wants_a_block_of_the_order() {
    let os = os(&config(), &reworked());
    os.st().zones[0].nr_lru[INACTIVE_ANON] = 1600;
    leave_free(&mut os.st(), 0);
    run(&os, 0, |os, me| async move {
        assert!(os.should_reclaim_retry(me, 0, 0, Reclaimed(1), 0).await);
        assert!(!os.should_reclaim_retry(me, 2, 0, Reclaimed(1), 0).await, "lab finding 14");
    });
}

#[test]
fn get_page_from_freelist_stops_at_the_mark() {
    for (mark, flags) in [(Mark::Min, 0), (Mark::Low, 0), (Mark::High, 0), (Mark::Min, ALLOC_HIGH)] {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        while st.get_page_from_freelist(0, 0, mark, flags).is_some() {}
        let need = st.zones[0].mark(mark);
        let need = if flags == ALLOC_HIGH { need - need / 2 } else { need };
        assert_eq!(st.free_total(), need, "{mark:?}");
    }
}
