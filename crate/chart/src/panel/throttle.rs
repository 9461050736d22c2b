//! Sleeps in reclaim's throttles.

use std::collections::BTreeSet;

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
};

const fn look(class: Class) -> (Marker, Ink) {
    match class {
        Class::Worker => (Marker::Dot, Ink::Worker),
        Class::Kswapd => (Marker::Triangle, Ink::Kswapd),
        Class::Other => (Marker::Cross, Ink::Other),
    }
}

/// The classes in the order of painting: the workers' sleeps are what the story is about and lie on top.
const ORDER: [Class; 3] = [Class::Other, Class::Kswapd, Class::Worker];

#[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
fn shapes(run: &Run, plot: &Plot) -> Vec<Shape> {
    let mut shapes = Vec::new();
    // Marks that would cover each other are drawn once: thousands of sleeps of one length are one row of marks.
    let cell = ((1.5 * plot.scale) as i32).max(1) * plot.grain;
    for class in ORDER {
        let (marker, ink) = look(class);
        let mut taken = BTreeSet::new();
        for sleep in run.sleeps.iter().filter(|sleep| sleep.class == class) {
            let (x, y) = plot.pixel(sleep.t, sleep.length.0);
            if taken.insert((x / cell, y / cell)) {
                shapes.push(Shape::Mark((x, y), marker, ink));
            }
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
            format!("{} slept {} times, longest {}", class.name(), sum.count, delay(sum.longest))
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
            if sum.count > 0 { seconds(sum.at) } else { "never".to_owned() },
            seconds(sum.total),
        ]
    });
    Table { head: vec!["who", "sleeps drawn", "longest", "ended at", "in all"], rows: rows.collect() }
}
