//! The panels, from top to bottom.

mod events;
mod free;
mod pools;
mod swap;
mod throttle;
mod writeback;

use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;

use crate::axis::{Axis, Scale};
use crate::format::mib;
use crate::plot::{Dash, Marker, Plot, Shape, Stroke};
use crate::run::Run;
use crate::theme::Ink;

/// One row of the picture.
#[derive(Clone, Copy)]
pub struct Panel {
    /// Name in the page's elements.
    pub name: &'static str,
    /// Title, with the unit of the values.
    pub title: &'static str,
    /// Height of its plot in CSS pixels.
    pub height: u32,
    /// What the lines and marks mean.
    pub legend: &'static [Key],
    /// The axis that holds all runs.
    pub axis: fn(&[&Run], Scale) -> Axis,
    /// What it draws of one run.
    pub shapes: fn(&Run, &Plot) -> Vec<Shape>,
    /// What it shows of one run, in a sentence.
    pub summary: fn(&Run) -> String,
    /// What it shows of one run, as a table.
    pub table: fn(&Run) -> Table,
    /// Its main level, if it has one: the runs of other seeds and recordings show this.
    pub level: Option<fn(&Run) -> Series>,
    /// What it shows at one time, in a few words.
    pub read: fn(&Run, Nanos) -> String,
}

/// One entry of a legend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// What it means.
    pub label: &'static str,
    /// Colour.
    pub ink: Ink,
    /// A line with this dash, or a mark.
    pub look: KeyLook,
}

/// Whether a legend entry is a line or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLook {
    /// A line.
    Line(Dash),
    /// A mark.
    Mark(Marker),
}

/// A chart in rows and cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Titles of the columns.
    pub head: Vec<&'static str>,
    /// Cells by row.
    pub rows: Vec<Vec<String>>,
}

/// All panels.
pub static PANELS: &[Panel] =
    &[free::PANEL, throttle::PANEL, events::PANEL, writeback::PANEL, swap::PANEL, pools::PANEL];

/// Rows of a table that stands for a sampled line.
const TABLE_ROWS: u64 = 20;

const fn line(label: &'static str, ink: Ink, dash: Dash) -> Key {
    Key { label, ink, look: KeyLook::Line(dash) }
}

const fn mark(label: &'static str, ink: Ink, marker: Marker) -> Key {
    Key { label, ink, look: KeyLook::Mark(marker) }
}

const fn stroke(ink: Ink, width: f64, dash: Dash) -> Stroke {
    Stroke { ink, width, dash }
}

/// A quantity of memory at one time: `2.7 MiB (701 pages)`, or pages alone where that says it all.
fn pages(count: u64) -> String {
    match count {
        1 => "1 page".to_owned(),
        0..256 => format!("{count} pages"),
        _ => format!("{} ({count} pages)", mib(count)),
    }
}

/// Largest of some pages, for an axis.
#[expect(clippy::cast_precision_loss, reason = "pages stay far below 2^53")]
fn largest(values: impl Iterator<Item = u64>) -> f64 {
    values.max().unwrap_or(0) as f64
}

/// The buckets of a run, gathered into at most [`TABLE_ROWS`] equal parts: index of the first and one past the last.
fn parts(buckets: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let rows = usize::try_from(TABLE_ROWS).unwrap_or(1);
    let size = buckets.div_ceil(rows).max(1);
    (0..buckets).step_by(size).map(move |from| from..(from + size).min(buckets))
}
