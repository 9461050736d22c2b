//! A panic must not kill the page silently.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static SHOW: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Calls `show` with a message when the program panics. After that the module must not be used any more.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(show: Function) {
    SHOW.with(|slot| slot.replace(Some(show)));
    std::panic::set_hook(Box::new(|info| {
        SHOW.with(|slot| {
            if let Ok(slot) = slot.try_borrow()
                && let Some(show) = slot.as_ref()
            {
                // Nothing is left to be done about a failure in here.
                let _ = show.call1(&JsValue::NULL, &JsValue::from_str(&info.to_string()));
            }
        });
    }));
}
