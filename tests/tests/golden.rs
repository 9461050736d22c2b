//! Golden files: one for each bundled machine and kernel, seed 1, and on the smallest machine one for every version. A
//! scenario that builds on another one is the same machine; what its runs show is among the claims.
//! `cargo xtask bless` rewrites them.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use swapscope_scenario::{BUNDLED, Scenario, Setup};
use swapscope_sim::kernel::{Kernel, VERSIONS};

/// The scenario that runs on every version.
const EVERY_VERSION: &str = "lab-256m";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// One file: scenario, kernel, text, hash of the run.
struct Golden {
    scenario: &'static str,
    kernel: String,
    text: String,
    hash: u64,
}

/// All runs, on all CPUs, in the order of scenarios and kernels.
fn all() -> Vec<Golden> {
    let mut jobs = Vec::new();
    for bundled in BUNDLED {
        let setup = Setup::new(Scenario::bundled(bundled.name, "golden").unwrap()).unwrap();
        if setup.scenario.base.is_some() {
            continue;
        }
        let mut kernels = setup.kernels.clone();
        if bundled.name == EVERY_VERSION {
            let every = VERSIONS.iter().map(|version| Kernel::parse(version.name).unwrap());
            kernels.extend(every.filter(|kernel| !setup.kernels.contains(kernel)));
        }
        let (config, seed) = (setup.config().unwrap(), setup.seed);
        jobs.extend(kernels.into_iter().map(|kernel| (bundled.name, config.clone(), kernel, seed)));
    }
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((scenario, config, kernel, seed)) = jobs.get(at) else { return };
                    let trace = swapscope_sim::run(config, &kernel.policy, *seed);
                    let text = swapscope_tests::text(&trace, kernel.policy.oom_report);
                    let text = format!("# {scenario} on {}\n{text}", kernel.name());
                    let golden = Golden { scenario, kernel: kernel.name(), text, hash: trace.hash };
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((at, golden));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, golden)| golden).collect()
}

#[test]
fn runs_are_as_they_were() {
    let bless = env::var_os("BLESS").is_some();
    let mut wanted = BTreeSet::new();
    let mut differ = Vec::new();
    let mut hashes = BTreeMap::new();
    for golden in all() {
        if golden.scenario == EVERY_VERSION && !golden.kernel.contains('~') {
            hashes.insert(golden.kernel.clone(), golden.hash);
        }
        let file = folder().join(format!("{}@{}.txt", golden.scenario, golden.kernel));
        let found = fs::read_to_string(&file).unwrap_or_default();
        wanted.insert(file.clone());
        if found == golden.text {
            continue;
        }
        if bless {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&file, golden.text).unwrap();
        } else {
            differ.push(difference(&file, &found, &golden.text));
        }
    }
    // 4.7-rc6 and 4.7 are the same kernel as far as the model goes; no others are.
    let different: BTreeSet<u64> = hashes.values().copied().collect();
    assert_eq!((hashes.len(), different.len()), (VERSIONS.len(), VERSIONS.len() - 1), "{hashes:?}");
    assert_eq!(hashes["4.7-rc6"], hashes["4.7"]);
    for entry in fs::read_dir(folder()).into_iter().flatten() {
        let file = entry.unwrap().path();
        if wanted.contains(&file) {
            continue;
        }
        if bless {
            fs::remove_file(&file).unwrap();
        } else {
            differ.push(format!("{} belongs to no scenario", file.display()));
        }
    }
    assert!(differ.is_empty(), "{}\n\nIf this is meant: cargo xtask bless", differ.join("\n\n"));
}

/// The first lines that differ.
fn difference(file: &Path, found: &str, text: &str) -> String {
    let name = file.file_name().unwrap_or_default().display();
    let pairs = found.lines().zip(text.lines()).enumerate().filter(|(_, (old, new))| old != new);
    let lines: Vec<String> =
        pairs.take(8).map(|(at, (old, new))| format!("{}\n  was {old}\n  is  {new}", at + 1)).collect();
    format!(
        "{name}: {} lines, now {}; line {}",
        found.lines().count(),
        text.lines().count(),
        lines.join("\nline ")
    )
}
