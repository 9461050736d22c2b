//! The running machine: executor, state and policy together, and the few verbs that every blocking function uses.

use crate::config::{Config, Costs};
use crate::dm_crypt::ENGINE_LANE;
use crate::exec::{Exec, Frame, State as TaskState, TaskId, Woken};
use crate::filemap::FILE_LANES;
use crate::gfp::{Gfp, PF_KSWAPD, PF_MEMALLOC, PF_WQ_WORKER, TIF_MEMDIE};
use crate::kernel::{KernelPolicy, VictimReserves};
use crate::state::State;
use crate::trace::{EventKind, Series, Site};
use crate::why::Why;
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

/// The interrupt that samples /proc/vmstat.
const SAMPLE_LANE: u32 = u32::MAX;

pub(crate) struct Os {
    pub exec: Exec,
    pub policy: KernelPolicy,
    pub costs: Costs,
    pub hz: u64,
    pub cpus: u32,
    pub has_crypt: bool,
    pub cipher_ns: u64,
    pub submit_from_crypt_cpus: bool,
    pub same_cpu_crypt: bool,
    /// Length of the queue of an asynchronous cipher.
    pub engine_queue: Option<u32>,
    /// Time to read a page of a file; the disk of the file system is not the swap device.
    pub file_read_ns: u64,
    pub deadline: Cell<u64>,
    tail: u64,
    ending: Cell<bool>,
    /// What led to the marks of the trace.
    pub why: RefCell<Why>,
    state: RefCell<State>,
}

impl Os {
    pub(crate) fn new(config: &Config, policy: &KernelPolicy, seed: u64) -> Self {
        let clock = Rc::new(Cell::new(0));
        let exec = Exec::new(Rc::clone(&clock), config.machine.cpus, config.machine.hz, config.costs.switch);
        let state = State::new(config, policy, seed, clock, Rc::clone(&exec.meter));
        Self {
            exec,
            policy: policy.clone(),
            costs: config.costs,
            hz: config.machine.hz,
            cpus: config.machine.cpus,
            has_crypt: config.crypt.is_some(),
            cipher_ns: config.crypt.map_or(0, |crypt| crypt.cipher_ns),
            submit_from_crypt_cpus: config.crypt.is_some_and(|crypt| crypt.submit_from_crypt_cpus),
            same_cpu_crypt: config.crypt.is_some_and(|crypt| crypt.same_cpu_crypt),
            engine_queue: config.crypt.and_then(|crypt| crypt.engine_queue),
            file_read_ns: config.disk.request_ns + config.disk.seek_ns,
            deadline: Cell::new(config.duration.0),
            tail: config.tail.0,
            ending: Cell::new(false),
            why: RefCell::new(Why::new()),
            state: RefCell::new(state),
        }
    }

    /// The state, for the length of one instant.
    pub(crate) fn st(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    pub(crate) fn frame(&self, me: TaskId, name: &'static str) -> Frame<'_> {
        self.exec.frame(me, name)
    }

    /// Burns CPU time.
    pub(crate) async fn cpu(&self, me: TaskId, ns: u64) {
        if ns > 0 {
            self.exec.cpu(me, ns).await;
        }
    }

    /// Wakes tasks that a wait queue has let go.
    pub(crate) fn wake_all(&self, tasks: impl IntoIterator<Item = TaskId>) {
        for task in tasks {
            self.exec.wake(task);
        }
    }

    pub(crate) fn is_kswapd(&self, me: TaskId) -> bool {
        self.exec.flags(me) & PF_KSWAPD != 0
    }

    pub(crate) fn is_worker(&self, me: TaskId) -> bool {
        self.exec.flags(me) & PF_WQ_WORKER != 0
    }

    /// `gfp_pfmemalloc_allowed`: the caller may ignore watermarks.
    pub(crate) fn may_use_reserves(&self, me: TaskId, gfp: Gfp) -> bool {
        let who = match self.policy.victim_reserves {
            VictimReserves::NoWatermarks => PF_MEMALLOC | TIF_MEMDIE,
            VictimReserves::HalfOfMin => PF_MEMALLOC,
        };
        !gfp.has(Gfp::NOMEMALLOC) && self.exec.flags(me) & who != 0
    }

    /// Sleeps until woken; requests that the task has collected in its plug go out first (`sched_submit_work`). If that wakes
    /// the task itself, as a merge in a legacy queue may, `schedule` comes back at once.
    pub(crate) async fn sleep(&self, me: TaskId, state: TaskState) -> Woken {
        if self.flush_plug(me) {
            return Woken::ByTask;
        }
        self.exec.sleep(me, state).await
    }

    /// Sleeps until woken or for some ticks.
    pub(crate) async fn sleep_jiffies(&self, me: TaskId, state: TaskState, jiffies: u64) -> Woken {
        if self.flush_plug(me) {
            return Woken::ByTask;
        }
        self.exec.sleep_jiffies(me, state, jiffies).await
    }

    /// A sleep that the trace records.
    pub(crate) async fn stall(
        &self,
        me: TaskId,
        site: Site,
        state: TaskState,
        jiffies: Option<u64>,
    ) -> Woken {
        let begun = self.begin_stall(me, site);
        let woken = match jiffies {
            Some(jiffies) => self.sleep_jiffies(me, state, jiffies).await,
            None => self.sleep(me, state).await,
        };
        self.decide_slept(me, site, jiffies.unwrap_or(0), begun, woken);
        self.record_stall(me, site, begun);
        woken
    }

    /// Notes that a sleep of this task begins, and gives the time.
    pub(crate) fn begin_stall(&self, me: TaskId, site: Site) -> u64 {
        self.st().record.falls_asleep(me, site);
        self.exec.now()
    }

    /// Records a sleep of this task that began at a given time and has just ended.
    pub(crate) fn record_stall(&self, me: TaskId, site: Site, begun: u64) {
        let ns = self.exec.now() - begun;
        let flags = self.exec.flags(me);
        let series = if flags & PF_WQ_WORKER != 0 {
            Series::DelayWorker
        } else if flags & PF_KSWAPD != 0 {
            Series::DelayKswapd
        } else {
            Series::DelayUser
        };
        let stack = self.exec.stack_number(me);
        let mut st = self.st();
        if site != Site::MempoolAlloc {
            st.record.note(series, ns);
        }
        let sleep = st.record.slept(me, site, ns, stack);
        drop(st);
        self.pin(me, Some(sleep));
    }

    /// `congestion_wait(BLK_RW_ASYNC, HZ/10)`: nothing ends it early on blk-mq; on a legacy queue completions do.
    pub(crate) async fn congestion_wait(&self, me: TaskId, site: Site) {
        let _frame = self.frame(me, "congestion_wait");
        self.st().device.congestion.add(me);
        self.stall(me, site, TaskState::Uninterruptible, Some(self.hz / 10)).await;
        self.st().device.congestion.remove(me);
    }

    /// An interrupt: a disk or the crypto engine has served a request, or /proc/vmstat is looked at.
    pub(crate) fn interrupt(&self, value: u32) {
        if value == SAMPLE_LANE {
            let mut st = self.st();
            let values = st.vmstat().into_iter().map(|(_, value)| value).collect();
            let next = st.record.sample(values);
            self.exec.interrupt_at(next, SAMPLE_LANE);
        } else if value == ENGINE_LANE {
            self.engine_interrupt();
        } else if let Some(slot) = value.checked_sub(FILE_LANES) {
            self.complete_file_write(slot);
        } else {
            self.complete_request(value);
        }
    }

    pub(crate) fn event(&self, me: TaskId, kind: EventKind) {
        self.st().record.event(me, kind);
    }

    /// Begins to sample /proc/vmstat.
    pub(crate) fn start_sampling(&self) {
        self.exec.interrupt_at(0, SAMPLE_LANE);
    }

    /// The run ends after its tail: the workload is done or a task was killed.
    pub(crate) fn end_soon(&self) {
        if !self.ending.replace(true) {
            self.deadline.set(self.deadline.get().min(self.exec.now() + self.tail));
            self.exec.end_by(self.deadline.get());
        }
    }
}
