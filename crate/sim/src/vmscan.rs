//! Direct reclaim: from `try_to_free_pages` down to `shrink_zone` (mm/vmscan.c).

use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{Gfp, PF_KTHREAD};
use crate::kernel::WorkerNap;
use crate::mmzone::{ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE};
use crate::os::Os;
use crate::page::{PG_ACTIVE, PG_ANON, PG_YOUNG};
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
    pub priority: u32,
    pub nr_to_reclaim: u64,
    pub nr_reclaimed: u64,
    pub nr_scanned: u64,
}

/// `enum scan_balance`, resolved to sizes: pages to scan of each LRU list.
type Targets = [u64; 4];

impl State {
    /// `inactive_anon_is_low` and `inactive_file_is_low` (up to 4.7: the anonymous ratio is the integer square root of
    /// ten times the zone's gigabytes).
    pub(crate) fn inactive_is_low(&self, zone: usize, file: bool) -> bool {
        let zone = &self.zones[zone];
        if file {
            return zone.lru[ACTIVE_FILE].len > zone.lru[INACTIVE_FILE].len;
        }
        if self.swap.total == 0 {
            return false;
        }
        let gigabytes = zone.managed >> 18;
        let ratio = if gigabytes == 0 { 1 } else { (10 * gigabytes).isqrt() };
        zone.lru[INACTIVE_ANON].len * ratio < zone.lru[ACTIVE_ANON].len
    }

    /// `get_scan_count`: the first rule that fits decides which lists are scanned; rule numbers as in the facts.
    fn get_scan_count(&mut self, index: usize, sc: &ScanControl, kswapd: bool) -> Targets {
        let file_low = self.inactive_is_low(index, true);
        let swap_free = self.swap.free;
        let swappiness = self.swappiness;
        let zone = &mut self.zones[index];
        let sizes = zone.lru.map(|list| list.len);
        let file = sizes[ACTIVE_FILE] + sizes[INACTIVE_FILE];
        let anon = sizes[ACTIVE_ANON] + sizes[INACTIVE_ANON];
        let scan = |size: u64| size >> sc.priority;
        let only = |file_only: bool| {
            let mut targets = [0; 4];
            for (lru, target) in targets.iter_mut().enumerate() {
                if (lru >= INACTIVE_FILE) == file_only {
                    *target = scan(sizes[lru]);
                }
            }
            targets
        };
        let mut targets = if swap_free == 0 {
            // 1. nowhere to put anonymous pages
            only(true)
        } else if sc.priority == 0 && swappiness != 0 {
            // 3. SCAN_EQUAL
            sizes
        } else if file + zone.free <= zone.high {
            // 4. hardly any page cache left
            only(false)
        } else if !file_low && scan(sizes[INACTIVE_FILE]) > 0 {
            // 5. enough inactive page cache
            only(true)
        } else {
            // 6. SCAN_FRACT
            for (kind, size) in [anon, file].into_iter().enumerate() {
                if zone.recent_scanned[kind] > size / 4 {
                    zone.recent_scanned[kind] /= 2;
                    zone.recent_rotated[kind] /= 2;
                }
            }
            let share = |kind: usize, priority: u64| {
                priority * (zone.recent_scanned[kind] + 1) / (zone.recent_rotated[kind] + 1)
            };
            let parts = [share(0, swappiness), share(1, 200 - swappiness)];
            let whole = parts[0] + parts[1] + 1;
            let mut targets = [0; 4];
            for (lru, target) in targets.iter_mut().enumerate() {
                *target = scan(sizes[lru]) * parts[lru / 2] / whole;
            }
            targets
        };
        // force_scan: kswapd on a zone that is not reclaimable takes at least a batch.
        if kswapd && targets == [0; 4] && !zone.reclaimable(swap_free) {
            for (target, size) in targets.iter_mut().zip(sizes) {
                *target = size.min(SWAP_CLUSTER_MAX);
            }
        }
        targets
    }

    /// `shrink_active_list`: pages from the tail lose their accessed bit and go to the inactive list.
    fn shrink_active_list(&mut self, index: usize, file: bool, nr: u64) -> u64 {
        let active = if file { ACTIVE_FILE } else { ACTIVE_ANON };
        let (mut scanned, mut deactivated) = (0, 0);
        while scanned < nr {
            let mut list = self.zones[index].lru[active];
            let Some(pfn) = self.pages.pop_tail(&mut list) else { break };
            self.zones[index].lru[active] = list;
            scanned += 1;
            let young = self.pages.has(pfn, PG_YOUNG);
            if young {
                self.pages.clear(pfn, PG_YOUNG);
                self.zones[index].recent_rotated[usize::from(file)] += 1;
            }
            // Of the referenced pages only executable page cache stays active.
            if young && file {
                self.lru_add(pfn, PG_ACTIVE);
                continue;
            }
            self.pages.clear(pfn, PG_ACTIVE);
            self.lru_add(pfn, if file { 0 } else { PG_ANON });
            deactivated += 1;
        }
        let zone = &mut self.zones[index];
        zone.pages_scanned += scanned;
        zone.recent_scanned[usize::from(file)] += scanned;
        self.vm.pgrefill += scanned;
        self.vm.pgdeactivate += deactivated;
        self.note_lru();
        scanned
    }

    /// `age_active_anon`: kswapd moves a batch of old anonymous pages to the inactive list.
    pub(crate) fn age_active_anon(&mut self, index: usize) {
        self.shrink_active_list(index, false, SWAP_CLUSTER_MAX);
    }

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
            self.free_page(pfn, cpu);
            freed += 1;
        }
        freed
    }

    /// `pfmemalloc_watermark_ok`: more than half of the summed min marks is free.
    pub(crate) fn pfmemalloc_watermark_ok(&self) -> bool {
        let swap_free = self.swap.free;
        let usable = || self.zones.iter().filter(|zone| zone.reclaimable_pages(swap_free) > 0);
        let reserve: u64 = usable().map(|zone| zone.min).sum();
        let free: u64 = usable().map(|zone| zone.free).sum();
        reserve == 0 || free > reserve / 2
    }
}

impl Os {
    /// `try_to_free_pages`.
    pub(crate) async fn try_to_free_pages(&self, me: TaskId, gfp: Gfp) -> Reclaimed {
        let _frame = self.frame(me, "try_to_free_pages");
        if self.throttle_direct_reclaim(me, gfp).await {
            return Reclaimed(1);
        }
        let _frame = self.frame(me, "do_try_to_free_pages");
        let mut sc = ScanControl {
            gfp,
            priority: DEF_PRIORITY,
            nr_to_reclaim: SWAP_CLUSTER_MAX,
            nr_reclaimed: 0,
            nr_scanned: 0,
        };
        let mut still_reclaimable = false;
        // The second pass exists for memory cgroups (may_thrash) and is made without them as well.
        for _ in 0..2 {
            self.st().vm.allocstall += 1;
            for priority in (0..=DEF_PRIORITY).rev() {
                sc.priority = priority;
                still_reclaimable = self.shrink_zones(me, &mut sc).await;
                if sc.nr_reclaimed >= sc.nr_to_reclaim {
                    break;
                }
            }
            if sc.nr_reclaimed > 0 {
                return Reclaimed(sc.nr_reclaimed);
            }
        }
        // A round that finds nothing to scan still walks every zone at every priority, twice: as much as a page for each.
        let visits = 2 * u64::from(DEF_PRIORITY + 1) * self.st().zones.len() as u64;
        self.cpu(me, visits * self.costs.scan).await;
        self.fruitless(still_reclaimable)
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
        let begun = self.exec.now();
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

    /// `shrink_zones` of 4.5 to 4.7: every zone once; true if some zone freed something or is still reclaimable.
    async fn shrink_zones(&self, me: TaskId, sc: &mut ScanControl) -> bool {
        let mut reclaimable = false;
        let zones = self.st().zones.len();
        for index in (0..zones).rev() {
            {
                let st = self.st();
                let zone = &st.zones[index];
                if sc.priority != DEF_PRIORITY && !zone.reclaimable(st.swap.free) {
                    continue;
                }
            }
            let last = index + 1 == zones;
            let before = sc.nr_reclaimed;
            self.shrink_zone(me, index, sc, last).await;
            let st = self.st();
            reclaimable |= sc.nr_reclaimed > before || st.zones[index].reclaimable(st.swap.free);
        }
        reclaimable
    }

    /// `shrink_zone`: the LRU lists once, then slab if this is the class zone.
    pub(crate) async fn shrink_zone(&self, me: TaskId, index: usize, sc: &mut ScanControl, class_zone: bool) {
        let _frame = self.frame(me, "shrink_zone");
        let scanned = sc.nr_scanned;
        self.shrink_zone_memcg(me, index, sc).await;
        if class_zone {
            let cpu = self.exec.cpu_of(me);
            let mut st = self.st();
            let eligible = st.zones[index].lru.iter().map(|list| list.len).sum();
            sc.nr_reclaimed += st.shrink_slab(sc.gfp, sc.nr_scanned - scanned, eligible, cpu);
        }
    }

    /// `shrink_zone_memcg`: batches of each list until the targets are used up, with the proportional stop.
    async fn shrink_zone_memcg(&self, me: TaskId, index: usize, sc: &mut ScanControl) {
        let _frame = self.frame(me, "shrink_zone_memcg");
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
        while self.too_many_isolated(index, file, sc.gfp, kswapd) {
            self.congestion_wait(me, Site::TooManyIsolated).await;
            if self.exec.fatal_signal_pending(me) {
                sc.nr_reclaimed += SWAP_CLUSTER_MAX;
                return;
            }
        }
        let batch = {
            let mut st = self.st();
            let cpu = self.exec.cpu_of(me);
            st.drain_rotations(cpu);
            st.isolate_lru_pages(index, file, nr, kswapd)
        };
        let taken = batch.len;
        if taken == 0 {
            return;
        }
        let result = self.shrink_page_list(me, index, batch, sc).await;
        sc.nr_reclaimed += result.reclaimed;
        {
            let mut st = self.st();
            st.zones[index].isolated[usize::from(file)] -= taken;
            let series = if kswapd { Series::StealKswapd } else { Series::StealDirect };
            st.record.count(series, result.reclaimed);
            if kswapd {
                st.vm.pgsteal_kswapd += result.reclaimed;
            } else {
                st.vm.pgsteal_direct += result.reclaimed;
            }
            if result.writeback == taken {
                st.zones[index].writeback_flag = true;
            }
            st.note_lru();
        }
        if result.immediate > 0 {
            self.congestion_wait(me, Site::CongestionWaitKswapd).await;
        }
        if !kswapd {
            // wait_iff_congested(zone, BLK_RW_ASYNC, HZ/10): anonymous pages never set the zone's congested flag.
            self.worker_nap(me, WorkerNap::WaitIffCongested).await;
        }
    }

    /// `too_many_isolated`: callers with __GFP_IO and __GFP_FS stop at an eighth.
    fn too_many_isolated(&self, index: usize, file: bool, gfp: Gfp, kswapd: bool) -> bool {
        if kswapd {
            return false;
        }
        let st = self.st();
        let zone = &st.zones[index];
        let mut inactive = zone.lru[if file { INACTIVE_FILE } else { INACTIVE_ANON }].len;
        if gfp.has(Gfp::IO.with(Gfp::FS)) {
            inactive >>= 3;
        }
        zone.isolated[usize::from(file)] > inactive
    }
}

#[cfg(test)]
mod tests;
