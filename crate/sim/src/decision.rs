//! The tests on the way to a sleep or a kill, each with the numbers that it looked at. Words for them are made elsewhere:
//! the model only fills in numbers.

use crate::config::ZoneKind;
pub use crate::mempool::Pool;
use crate::trace::Site;
use crate::units::Nanos;

/// Numbers that a decision has at most, its kind included.
pub const WORDS: usize = 9;

/// A field of a decision, as a number and back.
trait Word: Copy {
    fn word(self) -> u64;
    fn from_word(word: u64) -> Option<Self>;
}

impl Word for u64 {
    fn word(self) -> u64 {
        self
    }
    fn from_word(word: u64) -> Option<Self> {
        Some(word)
    }
}

impl Word for u32 {
    fn word(self) -> u64 {
        self.into()
    }
    fn from_word(word: u64) -> Option<Self> {
        word.try_into().ok()
    }
}

impl Word for bool {
    fn word(self) -> u64 {
        self.into()
    }
    fn from_word(word: u64) -> Option<Self> {
        Some(word != 0)
    }
}

/// Enums by their place in a list of all values.
macro_rules! listed {
    ($($kind:ty: $all:expr;)+) => {
        $(impl Word for $kind {
            fn word(self) -> u64 {
                self as u64
            }
            fn from_word(word: u64) -> Option<Self> {
                $all.get(usize::try_from(word).ok()?).copied()
            }
        })+
    };
}

listed! {
    Pool: Pool::ALL;
    Site: Site::ALL;
    ZoneKind: [ZoneKind::Dma, ZoneKind::Dma32, ZoneKind::Normal];
    Unit: [Unit::Dma, Unit::Dma32, Unit::Normal, Unit::Node];
    PoolThen: [PoolThen::Fails, PoolThen::Again, PoolThen::Reclaims, PoolThen::Waits];
    RetryThen: [RetryThen::GivesUp, RetryThen::Again, RetryThen::WaitsForWriteback];
}

/// What LRU lists belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Zone DMA.
    Dma,
    /// Zone DMA32.
    Dma32,
    /// Zone Normal.
    Normal,
    /// The node: all zones.
    Node,
}

impl Unit {
    /// Name of the zone, or `the node`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dma => ZoneKind::Dma.name(),
            Self::Dma32 => ZoneKind::Dma32.name(),
            Self::Normal => ZoneKind::Normal.name(),
            Self::Node => "the node",
        }
    }
}

impl From<ZoneKind> for Unit {
    fn from(zone: ZoneKind) -> Self {
        match zone {
            ZoneKind::Dma => Self::Dma,
            ZoneKind::Dma32 => Self::Dma32,
            ZoneKind::Normal => Self::Normal,
        }
    }
}

/// What `mempool_alloc` does once allocator and pool are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolThen {
    /// Its caller may not sleep.
    Fails,
    /// Tries the allocator again, still without reclaim.
    Again,
    /// Tries the allocator again, which may reclaim.
    Reclaims,
    /// Sleeps until an element comes back, 5 s at most.
    Waits,
}

/// What `should_reclaim_retry` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryThen {
    /// No further round.
    GivesUp,
    /// Another round.
    Again,
    /// Another round after `congestion_wait(HZ/10)`: half of what could be reclaimed is dirty or under writeback.
    WaitsForWriteback,
}

/// Declares the decisions: meaning, name, kernel function, policy value that decides (or nothing), numbers.
macro_rules! decisions {
    ($($(#[doc = $about:literal])+ $name:ident = $function:literal, $policy:expr, {
        $($(#[doc = $meaning:literal])+ $field:ident: $kind:ty,)+
    })+) => {
        /// A test with its numbers. Counts of memory are pages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Decision { $($(#[doc = $about])+ $name { $($(#[doc = $meaning])+ $field: $kind),+ }),+ }

        #[derive(Clone, Copy, PartialEq, Eq)]
        enum Kind { $($name),+ }

        impl Decision {
            fn kind(&self) -> Kind {
                match self { $(Self::$name { .. } => Kind::$name),+ }
            }

            const fn usual_function(&self) -> &'static str {
                match self { $(Self::$name { .. } => $function),+ }
            }

            /// Name of the field of [`KernelPolicy`](crate::kernel::KernelPolicy) that the outcome hangs on.
            #[must_use]
            pub const fn policy(&self) -> Option<&'static str> {
                match self { $(Self::$name { .. } => $policy),+ }
            }

            /// As a row of numbers.
            #[must_use]
            pub fn words(&self) -> [u64; WORDS] {
                let mut words = [0; WORDS];
                words[0] = self.kind() as u64;
                match self {
                    $(Self::$name { $($field),+ } => {
                        for (place, word) in words[1..].iter_mut().zip([$($field.word()),+]) {
                            *place = word;
                        }
                    })+
                }
                words
            }

            /// From a row of numbers; `None` if it is none of [`words`](Self::words).
            #[must_use]
            pub fn from_words(words: &[u64]) -> Option<Self> {
                let (kind, fields) = words.split_first()?;
                let mut fields = fields.iter();
                $(if *kind == Kind::$name as u64 {
                    return Some(Self::$name { $($field: Word::from_word(*fields.next()?)?),+ });
                })+
                None
            }
        }
    };
}

decisions! {
    /// Neither allocator nor pool had an element.
    MempoolEmpty = "mempool_alloc", Some("mempool_reclaim"), {
        /// Which pool.
        pool: Pool,
        /// Elements that it has when full.
        size: u64,
        /// What follows.
        then: PoolThen,
    }
    /// Whether the next attempt for an empty pool may take memory reserves.
    MempoolReserves = "mempool_alloc", Some("mempool_reserves"), {
        /// Which pool.
        pool: Pool,
        /// It may.
        allowed: bool,
    }
    /// A zone failed the watermark test.
    Watermark = "__zone_watermark_ok", None, {
        /// Which zone.
        zone: ZoneKind,
        /// Order of the request.
        order: u32,
        /// Free pages.
        free: u64,
        /// The min mark.
        min: u64,
        /// What must stay free for this request, `lowmem_reserve` included.
        need: u64,
        /// There were pages enough, but no block of this order.
        no_block: bool,
    }
    /// A request that may ignore watermarks found no page.
    ReservesEmpty = "get_page_from_freelist", Some("memalloc_try"), {
        /// Order of the request.
        order: u32,
        /// Free pages of all zones, too small as blocks or none.
        free: u64,
    }
    /// The slow path goes on to reclaim, or fails where it may not.
    SlowPath = "__alloc_pages_slowpath", None, {
        /// Order of the request.
        order: u32,
        /// Its gfp mask, with the bits of 4.7.
        gfp: u32,
        /// The caller is in reclaim already or may not sleep: the request fails.
        fails: bool,
    }
    /// A user task is held at the entrance of direct reclaim.
    ThrottleDirectReclaim = "throttle_direct_reclaim", None, {
        /// Free pages of all zones.
        free: u64,
        /// The sum of their min marks.
        min: u64,
        /// It waits without limit (`__GFP_FS`), else for a second.
        unlimited: bool,
    }
    /// kswapd has found a zone below its high mark.
    BalancePgdat = "balance_pgdat", None, {
        /// Which zone.
        zone: ZoneKind,
        /// Free pages.
        free: u64,
        /// The high mark.
        high: u64,
        /// Scan priority: a 2^priority-th of the lists.
        priority: u32,
    }
    /// A pass over the zones ended.
    ShrinkZones = "shrink_zones", None, {
        /// Scan priority, 12 to 0: a 2^priority-th of the lists.
        priority: u32,
        /// Pages scanned at this priority.
        scanned: u64,
        /// Pages reclaimed by this attempt so far.
        reclaimed: u64,
        /// Pages that it wants.
        wanted: u64,
    }
    /// An attempt at direct reclaim ended without a page.
    DirectReclaim = "do_try_to_free_pages", Some("progress"), {
        /// Pages scanned.
        scanned: u64,
        /// It counts as progress all the same.
        progress: bool,
    }
    /// Whether a zone still counts as reclaimable.
    Reclaimable = "zone_reclaimable", Some("progress"), {
        /// Which zone, or the node.
        unit: Unit,
        /// Pages scanned since one reached the free lists.
        scanned: u64,
        /// Pages that reclaim may count on.
        reclaimable: u64,
    }
    /// Too many pages are in the hands of other reclaimers.
    TooManyIsolated = "too_many_isolated", None, {
        /// Isolated pages.
        isolated: u64,
        /// Most that this caller accepts.
        limit: u64,
    }
    /// kswapd met pages at the tail that it had queued already.
    KswapdStall = "shrink_inactive_list", Some("writeback_flag"), {
        /// How many of the batch.
        pages: u64,
    }
    /// The lists met nothing but dirty pages of a congested device.
    WaitIffCongested = "wait_iff_congested", None, {
        /// Most ticks that it sleeps.
        jiffies: u64,
    }
    /// A workqueue worker takes its nap of a jiffy.
    WorkerNap = "wait_iff_congested", Some("worker_nap"), {
        /// In `should_reclaim_retry`, else in `wait_iff_congested`.
        in_retry: bool,
    }
    /// More pages are under writeback than the limit allows.
    ThrottleVmWriteout = "throttle_vm_writeout", Some("throttle_vm_writeout"), {
        /// Pages under writeback.
        writeback: u64,
        /// 1.1 x the dirty limit.
        limit: u64,
        /// gfp mask of the reclaim.
        gfp: u32,
        /// It looks again after the sleep: the request may do I/O and enter file systems.
        again: bool,
        /// The task has `PF_LESS_THROTTLE`.
        less_throttle: bool,
    }
    /// A sleep ended.
    Slept = "schedule_timeout", None, {
        /// Where.
        site: Site,
        /// Most ticks that it could have lasted; 0 for no limit.
        jiffies: u64,
        /// How long it lasted, in ns.
        ns: u64,
        /// Somebody ended it, not the timer.
        woken: bool,
    }
    /// Another round or not.
    ReclaimRetry = "should_reclaim_retry", Some("retry"), {
        /// The zone that decided: the first that passes, or the highest.
        zone: ZoneKind,
        /// Order of the request.
        order: u32,
        /// Rounds without progress so far.
        loops: u64,
        /// Free pages and reclaimable ones, the latter scaled down by the rounds.
        available: u64,
        /// What must be free for this request.
        need: u64,
        /// Reclaimable pages.
        reclaimable: u64,
        /// Pages dirty or under writeback.
        writeback: u64,
        /// What follows.
        then: RetryThen,
    }
    /// Without should_reclaim_retry: progress or not is all that is asked.
    RetryWhileProgress = "__alloc_pages_slowpath", Some("retry"), {
        /// There was some.
        progress: bool,
    }
    /// Whether compaction asks for another round.
    CompactRetry = "should_compact_retry", Some("compact_retry"), {
        /// Order of the request.
        order: u32,
        /// It does.
        again: bool,
    }
    /// A proposed rule holds off the OOM killer.
    OomVeto = "__alloc_pages_may_oom", Some("oom_veto"), {
        /// Pages under writeback.
        writeback: u64,
        /// Free swap slots.
        swap_free: u64,
        /// All swap slots.
        swap_total: u64,
    }
    /// Another task holds the oom mutex.
    OomLock = "__alloc_pages_may_oom", None, {
        /// Order of the request.
        order: u32,
    }
    /// The request lacks `__GFP_FS` and must not kill.
    OomNoFs = "__alloc_pages_may_oom", Some("nofs_oom"), {
        /// Its gfp mask.
        gfp: u32,
    }
    /// An earlier victim is still dying.
    OomPending = "oom_scan_process_thread", Some("oom_abort"), {
        /// Order of the request.
        order: u32,
    }
    /// The last attempt before a kill, at the high mark, failed.
    OomLastTry = "__alloc_pages_may_oom", None, {
        /// Free pages of all zones.
        free: u64,
        /// What must stay free in all: their high marks and `lowmem_reserve`.
        high: u64,
        /// Order of the request.
        order: u32,
        /// Rounds without progress that it has made.
        loops: u64,
    }
    /// A victim was chosen.
    OomBadness = "oom_badness", None, {
        /// The victim, an index into the tasks of the trace.
        victim: u32,
        /// Its pages: resident, in swap, page tables.
        points: u64,
        /// The same in thousandths of RAM and swap.
        score: u64,
        /// Free swap slots.
        swap_free: u64,
        /// All swap slots.
        swap_total: u64,
    }
    /// As many pages of swap are on their way through the mapped device as may be.
    SwapBios = "__map_bio", Some("dm_swap_bios"), {
        /// How many.
        bios: u64,
    }
    /// A dirtier is held to its share of the disk.
    DirtyPause = "balance_dirty_pages", Some("dirty_arithmetic"), {
        /// Dirty pages and pages under writeback.
        dirty: u64,
        /// Up to here nobody is held.
        freerun: u64,
        /// Nobody gets beyond here.
        limit: u64,
        /// Ticks of the pause.
        jiffies: u64,
    }
}

impl Decision {
    /// The kernel function that decides.
    #[must_use]
    pub fn function(&self) -> &'static str {
        if let Self::WorkerNap { in_retry: true } = self {
            return "should_reclaim_retry";
        }
        if let Self::Slept { site, .. } = self {
            return match site {
                Site::ThrottleVmWriteout
                | Site::CongestionWaitKswapd
                | Site::TooManyIsolated
                | Site::ReclaimRetry => "congestion_wait",
                Site::WaitIffCongested => "wait_iff_congested",
                Site::ThrottleDirectReclaim
                | Site::WorkerNap
                | Site::MempoolAlloc
                | Site::OomLock
                | Site::OomVeto
                | Site::SwapBios
                | Site::BalanceDirtyPages => self.usual_function(),
            };
        }
        self.usual_function()
    }

    /// Which decisions replace one another in the notes on a task: those of one kind about one thing.
    pub(crate) fn key(&self) -> u16 {
        let subject = if let Self::MempoolEmpty { pool, .. } | Self::MempoolReserves { pool, .. } = self {
            *pool as u16
        } else if let Self::Watermark { zone, .. } = self {
            *zone as u16
        } else if let Self::Reclaimable { unit, .. } = self {
            *unit as u16
        } else {
            0
        };
        (self.kind() as u16) << 8 | subject
    }
}

/// A decision on the way to a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it was made last.
    pub t: Nanos,
    /// How often, since the request began.
    pub times: u64,
    /// The last of these times.
    pub decision: Decision,
}

/// The way to a mark: what was decided since the request began, one step for each kind of decision and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// When the mark was made; for a sleep, when it ended.
    pub t: Nanos,
    /// The task that made it.
    pub task: u32,
    /// Where it slept; `None` for an OOM kill.
    pub site: Option<Site>,
    /// How long it slept.
    pub lasted: Nanos,
    /// The decisions, by time.
    pub steps: Vec<Step>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_survives_as_numbers() {
        let zone = ZoneKind::Dma32;
        let (writeback, limit, gfp) = (69_824, 53_012, 0x240_0240);
        for decision in [
            Decision::MempoolEmpty { pool: Pool::CryptBio, size: 16, then: PoolThen::Reclaims },
            Decision::ThrottleVmWriteout { writeback, limit, gfp, again: false, less_throttle: true },
            Decision::Slept { site: Site::SwapBios, jiffies: 0, ns: u64::MAX, woken: true },
            Decision::ReclaimRetry {
                zone,
                order: 2,
                loops: 17,
                available: 3,
                need: 4,
                reclaimable: 5,
                writeback: 6,
                then: RetryThen::WaitsForWriteback,
            },
            Decision::DirtyPause { dirty: 4, freerun: 3, limit: 2, jiffies: 1 },
        ] {
            assert_eq!(Decision::from_words(&decision.words()), Some(decision));
        }
        assert_eq!(Decision::from_words(&[0, Pool::ALL.len() as u64, 16, 0]), None, "no such pool");
        assert_eq!(Decision::from_words(&[999, 0, 0, 0]), None, "no such kind");
        assert_eq!(Decision::from_words(&[0, 0]), None, "torn");
    }

    #[test]
    fn decisions_about_different_things_do_not_replace_one_another() {
        let empty = |pool| Decision::MempoolEmpty { pool, size: 16, then: PoolThen::Waits };
        let reserves = Decision::MempoolReserves { pool: Pool::DmIo, allowed: true };
        assert_ne!(empty(Pool::DmIo).key(), empty(Pool::CryptBio).key());
        assert_ne!(empty(Pool::DmIo).key(), reserves.key());
        assert_eq!(empty(Pool::DmIo).key(), empty(Pool::DmIo).key());
    }
}
