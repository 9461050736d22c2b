//! What user tasks do: the load that must finish, and what goes on beside it.

use crate::config::{Background, Config, Phase, WorkloadKind};
use crate::exec::{State as TaskState, TaskId};
use crate::filemap::TEXT;
use crate::gfp::{Gfp, PF_KTHREAD, PF_WQ_WORKER, TIF_MEMDIE};
use crate::meter::LOOKS_OF_A_TOUCH;
use crate::os::Os;
use crate::page::Pfn;
use crate::rng::Rng;
use crate::task::{AddressSpace, Process};
use crate::trace::{EventKind, Series};
use std::collections::VecDeque;
use std::rc::Rc;

/// Pages of the probe's working set.
const PROBE_PAGES: u32 = 32;

impl Os {
    /// `do_exit`: gives the memory back and tells the workload.
    async fn exit_process(&self, me: TaskId, process: usize) {
        let _frame = self.frame(me, "do_exit");
        let killed = self.exec.fatal_signal_pending(me);
        let (space, counts) = {
            let mut st = self.st();
            st.processes[process].exiting = true;
            (st.processes[process].space, st.processes[process].counts)
        };
        self.unmap_space(me, space).await;
        self.exec.set_flags(me, self.exec.flags(me) & !TIF_MEMDIE);
        let mut st = self.st();
        st.processes[process].alive = false;
        st.record.event(me, EventKind::Exited { killed });
        if counts {
            st.running_workloads -= 1;
            if st.running_workloads == 0 {
                if st.record.oom.is_empty() {
                    st.workload_done = Some(self.exec.now());
                    st.record.event(me, EventKind::WorkloadDone);
                }
                drop(st);
                self.end_soon();
            }
        }
    }

    fn new_process(&self, me: TaskId, counts: bool) -> (usize, usize) {
        let mut st = self.st();
        let space = st.spaces.len();
        st.spaces.push(AddressSpace::default());
        st.processes.push(Process { task: me, space, alive: true, exiting: false, counts });
        if counts {
            st.running_workloads += 1;
        }
        (st.processes.len() - 1, space)
    }

    async fn wait_for_start(&self, me: TaskId, start: u64) {
        self.exec.sleep_until(me, TaskState::Interruptible, start).await;
        self.event(me, EventKind::Started);
        let mut st = self.st();
        st.record.start_progress();
    }

    /// Touches pages one after the other, several times over if asked to.
    async fn hog(&self, me: TaskId, process: usize, space: usize, pages: u32, passes: u32) {
        'all: for _ in 0..passes {
            for index in 0..pages {
                if !self.touch(me, space, index).await {
                    break 'all;
                }
                self.st().record.progress();
                // A page that is there costs no time.
                self.exec.meter.look(LOOKS_OF_A_TOUCH);
                self.exec.pause(me).await;
            }
        }
        self.exit_process(me, process).await;
    }

    /// One of make's jobs: forks a compiler, which grows, goes back to what it has now and then, and exits.
    async fn build_job(&self, me: TaskId, process: usize, space: usize, build: Build, rng: &mut Rng) {
        loop {
            let left = {
                let mut st = self.st();
                let left = st.build_left > 0;
                st.build_left = st.build_left.saturating_sub(1);
                left
            };
            if !left || self.exec.fatal_signal_pending(me) || !self.copy_process(me).await {
                break;
            }
            let pages = u32::try_from(rng.around(build.pages, 250)).unwrap_or(u32::MAX).max(1);
            let mut alive = true;
            for index in 0..pages {
                self.cpu(me, build.ns_per_page).await;
                alive = self.touch(me, space, index).await;
                if alive && index % 4 == 0 {
                    let again = u32::try_from(rng.below(u64::from(index) + 1)).unwrap_or(0);
                    alive = self.touch(me, space, again).await;
                }
                let text = u64::try_from(self.st().files.files[TEXT].pages.len()).unwrap_or(0);
                if alive && text > 0 && index % 16 == 0 {
                    let used = u32::try_from(rng.below(text)).unwrap_or(0);
                    alive = self.touch_text(me, used).await;
                }
                // Its output grows as it does.
                let written = build.output * u64::from(index) / u64::from(pages);
                if alive && written < build.output * u64::from(index + 1) / u64::from(pages) {
                    let at = u32::try_from(written).unwrap_or(0);
                    alive = self.write_file(me, build.file, at).await;
                }
                if !alive {
                    break;
                }
                self.st().record.progress();
            }
            let stack = self.st().take_stack();
            self.free_thread(me, stack);
            if !alive {
                break;
            }
            self.unmap_space(me, space).await;
        }
        self.exit_process(me, process).await;
    }

    /// One round of the probe: its own pages, and the programs that a user has running. False: SIGKILL is pending.
    async fn probe_round(&self, me: TaskId, space: usize) -> bool {
        for index in 0..PROBE_PAGES {
            if !self.touch(me, space, index).await {
                return false;
            }
        }
        let text = u32::try_from(self.st().files.files[TEXT].pages.len()).unwrap_or(0);
        for index in 0..text {
            if !self.touch_text(me, index).await {
                return false;
            }
            self.exec.meter.look(1);
            self.exec.pause(me).await;
        }
        true
    }

    /// Every 100 ms touches a small working set; the time from the timer to the end is the latency that a user feels.
    async fn probe(&self, me: TaskId, process: usize, space: usize) {
        for index in 0..PROBE_PAGES {
            self.touch(me, space, index).await;
        }
        let mut due = self.exec.now();
        loop {
            due = (due + 100_000_000).max(self.exec.now());
            self.exec.sleep_until(me, TaskState::Interruptible, due).await;
            self.st().probe_due = Some(due);
            if !self.probe_round(me, space).await {
                self.exit_process(me, process).await;
                return;
            }
            let mut st = self.st();
            st.probe_due = None;
            let latency = self.exec.now() - due;
            st.record.note(Series::Probe, latency);
            st.record.probe.push(latency);
        }
    }
}

/// Pages that a writer or reader goes through before it looks at the clock.
const STRIDE: u64 = 8;

impl Os {
    /// A writer or reader: pages of its file one after the other, no faster than its rate.
    async fn file_load(&self, me: TaskId, process: usize, load: FileLoad) {
        self.exec.sleep_until(me, TaskState::Interruptible, load.phase.from.0).await;
        self.event(me, EventKind::Started);
        let stride_ns = STRIDE * 4096 * 1_000_000 / load.kb_per_s.max(1);
        let mut due = self.exec.now();
        let mut index: u32 = 0;
        'load: while self.exec.now() < load.phase.until.0 {
            for _ in 0..STRIDE {
                let alive = if load.writes {
                    self.write_file(me, load.file, index).await
                } else {
                    self.read_file(me, load.file, index).await
                };
                if !alive {
                    break 'load;
                }
                index = if index + 1 < load.pages { index + 1 } else { 0 };
            }
            due += stride_ns;
            if due > self.exec.now() {
                self.exec.sleep_until(me, TaskState::Interruptible, due).await;
            } else {
                // What it was kept from doing is not made up for.
                due = self.exec.now();
            }
        }
        self.exit_process(me, process).await;
    }

    /// Network receive: bursts of atomic allocations, each given back when its data has been read.
    async fn atomic_load(&self, me: TaskId, load: crate::config::Atomic) {
        let order = load.order as usize;
        let every = u64::from(load.burst.max(1)) * 1_000_000_000 / load.per_s.max(1);
        let mut due = load.phase.from.0;
        let mut held: VecDeque<(u64, Pfn)> = VecDeque::new();
        while due < load.phase.until.0 {
            self.exec.sleep_until(me, TaskState::Interruptible, due).await;
            let now = self.exec.now();
            while let Some((_, pfn)) = held.pop_front_if(|(until, _)| *until <= now) {
                self.give_back(me, pfn, order);
            }
            for _ in 0..load.burst {
                self.st().vm.atomic_alloc += 1;
                if let Some(pfn) = self.alloc_pages(me, Gfp::ATOMIC, order).await {
                    self.st().pages_in_hand += 1 << order;
                    held.push_back((now + load.hold.0, pfn));
                } else {
                    self.st().vm.atomic_fail += 1;
                    self.event(me, EventKind::AllocationFailure { order: load.order });
                    break;
                }
            }
            due += every;
        }
        for (_, pfn) in held {
            self.give_back(me, pfn, order);
        }
    }

    fn give_back(&self, me: TaskId, pfn: Pfn, order: usize) {
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        st.pages_in_hand -= 1 << order;
        if order == 0 {
            st.free_page(pfn, cpu);
        } else {
            st.free_block(pfn, order);
        }
    }
}

/// What a writer or reader does.
#[derive(Clone, Copy)]
struct FileLoad {
    writes: bool,
    file: usize,
    pages: u32,
    kb_per_s: u64,
    phase: Phase,
}

/// Starts what goes on beside the load that must finish.
fn spawn_background(os: &Rc<Os>, background: &Background) {
    let (writers, readers) = (background.writers, background.readers);
    let loads = [
        ("writer", true, writers.count, writers.file, writers.kb_per_s, writers.phase),
        ("reader", false, readers.count, readers.file, readers.kb_per_s, readers.phase),
    ];
    for (name, writes, count, pages, kb_per_s, phase) in loads {
        for number in 0..count {
            let file = os.st().files.create(pages.0);
            let pages = u32::try_from(pages.0).unwrap_or(u32::MAX);
            let load = FileLoad { writes, file, pages, kb_per_s, phase };
            let os2 = Rc::clone(os);
            os.exec.spawn(&format!("{name}/{number}"), 0, |me| {
                let (process, _) = os2.new_process(me, false);
                Box::pin(async move { os2.file_load(me, process, load).await })
            });
        }
    }
    let atomic = background.atomic;
    if atomic.per_s > 0 {
        let os2 = Rc::clone(os);
        os.exec.spawn("ksoftirqd/0", PF_KTHREAD, |me| {
            Box::pin(async move { os2.atomic_load(me, atomic).await })
        });
    }
}

/// Size of one compiler run.
#[derive(Clone, Copy)]
struct Build {
    pages: u64,
    ns_per_page: u64,
    /// Pages that it writes, and the file.
    output: u64,
    file: usize,
}

/// Starts the tasks of the workload; the seed delays each start within the configured spread.
pub(crate) fn spawn(os: &Rc<Os>, config: &Config, seed: u64) {
    let mut rng = Rng::fork(seed, 2);
    let workload = &config.workload;
    let mut start = || workload.start.0 + rng.below(workload.start_spread.0 + 1);
    let mut first = u64::MAX;
    match workload.kind {
        WorkloadKind::Hog { hogs, pages, passes } => {
            let pages = u32::try_from(pages.0).unwrap_or(u32::MAX);
            for number in 0..hogs {
                let at = start();
                first = first.min(at);
                let os2 = Rc::clone(os);
                let name = if hogs == 1 { "hog".to_owned() } else { format!("hog/{number}") };
                os.exec.spawn(&name, 0, |me| {
                    let (process, space) = os2.new_process(me, true);
                    Box::pin(async move {
                        os2.wait_for_start(me, at).await;
                        os2.hog(me, process, space, pages, passes).await;
                    })
                });
            }
        }
        WorkloadKind::Build { jobs, processes, pages, ns_per_page, output } => {
            os.st().build_left = processes;
            for number in 0..jobs {
                let at = start();
                first = first.min(at);
                let os2 = Rc::clone(os);
                let mut rng = Rng::fork(seed, 16 + u64::from(number));
                let file = if output.0 > 0 { os.st().files.create(output.0) } else { TEXT };
                os.exec.spawn(&format!("cc1plus/{number}"), 0, |me| {
                    let (process, space) = os2.new_process(me, true);
                    Box::pin(async move {
                        os2.wait_for_start(me, at).await;
                        let build = Build { pages: pages.0, ns_per_page, output: output.0, file };
                        os2.build_job(me, process, space, build, &mut rng).await;
                    })
                });
            }
        }
    }
    os.st().workload_start = if first == u64::MAX { 0 } else { first };
    spawn_background(os, &workload.background);
    let writes = matches!(workload.kind, WorkloadKind::Build { output, .. } if output.0 > 0);
    if writes || workload.background.writers.count > 0 {
        let os2 = Rc::clone(os);
        os.exec.spawn("kworker/u:flush", PF_KTHREAD | PF_WQ_WORKER, |me| {
            Box::pin(async move { os2.flusher(me).await })
        });
    }
    if workload.probe {
        let os2 = Rc::clone(os);
        os.exec.spawn("probe", 0, |me| {
            let (process, space) = os2.new_process(me, false);
            Box::pin(async move { os2.probe(me, process, space).await })
        });
    }
}

#[cfg(test)]
mod tests;
