//! A comparison as the text of a mail: plain ASCII, at most 72 columns, the link alone on its line.

use crate::config::in_words;
use crate::report::{Figures, KernelResult};
use crate::setup::Setup;
use crate::text::{TABLE_HEAD, columns, outcomes, table, verdict, wrap};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::kernel::{Kernel, PATCHES, PolicyRow, VERSIONS, WhatIf};
use swapscope_sim::trace::{Series, Trace};

/// Most columns of a line, but for the link.
pub const WIDTH: usize = 72;
/// Columns of the chart behind its axis.
const CHART: usize = 60;
/// Columns of the verdict table that fit into a line, by their short heads.
const IN_MAIL: &[&str] = &["kernel", "outcome", "done", "oom", "swapfree", "minfree", "req/s"];

/// The text. `link` is taken as it is.
#[must_use]
pub fn mail(setup: &Setup, results: &[KernelResult], link: &str) -> String {
    let pairs: Vec<(&Kernel, &[Figures])> =
        results.iter().map(|result| (&result.kernel, result.figures.as_slice())).collect();
    let mut lines = wrap(&verdict(&pairs), WIDTH, "");
    lines.push(String::new());
    lines.extend(verdict_table(results));
    if setup.seeds > 1 {
        lines.push(String::new());
        lines.push(format!("Outcomes over {} seeds; the table shows seed {}:", setup.seeds, setup.seed));
        for result in results {
            let all = crate::report::Ensemble::of(&result.kernel, &result.figures).outcomes;
            lines.extend(wrap(&format!("  {}: {}", result.kernel.name(), outcomes(&all)), WIDTH, "    "));
        }
    }
    lines.push(String::new());
    lines.extend(charts(results));
    lines.push(String::new());
    lines.extend(kernels(results));
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
fn verdict_table(results: &[KernelResult]) -> Vec<String> {
    const NAME: usize = 16;
    let picked: Vec<usize> =
        IN_MAIL.iter().filter_map(|name| TABLE_HEAD.iter().position(|(head, _)| head == name)).collect();
    let all = table(results);
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

/// Free memory of each kernel on one scale of time: a row stands for four times the pages of the row below it.
fn charts(results: &[KernelResult]) -> Vec<String> {
    let end = results.iter().map(|result| result.trace.end.0).max().unwrap_or(1).max(1);
    let most =
        results.iter().flat_map(|result| &result.trace.column(Series::Free).max).copied().max().unwrap_or(0);
    let mut lines = vec!["Free pages over time (# = range in the interval, factor 4 a row)".to_owned()];
    for result in results {
        lines.push(result.kernel.name());
        lines.extend(chart(&result.trace, end, level(most)));
    }
    lines.push(format!("{:>7} 0{:>width$}", "", crate::text::duration(end), width = CHART - 1));
    lines
}

/// Row of a number of pages: 0 for less than 64, then one for each factor of 4.
fn level(pages: u64) -> u32 {
    if pages < 64 { 0 } else { pages.ilog2() / 2 - 2 }
}

fn chart(trace: &Trace, end: u64, top: u32) -> Vec<String> {
    let column = trace.column(Series::Free);
    let mut spans: Vec<Option<(u32, u32)>> = vec![None; CHART];
    for (bucket, (min, max)) in column.min.iter().zip(&column.max).enumerate() {
        let t = u128::from(bucket as u64) * u128::from(trace.width.0);
        let at = usize::try_from(t * (CHART as u128) / u128::from(end)).unwrap_or(CHART);
        if let Some(span) = spans.get_mut(at) {
            let (low, high) = span.unwrap_or((u32::MAX, 0));
            *span = Some((low.min(level(*min)), high.max(level(*max))));
        }
    }
    let min: u64 = trace.zones.iter().map(|zone| zone.min).sum();
    (0..=top)
        .rev()
        .map(|row| {
            let mark = if row == level(min) { "min" } else { "" };
            let name = if row == 0 { "<64".to_owned() } else { (16_u64 << (2 * row)).to_string() };
            let cells: String = spans
                .iter()
                .map(|span| match span {
                    Some((low, high)) if (*low..=*high).contains(&row) => '#',
                    _ if row == level(min) => '.',
                    _ => ' ',
                })
                .collect();
            format!("{mark:<3}{name:>6} |{cells}").trim_end().to_owned()
        })
        .collect()
}

/// Versions and patches by commit and subject, each once.
fn kernels(results: &[KernelResult]) -> Vec<String> {
    let mut lines = Vec::new();
    for version in VERSIONS {
        if results.iter().any(|result| result.kernel.version == version.name) {
            lines.extend(wrap(&format!("{}: {}", version.name, version.summary), WIDTH, "  "));
            for (id, subject) in version.commits {
                lines.extend(wrap(&format!("  {id} {subject}"), WIDTH, "    "));
            }
        }
    }
    for patch in PATCHES {
        if results.iter().any(|result| result.kernel.patches.iter().any(|name| name == patch.name)) {
            lines.extend(wrap(&format!("{}: {}", patch.name, patch.summary), WIDTH, "  "));
            lines.extend(wrap(&format!("  {} {}", patch.source, patch.subject), WIDTH, "    "));
        }
    }
    for what_if in WhatIf::all() {
        let name = what_if.name();
        if results.iter().any(|result| result.kernel.patches.contains(&name)) {
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
        let text = mail(&setup, &results, "https://example.org/?s=x");
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
    }
}
