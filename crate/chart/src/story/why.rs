//! The chain of decisions that ended in a mark, as lines.

use super::words::sentence;
use super::{EventClass, Source, Story, StoryEvent};
use crate::format::{delay, seconds};
use swapscope_sim::kernel::Kernel;
use swapscope_sim::trace::{Chain, Decision, Site, Step, TaskPhase};
use swapscope_sim::units::Nanos;

/// One line: what a kernel function found, and what it did then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub t: Nanos,
    /// Name of the task that was in it.
    pub task: String,
    /// Kernel function.
    pub function: String,
    /// A sentence with numbers.
    pub text: String,
    /// How often this was decided since the request began; the numbers are those of the last time.
    pub times: u64,
    /// What the outcome hangs on where kernels differ.
    pub source: Option<Source>,
}

/// Why something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The mark.
    pub title: String,
    /// Its time.
    pub t: Nanos,
    /// The decisions that led to it, by time.
    pub lines: Vec<Line>,
}

impl Story {
    /// Why an event happened; `kernel` is the one that the story is of. `None` where nothing was decided: a task that
    /// began to run was told to.
    #[must_use]
    pub fn why(&self, event: usize, kernel: &Kernel) -> Option<Why> {
        let event = self.events.get(event).filter(|event| event.explained())?;
        let lines = match event.class {
            EventClass::StallBegin => self.blocked_after(event.t, kernel),
            EventClass::StallEnd => self.blocked_before(event.t, kernel),
            EventClass::Oom
            | EventClass::Sleep
            | EventClass::Course
            | EventClass::Work
            | EventClass::Print => {
                let chain = self.chains.get(event.chain?)?;
                let steps = chain.steps.iter().map(|step| self.line(chain.task, step, kernel));
                let slept =
                    chain.steps.last().is_some_and(|step| matches!(step.decision, Decision::Slept { .. }));
                steps.chain((!slept).then(|| self.last_line(event, chain))).collect()
            }
        };
        Some(Why { title: event.title().to_owned(), t: event.t, lines })
    }

    fn line(&self, task: u32, step: &Step, kernel: &Kernel) -> Line {
        Line {
            t: step.t,
            task: self.name(task).to_owned(),
            function: step.decision.function().to_owned(),
            text: sentence(&step.decision, |task| self.name(task)),
            times: step.times,
            source: step.decision.policy().and_then(|field| Source::of(field, kernel)),
        }
    }

    /// The mark itself.
    fn last_line(&self, event: &StoryEvent, chain: &Chain) -> Line {
        let (function, text) = match chain.site {
            None => ("oom_kill_process", event.title().to_owned()),
            Some(site) => {
                (function_of(site), format!("{}: {}", self.name(chain.task), self.slept(chain, "")))
            }
        };
        Line {
            t: event.t,
            task: self.name(chain.task).to_owned(),
            function: function.to_owned(),
            text,
            times: 1,
            source: None,
        }
    }

    /// Who is blocked while the workload stands: half-way to the end of the stall.
    fn blocked_after(&self, from: Nanos, kernel: &Kernel) -> Vec<Line> {
        let ends = self.events.iter().filter(|event| event.class == EventClass::StallEnd);
        let to = ends.map(|event| event.t).find(|t| *t > from).unwrap_or(self.end);
        self.blocked(Nanos(u64::midpoint(from.0, to.0)), kernel)
    }

    fn blocked_before(&self, to: Nanos, kernel: &Kernel) -> Vec<Line> {
        let begins = self.events.iter().filter(|event| event.class == EventClass::StallBegin);
        let from = begins.map(|event| event.t).rfind(|t| *t < to).unwrap_or(Nanos(0));
        self.blocked(Nanos(u64::midpoint(from.0, to.0)), kernel)
    }

    /// What each blocked task waits for, and the decision that put it to sleep where one is known.
    fn blocked(&self, t: Nanos, kernel: &Kernel) -> Vec<Line> {
        let mut lines = Vec::new();
        for at in self.timeline.at(t) {
            let name = self.name(at.task);
            if at.phase != TaskPhase::Blocked || name.starts_with('(') {
                continue;
            }
            let stack: Vec<&str> = self.stack(at.stack).iter().rev().map(String::as_str).collect();
            let waits = delay(t - at.since);
            lines.push(Line {
                t,
                task: name.to_owned(),
                function: stack.first().copied().unwrap_or("schedule").to_owned(),
                text: format!(
                    "{name} is blocked, by then (half-way, at {}) for {waits}: {}",
                    seconds(t),
                    stack.join(" <- ")
                ),
                times: 1,
                source: None,
            });
            lines.extend(self.reason(at.task, t, &stack).map(|step| self.line(at.task, step, kernel)));
        }
        lines
    }

    /// The decision that put a task to sleep in the function that it is in at a time, from the nearest of its sleeps there.
    fn reason(&self, task: u32, t: Nanos, stack: &[&str]) -> Option<&Step> {
        let here = |chain: &&Chain| {
            chain.task == task && chain.site.is_some_and(|site| stack.contains(&function_of(site)))
        };
        let nearest = self.chains.iter().filter(here).min_by_key(|chain| {
            let begun = chain.t.0.saturating_sub(chain.lasted.0);
            if t.0 < begun { begun - t.0 } else { t.0.saturating_sub(chain.t.0) }
        })?;
        nearest.steps.iter().rfind(|step| !matches!(step.decision, Decision::Slept { .. }))
    }
}

/// The kernel function that puts a task to sleep at a site.
fn function_of(site: Site) -> &'static str {
    match site {
        Site::CongestionWaitKswapd => "shrink_inactive_list",
        // too_many_isolated only tests; its caller sleeps.
        Site::TooManyIsolated => "shrink_inactive_list",
        Site::WorkerNap => "wait_iff_congested",
        Site::OomVeto => "__alloc_pages_may_oom",
        Site::ThrottleVmWriteout
        | Site::ThrottleDirectReclaim
        | Site::ReclaimRetry
        | Site::MempoolAlloc
        | Site::OomLock
        | Site::SwapBios
        | Site::WaitIffCongested
        | Site::BalanceDirtyPages => site.name(),
    }
}

impl Line {
    /// As text: `function: sentence [source]`.
    #[must_use]
    pub fn text(&self) -> String {
        let times =
            if self.times > 1 { format!(" ({} times, this the last)", self.times) } else { String::new() };
        let source = self.source.as_ref().map_or_else(String::new, |source| format!(" [{}]", source.text()));
        format!("{}: {}{times}{source}", self.function, self.text)
    }
}
