//! What was wanted, and what came out.

use super::report::{bundled, rate, ratio, series};
use super::{Bench, Run};

/// One target.
pub struct Target {
    pub wanted: &'static str,
    pub found: String,
    pub met: bool,
    /// What stands in the way, where something that was measured says so.
    pub bound: String,
}

/// Nanoseconds natively, in node and in the browser, and events, of all bundled scenarios.
fn sums(bench: &Bench) -> [u64; 4] {
    let of = |run: &Run| [run.native.nanos, run.node.nanos, run.browser.nanos, run.events];
    bundled(bench).map(of).fold([0; 4], |sums, run| [0, 1, 2, 3].map(|at| sums[at] + run[at]))
}

/// All targets, in the order in which they were set.
pub fn all(bench: &Bench) -> Vec<Target> {
    let mut out =
        vec![wasm(bench), livelock(bench), scan_bound(bench), events(bench), hour(bench), large(bench)];
    out.extend(["RAM ", "swap ", "tasks ", "seconds "].map(|name| linear(bench, name)));
    out
}

/// How many times faster than real time a bare binary heap would go through as many events.
fn heap_bound(bench: &Bench, events: u64, simulated: u64) -> String {
    let Some((_, steps, nanos)) = bench.floors.first() else { return String::new() };
    let events_per_s = ratio(events, simulated) * 1e9;
    let times = ratio(*steps, *nanos) * 1e9 / events_per_s.max(1.0);
    format!(
        "{events_per_s:.0} events in a simulated second: a bare binary heap, natively, would reach {times:.0}"
    )
}

fn wasm(bench: &Bench) -> Target {
    let [native, node, browser, _] = sums(bench);
    let (node, browser) = (ratio(node, native), ratio(browser, native));
    let [fast, slow] = [2, 3].map(|at| bench.engine.iter().map(|figures| figures[at]).sum());
    Target {
        wanted: "wasm takes at most 1.25 times as long as native",
        found: format!("{node:.2} in node, {browser:.2} in Chromium, over all bundled scenarios"),
        met: node.max(browser) <= 1.25,
        bound: format!("the engine without a model in node: {:.2}", ratio(slow, fast)),
    }
}

/// The livelock without what leads there: the lab machine, and the machine of the reports.
fn livelock(bench: &Bench) -> Target {
    let at = |name: &str| series(bench, name).into_iter().find(|run| run.name == name);
    let figures = |run: &Run| [run.simulated, run.browser.nanos, run.events];
    let between = |early: &str, late: &str| {
        let [early, late] = [early, late].map(|name| at(name).map_or([0; 3], figures));
        [0, 1, 2].map(|at| late[at].saturating_sub(early[at]))
    };
    let [simulated, nanos, events] = between("crawl 60", "crawl 180");
    let crawl = ratio(simulated, nanos);
    let thread = between("seconds 150", "seconds 300");
    let thread = ratio(thread[0], thread[1]);
    Target {
        wanted: "10,000 times real time in the livelock of 4.7-rc6, in wasm",
        found: format!(
            "{crawl:.0} from 60 to 180 s of lab-256m in Chromium; from 150 to 300 s of dmcrypt-2016: {thread:.0}"
        ),
        met: crawl >= 10_000.0,
        bound: heap_bound(bench, events, simulated),
    }
}

fn scan_bound(bench: &Bench) -> Target {
    let wanted = "300 times real time in the busiest scan-bound phase, in wasm";
    let Some(run) = bundled(bench).min_by_key(|run| run.browser.slowest) else {
        return Target { wanted, found: String::new(), met: false, bound: String::new() };
    };
    let thread =
        bundled(bench).filter(|run| run.name.starts_with("dmcrypt-2016")).map(|run| run.browser.slowest);
    let [thread, slowest] =
        [thread.min().unwrap_or(0), run.browser.slowest].map(|slowest| ratio(slowest, 1000));
    Target {
        wanted,
        found: format!(
            "{thread:.1} in the slowest second of dmcrypt-2016; of all: {slowest:.1}, {}",
            run.name
        ),
        met: run.browser.slowest >= 300_000,
        bound: format!("on average over that run {}", heap_bound(bench, run.events, run.simulated)),
    }
}

fn events(bench: &Bench) -> Target {
    let [_, _, browser, events] = sums(bench);
    let per_s = ratio(events, browser) * 1000.0;
    let fewest = bundled(bench).map(|run| rate(run, run.browser)).fold(f64::INFINITY, f64::min);
    let most = bundled(bench).map(|run| rate(run, run.browser)).fold(0.0, f64::max);
    Target {
        wanted: "5 million events a second, in wasm",
        found: format!("{per_s:.2} over all bundled scenarios in Chromium; {fewest:.2} to {most:.2} in one"),
        met: per_s >= 5.0,
        bound: "an event stands for up to 32 scanned pages".to_owned(),
    }
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
        bound: String::new(),
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
        bound: String::new(),
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
        bound: String::new(),
    }
}
