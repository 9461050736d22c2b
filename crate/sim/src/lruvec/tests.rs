use super::*;
use crate::config::ZoneKind;
use crate::gfp::Gfp;
use crate::testing::{config, machine, oldest, os};

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
    let sc = ScanControl {
        gfp: Gfp::KERNEL,
        order: 0,
        priority,
        nr_to_reclaim: 32,
        nr_reclaimed: 0,
        nr_scanned: 0,
    };
    st.get_scan_count(0, &sc, false)
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
    let sc = ScanControl {
        gfp: Gfp::KERNEL,
        order: 0,
        priority: 3,
        nr_to_reclaim: 32,
        nr_reclaimed: 0,
        nr_scanned: 0,
    };
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
