use super::dirty_threshold;
use crate::config::ZoneKind;
use crate::gfp::Gfp;
use crate::kernel::{DirtyArithmetic, KernelPolicy, ThrottleVmWriteout};
use crate::testing::{config, machine, oldest, os, run};
use crate::trace::Site;
use crate::units::Nanos;

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
