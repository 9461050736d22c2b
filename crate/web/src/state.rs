//! Links, scenarios and the words around a comparison.

use serde::{Deserialize, Serialize};
use swapscope_scenario::link::{self, Opened};
use swapscope_scenario::param::{PARAMS, Param, SECTIONS};
use swapscope_scenario::report::{self, Ensemble, Figures};
use swapscope_scenario::settings::Change;
use swapscope_scenario::value::Kind;
use swapscope_scenario::{BUNDLED, Error, Scenario, Setup, text};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::kernel::{Kernel, PATCHES, VERSIONS};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::wire::to_js;

/// What the controls of the page hold.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct State {
    scenario: String,
    kernels: Vec<String>,
    seed: u64,
    /// Runs of each kernel.
    seeds: u64,
    /// Key and value of each parameter that is changed.
    changes: Vec<(String, String)>,
}

/// Runs of each kernel, unless a link asks for another number.
const SEEDS: u64 = 16;

/// What the page starts with when its address says nothing.
const FIRST: &str = "dmcrypt-2016";

/// Reads a link in any of its forms; nothing at all stands for the first scenario.
fn decoded(text: &str) -> Result<Opened, Error> {
    if text.trim_matches(['?', '#', ' ']).is_empty() {
        let setup = Setup::new(Scenario::bundled(FIRST, "page")?)?;
        return link::decode(&link::encode(&setup, "", None));
    }
    link::decode(text)
}

/// What a link says, ready to run.
pub(crate) fn setup(text: &str) -> Result<Setup, Error> {
    decoded(text)?.setup()
}

fn resolve(state: &State) -> Result<Setup, Error> {
    let scenario = Scenario::bundled(&state.scenario, "scenario")?;
    let mut changes = Vec::new();
    for (key, value) in &state.changes {
        changes.push(Change::parse(key, value, key)?);
    }
    let kernels: Vec<_> = state.kernels.iter().map(|name| (name.clone(), "kernels".to_owned())).collect();
    // The usual number of runs is no part of a link.
    let seeds = if state.seeds == SEEDS { 1 } else { state.seeds };
    Setup::with(scenario, &changes, &kernels)?.seeds(state.seed, seeds, "seed")
}

/// A link that was read.
#[derive(Serialize)]
struct OpenedWire {
    state: State,
    /// First digits of the digest that it was shared with, or nothing.
    digest: String,
    /// What to tell the reader about its model version, or nothing.
    note: String,
}

/// Reads a link into the state of the controls. Nothing at all stands for the first scenario.
///
/// # Errors
/// The link is damaged, or names something that does not exist.
#[wasm_bindgen]
pub fn open(text: &str) -> Result<JsValue, JsError> {
    let opened = decoded(text).map_err(error)?;
    let setup = opened.setup().map_err(error)?;
    let changes = setup.changes().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    to_js(&OpenedWire {
        note: opened.model_note().unwrap_or_default(),
        digest: opened.digest,
        state: State {
            scenario: setup.scenario.name.clone(),
            kernels: setup.kernel_names(),
            seed: setup.seed,
            seeds: if setup.seeds == 1 { SEEDS } else { setup.seeds },
            changes,
        },
    })
}

/// The link that gives this state, below the address `base`.
///
/// # Errors
/// The state names something that does not exist, or its values do not fit together.
#[wasm_bindgen]
pub fn link(state: JsValue, base: &str) -> Result<String, JsError> {
    let state: State = serde_wasm_bindgen::from_value(state).map_err(error)?;
    Ok(link::encode(&resolve(&state).map_err(error)?, base, None))
}

/// The link that gives what a scenario file says, below the address `base`. `name` is the file's name.
///
/// # Errors
/// The file cannot be used; the message says in which line and why.
#[wasm_bindgen(js_name = openFile)]
pub fn open_file(name: &str, text: &str, base: &str) -> Result<String, JsError> {
    let setup = Scenario::parse(name, text).and_then(Setup::new).map_err(error)?;
    Ok(link::encode(&setup, base, None))
}

/// A scenario in a list.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: String,
}

/// A kernel version or a patch in a list.
#[derive(Serialize)]
struct Named {
    name: &'static str,
    summary: &'static str,
}

/// What there is to choose from.
#[derive(Serialize)]
struct Catalogue {
    model: u32,
    scenarios: Vec<Listed>,
    versions: Vec<Named>,
    patches: Vec<Named>,
}

/// Scenarios, kernel versions and patches.
///
/// # Errors
/// Never, in practice: bundled scenarios are tested.
#[wasm_bindgen]
pub fn catalogue() -> Result<JsValue, JsError> {
    let mut scenarios = Vec::new();
    for bundled in BUNDLED {
        let title = Scenario::bundled(bundled.name, "page").map_err(error)?.title;
        scenarios.push(Listed { name: bundled.name, title });
    }
    to_js(&Catalogue {
        model: MODEL_VERSION,
        scenarios,
        versions: VERSIONS
            .iter()
            .map(|version| Named { name: version.name, summary: version.summary })
            .collect(),
        patches: PATCHES.iter().map(|patch| Named { name: patch.name, summary: patch.summary }).collect(),
    })
}

/// A control.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    key: &'static str,
    value: String,
    /// The scenario's own value.
    default: String,
    kernel_name: &'static str,
    definition: &'static str,
    /// What is accepted, in words.
    expects: String,
    /// Name and meaning of each choice, for those that have a list.
    choices: Vec<(&'static str, &'static str)>,
}

/// Controls under a heading.
#[derive(Serialize)]
struct Section {
    title: &'static str,
    controls: Vec<Control>,
}

/// Words and controls for a state.
#[derive(Serialize)]
struct Description {
    title: String,
    summary: String,
    claim: String,
    words: String,
    workload: String,
    workloads: Vec<(&'static str, &'static str)>,
    sections: Vec<Section>,
}

fn control(param: &'static Param, setup: &Setup, own: &swapscope_scenario::settings::Settings) -> Control {
    let choices = match param.kind {
        Kind::Choice(choices) => choices.iter().map(|choice| (choice.name, choice.definition)).collect(),
        Kind::Switch => vec![("on", ""), ("off", "")],
        Kind::Size | Kind::SizeOrAuto | Kind::Time | Kind::Rate | Kind::Count | Kind::Zone => Vec::new(),
    };
    let expects = if param.is_ranged() {
        format!("{}, {}", param.kind.expectation(), param.range_text())
    } else {
        param.kind.expectation()
    };
    Control {
        key: param.key,
        value: setup.settings.text(param.key),
        default: own.text(param.key),
        kernel_name: param.kernel_name,
        definition: param.definition,
        expects,
        choices,
    }
}

/// Describes what a link says: the scenario's words, and a control for each parameter that means something.
///
/// # Errors
/// The link is damaged, or names something that does not exist.
#[wasm_bindgen]
pub fn describe(text: &str) -> Result<JsValue, JsError> {
    let setup = setup(text).map_err(error)?;
    let workload = setup.settings.text("workload");
    let own = setup.scenario.settings(Some(&workload));
    let sections = SECTIONS.iter().map(|(section, title)| Section {
        title,
        controls: PARAMS
            .iter()
            .filter(|param| param.section == *section && param.key != "workload")
            .filter(|param| setup.settings.is_relevant(param))
            .map(|param| control(param, &setup, &own))
            .collect(),
    });
    to_js(&Description {
        title: setup.scenario.title.clone(),
        summary: setup.scenario.summary.clone(),
        claim: setup.scenario.claim.clone(),
        words: swapscope_scenario::config::in_words(&setup.settings),
        workload,
        workloads: swapscope_scenario::param::WORKLOADS
            .iter()
            .map(|choice| (choice.name, choice.definition))
            .collect(),
        sections: sections.collect(),
    })
}

/// A finished comparison.
#[derive(Serialize)]
struct Verdict {
    /// In one sentence.
    sentence: String,
    /// Its link, with the digest of the result.
    link: String,
    /// The digest, 16 hexadecimal digits.
    digest: String,
    /// By kernel, how often the outcomes came up; empty for single runs.
    outcomes: Vec<String>,
}

/// Puts a comparison into words, from what [`Outcome::figures`](crate::job::Outcome::figures) gave for each column.
///
/// # Errors
/// The link or the figures are not understood.
#[wasm_bindgen]
pub fn verdict(text: &str, base: &str, figures: Vec<JsValue>) -> Result<JsValue, JsError> {
    let setup = setup(text).map_err(error)?;
    let mut runs: Vec<Vec<Figures>> = Vec::new();
    for figures in figures {
        runs.push(serde_wasm_bindgen::from_value(figures).map_err(error)?);
    }
    let shown = runs.iter().filter_map(|runs| runs.first());
    let digest = report::digest(shown.map(|figures| figures.hash));
    let results: Vec<_> =
        setup.kernels.iter().zip(&runs).map(|(kernel, runs)| (kernel, runs.as_slice())).collect();
    let counted = |(kernel, runs): &(&Kernel, &[Figures])| {
        if runs.len() < 2 { String::new() } else { text::outcomes(&Ensemble::of(kernel, runs).outcomes) }
    };
    to_js(&Verdict {
        outcomes: results.iter().map(counted).collect(),
        sentence: text::verdict(&results),
        link: link::encode(&setup, base, Some(digest)),
        digest: format!("{digest:016x}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(kernels: &[&str], changes: &[(&str, &str)]) -> State {
        State {
            scenario: FIRST.to_owned(),
            kernels: kernels.iter().map(|name| (*name).to_owned()).collect(),
            seed: 1,
            seeds: SEEDS,
            changes: changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn an_empty_address_opens_the_first_scenario() {
        for text in ["", "?", "#"] {
            let name = setup(text).map(|setup| setup.scenario.name);
            assert_eq!(name, Ok(FIRST.to_owned()));
        }
    }

    #[test]
    fn a_link_opens_what_the_controls_held() {
        let made = resolve(&state(&["4.7-rc6", "4.6"], &[("ram", "512M")]));
        let link = made.as_ref().map(|made| link::encode(made, "https://host/", None));
        let opened = link.map_err(Clone::clone).and_then(|link| setup(&link));
        assert_eq!(opened.map(|setup| setup.changes()), made.map(|setup| setup.changes()));
    }

    #[test]
    fn wrong_values_of_controls_are_said_at_their_key() {
        let message = |state: &State| resolve(state).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message(&state(&[], &[("ram", "10T")])).starts_with("ram: ram = 10T is out of range"));
        assert!(
            message(&state(&["4.66"], &[])).starts_with("kernels: unknown kernel '4.66'; nearest is '4.6'")
        );
        assert!(message(&state(&[], &[("rom", "1G")])).starts_with("rom: unknown key 'rom'"));
    }
}
