use super::*;
use crate::page::{NO_OWNER, PG_DIRTY, PG_LRU, PG_PAGEVEC};
use crate::page_list::Verdict;
use crate::testing::{anon_pages, config, oldest, os};

const NOIO: Gfp = Gfp::KERNEL.without(Gfp::FS).without(Gfp::IO);

#[test]
fn a_batch_that_stays_is_kept_by_shrink_page_list_without_a_change() {
    const FLAGS: [u16; 8] =
        [PG_LOCKED, PG_WRITEBACK, PG_RECLAIM, PG_YOUNG, PG_SWAPCACHE, PG_MAPPED, PG_DIRTY, PG_PAGEVEC];
    let mut found = [0, 0];
    for choice in 0..1_u32 << FLAGS.len() {
        let chosen = FLAGS.iter().enumerate().filter(|(at, _)| choice & (1 << at) != 0);
        let flags = chosen.fold(PG_ANON | PG_LRU, |flags, (_, flag)| flags | flag);
        for (gfp, owned) in [(NOIO, true), (NOIO, false), (Gfp::KERNEL, true), (Gfp::KERNEL, false)] {
            let os = os(&config(), &oldest());
            let mut st = os.st();
            let pfn = anon_pages(&mut st, 1, 0)[0];
            st.pages.flags[pfn as usize] = flags;
            let flags = flags & if owned { u16::MAX } else { !PG_MAPPED };
            if !owned {
                // As zap_entry does.
                st.pages.owner[pfn as usize] = NO_OWNER;
                st.pages.clear(pfn, PG_MAPPED);
            }
            let Some(batch) = st.staying(0, 32, gfp) else { continue };
            let verdict = st.judge(pfn, flags, 0, gfp, false, 0);
            assert_eq!(verdict, if batch.writeback == 1 { Verdict::Writeback } else { Verdict::Keep });
            assert_eq!(st.pages.flags[pfn as usize], flags);
            assert!(!st.is_orphan(pfn));
            assert!(flags & (PG_MAPPED | PG_SWAPCACHE) != 0);
            found[usize::from(gfp.has(Gfp::IO))] += 1;
        }
    }
    // Without I/O: under writeback and met before, whoever owns it; or mapped. With I/O: the former.
    assert_eq!(found, [40, 32]);
}

#[test]
fn a_list_turns_as_if_its_pages_were_taken_off_and_put_back() {
    for (pages, nr) in [(5, 32), (32, 32), (40, 32), (40, 7)] {
        let order = |isolates: bool| {
            let os = os(&config(), &oldest());
            let mut st = os.st();
            anon_pages(&mut st, pages, 0);
            let batch = st.staying(0, nr, NOIO).unwrap();
            assert_eq!(batch.len, nr.min(u64::from(pages)));
            if isolates {
                let batch = st.isolate_lru_pages(0, false, nr, false);
                st.putback_inactive_pages(0, &batch, &batch, 0);
            } else {
                st.turn(0, &batch);
            }
            let list = st.lruvecs[0].lists[INACTIVE_ANON];
            let forth: Vec<Pfn> = walk(list.head, &st.pages.next);
            let mut back = walk(list.tail, &st.pages.prev);
            back.reverse();
            assert_eq!((forth.len() as u64, &forth), (list.len, &back));
            (forth, st.zones[0].nr_lru)
        };
        assert_eq!(order(true), order(false));
    }
}

fn walk(from: Pfn, links: &[Pfn]) -> Vec<Pfn> {
    let step = |pfn: &Pfn| links.get(*pfn as usize).copied().filter(|next| *next != NONE);
    std::iter::successors(Some(from).filter(|pfn| *pfn != NONE), step).collect()
}
