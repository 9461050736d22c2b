//! `cargo xtask`: set-up, build, serve, test and distribute, in Rust and without shell scripts.
//!
//! Every command first sets up what it needs and the machine lacks, says so, and installs nothing twice. Modules, in
//! reading order: [`layout`] where things are, [`command`] running programs, [`setup`] what a machine needs, [`build`]
//! the wasm and the served folder, [`serve`], [`single`], [`dist`] and [`twice`] what is handed out, [`weigh`] what of it is
//! heavy, [`test`], [`parity`] and [`random`], [`bench`].

mod apart;
mod bench;
mod browsers;
mod build;
mod bundle;
mod command;
mod dist;
mod layout;
mod lzma;
mod order;
mod packed;
mod parity;
mod random;
mod serve;
mod setup;
mod single;
mod steps;
mod test;
mod twice;
mod wasm;
mod weigh;

use anyhow::{Result, bail};
use layout::Layout;
use pico_args::Arguments;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask serve [--port N] [--no-open]   set up, build, serve the page and print its address
cargo xtask test [--quick]                 set up, then every test; --quick leaves the browsers out
cargo xtask dist [--twice | --sizes]       static folder and single file, under target/dist; --twice builds again
                                           from nothing, elsewhere, and compares: 10 minutes; --sizes says
                                           what the wasm is made of
cargo xtask bless                          rewrite the golden files, crate/sim/KERNELS.md and VALIDATION.md
cargo xtask parity [--count N] [--seed S]  random machines: the same digests natively, in node and in browsers
cargo xtask bench [--report | --short]     speed of the model, natively and in wasm, and of the page; --report
                                           keeps it in tests/BENCH.md
";

fn main() -> ExitCode {
    match run(Arguments::from_env()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Arguments) -> Result<ExitCode> {
    let layout = Layout::find();
    let command = args.subcommand()?;
    match command.as_deref() {
        Some("serve") => {
            let port = args.opt_value_from_str("--port")?;
            let open = !args.contains("--no-open");
            finish(args)?;
            serve::serve(&layout, port, open)?;
        }
        Some("test") => {
            let quick = args.contains("--quick");
            finish(args)?;
            return test::test(&layout, quick);
        }
        Some("dist") => {
            let (twice, sizes) = (args.contains("--twice"), args.contains("--sizes"));
            finish(args)?;
            if twice { twice::twice(&layout)? } else { dist::dist(&layout, sizes)? }
        }
        Some("bless") => {
            finish(args)?;
            test::bless(&layout)?;
        }
        Some("parity") => {
            let count = args.opt_value_from_str("--count")?.unwrap_or(1000);
            let seed = args.opt_value_from_str("--seed")?.unwrap_or(1);
            finish(args)?;
            random::parity(&layout, count, seed)?;
        }
        Some("bench") => {
            let (keep, short) = (args.contains("--report"), args.contains("--short"));
            finish(args)?;
            bench::bench(&layout, keep, short)?;
        }
        None | Some("help") => print!("{HELP}"),
        Some(other) => bail!("no command '{other}'\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing may be left on the command line: a mistyped option must not be ignored.
fn finish(args: Arguments) -> Result<()> {
    match args.finish().first() {
        Some(rest) => bail!("no option '{}' here\n\n{HELP}", rest.to_string_lossy()),
        None => Ok(()),
    }
}
