//! Damaged scenario files and links: a value or one line that says where and what, never a panic.

use swapscope_scenario::link::{BASE, Finding, Focus, decode, encode_with};
use swapscope_scenario::{BUNDLED, Scenario, Setup};
use swapscope_sim::trace::Outcome;
use swapscope_tests::files;
use swapscope_tests::fuzz::Numbers;

/// One to three characters replaced, removed or added.
fn damaged(text: &str, numbers: &mut Numbers) -> String {
    const WITH: &[char] = &[
        '\0',
        '\n',
        '"',
        '\'',
        '[',
        ']',
        '=',
        '.',
        ',',
        '%',
        '&',
        '#',
        '-',
        '9',
        'z',
        'T',
        '\u{e9}',
        '\u{1f4a5}',
    ];
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(characters.len());
        match numbers.below(4) {
            0 if characters.len() > 1 => drop(characters.remove(at)),
            1 => characters.insert(at, WITH[numbers.below(WITH.len())]),
            2 => characters[at] = WITH[numbers.below(WITH.len())],
            _ => characters.truncate(at + 1),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn scenario_files() {
    let mut numbers = Numbers::new(1);
    for whole in files("../scenarios", "toml") {
        for _ in 0..5_000 {
            let text = damaged(&whole, &mut numbers);
            if let Err(error) = Scenario::parse("x.toml", &text).and_then(Setup::new) {
                let error = error.to_string();
                assert!(error.lines().count() == 1 && error.contains(": "), "{error:?}");
            }
        }
    }
}

#[test]
fn links() {
    let mut numbers = Numbers::new(2);
    let mut unnoticed = 0;
    for bundled in BUNDLED {
        let scenario = Scenario::bundled(bundled.name, "test").expect("bundled");
        let setup = Setup::new(scenario).expect("bundled").seeds(7, 16, "test").expect("seeds");
        let outcomes = vec![Outcome::Oom; setup.kernels.len()];
        let found = Finding { outcomes, digest: 7 << 40 };
        let link = encode_with(&setup, BASE, &Focus::default(), Some(&found)).expect("short enough");
        let whole = decode(&link).expect("a whole link");
        for _ in 0..5_000 {
            let damaged = damaged(&link, &mut numbers);
            match decode(&damaged) {
                Ok(opened) if opened != whole => {
                    eprintln!("{damaged}");
                    unnoticed += 1;
                }
                Ok(_) => {}
                Err(error) => assert_eq!(error.to_string().lines().count(), 1),
            }
        }
    }
    // Two check characters let one of 1,024 pass; most of those fail as unknown names.
    assert!(unnoticed <= 5, "{unnoticed} damaged links were taken for others");
}
