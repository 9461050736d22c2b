//! The shapes of the objects that cross into JavaScript; `www/types.js` describes the same to its type checker.

use serde::Serialize;
use swapscope_chart::{Dash, Ink, Key, KeyLook, Panel, Theme, delay, dmesg, mib, seconds};
use swapscope_scenario::report::KernelResult;
use swapscope_scenario::text::{TABLE_HEAD, clause, duration, is_timer, table};
use swapscope_sim::trace::{Column, EventKind, Series, Trace};
use swapscope_sim::units::Nanos;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

/// Plain objects, arrays, numbers and strings.
pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(crate::error)
}

/// A panel.
#[derive(Serialize)]
pub(crate) struct PanelWire {
    name: &'static str,
    title: &'static str,
    height: u32,
    legend: Vec<KeyWire>,
}

/// An entry of a legend.
#[derive(Serialize)]
struct KeyWire {
    label: &'static str,
    light: String,
    dark: String,
    /// `solid`, `long`, `short` or `dots` for a line.
    dash: Option<&'static str>,
    /// `dot`, `triangle`, `cross` or `diamond` for a mark, `area` for a band.
    marker: Option<&'static str>,
    /// What it is there for, if not always: `seeds` or `recording`.
    when: Option<&'static str>,
}

impl PanelWire {
    pub(crate) fn new(panel: &Panel) -> Self {
        Self {
            name: panel.name,
            title: panel.title,
            height: panel.height,
            legend: panel.legend.iter().map(KeyWire::new).chain(KeyWire::guests(panel)).collect(),
        }
    }
}

impl KeyWire {
    fn new(key: &Key) -> Self {
        let (dash, marker) = match key.look {
            KeyLook::Line(dash) => (Some(dash.name()), None),
            KeyLook::Mark(marker) => (None, Some(marker.name())),
        };
        let [light, dark] = colours(key.ink);
        Self { label: key.label, light, dark, dash, marker, when: None }
    }

    /// Entries for what is drawn beside the run: the runs of other seeds, and a recording.
    fn guests(panel: &Panel) -> impl Iterator<Item = Self> {
        let key = |label, ink, dash, marker, when| {
            let [light, dark] = colours(ink);
            Self { label, light, dark, dash, marker, when: Some(when) }
        };
        let seeds = |marker| key("other seeds", Ink::Band, None, Some(marker), "seeds");
        let recording = || key("recorded", Ink::Recorded, Some(Dash::Dots.name()), None, "recording");
        match panel {
            panel if panel.level.is_some() => vec![seeds("area"), recording()],
            panel if panel.name == "events" => vec![seeds("diamond")],
            _ => Vec::new(),
        }
        .into_iter()
    }
}

/// A colour in both themes.
fn colours(ink: Ink) -> [String; 2] {
    [Theme::Light, Theme::Dark].map(|theme| {
        let (red, green, blue) = theme.ink(ink);
        format!("#{red:02x}{green:02x}{blue:02x}")
    })
}

/// A table.
#[derive(Serialize)]
pub(crate) struct TableWire {
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// What the page writes about a run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    kernel: String,
    hash: String,
    outcome: &'static str,
    /// The outcome in a few words.
    headline: String,
    cells: Vec<CellWire>,
    log: Vec<LogWire>,
    tasks: Vec<TaskWire>,
    end: String,
    engine_events: u64,
    /// Work that the run took, in events of the engine.
    work: u64,
    /// It was stopped because of that.
    is_stopped: bool,
}

/// A cell of the verdict table.
#[derive(Serialize)]
struct CellWire {
    title: &'static str,
    text: String,
    /// The second of the moment that it speaks of.
    at: Option<f64>,
}

/// A line of the log.
#[derive(Serialize)]
struct LogWire {
    text: String,
    /// `course`, `oom` or `report`.
    part: &'static str,
}

/// A task at the end of a run.
#[derive(Serialize)]
struct TaskWire {
    name: String,
    state: String,
    /// How long it has been in this state.
    waits: String,
    stack: Vec<&'static str>,
}

impl Report {
    pub(crate) fn new(result: &KernelResult) -> Self {
        let trace = &result.trace;
        let log = dmesg(trace, result.kernel.policy.oom_report);
        let log = log.iter().map(|line| LogWire { text: line.stamped(), part: line.part.name() }).collect();
        let tasks = trace.tasks.iter().filter(|task| task.state != 'X' && !is_timer(&task.name));
        let tasks = tasks.map(|task| TaskWire {
            name: task.name.clone(),
            state: task.state.to_string(),
            waits: delay(trace.end - task.since),
            stack: task.stack.clone(),
        });
        Self {
            kernel: result.kernel.name(),
            hash: format!("{:016x}", trace.hash),
            outcome: trace.outcome.name(),
            headline: clause(&result.figures),
            cells: cells(result),
            log,
            tasks: tasks.collect(),
            end: seconds(trace.end),
            engine_events: trace.engine_events,
            work: trace.work,
            is_stopped: trace.is_stopped,
        }
    }
}

/// The titles of the verdict table, beside that of the kernel.
///
/// # Errors
/// Never, in practice: constants are written.
#[wasm_bindgen(js_name = verdictTitles, unchecked_return_type = "string[]")]
pub fn verdict_titles() -> Result<JsValue, JsError> {
    to_js(&TABLE_HEAD.iter().filter_map(|(name, title)| shown_title(name, title)).collect::<Vec<_>>())
}

/// The title of a column on the page, which has room for two figures of a kind in one column.
fn shown_title(name: &str, title: &'static str) -> Option<&'static str> {
    match name {
        "kernel" | "probe99" => None,
        "outcome" => Some("Outcome"),
        "minfree" => Some("Lowest free memory"),
        "req/s" => Some("kcryptd requests/s: slowest, median"),
        "probemax" => Some("Probe latency: 99th percentile, longest"),
        _ => Some(title),
    }
}

/// The row of the verdict table, as on the command line, with the slowest second of kcryptd beside the middle one.
fn cells(result: &KernelResult) -> Vec<CellWire> {
    let trace = &result.trace;
    let row = table(std::slice::from_ref(result)).into_iter().flatten();
    let cells = TABLE_HEAD.iter().zip(row).filter_map(|((name, title), text)| {
        let text = match *name {
            "outcome" if text == "oom" => "OOM kill".to_owned(),
            "minfree" => pages(trace.free.min),
            "req/s" if trace.column(Series::Encrypted).last.last().is_none_or(|count| *count == 0) => {
                "-".to_owned()
            }
            "req/s" => {
                let rate = trace.kcryptd_requests_per_s;
                format!("{}, {}", rate.min, rate.median)
            }
            "sleeps" => grouped(&text),
            "probemax" if text != "-" => format!("{}, {text}", duration(trace.probe_latency[1])),
            _ => text,
        };
        // A figure and its unit stay on one line.
        let text = if text == "-" { "–".to_owned() } else { text.replace(" us", " µs") };
        let text = text.replace(' ', "\u{a0}").replace(",\u{a0}", ", ");
        Some(CellWire { title: shown_title(name, title)?, text, at: moment(trace, name) })
    });
    cells.collect()
}

/// When that happened of which a column of the table speaks.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 ns")]
fn moment(trace: &Trace, column: &str) -> Option<f64> {
    let started = trace.workload_start.0 / trace.width.0.max(1);
    let bucket = |series: Series, at: fn(&Column) -> Option<u64>| {
        let bucket = at(trace.column(series))?;
        Some(Nanos(bucket * trace.width.0 + trace.width.0 / 2))
    };
    let t = match column {
        "outcome" => trace.oom.first().map(|oom| oom.t).or(trace.workload_done),
        "done" => trace.workload_done,
        "oom" | "swapfree" => trace.oom.first().map(|oom| oom.t),
        "minfree" => {
            let after =
                (0_u64..).zip(&trace.column(Series::Free).min).filter(|(bucket, _)| *bucket >= started);
            let lowest = after.min_by_key(|(_, free)| **free)?.0;
            Some(Nanos(lowest * trace.width.0 + trace.width.0 / 2))
        }
        "stall" => standstill(&trace.column(Series::Progress).last, started)
            .map(|bucket| Nanos(bucket * trace.width.0 + trace.width.0 / 2)),
        "sleeps" => trace.events.iter().find_map(|event| match event.kind {
            EventKind::Sleep { ns, .. } => Some(Nanos(event.t.0.saturating_sub(ns))),
            _ => None,
        }),
        "probemax" => bucket(Series::Probe, |probe| {
            (0_u64..).zip(&probe.max).max_by_key(|(_, longest)| **longest).map(|(bucket, _)| bucket)
        }),
        _ => None,
    };
    t.filter(|t| *t <= trace.end).map(|t| t.0 as f64 / 1e9)
}

/// The first bucket of the longest stretch over which a count stays.
fn standstill(last: &[u64], started: u64) -> Option<u64> {
    let mut longest: Option<(u64, u64)> = None;
    let mut begin = started;
    let mut before = None;
    for (bucket, value) in (0_u64..).zip(last).filter(|(bucket, _)| *bucket >= started) {
        if before != Some(value) {
            begin = bucket;
        }
        before = Some(value);
        let length = bucket - begin;
        if length > 0 && longest.is_none_or(|(most, _)| length > most) {
            longest = Some((length, begin));
        }
    }
    longest.map(|(_, begin)| begin)
}

/// A quantity of memory: pages where MiB would say nothing.
fn pages(count: u64) -> String {
    match count {
        1 => "1 page".to_owned(),
        0..1024 => format!("{count} pages"),
        _ => mib(count),
    }
}

/// A count with a narrow space between thousands.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
