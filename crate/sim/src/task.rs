//! Tasks as memory management sees them: wait queues, address spaces, processes.

use crate::exec::TaskId;

/// `wait_queue_head_t`; wake-ups are not exclusive unless the caller asks for one.
#[derive(Clone, Debug, Default)]
pub(crate) struct WaitQueue(Vec<TaskId>);

impl WaitQueue {
    pub(crate) fn add(&mut self, task: TaskId) {
        if !self.0.contains(&task) {
            self.0.push(task);
        }
    }
    pub(crate) fn remove(&mut self, task: TaskId) {
        self.0.retain(|other| *other != task);
    }
    pub(crate) fn take_all(&mut self) -> Vec<TaskId> {
        std::mem::take(&mut self.0)
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn contains(&self, task: TaskId) -> bool {
        self.0.contains(&task)
    }
    pub(crate) fn take_first(&mut self) -> Option<TaskId> {
        if self.is_empty() { None } else { Some(self.0.remove(0)) }
    }
}

/// In [`AddressSpace::entries`]: the rest of the value is a swap slot.
pub(crate) const SWAP_ENTRY: u32 = 1 << 31;

/// `struct mm_struct`: page table entries, each empty (`NONE`), a page, or a swap slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressSpace {
    pub entries: Vec<u32>,
    /// `MM_ANONPAGES`.
    pub rss: u64,
    /// `MM_SWAPENTS`.
    pub swapents: u64,
    /// The reaper or the exit has taken its memory.
    pub reaped: bool,
}

/// A user process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub task: TaskId,
    pub space: usize,
    pub alive: bool,
    /// Past the beginning of `do_exit`.
    pub exiting: bool,
    /// Counts for the workload (the probe does not).
    pub counts: bool,
}
