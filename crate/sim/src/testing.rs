//! A small machine for unit tests: no baseline, no daemons; a test adds the tasks that it needs.

use crate::config::{
    Background, Baseline, Config, Costs, Crypt, Disk, Machine, Queue, Workload, WorkloadKind, ZoneKind,
    ZoneSize,
};
use crate::exec::TaskId;
use crate::gfp::ALLOC_NO_WATERMARKS;
use crate::kernel::KernelPolicy;
pub(crate) use crate::kernel::testing::{by_node, oldest, reworked};
use crate::mmzone::Mark;
use crate::os::Os;
use crate::page::Pfn;
use crate::state::State;
use crate::units::{Nanos, Pages};
use std::rc::Rc;

pub(crate) fn machine(zones: &[(ZoneKind, u64)]) -> Machine {
    let zone = |(kind, managed): &(ZoneKind, u64)| ZoneSize {
        kind: *kind,
        present: Pages(*managed),
        managed: Pages(*managed),
    };
    Machine {
        cpus: 1,
        hz: 250,
        zones: zones.iter().map(zone).collect(),
        thp: false,
        swappiness: 60,
        min_free_kbytes: None,
        watermark_scale_factor: 10,
        dirty_ratio: 20,
        dirty_background_ratio: 10,
        baseline: Baseline::default(),
    }
}

/// One zone of 16 MB, whose per-CPU lists hold no spare page (batch 1), and 1,024 swap slots.
pub(crate) fn config() -> Config {
    Config {
        machine: machine(&[(ZoneKind::Dma32, 4096)]),
        swap: Pages(1024),
        crypt: Some(Crypt { cipher_ns: 1000 }),
        disk: Disk {
            queue: Queue::BlkMq,
            tags: 128,
            parallel: 1,
            request_ns: 50_000,
            seek_ns: 0,
            kb_per_s: 50_000,
            jitter_permille: 0,
        },
        workload: Workload {
            kind: WorkloadKind::Hog { hogs: 1, pages: Pages(1), passes: 1 },
            start: Nanos(0),
            start_spread: Nanos(0),
            probe: false,
            background: Background::default(),
        },
        costs: Costs {
            fault: 3000,
            scan: 1000,
            swap_out: 1000,
            dm_map: 1000,
            crypt_item: 1000,
            submit: 1000,
            free: 100,
            switch: 0,
            alloc_fail: 1000,
            fork: 1000,
        },
        duration: Nanos::from_s(60),
        tail: Nanos(0),
    }
}

pub(crate) fn os(config: &Config, policy: &KernelPolicy) -> Rc<Os> {
    let os = Rc::new(Os::new(config, policy, 1));
    os.st().create_pools(policy.crypt_min_ios.count());
    os
}

/// Runs one task until nothing is left to happen.
pub(crate) fn run<F: Future<Output = ()> + 'static>(
    os: &Rc<Os>,
    flags: u32,
    body: impl FnOnce(Rc<Os>, TaskId) -> F,
) {
    os.exec.spawn("test", flags, |me| Box::pin(body(Rc::clone(os), me)));
    while !os.exec.run(1 << 20, &os.deadline, |lane| os.interrupt(lane)) {}
}

/// Takes pages, whatever the watermarks say, until so many are free.
pub(crate) fn leave_free(st: &mut State, pages: u64) -> Vec<Pfn> {
    let mut taken = Vec::new();
    while st.free_total() > pages {
        taken.extend(st.get_page_from_freelist(0, 0, Mark::Min, ALLOC_NO_WATERMARKS));
    }
    taken
}
