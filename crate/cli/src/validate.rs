//! `swapscope validate`: a recording of a real kernel beside an ensemble of simulated runs.

mod picture;

use crate::input::{created, load, named, read};
use crate::options::ValidateArguments;
use crate::run::{json, parallel, plain, setup};
use crate::terminal::WIDTH;
use crate::{Failure, run};
use serde::Serialize;
use std::fmt::Write;
use std::fs::File;
use std::io::{Read, Write as _};
use std::path::Path;
use swapscope_scenario::link::{BASE, encode};
use swapscope_scenario::settings::Settings;
use swapscope_scenario::text::wrap;
use swapscope_scenario::validate::{Clock, Comparison, Digest, Figures, Recording, table};
use swapscope_scenario::{Error, Setup, validate};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::trace::Trace;

/// Seeds, unless the command line says another number.
const SEEDS: u64 = 16;
/// Largest file of conditions that is read.
const CONDITIONS_MAX: u64 = 1 << 20;

/// Lays a recording beside simulated runs.
///
/// # Errors
/// Input that cannot be used.
pub fn validate(arguments: &ValidateArguments) -> Result<String, Failure> {
    let mut opened = plain(load(&arguments.scenario)?);
    opened.seeds = SEEDS;
    let path = named(&arguments.trace);
    let text = read(&arguments.trace, "CSV")?;
    let mut drawn = None;
    let (mut setup, recorded) = if path.ends_with(".toml") {
        let digest = Digest::parse(&path, &text)?;
        if arguments.svg.is_some() {
            return Err(Failure::Input(format!("--svg: {path} holds no samples: expected a recording, CSV")));
        }
        opened.changes = digest.changes()?;
        if arguments.changes.kernels.is_empty() {
            opened.kernels = vec![(digest.kernel.clone(), path.clone())];
        }
        (run::setup(&opened, &arguments.changes)?, Recorded::of_digest(digest))
    } else {
        let recording = Recording::parse(&path, &text)?;
        let setup = setup(&opened, &arguments.changes)?;
        let beside = conditions(&arguments.trace);
        let recorded = Recorded::of_recording(&recording, &setup.settings, beside)?;
        drawn = arguments.svg.as_ref().map(|path| (path, recording));
        (setup, recorded)
    };
    let [kernel] = setup.kernels.as_slice() else {
        let names = setup.kernel_names().join(", ");
        return Err(Failure::Input(format!("--kernel: expected exactly one kernel, not {names}")));
    };
    let policy = kernel.policy.clone();
    if !arguments.changes.set.iter().any(|change| change.trim_start().starts_with("duration")) {
        setup = validate::as_long_as(&setup, &recorded.figures, recorded.clock, &path)?;
    }
    // Opened before the runs: they take a while, and a wrong path should not.
    let drawn = match drawn {
        Some((path, recording)) => Some((path, recording, created(path)?)),
        None => None,
    };
    let link = encode(&setup, BASE)?;
    let config = setup.config()?;
    let seeds = usize::try_from(setup.seeds).unwrap_or(1);
    let simulated = parallel(seeds, |job| {
        let trace = swapscope_sim::run(&config, &policy, setup.seed + job as u64);
        let figures = Figures::simulated(&trace, &recorded.figures, recorded.clock);
        (figures, (job == 0 && drawn.is_some()).then_some(trace))
    })?;
    let (simulated, traces): (Vec<Figures>, Vec<Option<Trace>>) = simulated.into_iter().unzip();
    let comparison = Comparison::of(&recorded.figures, &simulated);
    if let (Some((path, recording, mut file)), Some(trace)) = (drawn, traces.into_iter().flatten().next()) {
        let svg = picture::svg(&setup, &recording, &recorded.figures, &trace, &link);
        let written = file.write_all(svg.as_bytes());
        written.map_err(|error| Failure::Io(format!("{}: {error}", path.display())))?;
        return Ok(String::new());
    }
    if arguments.json {
        return json(&Document::new(&setup, link, &path, &recorded, &comparison));
    }
    Ok(report(&setup, &path, &recorded, &comparison) + "\n" + &link + "\n")
}

/// A recording as the charts see a run.
///
/// # Errors
/// At the workload: one that a recording cannot be held against.
pub fn recorded(recording: &Recording, settings: &Settings) -> Result<swapscope_chart::Run, Error> {
    let hz: u64 = settings.text("hz").parse().unwrap_or(250);
    let figures = Figures::recorded(recording, validate::target(settings)?, 1_000_000_000 / hz);
    Ok(picture::run(recording, &figures))
}

/// What was recorded.
struct Recorded {
    figures: Figures,
    clock: Clock,
    /// What a reader must know about it.
    notes: Vec<String>,
}

impl Recorded {
    fn of_digest(digest: Digest) -> Self {
        let mut notes = vec![format!("{}; {}", digest.source, digest.conditions)];
        notes.extend([digest.not_modelled, digest.note].into_iter().filter(|note| !note.is_empty()));
        Self { figures: digest.figures, clock: digest.clock, notes }
    }

    fn of_recording(
        recording: &Recording,
        settings: &Settings,
        beside: Option<String>,
    ) -> Result<Self, Error> {
        let hz: u64 = settings.text("hz").parse().unwrap_or(250);
        let figures = Figures::recorded(recording, validate::target(settings)?, 1_000_000_000 / hz);
        let clock = recording.clock();
        let (rows, unused) = (recording.rows(), recording.unused.len());
        let (step, end) = (clock.step_ns / 1_000_000, clock.end_ns / 1_000_000);
        let mut notes =
            vec![format!("{rows} rows, one each {step} ms, to {end} ms; {unused} columns not used")];
        if !recording.missing.is_empty() {
            notes.push(format!("no columns {}", recording.missing.join(", ")));
        }
        notes.extend(beside);
        Ok(Self { figures, clock, notes })
    }
}

/// What a JSON file of the same name says about the recording. It is shown and decides nothing.
fn conditions(path: &Path) -> Option<String> {
    let path = path.with_extension("json");
    let mut text = String::new();
    File::open(&path).ok()?.take(CONDITIONS_MAX).read_to_string(&mut text).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let mut parts = Vec::new();
    let given = ["kernel", "outcome"].into_iter().map(|key| (key, value.get(key)));
    let more = value.get("conditions").and_then(serde_json::Value::as_object).into_iter().flatten();
    for (key, value) in given.chain(more.map(|(key, value)| (key.as_str(), Some(value)))) {
        match value {
            Some(serde_json::Value::String(text)) => parts.push(format!("{key} {text}")),
            Some(value) => parts.push(format!("{key} {value}")),
            None => {}
        }
    }
    let name = path.file_name()?.to_string_lossy().into_owned();
    let line = format!("{name} says: {}", parts.join(", "));
    Some(line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect())
}

fn settings(setup: &Setup) -> String {
    let changes: Vec<String> = setup.changes().iter().map(|(key, value)| format!("{key}={value}")).collect();
    if changes.is_empty() { "as it is".to_owned() } else { format!("with {}", changes.join(" ")) }
}

fn report(setup: &Setup, path: &str, recorded: &Recorded, comparison: &Comparison) -> String {
    let (first, last) = (setup.seed, setup.seed + setup.seeds - 1);
    let mut lines = Vec::new();
    let mut say = |text: &str| lines.extend(wrap(text, WIDTH, "    "));
    say(&format!("recording: {path}"));
    for note in &recorded.notes {
        say(&format!("    {note}"));
    }
    say(&format!(
        "model {MODEL_VERSION}: {}, seeds {first} to {last}, scenario {} {}",
        setup.kernel_names().join(", "),
        setup.scenario.name,
        settings(setup)
    ));
    lines.extend(table::lines(comparison));
    let mut out = String::new();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// The JSON object of `swapscope validate`.
#[derive(Serialize)]
struct Document {
    scenario: String,
    model: String,
    kernel: String,
    set: Vec<String>,
    seed: u64,
    link: String,
    trace: String,
    notes: Vec<String>,
    #[serde(flatten)]
    comparison: table::Document,
}

impl Document {
    fn new(setup: &Setup, link: String, path: &str, recorded: &Recorded, comparison: &Comparison) -> Self {
        Self {
            scenario: setup.scenario.name.clone(),
            model: MODEL_VERSION.to_string(),
            kernel: setup.kernel_names().join(","),
            set: setup.changes().iter().map(|(key, value)| format!("{key}={value}")).collect(),
            seed: setup.seed,
            link,
            trace: path.to_owned(),
            notes: recorded.notes.clone(),
            comparison: table::Document::new(comparison),
        }
    }
}
