//! Text to [`Facts`], line by line and word by word.
//!
//! Mails break lines anywhere, so nothing here depends on where a line of a report ends: a figure is a word, `name:value`,
//! and the zone that it belongs to is the last one that was named.

use super::facts::{Facts, Field, Seen, Source, Sysctl};
use super::lines::{Line, lines, time_of};

/// Larger figures are damage: sums of them would not fit.
const KIB_MAX: u64 = 1 << 50;
/// Names of zones.
const ZONES: [&str; 6] = ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"];
/// Figures of a zone that are no amounts of memory in use.
const ZONE_FIGURES: [&str; 5] = ["present", "managed", "min", "low", "high"];
/// Words of `Mem-Info` that nothing needs; they may fill a line of their own.
const UNUSED: [&str; 8] = [
    "pages_scanned",
    "isolated_file",
    "isolated(file)",
    "unstable",
    "bounce",
    "free_pcp",
    "free_cma",
    "writeback_tmp",
];
/// Heads of the columns of `vmstat`.
const COLUMNS: [&str; 21] = [
    "r", "b", "w", "swpd", "free", "buff", "cache", "inact", "active", "si", "so", "bi", "bo", "in", "cs",
    "us", "sy", "id", "wa", "st", "gu",
];

/// A table under way.
#[derive(Debug)]
enum Table {
    None,
    /// `vmstat`: its heads, the numbers of a row that is not complete, and its line.
    Vmstat(Vec<String>, Vec<u64>, usize),
    /// `free`: its heads.
    Free(Vec<String>),
}

/// The words before: what a word means depends on them.
#[derive(Clone, Debug, Default)]
struct Context {
    /// Number behind `Node`.
    node: u64,
    /// Zone of the report whose figures come.
    zone: Option<usize>,
    /// Zone of `/proc/zoneinfo`.
    zoneinfo: Option<usize>,
    /// Zone of the report whose `lowmem_reserve` comes.
    reserve: Option<usize>,
    /// Last word of the line before.
    last: String,
}

/// Everything that a text says.
pub(super) fn read(text: &str) -> Facts {
    let mut reader =
        Reader { facts: Facts::default(), table: Table::None, context: Context::default(), time: None };
    for line in lines(text) {
        if !reader.line(&line) {
            reader.facts.unknown.0 += 1;
            if reader.facts.unknown.1 == 0 {
                reader.facts.unknown.1 = line.number;
            }
        }
    }
    reader.facts
}

struct Reader {
    facts: Facts,
    table: Table,
    context: Context,
    /// What the last line that was a time said.
    time: Option<u64>,
}

impl Reader {
    /// Reads a line; whether something of it was understood.
    fn line(&mut self, line: &Line<'_>) -> bool {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        self.hints(&words, line.number);
        let known = self.row(&words, line)
            || self.zone_head(&words, line.number)
            || self.zone_figure(&words, line.number)
            || self.proc_figure(&words, line)
            || self.setting(&words, line.number)
            || self.swap(&words, line)
            || self.report(&words, line)
            || self.end_of_report(&words, line.number);
        let is_time = !known && time_of(&line.text).is_some();
        if is_time {
            self.time = time_of(&line.text);
        }
        if let Some(word) = words.last() {
            (*word).clone_into(&mut self.context.last);
        }
        known || is_time
    }

    fn put(&mut self, field: Field, kib: u64, source: Source, line: &Line<'_>) {
        let seen = Seen { kib: kib.min(KIB_MAX), line: line.number, source };
        self.facts.put(field, seen, self.time.or(line.time_ms));
    }

    /// What stands in the lines around the figures: the kernel's release, its CPUs, that something was killed.
    fn hints(&mut self, words: &[&str], number: usize) {
        if words.windows(2).any(|pair| pair == ["invoked", "oom-killer:"]) {
            self.facts.oom = self.facts.oom.or(Some(number));
        }
        let said = words.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("kernel"));
        let said = said.map(|pair| pair[1].trim_end_matches([':', ',', ';', '.', ')']));
        let release = words.windows(3).find_map(|words| match words {
            ["Linux", "version", release] => Some(*release),
            // `Not tainted 4.6.0-rc1 #1`, `Tainted: G W 4.6.0 #1`.
            [_, release, build] if build.starts_with('#') => Some(*release),
            _ => None,
        });
        if let Some(release) = release.or(said).filter(|release| super::kernel::parsed(release).is_some()) {
            self.facts.kernel = self.facts.kernel.take().or_else(|| Some((release.to_owned(), number)));
        }
        for pair in words.windows(2) {
            if matches!(pair[0], "CPU" | "CPU:" | "cpu:")
                && let Ok(cpu) = pair[1].trim_end_matches(':').parse::<u64>()
                && cpu < 64
                && self.facts.cpus.is_none_or(|(count, _)| cpu >= count)
            {
                self.facts.cpus = Some((cpu + 1, number));
            }
        }
    }

    /// Heads and rows of `vmstat` and `free`.
    fn row(&mut self, words: &[&str], line: &Line<'_>) -> bool {
        let is_head = |words: &[&str]| words.iter().all(|word| COLUMNS.contains(word));
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        if words.first().is_some_and(|word| word.starts_with("procs")) && line.text.contains("--") {
            return true;
        }
        if let ["r", "b", "swpd", "free", ..] = words {
            let heads = words.iter().take_while(|word| COLUMNS.contains(word)).copied().collect::<Vec<_>>();
            self.table = Table::Vmstat(owned(&heads), Vec::new(), 0);
            return true;
        }
        if let ["total", "used", "free", ..] = words {
            self.table = Table::Free(owned(words));
            return true;
        }
        match &mut self.table {
            Table::Vmstat(heads, cells, first) => {
                if is_head(words) && cells.is_empty() {
                    heads.extend(owned(words));
                    return true;
                }
                let room = heads.len() - cells.len();
                let numbers: Vec<u64> = words.iter().map_while(|word| word.parse().ok()).take(room).collect();
                // What goes on behind a row is its time, `2016-07-14 12:52:03`.
                let rest = &words[numbers.len()..];
                if numbers.is_empty() || (!rest.is_empty() && numbers.len() < room) {
                    self.table = Table::None;
                    return false;
                }
                if cells.is_empty() {
                    *first = line.number;
                }
                cells.extend(numbers);
                if cells.len() == heads.len() {
                    let row = std::mem::take(cells);
                    let (heads, first) = (heads.clone(), *first);
                    let time = time_of(&rest.join(" ")).or(line.time_ms);
                    self.vmstat(
                        &heads,
                        &row,
                        &Line { number: first, time_ms: time, text: line.text.clone() },
                    );
                }
                true
            }
            Table::Free(heads) => {
                let heads = heads.clone();
                let is_known = self.free(&heads, words, line);
                if !is_known {
                    self.table = Table::None;
                }
                is_known
            }
            Table::None => false,
        }
    }

    fn vmstat(&mut self, heads: &[String], row: &[u64], line: &Line<'_>) {
        for (head, value) in heads.iter().zip(row) {
            let field = match head.as_str() {
                "swpd" => Field::SwapUsed,
                "free" => Field::Free,
                "buff" => Field::Buffers,
                "cache" => Field::Cached,
                "inact" => Field::Inactive,
                "active" => Field::Active,
                name => {
                    self.facts.ignore(&format!("vmstat {name}"), line.number);
                    continue;
                }
            };
            self.put(field, *value, Source::Vmstat, line);
        }
    }

    /// `Mem:` and `Swap:` of `free`, in whatever unit.
    fn free(&mut self, heads: &[String], words: &[&str], line: &Line<'_>) -> bool {
        let Some((name, cells)) = words.split_first() else { return false };
        let is_swap = match *name {
            "Mem:" => false,
            "Swap:" => true,
            // `-/+ buffers/cache:` follows from the line before.
            name => return matches!(name, "-/+" | "Low:" | "High:" | "Total:"),
        };
        let Some(unit) = unit_of(cells, self.facts.kib(Field::MemTotal)) else { return false };
        for (head, cell) in heads.iter().zip(cells) {
            let Some(kib) = amount(cell, unit) else { continue };
            let field = match (head.as_str(), is_swap) {
                ("total", false) => Field::MemTotal,
                ("used", false) => Field::MemUsed,
                ("free", false) => Field::Free,
                ("shared", false) => Field::Shmem,
                ("buffers", false) => Field::Buffers,
                ("cached" | "buff/cache" | "cache", false) => Field::Cached,
                ("total", true) => Field::SwapTotal,
                ("used", true) => Field::SwapUsed,
                ("free", true) => Field::SwapFree,
                (head, _) => {
                    self.facts.ignore(&format!("free {head}"), line.number);
                    continue;
                }
            };
            self.put(field, kib, Source::Free, line);
        }
        true
    }

    /// `Node 0, zone   DMA32` of `/proc/zoneinfo`.
    fn zone_head(&mut self, words: &[&str], number: usize) -> bool {
        let ["Node", node, "zone", name] = words else { return false };
        let Ok(node) = node.trim_end_matches(',').parse() else { return false };
        self.context.zoneinfo = Some(self.facts.zone(node, name, number));
        true
    }

    /// A line of a zone of `/proc/zoneinfo`.
    fn zone_figure(&mut self, words: &[&str], number: usize) -> bool {
        let Some(at) = self.context.zoneinfo else { return false };
        let words = words.strip_prefix(&["pages"]).unwrap_or(words);
        if let ["per-node", "stats"] | ["pagesets"] = words {
            return true;
        }
        if let ["protection:", reserve @ ..] = words {
            if let Some(zone) = self.facts.zones.get_mut(at).filter(|zone| zone.reserve.is_empty()) {
                let numbers = reserve.iter().map(|word| word.trim_matches(['(', ',', ')']));
                numbers.map_while(|word| word.parse().ok()).for_each(|pages| zone.put_reserve(pages, number));
            }
            return true;
        }
        let [name, value] = words else { return words.first() == Some(&"vm") };
        let Ok(value) = value.parse::<u64>() else { return false };
        let value = value.min(KIB_MAX / 4);
        let name = name.trim_end_matches(':');
        if let Some(field) = Field::of_vmstat(name) {
            let Some(zone) = self.facts.zones.get_mut(at) else { return false };
            if zone.values.iter().any(|(found, _)| *found == field) {
                // No zone says a thing twice: this is /proc/vmstat behind it.
                self.context.zoneinfo = None;
                return false;
            }
            zone.values.push((field, Seen { kib: value * 4, line: number, source: Source::Zoneinfo }));
            return true;
        }
        match name {
            "present" | "managed" | "min" | "low" | "high" => self.zone_pages(at, name, value, number),
            "cpu" | "count" | "batch" | "free" | "spanned" | "scanned" | "start_pfn" => {}
            name => self.facts.ignore(&format!("zoneinfo {name}"), number),
        }
        true
    }

    /// Pages of a zone; the first of a text counts.
    fn zone_pages(&mut self, at: usize, name: &str, pages: u64, number: usize) {
        let Some(zone) = self.facts.zones.get_mut(at) else { return };
        let slot = match name {
            "present" => &mut zone.present,
            "managed" => &mut zone.managed,
            "min" => &mut zone.marks[0],
            "low" => &mut zone.marks[1],
            _ => &mut zone.marks[2],
        };
        if slot.is_none() {
            *slot = Some(pages);
            zone.line = number;
        } else if name == "present" {
            self.facts.repeated += 1;
        }
    }

    /// `MemTotal:  1017168 kB` of `/proc/meminfo`, `nr_dirty 12` of `/proc/vmstat`.
    fn proc_figure(&mut self, words: &[&str], line: &Line<'_>) -> bool {
        match words {
            [name, value] | [name, value, "kB"] if name.ends_with(':') => {
                let name = name.trim_end_matches(':');
                let Ok(kib) = value.parse() else { return false };
                if let Some(field) = Field::of_meminfo(name) {
                    self.put(field, kib, Source::ProcMeminfo, line);
                } else if words.len() == 3 || name.starts_with("HugePages_") {
                    self.facts.ignore(name, line.number);
                } else {
                    return false;
                }
                true
            }
            [name, value] if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                let Ok(pages) = value.parse::<u64>() else { return false };
                if let Some(field) = Field::of_vmstat(name) {
                    self.put(field, pages.saturating_mul(4), Source::ProcVmstat, line);
                } else if ["nr_", "pg", "pswp", "numa_", "allocstall", "workingset_", "thp_", "compact_"]
                    .iter()
                    .any(|start| name.starts_with(start))
                {
                    self.facts.ignore(name, line.number);
                } else {
                    return false;
                }
                true
            }
            _ => false,
        }
    }

    /// `vm.swappiness = 60`, as sysctl writes it.
    fn setting(&mut self, words: &[&str], line: usize) -> bool {
        let (name, value) = match words {
            [name, "=", value] => (*name, *value),
            [word] => word.split_once('=').unwrap_or_default(),
            _ => return false,
        };
        let Some(name) = name.strip_prefix("vm.") else { return false };
        let Ok(value) = value.parse() else { return false };
        self.facts.sysctls.push(Sysctl { name: name.to_owned(), value, line });
        true
    }

    /// `Free swap  = 2039832kB`.
    fn swap(&mut self, words: &[&str], line: &Line<'_>) -> bool {
        let [which @ ("Total" | "Free"), "swap", "=", value, ..] = words else { return false };
        let Some(kib) = value.strip_suffix("kB").and_then(|value| value.parse().ok()) else { return false };
        let field = if *which == "Total" { Field::SwapTotal } else { Field::SwapFree };
        self.put(field, kib, Source::MemInfo, line);
        true
    }

    /// Words of `Mem-Info`. A figure in kB is that of a zone or node, one without a unit counts pages of all.
    fn report(&mut self, words: &[&str], line: &Line<'_>) -> bool {
        let mut known = words.contains(&"Mem-Info:");
        let mut unknown = Vec::new();
        let last = std::mem::take(&mut self.context.last);
        let mut before = last.as_str();
        // Where a mail broke the line, there are only numbers on the next.
        self.context.reserve =
            self.context.reserve.filter(|_| words.iter().all(|word| word.parse::<u64>().is_ok()));
        for word in words {
            match word.split_once(':') {
                Some((name, value)) if !value.is_empty() => {
                    if name == "free" && ZONES.contains(&before) && value.ends_with("kB") {
                        self.context.zone = Some(self.facts.zone(self.context.node, before, line.number));
                    }
                    match self.report_word(name, value, line) {
                        Some(true) => known = true,
                        Some(false) => {
                            known |= UNUSED.contains(&name);
                            unknown.push(name);
                        }
                        None => {}
                    }
                }
                Some(("lowmem_reserve[]", _)) => {
                    let zone = self.context.zone.take();
                    self.context.reserve = zone.filter(|at| self.facts.zones[*at].reserve.is_empty());
                    known = true;
                }
                _ => {
                    let Ok(number) = word.parse::<u64>() else {
                        self.context.reserve = None;
                        before = word;
                        continue;
                    };
                    if let Some(zone) = self.context.reserve.and_then(|at| self.facts.zones.get_mut(at)) {
                        zone.put_reserve(number, line.number);
                        known = true;
                    } else if before == "Node" {
                        (self.context.node, self.context.zone, known) = (number, None, true);
                    }
                }
            }
            before = word;
        }
        if known {
            unknown.into_iter().for_each(|name| self.facts.ignore(name, line.number));
        }
        known
    }

    /// A word of `Mem-Info`: whether it is a figure that is used, `None` for one that is no figure.
    fn report_word(&mut self, name: &str, value: &str, line: &Line<'_>) -> Option<bool> {
        let (digits, is_kib) = match value.strip_suffix("kB") {
            Some(digits) => (digits, true),
            None => (value, false),
        };
        let number = digits.parse::<u64>().ok()?.min(KIB_MAX);
        if is_kib && ZONE_FIGURES.contains(&name) {
            let at = self.context.zone?;
            self.zone_pages(at, name, number / 4, line.number);
            return Some(true);
        }
        let Some(field) = Field::of_report(name) else { return Some(false) };
        if !is_kib {
            self.put(field, number.saturating_mul(4), Source::MemInfo, line);
            return Some(true);
        }
        let seen = Seen { kib: number, line: line.number, source: Source::MemInfo };
        let Some(zone) = self.context.zone else {
            // Figures of a node count where those of the machine were not printed.
            if self.facts.first(field).is_none() {
                self.put(field, number, Source::MemInfo, line);
            }
            return Some(true);
        };
        if let Some(zone) = self.facts.zones.get_mut(zone)
            && !zone.values.iter().any(|(found, _)| *found == field)
        {
            zone.values.push((field, seen));
        }
        Some(true)
    }

    /// `262044 pages RAM`, `7752 pages reserved`.
    fn end_of_report(&mut self, words: &[&str], line: usize) -> bool {
        let (number, at) = match words {
            [number, "pages", "RAM"] => (number, 0),
            [number, "pages", "reserved"] => (number, 1),
            _ => return false,
        };
        let Ok(number) = number.parse() else { return false };
        self.facts.ram[at] = self.facts.ram[at].or(Some((number, line)));
        true
    }
}

/// What a plain number of `free` counts.
#[derive(Clone, Copy)]
enum FreeUnit {
    Bytes,
    Kib,
    Mib,
    Gib,
}

/// The unit of `free`: what `/proc/meminfo` in the same text says, else the one in which the total is a machine of
/// 64 MB to 64 GB.
fn unit_of(cells: &[&str], total_kib: u64) -> Option<FreeUnit> {
    let total = cells.first()?;
    let Ok(total) = total.parse::<u64>() else { return amount(total, FreeUnit::Kib).map(|_| FreeUnit::Kib) };
    let units = [FreeUnit::Kib, FreeUnit::Mib, FreeUnit::Gib, FreeUnit::Bytes];
    let fits = |unit: &FreeUnit| {
        let kib = amount(&total.to_string(), *unit).unwrap_or(0);
        total_kib > 0 && kib.abs_diff(total_kib) <= total_kib / 16
    };
    Some(units.into_iter().find(fits).unwrap_or(match total {
        0..64 => FreeUnit::Gib,
        64..65_536 => FreeUnit::Mib,
        65_536..67_108_864 => FreeUnit::Kib,
        _ => FreeUnit::Bytes,
    }))
}

/// `7.7Gi` or a plain number, in KiB.
fn amount(cell: &str, unit: FreeUnit) -> Option<u64> {
    if let Ok(number) = cell.parse::<u64>() {
        return Some(match unit {
            FreeUnit::Bytes => number / 1024,
            FreeUnit::Kib => number,
            FreeUnit::Mib => number.saturating_mul(1 << 10),
            FreeUnit::Gib => number.saturating_mul(1 << 20),
        });
    }
    let split = cell.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (digits, unit) = cell.split_at(split);
    let thousandths = super::lines::seconds(digits)?;
    let kib: u64 = match unit.trim_end_matches('B').trim_end_matches('i') {
        "" => return Some(thousandths / 1000 / 1024),
        "K" => 1,
        "M" => 1 << 10,
        "G" => 1 << 20,
        "T" => 1 << 30,
        _ => return None,
    };
    Some(u64::try_from(u128::from(thousandths) * u128::from(kib) / 1000).unwrap_or(KIB_MAX))
}
