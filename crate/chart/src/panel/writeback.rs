//! Pages under writeback against the limit at which reclaim throttles.

use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;

use super::{Panel, Table, largest, line, parts, stroke};
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
};

fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let writeback = plot.steps(run, run.column(Series::Writeback));
    let limit = plot.steps(run, run.column(Series::ThrottleLimit));
    vec![
        Shape::Line(writeback, stroke(Ink::Writeback, 1.4, Dash::Solid)),
        Shape::Line(limit, stroke(Ink::Limit, 1.4, Dash::Short)),
    ]
}

/// First time at which writeback stood above the limit at the end of a bucket.
fn passed(run: &Run) -> Option<Nanos> {
    let pairs = run.column(Series::Writeback).last.iter().zip(&run.column(Series::ThrottleLimit).last);
    let bucket = (1_u64..).zip(pairs).find(|(_, (writeback, limit))| writeback > limit);
    bucket.map(|(bucket, _)| Nanos(bucket * run.width.0).min(run.end))
}

fn summary(run: &Run) -> String {
    let most = run.largest(Series::Writeback);
    let limit = run.column(Series::ThrottleLimit).min.iter().min().copied().unwrap_or(0);
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
        let least = limit.min.get(part).and_then(|part| part.iter().min()).copied().unwrap_or(0);
        vec![seconds(until), mib(most), mib(least)]
    });
    Table { head: vec!["until", "most writeback", "least limit"], rows: rows.collect() }
}
