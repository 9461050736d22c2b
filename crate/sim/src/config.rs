//! What a run is made of besides the kernel: machine, swap device, workload and hardware costs.
//!
//! Every field is a plain integer or enum; text, links and defaults live in `swapscope-scenario`.

use crate::units::{Nanos, Pages};

/// One machine, one workload, one time limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Memory, CPUs and kernel settings.
    pub machine: Machine,
    /// Size of the swap area.
    pub swap: Pages,
    /// dm-crypt between swap and disk; `None` swaps to the plain disk.
    pub crypt: Option<Crypt>,
    /// The lower device.
    pub disk: Disk,
    /// What user tasks do.
    pub workload: Workload,
    /// CPU time of the operations that the model charges for.
    pub costs: Costs,
    /// The run ends here at the latest.
    pub duration: Nanos,
    /// The run goes on for this long after the workload is done or after the first OOM kill.
    pub tail: Nanos,
    /// The run stops after this much work, counted in events of the engine; what is looked at between two events (pages on
    /// a list, swap slots) counts, too. It can go on from there: [`Simulation::run_on`](crate::Simulation::run_on).
    pub max_work: u64,
}

/// Memory, CPUs and the sysctls that concern reclaim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Number of CPUs, 1 to 64.
    pub cpus: u32,
    /// Timer ticks a second (`CONFIG_HZ`): 100, 250, 300 or 1000.
    pub hz: u64,
    /// Zones in ascending order of address.
    pub zones: Vec<ZoneSize>,
    /// Transparent huge pages on: khugepaged raises `min_free_kbytes` (`set_recommended_min_free_kbytes`).
    pub thp: bool,
    /// `vm.swappiness`, 0 to 100.
    pub swappiness: u64,
    /// `vm.min_free_kbytes`; `None` takes the kernel's formula.
    pub min_free_kbytes: Option<u64>,
    /// `vm.watermark_scale_factor`, 1 to 1000.
    pub watermark_scale_factor: u64,
    /// `vm.dirty_ratio` in percent.
    pub dirty_ratio: u64,
    /// `vm.dirty_background_ratio` in percent.
    pub dirty_background_ratio: u64,
    /// What memory holds before the workload starts.
    pub baseline: Baseline,
}

/// Address ranges that the page allocator tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZoneKind {
    /// Below 16 MiB.
    Dma,
    /// Below 4 GiB.
    Dma32,
    /// All above.
    Normal,
}

impl ZoneKind {
    /// `sysctl_lowmem_reserve_ratio`.
    #[must_use]
    pub const fn lowmem_reserve_ratio(self) -> u64 {
        match self {
            Self::Dma | Self::Dma32 => 256,
            Self::Normal => 32,
        }
    }

    /// The kernel's name of the zone.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dma => "DMA",
            Self::Dma32 => "DMA32",
            Self::Normal => "Normal",
        }
    }
}

/// Size of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneSize {
    /// Which zone.
    pub kind: ZoneKind,
    /// Pages that exist.
    pub present: Pages,
    /// Pages given to the page allocator at boot.
    pub managed: Pages,
}

/// What memory holds at the start; the rest is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Clean page cache, split evenly over the active and inactive list.
    pub file: Pages,
    /// Page cache of `file` that running programs map and go back to; read again after it was reclaimed.
    pub mapped: Pages,
    /// Anonymous memory of idle processes.
    pub anon: Pages,
    /// Memory that no list of reclaim holds: mlocked pages.
    pub unevictable: Pages,
    /// Slab that shrinkers can free.
    pub slab_reclaimable: Pages,
    /// Slab that stays, kernel stacks and page tables.
    pub kernel: Pages,
}

/// dm-crypt settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crypt {
    /// CPU time to encrypt or decrypt one 4 KiB page.
    pub cipher_ns: u64,
    /// `submit_from_crypt_cpus`: kcryptd sends a write to the disk itself, instead of the `dmcrypt_write` thread, which
    /// sorts and plugs.
    pub submit_from_crypt_cpus: bool,
    /// `same_cpu_crypt`: a bio is encrypted on the CPU that submitted it, decrypted on the one that the disk interrupted;
    /// each works on one bio at a time.
    pub same_cpu_crypt: bool,
    /// An asynchronous cipher: an engine beside the CPUs that takes `cipher_ns` for a page, with a queue of so many requests
    /// of 512 bytes before it makes submitters wait. `None` encrypts on the CPUs.
    pub engine_queue: Option<u32>,
}

/// How the lower device takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Tags; completions never wake sleepers of `congestion_wait`.
    BlkMq,
    /// `nr_requests` of the old request queue; completions wake sleepers while fewer than 103 are queued.
    Legacy,
}

/// The lower device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Kind of request queue.
    pub queue: Queue,
    /// Requests in flight before a submitter sleeps.
    pub tags: u32,
    /// `/sys/block/DISK/queue/rotational`: where it is off, each CPU takes swap slots from a cluster of its own.
    pub rotational: bool,
    /// Requests served at the same time.
    pub parallel: u32,
    /// Fixed time of a request.
    pub request_ns: u64,
    /// Extra time of a request that does not follow the one before it on the disk.
    pub seek_ns: u64,
    /// Transfer rate.
    pub kb_per_s: u64,
    /// Service times vary by up to this many thousandths in both directions, drawn from the seed.
    pub jitter_permille: u64,
    /// While this lasts the disk serves nothing that has not begun: a device that stalls, or has died.
    pub stall: Phase,
}

/// What user tasks do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The load that must finish.
    pub kind: WorkloadKind,
    /// When it starts; the seed adds up to `start_spread`.
    pub start: Nanos,
    /// Largest delay of the start that a seed may add.
    pub start_spread: Nanos,
    /// A small interactive task whose latency is measured.
    pub probe: bool,
    /// What else goes on; none of it must finish.
    pub background: Background,
}

/// Loads beside the one that must finish. Each has a time of its own, so that a scenario has phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Background {
    /// Processes that append to files.
    pub writers: Writers,
    /// Processes that read files.
    pub readers: Readers,
    /// Allocations in interrupts.
    pub atomic: Atomic,
}

/// When a load is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// It starts here.
    pub from: Nanos,
    /// It stops here, or at the end of the run.
    pub until: Nanos,
}

/// Processes that write through the page cache, as log daemons and compilers do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writers {
    /// Number of processes, each with a file of its own.
    pub count: u32,
    /// What each of them writes, in kB (1000 bytes) a second, as long as nothing holds it.
    pub kb_per_s: u64,
    /// Size of the file; a writer that reaches it starts over at the beginning.
    pub file: Pages,
    /// When.
    pub phase: Phase,
}

/// Processes that read a file from its beginning to its end, again and again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    /// Number of processes, each with a file of its own.
    pub count: u32,
    /// What each of them reads, in kB (1000 bytes) a second, as long as nothing holds it.
    pub kb_per_s: u64,
    /// Size of the file.
    pub file: Pages,
    /// When.
    pub phase: Phase,
}

/// Network receive: `GFP_ATOMIC` allocations that are given back a little later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Atomic {
    /// Requests a second; 0 is none.
    pub per_s: u64,
    /// Requests that arrive together.
    pub burst: u32,
    /// How long the memory of one is in use.
    pub hold: Nanos,
    /// Order of a request, 0 to 3.
    pub order: u32,
    /// When.
    pub phase: Phase,
}

/// The load that must finish for a run to count as completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// `hogs` processes that each touch `pages` anonymous pages `passes` times.
    Hog {
        /// Number of processes.
        hogs: u32,
        /// Pages that each of them touches.
        pages: Pages,
        /// How often it goes over them.
        passes: u32,
    },
    /// A parallel build: `jobs` at a time until `processes` have run; each forks, grows while it computes, and exits.
    Build {
        /// Processes alive at the same time.
        jobs: u32,
        /// Processes in all.
        processes: u32,
        /// Anonymous pages that one of them grows to; the seed varies it by a quarter in both directions.
        pages: Pages,
        /// CPU time that one of them spends for each page it grows by.
        ns_per_page: u64,
        /// Pages of a file that one of them writes as it goes along.
        output: Pages,
    },
}

/// CPU time in nanoseconds of what the model charges for. The same for every kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// First touch of an anonymous page: fault, zeroing, mapping.
    pub fault: u64,
    /// Reclaim looks at one page.
    pub scan: u64,
    /// Unmap, slot, swap cache and bio of one page that is swapped out.
    pub swap_out: u64,
    /// Device mapper clones and maps one bio.
    pub dm_map: u64,
    /// kcryptd's work for one bio besides the cipher.
    pub crypt_item: u64,
    /// Submission of one bio to the lower device.
    pub submit: u64,
    /// Reclaim frees one page.
    pub free: u64,
    /// A CPU changes over to another task.
    pub switch: u64,
    /// One request to the page allocator that finds no page.
    pub alloc_fail: u64,
    /// Fork of a process or creation of a thread, besides its allocations.
    pub fork: u64,
}
