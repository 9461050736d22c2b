//! What a run tells about every task and every mark: [`Story`].

use std::sync::OnceLock;
use swapscope_chart::Story;
use swapscope_chart::story::EventClass;
use swapscope_scenario::settings::Change;
use swapscope_scenario::{Scenario, Setup};
use swapscope_sim::kernel::Kernel;
use swapscope_sim::trace::{EventKind, SPANS, Site, TaskPhase, Trace};
use swapscope_sim::units::Nanos;

/// A run of a bundled scenario.
fn run(scenario: &str, kernel: &str, changes: &[(&str, &str)]) -> (Trace, Kernel) {
    let scenario = Scenario::bundled(scenario, "test").unwrap();
    let changes: Vec<Change> =
        changes.iter().map(|(key, value)| Change::parse(key, value, "test").unwrap()).collect();
    let setup = Setup::with(scenario, &changes, &[(kernel.to_owned(), "test".to_owned())]).unwrap();
    let kernel = setup.kernels[0].clone();
    (swapscope_sim::run(&setup.config().unwrap(), &kernel.policy, 1), kernel)
}

fn crawl() -> &'static (Trace, Kernel) {
    static CRAWL: OnceLock<(Trace, Kernel)> = OnceLock::new();
    CRAWL.get_or_init(|| run("lab-256m", "4.7-rc6", &[("duration", "40s")]))
}

fn kill() -> &'static (Trace, Kernel) {
    static KILL: OnceLock<(Trace, Kernel)> = OnceLock::new();
    KILL.get_or_init(|| run("swap-full", "4.6", &[]))
}

#[test]
fn a_story_survives_its_way_between_threads() {
    for (trace, kernel) in [crawl(), kill()] {
        let story = Story::of(trace, kernel);
        let (numbers, strings) = story.pack();
        assert_eq!(Story::unpack(&numbers, &strings), Some(story));
        assert_eq!(Story::unpack(&numbers[..numbers.len() - 1], &strings), None, "torn");
        assert_eq!(Story::unpack(&numbers, &strings[..1]), None, "torn");
    }
}

#[test]
fn the_timeline_ends_with_what_every_task_did_last() {
    for (trace, _) in [crawl(), kill()] {
        let mut at_end = trace.tasks_at(trace.end).into_iter();
        for (id, task) in (0..).zip(&trace.tasks).filter(|(_, task)| task.state != 'X') {
            let at = at_end.next().unwrap();
            assert_eq!((at.task, at.phase.letter()), (id, task.state), "{}", task.name);
            if task.state != 'R' {
                assert_eq!(trace.stacks[at.stack as usize], task.stack, "{}", task.name);
                assert_eq!(at.since, task.since, "{}", task.name);
            }
        }
        assert!(at_end.next().is_none());
        let spans: usize = trace.timeline.spans.iter().map(Vec::len).sum();
        assert!(spans <= SPANS + trace.tasks.len(), "{spans} spans");
    }
}

#[test]
fn every_recorded_sleep_is_on_the_timeline() {
    let (trace, _) = run("lab-256m", "4.7-rc6", &[("duration", "3s")]);
    assert_eq!(trace.timeline.grain, Nanos(0), "short enough to keep every change");
    let mut seen = 0;
    for event in &trace.events {
        let EventKind::Sleep { ns, stack, .. } = event.kind else { continue };
        // At its end the sleeper may have been woken and wait for a CPU.
        let begun = Nanos(event.t.0 - ns);
        let at = trace.tasks_at(begun).into_iter().find(|at| at.task == event.task).unwrap();
        assert_eq!((at.phase, at.since, at.merged), (TaskPhase::Blocked, begun, false), "{event:?}");
        assert_eq!(trace.stacks[at.stack as usize], trace.stacks[stack as usize], "{event:?}");
        seen += 1;
    }
    assert!(seen > 40, "{seen} sleeps");
}

#[test]
fn a_throttled_worker_says_how_it_came_to_sleep() {
    let (trace, kernel) = crawl();
    let story = Story::of(trace, kernel);
    let sleeps = |text: &str| {
        let found = story.events.iter().position(|event| {
            event.class == EventClass::Sleep && event.text.starts_with("kworker") && event.text.contains(text)
        });
        story.why(found.unwrap(), kernel).unwrap()
    };
    let why = sleeps("throttle_vm_writeout");
    let functions: Vec<&str> = why.lines.iter().map(|line| line.function.as_str()).collect();
    for pair in [
        ["mempool_alloc", "__zone_watermark_ok"],
        ["__zone_watermark_ok", "__alloc_pages_slowpath"],
        ["__alloc_pages_slowpath", "throttle_vm_writeout"],
        ["throttle_vm_writeout", "congestion_wait"],
    ] {
        let place = |name: &str| functions.iter().position(|function| *function == name);
        assert!(place(pair[0]).unwrap() < place(pair[1]).unwrap(), "{pair:?} in {functions:?}");
    }
    let throttle = why.lines.iter().find(|line| line.function == "throttle_vm_writeout").unwrap();
    let text = throttle.text();
    assert!(text.contains("under writeback, more than") && text.contains("1.1 x the dirty limit"), "{text}");
    assert!(text.ends_with("[changed in 4.9 by bf48438354a7]"), "{text}");
    let pool = why.lines.iter().find(|line| line.text.contains("may drain the memory reserves")).unwrap();
    assert!(pool.text().ends_with("[f9054c70d28b; changed in 4.8 by 4e390b2b2f34]"), "{}", pool.text());
}

#[test]
fn a_kill_says_how_it_came_about() {
    let (trace, kernel) = kill();
    let story = Story::of(trace, kernel);
    let kills: Vec<usize> =
        (0..story.events.len()).filter(|at| story.events[*at].class == EventClass::Oom).collect();
    assert_eq!(kills.len(), trace.oom.len());
    let why = story.why(kills[0], kernel).unwrap();
    let last = why.lines.last().unwrap();
    assert!(last.text.starts_with("Out of memory: Kill process"), "{}", last.text);
    let worst = why.lines.iter().find(|line| line.function == "oom_badness").unwrap();
    assert!(worst.text.starts_with("hog is the worst of all processes: "), "{}", worst.text);
    assert!(why.lines.iter().any(|line| line.function == "zone_reclaimable"), "{why:?}");
    assert!(why.lines.is_sorted_by_key(|line| line.t));
}

#[test]
fn who_sleeps_to_the_end_of_the_run_is_told_of() {
    let (trace, kernel) = crawl();
    let hog = trace.sleeps.iter().find(|total| total.site == Site::ThrottleDirectReclaim).unwrap();
    assert!(trace.end - hog.asleep.unwrap() > Nanos::from_s(30), "{hog:?}");
    let at_end = |task: u32| &trace.tasks[task as usize];
    for total in trace.sleeps.iter().filter(|total| total.asleep.is_some()) {
        assert_eq!(at_end(total.task).state, 'D', "{total:?}");
    }
    let story = Story::of(trace, kernel);
    let told = story.events.iter().rposition(|event| event.text.starts_with("hog: asleep for 38")).unwrap();
    assert!(story.events[told].mark && story.events[told].t == trace.end);
    let why = story.why(told, kernel).unwrap();
    assert!(why.lines.iter().any(|line| line.function == "throttle_direct_reclaim"), "{why:?}");
    // What leads to it ends as the log does, not with a sleep that was over.
    let mut unended = 0;
    for (at, event) in story.events.iter().enumerate() {
        if let Some((task, lasts)) = event.text.split_once(": asleep for ") {
            let why = story.why(at, kernel).unwrap();
            let last = why.lines.last().unwrap();
            let length = lasts.split(" in ").next().unwrap();
            assert_eq!(last.text, format!("{task}: asleep for {length}, to the end of the run"), "{why:?}");
            assert_eq!(last.t, trace.end);
            unended += 1;
        }
    }
    assert!(unended > 1, "{unended} sleeps that have not ended");
    let drawn = swapscope_chart::Run::from_trace(trace);
    assert!(drawn.sleeps.iter().any(|sleep| sleep.t == trace.end && sleep.length > Nanos::from_s(30)));
}

/// A quarter of a million sleeps come before the first kill.
#[test]
fn a_kill_is_told_of_however_late_it_comes() {
    let (trace, kernel) = run("early-oom-8cpu", "4.6", &[]);
    assert!(trace.kept_until.unwrap() < trace.oom[0].t);
    let story = Story::of(&trace, &kernel);
    let kills = story.events.iter().filter(|event| event.class == EventClass::Oom).count();
    assert_eq!(kills, trace.oom.len());
}

#[test]
fn the_log_is_in_order_and_its_stalls_are_long() {
    for (trace, kernel) in [crawl(), kill()] {
        let story = Story::of(trace, kernel);
        assert!(story.events.is_sorted_by_key(|event| event.t));
        for stall in &trace.stalls {
            assert!(stall.to.0 - stall.from.0 >= 1_000_000_000);
        }
    }
}

#[test]
fn every_place_of_a_task_has_a_chain() {
    let (trace, _) = crawl();
    for total in &trace.sleeps {
        let of = |task: u32, site: Site| {
            trace.chains.iter().filter(|chain| chain.task == task && chain.site == Some(site)).count()
        };
        let kept = of(total.task, total.site);
        assert!(kept > 0 && kept <= 64, "{total:?}: {kept}");
    }
}
