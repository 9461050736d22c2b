//! The lower device: plugging, merging, tags or `nr_requests`, service times, completion (block/blk-core.c,
//! block/blk-mq.c).

use crate::config::{Disk, Queue};
use crate::exec::{State as TaskState, TaskId};
use crate::os::Os;
use crate::sort;
use crate::task::WaitQueue;
use elevator::Elevator;
use request_list::RequestList;
use std::collections::VecDeque;
use tags::Tags;

mod elevator;
mod request_list;
mod tags;

pub(crate) use request_list::congestion_thresholds;

/// Requests that a plug collects before it is flushed (`BLK_MAX_REQUEST_COUNT`).
const PLUG_REQUESTS: usize = 16;
/// Pages of one request: `BLK_MAX_SEGMENTS`, since `ll_new_hw_segment` counts each bio of a page as a segment of its own. The
/// other limit, `BLK_DEF_MAX_SECTORS`, is 320 pages.
const REQUEST_PAGES: usize = 128;

/// Bios of one direction on adjacent slots.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    first_slot: u32,
    write: bool,
    /// Bios by id, ascending in slots.
    bios: VecDeque<u32>,
}

/// Bytes for each in a queue or the elevator, with a buffer of its own for its bios.
pub(crate) const BYTES_OF_A_REQUEST: u64 = elevator::BYTES_OF_A_REQUEST + 4 * 4 + 16;

impl Request {
    fn end(&self) -> u32 {
        self.first_slot + u32::try_from(self.bios.len()).unwrap_or(0)
    }

    /// `ll_new_hw_segment`, `ll_merge_requests_fn`.
    fn has_room(&self, bios: usize) -> bool {
        self.bios.len() + bios <= REQUEST_PAGES
    }
}

/// Where requests come from and wait for the disk.
enum Lower {
    /// `blk_sq_make_request`: no scheduler, the disk takes requests in the order in which plugs were flushed.
    BlkMq { tags: Tags, dispatch: VecDeque<Request> },
    /// `blk_queue_bio`.
    Legacy { list: RequestList, elevator: Elevator },
}

/// `struct request_queue` and the disk behind it.
pub(crate) struct Device {
    disk: Disk,
    lower: Lower,
    serving: Vec<Option<Request>>,
    /// Sleepers of `congestion_wait`.
    pub congestion: WaitQueue,
    /// Plugs by task.
    plugs: Vec<Option<Vec<Request>>>,
    head: u32,
    /// Requests that the disk has begun.
    pub requests: u64,
}

impl Device {
    pub(crate) fn new(disk: Disk, hz: u64) -> Self {
        let lower = match disk.queue {
            Queue::BlkMq => Lower::BlkMq { tags: Tags::new(disk.tags), dispatch: VecDeque::new() },
            Queue::Legacy => {
                Lower::Legacy { list: RequestList::new(disk.tags, hz), elevator: Elevator::default() }
            }
        };
        Self {
            disk,
            lower,
            serving: vec![None; disk.parallel.max(1) as usize],
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
            if request.write != write || !request.has_room(1) {
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

    /// `elv_merge` of a legacy queue; blk-mq without a scheduler merges in plugs only. Gives whom to wake.
    fn merge_queued(&mut self, bio: u32, slot: u32, write: bool) -> Option<Vec<TaskId>> {
        let Lower::Legacy { elevator, .. } = &mut self.lower else { return None };
        let superfluous = elevator.merge_bio(bio, slot, write)?;
        Some((0..superfluous).flat_map(|_| self.free_request(write)).collect())
    }

    /// Sends requests of a plug to the queue, a legacy one in order of slots. Gives whom to wake.
    fn insert(&mut self, mut requests: Vec<Request>, now: u64) -> Vec<TaskId> {
        match &mut self.lower {
            Lower::BlkMq { dispatch, .. } => {
                dispatch.extend(requests);
                Vec::new()
            }
            Lower::Legacy { elevator, .. } => {
                sort::by_number(&mut requests, |request| u64::from(request.first_slot));
                let merged: Vec<bool> = requests
                    .into_iter()
                    .filter_map(|request| {
                        let write = request.write;
                        elevator.add(request, now).then_some(write)
                    })
                    .collect();
                merged.into_iter().flat_map(|write| self.free_request(write)).collect()
            }
        }
    }

    /// The next request for the disk.
    fn next_request(&mut self, now: u64) -> Option<Request> {
        match &mut self.lower {
            Lower::BlkMq { dispatch, .. } => dispatch.pop_front(),
            Lower::Legacy { elevator, .. } => elevator.dispatch(now),
        }
    }

    /// A request is free again (`bt_clear_tag`, `freed_request`). Gives whom to wake; a legacy queue wakes the sleepers of
    /// `congestion_wait` whenever it frees a write below its mark, blk-mq never does.
    fn free_request(&mut self, write: bool) -> Vec<TaskId> {
        match &mut self.lower {
            Lower::BlkMq { tags, .. } => tags.put(),
            Lower::Legacy { list, .. } => {
                let freed = list.put(write);
                let mut woken =
                    if write && freed.uncongested { self.congestion.take_all() } else { Vec::new() };
                woken.extend(freed.waiter);
                woken
            }
        }
    }

    /// Whether a request that becomes free may wake a task.
    pub(crate) fn awaited_by(&self, task: TaskId) -> bool {
        match &self.lower {
            Lower::BlkMq { tags, .. } => tags.awaited_by(task),
            Lower::Legacy { list, .. } => list.awaited_by(task),
        }
    }

    /// The device is a congested one as `wait_iff_congested` counts them: a legacy queue with 113 of 128 writes.
    pub(crate) fn is_congested(&self) -> bool {
        match &self.lower {
            Lower::BlkMq { .. } => false,
            Lower::Legacy { list, .. } => list.congested(true),
        }
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

    /// Sends what the task's plug holds to the disk. True if a request that became free by a merge was for the task itself,
    /// which is about to sleep.
    pub(crate) fn flush_plug(&self, me: TaskId) -> bool {
        let requests = self.st().device.plug(me).as_mut().map(std::mem::take).unwrap_or_default();
        !requests.is_empty() && self.insert_requests(requests).contains(&me)
    }

    /// Gives who was woken.
    fn insert_requests(&self, requests: Vec<Request>) -> Vec<TaskId> {
        let woken = self.st().device.insert(requests, self.exec.now());
        self.wake_all(woken.iter().copied());
        self.start_requests();
        woken
    }

    /// `blk_sq_make_request` or `blk_queue_bio` for one bio: merged into the plug, on a legacy queue into what waits there, or
    /// a request of its own, which may have to be waited for.
    pub(crate) async fn submit_lower(&self, me: TaskId, bio: u32, slot: u32, write: bool) {
        if self.st().device.merge(me, bio, slot, write) {
            return;
        }
        let merged = self.st().device.merge_queued(bio, slot, write);
        if let Some(woken) = merged {
            self.wake_all(woken);
            return;
        }
        let full = self.st().device.plug(me).as_ref().is_some_and(|plug| plug.len() >= PLUG_REQUESTS);
        self.get_request(me, write).await;
        if full {
            self.flush_plug(me);
        }
        let request = Request { first_slot: slot, write, bios: VecDeque::from([bio]) };
        let unplugged = {
            let mut st = self.st();
            match st.device.plug(me) {
                Some(requests) => {
                    requests.push(request);
                    None
                }
                None => Some(request),
            }
        };
        if let Some(request) = unplugged {
            self.insert_requests(vec![request]);
        }
    }

    /// `bt_get`, `get_request`: sleeps while there is none.
    async fn get_request(&self, me: TaskId, write: bool) {
        let jiffies = || self.exec.now() / (1_000_000_000 / self.hz);
        loop {
            let (at, function) = {
                let mut st = self.st();
                match &mut st.device.lower {
                    Lower::BlkMq { tags, .. } => {
                        if tags.get() {
                            return;
                        }
                        (tags.wait(me), "blk_mq_get_tag")
                    }
                    Lower::Legacy { list, .. } => {
                        if list.get(me, write, jiffies()) {
                            return;
                        }
                        list.wait(me, write);
                        (0, "get_request")
                    }
                }
            };
            let _frame = self.frame(me, function);
            self.sleep(me, TaskState::Uninterruptible).await;
            match &mut self.st().device.lower {
                Lower::BlkMq { tags, .. } => tags.finish_wait(at, me),
                Lower::Legacy { list, .. } => {
                    list.set_batching(me, jiffies());
                    list.finish_wait(me, write);
                }
            }
        }
    }

    /// Hands requests to the disk while it can serve more.
    fn start_requests(&self) {
        let mut st = self.st();
        let st = &mut *st;
        let now = self.exec.now();
        while let Some(lane) = st.device.serving.iter().position(Option::is_none) {
            let Some(request) = st.device.next_request(now) else { return };
            let disk = st.device.disk;
            let bytes = request.bios.len() as u64 * 4096;
            let seek = if request.first_slot == st.device.head { 0 } else { disk.seek_ns };
            let service = disk.request_ns + seek + bytes * 1_000_000 / disk.kb_per_s.max(1);
            let service = st.rng.around(service, disk.jitter_permille);
            let begin =
                if (disk.stall.from.0..disk.stall.until.0).contains(&now) { disk.stall.until.0 } else { now };
            st.device.head = request.end();
            st.device.requests += 1;
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
        let woken = self.st().device.free_request(request.write);
        self.wake_all(woken);
        self.start_requests();
    }
}

#[cfg(test)]
mod tests;
