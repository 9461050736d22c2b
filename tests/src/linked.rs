//! Random machines as links, for what runs a link: the page, and wasm wherever it is.

use crate::properties::{SMALL, machines};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config as Runs, RngSeed, TestRunner};
use std::collections::HashSet;
use swapscope_scenario::param::{self, Param};
use swapscope_scenario::settings::Change;
use swapscope_scenario::value::{Kind, Value};
use swapscope_scenario::{Scenario, Setup, link};
use swapscope_sim::config::{Config, Phase, Queue, WorkloadKind, ZoneKind};
use swapscope_sim::kernel::Kernel;

/// So many setups of small machines, each with one kernel, and their links; the same ones for the same seed.
///
/// The machines are those of the property tests, as near as the parameters of a scenario come to them: a value outside of a
/// parameter's range is moved into it, and a machine whose values do not fit together then is passed over.
///
/// # Panics
/// Where no machine can be made at all.
#[must_use]
pub fn setups(count: usize, seed: u64) -> Vec<(Setup, String)> {
    let runs = Runs { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Runs::default() };
    let mut runner = TestRunner::new(runs);
    let cases = machines::cases(SMALL);
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    while out.len() < count {
        let case = cases.new_tree(&mut runner).expect("a machine").current();
        let Some(setup) = setup(&case.config, &case.kernel, case.seed) else { continue };
        let Ok(link) = link::encode(&setup, "") else { continue };
        if link.len() <= link::LENGTH_MAX && seen.insert(link.clone()) {
            out.push((setup, link));
        }
    }
    out
}

fn setup(config: &Config, kernel: &Kernel, seed: u64) -> Option<Setup> {
    let scenario = Scenario::bundled("lab-256m", "random").ok()?;
    let kernels = [(kernel.name(), "random".to_owned())];
    Setup::with(scenario, &changes(config), &kernels).ok()?.seeds(seed, 1, "random").ok()
}

/// The value of a parameter that is nearest to a number.
fn nearest(param: &Param, number: u64) -> Value {
    match param.kind {
        Kind::Size | Kind::SizeOrAuto | Kind::Time | Kind::Rate | Kind::Count => {
            Value::Number(number.clamp(param.range.0, param.range.1))
        }
        Kind::Switch | Kind::Choice(_) | Kind::Zone => Value::Number(number),
    }
}

fn change(key: &str, value: impl FnOnce(&Param) -> Value) -> Change {
    let param = param::find(key).expect("a key of the table");
    Change { key: param.key, value: value(param), place: "random".into() }
}

fn number(key: &str, number: u64) -> Change {
    change(key, |param| nearest(param, number))
}

/// One of the names that a parameter has for its values.
fn word(key: &str, text: &str) -> Change {
    change(key, |param| param.parse(text).expect("a value of the table"))
}

/// Sizes are said in KiB.
fn kib(pages: u64) -> u64 {
    pages * 4
}

fn phase(keys: [&str; 2], phase: Phase) -> [Change; 2] {
    [number(keys[0], phase.from.0), number(keys[1], phase.until.0)]
}

fn changes(config: &Config) -> Vec<Change> {
    let Config { workload, costs, .. } = config;
    let mut out = machine(config);
    out.extend(disk(config));
    match workload.kind {
        WorkloadKind::Hog { hogs, pages, passes } => out.extend([
            word("workload", "hog"),
            number("hogs", hogs.into()),
            number("hog", kib(pages.0)),
            number("passes", passes.into()),
        ]),
        WorkloadKind::Build { jobs, processes, pages, ns_per_page, output } => out.extend([
            word("workload", "build"),
            number("jobs", jobs.into()),
            number("processes", processes.into()),
            number("job-size", kib(pages.0)),
            number("job-cpu", ns_per_page),
            number("job-output", kib(output.0)),
        ]),
    }
    let load = workload.background;
    out.extend(phase(["write-from", "write-until"], load.writers.phase));
    out.extend(phase(["read-from", "read-until"], load.readers.phase));
    out.extend(phase(["atomic-from", "atomic-until"], load.atomic.phase));
    out.extend([
        number("duration", config.duration.0),
        number("tail", config.tail.0),
        number("max-work", config.max_work),
        number("start", workload.start.0),
        number("start-spread", workload.start_spread.0),
        number("probe", workload.probe.into()),
        number("writers", load.writers.count.into()),
        number("write-rate", load.writers.kb_per_s),
        number("write-size", kib(load.writers.file.0)),
        number("readers", load.readers.count.into()),
        number("read-rate", load.readers.kb_per_s),
        number("read-size", kib(load.readers.file.0)),
        number("atomic-rate", load.atomic.per_s),
        number("atomic-burst", load.atomic.burst.into()),
        number("atomic-hold", load.atomic.hold.0),
        number("atomic-order", load.atomic.order.into()),
        number("cost-fault", costs.fault),
        number("cost-scan", costs.scan),
        number("cost-swap-out", costs.swap_out),
        number("cost-dm-map", costs.dm_map),
        number("cost-crypt-item", costs.crypt_item),
        number("cost-submit", costs.submit),
        number("cost-free", costs.free),
        number("cost-switch", costs.switch),
        number("cost-alloc-fail", costs.alloc_fail),
        number("cost-fork", costs.fork),
    ]);
    out
}

fn machine(config: &Config) -> Vec<Change> {
    let machine = &config.machine;
    let base = machine.baseline;
    let zone = |kind: ZoneKind| {
        let found = machine.zones.iter().find(|zone| zone.kind == kind);
        found.map_or(Value::Zone(0, 0), |zone| Value::Zone(zone.present.0, zone.managed.0))
    };
    vec![
        change("zone-dma", |_| zone(ZoneKind::Dma)),
        change("zone-dma32", |_| zone(ZoneKind::Dma32)),
        change("zone-normal", |_| zone(ZoneKind::Normal)),
        number("cpus", machine.cpus.into()),
        word("hz", &machine.hz.to_string()),
        number("thp", machine.thp.into()),
        number("swappiness", machine.swappiness),
        change("min-free", |param| machine.min_free_kbytes.map_or(Value::Auto, |kib| nearest(param, kib))),
        number("watermark-scale", machine.watermark_scale_factor),
        number("dirty-ratio", machine.dirty_ratio),
        number("dirty-background", machine.dirty_background_ratio),
        number("base-file", kib(base.file.0)),
        number("base-mapped", kib(base.mapped.0)),
        number("base-anon", kib(base.anon.0)),
        number("base-locked", kib(base.unevictable.0)),
        number("base-slab", kib(base.slab_reclaimable.0)),
        number("base-kernel", kib(base.kernel.0)),
        number("swap", kib(config.swap.0)),
    ]
}

fn disk(config: &Config) -> Vec<Change> {
    let disk = config.disk;
    let mut out = vec![
        word("queue", if disk.queue == Queue::Legacy { "legacy" } else { "blk-mq" }),
        number("tags", disk.tags.into()),
        number("rotational", disk.rotational.into()),
        number("disk-parallel", disk.parallel.into()),
        number("disk-request", disk.request_ns),
        number("disk-seek", disk.seek_ns),
        number("disk-rate", disk.kb_per_s),
        number("disk-jitter", disk.jitter_permille),
        number("disk-stall-from", disk.stall.from.0),
        number("disk-stall", disk.stall.until.0.saturating_sub(disk.stall.from.0)),
    ];
    match config.crypt {
        None => out.push(word("cipher", "none")),
        Some(crypt) => out.extend([
            number("cipher-time", crypt.cipher_ns),
            number("submit-from-crypt-cpus", crypt.submit_from_crypt_cpus.into()),
            number("same-cpu-crypt", crypt.same_cpu_crypt.into()),
            number("crypt-async", crypt.engine_queue.is_some().into()),
            number("crypt-queue", crypt.engine_queue.unwrap_or(1).into()),
        ]),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_say_what_the_machines_are() {
        for (setup, text) in setups(20, 7) {
            let again = link::decode(&text).unwrap().setup().unwrap();
            assert_eq!(again.config().unwrap(), setup.config().unwrap(), "{text}");
            assert_eq!(again.kernels, setup.kernels, "{text}");
        }
        assert_eq!(setups(3, 7), setups(3, 7));
        assert_ne!(setups(3, 7), setups(3, 8));
    }

    #[test]
    fn most_values_of_a_machine_reach_its_link() {
        let mut runner = TestRunner::deterministic();
        let mut equal = [0; 5];
        for _ in 0..200 {
            let case = machines::cases(SMALL).new_tree(&mut runner).unwrap().current();
            let Some(setup) = setup(&case.config, &case.kernel, case.seed) else { continue };
            let (found, mut wanted) = (setup.config().unwrap(), case.config);
            // A stall that is none has an end of its own in a link.
            let stall = &mut wanted.disk.stall;
            stall.until = stall.until.max(stall.from);
            let parts = [
                true,
                found.machine == wanted.machine,
                (found.swap, found.crypt, found.disk) == (wanted.swap, wanted.crypt, wanted.disk),
                found.workload.kind == wanted.workload.kind,
                found.costs == wanted.costs,
            ];
            for (count, part) in equal.iter_mut().zip(parts) {
                *count += u32::from(part);
            }
        }
        assert!(
            equal.iter().all(|count| *count >= 90),
            "machines, and equal parts of them: {equal:?} of 200"
        );
    }
}
