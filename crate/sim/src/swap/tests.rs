use super::*;
use crate::testing::{config, oldest, os};
use crate::units::Pages;

impl SwapArea {
    /// A slot where the swap cache holds none.
    fn get_page_on(&mut self, cpu: usize) -> Option<u32> {
        if self.free == 0 {
            return None;
        }
        let base = self.scan_base(cpu);
        let base = if base > self.highest { self.lowest } else { base };
        let slot =
            self.find(base, self.highest + 1, false).or_else(|| self.find(self.lowest, base, false))?;
        self.take(slot);
        Some(slot)
    }

    fn get_page(&mut self) -> Option<u32> {
        self.get_page_on(0)
    }
}

fn area(slots: usize) -> SwapArea {
    SwapArea::new(slots, true)
}

#[test]
fn scan_swap_map_gives_slots_in_sequence() {
    let mut area = self::area(600);
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
    let mut area = self::area(1024);
    for _ in 0..768 {
        area.get_page();
    }
    (6..256).for_each(|slot| area.put_slot(slot));
    (256..512).for_each(|slot| area.put_slot(slot));
    assert_eq!(area.get_page(), Some(6), "the first run that is empty, aligned or not");
    assert_eq!(area.free, 249 + 256 + 256);
    let mut area = self::area(1024);
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
    let area = self::area(100);
    assert_eq!([area.window(13, 8), area.window(13, 1), area.window(97, 8)], [8..=15, 13..=13, 96..=99]);
}

#[test]
fn scan_swap_map_takes_an_empty_run_that_is_not_aligned() {
    let mut area = self::area(1024);
    for _ in 0..1024 {
        area.get_page();
    }
    (100..356).for_each(|slot| area.put_slot(slot));
    assert_eq!(area.get_page(), Some(100), "256 free slots across two clusters");
    let mut area = self::area(1024);
    for _ in 0..1024 {
        area.get_page();
    }
    (100..355).chain(800..801).for_each(|slot| area.put_slot(slot));
    assert_eq!(area.get_page(), Some(100), "one short of a run: the first free slot");
}

#[test]
fn scan_swap_map_try_ssd_cluster_gives_each_cpu_its_own() {
    let mut area = SwapArea::new(1024, false);
    let slots = [0, 1, 0, 1].map(|cpu| area.get_page_on(cpu));
    assert_eq!(slots, [Some(0), Some(256), Some(1), Some(257)]);
    for _ in 2..256 {
        area.get_page_on(0);
    }
    assert_eq!([area.get_page_on(0), area.get_page_on(2)], [Some(512), Some(768)]);
    // Clusters that become free go to the tail of the list.
    (0..256).chain(512..513).for_each(|slot| area.put_slot(slot));
    assert_eq!(
        area.get_page_on(0),
        Some(0),
        "its own cluster was freed and is not the first of the list: another"
    );
    assert_eq!(area.get_page_on(3), Some(512));
}

#[test]
fn scan_swap_map_try_ssd_cluster_without_a_free_cluster() {
    let mut area = SwapArea::new(600, false);
    let all: Vec<u32> = std::iter::from_fn(|| area.get_page_on(0)).collect();
    assert_eq!(all, (0..600).collect::<Vec<u32>>(), "the last cluster is short, and found by a search");
    area.put_slot(300);
    assert_eq!((area.get_page_on(1), area.get_page_on(1)), (Some(300), None));
}

/// The machine of the tests with 8 slots, of which so many are held by pages of the swap cache only.
fn cache_only(pages: u32) -> std::rc::Rc<crate::os::Os> {
    let mut config = config();
    config.swap = Pages(8);
    let os = os(&config, &oldest());
    {
        let mut st = os.st();
        st.spaces.push(crate::task::AddressSpace::default());
        for index in 0..pages {
            let pfn = st.get_page_from_freelist(0, 0, crate::mmzone::Mark::Min, 0).unwrap();
            st.map_page(pfn, 0, index);
            let slot = st.get_swap_page(0).unwrap();
            assert!(st.add_to_swap_cache(pfn, slot, 0, true));
        }
    }
    os
}

#[test]
fn vm_swap_full_takes_slots_from_the_swap_cache() {
    let os = cache_only(8);
    let mut st = os.st();
    let pages: Vec<Pfn> = (0..8).filter_map(|slot| st.swap.lookup(slot)).collect();
    assert_eq!(st.get_swap_page(0), None, "no slot is free");
    assert!([0, 7].iter().all(|at| st.try_to_free_swap(pages[*at], 0)));
    st.pages.set(pages[3], PG_WRITEBACK);
    let slots: Vec<u32> = std::iter::from_fn(|| st.get_swap_page(0)).collect();
    assert_eq!(
        slots,
        [0, 1, 2, 4, 5, 6, 7],
        "on the way to a free one, except that of a page under writeback"
    );
    let rewritten = |pfn: &&Pfn| st.pages.flags[**pfn as usize] & (PG_DIRTY | PG_SWAPCACHE) == PG_DIRTY;
    assert_eq!(pages.iter().filter(rewritten).count(), 7, "they must be written again");
    assert!(!cache_only(4).st().swap.vm_swap_full() && cache_only(5).st().swap.vm_swap_full());
}

#[test]
fn try_to_free_swap_keeps_a_slot_that_a_page_table_refers_to() {
    let os = cache_only(1);
    let mut st = os.st();
    let pfn = st.swap.lookup(0).unwrap();
    st.swap.owner[0] = (0, 0);
    assert!(!st.try_to_free_swap(pfn, 0));
    st.swap.owner[0] = (NO_OWNER, 0);
    assert!(st.try_to_free_swap(pfn, 0) && !st.try_to_free_swap(pfn, 0));
    assert_eq!((st.swap.free, st.pages.has(pfn, PG_DIRTY)), (8, true));
}
