//! Settings to the model's `Config`, through small named checks.

use crate::error::Error;
use crate::param;
use crate::settings::Settings;
use crate::value::{Kind, Value};
use swapscope_sim::config::{
    Background, Baseline, Config, Costs, Crypt, Disk, Machine, Queue, Workload, WorkloadKind, ZoneKind,
    ZoneSize,
};
use swapscope_sim::units::{Nanos, Pages};

/// What the model runs.
///
/// # Errors
/// Values that do not fit together, at the place of one of them.
pub fn config(settings: &Settings) -> Result<Config, Error> {
    let zones = zones(settings)?;
    let managed = zones.iter().map(|zone| zone.managed.0).sum();
    let baseline = baseline(settings, managed)?;
    check_min_free(settings, managed)?;
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
            dirty_background_ratio: 10,
            baseline,
        },
        swap: pages(settings, "swap"),
        crypt: (settings.text("cipher") != "none")
            .then(|| Crypt { cipher_ns: settings.number("cipher-time") }),
        disk: Disk {
            queue: if settings.text("queue") == "legacy" { Queue::Legacy } else { Queue::BlkMq },
            tags: small(settings, "tags"),
            parallel: small(settings, "disk-parallel"),
            request_ns: settings.number("disk-request"),
            seek_ns: settings.number("disk-seek"),
            kb_per_s: settings.number("disk-rate"),
            jitter_permille: settings.number("disk-jitter"),
        },
        workload: Workload {
            kind: workload(settings)?,
            start: Nanos(settings.number("start")),
            start_spread: Nanos(settings.number("start-spread")),
            probe: settings.number("probe") == 1,
            background: Background::default(),
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
                settings.text("base-mapped"),
                settings.text("base-file")
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
                settings.text(largest)
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
                settings.text("min-free"),
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
            WorkloadKind::Build { jobs, processes, pages, ns_per_page, output: Pages(0) },
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

/// Parameters in words, for mails: those of the machine that matter most, then what differs from the scenario.
#[must_use]
pub fn in_words(settings: &Settings) -> String {
    let upper = |key: &str| match param::find(key).map(|param| param.kind) {
        Ok(Kind::Size | Kind::SizeOrAuto) => size(pages(settings, key).0),
        _ => settings.text(key),
    };
    let cpus =
        if settings.number("cpus") == 1 { "1 CPU".to_owned() } else { format!("{} CPUs", upper("cpus")) };
    let swap = match settings.text("cipher").as_str() {
        "none" => format!("{} swap on the plain disk", upper("swap")),
        cipher => {
            format!("{} swap on dm-crypt (cipher {cipher}, {} a page)", upper("swap"), upper("cipher-time"))
        }
    };
    let work = if settings.text("workload") == "build" {
        format!(
            "build of {} processes, {} at a time, growing to {}",
            upper("processes"),
            upper("jobs"),
            upper("job-size")
        )
    } else if settings.number("hogs") == 1 {
        format!("one process touches {} of anonymous memory", upper("hog"))
    } else {
        format!("{} processes touch {} each of anonymous memory", upper("hogs"), upper("hog"))
    };
    let zones: u64 = ["zone-dma", "zone-dma32", "zone-normal"]
        .iter()
        .map(|key| if let Value::Zone(_, managed) = settings.value(key) { managed } else { 0 })
        .sum();
    format!(
        "{cpus}, HZ {}, {} of memory, {swap}; disk {} ({} + {}B/s, {} at a time, {} {}); {work}.",
        upper("hz"),
        size(zones),
        upper("disk"),
        upper("disk-request"),
        settings.text("disk-rate").to_ascii_uppercase(),
        upper("disk-parallel"),
        upper("queue"),
        if settings.text("queue") == "legacy" { "requests" } else { "tags" }.to_owned()
            + " "
            + &upper("tags"),
    )
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
        assert_eq!(config.crypt, Some(Crypt { cipher_ns: 3000 }));
    }

    #[test]
    fn plain_swap_has_no_crypt() {
        let mut settings = Settings::default();
        settings.apply(&[Change::parse("cipher", "none", "").unwrap()]);
        assert_eq!(config(&settings).unwrap().crypt, None);
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
        assert!(error(&[("min-free", "900M")]).contains("at most a quarter"));
        assert!(error(&[("hogs", "64"), ("hog", "64G")]).starts_with("--set hog: the workload touches"));
    }

    #[test]
    fn words() {
        assert_eq!(
            in_words(&Settings::default()),
            "2 CPUs, HZ 250, 994M of memory, 2048M swap on dm-crypt (cipher aesni, 3us a page); disk virtio-slow (60us + \
             100MB/s, 1 at a time, blk-mq tags 128); one process touches 1500M of anonymous memory."
        );
    }
}
