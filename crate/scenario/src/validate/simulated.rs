//! Figures of a simulated run, looked at as seldom as the recorded one was.

use super::measure::{Count, Level, Source, Who};
use super::{Facts, Figures};
use crate::report::{at, task_name};
use swapscope_sim::trace::{EventKind, Site, SleepTotal, Trace};
use swapscope_sim::units::Nanos;

/// `until_ns` is the time after the start at which the recorded run was killed, if it was.
pub(super) fn figures(trace: &Trace, until_ns: Option<u64>, step_ns: u64) -> Figures {
    let step = step_ns.max(1);
    let over = trace.workload_done.into_iter().chain(trace.oom.first().map(|oom| oom.t)).min();
    // A recording shows the last row before the start and the first one at which the workload is over.
    let start_ns = trace.workload_start.0 / step * step;
    let over_ns = over.map_or(trace.end.0, |t| t.0.div_ceil(step) * step);
    let stop_ns = until_ns.map_or(over_ns, |until| over_ns.min(start_ns.saturating_add(until)));
    let is_over = over.is_some() || stop_ns < over_ns;
    let last = if is_over { stop_ns.saturating_sub(1) } else { stop_ns };
    // To look more often than once in a bucket shows nothing new.
    let every = step.max(trace.width.0);
    let rows = || (0..=last.saturating_sub(start_ns) / every).map(|row| Nanos(start_ns + row * every));
    let levels = Level::ALL.map(|level| Some(rows().map(|t| at(trace, level.series(), t)).collect()));
    let (length_ns, window_ns) = (over_ns.saturating_sub(start_ns), stop_ns.saturating_sub(start_ns));
    let facts = Facts { outcome: trace.outcome, length_ns, window_ns, levels };
    let stop = Nanos(stop_ns).min(over.unwrap_or(trace.end));
    Figures::of(&facts, |count| total(trace, count, Nanos(start_ns), stop))
}

fn total(trace: &Trace, count: &Count, start: Nanos, stop: Nanos) -> Option<u64> {
    match count.of {
        Source::Series(series) => Some(at(trace, series, stop).saturating_sub(at(trace, series, start))),
        Source::Vmstat(name) => vmstat(trace, name, stop),
        Source::Sleeps(sites, who) => Some(sleeps(trace, sites, who, stop).0),
        Source::SleepMs(sites, who) => Some(sleeps(trace, sites, who, stop).1 / 1_000_000),
    }
}

/// Value of a counter in the first sample after the workload was over. Nothing is counted before it starts.
fn vmstat(trace: &Trace, name: &str, stop: Nanos) -> Option<u64> {
    let sample = trace.samples.iter().find(|sample| sample.t >= stop);
    let last = || trace.vmstat.iter().map(|(_, value)| *value).collect();
    let values: Vec<u64> = sample.map_or_else(last, |sample| sample.values.clone());
    let rows = trace.vmstat.iter().zip(values).filter(|((found, _), _)| is_counter(found, name));
    rows.fold(None, |sum: Option<u64>, (_, value)| Some(sum.unwrap_or(0) + value))
}

/// `allocstall`, or `allocstall_dma32` where the version counts by zone.
fn is_counter(found: &str, name: &str) -> bool {
    let rest = found.strip_prefix(name);
    rest.is_some_and(|rest| matches!(rest, "" | "_dma" | "_dma32" | "_normal" | "_movable"))
}

/// Number and nanoseconds of the sleeps until then; those of the whole run where the trace has dropped events before.
fn sleeps(trace: &Trace, sites: &[Site], who: Who, stop: Nanos) -> (u64, u64) {
    if trace.kept_until.is_some_and(|until| until < stop) {
        let all = trace.sleeps.iter();
        let here = all.filter(|total| sites.contains(&total.site) && who.has(task_name(trace, total.task)));
        // A recording knows of a sleep when it ends.
        let asleep = |total: &SleepTotal| total.asleep.map_or((0, 0), |since| (1, (trace.end - since).0));
        let ended = here.map(|total| (total.count - asleep(total).0, total.total.0 - asleep(total).1));
        return ended.fold((0, 0), |sum, (count, ns)| (sum.0 + count, sum.1 + ns));
    }
    let early = trace.events.iter().filter(|event| event.t <= stop && who.has(task_name(trace, event.task)));
    early.fold((0, 0), |sum, event| match event.kind {
        EventKind::Sleep { site, ns, .. } if sites.contains(&site) => (sum.0 + 1, sum.1 + ns),
        _ => sum,
    })
}
