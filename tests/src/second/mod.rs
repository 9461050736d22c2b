//! A second model of the rules that are easy to get wrong, slow and obvious. It follows the kernels' sources and not the code
//! of `crate/sim`, whose functions are held against it on random numbers (`tests/tests/second.rs`): one formula for each
//! case, in signed numbers, in which nothing falls below zero in silence; and where the model asks a policy, this one asks
//! for the version.
//!
//! The watermark test has such a second model of its own, beside it in `crate/sim/src/mmzone`.

pub mod dirty;
pub mod mempool;
pub mod retry;
pub mod scan;

/// A kernel: 45 for 4.5 up to 49 for 4.9, and at most one patch of the mailing list on top.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Release, without the dot.
    pub release: i128,
    /// Name of the patch; empty for none.
    pub patch: &'static str,
}

impl Kernel {
    /// The kernel of a version's name; a release candidate is its release.
    #[must_use]
    pub fn new(name: &str, patch: &'static str) -> Self {
        let release = match name {
            "4.5" => 45,
            "4.6" => 46,
            "4.7-rc6" | "4.7" => 47,
            "4.8" => 48,
            _ => 49,
        };
        Self { release, patch }
    }
}

/// Rounded up.
fn ceil(number: i128, by: i128) -> i128 {
    (number + by - 1) / by
}
