//! Runs every bundled scenario on each of its kernels and prints one line for each run, tab-separated: link, column,
//! kernel, hash, events, nanoseconds on this machine's clock. The browser tests run the same links as wasm and must
//! come to the same hashes; `cargo xtask bench` compares the times.
//!
//! A scenario that builds on another one runs with one seed only: it is the same machine.
//!
//! `runs SEEDS [KEY=VALUE]...`: seeds 1 to SEEDS, with these changes to each scenario.
//! `runs --random COUNT SEED`: so many random small machines instead.

use std::env;
use std::time::Instant;
use swapscope_scenario::settings::Change;
use swapscope_scenario::{BUNDLED, Error, Scenario, Setup, link};
use swapscope_tests::linked;

fn main() -> Result<(), Error> {
    let mut args = env::args().skip(1).peekable();
    if args.next_if(|arg| arg == "--random").is_some() {
        let mut number = || args.next().and_then(|text| text.parse::<u32>().ok()).unwrap_or(1);
        let (count, seed) = (number(), number());
        return linked::setups(count as usize, seed.into()).iter().try_for_each(|(setup, _)| runs(setup));
    }
    let seeds = args.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut changes = Vec::new();
    for change in args {
        let (key, value) = change.split_once('=').unwrap_or((&change, ""));
        changes.push(Change::parse(key, value, "runs")?);
    }
    // Machines of more than 2 GB come last and run for 3 s only: browsers have a minute for each link.
    let mut large = Vec::new();
    for bundled in BUNDLED {
        let scenario = Scenario::bundled(bundled.name, "runs")?;
        for seed in 1..=if scenario.base.is_some() { 1 } else { seeds } {
            let setup = Setup::with(scenario.clone(), &changes, &[])?.seeds(seed, 1, "runs")?;
            let managed: u64 = setup.config()?.machine.zones.iter().map(|zone| zone.managed.0).sum();
            if managed <= 1 << 19 {
                runs(&setup)?;
            } else {
                let short = [&changes[..], &[Change::parse("duration", "3s", "runs")?]].concat();
                large.push(Setup::with(scenario.clone(), &short, &[])?.seeds(seed, 1, "runs")?);
            }
        }
    }
    large.iter().try_for_each(runs)
}

fn runs(setup: &Setup) -> Result<(), Error> {
    let link = link::encode(setup, "")?;
    let config = setup.config()?;
    for (column, kernel) in setup.kernels.iter().enumerate() {
        let start = Instant::now();
        let trace = swapscope_sim::run(&config, &kernel.policy, setup.seed);
        let nanos = start.elapsed().as_nanos();
        println!(
            "{link}\t{column}\t{}\t{:016x}\t{}\t{nanos}",
            kernel.name(),
            trace.hash,
            trace.engine_events
        );
    }
    Ok(())
}
