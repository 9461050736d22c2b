//! kswapd: wake-up, `balance_pgdat` and sleep (mm/vmscan.c).
//!
//! Up to 4.7 it balances every zone on its own; from 4.8 on it reclaims from the node until one zone is balanced
//! (1d82de618ddd), but sleeps only when all are, so that it can spin.

use crate::exec::{State as TaskState, TaskId, Woken};
use crate::kernel::{LruUnit, WritebackFlag};
use crate::mmzone::Mark;
use crate::os::Os;
use crate::state::State;
use crate::vmscan::{DEF_PRIORITY, SWAP_CLUSTER_MAX, ScanControl};

impl State {
    /// `zone_balanced` up to 4.7: above the high mark. `lowmem_reserve` counts only where the caller's class lies above
    /// the zone. For a block kswapd only sees to it that there are as many single pages (4.6 and 4.7; 4.5 also wants the
    /// block, which its kswapd compacts for).
    fn zone_balanced(&self, index: usize, order: usize, gap: u64, reserve: bool) -> bool {
        let zone = &self.zones[index];
        let order_gap = if order == 0 { 0 } else { 1 << order };
        let reserve = if reserve { zone.lowmem_reserve } else { 0 };
        zone.free > zone.high + order_gap + gap + reserve
    }

    /// `zone_balanced` from 4.8 on: the watermark test of a request of the highest class.
    fn zone_balanced_for_class(&self, index: usize, order: usize) -> bool {
        let zone = &self.zones[index];
        zone.watermark_ok(order, zone.high, 0, zone.free)
    }

    /// Whether kswapd may sleep. Up to 4.7 (`pgdat_balanced`) a zone that cannot be reclaimed counts as balanced.
    fn kswapd_may_sleep(&self, order: usize) -> bool {
        (0..self.zones.len()).all(|at| match self.policy.lru {
            LruUnit::Zone => !self.lruvec_reclaimable(at) || self.zone_balanced(at, order, 0, false),
            LruUnit::Node => self.zone_balanced_for_class(at, order),
        })
    }

    /// Whether a wake-up finds nothing to do (`wakeup_kswapd`).
    fn kswapd_not_needed(&self, order: usize) -> bool {
        let mut zones = 0..self.zones.len();
        match self.policy.lru {
            LruUnit::Zone => zones.all(|at| self.zone_balanced(at, order, 0, false)),
            LruUnit::Node => zones.any(|at| self.zone_balanced_for_class(at, order)),
        }
    }

    /// `KSWAPD_ZONE_BALANCE_GAP_RATIO`: the smaller of the low mark and a hundredth of the zone.
    fn balance_gap(&self, index: usize) -> u64 {
        let zone = &self.zones[index];
        zone.mark(Mark::Low).min(zone.managed.div_ceil(100))
    }

    /// A balanced zone or node is neither congested nor full of dirty pages any more.
    fn clear_flags_of_balanced(&mut self, index: usize) {
        self.lruvecs[index].congested_flag = false;
        self.lruvecs[index].dirty_flag = false;
    }
}

impl Os {
    /// `wake_all_kswapds`: one node, so one kswapd.
    pub(crate) fn wake_all_kswapds(&self, order: usize) {
        {
            let mut st = self.st();
            st.kswapd_order = st.kswapd_order.max(order);
            if !st.kswapd_asleep || st.kswapd_not_needed(order) {
                return;
            }
        }
        self.wake_kswapd_task();
    }

    /// Wakes kswapd whatever the watermarks say.
    pub(crate) fn wake_kswapd_task(&self) {
        let woken = self.st().kswapd_wait.take_all();
        for task in woken {
            self.exec.wake(task);
        }
    }

    /// The thread.
    pub(crate) async fn kswapd(&self, me: TaskId) {
        let _frame = self.frame(me, "kswapd");
        let mut order = 0;
        loop {
            self.kswapd_try_to_sleep(me, order).await;
            order = std::mem::take(&mut self.st().kswapd_order);
            order = self.balance_pgdat(me, order).await;
        }
    }

    /// `balance_pgdat`. Gives the order that is still wanted.
    async fn balance_pgdat(&self, me: TaskId, order: usize) -> usize {
        match self.policy.lru {
            LruUnit::Zone => {
                self.balance_pgdat_zones(me, order).await;
                order
            }
            // What could not be had as a block is had as single pages; the block is left to kcompactd.
            LruUnit::Node => self.balance_pgdat_node(me, order).await,
        }
    }

    /// `kswapd_try_to_sleep`: a nap of HZ/10 first; sleep only if the node is still balanced after it.
    async fn kswapd_try_to_sleep(&self, me: TaskId, order: usize) {
        let _frame = self.frame(me, "kswapd_try_to_sleep");
        let mut woken_early = false;
        let mut slept_through = false;
        if self.prepare_kswapd_sleep(order) {
            self.begin_kswapd_wait(me);
            let woken = self.sleep_jiffies(me, TaskState::Interruptible, self.hz / 10).await;
            self.end_kswapd_wait(me);
            slept_through = woken == Woken::ByTimer;
            woken_early = !slept_through;
        }
        if slept_through && self.prepare_kswapd_sleep(order) {
            self.begin_kswapd_wait(me);
            self.sleep(me, TaskState::Interruptible).await;
            self.end_kswapd_wait(me);
            return;
        }
        {
            let mut st = self.st();
            if woken_early {
                st.vm.kswapd_low_wmark_hit_quickly += 1;
            } else {
                st.vm.kswapd_high_wmark_hit_quickly += 1;
            }
        }
        // A pass through the loop costs time even where it finds nothing to do.
        self.cpu(me, self.costs.alloc_fail).await;
    }

    fn begin_kswapd_wait(&self, me: TaskId) {
        let mut st = self.st();
        st.kswapd_wait.add(me);
        st.kswapd_asleep = true;
    }

    fn end_kswapd_wait(&self, me: TaskId) {
        let mut st = self.st();
        st.kswapd_wait.remove(me);
        st.kswapd_asleep = false;
    }

    /// `prepare_kswapd_sleep`: waiters in `throttle_direct_reclaim` are woken to look again.
    fn prepare_kswapd_sleep(&self, order: usize) -> bool {
        self.wake_pfmemalloc();
        let st = self.st();
        st.kswapd_may_sleep(order.max(st.kswapd_order))
    }

    /// `balance_pgdat` up to 4.7: zones from the lowest up to the highest unbalanced one, at priorities 12 to 1.
    async fn balance_pgdat_zones(&self, me: TaskId, order: usize) {
        let _request = self.request(me);
        let _frame = self.frame(me, "balance_pgdat");
        self.st().vm.pageoutrun += 1;
        let mut sc = ScanControl::kswapd(order);
        loop {
            self.decide_balance(me, sc.priority);
            sc.nr_reclaimed = 0;
            let mut raise_priority = true;
            let Some(end_zone) = self.highest_unbalanced(sc.priority, order) else { return };
            for index in 0..=end_zone {
                raise_priority &= !self.kswapd_shrink_zone(me, index, end_zone, &mut sc).await;
            }
            self.wake_pfmemalloc_if_ok();
            if raise_priority || sc.nr_reclaimed == 0 {
                sc.priority -= 1;
            }
            if sc.priority < 1 || self.st().kswapd_may_sleep(order) {
                return;
            }
            self.cpu(me, self.costs.alloc_fail).await;
        }
    }

    fn wake_pfmemalloc_if_ok(&self) {
        if self.st().pfmemalloc_watermark_ok() {
            self.wake_pfmemalloc();
        }
    }

    fn highest_unbalanced(&self, priority: u32, order: usize) -> Option<usize> {
        let mut st = self.st();
        (0..st.zones.len()).rev().find(|at| {
            if priority != DEF_PRIORITY && !st.lruvec_reclaimable(*at) {
                return false;
            }
            st.age_active_anon(*at);
            let balanced = st.zone_balanced(*at, order, 0, false);
            if balanced {
                st.clear_flags_of_balanced(*at);
            }
            !balanced
        })
    }

    /// `kswapd_shrink_zone`: a full pass with the high mark as target; true if it scanned as much as it was asked to.
    async fn kswapd_shrink_zone(
        &self,
        me: TaskId,
        index: usize,
        end_zone: usize,
        sc: &mut ScanControl,
    ) -> bool {
        {
            let st = self.st();
            if sc.priority != DEF_PRIORITY && !st.lruvec_reclaimable(index) {
                return false;
            }
            sc.nr_to_reclaim = st.zones[index].high.max(SWAP_CLUSTER_MAX);
            let gap = st.balance_gap(index);
            if st.zone_balanced(index, 0, gap, index < end_zone) {
                return true;
            }
        }
        sc.nr_scanned = 0;
        self.shrink_node(me, index, sc, index == end_zone).await;
        let mut st = self.st();
        if self.policy.writeback_flag == WritebackFlag::ClearedAfterShrink {
            st.lruvecs[index].writeback_flag = false;
        }
        if st.lruvec_reclaimable(index) && st.zone_balanced(index, sc.order, 0, false) {
            st.clear_flags_of_balanced(index);
        }
        sc.nr_scanned >= sc.nr_to_reclaim
    }

    /// `balance_pgdat` from 4.8 on: the node's lists at priorities 12 to 1, until one zone is balanced. Gives the order
    /// that was reached: 0 once a block's worth of pages was freed in vain.
    async fn balance_pgdat_node(&self, me: TaskId, order: usize) -> usize {
        const NODE: usize = 0;
        let _request = self.request(me);
        let _frame = self.frame(me, "balance_pgdat");
        self.st().vm.pageoutrun += 1;
        let mut sc = ScanControl::kswapd(order);
        while sc.priority >= 1 {
            sc.nr_reclaimed = 0;
            sc.nr_scanned = 0;
            {
                let mut st = self.st();
                if (0..st.zones.len()).any(|at| st.zone_balanced_for_class(at, sc.order)) {
                    st.clear_flags_of_balanced(NODE);
                    return sc.order;
                }
                st.age_active_anon(NODE);
                sc.nr_to_reclaim = st.zones.iter().map(|zone| zone.high.max(SWAP_CLUSTER_MAX)).sum();
            }
            self.decide_balance(me, sc.priority);
            self.shrink_node(me, NODE, &mut sc, true).await;
            if self.policy.writeback_flag == WritebackFlag::ClearedAfterShrink {
                self.st().lruvecs[NODE].writeback_flag = false;
            }
            if sc.order > 0 && sc.nr_reclaimed >= 2 << sc.order {
                sc.order = 0;
            }
            self.wake_pfmemalloc_if_ok();
            if sc.nr_scanned < sc.nr_to_reclaim || sc.nr_reclaimed == 0 {
                sc.priority -= 1;
            }
            self.cpu(me, self.costs.alloc_fail).await;
        }
        sc.order
    }
}

#[cfg(test)]
mod tests;
