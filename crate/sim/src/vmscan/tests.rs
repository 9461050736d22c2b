use super::*;
use crate::testing::{config, oldest, os};

#[test]
fn pfmemalloc_watermark_ok_at_half_of_min() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    st.zones[0].min = 101;
    st.zones[0].free = 50;
    assert!(st.pfmemalloc_watermark_ok(), "a zone without reclaimable pages does not count");
    st.lruvecs[0].lists[INACTIVE_ANON].len = 1;
    st.zones[0].nr_lru[INACTIVE_ANON] = 1;
    assert!(!st.pfmemalloc_watermark_ok());
    st.zones[0].free = 51;
    assert!(st.pfmemalloc_watermark_ok());
}
