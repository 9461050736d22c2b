//! What a machine needs besides cargo, each thing looked for first and installed at most once.
//!
//! | need | where it comes from |
//! |---|---|
//! | wasm target | `rustup target add` |
//! | wasm-pack, wasm-bindgen | PATH, else `cargo install` into `target/tools` |
//! | wasm-opt, browser drivers | npm packages, pinned in `tests/browser/package-lock.json`; only where node is |
//!
//! wasm-pack downloads a wasm-bindgen and a wasm-opt of its own where it can; we do not let it. Versions would then
//! depend on the machine, and a machine behind a closed network could not build at all. `cargo install` needs what
//! building this workspace needs anyway. Linking `wasm-bindgen-cli-support` into this program was the alternative: it
//! takes as long to build as both tools do without optimisation (about a minute each on two cores; they run for
//! seconds, so optimising them does not pay), and would put 40 crates into the workspace's lock file.

use crate::command::{cargo, on_path, run, stdout};
use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The target of the page.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// wasm-pack where none is on PATH; any that has the options we use will do.
const WASM_PACK: &str = "0.15.1";
/// The oldest wasm-pack with `--no-pack`, `--no-opt` and `--mode no-install`.
const WASM_PACK_OLDEST: [u32; 2] = [0, 13];
/// node below this cannot run the drivers of the browsers.
const NODE_OLDEST: u32 = 18;

/// What builds the wasm.
pub struct WasmTools {
    /// wasm-pack.
    pub wasm_pack: PathBuf,
    /// A folder with the wasm-bindgen that fits.
    pub bindgen_dir: PathBuf,
    /// wasm-opt as a command of node, where node is.
    pub wasm_opt: Option<PathBuf>,
}

/// node and the npm packages.
pub struct Node {
    /// node.
    pub program: PathBuf,
}

/// Says what is done and how long it took.
fn install(what: &str, expected: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("xtask: installing {what} ({expected}) ...");
    let start = Instant::now();
    work().with_context(|| format!("cannot install {what}"))?;
    eprintln!("xtask: installed {what} in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Sets up everything that building the wasm needs.
pub fn wasm_tools(layout: &Layout) -> Result<WasmTools> {
    wasm_target(layout)?;
    let bindgen_dir = wasm_bindgen(layout)?;
    let wasm_pack = wasm_pack(layout)?;
    // Without node the wasm is larger by a third and everything works.
    let wasm_opt = match node(layout) {
        Ok(_) => Some(layout.browser_tests().join("node_modules/binaryen/bin/wasm-opt")),
        Err(error) => {
            eprintln!("xtask: wasm-opt is left out, the wasm stays larger: {error:#}");
            None
        }
    };
    Ok(WasmTools { wasm_pack, bindgen_dir, wasm_opt })
}

fn wasm_target(layout: &Layout) -> Result<()> {
    let sysroot = stdout(Command::new("rustc").args(["--print", "sysroot"]).current_dir(&layout.root))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir() {
        return Ok(());
    }
    let add = ["target", "add", WASM_TARGET];
    if on_path(&["rustup"]).is_none() {
        bail!("this Rust has no {WASM_TARGET} standard library; with rustup: rustup {}", add.join(" "));
    }
    install(&format!("the Rust target {WASM_TARGET}"), "seconds", || {
        run(Command::new("rustup").args(add).current_dir(&layout.root)).map(drop)
    })
}

/// Version that a tool prints as the last word of its first line.
fn version_of(program: &Path) -> Option<String> {
    let text = stdout(Command::new(program).arg("--version")).ok()?;
    Some(text.lines().next()?.rsplit(' ').next()?.to_owned())
}

fn wasm_pack(layout: &Layout) -> Result<PathBuf> {
    let good = |program: &PathBuf| {
        let version = version_of(program).unwrap_or_default();
        let parts: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).take(2).collect();
        parts.as_slice() >= WASM_PACK_OLDEST.as_slice()
    };
    let own = layout.tools().join("bin").join(format!("wasm-pack{}", std::env::consts::EXE_SUFFIX));
    if let Some(found) = on_path(&["wasm-pack"]).into_iter().chain([own.clone()]).find(good) {
        return Ok(found);
    }
    cargo_install(layout, "wasm-pack", WASM_PACK, &[])?;
    Ok(own)
}

fn wasm_bindgen(layout: &Layout) -> Result<PathBuf> {
    let wanted = locked_version(layout, "wasm-bindgen")?;
    let own_dir = layout.tools().join("bin");
    let own = own_dir.join(format!("wasm-bindgen{}", std::env::consts::EXE_SUFFIX));
    let good = |program: &PathBuf| version_of(program).as_deref() == Some(&wanted);
    // What goes through is the folder: wasm-pack takes the first wasm-bindgen on its PATH.
    if let Some(found) = on_path(&["wasm-bindgen"]).into_iter().chain([own]).find(good) {
        return Ok(found.parent().unwrap_or(&own_dir).to_owned());
    }
    // Its default features bring a TLS stack for the test runner, which nobody calls.
    cargo_install(layout, "wasm-bindgen-cli", &wanted, &["--no-default-features", "--bin", "wasm-bindgen"])?;
    Ok(own_dir)
}

/// The version of a crate in `Cargo.lock`.
pub fn locked_version(layout: &Layout, name: &str) -> Result<String> {
    let lock = fs::read_to_string(layout.path("Cargo.lock")).context("cannot read Cargo.lock")?;
    let mut lines = lock.lines();
    lines
        .find(|line| *line == format!("name = \"{name}\""))
        .and_then(|_| lines.next()?.strip_prefix("version = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock names no {name}"))
}

fn cargo_install(layout: &Layout, name: &str, version: &str, options: &[&str]) -> Result<()> {
    let work = || {
        let build = layout.tools().join("build");
        let command = |locked: &[&str]| {
            let mut command = cargo(&layout.root);
            command.args(["install", name, "--version", version, "--root"]).arg(layout.tools());
            command.args(options).args(locked);
            command.env("CARGO_TARGET_DIR", &build);
            command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0").env("CARGO_PROFILE_RELEASE_LTO", "false");
            command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
            command
        };
        // The published lock is what its authors tested; a registry that lags behind may lack a version in it.
        if run(&mut command(&["--locked"])).is_err() {
            run(&mut command(&[]))?;
        }
        // Some 500 MB that nobody needs again.
        fs::remove_dir_all(&build).ok();
        Ok(())
    };
    install(&format!("{name} {version}"), "once, one to three minutes, into target/tools", work)
}

/// node with the packages of `tests/browser`.
pub fn node(layout: &Layout) -> Result<Node> {
    let program = on_path(&["node"]).context("node is not on PATH")?;
    on_path(&["npm"]).context("npm is not on PATH")?;
    let version = version_of(&program).unwrap_or_default();
    let major = version.trim_start_matches('v').split('.').next().and_then(|part| part.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_OLDEST) {
        bail!("node {version} is too old: {NODE_OLDEST} or newer is needed");
    }
    let dir = layout.browser_tests();
    let lock =
        fs::read(dir.join("package-lock.json")).context("cannot read tests/browser/package-lock.json")?;
    let wanted = crate::dist::sha256(&lock);
    let stamp = dir.join("node_modules/.installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(Node { program });
    }
    install("npm packages: wasm-opt and drivers for browsers", "once, seconds, into tests/browser", || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        run(Command::new(npm).arg("ci").current_dir(&dir))?;
        Ok(fs::write(&stamp, &wanted)?)
    })?;
    Ok(Node { program })
}
