//! The single file: the page with its styles, scripts, Worker and wasm inside.
//!
//! Modules named `X.single.js` in www stand in for `X.js` there: they take from the document what the served page
//! fetches.

use crate::bundle::Bundler;
use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The wasm, from the top of the site.
pub const WASM: &str = "pkg/swapscope_web_bg.wasm";

/// The text of the single file.
pub fn page(layout: &Layout, site: &Path) -> Result<String> {
    let read =
        |name: &str| fs::read_to_string(site.join(name)).with_context(|| format!("cannot read {name}"));
    let mut page = read("index.html")?;
    let instead = stand_ins(&layout.path("www"))?;
    let script = |entry: &str| Bundler::new(site, instead.clone()).script(entry);
    let wasm = fs::read(site.join(WASM)).with_context(|| format!("cannot read {WASM}"))?;

    let icon = format!("data:image/svg+xml;base64,{}", STANDARD.encode(read("icon.svg")?));
    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{icon}\""))?;
    let style = format!("<style>\n{}</style>", element("style", &read("style.css")?)?);
    replace(&mut page, "<link rel=\"stylesheet\" href=\"style.css\">", &style)?;
    // A module runs when the document is complete; a classic script runs where it stands.
    replace(&mut page, "<script type=\"module\" src=\"main.js\"></script>\n", "")?;
    let end = format!(
        "<script type=\"text/plain\" id=\"wasm-base64\">{}</script>\n\
         <script type=\"text/plain\" id=\"worker-source\">\n{}</script>\n\
         <script>\n{}</script>\n</body>",
        STANDARD.encode(&wasm),
        element("script", &script("worker.js")?)?,
        element("script", &script("main.js")?)?,
    );
    replace(&mut page, "</body>", &end)?;
    Ok(page)
}

/// Texts of the modules `X.single.js`, under the name `X.js`.
fn stand_ins(www: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut out = BTreeMap::new();
    for file in crate::build::files(www)? {
        if let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".single.js")) {
            out.insert(PathBuf::from(format!("{name}.js")), fs::read_to_string(www.join(&file))?);
        }
    }
    Ok(out)
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
