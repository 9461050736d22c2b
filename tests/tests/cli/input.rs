//! Where scenarios and texts come from, and what is said of options that cannot be used.

use crate::{HEAD, binary, file, refused, stdout, swapscope};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs it with a text on standard input.
fn piped(arguments: &[&str], text: &[u8]) -> Output {
    let mut child = Command::new(binary())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("swapscope runs");
    child.stdin.take().expect("a pipe").write_all(text).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_scenario_from_a_pipe() {
    let text = format!("base = 'lab-256m'\n{HEAD}[swap]\nswap = '1G'\n");
    let expected = stdout(&["link", &file("piped.toml", &text)]);
    for name in ["-", "/dev/stdin"] {
        let output = piped(&["link", name], text.as_bytes());
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{name}");
    }
    let output = piped(&["link", "-"], b"title = 't'\nram = '1G'\n");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.starts_with("swapscope: stdin:2: unknown key 'ram'"), "{message}");
}

#[test]
fn what_is_no_file_of_text() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    for (arguments, what) in [
        (&["run", folder][..], "a scenario"),
        (&["import", folder], "what a machine printed"),
        (&["validate", "lab-256m", "--trace", folder], "CSV"),
    ] {
        let message = refused(arguments);
        assert!(message.ends_with(&format!(": a directory: expected a file with {what}")), "{message}");
    }
    assert!(
        refused(&["run", "/dev/null"]).starts_with("swapscope: /dev/null:1: 'title' is missing or empty: ")
    );
    assert!(refused(&["import", "/dev/null"]).starts_with("swapscope: /dev/null: nothing in it is known"));
    let path = file("latin1.toml", "");
    std::fs::write(&path, b"title = 't'\nsummary = '\xe4'\n").expect("a writable folder for tests");
    assert_eq!(refused(&["run", &path]), "swapscope: latin1.toml:2: no text: expected a scenario in UTF-8");
}

#[test]
fn a_scenario_that_says_only_what_differs() {
    let path = file("differs.toml", "base = \"lab-256m\"\n[swap]\nswap = \"1G\"\n");
    let text = stdout(&["run", &path, "--kernel", "4.9", "--set", "duration=2s"]);
    assert!(
        text.starts_with("differs: ") && text.lines().next().expect("a line").ends_with(", changed"),
        "{text}"
    );
    assert_eq!(stdout(&["link", &path]), stdout(&["link", "lab-256m", "--set", "swap=1G"]));
}

#[test]
fn options_that_cannot_be_used() {
    for (arguments, message) in [
        (
            &["--seed", "-1"][..],
            "invalid value '-1' for '--seed <N>': expected a whole number, 0 to 4294966295 (see --help)",
        ),
        (
            &["--seed", "99999999999999999999"],
            "invalid value '99999999999999999999' for '--seed <N>': expected a whole number, 0 to 4294966295 (see --help)",
        ),
        (
            &["--seeds", "-1"],
            "invalid value '-1' for '--seeds <COUNT>': expected a whole number, 1 to 1000 (see --help)",
        ),
        (&["--max-work", "-1"], "--max-work: max-work = -1: expected a whole number"),
        (&["--at", "-3s"], "--at -3s: expected a time such as 12.5s"),
        (
            &["--why", "x"],
            "invalid value 'x' for '--why [<N>]': expected the number of a mark, from 1 on, as --why alone lists them \
             (see --help)",
        ),
        (
            &["--why", "0"],
            "invalid value '0' for '--why [<N>]': expected the number of a mark, from 1 on, as --why alone lists them \
             (see --help)",
        ),
        (&["--set", "hz=500"], "--set hz=500: hz = 500: expected 100, 250, 300 or 1000"),
        (
            &["--set", "cipher=serpent"],
            "--set cipher=serpent: cipher = serpent: expected aesni, aes, null or none",
        ),
        (&["--set", "=5"], "--set =5: expected KEY=VALUE, such as ram=2G"),
        (
            &["--set", "foo=5"],
            "--set foo=5: unknown key 'foo'; expected one that 'swapscope scenarios --keys' lists",
        ),
        (
            &["--set", "min-free=200M"],
            "--set min-free=200M: min-free = 200M: expected at most a quarter of memory, 62M",
        ),
    ] {
        assert_eq!(refused(&[&["run", "lab-256m"][..], arguments].concat()), format!("swapscope: {message}"));
    }
    assert_eq!(
        refused(&["run", "xyzzy"]),
        "swapscope: SCENARIO: no bundled scenario 'xyzzy'; expected one that 'swapscope scenarios' lists, or give a file"
    );
    assert_eq!(
        refused(&["open", "s=lab-256m&foo=1&c=0"]),
        "swapscope: link: unknown key 'foo'; expected one that 'swapscope scenarios --keys' lists"
    );
}

#[test]
fn help_lists_the_columns_that_a_recording_needs() {
    let help = stdout(&["validate", "--help"]);
    for (name, unit) in swapscope_scenario::validate::csv::REQUIRED {
        assert!(help.contains(&format!("{name}[{unit}]")), "{name} in {help}");
    }
}

#[test]
fn a_typed_link_that_says_another_verdict_than_its_runs() {
    let options = ["--kernel", "4.6", "--set", "duration=3s"];
    let link = stdout(&[&["run", "lab-256m"][..], &options].concat());
    let link = link.lines().last().expect("a link");
    let typed = |link: &str| link[..link.len() - 2].to_owned() + "0";
    let note = |link: &str| {
        let output = swapscope(&["open", link]);
        assert!(output.status.success(), "{link}");
        let notes = String::from_utf8(output.stderr).expect("UTF-8");
        notes.lines().last().unwrap_or_default().to_owned()
    };
    assert!(link.contains("&r=t"), "{link}");
    let by_hand = "swapscope: this link was typed by hand: nothing checks it against typing errors";
    assert_eq!(note(&typed(link)), by_hand);
    assert_eq!(
        note(&typed(&link.replace("&r=t", "&r=y"))),
        "swapscope: the link says another verdict: 4.6 is timeout, not completed"
    );
    assert_eq!(
        note("s=lab-256m&k=4.6&duration=1s&m=77&c=0"),
        format!(
            "{by_hand}; shared with model 77; this swapscope is older, model {}, and results may differ",
            swapscope_sim::MODEL_VERSION
        )
    );
}

#[test]
fn one_range_for_one_figure() {
    // Runs start at times of their own; 4 seeds are enough for one that starts before the shown one.
    let text = stdout(&["run", "lab-256m", "--kernel", "4.9", "--seeds", "4"]);
    let range = |before: &str| {
        let rest = &text[text.find(before).expect("a sentence") + before.len()..];
        rest[..rest.find(')').expect("a range")].to_owned()
    };
    assert_eq!(range("finishes in all 4 runs in "), range("; done after "), "{text}");
}
