use super::*;

const TICK: u64 = 4_000_000;

fn exec(cpus: u32) -> Rc<Exec> {
    Rc::new(Exec::new(Rc::new(Cell::new(0)), cpus, 250, 0))
}

type Log = Rc<RefCell<Vec<(TaskId, u64)>>>;

/// A task that burns bursts and writes down when each began.
fn burner(exec: &Rc<Exec>, log: &Log, bursts: u64, ns: u64) {
    let (exec2, log) = (Rc::clone(exec), Rc::clone(log));
    exec.spawn("burner", 0, |me| {
        Box::pin(async move {
            for _ in 0..bursts {
                log.borrow_mut().push((me, exec2.now()));
                exec2.cpu(me, ns).await;
            }
        })
    });
}

fn finish(exec: &Exec, budget: u64) {
    let deadline = Cell::new(u64::MAX);
    while !exec.run(budget, &deadline, |_| {}) {}
}

#[test]
fn equal_times_pop_in_the_order_of_insertion() {
    let exec = exec(1);
    let mut seen = Vec::new();
    for (at, value) in [(9, 0), (5, 3), (5, 1), (7, 4), (5, 2)] {
        exec.interrupt_at(at, value);
    }
    exec.run(u64::MAX, &Cell::new(u64::MAX), |value| seen.push(value));
    assert_eq!(seen, [3, 1, 2, 4, 0]);
}

#[test]
fn schedule_timeout_ends_on_a_tick() {
    let exec = exec(1);
    let log: Log = Rc::default();
    let (exec2, log2) = (Rc::clone(&exec), Rc::clone(&log));
    exec.spawn("sleeper", 0, |me| {
        Box::pin(async move {
            for jiffies in [1, 1, 25] {
                exec2.cpu(me, 1_000_000).await;
                let woken = exec2.sleep_jiffies(me, State::Uninterruptible, jiffies).await;
                assert_eq!(woken, Woken::ByTimer);
                log2.borrow_mut().push((me, exec2.now()));
            }
        })
    });
    finish(&exec, u64::MAX);
    let times: Vec<u64> = log.borrow().iter().map(|(_, at)| *at / TICK).collect();
    assert_eq!(times, [1, 2, 27]);
    assert!(log.borrow().iter().all(|(_, at)| at % TICK == 0));
}

#[test]
fn check_preempt_tick_looks_at_ticks_only() {
    let exec = exec(1);
    let log: Log = Rc::default();
    burner(&exec, &log, 400, 100_000);
    burner(&exec, &log, 400, 100_000);
    finish(&exec, u64::MAX);
    let log = log.borrow();
    let changes: Vec<u64> = log.windows(2).filter(|w| w[0].0 != w[1].0).map(|w| w[1].1).collect();
    assert!(changes.len() > 5, "both get their turns: {changes:?}");
    // The last change comes when one of them has ended.
    for at in &changes[..changes.len() - 1] {
        assert_eq!(at % TICK, 0, "{changes:?}");
    }
}

/// What several tasks on two CPUs do, handled `budget` events at a time.
fn program(budget: u64, switch: u64) -> (Vec<(TaskId, u64)>, u64) {
    let exec = Rc::new(Exec::new(Rc::new(Cell::new(0)), 2, 250, switch));
    let log: Log = Rc::default();
    for (bursts, ns) in [(300, 70_000), (200, 110_000), (500, 30_000), (100, 250_000)] {
        burner(&exec, &log, bursts, ns);
    }
    let (exec2, log2) = (Rc::clone(&exec), Rc::clone(&log));
    exec.spawn("sleeper", 0, |me| {
        Box::pin(async move {
            for _ in 0..20 {
                exec2.sleep_jiffies(me, State::Interruptible, 1).await;
                exec2.cpu(me, 20_000).await;
                log2.borrow_mut().push((me, exec2.now()));
            }
        })
    });
    finish(&exec, budget);
    let log = log.borrow().clone();
    (log, exec.now())
}

#[test]
fn run_ahead_does_not_change_the_order() {
    let whole = program(u64::MAX, 1000);
    assert!(program(1, 1000) == whole && program(7, 1000) == whole);
}

#[test]
fn run_ahead_does_not_change_the_order_where_a_switch_costs_nothing() {
    let whole = program(u64::MAX, 0);
    assert!(program(1, 0) == whole && program(7, 0) == whole);
}

#[test]
fn kill_wakes_killable_sleepers_only() {
    for (state, killed) in
        [(State::Uninterruptible, false), (State::Killable, true), (State::Interruptible, true)]
    {
        let exec = exec(1);
        let exec2 = Rc::clone(&exec);
        let task = exec.spawn("sleeper", 0, |me| {
            Box::pin(async move {
                exec2.sleep(me, state).await;
            })
        });
        finish(&exec, u64::MAX);
        exec.kill(task);
        finish(&exec, u64::MAX);
        assert_eq!(exec.tasks.borrow()[0].state == State::Dead, killed, "{state:?}");
        exec.end_tasks();
    }
}

#[test]
fn a_bound_task_stays_on_its_cpu() {
    let exec = exec(2);
    let log: Log = Rc::default();
    burner(&exec, &log, 10, 1_000_000);
    for _ in 0..2 {
        let (exec2, log) = (Rc::clone(&exec), Rc::clone(&log));
        exec.spawn_on(0, "bound", PF_NO_SETAFFINITY, |me| {
            Box::pin(async move {
                for _ in 0..4 {
                    exec2.cpu(me, 1_000_000).await;
                    exec2.sleep_jiffies(me, State::Uninterruptible, 1).await;
                    log.borrow_mut().push((me, exec2.cpu_of(me) as u64));
                }
            })
        });
    }
    finish(&exec, u64::MAX);
    let cpus: Vec<u64> = log.borrow().iter().filter(|(task, _)| *task > 0).map(|(_, cpu)| *cpu).collect();
    assert_eq!(cpus, [0; 8], "the other CPU is idle, or pulls what is not bound");
}
