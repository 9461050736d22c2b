use super::*;
use crate::kernel::OomAbort;
use crate::task::{AddressSpace, Process};
use crate::testing::{config, oldest, os, reworked};

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
        let os = os(&config(), &crate::kernel::KernelPolicy { oom_abort: abort, ..oldest() });
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
