//! Speed of the model, natively and as wasm, and of the page: measured here, put into words in [`report`].

mod report;
mod targets;

use crate::browsers::BROWSERS;
use crate::build;
use crate::command::{cargo, stdout, swapscope};
use crate::layout::Layout;
use crate::serve::Folder;
use crate::setup::{self, Node};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Where the report is kept.
const REPORT: &str = "tests/BENCH.md";

/// Prints the report, and keeps it if that is wanted. With `short` every run ends after a few simulated seconds: the same
/// tables in minutes, and no figures to keep.
pub fn bench(layout: &Layout, keep: bool, short: bool) -> Result<()> {
    if keep && short {
        bail!("--report is for full runs");
    }
    build::site(layout)?;
    let bench = Bench::measure(layout, &setup::node(layout)?, short)?;
    let text = report::text(&bench)?;
    print!("{text}");
    if keep {
        fs::write(layout.path(REPORT), text)?;
    }
    Ok(())
}

/// All figures.
struct Bench {
    /// What the machine is, one line for each thing.
    machine: Vec<String>,
    /// Simulations: as they are natively, and as wasm in node and in Chromium.
    runs: Vec<Run>,
    /// Loops that do nothing but what cannot be done without: name, steps and nanoseconds.
    floors: Vec<(String, u64, u64)>,
    /// The model's engine without a model: tasks, sleeps, nanoseconds natively and as wasm.
    engine: Vec<[u64; 4]>,
    /// The page with four kernels: name and value of each figure.
    page: Vec<(String, String)>,
    /// The same with an hour of simulated time.
    hour: Vec<(String, String)>,
}

/// One simulation.
struct Run {
    name: String,
    events: u64,
    /// Simulated nanoseconds.
    simulated: u64,
    native: Speed,
    node: Speed,
    browser: Speed,
}

/// What a simulation took.
#[derive(Clone, Copy)]
struct Speed {
    nanos: u64,
    /// Thousandths of a simulated nanosecond in a real one, in the slowest simulated second; the largest number where the
    /// run is shorter.
    slowest: u64,
    /// Bytes of the wasm's memory afterwards, which never shrinks; 0 natively.
    memory: u64,
}

/// A line of figures: what identifies a run, and what it took.
fn line(parts: &[&str]) -> Result<([String; 3], Speed)> {
    let [hash, events, simulated, nanos, slowest, rest @ ..] = parts else { bail!("not a run: {parts:?}") };
    let memory = rest.first().map_or(Ok(0), |bytes| bytes.parse())?;
    let speed = Speed { nanos: nanos.parse()?, slowest: slowest.parse()?, memory };
    Ok(([hash, events, simulated].map(|part| (*part).to_owned()), speed))
}

impl Bench {
    fn measure(layout: &Layout, node: &Node, short: bool) -> Result<Self> {
        let [browser, ..] = BROWSERS;
        let mut native = cargo(&layout.root);
        native.args(["run", "--quiet", "--release", "--package", "swapscope-tests", "--bin", "bench"]);
        if short {
            native.args(["--", "duration=3s"]);
        }
        let native = stdout(&mut native)?;
        let fields: Vec<Vec<&str>> = native.lines().map(|line| line.split('\t').collect()).collect();
        let file = layout.target("parity/bench.txt");
        fs::create_dir_all(layout.target("parity"))?;
        let wanted = fields.iter().filter(|fields| fields[0] == "run");
        fs::write(&file, wanted.map(|fields| format!("{}\t{}\n", fields[1], fields[2])).collect::<String>())?;

        let wasm = |name: &str, program: PathBuf, site: &str| {
            let mut command = Command::new(&node.program);
            command.arg(layout.browser_tests().join("speed.mjs")).arg(name).arg(program).arg(site).arg(&file);
            stdout(&mut command)
        };
        let in_node = wasm("node", node.program.clone(), &layout.site().to_string_lossy())?;
        let server = Folder::bind(vec![layout.site()], 0)?;
        let in_browser = wasm(browser.name, browser.program()?, &server.address)?;

        let hour = if short { "duration=30s" } else { "duration=3600s" };
        let mut bench = Self {
            machine: machine(node)?,
            runs: Vec::new(),
            floors: Vec::new(),
            engine: engine(layout, node)?,
            page: page(layout, node, &["lab-256m"])?,
            hour: page(layout, node, &["dmcrypt-2016", "--set", hour, "--seeds", "2"])?,
        };
        let mut wasm = in_node.lines().zip(in_browser.lines());
        for fields in &fields {
            match fields.as_slice() {
                ["floor", name, steps, nanos] => {
                    bench.floors.push(((*name).to_owned(), steps.parse()?, nanos.parse()?));
                }
                ["run", link, _, name, figures @ ..] => {
                    let (in_node, in_browser) = wasm.next().context("too few runs as wasm")?;
                    let [in_node, in_browser] =
                        [in_node, in_browser].map(|line| line.split('\t').collect::<Vec<_>>());
                    let (same, native) = line(figures)?;
                    let ((node_same, node), (browser_same, browser)) =
                        (line(&in_node[2..])?, line(&in_browser[2..])?);
                    if same[..2] != node_same[..2] || same[..2] != browser_same[..2] {
                        bail!(
                            "{link}: {same:?} natively, {node_same:?} in node, {browser_same:?} in the browser"
                        );
                    }
                    let [_, events, simulated] = same;
                    let (events, simulated) = (events.parse()?, simulated.parse()?);
                    bench.runs.push(Run {
                        name: (*name).to_owned(),
                        events,
                        simulated,
                        native,
                        node,
                        browser,
                    });
                }
                _ => bail!("not a line of the bench: {fields:?}"),
            }
        }
        Ok(bench)
    }
}

/// What everything ran on and with.
fn machine(node: &Node) -> Result<Vec<String>> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let memory = memory.and_then(|kb| kb.parse::<u64>().ok()).map_or(0, |kb| kb >> 20);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let [browser, ..] = BROWSERS;
    let said = |command: &mut Command| stdout(command).map(|text| text.trim().to_owned());
    Ok(vec![
        format!("{}, {cores} cores, {memory} GB", model.map_or("an unknown CPU", |(_, name)| name.trim())),
        said(Command::new("rustc").arg("--version"))?,
        format!("node {}", said(Command::new(&node.program).arg("--version"))?.trim_start_matches('v')),
        said(Command::new(browser.program()?).arg("--version"))?,
        format!("load average of the machine at the end: {}", load.split(' ').next().unwrap_or("unknown")),
    ])
}

/// Sleeps of the engine alone.
fn engine(layout: &Layout, node: &Node) -> Result<Vec<[u64; 4]>> {
    let mut native = cargo(&layout.root);
    native.args(["run", "--quiet", "--release", "--package", "swapscope-tests", "--bin", "engine"]);
    let native = stdout(&mut native)?;
    let lines = layout.target("parity/engine.txt");
    fs::write(&lines, &native)?;
    let mut wasm = Command::new(&node.program);
    wasm.arg(layout.browser_tests().join("engine.mjs")).arg(layout.site()).arg(&lines);
    let wasm = stdout(&mut wasm)?;
    let mut out = Vec::new();
    for (native, wasm) in native.lines().zip(wasm.lines()) {
        let (fast, slow): (Vec<&str>, Vec<&str>) = (native.split('\t').collect(), wasm.split('\t').collect());
        let ([tasks, sleeps, hash, fast], [_, _, other, slow]) = (fast.as_slice(), slow.as_slice()) else {
            bail!("not a line of the engine: {native} / {wasm}");
        };
        if hash != other {
            bail!("{tasks} tasks: hash {hash} natively, {other} as wasm");
        }
        out.push([tasks.parse()?, sleeps.parse()?, fast.parse()?, slow.parse()?]);
    }
    Ok(out)
}

/// How the page feels with four kernels, in Chromium: `link` is what the command line makes a link of.
fn page(layout: &Layout, node: &Node, link: &[&str]) -> Result<Vec<(String, String)>> {
    let [browser, ..] = BROWSERS;
    let mut command = swapscope(&layout.root);
    command.arg("link").args(link);
    for kernel in ["4.6", "4.7-rc6", "4.8", "4.9"] {
        command.args(["--kernel", kernel]);
    }
    let link = stdout(&mut command)?;
    let query = link.trim().split_once('?').map_or("", |(_, query)| query);
    let server = Folder::bind(vec![layout.site()], 0)?;
    let mut command = Command::new(&node.program);
    command.arg(layout.browser_tests().join("bench.mjs")).arg(browser.name).arg(browser.program()?);
    let text = stdout(command.arg(&server.address).arg(format!("?{query}")))?;
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
