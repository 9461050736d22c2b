//! In which order a memory pool asks, takes and waits (mm/mempool.c).

use super::Kernel;

/// `__GFP_IO`.
pub const IO: u32 = 0x40;
/// `__GFP_FS`.
pub const FS: u32 = 0x80;
/// `__GFP_NORETRY`.
pub const NORETRY: u32 = 0x1000;
/// `__GFP_NOMEMALLOC`.
pub const NOMEMALLOC: u32 = 0x1_0000;
/// `__GFP_DIRECT_RECLAIM`.
pub const DIRECT_RECLAIM: u32 = 0x40_0000;
/// `__GFP_KSWAPD_RECLAIM`.
pub const KSWAPD_RECLAIM: u32 = 0x200_0000;

/// What one attempt meets.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// The pool was empty when the mask was made.
    pub empty: bool,
    /// The allocator had memory.
    pub memory: bool,
    /// The pool had an element afterwards.
    pub element: bool,
}

/// What is done, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The allocator is asked under this mask. `__GFP_NOWARN` is left out: it changes nothing but the log.
    Ask(u32),
    /// An element is taken from the pool.
    Take,
    /// 5 s in the wait queue, or less if an element comes back.
    Wait,
    /// The caller gets nothing.
    Null,
}

/// The mask of an attempt, out of the caller's with what the pool adds or takes away.
fn mask(kernel: Kernel, mask: u32, empty: bool, victim: bool) -> u32 {
    let drains = match (kernel.patch, kernel.release) {
        ("f9054c70", _) => empty,
        ("revert-f9054c70", _) => false,
        // RFC 1/2 of 18 July 2016.
        ("mempool-victims", 46 | 47) => empty && victim,
        // f9054c70d28b (4.6), taken back by 4e390b2b2f34 (4.8).
        (_, 46 | 47) => empty,
        _ => false,
    };
    if drains { mask } else { mask | NOMEMALLOC }
}

/// `mempool_alloc`, for as many attempts as there are turns.
#[must_use]
pub fn mempool_alloc(kernel: Kernel, gfp: u32, victim: bool, turns: &[Turn]) -> Vec<Step> {
    let whole = gfp | NORETRY;
    let timid = whole & !(DIRECT_RECLAIM | IO);
    // Mikulas Patocka's proposal of 2016: never into reclaim, whatever the caller may.
    let bold = if kernel.patch == "mempool-noreclaim" { whole & !DIRECT_RECLAIM } else { whole };
    let mut steps = Vec::new();
    let mut is_first = true;
    for turn in turns {
        let base = if is_first { timid } else { bold };
        steps.push(Step::Ask(mask(kernel, base, turn.empty, victim)));
        if turn.memory {
            break;
        }
        if turn.element {
            steps.push(Step::Take);
            break;
        }
        let repeats = is_first && timid != bold;
        is_first = false;
        if repeats {
            continue;
        }
        if whole & DIRECT_RECLAIM == 0 {
            steps.push(Step::Null);
            break;
        }
        steps.push(Step::Wait);
    }
    steps
}
