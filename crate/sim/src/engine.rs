//! The engine alone, for the bench command: what a sleep costs before any mechanism is added.

use crate::exec::{Exec, State, TaskId};
use crate::rng::{Rng, mix};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Lets `tasks` tasks sleep `sleeps` times in all, each sleep at the end of a chain of six `async fn`, on one CPU whose
/// changes of task cost nothing. Gives a hash over the order of the wake-ups, equal on every machine.
#[must_use]
pub fn engine_sleeps(tasks: u32, sleeps: u64) -> u64 {
    let clock = Rc::new(Cell::new(0));
    let exec = Rc::new(Exec::new(clock, 1, 1000, 0));
    let hash = Rc::new(RefCell::new(0));
    for number in 0..tasks {
        let (exec2, hash) = (Rc::clone(&exec), Rc::clone(&hash));
        let mut rng = Rng::fork(u64::from(number), 1);
        let share = sleeps / u64::from(tasks.max(1));
        exec.spawn("sleeper", 0, |me| {
            Box::pin(async move {
                for _ in 0..share {
                    let until = exec2.now() + 1 + rng.below(1_000_000);
                    first(&exec2, me, until).await;
                    let mut hash = hash.borrow_mut();
                    *hash = mix(*hash ^ exec2.now() ^ u64::from(me));
                }
            })
        });
    }
    let deadline = Cell::new(u64::MAX);
    while !exec.run(u64::MAX, &deadline, |_| {}) {}
    exec.end_tasks();
    *hash.borrow()
}

async fn first(exec: &Exec, me: TaskId, until: u64) {
    second(exec, me, until).await;
}

async fn second(exec: &Exec, me: TaskId, until: u64) {
    third(exec, me, until).await;
}

async fn third(exec: &Exec, me: TaskId, until: u64) {
    fourth(exec, me, until).await;
}

async fn fourth(exec: &Exec, me: TaskId, until: u64) {
    fifth(exec, me, until).await;
}

async fn fifth(exec: &Exec, me: TaskId, until: u64) {
    exec.sleep_until(me, State::Interruptible, until).await;
}
