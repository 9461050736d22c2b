//! A comparison as the text of a mail: plain ASCII, at most 72 columns, the link alone on its line.

use crate::config::in_words;
use crate::report::{Ensemble, Figures, KernelResult};
use crate::setup::Setup;
use crate::text::{TABLE_HEAD, clause, columns, duration, outcomes, row, verdict, wrap};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::kernel::{Kernel, PATCHES, PolicyRow, VERSIONS, WhatIf};
use swapscope_sim::trace::{Column, Series};
use swapscope_sim::units::Nanos;

/// Most columns of a line, but for the link.
pub const WIDTH: usize = 72;
/// Columns of the chart behind its axis.
const CHART: usize = 60;
/// Columns of the verdict table that fit into a line, by their short heads.
const IN_MAIL: &[&str] = &["kernel", "outcome", "done", "oom", "swapfree", "minfree", "req/s"];

/// What a mail needs of one kernel.
pub struct MailRun<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// Figures of all its runs, the shown one first.
    pub figures: &'a [Figures],
    /// Free pages over the shown run.
    pub free: &'a Column,
    /// Width of a bucket of it.
    pub width: Nanos,
    /// Virtual time at its end.
    pub end: Nanos,
    /// The min watermarks of all zones together, in pages.
    pub min: u64,
    /// Its OOM kills.
    pub oom: Vec<Nanos>,
}

impl<'a> From<&'a KernelResult> for MailRun<'a> {
    fn from(result: &'a KernelResult) -> Self {
        let trace = &result.trace;
        Self {
            kernel: &result.kernel,
            figures: &result.figures,
            free: trace.column(Series::Free),
            width: trace.width,
            end: trace.end,
            min: trace.zones.iter().map(|zone| zone.min).sum(),
            oom: trace.oom.iter().map(|report| report.t).collect(),
        }
    }
}

/// The text. `link` is taken as it is.
#[must_use]
pub fn mail(setup: &Setup, runs: &[MailRun<'_>], link: &str) -> String {
    let pairs: Vec<(&Kernel, &[Figures])> = runs.iter().map(|run| (run.kernel, run.figures)).collect();
    let mut lines = wrap(&verdict(&pairs), WIDTH, "");
    lines.push(String::new());
    lines.extend(verdict_table(runs));
    if setup.seeds > 1 {
        lines.push(String::new());
        lines.push(format!("Outcomes over {} seeds; the table shows seed {}:", setup.seeds, setup.seed));
        for run in runs {
            let all = Ensemble::of(run.kernel, run.figures).outcomes;
            lines.extend(wrap(&format!("  {}: {}", run.kernel.name(), outcomes(&all)), WIDTH, "    "));
        }
    }
    lines.push(String::new());
    lines.extend(charts(runs));
    lines.push(String::new());
    lines.extend(kernels(runs));
    lines.push(String::new());
    lines.extend(wrap(&format!("{}: {}", setup.scenario.name, in_words(&setup.settings)), WIDTH, ""));
    let changes = setup.changes();
    if !changes.is_empty() {
        let list: Vec<String> = changes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.extend(wrap(&format!("Changed in the scenario: {}", list.join(" ")), WIDTH, "  "));
    }
    lines.push(format!("Simulation, swapscope model {MODEL_VERSION}, seed {}:", setup.seed));
    lines.push(link.to_owned());
    // Titles of scenarios and names of tasks could hold anything.
    let text: String = lines
        .join("\n")
        .chars()
        .map(|c| if c == '\n' || (' '..='~').contains(&c) { c } else { '?' })
        .collect();
    text + "\n"
}

/// The columns that fit; a name that is too long stands on a line of its own.
fn verdict_table(runs: &[MailRun<'_>]) -> Vec<String> {
    const NAME: usize = 16;
    let picked: Vec<usize> =
        IN_MAIL.iter().filter_map(|name| TABLE_HEAD.iter().position(|(head, _)| head == name)).collect();
    // The latency of the probe is none of these columns.
    let all: Vec<Vec<String>> = runs.iter().map(|run| row(run.kernel, run.figures, [0; 3])).collect();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|row| {
            let mut row: Vec<String> = picked.iter().map(|at| row[*at].clone()).collect();
            if row[0].len() > NAME {
                row[0] = String::new();
            }
            row
        })
        .collect();
    let laid = columns(IN_MAIL, &rows);
    let mut lines = Vec::new();
    for (at, line) in laid.into_iter().enumerate() {
        if at > 0 && all[at - 1][0].len() > NAME {
            lines.push(all[at - 1][0].clone());
        }
        lines.push(line);
    }
    lines
}

/// Free memory of each kernel, all on one scale of time and of memory: a row stands for four times the memory of the
/// row below it.
fn charts(runs: &[MailRun<'_>]) -> Vec<String> {
    let end = runs.iter().map(|run| run.end.0).max().unwrap_or(1).max(1);
    let most = runs.iter().flat_map(|run| &run.free.max).copied().max().unwrap_or(0);
    let mut lines = vec!["Free memory over time, each row four times the one below it:".to_owned()];
    lines.push("  # free memory, from least to most   . min watermark   X OOM kill".to_owned());
    for run in runs {
        lines.push(String::new());
        // The sentence above is about all runs; the chart is one of them.
        let head = match run.figures {
            [shown, _, ..] => {
                format!("{}, seed {}: {}", run.kernel.name(), shown.seed, clause(&run.figures[..1]))
            }
            _ => run.kernel.name(),
        };
        lines.extend(wrap(&head, WIDTH, "  "));
        lines.extend(chart(run, end, level(most)));
    }
    lines.push(format!("{:>9} 0{:>width$}", "", duration(end), width = CHART - 1));
    lines
}

/// Row of a number of pages: 0 for less than 64, then one for each factor of 4.
fn level(pages: u64) -> u32 {
    if pages < 64 { 0 } else { pages.ilog2() / 2 - 2 }
}

/// The smallest amount of memory of a row, as short as can be.
fn memory(row: u32) -> String {
    match row {
        0 => "<256k".to_owned(),
        1 => "256k".to_owned(),
        // 256 pages are 1 MiB.
        2..7 => format!("{}M", 1_u64 << (2 * (row - 2))),
        _ => format!("{}G", 1_u64 << (2 * (row - 7))),
    }
}

/// Column of a time.
fn place(t: u64, end: u64) -> usize {
    let at = u128::from(t) * (CHART as u128) / u128::from(end);
    usize::try_from(at).unwrap_or(CHART).min(CHART - 1)
}

fn chart(run: &MailRun<'_>, end: u64, top: u32) -> Vec<String> {
    let mut spans: Vec<Option<(u32, u32)>> = vec![None; CHART];
    for (bucket, (min, max)) in (0_u64..).zip(run.free.min.iter().zip(&run.free.max)) {
        let from = bucket * run.width.0;
        let to = (from + run.width.0).min(run.end.0).saturating_sub(1).max(from);
        for span in &mut spans[place(from, end)..=place(to, end)] {
            let (low, high) = span.unwrap_or((u32::MAX, 0));
            *span = Some((low.min(level(*min)), high.max(level(*max))));
        }
    }
    let watermark = level(run.min);
    let mut lines: Vec<String> = (0..=top)
        .rev()
        .map(|row| {
            let mark = if row == watermark { "min" } else { "" };
            let cells = spans.iter().map(|span| match span {
                Some((low, high)) if (*low..=*high).contains(&row) => '#',
                _ if row == watermark => '.',
                _ => ' ',
            });
            format!("{mark:<3}{:>6} |{}", memory(row), cells.collect::<String>()).trim_end().to_owned()
        })
        .collect();
    // The axis ends where the run does.
    let mut axis = vec!['-'; place(run.end.0.saturating_sub(1), end) + 1];
    for kill in &run.oom {
        axis[place(kill.0.min(run.end.0.saturating_sub(1)), end)] = 'X';
    }
    lines.push(format!("{:>9} +{}", "", axis.into_iter().collect::<String>()));
    lines
}

/// Versions and patches by commit and subject, each once.
fn kernels(runs: &[MailRun<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for version in VERSIONS {
        if runs.iter().any(|run| run.kernel.version == version.name) {
            lines.extend(wrap(&format!("{}: {}", version.name, version.summary), WIDTH, "  "));
            for (id, subject) in version.commits {
                lines.extend(wrap(&format!("  {id} {subject}"), WIDTH, "    "));
            }
        }
    }
    for patch in PATCHES {
        if runs.iter().any(|run| run.kernel.patches.iter().any(|name| name == patch.name)) {
            lines.extend(wrap(&format!("{}: {}", patch.name, patch.summary), WIDTH, "  "));
            lines.extend(wrap(&format!("  {} {}", patch.source, patch.subject), WIDTH, "    "));
        }
    }
    for what_if in WhatIf::all() {
        let name = what_if.name();
        if runs.iter().any(|run| run.kernel.patches.contains(&name)) {
            let PolicyRow { meaning, function, .. } = what_if.row();
            lines.extend(wrap(&format!("{name}: {meaning}"), WIDTH, "  "));
            lines.extend(wrap(&format!("  what if {function} did so"), WIDTH, "    "));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;
    use crate::settings::Change;

    #[test]
    fn a_mail_is_narrow_ascii_and_ends_with_the_link() {
        let scenario = Scenario::bundled("lab-256m", "test").unwrap();
        let changes = [Change::parse("duration", "1500ms", "test").unwrap()];
        let setup = Setup::with(scenario, &changes, &[]).unwrap();
        let config = setup.config().unwrap();
        let results: Vec<KernelResult> = setup
            .kernels
            .iter()
            .map(|kernel| {
                let trace = swapscope_sim::run(&config, &kernel.policy, 1);
                KernelResult { kernel: kernel.clone(), figures: vec![Figures::of(&trace)], trace }
            })
            .collect();
        let runs: Vec<MailRun<'_>> = results.iter().map(MailRun::from).collect();
        let text = mail(&setup, &runs, "https://example.org/?s=x");
        assert!(text.ends_with(":\nhttps://example.org/?s=x\n"));
        assert!(text.contains("f9054c70d28b mm, mempool: only set"));
        assert!(text.contains("\nChanged in the scenario: duration=1500ms\n"));
        assert!(text.contains("Simulation, swapscope model"));
        for line in text.lines() {
            assert!(line.len() <= WIDTH, "{line}");
            assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        }
    }

    #[test]
    fn rows_of_the_chart() {
        assert_eq!([0, 63, 64, 255, 256, 65_536].map(level), [0, 0, 1, 1, 2, 6]);
        assert_eq!([0, 1, 2, 6, 7, 8].map(memory), ["<256k", "256k", "1M", "256M", "1G", "4G"]);
    }

    #[test]
    fn a_chart_shows_the_watermark_the_kill_and_the_end() {
        let kernel = Kernel::parse("4.6").unwrap();
        let (min, max) = (vec![300, 300, 10, 10], vec![5000, 300, 300, 10]);
        let free = Column { last: min.clone(), min, max };
        let run = MailRun {
            kernel: &kernel,
            figures: &[],
            free: &free,
            width: Nanos(10_000),
            end: Nanos(40_000),
            min: 256,
            oom: vec![Nanos(39_999)],
        };
        let (quarter, half) = ("#".repeat(15), "#".repeat(30));
        let dots = ".".repeat(15);
        assert_eq!(
            chart(&run, 40_000, 4),
            [
                format!("      16M |{quarter}"),
                format!("       4M |{quarter}"),
                format!("min    1M |{half}{quarter}{dots}"),
                format!("     256k |{}{quarter}", " ".repeat(30)),
                format!("    <256k |{}{half}", " ".repeat(30)),
                format!("          +{}X", "-".repeat(59)),
            ]
        );
        // On a scale of twice the time it takes half of the width.
        assert_eq!(chart(&run, 80_000, 4)[5], format!("          +{}X", "-".repeat(29)));
    }
}
