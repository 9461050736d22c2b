//! Settings to the model's `Config`, through small named checks.

use crate::error::Error;
use crate::settings::Settings;
use crate::value::Value;
use swapscope_sim::config::{
    Atomic, Background, Baseline, Config, Costs, Crypt, Disk, Machine, Phase, Queue, Readers, Workload,
    WorkloadKind, Writers, ZoneKind, ZoneSize,
};
use swapscope_sim::units::{Nanos, Pages};

mod words;

pub use words::in_words;

/// What the model runs.
///
/// # Errors
/// Values that do not fit together, at the place of one of them.
pub fn config(settings: &Settings) -> Result<Config, Error> {
    let zones = zones(settings)?;
    let managed = zones.iter().map(|zone| zone.managed.0).sum();
    let baseline = baseline(settings, managed)?;
    check_min_free(settings, managed)?;
    check_files(settings)?;
    Ok(Config {
        machine: Machine {
            cpus: small(settings, "cpus"),
            hz: settings.text("hz").parse().unwrap_or(250),
            zones,
            thp: settings.number("thp") == 1,
            swappiness: settings.number("swappiness"),
            min_free_kbytes: match settings.value("min-free") {
                Value::Number(kib) => Some(kib),
                Value::Auto | Value::Zone(..) => None,
            },
            watermark_scale_factor: settings.number("watermark-scale"),
            dirty_ratio: settings.number("dirty-ratio"),
            dirty_background_ratio: settings.number("dirty-background"),
            baseline,
        },
        swap: pages(settings, "swap"),
        // Without swap there is nothing that dm-crypt could lie under.
        crypt: (settings.text("cipher") != "none" && pages(settings, "swap") > Pages(0)).then(|| Crypt {
            cipher_ns: settings.number("cipher-time"),
            submit_from_crypt_cpus: settings.number("submit-from-crypt-cpus") == 1,
            same_cpu_crypt: settings.number("same-cpu-crypt") == 1,
            engine_queue: (settings.number("crypt-async") == 1).then(|| small(settings, "crypt-queue")),
        }),
        disk: Disk {
            queue: if settings.text("queue") == "legacy" { Queue::Legacy } else { Queue::BlkMq },
            tags: small(settings, "tags"),
            rotational: settings.number("rotational") == 1,
            parallel: small(settings, "disk-parallel"),
            request_ns: settings.number("disk-request"),
            seek_ns: settings.number("disk-seek"),
            kb_per_s: settings.number("disk-rate"),
            jitter_permille: settings.number("disk-jitter"),
            stall: Phase {
                from: Nanos(settings.number("disk-stall-from")),
                until: Nanos(settings.number("disk-stall-from") + settings.number("disk-stall")),
            },
        },
        workload: Workload {
            kind: workload(settings)?,
            start: Nanos(settings.number("start")),
            start_spread: Nanos(settings.number("start-spread")),
            probe: settings.number("probe") == 1,
            background: background(settings)?,
        },
        costs: Costs {
            fault: settings.number("cost-fault"),
            scan: settings.number("cost-scan"),
            swap_out: settings.number("cost-swap-out"),
            dm_map: settings.number("cost-dm-map"),
            crypt_item: settings.number("cost-crypt-item"),
            submit: settings.number("cost-submit"),
            free: settings.number("cost-free"),
            switch: settings.number("cost-switch"),
            alloc_fail: settings.number("cost-alloc-fail"),
            fork: settings.number("cost-fork"),
        },
        duration: Nanos(settings.number("duration")),
        tail: Nanos(settings.number("tail")),
        max_work: settings.number("max-work"),
    })
}

fn pages(settings: &Settings, key: &str) -> Pages {
    Pages::from_kib(settings.number(key))
}

/// A number whose range in the table is that of a `u32`.
fn small(settings: &Settings, key: &str) -> u32 {
    u32::try_from(settings.number(key)).unwrap_or(u32::MAX)
}

/// A size as people write it.
fn size(pages: u64) -> String {
    format!("{}M", Pages(pages).kib().div_ceil(1024))
}

/// Zones that hold pages, each with no more managed than present, and not more than RAM may be.
fn zones(settings: &Settings) -> Result<Vec<ZoneSize>, Error> {
    let mut zones = Vec::new();
    let mut sum: u64 = 0;
    for (key, kind) in
        [("zone-dma", ZoneKind::Dma), ("zone-dma32", ZoneKind::Dma32), ("zone-normal", ZoneKind::Normal)]
    {
        let Value::Zone(present, managed) = settings.value(key) else { continue };
        let error = |message| Err(Error::new(settings.place(key), message));
        let largest = match kind {
            ZoneKind::Dma => 4096,
            ZoneKind::Dma32 => 1 << 20,
            ZoneKind::Normal => 64 << 18,
        };
        if present > largest {
            return error(format!("{key}: {present} pages present, but the zone has room for {largest}"));
        }
        if managed > present {
            return error(format!("{key}: {managed} pages managed of only {present} present"));
        }
        if managed > 0 {
            zones.push(ZoneSize { kind, present: Pages(present), managed: Pages(managed) });
        }
        sum += managed;
    }
    let place = settings.place("ram");
    if sum < 4096 {
        return Err(Error::new(
            place,
            format!("all zones together manage {sum} pages: expected 4096 (16M) or more"),
        ));
    }
    if sum > 64 << 18 {
        return Err(Error::new(place, "all zones together are larger than 64G".to_owned()));
    }
    Ok(zones)
}

/// What is in use at the start must leave a sixteenth of memory free, or there is nothing to simulate.
fn baseline(settings: &Settings, managed: u64) -> Result<Baseline, Error> {
    let baseline = Baseline {
        file: pages(settings, "base-file"),
        mapped: pages(settings, "base-mapped"),
        anon: pages(settings, "base-anon"),
        unevictable: pages(settings, "base-locked"),
        slab_reclaimable: pages(settings, "base-slab"),
        kernel: pages(settings, "base-kernel"),
    };
    if baseline.mapped > baseline.file {
        return Err(Error::new(
            settings.place("base-mapped"),
            format!(
                "base-mapped = {} is a part of base-file = {}: expected at most that",
                settings.shown("base-mapped"),
                settings.shown("base-file")
            ),
        ));
    }
    let keys = ["base-file", "base-anon", "base-locked", "base-slab", "base-kernel"];
    let used: u64 = keys.iter().map(|key| pages(settings, key).0).sum();
    let room = managed - managed / 16;
    if used > room {
        let largest = keys.into_iter().max_by_key(|key| settings.number(key)).unwrap_or("base-file");
        return Err(Error::new(
            settings.place(largest),
            format!(
                "memory in use at the start (base-...) is {} of {} managed: expected at most {}; the largest part is \
                 {largest} = {}",
                size(used),
                size(managed),
                size(room),
                settings.shown(largest)
            ),
        ));
    }
    Ok(baseline)
}

/// The kernel would accept more, and then be out of memory from the start.
fn check_min_free(settings: &Settings, managed: u64) -> Result<(), Error> {
    let min = pages(settings, "min-free").0;
    if min > managed / 4 {
        return Err(Error::new(
            settings.place("min-free"),
            format!(
                "min-free = {}: expected at most a quarter of memory, {}",
                settings.shown("min-free"),
                size(managed / 4)
            ),
        ));
    }
    Ok(())
}

/// The workload, not larger than 1,024 GiB touched in all.
fn workload(settings: &Settings) -> Result<WorkloadKind, Error> {
    const TOUCHED_MAX: u64 = 1 << 28;
    let build = settings.text("workload") == "build";
    let (kind, touched, key) = if build {
        let (processes, pages) = (small(settings, "processes"), pages(settings, "job-size"));
        let ns_per_page = settings.number("job-cpu");
        let jobs = small(settings, "jobs");
        (
            WorkloadKind::Build {
                jobs,
                processes,
                pages,
                ns_per_page,
                output: self::pages(settings, "job-output"),
            },
            u64::from(processes) * pages.0,
            "job-size",
        )
    } else {
        let (hogs, pages, passes) =
            (small(settings, "hogs"), pages(settings, "hog"), small(settings, "passes"));
        (WorkloadKind::Hog { hogs, pages, passes }, u64::from(hogs) * u64::from(passes) * pages.0, "hog")
    };
    if touched > TOUCHED_MAX {
        return Err(Error::new(
            settings.place(key),
            format!("the workload touches {} in all: expected at most {}", size(touched), size(TOUCHED_MAX)),
        ));
    }
    Ok(kind)
}

/// The loads beside the workload. One that is off keeps its figures: its count or rate is 0.
fn background(settings: &Settings) -> Result<Background, Error> {
    Ok(Background {
        writers: Writers {
            count: small(settings, "writers"),
            kb_per_s: settings.number("write-rate"),
            file: pages(settings, "write-size"),
            phase: phase(settings, "write-from", "write-until")?,
        },
        readers: Readers {
            count: small(settings, "readers"),
            kb_per_s: settings.number("read-rate"),
            file: pages(settings, "read-size"),
            phase: phase(settings, "read-from", "read-until")?,
        },
        atomic: Atomic {
            per_s: settings.number("atomic-rate"),
            burst: small(settings, "atomic-burst"),
            hold: Nanos(settings.number("atomic-hold")),
            order: small(settings, "atomic-order"),
            phase: phase(settings, "atomic-from", "atomic-until")?,
        },
    })
}

/// A phase within the run. One that lies behind the end of the run is empty: a run may be cut short at will.
fn phase(settings: &Settings, from_key: &str, until_key: &str) -> Result<Phase, Error> {
    let (from, until) = (settings.number(from_key), settings.number(until_key));
    if until != 0 && until <= from {
        return Err(Error::new(
            settings.place(until_key),
            format!(
                "{until_key} = {} is not after {from_key} = {}: expected a later time, or 0 for the end of the run",
                settings.shown(until_key),
                settings.shown(from_key)
            ),
        ));
    }
    let end = settings.number("duration");
    let until = if until == 0 { end } else { until.min(end) };
    Ok(Phase { from: Nanos(from.min(until)), until: Nanos(until) })
}

/// All files together are not larger than RAM may be.
fn check_files(settings: &Settings) -> Result<(), Error> {
    const FILES_MAX: u64 = 64 << 18;
    let of = |number: &str, key: &'static str| (settings.number(number) * pages(settings, key).0, key);
    let mut files = vec![of("writers", "write-size"), of("readers", "read-size")];
    if settings.text("workload") == "build" {
        files.push(of("processes", "job-output"));
    }
    let sum: u64 = files.iter().map(|(pages, _)| pages).sum();
    let largest = files.into_iter().max().map_or("write-size", |(_, key)| key);
    if sum > FILES_MAX {
        return Err(Error::new(
            settings.place(largest),
            format!(
                "all files together are {}: expected at most {}; the largest part comes from {largest} = {}",
                size(sum),
                size(FILES_MAX),
                settings.shown(largest)
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Change;

    fn error(changes: &[(&str, &str)]) -> String {
        let changes: Vec<Change> = changes
            .iter()
            .map(|(key, text)| Change::parse(key, text, &format!("--set {key}")).unwrap())
            .collect();
        let mut settings = Settings::default();
        settings.apply(&changes);
        config(&settings).unwrap_err().to_string()
    }

    #[test]
    fn defaults_make_a_machine() {
        let config = config(&Settings::default()).unwrap();
        assert_eq!(config.machine.zones.len(), 2);
        assert_eq!(config.machine.hz, 250);
        let crypt = Crypt {
            cipher_ns: 3000,
            submit_from_crypt_cpus: false,
            same_cpu_crypt: false,
            engine_queue: None,
        };
        assert_eq!((config.crypt, config.disk.rotational), (Some(crypt), true));
    }

    #[test]
    fn options_of_dm_crypt_and_of_the_disk() {
        let changes = [("same-cpu-crypt", "on"), ("crypt-queue", "7"), ("disk", "nvme")];
        let config = of(&changes);
        let crypt = config.crypt.unwrap();
        assert_eq!((crypt.same_cpu_crypt, crypt.engine_queue, config.disk.rotational), (true, None, false));
        assert_eq!(of(&[("crypt-async", "on"), changes[1]]).crypt.unwrap().engine_queue, Some(7));
    }

    #[test]
    fn plain_swap_has_no_crypt() {
        let mut settings = Settings::default();
        settings.apply(&[Change::parse("cipher", "none", "").unwrap()]);
        assert_eq!(config(&settings).unwrap().crypt, None);
    }

    #[test]
    fn no_swap_has_no_crypt_either() {
        let config = of(&[("swap", "0")]);
        assert_eq!((config.swap, config.crypt), (Pages(0), None));
        assert_eq!(config, of(&[("swap", "0"), ("cipher", "none")]));
    }

    #[test]
    fn values_that_do_not_fit() {
        assert!(error(&[("ram", "64M")]).starts_with("default: memory in use at the start"));
        assert!(error(&[("base-file", "2G")]).starts_with("--set base-file: memory in use at the start"));
        assert!(
            error(&[("zone-dma32", "100,200")])
                .starts_with("--set zone-dma32: zone-dma32: 200 pages managed")
        );
        assert!(error(&[("zone-dma", "40000,3977")]).contains("room for 4096"));
        assert!(
            error(&[("min-free", "900M")])
                .contains("min-free = 900M: expected at most a quarter of memory, 249M")
        );
        assert!(error(&[("hogs", "64"), ("hog", "64G")]).starts_with("--set hog: the workload touches"));
    }

    fn of(changes: &[(&str, &str)]) -> Config {
        let changes: Vec<Change> =
            changes.iter().map(|(key, text)| Change::parse(key, text, "test").unwrap()).collect();
        let mut settings = Settings::default();
        settings.apply(&changes);
        config(&settings).unwrap()
    }

    #[test]
    fn the_other_loads_are_off_unless_asked_for() {
        let config = of(&[]);
        let Background { writers, readers, atomic } = config.workload.background;
        assert_eq!((writers.count, readers.count, atomic.per_s), (0, 0, 0));
        assert_eq!(config.machine.dirty_background_ratio, 10);
        let build = of(&[("workload", "build")]);
        assert!(matches!(build.workload.kind, WorkloadKind::Build { output: Pages(0), .. }));
    }

    #[test]
    fn every_key_of_the_other_loads_arrives() {
        let config = of(&[
            ("dirty-background", "5"),
            ("workload", "build"),
            ("job-output", "20M"),
            ("writers", "3"),
            ("write-rate", "100k"),
            ("write-size", "1M"),
            ("write-from", "2s"),
            ("write-until", "3s"),
            ("readers", "4"),
            ("read-rate", "2M"),
            ("read-size", "8k"),
            ("read-from", "4s"),
            ("atomic-rate", "5000"),
            ("atomic-burst", "8"),
            ("atomic-hold", "3ms"),
            ("atomic-order", "2"),
            ("atomic-until", "500s"),
        ]);
        let phase = |from, until| Phase { from: Nanos::from_s(from), until: Nanos::from_s(until) };
        assert_eq!(
            config.workload.background,
            Background {
                writers: Writers { count: 3, kb_per_s: 100, file: Pages(256), phase: phase(2, 3) },
                readers: Readers { count: 4, kb_per_s: 2000, file: Pages(2), phase: phase(4, 120) },
                atomic: Atomic {
                    per_s: 5000,
                    burst: 8,
                    hold: Nanos::from_ms(3),
                    order: 2,
                    phase: phase(0, 120)
                },
            }
        );
        assert_eq!(config.machine.dirty_background_ratio, 5);
        assert!(matches!(config.workload.kind, WorkloadKind::Build { output: Pages(5120), .. }));
    }

    #[test]
    fn a_phase_lies_within_the_run() {
        let short = of(&[("duration", "1500ms"), ("read-from", "10s"), ("write-until", "20s")]);
        let Background { writers, readers, .. } = short.workload.background;
        let end = Nanos::from_ms(1500);
        assert_eq!(readers.phase, Phase { from: end, until: end });
        assert_eq!(writers.phase, Phase { from: Nanos(0), until: end });
        assert_eq!(
            error(&[("atomic-from", "9s"), ("atomic-until", "5s")]),
            "--set atomic-until: atomic-until = 5s is not after atomic-from = 9s: expected a later time, or 0 for the end of \
             the run"
        );
        assert!(
            error(&[("write-from", "5s"), ("write-until", "5s")])
                .starts_with("--set write-until: write-until = 5s")
        );
    }

    #[test]
    fn files_have_room_in_the_largest_machine() {
        assert_eq!(
            error(&[("writers", "2"), ("write-size", "40G")]),
            "--set write-size: all files together are 81920M: expected at most 65536M; the largest part comes from \
             write-size = 40G"
        );
        assert!(
            error(&[("workload", "build"), ("processes", "10000"), ("job-output", "1G")])
                .starts_with("--set job-output: all files together are 10240000M")
        );
        // What is off or means nothing to the workload does not count.
        of(&[("write-size", "64G"), ("read-size", "64G"), ("job-output", "64G")]);
    }
}
