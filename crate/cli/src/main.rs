//! The `swapscope` command.
//!
//! Exit codes: 0 when the command did what it was asked (whatever the simulated machine did), 1 when a file could not be
//! written, 2 for input that cannot be used, with one message on stderr.

mod import;
mod input;
mod list;
mod options;
mod progress;
mod run;
mod story;
mod sweep;
mod terminal;
mod validate;

use clap::Parser;
use clap::error::ErrorKind;
use options::{Command, Options};
use std::io::Write;
use std::process::ExitCode;

/// Why the command ends without doing what it was asked.
pub enum Failure {
    /// Input that cannot be used.
    Input(String),
    /// The world outside: a file or a pipe.
    Io(String),
}

impl From<swapscope_scenario::Error> for Failure {
    fn from(error: swapscope_scenario::Error) -> Self {
        Self::Input(error.to_string())
    }
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    let result = match options.command {
        Command::Run(ref arguments) => run::run(arguments),
        Command::Link(ref arguments) => run::link(arguments),
        Command::Open(ref arguments) => run::open(arguments),
        Command::Sweep(ref arguments) => sweep::sweep(arguments),
        Command::Validate(ref arguments) => validate::validate(arguments),
        Command::Import(ref arguments) => import::import(arguments),
        Command::Kernels { ref kernels, json } => list::kernels(kernels, json),
        Command::Scenarios { json, keys } => list::scenarios(json, keys),
    };
    let (code, message) = match result {
        Ok(output) => return print(&output),
        Err(Failure::Input(message)) => (2, message),
        Err(Failure::Io(message)) => (1, message),
    };
    eprintln!("swapscope: {message}");
    ExitCode::from(code)
}

/// A reader that goes away (`| head`) is no error.
fn print(output: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(output.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("swapscope: stdout: {error}");
            ExitCode::from(1)
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

/// What clap has to say: help as it is, an error as one line.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.to_string();
    if !error.use_stderr() {
        return print(&text);
    }
    let line = if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        "no command: expected run, link, open, sweep, validate, import, kernels or scenarios".to_owned()
    } else {
        let lines = text.lines().map(str::trim);
        let said = lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
        said.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    };
    eprintln!("swapscope: {} (see --help)", line.trim_start_matches("error: "));
    ExitCode::from(2)
}
