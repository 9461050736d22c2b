//! One run: set-up, stepping, and the summary at the end.

use crate::config::Config;
use crate::gfp::{PF_KSWAPD, PF_KTHREAD, PF_MEMALLOC, PF_WQ_WORKER};
use crate::kernel::KernelPolicy;
use crate::os::Os;
use crate::recorder::Recorder;
use crate::rng::mix;
use crate::sort;
use crate::trace::{
    self, Chain, LIVELOCK_RATE, LIVELOCK_WINDOW, Outcome, Series, Spread, TaskPhase, TaskState as TracedTask,
    Timeline, Trace, ZoneMarks,
};
use crate::units::Nanos;
use crate::why::Sleep;
use crate::workload;
use crate::workqueue::BoundQueue;
use std::rc::Rc;

/// A run under way.
pub struct Simulation {
    os: Rc<Os>,
    seed: u64,
    /// It stops here.
    max_work: u64,
    is_over: bool,
}

/// What is kept of the tasks' past beside the record.
#[derive(Default)]
struct Past {
    timeline: Timeline,
    stacks: Vec<Vec<&'static str>>,
    chains: Vec<Chain>,
}

impl Drop for Simulation {
    /// The tasks hold the machine and the machine holds the tasks.
    fn drop(&mut self) {
        self.os.exec.end_tasks();
    }
}

impl Simulation {
    /// Sets up a machine. The seed moves the start of the workload and the service times within the bounds that the
    /// configuration states.
    #[must_use]
    pub fn new(config: &Config, policy: &KernelPolicy, seed: u64) -> Self {
        let os = Rc::new(Os::new(config, policy, seed));
        os.st().create_pools(policy.crypt_min_ios.count(), os.is_async());
        let spawn = |name: &str, flags: u32, make: &dyn Fn(Rc<Os>, u32) -> crate::exec::Body| {
            os.exec.spawn(name, flags, |me| make(Rc::clone(&os), me));
        };
        spawn("kthreadd", PF_KTHREAD, &|os, me| Box::pin(async move { os.kthreadd(me).await }));
        spawn("kswapd0", PF_KTHREAD | PF_KSWAPD | PF_MEMALLOC, &|os, me| {
            Box::pin(async move { os.kswapd(me).await })
        });
        if policy.oom_reaper == crate::kernel::OomReaper::Immediate {
            spawn("oom_reaper", PF_KTHREAD, &|os, me| Box::pin(async move { os.oom_reaper(me).await }));
        }
        if config.crypt.is_some() {
            spawn("kcryptd", PF_KTHREAD | PF_WQ_WORKER, &|os, me| {
                Box::pin(async move { os.rescuer_thread(me).await })
            });
            spawn("dmcrypt_write", PF_KTHREAD, &|os, me| Box::pin(async move { os.dmcrypt_write(me).await }));
            spawn("(mayday timer)", PF_KTHREAD, &|os, me| Box::pin(async move { os.mayday_timer(me).await }));
            spawn("(unbound work)", PF_KTHREAD, &|os, me| Box::pin(async move { os.other_work(me).await }));
            // Whoever worked for the pool when the device was set up had to see to it that another worker was idle.
            os.spawn_worker(None);
            os.spawn_worker(None);
            os.spawn_bound_workers(BoundQueue::KcryptdIo);
            if os.same_cpu_crypt {
                os.spawn_bound_workers(BoundQueue::Kcryptd);
            }
        }
        workload::spawn(&os, config, seed);
        os.start_sampling();
        Self { os, seed, max_work: config.max_work, is_over: false }
    }

    /// Does about so much work; true when the run is over, or has done all the work that its configuration allows. How
    /// much work is done at a time makes no difference to the run.
    pub fn step(&mut self, work: u64) -> bool {
        let os = &self.os;
        let left = self.max_work.saturating_sub(os.exec.meter.work());
        if !self.is_over && left > 0 {
            self.is_over = os.exec.run(work.min(left), &os.deadline, |lane| os.interrupt(lane));
        }
        self.is_over || self.is_stopped()
    }

    /// Whether the run was stopped because of the work it took, and not because it was over.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        !self.is_over && self.os.exec.meter.work() >= self.max_work
    }

    /// Lets a run do this much work in all, so that one that was stopped can go on as if nothing had been.
    pub fn run_on(&mut self, max_work: u64) {
        self.max_work = max_work;
    }

    /// Work so far, in events of the engine.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.os.exec.meter.work()
    }

    /// Looks whether the state is sound: pages conserved, counters and lists in agreement, no wake-up lost. Slow; for
    /// tests.
    ///
    /// # Errors
    /// Says which invariant is broken, with the numbers.
    pub fn check(&self) -> Result<(), String> {
        crate::check::check(&self.os.st())?;
        crate::check::sleepers(&self.os)
    }

    /// The part of [`check`](Self::check) that costs little enough to be asked after every event: no page is lost or
    /// there twice, and nobody took what it had to leave.
    ///
    /// # Errors
    /// Says what is broken, with the numbers.
    pub fn conserved(&self) -> Result<(), String> {
        crate::check::conserved(&self.os.st())
    }

    /// Virtual time so far.
    #[must_use]
    pub fn now(&self) -> Nanos {
        Nanos(self.os.exec.now())
    }

    /// Ends the run, finished or not, and gives what it left behind. A run that was [stopped](Self::is_stopped) can only
    /// go on before.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        let mut record = {
            let mut st = self.os.st();
            st.record.catch_up();
            let empty = st.record.emptied();
            std::mem::replace(&mut st.record, empty)
        };
        for (task, sleep) in self.end_sleeps(&mut record) {
            // The first of its task there has its chain for certain.
            self.os.pin(task, Some(Sleep { before: 0, ..sleep }));
        }
        let (timeline, stacks) = self.os.exec.timeline.borrow_mut().finish();
        let past = Past { timeline, stacks, chains: self.os.why.borrow_mut().finish() };
        self.told_by(record, past)
    }

    /// What the run has left behind so far, without the past of its tasks and without reasons. It goes on as if nobody
    /// had asked.
    #[must_use]
    pub fn peek(&self) -> Trace {
        let mut record = {
            let mut st = self.os.st();
            st.record.catch_up();
            st.record.clone()
        };
        self.end_sleeps(&mut record);
        self.told_by(record, Past::default())
    }

    fn end_sleeps(&self, record: &mut Recorder) -> Vec<(u32, Sleep)> {
        let tasks = self.os.exec.tasks.borrow();
        record.end_sleeps(|task| tasks[task as usize].state.sleeps())
    }

    fn told_by(&self, mut record: Recorder, past: Past) -> Trace {
        let os = &self.os;
        let st = os.st();
        // A round of the probe that never came back counts with the time that it has taken so far.
        if let Some(due) = st.probe_due {
            let waited = os.exec.now().saturating_sub(due);
            record.probe.push(waited);
        }
        let tasks: Vec<TracedTask> = os
            .exec
            .tasks
            .borrow()
            .iter()
            .map(|task| TracedTask {
                name: task.name.clone(),
                state: TaskPhase::from(task.state).letter(),
                stack: task.frames.to_vec(),
                since: Nanos(task.since),
            })
            .collect();
        let zones = st
            .zones
            .iter()
            .map(|zone| ZoneMarks {
                name: zone.kind.name(),
                managed: zone.managed,
                min: zone.min,
                low: zone.low,
                high: zone.high,
            })
            .collect();
        let done = st.workload_done.is_some();
        let outcome = if self.is_stopped() && record.oom.is_empty() && !done {
            Outcome::Stopped
        } else {
            outcome(&record.columns, record.width, !record.oom.is_empty(), done)
        };
        let free = free_spread(&record.columns, record.width, st.workload_start);
        let longest = record.longest_gap(done);
        let stalls = record.take_stalls(done);
        let vmstat = st.vmstat();
        let mut counters = st.vm.own();
        counters.push(("blk_requests", st.device.requests));
        let end = os.exec.now();
        let scanned = st.vm.pgscan_direct.iter().sum();
        let hash = [end, st.vm.pswpout, scanned, st.vm.pgfault, os.exec.meter.events()]
            .into_iter()
            .fold(record.hash, |hash, value| mix(hash.wrapping_mul(31).wrapping_add(value)));
        let (workload_start, workload_done) = (Nanos(st.workload_start), st.workload_done.map(Nanos));
        Trace {
            seed: self.seed,
            outcome,
            end: Nanos(end),
            workload_done,
            workload_start,
            zones,
            width: Nanos(record.width),
            columns: record.columns,
            events: record.events,
            events_dropped: record.events_dropped,
            kept_until: record.kept_until,
            stacks: past.stacks,
            timeline: past.timeline,
            chains: past.chains,
            stalls,
            oom: record.oom,
            sleeps: record.sleeps,
            tasks,
            kcryptd_requests_per_s: rate_spread(&record.encrypted_by_second),
            free,
            longest_without_progress: Nanos(longest),
            probe_latency: quantiles(&mut record.probe),
            vmstat,
            samples: record.samples,
            counters,
            engine_events: os.exec.meter.events(),
            work: os.exec.meter.work(),
            is_stopped: self.is_stopped(),
            hash,
        }
    }
}

/// The rule of [`Outcome`].
fn outcome(columns: &[trace::Column], width: u64, oom: bool, done: bool) -> Outcome {
    if oom {
        return Outcome::Oom;
    }
    if done {
        return Outcome::Completed;
    }
    let progress = &columns[Series::Progress as usize].last;
    let buckets = usize::try_from(LIVELOCK_WINDOW.0 / width).unwrap_or(0).max(1);
    let last = progress.last().copied().unwrap_or(0);
    let before = progress.len().checked_sub(buckets + 1).map_or(0, |at| progress[at]);
    let seconds = LIVELOCK_WINDOW.0 / 1_000_000_000;
    if last - before < LIVELOCK_RATE * seconds { Outcome::Livelock } else { Outcome::Timeout }
}

fn spread(values: &mut [u64]) -> Spread {
    sort::ascending(values);
    match (values.first(), values.get(values.len() / 2), values.last()) {
        (Some(min), Some(median), Some(max)) => Spread { min: *min, median: *median, max: *max },
        _ => Spread::default(),
    }
}

/// Free pages while the workload ran: the true minimum, and the median and maximum of the buckets' last values.
fn free_spread(columns: &[trace::Column], width: u64, start: u64) -> Spread {
    let column = &columns[Series::Free as usize];
    let from = usize::try_from(start / width).unwrap_or(0).min(column.last.len());
    let mut result = spread(&mut column.last[from..].to_vec());
    result.min = column.min[from..].iter().copied().min().unwrap_or(0);
    result
}

/// Requests a second over windows of ten seconds, because a stuck kcryptd passes requests in bursts some seconds apart;
/// over windows of a second in runs of less than 30 s. The first and the last, incomplete, window do not count.
fn rate_spread(by_second: &[u64]) -> Spread {
    let first = by_second.iter().position(|count| *count > 0).unwrap_or(by_second.len());
    let active = &by_second[first..];
    let window = if active.len() < 30 { 1 } else { 10 };
    let sum = |seconds: &[u64]| seconds.iter().sum::<u64>() / window as u64;
    let mut rates: Vec<u64> = active.chunks_exact(window).map(sum).collect();
    if rates.len() > 2 {
        rates.remove(0);
        rates.pop();
    }
    spread(&mut rates)
}

fn quantiles(values: &mut [u64]) -> [u64; 3] {
    sort::ascending(values);
    let Some(last) = values.len().checked_sub(1) else { return [0; 3] };
    [values[last / 2], values[last * 99 / 100], values[last]]
}

/// Runs to the end, or for as much work as the configuration allows.
#[must_use]
pub fn run(config: &Config, policy: &KernelPolicy, seed: u64) -> Trace {
    let mut simulation = Simulation::new(config, policy, seed);
    while !simulation.step(1 << 20) {}
    simulation.into_trace()
}
