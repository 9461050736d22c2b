use super::*;

#[test]
fn pfmemalloc_match_keeps_reserve_slabs_from_others() {
    let mut cache = KmemCache::new(Cache::DmClone, 1);
    let reserve = cache.add(0, 10, true);
    let ordinary = cache.add(0, 11, false);
    assert_eq!(cache.take(0, false), Some(ordinary), "the CPU's slab is the last one added");
    for _ in 2..7 {
        assert_eq!(cache.take(0, false), Some(ordinary));
    }
    assert_eq!(cache.take(0, false), None, "the partial slab came from the reserves");
    assert_eq!(cache.take(0, true), Some(reserve));
}

#[test]
fn slab_alloc_node_serves_anyone_from_the_slab_of_its_cpu() {
    let mut cache = KmemCache::new(Cache::DmClone, 2);
    let reserve = cache.add(1, 10, true);
    assert_eq!(cache.take(0, false), None);
    assert_eq!(cache.take(1, false), Some(reserve));
}

#[test]
fn discard_slab_beyond_min_partial() {
    let mut cache = KmemCache::new(Cache::Task, 1);
    let slabs: Vec<u32> = (0..8).map(|pfn| cache.add(0, pfn, false)).collect();
    // The last is the CPU's own and stays; five partial ones stay too.
    let freed: Vec<Pfn> = slabs[..7].iter().filter_map(|slab| cache.put(*slab)).collect();
    assert_eq!(freed, [5, 6]);
    assert_eq!(cache.put(slabs[7]), None);
    assert_eq!(cache.pages(), 6);
}
