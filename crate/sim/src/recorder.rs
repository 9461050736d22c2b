//! Fills a [`Trace`](crate::trace::Trace) while the run goes on, in bounded memory.

use crate::rng::mix;
use crate::trace::{
    BUCKETS, Column, EVENTS, Event, EventKind, FIRST_WIDTH, OomReport, SAMPLES, STALLS, Sample, Series,
    SeriesKind, Site, SleepTotal, Stall,
};
use crate::units::Nanos;
use crate::why::Sleep;
use std::cell::Cell;
use std::rc::Rc;

/// Distance of the samples of /proc/vmstat at first.
const SAMPLE_EVERY: u64 = 1_000_000_000;

/// A stretch without progress of this length is a stall.
const STALL: u64 = 1_000_000_000;

#[derive(Clone)]
pub(crate) struct Recorder {
    clock: Rc<Cell<u64>>,
    pub width: u64,
    bucket_end: u64,
    current: Vec<[u64; 3]>,
    pub columns: Vec<Column>,
    pub events: Vec<Event>,
    pub events_dropped: u64,
    pub kept_until: Option<Nanos>,
    pub oom: Vec<OomReport>,
    pub sleeps: Vec<SleepTotal>,
    /// Sleeps that have begun: task, site and when.
    asleep: Vec<(u32, Site, u64)>,
    pub hash: u64,
    /// Samples of /proc/vmstat, their distance, and when the next one is due.
    pub samples: Vec<Sample>,
    sample_every: u64,
    sample_due: u64,
    /// Encryptions in each whole second of the run.
    pub encrypted_by_second: Vec<u64>,
    pub probe: Vec<u64>,
    last_progress: u64,
    longest_gap: u64,
    stalls: Vec<Stall>,
    stall_least: u64,
}

impl Recorder {
    pub(crate) fn new(clock: Rc<Cell<u64>>) -> Self {
        Self {
            clock,
            width: FIRST_WIDTH.0,
            bucket_end: FIRST_WIDTH.0,
            // Nothing noted yet: the first value is the smallest.
            current: vec![[u64::MAX, 0, 0]; Series::ALL.len()],
            columns: vec![Column::default(); Series::ALL.len()],
            events: Vec::new(),
            events_dropped: 0,
            kept_until: None,
            oom: Vec::new(),
            sleeps: Vec::new(),
            asleep: Vec::new(),
            hash: 0,
            samples: Vec::new(),
            sample_every: SAMPLE_EVERY,
            sample_due: 0,
            encrypted_by_second: Vec::new(),
            probe: Vec::new(),
            last_progress: 0,
            longest_gap: 0,
            stalls: Vec::new(),
            stall_least: STALL,
        }
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.get()
    }

    /// One that has recorded nothing.
    pub(crate) fn emptied(&self) -> Self {
        Self::new(Rc::clone(&self.clock))
    }

    fn fold(&mut self, value: u64) {
        self.hash = mix(self.hash.wrapping_mul(0x0100_0000_01b3).wrapping_add(value));
    }

    /// Sets a series to a value from now on.
    pub(crate) fn note(&mut self, series: Series, value: u64) {
        self.catch_up();
        let [min, max, last] = &mut self.current[series as usize];
        *min = (*min).min(value);
        *max = (*max).max(value);
        *last = value;
    }

    /// Adds to a series that counts.
    pub(crate) fn count(&mut self, series: Series, add: u64) {
        let value = self.current[series as usize][2] + add;
        self.note(series, value);
    }

    /// Closes the buckets that have ended.
    pub(crate) fn catch_up(&mut self) {
        if self.clock.get() >= self.bucket_end {
            self.close_buckets();
        }
    }

    #[cold]
    fn close_buckets(&mut self) {
        while self.clock.get() >= self.bucket_end {
            for (at, series) in Series::ALL.iter().enumerate() {
                let [min, max, last] = self.current[at];
                let min = min.min(last);
                let column = &mut self.columns[at];
                column.min.push(min);
                column.max.push(max);
                column.last.push(last);
                self.fold(min);
                self.fold(max);
                let next = if series.kind() == SeriesKind::Impulse { 0 } else { last };
                self.current[at] = [next; 3];
            }
            if self.columns[0].last.len() == BUCKETS {
                self.halve();
            }
            self.bucket_end += self.width;
        }
    }

    /// Doubles the width of the buckets.
    fn halve(&mut self) {
        for column in &mut self.columns {
            for at in 0..BUCKETS / 2 {
                column.min[at] = column.min[2 * at].min(column.min[2 * at + 1]);
                column.max[at] = column.max[2 * at].max(column.max[2 * at + 1]);
                column.last[at] = column.last[2 * at + 1];
            }
            column.min.truncate(BUCKETS / 2);
            column.max.truncate(BUCKETS / 2);
            column.last.truncate(BUCKETS / 2);
        }
        self.width *= 2;
    }

    pub(crate) fn event(&mut self, task: u32, kind: EventKind) {
        let t = self.clock.get();
        self.fold(t ^ (u64::from(task) << 48));
        if self.events.len() < EVENTS || kind.is_kept() {
            self.events.push(Event { t: Nanos(t), task, kind });
        } else {
            self.events_dropped += 1;
            self.kept_until.get_or_insert(Nanos(t));
        }
    }

    /// A sleep begins.
    pub(crate) fn falls_asleep(&mut self, task: u32, site: Site) {
        self.asleep.push((task, site, self.clock.get()));
    }

    /// A sleep that has just ended.
    pub(crate) fn slept(&mut self, task: u32, site: Site, ns: u64, stack: u32) -> Sleep {
        self.asleep.retain(|(other, ..)| *other != task);
        self.event(task, EventKind::Sleep { site, ns, stack });
        self.add_sleep(task, site, ns)
    }

    /// Adds a sleep to its total.
    fn add_sleep(&mut self, task: u32, site: Site, ns: u64) -> Sleep {
        let found = self.sleeps.iter().position(|total| total.task == task && total.site == site);
        let place = found.unwrap_or_else(|| {
            let none = Nanos(0);
            self.sleeps.push(SleepTotal { task, site, count: 0, total: none, max: none, asleep: None });
            self.sleeps.len() - 1
        });
        let total = &mut self.sleeps[place];
        let sleep = Sleep { place, site, before: total.count, ns };
        total.count += 1;
        total.total += Nanos(ns);
        total.max = total.max.max(Nanos(ns));
        sleep
    }

    /// The run ends, and with it all sleeps: those of tasks that do sleep, for who was woken and has not run yet has no more
    /// to tell.
    pub(crate) fn end_sleeps(&mut self, sleeps: impl Fn(u32) -> bool) -> Vec<(u32, Sleep)> {
        let now = self.clock.get();
        let asleep = std::mem::take(&mut self.asleep).into_iter().filter(|(task, ..)| sleeps(*task));
        asleep
            .map(|(task, site, since)| {
                let sleep = self.add_sleep(task, site, now - since);
                self.sleeps[sleep.place].asleep = Some(Nanos(since));
                (task, sleep)
            })
            .collect()
    }

    /// The workload has touched a page.
    pub(crate) fn progress(&mut self) {
        let now = self.clock.get();
        if now - self.last_progress > self.longest_gap {
            self.longest_gap = now - self.last_progress;
        }
        self.stall(now);
        self.last_progress = now;
        self.count(Series::Progress, 1);
    }

    /// A stretch without progress ends here; a long one is kept.
    fn stall(&mut self, now: u64) {
        if now - self.last_progress < self.stall_least {
            return;
        }
        self.stalls.push(Stall { from: Nanos(self.last_progress), to: Nanos(now) });
        while self.stalls.len() > STALLS {
            self.stall_least *= 2;
            let least = self.stall_least;
            self.stalls.retain(|stall| (stall.to - stall.from).0 >= least);
        }
    }

    /// The stalls, the one at the end included if the workload is not done.
    pub(crate) fn take_stalls(&mut self, done: bool) -> Vec<Stall> {
        if !done {
            self.stall(self.clock.get());
        }
        std::mem::take(&mut self.stalls)
    }

    /// The stretch without progress begins anew, when the workload starts.
    pub(crate) fn start_progress(&mut self) {
        self.last_progress = self.clock.get();
    }

    /// The longest stretch without progress, the one at the end included if the workload is not done.
    pub(crate) fn longest_gap(&self, done: bool) -> u64 {
        if done { self.longest_gap } else { self.longest_gap.max(self.clock.get() - self.last_progress) }
    }

    /// Keeps a sample of /proc/vmstat, thins them out when there are too many, and says when the next one is due.
    pub(crate) fn sample(&mut self, values: Vec<u64>) -> u64 {
        let t = self.clock.get();
        if t >= self.sample_due {
            self.samples.push(Sample { t: Nanos(t), values });
            if self.samples.len() > SAMPLES {
                let mut even = false;
                self.samples.retain(|_| {
                    even = !even;
                    even
                });
                self.sample_every *= 2;
            }
            self.sample_due = t + self.sample_every;
        }
        self.sample_due
    }

    pub(crate) fn encrypted(&mut self) {
        let second = usize::try_from(self.clock.get() / 1_000_000_000).unwrap_or(usize::MAX);
        if self.encrypted_by_second.len() <= second {
            self.encrypted_by_second.resize(second + 1, 0);
        }
        self.encrypted_by_second[second] += 1;
        self.count(Series::Encrypted, 1);
    }
}

#[cfg(test)]
mod tests;
