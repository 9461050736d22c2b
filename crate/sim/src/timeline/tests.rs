use super::*;

/// A machine with one task.
struct Bench {
    recording: Recording,
    stack: CallStack,
}

impl Bench {
    fn new(most: usize) -> Self {
        let (mut recording, mut stack) = (Recording::with_room(most), CallStack::default());
        recording.wakes(0, 0, &mut stack);
        Self { recording, stack }
    }
    fn sleeps(&mut self, now: u64, name: &'static str) {
        self.stack.push(name);
        self.recording.rests(0, now, TaskPhase::Blocked, &mut self.stack);
    }
    fn wakes(&mut self, now: u64) {
        self.recording.wakes(0, now, &mut self.stack);
        self.stack.pop();
        self.recording.runs(0, now, 1_000_000, &mut self.stack);
    }
}

fn what(timeline: &Timeline, stacks: &[Vec<&'static str>], t: u64) -> (char, &'static str, u64, bool) {
    let at = timeline.at(Nanos(t))[0];
    let inner = stacks[at.stack as usize].last().copied().unwrap_or("");
    (at.phase.letter(), inner, at.since.0, at.merged)
}

#[test]
fn what_a_task_did_is_known_for_every_time() {
    let mut bench = Bench::new(100);
    bench.sleeps(10, "mempool_alloc");
    bench.wakes(30);
    bench.sleeps(35, "congestion_wait");
    bench.wakes(135);
    let (timeline, stacks) = bench.recording.finish();
    assert_eq!(timeline.grain, Nanos(0));
    assert_eq!(what(&timeline, &stacks, 9), ('R', "", 0, false));
    assert_eq!(what(&timeline, &stacks, 10), ('D', "mempool_alloc", 10, false));
    assert_eq!(what(&timeline, &stacks, 29), ('D', "mempool_alloc", 10, false));
    assert_eq!(what(&timeline, &stacks, 30), ('R', "", 30, false));
    assert_eq!(what(&timeline, &stacks, 134), ('D', "congestion_wait", 35, false));
    assert_eq!(what(&timeline, &stacks, u64::MAX), ('R', "", 135, false));
}

#[test]
fn a_running_task_is_looked_at_on_ticks() {
    let mut bench = Bench::new(100);
    bench.recording.runs(0, 0, 4, &mut bench.stack);
    bench.stack.push("shrink_page_list");
    assert!(!bench.stack.is_due(3) && bench.stack.is_due(4));
    bench.recording.runs(0, 4, 4, &mut bench.stack);
    let (timeline, stacks) = bench.recording.finish();
    assert_eq!(what(&timeline, &stacks, 3), ('R', "", 0, false));
    assert_eq!(
        what(&timeline, &stacks, 5),
        ('R', "shrink_page_list", 0, false),
        "since is that of the state"
    );
}

#[test]
fn short_spans_merge_when_there_are_too_many() {
    let most = 1000;
    let mut bench = Bench::new(most);
    let round = FIRST_GRAIN * 64;
    // A long sleep, with a short run after each; then as long a time of short sleeps and shorter runs.
    for at in 0..most as u64 / 2 {
        bench.sleeps(at * round + 10, "long");
        bench.wakes((at + 1) * round);
    }
    let middle = most as u64 / 2 * round;
    for at in 0..64 * most as u64 {
        bench.sleeps(middle + at * 1000 + 100, "short");
        bench.wakes(middle + (at + 1) * 1000);
    }
    let (timeline, stacks) = bench.recording.finish();
    let spans = &timeline.spans[0];
    assert!(spans.len() <= most + 1, "{} spans", spans.len());
    assert!(timeline.grain.0 >= FIRST_GRAIN && timeline.grain.0 < round);
    for pair in spans[1..].windows(2) {
        assert!(pair[1].from - pair[0].from >= timeline.grain.0);
    }
    let (state, inner, since, merged) = what(&timeline, &stacks, middle / 2 - 1);
    assert_eq!((state, inner, merged), ('D', "long", false));
    assert_eq!(since, middle / 2 - round + 10, "each of them is known");
    let (state, inner, _, merged) = what(&timeline, &stacks, middle + 32 * most as u64 * 1000);
    assert_eq!((state, inner, merged), ('D', "short", true), "nine tenths of the time");
}

#[test]
fn the_last_state_is_kept_however_short() {
    let mut bench = Bench::new(4);
    for at in 0..100 {
        bench.sleeps(at * 1000 + 10, "sleep");
        bench.wakes((at + 1) * 1000);
    }
    bench.sleeps(100_001, "the end");
    let (timeline, stacks) = bench.recording.finish();
    assert_eq!(what(&timeline, &stacks, 100_002), ('D', "the end", 100_001, false));
}
