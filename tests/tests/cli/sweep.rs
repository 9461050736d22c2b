//! `swapscope sweep`: tables that do not depend on how they came about, and pictures of them.

use super::{HEAD, file, refused, stdout, swapscope};
use serde_json::Value;
use std::fs;

const GRID: &[&str] = &[
    "sweep",
    "lab-256m",
    "--vary",
    "hog=150M..350M:100M",
    "--vary",
    "swap=64M,512M",
    "-k",
    "4.6",
    "-k",
    "4.9",
    "-s",
    "duration=6s",
    "-s",
    "cipher=none",
    "--seeds",
    "2",
];

/// A path of its own for a test, with no file there.
fn path(name: &str) -> String {
    let path = file(name, "");
    fs::remove_file(&path).expect("a file of this test");
    path
}

fn read(path: &str) -> String {
    fs::read_to_string(path).expect("a file")
}

fn sweep(csv: &str, more: &[&str]) {
    assert_eq!(stdout(&[GRID, &["--csv", csv], more].concat()), "");
}

/// What it says of the work before it starts.
fn said(csv: &str) -> String {
    let output = swapscope(&[GRID, &["--csv", csv]].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn a_line_says_what_run_says() {
    let csv = path("sweep-lines.csv");
    sweep(&csv, &[]);
    let text = read(&csv);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2 + 3 * 2 * 2 * 2);
    assert!(lines[0].starts_with("# swapscope sweep; model "), "{}", lines[0]);
    let head = "; scenario lab-256m; kernels 4.6 4.9; seeds 1 to 2; vary hog=150m..350m:100m; vary swap=64m,512m; with ";
    assert!(lines[0].contains(head), "{}", lines[0]);
    assert_eq!(
        lines[1],
        "index,kernel,seed,hog,swap,outcome,done_ms,oom_ms,free_min_pages,swap_out_pages,throttle_sleeps,hash"
    );
    // The largest hog does not fit beside the smallest swap; the machine kills.
    for (line, hog, swap, outcome) in [(2 + 19, "350m", "64m", "oom"), (2 + 23, "350m", "512m", "completed")]
    {
        let set = (format!("hog={hog}"), format!("swap={swap}"));
        let json = stdout(&[
            "run",
            "lab-256m",
            "-k",
            "4.9",
            "--seed",
            "2",
            "--json",
            "-s",
            "duration=6s",
            "-s",
            "cipher=none",
            "-s",
            &set.0,
            "-s",
            &set.1,
        ]);
        let run = &serde_json::from_str::<Value>(&json).expect("JSON")["runs"][0];
        let ms = |value: &Value| value.as_u64().map_or(String::new(), |ns| (ns / 1_000_000).to_string());
        let sleeps = run["throttle"].as_array().expect("a list").iter();
        let sleeps: u64 = sleeps.filter_map(|sleep| sleep["count"].as_u64()).sum();
        let expected = format!(
            "{},4.9,2,{hog},{swap},{outcome},{},{},{},{},{sleeps},{}",
            line - 2,
            ms(&run["workload_done_ns"]),
            ms(&run["oom"][0]["t_ns"]),
            run["free_pages"]["min"],
            run["swap_out_pages"],
            run["hash"].as_str().expect("a hash")
        );
        assert_eq!(lines[line], expected);
    }
}

#[test]
fn shards_make_the_table_of_the_whole() {
    let whole = path("sweep-whole.csv");
    sweep(&whole, &[]);
    let mut all = String::new();
    for shard in ["3/3", "1/3", "2/3"] {
        let csv = path(&format!("sweep-{}.csv", &shard[..1]));
        sweep(&csv, &["--shard", shard]);
        assert_eq!(read(&csv).lines().count(), 2 + 8, "{shard}");
        all += &read(&csv);
    }
    let head: Vec<&str> = all.lines().take(2).collect();
    let mut lines: Vec<&str> =
        all.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).collect();
    lines.sort_by_key(|line| line.split(',').next().and_then(|index| index.parse::<u32>().ok()));
    assert_eq!([head, lines].concat().join("\n") + "\n", read(&whole));
    // The tables one behind the other are a table too, and nothing is left to do.
    let joined = file("sweep-joined.csv", &all);
    assert!(said(&joined).contains("24 are in "), "all runs are there");
    assert_eq!(read(&joined), read(&whole));
}

#[test]
fn an_interrupted_sweep_goes_on() {
    let csv = path("sweep-cut.csv");
    sweep(&csv, &[]);
    let whole = read(&csv);
    let head = whole.find("\n0,").expect("a first run") + 1;
    let line = whole[..head + 300].rfind('\n').expect("lines") + 1;
    let left = 24 - whole[head..line].lines().count();
    for (cut, to_do) in
        [(0, 24), (10, 24), (head - 1, 24), (head, 24), (line - 1, left + 1), (line + 5, left), (line, left)]
    {
        fs::write(&csv, &whole[..cut]).expect("a file");
        let said = said(&csv);
        assert!(said.ends_with(&format!("; {to_do} to do\n")), "cut at {cut}: {said}");
        assert_eq!(read(&csv), whole, "cut at {cut}");
    }
    // A run that is there is believed, not done again.
    let marked = whole.replacen(",completed,", ",timeout,", 1);
    fs::write(&csv, &marked).expect("a file");
    sweep(&csv, &[]);
    assert_eq!(read(&csv), marked);
}

#[test]
fn a_file_of_something_else_stays_as_it_is() {
    let csv = path("sweep-other.csv");
    sweep(&csv, &["--shard", "1/24"]);
    let table = read(&csv);
    let (first, rest) = table.split_once("\n0,").expect("the first run");
    let with = |from: &str, to: &str| table.replacen(from, to, 1);
    for (text, message) in [
        ("a,b\n1,2\n".to_owned(), ": it is no table of a sweep; it is left as it is"),
        (with("; model ", "; model 9"), ": it is of another sweep: 'model 9"),
        (
            with("seeds 1 to 2", "seeds 1 to 3"),
            "another sweep: 'seeds 1 to 3' where 'seeds 1 to 2' was expected",
        ),
        (with("swap=64m,", "swap=96m,"), "another sweep: 'vary swap=96m,512m' where"),
        (with("outcome,", "verdict,"), ": it is of another sweep; it is left as it is"),
        (format!("{first}\n77,{rest}"), ":3: no run of this sweep: '77,"),
        (format!("{first}\n1,{rest}"), ":3: no run of this sweep: '1,4.6,1,"),
        (with(",completed,", ",finished,"), ":3: no line of a run: '0,4.6,1,150m,64m,finished,"),
        (table.clone() + &table.replacen(",completed,", ",oom,", 1), ":6: a run that is there twice"),
        (format!("{table}\n"), ":4: no run of this sweep: ''"),
    ] {
        fs::write(&csv, &text).expect("a file");
        let found = refused(&[GRID, &["--csv", &csv]].concat());
        assert!(found.contains(message), "{found}");
        assert_eq!(read(&csv), text, "{message}");
    }
    let mine = |start: &str| format!("base = 'lab-256m'\n{HEAD}[workload]\nstart = '{start}'\n");
    let scenario = file("sweep-mine.toml", &mine("2s"));
    let grid =
        |scenario| ["sweep", scenario, "--vary", "hog=150M", "-k", "4.9", "-s", "duration=3s", "--csv"];
    let csv = path("sweep-mine.csv");
    stdout(&[&grid(&scenario)[..], &[&csv]].concat());
    file("sweep-mine.toml", &mine("1500ms"));
    let found = refused(&[&grid(&scenario)[..], &[&csv]].concat());
    assert!(found.contains(": it is of another sweep: 'with "), "{found}");
}

#[test]
fn bad_input() {
    let csv = path("sweep-never.csv");
    for (more, message) in [
        (&["--vary", "hgo=1G"][..], "--vary hgo=1G: unknown key 'hgo'; nearest is 'hog'"),
        (&["--vary", "hog=1G,lots"], "--vary hog=1G,lots: hog = lots: expected a size such as 512M or 1G"),
        (&["--vary", "hog=2G..1G:1M"], "--vary hog=2G..1G:1M: 2G..1G:1M: expected A..B:STEP with A up to B"),
        (&["--vary", "hog=1G", "--vary", "hog=2G"], "--vary hog=2G: hog is varied twice"),
        (&["--vary", "hog=1G", "--set", "hog=2G"], "--vary hog=1G: hog is varied and set with --set"),
        (
            &["--vary", "hog=100M..400M:1M", "--seeds", "1000"],
            "--vary: 301 values x 3 kernels x 1000 seeds are too many runs: expected at most 100000",
        ),
        (&["--vary", "hog=1G", "--shard", "0/4"], "--shard 0/4: expected I/N with I from 1 to N"),
        (&["--vary", "hog=1G", "-k", "4.66"], "--kernel: unknown kernel '4.66'; nearest is '4.6'"),
        (
            &["--vary", "hog=1G", "--vary", "cpus=1,2", "--vary", "hz=100,250", "--svg", "x.svg"],
            "--svg: 3 varied keys: expected one, or two, to draw them",
        ),
        (
            &["--vary", "hog=200M..400M:1M", "--svg", "x.svg"],
            "--svg: hog has 201 values: expected at most 100 to draw them",
        ),
        (&[], "the following required arguments were not provided: --vary"),
    ] {
        let found = refused(&[&["sweep", "lab-256m", "--csv", &csv], more].concat());
        assert!(found.starts_with(&format!("swapscope: {message}")), "{found}");
        assert!(!fs::exists(&csv).expect("a folder"), "nothing is written before the input is understood");
    }
    let found = refused(&["sweep", "lab-256m", "--vary", "base-locked=0,64M,250M", "--csv", &csv]);
    assert!(found.ends_with(" (at base-locked=250m)"), "{found}");
    let found = refused(&["sweep", "lab-256m", "--vary", "hog=1G", "--csv", "no/such/folder/x.csv"]);
    assert!(found.starts_with("swapscope: no/such/folder/x.csv: "), "{found}");
    assert!(refused(&["sweep", "lab-256m", "--vary", "hog=1G", "--csv", "/"]).starts_with("swapscope: /: "));
}

#[test]
fn where_oom_begins_is_drawn() {
    let (csv, svg) = (path("sweep-drawn.csv"), path("sweep-drawn.svg"));
    sweep(&csv, &["--svg", &svg]);
    let picture = read(&svg);
    for part in [
        ">done 2/2<",
        ">OOM 2/2<",
        "<title>4.9: 350M, 64M: 2 of 2 oom</title>",
        "<title>4.6: 150M, 512M: 2 of 2 completed, done at ",
        ">Upwards: swap, ",
        ">To the right: hog, ",
        "(bytes)</text>",
        "stroke-width=\"3\"",
        "prefers-color-scheme:dark",
        "scenario lab-256m with duration=6s cipher=none, seeds 1 to 2",
    ] {
        assert!(picture.contains(part), "{part} in {picture}");
    }
    assert!(!picture.contains("href") && picture.matches("http").count() == 1, "it needs nothing else");
    let arguments = ["sweep", "lab-256m", "--vary", "hog=150M,400M", "-s", "duration=3s", "--csv"];
    let (csv, svg) = (path("sweep-kernels.csv"), path("sweep-kernels.svg"));
    stdout(&[&arguments[..], &[&csv, "--svg", &svg]].concat());
    let picture = read(&svg);
    let at = |name: &str| picture.find(&format!(">{name}</text>")).expect(name);
    assert!(picture.contains(">Upwards: kernel<") && at("4.7-rc6") < at("4.6"), "from the bottom to the top");
    let found = refused(&[&arguments[..], &[&csv, "--svg", &csv]].concat());
    assert!(found.ends_with("sweep-kernels.csv is the table"), "{found}");
    assert_eq!(read(&csv).lines().count(), 2 + 6);
}
