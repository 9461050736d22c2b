//! Dirty limits and the limit of `throttle_vm_writeout` (mm/page-writeback.c).

use super::Kernel;

/// Memory as the limits see it. Pages.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Free pages of all zones.
    pub free: i128,
    /// `totalreserve_pages`.
    pub totalreserve: i128,
    /// Page cache on the LRU lists.
    pub file: i128,
    /// `vm.dirty_ratio`.
    pub ratio: i128,
    /// `vm.dirty_background_ratio`.
    pub background_ratio: i128,
    /// `dirty_limit` of the global domain, the slow one.
    pub slow: i128,
}

/// The task that would be held.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Its request has `__GFP_NORETRY`.
    pub noretry: bool,
    /// It has `PF_LESS_THROTTLE`.
    pub less_throttle: bool,
}

/// A share of the dirtyable memory: percent up to 4.6, 1/4096 from 4.7.
fn share(kernel: Kernel, percent: i128, dirtyable: i128) -> i128 {
    if kernel.release <= 46 { percent * dirtyable / 100 } else { (percent * 4096 / 100) * dirtyable / 4096 }
}

/// Background threshold and threshold (`global_dirty_limits`). Anonymous memory is not dirtyable.
#[must_use]
pub fn limits(kernel: Kernel, memory: &Memory) -> (i128, i128) {
    let spare = (memory.free - memory.totalreserve).max(0);
    let dirtyable = spare + memory.file + 1;
    let threshold = share(kernel, memory.ratio, dirtyable);
    let background = share(kernel, memory.background_ratio, dirtyable);
    (if background < threshold { background } else { threshold / 2 }, threshold)
}

/// The slow limit 200 ms later (`update_dirty_limit`), with so many pages dirty or under writeback.
#[must_use]
pub fn slow_limit(memory: &Memory, threshold: i128, dirty: i128) -> i128 {
    let target = threshold.max(dirty);
    if memory.slow < threshold {
        threshold
    } else if memory.slow > target {
        memory.slow - (memory.slow - target) / 32
    } else {
        memory.slow
    }
}

/// Pages under writeback above which `throttle_vm_writeout` holds a task (47a133339c33; gone in 4.9, bf48438354a7); `None`
/// where it never does.
#[must_use]
pub fn throttle(kernel: Kernel, memory: &Memory, task: Task) -> Option<i128> {
    let is_gone = kernel.release >= 49 || kernel.patch == "no-vm-writeout";
    let is_exempt = match kernel.patch {
        "mempool-noretry" => task.noretry,
        "less-throttle-return" => task.less_throttle,
        _ => false,
    };
    if is_gone || is_exempt {
        return None;
    }
    let mut threshold = limits(kernel, memory).1;
    if task.less_throttle {
        threshold += threshold / 4;
        threshold += if kernel.release >= 47 { memory.slow / 32 } else { 0 };
    }
    let limit = threshold.max(memory.slow);
    Some(limit + limit / 10)
}
