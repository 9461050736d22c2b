//! What a link of an older model said without saying it.
//!
//! A later model may give a word of a link a meaning that it did not have when the link was made. The link is then
//! read with what it stood for: the machine stays the one that was shared, and only the model differs.

/// `key=value` of links up to a model stood for one more setting.
struct Upgrade {
    /// The last model in which it did.
    until: u32,
    said: (&'static str, &'static str),
    meant: (&'static str, &'static str),
}

const UPGRADES: &[Upgrade] = &[
    // Up to model 2 swap slots were handed out one after the other, on every disk: per-CPU clusters of disks that do not
    // rotate (ebc2a1a69111) came with model 3, and this preset uses them since.
    Upgrade { until: 2, said: ("disk", "nvme"), meant: ("rotational", "on") },
];

/// Adds what the words of a link stood for in the model that it was made with, unless the link says it itself.
pub(super) fn upgrade<'a>(model: u32, words: &mut Vec<(&'a str, &'a str)>) {
    for step in UPGRADES.iter().filter(|step| model <= step.until) {
        if words.contains(&step.said) && !words.iter().any(|(key, _)| *key == step.meant.0) {
            words.push(step.meant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Change;

    #[test]
    fn every_step_is_of_the_past_and_can_be_read() {
        for step in UPGRADES {
            assert!(step.until < swapscope_sim::MODEL_VERSION);
            for (key, value) in [step.said, step.meant] {
                Change::parse(key, value, "test").unwrap();
            }
        }
    }

    #[test]
    fn what_a_link_says_itself_stays() {
        let upgraded = |model, words: &[(&'static str, &'static str)]| {
            let mut words = words.to_vec();
            upgrade(model, &mut words);
            words
        };
        let nvme = ("disk", "nvme");
        assert_eq!(upgraded(2, &[nvme]), [nvme, ("rotational", "on")]);
        assert_eq!(upgraded(3, &[nvme]), [nvme]);
        assert_eq!(upgraded(1, &[nvme, ("rotational", "off")]), [nvme, ("rotational", "off")]);
        assert_eq!(upgraded(1, &[("disk", "hdd")]), [("disk", "hdd")]);
    }
}
