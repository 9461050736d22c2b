//! Invariants: what must hold at every instant, whatever the machine does. A broken one is a bug of the model.

use crate::exec::{State as TaskState, Task, TaskId};
use crate::mempool::{Mempool, Pool};
use crate::os::Os;
use crate::page::{
    FILES, NO_OWNER, NONE, PG_ANON, PG_DIRTY, PG_MAPPED, PG_READING, PG_SWAPCACHE, PG_WRITEBACK,
};
use crate::slab::KmemCache;
use crate::state::State;
use crate::task::SWAP_ENTRY;

fn expect(what: &str, found: u64, expected: u64) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found}, expected {expected}")) }
}

/// How many are wanted. In short stretches with a narrow sum, which a compiler makes fast: this is asked after every event
/// of a long test.
fn count<T: Copy>(items: &[T], wanted: impl Fn(T) -> bool) -> u64 {
    let stretch = |items: &[T]| {
        u64::from(items.iter().fold(0_u16, |sum, item| sum.wrapping_add(u16::from(wanted(*item)))))
    };
    items.chunks(1 << 15).map(stretch).sum()
}

/// The wanted ones with their places. Stretches without any are passed over as fast as [`count`] counts.
fn some<T: Copy>(items: &[T], wanted: impl Fn(T) -> bool + Copy) -> impl Iterator<Item = (usize, T)> {
    const STRETCH: usize = 128;
    let stretches = items.chunks(STRETCH).enumerate().filter(move |(_, items)| count(items, wanted) > 0);
    let places = stretches.flat_map(|(at, items)| (at * STRETCH..).zip(items.iter().copied()));
    places.filter(move |(_, item)| wanted(*item))
}

/// Pages with all of some flags set.
fn flagged(state: &State, flags: u16) -> u64 {
    count(&state.pages.flags, |found| found & flags == flags)
}

/// Looks at the whole state.
pub(crate) fn check(state: &State) -> Result<(), String> {
    zones(state)?;
    expect("encryption pages in flight", state.crypt.held_pages(), state.crypt.pages_in_flight)?;
    conserved(state)?;
    lru(state)?;
    swap(state)?;
    spaces(state)?;
    expect("pages under writeback", flagged(state, PG_WRITEBACK), state.writeback_total())?;
    if state.pools.iter().any(|pool| pool.available() > pool.size()) {
        return Err("a pool holds more elements than its size".to_owned());
    }
    Ok(())
}

/// Free lists add up to the free count.
fn zones(state: &State) -> Result<(), String> {
    for zone in &state.zones {
        let blocks: u64 = zone.free_area.iter().enumerate().map(|(order, list)| list.len << order).sum();
        expect("pages on the free lists", blocks, zone.free)?;
    }
    Ok(())
}

/// Every page is somewhere, and nowhere twice: by the counters alone, so that it can be asked after every event.
pub(crate) fn conserved(state: &State) -> Result<(), String> {
    let managed: u64 = state.zones.iter().map(|zone| zone.managed).sum();
    let mut known = state.slab_fixed + state.unevictable + state.slab_reclaimable.len() as u64;
    for zone in &state.zones {
        known += zone.free + zone.per_cpu.iter().map(|cpu| cpu.list.len).sum::<u64>();
    }
    for lruvec in &state.lruvecs {
        known +=
            lruvec.lists.iter().map(|list| list.len).sum::<u64>() + lruvec.isolated[0] + lruvec.isolated[1];
    }
    known += state.caches.iter().map(KmemCache::pages).sum::<u64>();
    known += state.pools.get(Pool::CryptPage as usize).map_or(0, Mempool::available);
    known += state.crypt.pages_in_flight + 4 * state.kernel_stacks.len() as u64;
    known += state.pages_in_hand;
    expect("pages accounted for", known, managed + state.isolated_freed)?;
    if state.vm.reserve_forbidden > 0 {
        return Err(format!("{} allocations went below their mark", state.vm.reserve_forbidden));
    }
    Ok(())
}

/// The LRU counters of the zones and the lists agree; so do the counters of page cache and the flags of its pages.
fn lru(state: &State) -> Result<(), String> {
    for lruvec in &state.lruvecs {
        for (lru, list) in lruvec.lists.iter().enumerate() {
            let zones = &state.zones[lruvec.zones.clone()];
            expect("pages on an LRU list", list.len, zones.iter().map(|zone| zone.nr_lru[lru]).sum())?;
        }
    }
    let file = |flag: u16| count(&state.pages.flags, |found| found & (flag | PG_ANON) == flag);
    expect("dirty page cache", file(PG_DIRTY), state.nr_dirty())?;
    expect("mapped page cache", file(PG_MAPPED), state.zones.iter().map(|zone| zone.mapped).sum())?;
    for (file, cached) in (u64::from(FILES)..).zip(&state.files.files) {
        for (_, pfn) in some(&cached.pages, |pfn| pfn != NONE) {
            let owner = u64::from(state.pages.owner[pfn as usize]);
            expect("the file of a page of the page cache", owner, file)?;
        }
    }
    Ok(())
}

/// Slots, swap cache and its counters agree.
fn swap(state: &State) -> Result<(), String> {
    let cached = count(&state.swap.cache, |pfn| pfn != NONE);
    expect("pages in the swap cache", flagged(state, PG_SWAPCACHE), cached)?;
    expect("swap cache add - delete", state.vm.swap_cache_add - state.vm.swap_cache_del, cached)?;
    expect("swap slots in use", count(&state.swap.used, |used| used), state.swap.total - state.swap.free)
}

/// Page tables agree with the counters of their address spaces.
fn spaces(state: &State) -> Result<(), String> {
    for space in &state.spaces {
        let present = count(&space.entries, |entry| entry != NONE && entry & SWAP_ENTRY == 0);
        let swapped = count(&space.entries, |entry| entry != NONE && entry & SWAP_ENTRY != 0);
        expect("resident pages", present, space.rss)?;
        expect("swap entries", swapped, space.swapents)?;
    }
    let mut owners = 0;
    for (slot, (space, index)) in some(&state.swap.owner, |(space, _)| space != NO_OWNER) {
        let entry = state.spaces[usize::from(space)].entries[index as usize];
        expect("the slot of a swap entry", u64::from(entry & !SWAP_ENTRY), slot as u64)?;
        owners += u64::from(entry & SWAP_ENTRY != 0);
    }
    expect("slots with an owner", owners, state.spaces.iter().map(|space| space.swapents).sum())
}

/// Asleep in this function, the innermost of its call stack.
fn asleep_in(task: &Task, function: &str) -> bool {
    let awake = matches!(task.state, TaskState::Running | TaskState::Runnable | TaskState::Dead);
    !awake && task.frames.last() == Some(&function)
}

/// No wake-up was lost: who sleeps without a time limit waits for something that is still to come.
pub(crate) fn sleepers(os: &Os) -> Result<(), String> {
    let tasks = os.exec.tasks.borrow();
    let st = os.st();
    let now = os.exec.now();
    let tick = 1_000_000_000 / os.hz;
    let asleep = |function: &str| tasks.iter().any(|task| asleep_in(task, function));
    let inside = |function: &str| tasks.iter().any(|task| task.frames.contains(&function));
    for (id, task) in tasks.iter().enumerate() {
        let lost = |what: &str| Err(format!("{} sleeps since {}: {what}", task.name, task.since));
        let overdue = |ticks: u64| now > task.since + ticks * tick;
        if asleep_in(task, "do_swap_page") && overdue(1) {
            let page = st.page_waiters.iter().find(|(_, waiter)| *waiter as usize == id);
            if !page.is_some_and(|(pfn, _)| st.pages.has(*pfn, PG_READING)) {
                return lost("no page that it waits for is being read");
            }
        }
        // Its nap is over: nothing but a request for memory wakes it.
        if asleep_in(task, "kswapd_try_to_sleep") && overdue(os.hz / 10) && asleep("throttle_direct_reclaim")
        {
            return lost("reclaimers wait for it in throttle_direct_reclaim");
        }
        let for_request = ["get_request", "blk_mq_get_tag"].into_iter().any(|name| asleep_in(task, name));
        let awaited = |id| st.device.awaited_by(id) || st.files.disk.awaited_by(id);
        if for_request && !awaited(u32::try_from(id).unwrap_or(TaskId::MAX)) {
            return lost("no request that becomes free can wake it");
        }
        if asleep_in(task, "kthreadd") && !st.kthread_requests.is_empty() {
            return lost("a thread is to be created");
        }
        let pool = match &*task.frames {
            [.., "crypt_alloc_buffer", "mempool_alloc"] => Some(Pool::CryptPage),
            [.., "alloc_io", "mempool_alloc"] => Some(Pool::DmIo),
            _ => None,
        };
        if pool.is_some_and(|pool| st.pools[pool as usize].available() > 0)
            && asleep_in(task, "mempool_alloc")
        {
            return lost("its pool has elements");
        }
    }
    if st.oom_lock && !inside("__alloc_pages_may_oom") {
        return Err("the oom mutex is held by nobody".to_owned());
    }
    Ok(())
}
