//! Links that were given out open for ever: `tests/links/model-N.txt`. What each of them gives with the present model
//! stands in `tests/links/results.txt`, and changes with the version of the model only.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use swapscope_scenario::Setup;
use swapscope_scenario::link::{BASE, decode, encode};
use swapscope_scenario::report::digest;
use swapscope_scenario::settings::Change;
use swapscope_sim::MODEL_VERSION;

use crate::generated;

const RESULTS: &str = "tests/links/results.txt";

fn links() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/links");
    let files = fs::read_dir(folder).expect("tests/links").map(|entry| entry.unwrap().path());
    let is_list = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with("model-");
    let mut files: Vec<_> = files.filter(|path| is_list(path)).collect();
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).expect("a text") + "\n").collect();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_link_opens_and_is_canonical() {
    for link in links() {
        let opened = decode(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
        let says_no_more = opened.is_checked && opened.digest.is_empty() && opened.focus.query().is_empty();
        if opened.model == MODEL_VERSION && says_no_more {
            assert_eq!(encode(&opened.setup().expect("it was checked"), BASE).as_ref(), Ok(&link));
        }
    }
}

#[test]
fn every_model_has_links_in_the_corpus() {
    let models: Vec<u32> = links().iter().map(|link| decode(link).unwrap().model).collect();
    for model in 1..=MODEL_VERSION {
        assert!(models.contains(&model), "tests/links/model-{model}.txt");
    }
}

#[test]
fn a_digest_of_this_model_is_met() {
    for link in links() {
        let opened = decode(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
        if opened.model != MODEL_VERSION || opened.digest.is_empty() {
            continue;
        }
        let found = run(&opened.setup().expect("it was checked"));
        assert_eq!(opened.same_digest(found), Some(true), "{link} gives {found:016x}");
    }
}

/// The digest of the shown runs.
fn run(setup: &Setup) -> u64 {
    let config = setup.config().expect("it was checked");
    digest(setup.kernels.iter().map(|kernel| swapscope_sim::run(&config, &kernel.policy, setup.seed).hash))
}

/// What a link stands for today, and the digest of the beginning of its runs: all of them would take minutes.
fn result(link: &str) -> String {
    let setup =
        decode(link).and_then(|opened| opened.setup()).unwrap_or_else(|error| panic!("{link}: {error}"));
    let managed: u64 = setup.config().unwrap().machine.zones.iter().map(|zone| zone.managed.0).sum();
    let most = if managed <= 1 << 19 { "10s" } else { "3s" };
    let short = setup.set(&Change::parse("duration", most, "test").unwrap()).unwrap();
    let is_shorter = short.settings.number("duration") < setup.settings.number("duration");
    let found = run(if is_shorter { &short } else { &setup });
    let today = encode(&setup, "").unwrap();
    let today = today.split("&m=").next().unwrap();
    format!("{link}\n    {today}\n    {found:016x}\n")
}

#[test]
fn no_link_changes_its_result_without_a_step_of_the_model() {
    let links = links();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(vec![String::new(); links.len()]));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(link) = links.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let at = links.iter().position(|other| other == link).unwrap();
                    let found = result(link);
                    done.lock().unwrap()[at] = found;
                }
            });
        }
    });
    let head = format!(
        "# Generated: each link of model-*.txt, what it stands for with model {MODEL_VERSION}, and the digest of the\n\
         # first 10 s of its runs (3 s of a machine of more than 2 GB). A line changes with the version of the model only.\n"
    );
    let done = done.into_inner().unwrap();
    let text = format!("{head}{}", done.concat());
    // With the same model lines may be added, and none may change.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(RESULTS);
    let found = fs::read_to_string(path).unwrap_or_default();
    if found.starts_with(&head) {
        for (link, result) in links.iter().zip(&done) {
            if found.contains(&format!("{link}\n")) {
                assert!(
                    found.contains(result),
                    "the result of a link that was given out has changed: raise MODEL_VERSION\n{result}"
                );
            }
        }
    }
    generated(RESULTS, &text);
}
