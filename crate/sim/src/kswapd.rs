//! kswapd: wake-up, `balance_pgdat` and sleep of 4.5 to 4.7, where zones are balanced one by one (mm/vmscan.c).

use crate::exec::{State as TaskState, TaskId, Woken};
use crate::gfp::Gfp;
use crate::mmzone::Mark;
use crate::os::Os;
use crate::state::State;
use crate::vmscan::{DEF_PRIORITY, SWAP_CLUSTER_MAX, ScanControl};

impl State {
    /// `zone_balanced`: above the high mark. `lowmem_reserve` counts only where the caller's class lies above the zone.
    fn zone_balanced(&self, index: usize, order: usize, gap: u64, reserve: bool) -> bool {
        let zone = &self.zones[index];
        let order_gap = if order == 0 { 0 } else { 1 << order };
        let reserve = if reserve { zone.lowmem_reserve } else { 0 };
        zone.free > zone.high + order_gap + gap + reserve
    }

    /// `pgdat_balanced` for order 0: every zone that can be reclaimed is balanced; the others count as balanced.
    fn pgdat_balanced(&self, order: usize) -> bool {
        (0..self.zones.len()).all(|at| {
            let zone = &self.zones[at];
            !zone.reclaimable(self.swap.free) || self.zone_balanced(at, order, 0, false)
        })
    }

    /// `KSWAPD_ZONE_BALANCE_GAP_RATIO`: the smaller of the low mark and a hundredth of the zone.
    fn balance_gap(&self, index: usize) -> u64 {
        let zone = &self.zones[index];
        zone.mark(Mark::Low).min(zone.managed.div_ceil(100))
    }
}

impl Os {
    /// `wake_all_kswapds`: one node, so one kswapd; it is left asleep if every zone is balanced.
    pub(crate) fn wake_all_kswapds(&self, order: usize) {
        {
            let mut st = self.st();
            st.kswapd_order = st.kswapd_order.max(order);
            if !st.kswapd_asleep || (0..st.zones.len()).all(|at| st.zone_balanced(at, order, 0, false)) {
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
        loop {
            self.kswapd_try_to_sleep(me).await;
            let order = std::mem::take(&mut self.st().kswapd_order);
            self.balance_pgdat(me, order).await;
        }
    }

    /// `kswapd_try_to_sleep`: a nap of HZ/10 first; sleep only if the node is still balanced after it.
    async fn kswapd_try_to_sleep(&self, me: TaskId) {
        let _frame = self.frame(me, "kswapd_try_to_sleep");
        let mut slept_through = false;
        if self.prepare_kswapd_sleep() {
            self.begin_kswapd_wait(me);
            let woken = self.sleep_jiffies(me, TaskState::Interruptible, self.hz / 10).await;
            self.end_kswapd_wait(me);
            slept_through = woken == Woken::ByTimer;
        }
        if slept_through && self.prepare_kswapd_sleep() {
            self.begin_kswapd_wait(me);
            self.sleep(me, TaskState::Interruptible).await;
            self.end_kswapd_wait(me);
        } else {
            {
                let mut st = self.st();
                if slept_through {
                    st.vm.kswapd_high_wmark_hit_quickly += 1;
                } else {
                    st.vm.kswapd_low_wmark_hit_quickly += 1;
                }
            }
            // A pass through the loop costs time even where it finds nothing to do.
            self.cpu(me, self.costs.alloc_fail).await;
        }
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
    fn prepare_kswapd_sleep(&self) -> bool {
        self.wake_pfmemalloc();
        let st = self.st();
        st.pgdat_balanced(st.kswapd_order)
    }

    /// `balance_pgdat`: zones from the lowest up to the highest unbalanced one, at priorities 12 to 1.
    async fn balance_pgdat(&self, me: TaskId, order: usize) {
        let _frame = self.frame(me, "balance_pgdat");
        self.st().vm.pageoutrun += 1;
        let mut sc = ScanControl {
            gfp: Gfp::KERNEL,
            priority: DEF_PRIORITY,
            nr_to_reclaim: 0,
            nr_reclaimed: 0,
            nr_scanned: 0,
        };
        loop {
            sc.nr_reclaimed = 0;
            let mut raise_priority = true;
            let Some(end_zone) = self.highest_unbalanced(sc.priority, order) else { return };
            for index in 0..=end_zone {
                raise_priority &= !self.kswapd_shrink_zone(me, index, end_zone, &mut sc).await;
            }
            if self.st().pfmemalloc_watermark_ok() {
                self.wake_pfmemalloc();
            }
            if raise_priority || sc.nr_reclaimed == 0 {
                sc.priority -= 1;
            }
            if sc.priority < 1 || self.st().pgdat_balanced(order) {
                return;
            }
            self.cpu(me, self.costs.alloc_fail).await;
        }
    }

    fn highest_unbalanced(&self, priority: u32, order: usize) -> Option<usize> {
        let mut st = self.st();
        (0..st.zones.len()).rev().find(|at| {
            if priority != DEF_PRIORITY && !st.zones[*at].reclaimable(st.swap.free) {
                return false;
            }
            if st.inactive_is_low(*at, false) {
                st.age_active_anon(*at);
            }
            !st.zone_balanced(*at, order, 0, false)
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
            let zone = &st.zones[index];
            if sc.priority != DEF_PRIORITY && !zone.reclaimable(st.swap.free) {
                return false;
            }
            sc.nr_to_reclaim = zone.high.max(SWAP_CLUSTER_MAX);
            let gap = st.balance_gap(index);
            if st.zone_balanced(index, 0, gap, index < end_zone) {
                return true;
            }
        }
        sc.nr_scanned = 0;
        self.shrink_zone(me, index, sc, index == end_zone).await;
        self.st().zones[index].writeback_flag = false;
        sc.nr_scanned >= sc.nr_to_reclaim
    }
}
