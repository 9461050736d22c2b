//! What is to happen: the earliest event is next, and of equal times the one that was put in first.
//!
//! Most events are the ends of bursts, of which there is one at most on each CPU. They have a place by CPU; only what else is
//! due goes through a heap.

use super::TaskId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What happens at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A burst of CPU time ends, or a task arrives on an idle CPU.
    Resume(TaskId),
    /// A sleep times out, unless the task has been woken since (the second value no longer fits).
    Timer(TaskId, u32),
    /// An interrupt for the model: see `Kernel::interrupt`.
    Interrupt(u32),
}

/// Of [`Happening`], what goes into the heap: one word, so that an entry has 24 bytes. Task numbers stay far below 2^30.
fn pack_timer(task: TaskId, wakeups: u32) -> u64 {
    u64::from(wakeups) << 30 | u64::from(task)
}

const INTERRUPT: u64 = 1 << 62;

fn unpack(word: u64) -> Happening {
    let low = |bits: u32, at: u32| u32::try_from(word >> at & ((1 << bits) - 1)).unwrap_or(0);
    if word & INTERRUPT == 0 {
        Happening::Timer(low(30, 0), low(32, 30))
    } else {
        Happening::Interrupt(low(32, 0))
    }
}

/// Events at which those that mean nothing any more are dropped. Each of them would count as an event; of what is bundled and
/// of the corpus of links nothing has a thirtieth of so many.
pub(crate) const HEAP: usize = 1 << 20;

/// End of a CPU's burst: time, sequence number and task.
type Burst = (u64, u64, TaskId);
/// A CPU without a burst.
const NO_BURST: Burst = (u64::MAX, u64::MAX, TaskId::MAX);

/// Events to come.
pub(super) struct Events {
    sequence: u64,
    heap: BinaryHeap<Reverse<(u64, u64, u64)>>,
    /// By CPU.
    bursts: Vec<Burst>,
    /// CPUs with a burst.
    busy: usize,
}

impl Events {
    pub(super) fn new(cpus: u32) -> Self {
        Self { sequence: 0, heap: BinaryHeap::new(), bursts: vec![NO_BURST; cpus as usize], busy: 0 }
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Whether there are so many that those without a meaning should be dropped.
    pub(super) fn is_full(&self) -> bool {
        self.heap.len() + self.busy == HEAP
    }

    /// Drops the timers that have no meaning any more.
    pub(super) fn retain_timers(&mut self, is_live: impl Fn(TaskId, u32) -> bool) {
        self.heap.retain(|Reverse((_, _, word))| match unpack(*word) {
            Happening::Timer(task, wakeups) => is_live(task, wakeups),
            Happening::Resume(_) | Happening::Interrupt(_) => true,
        });
    }

    /// The burst of a task ends on its CPU, which has no other.
    pub(super) fn add_burst(&mut self, at: u64, cpu: usize, task: TaskId) {
        debug_assert_eq!(self.bursts[cpu], NO_BURST, "a CPU runs one task");
        self.bursts[cpu] = (at, self.next_sequence(), task);
        self.busy += 1;
    }

    pub(super) fn add_timer(&mut self, at: u64, task: TaskId, wakeups: u32) {
        let sequence = self.next_sequence();
        self.heap.push(Reverse((at, sequence, pack_timer(task, wakeups))));
    }

    pub(super) fn add_interrupt(&mut self, at: u64, value: u32) {
        let sequence = self.next_sequence();
        self.heap.push(Reverse((at, sequence, INTERRUPT | u64::from(value))));
    }

    /// Time of the next event, if there is one.
    pub(super) fn next_at(&self) -> Option<u64> {
        let burst = self.bursts.iter().map(|burst| burst.0).min().filter(|_| self.busy > 0);
        let other = self.heap.peek().map(|Reverse((at, _, _))| *at);
        burst.into_iter().chain(other).min()
    }

    /// Takes the next event and its time.
    pub(super) fn pop(&mut self) -> Option<(u64, Happening)> {
        let first = self.bursts.iter_mut().min_by_key(|(at, sequence, _)| (*at, *sequence))?;
        let other = self.heap.peek().map(|Reverse((at, sequence, _))| (*at, *sequence));
        if *first != NO_BURST && other.is_none_or(|other| (first.0, first.1) < other) {
            let (at, _, task) = std::mem::replace(first, NO_BURST);
            self.busy -= 1;
            return Some((at, Happening::Resume(task)));
        }
        let Reverse((at, _, word)) = self.heap.pop()?;
        Some((at, unpack(word)))
    }
}
