//! Pages under writeback against the limit at which reclaim throttles.

use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;

use super::{Panel, Table, largest, line, pages, parts, stroke};
use crate::axis::{Axis, Scale};
use crate::format::{mib, seconds};
use crate::plot::{Dash, Plot, Shape};
use crate::run::Run;
use crate::theme::Ink;

pub(super) const PANEL: Panel = Panel {
    name: "writeback",
    title: "Writeback against the throttle limit (MiB)",
    height: 110,
    legend: &[
        line("nr_writeback", Ink::Writeback, Dash::Solid),
        line("limit of throttle_vm_writeout", Ink::Limit, Dash::Short),
    ],
    axis: |runs, _| {
        let both = |run: &&Run| run.largest(Series::Writeback).max(run.largest(Series::ThrottleLimit));
        Axis::pages(largest(runs.iter().map(both)), Scale::Linear)
    },
    shapes,
    summary,
    table,
    level: Some(|_| Series::Writeback),
    read: |run, t| {
        let [_, _, writeback] = run.at(Series::Writeback, t).unwrap_or_default();
        let [_, _, limit] = run.at(Series::ThrottleLimit, t).unwrap_or_default();
        let side = if limit > 0 && writeback > limit { "above" } else { "limit" };
        match limit {
            0 => pages(writeback),
            _ => format!("{}, {side} {limit}", pages(writeback)),
        }
    },
};

fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let writeback = plot.steps(run, run.column(Series::Writeback));
    let limit = plot.steps_from(run, run.column(Series::ThrottleLimit), first_limit(run));
    vec![
        Shape::Line(writeback, stroke(Ink::Writeback, 1.4, Dash::Solid)),
        Shape::Line(limit, stroke(Ink::Limit, 1.4, Dash::Short)),
    ]
}

/// The first bucket in which the kernel knew the limit all the time: it is computed when it is first asked for.
fn first_limit(run: &Run) -> u64 {
    let unknown = run.column(Series::ThrottleLimit).min.iter().take_while(|limit| **limit == 0);
    unknown.count() as u64
}

/// The smallest limit of some buckets, without those before it was known.
fn least_limit<'a>(limits: impl IntoIterator<Item = &'a u64>) -> u64 {
    limits.into_iter().copied().filter(|limit| *limit > 0).min().unwrap_or(0)
}

/// First time at which writeback stood above the limit at the end of a bucket.
fn passed(run: &Run) -> Option<Nanos> {
    let pairs = run.column(Series::Writeback).last.iter().zip(&run.column(Series::ThrottleLimit).last);
    let known = (1_u64..).zip(pairs).filter(|(_, (_, limit))| **limit > 0);
    let bucket = known.into_iter().find(|(_, (writeback, limit))| writeback > limit);
    bucket.map(|(bucket, _)| Nanos(bucket * run.width.0).min(run.end))
}

fn summary(run: &Run) -> String {
    let most = run.largest(Series::Writeback);
    let limit = least_limit(&run.column(Series::ThrottleLimit).min);
    let passed =
        passed(run).map_or("never above the limit".to_owned(), |t| format!("above it from {}", seconds(t)));
    format!(
        "Writeback: at most {} ({most} pages); throttle limit down to {}; {passed}.",
        mib(most),
        mib(limit)
    )
}

fn table(run: &Run) -> Table {
    let (writeback, limit) = (run.column(Series::Writeback), run.column(Series::ThrottleLimit));
    let rows = parts(writeback.max.len()).map(|part| {
        let until = Nanos(part.end as u64 * run.width.0).min(run.end);
        let most = writeback.max.get(part.clone()).and_then(|part| part.iter().max()).copied().unwrap_or(0);
        let least = least_limit(limit.min.get(part).unwrap_or_default());
        vec![seconds(until), mib(most), mib(least)]
    });
    Table { head: vec!["until", "most writeback", "least limit"], rows: rows.collect() }
}
