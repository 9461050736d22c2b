//! What is handed out: a folder for any static host, and one file that works without a host.
//!
//! What is loaded first is within its 150 KB for a page or a frame that shows a scenario as it is bundled: title, sentence, table
//! and plots of it as it was run when the page was built. The program follows, and runs the same. Who comes with a link of
//! their own has to wait for it, and with the program the 150 KB are not kept, nor will they be by habits of building.
//! `cargo xtask dist --sizes` says where the weight is. Of some 275 KB, 219 are the wasm, taken apart and packed, 2 are what
//! undoes that (crate/unpack), and the rest is scripts and styles. The wasm is:
//!
//! - a third the model: about 40 blocking kernel functions, each an `async fn` and so a state machine of its own, at
//!   `opt-level` 2. At `s` it would be a sixth smaller, and a run would take a third longer;
//! - a quarter what is around it: links, settings and their words (scenario), plots, log and story (chart), objects for
//!   JavaScript (web), at `opt-level` `z`;
//! - a sixth texts: names, definitions, sources and meanings of every parameter, policy value and decision;
//! - the rest libraries: iterators, formatting of numbers, texts, B-trees, allocation.
//!
//! What is not in it: import, scenario files with their parser, pictures, mails and exports (`build::LATER`), which come with
//! the whole module when a reader asks for one of them. The single file holds the whole module and all scripts, packed as one
//! and written as text, which costs an eighth more.
//!
//! Taken apart and as LZMA the wasm is a quarter smaller than what gzip makes of it. Browsers do not undo that; crate/unpack takes
//! 38 ms for it when it has just been loaded, which is what the quarter takes to arrive at 16 Mbit/s. Mixing the predictions of
//! ten contexts instead (as the packers of the PAQ family do) would take another seventh off, and more than a second to undo.

use crate::build::{self, files, write_changed};
use crate::bundle::Bundler;
use crate::layout::Layout;
use crate::{single, weigh};
use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A size that is watched.
struct Budget {
    what: &'static str,
    /// What we want it to be.
    goal: usize,
    /// What it must not grow to; lowered whenever the size comes down.
    limit: usize,
}

/// Of the page that stands alone, compressed.
const PAGE: [Budget; 2] = [
    Budget { what: "page, until it shows a bundled scenario", goal: 150 * 1024, limit: 32 * 1024 },
    Budget { what: "page, until it runs another", goal: 150 * 1024, limit: 280 * 1024 },
];
/// Of a frame.
const FRAME: [Budget; 2] = [
    Budget { what: "frame, until it shows a bundled scenario", goal: 150 * 1024, limit: 18 * 1024 },
    Budget { what: "frame, until it runs another", goal: 150 * 1024, limit: 268 * 1024 },
];
const SINGLE: Budget = Budget { what: "single file, as it is", goal: 400 * 1024, limit: 400 * 1024 };

/// When a file is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before a page shows a scenario as it is bundled.
    First,
    /// Before it runs anything.
    Program,
    /// By `embed.html`, and by nothing else.
    Frame,
    /// When the reader follows a link, once the page runs, or never.
    Later,
}

impl When {
    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Program => "program",
            Self::Frame => "frame",
            Self::Later => "later",
        }
    }
}

const SINGLE_FILE: &str = "swapscope.html";
/// The checksums, as `sha256sum` writes and checks them.
pub const SUMS: &str = "SHA256SUMS";

/// What was written.
pub struct Dist {
    /// The folder.
    pub site: PathBuf,
    /// The single file.
    pub single: PathBuf,
    /// What is too large, if anything.
    pub too_large: Vec<String>,
}

/// Writes both and says how large they are; with `sizes`, also what the wasm is made of.
pub fn dist(layout: &Layout, sizes: bool) -> Result<()> {
    let (dist, text) = write(layout)?;
    print!("{text}");
    if sizes {
        print!(
            "\nthe whole wasm before wasm-opt, bytes of code by crate and module\n{}",
            weigh::table(layout)?
        );
    }
    println!("\n{}\n{}", dist.site.display(), dist.single.display());
    if !dist.too_large.is_empty() {
        bail!("over the limit: {}", dist.too_large.join("; "));
    }
    Ok(())
}

/// Writes both, and `SHA256SUMS`; the text lists the sizes.
pub fn write(layout: &Layout) -> Result<(Dist, String)> {
    let dist = layout.target("dist");
    package(layout, &dist)?;
    sizes(dist)
}

/// Puts together in `dist` what is handed out, as it is built now, with its checksums.
pub fn package(layout: &Layout, dist: &Path) -> Result<()> {
    let built = build::site(layout)?;
    let stills = build::stills(layout)?;
    // Nothing of an older build may stay in what is handed out.
    fs::remove_dir_all(dist).ok();
    for from in [&built, &stills] {
        for name in files(from)? {
            write_changed(&dist.join("site").join(&name), &fs::read(from.join(&name))?)?;
        }
    }
    write_changed(&dist.join(SINGLE_FILE), single::page(&built)?.as_bytes())?;
    // A link of the single file leads to it where it lies beside.
    write_changed(&dist.join("help.html"), single::help(&built)?.as_bytes())?;
    let own = own_words(layout);
    let mut sums = String::new();
    for name in files(dist)? {
        let bytes = fs::read(dist.join(&name))?;
        if let Some(word) = own.iter().find(|word| contains(&bytes, word.as_bytes())) {
            bail!("{} holds '{word}': it would differ on another machine", name.display());
        }
        writeln!(sums, "{}  {}", sha256(&bytes), name.display().to_string().replace('\\', "/"))?;
    }
    write_changed(&dist.join(SUMS), sums.as_bytes())
}

/// How large everything is, and what is too large.
fn sizes(dist: PathBuf) -> Result<(Dist, String)> {
    let (site, single) = (dist.join("site"), dist.join(SINGLE_FILE));
    let page = loaded(&site, "index.html", &["first.js"], &["main.js", "worker.js"])?;
    let frame = loaded(&site, "embed.html", &[], &[])?;
    let mut table = format!("{:>8} {:>8}  when     file\n", "bytes", "gzip");
    let mut sizes = [0; 5];
    for name in files(&dist)?.into_iter().filter(|name| name.as_os_str() != SUMS) {
        let bytes = fs::read(dist.join(&name))?;
        let packed = gzip(&bytes)?.len();
        let below = name.strip_prefix("site").ok();
        let is_in = |set: &BTreeSet<PathBuf>| below.is_some_and(|name| set.contains(name));
        let sets = [&page.shown, &page.runs, &frame.shown, &frame.runs];
        let when = match sets.map(is_in) {
            [true, ..] => When::First,
            [_, true, ..] => When::Program,
            [.., true] => When::Frame,
            _ => When::Later,
        };
        writeln!(table, "{:>8} {packed:>8}  {:<7}  {}", bytes.len(), when.name(), name.display())?;
        for (size, set) in sizes.iter_mut().zip(sets) {
            *size += if is_in(set) { packed } else { 0 };
        }
        if name.as_os_str() == SINGLE_FILE {
            sizes[4] = bytes.len();
        }
    }

    let mut too_large = Vec::new();
    writeln!(table)?;
    for (budget, size) in PAGE.iter().chain(&FRAME).chain(&[SINGLE]).zip(sizes) {
        let Budget { what, goal, limit } = *budget;
        let over = if size > goal { ", over the goal" } else { "" };
        let line =
            format!("{what}: {:.1} KB, goal {}, limit {}{over}", kilo(size), goal / 1024, limit / 1024);
        writeln!(table, "{line}")?;
        if size > limit {
            too_large.push(line);
        }
    }
    Ok((Dist { site, single, too_large }, table))
}

/// What a browser asks for.
struct Loaded {
    /// To show a scenario as it is bundled.
    shown: BTreeSet<PathBuf>,
    /// To run something else.
    runs: BTreeSet<PathBuf>,
}

/// What a browser asks for because of a page of the site: the files that the page names, the modules that its first scripts
/// bring, and either what was run beforehand or the modules that the program brings, and the wasm. Frames have neither modules nor
/// a table.
fn loaded(site: &Path, page: &str, first: &[&str], program: &[&str]) -> Result<Loaded> {
    let text = fs::read_to_string(site.join(page))?;
    if let Some(inline) = inline(&text) {
        bail!("{page} holds {inline}, which a strict policy forbids");
    }
    let head = text.split("<body").next().unwrap_or_default();
    let named = head.split(['"', ' ']).filter(|word| !word.is_empty() && site.join(word).is_file());
    let mut runs: BTreeSet<PathBuf> = named.map(PathBuf::from).collect();
    runs.insert(PathBuf::from(page));
    // What is loaded later is named there, and is no part of what is loaded first.
    let late = (PathBuf::from("late.js"), String::new());
    let modules = |script: &str| Bundler::new(site, BTreeMap::from([late.clone()])).modules(script);
    for script in first {
        runs.extend(modules(script)?);
    }
    let mut shown = runs.clone();
    shown.insert(largest_still(site)?);
    shown.extend(first.first().map(|_| PathBuf::from("fallback.html")));
    for script in program {
        runs.extend(modules(script)?);
    }
    match program {
        [] => runs.extend([PathBuf::from(build::EMBED)]),
        _ => runs.extend(single::FETCHED.map(PathBuf::from)),
    }
    Ok(Loaded { shown, runs })
}

/// Of the pictures of what was run beforehand, that which takes most to load.
fn largest_still(site: &Path) -> Result<PathBuf> {
    let mut sizes = Vec::new();
    for name in files(&site.join("fallback"))? {
        sizes.push((gzip(&fs::read(site.join("fallback").join(&name))?)?.len(), name));
    }
    let (_, name) = sizes.into_iter().max().context("there are no pictures")?;
    Ok(Path::new("fallback").join(name))
}

/// A script, a style or a handler that stands in a page itself.
fn inline(page: &str) -> Option<&str> {
    let tags = page.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or(tag));
    tags.into_iter().find(|tag| {
        let handler = |word: &str| word.starts_with("on") && word.contains("=\"");
        let attribute =
            tag.split_whitespace().skip(1).any(|word| word.starts_with("style=") || handler(word));
        attribute || tag.starts_with("style") || (tag.starts_with("script") && !tag.contains(" src="))
    })
}

/// Names of this machine that what is handed out must not hold: it would differ on another.
fn own_words(layout: &Layout) -> Vec<String> {
    let home = env::home_dir();
    let variables =
        ["CARGO_HOME", "CARGO_TARGET_DIR", "RUSTUP_HOME"].map(|name| env::var_os(name).map(PathBuf::from));
    let paths = variables.into_iter().flatten().chain(home).chain([layout.root.clone()]);
    let paths = paths.map(|path| path.display().to_string()).filter(|path| path.len() > 1);
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    // A short name is part of other words.
    let host = Some(host.trim().to_owned()).filter(|host| host.len() > 7);
    paths.map(|path| format!("{}/", path.trim_end_matches('/'))).chain(host).collect()
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[expect(clippy::cast_precision_loss, reason = "file sizes")]
fn kilo(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}

/// As a web server would send it; without a time stamp, so that equal input gives equal output.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_page_itself_is_found() {
        for bad in
            ["<style>a</style>", "<p style=\"color: red\">", "<script>go()</script>", "<a onclick=\"go()\">"]
        {
            assert!(inline(bad).is_some(), "{bad}");
        }
        let good = "<link rel=\"stylesheet\" href=\"style.css\"><script src=\"a.js\" defer></script><p>on = style</p>";
        assert_eq!(inline(good), None);
        let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
        for name in ["index.html", "embed.html"] {
            assert_eq!(inline(&fs::read_to_string(www.join(name)).unwrap()), None, "{name}");
        }
    }

    #[test]
    fn names_of_the_machine_are_found() {
        let layout = Layout::find();
        let own = own_words(&layout);
        let path = layout.path("crate/sim/src/lib.rs").display().to_string();
        assert!(own.iter().any(|word| contains(path.as_bytes(), word.as_bytes())), "{path}: {own:?}");
        assert!(!own.iter().any(|word| contains(b"./crate/sim/src/lib.rs", word.as_bytes())));
    }
}
