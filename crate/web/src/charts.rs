//! Drawing on the main thread.

use plotters::drawing::IntoDrawingArea;
use serde::Deserialize;
use swapscope_chart::{Column, Look, PANELS, Panel, Run, Scale, Scales, Theme, draw, svg};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use web_sys::HtmlCanvasElement;

use crate::canvas::Sharp;
use crate::error;
use crate::wire::{PanelWire, TableWire, to_js};

/// The runs of a comparison, one for each column, and the scales that they share.
#[wasm_bindgen]
#[derive(Default)]
pub struct Charts {
    runs: Vec<Option<Run>>,
    scales: Option<Scales>,
    time: Option<Scale>,
    memory: Option<Scale>,
}

/// How a panel is presented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Presentation {
    dark: bool,
    /// Device pixels for one CSS pixel.
    ratio: f64,
    y_labels: bool,
    x_labels: bool,
}

#[wasm_bindgen]
impl Charts {
    /// Room for the runs of `columns` kernels.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { runs: (0..columns).map(|_| None).collect(), ..Self::default() }
    }

    /// Takes the numbers that [`Job::finish`](crate::Job::finish) gave for a column.
    ///
    /// # Errors
    /// The array is torn, or there is no such column.
    pub fn set(&mut self, column: usize, numbers: &[f64]) -> Result<(), JsError> {
        let run = Run::unpack(numbers).ok_or_else(|| error("the result of the run arrived incomplete"))?;
        let slot = self.runs.get_mut(column).ok_or_else(|| error(format!("no column {column}")))?;
        *slot = Some(run);
        self.rescale();
        Ok(())
    }

    /// Chooses axes: `time` is `auto`, `linear` or `log`, `memory` is `linear` or `log`.
    #[wasm_bindgen(js_name = setScales)]
    pub fn set_scales(&mut self, time: &str, memory: &str) {
        self.time = scale(time);
        self.memory = scale(memory);
        self.rescale();
    }

    /// How time is spread: `linear` or `log`, also where that was left to the runs.
    #[must_use]
    #[wasm_bindgen(js_name = timeScale)]
    pub fn time_scale(&self) -> String {
        let scale = self.scales.as_ref().map_or(Scale::Linear, |scales| scales.x.scale());
        if scale == Scale::Log { "log" } else { "linear" }.to_owned()
    }

    fn rescale(&mut self) {
        let runs: Vec<&Run> = self.runs.iter().flatten().collect();
        self.scales = Some(Scales::of(&runs, self.time, self.memory.unwrap_or(Scale::Log)));
    }

    /// Draws a panel of a column on a canvas, whose `width` and `height` are set to device pixels already.
    ///
    /// # Errors
    /// No such panel or no run yet, a wrong `presentation`, or a canvas that cannot be drawn on.
    pub fn draw(
        &self,
        canvas: &HtmlCanvasElement,
        panel: usize,
        column: usize,
        presentation: JsValue,
    ) -> Result<(), JsError> {
        let presentation: Presentation = serde_wasm_bindgen::from_value(presentation).map_err(error)?;
        let scales = self.scales.as_ref().ok_or_else(|| error("nothing to draw yet"))?;
        let look = Look {
            theme: if presentation.dark { Theme::Dark } else { Theme::Light },
            scale: presentation.ratio,
            y_labels: presentation.y_labels,
            x_labels: presentation.x_labels,
            grain: 1,
        };
        let area =
            Sharp::new(canvas).ok_or_else(|| error("this browser gives no 2D canvas"))?.into_drawing_area();
        let (red, green, blue) = look.theme.ink(swapscope_chart::Ink::Paper);
        area.fill(&plotters::style::RGBColor(red, green, blue)).map_err(error)?;
        draw(&area, panel_of(panel)?, self.run(column)?, scales, &look).map_err(error)?;
        area.present().map_err(error)
    }

    /// What a panel shows of a column, in a sentence.
    ///
    /// # Errors
    /// No such panel, or no run yet.
    pub fn summary(&self, panel: usize, column: usize) -> Result<String, JsError> {
        Ok((panel_of(panel)?.summary)(self.run(column)?))
    }

    /// What a panel shows of a column, as `{head, rows}`.
    ///
    /// # Errors
    /// No such panel, or no run yet.
    pub fn table(&self, panel: usize, column: usize) -> Result<JsValue, JsError> {
        let table = (panel_of(panel)?.table)(self.run(column)?);
        to_js(&TableWire { head: table.head, rows: table.rows })
    }

    /// All columns as one SVG file; `kernels` and `outcomes` are their headings.
    ///
    /// # Errors
    /// A column has no run yet.
    pub fn svg(
        &self,
        title: &str,
        link: &str,
        kernels: Vec<String>,
        outcomes: Vec<String>,
    ) -> Result<String, JsError> {
        let mut columns = Vec::new();
        for (column, (kernel, outcome)) in kernels.iter().zip(&outcomes).enumerate() {
            columns.push(Column { kernel, outcome, run: self.run(column)? });
        }
        Ok(svg(title, &columns, link))
    }

    fn run(&self, column: usize) -> Result<&Run, JsError> {
        self.runs
            .get(column)
            .and_then(Option::as_ref)
            .ok_or_else(|| error(format!("no run in column {column}")))
    }
}

/// The panels from top to bottom, with their legends.
///
/// # Errors
/// Never, in practice: constants are written.
#[wasm_bindgen]
pub fn panels() -> Result<JsValue, JsError> {
    to_js(&PANELS.iter().map(PanelWire::new).collect::<Vec<_>>())
}

fn panel_of(panel: usize) -> Result<&'static Panel, JsError> {
    PANELS.get(panel).ok_or_else(|| error(format!("no panel {panel}")))
}

fn scale(name: &str) -> Option<Scale> {
    match name {
        "linear" => Some(Scale::Linear),
        "log" => Some(Scale::Log),
        _ => None,
    }
}
