use super::*;
use crate::task::{AddressSpace, Process};
use crate::testing::{config, oldest, os};

fn add(st: &mut State, rss: u64, swapents: u64) -> usize {
    st.spaces.push(AddressSpace { entries: vec![NONE; 600], rss, swapents, reaped: false });
    st.processes.push(Process { task: 0, space: st.spaces.len() - 1, alive: true, counts: true });
    st.processes.len() - 1
}

#[test]
fn select_bad_process_counts_resident_swapped_and_page_tables() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let (small, swapped, last) = (add(&mut st, 400, 0), add(&mut st, 100, 350), add(&mut st, 450, 0));
    assert_eq!(st.badness(swapped), 452, "600 entries need two pages of tables");
    assert_eq!(st.select_bad_process(), Some(last), "of equals the last");
    st.processes[last].alive = false;
    assert_eq!(st.select_bad_process(), Some(swapped));
    let space = st.processes[swapped].space;
    st.spaces[space].reaped = true;
    assert_eq!(st.select_bad_process(), Some(small), "a reaped victim has nothing left to give");
}

#[test]
fn a_victim_that_still_holds_memory_stops_further_kills() {
    let os = os(&config(), &oldest());
    let mut st = os.st();
    let victim = add(&mut st, 10, 0);
    assert!(!st.victim_pending());
    st.oom_victim = Some(victim);
    assert!(st.victim_pending());
    let space = st.processes[victim].space;
    st.spaces[space].reaped = true;
    assert!(!st.victim_pending());
}
