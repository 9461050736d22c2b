//! Lists the files of `scenarios/`, so that a new scenario is one new file and nothing else.

use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../scenarios");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("scenarios/ lies beside crate/")
        .map(|entry| entry.expect("a readable entry of scenarios/").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    // The order of a directory differs from machine to machine.
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII");
        let text = fs::read_to_string(&file).expect("a scenario in UTF-8");
        list += &format!("    Bundled {{ name: {name:?}, text: {:?} }},\n", without_comments(&text));
    }
    list += "]\n";
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("bundled.rs"), list).expect("a writable OUT_DIR");
}

/// The lines that are comments as a whole, emptied: they are for readers of the file, and half of what a browser would have
/// to load. Places in messages stay right.
fn without_comments(text: &str) -> String {
    let mut in_string = false;
    let mut out = String::new();
    for line in text.lines() {
        if in_string || !line.trim_start().starts_with('#') {
            out += line;
        }
        out.push('\n');
        in_string ^= line.matches("\"\"\"").count() % 2 == 1;
    }
    out
}
