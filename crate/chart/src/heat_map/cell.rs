//! What the cells of a heat map say.

use swapscope_sim::sort;
use swapscope_sim::trace::Outcome;
use swapscope_sim::units::Nanos;

use crate::format::seconds;

/// From the worst outcome to the best. A machine that kills is worse than one that crawls, which still could get there.
pub(super) const ORDER: [Outcome; 5] =
    [Outcome::Oom, Outcome::Livelock, Outcome::Timeout, Outcome::Stopped, Outcome::Completed];

/// What the cells are coloured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// The worst outcome, and how many runs ended so.
    #[default]
    Outcome,
    /// How many runs had an OOM kill.
    Oom,
    /// How many runs neither finished nor had an OOM kill.
    Stuck,
    /// When the workload was done: the median of the runs that finished.
    Done,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Outcome, Self::Oom, Self::Stuck, Self::Done];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Oom => "oom",
            Self::Stuck => "stuck",
            Self::Done => "done",
        }
    }

    /// The measure of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// How it is to be read.
    #[must_use]
    pub const fn explained(self) -> &'static str {
        match self {
            Self::Outcome => {
                "Colour and word: the worst outcome of the runs of a cell; strength and numbers: how many of its runs ended so."
            }
            Self::Oom => "Strength and numbers: how many runs of a cell had an OOM kill.",
            Self::Stuck => {
                "Strength and numbers: how many runs of a cell neither finished nor had an OOM kill."
            }
            Self::Done => {
                "Strength and time: median of the runs that finished, from the start of the machine; numbers: how many, \
                 unless all did."
            }
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its seed.
    pub seed: u64,
    /// Its outcome.
    pub outcome: Outcome,
    /// When its workload was done, in milliseconds from the start of the machine.
    pub done_ms: Option<u64>,
}

/// How the runs of one cell ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Vec<Ending>);

impl Tally {
    /// Counts a run. The order in which runs come does not matter.
    pub fn add(&mut self, ending: Ending) {
        let at = self.0.partition_point(|other| other.seed < ending.seed);
        self.0.insert(at, ending);
    }

    /// Runs that ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.0.iter().filter(|ending| ending.outcome == outcome).count()
    }

    /// All runs.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.0.len()
    }

    /// The worst outcome; nothing where there is no run.
    #[must_use]
    pub fn worst(&self) -> Option<Outcome> {
        ORDER.into_iter().find(|outcome| self.count(*outcome) > 0)
    }

    /// The run in the middle of those that finished, and their number.
    fn done(&self) -> Option<(u64, Ending, usize)> {
        let mut done: Vec<(u64, Ending)> =
            self.0.iter().filter_map(|ending| Some((ending.done_ms?, *ending))).collect();
        sort::by_number(&mut done, |(_, ending)| ending.seed);
        sort::by_number(&mut done, |(ms, _)| *ms);
        let (ms, ending) = *done.get(done.len().checked_sub(1)? / 2)?;
        Some((ms, ending, done.len()))
    }

    /// When the workload was done, in the middle of the runs that finished, in milliseconds.
    #[must_use]
    pub fn done_ms(&self) -> Option<u64> {
        self.done().map(|(ms, ..)| ms)
    }

    /// The same as a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let parts: Vec<String> = ORDER
            .into_iter()
            .filter(|outcome| self.count(*outcome) > 0)
            .map(|outcome| format!("{} of {} {}", self.count(outcome), self.total(), outcome.name()))
            .collect();
        let done = self.done_ms().map_or_else(String::new, |ms| format!(", done at {}", time(ms)));
        if parts.is_empty() { "not run".to_owned() } else { parts.join(", ") + &done }
    }

    /// What it looks like; nothing where there is no run. `range` is that of the times of all cells.
    #[must_use]
    pub fn look(&self, measure: Measure, range: (u64, u64)) -> Option<Swatch> {
        let worst = self.worst()?;
        Some(match measure {
            Measure::Outcome => self.worded(worst),
            Measure::Oom => self.share(Outcome::Oom, |outcome| outcome == Outcome::Oom),
            Measure::Stuck => self.share(Outcome::Livelock, |outcome| {
                matches!(outcome, Outcome::Livelock | Outcome::Timeout | Outcome::Stopped)
            }),
            Measure::Done => match self.done() {
                None => self.worded(worst),
                Some(done) => self.timed(done, range),
            },
        })
    }

    fn worded(&self, worst: Outcome) -> Swatch {
        let share = format!("{}/{}", self.count(worst), self.total());
        Swatch {
            forms: [
                format!("{} {share}", word(worst)),
                format!("{}{share}", letter(worst)),
                letter(worst).to_owned(),
            ],
            ..self.share(worst, |outcome| outcome == worst)
        }
    }

    fn share(&self, ink: Outcome, counts: impl Fn(Outcome) -> bool) -> Swatch {
        let counted = self.0.iter().filter(|ending| counts(ending.outcome)).count();
        let first = self.0.iter().find(|ending| counts(ending.outcome)).or(self.0.first());
        let share = format!("{counted}/{}", self.total());
        Swatch {
            outcome: (counted > 0).then_some(ink),
            strength: strength(counted as u64, self.total() as u64),
            forms: [share.clone(), share, counted.to_string()],
            seed: first.map_or(0, |ending| ending.seed),
        }
    }

    fn timed(&self, (ms, ending, finished): (u64, Ending, usize), (least, most): (u64, u64)) -> Swatch {
        let some =
            if finished == self.total() { String::new() } else { format!(" {finished}/{}", self.total()) };
        let short = format!("{}s", (ms + 500) / 1000);
        Swatch {
            outcome: Some(Outcome::Completed),
            strength: strength(ms.saturating_sub(least), most.saturating_sub(least)),
            forms: [time(ms) + &some, short.clone(), short],
            seed: ending.seed,
        }
    }
}

/// What a cell looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swatch {
    /// The outcome whose colour and hatch it has; none of them where there is nothing of what is asked for.
    pub outcome: Option<Outcome>,
    /// Strength of the colour in hundredths.
    pub strength: u64,
    /// What stands in it, from the longest form to the shortest.
    pub forms: [String; 3],
    /// Seed of a run that is so.
    pub seed: u64,
}

/// Strong enough to tell from paper, weak enough for words upon it in both themes: 15 to 50 hundredths.
const fn strength(part: u64, all: u64) -> u64 {
    15 + match (35 * part).checked_div(all) {
        Some(more) => more,
        None => 0,
    }
}

/// A time of so many milliseconds.
pub(super) fn time(ms: u64) -> String {
    seconds(Nanos::from_ms(ms))
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Oom => "OOM",
        Outcome::Livelock => "stuck",
        Outcome::Timeout => "late",
        Outcome::Stopped => "cut",
        Outcome::Completed => "done",
    }
}

const fn letter(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Oom => "O",
        Outcome::Livelock => "S",
        Outcome::Timeout => "L",
        Outcome::Stopped => "C",
        Outcome::Completed => "D",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Completed, Livelock, Oom, Timeout};

    fn tally(endings: &[(Outcome, Option<u64>)]) -> Tally {
        let mut tally = Tally::default();
        let numbered: Vec<_> = (1..).zip(endings).collect();
        for (seed, (outcome, done_ms)) in numbered.into_iter().rev() {
            tally.add(Ending { seed, outcome: *outcome, done_ms: *done_ms });
        }
        tally
    }

    #[test]
    fn each_measure_has_its_numbers_and_its_run() {
        let cell = tally(&[
            (Completed, Some(4000)),
            (Livelock, None),
            (Oom, None),
            (Timeout, None),
            (Completed, Some(9000)),
        ]);
        let look = |measure| {
            cell.look(measure, (4000, 14_000)).map(|look| (look.forms[0].clone(), look.strength, look.seed))
        };
        assert_eq!(look(Measure::Outcome), Some(("OOM 1/5".to_owned(), 22, 3)));
        assert_eq!(look(Measure::Oom), Some(("1/5".to_owned(), 22, 3)));
        assert_eq!(look(Measure::Stuck), Some(("2/5".to_owned(), 29, 2)));
        assert_eq!(look(Measure::Done), Some(("4.0 s 2/5".to_owned(), 15, 1)));
        assert_eq!(
            cell.in_words(),
            "1 of 5 oom, 1 of 5 livelock, 1 of 5 timeout, 2 of 5 completed, done at 4.0 s"
        );
    }

    #[test]
    fn what_there_is_nothing_of_has_no_colour() {
        let done = tally(&[(Completed, Some(4000))]);
        assert_eq!(done.look(Measure::Oom, (0, 0)).and_then(|look| look.outcome), None);
        let never = tally(&[(Livelock, None)]);
        assert_eq!(
            never.look(Measure::Done, (0, 0)).map(|look| look.forms[0].clone()).as_deref(),
            Some("stuck 1/1")
        );
        assert_eq!(Tally::default().look(Measure::Done, (0, 0)), None);
    }

    #[test]
    fn measures_are_found_by_name() {
        for measure in Measure::ALL {
            assert_eq!(Measure::parse(measure.name()), Some(measure));
        }
        assert_eq!(Measure::parse("kills"), None);
    }
}
