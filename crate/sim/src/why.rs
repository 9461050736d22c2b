//! Notes on what each task decided, and the chains of those that ended in a mark: an OOM kill or a sleep.
//!
//! Memory is bounded: of the request that a task is at (its outermost allocation, kswapd's pass over the zones) the last
//! decision of each kind is noted, [`NOTES`] at most; of the sleeps of one task at one place at most [`CHAINS_OF_A_PLACE`]
//! keep their chain, every second, fourth, ... once there are more; all chains together have [`STEPS`] steps, or else
//! fewer of each place are kept.

use crate::decision::{Chain, Decision, PoolThen, RetryThen, Step, Unit};
use crate::exec::{TaskId, Woken};
use crate::gfp::{ALLOC_NO_WATERMARKS, Gfp, PF_MEMALLOC, TIF_MEMDIE};
use crate::mempool::{Attempts, Pool};
use crate::os::Os;
use crate::sort;
use crate::trace::Site;
use crate::units::Nanos;

/// Most decisions that are noted of a task.
pub const NOTES: usize = 24;
/// Most chains that are kept of the sleeps of one task at one place.
pub const CHAINS_OF_A_PLACE: u64 = 64;
/// Most steps of all chains of a run.
pub const STEPS: usize = 16_384;
/// Most OOM kills with a chain.
const KILLS: usize = 64;

/// The last decision of one kind.
#[derive(Clone, Copy)]
struct Note {
    key: u16,
    /// Length of the call stack.
    depth: usize,
    /// Its place among all decisions: many are made at one instant.
    sequence: u64,
    step: Step,
}

/// Notes on one task.
#[derive(Default)]
struct Notes {
    /// Requests that it is in, one in the other.
    requests: u32,
    notes: Vec<Note>,
}

/// A chain whose steps lie in [`Why::steps`].
struct Pinned {
    t: u64,
    task: u32,
    sleep: Option<Sleep>,
    steps: usize,
}

/// Which sleeps of one task at one place have a chain.
#[derive(Clone, Copy)]
struct Place {
    every: u64,
    kept: u64,
}

/// A sleep that has just ended, or lasts when the run ends, as [`Recorder::slept`](crate::recorder::Recorder::slept) counts it.
#[derive(Clone, Copy)]
pub(crate) struct Sleep {
    /// Number of the task and site among those that slept.
    pub place: usize,
    pub site: Site,
    /// Sleeps of the same task there before this one.
    pub before: u64,
    pub ns: u64,
}

/// The notes, and the chains so far.
pub(crate) struct Why {
    tasks: Vec<Notes>,
    sequence: u64,
    chains: Vec<Pinned>,
    steps: Vec<Step>,
    places: Vec<Place>,
    most_of_a_place: u64,
    kills: usize,
}

impl Why {
    pub(crate) fn new() -> Self {
        Self {
            tasks: Vec::new(),
            sequence: 0,
            chains: Vec::new(),
            steps: Vec::new(),
            places: Vec::new(),
            most_of_a_place: CHAINS_OF_A_PLACE,
            kills: 0,
        }
    }

    fn of(&mut self, task: TaskId) -> &mut Notes {
        let at = task as usize;
        if self.tasks.len() <= at {
            self.tasks.resize_with(at + 1, Notes::default);
        }
        &mut self.tasks[at]
    }

    fn begin(&mut self, task: TaskId) {
        let notes = self.of(task);
        if notes.requests == 0 {
            notes.notes.clear();
        }
        notes.requests += 1;
    }

    fn note(&mut self, task: TaskId, t: u64, depth: usize, decision: Decision) {
        self.sequence += 1;
        let sequence = self.sequence;
        let key = decision.key();
        let notes = &mut self.of(task).notes;
        let mut new = Note { key, depth, sequence, step: Step { t: Nanos(t), times: 1, decision } };
        if let Some(old) = notes.iter_mut().find(|note| note.key == key) {
            new.step.times += old.step.times;
            *old = new;
        } else if notes.len() < NOTES {
            notes.push(new);
        } else if let Some(oldest) = notes.iter_mut().min_by_key(|note| note.sequence) {
            *oldest = new;
        }
    }

    /// Keeps the notes on a task as a chain. For a sleep, calls that have returned do not count any more: of them are the
    /// notes made deeper in the stack than the sleep.
    fn pin(&mut self, task: TaskId, t: u64, depth: usize, sleep: Option<Sleep>) {
        match sleep {
            None if self.kills == KILLS => return,
            None => self.kills += 1,
            Some(sleep) => {
                if self.places.len() <= sleep.place {
                    self.places.resize(sleep.place + 1, Place { every: 1, kept: 0 });
                }
                let place = &mut self.places[sleep.place];
                if !sleep.before.is_multiple_of(place.every) || self.steps.len() > 2 * STEPS {
                    return;
                }
                place.kept += 1;
            }
        }
        let all = sleep.is_none();
        sort::by_number(&mut self.of(task).notes, |note| note.sequence);
        let before = self.steps.len();
        let notes = self.tasks[task as usize].notes.iter().filter(|note| all || note.depth <= depth);
        self.steps.extend(notes.map(|note| note.step));
        self.chains.push(Pinned { t, task, sleep, steps: self.steps.len() - before });
        self.thin();
    }

    /// Keeps within the bounds.
    fn thin(&mut self) {
        while let Some(place) = self.places.iter().position(|place| place.kept > self.most_of_a_place) {
            let every = 2 * self.places[place].every;
            let kept = self.keep(|at, before| at != place || before.is_multiple_of(every));
            self.places[place] = Place { every, kept: kept[place] };
        }
        if self.steps.len() > STEPS && self.most_of_a_place > 1 {
            self.most_of_a_place /= 2;
            self.thin();
        }
    }

    /// Drops the chains of sleeps that are not wanted; tells how many are left of each place.
    fn keep(&mut self, wanted: impl Fn(usize, u64) -> bool) -> Vec<u64> {
        let mut kept = vec![0; self.places.len()];
        let (mut from, mut to) = (0, 0);
        let steps = &mut self.steps;
        self.chains.retain(|chain| {
            let wanted = chain.sleep.is_none_or(|sleep| wanted(sleep.place, sleep.before));
            if wanted {
                steps.copy_within(from..from + chain.steps, to);
                to += chain.steps;
                if let Some(sleep) = chain.sleep {
                    kept[sleep.place] += 1;
                }
            }
            from += chain.steps;
            wanted
        });
        steps.truncate(to);
        kept
    }

    /// All chains, in the order of time.
    pub(crate) fn finish(&mut self) -> Vec<Chain> {
        let mut steps = std::mem::take(&mut self.steps).into_iter();
        let chains = std::mem::take(&mut self.chains).into_iter();
        let chain = |pinned: Pinned| Chain {
            t: Nanos(pinned.t),
            task: pinned.task,
            site: pinned.sleep.map(|sleep| sleep.site),
            lasted: Nanos(pinned.sleep.map_or(0, |sleep| sleep.ns)),
            steps: steps.by_ref().take(pinned.steps).collect(),
        };
        chains.map(chain).collect()
    }
}

/// A request for memory under way, or a pass of kswapd: what is decided meanwhile belongs together.
pub(crate) struct Request<'a> {
    os: &'a Os,
    task: TaskId,
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        self.os.why.borrow_mut().of(self.task).requests -= 1;
    }
}

impl Os {
    /// Begins a request, or a part of the one that the task is at.
    pub(crate) fn request(&self, me: TaskId) -> Request<'_> {
        self.why.borrow_mut().begin(me);
        Request { os: self, task: me }
    }

    /// Notes a decision.
    pub(crate) fn decide(&self, me: TaskId, decision: Decision) {
        let depth = self.exec.tasks.borrow()[me as usize].frames.len();
        self.why.borrow_mut().note(me, self.exec.now(), depth, decision);
    }

    /// Keeps the chain that led to the kill, or to the sleep.
    pub(crate) fn pin(&self, me: TaskId, sleep: Option<Sleep>) {
        let depth = self.exec.tasks.borrow()[me as usize].frames.len();
        self.why.borrow_mut().pin(me, self.exec.now(), depth, sleep);
    }

    /// A sleep that began at a given time has ended.
    pub(crate) fn decide_slept(&self, me: TaskId, site: Site, jiffies: u64, begun: u64, woken: Woken) {
        let ns = self.exec.now() - begun;
        self.decide(me, Decision::Slept { site, jiffies, ns, woken: woken == Woken::ByTask });
    }

    /// Allocator and pool are empty.
    pub(crate) fn decide_pool_empty(&self, me: TaskId, pool: Pool, attempts: &Attempts) {
        let then = match attempts.following() {
            Some(next) if next.has(Gfp::DIRECT_RECLAIM) => PoolThen::Reclaims,
            Some(_) => PoolThen::Again,
            None if attempts.may_sleep() => PoolThen::Waits,
            None => PoolThen::Fails,
        };
        let size = self.st().pools[pool as usize].size();
        self.decide(me, Decision::MempoolEmpty { pool, size, then });
        self.decide(me, Decision::MempoolReserves { pool, allowed: self.may_drain_reserves(me, pool) });
    }

    /// The first tries of a round of the slow path have failed.
    pub(crate) fn decide_slowpath(&self, me: TaskId, gfp: Gfp, order: usize, flags: u32) {
        let tested = u32::try_from(order).unwrap_or(0);
        let zones = self.st().zones.len();
        for index in 0..zones {
            let watermark = {
                let st = self.st();
                let zone = &st.zones[index];
                let need = zone.must_leave(zone.min, flags);
                Decision::Watermark {
                    zone: zone.kind,
                    order: tested,
                    free: zone.free,
                    min: zone.min,
                    need,
                    no_block: zone.free.saturating_sub((1 << order) - 1) > need,
                }
            };
            self.decide(me, watermark);
        }
        if self.may_use_reserves(me, gfp) && flags & ALLOC_NO_WATERMARKS == 0 {
            let free = self.st().free_total();
            self.decide(me, Decision::ReservesEmpty { order: tested, free });
        }
        let fails = !gfp.has(Gfp::DIRECT_RECLAIM) || self.exec.flags(me) & (PF_MEMALLOC | TIF_MEMDIE) != 0;
        self.decide(me, Decision::SlowPath { order: tested, gfp: gfp.0, fails });
    }

    /// An attempt at direct reclaim ends without a page.
    pub(crate) fn decide_fruitless(&self, me: TaskId, scanned: u64, progress: bool) {
        let units = self.st().lruvecs.len();
        for index in 0..units {
            let reclaimable = {
                let st = self.st();
                let lruvec = &st.lruvecs[index];
                let kind = st.zones[lruvec.zones.start].kind;
                Decision::Reclaimable {
                    unit: if lruvec.zones.len() > 1 { Unit::Node } else { kind.into() },
                    scanned: lruvec.pages_scanned,
                    reclaimable: lruvec.reclaimable_pages(st.swap.free),
                }
            };
            self.decide(me, reclaimable);
        }
        self.decide(me, Decision::DirectReclaim { scanned, progress });
    }

    /// Another round or not: the first zone that passes, or the highest, decides.
    pub(crate) fn decide_retry(&self, me: TaskId, order: usize, flags: u32, loops: u64, then: RetryThen) {
        let retry = {
            let st = self.st();
            let zones = || st.zones.iter().rev().map(|zone| (zone, st.retry_zone(zone, order, flags)));
            let found = zones().find(|(_, sum)| sum.passes(order, loops)).or_else(|| zones().next());
            found.map(|(zone, sum)| Decision::ReclaimRetry {
                zone: zone.kind,
                order: u32::try_from(order).unwrap_or(0),
                loops,
                available: sum.available(loops),
                need: sum.need,
                reclaimable: sum.reclaimable,
                writeback: sum.pending,
                then,
            })
        };
        if let Some(retry) = retry {
            self.decide(me, retry);
        }
    }

    /// kswapd goes on: the highest zone below its high mark is the reason.
    pub(crate) fn decide_balance(&self, me: TaskId, priority: u32) {
        let balance = {
            let st = self.st();
            let low = st.zones.iter().rev().find(|zone| zone.free <= zone.high);
            low.map(|zone| Decision::BalancePgdat {
                zone: zone.kind,
                free: zone.free,
                high: zone.high,
                priority,
            })
        };
        if let Some(balance) = balance {
            self.decide(me, balance);
        }
    }

    /// Free memory is too low for user tasks to reclaim.
    pub(crate) fn decide_throttled(&self, me: TaskId, unlimited: bool) {
        let free = self.st().free_total();
        let min = self.st().zones.iter().map(|zone| zone.min).sum();
        self.decide(me, Decision::ThrottleDirectReclaim { free, min, unlimited });
    }

    /// A proposed rule holds off the OOM killer.
    pub(crate) fn decide_vetoed(&self, me: TaskId) {
        let (writeback, swap_free, swap_total) = {
            let st = self.st();
            (st.writeback_total(), st.swap.free, st.swap.total)
        };
        self.decide(me, Decision::OomVeto { writeback, swap_free, swap_total });
    }

    /// A victim was chosen.
    pub(crate) fn decide_victim(&self, me: TaskId, process: usize) {
        let badness = {
            let st = self.st();
            Decision::OomBadness {
                victim: st.processes[process].task,
                points: st.badness(process),
                score: st.score(process),
                swap_free: st.swap.free,
                swap_total: st.swap.total,
            }
        };
        self.decide(me, badness);
    }

    /// The last try at the high mark failed.
    pub(crate) fn decide_last_try(&self, me: TaskId, order: usize, loops: u64) {
        let free = self.st().free_total();
        let high = self.st().zones.iter().map(|zone| zone.must_leave(zone.high, 0)).sum();
        let order = u32::try_from(order).unwrap_or(0);
        self.decide(me, Decision::OomLastTry { free, high, order, loops });
    }
}

#[cfg(test)]
mod tests;
