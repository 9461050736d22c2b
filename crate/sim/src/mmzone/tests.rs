use super::*;
use crate::gfp::{ALLOC_HARDER, ALLOC_HIGH};
use crate::testing::{config, machine, oldest, os};

mod table;

const DMA: (ZoneKind, u64) = (ZoneKind::Dma, 3977);

fn gb1() -> Machine {
    machine(&[DMA, (ZoneKind::Dma32, 250_315)])
}

fn gb2() -> Machine {
    machine(&[DMA, (ZoneKind::Dma32, 505_000)])
}

fn gb4() -> Machine {
    machine(&[DMA, (ZoneKind::Dma32, 765_000), (ZoneKind::Normal, 252_000)])
}

fn gb8() -> Machine {
    machine(&[DMA, (ZoneKind::Dma32, 765_000), (ZoneKind::Normal, 1_290_000)])
}

#[test]
fn init_per_zone_wmark_min_takes_the_root() {
    assert_eq!([gb1(), gb2(), gb4(), gb8()].map(|m| min_free_kbytes(&m)), [4034, 5707, 8083, 11_479]);
    let set = Machine { min_free_kbytes: Some(5000), thp: true, ..gb1() };
    assert_eq!(min_free_kbytes(&set), 5000);
}

#[test]
fn set_recommended_min_free_kbytes_with_huge_pages() {
    assert_eq!(min_free_kbytes(&Machine { thp: true, ..gb1() }), 45_056);
    assert_eq!(min_free_kbytes(&Machine { thp: true, ..gb4() }), 67_584);
    let small = machine(&[(ZoneKind::Dma32, 40_000)]);
    assert_eq!(min_free_kbytes(&Machine { thp: true, ..small }), 4 * 40_000 / 20, "not more than 5 %");
}

/// Watermarks as kernels of the two policies print them: `min_free_kbytes`, then min, low and high of each zone.
#[test]
fn setup_per_zone_wmarks_of_known_machines() {
    use WatermarkDistance::{QuarterOfMin, ScaleFactor};
    let thp = Machine { thp: true, ..gb1() };
    let rows: [(_, _, _, _, &[[u64; 3]]); 8] = [
        ("1 GB", gb1(), QuarterOfMin, 4034, &[[15, 18, 22], [992, 1240, 1488]]),
        ("1 GB", gb1(), ScaleFactor, 4034, &[[15, 18, 21], [992, 1242, 1492]]),
        ("2 GB", gb2(), QuarterOfMin, 5707, &[[11, 13, 16], [1414, 1767, 2121]]),
        ("2 GB", gb2(), ScaleFactor, 5707, &[[11, 14, 17], [1414, 1919, 2424]]),
        ("4 GB", gb4(), ScaleFactor, 8083, &[[7, 10, 13], [1513, 2278, 3043], [498, 750, 1002]]),
        ("8 GB", gb8(), QuarterOfMin, 11_479, &[[5, 6, 7], [1065, 1331, 1597], [1797, 2246, 2695]]),
        ("8 GB", gb8(), ScaleFactor, 11_479, &[[5, 8, 11], [1065, 1830, 2595], [1797, 3087, 4377]]),
        ("1 GB, huge pages", thp, ScaleFactor, 45_056, &[[176, 220, 264], [11_087, 13_858, 16_629]]),
    ];
    for (name, machine, distance, min_free, marks) in rows {
        assert_eq!(min_free_kbytes(&machine), min_free, "{name}");
        let found = watermarks(&machine, distance);
        let found: Vec<[u64; 3]> = found.iter().map(|marks| [marks.min, marks.low, marks.high]).collect();
        assert_eq!(found, marks, "{name}, {distance:?}");
    }
}

#[test]
fn setup_per_zone_lowmem_reserve_by_ratio() {
    let reserve = |machine: Machine, zone: usize, class: usize| {
        let managed: Vec<u64> = machine.zones.iter().map(|zone| zone.managed.0).collect();
        lowmem_reserve(machine.zones[zone].kind, &managed, zone, class)
    };
    assert_eq!([reserve(gb1(), 0, 1), reserve(gb1(), 1, 1), reserve(gb1(), 1, 0)], [977, 0, 0]);
    assert_eq!(reserve(gb4(), 1, 2), 252_000 / 256);
}

#[test]
fn zone_batchsize_and_high() {
    let pcp = |machine: &Machine, index| {
        let zone = Zone::new(machine, index, 0, Marks { min: 0, low: 0, high: 0 });
        (zone.pcp_batch, zone.pcp_high)
    };
    assert_eq!([pcp(&gb1(), 0), pcp(&gb1(), 1)], [(1, 0), (31, 186)]);
    assert_eq!(pcp(&machine(&[(ZoneKind::Dma32, 63_448)]), 0), (15, 90));
}

#[test]
fn zone_watermark_ok_is_strict_and_knows_high_and_harder() {
    let mut zone = Zone::new(&gb1(), 1, 0, Marks { min: 1000, low: 1250, high: 1500 });
    zone.free_area[0].len = 1;
    let smallest = |zone: &Zone, flags| (0..4000).find(|free| zone.watermark_ok(0, zone.min, flags, *free));
    assert_eq!(smallest(&zone, 0), Some(1001));
    assert_eq!(smallest(&zone, ALLOC_HIGH), Some(501));
    assert_eq!(smallest(&zone, ALLOC_HARDER), Some(751));
    assert_eq!(smallest(&zone, ALLOC_HIGH | ALLOC_HARDER), Some(376));
    zone.lowmem_reserve = 977;
    assert_eq!(smallest(&zone, 0), Some(1978));
    zone.free = 1251;
    zone.lowmem_reserve = 0;
    let passed = [Mark::Min, Mark::Low, Mark::High].map(|mark| zone.may_take(0, mark, 0));
    assert_eq!(passed, [true, true, false]);
    zone.free = 0;
    assert!(zone.may_take(0, Mark::High, ALLOC_NO_WATERMARKS));
}

#[test]
fn zone_watermark_ok_wants_a_block_of_the_order() {
    let mut zone = Zone::new(&gb1(), 1, 0, Marks { min: 1000, low: 1250, high: 1500 });
    zone.free_area[1].len = 500;
    assert!(zone.watermark_ok(1, zone.min, 0, 1002), "1002 free less the 1 page that the block has on top");
    assert!(!zone.watermark_ok(1, zone.min, 0, 1001));
    assert!(!zone.watermark_ok(2, zone.min, 0, 100_000), "no block of order 2");
    zone.free_area[5].len = 1;
    assert!(zone.watermark_ok(2, zone.min, 0, 1004) && !zone.watermark_ok(2, zone.min, 0, 1003));
}

#[test]
fn compaction_suitable_wants_two_blocks_above_low() {
    let mut zone = Zone::new(&gb1(), 1, 0, Marks { min: 1000, low: 1250, high: 1500 });
    for (order, wanted) in [(1, 1255), (3, 1267)] {
        zone.free = wanted;
        assert!(zone.compaction_suitable(order), "{order}");
        zone.free -= 1;
        assert!(!zone.compaction_suitable(order), "{order}");
    }
}

#[test]
fn rmqueue_smallest_splits_and_free_one_page_merges() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let st = &mut *st;
    st.drain_all_pages();
    let zone = &mut st.zones[0];
    let lists = |zone: &Zone| zone.free_area.map(|list| list.len);
    // What the pools took at set-up leaves small blocks; the split is looked at in a fresh block of order 10.
    let before = lists(zone);
    let block = zone.rmqueue(&mut st.pages, 10).unwrap();
    zone.free_block(&mut st.pages, block, 10);
    assert_eq!(lists(zone), before);
    let mut taken = Vec::new();
    while zone.free_area[..10].iter().any(|list| list.len > 0) {
        taken.push(zone.rmqueue(&mut st.pages, 0).unwrap());
    }
    let blocks = zone.free_area[10].len;
    let free = zone.free;
    let page = zone.rmqueue(&mut st.pages, 0).unwrap();
    let mut split = [1; MAX_ORDER];
    split[10] = blocks - 1;
    assert_eq!(lists(zone), split, "one block of each order below is left of the block that was split");
    assert_eq!(zone.free, free - 1);
    zone.free_block(&mut st.pages, page, 0);
    assert_eq!((zone.free_area[10].len, zone.free), (blocks, free), "merged all the way up");
    assert!(zone.free_area[..10].iter().all(|list| list.len == 0));
}

#[test]
fn free_one_page_merges_with_the_buddy_above_and_the_one_below() {
    let os = crate::testing::two_zones(&oldest());
    let mut st = os.st();
    let st = &mut *st;
    st.drain_all_pages();
    // Its first page is not the machine's.
    let zone = &mut st.zones[1];
    assert!(zone.start > 0);
    let lists = |zone: &Zone| zone.free_area.map(|list| list.len);
    let whole = zone.free;
    let block = zone.rmqueue(&mut st.pages, 10).unwrap();
    let (before, free) = (lists(zone), zone.free);
    assert_eq!(free, whole - 1024);
    for order in [[0, 1], [1, 0]] {
        for half in order {
            zone.free_block(&mut st.pages, block + 512 * half, 9);
        }
        let mut merged = before;
        merged[10] += 1;
        assert_eq!((lists(zone), zone.free), (merged, free + 1024), "{order:?}");
        zone.remove_free(&mut st.pages, block);
        assert_eq!((lists(zone), zone.free), (before, free), "taken off by its number");
    }
}
