//! The watermark test over all combinations of policy, zone, flags, mark, order and free blocks: compared with a formula of
//! its own for every number of free pages, and as the smallest number that passes with a printed table.

use super::{Machine, Mark, Marks, WatermarkDistance, Zone, gb1, watermarks};
use crate::gfp::{ALLOC_HARDER, ALLOC_HIGH, ALLOC_NO_WATERMARKS, ALLOC_OOM};
use crate::mmzone::MAX_ORDER;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const POLICIES: [(WatermarkDistance, &str); 2] = [
    (WatermarkDistance::QuarterOfMin, "distance min/4"),
    (WatermarkDistance::ScaleFactor, "distance by watermark_scale_factor"),
];
const FLAGS: [(u32, &str); 9] = [
    (0, "none"),
    (ALLOC_HIGH, "HIGH"),
    (ALLOC_HARDER, "HARDER"),
    (ALLOC_HIGH | ALLOC_HARDER, "HIGH|HARDER"),
    (ALLOC_OOM, "OOM"),
    (ALLOC_HIGH | ALLOC_OOM, "HIGH|OOM"),
    (ALLOC_HARDER | ALLOC_OOM, "HARDER|OOM"),
    (ALLOC_HIGH | ALLOC_HARDER | ALLOC_OOM, "HIGH|HARDER|OOM"),
    (ALLOC_NO_WATERMARKS, "NO_WATERMARKS"),
];
const MARKS: [(Mark, &str); 3] = [(Mark::Min, "min"), (Mark::Low, "low"), (Mark::High, "high")];
const ORDERS: usize = 4;
/// More free pages than any request of the table needs.
const FREE: u64 = 2600;

/// A machine of 1 GB: its DMA zone has a `lowmem_reserve`, its DMA32 zone has none.
fn machine() -> Machine {
    gb1()
}

fn zone(index: usize, marks: Marks) -> Zone {
    Zone::new(&machine(), index, 0, marks)
}

/// One free block of an order, or none.
fn set_block(zone: &mut Zone, block: Option<usize>) {
    for order in 0..MAX_ORDER {
        zone.free_area[order].len = u64::from(block == Some(order));
    }
}

/// The rule of the kernel in other terms than the model's: pages that must stay free, rounded up where the kernel takes a
/// share away and rounds that down. None: not with these blocks.
///
/// `__GFP_HIGH` may use half of the mark; `__GFP_ATOMIC` a quarter of what is left of it, an OOM victim half. The
/// request itself comes on top.
fn smallest(mark: u64, reserve: u64, flags: u32, order: usize, block: Option<usize>) -> Option<u64> {
    if flags & ALLOC_NO_WATERMARKS != 0 {
        return Some(0);
    }
    let of = |pages: u64, share: u64, parts: u64| (pages * share).div_ceil(parts);
    let stays = if flags & ALLOC_HIGH == 0 { mark } else { of(mark, 1, 2) };
    let stays = match (flags & ALLOC_OOM != 0, flags & ALLOC_HARDER != 0) {
        (true, _) => of(stays, 1, 2),
        (false, true) => of(stays, 3, 4),
        (false, false) => stays,
    };
    let found = order == 0 || block.is_some_and(|block| block >= order);
    found.then(|| stays + reserve + 2_u64.pow(u32::try_from(order).unwrap()))
}

#[test]
fn zone_watermark_ok_for_every_number_of_free_pages() {
    let mut looked = 0;
    for (distance, policy) in POLICIES {
        for (index, marks) in watermarks(&machine(), distance).into_iter().enumerate() {
            let mut zone = zone(index, marks);
            let reserve = if index == 0 { 250_315 / 256 } else { 0 };
            for block in (0..MAX_ORDER).map(Some).chain([None]) {
                set_block(&mut zone, block);
                for (flags, name) in FLAGS {
                    for ((mark, label), pages) in MARKS.into_iter().zip([marks.min, marks.low, marks.high]) {
                        for order in 0..ORDERS {
                            let least = smallest(pages, reserve, flags, order, block);
                            for free in 0..FREE {
                                zone.free = free;
                                assert_eq!(
                                    zone.may_take(order, mark, flags),
                                    least.is_some_and(|least| free >= least),
                                    "{policy}, zone {index}, flags {name}, mark {label} = {pages}, order {order}, \
                                     block {block:?}, {free} free, {least:?} wanted"
                                );
                                looked += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(looked, 2 * 2 * 12 * 9 * 3 * 4 * FREE);
}

/// One row: the smallest number of free pages that passes, for each order, with a block of the order or without.
fn row(zone: &mut Zone, mark: Mark, flags: u32) -> String {
    let mut row = String::new();
    for with in [true, false] {
        for order in 0..ORDERS {
            set_block(zone, if with { Some(order) } else { order.checked_sub(1) });
            let least = (0..FREE).find(|free| {
                zone.free = *free;
                zone.may_take(order, mark, flags)
            });
            let text = least.map_or("-".to_owned(), |least| least.to_string());
            write!(row, " {text:>5}").unwrap();
        }
        row.push_str(if with { "  " } else { "" });
    }
    row
}

fn table() -> String {
    let mut text = String::from(
        "Smallest number of free pages that passes the watermark test on a machine of 1 GB; - where none does.\n\
         Orders 0 to 3, with a free block of the order and with smaller ones only.\n",
    );
    for (distance, policy) in POLICIES {
        for (index, marks) in watermarks(&machine(), distance).into_iter().enumerate() {
            let mut zone = zone(index, marks);
            let Marks { min, low, high } = marks;
            let reserve = zone.lowmem_reserve;
            let name = zone.kind.name();
            writeln!(
                text,
                "\n{policy}, {name}: min {min}, low {low}, high {high}, lowmem_reserve {reserve}\n\
                 {:<16} {:<5} {:>5} {:>5} {:>5} {:>5}   {:>5} {:>5} {:>5} {:>5}",
                "flags", "mark", "0", "1", "2", "3", "0", "1", "2", "3"
            )
            .unwrap();
            for (flags, name) in FLAGS {
                for (mark, label) in MARKS {
                    writeln!(text, "{name:<16} {label:<5}{}", row(&mut zone, mark, flags)).unwrap();
                }
            }
        }
    }
    text
}

#[test]
fn zone_watermark_ok_as_printed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mmzone/watermarks.txt");
    let text = table();
    if env::var_os("BLESS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let differ: Vec<String> = found
        .lines()
        .zip(text.lines())
        .filter(|(old, new)| old != new)
        .map(|(old, new)| format!("was {old}\nis  {new}"))
        .collect();
    assert!(found == text, "{}\n\nIf this is meant: cargo xtask bless", differ.join("\n"));
}
