//! Kernels as data: policy values, versions, and the patches of the mailing list.
//!
//! This folder is the only place that names a version. The model reads the fields of [`KernelPolicy`] and never
//! compares versions. A version is the one before it plus cited changes; a patch is a function on a policy.

mod patches;
mod policy;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod versions;

pub use patches::{PATCHES, Patch};
pub use policy::*;
pub use table::PolicyRow;
pub use versions::{VERSIONS, Version};

/// A version with patches on top, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// The version's name, such as `4.7-rc6`.
    pub version: &'static str,
    /// Names of the patches on top, in order.
    pub patches: Vec<&'static str>,
    /// The resulting behaviour.
    pub policy: KernelPolicy,
}

/// Why a kernel's name was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelError {
    /// No version of this name.
    UnknownVersion(String),
    /// No patch of this name.
    UnknownPatch(String),
    /// The same patch twice.
    RepeatedPatch(String),
}

impl Kernel {
    /// Reads `VERSION` or `VERSION~PATCH~PATCH`.
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
            let patch = PATCHES
                .iter()
                .find(|patch| patch.name == part)
                .ok_or_else(|| KernelError::UnknownPatch(part.to_owned()))?;
            if kernel.patches.contains(&patch.name) {
                return Err(KernelError::RepeatedPatch(part.to_owned()));
            }
            (patch.apply)(&mut kernel.policy);
            kernel.patches.push(patch.name);
        }
        Ok(kernel)
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
