use super::*;
use crate::kernel::KernelPolicy;
use crate::testing::{by_node, first, newest, oldest, reworked, two_zones};
use std::collections::BTreeSet;

fn names(policy: &KernelPolicy) -> BTreeSet<&'static str> {
    let table = two_zones(policy).st().vmstat();
    let names: BTreeSet<&str> = table.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), table.len(), "a name twice");
    names
}

fn has(names: &BTreeSet<&str>, wanted: &[&str]) -> Vec<bool> {
    wanted.iter().map(|name| names.contains(name)).collect()
}

#[test]
fn vmstat_names_by_zone_or_node() {
    const RECLAIM: [&str; 5] =
        ["pgrefill", "pgsteal_kswapd", "pgsteal_direct", "pgscan_kswapd", "pgscan_direct"];
    for (policy, by_zone) in
        [(first(), true), (oldest(), true), (reworked(), true), (by_node(), false), (newest(), false)]
    {
        let names = names(&policy);
        for name in RECLAIM {
            let suffixed = [format!("{name}_dma"), format!("{name}_dma32")];
            assert_eq!(names.contains(name), !by_zone, "{name}");
            assert!(suffixed.iter().all(|name| names.contains(name.as_str()) == by_zone), "{suffixed:?}");
        }
        let plain = has(&names, &["allocstall", "nr_alloc_batch"]);
        assert_eq!(plain, [by_zone; 2]);
        let suffixed = ["allocstall_dma", "allocstall_dma32", "pgskip_dma", "pgskip_dma32"];
        assert_eq!(has(&names, &suffixed), [!by_zone; 4]);
        let node =
            ["nr_zone_inactive_anon", "nr_zone_active_file", "nr_zone_unevictable", "nr_zone_write_pending"];
        assert_eq!(has(&names, &node), [!by_zone; 4]);
        let all =
            ["pgalloc_dma", "pgalloc_dma32", "nr_free_pages", "pgscan_direct_throttle", "nr_pages_scanned"];
        assert_eq!(has(&names, &all), [true; 5]);
        // Never without suffix; later kernels only.
        assert_eq!(has(&names, &["pgalloc", "oom_kill", "pgsteal_anon"]), [false; 3]);
    }
    assert_eq!(names(&oldest()), names(&reworked()), "the lists of both are the same");
}

#[test]
fn vmstat_adds_up_or_tells_apart_the_zones() {
    let value = |policy: &KernelPolicy, name: &str| {
        let os = two_zones(policy);
        let mut st = os.st();
        st.vm.pgscan_direct = [1, 20, 0];
        st.vm.allocstall = [300, 4000, 0];
        st.zones[0].nr_lru[INACTIVE_ANON] = 50_000;
        st.zones[1].nr_lru[INACTIVE_ANON] = 600_000;
        st.zones[0].writeback = 7;
        st.zones[1].dirty = 80;
        st.vmstat().iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    };
    assert_eq!(value(&oldest(), "pgscan_direct_dma32"), Some(20));
    assert_eq!(value(&oldest(), "allocstall"), Some(4300));
    assert_eq!(value(&by_node(), "pgscan_direct"), Some(21));
    assert_eq!(value(&by_node(), "allocstall_dma"), Some(300));
    assert_eq!(value(&by_node(), "nr_zone_inactive_anon"), Some(650_000));
    assert_eq!(value(&by_node(), "nr_zone_write_pending"), Some(87));
    assert_eq!([value(&oldest(), "nr_dirty"), value(&by_node(), "nr_writeback")], [Some(80), Some(7)]);
}

#[test]
fn count_allocstall_counts_for_the_class_of_the_highest_zone() {
    let os = two_zones(&by_node());
    os.st().count_allocstall();
    assert_eq!(os.st().vm.allocstall, [0, 1, 0]);
}
