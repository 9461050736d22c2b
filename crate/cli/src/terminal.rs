//! What `run` prints for people.

use std::fmt::Write;
use swapscope_chart::{LogLine, Part, dmesg};
use swapscope_scenario::Setup;
use swapscope_scenario::report::{Ensemble, Figures, KernelResult, Range};
use swapscope_scenario::text::{
    SLEEPS_HEAD, TABLE_HEAD, blocked, clause, columns, duration, events, outcomes, sleeps, spread, table,
    wrap,
};
use swapscope_sim::kernel::Kernel;

/// Columns of a line.
pub const WIDTH: usize = 100;
/// OOM reports, rows of sleeps and lines of stacks that are printed for each kernel.
const MOST: usize = 24;

/// The sentence, the table, and for each kernel its log, who slept where and who is blocked.
#[must_use]
pub fn report(setup: &Setup, results: &[KernelResult], link: &str) -> String {
    let mut out = String::new();
    let scenario = &setup.scenario;
    let _ = writeln!(out, "{}: {}\n", scenario.name, scenario.title);
    for result in results {
        let sentence = format!("{} {}.", result.kernel.name(), clause(&result.figures));
        push(&mut out, wrap(&sentence, WIDTH, "    "));
    }
    out.push('\n');
    let head: Vec<&str> = TABLE_HEAD.iter().map(|(short, _)| *short).collect();
    push(&mut out, columns(&head, &table(results)));
    if setup.seeds > 1 {
        push(&mut out, ensembles(setup, results));
    }
    push(&mut out, expected(setup, results));
    for result in results {
        details(&mut out, &result.kernel, result);
    }
    let _ = writeln!(out, "\n{link}");
    out
}

/// The whole log of the shown run of each kernel.
#[must_use]
pub fn logs(setup: &Setup, results: &[KernelResult]) -> String {
    let mut out = String::new();
    for result in results {
        let _ = writeln!(out, "--- {}, seed {}", result.kernel.name(), setup.seed);
        let log = dmesg(&result.trace, result.kernel.policy.oom_report);
        push(&mut out, log.iter().map(LogLine::stamped).collect());
    }
    out
}

fn push(out: &mut String, lines: Vec<String>) {
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
}

fn ensembles(setup: &Setup, results: &[KernelResult]) -> Vec<String> {
    let mut lines = vec![String::new(), format!("Over {} seeds from {} on:", setup.seeds, setup.seed)];
    for result in results {
        let all = Ensemble::of(&result.kernel, &result.figures);
        let mut line = format!("  {}: {}", result.kernel.name(), outcomes(&all.outcomes));
        for (what, after) in
            [("done", Figures::took_ns as fn(&Figures) -> _), ("OOM", Figures::killed_after_ns)]
        {
            if let Some(range) = Range::of(result.figures.iter().filter_map(after)) {
                let _ = write!(line, "; {what} after {}", spread(range, duration));
            }
        }
        let rate = all.swap_out_pages_per_s;
        let _ = write!(line, "; swap-out {} pages/s ({} to {})", rate.median, rate.min, rate.max);
        lines.extend(wrap(&line, WIDTH, "      ").into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// What the scenario is expected to show on these kernels beside what it shows. A changed one is another scenario.
fn expected(setup: &Setup, results: &[KernelResult]) -> Vec<String> {
    let mut lines = Vec::new();
    if !setup.changes().is_empty() {
        return lines;
    }
    for expectation in &setup.scenario.expectations {
        let result = results.iter().find(|result| result.kernel.name() == expectation.kernel);
        if let Some(result) = result {
            let line =
                format!("expected: {} / found: {}", expectation.text(), expectation.found(&result.figures));
            lines.extend(wrap(&line, WIDTH, "  "));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

fn details(out: &mut String, kernel: &Kernel, result: &KernelResult) {
    let trace = &result.trace;
    let figures = Figures::of(trace);
    let _ = writeln!(
        out,
        "\n--- {}: {} at {}, {} pages/s to swap, hash {:016x}",
        kernel.name(),
        figures.outcome,
        duration(figures.sim_ns),
        figures.swap_out_pages_per_s,
        trace.hash
    );
    if trace.is_stopped {
        let more = figures.work.saturating_mul(10);
        let line = format!(
            "Stopped after {}, before the end of the run: --max-work {more} lets it go on for up to ten times as long.",
            events(figures.work)
        );
        push(out, wrap(&line, WIDTH, ""));
    }
    let mut log = dmesg(trace, kernel.policy.oom_report);
    log.retain(|line| line.part == Part::Oom);
    if !log.is_empty() {
        push(out, limited(log.iter().map(LogLine::stamped).collect()));
        push(out, vec!["(--dmesg prints the reports in full)".to_owned()]);
    }
    let rows = sleeps(trace);
    if !rows.is_empty() {
        out.push('\n');
        push(out, limited(columns(SLEEPS_HEAD, &rows)));
    }
    let stacks = blocked(trace);
    if !stacks.is_empty() {
        let _ = writeln!(out, "\nBlocked at the end:");
        let is_cut = stacks.len() > MOST;
        push(out, limited(stacks));
        if is_cut {
            let end = trace.end.0.div_ceil(1_000_000_000);
            push(out, vec![format!("(--at {end}s prints what every task does then)")]);
        }
    }
}

/// The first lines, and how many more there are.
fn limited(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("... and {more} more lines"));
    }
    lines
}
