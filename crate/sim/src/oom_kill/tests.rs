use super::*;
use crate::kernel::{KernelPolicy, OomAbort, OomVeto};
use crate::task::{AddressSpace, Process};
use crate::testing::{
    anon_pages, ask, by_node, config, first, leave_free, newest, oldest, os, reworked, run, slept, spawn,
    swap_cache_pages,
};
use std::rc::Rc;

fn add(st: &mut State, rss: u64, swapents: u64) -> usize {
    st.spaces.push(AddressSpace { entries: vec![NONE; 600], rss, swapents, reaped: false });
    st.processes.push(Process {
        task: 0,
        space: st.spaces.len() - 1,
        alive: true,
        exiting: false,
        counts: true,
    });
    st.processes.len() - 1
}

#[test]
fn select_bad_process_counts_resident_swapped_and_page_tables() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let (small, swapped) = (add(&mut st, 400, 0), add(&mut st, 100, 350));
    assert_eq!(st.badness(swapped), 452, "600 entries need two pages of tables");
    assert_eq!(st.select_bad_process(), Some(swapped));
    let space = st.processes[swapped].space;
    st.spaces[space].reaped = true;
    assert_eq!(st.select_bad_process(), Some(small), "a reaped victim has nothing left to give");
}

#[test]
fn a_victim_that_still_holds_memory_stops_further_kills() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let victim = add(&mut st, 10, 0);
    assert!(!st.victim_pending());
    st.oom_victim = Some(victim);
    assert!(st.victim_pending());
    let space = st.processes[victim].space;
    st.spaces[space].reaped = true;
    assert!(!st.victim_pending());
}

#[test]
fn select_bad_process_of_equals() {
    for (policy, expected) in [(oldest(), 0), (reworked(), 2)] {
        let os = os(&config(), &policy);
        let mut st = os.st();
        let found = [450, 400, 450].map(|rss| add(&mut st, rss, 0));
        assert_eq!(st.select_bad_process(), Some(found[expected]));
    }
}

#[test]
fn oom_scan_process_thread_stops_for_an_exiting_process_by_policy() {
    for abort in [OomAbort::VictimOrExiting, OomAbort::Victim] {
        let os = os(&config(), &KernelPolicy { oom_abort: abort, ..oldest() });
        let mut st = os.st();
        let process = add(&mut st, 10, 0);
        st.processes[process].exiting = true;
        assert_eq!(st.victim_pending(), abort == OomAbort::VictimOrExiting);
        st.processes[process].alive = false;
        assert!(!st.victim_pending());
    }
}

#[test]
fn out_of_memory_kills_nobody_without_gfp_fs() {
    for (policy, inside) in [(oldest(), false), (reworked(), true)] {
        let os = os(&config(), &policy);
        add(&mut os.st(), 10, 0);
        crate::testing::leave_free(&mut os.st(), 0);
        crate::testing::run(&os, 0, move |os, me| async move {
            let nofs = Gfp::KERNEL.without(Gfp::FS);
            assert_eq!(os.alloc_pages_may_oom(me, nofs, 0, 0).await, MayOom::Progress);
            // A caller that is dying already becomes a victim only where out_of_memory is called at all.
            os.exec.kill(me);
            assert_eq!(os.alloc_pages_may_oom(me, nofs, 0, 0).await, MayOom::Progress);
            assert_eq!(os.exec.flags(me) & TIF_MEMDIE != 0, inside);
        });
        assert!(os.st().record.oom.is_empty());
    }
}

#[test]
fn out_of_memory_report_says_what_the_machine_holds() {
    let os = os(&config(), &reworked());
    {
        let mut st = os.st();
        let process = add(&mut st, 0, 0);
        let space = st.processes[process].space;
        st.spaces[space].rss = 7;
        crate::testing::leave_free(&mut st, 3);
    }
    crate::testing::run(&os, 0, |os, me| async move {
        os.alloc_pages_may_oom(me, Gfp::KERNEL, 2, 17).await;
    });
    let st = os.st();
    let report = &st.record.oom[0];
    assert_eq!((report.order, report.no_progress_loops, report.gfp), (2, 17, "GFP_KERNEL"));
    let zone = &report.zones[0];
    let blocks: u64 = zone.buddy.iter().enumerate().map(|(order, count)| count << order).sum();
    assert_eq!((zone.free, blocks), (3, 3));
    assert_eq!(report.victim_row().map(|row| row.rss), Some(7));
}

#[test]
fn alloc_pages_may_oom_waits_a_jiffy_for_the_lock_and_calls_it_progress() {
    for policy in [first(), oldest(), reworked(), by_node(), newest()] {
        let os = os(&config(), &policy);
        add(&mut os.st(), 10, 0);
        leave_free(&mut os.st(), 0);
        os.st().oom_lock = true;
        let result = ask(&os, 0, |os, me| async move { os.alloc_pages_may_oom(me, Gfp::KERNEL, 0, 0).await });
        assert_eq!((result, slept(&os, Site::OomLock)), (Some(MayOom::Progress), (1, 1)));
        let st = os.st();
        assert!(st.oom_lock && st.record.oom.is_empty(), "the lock is still the other one's");
    }
}

/// A machine that goes on for a while after a kill.
fn os_with_tail(policy: &KernelPolicy) -> Rc<Os> {
    let mut config = config();
    config.tail = Nanos::from_s(1);
    os(&config, policy)
}

#[test]
fn alloc_pages_may_oom_tries_once_more_above_the_high_mark() {
    for (above, kills) in [(1, 0), (0, 1)] {
        let os = os_with_tail(&oldest());
        add(&mut os.st(), 10, 0);
        let high = os.st().zones[0].high;
        leave_free(&mut os.st(), high + above);
        let result = ask(&os, 0, |os, me| async move { os.alloc_pages_may_oom(me, Gfp::KERNEL, 0, 0).await });
        assert_eq!(matches!(result, Some(MayOom::Page(_))), kills == 0);
        assert_eq!(os.st().record.oom.len(), kills);
        assert!(!os.st().oom_lock);
    }
}

#[test]
fn alloc_pages_may_oom_tries_the_highest_zone_whoever_has_its_turn() {
    for policy in [oldest(), by_node()] {
        let os = crate::testing::two_zones(&policy);
        os.st().zones[1].alloc_batch = 0;
        let result = ask(&os, 0, |os, me| async move { os.alloc_pages_may_oom(me, Gfp::KERNEL, 0, 0).await });
        let Some(MayOom::Page(page)) = result else { panic!("{result:?}") };
        let st = os.st();
        assert_eq!((st.zone_of(page), st.zones[1].alloc_batch), (1, -1));
    }
}

#[test]
fn alloc_pages_may_oom_by_veto() {
    // Swap of 1,024 pages; free slots, milliseconds since a page was written, pages under writeback.
    for (veto, free, since, writeback, kills) in [
        (OomVeto::Absent, 1024, 0, 9, true),
        (OomVeto::SwapFree, 513, 0, 9, false),
        (OomVeto::SwapFree, 512, 0, 9, true),
        (OomVeto::WritebackMoves, 0, 4992, 1, false),
        (OomVeto::WritebackMoves, 0, 5000, 1, true),
        (OomVeto::WritebackMoves, 0, 0, 0, true),
    ] {
        let os = os_with_tail(&KernelPolicy { oom_veto: veto, ..reworked() });
        add(&mut os.st(), 10, 0);
        leave_free(&mut os.st(), 0);
        os.st().swap.free = free;
        os.st().zones[0].writeback = writeback;
        let result = ask(&os, 0, move |os, me| async move {
            os.exec.sleep_until(me, TaskState::Interruptible, since * 1_000_000).await;
            os.alloc_pages_may_oom(me, Gfp::KERNEL, 0, 0).await
        });
        assert_eq!(result, Some(MayOom::Progress));
        let (vetoes, _) = slept(&os, Site::OomVeto);
        assert_eq!((os.st().record.oom.len(), vetoes), if kills { (1, 0) } else { (0, 1) }, "{veto:?}");
    }
}

#[test]
fn alloc_pages_may_oom_fails_a_costly_order() {
    for (order, kills) in [(3, 1), (4, 0)] {
        let os = os(&config(), &reworked());
        add(&mut os.st(), 10, 0);
        leave_free(&mut os.st(), 0);
        let result =
            ask(&os, 0, move |os, me| async move { os.alloc_pages_may_oom(me, Gfp::KERNEL, order, 0).await });
        assert_eq!(result == Some(MayOom::Failed), kills == 0);
        assert_eq!(os.st().record.oom.len(), kills);
    }
}

#[test]
fn out_of_memory_sleeps_a_jiffy_and_kills_one_at_a_time() {
    let os = os_with_tail(&first());
    spawn(&os, 0, |os, me| async move {
        os.sleep(me, TaskState::Uninterruptible).await;
    });
    for rss in [10, 20] {
        add(&mut os.st(), rss, 0);
    }
    leave_free(&mut os.st(), 0);
    // The victim does not run and nobody reaps: it stops all further kills.
    let results = ask(&os, 0, |os, me| async move {
        let mut results = Vec::new();
        for _ in 0..3 {
            let result = os.alloc_pages_may_oom(me, Gfp::KERNEL, 0, 0).await;
            results.push((result, os.exec.now() / 4_000_000));
        }
        results
    });
    assert_eq!(results.unwrap(), [1, 2, 3].map(|jiffy| (MayOom::Progress, jiffy)));
    assert_eq!(os.st().record.oom.len(), 1);
}

/// A process with pages of all kinds that sleeps uninterruptibly, killed by another task; and how it looks afterwards.
fn killed(policy: &KernelPolicy) -> Rc<Os> {
    let os = os_with_tail(policy);
    let victim = spawn(&os, 0, |os, me| async move {
        os.sleep(me, TaskState::Uninterruptible).await;
    });
    {
        let mut st = os.st();
        swap_cache_pages(&mut st, 5, 0);
        let space = st.spaces.len() - 1;
        for index in 5..105 {
            let pfn = anon_pages(&mut st, 1, 0)[0];
            let other = st.spaces.len() - 1;
            st.spaces[other] = AddressSpace::default();
            st.map_page(pfn, space, index);
        }
        st.processes.push(Process { task: victim, space, alive: true, exiting: false, counts: false });
        leave_free(&mut st, 0);
    }
    if policy.oom_reaper == OomReaper::Immediate {
        spawn(&os, crate::gfp::PF_KTHREAD, |os, me| async move { os.oom_reaper(me).await });
    }
    run(&os, crate::gfp::PF_KTHREAD, |os, me| async move {
        os.alloc_pages_may_oom(me, Gfp::KERNEL, 0, 0).await;
    });
    os
}

#[test]
fn oom_reaper_takes_the_memory_of_a_victim_that_does_not_run() {
    for policy in [oldest(), reworked(), by_node(), newest()] {
        let os = killed(&policy);
        let st = os.st();
        let space = &st.spaces[st.processes[0].space];
        assert_eq!((space.rss, space.swapents, space.reaped), (0, 0, true));
        assert_eq!((st.free_total(), st.swap.free), (105, 1024));
        assert!(st.record.events.iter().any(|event| event.kind == EventKind::Reaped && event.task == 0));
        assert_eq!(os.exec.flags(0) & TIF_MEMDIE, 0);
        assert!(!st.victim_pending(), "another may be killed");
    }
}

#[test]
fn oom_reaper_is_absent_in_the_first() {
    let os = killed(&first());
    let st = os.st();
    let space = &st.spaces[st.processes[0].space];
    assert_eq!((space.rss, space.swapents, st.free_total()), (100, 5, 0));
    assert_ne!(os.exec.flags(0) & TIF_MEMDIE, 0, "it may take the reserves");
    assert!(st.victim_pending(), "and nobody else is killed");
    drop(st);
    let reaps = |policy: &KernelPolicy| {
        let trace = crate::run::Simulation::new(&config(), policy, 1).into_trace();
        trace.tasks.iter().any(|task| task.name == "oom_reaper")
    };
    assert!(!reaps(&first()) && reaps(&oldest()));
}
