//! OOM kills and the other turning points of a run.

use swapscope_sim::sort;
use swapscope_sim::units::Nanos;

use super::{Panel, Table, line, mark, stroke};
use crate::axis::Axis;
use crate::format::seconds;
use crate::plot::{Dash, Marker, Plot, Shape};
use crate::run::Run;
use crate::theme::Ink;

pub(super) const PANEL: Panel = Panel {
    name: "events",
    title: "OOM kills and other events",
    height: 70,
    legend: &[
        mark("OOM kill (line through all rows)", Ink::Oom, Marker::Diamond),
        mark("rescuer called", Ink::Mayday, Marker::Cross),
        mark("workload done", Ink::Done, Marker::Triangle),
        line("too many events: no longer kept one by one", Ink::Muted, Dash::Dots),
    ],
    axis: |_, _| Axis::lanes(&["OOM", "rescuer", "done"]),
    shapes,
    summary,
    table,
    level: None,
    read: |run, t| {
        let kills = run.oom.iter().filter(|oom| **oom <= t).count();
        let done = run.done.is_some_and(|done| done <= t);
        match (t < run.start, done, kills) {
            (true, ..) => "before the workload".to_owned(),
            (_, true, 0) => "workload done".to_owned(),
            (_, false, 0) => "workload runs".to_owned(),
            (_, _, 1) => "after the OOM kill".to_owned(),
            (_, _, kills) => format!("after {kills} OOM kills"),
        }
    },
};

/// Place of the lane of the rescuers.
const RESCUER: f64 = 2.0;

fn lanes(run: &Run) -> [(f64, Marker, Ink, Vec<Nanos>); 5] {
    [
        (1.0, Marker::Triangle, Ink::Band, run.band.done.clone()),
        (3.0, Marker::Diamond, Ink::Band, run.band.oom.clone()),
        (RESCUER, Marker::Cross, Ink::Mayday, run.mayday.clone()),
        (1.0, Marker::Triangle, Ink::Done, run.done.into_iter().collect()),
        (3.0, Marker::Diamond, Ink::Oom, run.oom.clone()),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let marks = lanes(run).into_iter().flat_map(|(lane, marker, ink, times)| {
        let mut marks: Vec<Shape> = times
            .iter()
            .filter(|t| plot.sees(**t))
            .map(|t| Shape::Mark(plot.at(t.0 as f64, lane), marker, ink))
            .collect();
        marks.dedup();
        marks
    });
    let mut shapes: Vec<Shape> = marks.collect();
    if let Some(from) = run.kept_until {
        // Kills and the end of the workload are known from elsewhere.
        let unknown = vec![plot.at(from.0 as f64, RESCUER), plot.at(run.end.0 as f64, RESCUER)];
        shapes.insert(0, Shape::Line(unknown, stroke(Ink::Muted, 1.5, Dash::Dots)));
    }
    shapes
}

fn summary(run: &Run) -> String {
    let kills = match run.oom.as_slice() {
        [] => "no OOM kill".to_owned(),
        [t] => format!("OOM kill at {}", seconds(*t)),
        [first, .., last] => {
            format!("{} OOM kills, from {} to {}", run.oom.len(), seconds(*first), seconds(*last))
        }
    };
    let done =
        run.done.map_or("workload not done".to_owned(), |t| format!("workload done at {}", seconds(t)));
    let rescuer = match run.mayday.first() {
        None => String::new(),
        Some(t) => format!("; rescuer called {} times, first at {}", run.mayday.len(), seconds(*t)),
    };
    let kept =
        run.kept_until.map_or(String::new(), |t| format!("; calls after {} were not kept", seconds(t)));
    format!("Events: {kills}; {done}{rescuer}{kept}; run ends at {}.", seconds(run.end))
}

fn table(run: &Run) -> Table {
    let mut events: Vec<(Nanos, &str)> = run.oom.iter().map(|t| (*t, "OOM kill")).collect();
    events.extend(run.mayday.iter().take(20).map(|t| (*t, "rescuer called")));
    events.push((run.end, "run ends"));
    events.extend(run.done.map(|t| (t, "workload done")));
    events.push((run.start, "workload starts"));
    sort::by_number(&mut events, |(t, _)| t.0);
    let rows = events.into_iter().map(|(t, what)| vec![seconds(t), what.to_owned()]);
    Table { head: vec!["at", "what"], rows: rows.collect() }
}
