//! The head and the overviews of `crate/sim/VALIDATION.md`.

use crate::html::{Html, el, inline, row, table, with};

/// The parts of the file that the help shows; the table of each single run stays in the repository.
const SHOWN: [&str; 2] = ["All runs", "By figure"];

/// The introduction and the overviews, with an anchor for each.
pub fn section(markdown: &str) -> Html {
    let mut parts = markdown.split("\n## ");
    let head = parts.next().unwrap_or_default();
    // The title of the file is that of the section.
    let mut out = blocks("", head.split_once('\n').map_or("", |(_, rest)| rest));
    let mut runs = 0;
    for part in parts {
        let (title, body) = part.split_once('\n').unwrap_or((part, ""));
        if SHOWN.contains(&title) {
            out = out.and(with("h3", &[("id", &anchor(title))], title)).and(blocks(title, body));
        } else {
            runs += 1;
        }
    }
    let text = format!(
        "Figure by figure and run by run, in {runs} more tables: `crate/sim/VALIDATION.md` in the repository."
    );
    out.and(el("p", inline(&text)))
}

fn anchor(title: &str) -> String {
    format!("validation-{}", title.to_lowercase().replace(' ', "-"))
}

/// Paragraphs and tables.
fn blocks(title: &str, markdown: &str) -> Html {
    let blocks = markdown.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let Some(head) = lines.next().filter(|line| line.starts_with('|')) else {
                return el("p", inline(&block.replace('\n', " ")));
            };
            let rows = lines.skip(1).map(|line| {
                let mut cells = cells(line).into_iter().map(inline);
                row("", cells.next().unwrap_or_default(), cells)
            });
            table(title, &cells(head), rows.collect())
        })
        .collect()
}

/// `| a | b |`
fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().trim_start_matches('|');
    inner.strip_suffix('|').unwrap_or(inner).split('|').map(str::trim).collect()
}
