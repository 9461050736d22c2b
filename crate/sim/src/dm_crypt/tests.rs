use super::*;
use crate::config::Config;
use crate::gfp::{PF_KTHREAD, PF_LESS_THROTTLE, PF_MEMALLOC, PF_NO_SETAFFINITY, PF_WQ_WORKER};
use crate::kernel::{KernelPolicy, LessThrottle};
use crate::testing::{anon_pages, at, config, go, leave_free, oldest, os, spawn};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The machine of the tests with dm-crypt's threads.
fn machine(config: &Config) -> Rc<Os> {
    machine_of(config, &oldest())
}

fn machine_of(config: &Config, policy: &KernelPolicy) -> Rc<Os> {
    let os = os(config, policy);
    spawn(&os, PF_KTHREAD, |os, me| async move { os.dmcrypt_write(me).await });
    os.spawn_worker(None);
    os.spawn_worker(None);
    os.spawn_bound_workers(BoundQueue::KcryptdIo);
    if os.same_cpu_crypt {
        os.spawn_bound_workers(BoundQueue::Kcryptd);
    }
    os
}

fn crypt(change: impl FnOnce(&mut crate::config::Crypt)) -> Config {
    let mut config = config();
    if let Some(crypt) = &mut config.crypt {
        change(crypt);
    }
    config
}

/// Pages in the swap cache, each with a slot.
fn swapped(os: &Os, count: u32) -> Vec<Pfn> {
    crate::testing::swap_cache_pages(&mut os.st(), count, 0)
}

/// Functions on the call stack of each worker, innermost last, as soon as one is inside a function.
fn stack_in(os: &Os, function: &str) -> Option<Vec<&'static str>> {
    let tasks = os.exec.tasks.borrow();
    tasks
        .iter()
        .find(|task| task.flags & PF_WQ_WORKER != 0 && task.frames.contains(&function))
        .map(|task| task.frames.to_vec())
}

fn read(os: &Rc<Os>, pfn: Pfn, flags: u32) {
    spawn(os, flags, move |os, me| async move {
        let slot = os.st().pages.slot[pfn as usize];
        os.st().pages.set(pfn, PG_READING | PG_LOCKED);
        os.swap_readpage(me, pfn, slot).await;
    });
}

fn write(os: &Rc<Os>, pfn: Pfn) {
    spawn(os, PF_MEMALLOC, move |os, me| async move {
        os.st().pages.set(pfn, PG_LOCKED);
        os.swap_writepage(me, pfn).await;
    });
}

#[test]
fn crypt_map_reads_at_once_while_there_are_clones() {
    let os = machine(&config());
    let pages = swapped(&os, 1);
    read(&os, pages[0], 0);
    go(&os);
    let st = os.st();
    assert_eq!((st.vm.pswpin, st.vm.kcryptd_io_reads), (1, 0));
    assert!(!st.pages.has(pages[0], PG_READING | PG_LOCKED));
}

#[test]
fn kcryptd_queue_read_when_the_clone_would_block() {
    let os = machine(&config());
    let pages = swapped(&os, 1);
    let pool = Pool::CryptBio;
    // No memory, no object in the slab, no element: only those that are handed back.
    let held = Rc::new(RefCell::new(Vec::new()));
    leave_free(&mut os.st(), 0);
    {
        let mut st = os.st();
        while let Some(object) = st.caches[crate::slab::Cache::Bio as usize].take(0, true) {
            held.borrow_mut().push(Element(object));
        }
    }
    let held2 = Rc::clone(&held);
    spawn(&os, 0, move |os, me| async move {
        while let Some(element) = os.mempool_alloc(me, pool, Gfp::NOWAIT).await {
            held2.borrow_mut().push(element);
        }
    });
    at(&os, 1, {
        let pfn = pages[0];
        move |os| read(os, pfn, 0)
    });
    let seen = Rc::new(RefCell::new(None));
    let seen2 = Rc::clone(&seen);
    at(&os, 500, move |os| {
        *seen2.borrow_mut() = Some((os.st().vm.kcryptd_io_reads, stack_in(os, "kcryptd_io_read_work")));
        assert!(os.st().pages.has(pages[0], PG_READING), "it waits");
        let element = held.borrow_mut().pop();
        element.into_iter().for_each(|element| os.mempool_free(pool, element, 0));
    });
    go(&os);
    let (queued, stack) = seen.take().unwrap();
    assert_eq!(queued, 1);
    assert!(stack.is_some_and(|stack| stack.ends_with(&["bio_alloc_bioset", "mempool_alloc"])));
    assert_eq!(os.st().vm.pgpgin, 4);
    let pfn = os.st().swap.cache[0];
    assert!(!os.st().pages.has(pfn, PG_READING), "the element that came back served it");
}

#[test]
fn same_cpu_crypt_encrypts_where_it_was_submitted() {
    let mut config = crypt(|crypt| crypt.same_cpu_crypt = true);
    config.machine.cpus = 2;
    let os = machine(&config);
    for pfn in swapped(&os, 3) {
        let bound = PF_MEMALLOC | PF_NO_SETAFFINITY;
        let task = Rc::clone(&os);
        os.exec.spawn_on(1, "submitter", bound, |me| {
            Box::pin(async move {
                task.st().pages.set(pfn, PG_LOCKED);
                task.swap_writepage(me, pfn).await;
            })
        });
    }
    let inside = Rc::new(RefCell::new(Vec::new()));
    let inside2 = Rc::clone(&inside);
    spawn(&os, PF_KTHREAD, move |os, me| async move {
        for _ in 0..2_000 {
            os.exec.sleep_until(me, TaskState::Interruptible, os.exec.now() + 100).await;
            let tasks = os.exec.tasks.borrow();
            let names: Vec<&str> = tasks
                .iter()
                .filter(|task| task.frames.contains(&"kcryptd_crypt"))
                .map(|task| task.name.as_str())
                .collect();
            inside2.borrow_mut().push(names.join(" "));
        }
    });
    go(&os);
    assert_eq!(os.st().vm.nr_written, 3);
    let mut seen = inside.take();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["", "kworker/1:2"], "one at a time, on the CPU that submits");
}

#[test]
fn kcryptd_async_done_ends_what_the_engine_encrypts() {
    let os = machine(&crypt(|crypt| {
        crypt.engine_queue = Some(4);
        crypt.cipher_ns = 8_000_000;
    }));
    let pages = swapped(&os, 3);
    pages.iter().for_each(|pfn| write(&os, *pfn));
    let busy = Rc::new(RefCell::new(None));
    let busy2 = Rc::clone(&busy);
    at(&os, 1, move |os| *busy2.borrow_mut() = stack_in(os, "crypt_convert"));
    go(&os);
    let stack = busy.take().unwrap();
    assert!(stack.ends_with(&["kcryptd_crypt", "crypt_convert", "wait_for_completion"]), "{stack:?}");
    let st = os.st();
    assert_eq!((st.vm.nr_written, st.crypt.queued), (3, 0));
    assert_eq!(
        st.pools[Pool::CryptRequest as usize].available(),
        st.pools[Pool::CryptRequest as usize].size()
    );
    // Three pages of 8 ms, one after the other, and the disk behind them.
    assert_eq!(st.last_written / 1_000_000, 24);
}

#[test]
fn kcryptd_async_done_ends_reads_too() {
    let os = machine(&crypt(|crypt| crypt.engine_queue = Some(50)));
    let pages = swapped(&os, 1);
    read(&os, pages[0], 0);
    go(&os);
    assert!(!os.st().pages.has(pages[0], PG_READING | PG_LOCKED));
}

#[test]
fn swap_writepage_drops_a_page_that_nobody_needs() {
    let os = machine(&config());
    let pages = anon_pages(&mut os.st(), 1, 0);
    let slot = os.st().get_swap_page(0).unwrap();
    assert!(os.st().add_to_swap_cache(pages[0], slot, 0, true));
    write(&os, pages[0]);
    go(&os);
    let st = os.st();
    assert_eq!((st.vm.pswpout, st.swap.free), (0, 1024));
    assert!(!st.pages.has(pages[0], PG_LOCKED | PG_WRITEBACK));
}

#[test]
fn insert_work_wakes_an_idle_worker_although_the_item_is_delayed() {
    let os = machine(&crypt(|crypt| crypt.cipher_ns = 200_000_000));
    let pages = swapped(&os, 10);
    spawn(&os, PF_MEMALLOC, move |os, me| async move {
        for pfn in pages {
            os.st().pages.set(pfn, PG_LOCKED);
            os.swap_writepage(me, pfn).await;
            os.sleep_jiffies(me, crate::exec::State::Interruptible, 1).await;
        }
    });
    go(&os);
    let tasks = os.exec.tasks.borrow();
    let wakeups: Vec<u32> =
        tasks.iter().filter(|task| task.name.starts_with("kworker/u")).map(|task| task.wakeups).collect();
    assert_eq!(wakeups.len(), 2, "nobody had to be made");
    // max_active is 1, and the first page is encrypted all the while: the other worker goes to sleep again each time.
    assert!(wakeups.iter().any(|count| *count >= 9), "{wakeups:?}");
}

/// Swap bios in flight while one more page is written, 5 ms later, and how often a writer waited.
fn swap_bios(dm_swap_bios: DmSwapBios) -> (u64, u64) {
    let os = os(&config(), &KernelPolicy { dm_swap_bios, ..oldest() });
    let pages = swapped(&os, 1);
    os.st().crypt.swap_bios = MAX_SWAP_BIOS;
    write(&os, pages[0]);
    let seen = Rc::new(Cell::new(0));
    let seen2 = Rc::clone(&seen);
    at(&os, 5, move |os| {
        seen2.set(os.st().crypt.queued);
        os.put_swap_bio();
    });
    go(&os);
    (seen.get(), crate::testing::slept(&os, Site::SwapBios).0)
}

#[test]
fn map_bio_waits_for_swap_bios_by_policy() {
    assert_eq!(swap_bios(DmSwapBios::Unlimited), (1, 0));
    assert_eq!(swap_bios(DmSwapBios::Limited), (0, 1));
}

/// Whether the worker that reclaims for a page of `crypt_alloc_buffer` has `PF_LESS_THROTTLE` in `throttle_vm_writeout`, and
/// afterwards.
fn less_throttled(less_throttle: LessThrottle) -> [bool; 2] {
    let os = machine_of(&config(), &KernelPolicy { less_throttle, ..oldest() });
    let pages = swapped(&os, 1);
    os.st().zones[0].writeback = 5000;
    let taken = leave_free(&mut os.st(), 0);
    spawn(&os, 0, |os, me| async move {
        while os.mempool_alloc(me, Pool::CryptPage, Gfp::NOWAIT).await.is_some() {}
        write(&os, pages[0]);
    });
    let seen = Rc::new(RefCell::new(Vec::new()));
    let flags = |os: &Os| os.exec.tasks.borrow().iter().map(|task| task.flags).collect::<Vec<u32>>();
    let seen2 = Rc::clone(&seen);
    at(&os, 50, move |os| {
        assert!(stack_in(os, "throttle_vm_writeout").is_some_and(|stack| stack.contains(&"kcryptd_crypt")));
        seen2.borrow_mut().push(flags(os));
        taken.iter().for_each(|pfn| os.st().free_page(*pfn, 0));
    });
    go(&os);
    assert_eq!(os.st().crypt.queued, 0, "it got its page");
    seen.borrow_mut().push(flags(&os));
    let seen = seen.borrow();
    [0, 1].map(|at| seen[at].iter().any(|flags| flags & PF_LESS_THROTTLE != 0))
}

#[test]
fn kcryptd_crypt_works_with_pf_less_throttle_by_policy() {
    assert_eq!(less_throttled(LessThrottle::Kcryptd), [true, false], "and gives the flag back");
    assert_eq!(less_throttled(LessThrottle::Nobody), [false; 2]);
}
