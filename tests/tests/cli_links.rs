//! Links that were given out once open for ever: `tests/links/model-N.txt`.

use swapscope_scenario::link::{BASE, decode, encode};
use swapscope_scenario::report::digest;
use swapscope_sim::MODEL_VERSION;

fn links() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/links");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("tests/links").map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let text: String =
        files.iter().map(|file| std::fs::read_to_string(file).expect("a text") + "\n").collect();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_link_opens_and_is_canonical() {
    for link in links() {
        let opened = decode(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
        if opened.model == MODEL_VERSION && opened.digest.is_empty() {
            assert_eq!(encode(&opened.setup().expect("it was checked"), BASE, None), link);
        }
    }
}

#[test]
fn a_digest_of_this_model_is_met() {
    for link in links() {
        let opened = decode(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
        if opened.model != MODEL_VERSION || opened.digest.is_empty() {
            continue;
        }
        let setup = opened.setup().expect("it was checked");
        let config = setup.config().expect("it was checked");
        let found = digest(
            setup.kernels.iter().map(|kernel| swapscope_sim::run(&config, &kernel.policy, setup.seed).hash),
        );
        assert_eq!(opened.same_digest(found), Some(true), "{link} gives {found:016x}");
    }
}
