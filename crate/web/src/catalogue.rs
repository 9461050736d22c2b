//! What there is to choose from.

use serde::Serialize;
use swapscope_scenario::link::BASE;
use swapscope_scenario::setup::{SEED_MAX, SEEDS_MAX};
use swapscope_scenario::{BUNDLED, Scenario};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::kernel::{
    BEHAVIOURS, Behaviour, BehaviourValue, PATCHES, Patch, VERSIONS, Version, kebab,
};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::wire::to_js;

/// A scenario in a list.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: String,
}

/// A kernel version in a list.
#[derive(Serialize)]
struct VersionWire {
    name: &'static str,
    summary: &'static str,
}

/// A patch in a list.
#[derive(Serialize)]
struct PatchWire {
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    subject: &'static str,
}

/// A policy value that a what-if can set.
#[derive(Serialize)]
struct BehaviourWire {
    group: &'static str,
    /// As in the policy table.
    name: &'static str,
    function: &'static str,
    decides: &'static str,
    values: Vec<ValueWire>,
}

/// One of its values.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueWire {
    /// As in the policy table.
    name: &'static str,
    /// As it stands behind a version.
    what_if: String,
    meaning: &'static str,
    source: &'static str,
}

/// What there is to choose from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    model: u32,
    /// Where links point that are opened elsewhere.
    base: &'static str,
    seed_max: u64,
    scenarios: Vec<Listed>,
    versions: Vec<VersionWire>,
    patches: Vec<PatchWire>,
    behaviours: Vec<BehaviourWire>,
}

/// Scenarios, kernel versions, patches and what-ifs.
///
/// # Errors
/// Never, in practice: bundled scenarios are tested.
#[wasm_bindgen(unchecked_return_type = "Catalogue")]
pub fn catalogue() -> Result<JsValue, JsError> {
    let mut scenarios = Vec::new();
    for bundled in BUNDLED {
        let title = Scenario::bundled(bundled.name, "page").map_err(error)?.title;
        scenarios.push(Listed { name: bundled.name, title });
    }
    let version = |version: &Version| VersionWire { name: version.name, summary: version.summary };
    let patch = |patch: &Patch| {
        let Patch { name, summary, source, subject, .. } = *patch;
        PatchWire { name, summary, source, subject }
    };
    to_js(&Catalogue {
        model: MODEL_VERSION,
        base: BASE,
        seed_max: SEED_MAX - SEEDS_MAX,
        scenarios,
        versions: VERSIONS.iter().map(version).collect(),
        patches: PATCHES.iter().map(patch).collect(),
        behaviours: BEHAVIOURS.iter().map(behaviour).collect(),
    })
}

fn behaviour(behaviour: &Behaviour) -> BehaviourWire {
    let Behaviour { group, name, function, decides, values, .. } = *behaviour;
    let value = |value: &BehaviourValue| {
        let what_if = format!("{}.{}", kebab(behaviour.name), kebab(value.name));
        ValueWire { name: value.name, what_if, meaning: value.meaning, source: value.source }
    };
    BehaviourWire { group, name, function, decides, values: values.iter().map(value).collect() }
}
