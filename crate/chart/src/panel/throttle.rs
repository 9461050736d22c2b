//! Sleeps in reclaim's throttles.

use std::collections::{BTreeMap, BTreeSet};

use swapscope_sim::sort;
use swapscope_sim::units::Nanos;

use super::{Panel, Table, largest, mark};
use crate::axis::Axis;
use crate::format::{delay, seconds};
use crate::plot::{Marker, Plot, Shape};
use crate::run::{Class, Run};
use crate::theme::Ink;

pub(super) const PANEL: Panel = Panel {
    name: "throttle",
    title: "Throttle delays: each sleep, at its end",
    height: 132,
    legend: &[
        mark("workers (kcryptd)", Ink::Worker, Marker::Dot),
        mark("kswapd", Ink::Kswapd, Marker::Triangle),
        mark("other tasks", Ink::Other, Marker::Cross),
    ],
    axis: |runs, _| Axis::delay(largest(runs.iter().flat_map(|run| &run.sleeps).map(|sleep| sleep.length.0))),
    shapes,
    summary,
    table,
    level: None,
    read: |run, t| {
        let asleep = |class: &Class| {
            let there = |sleep: &&crate::run::Sleep| sleep.t >= t && sleep.t.0 - sleep.length.0 <= t.0;
            run.sleeps.iter().filter(|sleep| sleep.class == *class).filter(there).count()
        };
        let parts = Class::ALL.iter().map(|class| (class, asleep(class))).filter(|(_, count)| *count > 0);
        // "1 worker", "2 workers".
        let name = |class: &Class, count| {
            let name = class.name();
            if count == 1 { name.trim_end_matches('s') } else { name }
        };
        let parts: Vec<String> =
            parts.map(|(class, count)| format!("{count} {}", name(class, count))).collect();
        if parts.is_empty() { "nobody asleep".to_owned() } else { format!("asleep: {}", parts.join(", ")) }
    },
};

const fn look(class: Class) -> (Marker, Ink) {
    match class {
        Class::Worker => (Marker::Dot, Ink::Worker),
        Class::Kswapd => (Marker::Triangle, Ink::Kswapd),
        Class::Other => (Marker::Cross, Ink::Other),
    }
}

/// Marks with their pixels.
type Marks = Vec<(Class, (i32, i32))>;

/// Marks that would cover each other are drawn once: thousands of sleeps of one length are one row of marks. Where
/// several classes share such a row, the rarer lies on top, and of equally frequent ones now one and now the other, so
/// that none hides another.
#[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let cell = ((1.5 * plot.scale) as i32).max(1) * plot.grain;
    let slot = ((14.0 * plot.scale) as i32).max(1);
    // By slot and row.
    let mut slots: BTreeMap<(i32, i32), Marks> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for sleep in run.sleeps.iter().filter(|sleep| plot.sees(sleep.t)) {
        let (x, y) = plot.pixel(sleep.t, sleep.length.0);
        if taken.insert((x / cell, y / cell, sleep.class)) {
            slots.entry((x / slot, y / cell)).or_default().push((sleep.class, (x, y)));
        }
    }
    let mut shapes = Vec::new();
    for ((turn, _), marks) in slots {
        let count = |class: Class| marks.iter().filter(|(other, _)| *other == class).count();
        let mut classes = Class::ALL.to_vec();
        let turn = usize::try_from(turn).unwrap_or(0) % classes.len();
        classes.rotate_left(turn);
        // By threes: nearly as many is as many.
        sort::by_number(&mut classes, |class| !(count(*class).div_ceil(3) as u64));
        for class in classes {
            let (marker, ink) = look(class);
            let own = marks.iter().filter(|(other, _)| *other == class);
            shapes.extend(own.map(|(_, at)| Shape::Mark(*at, marker, ink)));
        }
    }
    shapes
}

struct Sum {
    count: u64,
    longest: Nanos,
    at: Nanos,
    total: Nanos,
}

fn sum(run: &Run, class: Class) -> Sum {
    let mut sum = Sum { count: 0, longest: Nanos(0), at: Nanos(0), total: Nanos(0) };
    for sleep in run.sleeps.iter().filter(|sleep| sleep.class == class) {
        sum.count += 1;
        sum.total += sleep.length;
        if sleep.length > sum.longest {
            (sum.longest, sum.at) = (sleep.length, sleep.t);
        }
    }
    sum
}

fn summary(run: &Run) -> String {
    let parts: Vec<String> = Class::ALL
        .iter()
        .map(|class| (class, sum(run, *class)))
        .filter(|(_, sum)| sum.count > 0)
        .map(|(class, sum)| {
            // Past the events that are kept, one sleep stands for all of its bucket.
            let at_least = if run.kept_until.is_some() { "at least " } else { "" };
            let times =
                if sum.count == 1 { "once".to_owned() } else { format!("{at_least}{} times", sum.count) };
            let ended = if sum.at == run.end { ", not ended" } else { "" };
            format!("{} slept {times}, longest {}{ended}", class.name(), delay(sum.longest))
        })
        .collect();
    if parts.is_empty() {
        "Throttle delays: none.".to_owned()
    } else {
        format!("Throttle delays: {}.", parts.join("; "))
    }
}

fn table(run: &Run) -> Table {
    let rows = Class::ALL.iter().map(|class| {
        let sum = sum(run, *class);
        vec![
            class.name().to_owned(),
            sum.count.to_string(),
            delay(sum.longest),
            match sum.at {
                _ if sum.count == 0 => "never".to_owned(),
                end if end == run.end => "not ended".to_owned(),
                at => seconds(at),
            },
            seconds(sum.total),
        ]
    });
    Table { head: vec!["who", "sleeps drawn", "longest", "ended at", "in all"], rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Sleep;

    #[test]
    fn one_worker_is_no_workers() {
        let mut run = Run::from_levels(Nanos::from_s(9), Nanos(0), Nanos::from_s(1), &[]);
        let sleep = |class| Sleep { t: Nanos::from_s(3), length: Nanos::from_s(2), class };
        run.sleeps = vec![sleep(Class::Worker), sleep(Class::Kswapd)];
        assert_eq!((PANEL.read)(&run, Nanos::from_s(2)), "asleep: 1 worker, 1 kswapd");
        run.sleeps.push(sleep(Class::Worker));
        assert_eq!((PANEL.read)(&run, Nanos::from_s(2)), "asleep: 2 workers, 1 kswapd");
        assert_eq!((PANEL.read)(&run, Nanos::from_s(4)), "nobody asleep");
    }

    #[test]
    fn a_sleep_that_lasts_to_the_end_has_not_ended() {
        let mut run = Run::from_levels(Nanos::from_s(9), Nanos(0), Nanos::from_s(1), &[]);
        let sleep = |t, class| Sleep { t: Nanos::from_s(t), length: Nanos::from_s(2), class };
        run.sleeps = vec![sleep(8, Class::Kswapd), sleep(9, Class::Other)];
        let ended: Vec<String> = table(&run).rows.into_iter().map(|row| row[3].clone()).collect();
        assert_eq!(ended, ["never", "8.0 s", "not ended"]);
        assert!(
            summary(&run).ends_with("other tasks slept once, longest 2.0 s, not ended."),
            "{}",
            summary(&run)
        );
    }
}
