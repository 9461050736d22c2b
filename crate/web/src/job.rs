//! One run in a Worker.

use js_sys::Float64Array;
use serde::Serialize;
use swapscope_chart as chart;
use swapscope_scenario::report::{Figures, KernelResult};
use swapscope_sim::Simulation;
use swapscope_sim::kernel::Kernel;
use swapscope_sim::units::Nanos;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::state;
use crate::wire::{Report, to_js};

/// A run under way.
#[wasm_bindgen]
pub struct Job {
    simulation: Simulation,
    kernel: Kernel,
    duration: Nanos,
}

#[wasm_bindgen]
impl Job {
    /// Sets up the run of one column of what a link says, with the link's seed plus `later`.
    ///
    /// # Errors
    /// The link is not understood, or has no such column.
    #[wasm_bindgen(constructor)]
    pub fn new(link: &str, column: usize, later: u32) -> Result<Self, JsError> {
        let setup = state::setup(link).map_err(crate::error)?;
        let config = setup.config().map_err(crate::error)?;
        let kernel =
            setup.kernels.get(column).ok_or_else(|| crate::error(format!("no column {column}")))?.clone();
        let simulation = Simulation::new(&config, &kernel.policy, setup.seed + u64::from(later));
        Ok(Self { simulation, kernel, duration: config.duration })
    }

    /// Does about so much work, in events; true when the run is over or has done all the work that it may do.
    pub fn step(&mut self, work: u32) -> bool {
        self.simulation.step(u64::from(work))
    }

    /// How much of the time limit has passed, 0 to 1. Most runs end before it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for a progress bar")]
    pub fn progress(&self) -> f64 {
        self.simulation.now().0 as f64 / self.duration.0.max(1) as f64
    }

    /// Virtual seconds so far.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53 ns")]
    pub fn seconds(&self) -> f64 {
        self.simulation.now().0 as f64 / 1e9
    }

    /// The samples so far, for [`Charts::set`](crate::Charts::set).
    #[must_use]
    pub fn peek(&self) -> Float64Array {
        Float64Array::from(chart::Run::from_trace(&self.simulation.peek()).pack().as_slice())
    }

    /// Ends the run and hands over what it left behind; with `lean` only its figures, and the numbers that
    /// [`Charts::addSeed`](crate::Charts::add_seed) takes.
    ///
    /// # Errors
    /// Never, in practice: plain numbers and strings are written.
    pub fn finish(self, lean: Option<bool>) -> Result<Outcome, JsError> {
        let lean = lean.unwrap_or(false);
        let trace = self.simulation.into_trace();
        let result = KernelResult { kernel: self.kernel, figures: vec![Figures::of(&trace)], trace };
        // The hash needs all 64 bits; the page only hands this object back.
        let exact = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
        let run = chart::Run::from_trace(&result.trace);
        Ok(Outcome {
            numbers: if lean { run.for_band().pack() } else { run.pack() },
            report: if lean { JsValue::NULL } else { to_js(&Report::new(&result))? },
            story: if lean { JsValue::NULL } else { crate::story::packed(&result)? },
            figures: result.figures.serialize(&exact).map_err(crate::error)?,
        })
    }
}

/// What a run left behind.
#[wasm_bindgen]
pub struct Outcome {
    numbers: Vec<f64>,
    report: JsValue,
    story: JsValue,
    figures: JsValue,
}

#[wasm_bindgen]
impl Outcome {
    /// The samples, for [`Charts::set`](crate::Charts::set).
    #[must_use]
    pub fn numbers(&self) -> Float64Array {
        Float64Array::from(self.numbers.as_slice())
    }

    /// Figures, log and tasks, for tables.
    #[must_use]
    #[wasm_bindgen(unchecked_return_type = "Report")]
    pub fn report(&self) -> JsValue {
        self.report.clone()
    }

    /// What every task did, and why, for [`Story`](crate::Story): `{numbers, strings}`.
    #[must_use]
    #[wasm_bindgen(unchecked_return_type = "PackedStory")]
    pub fn story(&self) -> JsValue {
        self.story.clone()
    }

    /// Figures for [`verdict`](crate::verdict).
    #[must_use]
    #[wasm_bindgen(unchecked_return_type = "Figures[]")]
    pub fn figures(&self) -> JsValue {
        self.figures.clone()
    }
}
