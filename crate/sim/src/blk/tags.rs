//! Tags of a blk-mq queue (block/blk-mq-tag.c; from 4.9 on the same in lib/sbitmap.c, 88459642cba4).
//!
//! A task that finds no tag is not woken by the next one that is freed: its wait queue is woken once a batch of eight has
//! been. So a reclaimer that waited goes on for eight requests before it waits again, and meanwhile the others sleep: runs
//! of slots stay together.

use crate::exec::TaskId;
use crate::task::WaitQueue;

/// `BT_WAIT_QUEUES`.
const WAIT_QUEUES: usize = 8;
/// `BT_WAIT_BATCH`.
const WAIT_BATCH: u32 = 8;

/// `struct bt_wait_state`.
#[derive(Debug, Default)]
struct Waiters {
    wait: WaitQueue,
    /// `wait_cnt`: tags still to be freed before these are woken.
    left: u32,
}

/// `struct blk_mq_bitmap_tags`.
#[derive(Debug)]
pub(super) struct Tags {
    free: u32,
    /// `wake_cnt`.
    batch: u32,
    queues: [Waiters; WAIT_QUEUES],
    /// `hctx->wait_index`: where the next waiter goes.
    wait_index: usize,
    wake_index: usize,
}

impl Tags {
    /// `bt_alloc`, `bt_update_count`.
    pub(super) fn new(depth: u32) -> Self {
        let share = depth / u32::try_from(WAIT_QUEUES).unwrap_or(1);
        let batch = WAIT_BATCH.min(share).max(1);
        let queues = std::array::from_fn(|_| Waiters { wait: WaitQueue::default(), left: batch });
        Self { free: depth, batch, queues, wait_index: 0, wake_index: 0 }
    }

    /// `__bt_get`.
    pub(super) fn get(&mut self) -> bool {
        let found = self.free > 0;
        self.free -= u32::from(found);
        found
    }

    /// `bt_wait_ptr`: the wait queues take turns. Gives which one it was.
    pub(super) fn wait(&mut self, task: TaskId) -> usize {
        let at = self.wait_index;
        self.wait_index = (at + 1) % WAIT_QUEUES;
        self.queues[at].wait.add(task);
        at
    }

    /// `finish_wait`.
    pub(super) fn finish_wait(&mut self, at: usize, task: TaskId) {
        self.queues[at].wait.remove(task);
    }

    pub(super) fn awaited_by(&self, task: TaskId) -> bool {
        self.queues.iter().any(|waiters| waiters.wait.contains(task))
    }

    /// `bt_clear_tag`: whom to wake.
    pub(super) fn put(&mut self) -> Vec<TaskId> {
        self.free += 1;
        // bt_wake_ptr
        let Some(at) = (0..WAIT_QUEUES)
            .map(|step| (self.wake_index + step) % WAIT_QUEUES)
            .find(|at| !self.queues[*at].wait.is_empty())
        else {
            return Vec::new();
        };
        self.wake_index = at;
        let waiters = &mut self.queues[at];
        waiters.left -= 1;
        if waiters.left > 0 {
            return Vec::new();
        }
        waiters.left = self.batch;
        self.wake_index = (at + 1) % WAIT_QUEUES;
        waiters.wait.take_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bt_clear_tag_wakes_a_queue_after_eight() {
        let mut tags = Tags::new(128);
        assert!((0..128).all(|_| tags.get()) && !tags.get());
        assert_eq!([tags.wait(1), tags.wait(2)], [0, 1], "bt_wait_ptr takes turns");
        let woken: Vec<Vec<TaskId>> = (0..16).map(|_| tags.put()).collect();
        assert_eq!((woken[7].as_slice(), woken[15].as_slice()), (&[1][..], &[2][..]));
        assert_eq!(woken.concat(), [1, 2], "nobody before");
        assert!((0..16).all(|_| tags.get()) && !tags.get(), "16 were given back");
    }

    #[test]
    fn bt_update_count_shares_a_shallow_queue() {
        for (depth, batch) in [(1, 1), (8, 1), (16, 2), (63, 7), (64, 8), (1023, 8)] {
            assert_eq!(Tags::new(depth).batch, batch, "{depth} tags");
        }
    }

    #[test]
    fn bt_clear_tag_keeps_the_count_of_a_queue_that_was_left() {
        let mut tags = Tags::new(128);
        while tags.get() {}
        let at = tags.wait(1);
        assert!((0..7).all(|_| tags.put().is_empty()));
        tags.finish_wait(at, 1);
        assert!(tags.put().is_empty(), "nobody waits");
        for _ in 0..7 {
            tags.wait(2);
        }
        assert_eq!(tags.queues[at].left, 1);
    }
}
