//! Direct reclaim: from `try_to_free_pages` down to `shrink_zone` (mm/vmscan.c).

use crate::decision::Decision;
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{Gfp, PF_KTHREAD};
use crate::kernel::{LruUnit, Reclaimable, WorkerNap};
use crate::lruvec::{ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE};
use crate::os::Os;
use crate::state::State;
use crate::trace::{Series, Site};

/// `SWAP_CLUSTER_MAX`.
pub(crate) const SWAP_CLUSTER_MAX: u64 = 32;
/// `DEF_PRIORITY`.
pub(crate) const DEF_PRIORITY: u32 = 12;

/// What a round of direct reclaim says it has freed; 0 is "no progress".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reclaimed(pub u64);

/// `struct scan_control`.
pub(crate) struct ScanControl {
    pub gfp: Gfp,
    pub order: usize,
    pub priority: u32,
    pub nr_to_reclaim: u64,
    pub nr_reclaimed: u64,
    pub nr_scanned: u64,
}

impl ScanControl {
    /// What kswapd starts with.
    pub(crate) fn kswapd(order: usize) -> Self {
        Self {
            gfp: Gfp::KERNEL,
            order,
            priority: DEF_PRIORITY,
            nr_to_reclaim: 0,
            nr_reclaimed: 0,
            nr_scanned: 0,
        }
    }

    /// A pass at one priority has ended.
    fn passed(&self) -> Decision {
        Decision::ShrinkZones {
            priority: self.priority,
            scanned: self.nr_scanned,
            reclaimed: self.nr_reclaimed,
            wanted: self.nr_to_reclaim,
        }
    }
}

impl State {
    /// Slab shrinkers: the share of the objects that the LRU scan had of the LRU, in batches of 128
    /// (`shrink_slab`, `do_shrink_slab`). Those of the model stand for dentries and inodes, which need __GFP_FS.
    fn shrink_slab(&mut self, gfp: Gfp, scanned: u64, eligible: u64, cpu: usize) -> u64 {
        const OBJECTS: u64 = 21;
        if !gfp.has(Gfp::FS) {
            return 0;
        }
        let freeable = self.slab_reclaimable.len() as u64 * OBJECTS;
        let delta = 4 * scanned / 2 * freeable / (eligible + 1);
        let total = delta.min(2 * freeable).min(if delta < freeable / 4 { freeable / 2 } else { u64::MAX });
        let objects = total / 128 * 128;
        self.vm.slabs_scanned += objects;
        let mut freed = 0;
        for _ in 0..objects / OBJECTS {
            let Some(pfn) = self.slab_reclaimable.pop() else { break };
            let zone = self.zone_of(pfn);
            self.zones[zone].slab_reclaimable -= 1;
            self.free_page(pfn, cpu);
            freed += 1;
        }
        freed
    }

    /// `pfmemalloc_watermark_ok`: more than half of the summed min marks is free.
    pub(crate) fn pfmemalloc_watermark_ok(&self) -> bool {
        let usable = || {
            self.zones.iter().filter(|zone| match self.policy.reclaimable {
                Reclaimable::WithIsolated => self.zone_reclaimable_pages(zone) > 0,
                Reclaimable::LruOnly => self.lruvecs[zone.lruvec].reclaimable_pages(self.swap.free) > 0,
            })
        };
        let reserve: u64 = usable().map(|zone| zone.min).sum();
        let free: u64 = usable().map(|zone| zone.free).sum();
        reserve == 0 || free > reserve / 2
    }
}

impl Os {
    /// `try_to_free_pages`.
    pub(crate) async fn try_to_free_pages(&self, me: TaskId, gfp: Gfp, order: usize) -> Reclaimed {
        let _frame = self.frame(me, "try_to_free_pages");
        if self.throttle_direct_reclaim(me, gfp).await {
            return Reclaimed(1);
        }
        let _frame = self.frame(me, "do_try_to_free_pages");
        let mut sc = ScanControl {
            gfp,
            order,
            priority: DEF_PRIORITY,
            nr_to_reclaim: SWAP_CLUSTER_MAX,
            nr_reclaimed: 0,
            nr_scanned: 0,
        };
        let mut still_reclaimable = false;
        let mut total_scanned = 0;
        // The second pass exists for memory cgroups (may_thrash) and is made without them as well.
        for _ in 0..2 {
            self.st().count_allocstall();
            for priority in (0..=DEF_PRIORITY).rev() {
                sc.priority = priority;
                sc.nr_scanned = 0;
                still_reclaimable = self.shrink_zones(me, &mut sc).await;
                total_scanned += sc.nr_scanned;
                self.decide(me, sc.passed());
                if sc.nr_reclaimed >= sc.nr_to_reclaim {
                    break;
                }
                // Half as much again as was asked for has been scanned: the flusher is to write out as much.
                if total_scanned > sc.nr_to_reclaim + sc.nr_to_reclaim / 2 {
                    self.wakeup_flusher_threads(total_scanned);
                }
            }
            if sc.nr_reclaimed > 0 {
                return Reclaimed(sc.nr_reclaimed);
            }
        }
        // A round that finds nothing to scan still walks every zone at every priority, twice: as much as a page for each.
        let visits = 2 * u64::from(DEF_PRIORITY + 1) * self.st().zones.len() as u64;
        self.cpu(me, visits * self.costs.scan).await;
        let reclaimed = self.fruitless(still_reclaimable);
        self.decide_fruitless(me, total_scanned, reclaimed.0 > 0);
        reclaimed
    }

    /// `throttle_direct_reclaim`: user tasks wait while free memory is at or below half of the summed min watermarks;
    /// without limit if the request has __GFP_FS, up to a second if not. True: a signal came, do not reclaim.
    async fn throttle_direct_reclaim(&self, me: TaskId, gfp: Gfp) -> bool {
        if self.exec.flags(me) & PF_KTHREAD != 0 || self.exec.fatal_signal_pending(me) {
            return false;
        }
        if self.st().pfmemalloc_watermark_ok() {
            return false;
        }
        let _frame = self.frame(me, "throttle_direct_reclaim");
        self.st().vm.pgscan_direct_throttle += 1;
        self.decide_throttled(me, gfp.has(Gfp::FS));
        let begun = self.begin_stall(me, Site::ThrottleDirectReclaim);
        let deadline = begun / (1_000_000_000 / self.hz) + self.hz;
        loop {
            self.wake_kswapd_task();
            self.st().pfmemalloc_wait.add(me);
            if gfp.has(Gfp::FS) {
                self.sleep(me, TaskState::Killable).await;
            } else {
                let left = deadline.saturating_sub(self.exec.now() / (1_000_000_000 / self.hz));
                self.sleep_jiffies(me, TaskState::Interruptible, left).await;
            }
            self.st().pfmemalloc_wait.remove(me);
            let expired = !gfp.has(Gfp::FS) && self.exec.now() / (1_000_000_000 / self.hz) >= deadline;
            if expired || self.exec.fatal_signal_pending(me) || self.st().pfmemalloc_watermark_ok() {
                break;
            }
        }
        self.record_stall(me, Site::ThrottleDirectReclaim, begun);
        self.exec.fatal_signal_pending(me)
    }

    /// Wakes the tasks in `throttle_direct_reclaim`; each tests again for itself.
    pub(crate) fn wake_pfmemalloc(&self) {
        let woken = self.st().pfmemalloc_wait.take_all();
        for task in woken {
            self.exec.wake(task);
        }
    }

    /// `shrink_zones`: every zone once, or the node (4.8); true if something was freed or is still reclaimable.
    async fn shrink_zones(&self, me: TaskId, sc: &mut ScanControl) -> bool {
        let mut reclaimable = false;
        let units = self.st().lruvecs.len();
        for index in (0..units).rev() {
            if sc.priority != DEF_PRIORITY && !self.st().lruvec_reclaimable(index) {
                continue;
            }
            let last = index + 1 == units;
            let before = sc.nr_reclaimed;
            self.shrink_node(me, index, sc, last).await;
            reclaimable |= sc.nr_reclaimed > before || self.st().lruvec_reclaimable(index);
        }
        reclaimable
    }

    /// `shrink_zone`, `shrink_node`: the LRU lists, then slab if these are the lists of the class zone; again for an order
    /// that compaction still wants pages for.
    pub(crate) async fn shrink_node(&self, me: TaskId, index: usize, sc: &mut ScanControl, class_zone: bool) {
        let _frame = self.frame(me, self.by_unit("shrink_zone", "shrink_node"));
        loop {
            let (scanned, reclaimed) = (sc.nr_scanned, sc.nr_reclaimed);
            self.shrink_lruvec(me, index, sc).await;
            if class_zone {
                let cpu = self.exec.cpu_of(me);
                let mut st = self.st();
                let eligible = st.lruvecs[index].lists.iter().map(|list| list.len).sum();
                sc.nr_reclaimed += st.shrink_slab(sc.gfp, sc.nr_scanned - scanned, eligible, cpu);
            }
            if !self.should_continue_reclaim(index, sc, sc.nr_reclaimed - reclaimed) {
                return;
            }
        }
    }

    /// Kernel function by the unit of reclaim.
    fn by_unit(&self, zone: &'static str, node: &'static str) -> &'static str {
        match self.policy.lru {
            LruUnit::Zone => zone,
            LruUnit::Node => node,
        }
    }

    /// `should_continue_reclaim`: a request for a block goes on below priority 10 while it frees something and has not yet
    /// freed two blocks' worth, unless compaction could start.
    fn should_continue_reclaim(&self, index: usize, sc: &ScanControl, reclaimed: u64) -> bool {
        if sc.order == 0 || sc.priority + 2 >= DEF_PRIORITY || reclaimed == 0 {
            return false;
        }
        let st = self.st();
        let lruvec = &st.lruvecs[index];
        let mut inactive = lruvec.len(INACTIVE_FILE);
        if st.swap.free > 0 {
            inactive += lruvec.len(INACTIVE_ANON);
        }
        let wanted = 2 << sc.order;
        if sc.nr_reclaimed < wanted && inactive > wanted {
            return true;
        }
        !st.zones[lruvec.zones.clone()].iter().any(|zone| zone.compaction_suitable(sc.order))
    }

    /// `shrink_zone_memcg`, `shrink_node_memcg`: batches of each list until the targets are used up, with the proportional
    /// stop.
    async fn shrink_lruvec(&self, me: TaskId, index: usize, sc: &mut ScanControl) {
        let _frame = self.frame(me, self.by_unit("shrink_zone_memcg", "shrink_node_memcg"));
        let kswapd = self.is_kswapd(me);
        let mut nr = self.st().get_scan_count(index, sc, kswapd);
        let targets = nr;
        let mut adjusted = !kswapd && sc.priority == DEF_PRIORITY;
        let begun = sc.nr_reclaimed;
        self.start_plug(me);
        while nr[INACTIVE_ANON] + nr[ACTIVE_FILE] + nr[INACTIVE_FILE] > 0 {
            for (lru, left) in nr.iter_mut().enumerate() {
                if *left > 0 {
                    let batch = (*left).min(SWAP_CLUSTER_MAX);
                    *left -= batch;
                    self.shrink_list(me, index, lru, batch, sc).await;
                }
            }
            if sc.nr_reclaimed - begun < sc.nr_to_reclaim || adjusted {
                continue;
            }
            let anon = nr[INACTIVE_ANON] + nr[ACTIVE_ANON];
            let file = nr[INACTIVE_FILE] + nr[ACTIVE_FILE];
            if anon == 0 || file == 0 {
                break;
            }
            // Drop the type with less left, and cut the other to the same share of its target.
            let (small, other) = if file > anon { (0, 2) } else { (2, 0) };
            let percent = anon.min(file) * 100 / (targets[small] + targets[small + 1] + 1);
            nr[small] = 0;
            nr[small + 1] = 0;
            for lru in [other, other + 1] {
                let scanned = targets[lru] - nr[lru];
                let target = targets[lru] * (100_u64.saturating_sub(percent)) / 100;
                nr[lru] = target.saturating_sub(scanned);
            }
            adjusted = true;
        }
        self.finish_plug(me);
        if self.st().inactive_is_low(index, false) {
            let scanned = self.st().shrink_active_list(index, false, SWAP_CLUSTER_MAX);
            self.cpu(me, scanned * self.costs.scan).await;
        }
        self.throttle_vm_writeout(me, sc.gfp).await;
    }

    /// `shrink_list`: an active list is only touched when its inactive one is low.
    async fn shrink_list(&self, me: TaskId, index: usize, lru: usize, nr: u64, sc: &mut ScanControl) {
        let file = lru >= INACTIVE_FILE;
        if lru == ACTIVE_ANON || lru == ACTIVE_FILE {
            let scanned = {
                let mut st = self.st();
                if st.inactive_is_low(index, file) { st.shrink_active_list(index, file, nr) } else { 0 }
            };
            self.cpu(me, scanned * self.costs.scan).await;
            return;
        }
        self.shrink_inactive_list(me, index, file, nr, sc).await;
    }

    /// `shrink_inactive_list`.
    async fn shrink_inactive_list(
        &self,
        me: TaskId,
        index: usize,
        file: bool,
        nr: u64,
        sc: &mut ScanControl,
    ) {
        let _frame = self.frame(me, "shrink_inactive_list");
        let kswapd = self.is_kswapd(me);
        while let Some(found) = self.too_many_isolated(index, file, sc.gfp, kswapd) {
            self.decide(me, found);
            self.congestion_wait(me, Site::TooManyIsolated).await;
            if self.exec.fatal_signal_pending(me) {
                sc.nr_reclaimed += SWAP_CLUSTER_MAX;
                return;
            }
        }
        self.st().drain_rotations(self.exec.cpu_of(me));
        let staying = if file || kswapd { None } else { self.st().staying(index, nr, sc.gfp) };
        let (taken, result) = if let Some(batch) = staying {
            (batch.len, self.shrink_staying(me, index, batch, sc).await)
        } else {
            let batch = self.st().isolate_lru_pages(index, file, nr, kswapd);
            if batch.len == 0 {
                return;
            }
            (batch.len, self.shrink_page_list(me, index, batch, sc).await)
        };
        sc.nr_reclaimed += result.reclaimed;
        {
            let mut st = self.st();
            st.lruvecs[index].isolated[usize::from(file)] -= taken;
            st.isolated_freed -= result.reclaimed;
            let series = if kswapd { Series::StealKswapd } else { Series::StealDirect };
            st.record.count(series, result.reclaimed);
            let zone = st.counted_in(index);
            if kswapd {
                st.vm.pgsteal_kswapd[zone] += result.reclaimed;
            } else {
                st.vm.pgsteal_direct[zone] += result.reclaimed;
            }
            let lruvec = &mut st.lruvecs[index];
            lruvec.writeback_flag |= result.writeback == taken;
            lruvec.congested_flag |= result.dirty > 0 && result.dirty == result.congested;
            lruvec.dirty_flag |= result.unqueued_dirty == taken;
            st.note_lru();
        }
        if result.immediate > 0 {
            self.decide(me, Decision::KswapdStall { pages: result.immediate });
            self.congestion_wait(me, Site::CongestionWaitKswapd).await;
        }
        if !kswapd {
            self.wait_iff_congested(me, index, self.hz / 10).await;
        }
    }

    /// `too_many_isolated`: callers with __GFP_IO and __GFP_FS stop at an eighth.
    fn too_many_isolated(&self, index: usize, file: bool, gfp: Gfp, kswapd: bool) -> Option<Decision> {
        if kswapd {
            return None;
        }
        let st = self.st();
        let lruvec = &st.lruvecs[index];
        let mut inactive = lruvec.len(if file { INACTIVE_FILE } else { INACTIVE_ANON });
        if gfp.has(Gfp::IO.with(Gfp::FS)) {
            inactive >>= 3;
        }
        let isolated = lruvec.isolated[usize::from(file)];
        (isolated > inactive).then_some(Decision::TooManyIsolated { isolated, limit: inactive })
    }

    /// `wait_iff_congested`: a sleep only where a device is congested and the lists met nothing but pages of such a device
    /// (swap never counts as one); without it, up to 4.6, the nap of a worker.
    pub(crate) async fn wait_iff_congested(&self, me: TaskId, index: usize, jiffies: u64) {
        let congested = {
            let st = self.st();
            st.lruvecs[index].congested_flag && (st.files.disk.is_congested() || st.device.is_congested())
        };
        if congested {
            let _frame = self.frame(me, "wait_iff_congested");
            self.decide(me, Decision::WaitIffCongested { jiffies });
            self.st().device.congestion.add(me);
            self.stall(me, Site::WaitIffCongested, TaskState::Uninterruptible, Some(jiffies)).await;
            self.st().device.congestion.remove(me);
        } else {
            self.worker_nap(me, WorkerNap::WaitIffCongested).await;
        }
    }
}

#[cfg(test)]
mod tests;
