//! What is written to be opened elsewhere: the text of a mail, trace events for Perfetto.

use super::{stdout, swapscope};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Most bytes of a kernel's trace events. Spans, events and buckets of a run are bounded, and so is this.
const PERFETTO_MAX: usize = 16_000_000;

#[test]
fn a_mail_has_the_chart_of_each_kernel_and_ends_with_the_link() {
    let options = ["run", "lab-256m", "--kernel", "4.8", "--kernel", "4.9", "--set", "swap=1M"];
    let mail = stdout(&[&options[..], &["--set", "duration=20s", "--mail"]].concat());
    let lines: Vec<&str> = mail.lines().collect();
    let (link, text) = lines.split_last().expect("lines");
    assert!(link.starts_with("https://") && mail.ends_with('\n'), "{link}");
    for line in text {
        assert!(line.len() <= 72 && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
    }
    // The axis of each kernel has its OOM kill.
    let axes: Vec<&&str> = text.iter().filter(|line| line.starts_with("          +-")).collect();
    assert_eq!(axes.len(), 2, "{mail}");
    assert!(axes.iter().all(|axis| axis.contains('X')), "{mail}");
    assert!(text.iter().any(|line| line.starts_with("min ") && line.contains("...")), "{mail}");
    // Sent and wrapped, quoted or not, it opens again.
    let output = swapscope(&["open", &format!("> {link}\n> and so on"), "--mail"]);
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), mail);
}

#[test]
fn trace_events_are_what_perfetto_imports() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("trace.json");
    let path = path.to_str().expect("a path in UTF-8");
    stdout(&["run", "lab-256m", "--kernel", "4.6", "--kernel", "4.7-rc6", "--perfetto", path]);
    let text = std::fs::read_to_string(path).expect("it was written");
    assert!(text.len() < 2 * PERFETTO_MAX, "{} bytes", text.len());
    let trace: Value = serde_json::from_str(&text).expect("one JSON object");
    assert_eq!(trace["displayTimeUnit"], "ms");
    assert!(trace["otherData"]["link"].as_str().expect("a link").starts_with("https://"));
    let events = trace["traceEvents"].as_array().expect("events");
    let mut named = BTreeMap::new();
    let mut slices: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let mut counters = BTreeMap::new();
    let mut stacks = 0;
    for event in events {
        let name = event["name"].as_str().expect("a name");
        let number = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{key} in {event}"));
        let nanos = |key: &str| nanos(event[key].as_f64().unwrap_or_else(|| panic!("{key} in {event}")));
        let (process, thread) = (number("pid"), number("tid"));
        assert!(process > 0 && thread > 0 && !name.is_empty(), "{event}");
        match event["ph"].as_str().expect("a phase") {
            "M" if name.ends_with("_name") => {
                let who = event["args"]["name"].as_str().expect("a name").to_owned();
                assert_eq!(named.insert((name.to_owned(), process, thread), who), None, "{event}");
            }
            "M" => assert!(event["args"]["sort_index"].is_u64(), "{event}"),
            "X" => {
                stacks += usize::from(event["args"]["stack"].as_str().expect("a stack").contains(" > "));
                slices.entry((process, thread)).or_default().push((nanos("ts"), nanos("dur")));
            }
            "C" => {
                assert!(event["args"].as_object().expect("values").values().all(Value::is_u64), "{event}");
                let before = counters.insert((process, name.to_owned()), nanos("ts"));
                assert!(before.is_none_or(|before| before < nanos("ts")), "{event}");
            }
            "i" => assert!(["p", "t"].contains(&event["s"].as_str().expect("a scope")), "{event}"),
            other => panic!("{other} in {event}"),
        }
    }
    let processes: Vec<&str> = named
        .iter()
        .filter(|((what, ..), _)| what == "process_name")
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(processes, ["4.6, seed 1", "4.7-rc6, seed 1"]);
    for (&(process, thread), slices) in &mut slices {
        assert!(named.contains_key(&("thread_name".to_owned(), process, thread)), "thread {thread}");
        // Slices of a thread that overlap are not shown.
        slices.sort_unstable();
        for pair in slices.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "thread {thread}: {pair:?}");
        }
    }
    // The sleep that lasts to the end is there, too.
    for ((_, process, thread), _) in named.iter().filter(|(_, name)| *name == "hog: throttled") {
        let (at, length) = slices[&(*process, *thread)].last().expect("a sleep");
        assert!(at + length == 120_000_000_000 && *length > 10_000_000_000, "{at} {length}");
    }
    assert!(counters.keys().any(|(_, name)| name == "nr_free_pages") && stacks > 1000, "{stacks}");
    let threads: Vec<&String> = named.values().collect();
    for name in ["kswapd0", "hog", "hog: throttled"] {
        assert!(threads.iter().any(|thread| *thread == name), "{name} in {threads:?}");
    }
}

/// Microseconds as nanoseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times of a run")]
fn nanos(micros: f64) -> u64 {
    (micros * 1000.0).round() as u64
}
