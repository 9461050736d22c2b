//! Kernels as data: policy values, versions, and the patches of the mailing list.
//!
//! This folder is the only place that names a version. The model reads the fields of [`KernelPolicy`] and never
//! compares versions. A version is the one before it plus cited changes; a patch is a function on a policy; a what-if sets
//! one value of it.

mod patches;
mod policy;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod versions;
mod what_if;

pub use patches::{PATCHES, Patch};
pub use policy::*;
pub use table::{Behaviour, BehaviourValue, PolicyRow};
pub use versions::{VERSIONS, Version};
pub use what_if::{WhatIf, kebab};

/// A version with patches and what-ifs on top, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// The version's name, such as `4.7-rc6`.
    pub version: &'static str,
    /// What stands on top, from the first to the last to be applied: names of patches, and of single policy values as
    /// [`WhatIf::name`] writes them.
    pub patches: Vec<String>,
    /// The resulting behaviour.
    pub policy: KernelPolicy,
}

/// Why a kernel's name was not understood.
#[derive(Clone, Debug)]
pub enum KernelError {
    /// No version of this name.
    UnknownVersion(String),
    /// No patch of this name.
    UnknownPatch(String),
    /// The same patch twice.
    RepeatedPatch(String),
    /// No policy value of this name.
    UnknownBehaviour(String),
    /// A policy value that cannot be this.
    UnknownValue(&'static Behaviour, String),
    /// The same policy value set twice.
    RepeatedBehaviour(&'static Behaviour),
}

impl Kernel {
    /// Reads `VERSION`, `VERSION~PATCH~PATCH` or `VERSION~FIELD.VALUE`; patches and single values in any order, which
    /// is the order in which they are applied.
    ///
    /// # Errors
    /// Names the part that is unknown or repeated.
    pub fn parse(text: &str) -> Result<Self, KernelError> {
        let mut parts = text.split('~');
        let name = parts.next().unwrap_or_default();
        let version = VERSIONS
            .iter()
            .find(|version| version.name == name)
            .ok_or_else(|| KernelError::UnknownVersion(name.to_owned()))?;
        let mut kernel = Self { version: version.name, patches: Vec::new(), policy: version.policy() };
        for part in parts {
            if part.contains('.') { kernel.set(&WhatIf::parse(part)?)? } else { kernel.patch(part)? }
        }
        Ok(kernel)
    }

    fn patch(&mut self, name: &str) -> Result<(), KernelError> {
        let patch = PATCHES
            .iter()
            .find(|patch| patch.name == name)
            .ok_or_else(|| KernelError::UnknownPatch(name.to_owned()))?;
        if self.patches.iter().any(|there| there == name) {
            return Err(KernelError::RepeatedPatch(name.to_owned()));
        }
        (patch.apply)(&mut self.policy);
        self.patches.push(name.to_owned());
        Ok(())
    }

    fn set(&mut self, what_if: &WhatIf) -> Result<(), KernelError> {
        if self.what_ifs().any(|there| there.behaviour().name == what_if.behaviour().name) {
            return Err(KernelError::RepeatedBehaviour(what_if.behaviour()));
        }
        what_if.apply(&mut self.policy);
        self.patches.push(what_if.name());
        Ok(())
    }

    /// The single policy values that were set by name.
    pub fn what_ifs(&self) -> impl Iterator<Item = WhatIf> {
        self.patches.iter().filter_map(|name| WhatIf::parse(name).ok())
    }

    /// The name that [`Kernel::parse`] reads.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = self.version.to_owned();
        for patch in &self.patches {
            name.push('~');
            name.push_str(patch);
        }
        name
    }
}
