//! Counters: one table of field, name in /proc/vmstat, and how versions write it.
//!
//! Up to 4.7 reclaim counts by zone (`pgscan_direct_dma32`), from 4.8 on by node; `allocstall` went the other way.

use crate::config::ZoneKind;
use crate::kernel::{FairZones, LruUnit};
use crate::lruvec::{ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE};
use crate::mmzone::Zone;
use crate::state::State;

/// Zones that a counter by zone tells apart, in the order of [`ZoneKind`].
pub(crate) const ZONES: usize = 3;

macro_rules! counters {
    ({ $($plain:ident,)* } { $($zoned:ident = [$dma:literal, $dma32:literal, $normal:literal],)* } { $($own:ident,)* }) => {
        /// Event counters since boot.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Vmstat { $(pub $plain: u64,)* $(pub $zoned: [u64; ZONES],)* $(pub $own: u64,)* }

        impl Vmstat {
            /// Counters of one kind for the whole machine.
            fn plain(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($plain), self.$plain)),*]
            }

            /// Counters by zone: name, names with suffix, values.
            fn zoned(&self) -> Vec<(&'static str, [&'static str; ZONES], [u64; ZONES])> {
                vec![$((stringify!($zoned), [$dma, $dma32, $normal], self.$zoned)),*]
            }

            /// Counters of the model that no kernel has.
            pub(crate) fn own(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($own), self.$own)),*]
            }
        }
    };
}

counters! {
    {
        nr_vmscan_write,
        nr_vmscan_immediate_reclaim,
        nr_dirtied,
        nr_written,
        workingset_refault,
        workingset_activate,
        pgpgin,
        pgpgout,
        pswpin,
        pswpout,
        pgfree,
        pgactivate,
        pgdeactivate,
        pgfault,
        pgmajfault,
        pgscan_direct_throttle,
        slabs_scanned,
        kswapd_low_wmark_hit_quickly,
        kswapd_high_wmark_hit_quickly,
        pageoutrun,
        pgrotated,
        compact_stall,
        compact_success,
    }
    {
        pgalloc = ["pgalloc_dma", "pgalloc_dma32", "pgalloc_normal"],
        pgrefill = ["pgrefill_dma", "pgrefill_dma32", "pgrefill_normal"],
        pgsteal_kswapd = ["pgsteal_kswapd_dma", "pgsteal_kswapd_dma32", "pgsteal_kswapd_normal"],
        pgsteal_direct = ["pgsteal_direct_dma", "pgsteal_direct_dma32", "pgsteal_direct_normal"],
        pgscan_kswapd = ["pgscan_kswapd_dma", "pgscan_kswapd_dma32", "pgscan_kswapd_normal"],
        pgscan_direct = ["pgscan_direct_dma", "pgscan_direct_dma32", "pgscan_direct_normal"],
        allocstall = ["allocstall_dma", "allocstall_dma32", "allocstall_normal"],
        pgskip = ["pgskip_dma", "pgskip_dma32", "pgskip_normal"],
    }
    {
        swap_cache_add,
        swap_cache_del,
        swap_cache_find,
        swap_cache_found,
        reserve_pages,
        reserve_empty,
        reserve_forbidden,
        mempool_alloc,
        mempool_from_pool,
        mempool_wait,
        kcryptd_io_reads,
        atomic_alloc,
        atomic_fail,
    }
}

impl Vmstat {
    /// The event counters with the names of a version.
    pub(crate) fn events(&self, unit: LruUnit, zones: &[ZoneKind]) -> Vec<(&'static str, u64)> {
        let mut table = self.plain();
        for (name, suffixed, values) in self.zoned() {
            let by_zone = match (name, unit) {
                ("pgalloc", _) => true,
                // pages of a zone above the request's class: the lists of a node only
                ("pgskip", LruUnit::Zone) => continue,
                ("allocstall" | "pgskip", unit) => unit == LruUnit::Node,
                (_, unit) => unit == LruUnit::Zone,
            };
            if by_zone {
                table.extend(zones.iter().map(|zone| (suffixed[*zone as usize], values[*zone as usize])));
            } else {
                table.push((name, values.iter().sum()));
            }
        }
        table
    }
}

impl State {
    /// A count of one `allocstall`, for a request of the highest class.
    pub(crate) fn count_allocstall(&mut self) {
        let class = self.zones.last().map_or(0, |zone| zone.kind as usize);
        self.vm.allocstall[class] += 1;
    }

    /// The levels of /proc/vmstat, with the names of the version.
    fn levels(&self) -> Vec<(&'static str, u64)> {
        let lru = |list: usize| self.lruvecs.iter().map(|lruvec| lruvec.len(list)).sum::<u64>();
        let isolated = |file: usize| self.lruvecs.iter().map(|lruvec| lruvec.isolated[file]).sum::<u64>();
        let zones = |count: fn(&Zone) -> u64| self.zones.iter().map(count).sum::<u64>();
        let swap_cache = self.vm.swap_cache_add - self.vm.swap_cache_del;
        let (background, threshold) = self.dirty_limits();
        let mut table = vec![
            ("nr_free_pages", self.free_total()),
            ("nr_inactive_anon", lru(INACTIVE_ANON)),
            ("nr_active_anon", lru(ACTIVE_ANON)),
            ("nr_inactive_file", lru(INACTIVE_FILE)),
            ("nr_active_file", lru(ACTIVE_FILE)),
            ("nr_unevictable", self.unevictable),
            ("nr_mlock", self.unevictable),
            ("nr_anon_pages", self.spaces.iter().map(|space| space.rss).sum()),
            ("nr_mapped", zones(|zone| zone.mapped)),
            ("nr_file_pages", lru(INACTIVE_FILE) + lru(ACTIVE_FILE) + isolated(1) + swap_cache),
            ("nr_dirty", self.nr_dirty()),
            ("nr_writeback", self.writeback_total()),
            ("nr_slab_reclaimable", self.slab_reclaimable.len() as u64),
            ("nr_slab_unreclaimable", self.slab_unreclaimable()),
            ("nr_page_table_pages", 0),
            ("nr_kernel_stack", self.kernel_stacks.len() as u64),
            ("nr_unstable", 0),
            ("nr_bounce", 0),
            ("nr_isolated_anon", isolated(0)),
            ("nr_isolated_file", isolated(1)),
            ("nr_shmem", 0),
            ("nr_dirty_threshold", threshold),
            ("nr_dirty_background_threshold", background),
            ("nr_pages_scanned", self.lruvecs.iter().map(|lruvec| lruvec.pages_scanned).sum()),
        ];
        if self.policy.fair_zones == FairZones::RoundRobin {
            let left = |zone: &Zone| u64::try_from(zone.alloc_batch).unwrap_or(0);
            table.push(("nr_alloc_batch", self.zones.iter().map(left).sum()));
        }
        if self.policy.lru == LruUnit::Node {
            table.extend([
                ("nr_zone_inactive_anon", zones(|zone| zone.nr_lru[INACTIVE_ANON])),
                ("nr_zone_active_anon", zones(|zone| zone.nr_lru[ACTIVE_ANON])),
                ("nr_zone_inactive_file", zones(|zone| zone.nr_lru[INACTIVE_FILE])),
                ("nr_zone_active_file", zones(|zone| zone.nr_lru[ACTIVE_FILE])),
                ("nr_zone_unevictable", self.unevictable),
                ("nr_zone_write_pending", zones(|zone| zone.dirty + zone.writeback)),
            ]);
        }
        table
    }

    /// /proc/vmstat as the version prints it.
    pub(crate) fn vmstat(&self) -> Vec<(&'static str, u64)> {
        let zones: Vec<ZoneKind> = self.zones.iter().map(|zone| zone.kind).collect();
        let mut table = self.levels();
        table.extend(self.vm.events(self.policy.lru, &zones));
        table
    }
}

#[cfg(test)]
mod tests;
