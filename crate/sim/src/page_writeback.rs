//! Dirty limits, the throttles that hang on them, and the flusher (mm/page-writeback.c, fs/fs-writeback.c).
//!
//! Two estimates of the kernel are replaced by what they estimate: the bandwidth of the disk is the disk's rate, and a
//! dirtier's share of it is that rate divided by the dirtiers of the last interval.

use crate::decision::Decision;
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{Gfp, PF_LESS_THROTTLE};
use crate::kernel::{DirtyArithmetic, LessThrottleBonus, ThrottleVmWriteout};
use crate::mempool::Pool;
use crate::os::Os;
use crate::state::State;
use crate::trace::{Series, Site};

/// `BANDWIDTH_INTERVAL` and `MAX_PAUSE`, HZ/5.
const BANDWIDTH_INTERVAL: u64 = 200_000_000;
/// `dirty_writeback_interval`.
const WRITEBACK_INTERVAL: u64 = 5_000_000_000;
/// `dirty_expire_interval`.
const EXPIRE_INTERVAL: u64 = 30_000_000_000;
/// Pages of one bio (`BIO_MAX_PAGES`).
const BIO_PAGES: u64 = 256;
/// Pages that a task dirties between two looks at the limits (`nr_dirtied_pause`), and once they were exceeded.
const DIRTIED_PAUSE: u64 = 32;
const DIRTIED_PAUSE_EXCEEDED: u64 = 8;

/// `global_wb_domain`, and what the flusher is asked to do.
#[derive(Debug, Default)]
pub(crate) struct Writeback {
    /// The slow limit that follows the threshold down while somebody dirties page cache.
    pub dirty_limit: u64,
    /// `vm.dirty_ratio` and `vm.dirty_background_ratio`.
    pub ratio: u64,
    pub background_ratio: u64,
    updated: u64,
    /// Tasks that met `balance_dirty_pages` in this interval and in the last one.
    dirtiers: Vec<TaskId>,
    nr_dirtiers: u64,
    exceeded: bool,
    /// Pages dirtied since the last look, by task.
    nr_dirtied: Vec<u64>,
    /// Pages that reclaim wants written (`wakeup_flusher_threads`).
    work: u64,
    wait: crate::task::WaitQueue,
}

impl Writeback {
    pub(crate) fn new(ratio: u64, background_ratio: u64) -> Self {
        Self { ratio, background_ratio, ..Self::default() }
    }
}

/// `vm.dirty_ratio` percent of the dirtyable pages (`domain_dirty_limits`).
pub(crate) fn dirty_threshold(arithmetic: DirtyArithmetic, ratio: u64, available: u64) -> u64 {
    match arithmetic {
        DirtyArithmetic::Percent => ratio * available / 100,
        DirtyArithmetic::PagePerMille => ratio * 4096 / 100 * available / 4096,
    }
}

/// Pages that may get dirty: free ones above the reserves, and the page cache.
pub(crate) fn dirtyable(free: u64, totalreserve: u64, file: u64) -> u64 {
    free.saturating_sub(totalreserve) + file + 1
}

/// Background threshold and threshold for these ratios, of the same order (`domain_dirty_limits`).
pub(crate) fn thresholds(arithmetic: DirtyArithmetic, ratios: (u64, u64), available: u64) -> (u64, u64) {
    let background = dirty_threshold(arithmetic, ratios.0, available);
    let threshold = dirty_threshold(arithmetic, ratios.1, available);
    (if background >= threshold { threshold / 2 } else { background }, threshold)
}

/// The limit of `throttle_vm_writeout`: 1.1 times the larger of the threshold now and the slow limit
/// (`global_dirty_limits`, `hard_dirty_limit`; 47a133339c33).
///
/// `PF_LESS_THROTTLE` raises the threshold; as the slow limit is the larger one once free memory is gone, that changes
/// nothing then.
pub(crate) fn throttle_limit(threshold: u64, slow: u64, less_throttle: Option<LessThrottleBonus>) -> u64 {
    let threshold = match less_throttle {
        None => threshold,
        Some(LessThrottleBonus::Quarter) => threshold + threshold / 4,
        Some(LessThrottleBonus::QuarterAndMore) => threshold + threshold / 4 + slow / 32,
    };
    let limit = threshold.max(slow);
    limit + limit / 10
}

/// Whether `throttle_vm_writeout` looks at the limit at all.
pub(crate) fn is_held(rule: ThrottleVmWriteout, noretry: bool, less_throttle: bool) -> bool {
    match rule {
        ThrottleVmWriteout::Everyone => true,
        ThrottleVmWriteout::NotNoretry => !noretry,
        ThrottleVmWriteout::NotLessThrottle => !less_throttle,
        ThrottleVmWriteout::Absent => false,
    }
}

/// The slow limit after one interval (`update_dirty_limit`): up at once, down by a 32nd of the distance.
pub(crate) fn next_slow_limit(slow: u64, threshold: u64, dirty: u64) -> u64 {
    if slow < threshold {
        return threshold;
    }
    slow - (slow.saturating_sub(threshold.max(dirty)) >> 5)
}

/// `pos_ratio_polynom`, in 1/1024: 0 at the limit, 1 at the set point, up to 2 at the free-run ceiling.
pub(crate) fn pos_ratio(setpoint: u64, dirty: u64, limit: u64) -> u64 {
    const ONE: i64 = 1024;
    if dirty >= limit || limit <= setpoint {
        return 0;
    }
    let signed = |pages: u64| i64::try_from(pages).unwrap_or(i64::MAX / ONE);
    let x = (signed(setpoint) - signed(dirty)) * ONE / signed(limit - setpoint).max(1);
    let x = x.clamp(-ONE, ONE);
    u64::try_from((ONE + x * x / ONE * x / ONE).clamp(0, 2 * ONE)).unwrap_or(0)
}

impl State {
    /// `global_dirtyable_memory`.
    pub(crate) fn dirtyable_memory(&self) -> u64 {
        dirtyable(self.free_total(), self.totalreserve, self.nr_file_lru())
    }

    /// `global_dirty_limits`: background threshold and threshold.
    pub(crate) fn dirty_limits(&self) -> (u64, u64) {
        let ratios = (self.writeback.background_ratio, self.writeback.ratio);
        thresholds(self.policy.dirty_arithmetic, ratios, self.dirtyable_memory())
    }

    /// [`throttle_limit`], for a task with these flags.
    pub(crate) fn throttle_limit(&self, flags: u32) -> u64 {
        let bonus = (flags & PF_LESS_THROTTLE != 0).then_some(self.policy.less_throttle_bonus);
        throttle_limit(self.dirty_limits().1, self.writeback.dirty_limit, bonus)
    }

    /// `__wb_update_bandwidth`, called by dirtiers only.
    fn update_bandwidth(&mut self, me: TaskId, now: u64, threshold: u64, dirty: u64) {
        let wb = &mut self.writeback;
        if !wb.dirtiers.contains(&me) {
            wb.dirtiers.push(me);
        }
        if now < wb.updated + BANDWIDTH_INTERVAL {
            return;
        }
        wb.updated = now;
        wb.nr_dirtiers = wb.dirtiers.len() as u64;
        wb.dirtiers.clear();
        wb.dirty_limit = next_slow_limit(wb.dirty_limit, threshold, dirty);
    }

    /// `zone_dirty_ok`: whether the zone may take another page that will be dirty.
    pub(crate) fn zone_dirty_ok(&self, index: usize) -> bool {
        let zone = &self.zones[index];
        let reserve = (zone.high + zone.lowmem_reserve).min(zone.managed);
        let file = zone.nr_lru[crate::lruvec::ACTIVE_FILE] + zone.nr_lru[crate::lruvec::INACTIVE_FILE];
        let dirtyable = zone.free.saturating_sub(reserve) + file;
        let limit = self.writeback.ratio * dirtyable / 100;
        zone.dirty + zone.writeback <= limit
    }
}

impl Os {
    /// Holds a reclaimer while more pages are under writeback than 1.1 times the dirty limit: HZ/10 at a time, in a loop
    /// for requests that may do I/O and call file systems, once for others.
    pub(crate) async fn throttle_vm_writeout(&self, me: TaskId, gfp: Gfp) {
        let flags = self.exec.flags(me);
        let less_throttle = flags & PF_LESS_THROTTLE != 0;
        if !is_held(self.policy.throttle_vm_writeout, gfp.has(Gfp::NORETRY), less_throttle) {
            return;
        }
        let _frame = self.frame(me, "throttle_vm_writeout");
        loop {
            let (writeback, limit) = {
                let mut st = self.st();
                let limit = st.throttle_limit(flags);
                st.record.note(Series::ThrottleLimit, limit);
                (st.writeback_total(), limit)
            };
            if writeback <= limit {
                return;
            }
            let again = gfp.has(Gfp::IO.with(Gfp::FS));
            let gfp = gfp.0;
            self.decide(me, Decision::ThrottleVmWriteout { writeback, limit, gfp, again, less_throttle });
            self.congestion_wait(me, Site::ThrottleVmWriteout).await;
            if !again {
                return;
            }
        }
    }

    /// `balance_dirty_pages_ratelimited`: looks at the limits once in some pages.
    pub(crate) async fn balance_dirty_pages_ratelimited(&self, me: TaskId) {
        let due = {
            let mut st = self.st();
            let wb = &mut st.writeback;
            if wb.nr_dirtied.len() <= me as usize {
                wb.nr_dirtied.resize(me as usize + 1, 0);
            }
            let pause = if wb.exceeded { DIRTIED_PAUSE_EXCEEDED } else { DIRTIED_PAUSE };
            let dirtied = &mut wb.nr_dirtied[me as usize];
            *dirtied += 1;
            (*dirtied >= pause).then(|| std::mem::take(dirtied))
        };
        if let Some(dirtied) = due {
            self.balance_dirty_pages(me, dirtied).await;
        }
    }

    /// `balance_dirty_pages`: a dirtier sleeps so long that it keeps to its share of the disk. Pages under writeback to
    /// swap count as dirty here, so a storm of swap-outs stops every log daemon.
    async fn balance_dirty_pages(&self, me: TaskId, dirtied: u64) {
        let _request = self.request(me);
        let _frame = self.frame(me, "balance_dirty_pages");
        let mut begun = None;
        loop {
            let now = self.exec.now();
            let (rate, dirty, freerun, limit) = {
                let mut st = self.st();
                let (background, threshold) = st.dirty_limits();
                let dirty = st.nr_dirty() + st.writeback_total();
                let freerun = u64::midpoint(threshold, background);
                st.writeback.exceeded = dirty > threshold;
                if dirty <= freerun {
                    break;
                }
                st.update_bandwidth(me, now, threshold, dirty);
                let limit = threshold.max(st.writeback.dirty_limit);
                let share = st.files.disk.pages_per_s() / st.writeback.nr_dirtiers.max(1);
                let rate = share * pos_ratio(u64::midpoint(freerun, limit), dirty, limit) / 1024;
                (rate, dirty, freerun, limit)
            };
            self.wakeup_flusher(0);
            let pause = match rate {
                0 => BANDWIDTH_INTERVAL,
                rate => (dirtied * 1_000_000_000 / rate).min(BANDWIDTH_INTERVAL),
            };
            let jiffies = pause / (1_000_000_000 / self.hz);
            if jiffies == 0 {
                break;
            }
            begun.get_or_insert_with(|| self.begin_stall(me, Site::BalanceDirtyPages));
            self.decide(me, Decision::DirtyPause { dirty, freerun, limit, jiffies });
            self.sleep_jiffies(me, TaskState::Killable, jiffies).await;
            if rate > 0 || self.exec.fatal_signal_pending(me) {
                break;
            }
        }
        if let Some(begun) = begun {
            self.record_stall(me, Site::BalanceDirtyPages, begun);
        }
    }

    /// `wakeup_flusher_threads`: reclaim scans and finds too little; as many pages are to be written as it scanned.
    pub(crate) fn wakeup_flusher_threads(&self, pages: u64) {
        if self.st().nr_dirty() > 0 {
            self.wakeup_flusher(pages);
        }
    }

    fn wakeup_flusher(&self, pages: u64) {
        let woken = {
            let mut st = self.st();
            st.writeback.work = st.writeback.work.max(pages);
            st.writeback.wait.take_all()
        };
        for task in woken {
            self.exec.wake(task);
        }
    }

    /// The flusher (`wb_workfn`), a worker of the writeback workqueue: what it was asked for, then old pages, then what
    /// lies above the background threshold.
    pub(crate) async fn flusher(&self, me: TaskId) {
        let _frame = self.frame(me, "wb_workfn");
        loop {
            let pages = self.pages_to_flush();
            if pages.is_empty() {
                self.st().writeback.wait.add(me);
                let jiffies = WRITEBACK_INTERVAL * self.hz / 1_000_000_000;
                self.sleep_jiffies(me, TaskState::Interruptible, jiffies).await;
                self.st().writeback.wait.remove(me);
                continue;
            }
            let _frame = self.frame(me, "ext4_writepages");
            self.get_file_request(me).await;
            let bio = self.mempool_alloc(me, Pool::SwapBio, Gfp::NOIO).await;
            self.cpu(me, self.costs.submit + pages.len() as u64 * self.costs.scan).await;
            // Whoever slept for the bio may find pages gone or written by kswapd.
            let pages: Vec<_> = {
                let st = self.st();
                pages.into_iter().filter(|page| st.still_to_write(*page)).collect()
            };
            match (pages.is_empty(), bio) {
                (true, Some(bio)) => self.mempool_free(Pool::SwapBio, bio, self.exec.cpu_of(me)),
                (true, None) => {}
                (false, bio) => {
                    let pages = pages.into_iter().map(|page| page.pfn).collect();
                    self.write_file_pages(pages, bio);
                }
            }
        }
    }

    /// What one bio of the flusher carries, if there is a reason to write.
    fn pages_to_flush(&self) -> Vec<crate::filemap::DirtyPage> {
        let now = self.exec.now();
        let mut st = self.st();
        let (background, _) = st.dirty_limits();
        let dirty = st.nr_dirty();
        let (most, until) = if st.writeback.work > 0 {
            (st.writeback.work.min(BIO_PAGES), now)
        } else if dirty > background {
            (BIO_PAGES, now)
        } else {
            match now.checked_sub(EXPIRE_INTERVAL) {
                Some(expired) => (BIO_PAGES, expired),
                None => return Vec::new(),
            }
        };
        let pages = st.take_dirty(usize::try_from(most).unwrap_or(0), until);
        st.writeback.work = if pages.is_empty() {
            0
        } else {
            st.writeback.work - (pages.len() as u64).min(st.writeback.work)
        };
        pages
    }
}

#[cfg(test)]
mod tests;
