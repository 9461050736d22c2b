//! Sentences for decisions, for readers who did not write the kernel or the model.

use crate::format::delay;
use swapscope_sim::trace::{Decision, Pool, PoolThen, RetryThen, gfp_name};
use swapscope_sim::units::Nanos;

/// A count with commas between thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of pages.
fn pages(number: u64) -> String {
    if number == 1 { "1 page".to_owned() } else { format!("{} pages", count(number)) }
}

fn pool_name(pool: Pool) -> &'static str {
    match pool {
        Pool::SwapBio => "bios for swap",
        Pool::DmIo => "the mapped device's dm_io structures",
        Pool::DmClone => "the mapped device's clone bios",
        Pool::CryptBio => "dm-crypt's clone bios",
        Pool::CryptPage => "dm-crypt's pages",
        Pool::CryptRequest => "dm-crypt's requests to the cipher",
    }
}

/// What must be free for a request of an order.
fn block(order: u32) -> String {
    if order == 0 { "page".to_owned() } else { format!("block of order {order} ({} pages)", 1_u64 << order) }
}

fn percent(part: u64, whole: u64) -> u64 {
    100 * part / whole.max(1)
}

/// What was tested, with its numbers, and what came of it. `task` gives the name of a task.
pub(super) fn sentence<'a>(decision: &Decision, task: impl Fn(u32) -> &'a str) -> String {
    match *decision {
        Decision::MempoolEmpty { .. }
        | Decision::MempoolReserves { .. }
        | Decision::SwapBios { .. }
        | Decision::Slept { .. } => waiting(decision),
        Decision::Watermark { .. } | Decision::ReservesEmpty { .. } | Decision::SlowPath { .. } => {
            allocator(decision)
        }
        Decision::ThrottleDirectReclaim { .. }
        | Decision::BalancePgdat { .. }
        | Decision::ShrinkZones { .. }
        | Decision::DirectReclaim { .. }
        | Decision::Reclaimable { .. }
        | Decision::TooManyIsolated { .. } => reclaim(decision),
        Decision::KswapdStall { .. }
        | Decision::WaitIffCongested { .. }
        | Decision::WorkerNap { .. }
        | Decision::ThrottleVmWriteout { .. }
        | Decision::DirtyPause { .. } => throttle(decision),
        Decision::ReclaimRetry { .. }
        | Decision::RetryWhileProgress { .. }
        | Decision::CompactRetry { .. } => retry(decision),
        Decision::OomBadness { victim, points, score, swap_free, swap_total } => format!(
            "{} is the worst of all processes: {} resident, in swap and in page tables, {score} of 1,000 points; \
             {} % of swap is free ({} of {})",
            task(victim),
            pages(points),
            percent(swap_free, swap_total),
            count(swap_free),
            pages(swap_total)
        ),
        Decision::OomVeto { .. }
        | Decision::OomLock { .. }
        | Decision::OomNoFs { .. }
        | Decision::OomPending { .. }
        | Decision::OomLastTry { .. } => oom(decision),
    }
}

fn waiting(decision: &Decision) -> String {
    match *decision {
        Decision::MempoolEmpty { pool, size, then } => {
            let then = match then {
                PoolThen::Fails => "the caller may not sleep, so it gets nothing",
                PoolThen::Again => "it asks the allocator once more, still without reclaim",
                PoolThen::Reclaims => "it asks the allocator once more, and this time it may reclaim",
                PoolThen::Waits => "it sleeps until one comes back, 5 s at most, and tries again",
            };
            format!("the allocator gave nothing, and all {size} of {} are in use; {then}", pool_name(pool))
        }
        Decision::MempoolReserves { pool, allowed: true } => {
            format!("none of {} is left, so the next attempt may drain the memory reserves", pool_name(pool))
        }
        Decision::MempoolReserves { allowed: false, .. } => {
            "the next attempt must leave the memory reserves alone".to_owned()
        }
        Decision::SwapBios { bios } => {
            format!(
                "{} bios of swap are on their way, as many as may be; it waits for one of them",
                count(bios)
            )
        }
        Decision::Slept { jiffies: 0, ns, .. } => format!("slept {} until it was woken", delay(Nanos(ns))),
        Decision::Slept { jiffies, ns, woken: true, .. } => {
            format!("slept {} of at most {jiffies} jiffies: it was woken early", delay(Nanos(ns)))
        }
        Decision::Slept { jiffies, ns, .. } => {
            format!(
                "slept {}, to the end of {jiffies} jiffies: nothing ended the sleep early",
                delay(Nanos(ns))
            )
        }
        _ => String::new(),
    }
}

fn allocator(decision: &Decision) -> String {
    match *decision {
        Decision::Watermark { zone, order, free, no_block: true, .. } => {
            format!("zone {} has {} free, but no free {}", zone.name(), pages(free), block(order))
        }
        Decision::Watermark { zone, free, min, need, .. } => format!(
            "zone {} has {} free; this request must leave {} (the min mark is {})",
            zone.name(),
            pages(free),
            count(need),
            count(min)
        ),
        Decision::ReservesEmpty { free: 0, .. } => {
            "the request may ignore the watermarks, but not one page is free".to_owned()
        }
        Decision::ReservesEmpty { order, free } => {
            format!(
                "the request may ignore the watermarks, but of {} none makes a {}",
                pages(free),
                block(order)
            )
        }
        Decision::SlowPath { order, gfp, fails: true } => format!(
            "a {} request for a {} fails: its task is in reclaim already, or may not sleep",
            gfp_name(gfp),
            block(order)
        ),
        Decision::SlowPath { order, gfp, .. } => {
            format!("a {} request for a {} goes on to direct reclaim", gfp_name(gfp), block(order))
        }
        _ => String::new(),
    }
}

fn reclaim(decision: &Decision) -> String {
    match *decision {
        Decision::ThrottleDirectReclaim { free, min, unlimited } => {
            let wait =
                if unlimited { "it waits until kswapd has freed some" } else { "it waits a second at most" };
            format!(
                "{} free, not more than half of the min marks ({} of {}): no user task may reclaim, {wait}",
                pages(free),
                count(min / 2),
                count(min)
            )
        }
        Decision::BalancePgdat { zone, free, high, priority } => format!(
            "zone {} has {} free, not more than its high mark of {}: kswapd goes on, at priority {priority}",
            zone.name(),
            pages(free),
            count(high)
        ),
        Decision::ShrinkZones { priority, scanned, reclaimed, wanted } => {
            let share = match priority {
                0 => "all of the lists".to_owned(),
                _ => format!("1/{} of the lists", count(1 << priority.min(63))),
            };
            format!(
                "at priority {priority} ({share}) {} scanned; so far {} of {wanted} pages wanted are reclaimed",
                pages(scanned),
                count(reclaimed)
            )
        }
        Decision::DirectReclaim { scanned, progress: true } => format!(
            "{} scanned and none reclaimed; it counts as progress, as a zone still passes for reclaimable",
            pages(scanned)
        ),
        Decision::DirectReclaim { scanned, .. } => {
            format!("{} scanned and none reclaimed: no progress", pages(scanned))
        }
        Decision::Reclaimable { unit, scanned, reclaimable } => {
            let limit = 6 * reclaimable;
            let (than, so) = if scanned < limit {
                ("fewer than", "still counts as reclaimable")
            } else {
                ("not fewer than", "counts as unreclaimable")
            };
            format!(
                "{}: {} scanned since one was freed, {than} 6 x {} reclaimable = {}; it {so}",
                unit.name(),
                pages(scanned),
                count(reclaimable),
                count(limit)
            )
        }
        Decision::TooManyIsolated { isolated, limit } => format!(
            "{} are in the hands of reclaimers, more than {}: it waits HZ/10 and looks again",
            pages(isolated),
            count(limit)
        ),
        _ => String::new(),
    }
}

fn throttle(decision: &Decision) -> String {
    match *decision {
        Decision::KswapdStall { pages: found } => format!(
            "kswapd came back to {} that it had queued for writeback: it waits HZ/10 for the device",
            pages(found)
        ),
        Decision::WaitIffCongested { jiffies } => format!(
            "the lists hold nothing but dirty pages of a congested device: it sleeps {jiffies} jiffies at most"
        ),
        Decision::WorkerNap { in_retry: true } => {
            "the round is tried again, and a workqueue worker naps for a jiffy first".to_owned()
        }
        Decision::WorkerNap { .. } => {
            "no device is congested, but a workqueue worker naps for a jiffy all the same".to_owned()
        }
        Decision::ThrottleVmWriteout { writeback, limit, gfp, again, less_throttle } => {
            let then = if again {
                "the request may enter file systems, so it sleeps HZ/10 and looks again"
            } else {
                "it sleeps HZ/10, once, as it may not enter file systems or do I/O"
            };
            let less = if less_throttle { " (PF_LESS_THROTTLE included)" } else { "" };
            format!(
                "{} under writeback, more than {} = 1.1 x the dirty limit{less}; {} reclaim: {then}",
                pages(writeback),
                count(limit),
                gfp_name(gfp)
            )
        }
        Decision::DirtyPause { dirty, freerun, limit, jiffies } => format!(
            "{} dirty or under writeback, more than {} (the limit is {}): the writer pauses for {jiffies} jiffies",
            pages(dirty),
            count(freerun),
            count(limit)
        ),
        _ => String::new(),
    }
}

fn retry(decision: &Decision) -> String {
    match *decision {
        Decision::ReclaimRetry { loops, then: RetryThen::GivesUp, .. } if loops > 16 => {
            format!("{loops} rounds without progress, more than 16: no further round")
        }
        Decision::ReclaimRetry { zone, order, loops, available, need, reclaimable, writeback, then } => {
            let zone = zone.name();
            let left = format!(
                "after {loops} rounds without progress zone {zone} can count on {} (free, and of {} reclaimable)",
                pages(available),
                count(reclaimable)
            );
            let need = count(need);
            match then {
                RetryThen::GivesUp if available <= need_of(decision) => {
                    format!("{left}, not more than the {need} that must stay: no further round")
                }
                RetryThen::GivesUp => {
                    format!("{left}, but it has no free {}: no further round", block(order))
                }
                RetryThen::Again => format!("{left}, more than the {need} that must stay: another round"),
                RetryThen::WaitsForWriteback => format!(
                    "{left}; 2 x {} dirty or under writeback are more than the reclaimable ones: it waits HZ/10 first",
                    pages(writeback)
                ),
            }
        }
        Decision::RetryWhileProgress { progress: true } => "there was progress: another round".to_owned(),
        Decision::RetryWhileProgress { .. } => {
            "there was no progress: on to the OOM killer, without a further round".to_owned()
        }
        Decision::CompactRetry { order, again: true } => {
            format!("compaction may still find a {}: another round", block(order))
        }
        Decision::CompactRetry { order, .. } => format!("compaction has no hope for a {}", block(order)),
        _ => String::new(),
    }
}

fn need_of(decision: &Decision) -> u64 {
    if let Decision::ReclaimRetry { need, .. } = *decision { need } else { 0 }
}

fn oom(decision: &Decision) -> String {
    match *decision {
        Decision::OomVeto { writeback, swap_free, swap_total } => format!(
            "a rule holds off the OOM killer: {} under writeback, {} % of swap free; it waits a jiffy",
            pages(writeback),
            percent(swap_free, swap_total)
        ),
        Decision::OomLock { .. } => {
            "another task is in the OOM killer: it waits a jiffy and goes round".to_owned()
        }
        Decision::OomNoFs { gfp } => {
            format!("{} lacks __GFP_FS: nobody is killed for it, it goes round again", gfp_name(gfp))
        }
        Decision::OomPending { .. } => "an earlier victim is not gone yet: nobody else is killed".to_owned(),
        Decision::OomLastTry { free, high, order, .. } => format!(
            "a last try for a {} at the high marks fails: {} free, and {} must stay",
            block(order),
            pages(free),
            count(high)
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Source;
    use swapscope_sim::kernel::Kernel;
    use swapscope_sim::trace::Unit;

    fn said(decision: &Decision) -> String {
        sentence(decision, |_| "hog")
    }

    #[test]
    fn numbers_are_grouped_and_one_page_is_one() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([pages(1), pages(2)], ["1 page", "2 pages"]);
    }

    #[test]
    fn a_throttled_reclaimer_is_told_with_the_limit_and_what_follows() {
        let throttled = |gfp, again| Decision::ThrottleVmWriteout {
            writeback: 69_824,
            limit: 53_012,
            gfp,
            again,
            less_throttle: false,
        };
        assert_eq!(
            said(&throttled(0x240_00c0, true)),
            "69,824 pages under writeback, more than 53,012 = 1.1 x the dirty limit; GFP_KERNEL reclaim: the \
             request may enter file systems, so it sleeps HZ/10 and looks again"
        );
        assert!(
            said(&throttled(0x240_0000, false)).ends_with("once, as it may not enter file systems or do I/O")
        );
    }

    #[test]
    fn the_rule_of_six_is_told_from_both_sides() {
        let zone = |scanned| said(&Decision::Reclaimable { unit: Unit::Dma32, scanned, reclaimable: 100 });
        assert_eq!(
            zone(599),
            "DMA32: 599 pages scanned since one was freed, fewer than 6 x 100 reclaimable = 600; it still counts as \
             reclaimable"
        );
        assert!(zone(600).contains("not fewer than") && zone(600).ends_with("it counts as unreclaimable"));
    }

    #[test]
    fn a_source_says_what_brought_a_behaviour_and_what_ended_it() {
        let cite = |field: &str, kernel: &str| {
            Source::of(field, &Kernel::parse(kernel).unwrap()).map(|source| source.text()).unwrap()
        };
        assert_eq!(cite("mempool_reserves", "4.6"), "f9054c70d28b; changed in 4.8 by 4e390b2b2f34");
        assert_eq!(cite("mempool_reserves", "4.9"), "4e390b2b2f34");
        assert_eq!(cite("mempool_reserves", "4.7-rc6~revert-f9054c70"), "4e390b2b2f34");
        assert_eq!(cite("throttle_vm_writeout", "4.5"), "changed in 4.9 by bf48438354a7");
        assert_eq!(cite("mempool_reclaim", "4.9"), "mempool_reclaim = PoolEmpty");
        assert!(Source::of("no such field", &Kernel::parse("4.6").unwrap()).is_none());
    }
}
