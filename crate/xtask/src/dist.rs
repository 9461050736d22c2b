//! What is handed out: a folder for any static host, and one file that works without a host.

use crate::build::{self, files, write_changed};
use crate::layout::Layout;
use crate::single;
use anyhow::{Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
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

const FIRST_LOAD: Budget = Budget { what: "first load, compressed", goal: 150 * 1024, limit: 470 * 1024 };
const SINGLE: Budget = Budget { what: "single file, as it is", goal: 400 * 1024, limit: 750 * 1024 };

/// What the page asks for only after its first plots, or when the reader follows a link.
const LATER: [&str; 3] = ["glossary.json", "help.css", "help.html"];

/// What was written.
pub struct Dist {
    /// The folder.
    pub site: PathBuf,
    /// The single file.
    pub single: PathBuf,
    /// What is too large, if anything.
    pub too_large: Vec<String>,
}

/// Writes both and says how large they are.
pub fn dist(layout: &Layout) -> Result<()> {
    let (dist, text) = write(layout)?;
    print!("{text}");
    println!("\n{}\n{}", dist.site.display(), dist.single.display());
    if !dist.too_large.is_empty() {
        bail!("over the limit: {}", dist.too_large.join("; "));
    }
    Ok(())
}

/// Writes both; the text lists sizes and checksums.
pub fn write(layout: &Layout) -> Result<(Dist, String)> {
    let built = build::site(layout)?;
    let site = layout.target("dist/site");
    // Nothing of an older build may stay in what is handed out.
    fs::remove_dir_all(&site).ok();
    let mut list = String::new();
    let mut first_load = 0;
    let mut row = |name: &Path, bytes: &[u8]| -> Result<usize> {
        let packed = gzip(bytes)?.len();
        let name = name.display().to_string().replace('\\', "/");
        writeln!(list, "{}  {:>8} {:>8}  {name}", sha256(bytes), bytes.len(), packed)?;
        Ok(packed)
    };
    for name in files(&built)? {
        let bytes = fs::read(built.join(&name))?;
        write_changed(&site.join(&name), &bytes)?;
        let packed = row(&name, &bytes)?;
        if !LATER.iter().any(|later| name == Path::new(later)) {
            first_load += packed;
        }
    }
    let file = layout.target("dist/swapscope.html");
    let page = single::page(&built)?;
    write_changed(&file, page.as_bytes())?;
    row(Path::new("swapscope.html"), page.as_bytes())?;
    // A link of the single file leads to it where it lies beside.
    let help = single::help(&built)?;
    write_changed(&layout.target("dist/help.html"), help.as_bytes())?;
    row(Path::new("help.html, of one file"), help.as_bytes())?;

    let mut too_large = Vec::new();
    let mut text = format!("{:<64}  {:>8} {:>8}  file\n{list}\n", "sha256", "bytes", "gzip");
    for (budget, size) in [(FIRST_LOAD, first_load), (SINGLE, page.len())] {
        let Budget { what, goal, limit } = budget;
        let over = if size > goal { ", over the goal" } else { "" };
        let line =
            format!("{what}: {:.1} KB, goal {}, limit {}{over}", kilo(size), goal / 1024, limit / 1024);
        writeln!(text, "{line}")?;
        if size > limit {
            too_large.push(line);
        }
    }
    Ok((Dist { site, single: file, too_large }, text))
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
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
