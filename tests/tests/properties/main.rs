//! Properties of every run, over random machines, loads and kernels: no page is lost or there twice and nobody takes what
//! it has to leave, at every event; no count falls below zero; every sleep ends or is reported; the same seed gives the
//! same run, in one stretch or event by event.
//!
//! The machines are the same each time, so that a failure stays one. `PROPERTY_CASES=100000` looks at more than the
//! 10,000 of a normal run, and `PROPERTY_SEED=2` at others.

mod soak;

use proptest::test_runner::{Config as Runs, RngSeed, TestCaseError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use swapscope_sim::trace::{EventKind, Outcome, Site, Trace};
use swapscope_tests::properties::machines::{self, Case, Size};
use swapscope_tests::properties::{LARGE, SMALL, look};

/// Runs in all.
const CASES: u32 = 10_000;

fn option(name: &str, default: u32) -> u32 {
    env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// In how many runs something came up.
type Seen = BTreeMap<&'static str, u32>;

fn note(seen: &mut Seen, trace: &Trace) {
    let mut found = vec![trace.outcome.name()];
    found.extend(trace.sleeps.iter().map(|total| total.site.name()));
    found.extend(trace.events.iter().map(|event| match event.kind {
        EventKind::Sleep { .. } => "a sleep",
        EventKind::Oom { .. } => "a kill",
        EventKind::Started => "a start",
        EventKind::Exited { .. } => "an exit",
        EventKind::WorkerCreated => "a new worker",
        EventKind::Mayday => "a call for the rescuer",
        EventKind::WorkloadDone => "an end of the workload",
        EventKind::Reaped => "a reaped process",
        EventKind::AllocationFailure { .. } => "an allocation failure",
        EventKind::AllocationStall { .. } => "an allocation stall",
    }));
    let counters = trace.counters.iter().chain(&trace.vmstat);
    found.extend(counters.filter(|(_, value)| *value > 0).map(|(name, _)| *name));
    found.sort_unstable();
    found.dedup();
    for name in found {
        *seen.entry(name).or_default() += 1;
    }
}

/// Looks at a share of the runs, in percent; one that fails is made as small as it can be and printed.
fn all(size: Size, percent: u32, seed: u32) -> Seen {
    let cases = option("PROPERTY_CASES", CASES);
    let runs = Runs {
        cases: (cases / 100 * percent).max(1),
        rng_seed: RngSeed::Fixed(u64::from(option("PROPERTY_SEED", 1)) << 32 | u64::from(seed)),
        max_shrink_iters: 4096,
        // A machine that fails is printed in full; a test of its own is a better memory than a file of seeds.
        failure_persistence: None,
        ..Runs::default()
    };
    let seen = RefCell::default();
    let result = TestRunner::new(runs).run(&machines::cases(size), |case| {
        let see = |case: &Case| look(case, size).map(|trace| note(&mut seen.borrow_mut(), &trace));
        see(&case).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    seen.into_inner()
}

/// Nothing of what reclaim is about may be missing in a full set of runs.
fn expect_all(seen: &Seen) {
    if option("PROPERTY_CASES", CASES) < CASES {
        return;
    }
    let outcomes = [Outcome::Completed, Outcome::Oom, Outcome::Livelock, Outcome::Timeout];
    let names = outcomes.iter().map(|outcome| outcome.name());
    let names = names.chain(Site::ALL.iter().map(|site| site.name())).chain([
        "a new worker",
        "a call for the rescuer",
        "an allocation failure",
        "pswpin",
        "reserve_pages",
        "reserve_empty",
        "workingset_refault",
    ]);
    let missing: Vec<_> = names.filter(|name| !seen.contains_key(name)).collect();
    assert!(missing.is_empty(), "in no run: {missing:?}; seen: {seen:#?}");
}

#[test]
fn small_machines() {
    expect_all(&all(SMALL, 46, 1));
}

#[test]
fn small_machines_of_another_seed() {
    expect_all(&all(SMALL, 46, 2));
}

#[test]
fn larger_machines() {
    all(LARGE, 8, 3);
}
