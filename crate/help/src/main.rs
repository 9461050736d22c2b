//! `swapscope-help VALIDATION FOLDER`: writes `help.html` and `glossary.json`.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [validation, folder] = args.as_slice() else {
        return Err(io::Error::other("expected: swapscope-help VALIDATION FOLDER"));
    };
    let (validation, folder) = (fs::read_to_string(validation)?, Path::new(folder));
    fs::create_dir_all(folder)?;
    fs::write(folder.join("help.html"), swapscope_help::page(&validation).map_err(io::Error::other)?)?;
    fs::write(folder.join("glossary.json"), swapscope_help::glossary_json().map_err(io::Error::other)?)
}
