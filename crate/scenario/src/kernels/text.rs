//! The table of kernels as plain text: what `swapscope kernels` prints.

use super::{Entry, base, behaviour, differences, effects, entries, summary, untouched, unused, versions};
use crate::text::wrap;
use swapscope_sim::kernel::{Kernel, PATCHES, Patch, PolicyRow, VERSIONS, kebab};

/// Columns of a line.
const WIDTH: usize = 100;

/// Lines of text, each within the width.
#[derive(Default)]
struct Page(String);

impl Page {
    /// A paragraph: its first line stands `first` columns to the right, the others `rest` columns.
    fn put(&mut self, first: usize, rest: usize, text: &str) {
        for line in wrap(&format!("{:first$}{text}", ""), WIDTH, &" ".repeat(rest)) {
            self.0 += &line;
            self.0.push('\n');
        }
    }

    /// A paragraph `rest` columns to the right, with a name before its first line.
    fn named(&mut self, name: &str, rest: usize, text: &str) {
        let room = rest.saturating_sub(1);
        let mut lines = wrap(text, WIDTH - rest, "").into_iter();
        self.0 += &format!("{name:<room$} {}\n", lines.next().unwrap_or_default());
        lines.for_each(|line| self.0 += &format!("{:rest$}{line}\n", ""));
    }

    fn blank(&mut self) {
        self.0.push('\n');
    }
}

/// Versions, every policy value of each, and patches.
#[must_use]
pub fn all() -> String {
    let mut page = Page::default();
    page.put(0, 0, "Versions");
    for version in VERSIONS {
        page.named(&format!("  {}", version.name), 13, version.summary);
        for (id, subject) in version.commits {
            page.put(13, 26, &format!("{id} {subject}"));
        }
    }
    page.blank();
    page.put(0, 0, "Policy values");
    page.put(
        2,
        2,
        "What the versions do, and the commit or mail that brought it. What names none was there before. Each value \
         can be put behind any version, too: VERSION~FIELD.VALUE.",
    );
    let mut group = "";
    for entry in entries(&versions()) {
        if entry.group != group {
            group = entry.group;
            page.blank();
            page.put(0, 0, &format!("[{group}]"));
        }
        put_entry(&mut page, &entry);
    }
    page.blank();
    page.put(0, 0, "Patches, to be put behind a version: VERSION~PATCH, or VERSION~PATCH~FIELD.VALUE");
    for patch in PATCHES {
        put_patch(&mut page, patch);
    }
    page.0
}

fn put_entry(page: &mut Page, entry: &Entry) {
    page.put(2, 4, &format!("{} ({})", entry.name, entry.function));
    page.put(4, 4, entry.decides);
    for choice in &entry.choices {
        page.put(6, 10, &format!("{}: {}", choice.kernels.join(", "), choice.value));
        page.put(10, 10, choice.meaning);
        put_source(page, 10, choice.source);
    }
    for value in unused(entry) {
        page.put(6, 10, &format!("no version: {}", value.name));
        page.put(10, 10, value.meaning);
        put_source(page, 10, value.source);
    }
    let values = behaviour(entry).map(|behaviour| behaviour.values).unwrap_or_default();
    let values: Vec<String> = values.iter().map(|value| kebab(value.name)).collect();
    page.put(6, 10, &format!("what if: {}.{}", kebab(entry.name), values.join(", .")));
}

fn put_source(page: &mut Page, column: usize, source: &str) {
    if !source.is_empty() {
        page.put(column, column + 5, &format!("from {source}"));
    }
}

fn put_patch(page: &mut Page, patch: &Patch) {
    page.put(2, 2, patch.name);
    page.put(13, 13, patch.summary);
    page.put(13, 13, &format!("{} {}", patch.source, patch.subject));
    for effect in effects(patch) {
        let (name, before, after) = (effect.before.name, effect.before.value, effect.after.value);
        page.put(13, 15, &format!("{name}: {before} -> {after} on {}", effect.versions.join(", ")));
    }
    let untouched = untouched(patch);
    if !untouched.is_empty() {
        page.put(13, 15, &format!("changes nothing on {}", untouched.join(", ")));
    }
}

/// Every policy value of these kernels, one kernel after the other, with marks at what is new.
#[must_use]
pub fn these(kernels: &[Kernel]) -> String {
    let mut page = Page::default();
    for (at, kernel) in kernels.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        put_kernel(&mut page, kernel);
    }
    page.0
}

fn put_kernel(page: &mut Page, kernel: &Kernel) {
    page.put(0, 0, &kernel.name());
    for version in VERSIONS.iter().filter(|version| version.name == kernel.version) {
        page.put(2, 4, &format!("{}: {}", version.name, version.summary));
    }
    for name in &kernel.patches {
        if let Some(summary) = summary(name) {
            page.put(2, 4, &format!("{name}: {summary}"));
        }
    }
    let rows = kernel.policy.rows();
    let base = base(kernel);
    let changed = base.as_ref().map(|base| differences(&base.policy, &kernel.policy)).unwrap_or_default();
    let other = base.as_ref().map_or("", |base| base.version);
    let (count, of) = (changed.len(), rows.len());
    page.put(
        2,
        4,
        &match (base.is_some(), count) {
            (false, _) => "the oldest version: it is compared with none".to_owned(),
            (true, 0) => format!("does nothing else than {other}"),
            (true, _) => format!("* differs from {other}: {count} of {of} values"),
        },
    );
    let mut group = "";
    for row in &rows {
        if row.group != group {
            group = row.group;
            page.blank();
            page.put(0, 0, &format!("[{group}]"));
        }
        let before = changed.iter().find(|(_, after)| after.name == row.name).map(|(before, _)| before);
        put_row(page, row, before, other);
    }
}

fn put_row(page: &mut Page, row: &PolicyRow, before: Option<&PolicyRow>, other: &str) {
    let mark = if before.is_some() { "*" } else { "" };
    page.named(mark, 2, &format!("{} = {} ({})", row.name, row.value, row.function));
    page.put(4, 4, row.decides);
    page.put(6, 6, row.meaning);
    put_source(page, 6, row.source);
    if let Some(before) = before {
        page.put(6, 8, &format!("{other}: {}, {}", before.value, before.meaning));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernels(names: &[&str]) -> Vec<Kernel> {
        names.iter().map(|name| Kernel::parse(name).unwrap()).collect()
    }

    #[test]
    fn lines_are_ascii_and_not_too_long() {
        let names: Vec<String> = VERSIONS
            .iter()
            .flat_map(|version| {
                let patched = PATCHES.iter().map(|patch| format!("{}~{}", version.name, patch.name));
                [version.name.to_owned()].into_iter().chain(patched)
            })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for text in [all(), these(&kernels(&names))] {
            assert!(text.is_ascii());
            let bad: Vec<&str> =
                text.lines().filter(|line| line.len() > WIDTH || *line != line.trim_end()).collect();
            assert!(bad.is_empty(), "{bad:#?}");
        }
    }

    #[test]
    fn all_names_every_value_with_its_function_and_source() {
        let text = all();
        // What is broken into lines is compared word by word.
        let words = format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "));
        for kernel in versions() {
            for row in kernel.policy.rows() {
                for part in
                    [&format!("{} ({})", row.name, row.function), row.decides, row.meaning, row.source]
                {
                    assert!(words.contains(part), "{part}");
                }
                assert!(words.contains(&format!(": {} ", row.value)), "{}", row.value);
            }
        }
        assert!(text.contains("\n  4.6        as 4.5, but"), "{text}");
        assert!(text.contains("\n      4.5, 4.6: WhileProgress\n"), "{text}");
        let effect = "throttle_vm_writeout: Everyone -> NotNoretry on 4.5, 4.6, 4.7-rc6,";
        assert!(words.contains(effect), "{text}");
    }

    #[test]
    fn one_kernel_is_marked_against_its_base() {
        let marked = |name: &str| -> Vec<String> {
            let text = these(&kernels(&[name]));
            let lines = text.lines().filter(|line| line.starts_with("* "));
            lines.filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect()
        };
        assert_eq!(marked("4.7-rc6~mempool-noretry"), ["throttle_vm_writeout"]);
        assert_eq!(
            marked("4.7-rc6~mempool-noretry~revert-f9054c70"),
            ["throttle_vm_writeout", "mempool_reserves"]
        );
        assert!(marked("4.6").contains(&"mempool_reserves".to_owned()));
        assert!(marked("4.5").is_empty() && marked("4.7").is_empty());
        let text = these(&kernels(&["4.7-rc6~mempool-noretry"]));
        assert!(text.contains("\n  * differs from 4.7-rc6: 1 of "), "{text}");
        assert!(text.contains("\n      4.7-rc6: Everyone, every reclaimer"), "{text}");
        assert!(these(&kernels(&["4.7"])).contains("\n  does nothing else than 4.7-rc6\n"));
    }
}
