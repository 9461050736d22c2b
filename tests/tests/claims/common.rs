//! Runs of the bundled scenarios, each set of seeds once, and what the claims ask of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
pub use swapscope_scenario::report::is_kcryptd;
use swapscope_scenario::settings::Change;
use swapscope_scenario::{Scenario, Setup};
use swapscope_sim::trace::{EventKind, Outcome, Series, Site, Trace};

type Runs = OnceLock<Vec<Trace>>;

/// The runs of seeds 1 to `seeds`; made by the first claim that asks, read by the others.
pub fn runs(scenario: &str, kernel: &str, changes: &[(&str, &str)], seeds: u64) -> &'static [Trace] {
    static ALL: Mutex<BTreeMap<String, &'static Runs>> = Mutex::new(BTreeMap::new());
    let key = format!("{scenario} {kernel} {changes:?} {seeds}");
    // A claim that fails inside would poison the lock for all others; the map itself is never half changed.
    let slot: &'static Runs = {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_insert_with(|| Box::leak(Box::default()))
    };
    slot.get_or_init(|| simulate(scenario, kernel, changes, seeds))
}

fn simulate(scenario: &str, kernel: &str, changes: &[(&str, &str)], seeds: u64) -> Vec<Trace> {
    let parse = |(key, value): &(&str, &str)| Change::parse(key, value, "claims").unwrap();
    let changes: Vec<Change> = changes.iter().map(parse).collect();
    let kernels = [(kernel.to_owned(), "claims".to_owned())];
    let setup = Setup::with(Scenario::bundled(scenario, "claims").unwrap(), &changes, &kernels).unwrap();
    let config = setup.config().unwrap();
    let policy = &setup.kernels[0].policy;
    let next = AtomicUsize::new(0);
    let seeds: Vec<u64> = (1..=seeds).collect();
    let workers = thread::available_parallelism().map_or(2, usize::from).min(seeds.len());
    let mut traces: Vec<Trace> = thread::scope(|scope| {
        let worker = || {
            let mut traces = Vec::new();
            while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                traces.push(swapscope_sim::run(&config, policy, *seed));
            }
            traces
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    traces.sort_by_key(|trace| trace.seed);
    traces
}

/// In how many runs something holds; the claim says how many are enough.
pub fn count(runs: &[Trace], holds: impl Fn(&Trace) -> bool) -> usize {
    runs.iter().filter(|trace| holds(trace)).count()
}

/// The values of all runs, in the order of their size.
pub fn sorted<'a>(runs: impl IntoIterator<Item = &'a Trace>, value: impl Fn(&Trace) -> u64) -> Vec<u64> {
    let mut values: Vec<u64> = runs.into_iter().map(value).collect();
    values.sort_unstable();
    values
}

/// The middle of the values of all runs.
pub fn median<'a>(runs: impl IntoIterator<Item = &'a Trace>, value: impl Fn(&Trace) -> u64) -> u64 {
    let values = sorted(runs, value);
    values[values.len() / 2]
}

/// All runs satisfy it; the message names the first seed that does not.
pub fn every(runs: &[Trace], what: &str, holds: impl Fn(&Trace) -> bool) {
    for trace in runs {
        assert!(holds(trace), "seed {}: not {what}", trace.seed);
    }
}

pub fn oom(trace: &Trace) -> bool {
    trace.outcome == Outcome::Oom
}

/// Milliseconds from the start of the workload to its end, if it ended.
pub fn done_ms(trace: &Trace) -> Option<u64> {
    Some((trace.workload_done? - trace.workload_start).0 / 1_000_000)
}

/// The workload ended, and took this many milliseconds.
pub fn done_within(trace: &Trace, ms: std::ops::RangeInclusive<u64>) -> bool {
    done_ms(trace).is_some_and(|done| ms.contains(&done))
}

/// Place in the columns of a point in time.
fn bucket(trace: &Trace, ns: u64) -> usize {
    let at = usize::try_from(ns / trace.width.0).unwrap();
    at.min(trace.column(Series::Free).last.len().saturating_sub(1))
}

/// Value of a series at a point in time.
pub fn at(trace: &Trace, series: Series, ns: u64) -> u64 {
    trace.column(series).last[bucket(trace, ns)]
}

/// Growth of a count a second, between two points in time.
pub fn rate(trace: &Trace, series: Series, from: u64, to: u64) -> u64 {
    let to = to.min(trace.end.0);
    let grown = at(trace, series, to) - at(trace, series, from);
    grown * 1_000_000_000 / to.saturating_sub(from).max(1)
}

/// Smallest value from the start of the workload on.
pub fn lowest(trace: &Trace, series: Series) -> u64 {
    let from = bucket(trace, trace.workload_start.0);
    trace.column(series).min[from..].iter().copied().min().unwrap_or(0)
}

/// Largest value.
pub fn highest(trace: &Trace, series: Series) -> u64 {
    trace.column(series).max.iter().copied().max().unwrap_or(0)
}

/// When more pages were under writeback than the throttle lets pass, for the first time.
pub fn knee(trace: &Trace) -> Option<u64> {
    let limits = &trace.column(Series::ThrottleLimit).last;
    let writeback = &trace.column(Series::Writeback).max;
    let at = limits.iter().zip(writeback).position(|(limit, pages)| *limit > 0 && pages > limit)?;
    Some(at as u64 * trace.width.0)
}

pub fn name(trace: &Trace, task: u32) -> &str {
    &trace.tasks[task as usize].name
}

/// One recorded sleep.
pub struct Sleep<'a> {
    /// When it ended.
    pub end: u64,
    pub ns: u64,
    pub task: &'a str,
    /// Kernel functions, outermost first.
    pub stack: &'a [&'static str],
}

/// The sleeps at a site; a run keeps the first 20,000 events.
pub fn sleeps(trace: &Trace, site: Site) -> impl Iterator<Item = Sleep<'_>> {
    trace.events.iter().filter_map(move |event| match event.kind {
        EventKind::Sleep { site: here, ns, stack } if here == site => Some(Sleep {
            end: event.t.0,
            ns,
            task: name(trace, event.task),
            stack: &trace.stacks[stack as usize],
        }),
        _ => None,
    })
}

/// How often tasks slept at a site, all sleeps counted.
pub fn slept(trace: &Trace, site: Site, task: impl Fn(&str) -> bool) -> u64 {
    let here = trace.sleeps.iter().filter(|sleep| sleep.site == site && task(name(trace, sleep.task)));
    here.map(|sleep| sleep.count).sum()
}

/// Whether these functions stand on a stack one below the other, with nothing between them.
pub fn has(stack: &[&str], functions: &[&str]) -> bool {
    stack.windows(functions.len()).any(|part| part == functions)
}
