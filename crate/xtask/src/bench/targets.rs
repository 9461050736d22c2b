//! What was wanted, and what came out.

use super::report::{bundled, rate, ratio, series};
use super::{Bench, Run};

/// One target.
pub struct Target {
    pub wanted: &'static str,
    pub found: String,
    pub met: bool,
}

/// Nanoseconds natively, in node and in the browser, and events, of all bundled scenarios.
fn sums(bench: &Bench) -> [u64; 4] {
    let of = |run: &Run| [run.native.nanos, run.node.nanos, run.browser.nanos, run.events];
    bundled(bench).map(of).fold([0; 4], |sums, run| [0, 1, 2, 3].map(|at| sums[at] + run[at]))
}

/// All targets, in the order in which they were set.
pub fn all(bench: &Bench) -> Vec<Target> {
    let mut out = speed(bench);
    out.push(hour(bench));
    out.push(large(bench));
    out.extend(["RAM ", "swap ", "tasks ", "seconds "].map(|name| linear(bench, name)));
    out
}

fn speed(bench: &Bench) -> Vec<Target> {
    let [native, node, browser, events] = sums(bench);
    let worst = ratio(node, native).max(ratio(browser, native));
    let real = |run: &Run| ratio(run.simulated, run.browser.nanos);
    let crawl = bundled(bench).find(|run| run.name == "dmcrypt-2016 4.7-rc6").map_or(0.0, real);
    let slowest = bundled(bench).min_by_key(|run| run.browser.slowest);
    let thread =
        bundled(bench).filter(|run| run.name.starts_with("dmcrypt-2016")).map(|run| run.browser.slowest);
    let thread = thread.min().unwrap_or(0) / 1000;
    let per_s = ratio(events, browser) * 1000.0;
    let fewest = bundled(bench).map(|run| rate(run, run.browser)).fold(f64::INFINITY, f64::min);
    vec![
        Target {
            wanted: "wasm takes at most 1.25 times as long as native",
            found: format!(
                "{:.2} in node, {:.2} in Chromium, over all bundled scenarios",
                ratio(node, native),
                ratio(browser, native)
            ),
            met: worst <= 1.25,
        },
        Target {
            wanted: "10,000 times real time in the livelock of 4.7-rc6, in wasm",
            found: format!("{crawl:.0}, dmcrypt-2016 in Chromium"),
            met: crawl >= 10_000.0,
        },
        Target {
            wanted: "300 times real time in the busiest scan-bound phase, in wasm",
            found: slowest.map_or(String::new(), |run| {
                let (name, slowest) = (&run.name, run.browser.slowest / 1000);
                format!("{thread} in the slowest second of dmcrypt-2016; of all: {slowest}, {name}")
            }),
            met: slowest.is_some_and(|run| run.browser.slowest >= 300_000),
        },
        Target {
            wanted: "5 million events a second, in wasm",
            found: format!("{per_s:.2} over all bundled scenarios in Chromium; fewest in one: {fewest:.2}"),
            met: per_s >= 5.0,
        },
    ]
}

fn hour(bench: &Bench) -> Target {
    let ms = |wanted: &str| {
        let (_, value) = bench.hour.iter().find(|(name, _)| name == wanted)?;
        value.split(' ').next()?.parse::<u64>().ok()
    };
    let (first, all) = (ms("first plots").unwrap_or(u64::MAX), ms("all runs").unwrap_or(0));
    Target {
        wanted: "an hour of the machine of the reports on four kernels: a first picture within a tenth of the full run",
        found: format!("first plots after {first} ms, all after {all} ms"),
        met: first.saturating_mul(10) <= all || all <= 1000,
    }
}

fn large(bench: &Bench) -> Target {
    let run = series(bench, "RAM 64 GB").into_iter().next();
    Target {
        wanted: "64 GB of memory with 32 GB of swap in a tab",
        found: run.map_or("no such run".to_owned(), |run| {
            let (s, mb) = (run.browser.nanos / 1_000_000_000, run.browser.memory >> 20);
            format!("in Chromium in {s} s, {} events, {mb} MB of wasm memory", run.events)
        }),
        met: run.is_some(),
    }
}

/// The cost of an event in the longest run of a series, to that of the first: more than half as much again is more than
/// caches explain.
fn linear(bench: &Bench, name: &'static str) -> Target {
    let runs = series(bench, name);
    let cost = |run: Option<&&Run>| run.map_or(f64::INFINITY, |run| ratio(run.native.nanos, run.events));
    let (first, last) = (cost(runs.first()), cost(runs.last()));
    Target {
        wanted: match name {
            "RAM " => "no more than linear in memory",
            "swap " => "no more than linear in swap",
            "tasks " => "no more than linear in tasks",
            _ => "no more than linear in the length of a run",
        },
        found: format!("{first:.0} ns an event in the smallest, {last:.0} in the largest"),
        met: last <= 1.5 * first,
    }
}
