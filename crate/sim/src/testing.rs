//! A small machine for unit tests: no baseline, no daemons; a test adds the tasks that it needs.

use crate::config::{
    Background, Baseline, Config, Costs, Crypt, Disk, Machine, Queue, Workload, WorkloadKind, ZoneKind,
    ZoneSize,
};
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::{ALLOC_NO_WATERMARKS, Gfp, PF_KSWAPD, PF_KTHREAD, PF_MEMALLOC};
use crate::kernel::KernelPolicy;
pub(crate) use crate::kernel::testing::{by_node, first, newest, oldest, reworked};
use crate::mmzone::Mark;
use crate::os::Os;
use crate::page::{PG_ANON, PG_MAPPED, PG_WRITEBACK, Pfn};
use crate::state::State;
use crate::task::{AddressSpace, SWAP_ENTRY};
use crate::trace::Site;
use crate::units::{Nanos, Pages};
use crate::vmscan::{SWAP_CLUSTER_MAX, ScanControl};
use std::cell::Cell;
use std::rc::Rc;

/// Flags of kswapd.
pub(crate) const KSWAPD: u32 = PF_KTHREAD | PF_KSWAPD | PF_MEMALLOC;

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
        crypt: Some(Crypt {
            cipher_ns: 1000,
            submit_from_crypt_cpus: false,
            same_cpu_crypt: false,
            engine_queue: None,
        }),
        disk: Disk {
            queue: Queue::BlkMq,
            tags: 128,
            rotational: true,
            parallel: 1,
            request_ns: 50_000,
            seek_ns: 0,
            kb_per_s: 50_000,
            jitter_permille: 0,
            stall: crate::config::Phase::default(),
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
        max_work: u64::MAX,
    }
}

pub(crate) fn os(config: &Config, policy: &KernelPolicy) -> Rc<Os> {
    let os = Rc::new(Os::new(config, policy, 1));
    os.st().create_pools(policy.crypt_min_ios.count(), os.is_async());
    os
}

/// The machine of [`config`] with two zones of 16 and 32 MB.
pub(crate) fn two_zones(policy: &KernelPolicy) -> Rc<Os> {
    let mut config = config();
    config.machine = machine(&[(ZoneKind::Dma, 4096), (ZoneKind::Dma32, 8192)]);
    os(&config, policy)
}

/// The machine of [`config`] without swap.
pub(crate) fn no_swap(policy: &KernelPolicy) -> Rc<Os> {
    let mut config = config();
    config.swap = Pages(0);
    os(&config, policy)
}

/// Adds a task; it begins with the next [`run`].
pub(crate) fn spawn<F: Future<Output = ()> + 'static>(
    os: &Rc<Os>,
    flags: u32,
    body: impl FnOnce(Rc<Os>, TaskId) -> F,
) -> TaskId {
    os.exec.spawn("test", flags, |me| Box::pin(body(Rc::clone(os), me)))
}

/// Lets tasks run until nothing is left to happen or the time is up.
pub(crate) fn go(os: &Rc<Os>) {
    while !os.exec.run(1 << 20, &os.deadline, |lane| os.interrupt(lane)) {}
}

/// Runs one task until nothing is left to happen.
pub(crate) fn run<F: Future<Output = ()> + 'static>(
    os: &Rc<Os>,
    flags: u32,
    body: impl FnOnce(Rc<Os>, TaskId) -> F,
) {
    spawn(os, flags, body);
    go(os);
}

/// Runs one task and gives what it comes to; `None` if it comes to no end before the time is up.
pub(crate) fn ask<T: 'static, F: Future<Output = T> + 'static>(
    os: &Rc<Os>,
    flags: u32,
    body: impl FnOnce(Rc<Os>, TaskId) -> F,
) -> Option<T> {
    let answer = Rc::new(Cell::new(None));
    let slot = Rc::clone(&answer);
    run(os, flags, |os, me| {
        let body = body(os, me);
        async move { slot.set(Some(body.await)) }
    });
    answer.take()
}

/// Does something to the machine when so many milliseconds have gone by.
pub(crate) fn at(os: &Rc<Os>, ms: u64, act: impl FnOnce(&Rc<Os>) + 'static) {
    spawn(os, PF_KTHREAD, |os, me| async move {
        os.exec.sleep_until(me, TaskState::Interruptible, ms * 1_000_000).await;
        act(&os);
    });
}

/// Sleeps at a place so far, and the jiffies of the longest.
pub(crate) fn slept(os: &Os, site: Site) -> (u64, u64) {
    let st = os.st();
    let here = || st.record.sleeps.iter().filter(|sleep| sleep.site == site);
    (
        here().map(|sleep| sleep.count).sum(),
        here().map(|sleep| sleep.max.0.div_ceil(1_000_000_000 / os.hz)).max().unwrap_or(0),
    )
}

/// What direct reclaim for a single page starts with.
pub(crate) fn scan_control(gfp: Gfp, priority: u32) -> ScanControl {
    ScanControl { gfp, order: 0, priority, nr_to_reclaim: SWAP_CLUSTER_MAX, nr_reclaimed: 0, nr_scanned: 0 }
}

/// Takes pages, whatever the watermarks say, until so many are free.
pub(crate) fn leave_free(st: &mut State, pages: u64) -> Vec<Pfn> {
    let mut taken = Vec::new();
    while st.free_total() > pages {
        taken.extend(st.get_page_from_freelist(0, 0, Mark::Min, ALLOC_NO_WATERMARKS));
    }
    taken
}

fn take(st: &mut State) -> Pfn {
    st.get_page_from_freelist(0, 0, Mark::Min, ALLOC_NO_WATERMARKS).unwrap()
}

/// Page cache of a new file, with these flags on top; the first page is at the tail of its list.
pub(crate) fn file_pages(st: &mut State, count: u32, flags: u16) -> Vec<Pfn> {
    let file = st.files.create(u64::from(count));
    let add = |index| {
        let pfn = take(st);
        st.add_to_page_cache(pfn, file, index, flags);
        pfn
    };
    (0..count).map(add).collect()
}

/// The same, dirty since the start.
pub(crate) fn dirty_pages(st: &mut State, count: u32) -> Vec<Pfn> {
    let pages = file_pages(st, count, 0);
    pages.iter().for_each(|pfn| st.set_page_dirty(*pfn, 0));
    pages
}

/// Anonymous pages of a new address space, mapped, with these flags on top; the first page is at the tail of its list.
pub(crate) fn anon_pages(st: &mut State, count: u32, flags: u16) -> Vec<Pfn> {
    let space = st.spaces.len();
    st.spaces.push(AddressSpace::default());
    let add = |index| {
        let pfn = take(st);
        st.map_page(pfn, space, index);
        st.lru_add(pfn, PG_ANON | flags);
        pfn
    };
    (0..count).map(add).collect()
}

/// The same in the swap cache, and no longer mapped.
pub(crate) fn swap_cache_pages(st: &mut State, count: u32, flags: u16) -> Vec<Pfn> {
    let pages = anon_pages(st, count, flags);
    for (index, pfn) in pages.iter().enumerate() {
        let slot = st.get_swap_page(0).unwrap();
        assert!(st.add_to_swap_cache(*pfn, slot, 0, true));
        st.pages.clear(*pfn, PG_MAPPED);
        st.swap.owner[slot as usize] = (st.pages.owner[*pfn as usize], st.pages.index[*pfn as usize]);
        let space = st.spaces.last_mut().unwrap();
        space.entries[index] = slot | SWAP_ENTRY;
        space.rss -= 1;
        space.swapents += 1;
    }
    pages
}

/// Puts pages under writeback.
pub(crate) fn under_writeback(st: &mut State, pages: &[Pfn], flags: u16) {
    for pfn in pages {
        st.pages.set(*pfn, PG_WRITEBACK | flags);
        let zone = st.zone_of(*pfn);
        st.zones[zone].writeback += 1;
    }
}
