//! The shapes of the objects that cross into JavaScript; `www/types.js` describes the same to its type checker.

use serde::Serialize;
use swapscope_chart::{Key, KeyLook, Panel, Theme, delay, dmesg, mib, seconds};
use swapscope_sim::kernel::Kernel;
use swapscope_sim::trace::{Outcome, Series, Trace};
use swapscope_sim::units::Nanos;
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
    /// `dot`, `triangle`, `cross` or `diamond` for a mark.
    marker: Option<&'static str>,
}

impl PanelWire {
    pub(crate) fn new(panel: &Panel) -> Self {
        Self {
            name: panel.name,
            title: panel.title,
            height: panel.height,
            legend: panel.legend.iter().map(KeyWire::new).collect(),
        }
    }
}

impl KeyWire {
    fn new(key: &Key) -> Self {
        let hex = |theme: Theme| {
            let (red, green, blue) = theme.ink(key.ink);
            format!("#{red:02x}{green:02x}{blue:02x}")
        };
        let (dash, marker) = match key.look {
            KeyLook::Line(dash) => (Some(dash.name()), None),
            KeyLook::Mark(marker) => (None, Some(marker.name())),
        };
        Self { label: key.label, light: hex(Theme::Light), dark: hex(Theme::Dark), dash, marker }
    }
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
}

/// A cell of the verdict table.
#[derive(Serialize)]
struct CellWire {
    title: &'static str,
    text: String,
}

/// A line of the log.
#[derive(Serialize)]
struct LogWire {
    text: String,
    oom: bool,
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
    pub(crate) fn new(kernel: &Kernel, trace: &Trace) -> Self {
        let log = dmesg(trace).iter().map(|line| LogWire { text: line.stamped(), oom: line.oom }).collect();
        let tasks = trace.tasks.iter().filter(|task| task.state != 'X').map(|task| TaskWire {
            name: task.name.clone(),
            state: task.state.to_string(),
            waits: delay(trace.end - task.since),
            stack: task.stack.clone(),
        });
        Self {
            kernel: kernel.name(),
            hash: format!("{:016x}", trace.hash),
            outcome: trace.outcome.name(),
            headline: headline(trace),
            cells: cells(trace),
            log,
            tasks: tasks.collect(),
            end: seconds(trace.end),
            engine_events: trace.engine_events,
        }
    }
}

fn victim(trace: &Trace) -> &str {
    let task = trace.oom.first().and_then(|report| trace.tasks.get(report.victim as usize));
    task.map_or("a task", |task| task.name.as_str())
}

fn headline(trace: &Trace) -> String {
    match trace.outcome {
        Outcome::Completed => {
            let done = trace.workload_done.unwrap_or(trace.end) - trace.workload_start;
            format!("completed in {}", seconds(done))
        }
        Outcome::Oom => {
            let t = trace.oom.first().map_or(trace.end, |report| report.t);
            format!("OOM kill of {} at {}", victim(trace), seconds(t))
        }
        Outcome::Livelock => format!("crawls; not done after {}", seconds(trace.end)),
        Outcome::Timeout => format!("still moving at the time limit, {}", seconds(trace.end)),
    }
}

fn cells(trace: &Trace) -> Vec<CellWire> {
    let cell = |title, text| CellWire { title, text };
    let oom = trace.oom.first();
    let outcome = match trace.outcome {
        Outcome::Completed => "completed",
        Outcome::Oom => "OOM kill",
        Outcome::Livelock => "crawls",
        Outcome::Timeout => "time limit",
    };
    let sleeps: u64 = trace.sleeps.iter().map(|sleep| sleep.count).sum();
    let slept = trace.sleeps.iter().fold(Nanos(0), |sum, sleep| sum + sleep.total);
    let encrypted = trace.column(Series::Encrypted).last.last().copied().unwrap_or(0);
    let dash = || "–".to_owned();
    vec![
        cell("outcome", outcome.to_owned()),
        cell("workload done", trace.workload_done.map_or_else(dash, seconds)),
        cell("first OOM kill", oom.map_or_else(dash, |report| seconds(report.t))),
        cell(
            "swap free at OOM",
            oom.map_or_else(dash, |report| {
                format!("{} %", report.swap_free * 100 / report.swap_total.max(1))
            }),
        ),
        cell("lowest free", mib(trace.free.min)),
        cell(
            "slowest kcryptd",
            if encrypted == 0 { dash() } else { format!("{}/s", trace.kcryptd_requests_per_s.min) },
        ),
        cell("longest without progress", delay(trace.longest_without_progress)),
        cell(
            "throttle sleeps",
            if sleeps == 0 { "0".to_owned() } else { format!("{sleeps}, {} in all", seconds(slept)) },
        ),
    ]
}
