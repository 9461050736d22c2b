use super::*;
use crate::config::ZoneKind;
use crate::kernel::KernelPolicy;
use crate::testing::{by_node, config, machine, oldest, os};

/// A machine of two zones whose marks are known.
fn two_zones(policy: &KernelPolicy, free: [u64; 2]) -> std::rc::Rc<Os> {
    let mut config = config();
    config.machine = machine(&[(ZoneKind::Dma, 4096), (ZoneKind::Dma32, 8192)]);
    let os = os(&config, policy);
    {
        let mut st = os.st();
        for (zone, free) in st.zones.iter_mut().zip(free) {
            (zone.min, zone.low, zone.high, zone.free) = (10, 20, 30, free);
            zone.lowmem_reserve = 0;
        }
        for lruvec in &mut st.lruvecs {
            lruvec.lists[0].len = 100;
        }
    }
    os
}

#[test]
fn wakeup_kswapd_by_zone_and_by_node() {
    for (free, zone, node) in
        [([30, 30], true, true), ([31, 30], true, false), ([30, 31], true, false), ([31, 31], false, false)]
    {
        let needed = |policy: KernelPolicy| !two_zones(&policy, free).st().kswapd_not_needed(0);
        assert_eq!((needed(oldest()), needed(by_node())), (zone, node), "{free:?}");
    }
}

#[test]
fn prepare_kswapd_sleep_wants_every_zone() {
    for (free, sleeps) in [([31, 31], true), ([31, 30], false), ([30, 31], false)] {
        for policy in [oldest(), by_node()] {
            assert_eq!(two_zones(&policy, free).st().kswapd_may_sleep(0), sleeps, "{free:?}");
        }
    }
}

#[test]
fn pgdat_balanced_ignores_a_zone_that_cannot_be_reclaimed_up_to_4_7() {
    for (policy, sleeps) in [(oldest(), true), (by_node(), false)] {
        let os = two_zones(&policy, [30, 31]);
        os.st().lruvecs[0].pages_scanned = 600;
        assert_eq!(os.st().kswapd_may_sleep(0), sleeps);
    }
}

#[test]
fn zone_balanced_wants_the_reserve_for_the_class_from_4_8() {
    let balanced = |policy: KernelPolicy| {
        let os = two_zones(&policy, [40, 40]);
        os.st().zones[0].lowmem_reserve = 10;
        os.st().kswapd_may_sleep(0)
    };
    assert!(balanced(oldest()) && !balanced(by_node()));
}
