//! Memory pools (mm/mempool.c) and the allocations behind them.

use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{ALLOC_HARDER, ALLOC_HIGH, ALLOC_NO_WATERMARKS, Gfp, PF_LESS_THROTTLE, TIF_MEMDIE};
use crate::kernel::{LessThrottle, MempoolReclaim, MempoolReserves};
use crate::mmzone::Mark;
use crate::os::Os;
use crate::page::Pfn;
use crate::slab::Cache;
use crate::state::State;
use crate::task::WaitQueue;
use crate::trace::{Series, Site};

/// What a pool hands out: an object of a slab cache, or a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element(pub u32);

/// The pools that one page meets on its way to an encrypted disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Swap bios: the global bio set, 2.
    SwapBio,
    /// `dm_io` of the mapped device, 16.
    DmIo,
    /// The mapped device's bio set, 16.
    DmClone,
    /// dm-crypt's bio set, `MIN_IOS`.
    CryptBio,
    /// dm-crypt's page pool, 256 (`BIO_MAX_PAGES`).
    CryptPage,
    /// dm-crypt's request pool, `MIN_IOS`, that an asynchronous cipher needs.
    CryptRequest,
}

impl Pool {
    /// All pools, in the order of the enum.
    pub const ALL: [Self; 6] =
        [Self::SwapBio, Self::DmIo, Self::DmClone, Self::CryptBio, Self::CryptPage, Self::CryptRequest];

    /// The slab cache behind a pool; `None` for the pool of pages.
    const fn cache(self) -> Option<Cache> {
        match self {
            Self::SwapBio | Self::CryptBio => Some(Cache::Bio),
            Self::DmIo => Some(Cache::DmIo),
            Self::DmClone => Some(Cache::DmClone),
            Self::CryptRequest => Some(Cache::CryptRequest),
            Self::CryptPage => None,
        }
    }

    const fn series(self) -> Option<Series> {
        match self {
            Self::CryptBio => Some(Series::CryptBios),
            Self::CryptPage => Some(Series::CryptPages),
            Self::SwapBio | Self::DmIo | Self::DmClone | Self::CryptRequest => None,
        }
    }

    /// The functions that lead to `mempool_alloc`, for call stacks: `crypt_alloc_buffer` calls it itself.
    const fn caller(self) -> Option<&'static str> {
        match self {
            Self::SwapBio | Self::DmClone | Self::CryptBio => Some("bio_alloc_bioset"),
            Self::DmIo => Some("alloc_io"),
            Self::CryptPage => None,
            Self::CryptRequest => Some("crypt_alloc_req"),
        }
    }
}

/// `mempool_t`.
#[derive(Debug, Default)]
pub(crate) struct Mempool {
    min_nr: usize,
    elements: Vec<Element>,
    wait: WaitQueue,
}

/// The masks under which `mempool_alloc` asks, one after the other.
pub(crate) struct Attempts {
    /// The caller's mask with `__GFP_NORETRY`.
    full: Gfp,
    mask: Gfp,
    /// Of the second attempt and all later ones.
    last: Gfp,
}

/// What follows an attempt that found neither memory nor an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAttempt {
    /// Another one at once.
    Again,
    /// Another one after up to 5 s in the pool's wait queue.
    Sleeps,
    /// None: the caller gets nothing.
    Fails,
}

impl Attempts {
    pub(crate) fn new(reclaim: MempoolReclaim, gfp: Gfp) -> Self {
        let full = gfp.with(Gfp::NORETRY);
        let last = match reclaim {
            MempoolReclaim::PoolEmpty => full,
            MempoolReclaim::Never => full.without(Gfp::DIRECT_RECLAIM),
        };
        Self { full, mask: full.without(Gfp::DIRECT_RECLAIM).without(Gfp::IO), last }
    }

    /// The mask of the attempt that is due.
    pub(crate) fn mask(&self, reserves: bool) -> Gfp {
        if reserves { self.mask } else { self.mask.with(Gfp::NOMEMALLOC) }
    }

    /// The caller may reclaim, and so may sleep.
    pub(crate) fn may_sleep(&self) -> bool {
        self.full.has(Gfp::DIRECT_RECLAIM)
    }

    /// The mask of the attempt that would follow at once.
    pub(crate) fn following(&self) -> Option<Gfp> {
        (self.mask != self.last).then_some(self.last)
    }

    /// Goes on to the next attempt.
    pub(crate) fn advance(&mut self) -> AfterAttempt {
        match self.following() {
            Some(mask) => {
                self.mask = mask;
                AfterAttempt::Again
            }
            None if self.may_sleep() => AfterAttempt::Sleeps,
            None => AfterAttempt::Fails,
        }
    }
}

/// Whether an attempt may do without `__GFP_NOMEMALLOC`. The look at the pool is without its lock: an element may be there
/// now and gone later.
pub(crate) fn may_drain(reserves: MempoolReserves, empty: bool, victim: bool) -> bool {
    match reserves {
        MempoolReserves::Never | MempoolReserves::NeverAgain => false,
        MempoolReserves::WhenEmpty => empty,
        MempoolReserves::VictimsOnly => victim && empty,
    }
}

impl Mempool {
    pub(crate) fn size(&self) -> u64 {
        self.min_nr as u64
    }
    pub(crate) fn available(&self) -> u64 {
        self.elements.len() as u64
    }
}

impl State {
    /// Fills the pools when the device is set up. Without an asynchronous cipher nobody takes a request out of its pool, whose
    /// few pages are among what the kernel holds at the start.
    pub(crate) fn create_pools(&mut self, min_ios: u32, async_cipher: bool) {
        for pool in Pool::ALL {
            let min_nr = match pool {
                Pool::SwapBio => 2,
                Pool::DmIo | Pool::DmClone => 16,
                Pool::CryptBio => min_ios as usize,
                Pool::CryptPage => 256,
                Pool::CryptRequest => {
                    if async_cipher {
                        min_ios as usize
                    } else {
                        0
                    }
                }
            };
            let mut elements = Vec::new();
            for _ in 0..min_nr {
                let element = match pool.cache() {
                    Some(cache) => self.cache_alloc_early(cache),
                    None => self.get_page_from_freelist(0, 0, Mark::Low, 0).map(Element),
                };
                elements.extend(element);
            }
            self.pools.push(Mempool { min_nr, elements, wait: WaitQueue::default() });
            self.note_pool(pool);
        }
    }

    fn note_pool(&mut self, pool: Pool) {
        if let Some(series) = pool.series() {
            let level = self.pools[pool as usize].available();
            self.record.note(series, level);
        }
    }

    /// An object for a pool that is filled at set-up, where memory is plenty.
    fn cache_alloc_early(&mut self, cache: Cache) -> Option<Element> {
        if let Some(object) = self.caches[cache as usize].take(0, false) {
            return Some(Element(object));
        }
        let pfn = self.get_page_from_freelist(0, 0, Mark::Min, 0)?;
        Some(self.cache_add(cache, 0, pfn, false))
    }

    fn cache_add(&mut self, cache: Cache, cpu: usize, pfn: Pfn, pfmemalloc: bool) -> Element {
        let object = self.caches[cache as usize].add(cpu, pfn, pfmemalloc);
        self.note_slab();
        Element(object)
    }

    pub(crate) fn cache_free(&mut self, cache: Cache, element: Element, cpu: usize) {
        if let Some(pfn) = self.caches[cache as usize].put(element.0) {
            self.free_page(pfn, cpu);
            self.note_slab();
        }
    }

    /// A node for the swap cache's tree, under GFP_ATOMIC: `swapper_spaces` is set up with that mask, and
    /// `add_to_swap_cache` preloads nothing because its own mask, which would forbid the reserves, cannot block
    /// (`radix_tree_maybe_preload`). A reclaimer is PF_MEMALLOC, so a node may take the last page. Recorded runs agree:
    /// swap-out goes on for thousands of pages with free memory at 0.
    pub(crate) fn radix_node_alloc(&mut self, cpu: usize, may_use_reserves: bool) -> Option<Element> {
        let object = self.caches[Cache::RadixNode as usize].take(cpu, may_use_reserves);
        if let Some(object) = object {
            return Some(Element(object));
        }
        if let Some(pfn) = self
            .get_page_from_freelist(cpu, 0, Mark::Low, 0)
            .or_else(|| self.get_page_from_freelist(cpu, 0, Mark::Min, ALLOC_HIGH | ALLOC_HARDER))
        {
            return Some(self.cache_add(Cache::RadixNode, cpu, pfn, false));
        }
        if !may_use_reserves {
            return None;
        }
        let pfn = self.get_page_from_freelist(cpu, 0, Mark::Min, ALLOC_NO_WATERMARKS);
        if pfn.is_some() {
            self.vm.reserve_pages += 1;
        } else {
            self.vm.reserve_empty += 1;
        }
        pfn.map(|pfn| self.cache_add(Cache::RadixNode, cpu, pfn, true))
    }

    fn mempool_pop(&mut self, pool: Pool) -> Option<Element> {
        let element = self.pools[pool as usize].elements.pop()?;
        self.vm.mempool_from_pool += 1;
        self.note_pool(pool);
        Some(element)
    }

    /// `mempool_free`: the pool is refilled before memory is given back; all waiters are woken. Gives them.
    #[must_use]
    pub(crate) fn mempool_free(&mut self, pool: Pool, element: Element, cpu: usize) -> Vec<TaskId> {
        let slot = &mut self.pools[pool as usize];
        if slot.elements.len() < slot.min_nr {
            slot.elements.push(element);
            let woken = slot.wait.take_all();
            self.note_pool(pool);
            return woken;
        }
        match pool.cache() {
            Some(cache) => self.cache_free(cache, element, cpu),
            None => self.free_page(element.0, cpu),
        }
        Vec::new()
    }
}

impl Os {
    /// `kmem_cache_alloc`.
    pub(crate) async fn kmem_cache_alloc(&self, me: TaskId, cache: Cache, gfp: Gfp) -> Option<Element> {
        let cpu = self.exec.cpu_of(me);
        let reserves = self.may_use_reserves(me, gfp);
        let cached = self.st().caches[cache as usize].take(cpu, reserves);
        if let Some(object) = cached {
            return Some(Element(object));
        }
        let taken = self.st().vm.reserve_pages;
        let pfn = {
            // allocate_slab asks twice: with __GFP_NORETRY for the preferred order, then as the caller said for the
            // smallest order. Both are 0 for these caches and both may reclaim, so a blocked kcryptd goes through
            // direct reclaim twice for one bio (recorded crawls: 39 sleeps between two bursts, 13 and then 26).
            let _frames = ["kmem_cache_alloc", "___slab_alloc", "new_slab", "alloc_pages_current"]
                .map(|name| self.frame(me, name));
            match self.alloc_pages(me, gfp.with(Gfp::NORETRY), 0).await {
                Some(pfn) => pfn,
                None => self.alloc_pages(me, gfp, 0).await?,
            }
        };
        let mut st = self.st();
        // The page is marked pfmemalloc if no watermark was tested for it.
        let pfmemalloc = reserves && st.vm.reserve_pages > taken;
        let cpu = self.exec.cpu_of(me);
        Some(st.cache_add(cache, cpu, pfn, pfmemalloc))
    }

    async fn pool_alloc_fn(&self, me: TaskId, pool: Pool, gfp: Gfp) -> Option<Element> {
        match pool.cache() {
            Some(cache) => {
                let _frame = self.frame(me, "mempool_alloc_slab");
                self.kmem_cache_alloc(me, cache, gfp).await
            }
            None => {
                let _frames = ["mempool_alloc_pages", "alloc_pages_current"].map(|name| self.frame(me, name));
                self.alloc_pages(me, gfp, 0).await.map(Element)
            }
        }
    }

    /// `mempool_alloc`. With DIRECT_RECLAIM it never fails; without, `None` when allocator and pool are empty.
    pub(crate) async fn mempool_alloc(&self, me: TaskId, pool: Pool, gfp: Gfp) -> Option<Element> {
        let _request = self.request(me);
        let _caller = pool.caller().map(|name| self.frame(me, name));
        let _frame = self.frame(me, "mempool_alloc");
        let mut attempts = Attempts::new(self.policy.mempool_reclaim, gfp);
        loop {
            let mask = attempts.mask(self.may_drain_reserves(me, pool));
            self.st().vm.mempool_alloc += 1;
            if let Some(element) = self.pool_alloc_less_throttled(me, pool, mask).await {
                return Some(element);
            }
            if let Some(element) = self.st().mempool_pop(pool) {
                return Some(element);
            }
            self.decide_pool_empty(me, pool, &attempts);
            match attempts.advance() {
                AfterAttempt::Again => continue,
                AfterAttempt::Fails => return None,
                AfterAttempt::Sleeps => {}
            }
            {
                let mut st = self.st();
                st.vm.mempool_wait += 1;
                st.pools[pool as usize].wait.add(me);
            }
            self.stall(me, Site::MempoolAlloc, TaskState::Uninterruptible, Some(5 * self.hz)).await;
            self.st().pools[pool as usize].wait.remove(me);
        }
    }

    /// [`may_drain`], for a task and a pool.
    pub(crate) fn may_drain_reserves(&self, me: TaskId, pool: Pool) -> bool {
        let empty = self.st().pools[pool as usize].available() == 0;
        may_drain(self.policy.mempool_reserves, empty, self.exec.flags(me) & TIF_MEMDIE != 0)
    }

    /// The allocation of a pool, with `PF_LESS_THROTTLE` where the policy has it.
    async fn pool_alloc_less_throttled(&self, me: TaskId, pool: Pool, gfp: Gfp) -> Option<Element> {
        let flags = self.exec.flags(me);
        if self.policy.less_throttle != LessThrottle::Mempool || flags & PF_LESS_THROTTLE != 0 {
            return self.pool_alloc_fn(me, pool, gfp).await;
        }
        self.exec.set_flags(me, flags | PF_LESS_THROTTLE);
        let element = self.pool_alloc_fn(me, pool, gfp).await;
        self.exec.set_flags(me, self.exec.flags(me) & !PF_LESS_THROTTLE);
        element
    }

    /// `mempool_free`, with its wake-ups.
    pub(crate) fn mempool_free(&self, pool: Pool, element: Element, cpu: usize) {
        let woken = self.st().mempool_free(pool, element, cpu);
        for task in woken {
            self.exec.wake(task);
        }
    }
}

#[cfg(test)]
mod tests;
