//! The I/O scheduler of a legacy queue (block/elevator.c, block/deadline-iosched.c).
//!
//! Modelled is deadline, the simplest that merges, sorts and prefers reads. CFQ, the default where a distribution had not
//! chosen, does the same three and shares the disk out by process besides.

use super::Request;
use std::collections::BTreeMap;

/// `read_expire`: a second divided by this; `write_expire`: so many seconds.
const READ_EXPIRE_DIVISOR: u64 = 2;
const WRITE_EXPIRE_SECONDS: u64 = 5;
/// `writes_starved`: rounds for which reads may go before writes.
const WRITES_STARVED: u32 = 2;
/// `fifo_batch`: requests that are dispatched in order of sectors before deadlines are looked at.
const FIFO_BATCH: u32 = 16;

const NANOS: u64 = 1_000_000_000;

#[derive(Debug)]
struct Queued {
    request: Request,
    /// Place in the list by arrival, and `fifo_time`.
    arrival: u64,
    expires: u64,
}

/// Bytes for each, in a tree whose nodes are half empty at worst.
pub(super) const BYTES_OF_A_REQUEST: u64 = 2 * (size_of::<Queued>() as u64 + 4);

/// `struct deadline_data`; reads are at 0, writes at 1.
#[derive(Debug, Default)]
pub(super) struct Elevator {
    /// `sort_list`, by first slot. Requests of one direction never overlap.
    sorted: [BTreeMap<u32, Queued>; 2],
    arrivals: u64,
    /// `next_rq`: the slot from which the next request in order is taken.
    next: [Option<u32>; 2],
    batching: u32,
    starved: u32,
}

impl Elevator {
    /// `elv_merge` and what follows it in `blk_queue_bio`: a bio joins a request that it touches, which may close the gap to
    /// another one (`attempt_back_merge`, `attempt_front_merge`). Gives how many requests that made superfluous.
    pub(super) fn merge_bio(&mut self, bio: u32, slot: u32, write: bool) -> Option<u32> {
        let sorted = &mut self.sorted[usize::from(write)];
        if let Some((first, queued)) = sorted.range_mut(..=slot).next_back()
            && queued.request.end() == slot
            && queued.request.has_room(1)
        {
            queued.request.bios.push_back(bio);
            let first = *first;
            return Some(u32::from(self.attempt_merge(write, first)));
        }
        let mut queued = match sorted.get(&(slot + 1)) {
            Some(queued) if queued.request.has_room(1) => sorted.remove(&(slot + 1))?,
            _ => return None,
        };
        queued.request.first_slot = slot;
        queued.request.bios.push_front(bio);
        sorted.insert(slot, queued);
        if self.next[usize::from(write)] == Some(slot + 1) {
            self.next[usize::from(write)] = Some(slot);
        }
        Some(u32::from(self.merge_into_former(write, slot)))
    }

    /// The request before this one takes it in, if they touch.
    fn merge_into_former(&mut self, write: bool, first: u32) -> bool {
        let former = self.sorted[usize::from(write)].range(..first).next_back().map(|(first, _)| *first);
        former.is_some_and(|former| self.attempt_merge(write, former))
    }

    /// `attempt_merge` with the request that follows in order; it keeps the older place among the arrivals.
    fn attempt_merge(&mut self, write: bool, first: u32) -> bool {
        let sorted = &mut self.sorted[usize::from(write)];
        let Some(end) = sorted.get(&first).map(|queued| queued.request.end()) else { return false };
        let length = sorted.get(&end).map_or(0, |next| next.request.bios.len());
        if length == 0 || !sorted[&first].request.has_room(length) {
            return false;
        }
        let (Some(mut next), Some(queued)) = (sorted.remove(&end), sorted.get_mut(&first)) else {
            return false;
        };
        queued.request.bios.append(&mut next.request.bios);
        queued.arrival = queued.arrival.min(next.arrival);
        queued.expires = queued.expires.min(next.expires);
        if self.next[usize::from(write)] == Some(end) {
            self.next[usize::from(write)] = sorted.range(end..).next().map(|(first, _)| *first);
        }
        true
    }

    /// `__elv_add_request` with `ELEVATOR_INSERT_SORT_MERGE`: true if the request went into one before it.
    pub(super) fn add(&mut self, request: Request, now: u64) -> bool {
        let write = request.write;
        let first = request.first_slot;
        let expires = now + if write { WRITE_EXPIRE_SECONDS * NANOS } else { NANOS / READ_EXPIRE_DIVISOR };
        self.arrivals += 1;
        let queued = Queued { request, arrival: self.arrivals, expires };
        self.sorted[usize::from(write)].insert(first, queued);
        self.merge_into_former(write, first)
    }

    /// `deadline_dispatch_requests`.
    pub(super) fn dispatch(&mut self, now: u64) -> Option<Request> {
        let going_on = if self.next[1].is_some() { 1 } else { 0 };
        if self.batching < FIFO_BATCH
            && let Some(first) = self.next[going_on]
        {
            return self.move_request(going_on, first);
        }
        let [reads, writes] = [0, 1].map(|at| !self.sorted[at].is_empty());
        let direction = match (reads, writes) {
            (false, false) => return None,
            (true, false) => 0,
            (false, true) => 1,
            (true, true) if self.starved >= WRITES_STARVED => 1,
            (true, true) => {
                self.starved += 1;
                0
            }
        };
        if direction == 1 {
            self.starved = 0;
        }
        let oldest = self.sorted[direction].iter().min_by_key(|(_, queued)| queued.arrival);
        let (oldest, expires) = oldest.map(|(first, queued)| (*first, queued.expires))?;
        let first = if now >= expires { oldest } else { self.next[direction].unwrap_or(oldest) };
        self.batching = 0;
        self.move_request(direction, first)
    }

    /// `deadline_move_request`.
    fn move_request(&mut self, direction: usize, first: u32) -> Option<Request> {
        let queued = self.sorted[direction].remove(&first)?;
        self.batching += 1;
        self.next = [None; 2];
        self.next[direction] = self.sorted[direction].range(first..).next().map(|(first, _)| *first);
        Some(queued.request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    fn request(first_slot: u32, pages: u32, write: bool) -> Request {
        Request { first_slot, write, bios: (0..pages).collect() }
    }

    fn elevator(requests: &[(u32, u32, bool)]) -> Elevator {
        let mut elevator = Elevator::default();
        for (slot, pages, write) in requests {
            assert!(!elevator.add(request(*slot, *pages, *write), 0));
        }
        elevator
    }

    fn order(elevator: &mut Elevator, now: u64) -> Vec<u32> {
        std::iter::from_fn(|| elevator.dispatch(now)).map(|request| request.first_slot).collect()
    }

    #[test]
    fn elv_merge_at_both_ends_and_across_a_gap() {
        let mut elevator = elevator(&[(10, 2, true), (13, 2, true)]);
        assert_eq!(elevator.merge_bio(9, 20, true), None);
        assert_eq!(elevator.merge_bio(9, 9, false), None, "a read");
        assert_eq!(elevator.merge_bio(8, 9, true), Some(0), "in front");
        assert_eq!(elevator.merge_bio(9, 12, true), Some(1), "the gap is closed: one request less");
        assert_eq!(elevator.merge_bio(7, 15, true), Some(0));
        let merged = elevator.dispatch(0).unwrap();
        assert_eq!((merged.first_slot, merged.bios), (9, VecDeque::from([8, 0, 1, 9, 0, 1, 7])));
        assert!(elevator.dispatch(0).is_none());
    }

    #[test]
    fn elv_attempt_insert_merge_stops_at_128_segments() {
        let mut elevator = elevator(&[(0, 100, true)]);
        assert!(elevator.add(request(100, 20, true), 0));
        assert!(!elevator.add(request(120, 9, true), 0), "129");
        assert_eq!(elevator.merge_bio(1, 129, true), Some(0));
        assert_eq!(order(&mut elevator, 0), [0, 120]);
    }

    #[test]
    fn deadline_dispatch_requests_in_order_of_sectors() {
        let mut elevator = elevator(&[(50, 1, true), (10, 1, true), (90, 1, true), (30, 1, true)]);
        assert_eq!(
            order(&mut elevator, 0),
            [50, 90, 10, 30],
            "from the oldest upwards, then the oldest again"
        );
    }

    #[test]
    fn deadline_dispatch_requests_looks_at_deadlines_after_a_batch() {
        let writes: Vec<(u32, u32, bool)> = (1..=20).map(|at| (at * 10, 1, true)).collect();
        let mut all = elevator(&writes);
        all.add(request(5, 1, true), 0);
        let late = order(&mut all, 6 * NANOS);
        assert_eq!(
            late[..16],
            (1..=16).map(|at| at * 10).collect::<Vec<u32>>(),
            "a batch is not interrupted"
        );
        let mut swapped = elevator(&[(500, 1, true)]);
        for (slot, ..) in &writes {
            swapped.add(request(*slot, 1, true), NANOS);
        }
        swapped.next[1] = Some(10);
        swapped.batching = FIFO_BATCH;
        assert_eq!(order(&mut swapped, 5 * NANOS)[0], 500, "expired");
    }

    #[test]
    fn deadline_dispatch_requests_prefers_reads_twice() {
        let mut elevator = elevator(&[(1000, 1, true)]);
        for slot in 0..64 {
            elevator.add(request(slot * 2, 1, false), 0);
        }
        let order = order(&mut elevator, 0);
        assert_eq!(order.iter().position(|slot| *slot == 1000), Some(32), "two batches of reads");
        assert_eq!(order.len(), 65);
    }
}
