//! The wasm package, the help page and the folder that is served.

use crate::apart::apart;
use crate::bundle::{style, without_comments};
use crate::command::{cargo, on_path, path_with, run};
use crate::dist::{hexadecimal, sha256};
use crate::layout::Layout;
use crate::lzma;
use crate::order;
use crate::setup::{self, WASM_TARGET, WasmTools};
use crate::single;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// wasm features that rustc's code for this target uses and that every supported browser has.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];
/// The size after compression first, which is smaller by a twentieth at this level than at `-Oz`: that folds what
/// compression folds better. Between the levels, the model's speed does not differ measurably. Control flow that is built anew
/// (`--flatten --rereloop`) takes a sixtieth less. No browser uses what a load says of its alignment (`--dealign`). Nothing lies
/// in the first kilobyte of memory, which is the end of the stack, and the memory is new, so it is zero.
const WASM_OPT: [&str; 11] = [
    "-O1",
    "--flatten",
    "--rereloop",
    "-O1",
    "--rse",
    "-O1",
    "--dealign",
    "--low-memory-unused",
    "--zero-filled-memory",
    "--strip-producers",
    "--strip-target-features",
];
/// Size first for rustc too, but for the model: it is four times slower when built for size, and not measurably faster at 3
/// than at 2, which is a sixteenth smaller. What is around it (text, charts) is a fifth smaller at `z`, and runs for
/// milliseconds.
const CARGO_CONFIG: [&str; 2] =
    ["profile.release.opt-level=\"z\"", "profile.release.package.swapscope-sim.opt-level=2"];

/// What LLVM does for speed that makes the packed wasm larger by a twenty-eighth and the model not measurably faster: loops
/// unrolled, loads and computations of addresses moved ahead.
const LLVM: [&str; 4] =
    ["-unroll-threshold=0", "-unroll-partial-threshold=0", "-enable-load-pre=0", "-disable-lsr"];

/// Puts the functions in the order of [`order::named`].
const WASM_SORT: [&str; 2] = ["--reorder-functions-by-name", "--strip-debug"];

/// Verbs for which few readers ask: text and files of the reader, pictures, mails, sweeps, the bench command. The wasm that is
/// loaded first is without them, and without all code that only they need.
const LATER: [&str; 16] = [
    "importText",
    "compareRecording",
    "openFile",
    "exportRuns",
    "charts_svg",
    "charts_mailText",
    "engineSleeps",
    "expected",
    "__wbg_sweep_free",
    "sweep_new",
    "sweep_grow",
    "sweep_plan",
    "sweep_add",
    "sweep_maps",
    "sweep_svg",
    "sweep_csv",
];

/// The script of `embed.html`, and what it asks for: made from modules, and the wasm.
pub const FRAME: &str = "frame.bundle.js";
pub const EMBED: &str = "embed.bundle.js";

/// Builds the wasm package and the help page and puts them beside the sources of the page, into `target/site`.
pub fn site(layout: &Layout) -> Result<PathBuf> {
    let tools = setup::wasm_tools(layout)?;
    let package = wasm(layout, &tools)?;
    let help = help(layout)?;
    let site = layout.site();
    let mut wanted = BTreeSet::new();
    for (from, below) in [(layout.path("www"), ""), (package, "pkg"), (help, "")] {
        for file in files(&from)? {
            // These are for readers and the type checker.
            if file.starts_with("samples")
                || [".md", ".d.ts"].iter().any(|end| file.to_string_lossy().ends_with(end))
            {
                continue;
            }
            let name = Path::new(below).join(&file);
            let mut bytes = fs::read(from.join(&file))?;
            let without = match file.extension().and_then(|end| end.to_str()) {
                Some("js") => Some(without_comments(std::str::from_utf8(&bytes)?)),
                Some("css") => Some(style(std::str::from_utf8(&bytes)?)),
                _ => None,
            };
            if let Some(text) = without {
                bytes = text.with_context(|| format!("in {}", file.display()))?.into_bytes();
            }
            write_changed(&site.join(&name), &bytes)?;
            wanted.insert(name);
        }
    }
    for (name, script) in [(FRAME, single::frame(&site)?), (EMBED, single::embed(&site)?)] {
        write_changed(&site.join(name), script.as_bytes())?;
        wanted.insert(PathBuf::from(name));
    }
    for file in files(&site)? {
        if !wanted.contains(&file) {
            fs::remove_file(site.join(&file))?;
        }
    }
    Ok(site)
}

/// The bindings hold one instance for good; after a failure there has to be another one.
const FORGET: &str = "
/** Forgets the instance, which failed: the next start makes a new one. Objects of the old one must stay referenced. */
export function forgetInstance() {
    wasm = __wbg_init_promise = undefined;
}
";
const FORGET_TYPE: &str = "
/** Forgets the instance, which failed: the next start makes a new one. Objects of the old one must stay referenced. */
export function forgetInstance(): void;
";

/// The package: `swapscope_web.js`, an ES module, and `swapscope_web_bg.wasm`; beside it `first.wasm`, which the same
/// module can start, the same packed, and what undoes that.
fn wasm(layout: &Layout, tools: &WasmTools) -> Result<PathBuf> {
    let raw = layout.target("wasm/raw");
    let mut command = Command::new(&tools.wasm_pack);
    command.arg("build").arg(layout.path("crate/web"));
    command.args(["--release", "--target", "web", "--out-dir"]).arg(&raw);
    // Nothing but the module and the wasm is wanted, and nothing may be downloaded.
    command.args(["--mode", "no-install", "--no-pack", "--no-gitignore", "--no-opt"]);
    command.arg("--").args(CARGO_CONFIG.iter().flat_map(|entry| ["--config", entry]));
    command.env("PATH", path_with(&tools.bindgen_dir)?);
    wasm_flags(layout, &mut command)?;
    run(command.current_dir(&layout.root))?;

    let mut wasm = fs::read(raw.join("swapscope_web_bg.wasm"))?;
    let package = layout.target("wasm/pkg");
    for (name, more) in [("swapscope_web.js", FORGET), ("swapscope_web.d.ts", FORGET_TYPE)] {
        let text = numbered(&fs::read_to_string(raw.join(name))?, &mut wasm);
        write_changed(&package.join(name), (text + more).as_bytes())?;
    }
    let exports = fs::read_to_string(raw.join("swapscope_web_bg.wasm.d.ts"))?;
    let (whole, first) = match &tools.wasm_opt {
        Some(wasm_opt) => optimised(layout, wasm_opt, &wasm, &first_graph(&exports)?)?,
        None => (wasm.clone(), wasm),
    };
    write_changed(&package.join("swapscope_web_bg.wasm"), &whole)?;
    write_changed(&package.join("first.wasm"), &first)?;
    write_changed(&package.join("first.lzma"), &lzma::packed(&apart(&first)?)?)?;
    write_changed(&package.join("unpack.wasm"), &decoder(layout, tools)?)?;
    Ok(package)
}

/// The script, in which names of imports end with their number and not with a hash, which would take a KB that does not
/// compress. The wasm has the same names; a number is as long as the hash, so nothing else changes.
fn numbered(script: &str, wasm: &mut [u8]) -> String {
    const HASH: usize = 16;
    let named = |line: &str| {
        let name = line.trim_start().strip_prefix("__wbg_")?.split_once([':', '('])?.0;
        let hash = name.rsplit_once('_')?.1;
        let is_hash = hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| hash.to_owned())
    };
    let mut script = script.to_owned();
    let hashes: BTreeSet<String> = script.lines().filter_map(named).collect();
    for (number, hash) in hashes.iter().enumerate() {
        script = script.replace(hash, &format!("{number:0HASH$}"));
    }
    let sorted: Vec<&[u8]> = hashes.iter().map(String::as_bytes).collect();
    for at in 0..wasm.len().saturating_sub(HASH) {
        let name = &mut wasm[at..at + HASH];
        if let Ok(number) = sorted.binary_search(&&*name) {
            name.copy_from_slice(format!("{number:0HASH$}").as_bytes());
        }
    }
    script
}

/// crate/unpack, which is too small to keep for the next time.
fn decoder(layout: &Layout, tools: &WasmTools) -> Result<Vec<u8>> {
    let folder = layout.target("wasm/unpack");
    let mut command = cargo(&layout.root);
    command.args(["build", "--quiet", "--release", "--package", "swapscope-unpack", "--target", WASM_TARGET]);
    // Half as large as at 3, and 10 ms slower.
    command.args(["--config", "profile.release.opt-level=\"z\""]);
    wasm_flags(layout, command.arg("--target-dir").arg(&folder))?;
    run(&mut command)?;
    let mut built = folder.join(WASM_TARGET).join("release/swapscope_unpack.wasm");
    if let Some(wasm_opt) = &tools.wasm_opt {
        let smaller = folder.join("unpack.wasm");
        let flags = [&WASM_FEATURES[..], &WASM_OPT, &["--strip-debug"]].concat();
        wasm_tool(wasm_opt, &flags, &built, &smaller)?;
        built = smaller;
    }
    fs::read(&built).with_context(|| format!("cannot read {}", built.display()))
}

/// One of the tools of Binaryen, which are scripts.
fn wasm_tool(program: &Path, flags: &[&str], from: &Path, to: &Path) -> Result<()> {
    let node = on_path(&["node"]).context("node is not on PATH")?;
    run(Command::new(node).arg(program).args(flags).arg("-o").arg(to).arg(from)).map(drop)
}

/// What has to stay in the first wasm, as wasm-metadce reads it: all exports but those of [`LATER`]. `declarations` are
/// those of the wasm module.
fn first_graph(declarations: &str) -> Result<String> {
    let exports =
        declarations.lines().filter_map(|line| line.strip_prefix("export const ")?.split(':').next());
    let (later, first): (Vec<&str>, Vec<&str>) = exports.partition(|name| LATER.contains(name));
    if later.len() != LATER.len() {
        bail!("of {LATER:?}, the wasm exports only {later:?}");
    }
    let export = |name: &&str| format!("{{\"name\": \"{name}\", \"export\": \"{name}\", \"root\": true}}");
    Ok(format!("[{}]", first.iter().map(export).collect::<Vec<_>>().join(", ")))
}

/// `help.html` and `glossary.json`, made from the model. A program of its own makes them, because this one is the first
/// that a new machine builds, and would have to be built anew after each change of the model.
fn help(layout: &Layout) -> Result<PathBuf> {
    let folder = layout.target("help");
    let mut command = cargo(&layout.root);
    // As the tests are built, so that they share what the help is made of.
    command.args(["run", "--quiet", "--profile", "test", "--package", "swapscope-help", "--"]);
    run(command.arg(layout.path("crate/sim/VALIDATION.md")).arg(&folder))?;
    Ok(folder)
}

/// The folder of [`stills`], named after what they are made of.
pub fn stills_folder(layout: &Layout) -> Result<PathBuf> {
    let mut sources = Sha256::new();
    for dir in ["crate/sim", "crate/scenario", "crate/chart", "crate/help", "scenarios"] {
        for file in files(&layout.path(dir))? {
            sources.update(file.to_string_lossy().as_bytes());
            sources.update(fs::read(layout.path(dir).join(file))?);
        }
    }
    let key = hexadecimal(&sources.finalize());
    Ok(layout.target("stills").join(&key[..16]))
}

/// `fallback.html` and its pictures: every bundled scenario, run natively. That takes a minute, so they are kept for as
/// long as nothing changes that they are made of.
pub fn stills(layout: &Layout) -> Result<PathBuf> {
    let folder = stills_folder(layout)?;
    if !folder.join("fallback.html").is_file() {
        fs::remove_dir_all(layout.target("stills")).ok();
        let mut command = cargo(&layout.root);
        command.args(["run", "--quiet", "--release", "--package", "swapscope-help", "--", "--stills"]);
        run(command.arg(&folder))?;
    }
    Ok(folder)
}

/// What wasm-opt makes of `wasm`, and of what `graph` says that is to stay of it; it takes half a minute, so the results are
/// kept for the next time.
fn optimised(layout: &Layout, wasm_opt: &Path, wasm: &[u8], graph: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let dir = layout.target("wasm/opt");
    let lock = fs::read(layout.browser_tests().join("package-lock.json"))?;
    let flags = [&WASM_FEATURES[..], &WASM_OPT].concat();
    // With the source of what orders the functions, on which the result depends too.
    let how = [flags.join(" "), WASM_SORT.join(" "), include_str!("order.rs").to_owned()].concat();
    let key = sha256(&[wasm, &lock, how.as_bytes(), graph.as_bytes()].concat());
    let kept = dir.join(&key[..16]);
    if !kept.is_dir() {
        // One is enough: an older input does not come back.
        fs::remove_dir_all(&dir).ok();
        let work = dir.join("work");
        fs::create_dir_all(&work)?;
        let tool = |program: &Path, flags: &[&str], from: &str, to: &str| {
            wasm_tool(program, flags, &work.join(from), &work.join(to))
        };
        fs::write(work.join("in.wasm"), wasm)?;
        fs::write(work.join("first.json"), graph)?;
        let graph_file = work.join("first.json").display().to_string();
        let fewer = [&WASM_FEATURES[..], &["--graph-file", &graph_file]].concat();
        tool(&wasm_opt.with_file_name("wasm-metadce"), &fewer, "in.wasm", "fewer.wasm")?;
        let sort = [&WASM_FEATURES[..], &WASM_SORT].concat();
        for (from, to) in [("in.wasm", "whole.wasm"), ("fewer.wasm", "first.wasm")] {
            tool(wasm_opt, &flags, from, "smaller.wasm")?;
            fs::write(work.join("named.wasm"), order::named(&fs::read(work.join("smaller.wasm"))?)?)?;
            tool(wasm_opt, &sort, "named.wasm", to)?;
        }
        fs::rename(&work, &kept)?;
    }
    Ok((fs::read(kept.join("whole.wasm"))?, fs::read(kept.join("first.wasm"))?))
}

/// Flags with which the wasm is compiled: paths of this machine stay out of it, so that the same commit gives the
/// same bytes everywhere.
fn wasm_flags(layout: &Layout, command: &mut Command) -> Result<()> {
    let mut flags: Vec<OsString> = LLVM.iter().map(|option| format!("-Cllvm-args={option}").into()).collect();
    flags.push(remap(&layout.root, "."));
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    if let Some(home) = home {
        // The folders below are named after the registry's address.
        for entry in fs::read_dir(home.join("registry/src")).into_iter().flatten() {
            flags.push(remap(&entry?.path(), "crates"));
        }
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(&OsString::from("\u{1f}")));
    Ok(())
}

fn remap(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

/// Files below a folder, as relative paths in order.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    fn walk(top: &Path, below: &Path, out: &mut Vec<PathBuf>) -> Result<()> {
        let dir = top.join(below);
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let entry = entry?;
            let name = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                walk(top, &name, out)?;
            } else {
                out.push(name);
            }
        }
        Ok(())
    }
    let mut out = Vec::new();
    if dir.is_dir() {
        walk(dir, Path::new(""), &mut out)?;
    }
    out.sort();
    Ok(out)
}

/// Writes a file unless it is as it should be: a server may be reading it.
pub fn write_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
