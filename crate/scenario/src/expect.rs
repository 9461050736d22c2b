//! What a scenario is expected to show, in a form that can be checked: an outcome or a figure, and in how many runs.

use crate::report::{Figures, Range};
use crate::text::{duration, spread};
use swapscope_sim::trace::Outcome;

/// What a figure's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Anything that is counted.
    Count,
}

/// A figure of a run that may be expected to lie within bounds.
#[derive(Debug)]
pub struct Figure {
    /// Its name in a scenario file.
    pub key: &'static str,
    /// What it is.
    pub definition: &'static str,
    /// What its numbers are.
    pub unit: Unit,
    /// Its value; `None` where the run has none.
    pub of: fn(&Figures) -> Option<u64>,
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Figure {}

const fn figure(
    key: &'static str,
    definition: &'static str,
    unit: Unit,
    of: fn(&Figures) -> Option<u64>,
) -> Figure {
    Figure { key, definition, unit, of }
}

/// All figures.
pub static FIGURES: &[Figure] = &[
    figure("done", "time from the start of the workload to its end", Unit::Time, |run| run.took_ns()),
    figure("oom", "time from the start of the workload to the first OOM kill", Unit::Time, |run| {
        run.killed_after_ns()
    }),
    figure("swap-free", "per cent of swap free at the first OOM kill", Unit::Count, |run| {
        run.oom_swap_free_permille.map(|permille| permille / 10)
    }),
    figure("free-min", "fewest free pages", Unit::Count, |run| Some(run.free_pages_min)),
    figure("free-median", "free pages most of the time", Unit::Count, |run| Some(run.free_pages_median)),
    figure("writeback-max", "most pages under writeback", Unit::Count, |run| Some(run.writeback_pages_max)),
    figure("kcryptd-rate", "requests a second that kcryptd encrypts", Unit::Count, |run| {
        Some(run.kcryptd_requests_per_s_median)
    }),
    figure("kcryptd-throttled", "sleeps of kcryptd in throttle_vm_writeout", Unit::Count, |run| {
        Some(run.kcryptd_throttle_sleeps)
    }),
    figure("mempool-wait-max", "longest sleep in mempool_alloc", Unit::Time, |run| {
        Some(run.mempool_wait_max_ns)
    }),
    figure("standstill", "longest time without progress", Unit::Time, |run| {
        Some(run.longest_without_progress_ns)
    }),
];

/// What is asked of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It ends with one of these outcomes.
    Outcome(Vec<Outcome>),
    /// A figure lies within bounds.
    Within(&'static Figure, u64, u64),
}

impl Asked {
    /// Whether a run is as asked.
    #[must_use]
    pub fn holds(&self, run: &Figures) -> bool {
        match self {
            Self::Outcome(outcomes) => outcomes.iter().any(|outcome| outcome.name() == run.outcome),
            Self::Within(figure, least, most) => {
                (figure.of)(run).is_some_and(|value| (*least..=*most).contains(&value))
            }
        }
    }
}

/// An outcome or a figure of a kernel, and in how many runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Name of the kernel.
    pub kernel: String,
    /// What is asked of each run.
    pub asked: Asked,
    /// In how many runs at least.
    pub least: u64,
    /// Of so many, from seed 1 on.
    pub seeds: u64,
    /// Why the model does not show it; `None` where it does.
    pub fails_because: Option<String>,
    /// Where it stands.
    pub place: String,
}

impl Expectation {
    /// The runs that are as asked.
    #[must_use]
    pub fn count(&self, runs: &[Figures]) -> u64 {
        runs.iter().filter(|run| self.asked.holds(run)).count() as u64
    }

    /// Whether the runs of seeds 1 to `seeds` show it, whether or not the model is known to.
    #[must_use]
    pub fn is_shown(&self, runs: &[Figures]) -> bool {
        self.count(runs) >= self.least
    }

    /// The same of a part of these runs: `None` while those that are missing could decide.
    #[must_use]
    pub fn holds(&self, runs: &[Figures]) -> Option<bool> {
        let (count, missing) = (self.count(runs), self.seeds.saturating_sub(runs.len() as u64));
        if count >= self.least {
            return Some(true);
        }
        (count + missing < self.least).then_some(false)
    }

    /// What is expected: `4.6: oom in at least 4 of 8 runs`.
    #[must_use]
    pub fn text(&self) -> String {
        let asked = match &self.asked {
            Asked::Outcome(outcomes) => {
                outcomes.iter().map(|outcome| outcome.name()).collect::<Vec<_>>().join(" or ")
            }
            Asked::Within(figure, 0, most) => format!("{} at most {}", figure.key, value(figure, *most)),
            Asked::Within(figure, least, u64::MAX) => {
                format!("{} at least {}", figure.key, value(figure, *least))
            }
            Asked::Within(figure, least, most) => {
                format!("{} {} to {}", figure.key, value(figure, *least), value(figure, *most))
            }
        };
        let runs = if self.least == self.seeds {
            format!("all {} runs", self.seeds)
        } else {
            format!("at least {} of {} runs", self.least, self.seeds)
        };
        let fails = self.fails_because.as_ref();
        let fails = fails.map_or_else(String::new, |why| format!(" (the model does not show it: {why})"));
        format!("{}: {asked} in {runs}{fails}", self.kernel)
    }

    /// What was found: `3 of 8; free-min 0 to 12`.
    #[must_use]
    pub fn found(&self, runs: &[Figures]) -> String {
        let count = format!("{} of {}", self.count(runs), runs.len());
        let Asked::Within(figure, ..) = &self.asked else { return count };
        match Range::of(runs.iter().filter_map(figure.of)) {
            None => format!("{count}; no run has it"),
            Some(range) => format!("{count}; {}", spread(range, |it| value(figure, it))),
        }
    }
}

fn value(figure: &Figure, value: u64) -> String {
    match figure.unit {
        Unit::Time => duration(value),
        Unit::Count => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(key: &str, least: u64, most: u64) -> Expectation {
        let figure = FIGURES.iter().find(|figure| figure.key == key).unwrap();
        Expectation {
            kernel: "4.6".to_owned(),
            asked: Asked::Within(figure, least, most),
            least: 2,
            seeds: 3,
            fails_because: None,
            place: "x.toml:9".to_owned(),
        }
    }

    #[test]
    fn runs_that_are_as_asked_are_counted() {
        let run = |outcome: &str, free| Figures {
            outcome: outcome.to_owned(),
            free_pages_min: free,
            ..Figures::default()
        };
        let runs = [run("oom", 0), run("livelock", 7), run("completed", 400)];
        let few = asks("free-min", 0, 10);
        assert_eq!((few.count(&runs), few.is_shown(&runs)), (2, true));
        assert_eq!(few.found(&runs), "2 of 3; 7 (0 to 400)");
        // Two of three: settled once two are there, or once two are not.
        assert_eq!((few.holds(&runs[..1]), few.holds(&runs[..2])), (None, Some(true)));
        assert_eq!(
            (few.holds(&runs[2..]), few.holds(&[runs[2].clone(), runs[2].clone()])),
            (None, Some(false))
        );
        assert_eq!(few.text(), "4.6: free-min at most 10 in at least 2 of 3 runs");
        let mut stuck = asks("free-min", 0, 0);
        stuck.asked = Asked::Outcome(vec![Outcome::Livelock, Outcome::Timeout]);
        stuck.least = 3;
        stuck.fails_because = Some("why".to_owned());
        assert_eq!((stuck.count(&runs), stuck.is_shown(&runs)), (1, false));
        assert_eq!(stuck.text(), "4.6: livelock or timeout in all 3 runs (the model does not show it: why)");
        assert_eq!(stuck.found(&runs), "1 of 3");
    }

    #[test]
    fn a_run_without_the_figure_is_not_as_asked() {
        let done = asks("done", 0, 40_000_000_000);
        assert_eq!(done.count(&[Figures::default()]), 0);
        assert_eq!(done.found(&[Figures::default()]), "0 of 1; no run has it");
        assert_eq!(done.text(), "4.6: done at most 40.0 s in at least 2 of 3 runs");
    }
}
