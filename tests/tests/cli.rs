//! The command line as scripts see it: exit codes, one message for each bad input, the JSON object.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

#[path = "cli/exports.rs"]
mod exports;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/input.rs"]
mod input;
#[path = "cli/story.rs"]
mod story;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/validate.rs"]
mod validate;

/// Builds the command once. Cargo hands the path of a binary to tests of its own package only.
fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "-p", "swapscope-cli", "--message-format=json"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let messages = String::from_utf8(built.stdout).expect("JSON lines");
        let found = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
            .next_back();
        found.expect("the binary that was built")
    })
}

fn swapscope(arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).output().expect("swapscope runs")
}

fn stdout(arguments: &[&str]) -> String {
    let output = swapscope(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs it with bad input: exit code 2, nothing on stdout, one line on stderr.
fn refused(arguments: &[&str]) -> String {
    let output = swapscope(arguments);
    let message = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    message.trim_end().to_owned()
}

/// A scenario file of its own for a test.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("a writable folder for tests");
    path.to_str().expect("a path in UTF-8").to_owned()
}

const HEAD: &str = "title = 't'\nsummary = 's'\nclaim = 'c'\nkernels = ['4.6']\n";

#[test]
fn a_broken_scenario_file() {
    let path = file("broken.toml", &format!("{HEAD}[machine\ncpus = 2\n"));
    let message = refused(&["run", &path]);
    assert!(message.starts_with("swapscope: broken.toml:5: not TOML: "), "{message}");
    let path = file("empty.toml", "");
    assert_eq!(
        refused(&["run", &path]),
        "swapscope: empty.toml:1: 'title' is missing or empty: expected it above the first section, or base = \"NAME\" of a \
         bundled scenario that has it"
    );
    let path = file("binary.toml", "\0\u{1}\u{2}");
    assert!(refused(&["run", &path]).starts_with("swapscope: binary.toml:1: not TOML: "));
}

#[test]
fn an_unknown_kernel_or_patch() {
    assert_eq!(
        refused(&["run", "lab-256m", "--kernel", "4.7-rc66"]),
        "swapscope: --kernel: unknown kernel '4.7-rc66'; nearest is '4.7-rc6'"
    );
    assert_eq!(
        refused(&["run", "lab-256m", "--kernel", "4.6~mempol-noretry"]),
        "swapscope: --kernel: unknown patch 'mempol-noretry' in '4.6~mempol-noretry'; nearest is 'mempool-noretry'"
    );
    let path = file("kernel.toml", &HEAD.replace("4.6", "4.66"));
    assert_eq!(refused(&["run", &path]), "swapscope: kernel.toml:4: unknown kernel '4.66'; nearest is '4.6'");
}

#[test]
fn an_unknown_key() {
    let path = file("key.toml", &format!("{HEAD}[machine]\nswapiness = 60\n"));
    assert_eq!(
        refused(&["run", &path]),
        "swapscope: key.toml:6: unknown key 'swapiness' in [machine]; nearest is 'swappiness'"
    );
    assert_eq!(
        refused(&["run", "lab-256m", "--set", "swapiness=60"]),
        "swapscope: --set swapiness=60: unknown key 'swapiness'; nearest is 'swappiness'"
    );
}

#[test]
fn a_scenario_that_builds_on_another_one() {
    let head = HEAD.replace("'4.6'", "'4.9'");
    let text = format!(
        "base = 'lab-256m'\n{head}[run]\nduration = '20s'\n[[expect]]\noutcome = 'oom'\nruns = '2 of 3'\n"
    );
    let out = stdout(&["run", &file("based.toml", &text), "--seeds", "2"]);
    assert!(out.contains("expected: 4.9: oom in at least 2 of 3 runs / found: 0 of 2\n"), "{out}");
    let link = stdout(&["link", &file("based.toml", &text)]);
    assert!(link.contains("?s=lab-256m&k=4.9&duration=20s&m="), "{link}");
    let path = file("chain.toml", &format!("base = 'crawl'\n{HEAD}"));
    assert_eq!(
        refused(&["run", &path]),
        "swapscope: chain.toml:1: base 'crawl': it builds on 'dmcrypt-2016' itself"
    );
    // A changed scenario is another one.
    let out = stdout(&["run", "lab-plain", "--kernel", "4.9", "--set", "duration=2s"]);
    assert!(!out.contains("expected:"), "{out}");
}

#[test]
fn a_machine_of_ten_terabytes() {
    let path = file("large.toml", &format!("{HEAD}[machine]\nram = '10T'\n"));
    assert_eq!(
        refused(&["run", &path]),
        "swapscope: large.toml:6: ram = 10T is out of range: expected 64M to 64G (memory of the machine)"
    );
    assert_eq!(
        refused(&["link", "dmcrypt-2016", "--set", "ram=10T"]),
        "swapscope: --set ram=10T: ram = 10T is out of range: expected 64M to 64G (memory of the machine)"
    );
}

#[test]
fn a_damaged_link() {
    let link = stdout(&["link", "dmcrypt-2016", "--kernel", "4.6", "--set", "ram=2G"]);
    let link = link.trim_end();
    let cut = refused(&["open", &link[..link.len() - 8]]);
    assert!(cut.starts_with("swapscope: link: cut off: the end with the check characters"), "{cut}");
    let changed = refused(&["open", &link.replace("ram=2g", "ram=3g")]);
    assert!(changed.starts_with("swapscope: link: damaged: its check characters"), "{changed}");
    let glued = refused(&["open", &format!("{link}and")]);
    assert!(glued.starts_with("swapscope: link: something is glued to its end: 'and'"), "{glued}");
}

#[test]
fn other_bad_input() {
    for (arguments, message) in [
        (&["run", "lab-265m"][..], "SCENARIO: no bundled scenario 'lab-265m'; nearest is 'lab-256m'"),
        (&["run", "no/such.toml"], "no/such.toml: there is no such file"),
        (&["run", "lab-256m", "--set", "ram"], "--set ram: expected KEY=VALUE"),
        (&["run", "lab-256m", "--set", "hz=200"], "--set hz=200: hz = 200: expected 100, 250, 300 or 1000"),
        (&["run", "lab-256m", "--set", "base-file=1G"], "--set base-file=1G: memory in use at the start"),
        (
            &["run", "lab-256m", "--set", "write-from=9s", "--set", "write-until=5s"],
            "--set write-until=5s: write-until = 5s is not after write-from = 9s: expected a later time, or 0 for the end",
        ),
        (
            &["run", "lab-256m", "--set", "writers=65"],
            "--set writers=65: writers = 65 is out of range: expected 0 to 64",
        ),
        (&["run", "lab-256m", "--seeds", "0"], "--seed, --seeds: 0 seeds: expected 1 to 1000"),
        (&["run", "lab-256m", "--seed", "x"], "invalid value 'x' for '--seed <N>'"),
        (&["run", "lab-256m", "--json", "--mail"], "the argument '--json' cannot be used with '--mail'"),
        (&["run", "lab-256m", "--kernel", "4.6", "--kernel", "4.6"], "--kernel: kernel '4.6' is there twice"),
        (&["run", "lab-256m", "--csv", "no/such/folder/x.csv"], "no/such/folder/x.csv: "),
        (&["rum"], "unrecognized subcommand 'rum'"),
        (&[], "no command: expected run,"),
    ] {
        let found = refused(arguments);
        assert!(found.starts_with(&format!("swapscope: {message}")), "{found}");
    }
}

#[test]
fn a_link_opens_the_same_run() {
    let options = ["--kernel", "4.7-rc6", "--set", "duration=1500ms", "--seed", "5"];
    let run = stdout(&[&["run", "lab-256m", "--json"][..], &options].concat());
    let run: Value = serde_json::from_str(&run).expect("one JSON object");
    let link = run["link"].as_str().expect("a link");
    let opened: Value = serde_json::from_str(&stdout(&["open", link, "--json"])).expect("one JSON object");
    assert_eq!(run, opened);
}

/// Checks a value against a pattern: the same keys in every object, the same type in every place. An array in the
/// pattern holds the pattern of all elements; a null allows null, or else the pattern beside it under `KEY?`.
fn shaped(value: &Value, pattern: &Value, place: &str) {
    match (value, pattern) {
        (Value::Object(value), Value::Object(pattern)) => {
            let keys: Vec<&str> = pattern.keys().map(|key| key.trim_end_matches('?')).collect();
            let found: Vec<&str> = value.keys().map(String::as_str).collect();
            if !keys.contains(&"*") {
                assert_eq!(found.len(), keys.len(), "{place}: {found:?} instead of {keys:?}");
            }
            for (key, inner) in value {
                let place = format!("{place}.{key}");
                if let Some(optional) = pattern.get(&format!("{key}?")) {
                    if !inner.is_null() {
                        shaped(inner, optional, &place);
                    }
                } else {
                    let expected = pattern.get(key).or_else(|| pattern.get("*"));
                    shaped(inner, expected.unwrap_or_else(|| panic!("{place} is unexpected")), &place);
                }
            }
        }
        (Value::Array(value), Value::Array(pattern)) => {
            for (index, inner) in value.iter().enumerate() {
                shaped(inner, &pattern[0], &format!("{place}[{index}]"));
            }
        }
        (Value::String(_), Value::String(_)) => {}
        (Value::Number(number), Value::Number(_)) => assert!(number.is_u64(), "{place} = {number}"),
        _ => panic!("{place} is {value} instead of {pattern}"),
    }
}

#[test]
fn the_json_object() {
    let text = stdout(&[
        "run",
        "lab-256m",
        "--kernel",
        "4.6",
        "--kernel",
        "4.7-rc6~mempool-noretry",
        "--set",
        "duration=4s",
        "--seeds",
        "3",
        "--json",
    ]);
    let found: Value = serde_json::from_str(&text).expect("one JSON object");
    let range = serde_json::json!({"min": 0, "median": 0, "max": 0});
    let zones = serde_json::json!({"*": 0});
    let pattern = serde_json::json!({
        "scenario": "", "model": "", "seed": 0, "link": "",
        "runs": [{
            "kernel": "", "patches": [""], "outcome": "", "sim_ns": 0, "workload_done_ns?": 0,
            "oom": [{
                "t_ns": 0, "invoked_by": "", "order": 0, "gfp": "", "victim": "", "free_kb": zones, "swap_free_kb": 0,
                "swap_total_kb": 0, "writeback_kb": 0, "pages_scanned": zones, "reclaimable": zones,
            }],
            "throttle": [{"task": "", "site": "", "count": 0, "total_ns": 0, "max_ns": 0}],
            "kcryptd_requests_per_s": range, "free_pages": {"min": 0, "median": 0}, "writeback_pages": {"max": 0},
            "dirty_limit_pages": {"min": 0}, "swap_out_pages": 0, "swap_in_pages": 0,
            "longest_without_progress_ns": 0, "probe_latency_ns": {"p50": 0, "p99": 0, "max": 0},
            "vmstat": {"*": 0}, "events": 0, "events_dropped": 0, "hash": "",
        }],
        "ensemble": [{
            "kernel": "", "patches": [""], "seeds": 0,
            "outcomes": {"completed": 0, "oom": 0, "livelock": 0, "timeout": 0},
            "workload_done_ns?": range, "oom_t_ns?": range, "swap_out_pages_per_s": range,
            "writeback_pages_max": range,
        }],
    });
    shaped(&found, &pattern, "");
    assert_eq!(found["model"], swapscope_sim::MODEL_VERSION.to_string());
    assert_eq!(found["runs"][1]["patches"][0], "mempool-noretry");
    assert_eq!(found["ensemble"][0]["seeds"], 3);
    for run in found["runs"].as_array().expect("runs") {
        let hash = run["hash"].as_str().expect("a hash");
        assert!(hash.len() == 16 && u64::from_str_radix(hash, 16).is_ok(), "{hash}");
        let outcome = run["outcome"].as_str().expect("an outcome");
        assert!(["completed", "oom", "livelock", "timeout"].contains(&outcome), "{outcome}");
        assert!(run["vmstat"]["pswpout"].is_u64());
    }
}

#[test]
fn lists() {
    let kernels: Value = serde_json::from_str(&stdout(&["kernels", "--json"])).expect("JSON");
    assert_eq!(kernels["versions"][0]["name"], "4.5");
    assert!(kernels["patches"][0]["summary"].is_string());
    let scenarios: Value = serde_json::from_str(&stdout(&["scenarios", "--json"])).expect("JSON");
    assert!(scenarios.as_array().expect("a list").iter().any(|scenario| scenario["name"] == "dmcrypt-2016"));
    let keys = stdout(&["scenarios", "--keys"]);
    for line in [
        "(vm.swappiness)",
        "\n[background] Other loads\n  writers          processes that append to files, as log daemons do; 0 to 64; default 0\n",
        "(vm.dirty_background_ratio); 1 to 100; default 10\n",
        "\n  job-output       what one process writes to a file as it goes along; 0 to 64G; default 0\n",
    ] {
        assert!(keys.contains(line), "{line:?} in {keys}");
    }
}

#[test]
fn a_log_in_full() {
    let options = ["run", "lab-256m", "--kernel", "4.8", "--set", "swap=1M", "--set", "duration=20s"];
    let log = stdout(&[&options[..], &["--dmesg"]].concat());
    assert!(log.starts_with("--- 4.8, seed 1\n["), "{log}");
    let text = stdout(&options);
    for line in ["hog invoked oom-killer: gfp_mask=0x", "Out of memory: Kill process "] {
        assert!(log.contains(line) && text.contains(line), "{line}\n{log}");
    }
    for line in ["] Mem-Info:\n", "] Node 0 active_anon:", "] [ pid ]   uid  tgid total_vm      rss "] {
        assert!(log.contains(line) && !text.contains(line), "{line}\n{log}");
    }
}

#[test]
fn the_values_of_all_kernels() {
    let text = stdout(&["kernels"]);
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 100), "{text}");
    let found: Value = serde_json::from_str(&stdout(&["kernels", "--json"])).expect("JSON");
    let value = serde_json::json!({
        "group": "", "name": "", "function": "", "decides": "", "value": "", "meaning": "", "source": "",
    });
    let policy = found["policy"].as_array().expect("a list");
    let names = |list: &Value, key: &str| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|each| each[key].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&found["policy"], "kernel"), names(&found["versions"], "name"));
    for kernel in policy {
        assert_eq!(names(&kernel["values"], "name"), names(&policy[0]["values"], "name"));
        for row in kernel["values"].as_array().expect("values") {
            let mut row = row.clone();
            assert!(row.as_object_mut().expect("an object").remove("differs").expect("a mark").is_boolean());
            shaped(&row, &value, kernel["kernel"].as_str().expect("a name"));
            assert!(text.contains(row["function"].as_str().expect("a function")), "{row}");
        }
    }
    let behaviours = found["behaviours"].as_array().expect("a list");
    assert_eq!(names(&found["behaviours"], "name"), names(&policy[0]["values"], "name"));
    for behaviour in behaviours {
        for value in behaviour["values"].as_array().expect("values") {
            let what_if = value["what_if"].as_str().expect("a name");
            assert!(what_if.starts_with(behaviour["field"].as_str().expect("a name")), "{what_if}");
            assert!(!value["meaning"].as_str().expect("a meaning").is_empty(), "{what_if}");
            assert!(value["source"].is_string(), "{what_if}");
        }
        let field = behaviour["field"].as_str().expect("a name");
        assert!(text.contains(&format!("what if: {field}.")), "{field}");
    }
    let absent = stdout(&["kernels", "4.6~throttle-vm-writeout.absent"]);
    let marked: Vec<&str> = absent.lines().filter(|line| line.starts_with("* ")).collect();
    assert_eq!(
        marked,
        ["* throttle_vm_writeout = Absent (mm/page-writeback.c:throttle_vm_writeout)"],
        "{absent}"
    );
    let noretry =
        found["patches"].as_array().expect("a list").iter().find(|it| it["name"] == "mempool-noretry");
    assert_eq!(noretry.expect("the patch")["changes"][0]["name"], "throttle_vm_writeout");
}

#[test]
fn the_values_of_one_kernel() {
    let text = stdout(&["kernels", "4.7-rc6~mempool-noretry"]);
    assert!(text.starts_with("4.7-rc6~mempool-noretry\n"), "{text}");
    let marked: Vec<&str> = text.lines().filter(|line| line.starts_with("* ")).collect();
    assert_eq!(
        marked,
        ["* throttle_vm_writeout = NotNoretry (mm/page-writeback.c:throttle_vm_writeout)"],
        "{text}"
    );
    let found = stdout(&["kernels", "4.7-rc6~mempool-noretry", "4.6", "--json"]);
    let found: Value = serde_json::from_str(&found).expect("JSON");
    let policy = found["policy"].as_array().expect("a list");
    assert_eq!(policy.len(), 2);
    assert_eq!(policy[0]["compared_with"], "4.7-rc6");
    assert_eq!(policy[0]["patches"], serde_json::json!(["mempool-noretry"]));
    let values = policy[0]["values"].as_array().expect("values");
    let differ: Vec<&Value> = values.iter().filter(|row| row["differs"] == true).collect();
    assert_eq!(differ.len(), 1);
    assert_eq!(differ[0]["value"], "NotNoretry");
    assert_eq!(policy[1]["compared_with"], "4.5");
    assert_eq!(
        refused(&["kernels", "4.7-rc66"]),
        "swapscope: KERNEL: unknown kernel '4.7-rc66'; nearest is '4.7-rc6'"
    );
    assert_eq!(
        refused(&["kernels", "4.6", "4.7-rc6~mempol-noretry", "--json"]),
        "swapscope: KERNEL: unknown patch 'mempol-noretry' in '4.7-rc6~mempol-noretry'; nearest is 'mempool-noretry'"
    );
}

#[test]
fn texts_for_people() {
    let options = ["--set", "duration=1500ms"];
    let mail = stdout(&[&["run", "lab-256m", "--mail"][..], &options].concat());
    let link = mail.lines().last().expect("a link");
    assert!(link.starts_with("https://swapscope.github.io/?s=lab-256m&"), "{link}");
    assert!(mail.is_ascii() && mail.lines().filter(|line| *line != link).all(|line| line.len() <= 72));
    let text = stdout(&[&["run", "lab-256m"][..], &options].concat());
    assert!(text.ends_with(&format!("{link}\n")), "{text}");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let svg = folder.join("run.svg");
    stdout(&[&["run", "lab-256m", "--svg", svg.to_str().expect("UTF-8")][..], &options].concat());
    assert!(std::fs::read_to_string(svg).expect("the file").starts_with("<svg"));
    let csv = folder.join("run.csv");
    stdout(&[&["run", "lab-256m", "--csv", csv.to_str().expect("UTF-8")][..], &options].concat());
    assert!(
        std::fs::read_to_string(csv).expect("the file").starts_with("kernel,t_ms,nr_free_pages.min[pages]")
    );
}
