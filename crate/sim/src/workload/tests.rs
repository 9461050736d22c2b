use super::*;
use crate::config::{Atomic, Readers, Writers};
use crate::page::{NONE, PG_SWAPCACHE};
use crate::testing::{at, config, go, leave_free, oldest, os};
use crate::units::{Nanos, Pages};

/// A workload alone, without the threads of the kernel.
fn run(config: &Config) -> Rc<Os> {
    let os = os(config, &oldest());
    spawn(&os, config, 1);
    go(&os);
    os
}

/// What a run on plain swap leaves behind, with all threads of the kernel.
fn hog(pages: u64, passes: u32) -> crate::trace::Trace {
    let mut config = config();
    config.crypt = None;
    config.swap = Pages(8192);
    config.workload.kind = WorkloadKind::Hog { hogs: 1, pages: Pages(pages), passes };
    crate::run::run(&config, &oldest(), 1)
}

#[test]
fn hog_of_two_passes_faults_its_pages_back_in() {
    let counter = |trace: &crate::trace::Trace, name: &str| {
        trace.vmstat.iter().find(|(found, _)| *found == name).unwrap().1
    };
    let [once, twice] = [1, 2].map(|passes| hog(6000, passes));
    for trace in [&once, &twice] {
        assert_eq!(trace.outcome, crate::trace::Outcome::Completed);
        assert!(counter(trace, "pswpout") > 1500, "6,000 pages do not fit");
    }
    assert_eq!((counter(&once, "pgfault"), counter(&once, "pswpin")), (6000, 0));
    let (read, faults) = (counter(&twice, "pswpin"), counter(&twice, "pgmajfault"));
    assert!(read > 2000 && faults < read / 3, "{faults} faults read {read} pages: readahead goes along");
    assert_eq!(counter(&hog(1000, 2), "pgfault"), 1000, "what fits is touched without a fault");
}

#[test]
fn swap_cache_add_less_delete_is_what_is_in_it() {
    let mut config = config();
    config.crypt = None;
    config.workload.kind = WorkloadKind::Hog { hogs: 1, pages: Pages(4500), passes: 2 };
    let mut simulation = crate::run::Simulation::new(&config, &oldest(), 1);
    // In the middle of things, so that there is something in it.
    simulation.step(30_000);
    assert_eq!(simulation.check(), Ok(()));
    let os = os(&config, &oldest());
    let mut st = os.st();
    let pages = crate::testing::swap_cache_pages(&mut st, 9, 0);
    for pfn in &pages[..4] {
        st.delete_from_swap_cache(*pfn, 0);
    }
    let cached = st.pages.flags.iter().filter(|flags| **flags & PG_SWAPCACHE != 0).count();
    assert_eq!((st.vm.swap_cache_add - st.vm.swap_cache_del, cached), (5, 5));
}

#[test]
fn build_process_writes_its_output_as_it_grows() {
    let mut config = config();
    config.workload.kind = WorkloadKind::Build {
        jobs: 1,
        processes: 2,
        pages: Pages(200),
        ns_per_page: 100_000,
        output: Pages(50),
    };
    let os = run(&config);
    let st = os.st();
    let file = st.files.files.last().unwrap();
    assert!(file.pages.len() == 50 && file.pages.iter().all(|pfn| *pfn != NONE));
    assert!(st.vm.nr_dirtied >= 50 && st.workload_done.is_some());
    // As it grows, not at the end: the first page is older than half of the run of the first process.
    let first = st.files.dirtied.front().unwrap().at;
    let last = st.files.dirtied.back().unwrap().at;
    assert!(first < 2_000_000 && last > 10_000_000, "{first} {last}");
}

#[test]
fn build_starts_so_many_processes_and_gives_their_memory_back() {
    let mut config = config();
    config.workload.kind =
        WorkloadKind::Build { jobs: 2, processes: 5, pages: Pages(100), ns_per_page: 1000, output: Pages(0) };
    let free = os(&config, &oldest()).st().free_total();
    let os = run(&config);
    let st = os.st();
    assert!((5 * 75..=5 * 125).contains(&st.vm.pgfault), "{} pages in five processes", st.vm.pgfault);
    assert_eq!((st.build_left, st.kernel_stacks.len(), st.spaces[1].rss + st.spaces[2].rss), (0, 0, 0));
    assert!(free - st.free_total() < 8, "but for slabs of task_struct");
}

/// A machine with nothing but a background load.
fn background(load: Background) -> Config {
    let mut config = config();
    config.workload.kind = WorkloadKind::Hog { hogs: 0, pages: Pages(0), passes: 0 };
    config.workload.background = load;
    config
}

const SECOND_1_TO_3: Phase = Phase { from: Nanos::from_s(1), until: Nanos::from_s(3) };

/// Pages that a writer has written in two seconds at 500 a second, held for so many milliseconds after the first.
fn written(held: u64) -> u64 {
    let writers = Writers { count: 1, kb_per_s: 2048, file: Pages(2000), phase: SECOND_1_TO_3 };
    let mut config = background(Background { writers, ..Background::default() });
    (config.machine.dirty_ratio, config.machine.dirty_background_ratio) = (90, 80);
    let os = os(&config, &oldest());
    if held > 0 {
        // Swap under writeback holds it in balance_dirty_pages.
        at(&os, 2000, |os| os.st().zones[0].writeback += 10_000);
        at(&os, 2000 + held, |os| os.st().zones[0].writeback -= 10_000);
    }
    spawn(&os, &config, 1);
    go(&os);
    let st = os.st();
    st.files.files[1].pages.iter().filter(|pfn| **pfn != NONE).count() as u64
}

#[test]
fn writer_keeps_to_its_rate_and_does_not_catch_up() {
    let (free, held) = (written(0), written(800));
    assert!(free.abs_diff(1000) <= 8, "{free}");
    assert!(held.abs_diff(600) <= 32, "{held}: 0.8 s less, give or take what it writes between two looks");
}

#[test]
fn background_loads_start_and_stop_with_their_phase() {
    let writers = Writers { count: 1, kb_per_s: 400, file: Pages(100), phase: SECOND_1_TO_3 };
    let readers = Readers { count: 1, kb_per_s: 400, file: Pages(100), phase: SECOND_1_TO_3 };
    let os = run(&background(Background { writers, readers, ..Background::default() }));
    let st = os.st();
    for name in ["writer/0", "reader/0"] {
        let task = os.exec.tasks.borrow().iter().position(|task| task.name == name).unwrap();
        let own = st.record.events.iter().filter(|event| event.task as usize == task);
        let seen: Vec<(u64, EventKind)> = own
            .filter(|event| !matches!(event.kind, EventKind::Sleep { .. }))
            .map(|event| (event.t.0 / 100_000_000, event.kind.clone()))
            .collect();
        assert_eq!(seen, [(10, EventKind::Started), (30, EventKind::Exited { killed: false })], "{name}");
    }
    assert_eq!((st.vm.pgpgin, st.vm.nr_dirtied), (400, 100), "100 pages read and as many written");
}

/// A thousand requests of this order, ten at a time, each held for 40 ms.
fn receive(order: u32) -> Config {
    let phase = SECOND_1_TO_3;
    let atomic = Atomic { per_s: 500, burst: 10, hold: Nanos::from_ms(40), order, phase };
    background(Background { atomic, ..Background::default() })
}

#[test]
fn atomic_load_gives_its_pages_back() {
    for order in [0, 2] {
        let config = receive(order);
        let os = os(&config, &oldest());
        let free = os.st().free_total();
        // A burst every 20 ms: those of 2.00 and 2.02 s are held, that of 1.98 s is not.
        at(&os, 2030, move |os| assert_eq!(os.st().pages_in_hand, 20 << order));
        spawn(&os, &config, 1);
        go(&os);
        let st = os.st();
        assert_eq!((st.vm.atomic_alloc, st.vm.atomic_fail, st.pages_in_hand), (1000, 0, 0));
        assert_eq!(st.free_total(), free);
    }
}

#[test]
fn atomic_load_counts_failures_and_drops_the_rest_of_the_burst() {
    let config = receive(0);
    let os = os(&config, &oldest());
    // Three eighths of min stay: 4 of the 10 are there, and none of them at the next burst.
    leave_free(&mut os.st(), 48 + 4);
    spawn(&os, &config, 1);
    go(&os);
    let st = os.st();
    let failed =
        st.record.events.iter().filter(|event| event.kind == EventKind::AllocationFailure { order: 0 });
    assert_eq!((failed.count() as u64, st.vm.atomic_fail), (100, 100), "once in each burst");
    assert_eq!((st.vm.atomic_alloc - st.vm.atomic_fail, st.free_total()), (4 * 50, 52));
}
