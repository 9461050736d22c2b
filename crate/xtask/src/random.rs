//! Random small machines, run in every way that there is: the same digests everywhere.

use crate::browsers::{BROWSERS, Browser};
use crate::command::{cargo, stdout};
use crate::layout::Layout;
use crate::parity::{self, Run};
use crate::serve::Folder;
use crate::setup::{self, Node};
use crate::{build, setup::wasm_tools};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Machines of a test run.
pub const FEW: u32 = 40;

/// Builds what is needed, runs `count` machines natively in release and debug, in node and in every browser, and compares.
pub fn parity(layout: &Layout, count: u32, seed: u32) -> Result<()> {
    wasm_tools(layout)?;
    let node = setup::node(layout)?;
    build::site(layout)?;
    let start = Instant::now();
    let machines = Machines::new(layout, count, seed)?;
    println!("{count} machines of seed {seed}, {} events", machines.events());
    println!("release: {count} runs in {:.1} s", start.elapsed().as_secs_f64());
    let said = |name: &str, start: Instant, equal: u64| {
        println!("{name}: {equal} runs are the same, {:.1} s", start.elapsed().as_secs_f64());
    };
    let start = Instant::now();
    said("debug", start, machines.debug()?);
    let start = Instant::now();
    said("node", start, machines.node(&node)?);
    for browser in &BROWSERS {
        let start = Instant::now();
        said(browser.name, start, machines.browser(&node, browser, layout.site())?);
    }
    Ok(())
}

/// Random machines and what they came to in release.
pub struct Machines<'a> {
    layout: &'a Layout,
    args: [String; 3],
    runs: Vec<Run>,
    /// The runs, for scripts.
    file: PathBuf,
}

impl<'a> Machines<'a> {
    /// The same machines for the same seed.
    pub fn new(layout: &'a Layout, count: u32, seed: u32) -> Result<Self> {
        let args = ["--random".to_owned(), count.to_string(), seed.to_string()];
        let runs = parity::native(layout, &args.each_ref().map(String::as_str))?;
        let file = layout.target("parity/random.txt");
        fs::create_dir_all(layout.target("parity"))?;
        fs::write(&file, runs.iter().map(|run| run.same.join("\t") + "\n").collect::<String>())?;
        Ok(Self { layout, args, runs, file })
    }

    /// Events of all runs.
    fn events(&self) -> u64 {
        self.runs.iter().map(Run::events).sum()
    }

    fn compare(&self, text: &str) -> Result<u64> {
        parity::compare(&self.runs, &text.lines().map(Run::parse).collect::<Result<Vec<_>>>()?)
    }

    /// Runs them in a debug build, where every overflow is an error.
    pub fn debug(&self) -> Result<u64> {
        let mut command = cargo(&self.layout.root);
        command.args(["run", "--quiet", "--package", "swapscope-tests", "--bin", "runs", "--"]);
        self.compare(&stdout(command.args(&self.args))?).context("debug and release")
    }

    /// Runs them as wasm in node.
    pub fn node(&self, node: &Node) -> Result<u64> {
        let found = parity::node(self.layout, node, &self.file)?;
        parity::compare(&self.runs, &found).context("native and node")
    }

    /// Runs them as the wasm of a site in a browser.
    pub fn browser(&self, node: &Node, browser: &Browser, site: PathBuf) -> Result<u64> {
        let server = Folder::bind(vec![site], 0)?;
        let mut command = Command::new(&node.program);
        command.arg(self.layout.browser_tests().join("parity.mjs")).arg(browser.name);
        command.arg(browser.program()?).arg(&server.address).arg(&self.file);
        self.compare(&stdout(&mut command)?).with_context(|| format!("native and {}", browser.name))
    }
}
