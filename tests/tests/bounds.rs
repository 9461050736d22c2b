//! Bounds on the work and the memory of a run that are known before it.

use swapscope_scenario::settings::Change;
use swapscope_scenario::{Scenario, Setup};
use swapscope_sim::config::Config;
use swapscope_sim::kernel::{Kernel, KernelPolicy};
use swapscope_sim::trace::{Outcome, TRACE_BYTES, Trace};
use swapscope_sim::{Simulation, bytes_max, run, tasks_max};

fn config(scenario: &str, changes: &[(&str, &str)]) -> Config {
    let change = |(key, value): &(&str, &str)| Change::parse(key, value, "test").unwrap();
    let changes: Vec<Change> = changes.iter().map(change).collect();
    Setup::with(Scenario::bundled(scenario, "test").unwrap(), &changes, &[]).unwrap().config().unwrap()
}

fn policy(kernel: &str) -> KernelPolicy {
    Kernel::parse(kernel).unwrap().policy
}

/// The run in steps of so much work, up to its end or its bound.
fn stepped(config: &Config, policy: &KernelPolicy, work: u64) -> Simulation {
    let mut simulation = Simulation::new(config, policy, 1);
    while !simulation.step(work) {}
    simulation
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_nothing_had_been() {
    let mut config = config("lab-256m", &[("duration", "20s"), ("probe", "on")]);
    for kernel in ["4.6", "4.7-rc6~mempool-noretry"] {
        let policy = policy(kernel);
        config.max_work = u64::MAX;
        let whole = run(&config, &policy, 1);
        assert!(!whole.is_stopped && whole.work > whole.engine_events, "{kernel}");

        config.max_work = whole.work / 2;
        let mut simulation = stepped(&config, &policy, 5_000);
        assert!(simulation.is_stopped() && simulation.step(5_000), "{kernel}: it stays stopped");
        let partial = simulation.peek();
        assert_eq!((partial.outcome, partial.is_stopped), (Outcome::Stopped, true), "{kernel}");
        assert!(partial.end < whole.end && !partial.columns[0].last.is_empty(), "{kernel}");

        simulation.run_on(u64::MAX);
        while !simulation.step(5_000) {}
        assert!(simulation.into_trace() == whole, "{kernel}");
    }
}

#[test]
fn a_run_is_stopped_at_the_same_place_whatever_its_steps() {
    let mut config = config(
        "lab-256m",
        &[("duration", "20s"), ("probe", "on"), ("base-file", "9M"), ("base-mapped", "8M")],
    );
    let policy = policy("4.6");
    let all = run(&config, &policy, 1).work;
    for bound in [1_000, all / 3, all / 10 * 9] {
        config.max_work = bound;
        let stopped = |work| stepped(&config, &policy, work).into_trace();
        let whole = stopped(u64::MAX);
        assert!(whole.is_stopped && whole.work >= bound);
        for work in [1, 7, 1_000] {
            assert!(stopped(work) == whole, "{bound} in steps of {work}");
        }
    }
}

/// What costs no virtual time costs work: the bound holds and a step stays short on a machine on which nothing happens.
#[test]
fn memory_that_is_there_is_touched_in_steps() {
    let changes = [("ram", "1G"), ("hog", "256M"), ("passes", "1000"), ("start", "0"), ("start-spread", "0")];
    let mut config = config("plain-swap", &changes);
    config.max_work = 2_000_000;
    let policy = policy("4.9");
    let mut simulation = Simulation::new(&config, &policy, 1);
    let mut longest = 0;
    loop {
        let before = simulation.work();
        let is_over = simulation.step(5_000);
        longest = longest.max(simulation.work() - before);
        if is_over {
            break;
        }
    }
    assert!(simulation.is_stopped(), "64 million touches are more than 2 million events");
    assert!(longest < 6_000, "a step took {longest} events");
}

/// Heap bytes of a trace, from its parts.
fn bytes(trace: &Trace) -> usize {
    let columns: usize = trace.columns.iter().map(|column| 8 * 3 * column.last.capacity()).sum();
    let spans = &trace.timeline.spans;
    let stack = |stack: &Vec<&str>| 24 + 16 * stack.capacity();
    let report = |oom: &swapscope_sim::trace::OomReport| {
        size_of_val(oom) + size_of_val(&*oom.zones) + size_of_val(&*oom.processes) + stack(&oom.stack)
    };
    columns
        + size_of_val(&*trace.events)
        + spans.iter().map(|spans| 24 + size_of_val(&**spans)).sum::<usize>()
        + trace.chains.iter().map(|chain| size_of_val(chain) + size_of_val(&*chain.steps)).sum::<usize>()
        + size_of_val(&*trace.stalls)
        + trace.stacks.iter().map(stack).sum::<usize>()
        + trace.oom.iter().map(report).sum::<usize>()
        + size_of_val(&*trace.sleeps)
        + trace
            .tasks
            .iter()
            .map(|task| size_of_val(task) + task.name.len() + stack(&task.stack))
            .sum::<usize>()
        + trace.samples.iter().map(|sample| size_of_val(sample) + 8 * sample.values.len()).sum::<usize>()
}

/// An hour of a machine that crawls, with everything on.
#[test]
fn the_trace_of_an_hour_stays_within_its_bytes() {
    let changes = [
        ("duration", "3600s"),
        ("tail", "3600s"),
        ("probe", "on"),
        ("hogs", "8"),
        ("hog", "100M"),
        ("passes", "1000"),
        ("writers", "2"),
        ("readers", "2"),
        ("read-rate", "1M"),
        ("atomic-rate", "100"),
        ("cpus", "2"),
    ];
    let config = config("lab-256m", &changes);
    let trace = run(&config, &policy("4.6"), 1);
    let found = bytes(&trace);
    assert!(trace.events_dropped > 0, "it has more to tell than a trace holds");
    assert!(found < TRACE_BYTES, "{found} bytes after {:?}", trace.end);
    assert!(trace.tasks.len() as u64 <= tasks_max(&config), "{} tasks", trace.tasks.len());
    println!("{found} bytes, {:?}, {} events, {} tasks", trace.end, trace.engine_events, trace.tasks.len());
}

/// The smallest machine and the largest that are accepted.
#[test]
fn the_memory_of_a_run_is_known_before_it() {
    let small = config("scale-factor", &[]);
    let large = config(
        "dmcrypt-2016",
        &[("ram", "64G"), ("swap", "64G"), ("hog", "64G"), ("hogs", "16"), ("duration", "86400s")],
    );
    let [small, large] = [small, large].map(|config| bytes_max(&config) >> 20);
    println!("{small} MiB, {large} MiB");
    assert!(small < 512 && large < 64 << 10, "{small} MiB, {large} MiB");
}
