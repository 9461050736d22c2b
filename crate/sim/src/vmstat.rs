//! Counters: one table of field, name in /proc/vmstat, and nothing else.

macro_rules! counters {
    ($($field:ident = $name:literal,)*) => {
        /// Event counters since boot. Per-zone ones are summed over the zones.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Vmstat { $(pub $field: u64),* }

        impl Vmstat {
            /// All counters with their names.
            pub(crate) fn table(&self) -> Vec<(&'static str, u64)> {
                vec![$(($name, self.$field)),*]
            }
        }
    };
}

counters! {
    pgalloc = "pgalloc",
    pgfree = "pgfree",
    pgfault = "pgfault",
    pgmajfault = "pgmajfault",
    pgactivate = "pgactivate",
    pgdeactivate = "pgdeactivate",
    pgrefill = "pgrefill",
    pgscan_kswapd = "pgscan_kswapd",
    pgscan_direct = "pgscan_direct",
    pgscan_direct_throttle = "pgscan_direct_throttle",
    pgsteal_kswapd = "pgsteal_kswapd",
    pgsteal_direct = "pgsteal_direct",
    slabs_scanned = "slabs_scanned",
    allocstall = "allocstall",
    pageoutrun = "pageoutrun",
    kswapd_low_wmark_hit_quickly = "kswapd_low_wmark_hit_quickly",
    kswapd_high_wmark_hit_quickly = "kswapd_high_wmark_hit_quickly",
    nr_vmscan_write = "nr_vmscan_write",
    nr_vmscan_immediate_reclaim = "nr_vmscan_immediate_reclaim",
    nr_written = "nr_written",
    pgrotated = "pgrotated",
    pswpin = "pswpin",
    pswpout = "pswpout",
    swap_cache_add = "swap_cache_add",
    swap_cache_del = "swap_cache_del",
    compact_stall = "compact_stall",
    compact_success = "compact_success",
    reserve_pages = "reserve_pages",
    reserve_empty = "reserve_empty",
    mempool_alloc = "mempool_alloc",
    mempool_from_pool = "mempool_from_pool",
    mempool_wait = "mempool_wait",
}
