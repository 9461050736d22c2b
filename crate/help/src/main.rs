//! `swapscope-help VALIDATION FOLDER`: writes `help.html` and `glossary.json`.
//! `swapscope-help --stills FOLDER`: runs every bundled scenario, and writes `fallback.html` and its pictures.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [what, folder] = args.as_slice() else {
        return Err(io::Error::other("expected: swapscope-help VALIDATION FOLDER, or --stills FOLDER"));
    };
    let folder = Path::new(folder);
    if what == "--stills" { stills(folder) } else { help(Path::new(what), folder) }
}

fn help(validation: &Path, folder: &Path) -> io::Result<()> {
    let validation = fs::read_to_string(validation)?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("help.html"), swapscope_help::page(&validation).map_err(io::Error::other)?)?;
    fs::write(folder.join("glossary.json"), swapscope_help::glossary_json().map_err(io::Error::other)?)
}

fn stills(folder: &Path) -> io::Result<()> {
    let stills = swapscope_help::stills().map_err(io::Error::other)?;
    fs::create_dir_all(folder.join("fallback"))?;
    for still in &stills {
        let (file, picture) = still.picture();
        fs::write(folder.join(file), picture)?;
    }
    fs::write(folder.join("fallback.html"), swapscope_help::fallback_page(&stills))
}
