//! The page allocator: `get_page_from_freelist`, `__alloc_pages_slowpath`, `should_reclaim_retry`
//! (mm/page_alloc.c).

use crate::decision::{Decision, RetryThen};
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{
    ALLOC_DIRTY_SPREAD, ALLOC_FAIR, ALLOC_HARDER, ALLOC_HIGH, ALLOC_NO_WATERMARKS, ALLOC_OOM, Gfp,
    PF_MEMALLOC, TIF_MEMDIE,
};
use crate::kernel::{
    CompactRetry, Compaction, FairZones, MemallocTry, Retry, StallWarning, VictimReserves, WorkerNap,
};
use crate::mmzone::{Mark, Zone};
use crate::os::Os;
use crate::page::{PG_LRU, PageArray, Pfn};
use crate::state::State;
use crate::trace::{EventKind, Site};
use crate::vmscan::Reclaimed;
use retry::{RetryZone, after_round, progress_without_pages};
use std::pin::Pin;

pub(crate) mod retry;

/// `MAX_COMPACT_RETRIES`.
const MAX_COMPACT_RETRIES: u64 = 16;
/// `PAGE_ALLOC_COSTLY_ORDER`.
pub(crate) const PAGE_ALLOC_COSTLY_ORDER: usize = 3;

/// A request that has taken as long is reported, and again after each such time (`stall_timeout`).
const STALL_TIMEOUT: u64 = 10_000_000_000;

/// What a round of compaction came to (`enum compact_result`, reduced).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compacted {
    /// Too few free pages to try (`COMPACT_SKIPPED`).
    Skipped,
    /// No block could be made free.
    Failed,
    Success,
}

/// What is carried from round to round of the slow path.
#[derive(Default)]
struct Rounds {
    no_progress: u64,
    compactions: u64,
    stall_timeout: u64,
}

impl State {
    /// `get_page_from_freelist`: the first zone, from the highest down, that passes the watermark test and has a block.
    pub(crate) fn get_page_from_freelist(
        &mut self,
        cpu: usize,
        order: usize,
        mark: Mark,
        mut flags: u32,
    ) -> Option<Pfn> {
        loop {
            let mut skipped = false;
            for index in (0..self.zones.len()).rev() {
                let zone = &self.zones[index];
                if flags & ALLOC_FAIR != 0 && zone.alloc_batch <= 0 {
                    skipped = true;
                    continue;
                }
                if flags & ALLOC_DIRTY_SPREAD != 0 && !self.zone_dirty_ok(index) {
                    continue;
                }
                if !zone.may_take(order, mark, flags) {
                    continue;
                }
                let kind = zone.kind as usize;
                if let Some(pfn) = self.buffered_rmqueue(index, order, cpu) {
                    self.vm.pgalloc[kind] += 1 << order;
                    return Some(pfn);
                }
            }
            if flags & ALLOC_FAIR == 0 || !skipped {
                return None;
            }
            flags &= !ALLOC_FAIR;
            self.reset_alloc_batches();
        }
    }

    fn reset_alloc_batches(&mut self) {
        for zone in &mut self.zones {
            zone.alloc_batch = i64::try_from(zone.high - zone.low).unwrap_or(i64::MAX);
        }
    }

    /// `buffered_rmqueue`: single pages come from the CPU's list, refilled by the batch.
    fn buffered_rmqueue(&mut self, index: usize, order: usize, cpu: usize) -> Option<Pfn> {
        let zone = &mut self.zones[index];
        // Pages of the CPU's list do not count as free.
        let mut from_free_lists = true;
        let pfn = if order == 0 {
            let mut list = zone.per_cpu[cpu].list;
            if list.len == 0 {
                for _ in 0..zone.pcp_batch {
                    let Some(pfn) = zone.rmqueue(&mut self.pages, 0) else { break };
                    self.pages.push_tail(&mut list, pfn);
                }
            } else {
                from_free_lists = false;
            }
            let pfn = self.pages.pop_head(&mut list);
            zone.per_cpu[cpu].list = list;
            pfn
        } else {
            zone.rmqueue(&mut self.pages, order)
        };
        if pfn.is_some() {
            zone.alloc_batch -= 1 << order;
        }
        if from_free_lists {
            self.note_free();
        }
        pfn
    }

    /// Gives a page back to the CPU's list, and a batch of the list to the free lists when it is full
    /// (`free_hot_cold_page`).
    pub(crate) fn free_page(&mut self, pfn: Pfn, cpu: usize) {
        self.pages.flags[pfn as usize] = 0;
        self.pages.owner[pfn as usize] = crate::page::NO_OWNER;
        self.vm.pgfree += 1;
        let index = self.zone_of(pfn);
        let zone = &mut self.zones[index];
        let mut list = zone.per_cpu[cpu].list;
        self.pages.push_head(&mut list, pfn);
        let is_full = list.len >= zone.pcp_high;
        if is_full {
            // free_pcppages_bulk: a page on the free lists makes the kernel forget what was scanned.
            self.lruvecs[zone.lruvec].pages_scanned = 0;
            for _ in 0..zone.pcp_batch {
                let Some(pfn) = self.pages.pop_tail(&mut list) else { break };
                zone.free_block(&mut self.pages, pfn, 0);
            }
        }
        zone.per_cpu[cpu].list = list;
        if is_full {
            self.note_free();
        }
    }

    /// Gives a block of a higher order back (`__free_pages_ok`).
    pub(crate) fn free_block(&mut self, pfn: Pfn, order: usize) {
        self.vm.pgfree += 1 << order;
        let index = self.zone_of(pfn);
        self.free_one_page(index, pfn, order);
        self.note_free();
    }

    /// `free_one_page`: a block on the free lists makes the kernel forget what was scanned.
    fn free_one_page(&mut self, index: usize, pfn: Pfn, order: usize) {
        let zone = &mut self.zones[index];
        self.lruvecs[zone.lruvec].pages_scanned = 0;
        zone.free_block(&mut self.pages, pfn, order);
    }

    /// `drain_all_pages`.
    pub(crate) fn drain_all_pages(&mut self) {
        for zone in &mut self.zones {
            for cpu in 0..zone.per_cpu.len() {
                let mut list = zone.per_cpu[cpu].list;
                while let Some(pfn) = self.pages.pop_tail(&mut list) {
                    self.lruvecs[zone.lruvec].pages_scanned = 0;
                    zone.free_block(&mut self.pages, pfn, 0);
                }
                zone.per_cpu[cpu].list = list;
            }
        }
        self.note_free();
    }

    /// What another round of a request would find in a zone.
    pub(crate) fn retry_zone(&self, zone: &Zone, order: usize, flags: u32) -> RetryZone {
        RetryZone {
            reclaimable: self.zone_reclaimable_pages(zone),
            free: zone.free,
            pending: zone.writeback + zone.dirty,
            need: zone.must_leave(zone.min, flags),
            block: zone.has_block(order),
        }
    }

    /// Compaction, as far as it decides whether a small order succeeds: where `compaction_suitable` finds enough free
    /// single pages above the low mark, the first aligned block that holds nothing but free pages and idle LRU pages is
    /// emptied into free pages elsewhere. The kernel's scanners, its deferral and its isolation of page blocks are left
    /// out: they decide how soon, not whether.
    fn compact(&mut self, order: usize, cpu: usize) -> Compacted {
        let mut result = Compacted::Skipped;
        for index in (0..self.zones.len()).rev() {
            if !self.zones[index].compaction_suitable(order) {
                continue;
            }
            self.vm.compact_stall += 1;
            result = Compacted::Failed;
            self.drain_rotations(cpu);
            if self.compact_zone(index, order) {
                self.vm.compact_success += 1;
                return Compacted::Success;
            }
        }
        result
    }

    fn compact_zone(&mut self, index: usize, order: usize) -> bool {
        let zone = &self.zones[index];
        if zone.free_area[order..].iter().any(|list| list.len > 0) {
            return true;
        }
        let size = 1_u32 << order;
        let end = zone.start + u32::try_from(zone.managed).unwrap_or(0);
        let start = zone.start;
        let blocks = (end - start) / size;
        let found = (0..blocks).find(|at| (0..size).all(|offset| self.movable(start + at * size + offset)));
        self.meter.look(found.unwrap_or(blocks).into());
        found.is_some_and(|at| self.evacuate(index, start + at * size, order))
    }

    /// Free, or on the LRU and not under I/O.
    fn movable(&self, pfn: Pfn) -> bool {
        use crate::page::{PG_BUDDY, PG_LOCKED, PG_PAGEVEC, PG_WRITEBACK};
        let flags = self.pages.flags[pfn as usize];
        flags & PG_BUDDY != 0 || (flags & PG_LRU != 0 && flags & (PG_WRITEBACK | PG_LOCKED | PG_PAGEVEC) == 0)
    }

    fn evacuate(&mut self, index: usize, block: Pfn, order: usize) -> bool {
        let size = 1_u32 << order;
        for pfn in block..block + size {
            if self.pages.has(pfn, crate::page::PG_BUDDY) {
                self.zones[index].remove_free(&mut self.pages, pfn);
            }
        }
        for pfn in block..block + size {
            if self.pages.has(pfn, PG_LRU) {
                let Some(target) = self.zones[index].rmqueue(&mut self.pages, 0) else { return false };
                self.migrate(pfn, target);
            }
        }
        self.free_one_page(index, block, order);
        self.note_free();
        true
    }

    /// Moves a page's contents, its place on the LRU and its mapping (`migrate_page`).
    fn migrate(&mut self, from: Pfn, to: Pfn) {
        self.lru_del(from);
        let (old, new) = (from as usize, to as usize);
        let pages: &mut PageArray = &mut self.pages;
        pages.flags[new] = pages.flags[old];
        pages.owner[new] = pages.owner[old];
        pages.index[new] = pages.index[old];
        pages.slot[new] = pages.slot[old];
        pages.flags[old] = 0;
        pages.owner[old] = crate::page::NO_OWNER;
        if pages.has(to, crate::page::PG_MAPPED) {
            let (space, index) = (pages.owner[new], pages.index[new] as usize);
            if space < crate::page::FILES {
                self.spaces[space as usize].entries[index] = to;
            }
        }
        if let Some(file) = pages.file_of(to) {
            self.files.files[file].pages[pages.index[new] as usize] = to;
        }
        if self.pages.has(to, crate::page::PG_SWAPCACHE) {
            self.swap.cache[self.pages.slot[new] as usize] = to;
        }
        let flags = self.pages.flags[new];
        self.lru_add(to, flags);
    }
}

impl Os {
    /// `__alloc_pages_nodemask`.
    pub(crate) async fn alloc_pages(&self, me: TaskId, gfp: Gfp, order: usize) -> Option<Pfn> {
        let cpu = self.exec.cpu_of(me);
        let mut flags = match self.policy.fair_zones {
            FairZones::RoundRobin => ALLOC_FAIR,
            FairZones::Absent => 0,
        };
        if gfp.has(Gfp::WRITE) {
            flags |= ALLOC_DIRTY_SPREAD;
        }
        let fast = self.st().get_page_from_freelist(cpu, order, Mark::Low, flags);
        let page = match fast {
            Some(page) => Some(page),
            None => self.alloc_pages_slowpath(me, gfp, order).await,
        };
        if cfg!(debug_assertions)
            && let Some(page) = page
        {
            self.audit_reserves(me, gfp, order, page);
        }
        page
    }

    /// An allocation by a task that may not ignore watermarks must leave what its mask obliges it to leave: nothing below
    /// min for most, half of min with `__GFP_HIGH`, three eighths for interrupts. The per-CPU list may have taken a batch
    /// on top. Counted, and an error for [`check`](crate::check).
    fn audit_reserves(&self, me: TaskId, gfp: Gfp, order: usize, page: Pfn) {
        if self.may_use_reserves(me, gfp) {
            return;
        }
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        let zone = &st.zones[st.zone_of(page)];
        if self.exec.flags(me) & TIF_MEMDIE != 0 && !gfp.has(Gfp::NOMEMALLOC) {
            return;
        }
        let eighths = match (gfp.has(Gfp::HIGH), gfp.has(Gfp::ATOMIC_BIT)) {
            (true, true) => 3,
            (true, false) => 4,
            (false, true) => 6,
            (false, false) => 8,
        };
        let left = zone.free + zone.per_cpu[cpu].list.len + (1 << order);
        if 8 * left < eighths * zone.min + 8 * zone.lowmem_reserve {
            st.vm.reserve_forbidden += 1;
        }
    }

    /// One try of the slow path; counts what it takes from the reserves.
    fn try_freelist(&self, me: TaskId, order: usize, mark: Mark, flags: u32) -> Option<Pfn> {
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        let page = st.get_page_from_freelist(cpu, order, mark, flags);
        if flags & ALLOC_NO_WATERMARKS != 0 {
            if page.is_some() {
                st.vm.reserve_pages += 1;
            } else {
                st.vm.reserve_empty += 1;
            }
        }
        page
    }

    /// `gfp_to_alloc_flags`, without the bits that mean nothing here. An OOM victim may have a flag of its own.
    fn gfp_to_alloc_flags(&self, me: TaskId, gfp: Gfp) -> u32 {
        let mut flags = 0;
        if gfp.has(Gfp::HIGH) {
            flags |= ALLOC_HIGH;
        }
        if gfp.has(Gfp::ATOMIC_BIT) && !gfp.has(Gfp::NOMEMALLOC) {
            flags |= ALLOC_HARDER;
        }
        let victim = self.exec.flags(me) & TIF_MEMDIE != 0 && !gfp.has(Gfp::NOMEMALLOC);
        if victim && self.policy.victim_reserves == VictimReserves::HalfOfMin {
            flags |= ALLOC_OOM;
        }
        flags
    }

    /// The tries at the start of a round: at min, and without watermarks for those who may.
    fn try_round(&self, me: TaskId, gfp: Gfp, order: usize, flags: u32) -> Option<Pfn> {
        let reserves = self.may_use_reserves(me, gfp);
        match self.policy.memalloc_try {
            MemallocTry::AfterMin => self.try_freelist(me, order, Mark::Min, flags).or_else(|| {
                reserves.then(|| self.try_freelist(me, order, Mark::Min, ALLOC_NO_WATERMARKS)).flatten()
            }),
            MemallocTry::InsteadOfMin => {
                let flags = if reserves { ALLOC_NO_WATERMARKS } else { flags };
                self.try_freelist(me, order, Mark::Min, flags)
            }
        }
    }

    fn wake_kswapd_for(&self, gfp: Gfp, order: usize) {
        if gfp.has(Gfp::KSWAPD_RECLAIM) {
            self.wake_all_kswapds(order);
        }
    }

    /// `__alloc_pages_slowpath`.
    async fn alloc_pages_slowpath(&self, me: TaskId, gfp: Gfp, order: usize) -> Option<Pfn> {
        let _request = self.request(me);
        let _frame = self.frame(me, "__alloc_pages_nodemask");
        let begun = self.exec.now();
        let mut rounds = Rounds { stall_timeout: STALL_TIMEOUT, ..Rounds::default() };
        if self.policy.memalloc_try == MemallocTry::InsteadOfMin {
            self.wake_kswapd_for(gfp, order);
            let flags = self.gfp_to_alloc_flags(me, gfp);
            if let Some(page) = self.try_freelist(me, order, Mark::Min, flags) {
                return Some(page);
            }
        }
        loop {
            self.wake_kswapd_for(gfp, order);
            let flags = self.gfp_to_alloc_flags(me, gfp);
            if let Some(page) = self.try_round(me, gfp, order, flags) {
                return Some(page);
            }
            self.decide_slowpath(me, gfp, order, flags);
            self.cpu(me, self.costs.alloc_fail).await;
            if !gfp.has(Gfp::DIRECT_RECLAIM) || self.exec.flags(me) & (PF_MEMALLOC | TIF_MEMDIE) != 0 {
                return None;
            }
            self.warn_stall(me, gfp, order, begun, &mut rounds);
            let mut compacted = Compacted::Skipped;
            if order > 0 && self.policy.compaction == Compaction::BeforeReclaim {
                compacted = self.direct_compact(me, order);
                if let Some(page) = self.try_freelist(me, order, Mark::Min, flags) {
                    return Some(page);
                }
            }
            let progress = self.direct_reclaim(me, gfp, order).await;
            if progress.0 > 0
                && let Some(page) = self.after_reclaim(me, order, flags)
            {
                return Some(page);
            }
            if order > 0 && self.policy.compaction == Compaction::AfterReclaim {
                compacted = self.direct_compact(me, order);
                if let Some(page) = self.try_freelist(me, order, Mark::Min, flags) {
                    return Some(page);
                }
            }
            // From the rework on, costly orders are not worth an OOM kill or another round.
            let costly = order > PAGE_ALLOC_COSTLY_ORDER && self.policy.retry == Retry::ShouldReclaimRetry;
            if gfp.has(Gfp::NORETRY) || costly {
                return None;
            }
            if self.retry(me, order, flags, progress, compacted, &mut rounds).await {
                continue;
            }
            let oom = self.alloc_pages_may_oom(me, gfp, order, rounds.no_progress).await;
            match oom {
                crate::oom_kill::MayOom::Page(page) => return Some(page),
                crate::oom_kill::MayOom::Progress => rounds.no_progress = 0,
                crate::oom_kill::MayOom::Failed => return None,
            }
        }
    }

    /// The line about an allocation that stalls (4.9).
    fn warn_stall(&self, me: TaskId, gfp: Gfp, order: usize, begun: u64, rounds: &mut Rounds) {
        let ns = self.exec.now() - begun;
        if self.policy.stall_warning == StallWarning::EveryTenSeconds && ns > rounds.stall_timeout {
            rounds.stall_timeout += STALL_TIMEOUT;
            let order = u32::try_from(order).unwrap_or(0);
            self.event(me, EventKind::AllocationStall { order, ns, gfp_mask: gfp.0, gfp: gfp.name() });
        }
    }

    fn direct_compact(&self, me: TaskId, order: usize) -> Compacted {
        let cpu = self.exec.cpu_of(me);
        self.st().compact(order, cpu)
    }

    /// `__alloc_pages_direct_reclaim` after reclaim that made progress: the per-CPU lists are drained once.
    fn after_reclaim(&self, me: TaskId, order: usize, flags: u32) -> Option<Pfn> {
        self.try_freelist(me, order, Mark::Min, flags).or_else(|| {
            self.st().drain_all_pages();
            self.try_freelist(me, order, Mark::Min, flags)
        })
    }

    /// `__perform_reclaim`. Boxed here, once: reclaim allocates and allocation reclaims. The kernel cuts the circle by
    /// PF_MEMALLOC, under which no reclaim begins.
    async fn direct_reclaim(&self, me: TaskId, gfp: Gfp, order: usize) -> Reclaimed {
        let flags = self.exec.flags(me);
        self.exec.set_flags(me, flags | PF_MEMALLOC);
        let body: Pin<Box<dyn Future<Output = Reclaimed> + '_>> =
            Box::pin(self.try_to_free_pages(me, gfp, order));
        let reclaimed = body.await;
        // The victim's flag may have been set meanwhile.
        let victim = self.exec.flags(me) & TIF_MEMDIE;
        self.exec.set_flags(me, flags | victim);
        reclaimed
    }

    /// Whether the slow path goes round once more, after the sleep that the policy asks for.
    async fn retry(
        &self,
        me: TaskId,
        order: usize,
        flags: u32,
        progress: Reclaimed,
        compacted: Compacted,
        rounds: &mut Rounds,
    ) -> bool {
        if order > PAGE_ALLOC_COSTLY_ORDER {
            return false;
        }
        let then = {
            let st = self.st();
            let zones = st.zones.iter().rev().map(|zone| st.retry_zone(zone, order, flags));
            after_round(self.policy.retry, order, progress.0 > 0, &mut rounds.no_progress, zones)
        };
        match self.policy.retry {
            Retry::WhileProgress => {
                self.decide(me, Decision::RetryWhileProgress { progress: progress.0 > 0 });
                if then != RetryThen::GivesUp {
                    let preferred = self.st().lruvecs.len() - 1;
                    self.wait_iff_congested(me, preferred, self.hz / 50).await;
                }
            }
            Retry::ShouldReclaimRetry => {
                self.decide_retry(me, order, flags, rounds.no_progress, then);
                match then {
                    RetryThen::GivesUp => {}
                    RetryThen::WaitsForWriteback => {
                        let _frame = self.frame(me, "should_reclaim_retry");
                        self.congestion_wait(me, Site::ReclaimRetry).await;
                    }
                    RetryThen::Again => self.worker_nap(me, WorkerNap::ShouldReclaimRetry).await,
                }
                if then == RetryThen::GivesUp && progress.0 > 0 && order > 0 {
                    let again = self.should_compact_retry(order, compacted, rounds);
                    let order = u32::try_from(order).unwrap_or(0);
                    self.decide(me, Decision::CompactRetry { order, again });
                    return again;
                }
            }
        }
        then != RetryThen::GivesUp
    }

    /// The one-jiffy nap of a workqueue worker, where the policy has it (564e81a57f97, ede377137378).
    pub(crate) async fn worker_nap(&self, me: TaskId, place: WorkerNap) {
        if self.policy.worker_nap == place && self.is_worker(me) {
            let name = match place {
                WorkerNap::WaitIffCongested | WorkerNap::Absent => "wait_iff_congested",
                WorkerNap::ShouldReclaimRetry => "should_reclaim_retry",
            };
            let _frame = self.frame(me, name);
            self.decide(me, Decision::WorkerNap { in_retry: place == WorkerNap::ShouldReclaimRetry });
            self.stall(me, Site::WorkerNap, TaskState::Uninterruptible, Some(1)).await;
        }
    }

    /// `should_compact_retry`, asked after progress. With feedback: compaction that was skipped for want of free pages is
    /// tried again where reclaim could still provide them (`compaction_zonelist_suitable`); compaction that failed, 16
    /// times.
    fn should_compact_retry(&self, order: usize, compacted: Compacted, rounds: &mut Rounds) -> bool {
        if order == 0 {
            return false;
        }
        match (self.policy.compact_retry, compacted) {
            (CompactRetry::NotAsked, _) => false,
            (CompactRetry::SinglePages, _) => {
                let st = self.st();
                st.zones.iter().any(|zone| zone.watermark_ok(0, zone.min, 0, zone.free))
            }
            (CompactRetry::Feedback | CompactRetry::FeedbackRestored, Compacted::Skipped) => {
                let st = self.st();
                st.zones.iter().any(|zone| {
                    let available = st.zone_reclaimable_pages(zone) / order as u64 + zone.free;
                    zone.watermark_ok(0, zone.low + (2 << order), 0, available)
                })
            }
            (CompactRetry::Feedback | CompactRetry::FeedbackRestored, _) => {
                rounds.compactions += 1;
                rounds.compactions <= MAX_COMPACT_RETRIES
            }
        }
    }

    /// What `try_to_free_pages` answers after it has freed nothing (row 9 of the behaviour table).
    pub(crate) fn fruitless(&self, still_reclaimable: bool) -> Reclaimed {
        Reclaimed(u64::from(progress_without_pages(self.policy.progress, still_reclaimable)))
    }
}

#[cfg(test)]
mod tests;
