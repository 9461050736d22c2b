//! The shown runs in the JSON of Chrome's trace events, which ui.perfetto.dev and chrome://tracing open.
//!
//! Each kernel is a process and each task a thread of it. Slices of a task are the spans of its timeline, named after the
//! state as `ps` shows it and the innermost function, with the whole stack as an argument; its sleeps in throttles and
//! mempools are slices of a second thread. Samples are counters. What happens at one time is an instant.
//!
//! Times are microseconds with three decimals. Slices of one thread never overlap: the importer of Perfetto needs that.

use crate::report::{KernelResult, task_name};
use crate::text::is_timer;
use std::fmt::{Display, Write};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::trace::{Event, EventKind, Series, SeriesKind, TaskPhase, Trace};

/// Distance between the numbers of two processes. Threads lie between, as numbers of threads are unique in Perfetto.
const PROCESS: usize = 1_000_000;
/// From the number of a task's thread to that of its sleeps.
const SLEEPS: usize = 500_000;

/// The JSON object, an event a line.
#[must_use]
pub fn perfetto(results: &[KernelResult], link: &str) -> String {
    let about = format!("simulation, swapscope model {MODEL_VERSION}");
    let mut out = Events(format!(
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"about\":{},\"link\":{}}},\"traceEvents\":[",
        quoted(&about),
        quoted(link)
    ));
    for (column, result) in results.iter().enumerate() {
        let process = (column + 1) * PROCESS;
        let name = format!("{}, seed {}", result.kernel.name(), result.trace.seed);
        out.named("process_name", process, process, &name);
        out.number("process_sort_index", process, process, column);
        out.tasks(process, &result.trace);
        out.sleeps(process, &result.trace);
        out.instants(process, &result.trace);
        out.counters(process, &result.trace);
    }
    out.0.truncate(out.0.trim_end_matches(',').len());
    out.0 + "\n]}\n"
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Writing to a string cannot fail.
            '\0'..' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out + "\""
}

/// Nanoseconds as microseconds.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}

/// What is written so far; every event ends with a comma.
struct Events(String);

impl Events {
    fn event(&mut self, phase: char, process: usize, thread: usize, rest: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "\n{{\"ph\":\"{phase}\",\"pid\":{process},\"tid\":{thread},{rest}}},");
    }

    fn named(&mut self, what: &str, process: usize, thread: usize, name: &str) {
        let name = quoted(name);
        self.event('M', process, thread, format_args!("\"name\":\"{what}\",\"args\":{{\"name\":{name}}}"));
    }

    fn number(&mut self, what: &str, process: usize, thread: usize, number: usize) {
        let rest = format_args!("\"name\":\"{what}\",\"args\":{{\"sort_index\":{number}}}");
        self.event('M', process, thread, rest);
    }

    /// A thread with its place among the others of its process.
    fn thread(&mut self, process: usize, thread: usize, place: usize, name: &str) {
        self.named("thread_name", process, thread, name);
        self.number("thread_sort_index", process, thread, place);
    }

    fn slice(&mut self, [process, thread]: [usize; 2], name: &str, [from, to]: [u64; 2], args: &str) {
        let (ts, dur) = (micros(from), micros(to - from));
        let name = quoted(name);
        let rest = format_args!("\"name\":{name},\"ts\":{ts},\"dur\":{dur},\"args\":{{{args}}}");
        self.event('X', process, thread, rest);
    }

    /// What every task did when.
    fn tasks(&mut self, process: usize, trace: &Trace) {
        for (task, spans) in trace.timeline.spans.iter().enumerate() {
            let Some(name) = trace.tasks.get(task).map(|task| task.name.as_str()) else { continue };
            if is_timer(name) {
                continue;
            }
            let thread = process + task + 1;
            self.thread(process, thread, 2 * task, name);
            let ends = spans.iter().skip(1).map(|next| next.from().0).chain([trace.end.0]);
            for (span, to) in spans.iter().zip(ends) {
                let from = span.from().0;
                if span.phase() == TaskPhase::Dead || to <= from {
                    continue;
                }
                let (inner, stack) = stack(trace, span.stack());
                let name = format!("{} {inner}", span.phase().letter());
                // Shorter ones than the grain stand together as what they were for most of the time.
                let merged = if span.merged() { ",\"merged\":true" } else { "" };
                self.slice([process, thread], name.trim_end(), [from, to], &(stack + merged));
            }
        }
    }

    /// Sleeps in throttles and mempools.
    fn sleeps(&mut self, process: usize, trace: &Trace) {
        let mut said = vec![false; trace.tasks.len()];
        // A task's sleeps follow each other.
        let mut until = vec![0; trace.tasks.len()];
        let ended = trace.events.iter().filter_map(|event| match event.kind {
            EventKind::Sleep { site, ns, stack } => {
                Some((event.task, site, event.t.0 - ns, event.t.0, stack))
            }
            _ => None,
        });
        let at_end = trace.tasks_at(trace.end);
        let asleep = trace.sleeps.iter().filter_map(|total| {
            let stack = at_end.iter().find(|at| at.task == total.task).map_or(0, |at| at.stack);
            Some((total.task, total.site, total.asleep?.0, trace.end.0, stack))
        });
        for (task, site, from, to, at) in ended.chain(asleep) {
            let (task, name) = (task as usize, task_name(trace, task));
            if task >= said.len() || is_timer(name) {
                continue;
            }
            let thread = process + SLEEPS + task + 1;
            if !std::mem::replace(&mut said[task], true) {
                self.thread(process, thread, 2 * task + 1, &format!("{name}: throttled"));
            }
            let from = from.max(until[task]);
            until[task] = to;
            let (_, stack) = stack(trace, at);
            self.slice([process, thread], site.name(), [from, to.max(from)], &stack);
        }
    }

    /// What happens at one time.
    fn instants(&mut self, process: usize, trace: &Trace) {
        for event in &trace.events {
            let Some((name, args)) = instant(trace, event) else { continue };
            let thread = process + event.task as usize + 1;
            // A kill is marked in all threads of the process.
            let scope = if matches!(event.kind, EventKind::Oom { .. }) { 'p' } else { 't' };
            let (name, ts) = (quoted(&name), micros(event.t.0));
            let rest = format_args!("\"name\":{name},\"ts\":{ts},\"s\":\"{scope}\",\"args\":{{{args}}}");
            self.event('i', process, thread, rest);
        }
    }

    /// The samples, where they change. A level has its least and its most in the bucket, so that nothing short is lost.
    fn counters(&mut self, process: usize, trace: &Trace) {
        for series in Series::ALL {
            let column = trace.column(*series);
            let mut before = None;
            let values = column.min.iter().zip(&column.max).zip(&column.last);
            for (bucket, ((min, max), last)) in (0_u64..).zip(values) {
                let now = match series.kind() {
                    SeriesKind::Level => [*min, *max],
                    SeriesKind::Count => [*last; 2],
                    SeriesKind::Impulse => [*max; 2],
                };
                // What is zero throughout is left out.
                if before == Some(now) || (before.is_none() && column.max.iter().all(|max| *max == 0)) {
                    continue;
                }
                before = Some(now);
                let args = match series.kind() {
                    SeriesKind::Level => format!("\"least\":{},\"most\":{}", now[0], now[1]),
                    SeriesKind::Count | SeriesKind::Impulse => format!("\"{}\":{}", series.unit(), now[0]),
                };
                let (name, ts) = (series.name(), micros(bucket * trace.width.0));
                let rest = format_args!("\"name\":\"{name}\",\"ts\":{ts},\"args\":{{{args}}}");
                self.event('C', process, process, rest);
            }
        }
    }
}

/// The innermost function of a stack, and all of it as an argument.
fn stack(trace: &Trace, at: u32) -> (&'static str, String) {
    let frames = trace.stacks.get(at as usize).map(Vec::as_slice).unwrap_or_default();
    let all = quoted(&frames.join(" > "));
    (frames.last().copied().unwrap_or(""), format!("\"stack\":{all}"))
}

fn instant(trace: &Trace, event: &Event) -> Option<(String, String)> {
    let plain = |name: &str| Some((name.to_owned(), String::new()));
    match event.kind {
        EventKind::Sleep { .. } => None,
        EventKind::Oom { report } => {
            let report = trace.oom.get(report as usize)?;
            let victim = task_name(trace, report.victim);
            let args = format!("\"order\":{},\"gfp\":{}", report.order, quoted(report.gfp));
            Some((format!("OOM kill of {victim}"), args))
        }
        EventKind::Started => plain("started"),
        EventKind::Exited { killed: true } => plain("killed"),
        EventKind::Exited { killed: false } => plain("exited"),
        EventKind::WorkerCreated => plain("worker created"),
        EventKind::Mayday => plain("mayday: rescuer called"),
        EventKind::WorkloadDone => plain("workload done"),
        EventKind::Reaped => plain("reaped"),
        EventKind::AllocationFailure { order } => {
            Some(("page allocation failure".to_owned(), format!("\"order\":{order}")))
        }
        EventKind::AllocationStall { order, ns, .. } => Some((
            "page allocation stalls".to_owned(),
            format!("\"order\":{order},\"ms\":{}", ns / 1_000_000),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn text_becomes_a_json_string() {
        assert_eq!(quoted("a > \u{b5}"), "\"a > \u{b5}\"");
        assert_eq!(quoted("\"\\\n\u{1f}"), r#""\"\\\u000a\u001f""#);
    }
}
