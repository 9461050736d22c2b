//! Golden files: one for each bundled scenario and kernel, seed 1, and on the smallest machine one for every version.
//! `cargo xtask bless` rewrites them.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use swapscope_scenario::{BUNDLED, Scenario, Setup};
use swapscope_sim::kernel::{Kernel, VERSIONS};

/// The scenario that runs on every version.
const EVERY_VERSION: &str = "lab-256m";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

#[test]
fn runs_are_as_they_were() {
    let bless = env::var_os("BLESS").is_some();
    let mut wanted = BTreeSet::new();
    let mut differ = Vec::new();
    for bundled in BUNDLED {
        let scenario = Scenario::bundled(bundled.name, "golden").unwrap();
        let setup = Setup::new(scenario).unwrap();
        let config = setup.config().unwrap();
        let mut kernels = setup.kernels.clone();
        if bundled.name == EVERY_VERSION {
            let all = VERSIONS.iter().map(|version| Kernel::parse(version.name).unwrap());
            kernels.extend(all.filter(|kernel| !setup.kernels.contains(kernel)));
        }
        let mut hashes = BTreeMap::new();
        for kernel in &kernels {
            let trace = swapscope_sim::run(&config, &kernel.policy, setup.seed);
            hashes.insert(kernel.name(), trace.hash);
            let text = swapscope_tests::text(&trace, kernel.policy.oom_report);
            let text = format!("# {} on {}\n{text}", bundled.name, kernel.name());
            let file = folder().join(format!("{}@{}.txt", bundled.name, kernel.name()));
            let found = fs::read_to_string(&file).unwrap_or_default();
            wanted.insert(file.clone());
            if found == text {
                continue;
            }
            if bless {
                fs::create_dir_all(folder()).unwrap();
                fs::write(&file, text).unwrap();
            } else {
                differ.push(difference(&file, &found, &text));
            }
        }
        if bundled.name == EVERY_VERSION {
            // 4.7-rc6 and 4.7 are the same kernel as far as the model goes; no others are.
            let different: BTreeSet<u64> = hashes.values().copied().collect();
            assert_eq!(different.len(), hashes.len() - 1, "{hashes:?}");
            assert_eq!(hashes["4.7-rc6"], hashes["4.7"]);
        }
    }
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
