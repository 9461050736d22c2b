//! What every task was doing and why: packed in the Worker, asked on the main thread. `www/story-types.js` describes
//! the objects.

use js_sys::{Array, Float64Array, Object, Reflect};
use serde::Serialize;
use swapscope_chart::story::{self, EventClass, Line, Source, StoryEvent, TaskNow, stamp};
use swapscope_chart::{Story as Told, delay};
use swapscope_scenario::report::KernelResult;
use swapscope_sim::kernel::Kernel;
use swapscope_sim::units::Nanos;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::wire::to_js;

/// A run's story as `{numbers, strings}`: the numbers can be transferred, the strings are few.
pub(crate) fn packed(result: &KernelResult) -> Result<JsValue, JsError> {
    let (numbers, strings) = Told::of(&result.trace, &result.kernel).pack();
    let strings: Array = strings.iter().map(|text| JsValue::from_str(text)).collect();
    let object = Object::new();
    let set = |name: &str, value: &JsValue| {
        Reflect::set(&object, &JsValue::from_str(name), value).map_err(|_| error("no room for the story"))
    };
    set("numbers", &Float64Array::from(numbers.as_slice()))?;
    set("strings", &strings)?;
    Ok(object.into())
}

/// The story of one run, on the main thread.
#[wasm_bindgen]
pub struct Story {
    story: Told,
    kernel: Kernel,
}

#[wasm_bindgen]
impl Story {
    /// Takes the parts of what [`Outcome::story`](crate::Job) gave, and the name of the kernel that was run.
    ///
    /// # Errors
    /// The parts are torn, or there is no such kernel.
    #[wasm_bindgen(constructor)]
    pub fn new(kernel: &str, numbers: &[f64], strings: Vec<String>) -> Result<Self, JsError> {
        let kernel = Kernel::parse(kernel).map_err(|_| error(format!("no kernel '{kernel}'")))?;
        let story = Told::unpack(numbers, &strings)
            .ok_or_else(|| error("the story of the run arrived incomplete"))?;
        Ok(Self { story, kernel })
    }

    /// What every task was doing at a time.
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    #[wasm_bindgen(js_name = tasksAt)]
    pub fn tasks_at(&self, seconds: f64) -> Result<JsValue, JsError> {
        let tasks = self.story.tasks_at(nanos(seconds));
        to_js(&tasks.iter().map(TaskWire::new).collect::<Vec<_>>())
    }

    /// How many lines the log has.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.story.events.len()
    }

    /// The marks of the log and its lines of dmesg, in the order of time. Sleeps and calls of rescuers can be thousands:
    /// see [`Story::around`].
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    pub fn events(&self) -> Result<JsValue, JsError> {
        let is_line = |event: &StoryEvent| {
            event.mark || matches!(event.class, EventClass::Oom | EventClass::Course | EventClass::Print)
        };
        let lines = self.story.events.iter().enumerate().filter(|(_, event)| is_line(event));
        to_js(&lines.map(EventWire::new).collect::<Vec<_>>())
    }

    /// All lines of the log, at most `most` of them, around a time.
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    pub fn around(&self, seconds: f64, most: usize) -> Result<JsValue, JsError> {
        let events = &self.story.events;
        let middle = events.partition_point(|event| event.t <= nanos(seconds));
        let from = middle.saturating_sub(most / 2).min(events.len().saturating_sub(most));
        let lines = events.iter().enumerate().skip(from).take(most);
        to_js(&lines.map(EventWire::new).collect::<Vec<_>>())
    }

    /// One line of the log, or `null`.
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    pub fn event(&self, index: usize) -> Result<JsValue, JsError> {
        to_js(&self.story.events.get(index).map(|event| EventWire::new((index, event))))
    }

    /// Index of the nearest event of a class (`oom`, `sleep`, `stall`, `progress`; of any without one) that can be
    /// explained.
    #[must_use]
    pub fn nearest(&self, seconds: f64, class: Option<String>) -> Option<usize> {
        let class = class.and_then(|name| EventClass::ALL.into_iter().find(|class| class.name() == name));
        self.story.nearest(nanos(seconds), class)
    }

    /// The chain of decisions that led to an event, or `null` where nothing was decided.
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    pub fn why(&self, index: usize) -> Result<JsValue, JsError> {
        let why = self.story.why(index, &self.kernel);
        to_js(&why.as_ref().map(WhyWire::new))
    }
}

/// Seconds of the page as a time of the model; a cast saturates.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
fn nanos(seconds: f64) -> Nanos {
    Nanos((seconds * 1e9).round() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53 ns")]
fn in_seconds(t: Nanos) -> f64 {
    t.0 as f64 / 1e9
}

/// A task at one time.
#[derive(Serialize)]
struct TaskWire<'a> {
    name: &'a str,
    state: String,
    waits: String,
    merged: bool,
    stack: &'a [String],
}

impl<'a> TaskWire<'a> {
    fn new(task: &TaskNow<'a>) -> Self {
        let TaskNow { name, state, waits, merged, stack } = *task;
        Self { name, state: state.to_string(), waits: delay(waits), merged, stack }
    }
}

/// A line of the log.
#[derive(Serialize)]
struct EventWire<'a> {
    index: usize,
    t: f64,
    time: String,
    class: &'static str,
    mark: bool,
    explained: bool,
    title: &'a str,
    text: &'a str,
    more: &'a [String],
}

impl<'a> EventWire<'a> {
    fn new((index, event): (usize, &'a StoryEvent)) -> Self {
        Self {
            index,
            t: in_seconds(event.t),
            time: stamp(event.t),
            class: event.class.name(),
            mark: event.mark,
            explained: event.explained(),
            title: event.title(),
            text: &event.text,
            more: &event.more,
        }
    }
}

/// Why something happened.
#[derive(Serialize)]
struct WhyWire<'a> {
    title: &'a str,
    t: f64,
    time: String,
    lines: Vec<LineWire<'a>>,
}

/// One decision.
#[derive(Serialize)]
struct LineWire<'a> {
    t: f64,
    time: String,
    task: &'a str,
    function: &'a str,
    text: &'a str,
    times: u64,
    source: Option<SourceWire>,
}

/// What a decision hangs on where kernels differ.
#[derive(Serialize)]
struct SourceWire {
    policy: &'static str,
    value: &'static str,
    meaning: &'static str,
    text: String,
}

impl<'a> WhyWire<'a> {
    fn new(why: &'a story::Why) -> Self {
        let lines = why.lines.iter().map(|line: &Line| LineWire {
            t: in_seconds(line.t),
            time: stamp(line.t),
            task: &line.task,
            function: &line.function,
            text: &line.text,
            times: line.times,
            source: line.source.as_ref().map(SourceWire::new),
        });
        Self { title: &why.title, t: in_seconds(why.t), time: stamp(why.t), lines: lines.collect() }
    }
}

impl SourceWire {
    fn new(source: &Source) -> Self {
        let Source { policy, value, meaning, .. } = *source;
        Self { policy, value, meaning, text: source.text() }
    }
}
