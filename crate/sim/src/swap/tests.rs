use super::*;

#[test]
fn scan_swap_map_gives_slots_in_sequence() {
    let mut area = SwapArea::new(600);
    let first: Vec<u32> = (0..300).filter_map(|_| area.get_page()).collect();
    assert_eq!(first, (0..300).collect::<Vec<u32>>());
    assert_eq!(area.free, 300);
    area.put_slot(7);
    assert_eq!(area.get_page(), Some(300), "a hole behind is left for the next cluster");
    area.put_slot(7);
    assert_eq!(area.free, 300, "a slot is freed once");
}

#[test]
fn scan_swap_map_takes_an_empty_cluster_else_the_next_free_slot() {
    let mut area = SwapArea::new(1024);
    for _ in 0..768 {
        area.get_page();
    }
    (6..256).for_each(|slot| area.put_slot(slot));
    (256..512).for_each(|slot| area.put_slot(slot));
    assert_eq!(
        area.get_page(),
        Some(256),
        "the first run that is empty, neither one nearly so nor what follows"
    );
    assert_eq!(area.free, 250 + 255 + 256);
    let mut area = SwapArea::new(1024);
    for _ in 0..768 {
        area.get_page();
    }
    (256..512).for_each(|slot| area.put_slot(slot));
    assert_eq!(area.get_page(), Some(256));
    let rest: Vec<u32> = std::iter::from_fn(|| area.get_page()).collect();
    assert_eq!((rest[254], rest[255], rest.len()), (511, 768, 511));
    assert_eq!((area.get_page(), area.free), (None, 0));
    area.put_slot(100);
    area.put_slot(900);
    let after: Vec<u32> = std::iter::from_fn(|| area.get_page()).collect();
    assert_eq!(after.len(), 2, "no empty cluster, but free slots: {after:?}");
}

#[test]
fn swapin_nr_pages_follows_the_hits() {
    let mut readahead = Readahead { hits: 4, ..Readahead::default() };
    assert_eq!(readahead.nr_pages(100), 8, "4 hits and 2 more, rounded up");
    // Without hits it shrinks by halves, and a fault far away reads one page.
    assert_eq!([200, 300, 400, 500].map(|slot| readahead.nr_pages(slot)), [4, 2, 1, 1]);
    assert_eq!(readahead.nr_pages(501), 2, "next to the last one");
    readahead.hits = 1;
    assert_eq!(readahead.nr_pages(700), 4, "at least 4 after a hit");
    readahead.hits = 20;
    assert_eq!(readahead.nr_pages(800), 8, "page-cluster is 3");
}

#[test]
fn swapin_readahead_reads_an_aligned_window() {
    let area = SwapArea::new(100);
    assert_eq!([area.window(13, 8), area.window(13, 1), area.window(97, 8)], [8..=15, 13..=13, 96..=99]);
}
