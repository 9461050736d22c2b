use super::*;
use crate::config::ZoneKind;
use crate::kernel::KernelPolicy;
use crate::lruvec::INACTIVE_FILE;
use crate::page::PG_LOCKED;
use crate::testing::{
    KSWAPD, ask, at, by_node, config, dirty_pages, file_pages, first, go, leave_free, machine, newest,
    no_swap, oldest, os, reworked, run, spawn,
};
use std::rc::Rc;

/// A machine of two zones whose marks are known.
fn two_zones(policy: &KernelPolicy, free: [u64; 2]) -> std::rc::Rc<Os> {
    let mut config = config();
    config.machine = machine(&[(ZoneKind::Dma, 4096), (ZoneKind::Dma32, 8192)]);
    let os = os(&config, policy);
    {
        let mut st = os.st();
        for (zone, free) in st.zones.iter_mut().zip(free) {
            (zone.min, zone.low, zone.high, zone.free) = (10, 20, 30, free);
            zone.lowmem_reserve = 0;
        }
        for lruvec in &mut st.lruvecs {
            lruvec.lists[0].len = 100;
        }
    }
    os
}

#[test]
fn wakeup_kswapd_by_zone_and_by_node() {
    for (free, zone, node) in
        [([30, 30], true, true), ([31, 30], true, false), ([30, 31], true, false), ([31, 31], false, false)]
    {
        let needed = |policy: KernelPolicy| !two_zones(&policy, free).st().kswapd_not_needed(0);
        assert_eq!((needed(oldest()), needed(by_node())), (zone, node), "{free:?}");
    }
}

#[test]
fn prepare_kswapd_sleep_wants_every_zone() {
    for (free, sleeps) in [([31, 31], true), ([31, 30], false), ([30, 31], false)] {
        for policy in [oldest(), by_node()] {
            assert_eq!(two_zones(&policy, free).st().kswapd_may_sleep(0), sleeps, "{free:?}");
        }
    }
}

#[test]
fn pgdat_balanced_ignores_a_zone_that_cannot_be_reclaimed_up_to_4_7() {
    for (policy, sleeps) in [(oldest(), true), (by_node(), false)] {
        let os = two_zones(&policy, [30, 31]);
        os.st().lruvecs[0].pages_scanned = 600;
        assert_eq!(os.st().kswapd_may_sleep(0), sleeps);
    }
}

#[test]
fn zone_balanced_wants_the_reserve_for_the_class_from_4_8() {
    let balanced = |policy: KernelPolicy| {
        let os = two_zones(&policy, [40, 40]);
        os.st().zones[0].lowmem_reserve = 10;
        os.st().kswapd_may_sleep(0)
    };
    assert!(balanced(oldest()) && !balanced(by_node()));
}

/// A machine without swap on which nothing can be reclaimed, and one zone is below its high mark.
fn stuck(policy: &KernelPolicy) -> Rc<Os> {
    let os = no_swap(policy);
    file_pages(&mut os.st(), 1024, PG_LOCKED);
    let high = os.st().zones[0].high;
    leave_free(&mut os.st(), high);
    os
}

/// One run of `balance_pgdat`.
fn balance(os: &Rc<Os>) {
    run(os, KSWAPD, |os, me| async move { assert_eq!(os.balance_pgdat(me, 0).await, 0) });
}

#[test]
fn balance_pgdat_raises_the_priority_to_1_and_never_to_0() {
    for policy in [first(), oldest(), reworked(), by_node(), newest()] {
        let os = stuck(&policy);
        balance(&os);
        let st = os.st();
        // 1024 >> 10 up to 1024 >> 1, each once.
        assert_eq!((st.vm.pgscan_kswapd.iter().sum::<u64>(), st.vm.pageoutrun), (1023, 1));
        assert_eq!(st.vm.allocstall, [0; 3]);
    }
}

#[test]
fn balance_pgdat_ends_above_the_high_mark() {
    for policy in [oldest(), by_node()] {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 1024, 0);
        leave_free(&mut os.st(), 0);
        balance(&os);
        let st = os.st();
        assert!(st.zones[0].free > st.zones[0].high, "{}", st.zones[0].free);
        assert_eq!(st.zones[0].free, st.vm.pgsteal_kswapd.iter().sum::<u64>());
        assert!(st.lruvecs[0].len(INACTIVE_FILE) > 0, "and not at the end of the list");
    }
}

#[test]
fn balance_pgdat_wants_every_zone_or_one_of_the_node() {
    // The lower zone is balanced, the upper one is not.
    for (policy, shrinks) in [(oldest(), true), (reworked(), true), (by_node(), false), (newest(), false)] {
        let os = two_zones_full(&policy);
        balance(&os);
        let st = os.st();
        assert_eq!(st.vm.pgsteal_kswapd.iter().sum::<u64>() > 0, shrinks);
        assert_eq!(st.zones[1].free > st.zones[1].high, shrinks);
    }
}

#[test]
fn balance_pgdat_shrinks_the_zones_below_the_unbalanced_one_as_well() {
    let os = crate::testing::two_zones(&oldest());
    {
        let mut st = os.st();
        st.swap.free = 0;
        let [lower, upper] = [0, 1].map(|at| u32::try_from(st.zones[at].free).unwrap());
        file_pages(&mut st, upper, PG_LOCKED);
        file_pages(&mut st, lower, 0);
    }
    balance(&os);
    let st = os.st();
    assert!(st.zones[0].free > st.zones[0].high && st.zones[1].free == 0);
}

#[test]
fn balance_pgdat_wakes_the_throttled_after_each_round_if_enough_is_free() {
    for policy in [oldest(), by_node()] {
        for (free, wakes) in [(65, true), (64, false)] {
            let os = stuck(&policy);
            leave_free(&mut os.st(), free);
            spawn(&os, 0, |_, _| async {});
            os.st().pfmemalloc_wait.add(0);
            balance(&os);
            assert_eq!(os.st().pfmemalloc_wait.take_all().is_empty(), wakes, "{free}");
        }
    }
}

/// Page cache on the upper zone, all of which is in use.
fn two_zones_full(policy: &KernelPolicy) -> Rc<Os> {
    let os = crate::testing::two_zones(policy);
    {
        let mut st = os.st();
        st.swap.free = 0;
        let pages = u32::try_from(st.zones[1].free).unwrap();
        file_pages(&mut st, pages, 0);
    }
    os
}

#[test]
fn kswapd_shrink_zone_leaves_a_zone_above_high_and_the_gap() {
    // The gap is a hundredth of 8,192 pages; at the highest unbalanced zone itself the reserve does not count.
    for (above, shrinks) in [(0, true), (82, true), (83, false)] {
        let os = two_zones_full(&oldest());
        os.st().zones[1].low = 1000;
        let high = os.st().zones[1].high;
        let pages = os.st().lruvecs[1].len(INACTIVE_FILE);
        os.st().zones[1].free = high + above;
        run(&os, KSWAPD, |os, me| async move {
            let mut sc = ScanControl::kswapd(0);
            os.kswapd_shrink_zone(me, 1, 1, &mut sc).await;
        });
        assert_eq!(os.st().lruvecs[1].len(INACTIVE_FILE) < pages, shrinks, "{above}");
    }
}

#[test]
fn kswapd_shrink_zone_is_to_scan_as_much_as_the_high_mark() {
    // 1024 >> 3 are less than 192, 1024 >> 2 are more.
    for (priority, enough) in [(3, false), (2, true)] {
        let os = no_swap(&oldest());
        dirty_pages(&mut os.st(), 1024);
        leave_free(&mut os.st(), 0);
        let found = ask(&os, KSWAPD, move |os, me| async move {
            let mut sc = ScanControl { priority, ..ScanControl::kswapd(0) };
            os.kswapd_shrink_zone(me, 0, 0, &mut sc).await
        });
        assert_eq!((found, os.st().zones[0].high), (Some(enough), 192));
    }
}

#[test]
fn kswapd_clears_the_writeback_flag_by_policy() {
    for (policy, flag) in [
        (oldest(), WritebackFlag::ClearedAfterShrink),
        (by_node(), WritebackFlag::ClearedAfterShrink),
        (oldest(), WritebackFlag::NeverCleared),
        (by_node(), WritebackFlag::NeverCleared),
    ] {
        let os = stuck(&KernelPolicy { writeback_flag: flag, ..policy });
        os.st().lruvecs[0].writeback_flag = true;
        balance(&os);
        assert_eq!(os.st().lruvecs[0].writeback_flag, flag == WritebackFlag::NeverCleared);
    }
    assert_eq!(
        [oldest(), reworked(), by_node(), newest()].map(|policy| policy.writeback_flag),
        [
            WritebackFlag::ClearedAfterShrink,
            WritebackFlag::ClearedAfterShrink,
            WritebackFlag::NeverCleared,
            WritebackFlag::NeverCleared
        ]
    );
}

#[test]
fn balance_pgdat_clears_the_other_flags_of_what_is_balanced() {
    for policy in [oldest(), by_node()] {
        for (free, cleared) in [(500, true), (0, false)] {
            let os = no_swap(&policy);
            file_pages(&mut os.st(), 64, PG_LOCKED);
            leave_free(&mut os.st(), free);
            os.st().lruvecs[0].dirty_flag = true;
            os.st().lruvecs[0].congested_flag = true;
            balance(&os);
            let st = os.st();
            assert_eq!([st.lruvecs[0].dirty_flag, st.lruvecs[0].congested_flag], [!cleared; 2]);
        }
    }
}

/// Low and high watermark hit quickly after one `kswapd_try_to_sleep` with this much free, in which something happens
/// after so many milliseconds; and when it ends, in milliseconds, if it does.
fn sleep(free: u64, ms: u64, act: fn(&Rc<Os>)) -> (u64, u64, Option<u64>) {
    let os = no_swap(&oldest());
    file_pages(&mut os.st(), 64, PG_LOCKED);
    leave_free(&mut os.st(), free);
    at(&os, ms, act);
    let end = ask(&os, KSWAPD, |os, me| async move {
        os.kswapd_try_to_sleep(me, 0).await;
        os.exec.now() / 1_000_000
    });
    let st = os.st();
    (st.vm.kswapd_low_wmark_hit_quickly, st.vm.kswapd_high_wmark_hit_quickly, end)
}

#[test]
fn kswapd_try_to_sleep_counts_how_it_was_kept_from_sleep() {
    let wake = |os: &Rc<Os>| os.wake_kswapd_task();
    let lose = |os: &Rc<Os>| os.st().zones[0].free = 0;
    let nothing = |_: &Rc<Os>| ();
    assert_eq!(sleep(0, 50, nothing), (0, 1, Some(0)), "not balanced: no nap");
    assert_eq!(sleep(500, 52, wake), (1, 0, Some(52)), "woken from the nap of HZ/10");
    assert_eq!(sleep(500, 50, lose), (0, 1, Some(100)), "no longer balanced after the nap");
    assert_eq!(sleep(500, 50, nothing), (0, 0, None), "asleep");
    assert_eq!(sleep(500, 5000, wake), (0, 0, Some(5000)));
}

#[test]
fn kswapd_wakes_the_tasks_that_throttle_direct_reclaim_holds() {
    for policy in [oldest(), by_node()] {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 1000, 0);
        leave_free(&mut os.st(), 0);
        at(&os, 1, |os| {
            spawn(os, KSWAPD, |os, me| async move { os.kswapd(me).await });
        });
        let reclaimed = ask(&os, 0, |os, me| async move {
            os.try_to_free_pages(me, crate::gfp::Gfp::KERNEL, 0).await.0 > 0 && os.exec.now() < 1_000_000_000
        });
        assert_eq!((reclaimed, os.st().vm.pgscan_direct_throttle), (Some(true), 1));
    }
}

#[test]
fn prepare_kswapd_sleep_has_all_the_throttled_look_again() {
    let os = stuck(&oldest());
    leave_free(&mut os.st(), 0);
    let woken = Rc::new(std::cell::Cell::new(0));
    for _ in 0..2 {
        let woken = Rc::clone(&woken);
        spawn(&os, 0, move |os, me| async move {
            os.st().pfmemalloc_wait.add(me);
            os.sleep(me, TaskState::Killable).await;
            woken.set(woken.get() + 1);
        });
    }
    at(&os, 1, |os| assert!(!os.prepare_kswapd_sleep(0), "nothing is free"));
    go(&os);
    assert_eq!(woken.get(), 2);
}

#[test]
fn kswapd_leaves_the_throttled_alone_while_too_little_is_free() {
    for policy in [oldest(), by_node()] {
        let os = no_swap(&policy);
        file_pages(&mut os.st(), 1000, PG_LOCKED);
        leave_free(&mut os.st(), 64);
        os.deadline.set(2_000_000_000);
        at(&os, 1, |os| {
            spawn(os, KSWAPD, |os, me| async move { os.kswapd(me).await });
        });
        let reclaimed = ask(&os, 0, |os, me| async move {
            os.try_to_free_pages(me, crate::gfp::Gfp::KERNEL, 0).await;
        });
        assert_eq!(reclaimed, None);
    }
}

#[test]
fn wakeup_kswapd_remembers_the_largest_order_and_wakes_a_sleeper_only() {
    let os = os(&config(), &oldest());
    leave_free(&mut os.st(), 0);
    let woken = |asleep| {
        os.st().kswapd_asleep = asleep;
        os.st().kswapd_wait.add(0);
        os.wake_all_kswapds(1);
        os.st().kswapd_wait.take_all().is_empty()
    };
    spawn(&os, 0, |_, _| async {});
    os.wake_all_kswapds(2);
    assert_eq!([woken(false), woken(true)], [false, true]);
    assert_eq!(os.st().kswapd_order, 2);
}
