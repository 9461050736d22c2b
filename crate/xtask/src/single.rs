//! The single file: the page with its styles, scripts, Worker and wasm inside. And the scripts of `embed.html`, one with
//! Worker and wasm inside.
//!
//! Some modules of the page are exchanged: `platform.js`, which fetches the wasm and starts the Worker, and `late.js`, which
//! loads what most readers do not use. All but a few lines is packed as one, so that what the page and the Worker have in
//! common, such as the bindings, costs nothing the second time; a short script undoes that, puts styles and content in place
//! and runs the script of the page.
//!
//! The help is a second file, which says the same as that of the folder: inside it would take another 32 KB.

use crate::apart::apart;
use crate::bundle::Bundler;
use crate::lzma;
use crate::packed;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The wasm with all verbs, from the top of the site.
const WHOLE: &str = "pkg/swapscope_web_bg.wasm";
/// The wasm that page, frame and Workers begin with.
const FIRST: &str = "pkg/first.wasm";
/// What undoes LZMA.
const DECODER: &str = "pkg/unpack.wasm";
/// What `platform.js` fetches before the first plots.
pub const FETCHED: [&str; 2] = ["pkg/first.lzma", DECODER];

/// The text of the single file.
pub fn page(site: &Path) -> Result<String> {
    let read = |name: &str| read(site, name);
    let mut page = read("index.html")?;
    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{}\"", icon(site)?))?;
    let mut styles = String::new();
    for name in ["style.css", "inspector.css", "controls.css"] {
        replace(&mut page, &format!("<link rel=\"stylesheet\" href=\"{name}\">\n"), "")?;
        styles += &read(name)?;
    }
    // The folder asks for this one when it is needed.
    styles += &read("heat-map.css")?;
    replace(&mut page, ">Help</a>", ">Help (help.html beside this file)</a>")?;
    // A module runs when the document is complete; a classic script runs where it stands.
    replace(&mut page, "<script type=\"module\" src=\"first.js\"></script>\n", "")?;
    let mut content = take(&mut page, "<body data-state=\"loading\">\n", "</body>")?;
    let unscripted = take(&mut content, "<noscript>", "</noscript>")?;
    let (decoder, wasm) = (file(site, DECODER)?, apart(&file(site, WHOLE)?)?);
    let instead = [
        ("parts.js", include_str!("../single/handed.js")),
        ("fallback.js", include_str!("../single/fallback.js")),
    ];
    let page_script = script(site, "first.js", &instead)?;
    let page_script = trimmed(element("script", &page_script)?)?;
    let worker = trimmed(&script(site, "worker.js", &[])?)?;
    let parts = [
        ("wasm", wasm.as_slice()),
        ("page", page_script.as_bytes()),
        ("styles", styles.as_bytes()),
        ("content", content.as_bytes()),
        ("worker", worker.as_bytes()),
        ("glossary", &file(site, "glossary.json")?),
    ];
    let texts = texts(&decoder, &parts, packed::text)?;
    let start = [("texts.js", &texts[..]), ("packed.js", include_str!("../single/packed.js"))];
    let start = format!("\n{}", element("script", &script(site, "start.js", &start)?)?);
    // Nothing can be requested from anywhere, and nothing but this very text is run.
    let from = "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'";
    let to = format!(
        "script-src {} {} 'wasm-unsafe-eval'; style-src {}; img-src data:; worker-src blob:",
        source_of(&start),
        source_of(&page_script),
        source_of(&styles)
    );
    replace(&mut page, from, &to)?;
    let stills = " <a href=\"fallback.html\">Pictures and tables of the bundled scenarios</a> need neither.";
    let unscripted = unscripted.replace(stills, "");
    let body = format!("<noscript>{unscripted}</noscript>\n<script>{start}</script>\n</body>");
    replace(&mut page, "</body>", &body)?;
    Ok(page)
}

/// Takes out what is between two marks, each of which is there once.
fn take(page: &mut String, from: &str, to: &str) -> Result<String> {
    let ends = page.find(from).map(|at| at + from.len()).zip(page.find(to));
    let (start, end) =
        ends.filter(|(start, end)| start <= end).with_context(|| format!("no {from} ... {to}"))?;
    Ok(page.drain(start..end).collect())
}

/// The script of `embed.html`, which asks for [`embed`].
pub fn frame(site: &Path) -> Result<String> {
    script(site, "frame.js", &[("platform.js", include_str!("../single/still.js"))])
}

/// The program of a frame, with Worker and wasm inside.
pub fn embed(site: &Path) -> Result<String> {
    let worker = trimmed(&script(site, "worker.js", &[])?)?;
    let wasm = apart(&file(site, FIRST)?)?;
    let parts = [("wasm", wasm.as_slice()), ("worker", worker.as_bytes())];
    // A server compresses it, which undoes base64 better.
    let texts = texts(&file(site, DECODER)?, &parts, |bytes| STANDARD.encode(bytes))?;
    script(site, "embed.js", &[("texts.js", &texts), ("packed.js", include_str!("../single/base64.js"))])
}

/// The module with the packed parts, which single/parts.js takes apart.
fn texts(decoder: &[u8], parts: &[(&str, &[u8])], text: impl Fn(&[u8]) -> String) -> Result<String> {
    let sizes: Vec<_> = parts.iter().map(|(name, part)| format!("[\"{name}\", {}]", part.len())).collect();
    let all: Vec<u8> = parts.iter().flat_map(|(_, part)| *part).copied().collect();
    Ok(format!(
        "export const sizes = [{}];\nexport const decoder = \"{}\";\nexport const packed = \"{}\";\n",
        sizes.join(", "),
        text(decoder),
        text(&lzma::packed(&all)?)
    ))
}

/// A module and what it imports as one classic script; `instead` goes before what stands in for modules in every such
/// script.
fn script(site: &Path, entry: &str, instead: &[(&str, &str)]) -> Result<String> {
    let always = [
        ("platform.js", include_str!("../single/platform.js")),
        ("first.js", include_str!("../single/first.js")),
        ("late.js", include_str!("../single/late.js")),
        ("parts.js", include_str!("../single/parts.js")),
        ("start.js", include_str!("../single/start.js")),
    ];
    let all = always.iter().chain(instead).map(|(name, text)| (PathBuf::from(name), (*text).to_owned()));
    Bundler::new(site, all.collect()).script(entry)
}

/// A script without the room before its lines: nobody reads it here.
fn trimmed(script: &str) -> Result<String> {
    let lines = script.lines().map(|line| match line.matches('`').count() % 2 {
        0 => Ok([line.trim_start(), "\n"]),
        _ => bail!("a text in ` goes over several lines: {line}"),
    });
    Ok(lines.collect::<Result<Vec<_>>>()?.concat().concat())
}

fn file(site: &Path, name: &str) -> Result<Vec<u8>> {
    fs::read(site.join(name)).with_context(|| format!("cannot read {name}"))
}

fn read(site: &Path, name: &str) -> Result<String> {
    fs::read_to_string(site.join(name)).with_context(|| format!("cannot read {name}"))
}

/// How a policy names an inline script or style: this text and no other.
fn source_of(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The help as one file, to lie beside the page.
pub fn help(site: &Path) -> Result<String> {
    let read = |name: &str| read(site, name);
    let mut page = read("help.html")?;
    let style = format!("\n{}{}", element("style", &read("style.css")?)?, read("help.css")?);
    let policy = format!("style-src {}; img-src data:", source_of(&style));
    replace(&mut page, "style-src 'self'; img-src 'self'", &policy)?;
    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{}\"", icon(site)?))?;
    replace(&mut page, "<link rel=\"stylesheet\" href=\"style.css\">\n", "")?;
    replace(&mut page, "<link rel=\"stylesheet\" href=\"help.css\">", &format!("<style>{style}</style>"))?;
    // There the link of a run is the fragment.
    Ok(page
        .replace("href=\"index.html?", "href=\"swapscope.html#")
        .replace("\"index.html\"", "\"swapscope.html\""))
}

fn icon(site: &Path) -> Result<String> {
    Ok(format!("data:image/svg+xml;base64,{}", STANDARD.encode(read(site, "icon.svg")?)))
}

/// Text that stays inside its element.
fn element<'a>(name: &str, text: &'a str) -> Result<&'a str> {
    let end = format!("</{name}");
    if text.to_ascii_lowercase().contains(&end) || text.contains("<!--") {
        bail!("a source text contains '{end}' or '<!--' and would end its element");
    }
    Ok(text)
}

/// Replaces what must be there exactly once.
fn replace(page: &mut String, from: &str, to: &str) -> Result<()> {
    if page.matches(from).count() != 1 {
        bail!("the page should hold exactly once: {from}");
    }
    *page = page.replace(from, to);
    Ok(())
}
