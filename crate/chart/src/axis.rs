//! Axes: one type for every scale, so that all kernels of a row share the very same one.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};

use swapscope_sim::units::Nanos;

use crate::panel::PANELS;
use crate::run::Run;

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithm.
    Log,
}

/// One axis with its ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    min: f64,
    max: f64,
    shape: Shape,
    ticks: Vec<(f64, String)>,
    /// Between the ticks: they tell a logarithmic axis at a glance.
    minor: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Linear,
    Log,
    /// Logarithmic far above this value, linear far below it: zero has a place.
    LogFrom(f64),
}

const SECOND: f64 = 1e9;
const MIB: f64 = 256.0;

impl Axis {
    /// A time axis in nanoseconds, from `from` (0 for the start of the machine) to `end`.
    #[must_use]
    pub fn time(from: f64, end: f64, scale: Scale) -> Self {
        let from = from.max(0.0);
        let end = end.max(from + if from > 0.0 { 1e3 } else { 0.1 * SECOND });
        match scale {
            Scale::Linear => Self {
                min: from,
                max: end,
                shape: Shape::Linear,
                ticks: even_times(from, end),
                minor: Vec::new(),
            },
            Scale::Log => {
                const MARKS: &[f64] = &[0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0];
                let min = from.max((0.5 * SECOND).min(end / 10.0));
                let ticks = MARKS.iter().map(|s| (s * SECOND, time_label(*s)));
                let mut ticks: Vec<_> = ticks.filter(|(t, _)| (min..=end).contains(t)).collect();
                let spans = MARKS.iter().zip(MARKS.iter().skip(1));
                let minor = spans.flat_map(|(from, to)| multiples(*from, to * 0.99).skip(2));
                let mut minor: Vec<f64> =
                    minor.map(|s| s * SECOND).filter(|t| (min..=end).contains(t)).collect();
                if end / min < 20.0 {
                    // A stretch too short for powers of ten.
                    (ticks, minor) = (even_times(min, end), Vec::new());
                }
                Self { min, max: end, shape: Shape::Log, ticks, minor }
            }
        }
    }

    /// An axis of pages from 0 to at least `max`, with its ticks in MiB.
    #[must_use]
    pub fn pages(max: f64, scale: Scale) -> Self {
        let top = (max * 1.04).max(MIB);
        match scale {
            Scale::Linear => {
                let step = round_step(top / MIB / 3.5);
                let ticks = multiples(step, top / MIB).map(|mib| (mib * MIB, number(mib))).collect();
                Self { min: 0.0, max: top, shape: Shape::Linear, ticks, minor: Vec::new() }
            }
            Scale::Log => {
                const MARKS: &[f64] = &[0.0, 1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0];
                let ticks = MARKS.iter().map(|mib| (mib * MIB, number(*mib)));
                let ticks = ticks.filter(|(pages, _)| *pages <= top).collect();
                Self { min: 0.0, max: top, shape: Shape::LogFrom(0.25 * MIB), ticks, minor: Vec::new() }
            }
        }
    }

    /// An axis of counts from 0 to at least `max`.
    #[must_use]
    pub fn count(max: f64) -> Self {
        const MARKS: &[f64] = &[0.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0];
        let top = (max * 1.04).max(10.0);
        let ticks = MARKS.iter().filter(|mark| **mark <= top).map(|mark| (*mark, number(*mark)));
        Self { min: 0.0, max: top, shape: Shape::LogFrom(4.0), ticks: ticks.collect(), minor: Vec::new() }
    }

    /// A logarithmic axis for delays in nanoseconds, from half a millisecond to at least `max`.
    #[must_use]
    pub fn delay(max: f64) -> Self {
        const MARKS: &[(f64, &str)] = &[
            (1e6, "1 ms"),
            (1e7, "10 ms"),
            (1e8, "100 ms"),
            (1e9, "1 s"),
            (1e10, "10 s"),
            (1e11, "100 s"),
            (1e12, "1000 s"),
        ];
        let max = (max * 1.5).max(1.5e9);
        let ticks = MARKS.iter().filter(|(t, _)| *t <= max).map(|(t, label)| (*t, (*label).to_owned()));
        Self { min: 5e5, max, shape: Shape::Log, ticks: ticks.collect(), minor: Vec::new() }
    }

    /// An axis of named lanes, the first of them on top.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
    pub fn lanes(names: &[&str]) -> Self {
        let count = names.len() as f64;
        let ticks = names.iter().enumerate().map(|(lane, name)| (count - lane as f64, (*name).to_owned()));
        Self { min: 0.4, max: count + 0.6, shape: Shape::Linear, ticks: ticks.collect(), minor: Vec::new() }
    }

    /// The values that get a grid line, with their labels.
    #[must_use]
    pub fn ticks(&self) -> &[(f64, String)] {
        &self.ticks
    }

    /// The values between them that get a short mark and no label.
    #[must_use]
    pub fn minor(&self) -> &[f64] {
        &self.minor
    }

    /// How values are spread.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        match self.shape {
            Shape::Linear => Scale::Linear,
            Shape::Log | Shape::LogFrom(_) => Scale::Log,
        }
    }

    /// Where a value lies, 0 at the lower and 1 at the upper end; values beyond lie on the end.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        let at = |value: f64| match self.shape {
            Shape::Linear => value,
            Shape::Log => value.max(self.min).ln(),
            Shape::LogFrom(unit) => (value / unit).ln_1p(),
        };
        ((at(value) - at(self.min)) / (at(self.max) - at(self.min))).clamp(0.0, 1.0)
    }

    /// The value at a place, 0 at the lower and 1 at the upper end: the inverse of [`Axis::place`].
    #[must_use]
    pub fn value_at(&self, place: f64) -> f64 {
        let place = place.clamp(0.0, 1.0);
        match self.shape {
            Shape::Linear => self.min + place * (self.max - self.min),
            // Not `powf`, for which a browser would load 2 KB.
            Shape::Log => self.min + self.min * ((self.max / self.min).ln() * place).exp_m1(),
            Shape::LogFrom(unit) => {
                let (low, high) = ((self.min / unit).ln_1p(), (self.max / unit).ln_1p());
                (low + place * (high - low)).exp_m1() * unit
            }
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "a pixel")]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let length = f64::from(limit.1 - limit.0);
        limit.0 + (self.place(*value) * length).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.min..self.max
    }
}

/// The scales that all kernels of a picture share.
#[derive(Clone, Debug, PartialEq)]
pub struct Scales {
    /// Time, in nanoseconds.
    pub x: Axis,
    /// The values of each of [`PANELS`].
    pub y: Vec<Axis>,
}

impl Scales {
    /// Scales that hold all runs and what is laid over them. Without a wish, time is logarithmic where the longest run would squeeze the
    /// shortest into less than a fifth of the width. A `view` shows only the times between its ends.
    #[must_use]
    pub fn of(runs: &[&Run], time: Option<Scale>, memory: Scale, view: Option<(Nanos, Nanos)>) -> Self {
        let shortest = runs.iter().map(|run| run.end.0).min().unwrap_or(0);
        let all: Vec<&Run> =
            runs.iter().flat_map(|run| std::iter::once(*run).chain(run.recorded.as_deref())).collect();
        let longest = all.iter().map(|run| run.end.0).max().unwrap_or(0);
        let time = time.unwrap_or(if longest / 5 > shortest { Scale::Log } else { Scale::Linear });
        let (from, to) = view.unwrap_or((Nanos(0), Nanos(longest)));
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let (from, to) = (from.0 as f64, to.0 as f64);
        Self {
            x: Axis::time(from, to, time),
            y: PANELS.iter().map(|panel| (panel.axis)(&all, memory)).collect(),
        }
    }
}

fn multiples(step: f64, max: f64) -> impl Iterator<Item = f64> {
    (0_u32..).map(move |n| f64::from(n) * step).take_while(move |value| *value <= max * 1.000_001)
}

/// Some five ticks at round times.
fn even_times(from: f64, end: f64) -> Vec<(f64, String)> {
    const STEPS: &[f64] =
        &[0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0];
    let wanted = (end - from) / SECOND / 4.5;
    let hours = (wanted / 3600.0).ceil() * 3600.0;
    let step = match STEPS.iter().copied().find(|step| *step >= wanted) {
        Some(step) if wanted > 0.05 => step,
        Some(_) => round_step(wanted),
        None => hours,
    };
    let first = (from / SECOND / step).ceil();
    let times = (0_u32..20).map(|n| (first + f64::from(n)) * step);
    times.take_while(|s| *s <= end / SECOND * 1.000_001).map(|s| (s * SECOND, time_label(s))).collect()
}

/// Powers of ten that steps are made of.
const DECADES: [f64; 13] = [1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// The next step of 1, 2 or 5 times a power of ten.
fn round_step(wanted: f64) -> f64 {
    let decade = DECADES.into_iter().find(|decade| *decade <= wanted).unwrap_or(1e-6);
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * decade >= wanted * 0.999).unwrap_or(10.0);
    factor * decade
}

fn number(value: f64) -> String {
    // Enough digits for the smallest step, and none that say nothing.
    format!("{}", (value * 1e6).round() / 1e6)
}

fn time_label(s: f64) -> String {
    let is_whole = |unit: f64| s >= unit && (s / unit).fract() == 0.0;
    let (value, unit) = if is_whole(3600.0) {
        (s / 3600.0, "h")
    } else if is_whole(60.0) {
        (s / 60.0, "min")
    } else if s == 0.0 {
        return "0".to_owned();
    } else {
        (s, "s")
    };
    format!("{} {unit}", number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks().iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Axis::time(0.0, 22e9, Scale::Linear)), ["0", "5 s", "10 s", "15 s", "20 s"]);
        assert_eq!(
            labels(&Axis::time(0.0, 40.0 * 60e9, Scale::Linear)),
            ["0", "10 min", "20 min", "30 min", "40 min"]
        );
        assert_eq!(labels(&Axis::time(0.0, 2400e9, Scale::Log)), ["1 s", "10 s", "1 min", "10 min"]);
        let axis = Axis::time(0.0, 700e9, Scale::Log);
        let between: Vec<f64> = axis.minor().iter().map(|t| t / SECOND).filter(|s| *s > 1.0).collect();
        assert_eq!(between[..5], [2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(between[8..13], [20.0, 30.0, 40.0, 50.0, 120.0]);
        assert_eq!(
            labels(&Axis::time(12.0e9, 12.4e9, Scale::Linear)),
            ["12 s", "12.1 s", "12.2 s", "12.3 s", "12.4 s"]
        );
        assert_eq!(labels(&Axis::time(60e9, 125e9, Scale::Log)), ["1 min", "80 s", "100 s", "2 min"]);
        assert_eq!(labels(&Axis::time(1e9, 1.0001e9, Scale::Linear)), ["1 s", "1.00005 s", "1.0001 s"]);
        assert_eq!(labels(&Axis::pages(250.0 * MIB, Scale::Linear)), ["0", "100", "200"]);
        assert_eq!(labels(&Axis::pages(1000.0 * MIB, Scale::Log)), ["0", "1", "10", "100", "1000"]);
    }

    #[test]
    fn a_place_and_its_value_belong_together() {
        for axis in [
            Axis::time(3e9, 90e9, Scale::Log),
            Axis::time(3e9, 90e9, Scale::Linear),
            Axis::pages(5000.0, Scale::Log),
            Axis::delay(1e9),
        ] {
            for place in [0.0, 0.3, 1.0] {
                assert!((axis.place(axis.value_at(place)) - place).abs() < 1e-9, "{axis:?}");
            }
        }
    }

    #[test]
    fn zero_and_the_top_have_a_place_on_every_axis() {
        for axis in [Axis::pages(1000.0, Scale::Log), Axis::pages(1000.0, Scale::Linear)] {
            assert_eq!(axis.map(&0.0, (100, 0)), 100);
            assert!(axis.map(&1000.0, (100, 0)) < 6);
        }
        assert_eq!(Axis::delay(1.0).map(&0.0, (100, 0)), 100);
    }
}
