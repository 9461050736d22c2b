//! What the tests across crates share: a run as text, for golden files; random machines and what must hold for them; a
//! second model of some rules; fuzzing.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use swapscope_chart::dmesg;
use swapscope_sim::kernel::OomReportStyle;
use swapscope_sim::trace::{Series, SeriesKind, Trace};
use swapscope_sim::units::Nanos;

pub mod fuzz;
pub mod linked;
pub mod properties;
pub mod second;

/// A run as text that a kernel developer can read: outcome, log, sleeps, counters, levels over time, hash.
#[must_use]
pub fn text(trace: &Trace, style: OomReportStyle) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    write_text(&mut out, trace, style).ok();
    out
}

fn write_text(out: &mut String, trace: &Trace, style: OomReportStyle) -> std::fmt::Result {
    writeln!(out, "outcome {}, end {}", trace.outcome.name(), seconds(trace.end))?;
    let done = trace.workload_done.map_or("not done".to_owned(), seconds);
    writeln!(out, "workload {} to {done}", seconds(trace.workload_start))?;
    for zone in &trace.zones {
        let name = zone.name;
        writeln!(
            out,
            "zone {name}: managed {} min {} low {} high {}",
            zone.managed, zone.min, zone.low, zone.high
        )?;
    }

    writeln!(out, "\n# log")?;
    for line in dmesg(trace, style) {
        writeln!(out, "{}", line.stamped())?;
    }

    writeln!(out, "\n# sleeps: task, site, count, total, longest")?;
    for sleep in &trace.sleeps {
        let task = trace.tasks.get(sleep.task as usize).map_or("?", |task| &task.name);
        let (site, total, max) = (sleep.site.name(), seconds(sleep.total), seconds(sleep.max));
        writeln!(out, "{task:<18} {site:<22} {:>8} {total:>12} {max:>10}", sleep.count)?;
    }

    writeln!(out, "\n# /proc/vmstat at the end")?;
    for (name, value) in &trace.vmstat {
        writeln!(out, "{name} {value}")?;
    }

    writeln!(out, "\n# counters of the model")?;
    for (name, value) in &trace.counters {
        writeln!(out, "{name} {value}")?;
    }

    writeln!(out, "\n# tenths of the run: largest value, or growth of a count")?;
    for series in Series::ALL {
        let values: Vec<String> = tenths(trace, *series).iter().map(u64::to_string).collect();
        writeln!(out, "{:<22} {}", series.name(), values.join(" "))?;
    }

    let spread = trace.kcryptd_requests_per_s;
    writeln!(out, "\nkcryptd requests/s: min {} median {} max {}", spread.min, spread.median, spread.max)?;
    writeln!(out, "longest without progress {}", seconds(trace.longest_without_progress))?;
    writeln!(
        out,
        "events {}, dropped {}, engine {}",
        trace.events.len(),
        trace.events_dropped,
        trace.engine_events
    )?;
    writeln!(out, "hash {:016x}", trace.hash)
}

/// Largest value of a series in each tenth of the run; for a count, what it grew by.
fn tenths(trace: &Trace, series: Series) -> Vec<u64> {
    let column = trace.column(series);
    let buckets = column.last.len();
    let mut before = 0;
    (0..10)
        .map(|tenth| {
            let range = buckets * tenth / 10..buckets * (tenth + 1) / 10;
            match series.kind() {
                SeriesKind::Level | SeriesKind::Impulse => {
                    column.max.get(range).and_then(|values| values.iter().max()).copied().unwrap_or(0)
                }
                SeriesKind::Count => {
                    let last = range
                        .end
                        .checked_sub(1)
                        .and_then(|at| column.last.get(at))
                        .copied()
                        .unwrap_or(before);
                    last - std::mem::replace(&mut before, last).min(last)
                }
            }
        })
        .collect()
}

fn seconds(time: Nanos) -> String {
    let us = time.0 / 1000;
    format!("{}.{:06} s", us / 1_000_000, us % 1_000_000)
}

/// What stands in the files of a folder with an ending, in the order of their names; `folder` as seen from this package.
///
/// # Panics
/// There is no such folder, or a file is not text.
#[must_use]
pub fn files(folder: &str, ending: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> =
        fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let wanted = paths.iter().filter(|path| path.extension().is_some_and(|found| found == ending));
    wanted.map(|path| fs::read_to_string(path).expect("a text")).collect()
}
