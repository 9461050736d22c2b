//! The table of kernels: what each does by each policy value, and what brought it there.
//!
//! The command line ([`text`]), `crate/sim/KERNELS.md` ([`markdown`]) and the page ([`entries`]) show the same rows,
//! [`KernelPolicy::rows`] of every kernel. Nothing is written twice: a value, a version or a patch that is added in
//! `crate/sim/src/kernel` appears in all of them.

pub mod markdown;
pub mod text;

use serde::Serialize;
use swapscope_sim::kernel::{
    BEHAVIOURS, Behaviour, BehaviourValue, Kernel, KernelPolicy, PATCHES, Patch, PolicyRow, VERSIONS, WhatIf,
};

/// One policy value, with what several kernels make of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Group of values, such as `page allocator`.
    pub group: &'static str,
    /// Name of the policy value.
    pub name: &'static str,
    /// Kernel file and function that decides by it.
    pub function: &'static str,
    /// What is decided.
    pub decides: &'static str,
    /// What the kernels do, in their order; neighbours that do the same share one.
    pub choices: Vec<Choice>,
}

/// What neighbouring kernels do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Names of the kernels.
    pub kernels: Vec<String>,
    /// Name of their value.
    pub value: &'static str,
    /// What they do.
    pub meaning: &'static str,
    /// Commit, mail or comparison that the value comes from; empty for what the oldest version found already.
    pub source: &'static str,
}

/// What a patch changes, for the versions where that is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The policy value without the patch.
    pub before: PolicyRow,
    /// The policy value with the patch.
    pub after: PolicyRow,
    /// Names of the versions.
    pub versions: Vec<&'static str>,
}

/// All versions as kernels without a patch, oldest first.
#[must_use]
pub fn versions() -> Vec<Kernel> {
    let plain = |version: &swapscope_sim::kernel::Version| Kernel {
        version: version.name,
        patches: Vec::new(),
        policy: version.policy(),
    };
    VERSIONS.iter().map(plain).collect()
}

/// The table: one entry for each policy value, over these kernels.
#[must_use]
pub fn entries(kernels: &[Kernel]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for kernel in kernels {
        let rows = kernel.policy.rows();
        if entries.is_empty() {
            entries = rows.iter().map(empty).collect();
        }
        for (entry, row) in entries.iter_mut().zip(rows) {
            match entry.choices.last_mut() {
                Some(last) if last.value == row.value => last.kernels.push(kernel.name()),
                _ => entry.choices.push(Choice {
                    kernels: vec![kernel.name()],
                    value: row.value,
                    meaning: row.meaning,
                    source: row.source,
                }),
            }
        }
    }
    entries
}

fn empty(row: &PolicyRow) -> Entry {
    let PolicyRow { group, name, function, decides, .. } = *row;
    Entry { group, name, function, decides, choices: Vec::new() }
}

/// The policy value of an entry, with all that it can be.
#[must_use]
pub fn behaviour(entry: &Entry) -> Option<&'static Behaviour> {
    BEHAVIOURS.iter().find(|behaviour| behaviour.name == entry.name)
}

/// Values that none of the kernels has.
#[must_use]
pub fn unused(entry: &Entry) -> Vec<&'static BehaviourValue> {
    let values = behaviour(entry).map(|behaviour| behaviour.values).unwrap_or_default();
    let is_used = |value: &BehaviourValue| entry.choices.iter().any(|choice| choice.value == value.name);
    values.iter().filter(|value| !is_used(value)).collect()
}

/// What a patch or a single value behind a version does, in one line.
#[must_use]
pub fn summary(name: &str) -> Option<&'static str> {
    let patch = PATCHES.iter().find(|patch| patch.name == name).map(|patch| patch.summary);
    patch.or_else(|| WhatIf::parse(name).ok().map(|what_if| what_if.row().meaning))
}

/// The kernel that this one is compared with: without its patches or, where it has none, the version before it.
#[must_use]
pub fn base(kernel: &Kernel) -> Option<Kernel> {
    let versions = versions();
    let at = versions.iter().position(|version| version.version == kernel.version)?;
    let at = if kernel.patches.is_empty() { at.checked_sub(1)? } else { at };
    versions.into_iter().nth(at)
}

/// Values in which two policies differ: before and after.
#[must_use]
pub fn differences(before: &KernelPolicy, after: &KernelPolicy) -> Vec<(PolicyRow, PolicyRow)> {
    let pairs = before.rows().into_iter().zip(after.rows());
    pairs.filter(|(before, after)| before.value != after.value).collect()
}

/// What a patch changes, found by applying it to each version.
#[must_use]
pub fn effects(patch: &Patch) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    for version in VERSIONS {
        let policy = version.policy();
        let mut patched = policy.clone();
        (patch.apply)(&mut patched);
        for (before, after) in differences(&policy, &patched) {
            match effects.iter_mut().find(|effect| effect.before == before && effect.after == after) {
                Some(effect) => effect.versions.push(version.name),
                None => effects.push(Effect { before, after, versions: vec![version.name] }),
            }
        }
    }
    effects
}

/// Versions on which a patch changes nothing.
#[must_use]
pub fn untouched(patch: &Patch) -> Vec<&'static str> {
    let effects = effects(patch);
    let touched = |name: &str| effects.iter().any(|effect| effect.versions.contains(&name));
    VERSIONS.iter().map(|version| version.name).filter(|name| !touched(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_version_has_a_meaning_and_a_place() {
        for kernel in versions() {
            for row in kernel.policy.rows() {
                let place = format!("{} of {}", row.name, kernel.version);
                assert!(!row.group.is_empty() && !row.decides.is_empty(), "{place}: {row:?}");
                assert!(!row.value.is_empty() && !row.meaning.is_empty(), "{place}: {row:?}");
                let (file, function) = row.function.split_once(':').unwrap_or_default();
                assert!(file.ends_with(".c") && !function.is_empty(), "{place}: {}", row.function);
            }
        }
    }

    #[test]
    fn what_differs_from_the_version_before_names_its_source() {
        for kernel in versions() {
            let Some(before) = base(&kernel) else { continue };
            for (_, row) in differences(&before.policy, &kernel.policy) {
                assert!(!row.source.is_empty(), "{} of {} = {}", row.name, kernel.version, row.value);
            }
        }
    }

    #[test]
    fn every_patch_changes_something_and_names_its_source() {
        for patch in PATCHES {
            let effects = effects(patch);
            assert!(!effects.is_empty(), "{} changes nothing on any version", patch.name);
            for effect in effects {
                assert!(!effect.after.source.is_empty(), "{}: {}", patch.name, effect.after.name);
            }
        }
    }

    #[test]
    fn the_patches_of_the_thread_change_one_value_each_where_the_thread_tried_them() {
        for (patch, version, name) in [
            ("mempool-noretry", "4.6", "throttle_vm_writeout"),
            ("mempool-noretry", "4.7-rc6", "throttle_vm_writeout"),
            ("revert-f9054c70", "4.6", "mempool_reserves"),
            ("revert-f9054c70", "4.7-rc6", "mempool_reserves"),
        ] {
            let kernel = Kernel::parse(&format!("{version}~{patch}")).unwrap();
            let before = base(&kernel).unwrap();
            assert_eq!((before.version, before.patches.len()), (version, 0));
            let names: Vec<&str> =
                differences(&before.policy, &kernel.policy).iter().map(|(_, row)| row.name).collect();
            assert_eq!(names, [name], "{}", kernel.name());
        }
    }

    #[test]
    fn neighbours_that_do_the_same_share_a_choice() {
        let kernels = ["4.6", "4.7-rc6", "4.7-rc6~mempool-noretry"].map(|name| Kernel::parse(name).unwrap());
        let entries = entries(&kernels);
        assert_eq!(entries.len(), kernels[0].policy.rows().len());
        let entry = entries.iter().find(|entry| entry.name == "throttle_vm_writeout").unwrap();
        let names: Vec<String> = entry.choices.iter().map(|choice| choice.kernels.join(" ")).collect();
        assert_eq!(names, ["4.6 4.7-rc6", "4.7-rc6~mempool-noretry"]);
        for entry in &entries {
            let all: Vec<&String> = entry.choices.iter().flat_map(|choice| &choice.kernels).collect();
            assert_eq!(all, ["4.6", "4.7-rc6", "4.7-rc6~mempool-noretry"], "{}", entry.name);
        }
    }

    #[test]
    fn the_oldest_version_is_compared_with_nothing() {
        let versions = versions();
        assert_eq!(base(&versions[0]), None);
        assert_eq!(base(&versions[1]).as_ref(), Some(&versions[0]));
    }
}
