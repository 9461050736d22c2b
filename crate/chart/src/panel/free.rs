//! Free memory against the watermarks.

use swapscope_sim::units::Nanos;

use super::{Panel, Table, largest, line, pages, parts, stroke};
use crate::axis::Axis;
use crate::format::{mib, seconds};
use crate::plot::{Dash, Plot, Shape};
use crate::run::Run;
use crate::theme::Ink;

pub(super) const PANEL: Panel = Panel {
    name: "free",
    title: "Free memory (MiB)",
    height: 168,
    legend: &[
        line("free", Ink::Free, Dash::Solid),
        line("watermark high", Ink::High, Dash::Dots),
        line("low", Ink::Low, Dash::Short),
        line("min", Ink::Min, Dash::Long),
    ],
    axis: |runs, scale| {
        let marks = runs.iter().map(|run| run.free().1[2]);
        Axis::pages(largest(runs.iter().map(|run| run.largest(run.free().0)).chain(marks)), scale)
    },
    shapes,
    summary,
    table,
    level: Some(|run| run.free().0),
    read: |run, t| {
        let (series, marks) = run.free();
        let [low, _, last] = run.at(series, t).unwrap_or_default();
        let below = ["min", "low", "high"].into_iter().zip(marks).find(|(_, mark)| last < *mark);
        let below = below.map_or(String::new(), |(name, _)| format!(", below {name}"));
        let dip = if low < last { format!(", lowest {low}") } else { String::new() };
        format!("{}{dip}{below}", pages(last))
    },
};

const MARKS: [(Ink, Dash); 3] = [(Ink::Min, Dash::Long), (Ink::Low, Dash::Short), (Ink::High, Dash::Dots)];

fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let end = plot.column(run.end);
    let (series, watermarks) = run.free();
    let min = plot.pixel(run.end, watermarks[0]).1;
    // Below min only requests with access to the reserves are served.
    let mut shapes = vec![Shape::Fill((plot.x.0, min), (end, plot.y.0), Ink::Min, 0.09)];
    shapes.push(Shape::Line(plot.steps(run, run.column(series)), stroke(Ink::Free, 1.2, Dash::Solid)));
    // On top: where free memory swings around them they must stay readable.
    for (value, (ink, dash)) in watermarks.iter().zip(MARKS) {
        shapes.push(Shape::Line(plot.level(run, *value), stroke(ink, 1.2, dash)));
    }
    shapes
}

fn summary(run: &Run) -> String {
    let (series, [min, low, high]) = run.free();
    let free = run.column(series);
    let start = free.last.first().copied().unwrap_or(0);
    let below = free.min.iter().filter(|pages| **pages < min).count();
    let share = (below * 100).checked_div(free.min.len()).unwrap_or(0);
    let (t, lowest) = run.lowest(series).unwrap_or((Nanos(0), 0));
    format!(
        "Free memory: {} at the start, lowest {} ({lowest} pages) at {}; below the min watermark in {share} % of the \
         samples. Watermarks min {}, low {}, high {}.",
        mib(start),
        mib(lowest),
        seconds(t),
        mib(min),
        mib(low),
        mib(high)
    )
}

fn table(run: &Run) -> Table {
    let free = run.column(run.free().0);
    let rows = parts(free.min.len()).map(|part| {
        let until = Nanos(part.end as u64 * run.width.0).min(run.end);
        let least = free.min.get(part.clone()).and_then(|part| part.iter().min()).copied().unwrap_or(0);
        let most = free.max.get(part.clone()).and_then(|part| part.iter().max()).copied().unwrap_or(0);
        let last = free.last.get(part.end - 1).copied().unwrap_or(0);
        vec![seconds(until), mib(least), mib(most), mib(last)]
    });
    Table { head: vec!["until", "least", "most", "last"], rows: rows.collect() }
}
