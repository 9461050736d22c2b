//! Swap I/O through device mapper and dm-crypt (mm/page_io.c, drivers/md/dm.c, drivers/md/dm-crypt.c).

use crate::decision::Decision;
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::Gfp;
use crate::kernel::DmSwapBios;
use crate::mempool::{Element, Pool};
use crate::os::Os;
use crate::page::{PG_LOCKED, PG_READING, PG_RECLAIM, PG_WRITEBACK, Pfn};
use crate::state::State;
use crate::task::WaitQueue;
use crate::trace::{Series, Site};
use crate::workqueue::{BoundQueue, Work};
use engine::Engine;
use std::collections::BTreeMap;

mod engine;

pub(crate) use engine::ENGINE_LANE;

/// 512-byte sectors of a page, each one cipher request with a voluntary reschedule point behind it.
const SECTORS: u64 = 8;
/// `DM_MAX_SWAP_BIOS`: 8 MiB in pages.
const MAX_SWAP_BIOS: u64 = 2048;
/// CPU that handles the disk's interrupts, and so what completions free.
const IRQ_CPU: usize = 0;

/// One page on its way to or from the swap device, with what it holds of each pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct SwapIo {
    pub pfn: Pfn,
    pub slot: u32,
    pub write: bool,
    swap_bio: Option<Element>,
    dm_io: Option<Element>,
    dm_clone: Option<Element>,
    crypt_bio: Option<Element>,
    crypt_page: Option<Element>,
    /// `cc_pending`: sectors in an asynchronous cipher, and one more while kcryptd hands them over.
    cc_pending: u64,
    /// `restart`: the request that was backlog has a place in the engine's queue.
    restart: bool,
}

/// Bytes for each: itself, its places on the list of unused ones, in a queue and in a request, and an entry of the tree,
/// whose nodes are half empty at worst.
pub(crate) const BYTES_OF_AN_IO: u64 = size_of::<SwapIo>() as u64 + 3 * 4 + 2 * 8;

/// `struct crypt_config`.
pub(crate) struct DmCrypt {
    ios: Vec<SwapIo>,
    unused: Vec<u32>,
    /// `write_tree`: ios that wait for the writer thread, by slot.
    write_tree: BTreeMap<u32, u32>,
    pub write_wait: WaitQueue,
    /// `bio_alloc_lock`.
    alloc_lock: bool,
    alloc_wait: WaitQueue,
    /// Bios queued for or in kcryptd.
    pub queued: u64,
    /// Encryption pages that writes under way hold.
    pub pages_in_flight: u64,
    /// `swap_bios`: those that hold a place, and who waits for one.
    swap_bios: u64,
    swap_bios_wait: WaitQueue,
    engine: Engine,
}

impl DmCrypt {
    pub(crate) fn new() -> Self {
        Self {
            ios: Vec::new(),
            unused: Vec::new(),
            write_tree: BTreeMap::new(),
            write_wait: WaitQueue::default(),
            alloc_lock: false,
            alloc_wait: WaitQueue::default(),
            queued: 0,
            pages_in_flight: 0,
            swap_bios: 0,
            swap_bios_wait: WaitQueue::default(),
            engine: Engine::default(),
        }
    }

    /// Encryption pages that writes under way hold, counted.
    pub(crate) fn held_pages(&self) -> u64 {
        self.ios.iter().filter(|io| io.crypt_page.is_some()).count() as u64
    }
}

impl State {
    pub(crate) fn new_io(&mut self, io: SwapIo) -> u32 {
        if let Some(id) = self.crypt.unused.pop() {
            self.crypt.ios[id as usize] = io;
            return id;
        }
        self.crypt.ios.push(io);
        u32::try_from(self.crypt.ios.len() - 1).unwrap_or(0)
    }

    fn note_queue(&mut self) {
        let queued = self.crypt.queued;
        self.record.note(Series::CryptQueue, queued);
    }
}

impl Os {
    /// `swap_writepage`, `__swap_writepage`: the page is under writeback from here on, and unlocked. One that nobody needs
    /// any more loses its slot instead.
    pub(crate) async fn swap_writepage(&self, me: TaskId, pfn: Pfn) {
        {
            let mut st = self.st();
            if st.try_to_free_swap(pfn, self.exec.cpu_of(me)) {
                st.pages.clear(pfn, PG_LOCKED | PG_RECLAIM);
                return;
            }
        }
        let _frame = self.frame(me, "__swap_writepage");
        let swap_bio = self.mempool_alloc(me, Pool::SwapBio, Gfp::NOIO).await;
        let id = {
            let mut st = self.st();
            st.pages.set(pfn, PG_WRITEBACK);
            st.pages.clear(pfn, PG_LOCKED);
            let zone = st.zone_of(pfn);
            st.zones[zone].writeback += 1;
            st.note_writeback();
            st.vm.pswpout += 1;
            // submit_bio counts in kB.
            st.vm.pgpgout += 4;
            st.record.count(Series::SwapOut, 1);
            let slot = st.pages.slot[pfn as usize];
            st.new_io(SwapIo { pfn, slot, write: true, swap_bio, ..SwapIo::default() })
        };
        self.submit_bio(me, id).await;
    }

    /// Reads a page from swap; the page is locked until the read ends.
    pub(crate) async fn swap_readpage(&self, me: TaskId, pfn: Pfn, slot: u32) {
        let _frame = self.frame(me, "swap_readpage");
        let swap_bio = self.mempool_alloc(me, Pool::SwapBio, Gfp::KERNEL).await;
        let id = {
            let mut st = self.st();
            st.vm.pswpin += 1;
            st.vm.pgpgin += 4;
            st.record.count(Series::SwapIn, 1);
            st.new_io(SwapIo { pfn, slot, write: false, swap_bio, ..SwapIo::default() })
        };
        self.submit_bio(me, id).await;
    }

    async fn submit_bio(&self, me: TaskId, id: u32) {
        let _frame = self.frame(me, "submit_bio");
        let (slot, write) = self.place(id);
        if !self.has_crypt {
            self.cpu(me, self.costs.submit).await;
            self.submit_lower(me, id, slot, write).await;
            return;
        }
        let _frame = self.frame(me, "dm_make_request");
        let _frame = self.frame(me, "__split_and_process_bio");
        let dm_io = self.mempool_alloc(me, Pool::DmIo, Gfp::NOIO).await;
        self.st().crypt.ios[id as usize].dm_io = dm_io;
        let dm_clone = self.mempool_alloc(me, Pool::DmClone, Gfp::NOIO).await;
        self.st().crypt.ios[id as usize].dm_clone = dm_clone;
        self.cpu(me, self.costs.dm_map).await;
        // crypt_map
        if write {
            self.get_swap_bio(me).await;
            self.kcryptd_queue_crypt(id, self.exec.cpu_of(me));
        } else if !self.kcryptd_io_read(me, id, Gfp::NOWAIT).await {
            // kcryptd_queue_read
            self.st().vm.kcryptd_io_reads += 1;
            self.queue_work_on(self.exec.cpu_of(me), BoundQueue::KcryptdIo, Work::Read(id));
        }
    }

    /// `__map_bio` of 5.12: a semaphore of 2,048 for the swap bios of a mapped device (`DM_MAX_SWAP_BIOS`).
    async fn get_swap_bio(&self, me: TaskId) {
        if self.policy.dm_swap_bios == DmSwapBios::Unlimited {
            return;
        }
        let _frame = self.frame(me, "__map_bio");
        loop {
            {
                let mut st = self.st();
                if st.crypt.swap_bios < MAX_SWAP_BIOS {
                    st.crypt.swap_bios += 1;
                    return;
                }
                st.crypt.swap_bios_wait.add(me);
            }
            self.decide(me, Decision::SwapBios { bios: MAX_SWAP_BIOS });
            self.stall(me, Site::SwapBios, TaskState::Uninterruptible, None).await;
            self.st().crypt.swap_bios_wait.remove(me);
        }
    }

    fn put_swap_bio(&self) {
        if self.policy.dm_swap_bios == DmSwapBios::Unlimited {
            return;
        }
        let next = {
            let mut st = self.st();
            st.crypt.swap_bios -= 1;
            st.crypt.swap_bios_wait.take_first()
        };
        if let Some(task) = next {
            self.exec.wake(task);
        }
    }

    fn place(&self, id: u32) -> (u32, bool) {
        let st = self.st();
        let io = &st.crypt.ios[id as usize];
        (io.slot, io.write)
    }

    fn kcryptd_queue_crypt(&self, id: u32, cpu: usize) {
        {
            let mut st = self.st();
            st.crypt.queued += 1;
            st.note_queue();
        }
        self.queue_crypt_work(id, cpu);
    }

    /// `kcryptd_io_read`: a clone bio and the read below it. False if there is no clone for this mask.
    async fn kcryptd_io_read(&self, me: TaskId, id: u32, gfp: Gfp) -> bool {
        let _frame = self.frame(me, "kcryptd_io_read");
        let Some(crypt_bio) = self.mempool_alloc(me, Pool::CryptBio, gfp).await else { return false };
        self.st().crypt.ios[id as usize].crypt_bio = Some(crypt_bio);
        self.cpu(me, self.costs.submit).await;
        let (slot, _) = self.place(id);
        self.submit_lower(me, id, slot, false).await;
        true
    }

    /// `kcryptd_io_read_work`: the same by a worker that may wait for the clone.
    pub(crate) async fn kcryptd_io_read_work(&self, me: TaskId, id: u32) {
        let _frame = self.frame(me, "kcryptd_io_read_work");
        self.kcryptd_io_read(me, id, Gfp::NOIO).await;
    }

    /// `kcryptd_crypt`: one work item, one bio.
    pub(crate) async fn kcryptd_crypt(&self, me: TaskId, id: u32) {
        let _frame = self.frame(me, "kcryptd_crypt");
        let (slot, write) = self.place(id);
        if write {
            self.cpu(me, self.costs.crypt_item).await;
            self.crypt_alloc_buffer(me, id).await;
        }
        if let Some(max_queue) = self.engine_queue {
            if !self.crypt_convert_async(me, id, max_queue).await {
                return;
            }
        } else {
            self.crypt_convert(me).await;
        }
        self.crypt_done();
        if !write {
            self.end_swap_io(id, self.exec.cpu_of(me));
        } else if self.submit_from_crypt_cpus {
            self.st().record.encrypted();
            self.cpu(me, self.costs.submit).await;
            self.submit_lower(me, id, slot, true).await;
        } else {
            self.queue_for_write(id);
        }
    }

    /// `kcryptd_crypt_write_io_submit`: into the tree of the `dmcrypt_write` thread.
    fn queue_for_write(&self, id: u32) {
        let woken = {
            let mut st = self.st();
            st.record.encrypted();
            let slot = st.crypt.ios[id as usize].slot;
            st.crypt.write_tree.insert(slot, id);
            st.crypt.write_wait.take_all()
        };
        self.wake_all(woken);
    }

    fn crypt_done(&self) {
        let mut st = self.st();
        st.crypt.queued -= 1;
        st.note_queue();
    }

    /// `crypt_convert` with a synchronous cipher.
    async fn crypt_convert(&self, me: TaskId) {
        let sector = self.cipher_ns / SECTORS;
        if sector < 10_000 {
            self.cpu(me, self.cipher_ns).await;
            return;
        }
        for _ in 0..SECTORS {
            self.cpu(me, sector).await;
        }
    }

    /// `crypt_alloc_buffer` for one page: pass A without the lock and without reclaim for the page; pass B under the
    /// device's mutex with reclaim.
    async fn crypt_alloc_buffer(&self, me: TaskId, id: u32) {
        let _frame = self.frame(me, "crypt_alloc_buffer");
        let mut crypt_bio = self.mempool_alloc(me, Pool::CryptBio, Gfp::NOIO).await;
        let mut page = self.mempool_alloc(me, Pool::CryptPage, Gfp::NOWAIT).await;
        if page.is_none() {
            if let Some(bio) = crypt_bio {
                self.mempool_free(Pool::CryptBio, bio, self.exec.cpu_of(me));
            }
            self.lock_alloc(me).await;
            crypt_bio = self.mempool_alloc(me, Pool::CryptBio, Gfp::NOIO).await;
            page = self.mempool_alloc(me, Pool::CryptPage, Gfp::NOWAIT.with(Gfp::DIRECT_RECLAIM)).await;
            let next = {
                let mut st = self.st();
                st.crypt.alloc_lock = false;
                st.crypt.alloc_wait.take_first()
            };
            if let Some(task) = next {
                self.exec.wake(task);
            }
        }
        let mut st = self.st();
        let io = &mut st.crypt.ios[id as usize];
        io.crypt_bio = crypt_bio;
        io.crypt_page = page;
        st.crypt.pages_in_flight += u64::from(page.is_some());
    }

    async fn lock_alloc(&self, me: TaskId) {
        let _frame = self.frame(me, "mutex_lock");
        loop {
            {
                let mut st = self.st();
                if !st.crypt.alloc_lock {
                    st.crypt.alloc_lock = true;
                    return;
                }
                st.crypt.alloc_wait.add(me);
            }
            self.sleep(me, TaskState::Uninterruptible).await;
            self.st().crypt.alloc_wait.remove(me);
        }
    }

    /// The `dmcrypt_write` thread: takes the whole tree and submits it in ascending order under one plug.
    pub(crate) async fn dmcrypt_write(&self, me: TaskId) {
        let _frame = self.frame(me, "dmcrypt_write");
        loop {
            let tree = std::mem::take(&mut self.st().crypt.write_tree);
            if tree.is_empty() {
                self.st().crypt.write_wait.add(me);
                self.sleep(me, TaskState::Interruptible).await;
                self.st().crypt.write_wait.remove(me);
                continue;
            }
            self.start_plug(me);
            for (slot, id) in tree {
                self.cpu(me, self.costs.submit).await;
                self.submit_lower(me, id, slot, true).await;
            }
            self.finish_plug(me);
        }
    }

    /// The lower device has finished a bio (`crypt_endio`; without dm-crypt `end_swap_bio_*`).
    pub(crate) fn end_lower_bio(&self, id: u32) {
        let cpu = IRQ_CPU;
        let (write, page, bio) = {
            let mut st = self.st();
            let io = &mut st.crypt.ios[id as usize];
            let held = (io.write, io.crypt_page.take(), io.crypt_bio.take());
            st.crypt.pages_in_flight -= u64::from(held.1.is_some());
            held
        };
        if let Some(page) = page {
            self.mempool_free(Pool::CryptPage, page, cpu);
        }
        if let Some(bio) = bio {
            self.mempool_free(Pool::CryptBio, bio, cpu);
        }
        if self.has_crypt && !write {
            self.kcryptd_queue_crypt(id, cpu);
            return;
        }
        self.end_swap_io(id, cpu);
    }

    /// The base bio ends (`dec_pending`, `end_swap_bio_write`, `end_swap_bio_read`).
    fn end_swap_io(&self, id: u32, cpu: usize) {
        let io = std::mem::take(&mut self.st().crypt.ios[id as usize]);
        if io.write && self.has_crypt {
            self.put_swap_bio();
        }
        if let Some(clone) = io.dm_clone {
            self.mempool_free(Pool::DmClone, clone, cpu);
        }
        if let Some(dm_io) = io.dm_io {
            self.mempool_free(Pool::DmIo, dm_io, cpu);
        }
        let woken: Vec<TaskId> = {
            let mut st = self.st();
            if io.write {
                st.end_page_writeback(io.pfn, cpu);
            } else {
                st.pages.clear(io.pfn, PG_READING | PG_LOCKED);
            }
            st.crypt.unused.push(id);
            let (done, waiting) =
                std::mem::take(&mut st.page_waiters).into_iter().partition(|(pfn, _)| *pfn == io.pfn);
            st.page_waiters = waiting;
            let done: Vec<(Pfn, TaskId)> = done;
            done.into_iter().map(|(_, task)| task).collect()
        };
        if let Some(bio) = io.swap_bio {
            self.mempool_free(Pool::SwapBio, bio, cpu);
        }
        self.wake_all(woken);
    }
}

#[cfg(test)]
mod tests;
