use super::*;
use crate::config::Queue;
use crate::gfp::PF_WQ_WORKER;
use crate::page::{PG_LOCKED, PG_RECLAIM};
use crate::testing::{
    KSWAPD, anon_pages, ask, at, by_node, config, dirty_pages, file_pages, first, leave_free, newest,
    no_swap, oldest, os, reworked, run, scan_control, slept, spawn, swap_cache_pages, two_zones,
    under_writeback,
};
use crate::units::Pages;
use std::rc::Rc;

const NOFS: Gfp = Gfp::KERNEL.without(Gfp::FS);

#[test]
fn pfmemalloc_watermark_ok_at_half_of_min() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    st.zones[0].min = 101;
    st.zones[0].free = 50;
    assert!(st.pfmemalloc_watermark_ok(), "a zone without reclaimable pages does not count");
    st.lruvecs[0].lists[INACTIVE_ANON].len = 1;
    st.zones[0].nr_lru[INACTIVE_ANON] = 1;
    assert!(!st.pfmemalloc_watermark_ok());
    st.zones[0].free = 51;
    assert!(st.pfmemalloc_watermark_ok());
}

#[test]
fn pfmemalloc_watermark_ok_leaves_out_a_zone_without_pages_or_a_whole_node() {
    for (policy, enough) in [(oldest(), true), (reworked(), true), (by_node(), false), (newest(), false)] {
        let os = two_zones(&policy);
        let mut st = os.st();
        for (zone, free) in [(0, 0), (1, 60)] {
            (st.zones[zone].min, st.zones[zone].free) = (100, free);
        }
        let lruvec = st.zones[1].lruvec;
        st.lruvecs[lruvec].lists[INACTIVE_ANON].len = 1;
        st.zones[1].nr_lru[INACTIVE_ANON] = 1;
        assert_eq!(st.pfmemalloc_watermark_ok(), enough, "60 of 50 in one zone, of 100 in two");
    }
}

#[test]
fn functions_have_the_names_of_their_unit() {
    let names =
        [oldest(), by_node()].map(|policy| os(&config(), &policy).by_unit("shrink_zone", "shrink_node"));
    assert_eq!(names, ["shrink_zone", "shrink_node"]);
}

/// A machine with something to reclaim and half of min free, which is not enough.
fn drained(policy: &crate::kernel::KernelPolicy) -> Rc<Os> {
    let os = os(&config(), policy);
    {
        let mut st = os.st();
        anon_pages(&mut st, 100, PG_LOCKED);
        let half = st.zones[0].min / 2;
        leave_free(&mut st, half);
    }
    os
}

/// Milliseconds that a task spends in `throttle_direct_reclaim`, and whether it comes out with a signal.
fn throttled(os: &Rc<Os>, flags: u32, gfp: Gfp, signal: Option<u64>) -> Option<(u64, bool)> {
    ask(os, flags, move |os, me| async move {
        if let Some(ms) = signal {
            at(&os, ms, move |os| os.exec.kill(me));
        }
        let signalled = os.throttle_direct_reclaim(me, gfp).await;
        (os.exec.now() / 1_000_000, signalled)
    })
}

#[test]
fn throttle_direct_reclaim_waits_without_limit_with_gfp_fs() {
    for policy in [first(), oldest(), reworked(), by_node(), newest()] {
        let os = drained(&policy);
        // A wake-up at half of min changes nothing; one page more does.
        at(&os, 5000, |os| os.wake_pfmemalloc());
        at(&os, 40_000, |os| {
            os.st().zones[0].free += 1;
            os.wake_pfmemalloc();
        });
        assert_eq!(throttled(&os, 0, Gfp::KERNEL, None), Some((40_000, false)));
        assert_eq!(os.st().vm.pgscan_direct_throttle, 1);
        assert_eq!(throttled(&drained(&policy), 0, Gfp::KERNEL, None), None, "nobody wakes it");
    }
}

#[test]
fn throttle_direct_reclaim_waits_a_second_without_gfp_fs() {
    for gfp in [NOFS, Gfp::NOIO] {
        let os = drained(&oldest());
        at(&os, 300, |os| os.wake_pfmemalloc());
        assert_eq!(throttled(&os, 0, gfp, None), Some((1000, false)), "whoever wakes it");
    }
}

#[test]
fn throttle_direct_reclaim_lets_kernel_threads_pass() {
    assert_eq!(throttled(&drained(&oldest()), PF_KTHREAD, Gfp::KERNEL, None), Some((0, false)));
}

#[test]
fn throttle_direct_reclaim_counts_a_fatal_signal_as_progress() {
    assert_eq!(throttled(&drained(&oldest()), 0, Gfp::KERNEL, Some(3000)), Some((3000, true)));
    let os = drained(&reworked());
    let reclaimed = ask(&os, 0, |os, me| async move {
        at(&os, 3000, move |os| os.exec.kill(me));
        os.try_to_free_pages(me, Gfp::KERNEL, 0).await
    });
    assert_eq!(reclaimed, Some(Reclaimed(1)));
    assert_eq!(os.st().vm.pgscan_direct.iter().sum::<u64>(), 0, "without a look at any page");
    // One that came before is not throttled at all, and reclaims.
    let os = drained(&reworked());
    let signalled = ask(&os, 0, |os, me| async move {
        os.exec.kill(me);
        os.throttle_direct_reclaim(me, Gfp::KERNEL).await
    });
    assert_eq!((signalled, os.st().vm.pgscan_direct_throttle), (Some(false), 0));
}

#[test]
fn throttle_direct_reclaim_wakes_kswapd() {
    let os = drained(&oldest());
    let woken = Rc::new(std::cell::Cell::new(false));
    let woken2 = Rc::clone(&woken);
    spawn(&os, KSWAPD, |os, me| async move {
        os.st().kswapd_wait.add(me);
        os.sleep(me, TaskState::Interruptible).await;
        woken2.set(true);
    });
    throttled(&os, 0, Gfp::KERNEL, None);
    assert!(woken.get());
}

/// One call of `try_to_free_pages`.
fn reclaim(os: &Rc<Os>, gfp: Gfp) -> Option<Reclaimed> {
    ask(os, 0, move |os, me| async move { os.try_to_free_pages(me, gfp, 0).await })
}

fn scanned(os: &Os) -> u64 {
    os.st().vm.pgscan_direct.iter().sum()
}

fn stalls(os: &Os) -> u64 {
    os.st().vm.allocstall.iter().sum()
}

#[test]
fn do_try_to_free_pages_goes_through_all_priorities_twice_when_nothing_is_freed() {
    for policy in [first(), oldest(), reworked(), by_node(), newest()] {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 1024, PG_LOCKED);
        reclaim(&os, Gfp::NOIO);
        // 1024 >> 10 up to 1024 >> 0, in each pass.
        assert_eq!((scanned(&os), stalls(&os)), (2 * 2047, 2));
    }
}

#[test]
fn do_try_to_free_pages_stops_at_32_pages() {
    let os = no_swap(&oldest());
    file_pages(&mut os.st(), 1024, 0);
    // 1 + 1 + 3 + 7 + 15 and, at priority 5, 31 of what is left.
    assert_eq!((reclaim(&os, Gfp::NOIO), scanned(&os), stalls(&os)), (Some(Reclaimed(58)), 58, 1));
    let os = no_swap(&oldest());
    file_pages(&mut os.st(), 20, 0);
    assert_eq!((reclaim(&os, Gfp::NOIO), stalls(&os)), (Some(Reclaimed(20)), 1), "no second pass");
}

#[test]
fn do_try_to_free_pages_by_progress() {
    for (policy, still_reclaimable) in [(first(), 1), (oldest(), 1), (reworked(), 0), (by_node(), 0)] {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 1024, PG_LOCKED);
        // 4,094 pages scanned of 1,024: less than six times; after the second call more.
        assert_eq!(reclaim(&os, Gfp::NOIO), Some(Reclaimed(still_reclaimable)));
        assert_eq!(reclaim(&os, Gfp::NOIO), Some(Reclaimed(0)));
    }
}

#[test]
fn do_try_to_free_pages_wakes_the_flusher_past_48_scanned() {
    // 1 + 3 + 6 + 12 pages in each of two passes, and far more than 48.
    for (pages, written) in [(12, 0), (64, 64)] {
        let os = no_swap(&oldest());
        dirty_pages(&mut os.st(), pages);
        os.deadline.set(1_000_000_000);
        spawn(&os, PF_KTHREAD, |os, me| async move { os.flusher(me).await });
        reclaim(&os, Gfp::KERNEL);
        assert_eq!(os.st().vm.nr_written, written);
    }
}

#[test]
fn shrink_zones_visits_every_zone_or_the_node() {
    // Each visit costs a request without __GFP_IO one sleep in throttle_vm_writeout.
    for (policy, visits) in [(oldest(), 2 * 13 * 2), (reworked(), 2 * 13 * 2), (by_node(), 13 * 2)] {
        let os = two_zones(&policy);
        {
            let mut st = os.st();
            st.swap.free = 0;
            // All of the upper zone, and some of the lower one.
            let pages = st.zones[1].free + 1024;
            file_pages(&mut st, u32::try_from(pages).unwrap(), PG_LOCKED);
            st.zones[1].writeback = 10_000;
        }
        reclaim(&os, Gfp::NOIO);
        assert_eq!(slept(&os, Site::ThrottleVmWriteout), (visits, 25));
    }
}

#[test]
fn shrink_zones_skips_an_unreclaimable_zone_below_priority_12() {
    for (priority, skipped) in [(12, false), (11, true), (0, true)] {
        let os = no_swap(&oldest());
        file_pages(&mut os.st(), 64, PG_LOCKED);
        // So long that there is something to scan at priority 12.
        os.st().lruvecs[0].lists[INACTIVE_FILE].len = 4096;
        let full = 6 * os.st().lruvecs[0].reclaimable_pages(0);
        os.st().lruvecs[0].pages_scanned = full;
        run(&os, 0, move |os, me| async move {
            let mut sc = scan_control(Gfp::NOIO, priority);
            assert!(!os.shrink_zones(me, &mut sc).await);
        });
        assert_eq!(scanned(&os) == 0, skipped, "priority {priority}");
    }
}

#[test]
fn shrink_zones_reports_what_is_freed_or_reclaimable() {
    let os = no_swap(&oldest());
    file_pages(&mut os.st(), 32, 0);
    os.st().zones[0].pcp_high = 1000;
    run(&os, 0, |os, me| async move {
        let mut sc = scan_control(Gfp::NOIO, 0);
        assert!(
            os.shrink_zones(me, &mut sc).await && sc.nr_reclaimed == 32,
            "nothing is left, but pages came"
        );
        assert!(!os.shrink_zones(me, &mut sc).await);
    });
}

/// What one `shrink_lruvec` scans of anonymous pages, none of which can go, and of as many clean pages of page cache.
fn proportion(file: u32, priority: u32, flags: u32) -> (u64, u64) {
    let os = os(&config(), &oldest());
    anon_pages(&mut os.st(), 512, PG_LOCKED);
    file_pages(&mut os.st(), file, 0);
    let reclaimed = ask(&os, flags, move |os, me| async move {
        let mut sc = scan_control(Gfp::KERNEL, priority);
        os.shrink_lruvec(me, 0, &mut sc).await;
        sc.nr_reclaimed
    });
    let st = os.st();
    let all = st.vm.pgscan_direct[1] + st.vm.pgscan_kswapd[1];
    (all - reclaimed.unwrap(), reclaimed.unwrap())
}

#[test]
fn shrink_lruvec_stops_in_proportion() {
    // After 32 freed pages 224 of 257 remain, 87 percent: anonymous pages are scanned to 13 percent of 512, 66.
    assert_eq!(proportion(256, 0, 0), (66, 32));
    assert_eq!(proportion(256, 0, KSWAPD), (66, 32));
    assert_eq!(proportion(32, 0, 0), (32, 32), "one kind is used up: no more");
    assert_eq!(proportion(31, 0, 0), (512, 31), "as many as wanted were not freed");
}

#[test]
fn shrink_lruvec_ages_a_batch_of_anonymous_pages_at_the_end() {
    let os = os(&config(), &oldest());
    anon_pages(&mut os.st(), 512, crate::page::PG_ACTIVE);
    run(&os, 0, |os, me| async move {
        os.shrink_lruvec(me, 0, &mut scan_control(Gfp::KERNEL, 12)).await;
    });
    assert_eq!(os.st().lruvecs[0].lists.map(|list| list.len), [32, 480, 0, 0]);
}

/// One batch of 32 pages that `prepare` makes: how long it takes in milliseconds, and the state after it.
fn batch(flags: u32, file: bool, prepare: impl Fn(&mut State)) -> (u64, Rc<Os>) {
    let os = os(&config(), &reworked());
    prepare(&mut os.st());
    let took = ask(&os, flags, move |os, me| async move {
        os.shrink_inactive_list(me, 0, file, 32, &mut scan_control(Gfp::KERNEL, 12)).await;
        os.exec.now() / 1_000_000
    });
    (took.unwrap(), os)
}

#[test]
fn shrink_inactive_list_sets_the_writeback_flag_for_a_whole_batch() {
    for (kept, flagged) in [(0, true), (1, false)] {
        for flags in [0, KSWAPD] {
            let (_, os) = batch(flags, false, |st| {
                anon_pages(st, kept, PG_LOCKED);
                let pages = swap_cache_pages(st, 32, 0);
                under_writeback(st, &pages, 0);
            });
            assert_eq!(os.st().lruvecs[0].writeback_flag, flagged);
        }
    }
}

#[test]
fn shrink_inactive_list_stalls_kswapd_on_pages_met_before() {
    for (task, met, flag, ms) in [
        (KSWAPD, PG_RECLAIM, true, 100),
        (KSWAPD, PG_RECLAIM, false, 0),
        (KSWAPD, 0, true, 0),
        (0, PG_RECLAIM, true, 0),
    ] {
        let (took, os) = batch(task, false, |st| {
            anon_pages(st, 31, PG_LOCKED);
            let pages = swap_cache_pages(st, 1, 0);
            under_writeback(st, &pages, met);
            st.lruvecs[0].writeback_flag = flag;
        });
        assert_eq!((took, slept(&os, Site::CongestionWaitKswapd).1), (ms, ms / 4));
    }
}

#[test]
fn shrink_inactive_list_sets_the_dirty_flag_for_a_whole_batch() {
    for (clean, flagged) in [(0, true), (1, false)] {
        let (_, os) = batch(0, true, |st| {
            file_pages(st, clean, PG_LOCKED);
            dirty_pages(st, 32);
        });
        assert_eq!(os.st().lruvecs[0].dirty_flag, flagged);
    }
}

#[test]
fn shrink_inactive_list_sets_the_congested_flag_by_page_cache_alone() {
    for (file, flagged) in [(true, true), (false, false)] {
        let (_, os) = batch(0, file, |st| {
            let pages = if file { file_pages(st, 1, 0) } else { swap_cache_pages(st, 1, 0) };
            under_writeback(st, &pages, PG_RECLAIM);
        });
        assert_eq!(os.st().lruvecs[0].congested_flag, flagged);
    }
    // A dirty page that nobody has queued, on a disk with room.
    let (_, os) = batch(0, true, |st| {
        dirty_pages(st, 1);
    });
    assert!(!os.st().lruvecs[0].congested_flag);
}

#[test]
fn wait_iff_congested_wants_the_flag_and_a_congested_disk() {
    for (flag, writes, jiffies) in [(true, 113, 25), (true, 112, 0), (false, 113, 0)] {
        let mut config = config();
        config.disk.queue = Queue::Legacy;
        config.disk.request_ns = 1_000_000_000;
        let os = os(&config, &reworked());
        let pages = dirty_pages(&mut os.st(), writes);
        pages.into_iter().for_each(|pfn| os.write_file_pages(vec![pfn], None));
        os.st().lruvecs[0].congested_flag = flag;
        run(&os, 0, |os, me| async move { os.wait_iff_congested(me, 0, os.hz / 10).await });
        assert_eq!(slept(&os, Site::WaitIffCongested).1, jiffies, "{writes}");
    }
}

#[test]
fn wait_iff_congested_naps_a_worker_after_each_batch_by_policy() {
    let worker = PF_KTHREAD | PF_WQ_WORKER;
    for (policy, flags, naps) in
        [(first(), worker, 3), (oldest(), worker, 3), (oldest(), 0, 0), (reworked(), worker, 0)]
    {
        let os = os(&config(), &policy);
        anon_pages(&mut os.st(), 96, PG_LOCKED);
        run(&os, flags, |os, me| async move {
            os.shrink_lruvec(me, 0, &mut scan_control(Gfp::NOIO, 0)).await;
        });
        assert_eq!(slept(&os, Site::WorkerNap).0, naps);
    }
}

#[test]
fn too_many_isolated_stops_at_an_eighth_with_io_and_fs() {
    let os = os(&config(), &oldest());
    os.st().lruvecs[0].lists[INACTIVE_ANON].len = 80;
    let full = |isolated: u64, gfp: Gfp, kswapd: bool| {
        os.st().lruvecs[0].isolated = [isolated, 0];
        os.too_many_isolated(0, false, gfp, kswapd).is_some()
    };
    assert_eq!([full(10, Gfp::KERNEL, false), full(11, Gfp::KERNEL, false)], [false, true]);
    for gfp in [NOFS, Gfp::NOIO] {
        assert_eq!([full(80, gfp, false), full(81, gfp, false)], [false, true]);
    }
    assert!(!full(1000, Gfp::KERNEL, true), "never kswapd");
}

#[test]
fn too_many_isolated_waits_until_they_are_back_or_a_signal_comes() {
    for (signal, freed, ms) in [(false, 0, 400), (true, SWAP_CLUSTER_MAX, 200)] {
        let os = os(&config(), &oldest());
        anon_pages(&mut os.st(), 32, PG_LOCKED);
        os.st().lruvecs[0].isolated[0] = 100;
        at(&os, 350, |os| os.st().lruvecs[0].isolated[0] = 0);
        let end = ask(&os, 0, move |os, me| async move {
            let mut sc = scan_control(Gfp::NOIO, 12);
            if signal {
                at(&os, 150, move |os| os.exec.kill(me));
            }
            os.shrink_inactive_list(me, 0, false, 32, &mut sc).await;
            (sc.nr_reclaimed, os.exec.now() / 1_000_000)
        });
        assert_eq!(end, Some((freed, ms)), "HZ/10 at a time");
    }
}

#[test]
fn shrink_slab_counts_as_progress_and_needs_gfp_fs() {
    for (gfp, frees) in [(Gfp::KERNEL, true), (NOFS, false), (Gfp::NOIO, false)] {
        let mut config = config();
        config.swap = Pages(0);
        config.machine.baseline.slab_reclaimable = Pages(100);
        let os = os(&config, &reworked());
        // Dirty page cache, which direct reclaim looks at and leaves.
        dirty_pages(&mut os.st(), 64);
        let Some(Reclaimed(freed)) = reclaim(&os, gfp) else { panic!() };
        assert_eq!(freed > 0, frees);
        assert_eq!(os.st().slab_reclaimable.len() as u64, 100 - freed);
    }
}

#[test]
fn shrink_slab_takes_the_share_that_the_scan_had_of_the_lists() {
    let mut config = config();
    config.machine.baseline.slab_reclaimable = Pages(100);
    let freed = [(256, 0), (256, 63), (256, 640), (1000, 64)].map(|(eligible, scanned)| {
        let os = os(&config, &reworked());
        let mut st = os.st();
        st.shrink_slab(Gfp::KERNEL, scanned, eligible, 0);
        st.vm.slabs_scanned
    });
    // 2,100 objects: 2 * 63 / 257 of them are 1,029, in batches of 128; twice all at most; 64 of 1,000 are 268.
    assert_eq!(freed, [0, 1024, 4096, 256]);
}

#[test]
fn should_continue_reclaim_for_a_block() {
    let os = no_swap(&oldest());
    file_pages(&mut os.st(), 100, 0);
    let goes_on = |order, priority, freed, last, free| {
        os.st().zones[0].free = free;
        let sc = ScanControl { order, nr_reclaimed: freed, ..scan_control(Gfp::KERNEL, priority) };
        os.should_continue_reclaim(0, &sc, last)
    };
    assert!(!goes_on(0, 0, 1, 1, 0), "a single page");
    assert!([12, 11, 10].iter().all(|priority| !goes_on(2, *priority, 1, 1, 0)) && goes_on(2, 9, 1, 1, 0));
    assert!(!goes_on(2, 9, 1, 0, 0), "nothing came this time");
    let suitable = os.st().zones[0].low + 8 + 1;
    assert!(goes_on(2, 9, 7, 1, suitable), "less than two blocks freed, compaction or not");
    assert!(!goes_on(2, 9, 8, 1, suitable) && goes_on(2, 9, 8, 1, suitable - 1));
    os.st().lruvecs[0].lists[INACTIVE_FILE].len = 8;
    assert!(!goes_on(2, 9, 7, 1, suitable), "no more inactive pages than it wants");
}
