//! Whether the build gives the same bytes again: from a copy of the sources, in another folder, from nothing.

use crate::build::files;
use crate::command::{cargo, run, stdout};
use crate::dist;
use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds twice and compares. That takes minutes: nothing that was built before is used again.
pub fn twice(layout: &Layout) -> Result<()> {
    dist::dist(layout, false)?;
    let copy =
        Layout { root: env::temp_dir().join(format!("swapscope, built again {}", std::process::id())) };
    let compared = copied(layout, &copy).and_then(|()| compare(layout, &copy));
    fs::remove_dir_all(&copy.root).ok();
    let count = compared?;
    println!("built twice: {count} files, all the same");
    Ok(())
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
fn compare(layout: &Layout, copy: &Layout) -> Result<usize> {
    eprintln!("xtask: building again, in {} ...", copy.root.display());
    let mut command = cargo(&copy.root);
    command.args(["run", "--quiet", "--package", "xtask", "--", "dist"]);
    run(command.env("CARGO_TARGET_DIR", copy.target("cargo")))?;
    let (first, second) = (layout.target("dist"), copy.target("dist"));
    let names = files(&first)?;
    if names != files(&second)? {
        bail!("other files the second time");
    }
    for name in &names {
        if fs::read(first.join(name))? != fs::read(second.join(name))? {
            bail!("{} is another one the second time", name.display());
        }
    }
    Ok(names.len())
}
