//! THE table of what is compared: each row says where a recording has it and where a simulated run has it.

use swapscope_sim::trace::{Series, Site};

/// Unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Pages or numbers of something.
    Number,
    /// Thousandths a second.
    PerSecond,
}

/// A figure.
#[derive(Debug, PartialEq, Eq)]
pub struct Measure {
    /// Name in JSON and in digests.
    pub key: &'static str,
    /// Name in tables.
    pub label: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Beside the figures that a reader asks for first.
    pub is_extra: bool,
    pub(super) of: Of,
}

impl Measure {
    /// How far, in per cent, the middle seed may be from a recorded value that lies outside without a word about it:
    /// levels of writeback and free memory 5, rates, times and counts 25.
    #[must_use]
    pub const fn tolerance_percent(&self) -> u64 {
        match self.of {
            Of::Level(Level::Writeback | Level::Free, _) => 5,
            Of::Level(Level::Slab, _) | Of::Done | Of::Oom | Of::Total(_) | Of::PerSecond(_) => 25,
        }
    }
}

/// How a figure is taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Time from the start of the workload to its end.
    Done,
    /// Time from the start of the workload to the first OOM kill.
    Oom,
    /// From the samples of a level.
    Level(Level, Take),
    /// Growth of a count while the workload ran.
    Total(Count),
    /// The same for each second.
    PerSecond(Count),
}

/// A level that is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Pages under writeback.
    Writeback,
    /// Free pages.
    Free,
    /// Unreclaimable slab.
    Slab,
}

impl Level {
    pub(super) const ALL: [Self; 3] = [Self::Writeback, Self::Free, Self::Slab];

    /// Its column in a recording.
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Writeback => "writeback",
            Self::Free => "nr_free",
            Self::Slab => "slab_unrec",
        }
    }

    pub(super) const fn series(self) -> Series {
        match self {
            Self::Writeback => Series::Writeback,
            Self::Free => Series::Free,
            Self::Slab => Series::SlabUnreclaimable,
        }
    }
}

/// What is taken of the samples of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Peak,
    /// Median of the last quarter.
    Plateau,
    Median,
    Min,
    /// From the first sample to the largest.
    Growth,
}

/// A count: its columns in a recording, summed, and where a simulated run has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub columns: &'static [&'static str],
    pub of: Source,
}

/// Where a simulated run has a count.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Series(Series),
    /// A name in /proc/vmstat, alone or with the suffixes of zones.
    Vmstat(&'static str),
    /// Number of sleeps at some sites.
    Sleeps(&'static [Site], Who),
    /// Their time in milliseconds; in a recording that is in jiffies.
    SleepMs(&'static [Site], Who),
}

/// Who sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Workqueue workers and kernel threads other than kswapd.
    Kernel,
    Kswapd,
    /// User tasks.
    User,
    All,
}

impl Who {
    /// Whether a task belongs to it, by its name.
    pub(super) fn has(self, task: &str) -> bool {
        const THREADS: [&str; 5] = ["kworker", "kcryptd", "kthreadd", "dmcrypt_write", "oom_reaper"];
        let kswapd = task.starts_with("kswapd");
        let kernel = THREADS.iter().any(|name| task.starts_with(name));
        match self {
            Self::Kernel => kernel,
            Self::Kswapd => kswapd,
            Self::User => !kernel && !kswapd,
            Self::All => true,
        }
    }
}

const THROTTLE: &[Site] = &[Site::ThrottleVmWriteout];

const fn main(key: &'static str, label: &'static str, unit: Unit, of: Of) -> Measure {
    Measure { key, label, unit, is_extra: false, of }
}

const fn extra(key: &'static str, label: &'static str, unit: Unit, of: Of) -> Measure {
    Measure { key, label, unit, is_extra: true, of }
}

const fn total(columns: &'static [&'static str], of: Source) -> Of {
    Of::Total(Count { columns, of })
}

/// All figures, in the order of the tables.
pub const MEASURES: &[Measure] = &[
    main("done_ms", "finished after", Unit::Ms, Of::Done),
    main("oom_ms", "OOM kill after", Unit::Ms, Of::Oom),
    main(
        "swap_out",
        "swap-out, pages/s",
        Unit::PerSecond,
        Of::PerSecond(Count { columns: &["pswpout"], of: Source::Series(Series::SwapOut) }),
    ),
    main("writeback_peak", "writeback, peak", Unit::Number, Of::Level(Level::Writeback, Take::Peak)),
    main("writeback_plateau", "writeback, plateau", Unit::Number, Of::Level(Level::Writeback, Take::Plateau)),
    main("free_median", "free pages, median", Unit::Number, Of::Level(Level::Free, Take::Median)),
    main("free_min", "free pages, minimum", Unit::Number, Of::Level(Level::Free, Take::Min)),
    main(
        "throttle_kernel",
        "throttle sleeps, workers",
        Unit::Number,
        total(&["tvw_wq", "tvw_kt"], Source::Sleeps(THROTTLE, Who::Kernel)),
    ),
    main(
        "throttle_kernel_ms",
        "  their time",
        Unit::Ms,
        total(&["tvw_wqj", "tvw_ktj"], Source::SleepMs(THROTTLE, Who::Kernel)),
    ),
    main(
        "throttle_kswapd",
        "throttle sleeps, kswapd",
        Unit::Number,
        total(&["tvw_kswapd"], Source::Sleeps(THROTTLE, Who::Kswapd)),
    ),
    main(
        "throttle_kswapd_ms",
        "  their time",
        Unit::Ms,
        total(&["tvw_kswapdj"], Source::SleepMs(THROTTLE, Who::Kswapd)),
    ),
    main(
        "throttle_user",
        "throttle sleeps, user tasks",
        Unit::Number,
        total(&["tvw_other"], Source::Sleeps(THROTTLE, Who::User)),
    ),
    main(
        "throttle_user_ms",
        "  their time",
        Unit::Ms,
        total(&["tvw_otherj"], Source::SleepMs(THROTTLE, Who::User)),
    ),
    extra(
        "encrypted",
        "encrypted, bios/s",
        Unit::PerSecond,
        Of::PerSecond(Count { columns: &["dm_enc"], of: Source::Series(Series::Encrypted) }),
    ),
    extra("slab_growth", "unreclaimable slab, growth", Unit::Number, Of::Level(Level::Slab, Take::Growth)),
    extra(
        "congestion_wait",
        "congestion_wait in vmscan",
        Unit::Number,
        total(&["cw_vmscan"], Source::Sleeps(&[Site::CongestionWaitKswapd, Site::TooManyIsolated], Who::All)),
    ),
    extra(
        "mempool_wait",
        "waits in mempool_alloc",
        Unit::Number,
        total(&["pg_wait", "ot_wait"], Source::Sleeps(&[Site::MempoolAlloc], Who::All)),
    ),
    extra("allocstall", "allocstall", Unit::Number, total(&["allocstall"], Source::Vmstat("allocstall"))),
    extra(
        "direct_throttle",
        "pgscan_direct_throttle",
        Unit::Number,
        total(&["direct_throttle"], Source::Vmstat("pgscan_direct_throttle")),
    ),
    extra("pageoutrun", "pageoutrun", Unit::Number, total(&["pageoutrun"], Source::Vmstat("pageoutrun"))),
    extra(
        "kswapd_low_quick",
        "kswapd_low_wmark_hit_quickly",
        Unit::Number,
        total(&["kswapd_low_quick"], Source::Vmstat("kswapd_low_wmark_hit_quickly")),
    ),
    extra(
        "kswapd_high_quick",
        "kswapd_high_wmark_hit_quickly",
        Unit::Number,
        total(&["kswapd_high_quick"], Source::Vmstat("kswapd_high_wmark_hit_quickly")),
    ),
    extra(
        "pgscan_kswapd",
        "pgscan_kswapd",
        Unit::Number,
        total(&["pgscan_kswapd"], Source::Series(Series::ScanKswapd)),
    ),
    extra(
        "pgscan_direct",
        "pgscan_direct",
        Unit::Number,
        total(&["pgscan_direct"], Source::Series(Series::ScanDirect)),
    ),
    extra(
        "pgsteal_kswapd",
        "pgsteal_kswapd",
        Unit::Number,
        total(&["pgsteal_kswapd"], Source::Series(Series::StealKswapd)),
    ),
    extra(
        "pgsteal_direct",
        "pgsteal_direct",
        Unit::Number,
        total(&["pgsteal_direct"], Source::Series(Series::StealDirect)),
    ),
];
