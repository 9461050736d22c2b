//! The unbound workqueue that runs kcryptd: a pool whose manager creates workers, which allocates, and a rescuer
//! (kernel/workqueue.c, kernel/kthread.c). Per-CPU queues are in `bound`.

use crate::exec::{State as TaskState, TaskId, Woken};
use crate::gfp::{Gfp, PF_KTHREAD, PF_LESS_THROTTLE, PF_WQ_WORKER};
use crate::kernel::LessThrottle;
use crate::mempool::Element;
use crate::os::Os;
use crate::slab::Cache;
use crate::state::State;
use crate::task::WaitQueue;
use crate::trace::EventKind;
pub(crate) use bound::{BoundQueue, BoundQueues};
use std::collections::VecDeque;
use std::rc::Rc;

mod bound;

/// A work item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// kcryptd: one bio.
    Crypt(u32),
    /// `kcryptd_io`: a read whose clone bio was not to be had at once.
    Read(u32),
    /// Some other unbound queue's item, short and without allocations: the flusher looks for work every 5 seconds.
    Other,
}

/// Order of a thread's stack: 16 KiB.
const THREAD_SIZE_ORDER: usize = 2;
/// `MAYDAY_INITIAL_TIMEOUT`, 10 ms, and `MAYDAY_INTERVAL`, 100 ms, in hundredths of a second.
const MAYDAY_INITIAL: u64 = 1;
const MAYDAY_INTERVAL: u64 = 10;
/// `dirty_writeback_interval`, seconds.
const OTHER_WORK_INTERVAL: u64 = 5;

/// `struct worker_pool` and kcryptd's `struct pool_workqueue`.
#[derive(Debug, Default)]
pub(crate) struct WorkerPool {
    worklist: VecDeque<Work>,
    /// Items past `max_active`.
    delayed: VecDeque<u32>,
    active: u32,
    idle: Vec<TaskId>,
    /// `manager_arb`.
    managed: bool,
    workers: u32,
    /// The mayday timer is armed.
    mayday_armed: bool,
    mayday_wait: WaitQueue,
    mayday: bool,
    rescuer_wait: WaitQueue,
    rescue: VecDeque<Work>,
    created: Vec<TaskId>,
    failed: Vec<TaskId>,
    /// Per-CPU queues.
    pub bound: BoundQueues,
}

impl WorkerPool {
    /// `need_to_create_worker`: work waits and nobody is idle.
    fn need_to_create_worker(&self) -> bool {
        !self.worklist.is_empty() && self.idle.is_empty()
    }
}

impl Os {
    /// `queue_work` on kcryptd: past `max_active` (the CPUs) items are delayed. With `same_cpu_crypt` the queue is that of
    /// the CPU on which it is called.
    pub(crate) fn queue_crypt_work(&self, id: u32, cpu: usize) {
        if self.same_cpu_crypt {
            self.queue_work_on(cpu, BoundQueue::Kcryptd, Work::Crypt(id));
            return;
        }
        {
            let mut st = self.st();
            if st.workers.active >= self.cpus {
                st.workers.delayed.push_back(id);
            } else {
                st.workers.active += 1;
                st.workers.worklist.push_back(Work::Crypt(id));
            }
        }
        // insert_work: no worker of an unbound pool counts as running (WORKER_UNBOUND), so that one is woken even where
        // nothing is to be done. It goes to sleep again at once, and the CPU is given to whoever has had least of it.
        self.wake_up_worker(cpu);
    }

    /// `wake_up_worker`, called on `cpu`.
    fn wake_up_worker(&self, cpu: usize) {
        let first = self.st().workers.idle.last().copied();
        if let Some(task) = first {
            self.exec.wake_from(task, cpu);
        }
    }

    /// Starts a worker; the pool has one when the device is set up. A worker that kthreadd has forked must run once
    /// before the manager goes on: `kthread` reports to its creator.
    pub(crate) fn spawn_worker(self: &Rc<Self>, forked: Option<(TaskId, TaskId)>) {
        let number = {
            let mut st = self.st();
            st.workers.workers += 1;
            st.workers.workers - 1
        };
        // Unbound pools are numbered behind two pools for each CPU.
        let name = format!("kworker/u{}:{number}", 2 * self.cpus);
        let os = Rc::clone(self);
        let flags = PF_KTHREAD | PF_WQ_WORKER;
        match forked {
            None => {
                self.exec.spawn(&name, flags, |me| Box::pin(async move { os.worker_thread(me).await }));
            }
            Some((kthreadd, manager)) => {
                self.exec.spawn_forked(kthreadd, &name, flags, |me| {
                    Box::pin(async move {
                        {
                            let mut st = os.st();
                            st.workers.created.push(manager);
                            // create_worker ends with worker_enter_idle.
                            st.workers.idle.push(me);
                        }
                        os.exec.wake(manager);
                        os.worker_thread(me).await;
                    })
                });
            }
        }
    }

    /// `worker_thread`.
    async fn worker_thread(&self, me: TaskId) {
        let _frame = self.frame(me, "worker_thread");
        loop {
            {
                let mut st = self.st();
                if !st.workers.idle.contains(&me) {
                    st.workers.idle.push(me);
                }
            }
            while self.st().workers.worklist.is_empty() {
                self.sleep(me, TaskState::Interruptible).await;
            }
            self.st().workers.idle.retain(|task| *task != me);
            // may_start_working: one worker stays idle, else this one becomes the manager first.
            while self.st().workers.idle.is_empty() && self.manage_workers(me).await {
                if self.st().workers.worklist.is_empty() {
                    break;
                }
            }
            loop {
                let Some(work) = self.st().workers.worklist.pop_front() else { break };
                if !self.st().workers.worklist.is_empty() {
                    self.wake_up_worker(self.exec.cpu_of(me));
                }
                self.process_unbound_work(me, work).await;
            }
        }
    }

    /// `process_one_work` of the unbound pool, and `pwq_dec_nr_in_flight`, which lets kcryptd's next delayed item in.
    async fn process_unbound_work(&self, me: TaskId, work: Work) {
        self.process_one_work(me, work).await;
        if work == Work::Other {
            return;
        }
        let mut st = self.st();
        match st.workers.delayed.pop_front() {
            Some(next) => st.workers.worklist.push_back(Work::Crypt(next)),
            None => st.workers.active -= 1,
        }
    }

    async fn process_one_work(&self, me: TaskId, work: Work) {
        let _frame = self.frame(me, "process_one_work");
        let id = match work {
            Work::Crypt(id) => id,
            Work::Read(id) => return self.kcryptd_io_read_work(me, id).await,
            Work::Other => return,
        };
        let less = self.policy.less_throttle == LessThrottle::Kcryptd;
        if less {
            self.exec.set_flags(me, self.exec.flags(me) | PF_LESS_THROTTLE);
        }
        self.kcryptd_crypt(me, id).await;
        if less {
            self.exec.set_flags(me, self.exec.flags(me) & !PF_LESS_THROTTLE);
        }
    }

    /// `manage_workers`, `maybe_create_worker`: true if this worker was the manager.
    async fn manage_workers(&self, me: TaskId) -> bool {
        if std::mem::replace(&mut self.st().workers.managed, true) {
            return false;
        }
        let _frame = self.frame(me, "manage_workers");
        self.arm_mayday();
        loop {
            if self.create_worker(me).await || !self.st().workers.need_to_create_worker() {
                break;
            }
            // CREATE_COOLDOWN
            self.sleep_jiffies(me, TaskState::Interruptible, self.hz).await;
            if !self.st().workers.need_to_create_worker() {
                break;
            }
        }
        let mut st = self.st();
        st.workers.mayday_armed = false;
        st.workers.managed = false;
        true
    }

    /// `create_worker`: `struct worker`, then a thread from kthreadd.
    async fn create_worker(&self, me: TaskId) -> bool {
        let _frame = self.frame(me, "create_worker");
        let Some(worker) = self.kmem_cache_alloc(me, Cache::Worker, Gfp::KERNEL).await else { return false };
        let woken = {
            let mut st = self.st();
            st.kthread_requests.push(me);
            st.kthreadd_wait.take_all()
        };
        for task in woken {
            self.exec.wake(task);
        }
        let _frame = self.frame(me, "kthread_create_on_node");
        loop {
            let (created, failed) = {
                let mut st = self.st();
                let created = take_one(&mut st.workers.created, me);
                (created, !created && take_one(&mut st.workers.failed, me))
            };
            if created {
                return true;
            }
            if failed {
                self.st().cache_free(Cache::Worker, worker, self.exec.cpu_of(me));
                return false;
            }
            self.sleep(me, TaskState::Killable).await;
        }
    }

    /// The `kthreadd` thread: forks a thread for each request; its stack is an order-2 block of GFP_KERNEL memory.
    pub(crate) async fn kthreadd(self: Rc<Self>, me: TaskId) {
        let _frame = self.frame(me, "kthreadd");
        loop {
            let request = {
                let mut st = self.st();
                if st.kthread_requests.is_empty() { None } else { Some(st.kthread_requests.remove(0)) }
            };
            let Some(asker) = request else {
                self.st().kthreadd_wait.add(me);
                self.sleep(me, TaskState::Interruptible).await;
                self.st().kthreadd_wait.remove(me);
                continue;
            };
            let forked = self.copy_process(me).await;
            if forked {
                self.spawn_worker(Some((me, asker)));
                self.event(me, EventKind::WorkerCreated);
            } else {
                self.st().workers.failed.push(asker);
                self.exec.wake(asker);
            }
        }
    }

    /// `copy_process`: a task_struct and an order-2 stack. False if there was no memory.
    pub(crate) async fn copy_process(&self, me: TaskId) -> bool {
        let _frame = self.frame(me, "copy_process");
        self.cpu(me, self.costs.fork).await;
        let Some(task) = self.kmem_cache_alloc(me, Cache::Task, Gfp::KERNEL).await else { return false };
        let stack = self.alloc_pages(me, Gfp::KERNEL, THREAD_SIZE_ORDER).await;
        let mut st = self.st();
        let cpu = self.exec.cpu_of(me);
        match stack {
            Some(pfn) => {
                st.kernel_stacks.push((task, pfn));
                true
            }
            None => {
                st.cache_free(Cache::Task, task, cpu);
                false
            }
        }
    }

    /// A thread is gone: its stack and task_struct go back.
    pub(crate) fn free_thread(&self, me: TaskId, stack: Option<(Element, u32)>) {
        let Some((task, pfn)) = stack else { return };
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        st.free_block(pfn, THREAD_SIZE_ORDER);
        st.cache_free(Cache::Task, task, cpu);
    }

    fn arm_mayday(&self) {
        let woken = {
            let mut st = self.st();
            st.workers.mayday_armed = true;
            st.workers.mayday_wait.take_all()
        };
        for task in woken {
            self.exec.wake(task);
        }
    }

    /// `pool_mayday_timeout`: 10 ms after the manager began, then every 100 ms, the rescuer is called. A timer in the
    /// kernel; here a task that uses no CPU time.
    pub(crate) async fn mayday_timer(&self, me: TaskId) {
        loop {
            self.st().workers.mayday_wait.add(me);
            while !self.st().workers.mayday_armed {
                self.sleep(me, TaskState::Interruptible).await;
            }
            self.st().workers.mayday_wait.remove(me);
            let mut wait = (self.hz * MAYDAY_INITIAL).div_ceil(100);
            loop {
                let woken = self.sleep_jiffies(me, TaskState::Interruptible, wait).await;
                if !self.st().workers.mayday_armed {
                    break;
                }
                if woken == Woken::ByTimer && self.st().workers.need_to_create_worker() {
                    self.event(me, EventKind::Mayday);
                    let sleepers = {
                        let mut st = self.st();
                        st.workers.mayday = true;
                        st.workers.rescuer_wait.take_all()
                    };
                    for task in sleepers {
                        self.exec.wake(task);
                    }
                }
                wait = (self.hz * MAYDAY_INTERVAL).div_ceil(100);
            }
        }
    }

    /// `rescuer_thread` of kcryptd: works through kcryptd's waiting items while no worker can be had.
    pub(crate) async fn rescuer_thread(&self, me: TaskId) {
        let _frame = self.frame(me, "rescuer_thread");
        loop {
            while !std::mem::take(&mut self.st().workers.mayday) {
                self.st().workers.rescuer_wait.add(me);
                self.sleep(me, TaskState::Interruptible).await;
                self.st().workers.rescuer_wait.remove(me);
            }
            loop {
                {
                    let mut st = self.st();
                    let (crypt, other) = std::mem::take(&mut st.workers.worklist)
                        .into_iter()
                        .partition(|work| *work != Work::Other);
                    st.workers.worklist = other;
                    st.workers.rescue = crypt;
                }
                if self.st().workers.rescue.is_empty() {
                    break;
                }
                loop {
                    let Some(work) = self.st().workers.rescue.pop_front() else { break };
                    self.process_unbound_work(me, work).await;
                }
                if !self.st().workers.need_to_create_worker() {
                    break;
                }
            }
            if !self.st().workers.worklist.is_empty() {
                self.wake_up_worker(self.exec.cpu_of(me));
            }
        }
    }

    /// The items of other unbound queues that share the pool.
    pub(crate) async fn other_work(&self, me: TaskId) {
        loop {
            self.sleep_jiffies(me, TaskState::Interruptible, OTHER_WORK_INTERVAL * self.hz).await;
            self.st().workers.worklist.push_back(Work::Other);
            self.wake_up_worker(self.exec.cpu_of(me));
        }
    }
}

impl State {
    /// The most recent thread stack.
    pub(crate) fn take_stack(&mut self) -> Option<(Element, u32)> {
        self.kernel_stacks.pop()
    }
}

fn take_one(list: &mut Vec<TaskId>, task: TaskId) -> bool {
    match list.iter().position(|other| *other == task) {
        Some(at) => {
            list.swap_remove(at);
            true
        }
        None => false,
    }
}
