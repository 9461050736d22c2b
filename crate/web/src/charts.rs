//! Drawing on the main thread.

use plotters::drawing::IntoDrawingArea;
use serde::Deserialize;
use swapscope_chart::{
    Band, Column, Look, PANELS, Panel, Run, Scale, Scales, Theme, ZONES, draw, stretch, svg,
};
use swapscope_scenario::Setup;
use swapscope_scenario::mail::{MailRun, mail};
use swapscope_sim::trace::Series;
use swapscope_sim::units::Nanos;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use web_sys::HtmlCanvasElement;

use crate::canvas::Sharp;
use crate::error;
use crate::state;
use crate::wire::{PanelWire, TableWire, to_js};

/// The runs of a comparison, one for each column, and the scales that they share.
#[wasm_bindgen]
#[derive(Default)]
pub struct Charts {
    runs: Vec<Option<Run>>,
    bands: Vec<Band>,
    /// What was recorded on a real machine, by column.
    recorded: Vec<Option<Run>>,
    scales: Option<Scales>,
    time: Option<Scale>,
    memory: Option<Scale>,
    zone: Option<usize>,
    view: Option<(Nanos, Nanos)>,
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
        let (runs, recorded) = (vec![None; columns], vec![None; columns]);
        Self { runs, recorded, bands: vec![Band::default(); columns], ..Self::default() }
    }

    /// Takes the numbers that [`Job::finish`](crate::Job::finish) or [`Job::peek`](crate::Job::peek) gave for a column.
    ///
    /// # Errors
    /// The array is torn, or there is no such column.
    pub fn set(&mut self, column: usize, numbers: &[f64]) -> Result<(), JsError> {
        let mut run = unpacked(numbers)?;
        run.zone = self.zone;
        run.band = self.bands.get(column).cloned().unwrap_or_default();
        run.recorded = self.recorded.get(column).cloned().flatten().map(Box::new);
        let slot = self.runs.get_mut(column).ok_or_else(|| error(format!("no column {column}")))?;
        *slot = Some(run);
        self.rescale();
        Ok(())
    }

    /// Adds the run of another seed to the band behind a column.
    ///
    /// # Errors
    /// The array is torn, or there is no such column.
    #[wasm_bindgen(js_name = addSeed)]
    pub fn add_seed(&mut self, column: usize, numbers: &[f64]) -> Result<(), JsError> {
        let run = unpacked(numbers)?;
        let band = self.bands.get_mut(column).ok_or_else(|| error(format!("no column {column}")))?;
        band.add(&run);
        if let Some(Some(shown)) = self.runs.get_mut(column) {
            shown.band = band.clone();
        }
        Ok(())
    }

    /// Lays a recording over a column: the numbers that [`import_text`](crate::import_text) gave; none take it away.
    ///
    /// # Errors
    /// The array is torn, or there is no such column.
    #[wasm_bindgen(js_name = setRecorded)]
    pub fn set_recorded(&mut self, column: usize, numbers: &[f64]) -> Result<(), JsError> {
        let recorded = if numbers.is_empty() { None } else { Some(unpacked(numbers)?) };
        let slot = self.recorded.get_mut(column).ok_or_else(|| error(format!("no column {column}")))?;
        slot.clone_from(&recorded);
        if let Some(Some(shown)) = self.runs.get_mut(column) {
            shown.recorded = recorded.map(Box::new);
        }
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

    /// Chooses whose free memory is drawn: the name of a zone, anything else for all together.
    #[wasm_bindgen(js_name = setZone)]
    pub fn set_zone(&mut self, name: &str) {
        self.zone = ZONES.iter().position(|(_, zone)| *zone == name);
        self.runs.iter_mut().flatten().for_each(|run| run.zone = self.zone);
        self.rescale();
    }

    /// Names of the zones that the machine has.
    #[must_use]
    pub fn zones(&self) -> Vec<String> {
        let has = |place: usize| {
            let marks = |run: &Run| run.watermarks.get(place + 1).is_some_and(|marks| marks[2] > 0);
            self.runs.iter().flatten().any(marks)
        };
        let zones = ZONES.iter().enumerate().filter(|(place, _)| has(*place));
        zones.map(|(_, (_, name))| (*name).to_owned()).collect()
    }

    /// Shows the time from `from` to `to`, in seconds; all of it where `to` is not after `from`.
    #[wasm_bindgen(js_name = setView)]
    pub fn set_view(&mut self, from: f64, to: f64) {
        self.view = (to > from).then(|| (nanos(from), nanos(to)));
        self.rescale();
    }

    /// When the longest run ends, in seconds.
    #[must_use]
    pub fn end(&self) -> f64 {
        let recorded = self.recorded.iter().flatten();
        self.runs.iter().flatten().chain(recorded).map(|run| run.end).max().map_or(0.0, in_seconds)
    }

    /// Where on the time axis a time lies, 0 at its left and 1 at its right end.
    #[must_use]
    pub fn place(&self, seconds: f64) -> f64 {
        self.scales.as_ref().map_or(0.0, |scales| scales.x.place(seconds * 1e9))
    }

    /// The time at a place of the time axis, in seconds.
    #[must_use]
    #[wasm_bindgen(js_name = timeAt)]
    pub fn time_at(&self, place: f64) -> f64 {
        self.scales.as_ref().map_or(0.0, |scales| scales.x.value_at(place) / 1e9)
    }

    /// What a panel shows of a column at a time; nothing without a run, or past its end.
    ///
    /// # Errors
    /// No such panel.
    pub fn read(&self, panel: usize, column: usize, seconds: f64) -> Result<String, JsError> {
        let (read, t) = (panel_of(panel)?.read, nanos(seconds));
        let run = self.runs.get(column).and_then(Option::as_ref);
        Ok(run.filter(|run| t <= run.end).map_or_else(String::new, |run| read(run, t)))
    }

    /// What happened in a column between two times, as pairs of name and value.
    ///
    /// # Errors
    /// No run yet.
    #[wasm_bindgen(unchecked_return_type = "[string, string][]")]
    pub fn stretch(&self, column: usize, from: f64, to: f64) -> Result<JsValue, JsError> {
        to_js(&stretch(self.run(column)?, nanos(from), nanos(to)))
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
        self.scales = Some(Scales::of(&runs, self.time, self.memory.unwrap_or(Scale::Log), self.view));
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
        #[wasm_bindgen(unchecked_param_type = "Presentation")] presentation: JsValue,
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
    #[wasm_bindgen(unchecked_return_type = "Table")]
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

    /// The comparison as the text of a mail: plain ASCII, at most 72 columns but for `link`, which stands alone on the
    /// last line. `figures` are those that [`verdict`](crate::verdict) takes.
    ///
    /// # Errors
    /// The link or the figures are not understood, or a column has no run yet.
    #[wasm_bindgen(js_name = mailText)]
    pub fn mail_text(
        &self,
        link: &str,
        #[wasm_bindgen(unchecked_param_type = "Figures[][]")] figures: Vec<JsValue>,
    ) -> Result<String, JsError> {
        let setup = state::setup(link).map_err(error)?;
        let figures = state::runs(figures)?;
        let mut runs = Vec::new();
        for (column, (kernel, figures)) in setup.kernels.iter().zip(&figures).enumerate() {
            let run = self.run(column)?;
            runs.push(MailRun {
                kernel,
                figures,
                free: run.column(Series::Free),
                width: run.width,
                end: run.end,
                min: run.watermarks.first().map_or(0, |[min, ..]| *min),
                oom: run.oom.clone(),
            });
        }
        // The page runs more seeds than its link says; the text speaks of those that there are.
        let seeds = figures.iter().map(|runs| runs.len() as u64).min().unwrap_or(1).max(1);
        Ok(mail(&Setup { seeds, ..setup.clone() }, &runs, link))
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
#[wasm_bindgen(unchecked_return_type = "Panel[]")]
pub fn panels() -> Result<JsValue, JsError> {
    to_js(&PANELS.iter().map(PanelWire::new).collect::<Vec<_>>())
}

fn unpacked(numbers: &[f64]) -> Result<Run, JsError> {
    Run::unpack(numbers).ok_or_else(|| error("the result of the run arrived incomplete"))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
fn nanos(seconds: f64) -> Nanos {
    Nanos((seconds * 1e9).round() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53 ns")]
fn in_seconds(t: Nanos) -> f64 {
    t.0 as f64 / 1e9
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
