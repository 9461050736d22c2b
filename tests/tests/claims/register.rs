//! The list of all claims of grade A or B, by number: each has a test named after it, or stands here with the reason.

use std::path::Path;
use std::{env, fs};

/// Numbers of the claims that can be compared (A: with figures, B: yes or no). C is weak: K-27, K-28 and K-47.
const CLAIMS: [u32; 34] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
    39, 41, 42, 43, 44, 45,
];

/// Claims that no test can hold against the model, and why.
const WITHOUT_A_TEST: &[(u32, &str)] = &[
    (
        16,
        "its limit of 636 pages takes dirtyable memory from Mem-Info; recorded kernels keep the limit of the boot (lab_6)",
    ),
    (17, "the speed of the disk of dmcrypt-2016 is set from it: a test would compare the claim with itself"),
    (
        31,
        "a fleet of unknown machines and workload before f9054c70d28b, seen to time out after two hours; K-30 is its mechanism",
    ),
    (
        39,
        "4.8 to 5.11 \"may\" still deadlock or kill: nothing to count; 4.8 and 4.9 finish in `versions`, and in 32 runs on a \
         hard disk (lab-256m.toml)",
    ),
    (41, "5059353df86e, a cap on the pages of dm-crypt: later than 4.9, the last version of the model"),
    (43, "a histogram of 2.6.31, earlier than 4.5, the first version of the model; its mechanism is lab_10"),
];

/// Claims about a rule of the source: the unit test beside the rule, by file and name.
const BESIDE_THE_RULE: &[(u32, &str, &str)] = &[
    (32, "mempool/tests.rs", "mempool_alloc_never_goes_below_min_without_reserves"),
    (33, "mempool/tests.rs", "mempool_alloc_takes_the_last_page_once_the_pool_is_empty"),
    (35, "page_alloc/tests.rs", "should_reclaim_retry_scales_down_over_sixteen_rounds"),
    (
        35,
        "page_alloc/tests.rs",
        "should_reclaim_retry_sleeps_with_half_of_the_pages_dirty_or_under_writeback",
    ),
    (35, "page_alloc/tests.rs", "alloc_pages_slowpath_begins_to_count_anew_after_progress"),
];

/// Numbers in the name of a test: `k01_k03_early_oom...` has 1 and 3.
fn numbers(name: &str) -> impl Iterator<Item = u32> {
    let leading = name.split('_').map_while(|part| part.strip_prefix('k')?.parse().ok());
    leading.collect::<Vec<_>>().into_iter()
}

/// Numbers of all tests of this crate.
fn tested() -> Vec<u32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/claims");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let after = text.split("#[test]\nfn ").skip(1);
        found.extend(after.filter_map(|rest| rest.split('(').next()).flat_map(numbers));
    }
    found
}

#[test]
fn every_claim_has_a_test_or_a_reason() {
    let tested = tested();
    for claim in CLAIMS {
        let places = [
            tested.contains(&claim),
            WITHOUT_A_TEST.iter().any(|(number, _)| *number == claim),
            BESIDE_THE_RULE.iter().any(|(number, ..)| *number == claim),
        ];
        let places = places.into_iter().filter(|is| *is).count();
        assert_eq!(places, 1, "K-{claim:02} must have a test or one entry in a list, not both");
    }
    let listed = WITHOUT_A_TEST.iter().map(|(number, _)| number);
    for number in listed.chain(BESIDE_THE_RULE.iter().map(|(number, ..)| number)) {
        assert!(CLAIMS.contains(number), "K-{number:02} is no claim of grade A or B");
    }
}

#[test]
fn the_tests_beside_the_rules_are_there() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crate/sim/src");
    for (claim, file, name) in BESIDE_THE_RULE {
        let text = fs::read_to_string(sources.join(file)).unwrap();
        assert!(text.contains(&format!("#[test]\nfn {name}()")), "K-{claim:02}: no test {name} in {file}");
    }
}
