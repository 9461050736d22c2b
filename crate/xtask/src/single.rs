//! The single file: the page with its styles, scripts, Worker and wasm inside.
//!
//! One module of the page is exchanged: `platform.js`, which fetches the wasm and starts the Worker. The wasm is packed
//! with gzip first, which every browser can undo, so that the text of it is smaller than the wasm itself.

use crate::bundle::Bundler;
use crate::dist::gzip;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

    let icon = format!("data:image/svg+xml;base64,{}", STANDARD.encode(read("icon.svg")?));
    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{icon}\""))?;
    for name in ["style.css", "controls.css"] {
        let style = format!("<style>\n{}</style>", element("style", &read(name)?)?);
        replace(&mut page, &format!("<link rel=\"stylesheet\" href=\"{name}\">"), &style)?;
    }
    // A module runs when the document is complete; a classic script runs where it stands.
    replace(&mut page, "<script type=\"module\" src=\"main.js\"></script>\n", "")?;
    let end = format!(
        "<script type=\"text/plain\" id=\"wasm\">{}</script>\n\
         <script type=\"text/plain\" id=\"worker\">\n{}</script>\n\
         <script>\n{}</script>\n</body>",
        STANDARD.encode(gzip(&wasm)?),
        element("script", &script("worker.js")?)?,
        element("script", &script("main.js")?)?,
    );
    replace(&mut page, "</body>", &end)?;
    Ok(page)
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
        bail!("www/index.html should hold exactly once: {from}");
    }
    *page = page.replace(from, to);
    Ok(())
}
