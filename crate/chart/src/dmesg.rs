//! What a kernel would have printed: OOM reports, and a few lines that mark the course of a run.

use swapscope_sim::trace::{EventKind, OomReport, Trace};
use swapscope_sim::units::{Nanos, Pages};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub t: Nanos,
    /// Text, without the time.
    pub text: String,
    /// Part of an OOM report.
    pub oom: bool,
}

impl LogLine {
    /// The line as dmesg shows it, time first.
    #[must_use]
    pub fn stamped(&self) -> String {
        let us = self.t.0 / 1000;
        format!("[{:5}.{:06}] {}", us / 1_000_000, us % 1_000_000, self.text)
    }
}

/// Most lines of one kind besides OOM reports: a fork storm must not bury the rest.
const LINES_OF_A_KIND: usize = 40;

/// The log of a run. Sleeps are left out: they are plotted.
#[must_use]
pub fn dmesg(trace: &Trace) -> Vec<LogLine> {
    let mut log = Vec::new();
    let mut counts = [0_usize; 7];
    for event in &trace.events {
        let task = task_name(trace, event.task);
        // Names in parentheses are timers of the model: no kernel prints them.
        if task.starts_with('(') && !matches!(event.kind, EventKind::Oom { .. } | EventKind::Mayday) {
            continue;
        }
        let (kind, text) = match &event.kind {
            EventKind::Sleep { .. } => continue,
            EventKind::Oom { report } => {
                if let Some(report) = trace.oom.get(*report as usize) {
                    let lines = oom_lines(trace, report);
                    log.extend(lines.into_iter().map(|text| LogLine { t: event.t, text, oom: true }));
                }
                continue;
            }
            EventKind::Started => (0, format!("{task}: started")),
            EventKind::Exited { killed } => {
                (1, format!("{task}: {}", if *killed { "killed by SIGKILL" } else { "exited" }))
            }
            EventKind::WorkerCreated => (2, format!("workqueue: {task} created a worker")),
            EventKind::Reaped => (4, format!("oom_reaper: reaped process ({task})")),
            EventKind::AllocationFailure { order } => {
                (5, format!("{task}: page allocation failure: order:{order}, mode:GFP_ATOMIC"))
            }
            EventKind::AllocationStall { order, ns } => {
                (6, format!("{task}: page allocation stalls for {}ms, order:{order}", ns / 1_000_000))
            }
            EventKind::Mayday => (3, "workqueue: mayday, rescuer called".to_owned()),
            EventKind::WorkloadDone => {
                log.push(LogLine { t: event.t, text: "workload done".to_owned(), oom: false });
                continue;
            }
        };
        counts[kind] += 1;
        if counts[kind] <= LINES_OF_A_KIND {
            log.push(LogLine { t: event.t, text, oom: false });
        }
    }
    let left_out: usize = counts.iter().map(|count| count.saturating_sub(LINES_OF_A_KIND)).sum();
    if left_out > 0 {
        let text = format!("({left_out} further lines about tasks and workers are left out)");
        log.push(LogLine { t: trace.end, text, oom: false });
    }
    if trace.events_dropped > 0 {
        let text = format!("({} later events were counted and not kept)", trace.events_dropped);
        log.push(LogLine { t: trace.end, text, oom: false });
    }
    log
}

fn task_name(trace: &Trace, task: u32) -> &str {
    trace.tasks.get(task as usize).map_or("?", |task| task.name.as_str())
}

fn oom_lines(trace: &Trace, report: &OomReport) -> Vec<String> {
    let kb = |pages: u64| format!("{}kB", Pages(pages).kib());
    let invoker = task_name(trace, report.invoked_by);
    let victim = task_name(trace, report.victim);
    let mut lines = vec![format!(
        "{invoker} invoked oom-killer: gfp_mask={}, order={}, no_progress_loops={}",
        report.gfp, report.order, report.no_progress_loops
    )];
    for zone in &report.zones {
        let [min, low, high] = zone.watermarks;
        let [active_anon, inactive_anon, active_file, inactive_file] = zone.lru;
        lines.push(format!(
            "{} free:{} min:{} low:{} high:{} active_anon:{} inactive_anon:{} active_file:{} inactive_file:{} \
             writeback:{} pages_scanned:{} reclaimable:{}",
            zone.name,
            kb(zone.free),
            kb(min),
            kb(low),
            kb(high),
            kb(active_anon),
            kb(inactive_anon),
            kb(active_file),
            kb(inactive_file),
            kb(zone.writeback),
            zone.pages_scanned,
            zone.reclaimable
        ));
    }
    lines.push(format!("Free swap  = {}", kb(report.swap_free)));
    lines.push(format!("Total swap = {}", kb(report.swap_total)));
    lines.push(format!("Out of memory: Kill process ({victim}) score {} or sacrifice child", report.score));
    let (resident, swapped) = report.victim_row().map_or((0, 0), |row| (row.rss, row.swapents));
    lines.push(format!("Killed process ({victim}) anon-rss:{}, swapped:{}", kb(resident), kb(swapped)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_stamped_as_dmesg_does() {
        let line = LogLine { t: Nanos(11_234_567_890), text: "x".to_owned(), oom: false };
        assert_eq!(line.stamped(), "[   11.234567] x");
    }
}
