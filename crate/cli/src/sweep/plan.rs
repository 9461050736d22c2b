//! What a sweep consists of: which run has which number, and what the table says of it.

use super::RUNS_MAX;
use super::vary::Vary;
use crate::options::{ChangeArguments, SweepArguments};
use crate::{Failure, run};
use std::fmt::Write;
use swapscope_scenario::param::PARAMS;
use swapscope_scenario::report::{Figures, digest};
use swapscope_scenario::settings::Settings;
use swapscope_scenario::{Error, Setup, error::shown};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::config::Config;
use swapscope_sim::trace::{Series, Trace};

/// All runs of a sweep. They are numbered: the first varied key turns slowest, then the others, kernels, seeds.
pub struct Plan {
    /// The varied keys.
    pub varied: Vec<Vary>,
    /// The first point: its scenario, kernels and seeds are those of all.
    pub first: Setup,
    points: Vec<Config>,
    head: String,
}

/// Where a run lies.
pub struct Place {
    /// Number of the point.
    pub point: usize,
    /// Number of the kernel.
    pub kernel: usize,
    /// The seed.
    pub seed: u64,
}

impl Plan {
    /// The plan that the command line asks for.
    ///
    /// # Errors
    /// Input that cannot be used, wherever in the grid; a grid that is too large.
    pub fn new(arguments: &SweepArguments) -> Result<Self, Failure> {
        let mut varied: Vec<Vary> = Vec::new();
        for text in &arguments.vary {
            let vary = Vary::parse(text)?;
            check_once(&vary, &varied, &arguments.changes, text)?;
            varied.push(vary);
        }
        let mut opened = run::plain(run::load(&arguments.scenario)?);
        let count = varied.iter().try_fold(1_usize, |count, vary| count.checked_mul(vary.values.len()));
        // A sound point tells the number of kernels and seeds; the whole grid is looked at only if it is not too large.
        let mut point = |number: usize| {
            let places = places(&varied, number);
            opened.changes = varied.iter().zip(&places).map(|(vary, at)| vary.change(*at)).collect();
            run::setup(&opened, &arguments.changes).map_err(|failure| at_point(failure, &varied, &places))
        };
        let first = point(0)?;
        let each = first.kernels.len().saturating_mul(usize::try_from(first.seeds).unwrap_or(usize::MAX));
        let count = match count {
            Some(count) if count.saturating_mul(each) <= RUNS_MAX => count,
            _ => {
                let sizes: Vec<String> = varied.iter().map(|vary| vary.values.len().to_string()).collect();
                return Err(Failure::Input(format!(
                    "--vary: {} values x {} kernels x {} seeds are too many runs: expected at most {RUNS_MAX}",
                    sizes.join(" x "),
                    first.kernels.len(),
                    first.seeds
                )));
            }
        };
        let (mut points, mut prints) = (Vec::new(), Vec::new());
        for number in 0..count {
            let setup = point(number)?;
            points.push(setup.config()?);
            prints.push(fingerprint(&setup.settings));
        }
        let head = head(&first, &varied, digest(prints));
        Ok(Self { varied, first, points, head })
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.points.len() * self.each()
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Number of runs of a point.
    fn each(&self) -> usize {
        self.first.kernels.len() * self.seeds()
    }

    fn seeds(&self) -> usize {
        usize::try_from(self.first.seeds).unwrap_or(1)
    }

    /// Where a run lies.
    pub fn place(&self, run: usize) -> Place {
        let (point, rest) = (run / self.each(), run % self.each());
        let seed = self.first.seed + (rest % self.seeds()) as u64;
        Place { point, kernel: rest / self.seeds(), seed }
    }

    /// Which value each varied key has at a point.
    pub fn values(&self, point: usize) -> Vec<usize> {
        places(&self.varied, point)
    }

    /// The two lines above the runs: what they are runs of, and the names of the columns.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The start of a run's line, up to the first column that has to be found out.
    pub fn key(&self, run: usize) -> String {
        let place = self.place(run);
        let mut out = format!("{run},{},{}", self.first.kernels[place.kernel].name(), place.seed);
        for (vary, at) in self.varied.iter().zip(self.values(place.point)) {
            let _ = write!(out, ",{}", vary.value(at));
        }
        out + ","
    }

    /// Does a run and writes its line.
    pub fn line(&self, run: usize) -> String {
        let place = self.place(run);
        let policy = &self.first.kernels[place.kernel].policy;
        let trace = swapscope_sim::run(&self.points[place.point], policy, place.seed);
        self.key(run) + &found(&trace)
    }
}

/// Names of the columns behind the varied keys, in the order of [`found`].
pub const FOUND: &str = "outcome,done_ms,oom_ms,free_min_pages,swap_out_pages,throttle_sleeps,hash";

fn found(trace: &Trace) -> String {
    let figures = Figures::of(trace);
    let ms = |ns: Option<u64>| ns.map_or(String::new(), |ns| (ns / 1_000_000).to_string());
    format!(
        "{},{},{},{},{},{},{:016x}",
        figures.outcome,
        ms(figures.workload_done_ns),
        ms(figures.oom_t_ns),
        figures.free_pages_min,
        trace.column(Series::SwapOut).last.last().copied().unwrap_or(0),
        figures.throttle_sleeps,
        figures.hash
    )
}

fn check_once(vary: &Vary, before: &[Vary], changes: &ChangeArguments, text: &str) -> Result<(), Failure> {
    let key = vary.param.key;
    let set = changes.set.iter().any(|set| set.split('=').next().is_some_and(|name| name.trim() == key));
    let other = if before.iter().any(|other| other.param.key == key) {
        "varied twice"
    } else if set {
        "varied and set with --set"
    } else {
        return Ok(());
    };
    Err(Error::new(format!("--vary {}", shown(text)), format!("{key} is {other}")).into())
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

/// Not every corner of a grid need fit into a machine: the message names the one that does not.
fn at_point(failure: Failure, varied: &[Vary], places: &[usize]) -> Failure {
    let values =
        varied.iter().zip(places).map(|(vary, at)| format!("{}={}", vary.param.key, vary.value(*at)));
    let point = values.collect::<Vec<_>>().join(" ");
    match failure {
        Failure::Input(message) => Failure::Input(format!("{message} (at {point})")),
        Failure::Io(message) => Failure::Io(message),
    }
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
