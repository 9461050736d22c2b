//! `swapscope validate --svg`: the recording as a column of its own beside the simulated run, on the same axes.

use swapscope_chart as chart;
use swapscope_scenario::Setup;
use swapscope_scenario::report;
use swapscope_scenario::text::{clause, duration};
use swapscope_scenario::validate::{Figures, Recording};
use swapscope_sim::trace::{Outcome, Trace};
use swapscope_sim::units::Nanos;

const MS: u64 = 1_000_000;

/// Draws both.
pub fn svg(setup: &Setup, recording: &Recording, figures: &Figures, trace: &Trace, link: &str) -> String {
    let simulated = chart::Run::from_trace(trace);
    let mut recorded = run(recording, figures);
    // The watermarks are those of the scenario: a recording has none.
    recorded.watermarks.clone_from(&simulated.watermarks);
    let kernel = format!("{}, seed {}", setup.kernel_names().join(", "), setup.seed);
    let columns = [
        chart::Column { kernel: "recorded", outcome: &ended(figures), run: &recorded },
        chart::Column { kernel: &kernel, outcome: &clause(&[report::Figures::of(trace)]), run: &simulated },
    ];
    chart::svg(&setup.scenario.title, &columns, link)
}

fn ended(figures: &Figures) -> String {
    let after = |key: &str| duration(figures.value(key).unwrap_or(0) * MS);
    match figures.outcome {
        Outcome::Completed => format!("finished in {}", after("done_ms")),
        Outcome::Oom => format!("was killed after {}", after("oom_ms")),
        Outcome::Livelock => "was stuck at the end".to_owned(),
        Outcome::Timeout | Outcome::Stopped => "was still moving at the end".to_owned(),
    }
}

/// A recording as the charts see a run.
pub fn run(recording: &Recording, figures: &Figures) -> chart::Run {
    let after = |key: &str| figures.value(key).map(|ms| Nanos(ms * MS));
    let column = |name: &str| recording.column(name).unwrap_or_default();
    let jiffy = Nanos(recording.jiffy_ns.unwrap_or(4 * MS));
    chart::Recorded { column: &column, jiffy, done: after("done_ms"), oom: after("oom_ms") }.run()
}
