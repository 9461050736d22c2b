//! `--at` and `--why`: what every task was doing at a time, and what led to a mark.

use crate::Failure;
use crate::terminal::WIDTH;
use std::fmt::Write;
use std::num::NonZeroUsize;
use swapscope_chart::story::{Story, StoryEvent, TaskNow, stamp};
use swapscope_scenario::report::KernelResult;
use swapscope_scenario::text::{duration, wrap};
use swapscope_scenario::value::{Kind, Value};
use swapscope_scenario::{Setup, error};
use swapscope_sim::units::Nanos;

/// A time of a run, such as `12.5s`.
///
/// # Errors
/// A text that is no time.
pub fn time(text: &str) -> Result<Nanos, Failure> {
    match Kind::Time.parse(text) {
        Ok(Value::Number(ns)) => Ok(Nanos(ns)),
        _ => Err(Failure::Input(format!("--at {}: expected a time such as 12.5s", error::shown(text)))),
    }
}

/// What every task of each kernel was doing, as sysrq-t shows it: functions innermost first, tasks with one stack
/// together.
#[must_use]
pub fn tasks(setup: &Setup, results: &[KernelResult], t: Nanos) -> String {
    let mut out = String::new();
    for result in results {
        let story = Story::of(&result.trace, &result.kernel);
        let _ =
            writeln!(out, "--- {}, seed {}: tasks at {}", result.kernel.name(), setup.seed, duration(t.0));
        if t > story.end {
            let _ = writeln!(out, "(the run ends at {}; its last state)", duration(story.end.0));
        }
        let mut tasks = story.tasks_at(t);
        while let Some(first) = tasks.first().cloned() {
            let same = |task: &TaskNow<'_>| task.state == first.state && task.stack == first.stack;
            let (group, rest) = tasks.into_iter().partition(same);
            tasks = rest;
            let _ = write!(out, "{}", block(&group));
        }
    }
    out
}

/// Tasks in one state with one stack.
fn block(group: &[TaskNow<'_>]) -> String {
    let mut out = String::new();
    for task in group {
        let about = if task.merged { " (about)" } else { "" };
        let _ = writeln!(out, "{:<16} {} for {}{about}", task.name, task.state, duration(task.waits.0));
    }
    for function in group.iter().take(1).flat_map(|task| task.stack.iter().rev()) {
        let _ = writeln!(out, "    {function}");
    }
    out
}

fn marked(event: &StoryEvent) -> String {
    format!("{} {}", stamp(event.t), event.title())
}

/// The chain of decisions that led to a mark; without its number the numbered marks of each kernel.
///
/// # Errors
/// No kernel has a mark of this number.
pub fn why(setup: &Setup, results: &[KernelResult], number: Option<NonZeroUsize>) -> Result<String, Failure> {
    let mut out = String::new();
    let mut most = 0;
    for result in results {
        let story = Story::of(&result.trace, &result.kernel);
        let marks: Vec<usize> = (0..story.events.len())
            .filter(|at| story.events[*at].mark && story.events[*at].explained())
            .collect();
        most = most.max(marks.len());
        let _ = writeln!(out, "--- {}, seed {}", result.kernel.name(), setup.seed);
        let Some(number) = number else {
            for (number, at) in (1..).zip(&marks) {
                let _ = writeln!(out, "{number:>4} {}", marked(&story.events[*at]));
            }
            continue;
        };
        let Some(why) = marks.get(number.get() - 1).and_then(|at| story.why(*at, &result.kernel)) else {
            let _ = writeln!(out, "(no mark {number}: there are {})", marks.len());
            continue;
        };
        let _ = writeln!(out, "{} {}", stamp(why.t), why.title);
        for line in why.lines {
            let text = format!("  {} {}", stamp(line.t), line.text());
            for text in wrap(&text, WIDTH, "      ") {
                let _ = writeln!(out, "{text}");
            }
        }
    }
    if let Some(number) = number.filter(|number| number.get() > most) {
        return Err(Failure::Input(format!("--why {number}: there are {most} marks; --why lists them")));
    }
    Ok(out)
}
