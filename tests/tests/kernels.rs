//! The table of kernels: the file for readers, and what `swapscope kernels` says. `cargo xtask bless` rewrites the file.

use std::env;
use std::fs;
use std::path::Path;
use swapscope_scenario::kernels::markdown;

#[test]
fn the_file_is_what_the_kernels_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crate/sim/KERNELS.md");
    let text = markdown::file();
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == text {
        return;
    }
    if env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let first = found.lines().zip(text.lines()).find(|(old, new)| old != new);
    let (old, new) = first.unwrap_or(("another end", "this end"));
    panic!("KERNELS.md differs:\n  is     {old}\n  should {new}\n\nIf this is meant: cargo xtask bless");
}
