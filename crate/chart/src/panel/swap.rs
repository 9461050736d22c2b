//! Swap in use: its slope is the rate at which the machine gets pages out.

use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;

use super::{Panel, Table, largest, line, parts, stroke};
use crate::axis::{Axis, Scale};
use crate::format::{mib, seconds};
use crate::plot::{Dash, Plot, Shape};
use crate::run::Run;
use crate::theme::Ink;

pub(super) const PANEL: Panel = Panel {
    name: "swap",
    title: "Swap used (MiB)",
    height: 110,
    legend: &[line("swap used", Ink::Swap, Dash::Solid)],
    axis: |runs, _| Axis::pages(largest(runs.iter().map(|run| run.largest(Series::SwapUsed))), Scale::Linear),
    shapes,
    summary,
    table,
    level: Some(|_| Series::SwapUsed),
    read: |run, t| {
        let [_, _, used] = run.at(Series::SwapUsed, t).unwrap_or_default();
        let out = crate::figures::rate(run, Series::SwapOut, t);
        format!("{}, {out} pages/s out", mib(used))
    },
};

fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let used = plot.steps(run, run.column(Series::SwapUsed));
    vec![Shape::Line(used, stroke(Ink::Swap, 1.6, Dash::Solid))]
}

fn summary(run: &Run) -> String {
    let last = run.column(Series::SwapUsed).last.last().copied().unwrap_or(0);
    format!("Swap used: at most {}, {} at the end.", mib(run.largest(Series::SwapUsed)), mib(last))
}

fn table(run: &Run) -> Table {
    let used = run.column(Series::SwapUsed);
    let rows = parts(used.max.len()).map(|part| {
        let until = Nanos(part.end as u64 * run.width.0).min(run.end);
        let most = used.max.get(part.clone()).and_then(|part| part.iter().max()).copied().unwrap_or(0);
        let last = used.last.get(part.end - 1).copied().unwrap_or(0);
        vec![seconds(until), mib(most), mib(last)]
    });
    Table { head: vec!["until", "most", "last"], rows: rows.collect() }
}
