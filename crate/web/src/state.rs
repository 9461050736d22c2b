//! Links, scenarios and the words around a comparison.

use serde::{Deserialize, Serialize};
use swapscope_scenario::link::{self, Finding, Focus, Opened};
use swapscope_scenario::param::{GROUPS, Group, PARAMS, Param, SECTIONS};
use swapscope_scenario::report::{Ensemble, Figures};
use swapscope_scenario::settings::{Change, Settings, is_preset};
use swapscope_scenario::value::Kind;
use swapscope_scenario::{Error, Expectation, Scenario, Setup, slider, text};
use swapscope_sim::kernel::Kernel;
use swapscope_sim::units::Nanos;
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
pub(crate) fn decoded(text: &str) -> Result<Opened, Error> {
    if link::untracked(text).0.trim_matches(['?', '#', ' ']).is_empty() {
        let setup = Setup::new(Scenario::bundled(FIRST, "page")?)?;
        return link::decode(&link::encode(&setup, "")?);
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

impl State {
    /// The canonical state of a setup.
    fn of(setup: &Setup) -> Self {
        Self {
            scenario: setup.scenario.name.clone(),
            kernels: setup.kernel_names(),
            seed: setup.seed,
            seeds: if setup.seeds == 1 { SEEDS } else { setup.seeds },
            changes: setup.changes().into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        }
    }
}

/// Where to look, in seconds.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FocusWire {
    at: Option<f64>,
    view: Option<[f64; 2]>,
}

impl From<Focus> for FocusWire {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53 ns")]
    fn from(focus: Focus) -> Self {
        let seconds = |t: Nanos| t.0 as f64 / 1e9;
        Self { at: focus.at.map(seconds), view: focus.view.map(|view| view.map(seconds)) }
    }
}

impl From<FocusWire> for Focus {
    fn from(focus: FocusWire) -> Self {
        Self { at: focus.at.map(micros), view: focus.view.map(|view| view.map(micros)) }
    }
}

/// A time to the microsecond: more digits of a cursor's place would only make a link longer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
fn micros(seconds: f64) -> Nanos {
    Nanos((seconds * 1e6).round().min(1e12) as u64 * 1000)
}

/// A link that was read.
#[derive(Serialize)]
struct OpenedWire {
    state: State,
    focus: FocusWire,
    /// First digits of the digest that it was shared with, or nothing.
    digest: String,
    /// What to tell the reader about its model version, or that it was typed by hand; or nothing.
    note: String,
}

/// Reads a link into the state of the controls. Nothing at all stands for the first scenario.
///
/// # Errors
/// The link is damaged, or names something that does not exist.
#[wasm_bindgen(unchecked_return_type = "Opened")]
pub fn open(text: &str) -> Result<JsValue, JsError> {
    let opened = decoded(text).map_err(error)?;
    let setup = opened.setup().map_err(error)?;
    to_js(&OpenedWire {
        note: opened.note().unwrap_or_default(),
        focus: opened.focus.into(),
        digest: opened.digest,
        state: State::of(&setup),
    })
}

/// The state with another value of one parameter. A preset brings what it sets.
///
/// # Errors
/// One sentence, to be shown beside the value: what is wrong with it, and what is expected.
#[wasm_bindgen(unchecked_return_type = "State")]
pub fn set(
    #[wasm_bindgen(unchecked_param_type = "State")] state: JsValue,
    key: &str,
    text: &str,
) -> Result<JsValue, JsError> {
    let state: State = serde_wasm_bindgen::from_value(state).map_err(error)?;
    let there = changed(&state, key, text).map_err(|wrong| error(wrong.message))?;
    to_js(&State { seeds: state.seeds, ..State::of(&there) })
}

fn changed(state: &State, key: &str, text: &str) -> Result<Setup, Error> {
    resolve(state)?.set(&Change::parse(key, text, key)?)
}

/// The state in which one parameter has its default again: the scenario's value, or that of a preset.
///
/// # Errors
/// The others do not fit together with it.
#[wasm_bindgen(unchecked_return_type = "State")]
pub fn reset(
    #[wasm_bindgen(unchecked_param_type = "State")] state: JsValue,
    key: &str,
) -> Result<JsValue, JsError> {
    let state: State = serde_wasm_bindgen::from_value(state).map_err(error)?;
    let there = resolve(&state).and_then(|setup| setup.reset(key)).map_err(|wrong| error(wrong.message))?;
    to_js(&State { seeds: state.seeds, ..State::of(&there) })
}

/// The link that gives this state, below the address `base`; with `focus` it points at a moment or a stretch of time.
///
/// # Errors
/// The state names something that does not exist, its values do not fit together, or no link can hold it.
#[wasm_bindgen]
pub fn link(
    #[wasm_bindgen(unchecked_param_type = "State")] state: JsValue,
    base: &str,
    #[wasm_bindgen(unchecked_optional_param_type = "Focus")] focus: Option<JsValue>,
) -> Result<String, JsError> {
    let state: State = serde_wasm_bindgen::from_value(state).map_err(error)?;
    let focus: Option<FocusWire> = focus.map(serde_wasm_bindgen::from_value).transpose().map_err(error)?;
    let focus = focus.unwrap_or_default().into();
    link::encode_with(&resolve(&state).map_err(error)?, base, &focus, None).map_err(error)
}

/// The link that gives what a scenario file says, below the address `base`. `name` is the file's name.
///
/// # Errors
/// The file cannot be used; the message says in which line and why.
#[wasm_bindgen(js_name = openFile)]
pub fn open_file(name: &str, text: &str, base: &str) -> Result<String, JsError> {
    let setup = Scenario::parse(name, text).and_then(Setup::new).map_err(error)?;
    link::encode(&setup, base).map_err(error)
}

/// A control.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    key: &'static str,
    value: String,
    /// What it goes back to: the scenario's own value, or that of a preset.
    default: String,
    kernel_name: &'static str,
    definition: &'static str,
    unit: &'static str,
    /// What is accepted, in words.
    expects: String,
    /// For those that have a list.
    choices: Vec<ChoiceWire>,
    /// Whether it sets others.
    is_preset: bool,
    /// Values of a slider in ascending order, this one and the default among them; none without a slider.
    stops: Vec<String>,
}

/// One of a list.
#[derive(Serialize)]
struct ChoiceWire {
    name: &'static str,
    definition: &'static str,
    /// Parameters that it sets, with their values.
    sets: Vec<(&'static str, &'static str)>,
}

/// Controls that belong together.
#[derive(Serialize)]
struct GroupWire {
    name: &'static str,
    title: &'static str,
    parts: Vec<PartWire>,
}

/// Controls of one section of a scenario file.
#[derive(Serialize)]
struct PartWire {
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
    /// How many expectations of the scenario its runs can be held against.
    expected: usize,
    groups: Vec<GroupWire>,
}

fn control(param: &'static Param, setup: &Setup, defaults: &Settings) -> Control {
    let choice = |name, definition, sets: &[(&'static str, &'static str)]| ChoiceWire {
        name,
        definition,
        sets: sets.to_vec(),
    };
    let choices = match param.kind {
        Kind::Choice(choices) => choices.iter().map(|it| choice(it.name, it.definition, it.sets)).collect(),
        Kind::Switch => vec![choice("off", "", &[]), choice("on", "", &[])],
        Kind::Size | Kind::SizeOrAuto | Kind::Time | Kind::Rate | Kind::Count | Kind::Zone => Vec::new(),
    };
    let expects = if param.is_ranged() {
        format!("{}, {}", param.kind.expectation(), param.range_text())
    } else {
        param.kind.expectation()
    };
    // The workload is changed when it is not the scenario's; its own defaults say what it is now.
    let own = (param.key == "workload").then(|| setup.scenario.settings(None));
    let default = own.as_ref().unwrap_or(defaults).value(param.key);
    let value = setup.settings.value(param.key);
    let show = |value| param.kind.show(value);
    Control {
        key: param.key,
        value: show(value),
        default: show(default),
        kernel_name: param.kernel_name,
        definition: param.definition,
        unit: if param.unit.is_empty() { param.kind.unit() } else { param.unit },
        expects,
        choices,
        is_preset: is_preset(param.key) || param.key == "workload",
        stops: slider::stops(param, &[value, default]).into_iter().map(show).collect(),
    }
}

/// Describes what a link says: the scenario's words, and a control for each parameter that means something.
///
/// # Errors
/// The link is damaged, or names something that does not exist.
#[wasm_bindgen(unchecked_return_type = "Description")]
pub fn describe(text: &str) -> Result<JsValue, JsError> {
    let setup = setup(text).map_err(error)?;
    let defaults = setup.defaults();
    to_js(&Description {
        title: setup.scenario.title.clone(),
        summary: setup.scenario.summary.clone(),
        claim: setup.scenario.claim.clone(),
        words: swapscope_scenario::config::in_words(&setup.settings),
        expected: expectations(&setup).count(),
        groups: GROUPS.iter().map(|group| controls(group, &setup, &defaults)).collect(),
    })
}

/// The controls of a group, the sections that it is made of first and in their order.
fn controls(group: &'static Group, setup: &Setup, defaults: &Settings) -> GroupWire {
    let own = group.sections.iter().filter_map(|name| SECTIONS.iter().find(|section| section.0 == *name));
    let others = SECTIONS.iter().filter(|section| !group.sections.contains(&section.0));
    let parts = own.chain(others).map(|(section, title)| PartWire {
        title,
        controls: PARAMS
            .iter()
            .filter(|param| param.section == *section && param.belongs_to(group))
            .filter(|param| setup.settings.is_relevant(param))
            .map(|param| control(param, setup, defaults))
            .collect(),
    });
    let parts = parts.filter(|part| !part.controls.is_empty()).collect();
    GroupWire { name: group.name, title: group.title, parts }
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

/// What the scenario expects of a kernel, and what came of it.
#[derive(Serialize)]
struct ExpectedWire {
    text: String,
    found: String,
    /// Nothing where it takes more runs to tell.
    holds: Option<bool>,
}

impl ExpectedWire {
    fn of(expectation: &Expectation, runs: &[Figures]) -> Self {
        // The others are of other seeds than it speaks of.
        let runs: Vec<Figures> = runs.iter().filter(|run| run.seed <= expectation.seeds).cloned().collect();
        Self { text: expectation.text(), found: expectation.found(&runs), holds: expectation.holds(&runs) }
    }
}

/// What a scenario expects of the kernels of a setup, each with its column; nothing of one that was changed, or of other
/// seeds.
fn expectations(setup: &Setup) -> impl Iterator<Item = (usize, &Expectation)> {
    let kernels = setup.kernel_names();
    let is_own = setup.seed == 1 && setup.changes().is_empty();
    let all = setup.scenario.expectations.iter().filter(move |_| is_own);
    all.filter_map(move |it| Some((kernels.iter().position(|name| *name == it.kernel)?, it)))
}

/// Puts a comparison into words, from what [`Outcome::figures`](crate::job::Outcome::figures) gave for each column.
///
/// # Errors
/// The link or the figures are not understood.
#[wasm_bindgen(unchecked_return_type = "Verdict")]
pub fn verdict(
    text: &str,
    base: &str,
    #[wasm_bindgen(unchecked_param_type = "Figures[][]")] figures: Vec<JsValue>,
) -> Result<JsValue, JsError> {
    let opened = decoded(text).map_err(error)?;
    let setup = opened.setup().map_err(error)?;
    let runs = runs(figures)?;
    let found = finding(&runs);
    let results: Vec<_> =
        setup.kernels.iter().zip(&runs).map(|(kernel, runs)| (kernel, runs.as_slice())).collect();
    let counted = |(kernel, runs): &(&Kernel, &[Figures])| {
        if runs.len() < 2 {
            return String::new();
        }
        text::outcomes_in_words(&Ensemble::of(kernel, runs).outcomes)
    };
    to_js(&Verdict {
        outcomes: results.iter().map(counted).collect(),
        sentence: text::verdict(&results),
        link: link::encode_with(&setup, base, &opened.focus, Some(&found)).map_err(error)?,
        digest: format!("{:016x}", found.digest),
    })
}

/// What the scenario expects of the kernels of a link, and what came of it by the figures that [`verdict`] takes.
///
/// # Errors
/// The link or the figures are not understood.
#[wasm_bindgen(unchecked_return_type = "Expected[]")]
pub fn expected(
    text: &str,
    #[wasm_bindgen(unchecked_param_type = "Figures[][]")] figures: Vec<JsValue>,
) -> Result<JsValue, JsError> {
    let setup = setup(text).map_err(error)?;
    let runs = runs(figures)?;
    let all = expectations(&setup).filter_map(|(column, it)| Some(ExpectedWire::of(it, runs.get(column)?)));
    to_js(&all.collect::<Vec<_>>())
}

/// What to tell the reader who came with a link and sees its result: that it comes from another version of the model, that
/// the result is not the one that was shared, and which kernels end otherwise than then; nothing where all is as it was
/// shared. `text` is the link as it was opened.
///
/// # Errors
/// The link or the figures are not understood.
#[wasm_bindgen(js_name = sharedNote)]
pub fn shared_note(
    text: &str,
    #[wasm_bindgen(unchecked_param_type = "Figures[][]")] figures: Vec<JsValue>,
) -> Result<String, JsError> {
    let opened = decoded(text).map_err(error)?;
    let kernels = opened.setup().map_err(error)?.kernel_names();
    Ok(opened.account(&kernels, &finding(&runs(figures)?)).unwrap_or_default())
}

/// The figures of all runs of each kernel.
pub(crate) fn runs(figures: Vec<JsValue>) -> Result<Vec<Vec<Figures>>, JsError> {
    figures.into_iter().map(|runs| serde_wasm_bindgen::from_value(runs).map_err(error)).collect()
}

fn finding(runs: &[Vec<Figures>]) -> Finding {
    Finding::of(runs.iter().filter_map(|runs| runs.first()))
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
        let link = made.as_ref().map(|made| link::encode(made, "https://host/"));
        let opened = link.map_err(Clone::clone).flatten().and_then(|link| setup(&link));
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

    #[test]
    fn a_wrong_value_is_one_sentence_and_a_good_one_is_a_state() {
        let message =
            |key: &str, text: &str| changed(&state(&[], &[]), key, text).err().map(|wrong| wrong.message);
        let wrong = message("swappiness", "900").unwrap_or_default();
        assert!(wrong.starts_with("swappiness = 900 is out of range: expected 0 to 100"), "{wrong}");
        assert!(message("ram", "1").is_some_and(|text| text.starts_with("ram = 1: expected a size")));
        assert_eq!(message("swappiness", "90"), None);
        let there = changed(&state(&["4.6~oom-tie.last"], &[("swappiness", "10")]), "ram", "2G");
        let there = there.map(|setup| State::of(&setup)).map(|state| (state.kernels, state.changes));
        let changes = [("ram", "2g"), ("swappiness", "10")];
        let changes = changes.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        assert_eq!(there, Ok((vec!["4.6~oom-tie.last".to_owned()], changes)));
    }

    #[test]
    fn every_parameter_has_one_control_with_a_slider_where_it_is_a_number() -> Result<(), Error> {
        let setup = resolve(&state(&[], &[("disk", "nvme")]))?;
        let defaults = setup.defaults();
        let groups: Vec<GroupWire> = GROUPS.iter().map(|group| controls(group, &setup, &defaults)).collect();
        let all: Vec<&Control> =
            groups.iter().flat_map(|group| &group.parts).flat_map(|part| &part.controls).collect();
        let wanted = PARAMS.iter().filter(|param| setup.settings.is_relevant(param)).count();
        assert_eq!(all.len(), wanted);
        for control in &all {
            let has_slider =
                control.stops.contains(&control.value) && control.stops.contains(&control.default);
            let is_number = PARAMS.iter().any(|param| param.key == control.key && param.is_ranged());
            assert_eq!(has_slider, is_number, "{}: {:?}", control.key, control.stops);
        }
        let changed: Vec<&str> = all
            .iter()
            .filter(|control| control.value != control.default)
            .map(|control| control.key)
            .collect();
        assert_eq!(changed, ["disk"], "what a preset sets is no change");
        Ok(())
    }
}
