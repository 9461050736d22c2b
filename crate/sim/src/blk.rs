//! The lower device: plugging, tags or `nr_requests`, service times, completion (block/blk-core.c, block/blk-mq.c).

use crate::config::{Disk, Queue};
use crate::exec::{State as TaskState, TaskId};
use crate::os::Os;
use crate::task::WaitQueue;
use std::collections::VecDeque;

/// Requests that a plug collects before it is flushed (`BLK_MAX_REQUEST_COUNT`).
const PLUG_REQUESTS: usize = 16;
/// Pages of one request: 128 segments (`BLK_MAX_SEGMENTS`).
const REQUEST_PAGES: usize = 128;
/// A legacy queue of 128 requests leaves the congested state below this many (`blk_queue_congestion_threshold`).
const CONGESTION_OFF: u32 = 103;

/// Bios of one direction on adjacent slots.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    first_slot: u32,
    write: bool,
    /// Bios by id, ascending in slots.
    bios: VecDeque<u32>,
}

impl Request {
    fn end(&self) -> u32 {
        self.first_slot + u32::try_from(self.bios.len()).unwrap_or(0)
    }
}

/// `struct request_queue` and the disk behind it.
pub(crate) struct Device {
    disk: Disk,
    queue: VecDeque<Request>,
    serving: Vec<Option<Request>>,
    /// Requests that hold a tag, in plugs too.
    in_flight: u32,
    tag_wait: WaitQueue,
    /// Sleepers of `congestion_wait`.
    pub congestion: WaitQueue,
    /// Plugs by task.
    plugs: Vec<Option<Vec<Request>>>,
    head: u32,
    pub requests: u64,
}

impl Device {
    pub(crate) fn new(disk: Disk) -> Self {
        Self {
            disk,
            queue: VecDeque::new(),
            serving: vec![None; disk.parallel.max(1) as usize],
            in_flight: 0,
            tag_wait: WaitQueue::default(),
            congestion: WaitQueue::default(),
            plugs: Vec::new(),
            head: 0,
            requests: 0,
        }
    }

    fn plug(&mut self, task: TaskId) -> &mut Option<Vec<Request>> {
        let at = task as usize;
        if self.plugs.len() <= at {
            self.plugs.resize(at + 1, None);
        }
        &mut self.plugs[at]
    }

    /// Joins a bio to a request of the plug that it touches (`blk_attempt_plug_merge`).
    fn merge(&mut self, task: TaskId, bio: u32, slot: u32, write: bool) -> bool {
        let Some(requests) = self.plug(task) else { return false };
        for request in requests.iter_mut().rev() {
            if request.write != write || request.bios.len() >= REQUEST_PAGES {
                continue;
            }
            if request.end() == slot {
                request.bios.push_back(bio);
                return true;
            }
            if slot + 1 == request.first_slot {
                request.first_slot = slot;
                request.bios.push_front(bio);
                return true;
            }
        }
        false
    }
}

impl Os {
    /// `blk_start_plug`.
    pub(crate) fn start_plug(&self, me: TaskId) {
        let mut st = self.st();
        let plug = st.device.plug(me);
        if plug.is_none() {
            *plug = Some(Vec::new());
        }
    }

    /// `blk_finish_plug`.
    pub(crate) fn finish_plug(&self, me: TaskId) {
        self.flush_plug(me);
        *self.st().device.plug(me) = None;
    }

    /// Sends what the task's plug holds to the disk.
    pub(crate) fn flush_plug(&self, me: TaskId) {
        {
            let mut st = self.st();
            let Some(requests) = st.device.plug(me) else { return };
            if requests.is_empty() {
                return;
            }
            let requests = std::mem::take(requests);
            st.device.queue.extend(requests);
        }
        self.start_requests();
    }

    /// `blk_mq_make_request` for one bio: merged into the plug, or a request of its own, which needs a tag.
    pub(crate) async fn submit_lower(&self, me: TaskId, bio: u32, slot: u32, write: bool) {
        if self.st().device.merge(me, bio, slot, write) {
            return;
        }
        let full = self.st().device.plug(me).as_ref().is_some_and(|plug| plug.len() >= PLUG_REQUESTS);
        if full {
            self.flush_plug(me);
        }
        loop {
            {
                let mut st = self.st();
                if st.device.in_flight < st.device.disk.tags {
                    st.device.in_flight += 1;
                    break;
                }
                st.device.tag_wait.add(me);
            }
            let _frame = self.frame(me, "blk_mq_get_tag");
            self.sleep(me, TaskState::Uninterruptible).await;
            self.st().device.tag_wait.remove(me);
        }
        let request = Request { first_slot: slot, write, bios: VecDeque::from([bio]) };
        let plugged = {
            let mut st = self.st();
            st.device.requests += 1;
            match st.device.plug(me) {
                Some(requests) => {
                    requests.push(request);
                    true
                }
                None => {
                    st.device.queue.push_back(request);
                    false
                }
            }
        };
        if !plugged {
            self.start_requests();
        }
    }

    /// Hands requests to the disk while it can serve more.
    fn start_requests(&self) {
        let mut st = self.st();
        let st = &mut *st;
        while let Some(lane) = st.device.serving.iter().position(Option::is_none) {
            let Some(request) = st.device.queue.pop_front() else { return };
            let disk = st.device.disk;
            let bytes = request.bios.len() as u64 * 4096;
            let seek = if request.first_slot == st.device.head { 0 } else { disk.seek_ns };
            let service = disk.request_ns + seek + bytes * 1_000_000 / disk.kb_per_s.max(1);
            let service = st.rng.around(service, disk.jitter_permille);
            let now = self.exec.now();
            let begin =
                if (disk.stall.from.0..disk.stall.until.0).contains(&now) { disk.stall.until.0 } else { now };
            st.device.head = request.end();
            st.device.serving[lane] = Some(request);
            self.exec.interrupt_at(begin + service, u32::try_from(lane).unwrap_or(0));
        }
    }

    /// The disk has served the request of a lane: its bios end in interrupt context on CPU 0. The time of the interrupt is
    /// not charged to the task that it interrupts.
    pub(crate) fn complete_request(&self, lane: u32) {
        let Some(request) = self.st().device.serving[lane as usize].take() else { return };
        for bio in &request.bios {
            self.end_lower_bio(*bio);
        }
        let (sleepers, waiter) = {
            let mut st = self.st();
            st.device.in_flight -= 1;
            // freed_request: a legacy queue wakes congestion_wait whenever it frees a request below the threshold.
            let clears = match st.device.disk.queue {
                Queue::Legacy => request.write && st.device.in_flight < CONGESTION_OFF,
                Queue::BlkMq => false,
            };
            let sleepers = if clears { st.device.congestion.take_all() } else { Vec::new() };
            (sleepers, st.device.tag_wait.take_first())
        };
        for task in sleepers.into_iter().chain(waiter) {
            self.exec.wake(task);
        }
        self.start_requests();
    }
}

#[cfg(test)]
mod tests;
