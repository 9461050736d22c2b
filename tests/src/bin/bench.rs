//! Prints how fast the model is natively, tab-separated, one line for each figure:
//!
//! - `run`, link, column, what it is, hash, events, simulated nanoseconds, nanoseconds on this machine's clock, and how many
//!   thousandths of a simulated nanosecond passed in a real one in the slowest simulated second;
//! - `floor`, what it is, number of steps, nanoseconds.
//!
//! The links are every bundled scenario, and a series for each thing that a run could grow with; `bench [KEY=VALUE]...`
//! changes them all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::env;
use std::hint::black_box;
use std::time::Instant;
use swapscope_scenario::settings::Change;
use swapscope_scenario::{BUNDLED, Error, Scenario, Setup, link};
use swapscope_sim::Simulation;
use swapscope_sim::kernel::Kernel;

/// Events between two looks at the clock: about a millisecond.
const LOOK: u64 = 4_000;
/// The slowest stretch of a run is sought among stretches of this length.
const STRETCH: u64 = 1_000_000_000;

fn main() -> Result<(), Error> {
    let mut all = Vec::new();
    for change in env::args().skip(1) {
        let (key, value) = change.split_once('=').unwrap_or((&change, ""));
        all.push(Change::parse(key, value, "bench")?);
    }
    floor("binary heap of integer times, 16 tasks", 20_000_000, heap(16));
    floor("binary heap of integer times, 1,024 tasks", 20_000_000, heap(1024));
    floor("walk of a list of 262,144 pages in the order of memory", 1 << 26, walk(1));
    // An odd step visits every page before it comes back to the first.
    floor("walk of a list of 262,144 pages in another order", 1 << 24, walk(100_003));
    for bundled in BUNDLED {
        runs(&Setup::with(Scenario::bundled(bundled.name, "bench")?, &all, &[])?, bundled.name)?;
    }
    for Step { name, scenario, kernel, changes } in series() {
        let scenario = Scenario::bundled(scenario, "bench")?;
        let own = changes.iter().map(|(key, text)| Change::parse(key, text, "bench"));
        let changes = own.chain(all.iter().cloned().map(Ok)).collect::<Result<Vec<_>, _>>()?;
        runs(&Setup::with(scenario, &changes, &[(kernel.to_owned(), "bench".to_owned())])?, &name)?;
    }
    Ok(())
}

/// One of some runs that differ in one thing.
struct Step {
    name: String,
    scenario: &'static str,
    kernel: &'static str,
    changes: Vec<(&'static str, String)>,
}

fn series() -> Vec<Step> {
    let mut out = Vec::new();
    let mut push = |name: String, kernel, changes| {
        out.push(Step { name, scenario: "dmcrypt-2016", kernel, changes });
    };
    let fast =
        [("disk", "nvme".to_owned()), ("min-free", "auto".to_owned()), ("duration", "3600s".to_owned())];
    let with = |changes: &[(&'static str, String)]| [&fast[..], changes].concat();
    for gib in [1_u64, 4, 16, 64] {
        let hog = format!("{}M", gib * 640);
        let [ram, swap] = [gib * 1024, gib * 512].map(|mib| format!("{mib}M"));
        let changes = with(&[("ram", ram), ("swap", swap), ("hogs", "2".to_owned()), ("hog", hog)]);
        push(format!("RAM {gib} GB"), "4.9", changes);
    }
    for gib in [1, 4, 16, 32] {
        push(format!("swap {gib} GB"), "4.9", with(&[("swap", format!("{gib}G"))]));
    }
    for hogs in [1, 4, 16, 64] {
        let hog = format!("{}M", 1536 / hogs);
        push(format!("tasks {hogs}"), "4.9", with(&[("hogs", hogs.to_string()), ("hog", hog)]));
    }
    for seconds in [150, 300, 600, 1200] {
        let changes = vec![("duration", format!("{seconds}s"))];
        push(format!("seconds {seconds}"), "4.7-rc6", changes);
    }
    for seconds in [60, 120, 180] {
        let changes = vec![("duration", format!("{seconds}s"))];
        out.push(Step { name: format!("crawl {seconds}"), scenario: "lab-256m", kernel: "4.7-rc6", changes });
    }
    out
}

fn runs(setup: &Setup, name: &str) -> Result<(), Error> {
    let link = link::encode(setup, "")?;
    for (column, kernel) in setup.kernels.iter().enumerate() {
        let figures = run(setup, kernel)?;
        let name =
            if setup.kernels.len() == 1 { name.to_owned() } else { format!("{name} {}", kernel.name()) };
        println!("run\t{link}\t{column}\t{name}\t{figures}");
    }
    Ok(())
}

fn run(setup: &Setup, kernel: &Kernel) -> Result<String, Error> {
    let config = setup.config()?;
    let start = Instant::now();
    let nanos = || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut simulation = Simulation::new(&config, &kernel.policy, setup.seed);
    let (mut from, mut begun, mut slowest) = (0, nanos(), u64::MAX);
    while !simulation.step(LOOK) {
        let passed = simulation.now().0 - from;
        if passed >= STRETCH {
            let now = nanos();
            slowest = slowest.min(passed * 1000 / (now - begun).max(1));
            (from, begun) = (simulation.now().0, now);
        }
    }
    let trace = simulation.into_trace();
    let (hash, events, end) = (trace.hash, trace.engine_events, trace.end.0);
    Ok(format!("{hash:016x}\t{events}\t{end}\t{}\t{slowest}", nanos()))
}

fn floor(name: &str, steps: u64, work: impl FnOnce(u64)) {
    let start = Instant::now();
    work(steps);
    println!("floor\t{name}\t{steps}\t{}", start.elapsed().as_nanos());
}

/// What no simulation with timers can do without: the next of several tasks, which goes to sleep again.
fn heap(tasks: u64) -> impl FnOnce(u64) {
    move |steps| {
        let mut timers: BinaryHeap<_> = (0..tasks).map(|task| Reverse((task, task, task))).collect();
        let mut random = 1_u64;
        for step in 0..steps {
            let Some(Reverse((now, _, task))) = timers.pop() else { return };
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            timers.push(Reverse((now + 1 + (random >> 44), tasks + step, task)));
        }
        black_box(timers);
    }
}

/// What no scan of a list of pages can do without: the next page and its flags.
fn walk(stride: u32) -> impl FnOnce(u64) {
    const PAGES: u32 = 1 << 18;
    let next: Vec<u32> = (0..PAGES).map(|page| (page + stride) % PAGES).collect();
    let mut flags = vec![0_u16; PAGES as usize];
    move |steps| {
        let mut at = 0;
        for _ in 0..steps {
            flags[at] ^= 1;
            at = next[at] as usize;
        }
        black_box(flags);
    }
}
