//! `swapscope sweep`: a grid of settings, on several kernels, with several seeds.

mod map;
mod table;

use crate::options::{ChangeArguments, SweepArguments};
use crate::{Failure, input, run};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use swapscope_scenario::Error;
use swapscope_scenario::error::shown;
use swapscope_scenario::link::Opened;
use swapscope_scenario::report::Figures;
use swapscope_scenario::settings::Change;
use swapscope_scenario::sweep::{Plan, RUNS_MAX, Vary};
use table::Table;

/// Runs what is not in the table yet.
///
/// # Errors
/// Input that cannot be used; a file that cannot be written.
pub fn sweep(arguments: &SweepArguments) -> Result<String, Failure> {
    let shard = arguments.shard.as_deref().map_or(Ok(Shard { number: 0, of: 1 }), Shard::parse)?;
    let plan = plan(arguments)?;
    if arguments.svg.is_some() {
        map::check(&plan)?;
    }
    let table = Table::open(&arguments.csv, &plan)?;
    let picture = arguments.svg.as_deref().map(|path| created(path, &arguments.csv)).transpose()?;
    let mine: Vec<usize> = (0..plan.runs()).filter(|run| shard.has(*run)).collect();
    let left: Vec<usize> = mine.iter().copied().filter(|run| !table.has(*run)).collect();
    announce(&plan, arguments, mine.len(), left.len());
    let is_broken = AtomicBool::new(false);
    let done = run::parallel(left.len(), |at| {
        if is_broken.load(Ordering::Relaxed) {
            return Ok(());
        }
        let added = line(&plan, left[at]).and_then(|line| table.add(left[at], line));
        is_broken.fetch_or(added.is_err(), Ordering::Relaxed);
        added
    })?;
    done.into_iter().collect::<Result<(), Failure>>()?;
    let runs = table.finish()?;
    if let Some((path, mut file)) = picture {
        file.write_all(map::draw(&plan, &runs, arguments.show).as_bytes())
            .map_err(|error| Failure::Io(format!("{}: {error}", path.display())))?;
    }
    Ok(String::new())
}

/// The plan that the command line asks for.
fn plan(arguments: &SweepArguments) -> Result<Plan, Failure> {
    let varied = arguments.vary.iter().map(|text| Vary::parse(text)).collect::<Result<Vec<Vary>, Error>>()?;
    let ChangeArguments { set, .. } = &arguments.changes;
    let is_set =
        |vary: &&Vary| set.iter().any(|set| set.split('=').next().map(str::trim) == Some(vary.param.key));
    if let Some(vary) = varied.iter().find(is_set) {
        return Err(vary.wrong("varied and set with --set").into());
    }
    let opened = run::plain(input::load(&arguments.scenario)?);
    let point = |changes: &[Change]| {
        let point = Opened { changes: changes.to_vec(), ..opened.clone() };
        run::setup(&point, &arguments.changes)
    };
    Ok(Plan::new(varied, RUNS_MAX, point)?)
}

/// Does a run and writes its line.
fn line(plan: &Plan, run: usize) -> Result<String, Failure> {
    let place = plan.place(run);
    let config = plan.config(place.point).ok_or_else(|| Failure::Input(format!("no run {run}")))?;
    let policy = &plan.first.kernels[place.kernel].policy;
    Ok(plan.line(run, &Figures::of(&swapscope_sim::run(config, policy, place.seed))))
}

/// The file of the picture, opened before the runs: they may take long, and a wrong path should not.
fn created<'a>(path: &'a Path, table: &Path) -> Result<(&'a Path, File), Failure> {
    if path.canonicalize().ok().is_some_and(|path| table.canonicalize().is_ok_and(|table| table == path)) {
        return Err(Failure::Input(format!("--svg: {} is the table", path.display())));
    }
    match File::create(path) {
        Ok(file) => Ok((path, file)),
        Err(error) => Err(Failure::Input(format!("{}: {error}", path.display()))),
    }
}

/// Says how much there is to do before it is done.
fn announce(plan: &Plan, arguments: &SweepArguments, mine: usize, left: usize) {
    let (kernels, seeds) = (plan.first.kernels.len(), plan.first.seeds);
    let mut text =
        format!("{} runs: {} points x {kernels} kernels x {seeds} seeds", plan.runs(), plan.points());
    if plan.varied.iter().all(|vary| vary.param.key != "duration") {
        text += &format!(", each at most {} of virtual time", plan.first.settings.text("duration"));
    }
    if let Some(shard) = &arguments.shard {
        text += &format!("; {mine} of them in shard {shard}");
    }
    if left < mine {
        text += &format!("; {} are in {} already", mine - left, arguments.csv.display());
    }
    eprintln!("swapscope: {text}; {left} to do");
}

/// One of several parts of a sweep.
#[derive(Clone, Copy, Debug)]
struct Shard {
    /// From 0 on.
    number: usize,
    of: usize,
}

impl Shard {
    /// Reads `I/N`; I is from 1 on.
    fn parse(text: &str) -> Result<Self, Failure> {
        let numbers = text.split_once('/').map(|(number, of)| (number.parse(), of.parse()));
        match numbers {
            Some((Ok(number), Ok(of))) if (1..=of).contains(&number) && of <= RUNS_MAX => {
                Ok(Self { number: number - 1, of })
            }
            _ => {
                let message =
                    format!("expected I/N with I from 1 to N, such as 1/8, and N at most {RUNS_MAX}");
                Err(Error::new(format!("--shard {}", shown(text)), message).into())
            }
        }
    }

    /// Whether a run belongs to it. Runs are dealt like cards, from another shard on each time: else with as many shards
    /// as seeds or kernels one of them could have all the long runs.
    const fn has(self, run: usize) -> bool {
        (run + run / self.of) % self.of == self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_in_one_shard_and_shards_are_equally_large() {
        for of in 1..12 {
            let sizes: Vec<usize> = (0..of)
                .map(|number| (0..of * 7).filter(|run| Shard { number, of }.has(*run)).count())
                .collect();
            assert_eq!(sizes, vec![7; of]);
        }
    }

    #[test]
    fn a_shard_is_counted_from_one() {
        for text in ["0/4", "5/4", "1/0", "1", "a/b", "1/4/2", "-1/4", "1/100001", ""] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
        assert!(Shard::parse("4/4").is_ok_and(|shard| (shard.number, shard.of) == (3, 4)));
    }
}
