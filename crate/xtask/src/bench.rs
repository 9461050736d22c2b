//! Speed of the model, natively and as wasm.

use crate::layout::Layout;
use crate::{build, parity, setup};
use anyhow::Result;

/// Prints events per second for every bundled scenario and kernel.
pub fn bench(layout: &Layout) -> Result<()> {
    build::site(layout)?;
    let native = parity::native(layout, &["1"])?;
    parity::write(layout, &native)?;
    let wasm = parity::node(layout, &setup::node(layout)?)?;
    parity::compare(&native, &wasm)?;
    println!("{:<56} {:>12} {:>9} {:>9}  wasm/native", "million events a second", "events", "native", "wasm");
    for (native, wasm) in native.iter().zip(&wasm) {
        let [link, _, kernel, ..] = &native.same;
        let scenario = link.split('&').next().unwrap_or(link).trim_start_matches("?s=");
        let (fast, slow) = (rate(native), rate(wasm));
        let name = format!("{scenario} {kernel}");
        println!("{name:<56} {:>12} {fast:>9.2} {slow:>9.2}  {:.2}", native.events(), slow / fast);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
fn rate(run: &parity::Run) -> f64 {
    run.events() as f64 * 1000.0 / run.nanos.max(1) as f64
}
