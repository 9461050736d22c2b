//! `swapscope validate` as scripts see it, on recordings made by hand.

use crate::{file, refused, stdout};
use serde_json::Value;

/// 400 MB touched within two seconds and nothing to show for it; a column that nobody knows.
const CSV: &str = "\
t_ms[ms],hog_pages[pages],nr_free[pages],writeback[pages],pswpout[pages],tvw_kswapd[count],moon[phase]\r
0,0,61000,0,0,0,full\r
1000,0,61000,0,0,0,full\r
1500,62000,400,10,100,1,full\r
2000,70000,300,20,300,4,full\r
2500,102400,60000,10,600,5,full\r
";

/// The text with runs of blanks as one.
fn squeezed(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.map(|line| line + "\n").collect()
}

#[test]
fn a_table_of_errors() {
    let path = file("good.csv", CSV);
    let text = stdout(&[
        "validate",
        "lab-256m",
        "--trace",
        &path,
        "--kernel",
        "4.6",
        "--set",
        "cipher=none",
        "--seeds",
        "2",
    ]);
    assert!(text.is_ascii(), "{text}");
    let squeezed = squeezed(&text);
    for line in [
        "\n5 rows, one each 500 ms, to 2500 ms; 1 columns not used\n",
        "\nno columns slab_unrec, tvw_wq, ",
        "4.6, seeds 1 to 2, scenario lab-256m with cipher=none\n",
        "\noutcome: recorded completed; 2 of 2 seeds end so (model: 2 completed)\n",
        "\nfigure recorded model min median max recorded value\n",
        "\nfinished after 1.50 s ",
        "\nthrottle sleeps, kswapd 5 ",
        "\nhttps://swapscope.github.io/?s=lab-256m&k=4.6&",
    ] {
        assert!(squeezed.contains(line), "{line:?} in\n{text}");
    }
    assert_eq!(
        text,
        stdout(&["validate", "lab-256m", "--trace", &path, "-k", "4.6", "-s", "cipher=none", "--seeds", "2"])
    );
}

#[test]
fn one_json_object() {
    let path = file("json.csv", CSV);
    // What lies beside a recording is shown and decides nothing.
    file("json.json", "{\"kernel\": \"2.4.18\", \"conditions\": {\"hz\": 100}}");
    let arguments = [
        "validate",
        "lab-256m",
        "--trace",
        &path,
        "--kernel",
        "4.7-rc6~mempool-noretry",
        "--seeds",
        "1",
        "--json",
    ];
    let found: Value = serde_json::from_str(&stdout(&arguments)).expect("one JSON object");
    assert_eq!((&found["kernel"], &found["seeds"]), (&"4.7-rc6~mempool-noretry".into(), &1.into()));
    assert_eq!((&found["recorded_outcome"], &found["set"]), (&"completed".into(), &serde_json::json!([])));
    assert!(found["notes"].to_string().contains("json.json says: kernel 2.4.18, hz 100"), "{found}");
    let figures = found["figures"].as_array().expect("figures");
    let figure = |key: &str| figures.iter().find(|figure| figure["key"] == key).expect(key);
    assert_eq!(figure("swap_out")["recorded"], 400_000);
    assert_eq!(figure("writeback_peak")["recorded"], 20);
    assert!(figure("writeback_peak")["simulated"]["median"].is_u64());
    assert_eq!(figure("writeback_peak")["inside"], false);
    assert!(figures.iter().all(|figure| figure["key"] != "pageoutrun"), "it was not recorded");
}

#[test]
fn a_digest_brings_its_kernel_and_settings() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/traces/4.6.2_plain-swap_fast.toml");
    let text = stdout(&["validate", "lab-256m", "--trace", path, "--seeds", "1"]);
    assert!(text.contains(": 4.6, seeds 1 to 1, scenario lab-256m with cipher=none\n"), "{text}");
    assert!(squeezed(&text).contains("\nfinished after 3.80 s "), "{text}");
    let text =
        stdout(&["validate", "lab-256m", "--trace", path, "--seeds", "1", "-k", "4.8", "-s", "hz=1000"]);
    assert!(text.contains(": 4.8, seeds 1 to 1, scenario lab-256m with hz=1000 cipher=none\n"), "{text}");
}

#[test]
fn runs_are_as_long_as_an_unfinished_recording() {
    let path = file("unfinished.csv", &CSV.replace("102400", "70000").replace("60000", "300"));
    let arguments = ["validate", "lab-256m", "--trace", &path, "--kernel", "4.6", "--seeds", "1"];
    let text = stdout(&arguments);
    assert!(text.contains("with duration=2500ms\n") && text.contains("recorded timeout; 1 of 1"), "{text}");
    let text = stdout(&[&arguments[..], &["--set", "duration=3s"]].concat());
    assert!(text.contains("with duration=3s\n"), "{text}");
}

#[test]
fn a_picture_of_both() {
    let path = file("drawn.csv", CSV);
    let svg = format!("{path}.svg");
    let arguments = ["validate", "lab-256m", "--trace", &path, "-k", "4.6", "--seeds", "1"];
    assert_eq!(stdout(&[&arguments[..], &["--svg", &svg]].concat()), "");
    let drawn = std::fs::read_to_string(svg).expect("the file");
    for text in ["<svg", ">recorded<", ">4.6, seed 1<", "finished in 1.5 s"] {
        assert!(drawn.contains(text), "{text} in {drawn}");
    }
    let refusal = refused(&[&arguments[..], &["--svg", "no/such/folder/x.svg"]].concat());
    assert!(refusal.starts_with("swapscope: no/such/folder/x.svg: "), "{refusal}");
    let digest = concat!(env!("CARGO_MANIFEST_DIR"), "/traces/4.6.2_plain-swap_fast.toml");
    let refusal = refused(&["validate", "lab-256m", "--trace", digest, "--svg", "x.svg"]);
    assert!(refusal.ends_with(" holds no samples: expected a recording, CSV"), "{refusal}");
}

#[test]
fn bad_input() {
    let good = file("other.csv", CSV);
    let cut = file("cut.csv", &CSV[..CSV.len() - 20]);
    let binary = file("not.csv", "t_ms\n\u{1}\n");
    for (arguments, message) in [
        (
            &["validate", "lab-256m", "--trace", &good][..],
            "--kernel: expected exactly one kernel, not 4.6, 4.7-rc6, 4.7-rc6~mempool-noretry",
        ),
        (
            &["validate", "lab-256m", "--trace", &cut, "-k", "4.6"],
            "cut.csv:6: 3 values: expected 7, as many as names",
        ),
        (
            &["validate", "lab-256m", "--trace", &binary, "-k", "4.6"],
            "not.csv:1: no columns hog_pages, nr_free, writeback, pswpout: expected",
        ),
        (&["validate", "lab-256m", "--trace", "no/such.csv", "-k", "4.6"], "no/such.csv: "),
        (&["validate", "lab-256m", "--trace", "/", "-k", "4.6"], "/: "),
        (
            &["validate", "lab-256m", "-k", "4.6"],
            "the following required arguments were not provided: --trace <FILE>",
        ),
        (&["validate", "lab-265m", "--trace", &good], "SCENARIO: no bundled scenario 'lab-265m'"),
        (
            &["validate", "lab-256m", "--trace", &good, "-k", "4.6", "-s", "workload=build"],
            "--set workload=build: a recording is of a workload that touches memory once: expected workload=hog",
        ),
    ] {
        let found = refused(arguments);
        assert!(found.starts_with(&format!("swapscope: {message}")), "{found}");
    }
    let path = file("no-text.csv", "");
    std::fs::write(&path, b"t_ms\n\xff\xfe\n").expect("a writable folder for tests");
    assert_eq!(
        refused(&["validate", "lab-256m", "--trace", &path, "-k", "4.6"]),
        "swapscope: no-text.csv:2: no text: expected CSV in UTF-8"
    );
}
