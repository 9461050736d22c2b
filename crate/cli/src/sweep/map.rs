//! `--svg`: the outcomes of a sweep as a heat map.

use crate::Failure;
use swapscope_chart::{Ending, HeatMap, Measure, SIDE_MAX, heat_map};
use swapscope_scenario::sweep::Plan;

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
pub fn draw(plan: &Plan, runs: &[(usize, Ending)], measure: Measure) -> String {
    let title = plan.first.scenario.title.clone();
    let mut map = HeatMap::new(title, plan.note(), plan.sides(), plan.maps());
    map.measure = measure;
    for (run, ending) in runs {
        map.add(plan.cell(*run), *ending);
    }
    heat_map(&map)
}
