//! The help page, made from the model: what is said of it here is what it does.
//!
//! [`page`] is the whole of `help.html`, which needs neither script nor wasm. [`GLOSSARY`] is in it, and as JSON beside
//! it for the pop-ups of the page. [`fallback_page`] is `fallback.html`. Anchors are part of links that people keep: `kernel-4.6`, `policy-retry`,
//! `patch-mempool-noretry`, `param-ram`, `term-kswapd`, and one for each section.

mod fallback;
mod glossary;
mod html;
mod model;
mod reading;
#[cfg(test)]
mod tests;
mod validation;

pub use fallback::{Still, page as fallback_page, stills};
pub use glossary::{GLOSSARY, Term};

use html::{Html, el, inline, link, with};
use swapscope_scenario::Error;
use swapscope_sim::MODEL_VERSION;

/// What the page may load: its style sheet and its icon.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

/// A section of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    body: Html,
}

fn section(id: &'static str, title: &'static str, lead: &str, body: Html) -> Section {
    let lead = if lead.is_empty() { Html::default() } else { el("p", inline(lead)) };
    Section { id, title, body: lead.and(body) }
}

fn sections(validation: &str) -> Result<Vec<Section>, Error> {
    Ok(vec![
        section("reading", "The verdict", "", reading::verdict()),
        section("outcomes", "Outcomes", "", reading::outcomes()),
        section("plots", "The plots", "", reading::plots()),
        section("why", "Log, stacks, reasons", "", reading::why()),
        section("map", "A map over two parameters", "", reading::map()),
        section("import", "Your own machine", "", reading::import()),
        section("links", "Links and seeds", "", reading::links()),
        section(
            "modelled",
            "What is modelled",
            "",
            modelled().and(with("h3", &[("id", "not-modelled")], "What is not")).and(model::omissions()),
        ),
        section("kernels", "Kernels", "", model::kernels()),
        section(
            "policy",
            "Policy values",
            "Everything in which the kernels differ, and where each value comes from: a commit, its title where the id was \
             not seen in a primary source, a mail, or a comparison of the sources. What names nothing was there before the \
             oldest version.",
            model::policy(),
        ),
        section(
            "patches",
            "Patches",
            "A patch is put behind any version. Where it changes nothing there, that is said.",
            model::patches(),
        ),
        section("scenarios", "Scenarios", "", model::scenarios()?),
        section(
            "parameters",
            "Parameters",
            "One key for each, the same in scenario files, behind `--set`, in links and in the controls. The defaults are \
             those of a scenario that says nothing.",
            model::parameters(),
        ),
        section("validation", "Validation", "", validation::section(validation)),
        section("glossary", "Glossary", "", model::glossary()),
    ])
}

fn modelled() -> Html {
    let says = |text: &str| el("p", inline(text));
    says(
        "Pages as single objects on their LRU lists, zones with watermarks and buddy lists, the page allocator with its slow \
         path, kswapd and direct reclaim, dirty limits and throttles, the page cache, the OOM killer and its reaper, slab \
         pages, mempools, swap slots and swap cache, device mapper and dm-crypt with their pools, workqueues that create \
         their own workers, CPUs with run queues, and a disk. They work on each other; no result is put in.",
    )
    .and(says(
        "Times are in nanoseconds of a virtual clock, with sleeps that end on ticks. Costs of CPU and disk are parameters of \
         the scenario, the same for all kernels.",
    ))
}

/// The whole page. `validation` is the text of `crate/sim/VALIDATION.md`.
///
/// # Errors
/// Never, in practice: bundled scenarios are tested.
pub fn page(validation: &str) -> Result<String, Error> {
    let sections = sections(validation)?;
    let entry = |section: &Section| el("li", link(&format!("#{}", section.id), section.title));
    let contents = el("ol", sections.iter().map(entry).collect::<Html>());
    let contents = with("nav", &[("class", "toc"), ("aria-label", "Contents")], contents);
    let body = |section: Section| {
        // The heading links to itself, for those who want to hand on its address.
        let heading = el("h2", link(&format!("#{}", section.id), section.title));
        with("section", &[("id", section.id)], heading.and(section.body))
    };
    let main = el("main", contents.and(sections.into_iter().map(body).collect::<Html>()));
    Ok(document(
        "swapscope: help",
        "How to read swapscope, what it models, and every policy value, patch and parameter.",
        main,
    ))
}

/// A page that needs no script, in the dress of the others.
fn document(title: &str, description: &str, main: Html) -> String {
    let meta = |name: &str, content: &str| with("meta", &[("name", name), ("content", content)], "");
    let head = [
        with("meta", &[("charset", "utf-8")], ""),
        with("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)], ""),
        meta("viewport", "width=device-width, initial-scale=1"),
        meta("color-scheme", "light dark"),
        meta("description", description),
        el("title", title),
        with("link", &[("rel", "icon"), ("href", "icon.svg"), ("type", "image/svg+xml")], ""),
        with("link", &[("rel", "stylesheet"), ("href", "style.css")], ""),
        with("link", &[("rel", "stylesheet"), ("href", "help.css")], ""),
    ];
    let name = title.split_once(": ").map_or(title, |(_, name)| name);
    let bar = [
        el("h1", link("index.html", "swapscope").and(" ").and(name)),
        with("p", &[("class", "tagline")], format!("made from the model, version {MODEL_VERSION}")),
    ];
    let foot = with("footer", &[("class", "foot")], format!("Simulation, swapscope model {MODEL_VERSION}."));
    let header = with("header", &[("class", "bar")], Html::from(bar));
    let body = with("body", &[("class", "help")], header.and(main).and(foot));
    let html = with("html", &[("lang", "en")], el("head", Html::from(head)).and(body));
    format!("<!doctype html>\n{}", html.into_string())
}

/// The glossary for the page.
///
/// # Errors
/// Never, in practice: the table holds nothing but text.
pub fn glossary_json() -> Result<String, serde_json::Error> {
    serde_json::to_string(GLOSSARY)
}
