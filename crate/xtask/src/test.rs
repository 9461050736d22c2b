//! Every test there is, in one command.

use crate::browsers::{BROWSERS, Browser};
use crate::command::{capture, cargo, run, stdout, swapscope};
use crate::layout::Layout;
use crate::parity;
use crate::random::{FEW, Machines};
use crate::serve::Folder;
use crate::setup::{self, Node, WASM_TARGET};
use crate::steps::{Count, Steps};
use crate::{dist, serve, setup::wasm_tools, twice};
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Command, ExitCode};

/// Runs everything; `quick` leaves the browsers out.
pub fn test(layout: &Layout, quick: bool) -> Result<ExitCode> {
    let mut steps = Steps::default();
    // Set-up is no test: where it fails there is nothing to test with, and one message says what to do.
    wasm_tools(layout)?;
    let node = setup::node(layout).context("the wasm and browser tests need node 18 or newer with npm")?;
    let browsers = if quick { Vec::new() } else { BROWSERS.to_vec() };
    for browser in &browsers {
        browser.program()?;
    }

    steps.run("Cargo.lock is complete", || {
        run(cargo(&layout.root).args(["metadata", "--locked", "--format-version", "1"])).map(|_| Count::ONE)
    });
    steps.run("format", || run(cargo(&layout.root).args(["fmt", "--check"])).map(|_| Count::ONE));
    steps.run("clippy", || clippy(layout));
    steps.run("clippy, wasm", || clippy_wasm(layout));
    steps.run("tests in Rust", || rust_tests(layout));
    steps.run("wasm, static folder, single file", || {
        let (dist, text) = dist::write(layout)?;
        println!("{text}");
        if !dist.too_large.is_empty() {
            bail!("over the limit: {}", dist.too_large.join("; "));
        }
        Ok(Count::ONE)
    });
    steps.run("the same bytes and checksums again", || twice::again(layout).map(|_| Count::ONE));
    steps.run("the development server has all files", || {
        serve::compare(layout, &layout.target("dist/site")).map(|_| Count::ONE)
    });
    steps.run("types of the page", || types(layout, &node));
    steps.run("same hashes natively and as wasm", || {
        let native = parity::write_expected(layout)?;
        parity::write_exports(layout)?;
        let passed = parity::compare(&native, &parity::node(layout, &node, &parity::expected(layout))?)?;
        Ok(Count { passed, failed: 0 })
    });
    steps.run("random machines in every way", || {
        let machines = Machines::new(layout, FEW, 1)?;
        let mut passed = machines.debug()? + machines.node(&node)?;
        for browser in &browsers {
            passed += machines.browser(&node, browser, layout.site())?;
        }
        Ok(Count { passed, failed: 0 })
    });
    steps.run("the example of the package", || example(layout, &node));
    for browser in &browsers {
        steps.run(browser.step, || page(layout, &node, browser));
    }
    Ok(if steps.summary() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn clippy(layout: &Layout) -> Result<Count> {
    let mut command = cargo(&layout.root);
    run(command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Count::ONE)
}

/// What only exists in the browser is compiled only there.
fn clippy_wasm(layout: &Layout) -> Result<Count> {
    let mut command = cargo(&layout.root);
    command.args(["clippy", "--package", "swapscope-web", "--target", WASM_TARGET]);
    run(command.args(["--", "-D", "warnings"]))?;
    Ok(Count::ONE)
}

fn rust_tests(layout: &Layout) -> Result<Count> {
    let output = capture(cargo(&layout.root).args(["test", "--workspace", "--no-fail-fast"]))?;
    let mut count = Count::of_cargo(&output.text);
    if !output.ok {
        let passed = |line: &&str| line.starts_with("test ") && line.ends_with(" ... ok");
        let lines: Vec<&str> = output.text.lines().filter(|line| !passed(line)).collect();
        println!("{}", lines.join("\n"));
        // Tests that do not compile give no closing line.
        count.failed = count.failed.max(1);
    }
    Ok(count)
}

fn types(layout: &Layout, node: &Node) -> Result<Count> {
    let dir = layout.browser_tests();
    let mut command = Command::new(&node.program);
    command.arg(dir.join("node_modules/typescript/bin/tsc")).arg("--project").arg(&dir);
    run(&mut command).map(|_| Count::ONE)
}

/// A short comparison; the example of the package and the command line have to say the same of it.
const EXAMPLE: &str = "?s=lab-256m&k=4.6,4.9&duration=20s&c=0";

/// Runs the example of the package in node. It stands in the package's README as it is.
fn example(layout: &Layout, node: &Node) -> Result<Count> {
    let file = layout.path("crate/web/example/compare.mjs");
    let readme = fs::read_to_string(layout.path("crate/web/README.md"))?;
    if !readme.contains(&fs::read_to_string(&file)?) {
        bail!("crate/web/README.md has another example than {}", file.display());
    }
    let mut wasm = Command::new(&node.program);
    let said = stdout(wasm.arg(&file).arg(layout.site().join("pkg")).arg(EXAMPLE))?;
    let mut native = swapscope(&layout.root);
    native.args(["open", EXAMPLE, "--mail"]);
    let expected = stdout(&mut native)?;
    if said != expected {
        bail!("the example prints\n{said}\nand the command line\n{expected}");
    }
    Ok(Count::ONE)
}

/// The page, from a server and from the single file.
fn page(layout: &Layout, node: &Node, browser: &Browser) -> Result<Count> {
    let program = browser.program()?;
    let server = Folder::bind(vec![layout.target("dist/site")], 0)?;
    let mut command = Command::new(&node.program);
    command.arg(layout.browser_tests().join("main.mjs")).arg(browser.name).arg(program);
    command.arg(&server.address).arg(layout.target("dist/swapscope.html")).arg(parity::expected(layout));
    command.arg(layout.target("screenshots"));
    let output = capture(&mut command)?;
    let mut count = Count::of_lines(&output.text);
    if !output.ok || count.failed > 0 || count.passed == 0 {
        println!("\n--- {} ---\n{}", browser.name, output.text);
        count.failed = count.failed.max(1);
    }
    Ok(count)
}

/// Rewrites the golden files, the tables of kernels and of recorded runs, and that of the watermark test.
pub fn bless(layout: &Layout) -> Result<()> {
    let tests = [
        &[
            "--package",
            "swapscope-tests",
            "--test",
            "golden",
            "--test",
            "kernels",
            "--test",
            "validation",
            "--test",
            "links",
        ][..],
        &["--package", "swapscope-sim", "--lib", "as_printed"][..],
    ];
    for test in tests {
        run(cargo(&layout.root).args(["test", "--quiet"]).args(test).env("BLESS", "1"))?;
    }
    let files = [
        "tests/golden",
        "tests/traces",
        "crate/sim/KERNELS.md",
        "crate/sim/VALIDATION.md",
        "crate/scenario/LINKS.md",
        "tests/links/results.txt",
        "crate/sim/src/mmzone/watermarks.txt",
    ];
    let mut status = Command::new("git");
    let changed = run(status.args(["status", "--short"]).args(files).current_dir(&layout.root))?;
    print!("{}", if changed.is_empty() { "nothing changed\n" } else { &changed });
    Ok(())
}
