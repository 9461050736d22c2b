//! Whether the build gives the same bytes again, and the checksums are those of the files.
//!
//! [`twice`] is the whole of it: from a copy of the sources, in another folder, from nothing, which takes many minutes.
//! [`again`] is what every test run can afford: all that is handed out is put together once more from what is compiled.

use crate::build::files;
use crate::command::{cargo, run, stdout};
use crate::dist::{self, SUMS, sha256};
use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds twice and compares. That takes minutes: nothing that was built before is used again.
pub fn twice(layout: &Layout) -> Result<()> {
    dist::dist(layout, false)?;
    let copy =
        Layout { root: env::temp_dir().join(format!("swapscope, built again {}", std::process::id())) };
    let compared = copied(layout, &copy).and_then(|()| built(layout, &copy));
    fs::remove_dir_all(&copy.root).ok();
    let count = compared?;
    println!("built twice: {count} files, all the same");
    Ok(())
}

/// Puts together once more what lies in `target/dist`, elsewhere, and compares; the number of files, which are the same
/// and have the checksums that `SHA256SUMS` says.
pub fn again(layout: &Layout) -> Result<usize> {
    let folder = layout.target("dist, again");
    let compared = dist::package(layout, &folder).and_then(|()| {
        checked(&folder)?;
        same(&layout.target("dist"), &folder)
    });
    fs::remove_dir_all(&folder).ok();
    compared
}

/// The sources as they are now, and the tools, which are no part of what is built.
fn copied(layout: &Layout, copy: &Layout) -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(&layout.root);
    for name in stdout(&mut git)?.lines().filter(|name| layout.path(name).is_file()) {
        let to = copy.path(name);
        fs::create_dir_all(to.parent().unwrap_or(Path::new("")))?;
        fs::copy(layout.path(name), to).with_context(|| format!("cannot copy {name}"))?;
    }
    fs::create_dir_all(copy.target(""))?;
    #[cfg(unix)]
    for name in ["target/tools", "tests/browser/node_modules"] {
        if layout.path(name).is_dir() {
            std::os::unix::fs::symlink(layout.path(name), copy.path(name))?;
        }
    }
    Ok(())
}

/// Builds the copy; the number of files, which are the same.
fn built(layout: &Layout, copy: &Layout) -> Result<usize> {
    eprintln!("xtask: building again, in {} ...", copy.root.display());
    let mut command = cargo(&copy.root);
    command.args(["run", "--quiet", "--package", "xtask", "--", "dist"]);
    run(command.env("CARGO_TARGET_DIR", copy.target("cargo")))?;
    checked(&copy.target("dist"))?;
    same(&layout.target("dist"), &copy.target("dist"))
}

/// The number of files of two folders that hold the same; an error names the first that differs.
fn same(first: &Path, second: &Path) -> Result<usize> {
    let mut names = files(first)?;
    // The checksums follow from the others, and are the last to be named.
    names.sort_by_key(|name| name.as_os_str() == SUMS);
    let others = files(second)?;
    if let Some(name) =
        names.iter().chain(&others).find(|name| !names.contains(name) || !others.contains(name))
    {
        bail!("{} is there only once", name.display());
    }
    for name in &names {
        if fs::read(first.join(name))? != fs::read(second.join(name))? {
            bail!("{} is another one the second time", name.display());
        }
    }
    Ok(names.len())
}

/// Holds every file of a folder against its checksum.
fn checked(folder: &Path) -> Result<()> {
    let sums = fs::read_to_string(folder.join(SUMS)).with_context(|| format!("cannot read {SUMS}"))?;
    let mut listed = Vec::new();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").with_context(|| format!("{SUMS}: not a checksum: {line}"))?;
        if sha256(&fs::read(folder.join(name)).with_context(|| format!("{SUMS} names {name}"))?) != sum {
            bail!("{name} has not the checksum of {SUMS}");
        }
        listed.push(PathBuf::from(name));
    }
    match files(folder)?.into_iter().find(|name| name.as_os_str() != SUMS && !listed.contains(name)) {
        Some(name) => bail!("{} is not in {SUMS}", name.display()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files below the one of this test run.
    fn folder(name: &str, texts: &[(&str, &str)]) -> PathBuf {
        let folder = env::temp_dir().join(format!("swapscope-twice-{}-{name}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        for (name, text) in texts {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn what_differs_is_named() {
        let first = folder("first", &[("a", "1"), ("b/c", "2")]);
        let said = |texts: &[(&str, &str)]| {
            let second = folder("second", texts);
            let said = same(&first, &second).map_err(|error| error.to_string());
            fs::remove_dir_all(second).unwrap();
            said
        };
        assert_eq!(said(&[("a", "1"), ("b/c", "2")]), Ok(2));
        assert_eq!(said(&[("a", "1"), ("b/c", "3")]), Err("b/c is another one the second time".to_owned()));
        assert_eq!(said(&[("a", "1")]), Err("b/c is there only once".to_owned()));
        assert_eq!(said(&[("a", "1"), ("b/c", "2"), ("d", "")]), Err("d is there only once".to_owned()));
        fs::remove_dir_all(first).unwrap();
    }

    #[test]
    fn checksums_are_held_against_the_files() {
        // Of "abc", as FIPS 180-2 has it.
        let sums = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b/c\n";
        for (texts, wanted) in [
            (&[("b/c", "abc")][..], None),
            (&[("b/c", "abd")], Some("b/c has not the checksum of SHA256SUMS")),
            (&[("b/c", "abc"), ("d", "")], Some("d is not in SHA256SUMS")),
            (&[("d", "abc")], Some("SHA256SUMS names b/c")),
        ] {
            let texts = [texts, &[(SUMS, sums)]].concat();
            let folder = folder("sums", &texts);
            let said = checked(&folder).err().map(|error| error.to_string());
            assert_eq!(said.as_deref(), wanted);
            fs::remove_dir_all(folder).unwrap();
        }
    }
}
