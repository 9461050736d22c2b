//! The table of kernels for the page.

use swapscope_scenario::kernels::{entries, versions};
use swapscope_scenario::setup::parse_kernels;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::error;
use crate::wire::to_js;

/// Every policy value with what these kernels make of it; without names, all versions.
///
/// # Errors
/// A name that is no kernel.
#[wasm_bindgen]
pub fn policy(kernels: Vec<String>) -> Result<JsValue, JsError> {
    if kernels.is_empty() {
        return to_js(&entries(&versions()));
    }
    let names: Vec<_> = kernels.into_iter().map(|name| (name, "kernels".to_owned())).collect();
    to_js(&entries(&parse_kernels(&names).map_err(error)?))
}
