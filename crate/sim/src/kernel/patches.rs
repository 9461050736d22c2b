//! The patches that were proposed, as functions on a policy.

use super::{KernelPolicy, MempoolReserves, ThrottleVmWriteout};

/// One patch.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    /// Name behind the `~` of a kernel's name.
    pub name: &'static str,
    /// Commit (12 digits) or, for a patch that was never merged, the Message-ID of its mail.
    pub source: &'static str,
    /// Title of the commit or mail.
    pub subject: &'static str,
    /// What it changes, in one line.
    pub summary: &'static str,
    /// The change.
    pub apply: fn(&mut KernelPolicy),
}

/// All patches, in the order of their mails.
pub const PATCHES: &[Patch] = &[
    Patch {
        name: "mempool-noretry",
        source: "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        subject: "Re: [dm-devel] System freezes after OOM",
        summary: "throttle_vm_writeout returns at once for __GFP_NORETRY, which every mempool allocation has",
        apply: |policy| {
            // Where the function is gone there is nothing to patch.
            if policy.throttle_vm_writeout != ThrottleVmWriteout::Absent {
                policy.throttle_vm_writeout = ThrottleVmWriteout::NotNoretry;
            }
        },
    },
    Patch {
        name: "revert-f9054c70",
        source: "4e390b2b2f34",
        subject: "Revert \"mm, mempool: only set __GFP_NOMEMALLOC if there are free elements\"",
        summary: "a mempool never takes memory reserves",
        apply: |policy| {
            if policy.mempool_reserves == MempoolReserves::WhenEmpty {
                policy.mempool_reserves = MempoolReserves::NeverAgain;
            }
        },
    },
];
