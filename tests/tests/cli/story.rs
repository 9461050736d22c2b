//! `--at` and `--why`.

use super::{refused, stdout};

const CRAWL: [&str; 6] = ["run", "lab-256m", "--kernel", "4.7-rc6", "--set", "duration=25s"];

fn crawl(more: &[&str]) -> String {
    stdout(&[&CRAWL, more].concat())
}

#[test]
fn tasks_are_shown_with_their_stacks_as_sysrq_t_does() {
    let text = crawl(&["--at", "17.5s"]);
    assert!(text.starts_with("--- 4.7-rc6, seed 1: tasks at 17.5 s\n"), "{text}");
    let hog = text.split("hog ").nth(1).expect("the hog");
    let stack: Vec<&str> = hog.lines().skip(1).take(2).map(str::trim).collect();
    assert_eq!(stack, ["throttle_direct_reclaim", "try_to_free_pages"], "{text}");
    assert!(crawl(&["--at", "2h"]).contains("(the run ends at 25.0 s; its last state)"));
}

#[test]
fn marks_are_listed_and_explained() {
    let list = crawl(&["--why"]);
    let throttled =
        list.lines().find(|line| line.ends_with("in throttle_vm_writeout")).expect("a throttled task");
    let number = throttled.split_whitespace().next().expect("a number");
    let why = crawl(&["--why", number]);
    for function in ["mempool_alloc:", "__zone_watermark_ok:", "throttle_vm_writeout:", "congestion_wait:"] {
        assert!(why.contains(&format!("] {function} ")), "{function} in {why}");
    }
    assert!(why.contains("bf48438354a7") && why.lines().all(|line| line.len() <= 100), "{why}");
}

#[test]
fn bad_times_and_numbers_are_refused() {
    let with = |more: &[&'static str]| refused(&[&CRAWL, more].concat());
    assert!(
        with(&["--at", "noon"]).contains("--at noon: expected a time such as 12.5s"),
        "{}",
        with(&["--at", "noon"])
    );
    assert!(with(&["--why", "9999"]).contains("--why lists them"));
}
