use super::*;
use crate::gfp::{PF_KTHREAD, PF_WQ_WORKER};
use crate::kernel::KernelPolicy;
use crate::lruvec::INACTIVE_ANON;
use crate::page::{PG_ANON, PG_LOCKED};
use crate::task::{AddressSpace, Process};
use crate::testing::{
    anon_pages, ask, by_node, config, file_pages, first, leave_free, newest, no_swap, oldest, os, reworked,
    run, slept, two_zones,
};
use std::cell::Cell;
use std::rc::Rc;

/// Stands for a task that `throttle_direct_reclaim` does not hold.
const KTHREAD: u32 = PF_KTHREAD;
const NOFS: Gfp = Gfp::KERNEL.without(Gfp::FS);

fn versions() -> [KernelPolicy; 5] {
    [first(), oldest(), reworked(), by_node(), newest()]
}

/// One request.
fn alloc(os: &Rc<Os>, flags: u32, gfp: Gfp, order: usize) -> Option<Pfn> {
    ask(os, flags, move |os, me| async move { os.alloc_pages(me, gfp, order).await }).flatten()
}

/// A machine in which every second page is free, and the others are anonymous pages of one process or, if not `movable`,
/// the kernel's.
fn chequered(policy: &KernelPolicy, movable: bool) -> Rc<Os> {
    let os = no_swap(policy);
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
    let os = chequered(&oldest(), true);
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
    let os = chequered(&oldest(), false);
    let mut st = os.st();
    assert_eq!(st.compact(2, 0), Compacted::Failed);
    let low = st.zones[0].low;
    leave_free(&mut st, low + 8);
    assert_eq!(st.compact(2, 0), Compacted::Skipped, "low + (2 << order) must be exceeded");
}

/// `should_reclaim_retry` after a round, the last of so many without progress, where compaction asks for no further one.
async fn reclaim_retry(os: &Os, me: TaskId, order: usize, progress: u64, no_progress: u64) -> bool {
    let mut rounds = Rounds {
        no_progress: no_progress.saturating_sub(1),
        compactions: MAX_COMPACT_RETRIES,
        ..Rounds::default()
    };
    os.retry(me, order, 0, Reclaimed(progress), Compacted::Failed, &mut rounds).await
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
            if reclaim_retry(&os, me, 0, 0, round).await {
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
        assert!(reclaim_retry(&os, me, 0, 1, 0).await);
        assert!(!reclaim_retry(&os, me, 2, 1, 0).await, "lab finding 14");
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

#[test]
fn get_page_from_freelist_lets_zones_take_turns_by_policy() {
    for (policy, turns) in [(oldest(), true), (reworked(), true), (by_node(), false), (newest(), false)] {
        let os = two_zones(&policy);
        os.st().reset_alloc_batches();
        let [low, high] = [0, 1].map(|at| {
            let zone = &os.st().zones[at];
            usize::try_from(zone.high - zone.low).unwrap()
        });
        let mut from = Vec::new();
        for _ in 0..2 * (low + high) {
            let page = alloc(&os, 0, Gfp::KERNEL, 0).unwrap();
            from.push(os.st().zone_of(page));
        }
        // high - low pages each, and over again.
        let turn = if turns { [vec![1; high], vec![0; low]].concat() } else { vec![1; high + low] };
        let expected = turn.repeat(2);
        assert_eq!(from, expected);
    }
}

#[test]
fn get_page_from_freelist_passes_over_a_zone_of_dirty_pages() {
    let gfp = Gfp::KERNEL.with(Gfp::WRITE);
    // Dirty pages of the lower and the upper zone; which gives a page to a writer, and which to others.
    for (dirty, writer, other) in [([0, 0], 1, 1), ([0, 5000], 0, 1), ([5000, 5000], 1, 1)] {
        for pages in [(gfp, writer), (Gfp::KERNEL, other)] {
            let os = two_zones(&by_node());
            os.st().zones[0].dirty = dirty[0] / 2;
            os.st().zones[1].writeback = dirty[1];
            os.st().zones[0].writeback = dirty[0] / 2;
            let page = alloc(&os, 0, pages.0, 0).unwrap();
            assert_eq!(
                os.st().zone_of(page),
                pages.1,
                "{dirty:?}: past both zones the slow path does not ask"
            );
        }
    }
}

#[test]
fn alloc_pages_slowpath_takes_reserves_after_the_try_at_min() {
    for policy in versions() {
        for (above_min, gfp, reserves, found) in [
            (1, Gfp::KERNEL, 0, true),
            (0, Gfp::KERNEL, 1, true),
            (0, Gfp::KERNEL.with(Gfp::NOMEMALLOC), 0, false),
        ] {
            let os = os(&config(), &policy);
            let min = os.st().zones[0].min;
            leave_free(&mut os.st(), min + above_min);
            assert_eq!(alloc(&os, PF_MEMALLOC, gfp, 0).is_some(), found);
            assert_eq!(os.st().vm.reserve_pages, reserves);
        }
    }
}

#[test]
fn alloc_pages_slowpath_tries_none_after_min_or_instead() {
    for (policy, reserves) in [(oldest(), 0), (reworked(), 0), (by_node(), 1), (newest(), 1)] {
        let os = os(&config(), &policy);
        let min = os.st().zones[0].min;
        leave_free(&mut os.st(), min + 1);
        run(&os, PF_MEMALLOC, |os, me| async move {
            assert!(os.try_round(me, Gfp::KERNEL, 0, 0).is_some());
        });
        assert_eq!(os.st().vm.reserve_pages, reserves);
    }
}

#[test]
fn alloc_pages_slowpath_fails_at_once_for_those_that_may_not_reclaim() {
    let nomemalloc = Gfp::KERNEL.with(Gfp::NOMEMALLOC);
    for policy in versions() {
        for (flags, gfp) in [
            (0, Gfp::NOWAIT),
            (0, Gfp::ATOMIC),
            (PF_MEMALLOC, nomemalloc),
            (PF_MEMALLOC, Gfp::KERNEL),
            (TIF_MEMDIE, Gfp::KERNEL),
        ] {
            let os = os(&config(), &policy);
            file_pages(&mut os.st(), 64, 0);
            leave_free(&mut os.st(), 0);
            assert_eq!(alloc(&os, flags | KTHREAD, gfp, 0), None);
            assert_eq!((os.exec.now(), os.st().vm.allocstall), (1000, [0; 3]));
        }
    }
}

#[test]
fn alloc_pages_slowpath_leaves_after_one_reclaim_with_noretry() {
    for policy in versions() {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 64, PG_LOCKED);
        leave_free(&mut os.st(), 0);
        assert_eq!(alloc(&os, KTHREAD, Gfp::KERNEL.with(Gfp::NORETRY), 0), None);
        let st = os.st();
        assert_eq!(st.vm.allocstall.iter().sum::<u64>(), 2, "two passes of one call");
        assert!(st.record.oom.is_empty());
    }
}

#[test]
fn alloc_pages_slowpath_leaves_the_reserves_that_a_mask_must_leave() {
    for policy in versions() {
        for (gfp, eighths) in [
            (Gfp::NOWAIT, 8),
            (Gfp::NOWAIT.with(Gfp::HIGH), 4),
            (Gfp::NOWAIT.with(Gfp::ATOMIC_BIT), 6),
            (Gfp::ATOMIC, 3),
            (Gfp::ATOMIC.with(Gfp::NOMEMALLOC), 4),
        ] {
            let os = os(&config(), &policy);
            leave_free(&mut os.st(), 200);
            run(&os, 0, move |os, me| async move { while os.alloc_pages(me, gfp, 0).await.is_some() {} });
            let st = os.st();
            assert_eq!(st.free_total(), st.zones[0].min * eighths / 8);
        }
    }
}

#[test]
fn alloc_pages_slowpath_compacts_before_or_after_reclaim() {
    for (policy, allocstall) in [(oldest(), 0), (reworked(), 0), (by_node(), 2), (newest(), 2)] {
        let os = chequered(&policy, true);
        assert!(alloc(&os, 0, Gfp::KERNEL.with(Gfp::NORETRY), 2).is_some());
        let st = os.st();
        assert_eq!((st.vm.allocstall.iter().sum::<u64>(), st.vm.compact_success), (allocstall, 1));
    }
}

#[test]
fn alloc_pages_direct_reclaim_drains_the_per_cpu_lists() {
    for policy in versions() {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 8, 0);
        let min = os.st().zones[0].min;
        leave_free(&mut os.st(), min);
        // What reclaim frees stays on the list of the CPU, and the watermark test does not see it.
        os.st().zones[0].pcp_high = 100;
        assert!(alloc(&os, 0, Gfp::KERNEL, 0).is_some());
        let st = os.st();
        assert_eq!((st.vm.allocstall[1], st.free_total(), st.zones[0].per_cpu[0].list.len), (1, min + 7, 0));
    }
}

/// A process to be killed, and a machine with so many pages that reclaim counts on in vain.
fn hopeless(policy: &KernelPolicy, pages: u32) -> Rc<Os> {
    let os = no_swap(policy);
    {
        let mut st = os.st();
        file_pages(&mut st, pages, PG_LOCKED);
        leave_free(&mut st, 0);
        st.spaces.push(AddressSpace { rss: 100, ..AddressSpace::default() });
        let space = st.spaces.len() - 1;
        st.processes.push(Process { task: 0, space, alive: true, exiting: false, counts: false });
    }
    os
}

#[test]
fn alloc_pages_slowpath_kills_after_rounds_without_progress() {
    for (policy, pages, rounds) in [(reworked(), 3200, 16), (by_node(), 3200, 16), (newest(), 1600, 15)] {
        let os = hopeless(&policy, pages);
        alloc(&os, KTHREAD, Gfp::KERNEL, 0);
        let st = os.st();
        // In round k a 16th of the pages, k times, is taken off; what is left must be more than min, 128.
        assert_eq!(st.record.oom[0].no_progress_loops, rounds);
    }
}

#[test]
fn alloc_pages_slowpath_kills_once_all_was_scanned_six_times() {
    for policy in [first(), oldest()] {
        let os = hopeless(&policy, 1024);
        alloc(&os, KTHREAD, Gfp::KERNEL, 0);
        let st = os.st();
        assert!(st.record.oom[0].zones[0].pages_scanned >= 6 * 1024);
        // The second call of try_to_free_pages crosses it and finds nothing reclaimable in the end.
        assert_eq!(st.record.oom[0].no_progress_loops, 0);
    }
}

#[test]
fn alloc_pages_slowpath_fails_for_costly_orders_before_or_after_the_oom_lock() {
    for policy in versions() {
        for locked in [false, true] {
            let os = hopeless(&policy, 1024);
            os.st().oom_lock = locked;
            os.deadline.set(1_000_000_000);
            assert_eq!(alloc(&os, KTHREAD, Gfp::KERNEL, PAGE_ALLOC_COSTLY_ORDER + 1), None);
            assert!(os.st().record.oom.is_empty(), "out_of_memory is for small orders");
            let waits = slept(&os, Site::OomLock).0 > 0;
            assert_eq!(waits, locked && policy.retry == Retry::WhileProgress);
        }
    }
}

#[test]
fn alloc_pages_slowpath_begins_to_count_anew_after_progress() {
    let os = os(&config(), &reworked());
    os.st().zones[0].nr_lru[INACTIVE_ANON] = 3200;
    leave_free(&mut os.st(), 0);
    run(&os, 0, |os, me| async move {
        let mut rounds = Rounds::default();
        let mut counted = Vec::new();
        for progress in [0, 0, 0, 1, 0] {
            os.retry(me, 0, 0, Reclaimed(progress), Compacted::Skipped, &mut rounds).await;
            counted.push(rounds.no_progress);
        }
        assert_eq!(counted, [1, 2, 3, 0, 1]);
    });
}

#[test]
fn alloc_pages_slowpath_begins_to_count_anew_after_may_oom() {
    let os = hopeless(&reworked(), 1600);
    // Somebody else holds the lock of the OOM killer, which counts as progress.
    os.st().oom_lock = true;
    os.deadline.set(10_000_000_000);
    assert_eq!(alloc(&os, KTHREAD, Gfp::KERNEL, 0), None);
    let (oom, _) = slept(&os, Site::OomLock);
    let reclaims = os.st().vm.allocstall[1] / 2;
    assert!(
        oom > 3 && (15 * oom..=15 * (oom + 1)).contains(&reclaims),
        "{reclaims} in {oom} times 15 rounds"
    );
}

/// Whether `should_reclaim_retry` says yes, and the jiffies that it sleeps at a place.
fn retry(policy: &KernelPolicy, task: u32, progress: u64, site: Site, set: fn(&mut State)) -> (bool, u64) {
    let os = os(&config(), policy);
    leave_free(&mut os.st(), 0);
    os.st().zones[0].nr_lru[INACTIVE_ANON] = 1600;
    set(&mut os.st());
    let yes = ask(&os, task, move |os, me| async move {
        reclaim_retry(&os, me, 0, progress, u64::from(progress == 0)).await
    });
    (yes.unwrap(), slept(&os, site).1)
}

#[test]
fn should_reclaim_retry_sleeps_with_half_of_the_pages_dirty_or_under_writeback() {
    let half: fn(&mut State) = |st| (st.zones[0].writeback, st.zones[0].dirty) = (500, 300);
    let more: fn(&mut State) = |st| (st.zones[0].writeback, st.zones[0].dirty) = (500, 301);
    for policy in [reworked(), by_node(), newest()] {
        let sleep = |progress, set| retry(&policy, 0, progress, Site::ReclaimRetry, set);
        assert_eq!([sleep(0, half), sleep(0, more)], [(true, 0), (true, 25)]);
        assert_eq!(sleep(1, more), (true, 0), "not after progress");
    }
}

#[test]
fn should_reclaim_retry_naps_a_worker_by_policy() {
    let worker = PF_KTHREAD | PF_WQ_WORKER;
    let nap = |policy, task, set| retry(&policy, task, 0, Site::WorkerNap, set);
    assert_eq!(nap(reworked(), worker, |_| ()), (true, 1));
    assert_eq!(nap(reworked(), PF_KTHREAD, |_| ()), (true, 0));
    assert_eq!(nap(reworked(), worker, |st| st.zones[0].nr_lru = [0; 4]), (false, 0), "only with a yes");
    let elsewhere = KernelPolicy { worker_nap: WorkerNap::WaitIffCongested, ..reworked() };
    assert_eq!(nap(elsewhere, worker, |_| ()), (true, 0));
}

#[test]
fn worker_nap_stands_in_the_function_that_has_it() {
    for (place, function) in [
        (WorkerNap::WaitIffCongested, "wait_iff_congested"),
        (WorkerNap::ShouldReclaimRetry, "should_reclaim_retry"),
    ] {
        let os = os(&config(), &KernelPolicy { worker_nap: place, ..reworked() });
        // Half of its jiffy.
        os.deadline.set(2_000_000);
        run(&os, PF_KTHREAD | PF_WQ_WORKER, move |os, me| async move { os.worker_nap(me, place).await });
        let asleep = |frames: &[&str]| frames.last() == Some(&function);
        assert!(os.exec.tasks.borrow().iter().any(|task| asleep(&task.frames)), "{function}");
    }
}

#[test]
fn should_reclaim_retry_counts_isolated_pages_by_policy() {
    let set: fn(&mut State) = |st| {
        st.zones[0].nr_lru[INACTIVE_ANON] = 100;
        st.lruvecs[0].isolated[0] = 100;
    };
    for (policy, yes) in [(reworked(), true), (by_node(), false), (newest(), false)] {
        assert_eq!(retry(&policy, 0, 1, Site::ReclaimRetry, set).0, yes);
    }
}

#[test]
fn should_reclaim_retry_asks_every_zone() {
    for (lru, yes) in [([0, 1600], true), ([1600, 0], true), ([0, 0], false)] {
        let os = two_zones(&reworked());
        leave_free(&mut os.st(), 0);
        for (zone, lru) in os.st().zones.iter_mut().zip(lru) {
            zone.nr_lru[INACTIVE_ANON] = lru;
        }
        let found = ask(&os, 0, |os, me| async move { reclaim_retry(&os, me, 0, 1, 0).await });
        assert_eq!(found, Some(yes), "{lru:?}");
    }
}

#[test]
fn should_compact_retry_by_policy() {
    use CompactRetry::{Feedback, FeedbackRestored, NotAsked, SinglePages};
    // Order 2: single pages above min; free and half of the reclaimable pages above low and 8 more.
    let os = os(&config(), &reworked());
    let (min, low) = {
        let st = os.st();
        (st.zones[0].min, st.zones[0].low)
    };
    for (policy, order, free, lru, expected) in [
        (NotAsked, 2, 4000, 4000, false),
        (SinglePages, 2, min + 1, 0, true),
        (SinglePages, 2, min, 4000, false),
        (Feedback, 2, 0, 2 * (low + 9), true),
        (Feedback, 2, 0, 2 * (low + 8), false),
        (FeedbackRestored, 2, 0, 2 * (low + 9), true),
        (SinglePages, 0, 4000, 4000, false),
        (Feedback, 0, 4000, 4000, false),
    ] {
        let os = crate::testing::os(&config(), &KernelPolicy { compact_retry: policy, ..reworked() });
        os.st().zones[0].free = free;
        os.st().zones[0].nr_lru[INACTIVE_ANON] = lru;
        let found = os.should_compact_retry(order, Compacted::Skipped, &mut Rounds::default());
        assert_eq!(found, expected, "{policy:?} {free} {lru}");
    }
    for (policy, most) in [(Feedback, 16), (FeedbackRestored, 16), (NotAsked, 0)] {
        let os = crate::testing::os(&config(), &KernelPolicy { compact_retry: policy, ..reworked() });
        let mut rounds = Rounds::default();
        let failed = |_: &usize| os.should_compact_retry(2, Compacted::Failed, &mut rounds);
        assert_eq!((0..100).take_while(failed).count(), most, "{policy:?}");
    }
}

#[test]
fn warn_alloc_after_each_10_s_by_policy() {
    for (policy, lines) in [(by_node(), 0), (newest(), 2)] {
        let policy = KernelPolicy { throttle_vm_writeout: newest().throttle_vm_writeout, ..policy };
        let os = hopeless(&policy, 1600);
        // Half a second and more in each round: no kill without __GFP_FS, and no end.
        os.st().zones[0].writeback = 2000;
        os.deadline.set(25_000_000_000);
        assert_eq!(alloc(&os, KTHREAD, NOFS, 0), None);
        let st = os.st();
        let seconds = |kind: &EventKind| {
            if let EventKind::AllocationStall { ns, .. } = kind { Some(ns / 1_000_000_000) } else { None }
        };
        let said: Vec<u64> = st.record.events.iter().filter_map(|event| seconds(&event.kind)).collect();
        assert_eq!(said, [10, 20][..lines]);
    }
}

#[test]
fn gfp_pfmemalloc_allowed_to_a_victim_or_half_of_min() {
    for (reserves, left) in [(VictimReserves::NoWatermarks, 0), (VictimReserves::HalfOfMin, 64)] {
        let os = os(&config(), &KernelPolicy { victim_reserves: reserves, ..reworked() });
        leave_free(&mut os.st(), 200);
        run(
            &os,
            TIF_MEMDIE,
            |os, me| async move { while os.alloc_pages(me, Gfp::KERNEL, 0).await.is_some() {} },
        );
        assert_eq!(os.st().free_total(), left);
    }
    let os = os(&config(), &reworked());
    leave_free(&mut os.st(), 200);
    let spared = Gfp::KERNEL.with(Gfp::NOMEMALLOC);
    run(&os, TIF_MEMDIE, move |os, me| async move { while os.alloc_pages(me, spared, 0).await.is_some() {} });
    assert_eq!(os.st().free_total(), 128, "__GFP_NOMEMALLOC wins");
}

#[test]
fn free_page_fills_the_list_of_the_cpu_before_the_free_lists() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = leave_free(&mut st, 100);
    st.zones[0].pcp_high = 6;
    st.zones[0].pcp_batch = 2;
    st.lruvecs[0].pages_scanned = 77;
    let mut seen = Vec::new();
    for pfn in &pages[..7] {
        st.free_page(*pfn, 0);
        seen.push((st.free_total() - 100, st.lruvecs[0].pages_scanned));
    }
    // The sixth makes it full: a batch goes back, and what was scanned is forgotten then and only then.
    assert_eq!(seen, [(0, 77), (0, 77), (0, 77), (0, 77), (0, 77), (2, 0), (2, 0)]);
    let list = st.zones[0].per_cpu[0].list;
    assert_eq!((list.head, list.tail), (pages[6], pages[2]), "the coldest go back");
    let page = anon_pages(&mut st, 1, 0)[0];
    assert_eq!((page, st.free_total(), st.zones[0].per_cpu[0].list.len), (pages[6], 102, 4), "the hottest");
}
