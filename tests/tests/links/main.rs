//! Links: what mail programs do to them, and those that were given out.

mod corpus;
mod table;

use std::fs;
use std::path::Path;

/// Compares a generated file with what it should be; `cargo xtask bless` rewrites it.
fn generated(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == text {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).expect("the sources can be written");
        return;
    }
    let first = found.lines().zip(text.lines()).find(|(old, new)| old != new);
    let (old, new) = first.unwrap_or(("another end", "this end"));
    panic!("{name} differs:\n  is     {old}\n  should {new}\n\nIf this is meant: cargo xtask bless");
}
