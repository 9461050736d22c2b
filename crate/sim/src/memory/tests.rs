use super::*;
use crate::exec::TaskId;
use crate::kernel::KernelPolicy;
use crate::testing::{
    anon_pages, config, file_pages, leave_free, oldest, os, run, spawn, swap_cache_pages, under_writeback,
};
use std::rc::Rc;

/// Touches the first page of the address space that was made last.
fn touch(os: &Rc<Os>) {
    run(os, 0, |os, me| async move {
        let space = os.st().spaces.len() - 1;
        assert!(os.touch(me, space, 0).await);
    });
}

#[test]
fn do_anonymous_page_puts_the_page_on_the_active_list() {
    let os = os(&config(), &oldest());
    touch(&os);
    let st = os.st();
    let pfn = st.spaces[0].entries[0];
    assert!(st.pages.has(pfn, PG_ANON | PG_ACTIVE | PG_YOUNG | PG_DIRTY | PG_MAPPED));
    assert_eq!((st.spaces[0].rss, st.vm.pgfault, st.lruvecs[0].lists[1].head), (1, 1, pfn));
}

#[test]
fn a_touch_of_a_mapped_page_only_sets_its_accessed_bit() {
    let os = os(&config(), &oldest());
    let pfn = anon_pages(&mut os.st(), 1, 0)[0];
    touch(&os);
    let st = os.st();
    assert!(st.pages.has(pfn, PG_YOUNG));
    assert_eq!((st.vm.pgfault, os.exec.now()), (0, 0));
}

#[test]
fn do_swap_page_takes_the_page_from_the_swap_cache_and_gives_up_the_slot() {
    for written in [false, true] {
        let os = os(&config(), &oldest());
        let pages = swap_cache_pages(&mut os.st(), 1, 0);
        if written {
            under_writeback(&mut os.st(), &pages, 0);
        }
        touch(&os);
        let st = os.st();
        assert_eq!((st.vm.pgfault, st.vm.pgmajfault, st.vm.swap_cache_found), (1, 0, 1));
        assert_eq!((st.spaces[1].entries[0], st.spaces[1].rss, st.spaces[1].swapents), (pages[0], 1, 0));
        assert!(st.pages.has(pages[0], PG_DIRTY | PG_YOUNG));
        // The slot stays while the page is on its way there.
        assert_eq!(
            (st.pages.has(pages[0], PG_SWAPCACHE), st.swap.free),
            (written, 1024 - u64::from(written))
        );
    }
}

#[test]
fn do_swap_page_activates_by_policy() {
    for (swapin_lru, active) in [(SwapinLru::Active, true), (SwapinLru::Inactive, false)] {
        let os = os(&config(), &KernelPolicy { swapin_lru, ..oldest() });
        let page = swap_cache_pages(&mut os.st(), 1, 0)[0];
        touch(&os);
        assert_eq!(os.st().pages.has(page, PG_ACTIVE), active, "{swapin_lru:?}");
    }
}

#[test]
fn do_swap_page_reads_what_is_only_on_disk() {
    let mut config = config();
    config.crypt = None;
    let os = os(&config, &oldest());
    {
        let mut st = os.st();
        let pfn = swap_cache_pages(&mut st, 1, 0)[0];
        st.lru_del(pfn);
        st.delete_from_swap_cache(pfn, 0);
        st.free_page(pfn, 0);
        assert_eq!(st.swap.free, 1023, "the page table holds the slot");
    }
    touch(&os);
    let st = os.st();
    assert_eq!((st.vm.pgfault, st.vm.pgmajfault, st.vm.pswpin), (2, 1, 1));
    assert_eq!((st.spaces[1].rss, st.spaces[1].swapents, st.swap.free), (1, 0, 1024));
    assert!(os.exec.now() > 131_920, "at least one request of the disk");
}

#[test]
fn a_touch_ends_with_a_fatal_signal() {
    let os = os(&config(), &oldest());
    run(&os, 0, |os, me| async move {
        os.exec.kill(me);
        assert!(!os.touch(me, 0, 0).await);
    });
    assert_eq!(os.st().vm.pgfault, 0);
}

#[test]
fn filemap_fault_reads_program_text_again() {
    let os = os(&config(), &oldest());
    {
        let mut st = os.st();
        let pfn = file_pages(&mut st, 1, 0)[0];
        st.lru_del(pfn);
        st.remove_from_page_cache(pfn);
        st.map_text(pfn, 0, 0);
        st.pages.clear(pfn, PG_YOUNG);
    }
    let look = |os: &Rc<Os>| run(os, 0, |os, me: TaskId| async move { assert!(os.touch_text(me, 0).await) });
    look(&os);
    let first = os.st().files.lookup(TEXT, 0).unwrap();
    assert!(os.st().pages.has(first, PG_YOUNG));
    assert_eq!((os.st().vm.pgmajfault, os.exec.now()), (0, 0));
    {
        let mut st = os.st();
        st.lru_del(first);
        st.remove_from_page_cache(first);
        st.free_page(first, 0);
        leave_free(&mut st, 1000);
    }
    look(&os);
    let st = os.st();
    assert_eq!((st.vm.pgmajfault, st.vm.pgpgin, os.exec.now()), (1, 4, 3000 + 50_000));
    let again = st.files.lookup(TEXT, 0).unwrap();
    assert!(st.pages.has(again, PG_MAPPED | PG_YOUNG));
}

#[test]
fn lock_page_waits_for_a_read_that_another_task_began() {
    let mut config = config();
    config.crypt = None;
    let os = os(&config, &oldest());
    {
        let mut st = os.st();
        let pfn = swap_cache_pages(&mut st, 1, 0)[0];
        st.lru_del(pfn);
        st.delete_from_swap_cache(pfn, 0);
        st.free_page(pfn, 0);
    }
    spawn(&os, 0, |os, me| async move { assert!(os.touch(me, 1, 0).await) });
    touch(&os);
    assert_eq!(os.st().vm.pswpin, 1, "one read for both");
}
