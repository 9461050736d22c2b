//! What dm-crypt has before it and what it has left: the queue of kcryptd and the mempools of the target.

use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;

use super::{Panel, Table, largest, line, parts, stroke};
use crate::axis::Axis;
use crate::format::seconds;
use crate::plot::{Dash, Plot, Shape};
use crate::run::Run;
use crate::theme::Ink;

pub(super) const PANEL: Panel = Panel {
    name: "pools",
    title: "kcryptd's queue and dm-crypt's mempools",
    height: 110,
    legend: &[
        line("bios that wait for kcryptd", Ink::Queue, Dash::Solid),
        line("page pool, elements left", Ink::PagePool, Dash::Long),
        line("clone bio pool, elements left", Ink::BioPool, Dash::Short),
    ],
    axis: |runs, _| {
        let most = |series: Series| runs.iter().map(move |run| run.largest(series));
        Axis::count(largest(LINES.iter().flat_map(|(series, ..)| most(*series))))
    },
    shapes,
    summary,
    table,
    level: Some(|_| Series::CryptQueue),
    read: |run, t| {
        let last = |series: Series| run.at(series, t).unwrap_or_default()[2];
        if !is_there(run) {
            return "no dm-crypt".to_owned();
        }
        let [queue, pages, bios] = LINES.map(|(series, ..)| last(series));
        format!("{queue} wait; left {pages} pages, {bios} bios")
    },
};

const LINES: [(Series, Ink, Dash); 3] = [
    (Series::CryptQueue, Ink::Queue, Dash::Solid),
    (Series::CryptPages, Ink::PagePool, Dash::Long),
    (Series::CryptBios, Ink::BioPool, Dash::Short),
];

/// Whether the swap device is encrypted: its pools are filled from the start.
fn is_there(run: &Run) -> bool {
    LINES.iter().any(|(series, ..)| run.largest(*series) > 0)
}

fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    if !is_there(run) {
        return Vec::new();
    }
    let line = |(series, ink, dash): &(Series, Ink, Dash)| {
        Shape::Line(plot.steps(run, run.column(*series)), stroke(*ink, 1.3, *dash))
    };
    LINES.iter().map(line).collect()
}

fn summary(run: &Run) -> String {
    if !is_there(run) {
        return "kcryptd: swap is not encrypted.".to_owned();
    }
    let lowest = |series: Series| match run.lowest(series) {
        Some((t, 0)) => format!("empty first at {}", seconds(first_empty(run, series).unwrap_or(t))),
        Some((t, lowest)) => format!("at least {lowest}, at {}", seconds(t)),
        None => "never used".to_owned(),
    };
    format!(
        "kcryptd: at most {} bios waiting; page pool {}; clone bio pool {}.",
        run.largest(Series::CryptQueue),
        lowest(Series::CryptPages),
        lowest(Series::CryptBios)
    )
}

fn first_empty(run: &Run, series: Series) -> Option<Nanos> {
    let buckets = (0_u64..).zip(&run.column(series).min);
    let mut started = buckets.filter(|(bucket, _)| (bucket + 1) * run.width.0 > run.start.0);
    started.find(|(_, value)| **value == 0).map(|(bucket, _)| Nanos(bucket * run.width.0))
}

fn table(run: &Run) -> Table {
    let columns = LINES.map(|(series, ..)| run.column(series));
    let rows = parts(columns[0].max.len()).map(|part| {
        let until = Nanos(part.end as u64 * run.width.0).min(run.end);
        let most = columns[0].max.get(part.clone()).and_then(|part| part.iter().max()).copied().unwrap_or(0);
        let least = |at: usize| {
            columns[at]
                .min
                .get(part.clone())
                .and_then(|part| part.iter().min())
                .copied()
                .unwrap_or(0)
                .to_string()
        };
        vec![seconds(until), most.to_string(), least(1), least(2)]
    });
    Table { head: vec!["until", "most waiting", "fewest pages", "fewest bios"], rows: rows.collect() }
}
