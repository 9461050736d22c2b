//! Random machines, loads and kernels. Values shrink towards small machines with little to do.

use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample;
use std::fmt;
use swapscope_sim::config::{
    Atomic, Background, Baseline, Config, Costs, Crypt, Disk, Machine, Phase, Queue, Readers, Workload,
    WorkloadKind, Writers, ZoneKind, ZoneSize,
};
use swapscope_sim::kernel::{BEHAVIOURS, Kernel, PATCHES, VERSIONS};
use swapscope_sim::units::{Nanos, Pages};

/// One run to look at.
pub struct Case {
    /// The machine.
    pub config: Config,
    /// Its kernel.
    pub kernel: Kernel,
    /// The seed of the run.
    pub seed: u64,
    /// From here on the run is looked at after every event.
    pub watch_from: u64,
}

impl fmt::Debug for Case {
    /// What is needed to run it again; a policy follows from the kernel's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, kernel, seed, watch_from } = self;
        write!(f, "kernel {}, seed {seed}, watched from {watch_from}\n{config:?}", kernel.name())
    }
}

/// How large the machines are and how long they run.
#[derive(Clone, Copy)]
pub struct Size {
    /// Pages of all zones, at most.
    pub pages: u64,
    /// Virtual time, at most.
    pub duration: Nanos,
    /// Work, at most, in events.
    pub work: u64,
    /// Events that are looked at one by one, at most.
    pub watched: u64,
}

/// Any version, with any of the patches in any order and, on some, a few single values.
fn kernel() -> impl Strategy<Value = Kernel> {
    let patches = sample::subsequence(PATCHES, 0..=PATCHES.len());
    let values = option::weighted(0.5, sample::subsequence(BEHAVIOURS, 0..=4)).prop_flat_map(|behaviours| {
        let behaviours = behaviours.unwrap_or_default().into_iter();
        behaviours
            .map(|behaviour| (Just(behaviour.name), sample::select(behaviour.values)))
            .collect::<Vec<_>>()
    });
    (sample::select(VERSIONS), patches, values, any::<bool>()).prop_map(
        |(version, patches, values, reversed)| {
            let mut names: Vec<String> = patches.iter().map(|patch| patch.name.to_owned()).collect();
            names.extend(values.iter().map(|(name, value)| format!("{name}.{}", value.name)));
            if reversed {
                names.reverse();
            }
            names.insert(0, version.name.to_owned());
            Kernel::parse(&names.join("~")).unwrap()
        },
    )
}

/// Up to three zones, together of 16 MB at least.
fn zones(most: u64) -> impl Strategy<Value = Vec<ZoneSize>> {
    let dma = option::weighted(0.4, 512_u64..=2048);
    let normal = option::weighted(0.3, 512_u64..=most / 4);
    (dma, 4096_u64..=most - 2048 - most / 4, normal).prop_map(|(dma, dma32, normal)| {
        let zone = |kind, managed: u64| ZoneSize {
            kind,
            present: Pages(managed + managed / 64),
            managed: Pages(managed),
        };
        let mut zones: Vec<_> = dma.map(|pages| zone(ZoneKind::Dma, pages)).into_iter().collect();
        zones.push(zone(ZoneKind::Dma32, dma32));
        zones.extend(normal.map(|pages| zone(ZoneKind::Normal, pages)));
        zones
    })
}

/// A machine, a part of whose memory is taken from the start.
fn machine(size: Size) -> impl Strategy<Value = Machine> {
    let baseline = (0_u64..20, 0_u64..20, 0_u64..10, 0_u64..5, 2_u64..10);
    let system = (1_u32..=4, sample::select(&[100_u64, 250, 300, 1000][..]), any::<bool>());
    // The formula's value, a tiny one, up to a quarter of the smallest machine.
    let min_free = prop_oneof![
        3 => Just(None),
        1 => (0_u64..=128).prop_map(Some),
        1 => (128_u64..=4096).prop_map(Some),
    ];
    let swappiness = prop_oneof![2 => Just(60_u64), 1 => Just(0), 1 => Just(100), 2 => 0_u64..=100];
    let sysctls = (swappiness, min_free, 1_u64..=1000, 1_u64..=100);
    (zones(size.pages), baseline, system, sysctls).prop_map(|(zones, baseline, system, sysctls)| {
        let managed: u64 = zones.iter().map(|zone| zone.managed.0).sum();
        let percent = |share: u64| Pages(managed * share / 100);
        let (file, anon, unevictable, slab, kernel) = baseline;
        let (cpus, hz, thp) = system;
        let (swappiness, min_free_kbytes, watermark_scale_factor, dirty_ratio) = sysctls;
        Machine {
            cpus,
            hz,
            zones,
            thp,
            swappiness,
            min_free_kbytes,
            watermark_scale_factor,
            dirty_ratio,
            dirty_background_ratio: dirty_ratio / 2,
            baseline: Baseline {
                file: percent(file),
                mapped: percent(file / 2),
                anon: percent(anon),
                unevictable: percent(unevictable),
                slab_reclaimable: percent(slab),
                kernel: percent(kernel),
            },
        }
    })
}

fn disk() -> impl Strategy<Value = Disk> {
    let queue = prop_oneof![Just(Queue::BlkMq), Just(Queue::Legacy)];
    let tags = prop_oneof![1_u32..8, 8_u32..256];
    (queue, tags, 1_u32..8, 1_000_u64..500_000, 0_u64..4_000_000, 500_u64..1_000_000, 0_u64..=900).prop_map(
        |(queue, tags, parallel, request_ns, seek_ns, kb_per_s, jitter_permille)| Disk {
            queue,
            tags,
            rotational: kb_per_s % 2 == 0,
            parallel,
            request_ns,
            seek_ns: seek_ns.saturating_sub(2_000_000),
            kb_per_s,
            jitter_permille,
            // A seventh of the disks stalls for a while.
            stall: Phase {
                from: Nanos(seek_ns * 40),
                until: Nanos(if request_ns % 7 == 0 { seek_ns * 40 + request_ns * 500 } else { 0 }),
            },
        },
    )
}

/// A stretch of time within the run.
fn phase(size: Size) -> impl Strategy<Value = Phase> {
    let end = size.duration.0;
    let from = prop_oneof![Just(0_u64), 0..end / 2];
    (from, 0..=end).prop_map(|(from, length)| Phase { from: Nanos(from), until: Nanos(from + length) })
}

fn writers(size: Size) -> impl Strategy<Value = Writers> {
    (1_u32..4, 100_u64..60_000, 1_u64..size.pages / 2, phase(size))
        .prop_map(|(count, kb_per_s, file, phase)| Writers { count, kb_per_s, file: Pages(file), phase })
}

fn readers(size: Size) -> impl Strategy<Value = Readers> {
    (1_u32..4, 100_u64..60_000, 1_u64..size.pages / 2, phase(size))
        .prop_map(|(count, kb_per_s, file, phase)| Readers { count, kb_per_s, file: Pages(file), phase })
}

fn atomic(size: Size) -> impl Strategy<Value = Atomic> {
    (10_u64..10_000, 1_u32..32, 0_u64..50, 0_u32..=3, phase(size)).prop_map(
        |(per_s, burst, hold, order, phase)| Atomic {
            per_s,
            burst,
            hold: Nanos::from_ms(hold),
            order,
            phase,
        },
    )
}

fn background(size: Size) -> BoxedStrategy<Background> {
    let some = (
        option::weighted(0.4, writers(size)),
        option::weighted(0.3, readers(size)),
        option::weighted(0.4, atomic(size)),
    );
    some.prop_map(|(writers, readers, atomic)| Background {
        writers: writers.unwrap_or_default(),
        readers: readers.unwrap_or_default(),
        atomic: atomic.unwrap_or_default(),
    })
    .boxed()
}

/// A load of up to three times the memory.
fn workload(size: Size) -> impl Strategy<Value = Workload> {
    let hog = (1_u32..4, size.pages / 8..size.pages, 1_u32..3)
        .prop_map(|(hogs, pages, passes)| WorkloadKind::Hog { hogs, pages: Pages(pages), passes });
    let output = prop_oneof![2 => Just(0_u64), 1 => 1..size.pages / 2];
    let build = (1_u32..5, 1_u32..12, size.pages / 16..size.pages / 2, 0_u64..20_000, output).prop_map(
        |(jobs, processes, pages, ns_per_page, output)| WorkloadKind::Build {
            jobs,
            processes,
            pages: Pages(pages),
            ns_per_page,
            output: Pages(output),
        },
    );
    (prop_oneof![hog, build], 0_u64..50, 0_u64..50, any::<bool>(), background(size)).prop_map(
        |(kind, start, spread, probe, background)| Workload {
            kind,
            start: Nanos::from_ms(start),
            start_spread: Nanos::from_ms(spread),
            probe,
            background,
        },
    )
}

fn costs() -> impl Strategy<Value = Costs> {
    // A fast and a slow machine: the figures belong together.
    (1_u64..8, any::<bool>()).prop_map(|(slow, switch)| Costs {
        fault: 500 * slow,
        scan: 100 * slow,
        swap_out: 2000 * slow,
        dm_map: 600 * slow,
        crypt_item: 1500 * slow,
        submit: 800 * slow,
        free: 300 * slow,
        switch: if switch { 800 * slow } else { 0 },
        alloc_fail: 150 * slow,
        fork: 30_000 * slow,
    })
}

fn config(size: Size) -> impl Strategy<Value = Config> {
    let crypt = option::weighted(
        0.7,
        (0_u64..300_000).prop_map(|cipher_ns| Crypt {
            cipher_ns,
            submit_from_crypt_cpus: cipher_ns % 3 == 0,
            same_cpu_crypt: cipher_ns % 5 == 0,
            engine_queue: (cipher_ns % 4 == 0).then_some(1 + u32::try_from(cipher_ns % 61).unwrap()),
        }),
    );
    let swap = prop_oneof![2 => Just(0_u64), 1 => 1..1000_u64, 5 => 1000..2 * size.pages];
    let times = (size.duration.0 / 10..=size.duration.0, prop_oneof![Just(0_u64), 0_u64..300]);
    (machine(size), swap, crypt, disk(), workload(size), costs(), times).prop_map(
        move |(machine, swap, crypt, disk, workload, costs, (duration, tail))| Config {
            machine,
            swap: Pages(swap),
            crypt,
            disk,
            workload,
            costs,
            duration: Nanos(duration),
            tail: Nanos::from_ms(tail),
            max_work: size.work,
        },
    )
}

/// Runs on machines of up to a size.
pub fn cases(size: Size) -> impl Strategy<Value = Case> {
    (config(size), kernel(), 0_u64..1000, 0..=size.work - size.watched)
        .prop_map(move |(config, kernel, seed, watch_from)| Case { config, kernel, seed, watch_from })
}
