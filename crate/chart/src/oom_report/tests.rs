//! Whole reports, compared as text. The numbers of the zones are those of public reports of 2016; where the model has no
//! such pages (shared memory, page tables), the field is 0 here.

use super::*;
use crate::dmesg::dmesg;
use swapscope_sim::trace::{Event, EventKind, OomTask, Outcome, Spread, TaskState, Timeline};
use swapscope_sim::units::Nanos;

fn report(style: OomReportStyle, zones: Vec<OomZone>) -> OomReport {
    OomReport {
        t: Nanos(90_491_276_000),
        invoked_by: 0,
        order: 0,
        gfp: "GFP_KERNEL",
        gfp_mask: 0x240_00c0,
        style,
        stack: vec!["handle_mm_fault", "__alloc_pages_may_oom", "out_of_memory"],
        victim: 2,
        score: 253,
        swap_free: 509_958,
        swap_total: 524_287,
        swap_cache: [13_700, 14_329, 629],
        swap_cache_find: [12, 340],
        zones,
        processes: vec![
            OomTask { task: 1, total_vm: 4904, rss: 5, tables: [14, 3], swapents: 82 },
            OomTask { task: 2, total_vm: 541_715, rss: 195_810, tables: [1059, 3], swapents: 512 },
        ],
        no_progress_loops: 17,
    }
}

fn trace(reports: Vec<OomReport>) -> Trace {
    let task =
        |name: &str| TaskState { name: name.to_owned(), state: 'S', stack: Vec::new(), since: Nanos(0) };
    let kill = |(index, report): (usize, &OomReport)| Event {
        t: report.t,
        task: report.invoked_by,
        kind: EventKind::Oom { report: u32::try_from(index).unwrap() },
    };
    Trace {
        seed: 1,
        outcome: Outcome::Oom,
        end: Nanos::from_s(120),
        workload_done: None,
        workload_start: Nanos::from_s(1),
        zones: Vec::new(),
        width: Nanos::from_ms(10),
        columns: Vec::new(),
        events: reports.iter().enumerate().map(kill).collect(),
        events_dropped: 0,
        kept_until: None,
        timeline: Timeline::default(),
        chains: Vec::new(),
        stalls: Vec::new(),
        stacks: Vec::new(),
        oom: reports,
        sleeps: Vec::new(),
        tasks: ["kthreadd", "sshd", "hog", "(unbound work)"].map(task).into(),
        kcryptd_requests_per_s: Spread::default(),
        free: Spread::default(),
        longest_without_progress: Nanos(0),
        probe_latency: [0; 3],
        vmstat: Vec::new(),
        samples: Vec::new(),
        counters: Vec::new(),
        engine_events: 0,
        work: 0,
        is_stopped: false,
        hash: 0,
    }
}

fn lines(trace: &Trace, style: OomReportStyle) -> String {
    dmesg(trace, style).iter().map(|line| line.text.clone() + "\n").collect()
}

/// The machine of the report, message 20160712064905.GA14586@dhcp22.suse.cz.
fn reporter() -> Vec<OomZone> {
    let dma = OomZone {
        name: "DMA",
        watermarks: [15, 18, 21],
        lru: [1024, 1159, 53, 70],
        unevictable: 122,
        present: 3998,
        managed: 3977,
        dirty: 69,
        writeback: 1159,
        mapped: 119,
        slab_reclaimable: 51,
        slab_unreclaimable: 1175,
        kernel_stack: 12,
        pages_scanned: 15_283,
        reclaimable: 2306,
        lowmem_reserve: vec![0, 977],
        ..OomZone::default()
    };
    let dma32 = OomZone {
        name: "DMA32",
        watermarks: [957, 1206, 1455],
        lru: [105_955, 106_229, 4499, 5450],
        unevictable: 5181,
        isolated: [96, 0],
        present: 258_046,
        managed: 250_315,
        dirty: 6309,
        writeback: 12_493,
        mapped: 5769,
        slab_reclaimable: 3449,
        slab_unreclaimable: 10_752,
        kernel_stack: 704,
        pages_scanned: 1_408_850,
        reclaimable: 222_229,
        lowmem_reserve: vec![0, 0],
        ..OomZone::default()
    };
    vec![dma, dma32]
}

#[test]
fn a_report_by_zone_with_the_names_of_the_mask() {
    let style = OomReportStyle::MaskNames;
    let expected = "\
kthreadd invoked oom-killer: gfp_mask=0x24000c0(GFP_KERNEL), order=0, oom_score_adj=0
kthreadd cpuset=/ mems_allowed=0
Call Trace:
 out_of_memory
 __alloc_pages_may_oom
 handle_mm_fault
Mem-Info:
active_anon:106979 inactive_anon:107388 isolated_anon:96
 active_file:4552 inactive_file:5520 isolated_file:0
 unevictable:5303 dirty:6378 writeback:13652 unstable:0
 slab_reclaimable:3500 slab_unreclaimable:11927
 mapped:5888 shmem:0 pagetables:0 bounce:0
 free:0 free_pcp:0 free_cma:0
Node 0 DMA free:0kB min:60kB low:72kB high:84kB active_anon:4096kB inactive_anon:4636kB active_file:212kB \
inactive_file:280kB unevictable:488kB isolated(anon):0kB isolated(file):0kB present:15992kB managed:15908kB \
mlocked:488kB dirty:276kB writeback:4636kB mapped:476kB shmem:0kB slab_reclaimable:204kB slab_unreclaimable:4700kB \
kernel_stack:48kB pagetables:0kB unstable:0kB bounce:0kB free_pcp:0kB local_pcp:0kB free_cma:0kB writeback_tmp:0kB \
pages_scanned:61132 all_unreclaimable? yes
lowmem_reserve[]: 0 977 977 977
Node 0 DMA32 free:0kB min:3828kB low:4824kB high:5820kB active_anon:423820kB inactive_anon:424916kB \
active_file:17996kB inactive_file:21800kB unevictable:20724kB isolated(anon):384kB isolated(file):0kB \
present:1032184kB managed:1001260kB mlocked:20724kB dirty:25236kB writeback:49972kB mapped:23076kB shmem:0kB \
slab_reclaimable:13796kB slab_unreclaimable:43008kB kernel_stack:2816kB pagetables:0kB unstable:0kB bounce:0kB \
free_pcp:0kB local_pcp:0kB free_cma:0kB writeback_tmp:0kB pages_scanned:5635400 all_unreclaimable? yes
lowmem_reserve[]: 0 0 0 0
Node 0 DMA: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB = 0kB
Node 0 DMA32: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB = 0kB
Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB
23772 total pagecache pages
13700 pages in swap cache
Swap cache stats: add 14329, delete 629, find 12/340
Free swap  = 2039832kB
Total swap = 2097148kB
262044 pages RAM
0 pages HighMem/MovableOnly
7752 pages reserved
[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name
[    2]     0     2     4904        5      14       3       82             0 sshd
[    3]     0     3   541715   195810    1059       3      512             0 hog
Out of memory: Kill process 3 (hog) score 253 or sacrifice child
Killed process 3 (hog) total-vm:2166860kB, anon-rss:783240kB, file-rss:0kB, shmem-rss:0kB
swapscope: no_progress_loops=17
oom_reaper: reaped process 3 (hog), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
";
    let mut trace = trace(vec![report(style, reporter())]);
    trace.events.push(Event { t: Nanos::from_s(91), task: 2, kind: EventKind::Reaped });
    assert_eq!(lines(&trace, style), expected);
}

#[test]
fn a_report_with_a_hexadecimal_mask() {
    let style = OomReportStyle::HexMask;
    let expected = "\
kthreadd invoked oom-killer: gfp_mask=0x24000c0, order=2, oom_score_adj=0
kthreadd cpuset=/ mems_allowed=0
Call Trace:
 out_of_memory
 __alloc_pages_may_oom
 handle_mm_fault
Mem-Info:
active_anon:0 inactive_anon:0 isolated_anon:0
 active_file:0 inactive_file:0 isolated_file:0
 unevictable:0 dirty:0 writeback:0 unstable:0
 slab_reclaimable:0 slab_unreclaimable:0
 mapped:0 shmem:0 pagetables:0 bounce:0
 free:1881 free_pcp:15 free_cma:0
Node 0 DMA free:7524kB min:0kB low:0kB high:0kB active_anon:0kB inactive_anon:0kB active_file:0kB inactive_file:0kB \
unevictable:0kB isolated(anon):0kB isolated(file):0kB present:0kB managed:0kB mlocked:0kB dirty:0kB writeback:0kB \
mapped:0kB shmem:0kB slab_reclaimable:0kB slab_unreclaimable:0kB kernel_stack:0kB pagetables:0kB unstable:0kB \
bounce:0kB free_pcp:60kB local_pcp:28kB free_cma:0kB writeback_tmp:0kB pages_scanned:76 all_unreclaimable? no
lowmem_reserve[]: 0 3199 23767 23767
Node 0 DMA: 1*4kB (U) 0*8kB 18*16kB (U) 10*32kB (U) 10*64kB (U) 9*128kB (U) 8*256kB (U) 2*512kB (U) 2*1024kB (U) \
0*2048kB 0*4096kB = 7524kB
";
    let zone = OomZone {
        name: "DMA",
        free: 1881,
        free_pcp: [15, 7],
        pages_scanned: 19,
        reclaimable: 4,
        lowmem_reserve: vec![0, 3199, 23_767],
        buddy: [1, 0, 18, 10, 10, 9, 8, 2, 2, 0, 0],
        ..OomZone::default()
    };
    let trace = trace(vec![OomReport { order: 2, ..report(style, vec![zone]) }]);
    let text = lines(&trace, style);
    assert!(text.starts_with(expected), "{text}");
}

/// The sums are those of the freeze in message 20160714173659.GA29355@dhcp22.suse.cz.
#[test]
fn a_report_by_node() {
    let style = OomReportStyle::NodeLine;
    let expected = "\
Mem-Info:
active_anon:107874 inactive_anon:108176 isolated_anon:64
 active_file:1086 inactive_file:1103 isolated_file:0
 unevictable:0 dirty:0 writeback:69824 unstable:0
 slab_reclaimable:3119 slab_unreclaimable:24124
 mapped:2165 shmem:0 pagetables:0 bounce:0
 free:701 free_pcp:0 free_cma:0
Node 0 active_anon:431496kB inactive_anon:432704kB active_file:4344kB inactive_file:4412kB unevictable:0kB \
isolated(anon):256kB isolated(file):0kB mapped:8660kB dirty:0kB writeback:279296kB shmem:0kB writeback_tmp:0kB \
unstable:0kB pages_scanned:96 all_unreclaimable? no
Node 0 DMA free:4kB min:60kB low:72kB high:84kB active_anon:4096kB inactive_anon:4636kB active_file:0kB \
inactive_file:0kB unevictable:0kB writepending:4636kB present:15992kB managed:15908kB mlocked:0kB \
slab_reclaimable:0kB slab_unreclaimable:4700kB kernel_stack:48kB pagetables:0kB bounce:0kB free_pcp:0kB \
local_pcp:0kB free_cma:0kB
lowmem_reserve[]: 0 977 977 977
Node 0 DMA32 free:2800kB min:3828kB low:4824kB high:5820kB active_anon:427400kB inactive_anon:428068kB \
active_file:4344kB inactive_file:4412kB unevictable:0kB writepending:274660kB present:1032184kB managed:1001260kB \
mlocked:0kB slab_reclaimable:12476kB slab_unreclaimable:91796kB kernel_stack:2816kB pagetables:0kB bounce:0kB \
free_pcp:0kB local_pcp:0kB free_cma:0kB
lowmem_reserve[]: 0 0 0 0
Node 0 DMA: 1*4kB (U) 0*8kB ";
    let [mut dma, mut dma32]: [OomZone; 2] = reporter().try_into().unwrap();
    for zone in [&mut dma, &mut dma32] {
        (zone.isolated, zone.pages_scanned, zone.reclaimable) = ([64, 0], 96, 218_303);
        (zone.unevictable, zone.dirty, zone.mapped, zone.slab_reclaimable) = (0, 0, 0, 0);
    }
    dma.lru = [1024, 1159, 0, 0];
    dma.free = 1;
    dma.buddy[0] = 1;
    dma32.free = 700;
    dma32.lru = [106_850, 107_017, 1086, 1103];
    (dma32.writeback, dma32.mapped) = (68_665, 2165);
    (dma32.slab_reclaimable, dma32.slab_unreclaimable) = (3119, 22_949);
    let text = lines(&trace(vec![report(style, vec![dma, dma32])]), style);
    let from = text.find("Mem-Info").unwrap();
    assert!(text[from..].starts_with(expected), "{text}");
}

#[test]
fn the_eleventh_report_in_five_seconds_is_left_out_and_its_kill_is_not() {
    let style = OomReportStyle::MaskNames;
    let at = |t| OomReport { t: Nanos::from_ms(t), ..report(style, Vec::new()) };
    let mut reports: Vec<OomReport> = (0..12).map(|index| at(1000 + index)).collect();
    reports.push(at(6001));
    let text = lines(&trace(reports.clone()), style);
    assert_eq!(text.matches("invoked oom-killer").count(), 11);
    assert_eq!(text.matches("Out of memory: Kill process").count(), 13);
    assert_eq!(text.matches("\noom_kill_process: 2 callbacks suppressed\nkthreadd invoked").count(), 1);
    reports.pop();
    let text = lines(&trace(reports), style);
    assert!(text.ends_with("(2 OOM reports are suppressed by the rate limit)\n"), "{text}");
}

#[test]
fn a_page_allocation_that_fails_or_stalls() {
    let mut trace = trace(Vec::new());
    let at = |t, task, kind| Event { t: Nanos::from_s(t), task, kind };
    trace.events = vec![
        at(1, 3, EventKind::AllocationFailure { order: 0 }),
        at(
            2,
            2,
            EventKind::AllocationStall {
                order: 1,
                ns: 10_004_000_000,
                gfp_mask: 0x240_00c0,
                gfp: "GFP_KERNEL",
            },
        ),
    ];
    let stall = "hog: page allocation stalls for 10004ms, order:1, mode:0x24000c0";
    let failure = "swapper/0: page allocation failure: order:0, mode:0x2080020";
    assert_eq!(
        lines(&trace, OomReportStyle::NodeLine),
        format!("{failure}(GFP_ATOMIC)\n{stall}(GFP_KERNEL)\n")
    );
    assert_eq!(lines(&trace, OomReportStyle::HexMask), format!("{failure}\n{stall}\n"));
    trace.events = (0..25).map(|_| at(1, 2, EventKind::AllocationFailure { order: 0 })).collect();
    let text = lines(&trace, OomReportStyle::HexMask);
    assert_eq!(text.lines().count(), 11);
    assert!(text.ends_with("(15 lines on page allocations are suppressed by the rate limit)\n"), "{text}");
}
