//! `swapscope validate --svg`: the recording as a column of its own beside the simulated run, on the same axes.

use swapscope_chart as chart;
use swapscope_scenario::Setup;
use swapscope_scenario::report;
use swapscope_scenario::text::{clause, duration};
use swapscope_scenario::validate::{Figures, Recording};
use swapscope_sim::trace::{BUCKETS, Column, Outcome, Series, Trace};
use swapscope_sim::units::Nanos;

const MS: u64 = 1_000_000;

/// Draws both.
pub fn svg(setup: &Setup, recording: &Recording, figures: &Figures, trace: &Trace, link: &str) -> String {
    let simulated = chart::Run::from_trace(trace);
    let mut recorded = run(recording, figures);
    // The watermarks are those of the scenario: a recording has none.
    recorded.watermarks.clone_from(&simulated.watermarks);
    let kernel = format!("{}, seed {}", setup.kernel_names().join(", "), setup.seed);
    let columns = [
        chart::Column { kernel: "recorded", outcome: &ended(figures), run: &recorded },
        chart::Column { kernel: &kernel, outcome: &clause(&[report::Figures::of(trace)]), run: &simulated },
    ];
    chart::svg(&setup.scenario.title, &columns, link)
}

fn ended(figures: &Figures) -> String {
    let after = |key: &str| duration(figures.value(key).unwrap_or(0) * MS);
    match figures.outcome {
        Outcome::Completed => format!("finished in {}", after("done_ms")),
        Outcome::Oom => format!("was killed after {}", after("oom_ms")),
        Outcome::Livelock => "was stuck at the end".to_owned(),
        Outcome::Timeout => "was still moving at the end".to_owned(),
    }
}

/// A recording as the charts see a run.
fn run(recording: &Recording, figures: &Figures) -> chart::Run {
    let clock = recording.clock();
    let width = clock.step_ns.max(clock.end_ns.div_ceil(BUCKETS as u64));
    let touched = recording.column("hog_pages").unwrap_or_default();
    let times = recording.column("t_ms").unwrap_or_default();
    let start = touched.iter().position(|pages| *pages > 0).map_or(0, |row| row.saturating_sub(1));
    let start = Nanos(times.get(start).copied().unwrap_or(0) * MS);
    let swap = recording.column("swapfree_kB").unwrap_or_default();
    let all_swap = swap.iter().copied().max().unwrap_or(0);
    let used: Vec<u64> = swap.iter().map(|free| (all_swap - free) / 4).collect();
    let column = |name: &str| recording.column(name).unwrap_or_default();
    let levels = [
        (Series::Free, column("nr_free")),
        (Series::Writeback, column("writeback")),
        (Series::ThrottleLimit, column("dirty_thresh")),
        (Series::SwapUsed, used.as_slice()),
    ];
    let levels = levels.map(|(series, values)| (series, buckets(times, values, width)));
    let mut run = chart::Run::from_levels(Nanos(clock.end_ns), start, Nanos(width), &levels);
    let after = |key: &str| figures.value(key).map(|ms| Nanos(start.0 + ms * MS));
    run.done = after("done_ms");
    run.oom.extend(after("oom_ms"));
    for (class, count, jiffies) in [
        (chart::Class::Worker, "tvw_wq", "tvw_wqj"),
        (chart::Class::Worker, "tvw_kt", "tvw_ktj"),
        (chart::Class::Kswapd, "tvw_kswapd", "tvw_kswapdj"),
        (chart::Class::Kswapd, "cw_vmscan", "cw_vmscanj"),
        (chart::Class::Other, "tvw_other", "tvw_otherj"),
    ] {
        let jiffy = recording.jiffy_ns.unwrap_or(4 * MS);
        let (count, jiffies) = (column(count), column(jiffies));
        for ((t, count), jiffies) in times.iter().skip(1).zip(count.windows(2)).zip(jiffies.windows(2)) {
            // The sleeps between two rows are one of their mean length.
            let (slept, time) = (count[1] - count[0], (jiffies[1] - jiffies[0]).saturating_mul(jiffy));
            if let Some(mean) = time.checked_div(slept) {
                run.sleeps.push(chart::Sleep { t: Nanos(t * MS), length: Nanos(mean), class });
            }
        }
    }
    run
}

/// Rows gathered into buckets; one without a row keeps the value before it.
fn buckets(times: &[u64], values: &[u64], width: u64) -> Column {
    let mut column = Column::default();
    let mut rows = times.iter().zip(values).peekable();
    let mut last = values.first().copied().unwrap_or(0);
    let end = times.last().copied().unwrap_or(0) * MS;
    for bucket in 1..=end.div_ceil(width) {
        let (mut min, mut max) = (last, last);
        while let Some((_, value)) = rows.next_if(|(t, _)| **t * MS < bucket * width) {
            (min, max, last) = (min.min(*value), max.max(*value), *value);
        }
        column.min.push(min);
        column.max.push(max);
        column.last.push(last);
    }
    column
}
