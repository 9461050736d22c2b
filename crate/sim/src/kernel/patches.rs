//! The patches that were proposed, as functions on a policy. A patch leaves alone what it does not find.

use super::{
    DmSwapBios, KernelPolicy, LessThrottle, MempoolReclaim, MempoolReserves, OomVeto, ThrottleVmWriteout,
    WorkerNap,
};

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

/// Changes the throttle, where there is one.
fn throttle(policy: &mut KernelPolicy, to: ThrottleVmWriteout) {
    if policy.throttle_vm_writeout != ThrottleVmWriteout::Absent {
        policy.throttle_vm_writeout = to;
    }
}

/// All patches, in the order of their mails.
pub static PATCHES: &[Patch] = &[
    Patch {
        name: "revert-564e81a5",
        source: "572B6CB3.10802@redhat.com",
        subject: "564e81a57f97 taken back, as in Dahl's bisection (mm, vmstat: fix wrong WQ sleep ...)",
        summary: "workqueue workers do not nap in reclaim",
        apply: |policy| {
            if policy.worker_nap == WorkerNap::WaitIffCongested {
                policy.worker_nap = WorkerNap::Absent;
            }
        },
    },
    Patch {
        name: "f9054c70",
        source: "f9054c70d28b",
        subject: "mm, mempool: only set __GFP_NOMEMALLOC if there are free elements",
        summary: "a mempool that is empty may take memory reserves",
        apply: |policy| policy.mempool_reserves = MempoolReserves::WhenEmpty,
    },
    Patch {
        name: "less-throttle-kcryptd",
        source: "20160713111006.GF28723@dhcp22.suse.cz",
        subject: "Re: System freezes after OOM",
        summary: "kcryptd works with PF_LESS_THROTTLE, which raises its dirty limits by a quarter",
        apply: |policy| policy.less_throttle = LessThrottle::Kcryptd,
    },
    Patch {
        name: "mempool-noretry",
        source: "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        subject: "Re: [dm-devel] System freezes after OOM",
        summary: "throttle_vm_writeout returns at once for __GFP_NORETRY, which every mempool allocation has",
        apply: |policy| throttle(policy, ThrottleVmWriteout::NotNoretry),
    },
    Patch {
        name: "mempool-noreclaim",
        source: "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        subject: "Re: [dm-devel] System freezes after OOM",
        summary: "a mempool never reclaims: without an element its caller waits for one",
        apply: |policy| policy.mempool_reclaim = MempoolReclaim::Never,
    },
    Patch {
        name: "oom-writeback-counter",
        source: "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        subject: "Re: [dm-devel] System freezes after OOM",
        summary: "no OOM kill while pages under writeback get finished",
        apply: |policy| policy.oom_veto = OomVeto::WritebackMoves,
    },
    Patch {
        name: "oom-swap-veto",
        source: "e9d8f7bb-2dfb-9da9-266c-1e57c128f1c5@redhat.com",
        subject: "Re: [dm-devel] System freezes after OOM",
        summary: "no OOM kill while more than half of swap is free",
        apply: |policy| policy.oom_veto = OomVeto::SwapFree,
    },
    Patch {
        name: "less-throttle-mempool",
        source: "20160714125129.GA12289@dhcp22.suse.cz",
        subject: "Re: System freezes after OOM",
        summary: "mempools allocate with PF_LESS_THROTTLE, which raises their dirty limits by a quarter",
        apply: |policy| policy.less_throttle = LessThrottle::Mempool,
    },
    Patch {
        name: "less-throttle-return",
        source: "1468831285-27242-2-git-send-email-mhocko@kernel.org",
        subject: "[RFC PATCH 2/2] mm, mempool: do not throttle PF_LESS_THROTTLE tasks",
        summary: "mempools allocate with PF_LESS_THROTTLE, and throttle_vm_writeout returns at once for it",
        apply: |policy| {
            policy.less_throttle = LessThrottle::Mempool;
            throttle(policy, ThrottleVmWriteout::NotLessThrottle);
        },
    },
    Patch {
        name: "mempool-victims",
        source: "1468831285-27242-1-git-send-email-mhocko@kernel.org",
        subject: "[RFC PATCH 1/2] mempool: do not consume memory reserves from the reclaim path",
        summary: "a mempool that is empty may take memory reserves for an OOM victim only",
        apply: |policy| {
            if policy.mempool_reserves == MempoolReserves::WhenEmpty {
                policy.mempool_reserves = MempoolReserves::VictimsOnly;
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
    Patch {
        name: "no-vm-writeout",
        source: "bf48438354a7",
        subject: "mm, vmscan: get rid of throttle_vm_writeout",
        summary: "throttle_vm_writeout is gone",
        apply: |policy| policy.throttle_vm_writeout = ThrottleVmWriteout::Absent,
    },
    Patch {
        name: "dm-swap-bios",
        source: "a666e5c05e7c",
        subject: "dm: fix deadlock when swapping to encrypted device",
        summary: "at most 2,048 bios of swap are on their way through a mapped device",
        apply: |policy| policy.dm_swap_bios = DmSwapBios::Limited,
    },
];
