use super::*;
use crate::testing::{ask, config, dirty_pages, file_pages, go, leave_free, oldest, os, run, spawn};
use crate::units::Nanos;
use std::rc::Rc;

#[test]
fn add_to_page_cache_and_delete_from_it() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = file_pages(&mut st, 3, PG_MAPPED);
    let file = st.files.files.len() - 1;
    assert_eq!((st.files.lookup(file, 1), st.zones[0].mapped), (Some(pages[1]), 3));
    st.lru_del(pages[1]);
    st.remove_from_page_cache(pages[1]);
    let found = [0, 1, 2].map(|index| st.files.lookup(file, index));
    assert_eq!((found, st.zones[0].mapped), ([Some(pages[0]), None, Some(pages[2])], 2));
    assert_eq!(st.lruvecs[0].inactive_age, 1);
}

#[test]
fn workingset_refault_brings_a_page_back_to_the_active_list() {
    // So many evictions after its own; the active list has 10 pages.
    for (later, active) in [(9, true), (10, false)] {
        let os = os(&config(), &oldest());
        let mut st = os.st();
        file_pages(&mut st, 10, PG_ACTIVE);
        let pages = file_pages(&mut st, 11, 0);
        let file = st.files.files.len() - 1;
        for pfn in &pages[..=later] {
            st.lru_del(*pfn);
            st.remove_from_page_cache(*pfn);
        }
        st.add_to_page_cache(pages[0], file, 0, 0);
        assert_eq!(st.pages.has(pages[0], PG_ACTIVE), active);
        assert_eq!((st.vm.workingset_refault, st.vm.workingset_activate), (1, u64::from(active)));
        let again = pages[0];
        st.lru_del(again);
        st.files.files[file].pages[0] = NONE;
        st.pages.clear(again, PG_ACTIVE);
        st.add_to_page_cache(again, file, 0, 0);
        assert_eq!(st.vm.workingset_refault, 1, "the shadow is used once");
    }
}

#[test]
fn page_cache_readahead_reads_a_window_of_32() {
    let os = os(&config(), &oldest());
    let file = os.st().files.create(70);
    let present = |os: &Os| {
        let st = os.st();
        (0..70).filter(|index| st.files.lookup(file, *index).is_some()).count()
    };
    for (index, cached) in [(0, 32), (31, 32), (32, 64), (60, 64), (64, 70)] {
        run(&os, 0, move |os, me| async move { assert!(os.read_file(me, file, index).await) });
        assert_eq!(present(&os), cached, "after page {index}");
    }
    let st = os.st();
    assert_eq!((st.vm.pgpgin, st.pages_in_hand), (70 * 4, 0));
}

#[test]
fn page_cache_readahead_does_without_what_would_need_a_retry() {
    let os = os(&config(), &oldest());
    let file = os.st().files.create(70);
    let min = os.st().zones[0].min;
    leave_free(&mut os.st(), min + 5);
    run(&os, 0, move |os, me| async move { assert!(os.read_file(me, file, 0).await) });
    let st = os.st();
    assert_eq!((st.free_total(), st.files.lookup(file, 4).is_some()), (min, true));
    assert_eq!(st.files.lookup(file, 5), None);
    assert!(os.exec.now() < 2_000_000, "one look at the OOM killer would take a jiffy");
}

#[test]
fn read_file_marks_the_page_as_accessed() {
    let os = os(&config(), &oldest());
    let file = os.st().files.create(1);
    for active in [false, true] {
        run(&os, 0, move |os, me| async move { assert!(os.read_file(me, file, 0).await) });
        let st = os.st();
        assert_eq!(st.pages.has(st.files.lookup(file, 0).unwrap(), PG_ACTIVE), active);
    }
}

#[test]
fn generic_perform_write_dirties_a_page_once() {
    let os = os(&config(), &oldest());
    let file = os.st().files.create(2);
    for (index, dirty) in [(0, 1), (0, 1), (1, 2)] {
        run(&os, 0, move |os, me| async move { assert!(os.write_file(me, file, index).await) });
        let st = os.st();
        assert_eq!([st.nr_dirty(), st.vm.nr_dirtied], [dirty; 2]);
    }
}

/// A machine with some dirty pages that are sent to the disk in one request.
fn sent(pages: u32) -> (Rc<Os>, Vec<Pfn>) {
    let os = os(&config(), &oldest());
    let pages = dirty_pages(&mut os.st(), pages);
    assert_eq!(os.st().take_dirty(pages.len(), 0).len(), pages.len());
    os.write_file_pages(pages.clone(), None);
    (os, pages)
}

#[test]
fn set_page_writeback_moves_a_page_from_dirty_to_writeback() {
    let (os, pages) = sent(5);
    {
        let st = os.st();
        assert_eq!((st.nr_dirty(), st.writeback_total(), st.vm.nr_written), (0, 5, 0));
        assert!(pages.iter().all(|pfn| st.pages.has(*pfn, PG_WRITEBACK) && !st.pages.has(*pfn, PG_DIRTY)));
    }
    go(&os);
    let st = os.st();
    assert_eq!((st.nr_dirty(), st.writeback_total(), st.vm.nr_written), (0, 0, 5));
    // 50 us, and 20 KiB at 50,000 kB/s.
    assert_eq!(os.exec.now(), 50_000 + 5 * 81_920);
}

#[test]
fn set_page_dirty_while_under_writeback_is_written_again() {
    let (os, pages) = sent(2);
    os.st().set_page_dirty(pages[0], 1000);
    {
        let mut st = os.st();
        assert_eq!((st.nr_dirty(), st.writeback_total()), (1, 2));
        assert!(st.take_dirty(10, 2000).is_empty(), "not while it is on its way");
    }
    go(&os);
    os.deadline.set(Nanos::from_s(40).0);
    spawn(&os, crate::gfp::PF_KTHREAD, |os, me| async move { os.flusher(me).await });
    go(&os);
    let st = os.st();
    assert_eq!((st.nr_dirty(), st.writeback_total(), st.vm.nr_written, st.vm.nr_dirtied), (0, 0, 3, 3));
}

#[test]
fn take_dirty_gives_the_oldest_first() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = file_pages(&mut st, 4, 0);
    for (at, pfn) in [(10, pages[2]), (20, pages[0]), (30, pages[3])] {
        st.set_page_dirty(pfn, at);
    }
    let mut take = |most, until| st.take_dirty(most, until).iter().map(|page| page.pfn).collect::<Vec<Pfn>>();
    assert!(take(9, 9).is_empty());
    assert_eq!([take(1, 20), take(9, 20), take(9, 100)], [[pages[2]], [pages[0]], [pages[3]]]);
}

#[test]
fn get_request_waits_for_room_in_the_queue() {
    let mut config = config();
    config.disk.tags = 2;
    let os = os(&config, &oldest());
    let pages = dirty_pages(&mut os.st(), 2);
    pages.into_iter().for_each(|pfn| os.write_file_pages(vec![pfn], None));
    let at = ask(&os, 0, |os, me| async move {
        os.get_file_request(me).await;
        os.exec.now()
    });
    assert_eq!(at, Some(131_920), "the first of two requests of 131.92 us");
}

#[test]
fn bdi_congested_from_113_requests_of_a_legacy_queue() {
    for (queue, writes, congested) in
        [(Queue::Legacy, 112, false), (Queue::Legacy, 113, true), (Queue::BlkMq, 128, false)]
    {
        let mut config = config();
        config.disk.queue = queue;
        let os = os(&config, &oldest());
        let pages = dirty_pages(&mut os.st(), writes);
        pages.into_iter().for_each(|pfn| os.write_file_pages(vec![pfn], None));
        assert_eq!(os.st().files.disk.is_congested(), congested);
    }
}

#[test]
fn set_page_writeback_takes_a_page_that_is_listed_twice_once() {
    let os = os(&config(), &oldest());
    let pages = dirty_pages(&mut os.st(), 1);
    // Written by kswapd, past the list; then dirty again.
    os.write_file_pages(pages.clone(), None);
    go(&os);
    os.st().set_page_dirty(pages[0], os.exec.now());
    spawn(&os, crate::gfp::PF_KTHREAD, |os, me| async move { os.flusher(me).await });
    os.wakeup_flusher_threads(10);
    go(&os);
    let st = os.st();
    assert_eq!((st.nr_dirty(), st.writeback_total(), st.vm.nr_written), (0, 0, 2));
}
