//! The table of kernels as Markdown: `crate/sim/KERNELS.md`.

use super::{Entry, effects, entries, untouched, unused, versions};
use swapscope_sim::NOT_MODELLED;
use swapscope_sim::kernel::{PATCHES, VERSIONS};

const HEAD: &str = "\
# Kernels

What each kernel version of the model does, policy value by policy value. `crate/sim/src/kernel` says it, this file is
generated from there by `cargo xtask bless`; `swapscope kernels` and the page show the same table.

A value is a variant of an enum in `policy.rs`. Beside it stands the commit or mail that brought it: twelve digits of the
id, the title where the id was not seen in a primary source, or the comparison that shows it. What names none was there
before the oldest version here. Each value can be put behind any version, in lower case and with hyphens:
`4.6~throttle-vm-writeout.absent`.
";

/// The whole file.
#[must_use]
pub fn file() -> String {
    let mut out = HEAD.to_owned();
    out += "\n## Versions\n\n| version | what sets it apart | commits |\n|---|---|---|\n";
    for version in VERSIONS {
        let commits: Vec<String> =
            version.commits.iter().map(|(id, subject)| format!("`{id}` {}", plain(subject))).collect();
        out += &line(&[code(version.name), plain(version.summary), commits.join("<br>")]);
    }
    out += "\n## Policy values\n";
    let mut group = "";
    for entry in entries(&versions()) {
        if entry.group != group {
            group = entry.group;
            out += &format!("\n### {group}\n\n");
            out += "| value, and where the kernel decides by it | versions | what they do | from |\n|---|---|---|---|\n";
        }
        out += &rows(&entry);
    }
    out += "\n## Patches\n\nA patch is put behind any version: `VERSION~PATCH`. Several, and single values among them, are applied from left to right.\n\n";
    out += "| patch | what it does | from | what it changes |\n|---|---|---|---|\n";
    for patch in PATCHES {
        let mut changes: Vec<String> = effects(patch)
            .iter()
            .map(|effect| {
                let (name, before, after) = (effect.before.name, effect.before.value, effect.after.value);
                format!("`{name}`: {before} to {after} on {}", effect.versions.join(", "))
            })
            .collect();
        let untouched = untouched(patch);
        if !untouched.is_empty() {
            changes.push(format!("nothing on {}", untouched.join(", ")));
        }
        let source = format!("{} {}", code(patch.source), plain(patch.subject));
        out += &line(&[code(patch.name), plain(patch.summary), source, changes.join("<br>")]);
    }
    out += "\n## What is not modelled\n\n| what | why, and what that means |\n|---|---|\n";
    for omission in NOT_MODELLED {
        out += &line(&[plain(omission.what), plain(omission.why)]);
    }
    out
}

/// The lines of a policy value: what is decided stands in the first.
fn rows(entry: &Entry) -> String {
    let mut head = format!("**`{}`**<br>{}<br>`{}`", entry.name, plain(entry.decides), entry.function);
    let mut out = String::new();
    for choice in &entry.choices {
        let does = format!("{}: {}", code(choice.value), plain(choice.meaning));
        out += &line(&[std::mem::take(&mut head), choice.kernels.join(", "), does, plain(choice.source)]);
    }
    for value in unused(entry) {
        let does = format!("{}: {}", code(value.name), plain(value.meaning));
        out += &line(&[String::new(), "none".to_owned(), does, plain(value.source)]);
    }
    out
}

fn line(cells: &[String]) -> String {
    let mut out = "|".to_owned();
    for cell in cells {
        out += &if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") };
    }
    out + "\n"
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Text in which nothing is markup but names with underscores, which are set as code.
fn plain(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(word).collect();
    words.join(" ")
}

fn word(word: &str) -> String {
    if let Some([before, name, after]) = name_in(word) {
        return format!("{before}{}{after}", code(name));
    }
    let special = |c| matches!(c, '\\' | '`' | '*' | '|' | '<' | '[' | '~');
    word.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The kernel's name in a word of text, with what stands before and behind it: a word with an underscore is one.
#[must_use]
pub fn name_in(word: &str) -> Option<[&str; 3]> {
    if !word.contains('_') {
        return None;
    }
    let rest = word.trim_start_matches(['(', '"']);
    let name = rest.trim_end_matches([',', '.', ':', ';', '"']);
    let name = if name.contains('(') { name } else { name.trim_end_matches(')') };
    Some([&word[..word.len() - rest.len()], name, &rest[name.len()..]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_as_many_cells_in_each_line() {
        let text = file();
        let mut wanted = None;
        for line in text.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            if cells == 0 {
                wanted = None;
            } else {
                assert_eq!(*wanted.get_or_insert(cells), cells, "{line}");
            }
        }
    }

    #[test]
    fn nothing_in_the_texts_is_markup() {
        assert_eq!(plain("__GFP_FS | a * b"), "`__GFP_FS` \\| a \\* b");
        assert_eq!(plain("no (MIN_IOS), wait_iff(HZ/50): x"), "no (`MIN_IOS`), `wait_iff(HZ/50)`: x");
        let text = file();
        for kernel in versions() {
            for row in kernel.policy.rows() {
                for part in [row.name, row.function, row.value, &plain(row.meaning), &plain(row.source)] {
                    assert!(text.contains(part), "{part}");
                }
            }
        }
    }
}
