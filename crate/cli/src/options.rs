//! What the command line understands.

use clap::{Args, Parser, Subcommand};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use swapscope_chart::Measure;
use swapscope_scenario::setup::{SEED_MAX, SEEDS_MAX};

/// Simulates Linux memory reclaim and swapping to dm-crypt, on several kernels side by side.
#[derive(Debug, Parser)]
#[command(name = "swapscope", version, max_term_width = 100)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario and print what came of it
    Run(RunArguments),
    /// Print the link that opens a scenario, without running it
    Link(LinkArguments),
    /// Run what a link says
    Open(OpenArguments),
    /// Run a grid of values on all CPUs, into a table that a later call goes on with
    Sweep(SweepArguments),
    /// Lay a recording of a real kernel beside an ensemble of simulated runs and print the error of each figure
    Validate(ValidateArguments),
    /// Make a scenario of what a real machine printed: an OOM report, /proc/zoneinfo, meminfo, vmstat, `vmstat 1`, `free`
    Import(ImportArguments),
    /// List versions and patches, and what each does by every policy value
    Kernels {
        /// Only the values of these, VERSION, VERSION~PATCH~PATCH or VERSION~FIELD.VALUE, with marks at what is new
        #[arg(value_name = "KERNEL")]
        kernels: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the bundled scenarios
    Scenarios {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// List the keys of scenario files and --set instead
        #[arg(long)]
        keys: bool,
    },
}

/// A scenario and what is changed in it.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// A file, - for standard input, or the name of a bundled scenario
    pub scenario: String,
    /// Changes.
    #[command(flatten)]
    pub changes: ChangeArguments,
    /// Output.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// A scenario and what is changed in it.
#[derive(Debug, Args)]
pub struct LinkArguments {
    /// A file, - for standard input, or the name of a bundled scenario
    pub scenario: String,
    /// Changes.
    #[command(flatten)]
    pub changes: ChangeArguments,
}

/// A link and what is changed in it.
#[derive(Debug, Args)]
pub struct OpenArguments {
    /// A whole link, its query or its fragment, also as a mail left it: wrapped, quoted, in brackets. Put it in quotes; one
    /// that is typed by hand ends with &c=0
    pub link: String,
    /// Changes.
    #[command(flatten)]
    pub changes: ChangeArguments,
    /// Output.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// A scenario, what is changed in it, and what is varied.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// A file, - for standard input, or the name of a bundled scenario
    pub scenario: String,
    /// A key that takes several values, such as cipher=null,aes or hog=256M..1G:64M; repeat it for a grid
    #[arg(long, value_name = "KEY=A,B,C|A..B:STEP", required = true)]
    pub vary: Vec<String>,
    /// Changes.
    #[command(flatten)]
    pub changes: ChangeArguments,
    /// Do the I-th of N parts; the tables of all parts together are that of the whole
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// The table: a line for each run as it ends. Runs that are in it are not done again
    #[arg(long, value_name = "FILE")]
    pub csv: PathBuf,
    /// Draw the outcomes of all runs in the table into a file: where does OOM begin? One or two varied keys
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// What --svg colours: the worst outcome, the share of runs with an OOM kill, the share that got stuck, or the time
    /// to the end of the workload
    #[arg(long, value_name = "outcome|oom|stuck|done", default_value = "outcome", requires = "svg", value_parser = measure)]
    pub show: Measure,
}

fn measure(name: &str) -> Result<Measure, String> {
    Measure::parse(name).ok_or_else(|| "expected outcome, oom, stuck or done".to_owned())
}

/// A scenario, what is changed in it, and a recording.
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// A file, - for standard input, or the name of a bundled scenario
    pub scenario: String,
    /// The recording: CSV with a line of names, at least t_ms[ms], hog_pages[pages], nr_free[pages], writeback[pages],
    /// pswpout[pages]; or a digest (.toml)
    #[arg(long, value_name = "FILE")]
    pub trace: PathBuf,
    /// Changes.
    #[command(flatten)]
    pub changes: ChangeArguments,
    /// Print one JSON object
    #[arg(long, group = "form")]
    pub json: bool,
    /// Draw the recording beside the run of --seed, on the same axes, into a file
    #[arg(long, group = "form", value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// A text of a real machine.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The text, as it was pasted: quoted, wrapped, with time stamps; - for standard input
    pub file: PathBuf,
    /// Changes.
    #[command(flatten)]
    pub changes: ChangeArguments,
    /// Run it and draw the runs into a file, with a series or recording of the text over them
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Draw the runs of this scenario instead, a file or the name of a bundled one
    #[arg(long, requires = "svg")]
    pub scenario: Option<String>,
}

/// What is changed in a scenario.
#[derive(Debug, Args)]
pub struct ChangeArguments {
    /// A kernel, VERSION, VERSION~PATCH~PATCH or VERSION~FIELD.VALUE; "swapscope kernels" lists them; repeat it to
    /// compare (default: the scenario's)
    #[arg(long = "kernel", short, value_name = "K")]
    pub kernels: Vec<String>,
    /// A changed parameter; "swapscope scenarios --keys" lists them
    #[arg(long = "set", short, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Work of a run, in events of the engine, after which it is stopped wherever it is (default: 1000000000)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_work: Option<String>,
    /// Seed of the run that is shown
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
    /// Size of the ensemble: runs with this many seeds, from --seed on
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = seeds)]
    pub seeds: Option<u64>,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number, 0 to {}", SEED_MAX - SEEDS_MAX))
}

fn seeds(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number, 1 to {SEEDS_MAX}"))
}

fn mark(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected the number of a mark, from 1 on, as --why alone lists them".to_owned())
}

/// What is printed.
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// Print one JSON object
    #[arg(long, group = "form")]
    pub json: bool,
    /// Print the text of a mail with a chart of free memory: ASCII, at most 72 columns but for the link
    #[arg(long, group = "form")]
    pub mail: bool,
    /// Print what each kernel would have logged, OOM reports in full
    #[arg(long, group = "form")]
    pub dmesg: bool,
    /// Print what every task was doing at a time of the run, such as 12.5s, with its stack of kernel functions
    #[arg(long, group = "form", value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Print the decisions that led to the N-th OOM kill, sleep or stall; without N, the numbered list of these marks
    #[arg(long, group = "form", value_name = "N", allow_negative_numbers = true, value_parser = mark)]
    pub why: Option<Option<NonZeroUsize>>,
    /// Draw the comparison into a file
    #[arg(long, group = "form", value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the samples of the shown runs to a file
    #[arg(long, group = "form", value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write tasks with their stacks, sleeps and counters of the shown runs to a file that ui.perfetto.dev and
    /// chrome://tracing open
    #[arg(long, group = "form", value_name = "FILE")]
    pub perfetto: Option<PathBuf>,
    /// Write /proc/vmstat of the shown runs, a row each second, to a file
    #[arg(long, group = "form", value_name = "FILE")]
    pub vmstat: Option<PathBuf>,
}
