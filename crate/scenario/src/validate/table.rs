//! A comparison as a table for people and as a JSON object.

use super::{Comparison, Measure, Place, Row, Unit};
use crate::report::{Outcomes, Range};
use crate::text;
use serde::Serialize;

/// Heads of [`cells`].
pub const HEAD: &[&str] = &["figure", "recorded", "model min", "median", "max", "recorded value"];

impl Unit {
    /// A value as people write it.
    #[must_use]
    pub fn text(self, value: u64) -> String {
        match self {
            Self::Ms if value >= 10_000 => format!("{}.{} s", value / 1000, value % 1000 / 100),
            Self::Ms => format!("{}.{:02} s", value / 1000, value % 1000 / 10),
            Self::Number => value.to_string(),
            Self::PerSecond => match value {
                100_000.. => (value / 1000).to_string(),
                10_000.. => format!("{}.{}", value / 1000, value % 1000 / 100),
                _ => format!("{}.{:02}", value / 1000, value % 1000 / 10),
            },
        }
    }

    /// Name in the JSON object.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Number => "1",
            Self::PerSecond => "1/1000s",
        }
    }
}

impl Place {
    /// In words.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Zero => "all 0".to_owned(),
            Self::Inside => "inside".to_owned(),
            Self::Outside(None) => "recorded 0".to_owned(),
            Self::Outside(Some(0)) => "model < 0.01 x".to_owned(),
            Self::Outside(Some(factor @ 1000..)) => format!("model {} x", factor / 100),
            Self::Outside(Some(factor)) => format!("model {}.{:02} x", factor / 100, factor % 100),
            Self::Nowhere => "-".to_owned(),
        }
    }
}

/// The cells of a figure, in the order of [`HEAD`].
#[must_use]
pub fn cells(row: &Row) -> Vec<String> {
    let value =
        |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| row.measure.unit.text(value));
    let of = |part: fn(Range) -> u64| value(row.simulated.map(part));
    vec![
        row.measure.label.to_owned(),
        value(row.recorded),
        of(|range| range.min),
        of(|range| range.median),
        of(|range| range.max),
        row.place().text(),
    ]
}

/// The outcomes in a sentence.
#[must_use]
pub fn outcome(comparison: &Comparison) -> String {
    let (name, same, seeds) = (comparison.outcome.name(), comparison.same_outcome(), comparison.seeds);
    let all = text::outcomes(&comparison.outcomes);
    format!("recorded {name}; {same} of {seeds} seeds end so (model: {all})")
}

/// How many figures lie inside, in a sentence.
#[must_use]
pub fn summary(comparison: &Comparison) -> String {
    let (inside, all) = comparison.inside(|measure| !measure.is_extra);
    let (more_inside, more) = comparison.inside(|measure| measure.is_extra);
    format!("{inside} of {all} figures inside the model's range, and {more_inside} of {more} more counters")
}

/// The outcome, the table, and how much of it lies inside: lines of text.
#[must_use]
pub fn lines(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![format!("outcome: {}", outcome(comparison)), String::new()];
    let part = |extra: bool| -> Vec<Vec<String>> {
        comparison.rows.iter().filter(|row| row.measure.is_extra == extra).map(cells).collect()
    };
    let (main, extra) = (part(false), part(true));
    let table = text::columns(HEAD, &[main.clone(), extra].concat());
    for (at, line) in table.into_iter().enumerate() {
        if at == main.len() + 1 {
            lines.push(String::new());
        }
        lines.push(line);
    }
    lines.extend([String::new(), summary(comparison)]);
    lines
}

/// The JSON object of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// How the recorded run ended.
    pub recorded_outcome: &'static str,
    /// Seeds that end so.
    pub seeds_with_it: u64,
    /// All seeds.
    pub seeds: u64,
    /// How often each outcome came up.
    pub outcomes: Outcomes,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// A figure in the JSON object.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Key of the figure.
    pub key: &'static str,
    /// Unit of its values.
    pub unit: &'static str,
    /// Recorded value.
    pub recorded: Option<u64>,
    /// Simulated values.
    pub simulated: Option<Range>,
    /// Whether the recorded value lies within them, if there are both.
    pub inside: Option<bool>,
    /// The middle simulated value in hundredths of the recorded one, where that lies outside.
    pub factor_percent: Option<u64>,
}

impl Document {
    /// The object of a comparison.
    #[must_use]
    pub fn new(comparison: &Comparison) -> Self {
        let figure = |row: &Row| {
            let (inside, factor_percent) = match row.place() {
                Place::Inside | Place::Zero => (Some(true), None),
                Place::Outside(factor) => (Some(false), factor),
                Place::Nowhere => (None, None),
            };
            let Measure { key, unit, .. } = *row.measure;
            let (recorded, simulated) = (row.recorded, row.simulated);
            Figure { key, unit: unit.name(), recorded, simulated, inside, factor_percent }
        };
        Self {
            recorded_outcome: comparison.outcome.name(),
            seeds_with_it: comparison.same_outcome(),
            seeds: comparison.seeds,
            outcomes: comparison.outcomes,
            figures: comparison.rows.iter().map(figure).collect(),
        }
    }
}
