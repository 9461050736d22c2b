//! The plotting rectangle: from times and values to pixels, and the shapes that panels are made of.

use plotters::coord::CoordTranslate;
use plotters::coord::cartesian::Cartesian2d;
use swapscope_sim::trace::{Column, Series};
use swapscope_sim::units::Nanos;

use crate::axis::Axis;
use crate::run::Run;
use crate::theme::Ink;

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Long strokes.
    Long,
    /// Short strokes.
    Short,
    /// Dots.
    Dots,
}

impl Dash {
    /// Length of stroke and gap, in CSS pixels.
    pub(crate) const fn pattern(self) -> Option<(u32, u32)> {
        match self {
            Self::Solid => None,
            Self::Long => Some((9, 4)),
            Self::Short => Some((5, 3)),
            Self::Dots => Some((2, 3)),
        }
    }

    /// Name for legends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solid => "solid",
            Self::Long => "long",
            Self::Short => "short",
            Self::Dots => "dots",
        }
    }
}

/// Shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A disc.
    Dot,
    /// A triangle that points up.
    Triangle,
    /// A diagonal cross.
    Cross,
    /// A square that stands on its corner.
    Diamond,
}

impl Marker {
    /// Name for legends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Triangle => "triangle",
            Self::Cross => "cross",
            Self::Diamond => "diamond",
        }
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub ink: Ink,
    /// Width in CSS pixels.
    pub width: f64,
    /// Dash.
    pub dash: Dash,
}

/// Something to paint; coordinates are pixels of the backend, relative to the area of the panel.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A line through points.
    Line(Vec<(i32, i32)>, Stroke),
    /// A mark.
    Mark((i32, i32), Marker, Ink),
    /// A filled rectangle from its upper left to its lower right corner, with its opacity.
    Fill((i32, i32), (i32, i32), Ink, f64),
    /// A filled outline, with its opacity.
    Area(Vec<(i32, i32)>, Ink, f64),
}

/// The rectangle that a panel draws in.
pub struct Plot {
    coord: Cartesian2d<Axis, Axis>,
    /// First and last pixel column.
    pub x: (i32, i32),
    /// Lowest and highest pixel row: the first is the larger.
    pub y: (i32, i32),
    /// Pixels of the backend for one CSS pixel.
    pub scale: f64,
    /// Width in pixels of the columns into which samples are gathered, 1 unless the picture must be small.
    pub grain: i32,
}

impl Plot {
    /// A rectangle with its axes.
    #[must_use]
    pub fn new(x: (&Axis, i32, i32), y: (&Axis, i32, i32), scale: f64, grain: i32) -> Self {
        Self {
            coord: Cartesian2d::new(x.0.clone(), y.0.clone(), (x.1..x.2, y.1..y.2)),
            x: (x.1, x.2),
            y: (y.1, y.2),
            scale,
            grain: grain.max(1),
        }
    }

    /// The pixel column of a time.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a time far below 2^53")]
    pub fn column(&self, t: Nanos) -> i32 {
        self.at(t.0 as f64, 0.0).0
    }

    /// The pixel of a time and a value.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn pixel(&self, t: Nanos, value: u64) -> (i32, i32) {
        self.at(t.0 as f64, value as f64)
    }

    /// The pixel of a time in nanoseconds and a value that need not be whole.
    #[must_use]
    pub fn at(&self, t: f64, value: f64) -> (i32, i32) {
        self.coord.translate(&(t, value))
    }

    /// The first and the last time that is in sight.
    #[must_use]
    pub fn view(&self) -> (Nanos, Nanos) {
        let range = self.coord.get_x_range();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
        let view = (Nanos(range.start as u64), Nanos(range.end.ceil() as u64));
        view
    }

    /// Whether a time is in sight.
    #[must_use]
    pub fn sees(&self, t: Nanos) -> bool {
        let (from, to) = self.view();
        (from..=to).contains(&t)
    }

    /// A level that holds over the whole run.
    #[must_use]
    pub fn level(&self, run: &Run, value: u64) -> Vec<(i32, i32)> {
        let (x, y) = self.pixel(run.end, value);
        if run.end < self.view().0 { Vec::new() } else { vec![(self.x.0, y), (x.max(self.x.0 + 1), y)] }
    }

    /// The range that the runs of other seeds covered, if there were any.
    #[must_use]
    pub fn band(&self, run: &Run, series: Series) -> Option<Shape> {
        let (from, to) = self.view();
        // By pixel column: lowest and highest row.
        let mut spans: Vec<(i32, i32, i32)> = Vec::new();
        for (end, min, max) in run.band.ranges(series, from, to) {
            let (x, low) = self.pixel(end, min);
            let x = x - (x - self.x.0) % (2 * self.grain);
            let high = self.pixel(end, max).1;
            match spans.last_mut() {
                Some(span) if span.0 == x => (span.1, span.2) = (span.1.max(low), span.2.min(high)),
                _ => spans.push((x, low, high)),
            }
        }
        if spans.len() < 2 {
            return None;
        }
        // In steps: what a bucket holds is true from the end of the one before.
        let mut upper = Path::default();
        let mut lower = Path::default();
        let mut before = self.x.0;
        for (x, low, high) in spans {
            for (path, y) in [(&mut upper, high), (&mut lower, low)] {
                path.go((before, y));
                path.go((x, y));
            }
            before = x;
        }
        Some(Shape::Area(upper.0.into_iter().chain(lower.0.into_iter().rev()).collect(), Ink::Band, 0.3))
    }

    /// A sampled series as a step line. In each pixel column it visits the smallest and the largest value of all
    /// samples there before it goes on at the last one, so that no excursion is lost however many samples share a
    /// column. The last value of a bucket is known for its end, so that is where the bucket is drawn; the first one
    /// also stands for what was before.
    #[must_use]
    pub fn steps(&self, run: &Run, column: &Column) -> Vec<(i32, i32)> {
        self.steps_from(run, column, 0)
    }

    /// As [`Plot::steps`], without the buckets before `first`: the series did not exist there.
    #[must_use]
    pub fn steps_from(&self, run: &Run, column: &Column, first: u64) -> Vec<(i32, i32)> {
        let mut path = Path::default();
        let mut gathered: Option<(i32, Extent)> = None;
        let view = self.view();
        // One bucket more on the left: it tells at what height the line comes in.
        let first = first.max((view.0.0 / run.width.0).saturating_sub(2));
        let skipped = usize::try_from(first).unwrap_or(usize::MAX);
        let samples = column.min.iter().zip(&column.max).zip(&column.last).skip(skipped);
        for (bucket, ((min, max), last)) in (first..).zip(samples) {
            let start = Nanos(bucket * run.width.0);
            if start > run.end || start > view.1 {
                break;
            }
            let drawn = if bucket == 0 { start } else { (start + run.width).min(run.end) };
            let x = self.column(drawn);
            let x = x - (x - self.x.0) % self.grain;
            // In the first bucket the machine is being set up: only what came out of it means something. And of what is
            // left of the view only what came out of it belongs there.
            let (min, max) = if bucket == 0 || drawn < view.0 { (last, last) } else { (min, max) };
            let row = |value: &u64| self.pixel(start, *value).1;
            let extent = Extent { low: row(min), high: row(max), last: row(last) };
            gathered = match gathered {
                // What is left of the view lies on its edge, one upon the other.
                Some((at, _)) if at == x && drawn <= view.0 => Some((at, extent)),
                Some((at, sum)) if at == x => Some((at, sum.and(extent))),
                Some((at, sum)) => {
                    path.visit(at, sum);
                    Some((x, extent))
                }
                None => Some((x, extent)),
            };
        }
        if let Some((at, sum)) = gathered {
            path.visit(at, sum);
            path.go((self.column(run.end).max(at), sum.last));
        }
        path.0
    }
}

/// The pixel rows that a series visits in one column; `low` is the largest row.
#[derive(Clone, Copy)]
struct Extent {
    low: i32,
    high: i32,
    last: i32,
}

impl Extent {
    fn and(self, later: Self) -> Self {
        Self { low: self.low.max(later.low), high: self.high.min(later.high), last: later.last }
    }
}

#[derive(Default)]
struct Path(Vec<(i32, i32)>);

impl Path {
    fn visit(&mut self, x: i32, extent: Extent) {
        if let Some((_, y)) = self.0.last().copied() {
            self.go((x, y));
        }
        // The end nearer to where the line goes on comes last: the stroke then turns back as little as possible.
        if extent.last - extent.high < extent.low - extent.last {
            self.go((x, extent.low));
            self.go((x, extent.high));
        } else {
            self.go((x, extent.high));
            self.go((x, extent.low));
        }
        self.go((x, extent.last));
    }

    /// Adds a point; one that only lengthens the last stroke replaces its end.
    fn go(&mut self, to: (i32, i32)) {
        if self.0.last() == Some(&to) {
            return;
        }
        if let [.., a, b] = self.0.as_slice() {
            let onward = |a: i32, b: i32, c: i32| (a <= b && b <= c) || (a >= b && b >= c);
            let flat = a.1 == b.1 && b.1 == to.1 && onward(a.0, b.0, to.0);
            let upright = a.0 == b.0 && b.0 == to.0 && onward(a.1, b.1, to.1);
            if flat || upright {
                self.0.pop();
            }
        }
        self.0.push(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::Scale;

    #[test]
    fn one_short_excursion_among_thousands_of_samples_is_still_drawn() {
        let mut level = vec![1000_u64; 4000];
        let last = level.clone();
        if let Some(sample) = level.get_mut(1777) {
            *sample = 0;
        }
        let column = Column { min: level, max: last.clone(), last };
        let mut run = empty();
        (run.end, run.width) = (Nanos::from_s(40), Nanos::from_ms(10));
        let x = Axis::time(0.0, 40e9, Scale::Linear);
        let y = Axis::pages(1000.0, Scale::Linear);
        let plot = Plot::new((&x, 0, 100), (&y, 50, 0), 1.0, 1);
        let steps = plot.steps(&run, &column);
        assert!(steps.contains(&(44, 50)), "the line must reach zero: {steps:?}");
        assert!(steps.len() < 10, "a flat line needs few points: {steps:?}");
    }

    fn empty() -> Run {
        Run::from_levels(Nanos(0), Nanos(0), Nanos(1), &[])
    }
}
