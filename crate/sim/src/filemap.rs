//! The page cache (mm/filemap.c, mm/workingset.c) and the disk of the file system, which is not the swap device.
//!
//! A file is a row of pages. File 0 holds what running programs map; the others belong to writers and readers. Page
//! cache that the machine starts with and nobody goes back to belongs to no file.

use crate::blk::congestion_thresholds;
use crate::config::{Disk, Queue};
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::Gfp;
use crate::mempool::{Element, Pool};
use crate::os::Os;
use crate::page::{FILES, NONE, PG_ACTIVE, PG_DIRTY, PG_MAPPED, PG_WRITEBACK, PG_YOUNG, Pfn};
use crate::state::State;
use crate::task::WaitQueue;
use crate::trace::Series;
use std::collections::{BTreeSet, VecDeque};

/// What running programs map.
pub(crate) const TEXT: usize = 0;
/// Lanes from here on are the file system's disk.
pub(crate) const FILE_LANES: u32 = 1 << 16;
/// `BLKDEV_MAX_RQ`.
const NR_REQUESTS: u32 = 128;
/// Pages that readahead asks for at once (128 KiB, `VM_MAX_READAHEAD`).
const READAHEAD: u32 = 32;

/// `struct address_space` of a file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Page at each index, or `NONE`.
    pub pages: Vec<u32>,
    /// One more than the age of the LRU lists when the page at an index was evicted; 0 without an eviction.
    shadows: Vec<u64>,
}

/// A page that became dirty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dirtied {
    file: u16,
    index: u32,
    pub at: u64,
}

/// Entries of the list of dirty pages beyond two for each page of a file at which those of clean pages are dropped.
const DIRTIED: usize = 1 << 20;
/// Bytes for each page of a file: page, shadow, and two entries of the list of dirty pages.
pub(crate) const BYTES_OF_A_PAGE: u64 = 4 + 8 + 3 * 2 * size_of::<Dirtied>() as u64;
/// Bytes for the rest of that list.
pub(crate) const BYTES_MAX: u64 = (3 * DIRTIED * size_of::<Dirtied>()) as u64;

/// A dirty page that the flusher is to write, with its place in its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DirtyPage {
    pub pfn: Pfn,
    file: u16,
    index: u32,
}

/// Pages on their way to the disk, with the bio that carries them.
#[derive(Debug)]
struct Batch {
    pages: Vec<Pfn>,
    bio: Option<Element>,
}

/// The disk: one request after the other.
#[derive(Debug)]
pub(crate) struct FileDisk {
    disk: Disk,
    /// When it has served all that was sent to it.
    free_at: u64,
    in_flight: u32,
    batches: Vec<Option<Batch>>,
    wait: WaitQueue,
}

impl FileDisk {
    /// `bdi_congested`: a legacy queue with 113 requests or more.
    pub(crate) fn is_congested(&self) -> bool {
        self.disk.queue == Queue::Legacy && self.in_flight >= congestion_thresholds(NR_REQUESTS).0
    }

    /// Whether a request that becomes free may wake a task.
    pub(crate) fn awaited_by(&self, task: TaskId) -> bool {
        self.wait.contains(task)
    }

    /// Time to transfer so many pages.
    fn transfer_ns(&self, pages: u64) -> u64 {
        self.disk.request_ns + pages * 4096 * 1_000_000 / self.disk.kb_per_s.max(1)
    }

    /// Pages that it writes in a second.
    pub(crate) fn pages_per_s(&self) -> u64 {
        (self.disk.kb_per_s * 1000 / 4096).max(1)
    }
}

/// All files, what of them is dirty, and their disk.
#[derive(Debug)]
pub(crate) struct PageCache {
    pub files: Vec<File>,
    /// Dirty pages in the order in which they became dirty; entries of pages that are clean by now are skipped.
    pub dirtied: VecDeque<Dirtied>,
    /// Pages of all files.
    size: usize,
    pub disk: FileDisk,
}

impl PageCache {
    pub(crate) fn new(disk: Disk) -> Self {
        let disk =
            FileDisk { disk, free_at: 0, in_flight: 0, batches: Vec::new(), wait: WaitQueue::default() };
        Self { files: vec![File::default()], dirtied: VecDeque::new(), size: 0, disk }
    }

    /// A new, empty file of a given size.
    pub(crate) fn create(&mut self, pages: u64) -> usize {
        let pages = usize::try_from(pages).unwrap_or(0).max(1);
        self.size += pages;
        self.files.push(File { pages: vec![NONE; pages], shadows: vec![0; pages] });
        self.files.len() - 1
    }

    pub(crate) fn lookup(&self, file: usize, index: u32) -> Option<Pfn> {
        Some(self.files[file].pages[index as usize]).filter(|pfn| *pfn != NONE)
    }
}

impl State {
    /// `add_to_page_cache_lru`; a page that was evicted not long ago comes back to the active list.
    pub(crate) fn add_to_page_cache(&mut self, pfn: Pfn, file: usize, index: u32, flags: u16) {
        self.pages.owner[pfn as usize] = FILES + u16::try_from(file).unwrap_or(0);
        self.pages.index[pfn as usize] = index;
        let slot = &mut self.files.files[file];
        slot.pages[index as usize] = pfn;
        let shadow = std::mem::take(&mut slot.shadows[index as usize]);
        let mut flags = flags;
        if shadow > 0 && self.workingset_refault(self.lruvec_of(pfn), shadow - 1) {
            flags |= PG_ACTIVE;
        }
        if flags & PG_MAPPED != 0 {
            let zone = self.zone_of(pfn);
            self.zones[zone].mapped += 1;
        }
        self.lru_add(pfn, flags);
    }

    /// The same for a page that was waited for: it is given back if another task was faster.
    pub(crate) fn add_to_page_cache_or_free(
        &mut self,
        pfn: Pfn,
        file: usize,
        index: u32,
        flags: u16,
        cpu: usize,
    ) {
        if self.files.lookup(file, index).is_none() {
            self.add_to_page_cache(pfn, file, index, flags);
        } else {
            self.free_page(pfn, cpu);
        }
    }

    /// `__delete_from_page_cache`, which leaves behind when it was (`workingset_eviction`).
    pub(crate) fn remove_from_page_cache(&mut self, pfn: Pfn) {
        let Some(file) = self.pages.file_of(pfn) else { return };
        let lruvec = self.lruvec_of(pfn);
        let zone = self.zone_of(pfn);
        self.zones[zone].mapped -= u64::from(self.pages.has(pfn, PG_MAPPED));
        let age = self.lruvecs[lruvec].inactive_age;
        self.lruvecs[lruvec].inactive_age += 1;
        let file = &mut self.files.files[file];
        let index = self.pages.index[pfn as usize] as usize;
        file.pages[index] = NONE;
        file.shadows[index] = age + 1;
    }

    /// Page cache that programs map, at the start.
    pub(crate) fn map_text(&mut self, pfn: Pfn, index: u32, active: u16) {
        let text = &mut self.files.files[TEXT];
        if text.pages.len() <= index as usize {
            text.pages.resize(index as usize + 1, NONE);
            text.shadows.resize(index as usize + 1, 0);
        }
        self.add_to_page_cache(pfn, TEXT, index, active | PG_MAPPED | PG_YOUNG);
    }

    /// `account_page_dirtied`.
    pub(crate) fn set_page_dirty(&mut self, pfn: Pfn, now: u64) {
        if self.pages.has(pfn, PG_DIRTY) {
            return;
        }
        self.pages.set(pfn, PG_DIRTY);
        let zone = self.zone_of(pfn);
        self.zones[zone].dirty += 1;
        self.vm.nr_dirtied += 1;
        let file = self.pages.owner[pfn as usize] - FILES;
        if self.files.dirtied.len() >= DIRTIED + 2 * self.files.size {
            self.forget_clean();
        }
        self.files.dirtied.push_back(Dirtied { file, index: self.pages.index[pfn as usize], at: now });
        self.note_dirty();
    }

    /// Drops the entries of pages that are clean, and all but the first of a page.
    fn forget_clean(&mut self) {
        let mut dirtied = std::mem::take(&mut self.files.dirtied);
        let mut seen = BTreeSet::new();
        dirtied.retain(|entry| {
            let page = self.files.lookup(usize::from(entry.file), entry.index);
            page.is_some_and(|pfn| self.pages.has(pfn, PG_DIRTY)) && seen.insert((entry.file, entry.index))
        });
        self.files.dirtied = dirtied;
    }

    /// `clear_page_dirty_for_io` and `set_page_writeback`. False: somebody was faster (a page that was cleaned and dirtied
    /// again is listed twice).
    fn set_page_writeback(&mut self, pfn: Pfn) -> bool {
        if !self.pages.has(pfn, PG_DIRTY) || self.pages.has(pfn, PG_WRITEBACK) {
            return false;
        }
        self.pages.clear(pfn, PG_DIRTY);
        self.pages.set(pfn, PG_WRITEBACK);
        let zone = self.zone_of(pfn);
        self.zones[zone].dirty -= 1;
        self.zones[zone].writeback += 1;
        true
    }

    /// The longest dirty pages that may be written now, at most so many, none younger than a time.
    pub(crate) fn take_dirty(&mut self, most: usize, until: u64) -> Vec<DirtyPage> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(first) = self.files.dirtied.front().copied()
            && first.at <= until
        {
            self.files.dirtied.pop_front();
            let Some(pfn) = self.files.lookup(usize::from(first.file), first.index) else { continue };
            if !self.pages.has(pfn, PG_DIRTY) {
                continue;
            }
            if self.pages.has(pfn, PG_WRITEBACK) {
                // Dirtied again while on its way: once more, later.
                self.files.dirtied.push_back(Dirtied { at: until.saturating_add(1), ..first });
                continue;
            }
            taken.push(DirtyPage { pfn, file: first.file, index: first.index });
        }
        taken
    }

    /// Whether a page that was taken is still there, dirty, and not on its way.
    pub(crate) fn still_to_write(&self, page: DirtyPage) -> bool {
        self.files.lookup(usize::from(page.file), page.index) == Some(page.pfn)
            && self.pages.has(page.pfn, PG_DIRTY)
            && !self.pages.has(page.pfn, PG_WRITEBACK)
    }

    pub(crate) fn nr_dirty(&self) -> u64 {
        self.zones.iter().map(|zone| zone.dirty).sum()
    }

    pub(crate) fn note_dirty(&mut self) {
        let dirty = self.nr_dirty();
        self.record.note(Series::Dirty, dirty);
    }
}

impl Os {
    /// Sends dirty pages to the disk; they are clean when its interrupt comes.
    pub(crate) fn write_file_pages(&self, mut pages: Vec<Pfn>, bio: Option<Element>) {
        let (at, lane) = {
            let mut st = self.st();
            pages.retain(|pfn| st.set_page_writeback(*pfn));
            if pages.is_empty() {
                drop(st);
                if let Some(bio) = bio {
                    self.mempool_free(Pool::SwapBio, bio, 0);
                }
                return;
            }
            st.note_dirty();
            st.note_writeback();
            st.vm.pgpgout += 4 * pages.len() as u64;
            let now = self.exec.now();
            let disk = &mut st.files.disk;
            let at = disk.free_at.max(now) + disk.transfer_ns(pages.len() as u64);
            disk.free_at = at;
            disk.in_flight += 1;
            let slot = disk.batches.iter().position(Option::is_none).unwrap_or(disk.batches.len());
            let batch = Some(Batch { pages, bio });
            if slot == disk.batches.len() {
                disk.batches.push(batch);
            } else {
                disk.batches[slot] = batch;
            }
            (at, FILE_LANES + u32::try_from(slot).unwrap_or(0))
        };
        self.exec.interrupt_at(at, lane);
    }

    /// The disk's interrupt, on CPU 0.
    pub(crate) fn complete_file_write(&self, slot: u32) {
        let (waiter, batch) = {
            let mut st = self.st();
            let disk = &mut st.files.disk;
            let Some(batch) = disk.batches.get_mut(slot as usize).and_then(Option::take) else { return };
            disk.in_flight -= 1;
            let waiter = disk.wait.take_first();
            for pfn in &batch.pages {
                st.end_page_writeback(*pfn, 0);
            }
            (waiter, batch)
        };
        if let Some(bio) = batch.bio {
            self.mempool_free(Pool::SwapBio, bio, 0);
        }
        if let Some(task) = waiter {
            self.exec.wake(task);
        }
    }

    /// Waits for room in the disk's queue.
    pub(crate) async fn get_file_request(&self, me: TaskId) {
        loop {
            {
                let mut st = self.st();
                if st.files.disk.in_flight < st.files.disk.disk.tags {
                    return;
                }
                st.files.disk.wait.add(me);
            }
            let _frame = self.frame(me, "get_request");
            self.sleep(me, TaskState::Uninterruptible).await;
            self.st().files.disk.wait.remove(me);
        }
    }

    /// `generic_file_read_iter` for one page, with readahead. False: SIGKILL is pending.
    pub(crate) async fn read_file(&self, me: TaskId, file: usize, index: u32) -> bool {
        let _frame = self.frame(me, "generic_file_read_iter");
        let found = self.st().files.lookup(file, index);
        if found.is_none() {
            self.page_cache_readahead(me, file, index).await;
        }
        self.cpu(me, self.costs.fault).await;
        {
            let mut st = self.st();
            if let Some(pfn) = st.files.lookup(file, index) {
                st.mark_page_accessed(pfn);
            }
        }
        !self.exec.fatal_signal_pending(me)
    }

    /// `__do_page_cache_readahead`: the pages of the window that are missing, without retries except for the first.
    async fn page_cache_readahead(&self, me: TaskId, file: usize, index: u32) {
        let _frame = self.frame(me, "__do_page_cache_readahead");
        let end = self.st().files.files[file].pages.len();
        let end = u32::try_from(end).unwrap_or(u32::MAX).min(index + READAHEAD);
        let mut pages = Vec::new();
        for at in index..end {
            if self.st().files.lookup(file, at).is_some() {
                continue;
            }
            let gfp = Gfp::HIGHUSER_MOVABLE;
            let gfp = if at == index { gfp } else { gfp.with(Gfp::NORETRY) };
            let Some(pfn) = self.alloc_pages(me, gfp, 0).await else { break };
            self.st().pages_in_hand += 1;
            pages.push((pfn, at));
        }
        if pages.is_empty() {
            return;
        }
        let until = self.exec.now() + self.st().files.disk.transfer_ns(pages.len() as u64);
        self.exec.sleep_until(me, TaskState::Uninterruptible, until).await;
        let cpu = self.exec.cpu_of(me);
        let mut st = self.st();
        st.vm.pgpgin += 4 * pages.len() as u64;
        for (pfn, at) in pages {
            st.pages_in_hand -= 1;
            st.add_to_page_cache_or_free(pfn, file, at, 0, cpu);
        }
    }

    /// `generic_perform_write` for one page. False: SIGKILL is pending.
    pub(crate) async fn write_file(&self, me: TaskId, file: usize, index: u32) -> bool {
        let _frame = self.frame(me, "generic_perform_write");
        self.cpu(me, self.costs.fault).await;
        let found = self.st().files.lookup(file, index);
        if found.is_none() {
            let gfp = Gfp::HIGHUSER_MOVABLE.with(Gfp::WRITE);
            let Some(pfn) = self.alloc_pages(me, gfp, 0).await else {
                return !self.exec.fatal_signal_pending(me);
            };
            let cpu = self.exec.cpu_of(me);
            self.st().add_to_page_cache_or_free(pfn, file, index, 0, cpu);
        }
        {
            let now = self.exec.now();
            let mut st = self.st();
            if let Some(pfn) = st.files.lookup(file, index) {
                st.mark_page_accessed(pfn);
                st.set_page_dirty(pfn, now);
            }
        }
        self.balance_dirty_pages_ratelimited(me).await;
        !self.exec.fatal_signal_pending(me)
    }
}

#[cfg(test)]
mod tests;
