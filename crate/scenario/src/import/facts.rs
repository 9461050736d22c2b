//! What a text says about a machine, in kibibytes, with the line where it stands.

/// A figure that one source or the other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    MemTotal,
    MemUsed,
    Free,
    ActiveAnon,
    InactiveAnon,
    IsolatedAnon,
    ActiveFile,
    InactiveFile,
    /// Both LRU lists of both kinds, as `vmstat -a` has them.
    Active,
    Inactive,
    Unevictable,
    Mlocked,
    Dirty,
    Writeback,
    Mapped,
    Shmem,
    SlabReclaimable,
    SlabUnreclaimable,
    KernelStack,
    PageTables,
    HugeAnon,
    Buffers,
    Cached,
    SwapTotal,
    SwapFree,
    SwapUsed,
    ThrottleLimit,
}

/// Most zones of a machine: sums over them stay far below what a number holds.
const ZONES_MAX: usize = 256;
/// Numbers of a `lowmem_reserve` that count: DMA, DMA32, Normal and Movable, or their like. What is behind them on a line of
/// its own may be something else.
const RESERVES_MAX: usize = 4;

/// Where figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What the kernel prints with an OOM kill, an allocation failure or SysRq m.
    MemInfo,
    ProcMeminfo,
    ProcVmstat,
    Zoneinfo,
    /// `vmstat 1`.
    Vmstat,
    /// `free`.
    Free,
}

impl Source {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::MemInfo => "Mem-Info",
            Self::ProcMeminfo => "/proc/meminfo",
            Self::ProcVmstat => "/proc/vmstat",
            Self::Zoneinfo => "/proc/zoneinfo",
            Self::Vmstat => "vmstat",
            Self::Free => "free",
        }
    }
}

/// Names of a figure in `Mem-Info`, in `/proc/meminfo`, and in `/proc/vmstat` and `/proc/zoneinfo`.
///
/// `nr_kernel_stack` is left out: it counts stacks or kilobytes, by version.
const NAMES: &[(Field, &str, &str, &str)] = &[
    (Field::MemTotal, "", "MemTotal", ""),
    (Field::Free, "free", "MemFree", "nr_free_pages"),
    (Field::ActiveAnon, "active_anon", "Active(anon)", "nr_active_anon"),
    (Field::InactiveAnon, "inactive_anon", "Inactive(anon)", "nr_inactive_anon"),
    (Field::IsolatedAnon, "isolated_anon", "", "nr_isolated_anon"),
    (Field::ActiveFile, "active_file", "Active(file)", "nr_active_file"),
    (Field::InactiveFile, "inactive_file", "Inactive(file)", "nr_inactive_file"),
    (Field::Unevictable, "unevictable", "Unevictable", "nr_unevictable"),
    (Field::Mlocked, "mlocked", "Mlocked", "nr_mlock"),
    (Field::Dirty, "dirty", "Dirty", "nr_dirty"),
    (Field::Writeback, "writeback", "Writeback", "nr_writeback"),
    (Field::Mapped, "mapped", "Mapped", "nr_mapped"),
    (Field::Shmem, "shmem", "Shmem", "nr_shmem"),
    (Field::SlabReclaimable, "slab_reclaimable", "SReclaimable", "nr_slab_reclaimable"),
    (Field::SlabUnreclaimable, "slab_unreclaimable", "SUnreclaim", "nr_slab_unreclaimable"),
    (Field::KernelStack, "kernel_stack", "KernelStack", ""),
    (Field::PageTables, "pagetables", "PageTables", "nr_page_table_pages"),
    (Field::HugeAnon, "anon_thp", "AnonHugePages", ""),
    (Field::Buffers, "", "Buffers", ""),
    (Field::Cached, "", "Cached", ""),
    (Field::SwapTotal, "", "SwapTotal", ""),
    (Field::SwapFree, "", "SwapFree", ""),
    (Field::ThrottleLimit, "", "", "nr_dirty_threshold"),
];

impl Field {
    /// The figure that `Mem-Info` calls so.
    pub(super) fn of_report(name: &str) -> Option<Self> {
        let name = if name == "isolated(anon)" { "isolated_anon" } else { name };
        NAMES.iter().find(|row| !row.1.is_empty() && row.1 == name).map(|row| row.0)
    }

    pub(super) fn of_meminfo(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| !row.2.is_empty() && row.2 == name).map(|row| row.0)
    }

    pub(super) fn of_vmstat(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| !row.3.is_empty() && row.3 == name).map(|row| row.0)
    }

    /// Its name in a source.
    pub(super) fn name(self, source: Source) -> &'static str {
        let tool = match self {
            Self::MemTotal => "total",
            Self::MemUsed => "used",
            Self::Free => "free",
            Self::Active => "active",
            Self::Inactive => "inact",
            Self::Buffers => "buff",
            Self::Cached => "cache",
            Self::Shmem => "shared",
            Self::SwapTotal => "Swap total",
            Self::SwapUsed if source == Source::Vmstat => "swpd",
            Self::SwapUsed => "Swap used",
            _ => "",
        };
        let row = NAMES.iter().find(|row| row.0 == self);
        match (source, row) {
            (Source::MemInfo, Some(row)) if !row.1.is_empty() => row.1,
            (Source::MemInfo, _) if self == Self::SwapTotal => "Total swap",
            (Source::MemInfo, _) if self == Self::SwapFree => "Free swap",
            (Source::ProcMeminfo, Some(row)) => row.2,
            (Source::ProcVmstat | Source::Zoneinfo, Some(row)) => row.3,
            _ => tool,
        }
    }
}

/// A figure and the line where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub kib: u64,
    pub line: usize,
    pub source: Source,
}

/// What one source said at one time.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub source: Source,
    pub time_ms: Option<u64>,
    pub values: Vec<(Field, Seen)>,
}

impl Sample {
    pub(super) fn get(&self, field: Field) -> Option<Seen> {
        self.values.iter().find(|(found, _)| *found == field).map(|(_, seen)| *seen)
    }
}

/// Pages of a zone, and the figures that stand under it.
#[derive(Clone, Debug, Default)]
pub(super) struct Zone {
    pub node: u64,
    pub name: String,
    pub line: usize,
    pub present: Option<u64>,
    pub managed: Option<u64>,
    /// Watermarks min, low and high.
    pub marks: [Option<u64>; 3],
    /// `lowmem_reserve`, and where it stands.
    pub reserve: Vec<u64>,
    pub reserve_line: usize,
    pub values: Vec<(Field, Seen)>,
}

impl Zone {
    /// Takes a number of `lowmem_reserve`.
    pub(super) fn put_reserve(&mut self, pages: u64, line: usize) {
        if self.reserve.is_empty() {
            self.reserve_line = line;
        }
        if self.reserve.len() < RESERVES_MAX {
            self.reserve.push(pages);
        }
    }
}

/// A switch of `/proc/sys/vm`.
#[derive(Clone, Debug)]
pub(super) struct Sysctl {
    pub name: String,
    pub value: u64,
    pub line: usize,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub zones: Vec<Zone>,
    pub samples: Vec<Sample>,
    pub sysctls: Vec<Sysctl>,
    /// Release of the kernel, and where it stands.
    pub kernel: Option<(String, usize)>,
    /// Number of CPUs that were seen, and where.
    pub cpus: Option<(u64, usize)>,
    /// First OOM kill.
    pub oom: Option<usize>,
    /// Pages of RAM and pages reserved of them, as the end of a report has them.
    pub ram: [Option<(u64, usize)>; 2],
    /// Names that are known to be figures and are not used, with the line of the first.
    pub ignored: Vec<(String, usize)>,
    /// Lines of which nothing was understood, and the first of them.
    pub unknown: (usize, usize),
    /// Blocks of zones that came again.
    pub repeated: usize,
}

impl Facts {
    /// What a figure was first: of the whole machine, else summed over the zones that have it.
    pub(super) fn first(&self, field: Field) -> Option<Seen> {
        self.samples.iter().find_map(|sample| sample.get(field)).or_else(|| {
            let zones = self.zones.iter().flat_map(|zone| &zone.values);
            let all = zones.filter(|(found, _)| *found == field).map(|(_, seen)| *seen);
            all.reduce(|sum, seen| Seen { kib: sum.kib.saturating_add(seen.kib), ..sum })
        })
    }

    /// Its value, 0 where nothing says it.
    pub(super) fn kib(&self, field: Field) -> u64 {
        self.first(field).map_or(0, |seen| seen.kib)
    }

    /// Its largest value.
    pub(super) fn most(&self, field: Field) -> u64 {
        let all = self.samples.iter().filter_map(|sample| sample.get(field)).map(|seen| seen.kib);
        all.max().unwrap_or(0)
    }

    /// The zones that have pages.
    pub(super) fn present(&self) -> impl Iterator<Item = &Zone> {
        self.zones.iter().filter(|zone| zone.present.unwrap_or(0) > 0)
    }

    pub(super) fn ignore(&mut self, name: &str, line: usize) {
        // A text that is all names of something else would make a list of no use.
        if self.ignored.len() < 200 && !self.ignored.iter().any(|(found, _)| found == name) {
            self.ignored.push((crate::error::shown(name), line));
        }
    }

    /// The zone of this name, made where it is not there yet. A text with more than any machine has is damaged.
    pub(super) fn zone(&mut self, node: u64, name: &str, line: usize) -> usize {
        let found = self.zones.iter().position(|zone| zone.node == node && zone.name == name);
        let full = (self.zones.len() >= ZONES_MAX).then_some(ZONES_MAX - 1);
        found.or(full).unwrap_or_else(|| {
            self.zones.push(Zone { node, name: name.to_owned(), line, ..Zone::default() });
            self.zones.len() - 1
        })
    }

    /// Takes a figure of the whole machine. One that its source said already begins the next sample.
    pub(super) fn put(&mut self, field: Field, seen: Seen, time_ms: Option<u64>) {
        let last = self.samples.iter_mut().rev().find(|sample| sample.source == seen.source);
        match last {
            Some(sample) if sample.get(field).is_none() => sample.values.push((field, seen)),
            _ => self.samples.push(Sample { source: seen.source, time_ms, values: vec![(field, seen)] }),
        }
    }
}
