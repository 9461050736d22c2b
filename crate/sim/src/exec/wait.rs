//! The two ways in which a task leaves its CPU: it burns time, or it sleeps.

use super::{Exec, Happening, State, TaskId, Woken};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// See [`Exec::cpu`].
pub(crate) struct Burst<'a> {
    exec: &'a Exec,
    task: TaskId,
    ns: u64,
    begun: bool,
}

impl<'a> Burst<'a> {
    pub(super) const fn new(exec: &'a Exec, task: TaskId, ns: u64) -> Self {
        Self { exec, task, ns, begun: false }
    }
}

impl Future for Burst<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.begun {
            return Poll::Ready(());
        }
        self.begun = true;
        let exec = self.exec;
        let end = exec.now() + self.ns;
        let leave = exec.charge(self.task, self.ns);
        if !leave && exec.is_idle_until(end) && !exec.meter.is_spent() {
            exec.meter.event();
            exec.clock.set(end);
            return Poll::Ready(());
        }
        exec.push(end, Happening::Resume(self.task));
        Poll::Pending
    }
}

/// See [`Exec::pause`].
pub(crate) struct Pause<'a> {
    exec: &'a Exec,
    task: TaskId,
    begun: bool,
}

impl<'a> Pause<'a> {
    pub(super) const fn new(exec: &'a Exec, task: TaskId) -> Self {
        Self { exec, task, begun: false }
    }
}

impl Future for Pause<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.begun || !self.exec.meter.is_spent() {
            return Poll::Ready(());
        }
        self.begun = true;
        // The task goes on first, at the same instant, as if nothing had been.
        self.exec.ready.borrow_mut().push_front(self.task);
        self.exec.paused.set(true);
        Poll::Pending
    }
}

/// See [`Exec::sleep`].
pub(crate) struct Sleep<'a> {
    exec: &'a Exec,
    task: TaskId,
    state: State,
    until: Option<u64>,
    begun: bool,
}

impl<'a> Sleep<'a> {
    pub(super) const fn new(exec: &'a Exec, task: TaskId, state: State, until: Option<u64>) -> Self {
        Self { exec, task, state, until, begun: false }
    }
}

impl Future for Sleep<'_> {
    type Output = Woken;
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Woken> {
        let exec = self.exec;
        if self.begun {
            let timed_out = exec.tasks.borrow()[self.task as usize].timed_out;
            return Poll::Ready(if timed_out { Woken::ByTimer } else { Woken::ByTask });
        }
        self.begun = true;
        let wakeups = {
            let mut tasks = exec.tasks.borrow_mut();
            let task = &mut tasks[self.task as usize];
            task.state = self.state;
            task.since = exec.now();
            exec.timeline.borrow_mut().rests(self.task, task.since, self.state.into(), &mut task.frames);
            task.wakeups
        };
        if let Some(until) = self.until {
            exec.push(until.max(exec.now()), Happening::Timer(self.task, wakeups));
        }
        Poll::Pending
    }
}
