//! The shown runs as files for other programs, the same bytes that the command line writes.

use js_sys::JSON;
use swapscope_scenario::export::{csv, perfetto};
use swapscope_scenario::report::{Document, Figures, KernelResult};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::state;
use crate::wire::to_js;

/// The shown run of each kernel of a link as a file in UTF-8: `form` is `csv`, `json` or `perfetto`. It runs all of them
/// again, as nothing else keeps so much of them: for a Worker. `figures` are those that [`verdict`](crate::verdict) takes;
/// of `json` they give the part on all seeds.
///
/// # Errors
/// No such form, or the link or the figures are not understood.
#[wasm_bindgen(js_name = exportRuns)]
pub fn export_runs(
    link: &str,
    form: &str,
    #[wasm_bindgen(unchecked_param_type = "Figures[][]")] figures: Vec<JsValue>,
) -> Result<Vec<u8>, JsError> {
    let setup = state::setup(link).map_err(error)?;
    let config = setup.config().map_err(error)?;
    let mut results = Vec::new();
    let all = state::runs(figures)?;
    for (column, kernel) in setup.kernels.iter().enumerate() {
        let trace = swapscope_sim::run(&config, &kernel.policy, setup.seed);
        let figures = all.get(column).cloned().unwrap_or_else(|| vec![Figures::of(&trace)]);
        results.push(KernelResult { kernel: kernel.clone(), trace, figures });
    }
    let text = match form {
        "csv" => csv(&results),
        "json" => {
            let document = Document::new(&setup.scenario.name, setup.seed, link.to_owned(), &results);
            let text = JSON::stringify_with_replacer_and_space(&to_js(&document)?, &JsValue::NULL, &2.into());
            let text = text.map_err(|_| error("the figures cannot be written as JSON"))?;
            String::from(text) + "\n"
        }
        "perfetto" => perfetto(&results, link),
        _ => return Err(error(format!("no form '{form}'"))),
    };
    Ok(text.into_bytes())
}
