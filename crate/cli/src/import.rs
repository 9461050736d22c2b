//! `swapscope import`: what a real machine printed, to a scenario.

use crate::input::{created, load, named, read};
use crate::options::ImportArguments;
use crate::run::{drawn_over, finding, plain, results, setup};
use crate::{Failure, validate};
use std::io::Write;
use std::path::Path;
use swapscope_chart as chart;
use swapscope_scenario::import::{Import, Series, is_recording};
use swapscope_scenario::link::{BASE, Focus, encode, encode_with};
use swapscope_scenario::validate::Recording;
use swapscope_scenario::{Setup, error};
use swapscope_sim::units::Nanos;

/// Makes a scenario of a text, or draws its series over runs.
///
/// # Errors
/// Input that cannot be used; a file that cannot be written.
pub fn import(arguments: &ImportArguments) -> Result<String, Failure> {
    let path = named(&arguments.file);
    let text = read(&arguments.file, "what a machine printed")?;
    let own = if is_recording(&text) {
        Text::Recording(Recording::parse(&path, &text)?)
    } else {
        Text::Report(Box::new(Import::read(&path, &text)?))
    };
    let Some(svg) = &arguments.svg else { return printed(&path, own, arguments) };
    let opened = match (&arguments.scenario, &own) {
        (Some(name), _) => plain(load(name)?),
        (None, Text::Report(import)) => opened(import),
        (None, Text::Recording(_)) => {
            return Err(Failure::Input(format!(
                "{}: a recording names no machine: expected --scenario",
                error::shown(&path)
            )));
        }
    };
    let setup = setup(&opened, &arguments.changes)?;
    let recorded = own.run(&path, &setup)?;
    draw(svg, &setup, &recorded)
}

/// What was in the file.
enum Text {
    Report(Box<Import>),
    Recording(Recording),
}

impl Text {
    /// Its samples as the charts see a run.
    fn run(&self, path: &str, setup: &Setup) -> Result<chart::Run, Failure> {
        match self {
            Self::Recording(recording) => Ok(validate::recorded(recording, &setup.settings)?),
            Self::Report(import) => match &import.series {
                Some(series) => Ok(over(series)),
                None => Err(Failure::Input(format!(
                    "{}: nothing in it came more than once: expected a series to draw, such as vmstat 1",
                    error::shown(path)
                ))),
            },
        }
    }
}

fn over(series: &Series) -> chart::Run {
    let column = |name: &str| series.column(name).unwrap_or_default();
    chart::Recorded { column: &column, jiffy: Nanos(0), done: None, oom: None }.run()
}

/// The comparison of an import, as a link would say it.
fn opened(import: &Import) -> swapscope_scenario::link::Opened {
    swapscope_scenario::link::Opened {
        changes: import.changes.clone(),
        kernels: import.kernels.clone(),
        ..plain(import.setup.scenario.clone())
    }
}

fn printed(path: &str, own: Text, arguments: &ImportArguments) -> Result<String, Failure> {
    let Text::Report(mut import) = own else {
        return Err(Failure::Input(format!(
            "{}: a recording names no machine: 'swapscope validate SCENARIO --trace FILE' compares it, \
             --svg with --scenario draws it",
            error::shown(path)
        )));
    };
    import.setup = setup(&opened(&import), &arguments.changes)?;
    Ok(import.toml(path, &encode(&import.setup, BASE)?))
}

fn draw(path: &Path, setup: &Setup, recorded: &chart::Run) -> Result<String, Failure> {
    let mut file = created(path)?;
    let results = results(setup)?;
    let link = encode_with(setup, BASE, &Focus::default(), Some(&finding(&results)))?;
    let svg = drawn_over(setup, &results, &link, Some(recorded));
    file.write_all(svg.as_bytes()).map_err(|error| Failure::Io(format!("{}: {error}", path.display())))?;
    Ok(String::new())
}
