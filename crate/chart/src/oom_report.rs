//! The text of an OOM report: what `dump_header` (mm/oom_kill.c), `show_mem` (lib/show_mem.c) and `show_free_areas`
//! (mm/page_alloc.c) print, field by field in the kernel's order.
//!
//! What is left out: the lines of `dump_stack` on the CPU, the build and the hardware, and the addresses and offsets in
//! its call trace; the model has none of them. `CONFIG_CMA` and `CONFIG_MEMORY_FAILURE` count as unset, which saves two
//! more lines, and so does `CONFIG_TRANSPARENT_HUGEPAGE` for three fields of the node line.

use crate::dmesg::task_name;
use swapscope_sim::kernel::OomReportStyle;
use swapscope_sim::trace::{OomReport, OomZone, Trace};
use swapscope_sim::units::Pages;

/// Entries of `lowmem_reserve`: `MAX_NR_ZONES` with DMA, DMA32, Normal and Movable.
const MAX_NR_ZONES: usize = 4;

/// Lines of a report.
pub(crate) struct Text {
    /// Who called the OOM killer; with `memory`, subject to the rate limit.
    pub head: String,
    /// Stack, memory and processes.
    pub memory: Vec<String>,
    /// Who is killed, and one line that no kernel prints, marked as ours.
    pub kill: Vec<String>,
}

/// The text of a report in the layout of its version.
pub(crate) fn text(trace: &Trace, report: &OomReport) -> Text {
    let comm = task_name(trace, report.invoked_by);
    let mask = mask(report.style, report.gfp_mask, report.gfp);
    let order = report.order;
    let nodemask = if report.style == OomReportStyle::NodeMask { ", nodemask=0" } else { "" };
    let mut memory = vec![format!("{comm} cpuset=/ mems_allowed=0"), "Call Trace:".to_owned()];
    memory.extend(report.stack.iter().rev().map(|function| format!(" {function}")));
    memory.push("Mem-Info:".to_owned());
    let all = sum(report);
    memory.extend(global_lines(&all));
    if by_node(report.style) {
        memory.push(node_line(&all));
    }
    for zone in &report.zones {
        memory.push(zone_line(zone, report.style));
        memory.push(lowmem_reserve(zone));
    }
    memory.extend(report.zones.iter().map(buddy_line));
    memory.extend(machine_lines(report, &all));
    memory.extend(task_table(trace, report));
    Text {
        head: format!("{comm} invoked oom-killer: gfp_mask={mask}{nodemask}, order={order}, oom_score_adj=0"),
        memory,
        kill: kill_lines(trace, report),
    }
}

/// A gfp mask: hexadecimal, and as `%pGg` where the kernel has that.
pub(crate) fn mask(style: OomReportStyle, bits: u32, name: &str) -> String {
    match style {
        OomReportStyle::HexMask => format!("0x{bits:x}"),
        OomReportStyle::MaskNames | OomReportStyle::NodeLine | OomReportStyle::NodeMask => {
            format!("0x{bits:x}({name})")
        }
    }
}

/// Reclaim counts by node, and so does the report.
fn by_node(style: OomReportStyle) -> bool {
    matches!(style, OomReportStyle::NodeLine | OomReportStyle::NodeMask)
}

/// A task as both lines about a kill and the reaper's line name it; the model numbers its tasks from 1 on.
pub(crate) fn process(trace: &Trace, task: u32) -> String {
    format!("{} ({})", pid(task), task_name(trace, task))
}

fn pid(task: u32) -> u64 {
    u64::from(task) + 1
}

/// The zones as one. Isolated and scanned pages are counters of the node where reclaim is by node; then each zone
/// holds the node's value, and the first is taken.
fn sum(report: &OomReport) -> OomZone {
    let mut all = OomZone::default();
    let by_zone = !by_node(report.style);
    for (index, zone) in report.zones.iter().enumerate() {
        all.free += zone.free;
        for (all, pages) in all.lru.iter_mut().zip(zone.lru) {
            *all += pages;
        }
        all.unevictable += zone.unevictable;
        all.present += zone.present;
        all.managed += zone.managed;
        all.dirty += zone.dirty;
        all.writeback += zone.writeback;
        all.mapped += zone.mapped;
        all.slab_reclaimable += zone.slab_reclaimable;
        all.slab_unreclaimable += zone.slab_unreclaimable;
        all.free_pcp[0] += zone.free_pcp[0];
        if by_zone || index == 0 {
            for (all, pages) in all.isolated.iter_mut().zip(zone.isolated) {
                *all += pages;
            }
            all.pages_scanned += zone.pages_scanned;
            all.reclaimable += zone.reclaimable;
        }
    }
    all
}

/// The six lines for the whole machine, in pages. Page tables of the model take no pages of their own: they are part of
/// the slab that stays, and their field is 0 here and below, as are those of what the model lacks.
fn global_lines(all: &OomZone) -> [String; 6] {
    let [active_anon, inactive_anon, active_file, inactive_file] = all.lru;
    let [isolated_anon, isolated_file] = all.isolated;
    let (unevictable, dirty, writeback) = (all.unevictable, all.dirty, all.writeback);
    [
        format!("active_anon:{active_anon} inactive_anon:{inactive_anon} isolated_anon:{isolated_anon}"),
        format!(" active_file:{active_file} inactive_file:{inactive_file} isolated_file:{isolated_file}"),
        format!(" unevictable:{unevictable} dirty:{dirty} writeback:{writeback} unstable:0"),
        format!(" slab_reclaimable:{} slab_unreclaimable:{}", all.slab_reclaimable, all.slab_unreclaimable),
        format!(" mapped:{} shmem:0 pagetables:0 bounce:0", all.mapped),
        format!(" free:{} free_pcp:{} free_cma:0", all.free, all.free_pcp[0]),
    ]
}

/// A line with fields, each ` name:<n>kB`.
fn with_fields(mut line: String, fields: impl IntoIterator<Item = (&'static str, u64)>) -> String {
    for (field, pages) in fields {
        line.push(' ');
        line.push_str(field);
        line.push(':');
        line.push_str(&Pages(pages).kib().to_string());
        line.push_str("kB");
    }
    line
}

/// `zone_reclaimable`, `pgdat_reclaimable`: scanned less than six times over.
fn all_unreclaimable(zone: &OomZone) -> &'static str {
    if zone.pages_scanned >= zone.reclaimable * 6 { "yes" } else { "no" }
}

/// Which zone lines have a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Always,
    /// Where reclaim is by zone.
    ByZone,
    /// Where reclaim is by node, and the rest stands in the node's line.
    ByNode,
}

/// A zone. The kernel scales the `pages_scanned` of a zone to kB and prints no unit.
fn zone_line(zone: &OomZone, style: OomReportStyle) -> String {
    use Shown::{Always, ByNode, ByZone};
    let [min, low, high] = zone.watermarks;
    let [active_anon, inactive_anon, active_file, inactive_file] = zone.lru;
    let fields = [
        (Always, "free", zone.free),
        (Always, "min", min),
        (Always, "low", low),
        (Always, "high", high),
        (Always, "active_anon", active_anon),
        (Always, "inactive_anon", inactive_anon),
        (Always, "active_file", active_file),
        (Always, "inactive_file", inactive_file),
        (Always, "unevictable", zone.unevictable),
        (ByZone, "isolated(anon)", zone.isolated[0]),
        (ByZone, "isolated(file)", zone.isolated[1]),
        (ByNode, "writepending", zone.dirty + zone.writeback),
        (Always, "present", zone.present),
        (Always, "managed", zone.managed),
        (Always, "mlocked", zone.unevictable),
        (ByZone, "dirty", zone.dirty),
        (ByZone, "writeback", zone.writeback),
        (ByZone, "mapped", zone.mapped),
        (ByZone, "shmem", 0),
        (Always, "slab_reclaimable", zone.slab_reclaimable),
        (Always, "slab_unreclaimable", zone.slab_unreclaimable),
        (Always, "kernel_stack", zone.kernel_stack),
        (Always, "pagetables", 0),
        (ByZone, "unstable", 0),
        (Always, "bounce", 0),
        (Always, "free_pcp", zone.free_pcp[0]),
        (Always, "local_pcp", zone.free_pcp[1]),
        (Always, "free_cma", 0),
        (ByZone, "writeback_tmp", 0),
    ];
    let shown = if by_node(style) { ByNode } else { ByZone };
    let fields = fields.into_iter().filter(|(at, ..)| [Always, shown].contains(at));
    let name = format!("Node 0 {}", zone.name);
    let line = with_fields(name, fields.map(|(_, field, pages)| (field, pages)));
    if shown == ByNode {
        return line;
    }
    let scanned = Pages(zone.pages_scanned).kib();
    format!("{line} pages_scanned:{scanned} all_unreclaimable? {}", all_unreclaimable(zone))
}

/// The node where reclaim is by node. Here `pages_scanned` is in pages.
fn node_line(all: &OomZone) -> String {
    let [active_anon, inactive_anon, active_file, inactive_file] = all.lru;
    let line = with_fields(
        "Node 0".to_owned(),
        [
            ("active_anon", active_anon),
            ("inactive_anon", inactive_anon),
            ("active_file", active_file),
            ("inactive_file", inactive_file),
            ("unevictable", all.unevictable),
            ("isolated(anon)", all.isolated[0]),
            ("isolated(file)", all.isolated[1]),
            ("mapped", all.mapped),
            ("dirty", all.dirty),
            ("writeback", all.writeback),
            ("shmem", 0),
            ("writeback_tmp", 0),
            ("unstable", 0),
        ],
    );
    format!("{line} pages_scanned:{} all_unreclaimable? {}", all.pages_scanned, all_unreclaimable(all))
}

/// In pages. A zone that the machine lacks has no pages to protect, so its entry is that of the zone before.
fn lowmem_reserve(zone: &OomZone) -> String {
    let mut line = "lowmem_reserve[]:".to_owned();
    let last = zone.lowmem_reserve.last().copied().unwrap_or(0);
    for class in 0..MAX_NR_ZONES {
        line.push(' ');
        line.push_str(&zone.lowmem_reserve.get(class).unwrap_or(&last).to_string());
    }
    line
}

/// Free blocks by order. The model does not group pages by mobility; the kernel then calls all blocks unmovable, `(U)`.
fn buddy_line(zone: &OomZone) -> String {
    let mut line = format!("Node 0 {}: ", zone.name);
    let mut total = 0;
    for (order, blocks) in zone.buddy.iter().enumerate() {
        let kib = Pages(1 << order).kib();
        total += blocks * kib;
        let types = if *blocks > 0 { "(U) " } else { "" };
        line.push_str(&format!("{blocks}*{kib}kB {types}"));
    }
    format!("{line}= {total}kB")
}

/// From the huge pages to the pages of the machine. The page cache counts as in `NR_FILE_PAGES`, with the swap cache.
fn machine_lines(report: &OomReport, all: &OomZone) -> [String; 9] {
    let [cached, added, deleted] = report.swap_cache;
    let [found, looked_up] = report.swap_cache_find;
    let [_, _, active_file, inactive_file] = all.lru;
    let file = active_file + inactive_file + all.isolated[1] + cached;
    [
        "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB".to_owned(),
        format!("{file} total pagecache pages"),
        format!("{cached} pages in swap cache"),
        format!("Swap cache stats: add {added}, delete {deleted}, find {found}/{looked_up}"),
        format!("Free swap  = {}kB", Pages(report.swap_free).kib()),
        format!("Total swap = {}kB", Pages(report.swap_total).kib()),
        format!("{} pages RAM", all.present),
        "0 pages HighMem/MovableOnly".to_owned(),
        format!("{} pages reserved", all.present.saturating_sub(all.managed)),
    ]
}

/// `dump_tasks`: all run as root, and each has one thread.
fn task_table(trace: &Trace, report: &OomReport) -> Vec<String> {
    let head = "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name";
    let mut lines = vec![head.to_owned()];
    lines.extend(report.processes.iter().map(|row| {
        let (pid, [ptes, pmds]) = (pid(row.task), row.tables);
        format!(
            "[{pid:5}]     0 {pid:5} {:8} {:8} {ptes:7} {pmds:7} {:8}             0 {}",
            row.total_vm,
            row.rss,
            row.swapents,
            task_name(trace, row.task)
        )
    }));
    lines
}

/// What is killed. All resident pages of the model's processes are anonymous.
fn kill_lines(trace: &Trace, report: &OomReport) -> Vec<String> {
    let victim = process(trace, report.victim);
    let [total_vm, rss] =
        report.victim_row().map_or([0; 2], |row| [row.total_vm, row.rss]).map(|pages| Pages(pages).kib());
    vec![
        format!("Out of memory: Kill process {victim} score {} or sacrifice child", report.score),
        format!(
            "Killed process {victim} total-vm:{total_vm}kB, anon-rss:{rss}kB, file-rss:0kB, shmem-rss:0kB"
        ),
        format!("swapscope: no_progress_loops={}", report.no_progress_loops),
    ]
}

#[cfg(test)]
mod tests;
