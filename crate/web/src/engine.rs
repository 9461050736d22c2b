//! The engine alone, for the bench command.

use wasm_bindgen::prelude::wasm_bindgen;

/// Lets `tasks` tasks sleep `sleeps` times in all; the hash over the order of the wake-ups, 16 hex digits.
#[wasm_bindgen(js_name = engineSleeps)]
#[must_use]
pub fn engine_sleeps(tasks: u32, sleeps: u32) -> String {
    format!("{:016x}", swapscope_sim::engine_sleeps(tasks, u64::from(sleeps)))
}
