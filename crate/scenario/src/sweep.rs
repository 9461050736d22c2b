//! A grid of settings, on several kernels, with several seeds: which run has which number, what the table says of it, and
//! which cell of a map it belongs to.

use crate::error::{Error, shown};
use crate::param::PARAMS;
use crate::report::{Figures, digest};
use crate::settings::{Change, Settings};
use crate::setup::Setup;
use std::fmt::Write;
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::config::Config;

mod vary;

pub use vary::Vary;

/// Most runs of a sweep.
pub const RUNS_MAX: usize = 100_000;

/// All runs of a sweep. They are numbered: the first varied key turns slowest, then the others, kernels, seeds.
#[derive(Debug)]
pub struct Plan {
    /// The varied keys.
    pub varied: Vec<Vary>,
    /// The first point: its scenario, kernels and seeds are those of all.
    pub first: Setup,
    /// Number of points.
    count: usize,
    points: Vec<Config>,
    /// Fingerprints of the points, until all are there.
    prints: Vec<u64>,
    head: String,
}

/// Where a run lies.
#[derive(Debug)]
pub struct Place {
    /// Number of the point.
    pub point: usize,
    /// Number of the kernel.
    pub kernel: usize,
    /// The seed.
    pub seed: u64,
}

impl Plan {
    /// The runs of `resolve` with these values. `resolve` says what a point is with the changes that lead to it.
    ///
    /// # Errors
    /// Input that cannot be used, wherever in the grid; a key that is varied twice; more than `most` runs.
    pub fn new(
        varied: Vec<Vary>,
        most: usize,
        resolve: impl Fn(&[Change]) -> Result<Setup, Error>,
    ) -> Result<Self, Error> {
        let first = resolve(&changes(&varied, 0)).map_err(|error| at_point(error, &varied, 0))?;
        let mut plan = Self::begin(varied, most, first)?;
        while let Some(changes) = plan.next_changes() {
            plan.push(resolve(&changes))?;
        }
        Ok(plan)
    }

    /// A plan whose points are still to come, one after the other: [`Plan::next_changes`], [`Plan::push`]. `first` is what the
    /// first of them is.
    ///
    /// # Errors
    /// A key that is varied twice; more than `most` runs.
    pub fn begin(varied: Vec<Vary>, most: usize, first: Setup) -> Result<Self, Error> {
        for (at, vary) in varied.iter().enumerate() {
            if varied[..at].iter().any(|other| other.param.key == vary.param.key) {
                return Err(vary.wrong("varied twice"));
            }
        }
        // A sound point tells the number of kernels and seeds; the whole grid is looked at only if it is not too large.
        let count = varied.iter().try_fold(1_usize, |count, vary| count.checked_mul(vary.values.len()));
        let each = first.kernels.len().saturating_mul(usize::try_from(first.seeds).unwrap_or(usize::MAX));
        let count = match count {
            Some(count) if count.saturating_mul(each) <= most => count,
            _ => {
                let sizes: Vec<String> = varied.iter().map(|vary| vary.values.len().to_string()).collect();
                return Err(Error::new(
                    "--vary",
                    format!(
                        "{} values x {} kernels x {} seeds are too many runs: expected at most {most}",
                        sizes.join(" x "),
                        first.kernels.len(),
                        first.seeds
                    ),
                ));
            }
        };
        Ok(Self { varied, first, count, points: Vec::new(), prints: Vec::new(), head: String::new() })
    }

    /// The changes that lead to the point that is looked at next; `None` once all are there.
    #[must_use]
    pub fn next_changes(&self) -> Option<Vec<Change>> {
        (self.points.len() < self.count).then(|| changes(&self.varied, self.points.len()))
    }

    /// Adds the next point.
    ///
    /// # Errors
    /// That of the point, with its place in the grid.
    pub fn push(&mut self, point: Result<Setup, Error>) -> Result<(), Error> {
        let at = self.points.len();
        let point = point.and_then(|setup| Ok((setup.config()?, fingerprint(&setup.settings))));
        let (config, print) = point.map_err(|error| at_point(error, &self.varied, at))?;
        self.points.push(config);
        self.prints.push(print);
        if self.points.len() == self.count {
            self.head = head(&self.first, &self.varied, digest(self.prints.drain(..)));
        }
        Ok(())
    }

    /// Number of runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.count * self.each()
    }

    /// Number of points.
    #[must_use]
    pub const fn points(&self) -> usize {
        self.count
    }

    /// Number of runs of a point.
    fn each(&self) -> usize {
        self.first.kernels.len() * self.seeds()
    }

    fn seeds(&self) -> usize {
        usize::try_from(self.first.seeds).unwrap_or(1)
    }

    /// Where a run lies.
    #[must_use]
    pub fn place(&self, run: usize) -> Place {
        let (point, rest) = (run / self.each(), run % self.each());
        let seed = self.first.seed + (rest % self.seeds()) as u64;
        Place { point, kernel: rest / self.seeds(), seed }
    }

    /// Which value each varied key has at a point.
    #[must_use]
    pub fn values(&self, point: usize) -> Vec<usize> {
        places(&self.varied, point)
    }

    /// The two lines above the runs: what they are runs of, and the names of the columns.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The start of a run's line, up to the first column that has to be found out.
    #[must_use]
    pub fn key(&self, run: usize) -> String {
        let place = self.place(run);
        let mut out = format!("{run},{},{}", self.first.kernels[place.kernel].name(), place.seed);
        for (vary, at) in self.varied.iter().zip(self.values(place.point)) {
            let _ = write!(out, ",{}", vary.value(at));
        }
        out + ","
    }

    /// What the model runs at a point.
    #[must_use]
    pub fn config(&self, point: usize) -> Option<&Config> {
        self.points.get(point)
    }

    /// The line of a run, without the end of the line.
    #[must_use]
    pub fn line(&self, run: usize, figures: &Figures) -> String {
        self.key(run) + &found(figures)
    }

    /// The sides of a map, each with what it is and its values: to the right the first varied key; upwards the second,
    /// or the kernels.
    #[must_use]
    pub fn sides(&self) -> [(String, Vec<String>); 2] {
        let x = self.varied.first().map(side).unwrap_or_default();
        // A list is read from the top, a side from the bottom.
        let kernels = || ("kernel".to_owned(), self.first.kernel_names().into_iter().rev().collect());
        [x, self.varied.get(1).map_or_else(kernels, side)]
    }

    /// What there is a map of: each kernel, or the scenario.
    #[must_use]
    pub fn maps(&self) -> Vec<String> {
        if self.varied.len() > 1 { self.first.kernel_names() } else { vec![self.first.scenario.name.clone()] }
    }

    /// Number of the map that a run belongs to, its column, and its row from the bottom.
    #[must_use]
    pub fn cell(&self, run: usize) -> (usize, usize, usize) {
        let place = self.place(run);
        match self.values(place.point)[..] {
            [x, y, ..] => (place.kernel, x, y),
            [x] => (0, x, self.first.kernels.len() - 1 - place.kernel),
            [] => (0, 0, 0),
        }
    }

    /// What does not vary.
    #[must_use]
    pub fn note(&self) -> String {
        let first = &self.first;
        let fixed: Vec<String> =
            self.fixed(first.changes()).map(|(key, text)| format!("{key}={text}")).collect();
        let with = if fixed.is_empty() { String::new() } else { format!(" with {}", fixed.join(" ")) };
        format!(
            "Simulation, swapscope model {MODEL_VERSION}: scenario {}{with}, seeds {} to {}",
            first.scenario.name,
            first.seed,
            first.seed + first.seeds - 1
        )
    }

    /// The command that does the same.
    #[must_use]
    pub fn command(&self) -> String {
        let first = &self.first;
        let mut out = format!("swapscope sweep {}", first.scenario.name);
        for vary in &self.varied {
            let _ = write!(out, " --vary {}", vary.text);
        }
        for kernel in first.kernel_names() {
            let _ = write!(out, " --kernel {kernel}");
        }
        for (key, text) in self.fixed(first.changes()) {
            let _ = write!(out, " --set {key}={text}");
        }
        out + &format!(" --seed {} --seeds {}", first.seed, first.seeds)
    }

    /// Those of these values that do not vary.
    fn fixed(&self, changes: Vec<(&'static str, String)>) -> impl Iterator<Item = (&'static str, String)> {
        changes.into_iter().filter(|(key, _)| self.varied.iter().all(|vary| vary.param.key != *key))
    }
}

/// Names of the columns behind the varied keys, in the order of [`found`].
pub const FOUND: &str = "outcome,done_ms,oom_ms,free_min_pages,swap_out_pages,throttle_sleeps,hash";

fn found(figures: &Figures) -> String {
    let ms = |ns: Option<u64>| ns.map_or(String::new(), |ns| (ns / 1_000_000).to_string());
    format!(
        "{},{},{},{},{},{},{:016x}",
        figures.outcome,
        ms(figures.workload_done_ns),
        ms(figures.oom_t_ns),
        figures.free_pages_min,
        figures.swap_out_pages,
        figures.throttle_sleeps,
        figures.hash
    )
}

fn side(vary: &Vary) -> (String, Vec<String>) {
    let param = vary.param;
    let unit = if param.unit.is_empty() { param.kind.unit() } else { param.unit };
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let label = format!("{}, {}{unit}", param.key, param.definition);
    (label, vary.values.iter().map(|value| param.kind.show(*value)).collect())
}

/// Which value each key has at a point: digits of its number, the last key's turning fastest.
fn places(varied: &[Vary], point: usize) -> Vec<usize> {
    let mut rest = point;
    let mut out: Vec<usize> = Vec::new();
    for vary in varied.iter().rev() {
        out.push(rest % vary.values.len());
        rest /= vary.values.len();
    }
    out.reverse();
    out
}

/// What leads to a point.
fn changes(varied: &[Vary], point: usize) -> Vec<Change> {
    varied.iter().zip(places(varied, point)).map(|(vary, at)| vary.change(at)).collect()
}

/// Not every corner of a grid need fit into a machine: the message names the one that does not.
fn at_point(error: Error, varied: &[Vary], point: usize) -> Error {
    let values = varied.iter().zip(places(varied, point));
    let values = values.map(|(vary, at)| format!("{}={}", vary.param.key, vary.value(at)));
    let point = values.collect::<Vec<_>>().join(" ");
    Error { message: format!("{} (at {point})", error.message), ..error }
}

/// All settings in one number: a scenario of the same name need not be the same.
fn fingerprint(settings: &Settings) -> u64 {
    let text: String = PARAMS.iter().map(|param| settings.text(param.key) + "\n").collect();
    digest(text.bytes().map(u64::from))
}

fn head(first: &Setup, varied: &[Vary], print: u64) -> String {
    let (seed, last) = (first.seed, first.seed + first.seeds - 1);
    let name = shown(&first.scenario.name).replace(';', " ");
    let mut out = format!(
        "# swapscope sweep; model {MODEL_VERSION}; scenario {name}; kernels {}; seeds {seed} to {last}",
        first.kernel_names().join(" ")
    );
    for vary in varied {
        let _ = write!(out, "; vary {}", vary.text);
    }
    let settings = first.settings.changes_from(&Settings::default()).into_iter();
    let fixed = settings.filter(|(key, _)| varied.iter().all(|vary| vary.param.key != *key));
    let fixed: Vec<String> = fixed.map(|(key, text)| format!("{key}={text}")).collect();
    let keys: String = varied.iter().map(|vary| format!("{},", vary.param.key)).collect();
    let _ = writeln!(out, "; with {}; settings {print:016x}", fixed.join(" "));
    let _ = writeln!(out, "index,kernel,seed,{keys}{FOUND}");
    out
}
