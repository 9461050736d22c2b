use super::*;
use crate::config::ZoneKind;
use crate::gfp::Gfp;
use crate::page::PG_LOCKED;
use crate::testing::{
    anon_pages, by_node, config, file_pages, first, machine, newest, oldest, os, reworked, scan_control,
    two_zones,
};

const NONE: Targets = [0; 4];

/// Targets for a zone with these lists (inactive and active anon, inactive and active file) and free pages.
fn targets(lru: [u64; 4], free: u64, priority: u32, change: impl Fn(&mut State)) -> Targets {
    let mut config = config();
    config.machine = machine(&[(ZoneKind::Dma32, 4096)]);
    let os = os(&config, &oldest());
    let mut st = os.st();
    for (list, len) in st.lruvecs[0].lists.iter_mut().zip(lru) {
        list.len = len;
    }
    st.zones[0].free = free;
    st.zones[0].high = 100;
    change(&mut st);
    st.get_scan_count(0, &scan_control(Gfp::KERNEL, priority), false)
}

#[test]
fn get_scan_count_1_file_only_without_free_slots() {
    // Before every other rule, even at priority 0.
    for priority in [0, 3] {
        let lists = [8000, 8000, 80, 160];
        let found = targets(lists, 0, priority, |st| st.swap.free = 0);
        assert_eq!(found, [0, 0, 80 >> priority, 160 >> priority]);
    }
}

// Rule 2, file only, holds for memory cgroups; global reclaim with swappiness 0 still turns to anonymous pages when page
// cache and free pages are below the high mark.
#[test]
fn get_scan_count_swappiness_0_spares_anon_until_rule_4() {
    let found = targets([8000, 8000, 8, 16], 0, 3, |st| st.swappiness = 0);
    assert_eq!(found, [1000, 1000, 0, 0]);
    let fractions = targets([8000, 8000, 4000, 8000], 500, 0, |st| st.swappiness = 0);
    assert_eq!(fractions[..2], [0, 0]);
}

#[test]
fn get_scan_count_3_all_lists_at_priority_0() {
    assert_eq!(targets([8000, 7000, 40, 50], 0, 0, |_| ()), [8000, 7000, 40, 50]);
}

#[test]
fn get_scan_count_4_anon_only_at_the_high_mark() {
    let lists = [8000, 16_000, 40, 40];
    assert_eq!(targets(lists, 20, 3, |_| ()), [1000, 2000, 0, 0], "80 file and 20 free pages, high is 100");
    assert_eq!(targets(lists, 21, 3, |_| ()), [0, 0, 5, 5], "one more: rule 5");
}

#[test]
fn get_scan_count_5_file_only_while_inactive_file_is_not_low() {
    assert_eq!(targets([8000, 8000, 4096, 4096], 500, 12, |_| ()), [0, 0, 1, 1]);
    // Inactive file low, or nothing of it at this priority: rule 6.
    assert_ne!(targets([8000, 8000, 4096, 4097], 500, 3, |_| ())[0], 0);
    let small = targets([80_000, 80_000, 4095, 4095], 500, 12, |_| ());
    assert_ne!(small[0], 0, "{small:?}");
}

#[test]
fn get_scan_count_6_fractions_by_swappiness_and_rotation() {
    let lists = [8000, 8000, 4000, 8000];
    // 60 to 140: 60 / 201 and 140 / 201 of each list.
    assert_eq!(targets(lists, 500, 3, |_| ()), [298, 298, 348, 696]);
    let rotated = targets(lists, 500, 3, |st| {
        st.lruvecs[0].recent_scanned = [999, 999];
        st.lruvecs[0].recent_rotated = [999, 0];
    });
    assert!(rotated[0] == 0 && rotated[2] > 490, "anon that comes back is left alone: {rotated:?}");
    // More scanned than a quarter of the lists: both are halved first.
    let mut halved = NONE;
    let os = os(&config(), &oldest());
    let mut st = os.st();
    for (list, len) in st.lruvecs[0].lists.iter_mut().zip(lists) {
        list.len = len;
    }
    st.zones[0].high = 100;
    st.lruvecs[0].recent_scanned = [4001, 3000];
    st.lruvecs[0].recent_rotated = [100, 100];
    let sc = scan_control(Gfp::KERNEL, 3);
    halved.clone_from(&st.get_scan_count(0, &sc, false));
    assert_eq!((st.lruvecs[0].recent_scanned, st.lruvecs[0].recent_rotated), ([2000, 3000], [50, 100]));
    assert_ne!(halved, NONE);
}

#[test]
fn inactive_anon_is_low_by_the_root_of_ten_gigabytes() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    st.lruvecs[0].lists[INACTIVE_ANON].len = 100;
    let mut low = |managed, active| {
        st.zones[0].managed = managed;
        st.lruvecs[0].lists[ACTIVE_ANON].len = active;
        st.inactive_is_low(0, false)
    };
    assert_eq!([low(250_315, 100), low(250_315, 101)], [false, true], "below 1 GB the ratio is 1");
    assert_eq!([low(1 << 18, 300), low(1 << 18, 301)], [false, true], "1 GB: 3");
    assert_eq!([low(4 << 18, 600), low(4 << 18, 601)], [false, true], "4 GB: 6");
}

#[test]
fn zone_reclaimable_at_six_times() {
    let mut lruvec = Lruvec::default();
    lruvec.lists[ACTIVE_FILE].len = 10;
    lruvec.lists[INACTIVE_ANON].len = 90;
    lruvec.pages_scanned = 599;
    assert!(
        lruvec.reclaimable(1) && !lruvec.reclaimable(0),
        "without free swap only the 10 file pages count"
    );
    lruvec.pages_scanned = 600;
    assert!(!lruvec.reclaimable(1));
}

#[test]
fn get_scan_count_4_adds_up_the_zones_of_a_node() {
    // 80 pages of page cache in the lists at hand; high is 50 in each of two zones.
    for (policy, free, anon_only) in [
        (by_node(), [15, 5], true),
        (by_node(), [15, 6], false),
        (newest(), [0, 20], true),
        // By zone only the zone's own counts: 80 and 0 are above 50.
        (oldest(), [15, 0], false),
    ] {
        let os = two_zones(&policy);
        let mut st = os.st();
        for (zone, free) in st.zones.iter_mut().zip(free) {
            (zone.free, zone.high) = (free, 50);
        }
        let last = st.lruvecs.len() - 1;
        for (list, len) in st.lruvecs[last].lists.iter_mut().zip([800, 800, 40, 40]) {
            list.len = len;
        }
        let targets = st.get_scan_count(last, &scan_control(Gfp::KERNEL, 3), false);
        assert_eq!(targets, if anon_only { [100, 100, 0, 0] } else { [0, 0, 5, 5] }, "{free:?}");
    }
}

#[test]
fn get_scan_count_forces_kswapd_on_where_nothing_is_reclaimable() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    for (list, len) in st.lruvecs[0].lists.iter_mut().zip([20, 40, 0, 0]) {
        list.len = len;
    }
    // Rule 4: anonymous pages only.
    st.zones[0].free = 0;
    let mut targets = |scanned: u64, kswapd: bool| {
        st.lruvecs[0].pages_scanned = scanned;
        st.get_scan_count(0, &scan_control(Gfp::KERNEL, 12), kswapd)
    };
    assert_eq!(targets(6 * 60, true), [20, 32, 0, 0]);
    assert_eq!([targets(6 * 60, false), targets(6 * 60 - 1, true)], [NONE; 2]);
}

#[test]
fn inactive_list_is_low_by_zone_size_or_list_size() {
    // A list of 1 GB, a quarter of it inactive, on a zone of 16 MB: the ratio is 3 by the list and 1 by the zone.
    let quarter = 1 << 16;
    for (policy, inactive, low) in [
        (first(), quarter, [true, true]),
        (oldest(), quarter, [true, true]),
        (reworked(), quarter, [false, false]),
        (reworked(), quarter - 1, [true, true]),
        (by_node(), quarter, [false, false]),
    ] {
        let os = os(&config(), &policy);
        let mut st = os.st();
        let active = 4 * quarter - inactive;
        for (list, len) in st.lruvecs[0].lists.iter_mut().zip([inactive, active, inactive, active]) {
            list.len = len;
        }
        assert_eq!([false, true].map(|file| st.inactive_is_low(0, file)), low);
        st.zones[0].managed = 4 << 18;
        let by_zone = policy.inactive_ratio == InactiveRatio::ByZoneSize;
        // 4 GB: 6 for anonymous pages, still 1 for page cache.
        st.lruvecs[0].lists[ACTIVE_ANON].len = 5 * inactive;
        assert_eq!(st.inactive_is_low(0, false), !by_zone);
        st.swap.total = 0;
        assert!(!st.inactive_is_low(0, false), "without swap nothing is deactivated");
    }
}

#[test]
fn shrink_active_list_keeps_mapped_referenced_page_cache() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let active = |st: &mut State, flags| file_pages(st, 1, PG_ACTIVE | flags)[0];
    let kept = active(&mut st, PG_MAPPED | PG_YOUNG);
    let gone = [PG_MAPPED, PG_YOUNG, PG_REFERENCED, PG_LOCKED].map(|flags| active(&mut st, flags));
    assert_eq!(st.shrink_active_list(0, true, 5), 5);
    assert!(st.pages.has(kept, PG_ACTIVE) && !st.pages.has(kept, PG_YOUNG));
    assert!(gone.iter().all(|pfn| !st.pages.has(*pfn, PG_ACTIVE) && st.pages.has(*pfn, PG_LRU)));
    assert_eq!(st.lruvecs[0].lists.map(|list| list.len), [0, 0, 4, 1]);
    // Both referenced ones count as rotated; all count as scanned.
    assert_eq!((st.lruvecs[0].recent_scanned, st.lruvecs[0].recent_rotated), ([0, 5], [0, 2]));
    assert_eq!((st.lruvecs[0].pages_scanned, st.vm.pgrefill[1], st.vm.pgdeactivate), (5, 5, 4));
    assert_eq!(st.shrink_active_list(0, true, 5), 1);
    assert!(!st.pages.has(kept, PG_ACTIVE), "not referenced again");
}

#[test]
fn shrink_active_list_deactivates_anonymous_pages_even_if_referenced() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = anon_pages(&mut st, 40, PG_ACTIVE | PG_YOUNG);
    st.shrink_active_list(0, false, 32);
    assert_eq!(st.lruvecs[0].lists.map(|list| list.len), [32, 8, 0, 0]);
    assert_eq!(st.lruvecs[0].lists[INACTIVE_ANON].tail, pages[0], "from the tail to the head");
    assert_eq!(st.lruvecs[0].recent_rotated, [32, 0]);
    assert!(pages[..32].iter().all(|pfn| !st.pages.has(*pfn, PG_YOUNG)));
}

#[test]
fn mark_page_accessed_activates_at_the_second_access() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let pages = file_pages(&mut st, 2, 0);
    st.mark_page_accessed(pages[0]);
    assert!(st.pages.has(pages[0], PG_REFERENCED) && !st.pages.has(pages[0], PG_ACTIVE));
    st.mark_page_accessed(pages[0]);
    assert!(st.pages.has(pages[0], PG_ACTIVE) && !st.pages.has(pages[0], PG_REFERENCED));
    assert_eq!(st.lruvecs[0].lists.map(|list| list.len), [0, 0, 1, 1]);
    assert_eq!(
        (st.vm.pgactivate, st.lruvecs[0].inactive_age),
        (1, 1),
        "an activation ages the inactive list"
    );
    // One that reclaim holds is marked and stays where it is.
    st.lru_del(pages[1]);
    (0..3).for_each(|_| st.mark_page_accessed(pages[1]));
    assert!(!st.pages.has(pages[1], PG_ACTIVE));
}

#[test]
fn workingset_refault_activates_within_the_active_list() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    st.lruvecs[0].lists[ACTIVE_FILE].len = 10;
    st.lruvecs[0].inactive_age = 100;
    assert_eq!([90, 89].map(|evicted_at| st.workingset_refault(0, evicted_at)), [true, false]);
    assert_eq!((st.vm.workingset_refault, st.vm.workingset_activate), (2, 1));
}

#[test]
fn zone_reclaimable_pages_sees_anonymous_pages_while_slots_are_free() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    st.zones[0].nr_lru = [1, 20, 300, 4000];
    st.lruvecs[0].isolated = [50_000, 600_000];
    let counted = |st: &State| st.zone_reclaimable_pages(&st.zones[0]);
    assert_eq!(counted(&st), 654_321);
    st.swap.free = 0;
    assert_eq!(counted(&st), 604_300);
    st.policy.reclaimable = Reclaimable::LruOnly;
    assert_eq!(counted(&st), 4300);
}
