//! Properties of every run, over random small machines. `PROPERTY_CASES=1000` looks longer than the default.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::{option, prop_assert, prop_assert_eq, sample, test_runner::FileFailurePersistence};
use std::env;
use swapscope_sim::Simulation;
use swapscope_sim::config::{
    Background, Baseline, Config, Costs, Crypt, Disk, Machine, Queue, Workload, WorkloadKind, ZoneKind,
    ZoneSize,
};
use swapscope_sim::kernel::{Kernel, KernelPolicy, PATCHES, VERSIONS};
use swapscope_sim::trace::{BUCKETS, EVENTS, EventKind, Outcome, Series, SeriesKind, Trace};
use swapscope_sim::units::{Nanos, Pages};

/// Any version, with any one patch or none.
fn kernel() -> impl Strategy<Value = Kernel> {
    (sample::select(VERSIONS), option::of(sample::select(PATCHES))).prop_map(|(version, patch)| {
        let name = patch.map_or(version.name.to_owned(), |patch| format!("{}~{}", version.name, patch.name));
        Kernel::parse(&name).unwrap()
    })
}

/// A machine of 16 to 96 MB with up to three zones; a part of it is taken from the start.
fn machine() -> impl Strategy<Value = Machine> {
    let zones =
        (0_u64..4000, 4096_u64..20_000, option::of(1024_u64..8000)).prop_map(|(dma, dma32, normal)| {
            let zone = |kind, managed: u64| ZoneSize {
                kind,
                present: Pages(managed + managed / 64),
                managed: Pages(managed),
            };
            let mut zones = Vec::new();
            if dma >= 1024 {
                zones.push(zone(ZoneKind::Dma, dma));
            }
            zones.push(zone(ZoneKind::Dma32, dma32));
            zones.extend(normal.map(|pages| zone(ZoneKind::Normal, pages)));
            zones
        });
    let baseline = (0_u64..20, 0_u64..20, 0_u64..10, 0_u64..5, 2_u64..10);
    let system = (1_u32..5, sample::select(&[100_u64, 250, 300, 1000][..]), any::<bool>());
    let sysctls = (0_u64..=100, option::of(256_u64..2048), 1_u64..200, 1_u64..=60);
    (zones, baseline, system, sysctls).prop_map(|(zones, baseline, system, sysctls)| {
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
    (queue, 1_u32..256, 1_u32..8, 1_000_u64..2_000_000, 0_u64..8_000_000, 1_000_u64..1_000_000, 0_u64..200)
        .prop_map(|(queue, tags, parallel, request_ns, seek_ns, kb_per_s, jitter_permille)| Disk {
            queue,
            tags,
            parallel,
            request_ns,
            seek_ns,
            kb_per_s,
            jitter_permille,
        })
}

fn workload() -> impl Strategy<Value = Workload> {
    let hog = (1_u32..4, 500_u64..20_000, 1_u32..3).prop_map(|(hogs, pages, passes)| WorkloadKind::Hog {
        hogs,
        pages: Pages(pages),
        passes,
    });
    let build =
        (1_u32..5, 1_u32..12, 100_u64..6000, 100_u64..50_000).prop_map(|(jobs, processes, pages, ns)| {
            WorkloadKind::Build { jobs, processes, pages: Pages(pages), ns_per_page: ns, output: Pages(0) }
        });
    (prop_oneof![hog, build], 0_u64..200, 0_u64..50, any::<bool>()).prop_map(
        |(kind, start, spread, probe)| Workload {
            kind,
            start: Nanos::from_ms(start),
            start_spread: Nanos::from_ms(spread),
            probe,
            background: Background::default(),
        },
    )
}

fn costs() -> impl Strategy<Value = Costs> {
    // A fast and a slow machine: the figures belong together.
    (1_u64..8).prop_map(|slow| Costs {
        fault: 500 * slow,
        scan: 100 * slow,
        swap_out: 2000 * slow,
        dm_map: 600 * slow,
        crypt_item: 1500 * slow,
        submit: 800 * slow,
        free: 300 * slow,
        switch: 800 * slow,
        alloc_fail: 150 * slow,
        fork: 30_000 * slow,
    })
}

fn config() -> impl Strategy<Value = Config> {
    let crypt = option::of((0_u64..500_000).prop_map(|cipher_ns| Crypt { cipher_ns }));
    (machine(), 0_u64..40_000, crypt, disk(), workload(), costs(), 1_u64..8).prop_map(
        |(machine, swap, crypt, disk, workload, costs, seconds)| Config {
            machine,
            swap: Pages(swap),
            crypt,
            disk,
            workload,
            costs,
            duration: Nanos::from_s(seconds),
            tail: Nanos::from_ms(300),
        },
    )
}

fn cases() -> ProptestConfig {
    let cases = env::var("PROPERTY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    ProptestConfig {
        cases,
        // A machine that fails is printed in full; a test of its own is a better memory than a file of seeds.
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    }
}

/// The outcome says what the trace says.
fn consistent(config: &Config, trace: &Trace) -> Result<(), String> {
    let check =
        |good: bool, what: &str| if good { Ok(()) } else { Err(format!("{what}: {:?}", trace.outcome)) };
    check(trace.oom.is_empty() == (trace.outcome != Outcome::Oom), "OOM reports and outcome")?;
    if trace.outcome == Outcome::Completed {
        check(trace.workload_done.is_some(), "completed without an end")?;
    }
    check(trace.end <= config.duration + config.tail, "end past the time limit")?;
    check(trace.workload_done.is_none_or(|done| done <= trace.end), "workload done after the end")?;
    check(trace.events.len() <= EVENTS, "more events than are kept")?;
    check(trace.events.is_sorted_by_key(|event| event.t), "events out of order")?;
    check(trace.columns.len() == Series::ALL.len(), "a column for each series")?;
    for event in &trace.events {
        check((event.task as usize) < trace.tasks.len(), "an event of no task")?;
        match &event.kind {
            EventKind::Sleep { stack, .. } => {
                check((*stack as usize) < trace.stacks.len(), "a stack that is not there")?
            }
            EventKind::Oom { report } => {
                check((*report as usize) < trace.oom.len(), "a report that is not there")?
            }
            _ => {}
        }
    }
    let managed: u64 = config.machine.zones.iter().map(|zone| zone.managed.0).sum();
    for series in Series::ALL {
        let column = trace.column(*series);
        let name = series.name();
        check(column.last.len() <= BUCKETS, name)?;
        check(column.min.len() == column.last.len() && column.max.len() == column.last.len(), name)?;
        let ordered = column.min.iter().zip(&column.max).zip(&column.last).all(|((min, max), last)| {
            match series.kind() {
                SeriesKind::Level | SeriesKind::Count => min <= last && last <= max,
                SeriesKind::Impulse => min <= max,
            }
        });
        check(ordered, name)?;
        if series.kind() == SeriesKind::Count {
            check(column.last.is_sorted(), name)?;
        }
    }
    check(
        trace.column(Series::Free).max.iter().all(|free| *free <= managed),
        "more free pages than there are",
    )?;
    let slots = config.swap.0;
    check(
        trace.column(Series::SwapUsed).max.iter().all(|used| *used <= slots),
        "more swap used than there is",
    )
}

/// The same run in stretches, with the invariants of the model looked at between them.
fn watched(config: &Config, policy: &KernelPolicy, seed: u64) -> Result<Trace, String> {
    let mut simulation = Simulation::new(config, policy, seed);
    while !simulation.step(5_003) {
        simulation.check()?;
    }
    simulation.check()?;
    Ok(simulation.into_trace())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_run_ends_the_same_way_twice_and_makes_sense(config in config(), kernel in kernel(), seed in 0_u64..1000) {
        let trace = swapscope_sim::run(&config, &kernel.policy, seed);
        if let Err(what) = consistent(&config, &trace) {
            prop_assert!(false, "{} on {}", what, kernel.name());
        }
        let again = watched(&config, &kernel.policy, seed);
        if let Err(what) = &again {
            prop_assert!(false, "{} on {}", what, kernel.name());
        }
        prop_assert_eq!(Ok(trace), again);
    }
}
