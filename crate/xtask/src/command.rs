//! Running other programs.

use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a program printed, standard output and standard error together, and whether it succeeded.
pub struct Output {
    /// Exit status 0.
    pub ok: bool,
    /// All that it printed, errors behind the rest.
    pub text: String,
}

/// Runs a program and takes what it prints.
pub fn capture(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok(Output { ok: output.status.success(), text })
}

/// Runs a program quietly; when it fails, what it printed is the error.
pub fn run(command: &mut Command) -> Result<String> {
    let output = capture(command)?;
    if !output.ok {
        bail!("{} failed:\n{}", shown(command), output.text.trim_end());
    }
    Ok(output.text)
}

/// Runs a program and gives its standard output alone.
pub fn stdout(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{} failed:\n{}", shown(command), String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// The command line of this workspace, built when it is not; its arguments are to follow.
pub fn swapscope(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["run", "--quiet", "--release", "--package", "swapscope-cli", "--"]);
    command
}

/// `cargo` as it was called, in the folder of the workspace.
pub fn cargo(root: &Path) -> Command {
    // The variables that `cargo run` sets for this program must not reach the cargo below it: build scripts would see
    // them change between a call through xtask and a direct one, and build everything twice.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME"
        {
            command.env_remove(name);
        }
    }
    command.current_dir(root);
    command
}

/// The first program of these names on PATH.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let suffix = env::consts::EXE_SUFFIX;
    names.iter().find_map(|name| {
        env::split_paths(&path).map(|dir| dir.join(format!("{name}{suffix}"))).find(|file| file.is_file())
    })
}

/// PATH with a folder in front.
pub fn path_with(dir: &Path) -> Result<std::ffi::OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(std::iter::once(dir.to_owned()).chain(env::split_paths(&path)))?)
}
