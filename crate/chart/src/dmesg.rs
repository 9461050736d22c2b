//! What a kernel would have printed: OOM reports, and a few lines that mark the course of a run.

use crate::oom_report;
use swapscope_sim::kernel::OomReportStyle;
use swapscope_sim::trace::{Event, EventKind, OomReport, Trace};
use swapscope_sim::units::Nanos;

/// What a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The course of the run.
    Course,
    /// An OOM kill: who called the OOM killer and what it killed.
    Oom,
    /// The rest of the report on it: stack, memory, processes.
    Report,
}

impl Part {
    /// Name in the page's data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Course => "course",
            Self::Oom => "oom",
            Self::Report => "report",
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub t: Nanos,
    /// Text, without the time.
    pub text: String,
    /// What it belongs to.
    pub part: Part,
    /// The event that it is about, an index into [`Trace::events`].
    pub event: Option<usize>,
}

impl LogLine {
    /// The line as dmesg shows it, time first.
    #[must_use]
    pub fn stamped(&self) -> String {
        format!("{} {}", stamp(self.t), self.text)
    }
}

/// A time as dmesg shows it.
#[must_use]
pub fn stamp(t: Nanos) -> String {
    let us = t.0 / 1000;
    format!("[{:5}.{:06}]", us / 1_000_000, us % 1_000_000)
}

/// Most lines of one kind besides OOM reports: a fork storm must not bury the rest.
const LINES_OF_A_KIND: usize = 40;
/// `GFP_ATOMIC`, all that fails without sleeping in the model.
const GFP_ATOMIC: u32 = 0x208_0020;

/// The log of a run on a kernel whose reports have this layout. Sleeps are left out: they are plotted.
#[must_use]
pub fn dmesg(trace: &Trace, style: OomReportStyle) -> Vec<LogLine> {
    let mut log = Log::default();
    for (index, event) in trace.events.iter().enumerate() {
        log.about = Some(index);
        log.event(trace, style, event);
    }
    log.about = None;
    log.end(trace);
    log.lines
}

/// The name of a task.
pub(crate) fn task_name(trace: &Trace, task: u32) -> &str {
    trace.tasks.get(task as usize).map_or("?", |task| task.name.as_str())
}

/// A log in the making.
#[derive(Default)]
struct Log {
    lines: Vec<LogLine>,
    /// The event at hand.
    about: Option<usize>,
    counts: [usize; 7],
    /// `oom_rs`, of the OOM reports.
    oom: RateLimit,
    /// `nopage_rs`, of `warn_alloc_failed` and `warn_alloc`.
    nopage: RateLimit,
}

impl Log {
    fn push(&mut self, t: Nanos, part: Part, text: String) {
        self.lines.push(LogLine { t, text, part, event: self.about });
    }

    fn event(&mut self, trace: &Trace, style: OomReportStyle, event: &Event) {
        let task = match task_name(trace, event.task) {
            // Names in parentheses are timers of the model: no kernel prints them. An allocation that fails in an interrupt
            // is reported for the task that was interrupted.
            name if name.starts_with('(') => match event.kind {
                EventKind::Oom { .. } | EventKind::Mayday => name,
                EventKind::AllocationFailure { .. } => "swapper/0",
                _ => return,
            },
            name => name,
        };
        let (kind, text) = match &event.kind {
            EventKind::Sleep { .. } => return,
            EventKind::Oom { report } => {
                if let Some(report) = trace.oom.get(*report as usize) {
                    self.oom_kill(trace, event.t, report);
                }
                return;
            }
            EventKind::WorkloadDone => {
                self.push(event.t, Part::Course, "workload done".to_owned());
                return;
            }
            EventKind::Started => (0, format!("{task}: started")),
            EventKind::Exited { killed } => {
                (1, format!("{task}: {}", if *killed { "killed by SIGKILL" } else { "exited" }))
            }
            EventKind::WorkerCreated => (2, format!("workqueue: {task} created a worker")),
            EventKind::Mayday => (3, "workqueue: mayday, rescuer called".to_owned()),
            EventKind::Reaped => {
                let process = oom_report::process(trace, event.task);
                let rss = "anon-rss:0kB, file-rss:0kB, shmem-rss:0kB";
                (4, format!("oom_reaper: reaped process {process}, now {rss}"))
            }
            EventKind::AllocationFailure { order } => {
                if !self.nopage("warn_alloc_failed", event.t) {
                    return;
                }
                let mode = oom_report::mask(style, GFP_ATOMIC, "GFP_ATOMIC");
                (5, format!("{task}: page allocation failure: order:{order}, mode:{mode}"))
            }
            EventKind::AllocationStall { order, ns, gfp_mask, gfp } => {
                if !self.nopage("warn_alloc", event.t) {
                    return;
                }
                let mode = oom_report::mask(style, *gfp_mask, gfp);
                let ms = ns / 1_000_000;
                (6, format!("{task}: page allocation stalls for {ms}ms, order:{order}, mode:{mode}"))
            }
        };
        self.counts[kind] += 1;
        if self.counts[kind] <= LINES_OF_A_KIND {
            let part = if matches!(event.kind, EventKind::Reaped) { Part::Oom } else { Part::Course };
            self.push(event.t, part, text);
        }
    }

    /// The report, up to its task table if the rate limit allows, and what was killed in any case.
    fn oom_kill(&mut self, trace: &Trace, t: Nanos, report: &OomReport) {
        let text = oom_report::text(trace, report);
        let (allowed, missed) = self.oom.admit(t);
        if missed > 0 {
            self.push(t, Part::Oom, format!("oom_kill_process: {missed} callbacks suppressed"));
        }
        if allowed {
            self.push(t, Part::Oom, text.head);
            for line in text.memory {
                self.push(t, Part::Report, line);
            }
        }
        for line in text.kill {
            self.push(t, Part::Oom, line);
        }
    }

    /// Whether the page allocator may print. The stack and the memory that follow such a line in the kernel are left out.
    fn nopage(&mut self, function: &str, t: Nanos) -> bool {
        let (allowed, missed) = self.nopage.admit(t);
        if missed > 0 {
            self.push(t, Part::Course, format!("{function}: {missed} callbacks suppressed"));
        }
        allowed
    }

    /// What the log does not show.
    fn end(&mut self, trace: &Trace) {
        let left_out: usize = self.counts.iter().map(|count| count.saturating_sub(LINES_OF_A_KIND)).sum();
        for (count, what) in [
            (self.oom.missed, "OOM reports are suppressed by the rate limit"),
            (self.nopage.missed, "lines on page allocations are suppressed by the rate limit"),
            (left_out as u64, "further lines about tasks and workers are left out"),
            (trace.events_dropped, "later events, none of a kill, were counted and not kept"),
        ] {
            if count > 0 {
                self.push(trace.end, Part::Course, format!("({count} {what})"));
            }
        }
    }
}

/// `___ratelimit` with its usual values: 10 lines in 5 s, counted from the first of them.
#[derive(Default)]
struct RateLimit {
    begin: Option<Nanos>,
    printed: u32,
    missed: u64,
}

impl RateLimit {
    const BURST: u32 = 10;
    const INTERVAL: Nanos = Nanos::from_s(5);

    /// Whether to print, and how many were suppressed in the interval before; the kernel says so at the first call after
    /// it.
    fn admit(&mut self, t: Nanos) -> (bool, u64) {
        let mut missed = 0;
        if self.begin.is_none_or(|begin| t > begin + Self::INTERVAL) {
            missed = std::mem::take(&mut self.missed);
            self.begin = Some(t);
            self.printed = 0;
        }
        let allowed = self.printed < Self::BURST;
        if allowed {
            self.printed += 1;
        } else {
            self.missed += 1;
        }
        (allowed, missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_stamped_as_dmesg_does() {
        let (t, text) = (Nanos(11_234_567_890), "x".to_owned());
        let line = LogLine { t, text, part: Part::Course, event: None };
        assert_eq!(line.stamped(), "[   11.234567] x");
    }
}
