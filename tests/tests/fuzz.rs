//! The bodies of the fuzz targets over a few thousand inputs of each kind; `cargo run --profile fuzz -p swapscope-tests
//! --bin fuzz -- TARGET --count N` tries more, and `FUZZ.md` says what that found.

use swapscope_tests::fuzz::{Fuzzer, TARGETS, target};

fn inputs(name: &str, count: u32) -> usize {
    let mut fuzzer = Fuzzer::new(target(name).expect("a target"), 7);
    for input in fuzzer.corpus().to_vec() {
        fuzzer.run(input);
    }
    for _ in 0..count {
        let input = fuzzer.input();
        fuzzer.run(input);
    }
    fuzzer.seen()
}

#[test]
fn scenarios() {
    assert!(inputs("scenario", 4000) > 50);
}

#[test]
fn links() {
    assert!(inputs("link", 4000) > 50);
}

#[test]
fn pasted_texts() {
    assert!(inputs("import", 1000) > 50);
}

#[test]
fn recordings() {
    assert!(inputs("trace", 20_000) > 50);
}

#[test]
fn machines() {
    assert!(inputs("machine", 100) >= 3);
}

#[test]
fn every_target_has_its_file_for_cargo_fuzz() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");
    let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).expect("a package");
    for target in TARGETS {
        let text = std::fs::read_to_string(format!("{folder}/targets/{}.rs", target.name)).expect("a file");
        assert!(text.contains(&format!("target(\"{}\")", target.name)), "{}", target.name);
        assert!(manifest.contains(&format!("targets/{}.rs", target.name)), "{}", target.name);
    }
}
