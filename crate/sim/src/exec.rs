//! Virtual clock, executor, CPUs with run queues.
//!
//! Blocking kernel functions are `async fn`. A task leaves its CPU in two ways only: it burns CPU time
//! ([`Exec::cpu`]) or it sleeps ([`Exec::sleep`]). Everything between two such points happens at one instant of the
//! virtual clock and cannot be interrupted, so model state may be borrowed freely there and never across one.
//!
//! Run-ahead: a task that burns CPU time advances the clock itself while no event lies before the end of its burst, so
//! that a scan or a page fault costs no trip through the event heap. The order of events is the same without it.
//!
//! The scheduler is CFS reduced to what decides who runs: virtual run time at nice 0, the sleeper's bonus, wake-up
//! preemption and time slices (kernel/sched/fair.c). Tasks are preempted at the ends of their bursts only, as kernel
//! code is with `CONFIG_PREEMPT_VOLUNTARY`.

use crate::gfp::PF_NO_SETAFFINITY;
use crate::meter::Meter;
use crate::timeline::{CallStack, Recording, TaskPhase};
use events::{Events, Happening};
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use wait::{Burst, Pause, Sleep};

mod events;
mod wait;

pub(crate) use events::HEAP;

/// Index of a task; tasks are never removed.
pub(crate) type TaskId = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Runnable,
    /// `D`
    Uninterruptible,
    /// `D`, but SIGKILL wakes it.
    Killable,
    /// `S`
    Interruptible,
    Dead,
}

impl State {
    pub(crate) fn sleeps(self) -> bool {
        matches!(self, Self::Uninterruptible | Self::Killable | Self::Interruptible)
    }
}

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    ByTask,
    ByTimer,
}

pub(crate) struct Task {
    pub name: String,
    pub flags: u32,
    pub state: State,
    pub since: u64,
    pub frames: CallStack,
    pub sigkill: bool,
    cpu: u32,
    vruntime: u64,
    /// Counts wake-ups; a timer of an earlier sleep is stale.
    pub wakeups: u32,
    timed_out: bool,
}

struct Cpu {
    current: Option<TaskId>,
    queue: Vec<TaskId>,
    min_vruntime: u64,
    picked_at: u64,
    need_resched: bool,
}

impl Task {
    fn is_bound(&self) -> bool {
        self.flags & PF_NO_SETAFFINITY != 0
    }

    /// Virtual run time counts from the CPU's own floor; it moves with the task (`migrate_task_rq_fair`).
    fn move_vruntime(&mut self, from: &Cpu, to: &Cpu) {
        self.vruntime = self.vruntime.saturating_sub(from.min_vruntime) + to.min_vruntime;
    }
}

pub(crate) type Body = Pin<Box<dyn Future<Output = ()>>>;

/// `sysctl_sched_latency`: 6 ms, doubled for two CPUs, tripled for four.
const SCHED_LATENCY: u64 = 6_000_000;
/// `sysctl_sched_min_granularity`.
const SCHED_MIN_GRANULARITY: u64 = 750_000;
/// `sysctl_sched_wakeup_granularity`.
const SCHED_WAKEUP_GRANULARITY: u64 = 1_000_000;

pub(crate) struct Exec {
    clock: Rc<Cell<u64>>,
    events: RefCell<Events>,
    /// Time of the next event: the end of run-ahead.
    horizon: Cell<u64>,
    pub tasks: RefCell<Vec<Task>>,
    bodies: RefCell<Vec<Option<Body>>>,
    cpus: RefCell<Vec<Cpu>>,
    ready: RefCell<VecDeque<TaskId>>,
    /// What every task did when.
    pub timeline: RefCell<Recording>,
    /// The work of the run, and what is left of the present step.
    pub meter: Rc<Meter>,
    /// A task stands in the middle of its instant because the step has used up its budget.
    paused: Cell<bool>,
    jiffy: u64,
    switch: u64,
    latency: u64,
    granularity: u64,
    wakeup_granularity: u64,
}

/// Pops the frame of a kernel function from its task's call stack.
pub(crate) struct Frame<'a> {
    exec: &'a Exec,
    task: TaskId,
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        self.exec.tasks.borrow_mut()[self.task as usize].frames.pop();
    }
}

impl Exec {
    pub(crate) fn new(clock: Rc<Cell<u64>>, cpus: u32, hz: u64, switch: u64) -> Self {
        // kernel/sched/fair.c:get_update_sysctl_factor: 1 + log2 of the CPUs, at most 8 of them counted.
        let factor = u64::from(1 + cpus.min(8).ilog2());
        Self {
            clock,
            events: RefCell::new(Events::new(cpus)),
            horizon: Cell::new(u64::MAX),
            tasks: RefCell::new(Vec::new()),
            bodies: RefCell::new(Vec::new()),
            cpus: RefCell::new(
                (0..cpus)
                    .map(|_| Cpu {
                        current: None,
                        queue: Vec::new(),
                        min_vruntime: 0,
                        picked_at: 0,
                        need_resched: false,
                    })
                    .collect(),
            ),
            ready: RefCell::new(VecDeque::new()),
            timeline: RefCell::new(Recording::new()),
            meter: Rc::default(),
            paused: Cell::new(false),
            jiffy: 1_000_000_000 / hz,
            switch,
            latency: SCHED_LATENCY * factor,
            granularity: SCHED_MIN_GRANULARITY * factor,
            wakeup_granularity: SCHED_WAKEUP_GRANULARITY * factor,
        }
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.get()
    }

    /// Adds a task that is ready to run.
    pub(crate) fn spawn(&self, name: &str, flags: u32, body: impl FnOnce(TaskId) -> Body) -> TaskId {
        let cpu = self.tasks.borrow().len() % self.cpus.borrow().len();
        self.spawn_on(u32::try_from(cpu).unwrap_or(0), name, flags, body)
    }

    /// Adds a task on a CPU; it stays there if it has `PF_NO_SETAFFINITY`.
    pub(crate) fn spawn_on(
        &self,
        cpu: u32,
        name: &str,
        flags: u32,
        body: impl FnOnce(TaskId) -> Body,
    ) -> TaskId {
        let id = u32::try_from(self.tasks.borrow().len()).unwrap_or(u32::MAX);
        self.tasks.borrow_mut().push(Task {
            name: name.to_owned(),
            flags,
            state: State::Interruptible,
            since: self.now(),
            frames: CallStack::default(),
            sigkill: false,
            cpu,
            vruntime: 0,
            wakeups: 0,
            timed_out: false,
        });
        self.bodies.borrow_mut().push(Some(body(id)));
        self.wake(id);
        id
    }

    /// Adds a task that was forked: it starts a slice behind the others of its CPU (`place_entity` with START_DEBIT).
    pub(crate) fn spawn_forked(
        &self,
        parent: TaskId,
        name: &str,
        flags: u32,
        body: impl FnOnce(TaskId) -> Body,
    ) -> TaskId {
        let id = self.spawn(name, flags, body);
        let mut tasks = self.tasks.borrow_mut();
        let cpus = self.cpus.borrow();
        let cpu = &cpus[tasks[id as usize].cpu as usize];
        let running = cpu.queue.len() as u64 + 1;
        let debit = (self.latency / running).max(self.granularity);
        let floor = cpu.min_vruntime + debit;
        let inherited = tasks[parent as usize].vruntime;
        tasks[id as usize].vruntime = floor.max(inherited);
        id
    }

    /// Drops all tasks where they stand.
    pub(crate) fn end_tasks(&self) {
        let bodies = std::mem::take(&mut *self.bodies.borrow_mut());
        drop(bodies);
    }

    /// Puts a kernel function on the task's call stack until the guard is dropped.
    pub(crate) fn frame(&self, task: TaskId, name: &'static str) -> Frame<'_> {
        self.tasks.borrow_mut()[task as usize].frames.push(name);
        Frame { exec: self, task }
    }

    pub(crate) fn flags(&self, task: TaskId) -> u32 {
        self.tasks.borrow()[task as usize].flags
    }

    pub(crate) fn set_flags(&self, task: TaskId, flags: u32) {
        self.tasks.borrow_mut()[task as usize].flags = flags;
    }

    pub(crate) fn fatal_signal_pending(&self, task: TaskId) -> bool {
        self.tasks.borrow()[task as usize].sigkill
    }

    /// The CPU that the task runs on or last ran on.
    pub(crate) fn cpu_of(&self, task: TaskId) -> usize {
        self.tasks.borrow()[task as usize].cpu as usize
    }

    /// Has something happen at a time.
    fn push(&self, at: u64, happening: Happening) {
        let mut events = self.events.borrow_mut();
        if events.is_full() {
            // Timers of sleeps that have ended. Their tasks may have begun many others since.
            let tasks = self.tasks.borrow();
            events.retain_timers(|id, wakeups| tasks[id as usize].wakeups == wakeups);
        }
        match happening {
            Happening::Resume(task) => events.add_burst(at, self.cpu_of(task), task),
            Happening::Timer(task, wakeups) => events.add_timer(at, task, wakeups),
            Happening::Interrupt(value) => events.add_interrupt(at, value),
        }
        if at < self.horizon.get() {
            self.horizon.set(at);
        }
    }

    /// Nothing runs ahead of this time any more.
    pub(crate) fn end_by(&self, deadline: u64) {
        self.horizon.set(self.horizon.get().min(deadline));
    }

    /// Has the model interrupted at a time, with a value of its own.
    pub(crate) fn interrupt_at(&self, at: u64, value: u32) {
        self.push(at.max(self.now()), Happening::Interrupt(value));
    }

    /// Wakes a sleeping task on the CPU that it had; others are left alone.
    pub(crate) fn wake(&self, task: TaskId) -> bool {
        self.make_runnable(task, false, None)
    }

    /// Wakes a sleeping task from `cpu`. `wake_affine`: it comes to that CPU unless its own has less to do.
    pub(crate) fn wake_from(&self, task: TaskId, cpu: usize) -> bool {
        self.make_runnable(task, false, Some(cpu))
    }

    fn make_runnable(&self, id: TaskId, timed_out: bool, waker: Option<usize>) -> bool {
        let mut tasks = self.tasks.borrow_mut();
        let task = &mut tasks[id as usize];
        if !task.state.sleeps() {
            return false;
        }
        task.wakeups = task.wakeups.wrapping_add(1);
        task.timed_out = timed_out;
        task.state = State::Runnable;
        task.since = self.now();
        self.timeline.borrow_mut().wakes(id, task.since, &mut task.frames);
        let mut cpus = self.cpus.borrow_mut();
        let old = task.cpu as usize;
        let target = if task.is_bound() || cpus[old].current.is_none() {
            old
        } else {
            let busy = |cpu: usize| cpus[cpu].queue.len();
            let near = waker.filter(|waker| busy(*waker) <= busy(old)).unwrap_or(old);
            // select_idle_sibling
            cpus.iter().position(|cpu| cpu.current.is_none()).unwrap_or(near)
        };
        if target != old {
            task.move_vruntime(&cpus[old], &cpus[target]);
        }
        task.cpu = u32::try_from(target).unwrap_or(0);
        // place_entity: a sleeper gets at most half a latency of credit.
        task.vruntime = task.vruntime.max(cpus[target].min_vruntime.saturating_sub(self.latency / 2));
        let cpu = &mut cpus[target];
        match cpu.current {
            None => {
                cpu.current = Some(id);
                cpu.picked_at = task.vruntime;
                cpu.need_resched = false;
                task.state = State::Running;
                drop(cpus);
                drop(tasks);
                self.dispatch(id);
            }
            Some(current) => {
                cpu.queue.push(id);
                let vruntime = task.vruntime;
                // check_preempt_wakeup
                if tasks[current as usize].vruntime > vruntime + self.wakeup_granularity {
                    cpu.need_resched = true;
                }
            }
        }
        true
    }

    /// Sends SIGKILL: wakes the task unless its sleep is uninterruptible.
    pub(crate) fn kill(&self, task: TaskId) {
        self.tasks.borrow_mut()[task as usize].sigkill = true;
        let state = self.tasks.borrow()[task as usize].state;
        if matches!(state, State::Killable | State::Interruptible) {
            self.wake(task);
        }
    }

    /// Burns CPU time; other tasks may take the CPU at the end.
    pub(crate) fn cpu(&self, task: TaskId, ns: u64) -> Burst<'_> {
        Burst::new(self, task, ns)
    }

    /// Whether nothing else happens before that time, so that the clock may be moved on to it. A task that became ready at
    /// this instant must not find it moved on.
    fn is_idle_until(&self, end: u64) -> bool {
        end < self.horizon.get() && self.ready.borrow().is_empty()
    }

    /// Whether a burst would run ahead after so many looks, so that nothing happens before its end. A no may be wrong.
    pub(crate) fn would_run_ahead(&self, task: TaskId, ns: u64, looks: u64) -> bool {
        self.is_idle_until(self.now() + ns)
            && self.meter.lasts(looks)
            && self.cpus.borrow()[self.cpu_of(task)].queue.is_empty()
    }

    /// Ends the present step here if its budget is used up; the next one goes on as if nothing had been. For loops that look
    /// at much within one instant.
    pub(crate) fn pause(&self, task: TaskId) -> Pause<'_> {
        Pause::new(self, task)
    }

    /// Sleeps until woken. The caller has put the task on some wait queue.
    pub(crate) fn sleep(&self, task: TaskId, state: State) -> Sleep<'_> {
        Sleep::new(self, task, state, None)
    }

    /// Sleeps until woken or until `jiffies` ticks have gone by. `schedule_timeout` ends on a tick: the first one may be
    /// as near as the next tick.
    pub(crate) fn sleep_jiffies(&self, task: TaskId, state: State, jiffies: u64) -> Sleep<'_> {
        let until = (self.now() / self.jiffy + jiffies) * self.jiffy;
        Sleep::new(self, task, state, Some(until))
    }

    /// Sleeps until a point in time.
    pub(crate) fn sleep_until(&self, task: TaskId, state: State, until: u64) -> Sleep<'_> {
        Sleep::new(self, task, state, Some(until))
    }

    /// Charges a burst to the current task; true if the CPU must change over at its end. A time slice is looked at on
    /// ticks only (`check_preempt_tick`), so that on a machine with HZ=250 a task may run for 4 ms past it. Who gets to
    /// run before the reserves are gone hangs on the phase of the tick.
    fn charge(&self, task: TaskId, ns: u64) -> bool {
        let mut tasks = self.tasks.borrow_mut();
        let me = &mut tasks[task as usize];
        me.vruntime += ns;
        if me.frames.is_due(self.now()) {
            self.timeline.borrow_mut().runs(task, self.now(), self.jiffy, &mut me.frames);
        }
        let (vruntime, cpu_index) = (me.vruntime, me.cpu as usize);
        let mut cpus = self.cpus.borrow_mut();
        let cpu = &mut cpus[cpu_index];
        let Some(leftmost) = cpu.queue.iter().map(|other| tasks[*other as usize].vruntime).min() else {
            cpu.min_vruntime = cpu.min_vruntime.max(vruntime);
            cpu.need_resched = false;
            return false;
        };
        cpu.min_vruntime = cpu.min_vruntime.max(vruntime.min(leftmost));
        let now = self.now();
        if now / self.jiffy != (now + ns) / self.jiffy {
            let running = cpu.queue.len() as u64 + 1;
            let ideal = (self.latency / running).max(self.granularity);
            let ran = vruntime.saturating_sub(cpu.picked_at);
            let ahead = vruntime.saturating_sub(leftmost);
            if ran > ideal || (ran >= self.granularity && ahead > ideal) {
                cpu.need_resched = true;
            }
        }
        cpu.need_resched
    }

    /// Starts a task on the CPU that it has been given.
    fn dispatch(&self, id: TaskId) {
        if self.switch == 0 {
            self.ready.borrow_mut().push_back(id);
        } else {
            self.push(self.now() + self.switch, Happening::Resume(id));
        }
    }

    /// Takes the next task for a CPU whose current task has left it.
    fn schedule(&self, cpu_index: usize) {
        let mut tasks = self.tasks.borrow_mut();
        let mut cpus = self.cpus.borrow_mut();
        let mut next = Self::pick(&cpus[cpu_index], |_| true, &tasks);
        if next.is_none() {
            // idle_balance: pull from the longest queue what is not bound to its CPU.
            let movable = |id: TaskId| !tasks[id as usize].is_bound();
            let busiest = (0..cpus.len())
                .filter(|other| cpus[*other].queue.iter().any(|id| movable(*id)))
                .max_by_key(|other| (cpus[*other].queue.len(), Reverse(*other)));
            if let Some(other) = busiest {
                next = Self::pick(&cpus[other], movable, &tasks);
                if let Some(at) = next {
                    let id = cpus[other].queue.remove(at);
                    let task = &mut tasks[id as usize];
                    task.move_vruntime(&cpus[other], &cpus[cpu_index]);
                    task.cpu = u32::try_from(cpu_index).unwrap_or(0);
                    cpus[cpu_index].queue.push(id);
                    next = Some(cpus[cpu_index].queue.len() - 1);
                }
            }
        }
        let cpu = &mut cpus[cpu_index];
        cpu.need_resched = false;
        let Some(at) = next else {
            cpu.current = None;
            return;
        };
        let id = cpu.queue.remove(at);
        let task = &mut tasks[id as usize];
        cpu.current = Some(id);
        cpu.picked_at = task.vruntime;
        cpu.min_vruntime = cpu.min_vruntime.max(task.vruntime);
        task.state = State::Running;
        task.since = self.now();
        drop(cpus);
        drop(tasks);
        self.dispatch(id);
    }

    /// Position of the task with the smallest virtual run time among those that may be taken; the longest waiting of
    /// equals.
    fn pick(cpu: &Cpu, may: impl Fn(TaskId) -> bool, tasks: &[Task]) -> Option<usize> {
        (0..cpu.queue.len())
            .filter(|at| may(cpu.queue[*at]))
            .min_by_key(|at| (tasks[cpu.queue[*at] as usize].vruntime, *at))
    }

    /// Lets a task whose burst has ended go on, or another one in its place.
    fn resume(&self, id: TaskId) {
        let cpu_index = self.cpu_of(id);
        let switch = {
            let cpus = self.cpus.borrow();
            let cpu = &cpus[cpu_index];
            cpu.need_resched && !cpu.queue.is_empty()
        };
        if switch {
            let mut tasks = self.tasks.borrow_mut();
            let mut cpus = self.cpus.borrow_mut();
            let better = Self::pick(&cpus[cpu_index], |_| true, &tasks).is_some_and(|at| {
                tasks[cpus[cpu_index].queue[at] as usize].vruntime < tasks[id as usize].vruntime
            });
            if better {
                tasks[id as usize].state = State::Runnable;
                cpus[cpu_index].queue.push(id);
                drop(cpus);
                drop(tasks);
                self.schedule(cpu_index);
                return;
            }
            cpus[cpu_index].need_resched = false;
            cpus[cpu_index].picked_at = tasks[id as usize].vruntime;
        }
        self.ready.borrow_mut().push_back(id);
    }

    fn poll(&self, id: TaskId) {
        let Some(mut body) = self.bodies.borrow_mut()[id as usize].take() else { return };
        let mut context = Context::from_waker(Waker::noop());
        if body.as_mut().poll(&mut context).is_ready() {
            {
                let task = &mut self.tasks.borrow_mut()[id as usize];
                task.state = State::Dead;
                task.since = self.now();
                self.timeline.borrow_mut().rests(id, task.since, TaskPhase::Dead, &mut task.frames);
            }
            self.schedule(self.cpu_of(id));
            return;
        }
        self.bodies.borrow_mut()[id as usize] = Some(body);
        if self.tasks.borrow()[id as usize].state.sleeps() {
            self.schedule(self.cpu_of(id));
        }
    }

    /// Handles events until the budget of work is used up, the deadline is reached or nothing is left to happen; true in
    /// the last two cases. `interrupt` is called for the model's own events.
    pub(crate) fn run(&self, budget: u64, deadline: &Cell<u64>, mut interrupt: impl FnMut(u32)) -> bool {
        self.meter.begin(budget);
        loop {
            loop {
                let Some(id) = self.ready.borrow_mut().pop_front() else { break };
                self.poll(id);
                if self.paused.take() {
                    return false;
                }
            }
            if self.meter.is_spent() {
                return false;
            }
            let Some((at, happening)) = self.events.borrow_mut().pop() else { return true };
            let horizon = self.events.borrow().next_at();
            self.horizon.set(horizon.unwrap_or(u64::MAX).min(deadline.get()));
            if at >= deadline.get() {
                self.clock.set(deadline.get());
                return true;
            }
            self.clock.set(at);
            self.meter.event();
            match happening {
                Happening::Resume(id) => self.resume(id),
                Happening::Timer(id, wakeups) => {
                    if self.tasks.borrow()[id as usize].wakeups == wakeups {
                        self.make_runnable(id, true, None);
                    }
                }
                Happening::Interrupt(value) => interrupt(value),
            }
        }
    }
}

#[cfg(test)]
mod tests;
