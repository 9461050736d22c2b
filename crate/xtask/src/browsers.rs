//! Finding the browsers, or installing them where that is possible without asking.

use crate::command::{on_path, run, stdout};
use anyhow::{Context, Result, bail};
use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// One of the browsers that the page is tested in.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// Name for the driver.
    pub name: &'static str,
    /// Name of the step that tests the page in it.
    pub step: &'static str,
    /// Environment variable that names the program.
    variable: &'static str,
    /// Names on PATH.
    programs: &'static [&'static str],
    /// Where it is on systems that do not put it on PATH.
    elsewhere: &'static [&'static str],
    /// Debian's package.
    package: &'static str,
}

/// Chromium and Firefox, the stock programs of the system.
pub const BROWSERS: [Browser; 2] = [
    Browser {
        name: "chromium",
        step: "the page in Chromium",
        variable: "CHROMIUM",
        programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        elsewhere: &["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
        package: "chromium",
    },
    Browser {
        name: "firefox",
        step: "the page in Firefox",
        variable: "FIREFOX",
        programs: &["firefox-esr", "firefox"],
        elsewhere: &["/Applications/Firefox.app/Contents/MacOS/firefox"],
        package: "firefox-esr",
    },
];

impl Browser {
    fn find(&self) -> Option<PathBuf> {
        let named = env::var_os(self.variable).map(PathBuf::from);
        let elsewhere = self.elsewhere.iter().map(PathBuf::from).find(|file| file.is_file());
        named.or_else(|| on_path(self.programs)).or(elsewhere)
    }

    /// The program, installed from Debian's packages where it is missing and we may.
    pub fn program(&self) -> Result<PathBuf> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        // Without recommended packages: they pull in half a desktop. Fonts must be named then.
        let packages = [self.package, "fonts-dejavu-core"];
        let command = format!("apt-get install --no-install-recommends {}", packages.join(" "));
        let root = stdout(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
        if on_path(&["apt-get"]).is_none() || !root {
            bail!(
                "{} is missing. Install it (Debian: sudo {command}) or name its program in {}",
                self.name,
                self.variable
            );
        }
        eprintln!("xtask: installing Debian's {} (once, about a minute) ...", self.package);
        let start = Instant::now();
        let apt = || {
            let mut command = Command::new("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive");
            command
        };
        run(apt().args(["update", "-qq"]))?;
        run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))?;
        eprintln!("xtask: installed {} in {:.0} s", self.package, start.elapsed().as_secs_f64());
        self.find().with_context(|| format!("{} was installed and is still not on PATH", self.package))
    }
}
