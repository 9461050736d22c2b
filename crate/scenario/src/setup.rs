//! A scenario with changes, kernels and seeds: what a run needs and what a link says.

use crate::config;
use crate::error::{Error, nearest, nearest_or, shown};
use crate::file::Scenario;
use crate::settings::{Change, Settings, ZONES, is_preset, is_set_by};
use swapscope_sim::config::Config;
use swapscope_sim::kernel::{BEHAVIOURS, Kernel, KernelError, PATCHES, VERSIONS, WhatIf, kebab};

/// Most kernels in one comparison.
pub const KERNELS_MAX: usize = 8;
/// Most seeds in one ensemble.
pub const SEEDS_MAX: u64 = 1000;
/// Largest seed: it fits into a number of every language.
pub const SEED_MAX: u64 = u32::MAX as u64;

/// What a comparison consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The scenario that it starts from.
    pub scenario: Scenario,
    /// A value for every parameter.
    pub settings: Settings,
    /// The kernels, in the order of the columns.
    pub kernels: Vec<Kernel>,
    /// Seed of the run that is shown.
    pub seed: u64,
    /// Size of the ensemble: seeds `seed` to `seed + seeds - 1`.
    pub seeds: u64,
}

impl Setup {
    /// The scenario as its file has it.
    ///
    /// # Errors
    /// At the file: an unknown kernel, or values that do not fit together.
    pub fn new(scenario: Scenario) -> Result<Self, Error> {
        Self::with(scenario, &[], &[])
    }

    /// The scenario with changes and, unless the list is empty, other kernels (name and place of each).
    ///
    /// # Errors
    /// An unknown kernel, or values that do not fit together.
    pub fn with(scenario: Scenario, changes: &[Change], kernels: &[(String, String)]) -> Result<Self, Error> {
        let workload = changes.iter().rev().find(|change| change.key == "workload");
        let name = workload.and_then(|change| {
            usize::try_from(change.value.number()).ok().and_then(|at| crate::param::WORKLOADS.get(at))
        });
        let mut settings = scenario.settings(name.map(|choice| choice.name));
        settings.apply(changes);
        let kernels = parse_kernels(if kernels.is_empty() { &scenario.kernels } else { kernels })?;
        let setup = Self { scenario, settings, kernels, seed: 1, seeds: 1 };
        setup.config()?;
        Ok(setup)
    }

    /// What the model runs.
    ///
    /// # Errors
    /// Values that do not fit together, at the place of one of them.
    pub fn config(&self) -> Result<Config, Error> {
        config::config(&self.settings)
    }

    /// The changes to the scenario, as canonical keys and values in the order of the table.
    #[must_use]
    pub fn changes(&self) -> Vec<(&'static str, String)> {
        let workload = self.settings.text("workload");
        let mut out = Vec::new();
        if self.scenario.settings(None).text("workload") != workload {
            out.push(("workload", workload.clone()));
        }
        out.extend(self.settings.changes_from(&self.scenario.settings(Some(&workload))));
        out
    }

    /// The same with another value of one parameter, and with what that one sets.
    ///
    /// # Errors
    /// Values that do not fit together.
    pub fn set(&self, change: &Change) -> Result<Self, Error> {
        if change.key == "workload" {
            // The scenario may have other values for another workload.
            return self.with_changes(|key| key != "workload", Some(change));
        }
        let own = self.scenario.settings(Some(&self.settings.text("workload")));
        let is_new = self.settings.value(change.key) != change.value;
        if is_preset(change.key) && is_new && own.value(change.key) == change.value {
            // The scenario's own preset brings the scenario's own values, which may be others than the preset gives.
            return self.with_changes(|key| key != change.key && !is_set_by(key, change.key), None);
        }
        let mut changes = vec![change.clone()];
        // Zones are said together: one of them alone would clear the others.
        for zone in ZONES.iter().filter(|zone| ZONES.contains(&change.key) && **zone != change.key) {
            let value = self.settings.value(zone);
            changes.push(Change { key: zone, value, place: change.place.clone() });
        }
        let mut there = self.clone();
        there.settings.apply(&changes);
        there.config()?;
        Ok(there)
    }

    /// The same with the scenario's own value of one parameter, or with what a preset gives it.
    ///
    /// # Errors
    /// Values that do not fit together.
    pub fn reset(&self, key: &str) -> Result<Self, Error> {
        self.with_changes(|other| other != key && !(ZONES.contains(&key) && ZONES.contains(&other)), None)
    }

    /// The same with a part of the changes, and one more.
    fn with_changes(&self, keep: impl Fn(&str) -> bool, more: Option<&Change>) -> Result<Self, Error> {
        let mut changes = Vec::new();
        for (key, text) in self.changes().into_iter().filter(|(key, _)| keep(key)) {
            changes.push(Change::parse(key, &text, key)?);
        }
        changes.extend(more.cloned());
        let kernels = self.kernel_names().into_iter().map(|name| (name, "kernels".to_owned()));
        let kernels: Vec<_> = kernels.collect();
        Self::with(self.scenario.clone(), &changes, &kernels)?.seeds(self.seed, self.seeds, "seed")
    }

    /// Where each parameter goes back to: the scenario's value, or what a changed preset gives.
    #[must_use]
    pub fn defaults(&self) -> Settings {
        let own = self.scenario.settings(Some(&self.settings.text("workload")));
        let presets = self.changes().into_iter().filter(|(key, _)| is_preset(key));
        let presets: Vec<Change> =
            presets.filter_map(|(key, text)| Change::parse(key, &text, key).ok()).collect();
        own.under(&presets)
    }

    /// Names of the kernels, in the order of the columns.
    #[must_use]
    pub fn kernel_names(&self) -> Vec<String> {
        self.kernels.iter().map(Kernel::name).collect()
    }

    /// Takes seeds.
    ///
    /// # Errors
    /// At `place`, when one is out of range.
    pub fn seeds(mut self, seed: u64, seeds: u64, place: &str) -> Result<Self, Error> {
        if !(1..=SEEDS_MAX).contains(&seeds) {
            return Err(Error::new(place, format!("{seeds} seeds: expected 1 to {SEEDS_MAX}")));
        }
        if seed > SEED_MAX - SEEDS_MAX {
            return Err(Error::new(place, format!("seed {seed}: expected 0 to {}", SEED_MAX - SEEDS_MAX)));
        }
        (self.seed, self.seeds) = (seed, seeds);
        Ok(self)
    }
}

/// Reads names of kernels; each comes with its place.
///
/// # Errors
/// At the place of a name: an unknown version or patch with the nearest, a kernel that is there twice, too many.
pub fn parse_kernels(names: &[(String, String)]) -> Result<Vec<Kernel>, Error> {
    let mut kernels: Vec<Kernel> = Vec::new();
    for (name, place) in names {
        let kernel = Kernel::parse(name).map_err(|error| Error::new(place, kernel_message(name, &error)))?;
        if kernels.contains(&kernel) {
            return Err(Error::new(place, format!("kernel '{}' is there twice", shown(name))));
        }
        if kernels.len() == KERNELS_MAX {
            return Err(Error::new(place, format!("more than {KERNELS_MAX} kernels")));
        }
        kernels.push(kernel);
    }
    Ok(kernels)
}

fn kernel_message(name: &str, error: &KernelError) -> String {
    let name = shown(name);
    match error {
        KernelError::UnknownVersion(version) => {
            let near = nearest(version, VERSIONS.iter().map(|version| version.name));
            format!("unknown kernel '{}'{near}", shown(version))
        }
        KernelError::UnknownPatch(patch) => match WhatIf::parse(patch) {
            Err(KernelError::UnknownValue(behaviour, _)) => {
                let names = behaviour.values.iter().map(|value| format!("{patch}.{}", kebab(value.name)));
                let names = names.collect::<Vec<_>>().join(", ");
                format!("'{patch}' in '{name}' lacks a value; expected one of {names}")
            }
            _ => {
                let near = nearest(patch, PATCHES.iter().map(|patch| patch.name));
                format!("unknown patch '{}' in '{name}'{near}", shown(patch))
            }
        },
        KernelError::RepeatedPatch(patch) => format!("patch '{}' is there twice in '{name}'", shown(patch)),
        KernelError::UnknownBehaviour(field) => {
            let fields: Vec<String> = BEHAVIOURS.iter().map(|behaviour| kebab(behaviour.name)).collect();
            let near = nearest_or(field, fields.iter().map(String::as_str), "swapscope kernels");
            format!("unknown behaviour '{}' in '{name}'{near}", shown(field))
        }
        KernelError::UnknownValue(behaviour, value) => {
            let names: Vec<String> = behaviour.values.iter().map(|value| kebab(value.name)).collect();
            let near = nearest(value, names.iter().map(String::as_str));
            format!("'{}' has no value '{}' in '{name}'{near}", kebab(behaviour.name), shown(value))
        }
        KernelError::RepeatedBehaviour(behaviour) => {
            format!("behaviour '{}' is set twice in '{name}'", kebab(behaviour.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::BUNDLED;
    use crate::value::{Kind, Value};

    #[test]
    fn bundled_scenarios_run() {
        for bundled in BUNDLED {
            for workload in crate::param::WORKLOADS {
                let scenario = Scenario::bundled(bundled.name, "test").unwrap();
                let change = Change::parse("workload", workload.name, "test").unwrap();
                Setup::with(scenario, &[change], &[]).unwrap();
            }
        }
    }

    fn bundled(name: &str) -> Setup {
        Setup::new(Scenario::bundled(name, "test").unwrap()).unwrap()
    }

    fn set(setup: &Setup, key: &str, text: &str) -> Setup {
        setup.set(&Change::parse(key, text, "test").unwrap()).unwrap()
    }

    #[test]
    fn every_value_goes_back_to_where_it_was() {
        for name in ["dmcrypt-2016", "lab-256m"] {
            let own = bundled(name);
            for param in crate::param::PARAMS {
                for value in crate::slider::stops(param, &[]) {
                    let change = Change { key: param.key, value, place: "".into() };
                    // Not every size fits into every machine.
                    let Ok(there) = own.set(&change) else { continue };
                    if there.settings.is_relevant(param) {
                        assert_eq!(there.settings.value(param.key), value, "{}", param.key);
                    }
                    assert_eq!(there.reset(param.key).unwrap().settings, own.settings, "{}", param.key);
                }
            }
        }
    }

    #[test]
    fn a_preset_wins_over_what_was_set_before_and_is_where_values_go_back_to() {
        let there = set(&set(&bundled("lab-256m"), "disk-rate", "7M"), "disk", "nvme");
        assert_eq!(there.changes(), [("disk", "nvme".to_owned())]);
        assert_eq!(there.defaults().text("disk-rate"), "2g");
        let there = set(&there, "disk-rate", "1G");
        assert_eq!(there.defaults().text("disk-rate"), "2g");
        assert_eq!(there.reset("disk-rate").unwrap().settings.text("disk-rate"), "2g");
        assert_eq!(there.reset("disk").unwrap().changes(), [("disk-rate", "1g".to_owned())]);
    }

    #[test]
    fn a_preset_that_is_set_back_brings_the_values_of_the_scenario() {
        for name in ["dmcrypt-2016", "lab-256m", "dahl-8g"] {
            let own = bundled(name);
            for param in crate::param::PARAMS.iter().filter(|param| is_preset(param.key)) {
                let back = own.settings.text(param.key);
                let values = match param.kind {
                    Kind::Choice(choices) => (0..choices.len() as u64).map(Value::Number).collect(),
                    _ => crate::slider::stops(param, &[]),
                };
                let set_to = |value| own.set(&Change { key: param.key, value, place: "".into() });
                // Not every size is one for this machine.
                let others: Vec<Setup> = values.into_iter().filter_map(|value| set_to(value).ok()).collect();
                assert!(others.len() > 1, "{name}: {}", param.key);
                for there in others {
                    let value = there.settings.text(param.key);
                    let there = set(&there, "swappiness", "7");
                    let there =
                        set(&set(&there, param.key, &back), "swappiness", &own.settings.text("swappiness"));
                    assert_eq!(there.changes(), [], "{name}: {} back from {value}", param.key);
                }
            }
        }
        // What was set beside it goes, as under any other preset; what has nothing to do with it stays.
        let there = set(&set(&bundled("lab-256m"), "ram", "512M"), "zone-dma32", "65536,60000");
        assert_eq!(set(&set(&there, "hz", "100"), "ram", "256M").changes(), [("hz", "100".to_owned())]);
    }

    #[test]
    fn under_a_changed_preset_a_value_can_be_that_of_the_scenario() {
        let there = set(&bundled("lab-256m"), "cipher", "aes");
        let own = bundled("lab-256m").settings.text("cipher-time");
        assert_ne!(there.settings.text("cipher-time"), own);
        assert_eq!(set(&there, "cipher-time", &own).settings.text("cipher-time"), own);
    }

    #[test]
    fn one_zone_leaves_the_others_alone() {
        let own = bundled("dmcrypt-2016");
        let there = set(&own, "zone-dma32", "200000,190000");
        assert_eq!(there.settings.text("zone-dma"), own.settings.text("zone-dma"));
        assert_eq!(there.reset("zone-dma").unwrap().settings, own.settings);
    }

    #[test]
    fn another_workload_has_the_values_that_the_scenario_gives_it() {
        let own = set(&bundled("dmcrypt-2016"), "swappiness", "10");
        let build = set(&own, "workload", "build");
        let fresh = set(&bundled("dmcrypt-2016"), "workload", "build");
        assert_eq!(build.settings.text("jobs"), fresh.settings.text("jobs"));
        assert_eq!(build.settings.text("swappiness"), "10");
        assert_eq!(build.reset("workload").unwrap().changes(), own.changes());
    }

    #[test]
    fn kernels_are_named_by_their_nearest() {
        let error =
            |name: &str| parse_kernels(&[(name.to_owned(), "--kernel".to_owned())]).unwrap_err().to_string();
        assert_eq!(error("4.7-rc66"), "--kernel: unknown kernel '4.7-rc66'; nearest is '4.7-rc6'");
        assert_eq!(
            error("4.6~mempool-nortry"),
            "--kernel: unknown patch 'mempool-nortry' in '4.6~mempool-nortry'; nearest is 'mempool-noretry'"
        );
        assert_eq!(
            error("4.6~mempool-noretry~mempool-noretry"),
            "--kernel: patch 'mempool-noretry' is there twice in '4.6~mempool-noretry~mempool-noretry'"
        );
        assert!(error("").starts_with("--kernel: unknown kernel ''; "));
        assert_eq!(
            error("4.6~throttle-vm-writout.absent"),
            "--kernel: unknown behaviour 'throttle-vm-writout' in '4.6~throttle-vm-writout.absent'; nearest is \
             'throttle-vm-writeout'"
        );
        assert_eq!(
            error("4.6~throttle-vm-writeout.removed"),
            "--kernel: 'throttle-vm-writeout' has no value 'removed' in '4.6~throttle-vm-writeout.removed'; expected \
             one of everyone, not-noretry, not-less-throttle, absent"
        );
        assert_eq!(
            error("4.6~oom-tie.frist"),
            "--kernel: 'oom-tie' has no value 'frist' in '4.6~oom-tie.frist'; nearest is 'first'"
        );
        assert_eq!(
            error("4.6~oom-tie"),
            "--kernel: 'oom-tie' in '4.6~oom-tie' lacks a value; expected one of oom-tie.first, oom-tie.last"
        );
        assert_eq!(
            error("4.6~oom-tie.first~oom-tie.last"),
            "--kernel: behaviour 'oom-tie' is set twice in '4.6~oom-tie.first~oom-tie.last'"
        );
        assert_eq!(
            error("4.6~a.b"),
            "--kernel: unknown behaviour 'a' in '4.6~a.b'; expected one that 'swapscope kernels' lists"
        );
    }
}
