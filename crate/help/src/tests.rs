//! The page is whole, and its links lead somewhere.

use crate::html::names;
use crate::{GLOSSARY, Still, fallback_page, page};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use swapscope_scenario::kernels::versions;
use swapscope_scenario::link::decode;
use swapscope_scenario::param::PARAMS;
use swapscope_scenario::{BUNDLED, text::TABLE_HEAD};
use swapscope_sim::NOT_MODELLED;
use swapscope_sim::kernel::{PATCHES, VERSIONS};
use swapscope_sim::trace::{LIVELOCK_RATE, LIVELOCK_WINDOW};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn help() -> String {
    page(&fs::read_to_string(top().join("crate/sim/VALIDATION.md")).unwrap()).unwrap()
}

/// Values of an attribute, in order.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    page.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// What stands between the anchor `id` and the end of its line of a table or its entry.
fn entry<'a>(page: &'a str, id: &str) -> &'a str {
    let at = page.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no anchor {id}"));
    let rest = &page[at..];
    rest.split("</tr>").next().unwrap().split("</dd>").next().unwrap()
}

#[track_caller]
fn assert_says(part: &str, what: &str) {
    let wanted = names(what).into_string();
    assert!(part.contains(&wanted), "'{wanted}' is not in:\n{part}");
}

#[test]
fn every_policy_value_of_every_version_is_there() {
    let page = help();
    for kernel in versions() {
        for row in kernel.policy.rows() {
            let rows = page.split(&format!(" id=\"policy-{}\"", row.name)).nth(1).expect(row.name);
            let rows = rows.split(" id=\"policy-").next().unwrap();
            for what in [row.decides, row.value, row.meaning] {
                assert_says(rows, what);
            }
            assert!(rows.contains(row.function), "{}", row.function);
            for source in row.source.split(", ").filter(|source| source.len() == 12 && !source.contains(' '))
            {
                assert!(rows.contains(&format!("https://git.kernel.org/linus/{source}")), "{source}");
            }
        }
    }
}

#[test]
fn every_version_patch_parameter_and_omission_is_there() {
    let page = help();
    for version in VERSIONS {
        let entry = entry(&page, &format!("kernel-{}", version.name));
        assert_says(entry, version.summary);
        for (id, subject) in version.commits {
            assert!(entry.contains(id));
            assert_says(entry, subject);
        }
    }
    for patch in PATCHES {
        let entry = entry(&page, &format!("patch-{}", patch.name));
        assert_says(entry, patch.summary);
        assert_says(entry, patch.subject);
        let mail = format!("https://lore.kernel.org/r/{}/", patch.source);
        let commit = format!("https://git.kernel.org/linus/{}", patch.source);
        assert_eq!(entry.contains(&mail), patch.source.contains('@'), "{}", patch.name);
        assert_eq!(entry.contains(&commit), !patch.source.contains('@'), "{}", patch.name);
        assert!(entry.contains("#policy-"), "{} changes nothing", patch.name);
    }
    for param in PARAMS {
        let entry = entry(&page, &format!("param-{}", param.key));
        assert_says(entry, param.definition);
        assert!(entry.contains(&format!("<code>{}</code>", param.default)), "{}", param.key);
        assert!(entry.contains(param.kernel_name), "{}", param.key);
    }
    for omission in NOT_MODELLED {
        assert_says(&page, omission.what);
        assert_says(&page, omission.why);
    }
}

#[test]
fn every_term_column_and_figure_is_there() {
    let page = help();
    for term in GLOSSARY {
        let entry = entry(&page, &format!("term-{}", term.id));
        assert_says(entry, term.name);
        assert_says(entry, term.definition);
        assert!(entry.contains(term.place), "{}", term.id);
    }
    for (_, title) in TABLE_HEAD {
        assert_says(&page, title);
    }
    let rule = format!(
        "fewer than {LIVELOCK_RATE} pages a second over the last {} s",
        LIVELOCK_WINDOW.0 / 1_000_000_000
    );
    assert!(page.contains(&rule));
}

#[test]
fn the_overviews_of_the_validation_are_there_line_by_line() {
    let page = help();
    let file = fs::read_to_string(top().join("crate/sim/VALIDATION.md")).unwrap();
    let (mut lines, mut title) = (0, "");
    for line in file.lines() {
        title = line.strip_prefix("## ").unwrap_or(title);
        if ["All runs", "By figure"].contains(&title) && line.starts_with("| ") {
            lines += 1;
            // As readers see it, but for spaces.
            let row: String = line.split(['|', '`', ' ']).collect();
            let is_row = |shown: &str| {
                let shown = shown.split("</tr>").next().unwrap_or_default();
                let text = shown.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
                text.flat_map(str::split_whitespace).collect::<String>() == row
            };
            assert!(page.split("<tr>").any(is_row), "{line}");
        }
    }
    assert!(lines > 20, "{lines} lines");
}

#[test]
fn anchors_are_unique_and_links_lead_to_them() {
    let page = help();
    let ids = values(&page, "id");
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an anchor twice");
    let mut scenarios = 0;
    for href in values(&page, "href") {
        let href = href.replace("&amp;", "&");
        if let Some(id) = href.strip_prefix('#') {
            assert!(ids.contains(&id), "no anchor {id}");
        } else if let Some(query) = href.strip_prefix("index.html?") {
            decode(query).and_then(|opened| opened.setup()).unwrap_or_else(|error| panic!("{href}: {error}"));
            scenarios += 1;
        } else if !href.starts_with("https://git.kernel.org/linus/")
            && !href.starts_with("https://lore.kernel.org/r/")
        {
            assert!(top().join("www").join(&href).is_file(), "no file {href}");
        }
    }
    assert_eq!(scenarios, BUNDLED.len());
}

#[test]
fn anchors_that_were_handed_out_stay() {
    // Links to these are in mails: add, and take none away.
    let sections = "reading outcomes plots why map import links modelled not-modelled kernels policy patches scenarios parameters \
                    validation validation-all-runs validation-by-figure glossary";
    let entries = "kernel-4.6 policy-throttle_vm_writeout patch-mempool-noretry param-swappiness scenario-dmcrypt-2016 \
                   panel-free term-kswapd term-throttle-vm-writeout";
    let page = help();
    let ids = values(&page, "id");
    for id in sections.split_whitespace().chain(entries.split_whitespace()) {
        assert!(ids.contains(&id), "{id}");
    }
}

#[test]
fn nothing_needs_a_script_or_a_style_attribute() {
    let page = help();
    for banned in ["<script", "<style", " style=", " onclick=", "javascript:", "src=\"http", ".wasm"] {
        assert!(!page.contains(banned), "{banned}");
    }
}

#[test]
fn a_still_has_a_table_a_small_picture_and_a_link_with_its_result() {
    let still = Still::new("lab-plain").unwrap();
    let (file, picture) = still.picture();
    assert_eq!(file, "fallback/lab-plain.svg");
    assert!(picture.starts_with("<svg") && picture.len() < 40_000);
    let page = fallback_page(&[still]);
    assert_eq!(values(&page, "src"), [file]);
    let kernels = page.matches("<th scope=\"row\">").count();
    let links: Vec<_> = values(&page, "href").into_iter().filter(|link| link.contains("?s=")).collect();
    let opened = decode(&links[0].replace("&amp;", "&")).unwrap();
    assert_eq!((links.len(), opened.setup().unwrap().kernels.len()), (1, kernels));
    assert!(kernels > 1 && !opened.digest.is_empty());
}
