//! Per-CPU workqueues of dm-crypt: `kcryptd_io`, and `kcryptd` with `same_cpu_crypt`.
//!
//! An item runs on the CPU that queued it, one of a queue at a time (`max_active` 1). The pools of a CPU belong to the whole
//! system, so that a worker for each of the two queues is taken to be there: none is created, and no rescuer is called.

use super::Work;
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{PF_KTHREAD, PF_NO_SETAFFINITY, PF_WQ_WORKER};
use crate::os::Os;
use crate::task::WaitQueue;
use std::collections::VecDeque;
use std::rc::Rc;

/// Which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundQueue {
    /// Reads that found no clone bio.
    KcryptdIo,
    /// Encryption and decryption with `same_cpu_crypt`.
    Kcryptd,
}

/// `struct pool_workqueue` of one queue on one CPU.
#[derive(Debug, Default)]
struct PerCpu {
    items: VecDeque<Work>,
    idle: WaitQueue,
}

/// The two queues of each CPU.
#[derive(Debug, Default)]
pub(crate) struct BoundQueues(Vec<[PerCpu; 2]>);

impl BoundQueues {
    fn at(&mut self, cpu: usize, queue: BoundQueue) -> &mut PerCpu {
        if self.0.len() <= cpu {
            self.0.resize_with(cpu + 1, Default::default);
        }
        &mut self.0[cpu][queue as usize]
    }
}

impl Os {
    /// `queue_work_on`.
    pub(crate) fn queue_work_on(&self, cpu: usize, queue: BoundQueue, work: Work) {
        let woken = {
            let mut st = self.st();
            let queue = st.workers.bound.at(cpu, queue);
            queue.items.push_back(work);
            queue.idle.take_all()
        };
        self.wake_all(woken);
    }

    /// Starts the workers of a queue, one on each CPU.
    pub(crate) fn spawn_bound_workers(self: &Rc<Self>, queue: BoundQueue) {
        for cpu in 0..self.cpus {
            let os = Rc::clone(self);
            let name = format!("kworker/{cpu}:{}", queue as usize + 1);
            let flags = PF_KTHREAD | PF_WQ_WORKER | PF_NO_SETAFFINITY;
            self.exec.spawn_on(cpu, &name, flags, |me| {
                Box::pin(async move { os.bound_worker_thread(me, cpu as usize, queue).await })
            });
        }
    }

    /// `worker_thread`.
    async fn bound_worker_thread(&self, me: TaskId, cpu: usize, queue: BoundQueue) {
        let _frame = self.frame(me, "worker_thread");
        loop {
            let work = self.st().workers.bound.at(cpu, queue).items.pop_front();
            match work {
                Some(work) => self.process_one_work(me, work).await,
                None => {
                    self.st().workers.bound.at(cpu, queue).idle.add(me);
                    self.sleep(me, TaskState::Interruptible).await;
                }
            }
        }
    }
}
