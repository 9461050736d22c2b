//! Damaged scenario files and links: a value or one line that says where and what, never a panic.

use swapscope_scenario::link::{BASE, Finding, Focus, decode, encode_with};
use swapscope_scenario::{BUNDLED, Scenario, Setup};
use swapscope_sim::trace::Outcome;

/// A stream of numbers, the same on every machine (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

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
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for bundled in BUNDLED {
        for _ in 0..5_000 {
            let text = damaged(bundled.text, &mut numbers);
            if let Err(error) = Scenario::parse("x.toml", &text).and_then(Setup::new) {
                let error = error.to_string();
                assert!(error.lines().count() == 1 && error.contains(": "), "{error:?}");
            }
        }
    }
}

#[test]
fn links() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
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
