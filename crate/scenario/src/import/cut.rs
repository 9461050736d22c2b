//! Reports that break off among their zones, and what `lowmem_reserve` tells of the zones that did not come.
//!
//! `setup_per_zone_lowmem_reserve`: a zone has a number for each zone of its node. It is what all zones between manage, that
//! one included, divided by a ratio. So it rises wherever there is a zone above.

use super::facts::{Facts, Zone};
use swapscope_sim::config::ZoneKind;

/// Zones of a node, the lowest first.
const ORDER: [&str; 6] = ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"];

/// Where a report was cut off.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// The last zone that came, and where.
    pub after: (String, usize),
    /// The zones that did not come: managed is exact to the ratio, present is a guess.
    pub missing: Vec<Zone>,
}

impl Cut {
    /// `None` where all zones came that are told of.
    pub(super) fn of(facts: &Facts) -> Option<Self> {
        let mut cut: Option<Self> = None;
        let mut nodes: Vec<u64> = facts.zones.iter().map(|zone| zone.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        for node in nodes {
            let here: Vec<&Zone> = facts.present().filter(|zone| zone.node == node).collect();
            // A list may be cut off, too: the one that tells most counts.
            let managed = |missing: &Vec<Zone>| missing.iter().map(|zone| zone.managed).sum::<Option<u64>>();
            let missing = here.iter().map(|zone| above(zone, &here)).max_by_key(managed).unwrap_or_default();
            let Some(last) = here.last().filter(|_| !missing.is_empty()) else { continue };
            let after = (last.name.clone(), last.line);
            cut.get_or_insert(Self { after, missing: Vec::new() }).missing.extend(missing);
        }
        cut
    }

    /// In words, to begin a rule with.
    pub(super) fn words(&self) -> String {
        format!("the report is cut off after zone {}, line {}", self.after.0, self.after.1)
    }
}

/// What the list of a zone tells of zones that are not among those of its node.
fn above(zone: &Zone, here: &[&Zone]) -> Vec<Zone> {
    let rank = |zone: &Zone| ORDER.iter().position(|name| *name == zone.name);
    let came = here.iter().filter(|other| rank(other) > rank(zone));
    let is_dma_last = zone.name == "DMA" && came.clone().next().is_none();
    let ratio = match zone.name.as_str() {
        "DMA" => ZoneKind::Dma,
        "DMA32" => ZoneKind::Dma32,
        _ => ZoneKind::Normal,
    }
    .lowmem_reserve_ratio();
    let steps = zone.reserve.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    let missing = steps.filter(|step| *step > 0).skip(came.count());
    let missing = missing.enumerate().map(|(at, step)| {
        let managed = step.saturating_mul(ratio).min(1 << 40);
        Zone {
            node: zone.node,
            name: if at == 0 && is_dma_last { "DMA32" } else { "Normal" }.to_owned(),
            line: zone.reserve_line,
            // The kernel keeps a struct page of 64 bytes for each page.
            present: Some(managed + managed.div_ceil(63)),
            managed: Some(managed),
            ..Zone::default()
        }
    });
    missing.collect()
}
