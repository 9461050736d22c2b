//! A value for every parameter, where each came from, and the difference between two such sets.

use crate::error::Error;
use crate::param::{self, PARAMS, Param};
use crate::value::{Kind, Value};
use std::sync::{Arc, LazyLock};
use swapscope_sim::sort;

/// Something that is to be set: a key, a text, and where both stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Key of a parameter.
    pub key: &'static str,
    /// Its new value.
    pub value: Value,
    /// Where that was said.
    pub place: Arc<str>,
}

impl Change {
    /// Reads a change.
    ///
    /// # Errors
    /// At the place: an unknown key or a value out of range.
    pub fn parse(key: &str, text: &str, place: &str) -> Result<Self, Error> {
        let param = param::find(key).map_err(|message| Error::new(place, message))?;
        let value = param.parse(text).map_err(|message| Error::new(place, message))?;
        Ok(Self { key: param.key, value, place: place.into() })
    }
}

/// A value for every parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    values: Vec<Value>,
    /// Shared: most parameters of most settings have the same place, and settings are copied for every comparison.
    places: Vec<Arc<str>>,
}

/// What the table of parameters says, read once: every scenario begins with it, and every link is compared with one.
static DEFAULT: LazyLock<Settings> = LazyLock::new(|| {
    let mut settings = Settings {
        values: PARAMS.iter().map(|param| param.parse(param.default).unwrap_or(Value::Auto)).collect(),
        places: vec![Arc::from("default"); PARAMS.len()],
    };
    settings.expand("ram");
    settings
});

impl Default for Settings {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl Settings {
    /// Value of a key; `auto` for a key that does not exist.
    #[must_use]
    pub fn value(&self, key: &str) -> Value {
        param::index(key).map_or(Value::Auto, |index| self.values[index])
    }

    /// The number that stands for a key, in the unit of its kind.
    #[must_use]
    pub fn number(&self, key: &str) -> u64 {
        self.value(key).number()
    }

    /// Canonical text of a key's value.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        param::index(key).map_or(String::new(), |index| PARAMS[index].kind.write(self.values[index]))
    }

    /// A key's value for readers.
    #[must_use]
    pub fn shown(&self, key: &str) -> String {
        param::index(key).map_or(String::new(), |index| PARAMS[index].kind.show(self.values[index]))
    }

    /// Where the value of a key came from: `FILE:LINE`, `default` and the like.
    #[must_use]
    pub fn place(&self, key: &str) -> &str {
        param::index(key).map_or("", |index| &self.places[index])
    }

    /// Whether a parameter means anything under these settings.
    #[must_use]
    pub fn is_relevant(&self, param: &Param) -> bool {
        param.only.is_none_or(|workload| self.text("workload") == workload)
    }

    /// Makes changes that were said together: first those that set others (`ram`, `disk`, ...), then the others, so
    /// that their order does not matter. A change to the value that a key has already changes nothing.
    pub fn apply(&mut self, changes: &[Change]) {
        let zones_given = changes.iter().any(|change| change.key.starts_with("zone-"));
        if zones_given {
            let place = Arc::from("default");
            for key in ZONES {
                self.put(key, Value::Zone(0, 0), &place);
            }
        }
        for change in changes.iter().filter(|change| is_preset(change.key)) {
            if self.value(change.key) != change.value {
                self.put(change.key, change.value, &change.place);
                if !(change.key == "ram" && zones_given) {
                    self.expand(change.key);
                }
            }
        }
        for change in changes.iter().filter(|change| !is_preset(change.key)) {
            self.put(change.key, change.value, &change.place);
        }
    }

    /// These settings with what other presets give; the presets themselves stay.
    #[must_use]
    pub fn under(&self, presets: &[Change]) -> Self {
        let mut there = self.clone();
        there.apply(presets);
        for preset in presets {
            if let Some(index) = param::index(preset.key) {
                there.put(preset.key, self.values[index], &self.places[index]);
            }
        }
        there
    }

    /// The fewest changes that lead from `base` to these settings, in the order of the table, as canonical text.
    /// Parameters that mean nothing to the workload are left out.
    #[must_use]
    pub fn changes_from(&self, base: &Self) -> Vec<(&'static str, String)> {
        let mut reached = base.clone();
        let mut out = Vec::new();
        for preset in [true, false] {
            for (index, param) in
                PARAMS.iter().enumerate().filter(|(_, param)| is_preset(param.key) == preset)
            {
                let value = self.values[index];
                if reached.values[index] == value || !self.is_relevant(param) {
                    continue;
                }
                out.push((index, param.kind.write(value)));
                reached.apply(&[Change { key: param.key, value, place: Arc::clone(&self.places[index]) }]);
            }
        }
        sort::by_number(&mut out, |(index, _)| *index as u64);
        self.with_all_zones(out)
    }

    /// Zones are said together or not at all: one of them alone clears the others.
    fn with_all_zones(&self, mut out: Vec<(usize, String)>) -> Vec<(&'static str, String)> {
        let is_zone = |index: usize| matches!(PARAMS[index].kind, Kind::Zone);
        if out.iter().any(|(index, _)| is_zone(*index)) {
            out.retain(|(index, _)| !is_zone(*index));
            for (index, param) in PARAMS.iter().enumerate().filter(|(index, _)| is_zone(*index)) {
                if self.values[index] != Value::Zone(0, 0) {
                    out.push((index, param.kind.write(self.values[index])));
                }
            }
            sort::by_number(&mut out, |(index, _)| *index as u64);
        }
        out.into_iter().map(|(index, text)| (PARAMS[index].key, text)).collect()
    }

    fn put(&mut self, key: &str, value: Value, place: &Arc<str>) {
        if let Some(index) = param::index(key) {
            self.values[index] = value;
            self.places[index] = Arc::clone(place);
        }
    }

    /// Sets what a parameter stands for.
    fn expand(&mut self, key: &str) {
        let Some(index) = param::index(key) else { return };
        let place = Arc::clone(&self.places[index]);
        if key == "ram" {
            for (key, value) in zones_of(self.values[index].number() / 4) {
                self.put(key, value, &place);
            }
            return;
        }
        let Kind::Choice(choices) = PARAMS[index].kind else { return };
        let chosen = usize::try_from(self.values[index].number()).ok().and_then(|at| choices.get(at));
        for (key, text) in chosen.map_or(&[][..], |choice| choice.sets) {
            if let Ok(value) = param::find(key).and_then(|param| param.parse(text)) {
                self.put(key, value, &place);
            }
        }
    }
}

/// Keys of the zones.
pub const ZONES: [&str; 3] = ["zone-dma", "zone-dma32", "zone-normal"];

/// Whether a parameter sets others.
#[must_use]
pub fn is_preset(key: &str) -> bool {
    matches!(key, "ram" | "cipher" | "disk" | "cost")
}

/// Whether a preset sets a parameter, with one of its values at least.
#[must_use]
pub fn is_set_by(key: &str, preset: &str) -> bool {
    if preset == "ram" {
        return ZONES.contains(&key);
    }
    let choices = match param::find(preset).map(|param| &param.kind) {
        Ok(Kind::Choice(choices)) => choices,
        _ => return false,
    };
    choices.iter().any(|choice| choice.sets.iter().any(|(other, _)| *other == key))
}

/// Zones of a PC with so many pages of RAM.
///
/// The DMA zone is that of the reporter's machine. Memory above 3 GiB lies above 4 GiB, behind the PCI hole. The
/// kernel keeps 64 bytes for each page (its `struct page`) and, below 4 GiB, 3,699 pages for its image and early
/// tables: with these two figures 1 GiB gives exactly the zones that the reporter's kernel printed.
fn zones_of(ram: u64) -> [(&'static str, Value); 3] {
    const PAGES_16M: u64 = 4096;
    const PAGES_3G: u64 = 3 << 18;
    // Two pages at the end of RAM belong to the firmware's tables.
    let below = ram.min(PAGES_3G) - PAGES_16M - 2;
    let above = ram.saturating_sub(PAGES_3G);
    [
        ("zone-dma", Value::Zone(3998, 3977)),
        ("zone-dma32", Value::Zone(below, below.saturating_sub(below.div_ceil(64) + 3699))),
        ("zone-normal", Value::Zone(above, above - above.div_ceil(64))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(settings: &mut Settings, changes: &[(&str, &str)]) {
        let changes: Vec<Change> =
            changes.iter().map(|(key, text)| Change::parse(key, text, "test").unwrap()).collect();
        settings.apply(&changes);
    }

    #[test]
    fn one_gibibyte_gives_the_zones_of_the_report() {
        let settings = Settings::default();
        assert_eq!(settings.text("zone-dma"), "3998,3977");
        assert_eq!(settings.text("zone-dma32"), "258046,250315");
        assert_eq!(settings.text("zone-normal"), "0,0");
    }

    #[test]
    fn ram_above_the_pci_hole_is_normal() {
        let mut settings = Settings::default();
        set(&mut settings, &[("ram", "8G")]);
        assert_eq!(settings.value("zone-normal"), Value::Zone(5 << 18, (5 << 18) - (5 << 12)));
    }

    #[test]
    fn a_value_wins_over_the_preset_beside_it_and_loses_to_a_later_one() {
        let mut settings = Settings::default();
        set(&mut settings, &[("disk-rate", "7M"), ("disk", "hdd")]);
        assert_eq!((settings.text("disk-rate"), settings.text("queue")), ("7m".into(), "legacy".into()));
        set(&mut settings, &[("disk", "hdd")]);
        assert_eq!(settings.text("disk-rate"), "7m", "nothing changed, so nothing is set");
        set(&mut settings, &[("disk", "nvme")]);
        assert_eq!(settings.text("disk-rate"), "2g");
    }

    #[test]
    fn changes_lead_back_to_the_settings() {
        let base = Settings::default();
        for changes in [
            &[("ram", "2G")][..],
            &[("disk", "hdd"), ("disk-seek", "5ms")],
            &[("zone-dma32", "65536,63448")],
            &[("ram", "256M"), ("zone-dma32", "65536,63448"), ("cipher", "null")],
            &[("workload", "build"), ("jobs", "8"), ("hog", "2G")],
            &[("disk", "nvme"), ("disk-rate", "100M")],
        ] {
            let mut there = base.clone();
            set(&mut there, changes);
            let back = there.changes_from(&base);
            let mut again = base.clone();
            let said: Vec<(&str, &str)> = back.iter().map(|(key, text)| (*key, text.as_str())).collect();
            set(&mut again, &said);
            for param in PARAMS.iter().filter(|param| there.is_relevant(param)) {
                assert_eq!(again.value(param.key), there.value(param.key), "{} after {back:?}", param.key);
            }
        }
        assert_eq!(base.changes_from(&base), []);
    }
}
