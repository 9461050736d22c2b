use super::*;

fn nap() -> Decision {
    Decision::WorkerNap { in_retry: false }
}
fn passed(priority: u32) -> Decision {
    Decision::ShrinkZones { priority, scanned: 32, reclaimed: 0, wanted: 32 }
}
fn sleep(before: u64) -> Option<Sleep> {
    Some(Sleep { place: 0, site: Site::WorkerNap, before, ns: 7 })
}

#[test]
fn a_chain_holds_the_last_of_each_kind_by_time() {
    let mut why = Why::new();
    why.begin(3);
    for priority in (0..=12).rev() {
        why.note(3, 100 - u64::from(priority), 4, passed(priority));
    }
    why.note(3, 100, 5, nap());
    why.pin(3, 104, 5, sleep(0));
    why.note(3, 105, 4, passed(12));
    why.pin(3, 106, 5, None);
    let chains = why.finish();
    let steps = |at: usize| chains[at].steps.iter().map(|step| (step.t.0, step.times, step.decision));
    assert!(steps(0).eq([(100, 13, passed(0)), (100, 1, nap())]));
    assert!(steps(1).eq([(100, 1, nap()), (105, 14, passed(12))]));
    assert_eq!((chains[0].t.0, chains[0].task, chains[0].site), (104, 3, Some(Site::WorkerNap)));
    assert_eq!(chains[1].site, None);
}

#[test]
fn a_new_request_begins_a_new_chain_and_a_part_of_one_does_not() {
    let mut why = Why::new();
    why.begin(0);
    why.note(0, 1, 1, nap());
    why.begin(0);
    why.note(0, 2, 9, passed(12));
    why.pin(0, 3, 9, None);
    why.pin(0, 3, 5, sleep(0));
    why.of(0).requests = 0;
    why.begin(0);
    why.pin(0, 4, 9, None);
    let chains = why.finish();
    assert_eq!(chains.iter().map(|chain| chain.steps.len()).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(chains[1].steps[0].decision, nap(), "the deeper call has returned");
}

#[test]
fn the_notes_on_a_task_are_bounded() {
    let pools = Pool::ALL.into_iter().flat_map(|pool| {
        let empty = Decision::MempoolEmpty { pool, size: 16, then: PoolThen::Waits };
        [empty, Decision::MempoolReserves { pool, allowed: true }]
    });
    let reclaimable = |unit| Decision::Reclaimable { unit, scanned: 6, reclaimable: 1 };
    let units = [Unit::Dma, Unit::Dma32, Unit::Normal, Unit::Node].map(reclaimable);
    let others = [
        Decision::ReservesEmpty { order: 0, free: 0 },
        Decision::SlowPath { order: 0, gfp: 0, fails: false },
        Decision::DirectReclaim { scanned: 1, progress: false },
        Decision::TooManyIsolated { isolated: 2, limit: 1 },
        Decision::KswapdStall { pages: 1 },
        Decision::WaitIffCongested { jiffies: 1 },
        Decision::RetryWhileProgress { progress: true },
        Decision::CompactRetry { order: 2, again: true },
        Decision::OomLock { order: 0 },
        Decision::OomNoFs { gfp: 0 },
        Decision::OomPending { order: 0 },
        Decision::SwapBios { bios: 1 },
    ];
    let mut why = Why::new();
    why.begin(0);
    let all: Vec<Decision> = pools.chain(units).chain(others).collect();
    assert!(all.len() > NOTES);
    for (t, decision) in (0..).zip(&all) {
        why.note(0, t, 0, *decision);
    }
    why.pin(0, 99, 0, None);
    let noted: Vec<Decision> = why.finish()[0].steps.iter().map(|step| step.decision).collect();
    assert_eq!(noted, all[all.len() - NOTES..], "the oldest have made room");
}

#[test]
fn the_chains_of_sleeps_thin_out_and_those_of_kills_stay() {
    let mut why = Why::new();
    why.begin(0);
    why.note(0, 0, 0, nap());
    why.note(0, 0, 0, passed(12));
    why.pin(0, 0, 0, None);
    let sleeps = 1000;
    for before in 0..sleeps {
        why.pin(0, before, 0, sleep(before));
    }
    // Another place with few sleeps keeps them all.
    for before in 0..10 {
        why.pin(0, sleeps + before, 0, Some(Sleep { place: 1, site: Site::MempoolAlloc, before, ns: 7 }));
    }
    let chains = why.finish();
    let of = |site: Option<Site>| chains.iter().filter(|chain| chain.site == site).collect::<Vec<_>>();
    assert_eq!((of(None).len(), of(Some(Site::MempoolAlloc)).len()), (1, 10));
    let kept = of(Some(Site::WorkerNap));
    assert_eq!(
        kept.iter().map(|chain| chain.t.0).collect::<Vec<_>>(),
        (0..sleeps).step_by(16).collect::<Vec<_>>()
    );
    assert!(chains.iter().all(|chain| chain.steps.len() == 2), "each with its own steps");
}

#[test]
fn all_steps_together_are_bounded() {
    let mut why = Why::new();
    why.begin(0);
    for order in 0..3 {
        why.note(0, 0, 0, Decision::OomLock { order });
        why.note(0, 0, 0, passed(order));
    }
    for place in 0..200 {
        for before in 0..200 {
            why.pin(0, before, 0, Some(Sleep { place, site: Site::WorkerNap, before, ns: 7 }));
        }
    }
    assert!(why.steps.len() <= STEPS, "{} steps", why.steps.len());
    assert!(why.places.iter().all(|place| place.kept > 0), "some of each place");
}
