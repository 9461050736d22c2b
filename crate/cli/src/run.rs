//! `swapscope run`.

use crate::options::{ChangeArguments, OutputArguments, RunArguments};
use crate::{Failure, csv};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use swapscope_scenario::file::BUNDLED;
use swapscope_scenario::report::{Document, Figures, KernelResult};
use swapscope_scenario::settings::Change;
use swapscope_scenario::{Error, Scenario, Setup, error};
use swapscope_sim::config::Config;
use swapscope_sim::trace::Trace;

/// Runs a scenario.
///
/// # Errors
/// Input that cannot be used; a file that cannot be written.
pub fn run(arguments: &RunArguments) -> Result<String, Failure> {
    let setup = setup(load(&arguments.scenario)?, &[], &[], (1, 1), &arguments.changes)?;
    print(&setup, &arguments.output)
}

/// A scenario with what the command line changes, on top of what a link changed.
///
/// # Errors
/// Unknown names, values out of range.
pub fn setup(
    scenario: Scenario,
    linked: &[Change],
    linked_kernels: &[(String, String)],
    linked_seeds: (u64, u64),
    arguments: &ChangeArguments,
) -> Result<Setup, Failure> {
    let mut changes = linked.to_vec();
    for text in &arguments.set {
        let place = format!("--set {}", error::shown(text));
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::Input(format!("{place}: expected KEY=VALUE, such as ram=2G")))?;
        changes.push(Change::parse(key.trim(), value, &place)?);
    }
    let mut kernels: Vec<(String, String)> =
        arguments.kernels.iter().map(|name| (name.clone(), "--kernel".to_owned())).collect();
    if kernels.is_empty() {
        kernels = linked_kernels.to_vec();
    }
    let setup = Setup::with(scenario, &changes, &kernels)?;
    let (seed, seeds) = (arguments.seed.unwrap_or(linked_seeds.0), arguments.seeds.unwrap_or(linked_seeds.1));
    Ok(setup.seeds(seed, seeds, "--seed, --seeds")?)
}

/// A file where there is one of this name, else a bundled scenario.
///
/// # Errors
/// A name that is neither, a file that cannot be read or understood.
pub fn load(name: &str) -> Result<Scenario, Failure> {
    if Path::new(name).is_file() {
        let text = std::fs::read_to_string(name)
            .map_err(|error| Failure::Input(format!("{}: {error}", error::shown(name))))?;
        return Ok(Scenario::parse(name, &text)?);
    }
    if name.contains(['/', '\\']) || name.ends_with(".toml") {
        return Err(Failure::Input(format!("{}: there is no such file", error::shown(name))));
    }
    Scenario::bundled(name, "SCENARIO").map_err(|found| {
        let all: Vec<&str> = BUNDLED.iter().map(|bundled| bundled.name).collect();
        let hint = format!("; or give a file (bundled: {})", all.join(", "));
        Failure::from(Error { message: found.message + &hint, ..found })
    })
}

/// Runs and puts the result into the form that was asked for.
///
/// # Errors
/// A file that cannot be written.
pub fn print(setup: &Setup, output: &OutputArguments) -> Result<String, Failure> {
    let results = results(setup)?;
    if let Some(file) = &output.csv {
        let text = csv::csv(&results);
        std::fs::write(file, text).map_err(|error| Failure::Io(format!("{}: {error}", file.display())))?;
        return Ok(String::new());
    }
    let document = Document::new(&setup.scenario.name, setup.seed, String::new(), &results);
    json(&document)
}

/// A JSON value on lines of its own.
///
/// # Errors
/// None that is known; serialising could fail in principle.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Io(error.to_string()))?;
    Ok(text + "\n")
}

/// Runs every kernel with every seed, on all CPUs. Which thread runs what has no influence on the result.
fn results(setup: &Setup) -> Result<Vec<KernelResult>, Failure> {
    let config = setup.config()?;
    let seeds = usize::try_from(setup.seeds).unwrap_or(1);
    let jobs = setup.kernels.len() * seeds;
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0..jobs).map(|_| None::<(Figures, Option<Trace>)>).collect::<Vec<_>>());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= jobs {
                        break;
                    }
                    let result = one(setup, &config, job, seeds);
                    done.lock().unwrap_or_else(PoisonError::into_inner)[job] = Some(result);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten();
    let mut results = Vec::new();
    for kernel in &setup.kernels {
        let mut shown = None;
        let mut figures = Vec::new();
        for (figure, trace) in done.by_ref().take(seeds) {
            figures.push(figure);
            shown = shown.or(trace);
        }
        let trace = shown.ok_or_else(|| Failure::Io("a run did not end".to_owned()))?;
        results.push(KernelResult { kernel: kernel.clone(), trace, figures });
    }
    Ok(results)
}

/// One run; only the shown one keeps its trace.
fn one(setup: &Setup, config: &Config, job: usize, seeds: usize) -> (Figures, Option<Trace>) {
    let offset = (job % seeds) as u64;
    let trace = swapscope_sim::run(config, &setup.kernels[job / seeds].policy, setup.seed + offset);
    let figures = Figures::of(&trace);
    (figures, (offset == 0).then_some(trace))
}
