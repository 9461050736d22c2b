//! The state of the machine, and what happens to it at one instant of the clock.

use crate::blk::Device;
use crate::config::Config;
use crate::dm_crypt::DmCrypt;
use crate::filemap::PageCache;
use crate::kernel::KernelPolicy;
use crate::lruvec::{ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, Lruvec};
use crate::mempool::Mempool;
use crate::meter::Meter;
use crate::mmzone::{self, Zone};
use crate::page::{NO_OWNER, NONE, PG_ACTIVE, PG_ANON, PG_LRU, PG_MAPPED, PageArray, Pfn};
use crate::page_writeback::{self, Writeback};
use crate::recorder::Recorder;
use crate::rng::Rng;
use crate::slab::{Cache, KmemCache};
use crate::swap::SwapArea;
use crate::task::{AddressSpace, Process, WaitQueue};
use crate::trace::Series;
use crate::vmstat::Vmstat;
use crate::workqueue::WorkerPool;
use std::cell::Cell;
use std::rc::Rc;

/// Pages in a per-CPU batch of rotations (`PAGEVEC_SIZE`).
const PAGEVEC_SIZE: usize = 14;

pub(crate) struct State {
    pub pages: PageArray,
    pub zones: Vec<Zone>,
    /// LRU lists, of each zone or of the node.
    pub lruvecs: Vec<Lruvec>,
    pub files: PageCache,
    pub writeback: Writeback,
    /// Pages that a task has allocated and holds while it waits for a disk.
    pub pages_in_hand: u64,
    /// Pages of batches under way that reclaim has freed already; they still count as isolated.
    pub isolated_freed: u64,
    /// Pages whose rotation to the tail waits for a full batch (`lru_rotate_pvecs`).
    pub rotate: Vec<Vec<Pfn>>,
    pub swap: SwapArea,
    pub caches: Vec<KmemCache>,
    pub pools: Vec<Mempool>,
    pub spaces: Vec<AddressSpace>,
    pub processes: Vec<Process>,
    pub crypt: DmCrypt,
    pub workers: WorkerPool,
    pub device: Device,
    pub record: Recorder,
    /// The work of the run.
    pub meter: Rc<Meter>,
    pub vm: Vmstat,
    pub rng: Rng,
    /// When the probe's round under way was due.
    pub probe_due: Option<u64>,
    /// Slab pages that shrinkers may free.
    pub slab_reclaimable: Vec<Pfn>,
    /// mlocked pages.
    pub unevictable: u64,
    /// Slab and kernel pages that stay.
    pub slab_fixed: u64,
    /// `totalreserve_pages`.
    pub totalreserve: u64,
    pub page_waiters: Vec<(Pfn, u32)>,
    pub kswapd_wait: WaitQueue,
    pub kswapd_asleep: bool,
    pub kswapd_order: usize,
    pub pfmemalloc_wait: WaitQueue,
    pub kthreadd_wait: WaitQueue,
    pub kthread_requests: Vec<u32>,
    /// `task_struct` and stack of each forked thread that is alive.
    pub kernel_stacks: Vec<(crate::mempool::Element, Pfn)>,
    pub oom_lock: bool,
    /// When writeback of a page last ended.
    pub last_written: u64,
    pub oom_victim: Option<usize>,
    pub reaper_wait: WaitQueue,
    pub reaper_list: Vec<usize>,
    pub running_workloads: u32,
    /// Compiler runs that the build has not started.
    pub build_left: u32,
    pub workload_start: u64,
    pub workload_done: Option<u64>,
    /// `vm.swappiness`.
    pub swappiness: u64,
    pub policy: KernelPolicy,
}

impl State {
    pub(crate) fn new(
        config: &Config,
        policy: &KernelPolicy,
        seed: u64,
        clock: Rc<Cell<u64>>,
        meter: Rc<Meter>,
    ) -> Self {
        let machine = &config.machine;
        let marks = mmzone::watermarks(machine, policy.watermark_distance);
        let lruvecs = Lruvec::all(policy.lru, marks.len());
        let mut zones = Vec::new();
        let mut start = 0;
        for (index, mark) in marks.iter().enumerate() {
            let mut zone = Zone::new(machine, index, start, *mark);
            zone.lruvec = lruvecs.iter().position(|lruvec| lruvec.zones.contains(&index)).unwrap_or(0);
            start += u32::try_from(zone.managed).unwrap_or(0);
            zones.push(zone);
        }
        let totalreserve = zones.iter().map(|zone| (zone.high + zone.lowmem_reserve).min(zone.managed)).sum();
        let slots = usize::try_from(config.swap.0).unwrap_or(0);
        let mut state = Self {
            pages: PageArray::new(start as usize),
            zones,
            lruvecs,
            files: PageCache::new(config.disk),
            writeback: Writeback::new(machine.dirty_ratio, machine.dirty_background_ratio),
            pages_in_hand: 0,
            isolated_freed: 0,
            rotate: vec![Vec::new(); machine.cpus as usize],
            swap: SwapArea::new(slots, config.disk.rotational),
            caches: Cache::ALL.iter().map(|cache| KmemCache::new(*cache, machine.cpus)).collect(),
            pools: Vec::new(),
            spaces: Vec::new(),
            processes: Vec::new(),
            crypt: DmCrypt::new(),
            workers: WorkerPool::default(),
            device: Device::new(config.disk, machine.hz),
            record: Recorder::new(clock),
            meter,
            vm: Vmstat::default(),
            rng: Rng::fork(seed, 1),
            probe_due: None,
            slab_reclaimable: Vec::new(),
            unevictable: 0,
            slab_fixed: 0,
            totalreserve,
            page_waiters: Vec::new(),
            kswapd_wait: WaitQueue::default(),
            kswapd_asleep: false,
            kswapd_order: 0,
            pfmemalloc_wait: WaitQueue::default(),
            kthreadd_wait: WaitQueue::default(),
            kthread_requests: Vec::new(),
            kernel_stacks: Vec::new(),
            oom_lock: false,
            last_written: 0,
            oom_victim: None,
            reaper_wait: WaitQueue::default(),
            reaper_list: Vec::new(),
            running_workloads: 0,
            build_left: 0,
            workload_start: 0,
            workload_done: None,
            swappiness: machine.swappiness,
            policy: policy.clone(),
        };
        state.free_all_bootmem();
        // writeback_set_ratelimit at early boot: the limit is taken before the kernel has used more than about 1.1 % of
        // its memory (713 of 63,448 pages: the limit of 13,637 pages in the recorded runs).
        let managed: u64 = state.zones.iter().map(|zone| zone.managed).sum();
        let available = (managed - managed / 90).saturating_sub(state.totalreserve);
        state.writeback.dirty_limit =
            page_writeback::dirty_threshold(policy.dirty_arithmetic, machine.dirty_ratio, available);
        state.populate(config);
        state
    }

    fn free_all_bootmem(&mut self) {
        for zone in &mut self.zones {
            let end = zone.start + u32::try_from(zone.managed).unwrap_or(0);
            let mut pfn = zone.start;
            while pfn < end {
                let offset = pfn - zone.start;
                let order = (0..mmzone::MAX_ORDER)
                    .rev()
                    .find(|order| offset.is_multiple_of(1 << order) && pfn + (1 << order) <= end)
                    .unwrap_or(0);
                zone.free_block(&mut self.pages, pfn, order);
                pfn += 1 << order;
            }
        }
    }

    /// Takes the baseline out of free memory.
    fn populate(&mut self, config: &Config) {
        let baseline = config.machine.baseline;
        self.spaces.push(AddressSpace::default());
        for _ in 0..baseline.kernel.0 {
            if let Some(pfn) = self.take_boot_page() {
                self.slab_fixed += 1;
                let zone = self.zone_of(pfn);
                self.zones[zone].fixed += 1;
            }
        }
        for _ in 0..baseline.unevictable.0 {
            if let Some(pfn) = self.take_boot_page() {
                self.unevictable += 1;
                let zone = self.zone_of(pfn);
                self.zones[zone].unevictable += 1;
            }
        }
        for _ in 0..baseline.slab_reclaimable.0 {
            if let Some(pfn) = self.take_boot_page() {
                self.slab_reclaimable.push(pfn);
                let zone = self.zone_of(pfn);
                self.zones[zone].slab_reclaimable += 1;
            }
        }
        for at in 0..baseline.file.0 {
            if let Some(pfn) = self.take_boot_page() {
                let active = if at % 2 == 0 { PG_ACTIVE } else { 0 };
                if at < baseline.mapped.0 {
                    let index = u32::try_from(at).unwrap_or(0);
                    self.map_text(pfn, index, active);
                } else {
                    self.lru_add(pfn, active);
                }
            }
        }
        for at in 0..baseline.anon.0 {
            if let Some(pfn) = self.take_boot_page() {
                let index = u32::try_from(at).unwrap_or(0);
                self.map_page(pfn, 0, index);
                self.lru_add(pfn, PG_ANON | if at % 2 == 0 { PG_ACTIVE } else { 0 });
            }
        }
        self.note_free();
    }

    /// A page for what exists before the run: from the last zone that keeps twice its high watermark.
    fn take_boot_page(&mut self) -> Option<Pfn> {
        let index = (0..self.zones.len())
            .rev()
            .find(|at| self.zones[*at].free > 2 * self.zones[*at].high + self.zones[*at].lowmem_reserve)?;
        self.zones[index].rmqueue(&mut self.pages, 0)
    }

    /// Where a counter by zone is kept for pages of these lists: by kind of zone, or at 0 for the node.
    pub(crate) fn counted_in(&self, lruvec: usize) -> usize {
        self.zones[self.lruvecs[lruvec].zones.start].kind as usize
    }

    pub(crate) fn zone_of(&self, pfn: Pfn) -> usize {
        (0..self.zones.len()).rev().find(|at| self.zones[*at].start <= pfn).unwrap_or(0)
    }

    pub(crate) fn map_page(&mut self, pfn: Pfn, space: usize, index: u32) {
        self.pages.owner[pfn as usize] = u16::try_from(space).unwrap_or(NO_OWNER);
        self.pages.index[pfn as usize] = index;
        self.pages.set(pfn, PG_MAPPED);
        let space = &mut self.spaces[space];
        if space.entries.len() <= index as usize {
            space.entries.resize(index as usize + 1, NONE);
        }
        space.entries[index as usize] = pfn;
        space.rss += 1;
    }

    pub(crate) fn free_total(&self) -> u64 {
        self.zones.iter().map(|zone| zone.free).sum()
    }

    pub(crate) fn writeback_total(&self) -> u64 {
        self.zones.iter().map(|zone| zone.writeback).sum()
    }

    pub(crate) fn note_free(&mut self) {
        let total = self.free_total();
        self.record.note(Series::Free, total);
        for at in 0..self.zones.len() {
            let series = match self.zones[at].kind {
                crate::config::ZoneKind::Dma => Series::FreeDma,
                crate::config::ZoneKind::Dma32 => Series::FreeDma32,
                crate::config::ZoneKind::Normal => Series::FreeNormal,
            };
            let free = self.zones[at].free;
            self.record.note(series, free);
        }
    }

    pub(crate) fn note_lru(&mut self) {
        let (mut active, mut inactive, mut file) = (0, 0, 0);
        for lruvec in &self.lruvecs {
            active += lruvec.len(ACTIVE_ANON);
            inactive += lruvec.len(INACTIVE_ANON);
            file += lruvec.len(ACTIVE_FILE) + lruvec.len(INACTIVE_FILE);
        }
        self.record.note(Series::ActiveAnon, active);
        self.record.note(Series::InactiveAnon, inactive);
        self.record.note(Series::File, file);
    }

    pub(crate) fn slab_unreclaimable(&self) -> u64 {
        self.slab_fixed + self.caches.iter().map(KmemCache::pages).sum::<u64>()
    }

    pub(crate) fn note_slab(&mut self) {
        let pages = self.slab_unreclaimable();
        self.record.note(Series::SlabUnreclaimable, pages);
    }

    /// End of writeback of a page (`end_page_writeback`, `rotate_reclaimable_page`).
    pub(crate) fn end_page_writeback(&mut self, pfn: Pfn, cpu: usize) {
        use crate::page::{PG_LOCKED, PG_PAGEVEC, PG_RECLAIM, PG_WRITEBACK};
        if self.pages.has(pfn, PG_RECLAIM) {
            self.pages.clear(pfn, PG_RECLAIM);
            let flags = self.pages.flags[pfn as usize];
            let rotates = flags & PG_LRU != 0
                && flags & (PG_ACTIVE | PG_LOCKED | crate::page::PG_DIRTY | PG_PAGEVEC) == 0;
            if rotates {
                self.pages.set(pfn, PG_PAGEVEC);
                self.rotate[cpu].push(pfn);
                if self.rotate[cpu].len() >= PAGEVEC_SIZE {
                    self.drain_rotations(cpu);
                }
            }
        }
        let zone = self.zone_of(pfn);
        self.pages.clear(pfn, PG_WRITEBACK);
        self.zones[zone].writeback -= 1;
        self.vm.nr_written += 1;
        self.last_written = self.record.now();
        self.note_writeback();
    }

    pub(crate) fn note_writeback(&mut self) {
        let total = self.writeback_total();
        self.record.note(Series::Writeback, total);
    }

    /// Moves a CPU's batch to the tails of the inactive lists (`pagevec_move_tail`).
    pub(crate) fn drain_rotations(&mut self, cpu: usize) {
        if self.rotate[cpu].is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.rotate[cpu]);
        for pfn in &batch {
            let flags = self.pages.flags[*pfn as usize];
            self.pages.clear(*pfn, crate::page::PG_PAGEVEC);
            if flags & PG_LRU != 0 && flags & PG_ACTIVE == 0 {
                self.lru_move_tail(*pfn);
                self.vm.pgrotated += 1;
            }
        }
        self.rotate[cpu] = batch;
        self.rotate[cpu].clear();
    }
}

#[cfg(test)]
mod tests;
