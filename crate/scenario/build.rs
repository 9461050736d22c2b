//! Reads the files of `scenarios/`, so that a new scenario is one new file and nothing else, and a program that only runs
//! them needs no parser for TOML.

use std::path::Path;
use std::{env, fs};

#[path = "src/file/tree.rs"]
#[allow(dead_code, reason = "the crate reads what is written here")]
mod tree;

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
        let mut packed = String::new();
        match tree::parse(&text) {
            Ok(root) => tree::pack(&root, &mut packed),
            Err((line, message)) => panic!("scenarios/{name}.toml:{line}: {message}"),
        }
        list += &format!("    Bundled {{ name: {name:?}, packed: {packed:?} }},\n");
    }
    list += "]\n";
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("bundled.rs"), list).expect("a writable OUT_DIR");
}
