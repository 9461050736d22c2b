//! Figures of a recording.
//!
//! The workload starts in the last row in which it has touched nothing. It is done when it has touched all of its pages.
//! It was killed when the recording's `oom_kill` counts one or, because not every kernel counts them, when it stands still
//! for good short of its target while its memory comes back: free memory leaps by a quarter of what it had, between two
//! rows. Else the time was up, and the model's rule says whether it was stuck.

use super::measure::{Count, Level, Source};
use super::{Clock, Facts, Figures, Recording, unfinished};
use swapscope_sim::trace::{LIVELOCK_WINDOW, Outcome};

const MS: u64 = 1_000_000;

impl Recording {
    fn values(&self, name: &str) -> &[u64] {
        self.column(name).unwrap_or_default()
    }

    /// Its rate and its end.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let times = self.values("t_ms");
        let steps = times.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?));
        let step = crate::report::Range::of(steps).unwrap_or_default().median.max(1);
        Clock { step_ns: step * MS, end_ns: times.last().copied().unwrap_or(0) * MS }
    }
}

pub(super) fn figures(recording: &Recording, target: u64, jiffy_ns: u64) -> Figures {
    let jiffy_ns = recording.jiffy_ns.unwrap_or(jiffy_ns);
    let (times, touched) = (recording.values("t_ms"), recording.values("hog_pages"));
    let last = times.len().saturating_sub(1);
    let start = touched.iter().position(|pages| *pages > 0).map_or(last, |row| row.saturating_sub(1));
    let done = touched.iter().position(|pages| *pages >= target);
    let (outcome, stop) = match (killed(recording, start, target), done) {
        (Some(row), done) if done.is_none_or(|done| row < done) => (Outcome::Oom, row),
        (_, Some(row)) => (Outcome::Completed, row),
        _ => (unfinished(recent(times, touched)), last),
    };
    // When the workload is over its memory is free: that row is no longer part of the run.
    let is_over = matches!(outcome, Outcome::Completed | Outcome::Oom);
    let end = if is_over { stop.max(start + 1) } else { stop + 1 };
    let levels = Level::ALL.map(|level| {
        recording.column(level.column()).map(|values| values.get(start..end).unwrap_or_default().to_vec())
    });
    let time = |row: usize| times.get(row).copied().unwrap_or(0) * MS;
    let length_ns = time(stop) - time(start);
    let facts = Facts { outcome, length_ns, window_ns: length_ns, levels };
    Figures::of(&facts, |count| grown(recording, count, start, stop, jiffy_ns))
}

/// Growth of a count between two rows; `None` if the recording has none of its columns.
fn grown(recording: &Recording, count: &Count, start: usize, stop: usize, jiffy_ns: u64) -> Option<u64> {
    let columns = count.columns.iter().filter_map(|name| recording.column(name));
    let growth = columns.map(|values| Some(values.get(stop)? - values.get(start)?));
    let sum = growth.fold(None, |sum: Option<u64>, growth| Some(sum.unwrap_or(0) + growth.unwrap_or(0)))?;
    Some(if matches!(count.of, Source::SleepMs(..)) { sum.saturating_mul(jiffy_ns) / MS } else { sum })
}

/// Pages that the workload touched in the last [`LIVELOCK_WINDOW`]; all of them in a shorter recording.
fn recent(times: &[u64], touched: &[u64]) -> u64 {
    let from = times.last().copied().unwrap_or(0).checked_sub(LIVELOCK_WINDOW.0 / MS);
    let row = from.and_then(|from| times.iter().rposition(|t| *t <= from));
    let before = row.and_then(|row| touched.get(row)).copied().unwrap_or(0);
    touched.last().copied().unwrap_or(0).saturating_sub(before)
}

/// The first row in which the workload was gone short of its target.
fn killed(recording: &Recording, start: usize, target: u64) -> Option<usize> {
    let (touched, free) = (recording.values("hog_pages"), recording.values("nr_free"));
    let kills = recording.values("oom_kill");
    if let Some(row) = kills.iter().position(|count| *count > kills.get(start).copied().unwrap_or(0)) {
        return Some(row);
    }
    let reached = *touched.last()?;
    if reached >= target || reached == 0 {
        return None;
    }
    let still = touched.iter().position(|pages| *pages == reached)?;
    let leap = reached.min(free.iter().copied().max()?) / 4;
    let rows = still.max(start) + 1..free.len();
    rows.into_iter().find(|row| leap > 0 && free[*row] >= free[*row - 1] + leap)
}
