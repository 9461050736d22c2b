//! `swapscope run`, `link` and `open`.

use crate::input::load;
use crate::options::{ChangeArguments, LinkArguments, OpenArguments, OutputArguments, RunArguments};
use crate::progress::Progress;
use crate::{Failure, story, terminal};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use swapscope_chart as chart;
use swapscope_scenario::export::{csv, perfetto, vmstat};
use swapscope_scenario::link::{BASE, Finding, Focus, Opened, decode, encode, encode_with};
use swapscope_scenario::mail::{MailRun, mail};
use swapscope_scenario::report::{Document, Figures, KernelResult};
use swapscope_scenario::settings::Change;
use swapscope_scenario::text::clause;
use swapscope_scenario::{Error, Scenario, Setup, error};
use swapscope_sim::config::Config;
use swapscope_sim::trace::Trace;

/// Runs a scenario.
///
/// # Errors
/// Input that cannot be used; a file that cannot be written.
pub fn run(arguments: &RunArguments) -> Result<String, Failure> {
    let setup = setup(&plain(load(&arguments.scenario)?), &arguments.changes)?;
    let file = created(&setup, &arguments.output)?;
    formed(&setup, Focus::default(), &results(&setup)?, &arguments.output, file)
}

/// The link of a scenario.
///
/// # Errors
/// Input that cannot be used.
pub fn link(arguments: &LinkArguments) -> Result<String, Failure> {
    let setup = setup(&plain(load(&arguments.scenario)?), &arguments.changes)?;
    Ok(encode(&setup, BASE)? + "\n")
}

/// Runs what a link says, and tells whether the result is the one that was shared.
///
/// # Errors
/// Input that cannot be used; a file that cannot be written.
pub fn open(arguments: &OpenArguments) -> Result<String, Failure> {
    let opened = decode(&arguments.link)?;
    let setup = setup(&opened, &arguments.changes)?;
    if let Some(note) = opened.note() {
        eprintln!("swapscope: {note}");
    }
    let file = created(&setup, &arguments.output)?;
    let results = results(&setup)?;
    let unchanged = opened.setup()? == setup;
    let found = finding(&results);
    if unchanged
        && opened.is_news(&found)
        && let Some(note) = opened.verdict_note(&setup.kernel_names(), &found)
    {
        eprintln!("swapscope: {note}");
    }
    formed(&setup, opened.focus, &results, &arguments.output, file)
}

/// A scenario as a link says it that changes nothing.
pub fn plain(scenario: Scenario) -> Opened {
    Opened::plain(scenario)
}

/// What a link says, with what the command line changes on top.
///
/// # Errors
/// Input that cannot be used, at its option.
pub fn setup(opened: &Opened, arguments: &ChangeArguments) -> Result<Setup, Error> {
    let mut changes = opened.changes.clone();
    for text in &arguments.set {
        let place = format!("--set {}", error::shown(text));
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| Error::new(&place, "expected KEY=VALUE, such as ram=2G"))?;
        changes.push(Change::parse(key.trim(), value, &place)?);
    }
    if let Some(work) = &arguments.max_work {
        changes.push(Change::parse("max-work", work, "--max-work")?);
    }
    let mut kernels: Vec<(String, String)> =
        arguments.kernels.iter().map(|name| (name.clone(), "--kernel".to_owned())).collect();
    if kernels.is_empty() {
        kernels.clone_from(&opened.kernels);
    }
    let setup = Setup::with(opened.scenario.clone(), &changes, &kernels)?;
    let (seed, seeds) = (arguments.seed.unwrap_or(opened.seed), arguments.seeds.unwrap_or(opened.seeds));
    setup.seeds(seed, seeds, "--seed, --seeds")
}

/// The file that was asked for, opened before the runs: they may take long, and a wrong path should not.
fn created<'a>(setup: &Setup, output: &'a OutputArguments) -> Result<Option<(&'a Path, File)>, Failure> {
    // A comparison that no link can hold is refused before it is run.
    encode(setup, BASE)?;
    // The same goes for a time that is none.
    if let Some(text) = &output.at {
        story::time(text)?;
    }
    let paths = [&output.svg, &output.csv, &output.vmstat, &output.perfetto];
    let path = paths.into_iter().find_map(Option::as_deref);
    let Some(path) = path else { return Ok(None) };
    match File::create(path) {
        Ok(file) => Ok(Some((path, file))),
        Err(error) => Err(Failure::Input(format!("{}: {error}", path.display()))),
    }
}

/// The result in the form that was asked for.
fn formed(
    setup: &Setup,
    focus: Focus,
    results: &[KernelResult],
    output: &OutputArguments,
    file: Option<(&Path, File)>,
) -> Result<String, Failure> {
    let link = encode_with(setup, BASE, &focus, Some(&finding(results)))?;
    if output.json {
        return json(&Document::new(&setup.scenario.name, setup.seed, link, results));
    }
    if output.mail {
        let runs: Vec<MailRun<'_>> = results.iter().map(MailRun::from).collect();
        return Ok(mail(setup, &runs, &link));
    }
    if output.dmesg {
        return Ok(terminal::logs(setup, results));
    }
    if let Some(text) = &output.at {
        return Ok(story::tasks(setup, results, story::time(text)?));
    }
    if let Some(number) = output.why {
        return story::why(setup, results, number);
    }
    let Some((path, mut file)) = file else { return Ok(terminal::report(setup, results, &link)) };
    let text = if output.svg.is_some() {
        svg(setup, results, &link)
    } else if output.csv.is_some() {
        csv(results)
    } else if output.perfetto.is_some() {
        perfetto(results, &link)
    } else {
        vmstat(results)
    };
    file.write_all(text.as_bytes()).map_err(|error| Failure::Io(format!("{}: {error}", path.display())))?;
    Ok(String::new())
}

/// What the shown runs came to.
pub fn finding(results: &[KernelResult]) -> Finding {
    Finding::of(results.iter().filter_map(|result| result.figures.first()))
}

fn svg(setup: &Setup, results: &[KernelResult], link: &str) -> String {
    drawn_over(setup, results, link, None)
}

/// The picture of some runs, with a recording over each of them.
pub fn drawn_over(
    setup: &Setup,
    results: &[KernelResult],
    link: &str,
    recorded: Option<&chart::Run>,
) -> String {
    let runs: Vec<(String, String, chart::Run)> = results
        .iter()
        .map(|result| {
            let outcome = clause(&[Figures::of(&result.trace)]);
            let mut run = chart::Run::from_trace(&result.trace);
            run.recorded = recorded.cloned().map(Box::new);
            (result.kernel.name(), outcome, run)
        })
        .collect();
    let columns: Vec<chart::Column<'_>> =
        runs.iter().map(|(kernel, outcome, run)| chart::Column { kernel, outcome, run }).collect();
    chart::svg(&setup.scenario.title, &columns, link)
}

/// A JSON value on lines of its own.
///
/// # Errors
/// None that is known; serialising could fail in principle.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Io(error.to_string()))?;
    Ok(text + "\n")
}

/// Does runs on all CPUs; the results are in the order of the pieces.
///
/// # Errors
/// A piece that did not end.
pub fn parallel<T: Send>(jobs: usize, work: impl Fn(usize) -> T + Sync) -> Result<Vec<T>, Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0..jobs).map(|_| None::<T>).collect::<Vec<_>>());
    let progress = Progress::new(jobs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= jobs {
                        break;
                    }
                    let result = work(job);
                    progress.step();
                    done.lock().unwrap_or_else(PoisonError::into_inner)[job] = Some(result);
                }
            });
        }
    });
    let done: Vec<T> =
        done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect();
    if done.len() == jobs { Ok(done) } else { Err(Failure::Io("a run did not end".to_owned())) }
}

/// Runs every kernel with every seed, on all CPUs. Which thread runs what has no influence on the result.
pub fn results(setup: &Setup) -> Result<Vec<KernelResult>, Failure> {
    let config = setup.config()?;
    let seeds = usize::try_from(setup.seeds).unwrap_or(1);
    let done = parallel(setup.kernels.len() * seeds, |job| one(setup, &config, job, seeds))?;
    let mut done = done.into_iter();
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
