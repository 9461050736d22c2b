use crate::gfp::Gfp;
use crate::kernel::{KernelPolicy, ThrottleVmWriteout};
use crate::testing::{config, oldest, os, run};
use crate::trace::Site;
use crate::units::Nanos;

/// Sleeps within a second of a request past the limit.
fn sleeps(policy: ThrottleVmWriteout, gfp: Gfp, over: u64) -> u64 {
    let mut config = config();
    config.duration = Nanos::from_ms(1050);
    let os = os(&config, &KernelPolicy { throttle_vm_writeout: policy, ..oldest() });
    let limit = os.st().throttle_limit();
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
