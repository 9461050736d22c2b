//! Samples over time, for the plots.

use super::facts::{Facts, Field, Sample, Source};
use crate::text::duration;

/// Time between two samples that say nothing of it: `vmstat 1`.
const STEP_MS: u64 = 1000;
const DAY_MS: u64 = 86_400_000;
/// Longest series: a week.
const TIME_MAX: u64 = 7 * DAY_MS;

/// Samples of a machine over time. Columns have the names of those of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What it was read from.
    pub source: &'static str,
    /// Whether the text says the times; else there is a second between two samples.
    pub is_timed: bool,
    columns: Vec<(&'static str, Vec<u64>)>,
}

impl Series {
    /// Values of a column: `t_ms`, `nr_free`, `writeback`, `dirty_thresh` or `swap_used`, the last four in pages.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[u64]> {
        self.columns.iter().find(|(found, _)| *found == name).map(|(_, values)| values.as_slice())
    }

    /// What it is, in a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let times = self.column("t_ms").unwrap_or_default();
        let end = times.last().copied().unwrap_or(0);
        let rule = if self.is_timed { "" } else { ", taken to be a second apart" };
        let names: Vec<&str> =
            self.columns.iter().map(|(name, _)| *name).filter(|name| *name != "t_ms").collect();
        format!(
            "series: {} samples of {} over {}{rule}: {}",
            times.len(),
            self.source,
            duration(end * 1_000_000),
            names.join(", ")
        )
    }
}

/// The series of the source that was seen most often; `None` where all are single.
pub(super) fn of(facts: &Facts) -> Option<Series> {
    const SOURCES: [Source; 5] =
        [Source::Vmstat, Source::ProcVmstat, Source::ProcMeminfo, Source::MemInfo, Source::Free];
    let count = |source: &Source| facts.samples.iter().filter(|sample| sample.source == *source).count();
    let source = SOURCES.into_iter().rev().max_by_key(count)?;
    let samples: Vec<&Sample> = facts.samples.iter().filter(|sample| sample.source == source).collect();
    if samples.len() < 2 {
        return None;
    }
    let times = times(&samples);
    let is_timed = times.is_some();
    let times = times.unwrap_or_else(|| (0..samples.len() as u64).map(|row| row * STEP_MS).collect());
    // Where the whole is known, free swap says what is used.
    let total = facts.kib(Field::SwapTotal);
    let used = |sample: &Sample| {
        let used = sample.get(Field::SwapUsed).map(|seen| seen.kib);
        used.or_else(|| sample.get(Field::SwapFree).map(|free| total.saturating_sub(free.kib)))
    };
    let of = |field: Field| move |sample: &Sample| sample.get(field).map(|seen| seen.kib);
    let mut columns = vec![("t_ms", times)];
    add(&mut columns, "nr_free", &samples, of(Field::Free));
    add(&mut columns, "writeback", &samples, of(Field::Writeback));
    add(&mut columns, "dirty_thresh", &samples, of(Field::ThrottleLimit));
    add(&mut columns, "swap_used", &samples, used);
    (columns.len() > 1).then(|| Series { source: source.name(), is_timed, columns })
}

/// A column in pages, if any sample has it; one without keeps the value before it.
fn add(
    columns: &mut Vec<(&'static str, Vec<u64>)>,
    name: &'static str,
    samples: &[&Sample],
    kib: impl Fn(&Sample) -> Option<u64>,
) {
    let found: Vec<Option<u64>> = samples.iter().map(|sample| kib(sample)).collect();
    let Some(mut last) = found.iter().flatten().next().copied() else { return };
    let values = found.into_iter().map(|value| {
        last = value.unwrap_or(last);
        last / 4
    });
    columns.push((name, values.collect()));
}

/// Milliseconds since the first sample, if all say a time and it never falls, but for midnight.
fn times(samples: &[&Sample]) -> Option<Vec<u64>> {
    let first = samples.first()?.time_ms?;
    let (mut days, mut before, mut out) = (0, first, Vec::new());
    for sample in samples {
        let time = sample.time_ms?;
        if time + DAY_MS / 2 < before && before < DAY_MS {
            days += 1;
        } else if time < before {
            return None;
        }
        before = time;
        out.push((time + days * DAY_MS).checked_sub(first).filter(|time| *time <= TIME_MAX)?);
    }
    (out.last() > out.first()).then_some(out)
}
