use super::*;

fn recorder() -> (Rc<Cell<u64>>, Recorder) {
    let clock = Rc::new(Cell::new(0));
    (Rc::clone(&clock), Recorder::new(clock))
}

#[test]
fn halving_keeps_min_max_and_last() {
    let (clock, mut record) = recorder();
    let buckets = BUCKETS as u64;
    for at in 0..buckets {
        clock.set(at * FIRST_WIDTH.0);
        record.note(Series::Free, 1000 + at);
        record.note(Series::Free, if at == 1001 { 1 } else { 900 });
        record.note(Series::Free, if at == 2000 { 9999 } else { 950 });
        record.note(Series::Free, 940 + at % 2);
    }
    assert_eq!(record.width, FIRST_WIDTH.0);
    clock.set(buckets * FIRST_WIDTH.0);
    record.catch_up();
    assert_eq!(record.width, 2 * FIRST_WIDTH.0);
    let column = &record.columns[Series::Free as usize];
    assert_eq!([column.min.len(), column.max.len(), column.last.len()], [BUCKETS / 2; 3]);
    assert_eq!((column.min[500], column.min[499], column.max[1000]), (1, 900, 9999));
    assert_eq!(column.max[10], 1021, "the larger of both halves");
    assert!(column.last.iter().all(|last| *last == 941), "the value at the end of the later half");
    // The next bucket has the new width.
    clock.set((buckets + 1) * FIRST_WIDTH.0);
    record.catch_up();
    assert_eq!(record.columns[0].last.len(), BUCKETS / 2);
    clock.set((buckets + 2) * FIRST_WIDTH.0);
    record.catch_up();
    assert_eq!(record.columns[0].last.len(), BUCKETS / 2 + 1);
}

#[test]
fn a_level_holds_and_an_impulse_does_not() {
    let (clock, mut record) = recorder();
    record.note(Series::Free, 7);
    record.note(Series::Probe, 7);
    clock.set(2 * FIRST_WIDTH.0);
    record.catch_up();
    assert_eq!(record.columns[Series::Free as usize].max, [7, 7]);
    assert_eq!(record.columns[Series::Probe as usize].max, [7, 0]);
}

#[test]
fn events_are_counted_when_there_are_too_many() {
    let (_, mut record) = recorder();
    (0..EVENTS + 3).for_each(|_| record.event(0, EventKind::Started));
    assert_eq!((record.events.len(), record.events_dropped), (EVENTS, 3));
}

#[test]
fn a_kill_is_kept_however_many_events_there_are() {
    let (clock, mut record) = recorder();
    (0..EVENTS).for_each(|_| record.event(0, EventKind::Started));
    assert_eq!(record.kept_until, None);
    clock.set(7);
    record.event(0, EventKind::Started);
    clock.set(8);
    for kind in [
        EventKind::Oom { report: 0 },
        EventKind::Exited { killed: true },
        EventKind::Exited { killed: false },
    ] {
        record.event(1, kind);
    }
    let kept: Vec<_> = record.events[EVENTS..].iter().map(|event| &event.kind).collect();
    assert_eq!(kept, [&EventKind::Oom { report: 0 }, &EventKind::Exited { killed: true }]);
    assert_eq!((record.kept_until, record.events_dropped), (Some(Nanos(7)), 2));
}

#[test]
fn a_sleep_that_does_not_end_counts_with_its_time_so_far() {
    let (clock, mut record) = recorder();
    let begin = |record: &mut Recorder, at, task, site| {
        clock.set(at);
        record.falls_asleep(task, site);
    };
    begin(&mut record, 10, 1, Site::MempoolAlloc);
    begin(&mut record, 20, 2, Site::WorkerNap);
    begin(&mut record, 25, 3, Site::WorkerNap);
    clock.set(30);
    record.slept(1, Site::MempoolAlloc, 20, 0);
    begin(&mut record, 40, 1, Site::MempoolAlloc);
    clock.set(100);
    let (hash, events) = (record.hash, record.events.len());
    // Task 3 was woken, and has not run yet.
    let ended: Vec<u32> = record.end_sleeps(|task| task != 3).into_iter().map(|(task, _)| task).collect();
    assert_eq!(ended, [2, 1]);
    let totals: Vec<_> =
        record.sleeps.iter().map(|sum| (sum.task, sum.count, sum.total.0, sum.max.0, sum.asleep)).collect();
    assert_eq!(totals, [(1, 2, 80, 60, Some(Nanos(40))), (2, 1, 80, 80, Some(Nanos(20)))]);
    assert_eq!((record.hash, record.events.len()), (hash, events), "it is no result of the run");
}

#[test]
fn samples_of_vmstat_thin_out_when_there_are_too_many() {
    let (clock, mut record) = recorder();
    let mut due = 0;
    while record.samples.len() < SAMPLES {
        clock.set(due);
        due = record.sample(vec![due]);
    }
    assert_eq!(due, SAMPLES as u64 * SAMPLE_EVERY, "one a second so far");
    clock.set(due - 1);
    assert_eq!((record.sample(vec![0]), record.samples.len()), (due, SAMPLES), "not before it is due");
    clock.set(due);
    assert_eq!(record.sample(vec![due]), due + 2 * SAMPLE_EVERY, "the next ones are twice as far apart");
    let times: Vec<u64> = record.samples.iter().map(|sample| sample.t.0 / SAMPLE_EVERY).collect();
    assert_eq!(
        times,
        (0..=SAMPLES as u64).step_by(2).collect::<Vec<u64>>(),
        "every second one, the first included"
    );
}
