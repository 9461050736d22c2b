//! Recorded runs of real kernels against the model: `crate/sim/VALIDATION.md`, and what is known to be far off.
//!
//! The recordings are not here, their digests are: `tests/traces`. A new one: write the head of `NAME.toml` as in the others,
//! put `NAME.csv` into a folder, and `SWAPSCOPE_TRACES=FOLDER cargo xtask bless` adds the figures and the table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::{env, fs, thread};
use swapscope_scenario::Setup;
use swapscope_scenario::validate::{Comparison, Digest, Figures, Place, Recording, Row, markdown, target};

const SEEDS: u64 = 16;

/// What the model gets wrong: outcomes that no seed has, and figures (those that are not extra) of which the middle seed is
/// off by more than a factor of two while the recorded value lies outside. The time of sleeps goes with their number.
const FAR: &[(&str, &[&str])] = &[
    ("4.7-rc3_aes_fast_stock", &["throttle_kernel"]),
    ("4.7-rc3_null_fast_mempool-noretry_a", &["outcome", "free_median"]),
    ("4.7-rc3_null_fast_mempool-noretry_b", &["free_median", "throttle_user"]),
    ("4.7-rc3_null_fast_stock_a", &["throttle_kswapd"]),
    ("4.7-rc3_null_fast_stock_b", &["outcome", "free_median", "throttle_kswapd", "throttle_user"]),
    ("4.7-rc3_null_fast_stock_c", &["free_median"]),
    ("4.7-rc3_null_fast_stock_d", &["free_median", "free_min", "throttle_user"]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("traces")
}

/// Paths of the digests, by name.
fn paths() -> Vec<PathBuf> {
    let all = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    paths
}

fn digest(path: &Path, text: &str) -> Digest {
    Digest::parse(path.to_str().unwrap(), text).unwrap_or_else(|error| panic!("{error}"))
}

/// The digests; those whose recordings are at hand are compared with them first, or written anew.
fn digests() -> Vec<Digest> {
    let recordings = env::var_os("SWAPSCOPE_TRACES").map(PathBuf::from);
    let bless = env::var_os("BLESS").is_some();
    let read = |path: PathBuf| {
        let mut text = fs::read_to_string(&path).unwrap();
        let csv =
            recordings.as_ref().map(|folder| folder.join(path.with_extension("csv").file_name().unwrap()));
        let Some(csv) = csv.filter(|csv| csv.is_file()) else { return digest(&path, &text) };
        if !text.contains("[figures]") {
            text += "\n[figures]\noutcome = \"timeout\"\nstep_ms = 1\nend_ms = 1\n";
        }
        let mut found = digest(&path, &text);
        let recording = Recording::parse(csv.to_str().unwrap(), &fs::read_to_string(&csv).unwrap()).unwrap();
        let settings = found.setup(1).unwrap().settings;
        let jiffy_ns = 1_000_000_000 / settings.text("hz").parse::<u64>().unwrap();
        found.figures = Figures::recorded(&recording, target(&settings).unwrap(), jiffy_ns);
        found.clock = recording.clock();
        if bless {
            fs::write(&path, found.text()).unwrap();
        } else {
            assert_eq!(text, found.text(), "{} is not what the recording says", path.display());
        }
        found
    };
    paths().into_iter().map(read).collect()
}

/// All comparisons, made once. Digests of the same conditions share their runs.
fn comparisons() -> &'static [(Digest, Comparison)] {
    static ALL: OnceLock<Vec<(Digest, Comparison)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let digests = digests();
        let mut groups: BTreeMap<String, (Setup, Vec<usize>)> = BTreeMap::new();
        for (at, digest) in digests.iter().enumerate() {
            let setup = digest.setup(SEEDS).unwrap_or_else(|error| panic!("{error}"));
            let key = format!("{} {:?} {:?}", setup.scenario.name, setup.kernel_names(), setup.changes());
            groups.entry(key).or_insert_with(|| (setup, Vec::new())).1.push(at);
        }
        let groups: Vec<(Setup, Vec<usize>)> = groups.into_values().collect();
        let figures = simulate(&digests, &groups);
        let compare = |(at, digest): (usize, Digest)| {
            let comparison = Comparison::of(&digest.figures, &figures[at]);
            (digest, comparison)
        };
        digests.iter().cloned().enumerate().map(compare).collect()
    })
}

/// Figures of every seed, by digest.
fn simulate(digests: &[Digest], groups: &[(Setup, Vec<usize>)]) -> Vec<Vec<Figures>> {
    let all: Mutex<Vec<Vec<Figures>>> = Mutex::new(vec![Vec::new(); digests.len()]);
    let next = AtomicUsize::new(0);
    let seeds = usize::try_from(SEEDS).unwrap();
    let work = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            let Some((setup, members)) = groups.get(job / seeds) else { break };
            let seed = setup.seed + (job % seeds) as u64;
            let trace = swapscope_sim::run(&setup.config().unwrap(), &setup.kernels[0].policy, seed);
            for at in members {
                let figures = Figures::simulated(&trace, &digests[*at].figures, digests[*at].clock);
                all.lock().unwrap()[*at].push(figures);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    all.into_inner().unwrap()
}

#[test]
fn the_file_is_what_the_model_makes_of_the_recordings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crate/sim/VALIDATION.md");
    let text = markdown::file(SEEDS, comparisons());
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == text {
        return;
    }
    if env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let first = found.lines().zip(text.lines()).find(|(old, new)| old != new);
    let (old, new) = first.unwrap_or(("another end", "this end"));
    panic!("VALIDATION.md differs:\n  is     {old}\n  should {new}\n\nIf this is meant: cargo xtask bless");
}

/// What is far off in a comparison.
fn far(comparison: &Comparison) -> Vec<&'static str> {
    let is_far = |row: &&Row| match row.place() {
        Place::Outside(factor) => factor.is_none_or(|factor| !(50..=200).contains(&factor)),
        Place::Inside | Place::Zero | Place::Nowhere => false,
    };
    let is_asked = |row: &&Row| {
        let key = row.measure.key;
        !(row.measure.is_extra || key.starts_with("throttle_") && key.ends_with("_ms"))
    };
    let figures = comparison.rows.iter().filter(is_asked).filter(is_far);
    let outcome = (comparison.same_outcome() == 0).then_some("outcome");
    outcome.into_iter().chain(figures.map(|row| row.measure.key)).collect()
}

#[test]
fn what_is_far_off_is_known() {
    // The list is kept by hand: the test says afterwards what has to change.
    if env::var_os("BLESS").is_some() {
        return;
    }
    let mut wrong = Vec::new();
    for (digest, comparison) in comparisons() {
        let name = digest.name.as_str();
        let known = FAR.iter().find(|(run, _)| *run == name).map_or(&[][..], |(_, keys)| keys);
        let far = far(comparison);
        let new = far.iter().filter(|key| !known.contains(key));
        wrong.extend(new.map(|key| format!("{name}: {key} is far off and not listed")));
        for key in known {
            let row = comparison.rows.iter().find(|row| row.measure.key == *key);
            if row.map_or(!far.contains(key), |row| matches!(row.place(), Place::Inside | Place::Zero)) {
                wrong.push(format!("{name}: {key} holds now: take it off the list"));
            }
        }
    }
    let unknown = FAR.iter().filter(|(run, _)| !comparisons().iter().any(|(digest, _)| digest.name == *run));
    wrong.extend(unknown.map(|(run, _)| format!("{run}: there is no such digest")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
