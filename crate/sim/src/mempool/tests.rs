use super::*;
use crate::gfp::{PF_KTHREAD, PF_LESS_THROTTLE, PF_MEMALLOC};
use crate::kernel::KernelPolicy;
use crate::testing::{anon_pages, ask, at, config, leave_free, oldest, os, run};
use crate::units::Nanos;
use std::cell::Cell;
use std::rc::Rc;

/// Takes elements of the page pool as a reclaimer until there are none, under a mask that may not wait. Gives how many,
/// and the free pages after the last of the pool, and at the end.
fn drain(reserves: MempoolReserves) -> (u64, u64, u64, u64) {
    let os = os(&config(), &KernelPolicy { mempool_reserves: reserves, ..oldest() });
    let min = os.st().zones[0].min;
    let start = min + 50;
    leave_free(&mut os.st(), start);
    let result = Rc::new(Cell::new((0, 0, 0)));
    let result2 = Rc::clone(&result);
    run(&os, PF_MEMALLOC, move |os, me| async move {
        let (mut taken, mut at_empty) = (0, None);
        while os.mempool_alloc(me, Pool::CryptPage, Gfp::NOWAIT).await.is_some() {
            taken += 1;
            if os.st().pools[Pool::CryptPage as usize].available() == 0 && at_empty.is_none() {
                at_empty = Some(os.st().free_total());
            }
        }
        result2.set((taken, at_empty.unwrap_or(0), os.st().free_total()));
    });
    let (taken, at_empty, end) = result.get();
    assert_eq!(taken, start - end + 256, "every page from the allocator or the pool");
    (min, taken, at_empty, end)
}

#[test]
fn mempool_alloc_never_goes_below_min_without_reserves() {
    let (min, _, at_empty, end) = drain(MempoolReserves::Never);
    assert_eq!((at_empty, end), (min, min));
}

#[test]
fn mempool_alloc_takes_the_last_page_once_the_pool_is_empty() {
    let (min, _, at_empty, end) = drain(MempoolReserves::WhenEmpty);
    assert_eq!((at_empty, end), (min, 0), "the pool first, then the reserves");
}

#[test]
fn mempool_alloc_sleeps_five_seconds_and_asks_again() {
    let mut config = config();
    config.duration = Nanos::from_s(12);
    let os = os(&config, &KernelPolicy { mempool_reserves: MempoolReserves::Never, ..oldest() });
    leave_free(&mut os.st(), 0);
    run(&os, PF_MEMALLOC, |os, me| async move {
        loop {
            os.mempool_alloc(me, Pool::DmIo, Gfp::NOIO).await;
        }
    });
    let st = os.st();
    let sleep = &st.record.sleeps[0];
    assert_eq!((sleep.site, sleep.count), (Site::MempoolAlloc, 2));
    assert!(sleep.max.0.abs_diff(5_000_000_000) <= 4_000_000);
    // 26 objects left on the slab of 42, then 16 elements; two attempts that find neither, one more for each wake-up.
    assert_eq!((st.vm.mempool_from_pool, st.vm.mempool_wait), (16, 3));
    assert_eq!(st.vm.mempool_alloc, 26 + 16 + 2 + 2);
}

#[test]
fn mempool_free_refills_the_pool_and_wakes_its_waiters() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pool = Pool::CryptPage;
    let free = st.free_total();
    let element = st.mempool_pop(pool).unwrap();
    st.pools[pool as usize].wait.add(3);
    st.pools[pool as usize].wait.add(5);
    assert_eq!(st.mempool_free(pool, element, 0), [3, 5], "all of them: the waits are not exclusive");
    assert_eq!((st.pools[pool as usize].available(), st.free_total()), (256, free));
    let page = st.get_page_from_freelist(0, 0, Mark::Min, 0).map(Element).unwrap();
    st.pools[pool as usize].wait.add(3);
    assert_eq!(st.mempool_free(pool, page, 0), [0; 0], "a full pool gives memory back and wakes nobody");
    assert_eq!(st.free_total(), free);
}

/// Whether a task that reclaims on behalf of a mempool, while writeback is above every limit, has the flag in
/// `throttle_vm_writeout`, and once it has its element.
fn less_throttled(less_throttle: LessThrottle) -> (bool, bool) {
    let os = os(&config(), &KernelPolicy { less_throttle, ..oldest() });
    anon_pages(&mut os.st(), 100, 0);
    os.st().zones[0].writeback = 5000;
    let taken = leave_free(&mut os.st(), 0);
    let throttled = Rc::new(Cell::new(false));
    let throttled2 = Rc::clone(&throttled);
    let flag = |os: &Os, me| os.exec.flags(me) & PF_LESS_THROTTLE != 0;
    let after = ask(&os, PF_KTHREAD, move |os, me| async move {
        at(&os, 50, move |os| {
            let stack = os.exec.tasks.borrow()[me as usize].frames.to_vec();
            assert!(stack.contains(&"throttle_vm_writeout"), "{stack:?}");
            throttled2.set(flag(os, me));
            taken.iter().for_each(|pfn| os.st().free_page(*pfn, 0));
        });
        while os.st().pools[Pool::DmIo as usize].available() > 0 {
            os.mempool_alloc(me, Pool::DmIo, Gfp::NOIO).await;
        }
        os.mempool_alloc(me, Pool::DmIo, Gfp::NOIO).await;
        flag(&os, me)
    });
    (throttled.get(), after.unwrap())
}

#[test]
fn mempool_alloc_reclaims_with_pf_less_throttle_by_policy() {
    assert_eq!(less_throttled(LessThrottle::Mempool), (true, false), "and gives the flag back");
    assert_eq!(less_throttled(LessThrottle::Nobody), (false, false));
}
