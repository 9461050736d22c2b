//! Speed of the model, natively and as wasm, and of the page.

use crate::browsers::BROWSERS;
use crate::command::{cargo, stdout};
use crate::layout::Layout;
use crate::serve::Folder;
use crate::{build, parity, setup};
use anyhow::{Result, bail};
use std::fs;
use std::process::Command;

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
    engine(layout)?;
    page(layout)
}

/// How the page feels with four kernels, in Chromium.
fn page(layout: &Layout) -> Result<()> {
    let [browser, ..] = BROWSERS;
    let mut link = cargo(&layout.root);
    link.args(["run", "--quiet", "--release", "--package", "swapscope-cli", "--", "link", "lab-256m"]);
    for kernel in ["4.6", "4.7-rc6", "4.8", "4.9"] {
        link.args(["--kernel", kernel]);
    }
    let link = stdout(&mut link)?;
    let query = link.trim().split_once('?').map_or("", |(_, query)| query);
    let server = Folder::bind(vec![layout.site()], 0)?;
    let mut command = Command::new(&setup::node(layout)?.program);
    command.arg(layout.browser_tests().join("bench.mjs")).arg(browser.name).arg(browser.program()?);
    command.arg(&server.address).arg(format!("?{query}"));
    println!("\nthe page in {}, lab-256m on four kernels, 16 seeds\n{}", browser.name, stdout(&mut command)?);
    Ok(())
}

/// Sleeps per second of the engine alone: the floor under the figures above.
fn engine(layout: &Layout) -> Result<()> {
    let mut native = cargo(&layout.root);
    native.args(["run", "--quiet", "--release", "--package", "swapscope-tests", "--bin", "engine"]);
    let native = stdout(&mut native)?;
    let lines = layout.target("parity/engine.txt");
    fs::write(&lines, &native)?;
    let mut wasm = Command::new(&setup::node(layout)?.program);
    wasm.arg(layout.browser_tests().join("engine.mjs")).arg(layout.site()).arg(&lines);
    let wasm = stdout(&mut wasm)?;
    println!(
        "\n{:<56} {:>12} {:>9} {:>9}  wasm/native",
        "million sleeps a second, engine alone", "sleeps", "native", "wasm"
    );
    for (native, wasm) in native.lines().zip(wasm.lines()) {
        let (fast, slow): (Vec<&str>, Vec<&str>) = (native.split('\t').collect(), wasm.split('\t').collect());
        let ([tasks, sleeps, hash, fast], [_, _, other, slow]) = (fast.as_slice(), slow.as_slice()) else {
            bail!("not a line of the engine: {native} / {wasm}");
        };
        if hash != other {
            bail!("{tasks} tasks: hash {hash} natively, {other} as wasm");
        }
        let rate =
            |nanos: &str| -> Result<f64> { Ok(sleeps.parse::<f64>()? * 1000.0 / nanos.parse::<f64>()?) };
        let (fast, slow) = (rate(fast)?, rate(slow)?);
        println!("{:<56} {sleeps:>12} {fast:>9.2} {slow:>9.2}  {:.2}", format!("{tasks} tasks"), slow / fast);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
fn rate(run: &parity::Run) -> f64 {
    run.events() as f64 * 1000.0 / run.nanos.max(1) as f64
}
