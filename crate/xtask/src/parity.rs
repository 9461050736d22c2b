//! The same runs natively and as wasm.

use crate::command::{cargo, stdout, swapscope};
use crate::layout::Layout;
use crate::setup::Node;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seeds for which every bundled scenario is run, and how long at most.
const PARITY: [&str; 2] = ["2", "duration=20s"];

/// One run: link, column, kernel, hash and events are the same everywhere; the nanoseconds behind them are not.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was run, and what it came to.
    pub same: [String; 5],
}

impl Run {
    /// Reads a line of what a run printed.
    pub fn parse(line: &str) -> Result<Self> {
        let parts: Vec<&str> = line.split('\t').collect();
        let [same @ .., _] = parts.as_slice() else { bail!("no run: {line}") };
        let same = same.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        Ok(Self { same: same.try_into().ok().with_context(|| format!("not a run: {line}"))? })
    }

    /// Events that the model handled.
    pub fn events(&self) -> u64 {
        self.same[4].parse().unwrap_or(0)
    }
}

/// Runs all bundled scenarios natively.
pub fn native(layout: &Layout, args: &[&str]) -> Result<Vec<Run>> {
    let mut command = cargo(&layout.root);
    command.args(["run", "--quiet", "--release", "--package", "swapscope-tests", "--bin", "runs", "--"]);
    stdout(command.args(args))?.lines().map(Run::parse).collect()
}

/// Where the runs lie that wasm must repeat.
pub fn expected(layout: &Layout) -> PathBuf {
    layout.target("parity/native.txt")
}

/// Writes the short runs that browsers repeat; gives them as well.
pub fn write_expected(layout: &Layout) -> Result<Vec<Run>> {
    let runs = native(layout, &PARITY)?;
    write(layout, &runs)?;
    Ok(runs)
}

/// Writes runs for the scripts.
pub fn write(layout: &Layout, runs: &[Run]) -> Result<()> {
    let file = expected(layout);
    fs::create_dir_all(layout.target("parity"))?;
    let text: String = runs.iter().map(|run| run.same.join("\t") + "\n").collect();
    Ok(fs::write(file, text)?)
}

/// A short comparison that the page hands out in every form.
const SHARED: &str = "?s=lab-256m&k=4.6,4.9&duration=5s&seeds=2&c=0";

/// A small sweep that the page repeats.
const SWEPT: [&str; 15] = [
    "lab-256m",
    "--vary",
    "hog=100m,200m,400m",
    "--vary",
    "swap=0,512m",
    "--kernel",
    "4.6",
    "--kernel",
    "4.9",
    "--set",
    "duration=5s",
    "--seed",
    "1",
    "--seeds",
    "2",
];

/// Writes what the command line makes of it, beside the runs: `link`, and a file for each form; and of a sweep, with its
/// `command`.
pub fn write_exports(layout: &Layout) -> Result<()> {
    let folder = layout.target("parity/exports");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("link"), SHARED)?;
    for form in ["mail", "json", "csv", "perfetto"] {
        let file = folder.join(form);
        let mut command = swapscope(&layout.root);
        command.args(["open", SHARED]).arg(format!("--{form}"));
        if ["csv", "perfetto"].contains(&form) {
            stdout(command.arg(&file))?;
        } else {
            fs::write(file, stdout(&mut command)?)?;
        }
    }
    fs::write(folder.join("sweep.command"), format!("swapscope sweep {}", SWEPT.join(" ")))?;
    // One of an older model would not be gone on with.
    fs::remove_file(folder.join("sweep.csv")).ok();
    for show in ["outcome", "done"] {
        let (table, picture) = (folder.join("sweep.csv"), folder.join(format!("sweep-{show}.svg")));
        let mut command = swapscope(&layout.root);
        command
            .arg("sweep")
            .args(SWEPT)
            .args(["--show", show])
            .arg("--csv")
            .arg(table)
            .arg("--svg")
            .arg(picture);
        stdout(&mut command)?;
    }
    Ok(())
}

/// Repeats the runs of a file as wasm in node.
pub fn node(layout: &Layout, node: &Node, file: &Path) -> Result<Vec<Run>> {
    let mut command = Command::new(&node.program);
    command.arg(layout.browser_tests().join("node.mjs")).arg(layout.site()).arg(file);
    stdout(&mut command)?.lines().map(Run::parse).collect()
}

/// Number of equal runs; an error lists the others.
pub fn compare(native: &[Run], wasm: &[Run]) -> Result<u64> {
    if native.len() != wasm.len() {
        bail!("{} runs natively, {} as wasm", native.len(), wasm.len());
    }
    let differ: Vec<String> = native
        .iter()
        .zip(wasm)
        .filter(|(native, wasm)| native.same != wasm.same)
        .map(|(native, wasm)| format!("native {}\nwasm   {}", native.same.join(" "), wasm.same.join(" ")))
        .collect();
    if !differ.is_empty() {
        bail!("{} of {} runs differ:\n{}", differ.len(), native.len(), differ.join("\n"));
    }
    Ok(native.len() as u64)
}
