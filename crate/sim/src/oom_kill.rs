//! The OOM killer and the reaper (mm/oom_kill.c).

use crate::decision::Decision;
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{Gfp, TIF_MEMDIE};
use crate::kernel::{NofsOom, OomAbort, OomReaper, OomTie, OomVeto};
use crate::lruvec::{ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE};
use crate::mmzone::{self, Mark};
use crate::os::Os;
use crate::page::{
    NO_OWNER, NONE, PG_LOCKED, PG_LRU, PG_MAPPED, PG_PAGEVEC, PG_READING, PG_SWAPCACHE, PG_WRITEBACK, Pfn,
};
use crate::page_alloc::PAGE_ALLOC_COSTLY_ORDER;
use crate::state::State;
use crate::task::{Process, SWAP_ENTRY};
use crate::trace::{EventKind, OomReport, OomTask, OomZone, Site};
use crate::units::Nanos;

/// Without an end of writeback for so long it counts as stuck. Assumed: the proposal says "some pre-determined period".
const WRITEBACK_STUCK: u64 = 5_000_000_000;

/// What `__alloc_pages_may_oom` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayOom {
    Page(Pfn),
    /// The caller goes round again.
    Progress,
    Failed,
}

impl State {
    /// `oom_badness`: resident pages, swap entries and page tables, in pages.
    pub(crate) fn badness(&self, process: usize) -> u64 {
        let space = &self.spaces[self.processes[process].space];
        let tables = (space.entries.len() as u64).div_ceil(512);
        if space.reaped { 0 } else { (space.rss + space.swapents + tables).max(1) }
    }

    /// The badness in thousandths of RAM and swap.
    pub(crate) fn score(&self, process: usize) -> u64 {
        let total = self.zones.iter().map(|zone| zone.managed).sum::<u64>() + self.swap.total;
        self.badness(process) * 1000 / total.max(1)
    }

    /// `select_bad_process`: the largest; of equals the first or the last, by version.
    fn select_bad_process(&self) -> Option<usize> {
        let candidates =
            (0..self.processes.len()).filter(|at| self.processes[*at].alive && self.badness(*at) > 0);
        match self.policy.oom_tie {
            OomTie::Last => candidates.max_by_key(|at| self.badness(*at)),
            OomTie::First => candidates.rev().max_by_key(|at| self.badness(*at)),
        }
    }

    /// `oom_scan_process_thread`: a victim whose memory is neither reaped nor freed stops further kills; in 4.5 any process
    /// on its way out does.
    fn victim_pending(&self) -> bool {
        let exiting = |process: &Process| process.alive && process.exiting;
        self.oom_victim
            .is_some_and(|at| self.processes[at].alive && !self.spaces[self.processes[at].space].reaped)
            || self.policy.oom_abort == OomAbort::VictimOrExiting && self.processes.iter().any(exiting)
    }

    /// Whether a proposed rule holds off the kill.
    fn oom_vetoed(&self, now: u64) -> bool {
        match self.policy.oom_veto {
            OomVeto::Absent => false,
            OomVeto::WritebackMoves => {
                self.writeback_total() > 0 && now - self.last_written < WRITEBACK_STUCK
            }
            OomVeto::SwapFree => 2 * self.swap.free > self.swap.total,
        }
    }

    fn oom_zones(&self, cpu: usize) -> Vec<OomZone> {
        let slabs = self.slab_pages_by_zone();
        let stacks = |index: usize| {
            let here = self.kernel_stacks.iter().filter(|(_, stack)| self.zone_of(*stack) == index);
            4 * here.count() as u64
        };
        self.zones
            .iter()
            .enumerate()
            .map(|(index, zone)| {
                let lruvec = &self.lruvecs[zone.lruvec];
                OomZone {
                    name: zone.kind.name(),
                    free: zone.free,
                    watermarks: [zone.min, zone.low, zone.high],
                    lru: [ACTIVE_ANON, INACTIVE_ANON, ACTIVE_FILE, INACTIVE_FILE].map(|lru| zone.nr_lru[lru]),
                    unevictable: zone.unevictable,
                    isolated: lruvec.isolated,
                    present: zone.present,
                    managed: zone.managed,
                    dirty: zone.dirty,
                    writeback: zone.writeback,
                    mapped: zone.mapped,
                    slab_reclaimable: zone.slab_reclaimable,
                    slab_unreclaimable: zone.fixed + slabs[index],
                    kernel_stack: stacks(index),
                    free_pcp: [
                        zone.per_cpu.iter().map(|pcp| pcp.list.len).sum(),
                        zone.per_cpu.get(cpu).map_or(0, |pcp| pcp.list.len),
                    ],
                    pages_scanned: lruvec.pages_scanned,
                    reclaimable: lruvec.reclaimable_pages(self.swap.free),
                    lowmem_reserve: self.lowmem_reserves(index),
                    buddy: zone.free_area.map(|list| list.len),
                }
            })
            .collect()
    }

    /// `lowmem_reserve[]`: what a request that prefers each of the zones must leave in this one.
    fn lowmem_reserves(&self, index: usize) -> Vec<u64> {
        let managed: Vec<u64> = self.zones.iter().map(|zone| zone.managed).collect();
        let kind = self.zones[index].kind;
        (0..managed.len()).map(|class| mmzone::lowmem_reserve(kind, &managed, index, class)).collect()
    }

    fn slab_pages_by_zone(&self) -> Vec<u64> {
        let mut pages = vec![0; self.zones.len()];
        for pfn in self.caches.iter().flat_map(crate::slab::KmemCache::pfns) {
            pages[self.zone_of(pfn)] += 1;
        }
        pages
    }

    fn oom_tasks(&self) -> Vec<OomTask> {
        self.processes
            .iter()
            .filter(|process| process.alive)
            .map(|process| {
                let space = &self.spaces[process.space];
                let total_vm = space.entries.len() as u64;
                OomTask {
                    task: process.task,
                    total_vm,
                    rss: space.rss,
                    tables: [total_vm.div_ceil(512), total_vm.div_ceil(512 * 512)],
                    swapents: space.swapents,
                }
            })
            .collect()
    }

    /// Drops one page table entry (`zap_pte_range`): a page goes back to the allocator unless I/O, an isolation or a
    /// rotation batch still holds it; a swap slot is freed with its cached page.
    pub(crate) fn zap_entry(&mut self, space: usize, index: usize, cpu: usize) -> bool {
        let entry = std::mem::replace(&mut self.spaces[space].entries[index], NONE);
        if entry == NONE {
            return false;
        }
        if entry & SWAP_ENTRY != 0 {
            let slot = entry & !SWAP_ENTRY;
            self.spaces[space].swapents -= 1;
            match self.swap.lookup(slot) {
                Some(pfn) => {
                    self.swap.owner[slot as usize] = (NO_OWNER, 0);
                    self.pages.owner[pfn as usize] = NO_OWNER;
                    self.drop_page(pfn, cpu);
                }
                None => {
                    self.swap.put_slot(slot);
                    self.note_swap();
                }
            }
            return true;
        }
        self.spaces[space].rss -= 1;
        self.pages.clear(entry, PG_MAPPED);
        self.pages.owner[entry as usize] = NO_OWNER;
        self.drop_page(entry, cpu);
        true
    }

    /// Frees a page that no page table maps any more, if nothing else holds it (`free_page_and_swap_cache`).
    fn drop_page(&mut self, pfn: Pfn, cpu: usize) {
        let flags = self.pages.flags[pfn as usize];
        if flags & PG_LRU == 0 || flags & (PG_WRITEBACK | PG_LOCKED | PG_PAGEVEC | PG_READING) != 0 {
            return;
        }
        if flags & PG_SWAPCACHE != 0 {
            self.delete_from_swap_cache(pfn, cpu);
        }
        self.lru_del(pfn);
        self.free_page(pfn, cpu);
    }
}

impl Os {
    /// `__alloc_pages_may_oom`.
    pub(crate) async fn alloc_pages_may_oom(
        &self,
        me: TaskId,
        gfp: Gfp,
        order: usize,
        rounds: u64,
    ) -> MayOom {
        let _frame = self.frame(me, "__alloc_pages_may_oom");
        let now = self.exec.now();
        if self.st().oom_vetoed(now) {
            self.decide_vetoed(me);
            self.stall(me, Site::OomVeto, TaskState::Uninterruptible, Some(1)).await;
            return MayOom::Progress;
        }
        let tested = u32::try_from(order).unwrap_or(0);
        if std::mem::replace(&mut self.st().oom_lock, true) {
            self.decide(me, Decision::OomLock { order: tested });
            self.stall(me, Site::OomLock, TaskState::Uninterruptible, Some(1)).await;
            return MayOom::Progress;
        }
        let cpu = self.exec.cpu_of(me);
        let page = self.st().get_page_from_freelist(cpu, order, Mark::High, 0);
        let result = match page {
            Some(page) => MayOom::Page(page),
            // Without __GFP_FS nobody is killed and the caller goes round again: here, or inside out_of_memory.
            None if order > PAGE_ALLOC_COSTLY_ORDER => MayOom::Failed,
            None if !gfp.has(Gfp::FS) && self.policy.nofs_oom == NofsOom::BeforeOutOfMemory => {
                self.decide(me, Decision::OomNoFs { gfp: gfp.0 });
                MayOom::Progress
            }
            None => {
                self.decide_last_try(me, order, rounds);
                self.out_of_memory(me, gfp, order, rounds).await
            }
        };
        self.st().oom_lock = false;
        result
    }

    /// `out_of_memory`, `oom_kill_process`.
    async fn out_of_memory(&self, me: TaskId, gfp: Gfp, order: usize, rounds: u64) -> MayOom {
        let _frame = self.frame(me, "out_of_memory");
        if self.exec.fatal_signal_pending(me) {
            // It is dying already: let it use the reserves.
            self.exec.set_flags(me, self.exec.flags(me) | TIF_MEMDIE);
            return MayOom::Progress;
        }
        if !gfp.has(Gfp::FS) {
            self.decide(me, Decision::OomNoFs { gfp: gfp.0 });
            return MayOom::Progress;
        }
        if self.st().victim_pending() {
            self.decide(me, Decision::OomPending { order: u32::try_from(order).unwrap_or(0) });
        } else {
            let Some(victim) = self.st().select_bad_process() else {
                // The kernel panics here. The model lets the request fail, a tick later, so that a machine with nothing left
                // to kill does not spin through its remaining time.
                self.sleep_jiffies(me, TaskState::Uninterruptible, 1).await;
                return MayOom::Failed;
            };
            self.oom_kill_process(me, victim, gfp, order, rounds);
        }
        // schedule_timeout_killable(1), with the mutex held.
        self.sleep_jiffies(me, TaskState::Killable, 1).await;
        MayOom::Progress
    }

    fn oom_kill_process(&self, me: TaskId, victim: usize, gfp: Gfp, order: usize, rounds: u64) {
        self.decide_victim(me, victim);
        let task = {
            let mut st = self.st();
            let process = st.processes[victim].clone();
            let report = OomReport {
                t: Nanos(self.exec.now()),
                invoked_by: me,
                order: u32::try_from(order).unwrap_or(0),
                gfp: gfp.name(),
                gfp_mask: gfp.0,
                style: self.policy.oom_report,
                stack: self.exec.tasks.borrow()[me as usize].frames.to_vec(),
                victim: process.task,
                score: st.score(victim),
                swap_free: st.swap.free,
                swap_total: st.swap.total,
                swap_cache: [
                    st.vm.swap_cache_add - st.vm.swap_cache_del,
                    st.vm.swap_cache_add,
                    st.vm.swap_cache_del,
                ],
                swap_cache_find: [st.vm.swap_cache_found, st.vm.swap_cache_find],
                zones: st.oom_zones(self.exec.cpu_of(me)),
                processes: st.oom_tasks(),
                no_progress_loops: rounds,
            };
            st.record.oom.push(report);
            let index = u32::try_from(st.record.oom.len() - 1).unwrap_or(0);
            st.record.event(me, EventKind::Oom { report: index });
            st.oom_victim = Some(victim);
            if self.policy.oom_reaper == OomReaper::Immediate {
                st.reaper_list.push(victim);
            }
            process.task
        };
        self.pin(me, None);
        self.exec.set_flags(task, self.exec.flags(task) | TIF_MEMDIE);
        self.exec.kill(task);
        let woken = self.st().reaper_wait.take_all();
        for reaper in woken {
            self.exec.wake(reaper);
        }
        self.end_soon();
    }

    /// The `oom_reaper` thread: unmaps the victim's anonymous memory without waiting for the victim to run.
    pub(crate) async fn oom_reaper(&self, me: TaskId) {
        let _frame = self.frame(me, "oom_reaper");
        loop {
            let next = self.st().reaper_list.pop();
            match next {
                Some(victim) => {
                    let space = self.st().processes[victim].space;
                    self.unmap_space(me, space).await;
                    let task = {
                        let mut st = self.st();
                        st.spaces[space].reaped = true;
                        st.processes[victim].task
                    };
                    // exit_oom_victim: what it still allocates is held to the watermarks again.
                    self.exec.set_flags(task, self.exec.flags(task) & !TIF_MEMDIE);
                    self.event(task, EventKind::Reaped);
                }
                None => {
                    self.st().reaper_wait.add(me);
                    self.sleep(me, TaskState::Interruptible).await;
                    self.st().reaper_wait.remove(me);
                }
            }
        }
    }

    /// Frees all of an address space, in stretches that other tasks may interrupt.
    pub(crate) async fn unmap_space(&self, me: TaskId, space: usize) {
        const STRETCH: usize = 32;
        let entries = self.st().spaces[space].entries.len();
        for from in (0..entries).step_by(STRETCH) {
            let cpu = self.exec.cpu_of(me);
            let mut freed = 0;
            {
                let mut st = self.st();
                for index in from..(from + STRETCH).min(entries) {
                    if st.spaces[space].entries.len() > index {
                        freed += u64::from(st.zap_entry(space, index, cpu));
                    }
                }
            }
            self.cpu(me, freed * self.costs.free).await;
            // A stretch without a page costs no time.
            self.exec.meter.look(STRETCH as u64);
            self.exec.pause(me).await;
        }
    }
}

#[cfg(test)]
mod tests;
