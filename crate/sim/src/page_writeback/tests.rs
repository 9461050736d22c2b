use super::*;
use crate::config::ZoneKind;
use crate::gfp::PF_KTHREAD;
use crate::kernel::KernelPolicy;
use crate::testing::{
    ask, at, by_node, config, file_pages, first, go, leave_free, machine, newest, oldest, os, reworked, run,
    slept, spawn,
};
use crate::units::Nanos;
use std::rc::Rc;

/// Sleeps within a second of a request past the limit.
fn sleeps(policy: ThrottleVmWriteout, gfp: Gfp, over: u64) -> u64 {
    let mut config = config();
    config.duration = Nanos::from_ms(1050);
    let os = os(&config, &KernelPolicy { throttle_vm_writeout: policy, ..oldest() });
    let limit = os.st().throttle_limit(0);
    os.st().zones[0].writeback = limit + over;
    run(&os, 0, move |os, me| async move { os.throttle_vm_writeout(me, gfp).await });
    let st = os.st();
    st.record
        .sleeps
        .iter()
        .filter(|sleep| sleep.site == Site::ThrottleVmWriteout)
        .map(|sleep| sleep.count)
        .sum()
}

#[test]
fn throttle_vm_writeout_loops_with_io_and_fs_and_leaves_without() {
    let all = |gfp| sleeps(ThrottleVmWriteout::Everyone, gfp, 1);
    assert_eq!(all(Gfp::KERNEL), 10, "HZ/10 at a time until writeback falls");
    assert_eq!([all(Gfp::NOIO), all(Gfp::NOIO.with(Gfp::IO)), all(Gfp::NOIO.with(Gfp::NORETRY))], [1; 3]);
    assert_eq!(sleeps(ThrottleVmWriteout::Everyone, Gfp::KERNEL, 0), 0, "at the limit it lets pass");
}

#[test]
fn throttle_vm_writeout_by_policy() {
    let noretry = Gfp::NOIO.with(Gfp::NORETRY);
    assert_eq!(sleeps(ThrottleVmWriteout::NotNoretry, noretry, 1), 0);
    assert_eq!(sleeps(ThrottleVmWriteout::NotNoretry, Gfp::NOIO, 1), 1);
    assert_eq!(sleeps(ThrottleVmWriteout::Absent, Gfp::KERNEL, 1), 0);
}

#[test]
fn domain_dirty_limits_in_both_arithmetics() {
    assert_eq!(dirty_threshold(DirtyArithmetic::Percent, 20, 61_992), 12_398);
    // floor(20 * 4096 / 100) = 819 of 4096.
    assert_eq!(dirty_threshold(DirtyArithmetic::PagePerMille, 20, 61_992), 12_395);
}

// dirty_thresh of all recorded runs: 13,637 pages, on a zone of 63,448 pages.
#[test]
fn throttle_vm_writeout_limit_of_the_lab_machine() {
    let mut config = config();
    config.machine = machine(&[(ZoneKind::Dma32, 63_448)]);
    for arithmetic in [DirtyArithmetic::Percent, DirtyArithmetic::PagePerMille] {
        let os = os(&config, &KernelPolicy { dirty_arithmetic: arithmetic, ..oldest() });
        crate::testing::leave_free(&mut os.st(), 0);
        let limit = os.st().throttle_limit(0);
        assert!(limit.abs_diff(13_637) <= 5, "{arithmetic:?}: {limit}");
    }
}

/// A machine whose dirtyable memory is so many pages of page cache, and no free page.
fn dirtyable(policy: &KernelPolicy, pages: u32) -> Rc<Os> {
    let os = os(&config(), policy);
    file_pages(&mut os.st(), pages - 1, 0);
    leave_free(&mut os.st(), 0);
    os
}

#[test]
fn global_dirty_limits_by_ratio_of_free_pages_and_page_cache() {
    for policy in [first(), oldest(), reworked(), by_node(), newest()] {
        let os = dirtyable(&policy, 1000);
        // 819 / 4096 of a page are a little less than 20 percent.
        let [background, threshold] = match policy.dirty_arithmetic {
            DirtyArithmetic::Percent => [100, 200],
            DirtyArithmetic::PagePerMille => [99, 199],
        };
        assert_eq!(os.st().dirty_limits(), (background, threshold));
        os.st().writeback.background_ratio = 20;
        assert_eq!(
            os.st().dirty_limits(),
            (threshold / 2, threshold),
            "the background threshold stays below"
        );
        // Anonymous pages do not count, free ones do as far as nobody has a claim on them.
        let reserve = os.st().totalreserve;
        os.st().zones[0].free = reserve + 500;
        assert_eq!(os.st().dirtyable_memory(), 1500);
    }
}

#[test]
fn update_dirty_limit_goes_up_at_once_and_down_by_a_32nd() {
    let update = next_slow_limit;
    assert_eq!(update(1000, 5000, 0), 5000);
    assert_eq!(update(5000, 1800, 0), 5000 - 3200 / 32);
    assert_eq!(update(5000, 1000, 1800), 5000 - 3200 / 32, "not below what is dirty");
    assert_eq!([update(5000, 5000, 0), update(5000, 1000, 6000)], [5000; 2]);
}

#[test]
fn throttle_vm_writeout_limit_is_higher_for_less_throttle() {
    let limit = |bonus| throttle_limit(1000, 640, bonus);
    assert_eq!(limit(None), 1100);
    assert_eq!(limit(Some(LessThrottleBonus::Quarter)), 1375);
    assert_eq!(
        limit(Some(LessThrottleBonus::QuarterAndMore)),
        1397,
        "20 more, a 32nd of the slow limit, and a tenth"
    );
}

#[test]
fn throttle_vm_writeout_limit_follows_only_while_somebody_dirties() {
    let os = dirtyable(&oldest(), 1000);
    os.st().writeback.dirty_limit = 800;
    assert_eq!(os.st().throttle_limit(0), 880, "1.1 times the slow limit, not the threshold");
    // Five looks in the same interval of 200 ms count as one.
    for ms in [300, 350, 400, 450, 499, 500] {
        os.st().update_bandwidth(0, ms * 1_000_000, 200, 0);
    }
    assert_eq!(os.st().writeback.dirty_limit, 800 - 600 / 32 - 582 / 32);
}

#[test]
fn pos_ratio_polynom_at_its_three_points() {
    let found = [700, 800, 900, 1000, 1100].map(|dirty| pos_ratio(900, dirty, 1000));
    assert_eq!(found, [2048, 2048, 1024, 0, 0]);
    let falling: Vec<u64> = (800..=1000).map(|dirty| pos_ratio(900, dirty, 1000)).collect();
    assert!(falling.windows(2).all(|pair| pair[0] >= pair[1]));
    assert_eq!(pos_ratio(1000, 900, 1000), 0, "no room between set point and limit");
}

/// Milliseconds that a dirtier of 32 pages spends with so many pages under writeback to swap, which end after a second or
/// which a signal makes it leave.
fn balanced(policy: &KernelPolicy, writeback: u64, signal: Option<u64>) -> Option<u64> {
    let os = dirtyable(policy, 1000);
    os.st().writeback.dirty_limit = 0;
    os.st().zones[0].writeback = writeback;
    at(&os, 1000, |os| os.st().zones[0].writeback = 0);
    let end = ask(&os, 0, move |os, me| async move {
        if let Some(ms) = signal {
            at(&os, ms, move |os| os.exec.kill(me));
        }
        os.balance_dirty_pages(me, 32).await;
        os.exec.now() / 1_000_000
    });
    let jiffies = end.unwrap() / 4;
    assert_eq!(slept(&os, Site::BalanceDirtyPages), (u64::from(jiffies > 0), jiffies));
    end
}

#[test]
fn balance_dirty_pages_lets_run_below_the_ceiling() {
    // Half-way between 100 and 200.
    assert_eq!(balanced(&oldest(), 150, None), Some(0));
    assert_ne!(balanced(&oldest(), 198, None), Some(0));
}

#[test]
fn balance_dirty_pages_stops_a_writer_while_swap_is_written() {
    for policy in [first(), oldest(), reworked(), by_node(), newest()] {
        assert_eq!(balanced(&policy, 5000, None), Some(1000), "200 ms at a time until it has fallen");
        assert_eq!(balanced(&policy, 5000, Some(500)), Some(500), "or until a fatal signal");
    }
}

#[test]
fn balance_dirty_pages_sleeps_for_the_writers_share_of_the_disk() {
    // At the set point the rate is that of the disk, 12,207 pages a second: 8 jiffies for 400 pages, 16 when two share.
    for (dirtiers, jiffies) in [(1, 8), (2, 16)] {
        let os = dirtyable(&oldest(), 3000);
        os.st().writeback.dirty_limit = 0;
        // Free run up to 450, limit 600; half-way is 525.
        os.st().zones[0].writeback = 525;
        for other in 0..dirtiers - 1 {
            os.st().update_bandwidth(100 + other, 0, 600, 525);
        }
        run(&os, 0, |os, me| async move {
            os.exec.sleep_until(me, TaskState::Interruptible, 300_000_000).await;
            os.balance_dirty_pages(me, 400).await;
        });
        assert_eq!(slept(&os, Site::BalanceDirtyPages), (1, jiffies));
    }
}

#[test]
fn balance_dirty_pages_ratelimited_looks_once_in_32_pages() {
    let os = dirtyable(&oldest(), 1000);
    os.st().zones[0].writeback = 5000;
    os.deadline.set(100_000_000);
    let pages = Rc::new(std::cell::Cell::new(0));
    let pages2 = Rc::clone(&pages);
    run(&os, 0, move |os, me| async move {
        for _ in 0..40 {
            os.balance_dirty_pages_ratelimited(me).await;
            pages2.set(pages2.get() + 1);
        }
    });
    assert_eq!(pages.get(), 31, "the 32nd stops");
}

/// Pages written by so many seconds after so many were dirtied at once, in a machine with 1,000 dirtyable ones.
fn flushed(pages: usize, seconds: u64, then: impl Fn(&Rc<Os>) + 'static) -> u64 {
    let os = dirtyable(&oldest(), 1000);
    {
        let mut st = os.st();
        let file = st.files.files[1].pages.clone();
        file[..pages].iter().for_each(|pfn| st.set_page_dirty(*pfn, 0));
    }
    os.deadline.set(seconds * 1_000_000_000);
    spawn(&os, PF_KTHREAD, |os, me| async move { os.flusher(me).await });
    at(&os, 1000, then);
    go(&os);
    let st = os.st();
    assert_eq!(st.vm.nr_written + st.nr_dirty(), pages as u64);
    st.vm.nr_written
}

#[test]
fn wb_workfn_writes_above_the_background_threshold_and_what_is_30_s_old() {
    assert_eq!([flushed(100, 4, |_| ()), flushed(101, 4, |_| ())], [0, 101], "by the bio of 256 pages");
    assert_eq!(flushed(50, 30, |_| ()), 0);
    assert_eq!(flushed(50, 36, |_| ()), 50, "it looks every 5 s");
}

#[test]
fn wakeup_flusher_threads_has_pages_written_at_once() {
    assert_eq!(flushed(50, 2, |os| os.wakeup_flusher_threads(20)), 20);
    assert_eq!(flushed(50, 2, |os| os.wakeup_flusher_threads(1000)), 50);
    assert_eq!(flushed(50, 2, |os| os.wakeup_flusher(0)), 0, "woken with nothing to do");
}
