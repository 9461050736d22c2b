//! A recorded run of a real kernel beside simulated ones: the figures of both, and where they differ.
//!
//! [`csv`] reads a recording, [`digest`] the figures of one whose recording is not at hand, [`table`] says in words and as
//! JSON what came of a comparison, and [`markdown`] puts many of them into `crate/sim/VALIDATION.md`.
//!
//! Both kinds of run are boiled down to the same facts and from there go through the same code. A simulated run is looked at
//! as seldom as the recorded one was: its levels are sampled at the recording's rate, its times rounded to it.

use crate::Setup;
use crate::error::Error;
use crate::report::Range;
use crate::settings::{Change, Settings};
use swapscope_sim::trace::{LIVELOCK_RATE, LIVELOCK_WINDOW, Outcome};

pub mod csv;
// The page has no digests and writes no documents, and its wasm is not to grow by what it does not use.
#[cfg(not(target_arch = "wasm32"))]
pub mod digest;
#[cfg(not(target_arch = "wasm32"))]
pub mod markdown;
mod measure;
mod recorded;
mod simulated;
pub mod table;
#[cfg(test)]
mod tests;

pub use csv::Recording;
#[cfg(not(target_arch = "wasm32"))]
pub use digest::Digest;
pub use measure::{MEASURES, Measure, Unit};

use measure::{Count, Of, Take};

/// When a run is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Time from one row of the recording to the next.
    pub step_ns: u64,
    /// Time of its last row.
    pub end_ns: u64,
}

/// The figures of one run, recorded or simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How it ended, by one rule for both.
    pub outcome: Outcome,
    /// One value for each of [`MEASURES`]; `None` where the run has none.
    pub values: Vec<Option<u64>>,
}

impl Figures {
    /// Figures of a recorded run of a workload that touches `target` pages. `jiffy_ns` counts where the recording does
    /// not say how long a jiffy was.
    #[must_use]
    pub fn recorded(recording: &Recording, target: u64, jiffy_ns: u64) -> Self {
        recorded::figures(recording, target, jiffy_ns)
    }

    /// Figures of a simulated run, looked at as a recorded one was: as often and, where that was killed, until then.
    #[must_use]
    pub fn simulated(trace: &swapscope_sim::trace::Trace, recorded: &Self, clock: Clock) -> Self {
        simulated::figures(trace, recorded.value("oom_ms").map(|ms| ms * 1_000_000), clock.step_ns)
    }

    /// The value of a measure.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<u64> {
        let at = MEASURES.iter().position(|measure| measure.key == key)?;
        self.values.get(at).copied().flatten()
    }

    fn of(facts: &Facts, count: impl Fn(&Count) -> Option<u64>) -> Self {
        let values = MEASURES.iter().map(|measure| facts.value(&measure.of, &count)).collect();
        Self { outcome: facts.outcome, values }
    }
}

/// What the figures are taken from.
struct Facts {
    outcome: Outcome,
    /// From the start of the workload until it was over: done, killed, or out of time.
    length_ns: u64,
    /// The part of that in which the run is looked at.
    window_ns: u64,
    /// Samples in that window, in the order of `Level::ALL`.
    levels: [Option<Vec<u64>>; 3],
}

impl Facts {
    fn value(&self, of: &Of, count: impl Fn(&Count) -> Option<u64>) -> Option<u64> {
        let length = self.length_ns;
        match of {
            Of::Done => (self.outcome == Outcome::Completed).then_some(length / 1_000_000),
            Of::Oom => (self.outcome == Outcome::Oom).then_some(length / 1_000_000),
            Of::Level(level, take) => take_of(self.levels[*level as usize].as_deref()?, *take),
            Of::Total(counter) => count(counter),
            Of::PerSecond(counter) => {
                let thousandths = u128::from(count(counter)?) * 1_000_000_000_000;
                Some(u64::try_from(thousandths / u128::from(self.window_ns.max(1))).unwrap_or(u64::MAX))
            }
        }
    }
}

fn take_of(samples: &[u64], take: Take) -> Option<u64> {
    let median = |samples: &[u64]| Range::of(samples.iter().copied()).map(|range| range.median);
    match take {
        Take::Peak => samples.iter().copied().max(),
        Take::Plateau => median(&samples[samples.len() - samples.len().div_ceil(4)..]),
        Take::Median => median(samples),
        Take::Min => samples.iter().copied().min(),
        Take::Growth => Some(samples.iter().copied().max()?.saturating_sub(*samples.first()?)),
    }
}

/// Pages that the workload of some settings touches.
///
/// # Errors
/// At the workload: one that a recording cannot be held against.
pub fn target(settings: &Settings) -> Result<u64, Error> {
    if settings.text("workload") != "hog" || settings.number("passes") > 1 {
        let message =
            "a recording is of a workload that touches memory once: expected workload=hog, passes=1";
        return Err(Error::new(settings.place("workload"), message));
    }
    Ok((settings.number("hog") / 4).saturating_mul(settings.number("hogs")))
}

/// How long the simulated runs have to be: exactly as long as a recording that ended with the workload under way, at
/// least as long as any other. Both in nanoseconds.
#[must_use]
pub fn duration(outcome: Outcome, recorded_ns: u64, scenario_ns: u64) -> u64 {
    match outcome {
        Outcome::Completed | Outcome::Oom => recorded_ns.max(scenario_ns),
        Outcome::Livelock | Outcome::Timeout | Outcome::Stopped => recorded_ns,
    }
}

/// The setup with runs that are as long as the recorded one. `path` names the recording in errors.
///
/// # Errors
/// A recording that is longer than runs may be.
pub fn as_long_as(setup: &Setup, recorded: &Figures, clock: Clock, path: &str) -> Result<Setup, Error> {
    let duration = duration(recorded.outcome, clock.end_ns, setup.settings.number("duration"));
    let mut there = setup.clone();
    there.settings.apply(&[Change::parse("duration", &format!("{duration}ns"), path)?]);
    there.config()?;
    Ok(there)
}

/// The outcome of a workload that was neither done nor killed: the model's rule.
fn unfinished(progress: u64) -> Outcome {
    let least = LIVELOCK_RATE * (LIVELOCK_WINDOW.0 / 1_000_000_000);
    if progress < least { Outcome::Livelock } else { Outcome::Timeout }
}

/// A recorded figure beside the simulated ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is compared.
    pub measure: &'static Measure,
    /// The recorded value.
    pub recorded: Option<u64>,
    /// The simulated values, of the seeds that have one.
    pub simulated: Option<Range>,
}

/// Where a recorded value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is 0, and so are all simulated values: right, but no feat.
    Zero,
    /// Between the smallest and the largest simulated value.
    Inside,
    /// Outside. The middle simulated value is so many hundredths of it; `None` where it is 0.
    Outside(Option<u64>),
    /// One of them has no value.
    Nowhere,
}

impl Row {
    /// Where the recorded value lies.
    #[must_use]
    pub fn place(&self) -> Place {
        let (Some(recorded), Some(range)) = (self.recorded, self.simulated) else { return Place::Nowhere };
        if recorded == 0 && range.max == 0 {
            return Place::Zero;
        }
        if (range.min..=range.max).contains(&recorded) {
            return Place::Inside;
        }
        Place::Outside((range.median.saturating_mul(100)).checked_div(recorded))
    }

    /// Whether the recorded value lies outside and the middle seed is further from it than the measure allows.
    #[must_use]
    pub fn is_far_off(&self) -> bool {
        match self.place() {
            Place::Outside(factor) => {
                factor.is_none_or(|factor| factor.abs_diff(100) > self.measure.tolerance_percent())
            }
            Place::Inside | Place::Zero | Place::Nowhere => false,
        }
    }
}

/// Why figures of recorded runs are far off, as far as a look at the runs tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What was found, in a few sentences; says so plainly where it was not found.
    pub text: &'static str,
    /// Recorded runs, and keys of their figures that it explains; `outcome` is one.
    pub explains: &'static [(&'static str, &'static [&'static str])],
}

impl Cause {
    /// The figures of a run that it explains.
    #[must_use]
    pub fn of(&self, run: &str) -> &'static [&'static str] {
        self.explains.iter().find(|(name, _)| *name == run).map_or(&[], |(_, keys)| keys)
    }
}

/// A recorded run against an ensemble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How the recorded run ended.
    pub outcome: Outcome,
    /// How many seeds ended with each outcome.
    pub outcomes: crate::report::Outcomes,
    /// Number of seeds.
    pub seeds: u64,
    /// One row for each of [`MEASURES`] that was recorded, and for the end of the simulated runs.
    pub rows: Vec<Row>,
}

impl Comparison {
    /// Lays a recorded run beside simulated ones.
    #[must_use]
    pub fn of(recorded: &Figures, simulated: &[Figures]) -> Self {
        let count = |outcome| simulated.iter().filter(|run| run.outcome == outcome).count() as u64;
        let rows = MEASURES.iter().enumerate().filter_map(|(at, measure)| {
            let value = |run: &Figures| run.values.get(at).copied().flatten();
            let row = Row {
                measure,
                recorded: value(recorded),
                simulated: Range::of(simulated.iter().filter_map(value)),
            };
            // Only the end of a run is worth a row when there is no recorded value.
            let is_end = matches!(measure.of, Of::Done | Of::Oom) && row.simulated.is_some();
            (row.recorded.is_some() || is_end).then_some(row)
        });
        Self {
            outcome: recorded.outcome,
            outcomes: crate::report::Outcomes {
                completed: count(Outcome::Completed),
                oom: count(Outcome::Oom),
                livelock: count(Outcome::Livelock),
                timeout: count(Outcome::Timeout),
                stopped: count(Outcome::Stopped),
            },
            seeds: simulated.len() as u64,
            rows: rows.collect(),
        }
    }

    /// Seeds that end as the recorded run did.
    #[must_use]
    pub fn same_outcome(&self) -> u64 {
        match self.outcome {
            Outcome::Completed => self.outcomes.completed,
            Outcome::Oom => self.outcomes.oom,
            Outcome::Livelock => self.outcomes.livelock,
            Outcome::Timeout => self.outcomes.timeout,
            Outcome::Stopped => self.outcomes.stopped,
        }
    }

    /// Keys of the figures that are far off; `outcome` where no seed ends as the recorded run did. The time of sleeps goes
    /// with their number.
    #[must_use]
    pub fn far_off(&self) -> Vec<&'static str> {
        let outcome = (self.same_outcome() == 0).then_some("outcome");
        let is_time_of_sleeps = |key: &str| key.starts_with("throttle_") && key.ends_with("_ms");
        let rows = self.rows.iter().filter(|row| row.is_far_off() && !is_time_of_sleeps(row.measure.key));
        outcome.into_iter().chain(rows.map(|row| row.measure.key)).collect()
    }

    /// Of the figures that both have and that are not 0 throughout: how many recorded values lie inside, and how many
    /// figures there are.
    #[must_use]
    pub fn inside(&self, of: impl Fn(&Measure) -> bool) -> (usize, usize) {
        let places = || self.rows.iter().filter(|row| of(row.measure)).map(Row::place);
        (
            places().filter(|place| *place == Place::Inside).count(),
            places().filter(|place| matches!(place, Place::Inside | Place::Outside(_))).count(),
        )
    }
}
