//! A map of outcomes over a grid of settings: which runs there are, and what came of them. The page runs them.

use std::collections::BTreeMap;

use serde::Serialize;
use swapscope_chart::{Cell, Ending, HeatMap, LINE_EXPLAINED, Measure, SIDE_MAX, heat_map};
use swapscope_scenario::link::{self, Opened};
use swapscope_scenario::report::Figures;
use swapscope_scenario::settings::Change;
use swapscope_scenario::sweep::{Plan, Vary};
use swapscope_scenario::{Error, Setup};
use swapscope_sim::trace::Outcome;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::state;
use crate::wire::to_js;

/// Most runs of a sweep in a browser.
const RUNS_MAX: usize = 2000;

/// A sweep, with the runs that are there.
#[wasm_bindgen]
pub struct Sweep {
    opened: Opened,
    /// Its changes, without those that vary.
    fixed: Vec<Change>,
    plan: Plan,
    links: Vec<String>,
    map: HeatMap,
    lines: BTreeMap<usize, String>,
}

/// What there is to run. Run `n` is of kernel `n / seeds % kernels` at link `n / seeds / kernels`, its seed is by `n % seeds`
/// later than that of the link.
#[derive(Serialize)]
struct PlanWire {
    title: String,
    note: String,
    kernels: Vec<String>,
    seeds: u64,
    /// A link for each point of the grid; the values upwards turn fastest.
    links: Vec<String>,
    x: SideWire,
    y: SideWire,
    /// What does the same on the command line.
    command: String,
}

/// One side of the maps.
#[derive(Serialize)]
struct SideWire {
    key: &'static str,
    label: String,
    values: Vec<String>,
}

/// The maps as they are by now.
#[derive(Serialize)]
struct MapsWire {
    /// Of each kernel, row by row, the lowest first.
    maps: Vec<Vec<CellWire>>,
    legend: Vec<CellWire>,
    explained: [&'static str; 2],
}

/// A cell, or an entry of the legend.
#[derive(Serialize)]
struct CellWire {
    /// The outcome that gives the colour; `none` for no colour, and nothing where nothing was run.
    look: &'static str,
    /// In hundredths.
    strength: u64,
    /// What stands in it: a long form and a short one.
    text: [String; 2],
    /// The same as a sentence.
    words: String,
    /// Where OOM kills begin: `right`, `up`, both or nothing.
    edges: &'static str,
    /// Seed of a run that is so.
    seed: u64,
}

impl CellWire {
    fn new(cell: Cell) -> Self {
        let edges = match (cell.right, cell.up) {
            (true, true) => "right up",
            (true, false) => "right",
            (false, true) => "up",
            (false, false) => "",
        };
        let words = cell.words;
        let Some(swatch) = cell.look else {
            return Self { look: "", strength: 0, text: Default::default(), words, edges, seed: 0 };
        };
        let [long, short, _] = swatch.forms;
        Self {
            look: swatch.outcome.map_or("none", Outcome::name),
            strength: swatch.strength,
            text: [long, short],
            words,
            edges,
            seed: swatch.seed,
        }
    }
}

#[wasm_bindgen]
impl Sweep {
    /// Plans the runs of what a link says over two keys, each as `KEY=A,B,C` or `KEY=A..B:STEP`, with so many seeds.
    ///
    /// # Errors
    /// A key or a value that cannot be used, wherever in the grid; too many values or runs.
    #[wasm_bindgen(constructor)]
    pub fn new(link: &str, x: &str, y: &str, seeds: u32) -> Result<Self, JsError> {
        Self::planned(link, x, y, u64::from(seeds)).map_err(error)
    }

    fn planned(link: &str, x: &str, y: &str, seeds: u64) -> Result<Self, Error> {
        let varied = vec![Vary::parse(x)?, Vary::parse(y)?];
        if let Some(vary) = varied.iter().find(|vary| vary.values.len() > SIDE_MAX) {
            let message = format!("{} values: expected at most {SIDE_MAX}", vary.values.len());
            return Err(Error::new(vary.param.key, message));
        }
        let opened = Opened { seeds, ..state::decoded(link)? };
        let keys: Vec<&str> = varied.iter().map(|vary| vary.param.key).collect();
        let fixed: Vec<Change> =
            opened.changes.iter().filter(|change| !keys.contains(&change.key)).cloned().collect();
        let changes: Vec<Change> = varied.iter().map(|vary| vary.change(0)).collect();
        let plan = Plan::begin(varied, RUNS_MAX, point(&opened, &fixed, &changes)?)?;
        let title = plan.first.scenario.title.clone();
        let map = HeatMap::new(title, plan.note(), plan.sides(), plan.maps());
        Ok(Self { opened, fixed, plan, links: Vec::new(), map, lines: BTreeMap::new() })
    }

    /// Looks at one more point of the grid; false once all have been looked at. It takes some milliseconds for each.
    ///
    /// # Errors
    /// A point that is no machine.
    pub fn grow(&mut self) -> Result<bool, JsError> {
        let Some(changes) = self.plan.next_changes() else { return Ok(false) };
        let point = point(&self.opened, &self.fixed, &changes);
        if let Ok(setup) = &point {
            self.links.push(link::encode(setup, "").map_err(error)?);
        }
        self.plan.push(point).map_err(error)?;
        Ok(true)
    }

    /// What there is to run, once the plan has grown to its end.
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    #[wasm_bindgen(unchecked_return_type = "SweepPlan")]
    pub fn plan(&self) -> Result<JsValue, JsError> {
        let key = |at: usize| self.plan.varied.get(at).map_or("", |vary| vary.param.key);
        let [x, y] = self.plan.sides();
        to_js(&PlanWire {
            title: self.map.title.clone(),
            note: self.map.note.clone(),
            kernels: self.plan.first.kernel_names(),
            seeds: self.plan.first.seeds,
            links: self.links.clone(),
            x: SideWire { key: key(0), label: x.0, values: x.1 },
            y: SideWire { key: key(1), label: y.0, values: y.1 },
            command: self.plan.command(),
        })
    }

    /// Adds a run, by what [`Outcome::figures`](crate::job::Outcome::figures) gave.
    ///
    /// # Errors
    /// No such run, or no figures.
    pub fn add(
        &mut self,
        run: usize,
        #[wasm_bindgen(unchecked_param_type = "Figures[]")] figures: JsValue,
    ) -> Result<(), JsError> {
        let figures: Vec<Figures> = serde_wasm_bindgen::from_value(figures).map_err(error)?;
        let found = figures.first().and_then(|figures| Some((figures, Outcome::parse(&figures.outcome)?)));
        let (figures, outcome) =
            found.filter(|_| run < self.plan.runs()).ok_or_else(|| error(format!("no run {run}")))?;
        let done_ms = figures.workload_done_ns.map(|ns| ns / 1_000_000);
        if self.lines.insert(run, self.plan.line(run, figures)).is_none() {
            self.map.add(self.plan.cell(run), Ending { seed: figures.seed, outcome, done_ms });
        }
        Ok(())
    }

    /// The maps as they are by now; `measure` is `outcome`, `oom`, `stuck` or `done`.
    ///
    /// # Errors
    /// No such measure.
    #[wasm_bindgen(unchecked_return_type = "SweepMaps")]
    pub fn maps(&mut self, measure: &str) -> Result<JsValue, JsError> {
        self.map.measure = Measure::parse(measure).ok_or_else(|| error(format!("no measure '{measure}'")))?;
        let maps = self.map.cells().into_iter();
        let legend =
            self.map.legend().into_iter().map(|(look, words)| {
                CellWire::new(Cell { look: Some(look), words, right: false, up: false })
            });
        to_js(&MapsWire {
            maps: maps.map(|cells| cells.into_iter().map(CellWire::new).collect()).collect(),
            legend: legend.collect(),
            explained: [self.map.measure.explained(), LINE_EXPLAINED],
        })
    }

    /// The maps as an SVG file, by the last measure that [`Sweep::maps`] was asked for.
    #[must_use]
    pub fn svg(&self) -> String {
        heat_map(&self.map)
    }

    /// The table of the runs that are there, as the command line writes it.
    #[must_use]
    pub fn csv(&self) -> String {
        self.lines.values().fold(self.plan.head().to_owned(), |text, line| text + line + "\n")
    }
}

fn point(opened: &Opened, fixed: &[Change], changes: &[Change]) -> Result<Setup, Error> {
    Opened { changes: [changes, fixed].concat(), ..opened.clone() }.setup()
}
