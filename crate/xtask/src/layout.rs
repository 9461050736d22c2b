//! Where things are. Everything generated lies under `target`.

use std::path::{Path, PathBuf};

/// The folders of the workspace.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Top of the workspace.
    pub root: PathBuf,
}

impl Layout {
    /// The workspace that this program was built in.
    pub fn find() -> Self {
        // crate/xtask is two levels below the top.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
        Self { root: root.to_owned() }
    }

    /// A path below the top.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path below the folder of what is generated.
    pub fn target(&self, relative: &str) -> PathBuf {
        // CARGO_TARGET_DIR moves cargo's own output; tools and pages stay where the documentation says they are.
        self.root.join("target").join(relative)
    }

    /// Where the tools are that set-up installs.
    pub fn tools(&self) -> PathBuf {
        self.target("tools")
    }

    /// The folder that is served: the sources of the page and the wasm package.
    pub fn site(&self) -> PathBuf {
        self.target("site")
    }

    /// The browser tests, with their npm packages.
    pub fn browser_tests(&self) -> PathBuf {
        self.path("tests/browser")
    }
}
