//! The report: tables of figures, as text.

use super::{Bench, Run, Speed, targets};
use anyhow::Result;
use std::fmt::Write as _;

/// The whole report.
pub fn text(bench: &Bench) -> Result<String> {
    let mut out = String::from("# Speed\n\nMeasured by `cargo xtask bench --report`, in one run, on\n\n");
    for line in &bench.machine {
        writeln!(out, "- {line}")?;
    }
    out += "\n## Targets\n\n| target | figure | | bound |\n|---|---|---|---|\n";
    for target in targets::all(bench) {
        let word = if target.met { "met" } else { "not met" };
        writeln!(out, "| {} | {} | {word} | {} |", target.wanted, target.found, target.bound)?;
    }
    scenarios(&mut out, bench)?;
    floors(&mut out, bench)?;
    growth(&mut out, bench)?;
    page(&mut out, bench)?;
    Ok(out)
}

/// Bundled scenarios; what belongs to a series has a table of its own.
pub fn bundled(bench: &Bench) -> impl Iterator<Item = &Run> {
    bench.runs.iter().filter(|run| SERIES.iter().all(|(name, ..)| !run.name.starts_with(name)))
}

/// Runs that differ in one thing: how their names begin, and what is the same in all.
const SERIES: [(&str, &str); 5] = [
    ("RAM ", "two hogs that touch 1.25 times the memory between them; swap of half of it"),
    ("swap ", "1 GB of memory, a hog of 1,500 MB"),
    ("tasks ", "1 GB of memory; so many hogs touch 1,536 MB between them"),
    ("seconds ", "1 GB of memory, 4.7-rc6, which crawls for most of the run"),
    ("crawl ", "the lab machine, 4.7-rc6, which is in its livelock from second 17 on"),
];

/// Runs of one series.
pub fn series<'a>(bench: &'a Bench, name: &str) -> Vec<&'a Run> {
    bench.runs.iter().filter(|run| run.name.starts_with(name)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for reading")]
fn float(number: u64) -> f64 {
    number as f64
}

/// Of one in another.
pub fn ratio(number: u64, of: u64) -> f64 {
    float(number) / float(of.max(1))
}

/// Million events a second.
pub fn rate(run: &Run, speed: Speed) -> f64 {
    ratio(run.events, speed.nanos) * 1000.0
}

/// How many times faster than real time; in the slowest simulated second, where the run has one.
fn times(simulated: u64, speed: Speed) -> String {
    let slowest = match speed.slowest {
        slowest if slowest > 1 << 52 => "-".to_owned(),
        slowest => format!("{:.1}", ratio(slowest, 1000)),
    };
    format!("{:.0} | {slowest}", ratio(simulated, speed.nanos))
}

fn scenarios(out: &mut String, bench: &Bench) -> Result<()> {
    *out += "\n## Bundled scenarios\n\nMillion events a second; time that node and Chromium take, to native; simulated over real \
             time in Chromium, of the whole run and of its slowest simulated second.\n\n\
             | scenario, kernel | events | native | node | Chromium | node/native | Chromium/native | x real time | slowest |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    for run in bundled(bench) {
        let [native, node, browser] = [run.native, run.node, run.browser].map(|speed| rate(run, speed));
        writeln!(
            out,
            "| {} | {} | {native:.2} | {node:.2} | {browser:.2} | {:.2} | {:.2} | {} |",
            run.name,
            run.events,
            ratio(run.node.nanos, run.native.nanos),
            ratio(run.browser.nanos, run.native.nanos),
            times(run.simulated, run.browser)
        )?;
    }
    Ok(())
}

fn floors(out: &mut String, bench: &Bench) -> Result<()> {
    *out += "\n## Floors\n\nWhat a model cannot do without, alone, in the same process as the native runs; and the model's engine \
             without a model.\n\n| | million a second | in node |\n|---|--:|--:|\n";
    for (name, steps, nanos) in &bench.floors {
        writeln!(out, "| {name} | {:.1} | |", ratio(*steps, *nanos) * 1000.0)?;
    }
    for [tasks, sleeps, native, wasm] in &bench.engine {
        let [native, wasm] = [native, wasm].map(|nanos| ratio(*sleeps, *nanos) * 1000.0);
        writeln!(out, "| sleeps of {tasks} tasks of the engine | {native:.1} | {wasm:.1} |")?;
    }
    let sum = |of: fn(&Run) -> u64| bundled(bench).map(of).sum::<u64>();
    let [native, node] = [sum(|run| run.native.nanos), sum(|run| run.node.nanos)];
    let [native, node] = [native, node].map(|nanos| ratio(sum(|run| run.events), nanos) * 1000.0);
    writeln!(out, "| events of the model, all bundled scenarios | {native:.1} | {node:.1} |")?;
    Ok(())
}

fn growth(out: &mut String, bench: &Bench) -> Result<()> {
    *out += "\n## Growth\n\nThe machine of the reports with one thing changed; an NVMe disk and 4.9 but for the last table. \
             Milliseconds natively and in Chromium, and the memory of the tab's wasm, which the runs before have shaped too: it \
             never shrinks.\n";
    for (name, what) in SERIES {
        write!(
            out,
            "\n{what}:\n\n| | events | native, ms | Chromium, ms | ns/event | MB |\n|---|--:|--:|--:|--:|--:|\n"
        )?;
        for run in series(bench, name) {
            let ms = |speed: Speed| speed.nanos / 1_000_000;
            let per_event = ratio(run.native.nanos, run.events);
            writeln!(
                out,
                "| {} | {} | {} | {} | {per_event:.0} | {} |",
                run.name,
                run.events,
                ms(run.native),
                ms(run.browser),
                run.browser.memory >> 20
            )?;
        }
    }
    Ok(())
}

fn page(out: &mut String, bench: &Bench) -> Result<()> {
    for (what, figures) in [
        ("lab-256m on four kernels, 16 seeds", &bench.page),
        ("an hour of dmcrypt-2016 on four kernels", &bench.hour),
    ] {
        writeln!(out, "\n## The page in Chromium, {what}\n")?;
        for (name, value) in figures {
            writeln!(out, "- {name}: {value}")?;
        }
    }
    Ok(())
}
