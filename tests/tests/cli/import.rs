//! `swapscope import` as scripts see it.

use crate::{binary, file, refused, stdout};
use std::io::Write;
use std::process::{Command, Stdio};

const OOM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crate/scenario/src/import/samples/oom-4.6.txt");

const VMSTAT: &str = "\
 r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st
 1  0      0 200000  10000  20000    0    0     1     2    3    4  5  6 87  2  0
 2  1   4096  20000   9000  10000    0 4096     1     2    3    4  5  6 87  2  0
 2  4  90000   8000   1000  10000   12 9096     1     2    3    4  5  6 87  2  0
";
const CSV: &str =
    "t_ms,hog_pages,nr_free,writeback,pswpout\n0,0,61000,0,0\n1000,0,61000,0,0\n3000,102400,60000,10,600\n";

#[test]
fn what_it_prints_is_a_scenario_that_runs() {
    let text = stdout(&["import", OOM]);
    for part in [
        "# used: present and managed of node 0 DMA32, line 12\nzone-dma32 = [258046, 250315]\n",
        "# used: Mem-Info Total swap, line 19\nswap = \"2097148K\"\n",
        "# guessed: nothing says it: as in dmcrypt-2016\ncpus = 2\n",
        "#   pages_scanned (line 7)\n",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    let link = text.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a link");
    let path = file("imported.toml", &text);
    // The same machine, by the file and by the link; both run.
    let changes = ["--set", "duration=1s", "--kernel", "4.8"];
    let run = stdout(&[&["run", &path, "--json"][..], &changes].concat());
    let opened = stdout(&[&["open", link, "--json"][..], &changes].concat());
    let hash = |json: &str| {
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        value["runs"][0]["hash"].as_str().expect("a hash").to_owned()
    };
    assert_eq!(hash(&run), hash(&opened));
}

#[test]
fn standard_input_and_values_set_by_hand() {
    let mut child = Command::new(binary())
        .args(["import", "-", "--set", "swap=4G", "--kernel", "4.8"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("swapscope runs");
    let text = std::fs::read(OOM).expect("the sample");
    child.stdin.take().expect("a pipe").write_all(&text).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for part in [
        "# set by hand\nswap = \"4G\"\n",
        "kernels = [\"4.8\"]\n",
        "title = \"A machine like that of stdin\"\n",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn a_series_and_a_recording_lie_over_the_runs() {
    let vmstat = file("vmstat.txt", VMSTAT);
    assert!(stdout(&["import", &vmstat]).contains("\n# series: 3 samples of vmstat over 2.0 s"));
    let csv = file("over.csv", CSV);
    for (input, name) in [(vmstat, "vmstat.svg"), (csv, "csv.svg")] {
        let svg = file(name, "");
        stdout(&["import", &input, "--scenario", "lab-256m", "--kernel", "4.8", "--svg", &svg]);
        let picture = std::fs::read_to_string(&svg).expect("a picture");
        assert!(picture.contains(">recorded</text>"), "{name}");
    }
}

#[test]
fn bad_input_is_one_line() {
    let nothing = file("nothing.txt", "hello\n");
    assert!(
        refused(&["import", &nothing])
            .contains("nothing.txt: nothing in it is known: expected an OOM report")
    );
    let csv = file("recording.csv", CSV);
    assert!(
        refused(&["import", &csv]).contains("a recording names no machine: 'swapscope validate SCENARIO")
    );
    assert!(refused(&["import", &csv, "--svg", "x.svg"]).contains("expected --scenario"));
    assert!(refused(&["import", OOM, "--svg", "x.svg"]).contains("nothing in it came more than once"));
    let large = file("large.txt", "MemTotal: 5 kB\nSwapTotal: 99999999999 kB\nMemFree: 1 kB\n");
    assert!(refused(&["import", &large]).contains("large.txt:2: swap = "));
    let bytes = file("bytes.txt", "");
    std::fs::write(&bytes, [b'a', b'\n', 0xff]).expect("a file");
    assert!(
        refused(&["import", &bytes])
            .contains("bytes.txt:2: no text: expected what a machine printed in UTF-8")
    );
}
