//! What a run leaves behind. Charts, tables, mails and tests read nothing else.
//!
//! Memory is bounded for any length of run: samples sit in at most [`BUCKETS`] buckets that hold the smallest, largest
//! and last value and double their width when full; events are kept up to [`EVENTS`] and then counted,
//! but for the few of kills and of the end.

use crate::kernel::OomReportStyle;
use crate::units::Nanos;

pub use crate::decision::{Chain, Decision, Pool, PoolThen, RetryThen, Step, Unit, WORDS};
pub use crate::gfp::gfp_name;
pub use crate::timeline::{SPANS, STACKS, Span, TaskAt, TaskPhase, Timeline};

/// Most buckets that a run keeps.
pub const BUCKETS: usize = 4096;
/// Most events that a run keeps besides those of [`EventKind::is_kept`].
pub const EVENTS: usize = 20_000;
/// Width of a bucket at the start of a run.
pub const FIRST_WIDTH: Nanos = Nanos::from_ms(10);

/// Bytes that a trace takes at most, whatever the length of its run: columns 3 MB, events 2 MB, spans of the timeline
/// 1 MB, chains 7 MB, samples of /proc/vmstat 1 MB, stacks 4 MB, reports of the OOM killer 8 MB (each process is killed once, and
/// listed in all of them), tasks and their sleeps 1 MB.
pub const TRACE_BYTES: usize = 32 << 20;

/// How the values of a series behave between two changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesKind {
    /// A level: it holds until the next change.
    Level,
    /// A count that only grows; a rate is the difference of two `last` values.
    Count,
    /// Single values, 0 where nothing happened in a bucket: the largest of them is `max`.
    Impulse,
}

macro_rules! series {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $kind:ident, $unit:literal;)*) => {
        /// What is sampled.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Series { $($(#[$doc])* $variant),* }

        impl Series {
            /// All series, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// Name: a counter of /proc/vmstat where there is one.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
            /// How the values behave.
            #[must_use]
            pub const fn kind(self) -> SeriesKind {
                match self { $(Self::$variant => SeriesKind::$kind),* }
            }
            /// Unit of the values.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit),* }
            }
        }
    };
}

series! {
    /// Free pages of all zones.
    Free = "nr_free_pages", Level, "pages";
    /// Free pages of the DMA zone.
    FreeDma = "free_dma", Level, "pages";
    /// Free pages of the DMA32 zone.
    FreeDma32 = "free_dma32", Level, "pages";
    /// Free pages of the Normal zone.
    FreeNormal = "free_normal", Level, "pages";
    /// Pages under writeback.
    Writeback = "nr_writeback", Level, "pages";
    /// The limit of `throttle_vm_writeout`: 1.1 times the dirty limit.
    ThrottleLimit = "throttle_limit", Level, "pages";
    /// Swap slots in use.
    SwapUsed = "swap_used", Level, "pages";
    /// Bios that wait for or are in kcryptd.
    CryptQueue = "kcryptd_queue", Level, "bios";
    /// Elements left in dm-crypt's page pool.
    CryptPages = "crypt_page_pool", Level, "elements";
    /// Elements left in dm-crypt's clone bio pool.
    CryptBios = "crypt_bio_pool", Level, "elements";
    /// Unreclaimable slab.
    SlabUnreclaimable = "nr_slab_unreclaimable", Level, "pages";
    /// Anonymous pages on the active list.
    ActiveAnon = "nr_active_anon", Level, "pages";
    /// Anonymous pages on the inactive list.
    InactiveAnon = "nr_inactive_anon", Level, "pages";
    /// Page cache on the LRU lists.
    File = "nr_file_lru", Level, "pages";
    /// Dirty page cache.
    Dirty = "nr_dirty", Level, "pages";
    /// Pages that the workload has touched.
    Progress = "workload_pages", Count, "pages";
    /// Pages handed to the swap device.
    SwapOut = "pswpout", Count, "pages";
    /// Pages read from the swap device.
    SwapIn = "pswpin", Count, "pages";
    /// Bios that kcryptd has encrypted.
    Encrypted = "kcryptd_encrypted", Count, "bios";
    /// Pages scanned by direct reclaim.
    ScanDirect = "pgscan_direct", Count, "pages";
    /// Pages scanned by kswapd.
    ScanKswapd = "pgscan_kswapd", Count, "pages";
    /// Pages freed by direct reclaim.
    StealDirect = "pgsteal_direct", Count, "pages";
    /// Pages freed by kswapd.
    StealKswapd = "pgsteal_kswapd", Count, "pages";
    /// Sleeps of workqueue workers in reclaim's throttles, at their end.
    DelayWorker = "throttle_delay_worker", Impulse, "ns";
    /// Sleeps of kswapd in reclaim's throttles, at their end.
    DelayKswapd = "throttle_delay_kswapd", Impulse, "ns";
    /// Sleeps of other tasks in reclaim's throttles, at their end.
    DelayUser = "throttle_delay_user", Impulse, "ns";
    /// Latency of the interactive probe, at the end of each of its rounds.
    Probe = "probe_latency", Impulse, "ns";
}

/// The values of one series: one entry for each bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Smallest value in the bucket.
    pub min: Vec<u64>,
    /// Largest value in the bucket.
    pub max: Vec<u64>,
    /// Value at the end of the bucket.
    pub last: Vec<u64>,
}

/// Where a task sleeps, as far as reclaim puts it to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// `throttle_vm_writeout`: too much writeback, HZ/10 at a time.
    ThrottleVmWriteout,
    /// `shrink_inactive_list`: kswapd meets pages it has queued already, HZ/10.
    CongestionWaitKswapd,
    /// `too_many_isolated`, HZ/10 at a time.
    TooManyIsolated,
    /// `throttle_direct_reclaim`: free memory below half of the min watermarks.
    ThrottleDirectReclaim,
    /// The one-jiffy nap of workqueue workers.
    WorkerNap,
    /// `should_reclaim_retry`: half of the reclaimable pages under writeback, HZ/10.
    ReclaimRetry,
    /// `mempool_alloc`: pool empty, up to 5 s.
    MempoolAlloc,
    /// `__alloc_pages_may_oom`: another task holds the oom mutex, one jiffy.
    OomLock,
    /// A proposed rule holds off the OOM killer, one jiffy.
    OomVeto,
    /// `__map_bio`: too many bios of swap on their way (a666e5c05e7c).
    SwapBios,
    /// `wait_iff_congested`: the disk of the file system is congested, up to HZ/10.
    WaitIffCongested,
    /// `balance_dirty_pages`: a writer keeps to its share of the disk, up to 200 ms at a time.
    BalanceDirtyPages,
}

impl Site {
    /// All sites.
    pub const ALL: &'static [Self] = &[
        Self::ThrottleVmWriteout,
        Self::CongestionWaitKswapd,
        Self::TooManyIsolated,
        Self::ThrottleDirectReclaim,
        Self::WorkerNap,
        Self::ReclaimRetry,
        Self::MempoolAlloc,
        Self::OomLock,
        Self::OomVeto,
        Self::SwapBios,
        Self::WaitIffCongested,
        Self::BalanceDirtyPages,
    ];

    /// The kernel function that sleeps.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThrottleVmWriteout => "throttle_vm_writeout",
            Self::CongestionWaitKswapd => "congestion_wait",
            Self::TooManyIsolated => "too_many_isolated",
            Self::ThrottleDirectReclaim => "throttle_direct_reclaim",
            Self::WorkerNap => "worker_nap",
            Self::ReclaimRetry => "should_reclaim_retry",
            Self::MempoolAlloc => "mempool_alloc",
            Self::OomLock => "__alloc_pages_may_oom",
            Self::OomVeto => "oom_veto",
            Self::SwapBios => "__map_bio",
            Self::WaitIffCongested => "wait_iff_congested",
            Self::BalanceDirtyPages => "balance_dirty_pages",
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A task slept in one of reclaim's throttles or in a mempool; `stack` indexes [`Trace::stacks`].
    Sleep {
        /// Where.
        site: Site,
        /// How long.
        ns: u64,
        /// Call stack, outermost function first, as an index.
        stack: u32,
    },
    /// The OOM killer ran; `report` indexes [`Trace::oom`].
    Oom {
        /// Index of the report.
        report: u32,
    },
    /// A task began to run.
    Started,
    /// A task ended; `killed` by SIGKILL or on its own.
    Exited {
        /// By a signal.
        killed: bool,
    },
    /// The workqueue's manager created a worker.
    WorkerCreated,
    /// The mayday timer called the rescuer.
    Mayday,
    /// The workload is done.
    WorkloadDone,
    /// The OOM reaper has taken the memory of the task.
    Reaped,
    /// A request that may not sleep found no page.
    AllocationFailure {
        /// Order of the request.
        order: u32,
    },
    /// A request has waited for longer than 10 s (`warn_alloc`, 4.9).
    AllocationStall {
        /// Order of the request.
        order: u32,
        /// How long it has taken so far.
        ns: u64,
        /// Its gfp mask, with the bits of 4.7.
        gfp_mask: u32,
        /// Name of the mask.
        gfp: &'static str,
    },
}

impl EventKind {
    /// Whether such an event is kept however many there are: what a run is looked at for, and what is rare.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::Oom { .. } | Self::Exited { killed: true } | Self::Reaped | Self::WorkloadDone)
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened; for a sleep, when it ended.
    pub t: Nanos,
    /// Task that it happened to, an index into [`Trace::tasks`].
    pub task: u32,
    /// What happened.
    pub kind: EventKind,
}

/// State of one zone in an OOM report, all in pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OomZone {
    /// Name of the zone.
    pub name: &'static str,
    /// Free pages.
    pub free: u64,
    /// The watermarks min, low and high.
    pub watermarks: [u64; 3],
    /// Pages on active_anon, inactive_anon, active_file and inactive_file.
    pub lru: [u64; 4],
    /// mlocked pages.
    pub unevictable: u64,
    /// Isolated anonymous and file pages; by zone only where reclaim is by zone.
    pub isolated: [u64; 2],
    /// Pages that exist.
    pub present: u64,
    /// Pages of the page allocator.
    pub managed: u64,
    /// Dirty page cache.
    pub dirty: u64,
    /// Pages under writeback.
    pub writeback: u64,
    /// Page cache in page tables.
    pub mapped: u64,
    /// Slab that shrinkers can free.
    pub slab_reclaimable: u64,
    /// Slab that stays.
    pub slab_unreclaimable: u64,
    /// Kernel stacks.
    pub kernel_stack: u64,
    /// Pages on all per-CPU lists, and on that of the calling CPU.
    pub free_pcp: [u64; 2],
    /// `NR_PAGES_SCANNED` of the zone, or of its node.
    pub pages_scanned: u64,
    /// `zone_reclaimable_pages`, or of its node.
    pub reclaimable: u64,
    /// `lowmem_reserve`: what requests that prefer each zone of the machine must leave here.
    pub lowmem_reserve: Vec<u64>,
    /// Free blocks of the orders 0 to 10.
    pub buddy: [u64; 11],
}

/// One process in the table of an OOM report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OomTask {
    /// The task, an index into [`Trace::tasks`]; its pid is one more.
    pub task: u32,
    /// Pages of its address space.
    pub total_vm: u64,
    /// Resident pages.
    pub rss: u64,
    /// Pages of page tables, of the lowest level and of the next.
    pub tables: [u64; 2],
    /// Pages in swap.
    pub swapents: u64,
}

/// What the OOM killer prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OomReport {
    /// When.
    pub t: Nanos,
    /// Task that called it, an index into [`Trace::tasks`].
    pub invoked_by: u32,
    /// Order of the request that failed.
    pub order: u32,
    /// Name of its gfp mask.
    pub gfp: &'static str,
    /// The mask, with the bits of 4.7.
    pub gfp_mask: u32,
    /// Layout of the version.
    pub style: OomReportStyle,
    /// Kernel functions of the task that called it, outermost first.
    pub stack: Vec<&'static str>,
    /// Task that was killed.
    pub victim: u32,
    /// Badness of the victim in thousandths of RAM plus swap.
    pub score: u64,
    /// Free swap slots.
    pub swap_free: u64,
    /// All swap slots.
    pub swap_total: u64,
    /// Pages in the swap cache, pages ever added to it, pages ever deleted from it.
    pub swap_cache: [u64; 3],
    /// Look-ups in the swap cache: found, all.
    pub swap_cache_find: [u64; 2],
    /// Zone states, lowest first.
    pub zones: Vec<OomZone>,
    /// The processes alive.
    pub processes: Vec<OomTask>,
    /// Rounds without progress that the request had made.
    pub no_progress_loops: u64,
}

impl OomReport {
    /// The row of the process that was killed.
    #[must_use]
    pub fn victim_row(&self) -> Option<&OomTask> {
        self.processes.iter().find(|row| row.task == self.victim)
    }
}

/// A stretch in which the workload touched no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// From the last page touched.
    pub from: Nanos,
    /// To the next one, or to the end of the run.
    pub to: Nanos,
}

/// Most stalls that a run keeps: those of a second or more; when there are too many, of two, four, ... seconds.
pub const STALLS: usize = 512;

/// Sleeps of one task at one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SleepTotal {
    /// Task, an index into [`Trace::tasks`].
    pub task: u32,
    /// Where.
    pub site: Site,
    /// How often.
    pub count: u64,
    /// Time in all.
    pub total: Nanos,
    /// The longest.
    pub max: Nanos,
    /// Since when the task has been asleep there, if it was when the run ended: that sleep counts with the time so far.
    pub asleep: Option<Nanos>,
}

/// What a task was doing when the run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskState {
    /// Name as in `ps`, such as `kworker/u4:0`.
    pub name: String,
    /// `R` runs or could, `S` and `D` sleep, `X` is gone.
    pub state: char,
    /// Kernel functions, outermost first.
    pub stack: Vec<&'static str>,
    /// In its present state since.
    pub since: Nanos,
}

/// How a run ended; the rule is the same for every kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The workload finished and nothing was killed.
    Completed,
    /// The OOM killer killed a task.
    Oom,
    /// Nothing was killed, the workload did not finish, and it touched fewer than [`LIVELOCK_RATE`] pages a second
    /// over the last [`LIVELOCK_WINDOW`] of the run.
    Livelock,
    /// Nothing was killed and the workload was still moving when the time was up.
    Timeout,
    /// Nothing was killed, the workload did not finish, and the time was not up: the run had taken as much work as
    /// [`Config::max_work`](crate::config::Config::max_work) allows.
    Stopped,
}

/// Pages a second below which a workload counts as stuck.
pub const LIVELOCK_RATE: u64 = 256;
/// Window at the end of the run over which the rate is taken.
pub const LIVELOCK_WINDOW: Nanos = Nanos::from_s(30);

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Completed, Self::Oom, Self::Livelock, Self::Timeout, Self::Stopped];

    /// The outcome of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Name in the JSON object and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Oom => "oom",
            Self::Livelock => "livelock",
            Self::Timeout => "timeout",
            Self::Stopped => "stopped",
        }
    }
}

/// Smallest, middle and largest of a set of figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Smallest.
    pub min: u64,
    /// Middle.
    pub median: u64,
    /// Largest.
    pub max: u64,
}

/// Watermarks of a zone, for the charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneMarks {
    /// Name of the zone.
    pub name: &'static str,
    /// Managed pages.
    pub managed: u64,
    /// Watermark min.
    pub min: u64,
    /// Watermark low.
    pub low: u64,
    /// Watermark high.
    pub high: u64,
}

/// Most samples of /proc/vmstat that a run keeps.
pub const SAMPLES: usize = 1024;

/// /proc/vmstat at one time; names as in [`Trace::vmstat`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub t: Nanos,
    /// Values, in the order of [`Trace::vmstat`].
    pub values: Vec<u64>,
}

/// Everything a run leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The seed of the run.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Virtual time at the end.
    pub end: Nanos,
    /// When the workload was done.
    pub workload_done: Option<Nanos>,
    /// When the workload started.
    pub workload_start: Nanos,
    /// Watermarks by zone.
    pub zones: Vec<ZoneMarks>,
    /// Width of a bucket.
    pub width: Nanos,
    /// One column for each of [`Series::ALL`].
    pub columns: Vec<Column>,
    /// Events in the order of time.
    pub events: Vec<Event>,
    /// Events that were only counted, when [`EVENTS`] were there and they were none of [`EventKind::is_kept`].
    pub events_dropped: u64,
    /// Time from which on events are only counted, but for those that [`EventKind::is_kept`] names.
    pub kept_until: Option<Nanos>,
    /// What every task did when.
    pub timeline: Timeline,
    /// What led to the OOM kills and sleeps, in the order of time.
    pub chains: Vec<Chain>,
    /// Stretches of the workload without progress.
    pub stalls: Vec<Stall>,
    /// Call stacks of the sleeps and of [`Trace::timeline`], outermost function first; the first is empty.
    pub stacks: Vec<Vec<&'static str>>,
    /// OOM reports.
    pub oom: Vec<OomReport>,
    /// Sleeps by task and site. Those that had not ended when the run did are here and in [`Trace::chains`], but are no
    /// [events](Trace::events).
    pub sleeps: Vec<SleepTotal>,
    /// All tasks, with their state at the end.
    pub tasks: Vec<TaskState>,
    /// Requests a second that kcryptd encrypted, over windows of ten seconds (of one second in runs of less than 30 s).
    pub kcryptd_requests_per_s: Spread,
    /// Free pages while the workload ran: `min` and `median` of the buckets' last values.
    pub free: Spread,
    /// Longest time in which the workload touched no page.
    pub longest_without_progress: Nanos,
    /// Latency of the probe: median, 99th percentile, maximum.
    pub probe_latency: [u64; 3],
    /// Counters at the end, by the version's names in /proc/vmstat.
    pub vmstat: Vec<(&'static str, u64)>,
    /// The same over time: a row each second, each two seconds once there are [`SAMPLES`], and so on.
    pub samples: Vec<Sample>,
    /// Counters of the model that no kernel has.
    pub counters: Vec<(&'static str, u64)>,
    /// Events that the engine handled.
    pub engine_events: u64,
    /// Work that the run took: these events, and what was looked at between them.
    pub work: u64,
    /// The run was stopped because of that, before it was over. Its outcome may have been known already.
    pub is_stopped: bool,
    /// Hash over all that happened; equal runs have equal hashes on every machine.
    pub hash: u64,
}

impl Trace {
    /// The column of a series.
    #[must_use]
    pub fn column(&self, series: Series) -> &Column {
        &self.columns[series as usize]
    }

    /// What every task that was alive at a time of the run was doing then.
    #[must_use]
    pub fn tasks_at(&self, t: Nanos) -> Vec<TaskAt> {
        self.timeline.at(t)
    }
}
