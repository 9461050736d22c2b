//! What was proposed in the thread, and what came of it. Most of these were never run on the lab machine by anybody: the
//! claim is the mechanism's, or what somebody reported of his own machine.

use crate::S;
use crate::common::{count, highest, lowest, runs, sorted};
use swapscope_sim::trace::{Outcome, Series, Trace};

const SEEDS: u64 = 6;

fn patched(kernel: &str) -> &'static [Trace] {
    runs("lab-256m", kernel, &[], SEEDS)
}

fn done(kernel: &str) -> usize {
    count(patched(kernel), |trace| trace.outcome == Outcome::Completed)
}

fn hashes(kernel: &str) -> Vec<u64> {
    patched(kernel).iter().map(|trace| trace.hash).collect()
}

// 572B6CB3.10802@redhat.com: Dahl bisected his freezes to 564e81a57f97; taking it back cures 4.5.1, and 4.6 only in part.
#[test]
fn k_564e81a57f97_taken_back_cures_4_5_and_not_4_6() {
    assert_eq!(done("4.5"), 0);
    assert_eq!(done("4.5~revert-564e81a5"), 6);
    assert!(done("4.6~revert-564e81a5") <= 2, "the reserves are still drained");
    assert_eq!(done("4.6~revert-564e81a5~revert-f9054c70"), 6);
}

// Lab finding 9: "with the reserve bug reverted 4.6.2 still crawls".
#[test]
fn lab_09_4_6_without_the_reserve_bug_still_crawls() {
    assert_eq!(count(patched("4.6~revert-f9054c70"), |trace| trace.outcome == Outcome::Livelock), 6);
}

// 572B6CB3.10802@redhat.com, Kozina's bisection: free memory at 0 begins with f9054c70d28b.
#[test]
fn f9054c70_on_4_5_drains_the_reserves() {
    let free = |kernel| sorted(patched(kernel), |trace| lowest(trace, Series::Free));
    assert_eq!(free("4.5~f9054c70")[5], 0);
    assert!(free("4.5")[0] > 240, "half of min stays");
}

// K-12: 9ca3459a-8226-b870-163e-58e2bb10df74@redhat.com, PF_LESS_THROTTLE in mempools: "froze as before". In the model it
// is the same run, bit for bit: the limit that it raises is not the one that decides.
#[test]
fn k12_pf_less_throttle_alone_changes_nothing() {
    assert_eq!(hashes("4.7-rc6~less-throttle-mempool"), hashes("4.7-rc6"));
    assert_eq!(hashes("4.7-rc6~less-throttle-kcryptd"), hashes("4.7-rc6"));
}

// K-14: 20160714173659.GA29355@dhcp22.suse.cz: with the early return "basically equivalent" to mempool-noretry.
#[test]
fn k14_with_the_early_return_it_is_mempool_noretry() {
    assert_eq!(hashes("4.7-rc6~less-throttle-return"), hashes("4.7-rc6~mempool-noretry"));
    assert_eq!(done("4.7-rc6~less-throttle-return"), 6);
}

// e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com: "drop the flag __GFP_DIRECT_RECLAIM in mempool_alloc - so that mempool
// allocations never sleep in the allocator".
#[test]
fn a_mempool_that_never_reclaims_is_the_fastest_of_all() {
    let slowest =
        |kernel: &str| sorted(patched(kernel), |trace| trace.workload_done.map_or(u64::MAX, |t| t.0))[5];
    assert!(slowest("4.7-rc6~mempool-noreclaim") < 8 * S);
    for other in ["mempool-noretry", "revert-f9054c70", "mempool-victims", "no-vm-writeout"] {
        assert!(slowest(&format!("4.7-rc6~{other}")) > 15 * S, "{other}");
        assert_eq!(done(&format!("4.7-rc6~{other}")), 6, "{other}");
    }
}

// 1468831285-27242-1-git-send-email-mhocko@kernel.org: without a victim it is the revert.
#[test]
fn reserves_for_victims_only_are_no_reserves_where_nothing_is_killed() {
    assert_eq!(hashes("4.7-rc6~mempool-victims"), hashes("4.7-rc6~revert-f9054c70"));
}

// K-38 on an older kernel: a666e5c05e7c bounds what is in flight, and with it what dm-crypt allocates.
#[test]
fn k38_a_limit_on_swap_bios_bounds_writeback_and_spares_the_machine() {
    let runs = patched("4.7-rc6~dm-swap-bios");
    for trace in runs {
        // One page more for each task that waits for its place.
        let peak = highest(trace, Series::Writeback);
        assert!((2000..=2048 + trace.tasks.len() as u64).contains(&peak), "{peak} pages");
    }
    assert_eq!(count(runs, |trace| trace.outcome == Outcome::Completed), 6);
}

// The rules against an OOM kill with swap free hold off nothing where nothing is killed.
#[test]
fn vetoes_on_the_oom_killer_change_nothing_in_the_crawl() {
    for veto in ["oom-writeback-counter", "oom-swap-veto"] {
        assert_eq!(hashes(&format!("4.7-rc6~{veto}")), hashes("4.7-rc6"), "{veto}");
    }
    // Where swap is full the veto on free swap has nothing to say; where it is free, low-swappiness on 4.9 crawls instead.
    let full = runs("swap-full", "4.9~oom-swap-veto", &[], 2);
    assert_eq!(count(full, |trace| trace.outcome == Outcome::Oom), 2);
    let spared = runs("low-swappiness", "4.9~oom-swap-veto", &[], 2);
    assert_eq!(count(spared, |trace| trace.outcome == Outcome::Livelock), 2);
}

// e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com: "If the swap device dies so that it stops processing I/Os, the system is
// dead anyway".
#[test]
fn a_dead_swap_device_is_the_end_on_every_version() {
    let dead = [("disk-stall", "3600s"), ("disk-stall-from", "2s"), ("duration", "60s")];
    for kernel in ["4.5", "4.6", "4.7-rc6", "4.8", "4.9"] {
        for cipher in ["null", "none"] {
            let changes = [&dead[..], &[("cipher", cipher)]].concat();
            let stuck =
                count(runs("lab-256m", kernel, &changes, 2), |trace| trace.outcome == Outcome::Livelock);
            assert_eq!(stuck, 2, "{kernel}, {cipher}");
        }
    }
}
