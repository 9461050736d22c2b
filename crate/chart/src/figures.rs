//! Figures of a stretch of a run.

use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;

use crate::format::{delay, mib, seconds};
use crate::run::{Class, Run};

/// Buckets over which a rate at one time is taken.
const RATE_BUCKETS: u64 = 10;

/// The rate at which a count grows around a time, a second.
#[must_use]
pub fn rate(run: &Run, series: Series, t: Nanos) -> u64 {
    let half = run.width.0 * RATE_BUCKETS / 2;
    let from = Nanos(t.0.saturating_sub(half));
    grown(run, series, from, Nanos(t.0 + half).min(run.end)).1
}

/// By how much a count grew between two times, and that a second.
fn grown(run: &Run, series: Series, from: Nanos, to: Nanos) -> (u64, u64) {
    let at = |t: Nanos| if t.0 == 0 { 0 } else { run.at(series, t).map_or(0, |[.., last]| last) };
    let grown = at(to).saturating_sub(at(from));
    let ns = u128::from(to.0.saturating_sub(from.0).max(1));
    let rate = u128::from(grown) * 1_000_000_000 / ns;
    (grown, u64::try_from(rate).unwrap_or(u64::MAX))
}

/// What happened between two times, as names and values.
#[must_use]
pub fn stretch(run: &Run, from: Nanos, to: Nanos) -> Vec<(&'static str, String)> {
    let (from, to) = (from.min(run.end), to.min(run.end));
    let mut rows = vec![("from, length", format!("{}, {}", seconds(from), delay(to - from)))];
    for (name, series) in [
        ("touched by the workload", Series::Progress),
        ("swapped out", Series::SwapOut),
        ("swapped in", Series::SwapIn),
        ("encrypted", Series::Encrypted),
    ] {
        let (pages, rate) = grown(run, series, from, to);
        let unit = if series == Series::Encrypted { "bios" } else { "pages" };
        rows.push((name, format!("{pages} {unit}, {rate}/s")));
    }
    let (free, _) = run.free();
    if let Some([least, most]) = extent(run, free, from, to) {
        rows.push(("free memory", format!("{least} to {most} pages ({} to {})", mib(least), mib(most))));
    }
    if let Some([least, most]) = extent(run, Series::Writeback, from, to) {
        rows.push(("under writeback", format!("{least} to {most} pages")));
    }
    for class in Class::ALL {
        let sleeps =
            run.sleeps.iter().filter(|sleep| sleep.class == *class && (from..=to).contains(&sleep.t));
        let (count, total) =
            sleeps.fold((0_u64, 0), |(count, total), sleep| (count + 1, total + sleep.length.0));
        if count > 0 {
            rows.push((class.throttled(), format!("{count} sleeps, {} in all", delay(Nanos(total)))));
        }
    }
    let kills = run.oom.iter().filter(|t| (from..=to).contains(*t)).count();
    rows.push(("OOM kills", kills.to_string()));
    rows
}

/// Smallest and largest value of a level between two times.
fn extent(run: &Run, series: Series, from: Nanos, to: Nanos) -> Option<[u64; 2]> {
    let column = run.column(series);
    let bucket = |t: Nanos| usize::try_from(t.0 / run.width.0).unwrap_or(usize::MAX);
    let last = column.min.len().checked_sub(1)?;
    let part = bucket(from).min(last)..=bucket(to).min(last);
    let least = column.min.get(part.clone())?.iter().min()?;
    let most = column.max.get(part)?.iter().max()?;
    Some([*least, *most])
}

#[cfg(test)]
mod tests {
    use super::*;
    use swapscope_sim::trace::Column;

    fn run() -> Run {
        let level =
            |values: &[u64]| Column { min: values.to_vec(), max: values.to_vec(), last: values.to_vec() };
        let second = Nanos::from_s(1);
        let levels = [(Series::Free, level(&[9, 5, 300, 7])), (Series::SwapOut, level(&[0, 100, 300, 300]))];
        Run::from_levels(Nanos::from_s(4), second, second, &levels)
    }

    #[test]
    fn a_stretch_has_sums_rates_and_extents() {
        let rows = stretch(&run(), Nanos::from_ms(500), Nanos::from_ms(2500));
        let row = |name: &str| rows.iter().find(|(other, _)| *other == name).map(|(_, text)| text.as_str());
        assert_eq!(row("swapped out"), Some("300 pages, 150/s"));
        assert_eq!(row("free memory"), Some("5 to 300 pages (0 MiB to 1.2 MiB)"));
        assert_eq!(row("OOM kills"), Some("0"));
    }

    #[test]
    fn a_stretch_past_the_end_is_empty_and_not_wrong() {
        let rows = stretch(&run(), Nanos::from_s(9), Nanos::from_s(12));
        assert!(rows.contains(&("swapped out", "0 pages, 0/s".to_owned())), "{rows:?}");
    }
}
