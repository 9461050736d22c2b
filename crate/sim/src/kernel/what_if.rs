//! A single policy value, set by name: `throttle-vm-writeout.absent`. What no kernel ever did can be tried, too.

use super::{BEHAVIOURS, Behaviour, BehaviourValue, KernelError, KernelPolicy, PolicyRow};

/// A policy value and what it is set to.
#[derive(Clone, Copy, Debug)]
pub struct WhatIf {
    behaviour: &'static Behaviour,
    value: &'static BehaviourValue,
    /// Place of the value in the list of the behaviour.
    at: usize,
}

impl WhatIf {
    /// Every value of every behaviour.
    pub fn all() -> impl Iterator<Item = Self> {
        BEHAVIOURS.iter().flat_map(|behaviour| {
            behaviour.values.iter().enumerate().map(move |(at, value)| Self { behaviour, value, at })
        })
    }

    /// Reads `FIELD.VALUE`, as in links or in the spelling of the policy table.
    ///
    /// # Errors
    /// Names the part that does not exist.
    pub fn parse(text: &str) -> Result<Self, KernelError> {
        let (field, value) = text.split_once('.').unwrap_or((text, ""));
        let behaviour = BEHAVIOURS
            .iter()
            .find(|behaviour| kebab(behaviour.name) == kebab(field))
            .ok_or_else(|| KernelError::UnknownBehaviour(field.to_owned()))?;
        let found = behaviour.values.iter().enumerate().find(|(_, each)| kebab(each.name) == kebab(value));
        let (at, value) = found.ok_or(KernelError::UnknownValue(behaviour, value.to_owned()))?;
        Ok(Self { behaviour, value, at })
    }

    /// The name that [`WhatIf::parse`] reads, in the alphabet of links.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", kebab(self.behaviour.name), kebab(self.value.name))
    }

    /// The policy value that is set.
    #[must_use]
    pub fn behaviour(&self) -> &'static Behaviour {
        self.behaviour
    }

    /// The row of the policy table that it leads to.
    #[must_use]
    pub fn row(&self) -> PolicyRow {
        PolicyRow::new(self.behaviour, self.value)
    }

    /// Sets the value.
    pub fn apply(&self, policy: &mut KernelPolicy) {
        (self.behaviour.set)(policy, self.at);
    }
}

/// `throttle_vm_writeout` and `NotNoretry` as `throttle-vm-writeout` and `not-noretry`.
#[must_use]
pub fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernel, VERSIONS};

    #[test]
    fn every_field_of_every_version_takes_every_value_and_nothing_else_changes() {
        for version in VERSIONS {
            let before = version.policy().rows();
            for what_if in WhatIf::all() {
                let name = format!("{}~{}", version.name, what_if.name());
                let kernel = Kernel::parse(&name).unwrap();
                assert_eq!(kernel.name(), name);
                for (before, after) in before.iter().zip(kernel.policy.rows()) {
                    let wanted = if before.name == what_if.behaviour.name { what_if.row() } else { *before };
                    assert_eq!(after, wanted, "{name}");
                }
            }
        }
    }

    #[test]
    fn names_are_in_the_alphabet_of_links_and_differ() {
        let mut names: Vec<String> = WhatIf::all().map(|what_if| what_if.name()).collect();
        for name in &names {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b".-".contains(&b)), "{name}");
            assert!(
                name.ends_with(|c: char| c.is_ascii_lowercase()),
                "mail programs cut off the end of {name}"
            );
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count > BEHAVIOURS.len());
    }

    #[test]
    fn the_spelling_of_the_table_is_understood_and_written_as_in_links() {
        let kernel = Kernel::parse("4.6~throttle_vm_writeout.NotNoretry").unwrap();
        assert_eq!(kernel.name(), "4.6~throttle-vm-writeout.not-noretry");
        assert_eq!(kernel.policy, Kernel::parse("4.6~mempool-noretry").unwrap().policy);
    }

    #[test]
    fn patches_and_single_values_work_from_left_to_right() {
        // The patch finds a pool that may take reserves only where that was said before it.
        let value = |name: &str| {
            let rows = Kernel::parse(name).unwrap().policy.rows();
            rows.iter().find(|row| row.name == "mempool_reserves").unwrap().value
        };
        assert_eq!(value("4.5~mempool-reserves.when-empty~revert-f9054c70"), "NeverAgain");
        assert_eq!(value("4.5~revert-f9054c70~mempool-reserves.when-empty"), "WhenEmpty");
    }

    #[test]
    fn a_behaviour_is_set_once() {
        let twice = Kernel::parse("4.6~oom-tie.first~oom-tie.last");
        assert!(
            matches!(twice, Err(KernelError::RepeatedBehaviour(behaviour)) if behaviour.name == "oom_tie")
        );
        let kernel = Kernel::parse("4.6~oom-tie.last~mempool-noretry~oom-veto.swap-free").unwrap();
        let names: Vec<String> = kernel.what_ifs().map(|what_if| what_if.name()).collect();
        assert_eq!(names, ["oom-tie.last", "oom-veto.swap-free"]);
    }

    #[test]
    fn a_patch_leaves_alone_what_it_does_not_find() {
        let value = |name: &str, behaviour: &str| {
            let rows = Kernel::parse(name).unwrap().policy.rows();
            rows.iter().find(|row| row.name == behaviour).unwrap().value
        };
        let nap = |name: &str| value(name, "worker_nap");
        assert_eq!(
            [nap("4.6~revert-564e81a5"), nap("4.7~revert-564e81a5")],
            ["Absent", "ShouldReclaimRetry"]
        );
        let reserves = |name: &str| value(name, "mempool_reserves");
        assert_eq!(
            [reserves("4.6~mempool-victims"), reserves("4.8~mempool-victims")],
            ["VictimsOnly", "NeverAgain"]
        );
        let throttle = |name: &str| value(name, "throttle_vm_writeout");
        assert_eq!(
            [throttle("4.8~mempool-noretry"), throttle("4.9~mempool-noretry")],
            ["NotNoretry", "Absent"]
        );
    }

    #[test]
    fn crypt_ctr_fills_its_pools_with_min_ios() {
        use crate::kernel::CryptMinIos;
        assert_eq!([CryptMinIos::Sixteen, CryptMinIos::SixtyFour].map(CryptMinIos::count), [16, 64]);
    }
}
