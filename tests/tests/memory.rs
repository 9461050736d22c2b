//! The memory of a run, measured: in a process of its own, because the system counts by process.
#![cfg(target_os = "linux")]

use std::fs;
use swapscope_scenario::settings::Change;
use swapscope_scenario::{Scenario, Setup};
use swapscope_sim::{bytes_max, run};

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
}

#[test]
fn a_run_takes_no_more_memory_than_its_bound() {
    let changes = [
        ("ram", "8G"),
        ("swap", "16G"),
        ("hog", "6G"),
        ("hogs", "3"),
        ("disk", "nvme"),
        ("writers", "2"),
        ("write-rate", "500M"),
        ("write-size", "1G"),
        ("max-work", "15000000"),
    ];
    let change = |(key, value): (&str, &str)| Change::parse(key, value, "test").unwrap();
    let changes: Vec<Change> = changes.into_iter().map(change).collect();
    let setup = Setup::with(Scenario::bundled("dmcrypt-2016", "test").unwrap(), &changes, &[]).unwrap();
    let config = setup.config().unwrap();
    let before = peak();
    let trace = run(&config, &setup.kernels[1].policy, 1);
    let (taken, bound) = (peak() - before, bytes_max(&config));
    println!("{} MiB of at most {}, {:?}, {} events", taken >> 20, bound >> 20, trace.end, trace.work);
    assert!(trace.vmstat.iter().any(|(name, value)| *name == "pswpout" && *value > 0), "it swaps");
    assert!(taken < bound, "{taken} bytes, and the bound is {bound}");
}
