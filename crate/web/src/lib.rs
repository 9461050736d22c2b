//! The model and the charts for the browser: a handle and a few verbs for each.
//!
//! A Worker runs the model: [`Job`]. The page decodes links and draws: [`Charts`] and the functions of [`state`].
//! What crosses between the two is one array of numbers per run and one small object. Every verb that can fail throws
//! an `Error` whose message is the one sentence to show.

mod canvas;
mod catalogue;
mod charts;
mod engine;
mod export;
mod import;
mod job;
mod kernels;
mod panic;
mod state;
mod story;
mod sweep;
mod wire;

pub use catalogue::catalogue;
pub use charts::Charts;
pub use engine::engine_sleeps;
pub use export::export_runs;
pub use import::{compare_recording, import_text};
pub use job::Job;
pub use kernels::policy;
pub use panic::on_panic;
pub use state::{describe, expected, link, open, open_file, reset, set, shared_note, verdict};
pub use story::Story;
pub use sweep::Sweep;
pub use wire::verdict_titles;

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Types of the objects that cross, for the declarations of the package.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.ts");

/// An `Error` with this message.
fn error(message: impl std::fmt::Display) -> JsError {
    JsError::new(&message.to_string())
}
