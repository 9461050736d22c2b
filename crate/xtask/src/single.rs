//! The single file: the page with its styles, scripts, Worker and wasm inside.
//!
//! One module of the page is exchanged: `platform.js`, which fetches the wasm and starts the Worker. The wasm is packed
//! with gzip first, which every browser can undo, so that the text of it is smaller than the wasm itself.
//!
//! The help is a second file, which says the same as that of the folder: inside it would take another 32 KB.

use crate::bundle::Bundler;
use crate::dist::gzip;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The wasm, from the top of the site.
pub const WASM: &str = "pkg/swapscope_web_bg.wasm";

/// The text of the single file.
pub fn page(site: &Path) -> Result<String> {
    let read =
        |name: &str| fs::read_to_string(site.join(name)).with_context(|| format!("cannot read {name}"));
    let mut page = read("index.html")?;
    let script = |entry: &str| {
        let platform = (PathBuf::from("platform.js"), include_str!("../single/platform.js").to_owned());
        Bundler::new(site, BTreeMap::from([platform])).script(entry)
    };
    let wasm = fs::read(site.join(WASM)).with_context(|| format!("cannot read {WASM}"))?;

    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{}\"", icon(site)?))?;
    for name in ["style.css", "controls.css", "inspector.css"] {
        let style = format!("<style>\n{}</style>", element("style", &read(name)?)?);
        replace(&mut page, &format!("<link rel=\"stylesheet\" href=\"{name}\">"), &style)?;
    }
    replace(&mut page, ">Help</a>", ">Help (help.html beside this file)</a>")?;
    // A module runs when the document is complete; a classic script runs where it stands.
    replace(&mut page, "<script type=\"module\" src=\"main.js\"></script>\n", "")?;
    let end = format!(
        "<script type=\"text/plain\" id=\"wasm\">{}</script>\n\
         <script type=\"text/plain\" id=\"glossary\">{}</script>\n\
         <script type=\"text/plain\" id=\"worker\">\n{}</script>\n\
         <script>\n{}</script>\n</body>",
        STANDARD.encode(gzip(&wasm)?),
        STANDARD.encode(gzip(read("glossary.json")?.as_bytes())?),
        element("script", &script("worker.js")?)?,
        element("script", &script("main.js")?)?,
    );
    replace(&mut page, "</body>", &end)?;
    Ok(page)
}

/// The help as one file, to lie beside the page.
pub fn help(site: &Path) -> Result<String> {
    let read =
        |name: &str| fs::read_to_string(site.join(name)).with_context(|| format!("cannot read {name}"));
    let mut page = read("help.html")?;
    let style = format!("\n{}{}", element("style", &read("style.css")?)?, read("help.css")?);
    // This very style sheet and no other.
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    replace(
        &mut page,
        "style-src 'self'; img-src 'self'",
        &format!("style-src 'sha256-{hash}'; img-src data:"),
    )?;
    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{}\"", icon(site)?))?;
    replace(&mut page, "<link rel=\"stylesheet\" href=\"style.css\">\n", "")?;
    replace(&mut page, "<link rel=\"stylesheet\" href=\"help.css\">", &format!("<style>{style}</style>"))?;
    // There the link of a run is the fragment.
    Ok(page
        .replace("href=\"index.html?", "href=\"swapscope.html#")
        .replace("\"index.html\"", "\"swapscope.html\""))
}

fn icon(site: &Path) -> Result<String> {
    let icon = fs::read_to_string(site.join("icon.svg")).context("cannot read icon.svg")?;
    Ok(format!("data:image/svg+xml;base64,{}", STANDARD.encode(icon)))
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
