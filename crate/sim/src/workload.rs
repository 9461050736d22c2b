//! What user tasks do: page faults, and the loads made of them.

use crate::config::{Config, WorkloadKind};
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{Gfp, TIF_MEMDIE};
use crate::os::Os;
use crate::page::{
    NONE, PG_ACTIVE, PG_ANON, PG_DIRTY, PG_LOCKED, PG_READING, PG_SWAPCACHE, PG_WRITEBACK, PG_YOUNG,
};
use crate::rng::Rng;
use crate::task::{AddressSpace, Process, SWAP_ENTRY};
use crate::trace::{EventKind, Series};
use std::rc::Rc;

/// Pages of the probe's working set.
const PROBE_PAGES: u32 = 32;

impl Os {
    /// A write to one page of an address space: nothing to do, a first touch, or a swap-in. False: SIGKILL is pending.
    async fn touch(&self, me: TaskId, space: usize, index: u32) -> bool {
        loop {
            if self.exec.fatal_signal_pending(me) {
                return false;
            }
            let entry = self.st().spaces[space].entries.get(index as usize).copied().unwrap_or(NONE);
            if entry == NONE {
                if self.anonymous_fault(me, space, index).await {
                    return true;
                }
                continue;
            }
            if entry & SWAP_ENTRY == 0 {
                self.st().pages.set(entry, PG_YOUNG);
                return true;
            }
            self.do_swap_page(me, space, index, entry & !SWAP_ENTRY).await;
        }
    }

    /// `do_anonymous_page`: a zeroed page, mapped and put on the active list.
    async fn anonymous_fault(&self, me: TaskId, space: usize, index: u32) -> bool {
        self.st().vm.pgfault += 1;
        self.cpu(me, self.costs.fault).await;
        let page = {
            let _frame = self.frame(me, "handle_mm_fault");
            self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE, 0).await
        };
        let Some(pfn) = page else { return false };
        let mut st = self.st();
        st.map_page(pfn, space, index);
        st.lru_add(pfn, PG_ANON | PG_ACTIVE | PG_YOUNG | PG_DIRTY);
        true
    }

    /// A look at one page of the mapped page cache: marked as used, or read again if it was reclaimed. False: SIGKILL is
    /// pending.
    async fn touch_text(&self, me: TaskId, index: u32) -> bool {
        let present = {
            let mut st = self.st();
            let pfn = st.text[index as usize];
            if pfn != NONE {
                st.pages.set(pfn, PG_YOUNG);
            }
            pfn != NONE
        };
        if present {
            return true;
        }
        let _frame = self.frame(me, "filemap_fault");
        self.cpu(me, self.costs.fault).await;
        let page = self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE, 0).await;
        if let Some(pfn) = page {
            let until = self.exec.now() + self.file_read_ns;
            self.exec.sleep_until(me, TaskState::Uninterruptible, until).await;
            let cpu = self.exec.cpu_of(me);
            let mut st = self.st();
            st.vm.pgmajfault += 1;
            if st.text[index as usize] == NONE {
                st.map_text(pfn, index, 0);
            } else {
                st.free_page(pfn, cpu);
            }
        }
        !self.exec.fatal_signal_pending(me)
    }

    /// `do_swap_page` for a write: from the swap cache, else read (no readahead); the slot is given up unless the page is
    /// still being written (`reuse_swap_page`).
    async fn do_swap_page(&self, me: TaskId, space: usize, index: u32, slot: u32) {
        let _frame = self.frame(me, "do_swap_page");
        self.st().vm.pgfault += 1;
        self.cpu(me, self.costs.fault).await;
        let cached = self.st().swap.lookup(slot);
        let Some(pfn) = cached else {
            self.read_swap_cache(me, space, index, slot).await;
            return;
        };
        if self.st().pages.flags[pfn as usize] & (PG_LOCKED | PG_READING) != 0 {
            self.st().page_waiters.push((pfn, me));
            let reading = self.st().pages.has(pfn, PG_READING);
            if reading {
                self.sleep(me, TaskState::Uninterruptible).await;
            } else {
                // Locked by pageout, which unlocks without a wake-up in the model: look again a tick later.
                self.sleep_jiffies(me, TaskState::Uninterruptible, 1).await;
            }
            self.st().page_waiters.retain(|(_, task)| *task != me);
            return;
        }
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        let entry = st.spaces[space].entries[index as usize];
        if entry != slot | SWAP_ENTRY {
            return;
        }
        st.spaces[space].swapents -= 1;
        st.map_page(pfn, space, index);
        st.pages.set(pfn, PG_YOUNG | PG_DIRTY);
        if !st.pages.has(pfn, PG_WRITEBACK) {
            st.delete_from_swap_cache(pfn, cpu);
        }
    }

    /// `read_swap_cache_async`: a page in the swap cache, locked until the read ends.
    async fn read_swap_cache(&self, me: TaskId, space: usize, index: u32, slot: u32) {
        let page = self.alloc_pages(me, Gfp::HIGHUSER_MOVABLE, 0).await;
        let Some(pfn) = page else { return };
        {
            let cpu = self.exec.cpu_of(me);
            let mut st = self.st();
            let entry = st.spaces[space].entries[index as usize];
            let gone = entry != slot | SWAP_ENTRY || st.swap.lookup(slot).is_some();
            if gone || !st.add_to_swap_cache(pfn, slot, cpu, false) {
                st.free_page(pfn, cpu);
                return;
            }
            st.vm.pgmajfault += 1;
            st.pages.owner[pfn as usize] = u16::try_from(space).unwrap_or(crate::page::NO_OWNER);
            st.pages.index[pfn as usize] = index;
            st.pages.set(pfn, PG_READING | PG_LOCKED);
            st.lru_add(pfn, PG_ANON | PG_SWAPCACHE);
        }
        self.swap_readpage(me, pfn, slot).await;
        while self.st().pages.has(pfn, PG_READING) {
            self.st().page_waiters.push((pfn, me));
            self.sleep(me, TaskState::Uninterruptible).await;
            self.st().page_waiters.retain(|(_, task)| *task != me);
        }
    }

    /// `do_exit`: gives the memory back and tells the workload.
    async fn exit_process(&self, me: TaskId, process: usize) {
        let _frame = self.frame(me, "do_exit");
        let killed = self.exec.fatal_signal_pending(me);
        let (space, counts) = {
            let st = self.st();
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
        st.processes.push(Process { task: me, space, alive: true, counts });
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
                let text = u64::try_from(self.st().text.len()).unwrap_or(0);
                if alive && text > 0 && index % 16 == 0 {
                    let used = u32::try_from(rng.below(text)).unwrap_or(0);
                    alive = self.touch_text(me, used).await;
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
        let text = u32::try_from(self.st().text.len()).unwrap_or(0);
        for index in 0..text {
            if !self.touch_text(me, index).await {
                return false;
            }
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

/// Size of one compiler run.
#[derive(Clone, Copy)]
struct Build {
    pages: u64,
    ns_per_page: u64,
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
        WorkloadKind::Build { jobs, processes, pages, ns_per_page, output: _ } => {
            os.st().build_left = processes;
            for number in 0..jobs {
                let at = start();
                first = first.min(at);
                let os2 = Rc::clone(os);
                let mut rng = Rng::fork(seed, 16 + u64::from(number));
                os.exec.spawn(&format!("cc1plus/{number}"), 0, |me| {
                    let (process, space) = os2.new_process(me, true);
                    Box::pin(async move {
                        os2.wait_for_start(me, at).await;
                        let build = Build { pages: pages.0, ns_per_page };
                        os2.build_job(me, process, space, build, &mut rng).await;
                    })
                });
            }
        }
    }
    os.st().workload_start = if first == u64::MAX { 0 } else { first };
    if workload.probe {
        let os2 = Rc::clone(os);
        os.exec.spawn("probe", 0, |me| {
            let (process, space) = os2.new_process(me, false);
            Box::pin(async move { os2.probe(me, process, space).await })
        });
    }
}
