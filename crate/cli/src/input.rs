//! What the command line reads and writes: scenarios, texts of machines, files for results.

use crate::Failure;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use swapscope_scenario::error::{self, nearest_or};
use swapscope_scenario::file::BUNDLED;
use swapscope_scenario::validate::csv;
use swapscope_scenario::{Error, Scenario};

/// Stands for standard input.
const STDIN: &str = "-";

/// A file where there is one of this name, a pipe and `-` among them, else a bundled scenario.
///
/// # Errors
/// A name that is neither, a file that cannot be read or understood.
pub fn load(name: &str) -> Result<Scenario, Failure> {
    let path = Path::new(name);
    let is_bundled = BUNDLED.iter().any(|bundled| bundled.name == name);
    // A folder of this name does not hide a bundled scenario.
    if name == STDIN || path.exists() && !(is_bundled && path.is_dir()) {
        return Ok(Scenario::parse(&named(path), &read(path, "a scenario")?)?);
    }
    if name.contains(['/', '\\']) || name.ends_with(".toml") {
        return Err(Failure::Input(format!("{}: there is no such file", error::shown(name))));
    }
    if is_bundled {
        return Ok(Scenario::bundled(name, "SCENARIO")?);
    }
    let near = nearest_or(name, BUNDLED.iter().map(|bundled| bundled.name), "swapscope scenarios");
    let message = format!("no bundled scenario '{}'{near}, or give a file", error::shown(name));
    Err(Error::new("SCENARIO", message).into())
}

/// A path as messages have it.
pub fn named(path: &Path) -> String {
    if path.as_os_str() == STDIN { "stdin".to_owned() } else { path.display().to_string() }
}

/// The text of a file, or of standard input for `-`; `what` it is expected to be.
///
/// # Errors
/// A folder, what cannot be read, what is no text.
pub fn read(path: &Path, what: &str) -> Result<String, Failure> {
    let name = named(path);
    let failed = |error: std::io::Error| Failure::Input(format!("{}: {error}", error::shown(&name)));
    if path.is_dir() {
        let message = format!("{}: a directory: expected a file with {what}", error::shown(&name));
        return Err(Failure::Input(message));
    }
    let mut bytes = Vec::new();
    // One byte more than is allowed: the reader of the text says what is too much.
    let most = csv::BYTES_MAX as u64 + 1;
    let read = if path.as_os_str() == STDIN {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let name = error::file_name(&name);
        Failure::Input(format!("{}:{line}: no text: expected {what} in UTF-8", error::shown(name)))
    })
}

/// A file to write into.
///
/// # Errors
/// It cannot be created.
pub fn created(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}
