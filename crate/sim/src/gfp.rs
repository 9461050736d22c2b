//! Flags by the kernel's names: gfp masks (include/linux/gfp.h), task flags (include/linux/sched.h) and the
//! allocator's own ALLOC_* flags (mm/internal.h).

/// A gfp mask. The bits are those of 4.7 where the model uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gfp(pub u32);

impl Gfp {
    /// May go down to half of the min watermark.
    pub const HIGH: Self = Self(0x20);
    /// Reclaim may start block I/O.
    pub const IO: Self = Self(0x40);
    /// Reclaim may call into file systems.
    pub const FS: Self = Self(0x80);
    /// Interrupt context: three eighths of min are enough, and nothing sleeps.
    pub const ATOMIC_BIT: Self = Self(0x8_0000);
    /// The page will be dirtied: zones keep to their share of dirty pages.
    pub const WRITE: Self = Self(0x100_0000);
    /// May come from any zone, belongs to a user, and may be moved: no difference on the machines of the model.
    const USER: Self = Self(0x2_000a);
    /// One round of reclaim, then failure; never the OOM killer.
    pub const NORETRY: Self = Self(0x1000);
    /// Vetoes every way past the watermarks.
    pub const NOMEMALLOC: Self = Self(0x1_0000);
    /// The caller may reclaim and sleep.
    pub const DIRECT_RECLAIM: Self = Self(0x40_0000);
    /// kswapd is woken.
    pub const KSWAPD_RECLAIM: Self = Self(0x200_0000);

    pub const NOWAIT: Self = Self::KSWAPD_RECLAIM;
    pub const NOIO: Self = Self(Self::DIRECT_RECLAIM.0 | Self::KSWAPD_RECLAIM.0);
    pub const KERNEL: Self = Self(Self::NOIO.0 | Self::IO.0 | Self::FS.0);
    /// The page is zeroed.
    pub const ZERO: Self = Self(0x8000);
    /// A page fault's mask.
    pub const HIGHUSER_MOVABLE: Self = Self(Self::KERNEL.0 | Self::USER.0);
    pub const ATOMIC: Self = Self(Self::HIGH.0 | Self::ATOMIC_BIT.0 | Self::KSWAPD_RECLAIM.0);

    pub(crate) const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 == bits.0
    }
    pub(crate) const fn with(self, bits: Self) -> Self {
        Self(self.0 | bits.0)
    }
    pub(crate) const fn without(self, bits: Self) -> Self {
        Self(self.0 & !bits.0)
    }
    /// The name that an OOM report prints.
    pub(crate) const fn name(self) -> &'static str {
        if self.has(Self::HIGHUSER_MOVABLE.with(Self::ZERO)) {
            "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"
        } else if self.has(Self::HIGHUSER_MOVABLE) {
            "GFP_HIGHUSER_MOVABLE"
        } else if self.has(Self::KERNEL) {
            "GFP_KERNEL"
        } else if self.has(Self::NOIO) {
            "GFP_NOIO"
        } else if self.has(Self::ATOMIC) {
            "GFP_ATOMIC"
        } else {
            "GFP_NOWAIT"
        }
    }
}

/// Name of a mask with the bits of 4.7, as an OOM report prints it.
#[must_use]
pub const fn gfp_name(mask: u32) -> &'static str {
    Gfp(mask).name()
}

/// The task ignores watermarks and never enters direct reclaim.
pub(crate) const PF_MEMALLOC: u32 = 0x800;
/// A workqueue worker.
pub(crate) const PF_WQ_WORKER: u32 = 0x20;
/// The dirty limits are a quarter higher for it.
pub(crate) const PF_LESS_THROTTLE: u32 = 0x10_0000;
/// kswapd itself.
pub(crate) const PF_KSWAPD: u32 = 0x4_0000;
/// Bound to its CPU.
pub(crate) const PF_NO_SETAFFINITY: u32 = 0x400_0000;
/// A kernel thread.
pub(crate) const PF_KTHREAD: u32 = 0x20_0000;
/// Chosen by the OOM killer: may ignore watermarks (`TIF_MEMDIE`, a thread flag in the kernel).
pub(crate) const TIF_MEMDIE: u32 = 0x8000_0000;

/// Test no watermark.
pub(crate) const ALLOC_NO_WATERMARKS: u32 = 0x04;
/// `__GFP_ATOMIC`: a further quarter of min.
pub(crate) const ALLOC_HARDER: u32 = 0x10;
/// `__GFP_HIGH`: half of min.
pub(crate) const ALLOC_HIGH: u32 = 0x20;
/// An OOM victim where it must leave half of min (cd04ae1e2dc8).
pub(crate) const ALLOC_OOM: u32 = 0x08;
/// Keep to a zone's share of the round robin (`get_page_from_freelist`, up to 4.7).
pub(crate) const ALLOC_FAIR: u32 = 0x100;
/// Pass over zones with more than their share of dirty pages (`spread_dirty_pages`).
pub(crate) const ALLOC_DIRTY_SPREAD: u32 = 0x200;
