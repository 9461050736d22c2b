//! `--svg`: the outcomes of a sweep as a heat map.

use super::plan::Plan;
use super::vary::Vary;
use crate::Failure;
use swapscope_chart::{HeatMap, Map, SIDE_MAX, Side, Tally, heat_map};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::trace::Outcome;

/// Whether a sweep can be drawn; asked before it runs.
///
/// # Errors
/// More than two varied keys, or more values than can be read.
pub fn check(plan: &Plan) -> Result<(), Failure> {
    if plan.varied.len() > 2 {
        let message = format!("--svg: {} varied keys: expected one, or two, to draw them", plan.varied.len());
        return Err(Failure::Input(message));
    }
    match plan.varied.iter().find(|vary| vary.values.len() > SIDE_MAX) {
        None => Ok(()),
        Some(vary) => Err(Failure::Input(format!(
            "--svg: {} has {} values: expected at most {SIDE_MAX} to draw them",
            vary.param.key,
            vary.values.len()
        ))),
    }
}

/// Draws the runs that there are: two keys in a map for each kernel, or one key and the kernels in one map.
pub fn draw(plan: &Plan, runs: &[(usize, Outcome)]) -> String {
    let kernels = plan.first.kernel_names();
    let (x, y, names) = match &plan.varied[..] {
        [x, y, ..] => (side(x), side(y), kernels),
        [x] => {
            // A list is read from the top, a side from the bottom.
            let values = kernels.into_iter().rev().collect();
            (side(x), Side { label: "kernel".to_owned(), values }, vec![plan.first.scenario.name.clone()])
        }
        [] => (Side::default(), Side::default(), Vec::new()),
    };
    let (columns, rows) = (x.values.len(), y.values.len());
    let mut maps: Vec<Map> =
        names.into_iter().map(|name| Map { name, cells: vec![Tally::default(); columns * rows] }).collect();
    for (run, outcome) in runs {
        let place = plan.place(*run);
        let (map, row, column) = match plan.values(place.point)[..] {
            [x, y, ..] => (place.kernel, y, x),
            [x] => (0, rows - 1 - place.kernel, x),
            [] => continue,
        };
        maps[map].cells[row * columns + column].add(*outcome);
    }
    heat_map(&HeatMap { title: plan.first.scenario.title.clone(), note: note(plan), x, y, maps })
}

fn side(vary: &Vary) -> Side {
    let param = vary.param;
    let unit = if param.unit.is_empty() { param.kind.unit() } else { param.unit };
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let label = format!("{}, {}{unit}", param.key, param.definition);
    Side { label, values: vary.values.iter().map(|value| param.kind.show(*value)).collect() }
}

/// What does not vary.
fn note(plan: &Plan) -> String {
    let first = &plan.first;
    let fixed = first.changes().into_iter();
    let fixed = fixed.filter(|(key, _)| plan.varied.iter().all(|vary| vary.param.key != *key));
    let fixed: Vec<String> = fixed.map(|(key, text)| format!("{key}={text}")).collect();
    let with = if fixed.is_empty() { String::new() } else { format!(" with {}", fixed.join(" ")) };
    format!(
        "Simulation, swapscope model {MODEL_VERSION}: scenario {}{with}, seeds {} to {}",
        first.scenario.name,
        first.seed,
        first.seed + first.seeds - 1
    )
}
