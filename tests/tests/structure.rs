//! What the code promises about itself, as absences.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// What git tracks, or would track; relative to the top.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git is needed to tell sources from what was generated");
    assert!(output.status.success(), "git ls-files failed");
    let all = String::from_utf8(output.stdout).unwrap();
    all.lines().filter(|name| root().join(name).is_file()).map(str::to_owned).collect()
}

/// Text of a file; `None` for one that is no text.
fn text(name: &str) -> Option<String> {
    String::from_utf8(fs::read(root().join(name)).unwrap()).ok()
}

/// Lines that `bad` finds something in, with their places.
fn lines(names: impl Iterator<Item = String>, bad: impl Fn(&str) -> bool) -> Vec<String> {
    let mut out = Vec::new();
    for name in names {
        for (at, line) in text(&name).unwrap_or_default().lines().enumerate() {
            if bad(line) {
                out.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    out
}

fn none(found: &[String], what: &str) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

fn model() -> impl Iterator<Item = String> {
    files().into_iter().filter(|name| name.starts_with("crate/sim/src/"))
}

/// The words of a line of code, without its comment.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or("");
    code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

/// `4.6`, `v4.7-rc6`: a major version of the kernel's, a dot, a number.
fn names_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts = text.split(['.', '-']);
    let major = parts.next().is_some_and(|part| matches!(part, "2" | "3" | "4" | "5" | "6" | "7"));
    let minor = parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()));
    major && minor && text.contains('.')
}

#[test]
fn only_the_kernel_folder_names_a_version() {
    let others = model().filter(|name| !name.starts_with("crate/sim/src/kernel/"));
    let quoted = |line: &str| {
        let code = line.split("//").next().unwrap_or("");
        code.split('"').skip(1).step_by(2).any(names_version)
    };
    none(&lines(others, quoted), "a policy decides, never a version");
    assert!(
        names_version("4.7-rc6") && names_version("v6.12") && !names_version("0.5") && !names_version("4")
    );
}

#[test]
fn the_model_has_no_floats_no_hash_containers_and_no_clock() {
    const BANNED: [&str; 7] = ["f32", "f64", "HashMap", "HashSet", "Instant", "SystemTime", "RandomState"];
    let std_only = ["fs", "env", "net", "process", "thread"];
    let has = |line: &str, banned: &[&str]| words(line).any(|word| banned.contains(&word));
    let bad = |line: &str| has(line, &BANNED);
    none(&lines(model(), bad), "the model is deterministic and sees nothing of the world");
    // Its unit tests may read and write the tables that they print.
    let code = model().filter(|name| !name.ends_with("/tests.rs") && !name.contains("/tests/"));
    let bad = |line: &str| line.contains("std::") && has(line, &std_only);
    none(&lines(code, bad), "the model sees nothing of the world");
    let manifest = text("crate/sim/Cargo.toml").unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
    let first = dependencies.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    assert!(first.is_none_or(|line| line.starts_with('[')), "the model depends on nothing: {first:?}");
}

#[test]
fn top_level_names_are_fixed() {
    let names: BTreeSet<String> =
        files().iter().map(|name| name.split('/').next().unwrap_or_default().to_owned()).collect();
    let known = [
        "Cargo.toml",
        "crate",
        "www",
        "scenarios",
        "tests",
        "Cargo.lock",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "clippy.toml",
        "rustfmt.toml",
        "rust-toolchain.toml",
    ];
    let odd: Vec<String> =
        names.into_iter().filter(|name| !name.starts_with('.') && !known.contains(&name.as_str())).collect();
    none(&odd, "not a top-level name");
}

#[test]
fn nothing_generated_is_tracked() {
    let generated = |name: &String| {
        let path = format!("/{name}");
        let folder = ["/target/", "/node_modules/", "/pkg/", "/dist/"].iter().any(|dir| path.contains(dir));
        folder || [".wasm", ".d.ts", ".map", ".log", ".tgz"].iter().any(|end| name.ends_with(end))
    };
    none(&files().into_iter().filter(generated).collect::<Vec<_>>(), "generated");
    let large = |name: &String| fs::metadata(root().join(name)).is_ok_and(|meta| meta.len() > 300 * 1024);
    none(&files().into_iter().filter(large).collect::<Vec<_>>(), "larger than 300 KiB");
}

#[test]
fn no_registry_and_no_machine_is_named() {
    // Lock files may name the registries that their tools insist on. The words are put together here, so that this
    // file does not name them either.
    let hosts =
        [["registry.npmjs", ".org"], ["index.crates", ".io"], ["static.crates", ".io"], ["pypi", ".org"]];
    let paths = [["/wo", "rk/"], ["/ro", "ot/"]];
    let named: Vec<String> = hosts.iter().chain(&paths).map(|parts| parts.concat()).collect();
    let names = files().into_iter().filter(|name| name != "Cargo.lock");
    let bad = |line: &str| named.iter().any(|word| line.contains(word.as_str()));
    none(&lines(names, bad), "a registry's host or a path of one machine");
}

#[test]
fn files_stay_readable() {
    // 500 is the aim; a little more is no reason to split what belongs together.
    const LINES: usize = 600;
    let code = |name: &String| {
        [".rs", ".js", ".mjs", ".css"].iter().any(|end| name.ends_with(end)) && !name.contains("/kernel/")
    };
    let long = files().into_iter().filter(code).filter_map(|name| {
        let count = text(&name)?.lines().count();
        (count > LINES).then(|| format!("{name}: {count} lines"))
    });
    none(&long.collect::<Vec<_>>(), "longer than 600 lines");
}

#[test]
fn package_lock_pins_checksums_and_no_addresses() {
    let lock = text("tests/browser/package-lock.json").unwrap();
    assert!(!lock.contains("\"resolved\""), "npm wrote addresses: see tests/browser/.npmrc");
    let packages = lock.matches("\"node_modules/").count();
    let links = lock.matches("\"link\": true").count();
    assert_eq!(lock.matches("\"integrity\"").count(), packages - links, "a package without a checksum");
}
