//! The files of `scenarios/`, each of which tells one part of the story: what a file expects of its runs, they show.

use crate::common::runs;
use std::collections::BTreeMap;
use swapscope_scenario::report::Figures;
use swapscope_scenario::{BUNDLED, Scenario};

#[test]
fn every_scenario_shows_what_it_says() {
    let mut wrong = Vec::new();
    for bundled in BUNDLED {
        let scenario = Scenario::bundled(bundled.name, "story").unwrap();
        let mut seeds = BTreeMap::new();
        for expectation in &scenario.expectations {
            let most = seeds.entry(expectation.kernel.as_str()).or_insert(0);
            *most = expectation.seeds.max(*most);
        }
        if seeds.is_empty() {
            wrong.push(format!("{}: nothing is expected of it", scenario.name));
        }
        let figures: BTreeMap<&str, Vec<Figures>> = seeds
            .into_iter()
            .map(|(kernel, seeds)| {
                (kernel, runs(bundled.name, kernel, &[], seeds).iter().map(Figures::of).collect())
            })
            .collect();
        for expectation in &scenario.expectations {
            let all = &figures[expectation.kernel.as_str()];
            let asked = &all[..usize::try_from(expectation.seeds).unwrap()];
            let (text, found) = (expectation.text(), expectation.found(asked));
            match (expectation.is_shown(asked), &expectation.fails_because) {
                (true, None) | (false, Some(_)) => {}
                (false, None) => wrong.push(format!("{}: {text}; found {found}", expectation.place)),
                (true, Some(_)) => {
                    wrong.push(format!("{}: holds now, take the reason away: {text}", expectation.place));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// Each claim names its source: a mail, a commit, a recording or a document, or says that it is a control.
#[test]
fn every_scenario_names_its_source() {
    for bundled in BUNDLED {
        let scenario = Scenario::bundled(bundled.name, "story").unwrap();
        let claim = scenario.claim.to_ascii_lowercase();
        let names = |word: &str| claim.contains(word);
        let mail = claim.split_whitespace().any(|word| {
            word.bytes().filter(u8::is_ascii_digit).count() >= 12 && word.contains('.') || word.contains('@')
        });
        assert!(
            mail || names("recorded kernels") || names("documentation/") || names("a control"),
            "{}: {claim}",
            scenario.name
        );
    }
}
