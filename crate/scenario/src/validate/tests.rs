//! Parser, figures and comparison, on recordings made by hand.

use super::*;
use crate::report::{Outcomes, Range};
use swapscope_sim::trace::Trace;
use swapscope_sim::units::Nanos;

const HEAD: &str = "t_ms[ms],hog_pages[pages],nr_free[pages],writeback[pages],pswpout[pages]";

fn parse(text: &str) -> Result<Recording, String> {
    Recording::parse("some/where/x.csv", text).map_err(|error| error.to_string())
}

fn refused(text: &str) -> String {
    parse(text).expect_err(text)
}

/// A recording of these rows: time, pages touched, free, writeback, pswpout.
fn recording(rows: &[[u64; 5]]) -> Recording {
    let mut text = HEAD.to_owned();
    for row in rows {
        let cells = row.map(|value| value.to_string());
        text += &format!("\n{}", cells.join(","));
    }
    parse(&text).unwrap()
}

fn figures(rows: &[[u64; 5]]) -> Figures {
    Figures::recorded(&recording(rows), 1000, 4_000_000)
}

#[test]
fn columns_are_found_by_name() {
    let found =
        parse("x,pswpout,t_ms[ms], nr_free [pages],writeback,hog_pages,y[z]\n-,5,0,9,7,0,\n?,6,100,8,7,3,\n")
            .unwrap();
    assert_eq!(found.column("nr_free"), Some(&[9, 8][..]));
    assert_eq!(found.column("oom_kill"), None);
    assert_eq!(found.unused, ["x", "y"]);
    assert!(found.missing.contains(&"oom_kill") && found.missing.contains(&"tvw_wqj"));
    assert_eq!((found.rows(), found.jiffy_ns), (2, None));
    assert_eq!(found.clock(), Clock { step_ns: 100_000_000, end_ns: 100_000_000 });
}

#[test]
fn windows_line_ends_comments_and_blank_lines() {
    let plain = parse(&format!("{HEAD}\n0,0,9,0,0\n100,5,8,0,0\n")).unwrap();
    let odd = format!("\u{feff}# made by hand\r\n{HEAD}\r\n\r\n0,0,9,0,0\r\n#event 7\r\n100,5,8,0,0\r\n\r\n");
    assert_eq!(parse(&odd).unwrap(), plain);
}

#[test]
fn bad_recordings_are_one_line_with_a_place() {
    let row = "0,0,9,0,0\n";
    for (text, message) in [
        (String::new(), "x.csv: empty: expected a line of names such as t_ms[ms],nr_free[pages]"),
        ("\n# a\n\n".to_owned(), "x.csv: empty: expected a line of names such as t_ms[ms],nr_free[pages]"),
        (format!("{HEAD}\n"), "x.csv: 0 rows of numbers: expected at least 2"),
        (format!("{HEAD}\n{row}"), "x.csv: 1 row of numbers: expected at least 2"),
        (
            format!("{}\n{row}", HEAD.replace("nr_free", "nr_fre")),
            "x.csv:1: no column nr_free: expected at least t_ms[ms], hog_pages[pages], nr_free[pages], writeback[pages], \
             pswpout[pages]; nearest is 'nr_fre'",
        ),
        (
            "kernel panic\n".to_owned(),
            "x.csv:1: no columns t_ms, hog_pages, nr_free, writeback, pswpout: expected at least t_ms[ms], hog_pages[pages], \
             nr_free[pages], writeback[pages], pswpout[pages]",
        ),
        (
            "t_ms[ms],hog_pages[pages],nr_free[pages]\n".to_owned(),
            "x.csv:1: no columns writeback, pswpout: expected at least t_ms[ms], hog_pages[pages], \
             nr_free[pages], writeback[pages], pswpout[pages]",
        ),
        (format!("{HEAD},t_ms\n{row}"), "x.csv:1: column 't_ms' is there twice: expected each name once"),
        (format!("{HEAD}\n{row}100,5,8,0\n"), "x.csv:3: 4 values: expected 5, as many as names"),
        (
            format!("{HEAD}\n{row}100,5,,0,0\n"),
            "x.csv:3: nr_free = '': expected a whole number, 0 to 1000000000000000",
        ),
        (
            format!("{HEAD}\n{row}100,5,-1,0,0\n"),
            "x.csv:3: nr_free = '-1': expected a whole number, 0 to 1000000000000000",
        ),
        (
            format!("{HEAD}\n{row}100,5,1.5,0,0\n"),
            "x.csv:3: nr_free = '1.5': expected a whole number, 0 to 1000000000000000",
        ),
        (
            format!("{HEAD}\n{row}100,5,99999999999999999999999,0,0\n"),
            "x.csv:3: nr_free = '99999999999999999999999': expected a whole number, 0 to 1000000000000000",
        ),
        (
            format!("{HEAD}\n{row}700000000,5,9,0,0\n"),
            "x.csv:3: t_ms = '700000000': expected a whole number, 0 to 604800000",
        ),
        (
            format!("{HEAD}\n{row}100,5,9,0,8\n200,5,9,0,7\n"),
            "x.csv:4: pswpout falls from 8 to 7: expected a value that only grows",
        ),
        (
            format!("{HEAD},tvw_wqj[jiffies(0ms)]\n0,0,9,0,0,0\n"),
            "x.csv:1: unit 'jiffies(0ms)' of 'tvw_wqj': expected jiffies(1ms) to jiffies(10ms)",
        ),
    ] {
        assert_eq!(refused(&text), message);
    }
    let wide = vec!["a"; 1001].join(",");
    assert_eq!(refused(&wide), "x.csv:1: 1001 columns: expected at most 1000");
    let long = "#".repeat(csv::BYTES_MAX + 1);
    assert_eq!(refused(&long), "x.csv: longer than 64 MB: expected a shorter recording");
    let rows = "0,0,0,0,0\n".repeat(csv::ROWS_MAX + 1);
    assert_eq!(
        refused(&format!("{HEAD}\n{rows}")),
        "x.csv:1000002: more than 1000000 rows: expected a shorter recording"
    );
}

#[test]
fn the_largest_values_do_not_overflow() {
    const MOST: u64 = 1_000_000_000_000_000;
    let rows = [[0, 0, MOST, 0, 0], [1, 5, MOST, MOST, MOST], [604_800_000, 6, MOST, MOST, MOST]];
    let found = figures(&rows);
    assert_eq!(found.value("writeback_peak"), Some(MOST));
    assert_eq!(found.outcome, Outcome::Livelock);
    let comparison = Comparison::of(&found, &[found.clone(), figures(&[[0; 5]; 2])]);
    assert!(table::lines(&comparison).len() > 5);
}

#[test]
fn a_run_that_finishes() {
    // It starts after 1.0 s and has touched all of its 1000 pages at 3.0 s; then its memory is free.
    let found = figures(&[
        [0, 0, 900, 0, 0],
        [1000, 0, 900, 0, 10],
        [1500, 600, 300, 40, 50],
        [2000, 800, 20, 90, 110],
        [2500, 900, 30, 80, 190],
        [3000, 1000, 890, 70, 210],
        [3500, 1000, 900, 500, 210],
    ]);
    assert_eq!(found.outcome, Outcome::Completed);
    for (key, value) in [
        ("done_ms", Some(2000)),
        ("oom_ms", None),
        ("swap_out", Some(100_000)),
        ("writeback_peak", Some(90)),
        ("writeback_plateau", Some(80)),
        ("free_median", Some(30)),
        ("free_min", Some(20)),
        ("throttle_kernel", None),
        ("slab_growth", None),
    ] {
        assert_eq!(found.value(key), value, "{key}");
    }
}

#[test]
fn a_run_that_is_killed_shows_by_its_memory() {
    let killed = [
        [0, 0, 900, 0, 0],
        [1000, 0, 900, 0, 0],
        [2000, 700, 5, 40, 50],
        [3000, 700, 4, 60, 70],
        [4000, 700, 600, 60, 70],
        [5000, 700, 900, 0, 70],
    ];
    let found = figures(&killed);
    assert_eq!((found.outcome, found.value("oom_ms")), (Outcome::Oom, Some(3000)));
    assert_eq!((found.value("free_min"), found.value("swap_out")), (Some(4), Some(23_333)));
    // The same leap while it goes on afterwards is none of its doing.
    let mut goes_on = killed;
    goes_on[5][1] = 750;
    assert_eq!(figures(&goes_on).outcome, Outcome::Livelock);
    // And one that the kernel counted needs no leap.
    let text = format!("{HEAD},oom_kill[count]\n0,0,9,0,0,1\n100,5,8,0,0,1\n200,6,7,0,0,2\n");
    let counted = Figures::recorded(&parse(&text).unwrap(), 1000, 4_000_000);
    assert_eq!((counted.outcome, counted.value("oom_ms")), (Outcome::Oom, Some(200)));
}

#[test]
fn a_run_that_is_not_over_is_stuck_or_moving() {
    let run = |pages_per_s: u64| {
        let rows: Vec<[u64; 5]> = (0..=60).map(|s| [s * 1000, s * pages_per_s, 10, s, 0]).collect();
        Figures::recorded(&recording(&rows), 1_000_000, 4_000_000)
    };
    assert_eq!(run(300).outcome, Outcome::Timeout);
    assert_eq!(run(200).outcome, Outcome::Livelock);
    assert_eq!(run(200).value("writeback_plateau"), Some(52), "the last row belongs to the run");
    // A workload that never begins.
    assert_eq!(figures(&[[0, 0, 9, 3, 0], [100, 0, 9, 3, 0]]).outcome, Outcome::Livelock);
}

#[test]
fn sleeps_are_summed_over_columns_and_in_milliseconds() {
    let text = format!(
        "{HEAD},tvw_wq[count],tvw_kt[count],tvw_wqj[jiffies(4ms)],tvw_ktj[count]\n\
         0,0,9,0,0,1,1,10,10\n100,5,8,0,0,3,2,60,35\n200,6,7,0,0,4,3,85,60\n"
    );
    // The unit of the column wins over the length that the caller assumes.
    let found = Figures::recorded(&parse(&text).unwrap(), 1000, 1_000_000);
    assert_eq!((found.value("throttle_kernel"), found.value("throttle_kernel_ms")), (Some(5), Some(500)));
    let text = text.replace("[jiffies(4ms)]", "");
    let found = Figures::recorded(&parse(&text).unwrap(), 1000, 1_000_000);
    assert_eq!(found.value("throttle_kernel_ms"), Some(125));
}

fn trace() -> Trace {
    let mut settings = Settings::default();
    for (key, value) in [("ram", "64M"), ("base-file", "4M"), ("base-anon", "8M"), ("base-kernel", "12M")] {
        settings.apply(&[crate::settings::Change::parse(key, value, "test").unwrap()]);
    }
    for (key, value) in [("base-slab", "4M"), ("hog", "80M"), ("cipher", "none"), ("duration", "20s")] {
        settings.apply(&[crate::settings::Change::parse(key, value, "test").unwrap()]);
    }
    let config = crate::config::config(&settings).unwrap();
    let kernel = swapscope_sim::kernel::Kernel::parse("4.7-rc6").unwrap();
    swapscope_sim::run(&config, &kernel.policy, 1)
}

#[test]
fn a_simulated_run_is_looked_at_as_seldom_as_a_recorded_one() {
    let trace = trace();
    let step = 100_000_000;
    let clock = Clock { step_ns: step, end_ns: trace.end.0 };
    let recorded = figures(&[[0, 0, 9, 3, 0], [100, 5, 9, 3, 0]]);
    let found = Figures::simulated(&trace, &recorded, clock);
    assert_eq!(found.outcome, Outcome::Completed);
    let exact = (trace.workload_done.unwrap() - trace.workload_start).0 / 1_000_000;
    let done = found.value("done_ms").unwrap();
    assert!(done.is_multiple_of(100) && (exact..exact + 200).contains(&done), "{done} for {exact}");
    assert!(found.value("free_min").unwrap() >= trace.free.min);
    let written = |t: Nanos| crate::report::at(&trace, swapscope_sim::trace::Series::SwapOut, t);
    let rate = written(trace.workload_done.unwrap()) * 1_000_000 / done;
    assert_eq!(found.value("swap_out"), Some(rate));
    let counter = |name: &str| trace.vmstat.iter().find(|(found, _)| *found == name).unwrap().1;
    assert!((1..=counter("allocstall")).contains(&found.value("allocstall").unwrap()));
    assert_eq!(found.value("encrypted"), Some(0));
    assert_eq!(found.values.iter().filter(|value| value.is_none()).count(), 1, "all but the OOM kill");

    // Beside a run that was killed after 200 ms it is looked at for as long.
    let killed = figures(&[[0, 0, 900, 3, 0], [100, 5, 9, 3, 0], [200, 5, 900, 3, 0]]);
    assert_eq!(killed.value("oom_ms"), Some(200));
    let short = Figures::simulated(&trace, &killed, clock);
    let start = Nanos(trace.workload_start.0 / step * step);
    assert_eq!(short.value("swap_out"), Some(written(start + Nanos::from_ms(200)) * 5_000));
    assert_eq!(short.value("done_ms"), Some(done));
    assert!(short.value("allocstall") <= found.value("allocstall"));
}

#[test]
fn places() {
    let row = |recorded, simulated: Option<[u64; 3]>| {
        let simulated = simulated.map(|[min, median, max]| Range { min, median, max });
        Row { measure: &MEASURES[0], recorded, simulated }.place()
    };
    assert_eq!(row(Some(5), Some([1, 2, 5])), Place::Inside);
    assert_eq!(row(Some(10), Some([1, 5, 9])), Place::Outside(Some(50)));
    assert_eq!(row(Some(10), Some([11, 25, 99])).text(), "model 2.50 x");
    assert_eq!(row(Some(1), Some([11, 25, 99])).text(), "model 25 x");
    assert_eq!(row(Some(1000), Some([1, 2, 3])).text(), "model < 0.01 x");
    assert_eq!(row(Some(0), Some([1, 5, 9])).text(), "recorded 0");
    assert_eq!(row(Some(0), Some([0, 0, 0])), Place::Zero);
    assert_eq!(row(None, Some([1, 5, 9])), Place::Nowhere);
    assert_eq!(row(Some(1), None).text(), "-");
}

#[test]
fn outcomes_are_counted() {
    let run = |outcome| Figures { outcome, values: vec![None; MEASURES.len()] };
    let simulated = [run(Outcome::Oom), run(Outcome::Completed), run(Outcome::Oom)];
    let comparison = Comparison::of(&run(Outcome::Oom), &simulated);
    assert_eq!(comparison.outcomes, Outcomes { completed: 1, oom: 2, livelock: 0, timeout: 0, stopped: 0 });
    assert_eq!((comparison.same_outcome(), comparison.seeds, comparison.rows.len()), (2, 3, 0));
    assert_eq!(table::outcome(&comparison), "recorded oom; 2 of 3 seeds end so (model: 2 oom, 1 completed)");
}

#[test]
fn units() {
    for (unit, value, text) in [
        (Unit::Ms, 0, "0.00 s"),
        (Unit::Ms, 3805, "3.80 s"),
        (Unit::Ms, 149_000, "149.0 s"),
        (Unit::PerSecond, 1672, "1.67"),
        (Unit::PerSecond, 27_090, "27.0"),
        (Unit::PerSecond, 852_900, "852"),
        (Unit::Number, 17_362, "17362"),
    ] {
        assert_eq!(unit.text(value), text);
    }
}

#[test]
fn measures_have_keys_of_their_own() {
    for (at, measure) in MEASURES.iter().enumerate() {
        assert!(MEASURES[at + 1..].iter().all(|other| other.key != measure.key), "{}", measure.key);
        assert!(measure.key.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'), "{}", measure.key);
    }
}

fn digest() -> Digest {
    Digest {
        name: "n".to_owned(),
        source: "a run".to_owned(),
        conditions: "small".to_owned(),
        scenario: "lab-256m".to_owned(),
        kernel: "4.7-rc6".to_owned(),
        set: "cipher=none hz=1000".to_owned(),
        not_modelled: String::new(),
        note: String::new(),
        clock: Clock { step_ns: 100_000_000, end_ns: 40_000_000_000 },
        figures: figures(&[[0, 0, 9, 3, 0], [100, 5, 9, 3, 0], [200, 6, 9, 3, 0]]),
    }
}

#[test]
fn a_digest_is_read_as_it_was_written() {
    assert_eq!(Digest::parse("n.toml", &digest().text()).unwrap(), digest());
    let setup = digest().setup(3).unwrap();
    assert_eq!(setup.seeds, 3);
    let set: Vec<String> = setup.changes().iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(set, ["duration=40s", "hz=1000", "cipher=none"], "as long as a run that did not end");
}

#[test]
fn bad_digests_are_one_line_with_a_place() {
    let text = digest().text();
    let refused = |text: &str| Digest::parse("a/n.toml", text).unwrap_err().to_string();
    assert_eq!(refused(""), "n.toml: expected [figures] with outcome, step_ms and end_ms");
    assert_eq!(refused("what"), "n.toml:1: expected key = value or [figures]");
    for (from, to, message) in [
        ("kernel = ", "kernal = ", "n.toml:6: unknown key 'kernal'; nearest is 'kernel'"),
        ("\"small\"", "small", "n.toml:4: conditions = small: expected a text in quotes"),
        ("free_min", "free_mim", "n.toml:17: unknown figure 'free_mim'; nearest is 'free_min'"),
        ("\"livelock\"", "\"livelok\"", "n.toml:10: unknown outcome 'livelok'; nearest is 'livelock'"),
        ("free_min = 9", "free_min = -9", "n.toml:17: free_min = -9: expected a whole number"),
        ("step_ms = 100", "step_ms = 0", "n.toml:11: step_ms = 0: expected 1 to 604800000"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        assert_eq!(refused(&text.replace(from, to)), message);
    }
}

#[test]
fn only_one_pass_of_hogs_can_be_compared() {
    let set = |key: &str, value: &str| {
        let mut settings = Settings::default();
        settings.apply(&[crate::settings::Change::parse(key, value, "--set").unwrap()]);
        target(&settings)
    };
    assert_eq!(set("hog", "400M"), Ok(102_400));
    assert!(set("workload", "build").unwrap_err().to_string().contains("expected workload=hog"));
    assert!(set("passes", "2").is_err());
}

#[test]
fn runs_are_as_long_as_the_recorded_one() {
    assert_eq!(duration(Outcome::Livelock, 40, 120), 40);
    assert_eq!(duration(Outcome::Completed, 40, 120), 120);
    assert_eq!(duration(Outcome::Completed, 150, 120), 150);
}
