//! The single file: the page with its styles, scripts, Worker and wasm inside. And the script of `embed.html`, with Worker
//! and wasm inside.
//!
//! Two modules of the page are exchanged: `platform.js`, which fetches the wasm and starts the Worker, and `late.js`, which
//! loads what most readers do not use. The wasm and the script of the Worker
//! are packed with gzip first, which every browser can undo.
//!
//! The help is a second file, which says the same as that of the folder: inside it would take another 32 KB.

use crate::bundle::Bundler;
use crate::dist::gzip;
use crate::packed;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The wasm with all verbs, from the top of the site.
const WHOLE: &str = "pkg/swapscope_web_bg.wasm";
/// The wasm that page, frame and Workers begin with.
pub const FIRST: &str = "pkg/first.wasm";

/// The text of the single file.
pub fn page(site: &Path) -> Result<String> {
    let read = |name: &str| read(site, name);
    let mut page = read("index.html")?;
    replace(&mut page, "href=\"icon.svg\"", &format!("href=\"{}\"", icon(site)?))?;
    let mut styles = String::new();
    for name in ["style.css", "controls.css", "inspector.css"] {
        let style = format!("\n{}", element("style", &read(name)?)?);
        styles += &format!(" {}", source_of(&style));
        let link = format!("<link rel=\"stylesheet\" href=\"{name}\">");
        replace(&mut page, &link, &format!("<style>{style}</style>"))?;
    }
    // The folder asks for this one when it is needed.
    let late = format!("\n{}", element("style", &read("heat-map.css")?)?);
    styles += &format!(" {}", source_of(&late));
    replace(&mut page, "</head>", &format!("<style>{late}</style>\n</head>"))?;
    replace(&mut page, ">Help</a>", ">Help (help.html beside this file)</a>")?;
    // A module runs when the document is complete; a classic script runs where it stands.
    replace(&mut page, "<script type=\"module\" src=\"main.js\"></script>\n", "")?;
    let inside = Inside {
        embedded: include_str!("../single/embedded.js"),
        packed: include_str!("../single/packed.js"),
    };
    let pack = |bytes: &[u8]| Ok::<_, anyhow::Error>(packed::text(&gzip(bytes)?));
    let main = format!("\n{}", element("script", &script(site, "main.js", &inside)?)?);
    // Nothing can be requested from anywhere, and nothing but this very text is run.
    let from = "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'";
    let to = format!(
        "script-src {} 'wasm-unsafe-eval'; style-src{styles}; img-src data:; worker-src blob:",
        source_of(&main)
    );
    replace(&mut page, from, &to)?;
    let stills = " <a href=\"fallback.html\">Pictures and tables of the bundled scenarios</a> need neither.";
    replace(&mut page, stills, "")?;
    let end = format!(
        "<script type=\"text/plain\" id=\"wasm\">{}</script>\n\
         <script type=\"text/plain\" id=\"glossary\">{}</script>\n\
         <script type=\"text/plain\" id=\"worker\">{}</script>\n\
         <script>{main}</script>\n</body>",
        pack(&wasm(site, WHOLE)?)?,
        pack(read("glossary.json")?.as_bytes())?,
        pack(script(site, "worker.js", &inside)?.as_bytes())?,
    );
    replace(&mut page, "</body>", &end)?;
    Ok(page)
}

/// The script of `embed.html`.
pub fn embed(site: &Path) -> Result<String> {
    let inside = Inside { embedded: "", packed: include_str!("../single/base64.js") };
    let pack = |bytes: &[u8]| Ok::<_, anyhow::Error>(STANDARD.encode(gzip(bytes)?));
    let worker = pack(script(site, "worker.js", &inside)?.as_bytes())?;
    let embedded = format!(
        "const texts = {{ wasm: \"{}\", worker: \"{worker}\" }};\nexport function embedded(id) {{\n  return texts[id];\n}}\n",
        pack(&wasm(site, FIRST)?)?
    );
    script(site, "embed.js", &Inside { embedded: &embedded, ..inside })
}

/// Modules for what stands inside.
struct Inside<'a> {
    /// The one that has the texts.
    embedded: &'a str,
    /// The one that turns them into bytes.
    packed: &'a str,
}

/// A module and what it imports as one classic script.
fn script(site: &Path, entry: &str, inside: &Inside<'_>) -> Result<String> {
    let instead = [
        ("platform.js", include_str!("../single/platform.js")),
        ("late.js", include_str!("../single/late.js")),
        ("packed.js", inside.packed),
        ("embedded.js", inside.embedded),
    ];
    let instead = instead.map(|(name, text)| (PathBuf::from(name), text.to_owned()));
    Bundler::new(site, BTreeMap::from(instead)).script(entry)
}

fn wasm(site: &Path, name: &str) -> Result<Vec<u8>> {
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
