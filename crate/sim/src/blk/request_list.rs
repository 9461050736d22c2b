//! Requests of a legacy queue: how many there may be, who waits, and when the queue is congested (block/blk-core.c,
//! block/blk-ioc.c).

use crate::exec::TaskId;
use crate::task::WaitQueue;

/// `BLK_BATCH_REQ`: requests that a batching task may take while others are blocked.
const BATCH_REQUESTS: u32 = 32;
/// `BLK_BATCH_TIME` is a second divided by this.
const BATCH_TIME: u64 = 50;

/// Marks of `blk_queue_congestion_threshold`: (on, off); 113 and 103 of 128 requests.
pub(crate) const fn congestion_thresholds(nr_requests: u32) -> (u32, u32) {
    let on = nr_requests - nr_requests / 8 + 1;
    let off = (nr_requests - nr_requests / 8 - nr_requests / 16).saturating_sub(1);
    (if on < nr_requests { on } else { nr_requests }, if off > 0 { off } else { 1 })
}

/// Part of a task's `io_context`.
#[derive(Clone, Copy, Debug, Default)]
struct IoContext {
    /// `nr_batch_requests`.
    left: u32,
    /// `last_waited`, in jiffies.
    since: u64,
}

/// One direction of `struct request_list`.
#[derive(Debug, Default)]
struct Direction {
    count: u32,
    full: bool,
    congested: bool,
    wait: WaitQueue,
}

/// `struct request_list`: reads are synchronous, writes of swap are not.
#[derive(Debug)]
pub(super) struct RequestList {
    nr_requests: u32,
    hz: u64,
    directions: [Direction; 2],
    contexts: Vec<IoContext>,
}

/// What a request that was freed sets off.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Freed {
    /// Who waits for a request of this direction.
    pub waiter: Option<TaskId>,
    /// `clear_wb_congested` was called, which wakes the sleepers of `congestion_wait` on this direction, whether the queue
    /// was congested or not.
    pub uncongested: bool,
}

impl RequestList {
    pub(super) fn new(nr_requests: u32, hz: u64) -> Self {
        Self { nr_requests, hz, directions: <[Direction; 2]>::default(), contexts: Vec::new() }
    }

    fn context(&mut self, task: TaskId) -> &mut IoContext {
        let at = task as usize;
        if self.contexts.len() <= at {
            self.contexts.resize(at + 1, IoContext::default());
        }
        &mut self.contexts[at]
    }

    /// `ioc_batching`.
    fn batching(&mut self, task: TaskId, jiffies: u64) -> bool {
        let time = self.hz / BATCH_TIME;
        let context = self.context(task);
        context.left == BATCH_REQUESTS || (context.left > 0 && jiffies < context.since + time)
    }

    /// `ioc_set_batching`.
    pub(super) fn set_batching(&mut self, task: TaskId, jiffies: u64) {
        if !self.batching(task, jiffies) {
            *self.context(task) = IoContext { left: BATCH_REQUESTS, since: jiffies };
        }
    }

    /// `__get_request`: whoever fills the queue may go on for a batch, up to half as much again; others wait.
    pub(super) fn get(&mut self, task: TaskId, write: bool, jiffies: u64) -> bool {
        let (on, _) = congestion_thresholds(self.nr_requests);
        let direction = &self.directions[usize::from(write)];
        let next = direction.count + 1;
        if next >= on {
            if next >= self.nr_requests {
                if !direction.full {
                    self.set_batching(task, jiffies);
                    self.directions[usize::from(write)].full = true;
                } else if !self.batching(task, jiffies) {
                    return false;
                }
            }
            self.directions[usize::from(write)].congested = true;
        }
        let direction = &mut self.directions[usize::from(write)];
        if direction.count >= 3 * self.nr_requests / 2 && direction.count > 0 {
            return false;
        }
        direction.count += 1;
        if self.batching(task, jiffies) {
            self.context(task).left -= 1;
        }
        true
    }

    pub(super) fn wait(&mut self, task: TaskId, write: bool) {
        self.directions[usize::from(write)].wait.add(task);
    }

    pub(super) fn finish_wait(&mut self, task: TaskId, write: bool) {
        self.directions[usize::from(write)].wait.remove(task);
    }

    pub(super) fn awaited_by(&self, task: TaskId) -> bool {
        self.directions.iter().any(|direction| direction.wait.contains(task))
    }

    /// `freed_request`.
    pub(super) fn put(&mut self, write: bool) -> Freed {
        let (_, off) = congestion_thresholds(self.nr_requests);
        let direction = &mut self.directions[usize::from(write)];
        direction.count -= 1;
        let uncongested = direction.count < off;
        if uncongested {
            direction.congested = false;
        }
        let mut waiter = None;
        if direction.count < self.nr_requests {
            waiter = direction.wait.take_first();
            direction.full = false;
        }
        Freed { waiter, uncongested }
    }

    /// `nr_wb_congested` counts this queue.
    pub(super) fn congested(&self, write: bool) -> bool {
        self.directions[usize::from(write)].congested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blk_queue_congestion_threshold_of_128_requests() {
        assert_eq!(congestion_thresholds(128), (113, 103));
        assert_eq!([congestion_thresholds(4), congestion_thresholds(1)], [(4, 3), (1, 1)]);
    }

    #[test]
    fn get_request_lets_a_batcher_pass_a_full_queue() {
        let mut list = RequestList::new(128, 250);
        assert!((0..128).all(|_| list.get(1, true, 0)), "the one that fills it");
        assert!(!list.get(2, true, 0), "another waits");
        let batch = (0..100).take_while(|_| list.get(1, true, 0)).count();
        assert_eq!(batch, 31, "the 32nd of the batch was the one that filled it");
        assert!(list.get(2, false, 0), "reads have requests of their own");
        // Half as much again is the end of it, for a batcher too.
        list.set_batching(3, 0);
        let third = (0..100).take_while(|_| list.get(3, true, 0)).count();
        list.set_batching(4, 0);
        assert_eq!((third, list.get(4, true, 0)), (32, true));
        assert_eq!((0..100).take_while(|_| list.get(4, true, 0)).count(), 0);
        assert_eq!(list.directions[1].count, 192);
    }

    #[test]
    fn ioc_batching_ends_after_a_fiftieth_of_a_second() {
        let mut list = RequestList::new(128, 250);
        assert!((0..128).all(|_| list.get(1, true, 10)));
        assert!(list.get(1, true, 14));
        assert!(!list.get(1, true, 15), "5 ticks of 4 ms");
        list.set_batching(2, 0);
        assert!(list.get(2, true, 1000), "at least one request for whoever has waited");
        assert!(!list.get(2, true, 1000));
    }

    #[test]
    fn freed_request_wakes_one_and_clears_congestion_below_the_mark() {
        let mut list = RequestList::new(128, 250);
        assert!((0..112).all(|_| list.get(1, true, 0)));
        assert!(!list.congested(true));
        assert!((0..16).all(|_| list.get(1, true, 0)));
        assert!(list.congested(true) && !list.congested(false));
        list.wait(7, true);
        list.wait(8, true);
        assert_eq!(list.put(true), Freed { waiter: Some(7), uncongested: false }, "the wait is exclusive");
        for _ in 0..23 {
            list.put(true);
        }
        assert!(list.congested(true), "104 are left");
        assert!(!list.put(true).uncongested && list.congested(true), "103");
        assert!(list.put(true).uncongested && !list.congested(true), "102");
        assert!(list.put(true).uncongested, "every one below wakes congestion_wait");
    }
}
