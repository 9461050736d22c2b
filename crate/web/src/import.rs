//! What the reader pastes or drops: kernel text, series, recordings. Nothing of it leaves the page.

use serde::Serialize;
use swapscope_chart as chart;
use swapscope_scenario::import::{Import, Note, is_recording};
use swapscope_scenario::link;
use swapscope_scenario::validate::{self, Comparison, Figures, Recording, table};
use swapscope_scenario::{Error, Setup};
use swapscope_sim::units::Nanos;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::state;
use crate::wire::to_js;

/// What a text came to.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportWire {
    /// Names of the formats that were found.
    sources: String,
    /// Link of the machine; empty where the text names none.
    link: String,
    notes: Vec<NoteWire>,
    /// What came more than once, in a sentence, or nothing.
    series: String,
    /// Its samples, for [`Charts::set_recorded`](crate::Charts::set_recorded).
    numbers: Vec<f64>,
    /// Whether it can be compared figure by figure.
    is_recording: bool,
}

/// What became of one field.
#[derive(Serialize)]
struct NoteWire {
    /// `used`, `guessed` or `ignored`.
    kind: &'static str,
    key: String,
    value: String,
    why: String,
}

impl NoteWire {
    fn new(Note { kind, key, value, why }: Note) -> Self {
        Self { kind: kind.name(), key, value, why }
    }
}

/// Reads a text of the reader. `link` is the comparison that the page shows, `base` the address of the page.
///
/// # Errors
/// Nothing in it is known, or a value cannot be used; the message says where.
#[wasm_bindgen(js_name = importText)]
pub fn import_text(name: &str, text: &str, link: &str, base: &str) -> Result<JsValue, JsError> {
    let wire = if is_recording(text) {
        recording(name, text, &state::setup(link).map_err(error)?)
    } else {
        Import::read(name, text).and_then(|import| report(import, base))
    };
    to_js(&wire.map_err(error)?)
}

fn report(import: Import, base: &str) -> Result<ImportWire, Error> {
    let series = import.series.as_ref();
    let numbers = series.map(|series| {
        let column = |name: &str| series.column(name).unwrap_or_default();
        chart::Recorded { column: &column, jiffy: Nanos(0), done: None, oom: None }.run().pack()
    });
    Ok(ImportWire {
        sources: import.sources.join(", "),
        link: link::encode(&import.setup, base)?,
        series: series.map(|series| series.words()).unwrap_or_default(),
        numbers: numbers.unwrap_or_default(),
        notes: import.notes.into_iter().map(NoteWire::new).collect(),
        is_recording: false,
    })
}

fn recording(name: &str, text: &str, setup: &Setup) -> Result<ImportWire, Error> {
    let recording = Recording::parse(name, text)?;
    let clock = recording.clock();
    // The workload of the page may be one that it cannot be held against. Its lines can be drawn all the same.
    let figures = figures(&recording, setup).ok();
    let after = |key: &str| figures.as_ref()?.value(key).map(|ms| Nanos(ms * 1_000_000));
    let column = |name: &str| recording.column(name).unwrap_or_default();
    let jiffy = Nanos(recording.jiffy_ns.unwrap_or(4_000_000));
    let run = chart::Recorded { column: &column, jiffy, done: after("done_ms"), oom: after("oom_ms") }.run();
    Ok(ImportWire {
        sources: "recording".to_owned(),
        series: format!("recording: {} rows to {} ms", recording.rows(), clock.end_ns / 1_000_000),
        numbers: run.pack(),
        is_recording: true,
        ..ImportWire::default()
    })
}

fn figures(recording: &Recording, setup: &Setup) -> Result<Figures, Error> {
    let hz: u64 = setup.settings.text("hz").parse().unwrap_or(250);
    Ok(Figures::recorded(recording, validate::target(&setup.settings)?, 1_000_000_000 / hz))
}

/// A recording beside the shown seed.
#[derive(Serialize)]
struct ComparedWire {
    outcome: String,
    head: Vec<&'static str>,
    rows: Vec<ComparedRow>,
    summary: String,
}

/// One figure of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparedRow {
    cells: Vec<String>,
    is_far_off: bool,
}

/// Places in a row of [`table::cells`] that differ where there is one seed only.
const CELLS: [usize; 4] = [0, 1, 3, 5];

/// Compares a recording with the shown seed of a column, figure by figure. It runs that to its end: for a Worker.
///
/// # Errors
/// The recording cannot be held against the workload, or the link is not understood.
#[wasm_bindgen(js_name = compareRecording)]
pub fn compare_recording(link: &str, column: usize, name: &str, text: &str) -> Result<JsValue, JsError> {
    let setup = state::setup(link).map_err(error)?;
    let recording = Recording::parse(name, text).map_err(error)?;
    let recorded = figures(&recording, &setup).map_err(error)?;
    let setup = validate::as_long_as(&setup, &recorded, recording.clock(), name).map_err(error)?;
    let kernel = setup.kernels.get(column).ok_or_else(|| error(format!("no column {column}")))?;
    let trace = swapscope_sim::run(&setup.config().map_err(error)?, &kernel.policy, setup.seed);
    let simulated = Figures::simulated(&trace, &recorded, recording.clock());
    let comparison = Comparison::of(&recorded, &[simulated]);
    let chosen = |cells: Vec<String>| CELLS.iter().filter_map(|at| cells.get(*at).cloned()).collect();
    let rows = comparison.rows.iter();
    to_js(&ComparedWire {
        outcome: table::outcome(&comparison),
        head: vec!["figure", "recorded", "model", "recorded value"],
        rows: rows
            .map(|row| ComparedRow { cells: chosen(table::cells(row)), is_far_off: row.is_far_off() })
            .collect(),
        summary: table::summary(&comparison),
    })
}
