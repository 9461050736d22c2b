//! Behaviours for unit tests, by what sets them apart.

use super::{KernelPolicy, VERSIONS};

fn version(name: &str) -> KernelPolicy {
    VERSIONS.iter().find(|version| version.name == name).unwrap().policy()
}

/// No OOM reaper, and mempools that spare the reserves.
pub(crate) fn first() -> KernelPolicy {
    version("4.5")
}

/// The old OOM detection, and mempools that may drain the reserves.
pub(crate) fn oldest() -> KernelPolicy {
    version("4.6")
}

/// The reworked OOM detection.
pub(crate) fn reworked() -> KernelPolicy {
    version("4.7")
}

/// LRU lists and kswapd by node.
pub(crate) fn by_node() -> KernelPolicy {
    version("4.8")
}

/// Without `throttle_vm_writeout`.
pub(crate) fn newest() -> KernelPolicy {
    version("4.9")
}
