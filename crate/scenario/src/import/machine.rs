//! [`Facts`] to values of a scenario, each with the rule by which it came about.

use super::cut::Cut;
use super::facts::{Facts, Field, Seen, Zone};
use super::kernel;
use super::{Kind, Note};
use crate::error::Error;
use crate::param;
use crate::settings::{Change, Settings, ZONES};
use crate::value::Value;

/// Memory that dm-crypt and the block layer hold for a page under writeback, in hundredths of a page. Measured:
/// `slab_unrec` against `writeback` in the recordings (see `Cache::objects` in the model's `slab.rs`).
const IN_FLIGHT_PERCENT: u64 = 21;
/// Idle processes of a machine whose memory is full of something else: 60 MB of 1 GB, as `dmcrypt-2016` assumes.
const IDLE_PARTS: u64 = 17;
/// What `dmcrypt-2016` has of each, as a part of memory; none where the denominator is 0.
const MISSING: &[(&str, u64)] =
    &[("base-kernel", 25), ("base-slab", 71), ("base-locked", 0), ("base-file", 25), ("base-mapped", 0)];
/// Processes of the workload, as in `dmcrypt-2016`: each in reclaim queues a list of pages before it meets the throttle.
const HOGS: u64 = 4;

/// Values under way.
pub(super) struct Plan<'a> {
    file: &'a str,
    cut: Option<Cut>,
    pub changes: Vec<Change>,
    pub kernels: Vec<(String, String)>,
    pub notes: Vec<Note>,
}

/// Values for what a text said.
///
/// # Errors
/// At the line of a figure that the model has no room for.
pub(super) fn plan<'a>(file: &'a str, facts: &Facts) -> Result<Plan<'a>, Error> {
    let cut = Cut::of(facts);
    let mut plan = Plan { file, cut, changes: Vec::new(), kernels: Vec::new(), notes: Vec::new() };
    let managed = plan.memory(facts)?;
    plan.watermarks(facts, managed)?;
    let is_full = plan.is_full(facts, managed);
    let kernel = plan.baseline(facts, managed, is_full)?;
    let swap = plan.swap(facts, managed)?;
    plan.workload(facts, managed, swap, kernel)?;
    plan.settings(facts)?;
    plan.kernel(facts);
    plan.ignored(facts);
    Ok(plan)
}

/// Where a figure stands, in words.
fn from(seen: Seen, field: Field) -> String {
    format!("{} {}, line {}", seen.source.name(), field.name(seen.source), seen.line)
}

fn mib(kib: u64) -> String {
    format!("{} MB", kib.div_ceil(1024))
}

/// The parameter that stands for a zone: its name, unless it is too large for that.
fn zone_key(name: &str, present: u64) -> &'static str {
    match name {
        "DMA" if present <= 4096 => "zone-dma",
        "DMA" | "DMA32" if present <= 1 << 20 => "zone-dma32",
        _ => "zone-normal",
    }
}

/// The next size that is sold, of a sum of what is in use.
fn usual_size(kib: u64) -> u64 {
    (16..40).flat_map(|power| [1_u64 << power, 3 << (power - 1)]).find(|size| *size >= kib).unwrap_or(1 << 40)
}

/// Present and managed pages of a zone.
fn pages(zone: &Zone) -> (u64, u64) {
    let present = zone.present.unwrap_or(0).min(1 << 40);
    // Without managed: the kernel keeps a struct page of 64 bytes for each page.
    (present, zone.managed.unwrap_or(present - present.div_ceil(64)).min(present))
}

/// What zones come to that are one in the model.
#[derive(Default)]
struct ZoneSum {
    key: &'static str,
    present: u64,
    managed: u64,
    line: usize,
    names: Vec<String>,
    /// How a figure came about that is not there; empty where all are.
    rule: &'static str,
}

impl Plan<'_> {
    fn set(
        &mut self,
        kind: Kind,
        key: &'static str,
        value: Value,
        line: usize,
        why: String,
    ) -> Result<(), Error> {
        let place = if line > 0 { format!("{}:{line}", self.file) } else { self.file.to_owned() };
        let param = param::find(key).map_err(|message| Error::new(&place, message))?;
        let change = Change::parse(key, &param.kind.show(value), &place)?;
        self.notes.push(Note { kind, key: key.to_owned(), value: param.kind.show(value), why });
        self.changes.push(change);
        Ok(())
    }

    fn used(&mut self, key: &'static str, kib: u64, line: usize, why: String) -> Result<(), Error> {
        self.set(Kind::Used, key, Value::Number(kib), line, why)
    }

    fn guess(&mut self, key: &'static str, number: u64, line: usize, why: String) -> Result<(), Error> {
        self.set(Kind::Guessed, key, Value::Number(number), line, why)
    }

    /// Whether memory was full already, so that most of it belongs to a workload.
    fn is_full(&self, facts: &Facts, managed: u64) -> bool {
        let high: u64 = facts.zones.iter().filter_map(|zone| zone.marks[2]).sum::<u64>() * 4;
        let high = if high > 0 && self.cut.is_none() { high } else { managed / 64 };
        let free = facts.first(Field::Free).is_some_and(|free| free.kib <= high + high / 4);
        facts.oom.is_some() || free || facts.kib(Field::Writeback) > managed / 16
    }

    /// RAM and its zones; KiB that the page allocator manages.
    fn memory(&mut self, facts: &Facts) -> Result<u64, Error> {
        let zones: Vec<&Zone> = facts.present().collect();
        let came: u64 = zones.iter().map(|zone| pages(zone).1 * 4).sum();
        let all = facts.ram[0].map(|(pages, _)| pages.saturating_mul(4));
        let all = all.or(facts.first(Field::MemTotal).map(|total| total.kib));
        // What says how much there is in all serves better than some of the zones.
        if !zones.is_empty() && (self.cut.is_none() || all.is_none_or(|all| all <= came)) {
            // A zone without figures is where a report breaks off.
            let last = facts.zones.iter().map(|zone| zone.line).max().unwrap_or(0);
            return self.zones(facts, &zones, last);
        }
        let cut = self.cut.as_ref().map_or(String::new(), |cut| cut.words() + ": ");
        if let [Some((ram, line)), reserved] = facts.ram {
            let reserved =
                reserved.map_or(String::new(), |(pages, _)| format!(" ({pages} of them reserved)"));
            let rule = format!("{cut}the next usual size above {ram} pages RAM{reserved}, line {line}");
            self.guess("ram", usual_size(ram.saturating_mul(4)), line, rule)?;
            return Ok(self.managed());
        }
        if let Some(total) = facts.first(Field::MemTotal) {
            let ram = usual_size(total.kib);
            let (size, place) = (mib(total.kib), from(total, Field::MemTotal));
            let rule = format!("{cut}the next usual size above {size}, {place}");
            self.guess("ram", ram, total.line, rule)?;
            return Ok(self.managed());
        }
        let counted = counted(facts);
        let Some((kib, line)) = counted.filter(|(kib, _)| *kib > 0) else {
            return Err(Error::new(
                self.file,
                "nothing says how much memory the machine has: expected zones with present:..., MemTotal, or the \
                 figures of Mem-Info",
            ));
        };
        let rule = format!("the next usual size above the {} that are accounted for", mib(kib));
        self.guess("ram", usual_size(kib), line, rule)?;
        Ok(self.managed())
    }

    /// KiB that are managed on a machine of the size that was guessed.
    fn managed(&self) -> u64 {
        let mut settings = Settings::default();
        settings.apply(&self.changes);
        ZONES.iter().fold(0, |sum, key| match settings.value(key) {
            Value::Zone(_, managed) => sum + managed * 4,
            Value::Number(_) | Value::Auto => sum,
        })
    }

    fn zones(&mut self, facts: &Facts, zones: &[&Zone], last: usize) -> Result<u64, Error> {
        let missing = self.cut.as_ref().map_or(&[][..], |cut| &cut.missing);
        let mut sums: Vec<ZoneSum> = Vec::new();
        for (zone, came) in
            zones.iter().map(|zone| (*zone, true)).chain(missing.iter().map(|zone| (zone, false)))
        {
            let (present, managed) = pages(zone);
            let key = zone_key(&zone.name, present);
            let at = sums.iter().position(|sum| sum.key == key).unwrap_or_else(|| {
                sums.push(ZoneSum { key, ..ZoneSum::default() });
                sums.len() - 1
            });
            let sum = &mut sums[at];
            (sum.present, sum.managed, sum.line) = (sum.present + present, sum.managed + managed, zone.line);
            let (how, rule) = match (came, zone.managed) {
                (false, _) => {
                    ("lowmem_reserve, ", "; managed is told of by lowmem_reserve, present is a 63rd more")
                }
                (true, None) => ("", "; managed is not there: less a 64th for struct page"),
                (true, Some(_)) => ("", sum.rule),
            };
            sum.rule = rule;
            sum.names.push(format!("node {} {}, {how}line {}", zone.node, zone.name, zone.line));
        }
        let ram = sums.iter().map(|sum| sum.present).sum::<u64>().saturating_mul(4);
        let least = param::find("ram").map_or(0, |param| param.range.0);
        if ram < least {
            let names = zones.iter().map(|zone| zone.name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!(
                "zone {names} alone is {}, no machine: expected present:... of zone DMA32 or Normal, too; the text may \
                 have been cut off",
                mib(ram)
            );
            return Err(Error::new(format!("{}:{last}", self.file), message));
        }
        let (kind, why) = self.sum_of_zones(facts, zones.len());
        let line = zones.last().map_or(last, |zone| zone.line);
        self.set(kind, "ram", Value::Number(ram.next_multiple_of(1024)), line, why)?;
        for ZoneSum { key, present, managed, line, names, rule } in &sums {
            let kind = if rule.is_empty() { Kind::Used } else { Kind::Guessed };
            let why = format!("present and managed of {}{rule}", names.join(" + "));
            self.set(kind, key, Value::Zone(*present, *managed), *line, why)?;
        }
        Ok(sums.iter().map(|sum| sum.managed).sum::<u64>() * 4)
    }

    /// How RAM follows from the zones.
    fn sum_of_zones(&self, facts: &Facts, count: usize) -> (Kind, String) {
        let Some(cut) = &self.cut else { return (Kind::Used, format!("present pages of {count} zones")) };
        let missing: u64 = cut.missing.iter().map(|zone| pages(zone).0 * 4).sum();
        let zones = if count == 1 { "one zone".to_owned() } else { format!("{count} zones") };
        let figures = [Field::SlabUnreclaimable, Field::InactiveFile];
        let is_of_all =
            facts.samples.iter().any(|sample| figures.iter().any(|figure| sample.get(*figure).is_some()));
        let of = if is_of_all { "" } else { "; what memory holds is that of the zones that came" };
        let rule = format!(
            "{}: present pages of {zones} and {} that lowmem_reserve tells of{of}",
            cut.words(),
            mib(missing)
        );
        (Kind::Guessed, rule)
    }

    /// `vm.min_free_kbytes` and `vm.watermark_scale_factor` from the watermarks.
    fn watermarks(&mut self, facts: &Facts, machine: u64) -> Result<(), Error> {
        if let Some(set) = facts.sysctls.iter().find(|sysctl| sysctl.name == "min_free_kbytes") {
            self.used("min-free", set.value, set.line, format!("vm.min_free_kbytes, line {}", set.line))?;
        }
        let zones: Vec<(u64, u64, u64, usize)> = facts
            .zones
            .iter()
            .filter_map(|zone| Some((zone.managed?, zone.marks[0]?, zone.marks[1]?, zone.line)))
            .filter(|(managed, min, low, _)| {
                *managed > 0 && min <= low && *low < 1 << 30 && *managed < 1 << 40
            })
            .collect();
        let is_set = self.changes.iter().any(|change| change.key == "min-free");
        let Some((managed, min, low, line)) = zones.iter().max_by_key(|zone| zone.0).copied() else {
            let rule = "nothing says the watermarks: the kernel's formula".to_owned();
            return if is_set { Ok(()) } else { self.set(Kind::Guessed, "min-free", Value::Auto, 0, rule) };
        };
        let (all, sum): (u64, u64) =
            (zones.iter().map(|zone| zone.0).sum(), zones.iter().map(|zone| zone.1).sum());
        // Each zone's share was rounded down (__setup_per_zone_wmarks): the sum is a few pages short.
        let share =
            |pages: u64, managed: u64| u128::from(pages) * u128::from(managed) / u128::from(all.max(1));
        let fits = |pages: &u64| zones.iter().all(|zone| share(*pages, zone.0) == u128::from(zone.1));
        let pages = (sum..=sum + zones.len() as u64).find(fits).unwrap_or(sum);
        if !is_set && sum > 0 {
            let of = format!("min watermarks of {} zones", zones.len());
            if let Some(cut) = &self.cut {
                // Each zone has the same part of its pages.
                let rule = format!("{}: {of}, and in proportion for the rest", cut.words());
                let kib = u128::from(sum) * u128::from(machine) / u128::from(all.max(1));
                self.guess("min-free", u64::try_from(kib).unwrap_or(u64::MAX) / 4 * 4, line, rule)?;
            } else {
                let why = format!("{of}, with the kernel's rounding undone");
                self.used("min-free", pages.saturating_mul(4), line, why)?;
            }
        }
        let step = low - min;
        if step > min / 4 + 1 {
            let factor = (step * 10_000 + managed / 2) / managed;
            let rule =
                format!("low - min of the largest zone is {step} of {managed} pages managed, line {line}");
            self.guess("watermark-scale", factor.clamp(1, 1000), line, rule)?;
        }
        Ok(())
    }

    /// What memory holds beside the workload; KiB that the kernel holds.
    fn baseline(&mut self, facts: &Facts, managed: u64, is_full: bool) -> Result<u64, Error> {
        let sum = |fields: &[Field]| fields.iter().map(|field| facts.kib(*field)).sum::<u64>();
        let place = |field: Field| {
            facts.first(field).map_or((0, String::new()), |seen| (seen.line, from(seen, field)))
        };
        let mut room = managed - managed / 16;
        let mut take = |kib: u64| {
            let taken = kib.min(room) / 4 * 4;
            room -= taken;
            taken
        };
        let short = |kib: u64, taken: u64| {
            if taken < kib / 4 * 4 { "; cut to what fits beside the others" } else { "" }
        };
        let mut kernel = 0;
        if let Some(slab) = facts.first(Field::SlabUnreclaimable) {
            let held = sum(&[Field::SlabUnreclaimable, Field::KernelStack, Field::PageTables]);
            let in_flight = facts.kib(Field::Writeback) / 100 * IN_FLIGHT_PERCENT;
            kernel = take(held.saturating_sub(in_flight));
            let why = format!("{}, with kernel stacks and page tables", from(slab, Field::SlabUnreclaimable));
            if in_flight > 0 {
                let rule = format!("; less {} for what was under writeback, 0.21 pages each", mib(in_flight));
                self.guess("base-kernel", kernel, slab.line, why + &rule)?;
            } else {
                self.used("base-kernel", kernel, slab.line, why)?;
            }
        }
        for (key, field) in [("base-slab", Field::SlabReclaimable), ("base-locked", Field::Unevictable)] {
            if let Some(seen) = facts.first(field) {
                let kib = take(seen.kib);
                self.used(key, kib, seen.line, from(seen, field) + short(seen.kib, kib))?;
            }
        }
        let lists = sum(&[Field::ActiveFile, Field::InactiveFile]);
        let (kib, (line, why)) = if facts.first(Field::InactiveFile).is_some() {
            (lists, place(Field::InactiveFile))
        } else {
            let cache = sum(&[Field::Cached, Field::Buffers]).saturating_sub(facts.kib(Field::Shmem));
            (cache, place(Field::Cached))
        };
        if line > 0 {
            let left = if is_full { ", what was left of it" } else { "" };
            let file = take(kib);
            self.used("base-file", file, line, format!("{why}, all lists{left}{}", short(kib, file)))?;
            if let Some(mapped) = facts.first(Field::Mapped) {
                let kib = mapped.kib.saturating_sub(facts.kib(Field::Shmem)).min(file) / 4 * 4;
                self.used("base-mapped", kib, mapped.line, from(mapped, Field::Mapped) + ", less shmem")?;
            }
        }
        // What nothing says must not be that of the machine that the scenario builds on.
        for (key, part) in MISSING {
            if !self.changes.iter().any(|change| change.key == *key) {
                let kib = managed.checked_div(*part).map_or(0, &mut take);
                let rule = if *part == 0 {
                    String::new()
                } else {
                    format!(": 1/{part} of memory, as in dmcrypt-2016")
                };
                self.guess(key, kib, 0, format!("nothing says it{rule}"))?;
            }
        }
        self.anon(facts, managed, is_full, kernel, take)?;
        Ok(kernel)
    }

    fn anon(
        &mut self,
        facts: &Facts,
        managed: u64,
        is_full: bool,
        kernel: u64,
        mut take: impl FnMut(u64) -> u64,
    ) -> Result<(), Error> {
        let lists = facts.kib(Field::ActiveAnon).saturating_add(facts.kib(Field::InactiveAnon));
        let seen = facts.first(Field::InactiveAnon);
        if let Some(seen) = seen.filter(|_| !is_full) {
            let kib = take(lists);
            return self.used(
                "base-anon",
                kib,
                seen.line,
                from(seen, Field::InactiveAnon) + " and the active list",
            );
        }
        if let Some(used) = facts.first(Field::MemUsed).filter(|_| !is_full) {
            let kib = take(used.kib.saturating_sub(kernel.max(40 << 10)));
            let rule =
                from(used, Field::MemUsed) + ", less what the kernel holds (40 MB where nothing says it)";
            return self.guess("base-anon", kib, used.line, rule);
        }
        let kib = take(managed / IDLE_PARTS);
        let most = if lists > 0 {
            format!("; the {} of the text are the workload's", mib(lists))
        } else {
            String::new()
        };
        let rule = format!("idle processes, 1/{IDLE_PARTS} of memory as in dmcrypt-2016{most}");
        self.guess("base-anon", kib, seen.map_or(0, |seen| seen.line), rule)
    }

    /// Size of swap, and what it lies on.
    fn swap(&mut self, facts: &Facts, managed: u64) -> Result<u64, Error> {
        let used = facts.most(Field::SwapUsed);
        let kib = if let Some(total) = facts.first(Field::SwapTotal) {
            let kib = total.kib / 4 * 4;
            self.used("swap", kib, total.line, from(total, Field::SwapTotal))?;
            kib
        } else {
            let kib = usual_size(managed.saturating_mul(2).max(used)).min(64 << 20);
            self.guess(
                "swap",
                kib,
                0,
                "nothing says it: twice memory, as on the machine of the reports".to_owned(),
            )?;
            kib
        };
        let rule =
            "the text does not say what swap lies on: dm-crypt, whose cipher the CPU has instructions for";
        let cipher = param::find("cipher").and_then(|param| param.parse("aesni"));
        let disk = param::find("disk").and_then(|param| param.parse("virtio-slow"));
        if let (Ok(cipher), Ok(disk), true) = (cipher, disk, kib > 0) {
            self.set(Kind::Guessed, "cipher", cipher, 0, rule.to_owned())?;
            let rule = "a disk that is slower than the cipher, as in dmcrypt-2016".to_owned();
            self.set(Kind::Guessed, "disk", disk, 0, rule)?;
        }
        Ok(kib)
    }

    /// More than fits into memory, much less than fits into memory and swap.
    fn workload(&mut self, facts: &Facts, managed: u64, swap: u64, kernel: u64) -> Result<(), Error> {
        let anon = facts.kib(Field::ActiveAnon).saturating_add(facts.kib(Field::InactiveAnon));
        let used = swap.saturating_sub(facts.first(Field::SwapFree).map_or(swap, |free| free.kib));
        let all =
            (managed - kernel.min(managed) + swap / 2).max(anon.saturating_add(used).min(managed + swap));
        let each = (all / HOGS).next_multiple_of(1024).clamp(4096, 64 << 20);
        self.guess("hogs", HOGS, 0, "processes of the workload, as in dmcrypt-2016".to_owned())?;
        let rule = format!("together {}: memory and half of swap", mib(each * HOGS));
        self.guess("hog", each, 0, rule)
    }

    /// Switches, CPUs, and what nothing says.
    fn settings(&mut self, facts: &Facts) -> Result<(), Error> {
        const SYSCTLS: [(&str, &str, &str); 4] = [
            ("swappiness", "swappiness", "the kernel's default"),
            ("watermark_scale_factor", "watermark-scale", ""),
            ("dirty_ratio", "dirty-ratio", ""),
            ("dirty_background_ratio", "dirty-background", ""),
        ];
        for (name, key, default) in SYSCTLS {
            if let Some(set) = facts.sysctls.iter().find(|sysctl| sysctl.name == name) {
                self.changes.retain(|change| change.key != key);
                self.notes.retain(|note| note.key != key);
                self.set(
                    Kind::Used,
                    key,
                    Value::Number(set.value),
                    set.line,
                    format!("vm.{name}, line {}", set.line),
                )?;
            } else if !default.is_empty() {
                self.guess(key, 60, 0, default.to_owned())?;
            }
        }
        match facts.cpus {
            Some((count, line)) => {
                let why = format!("the highest CPU that is named, line {line}");
                self.set(Kind::Guessed, "cpus", Value::Number(count.max(1)), line, why)?;
            }
            None => self.guess("cpus", 2, 0, "nothing says it: as in dmcrypt-2016".to_owned())?,
        }
        if let Some(huge) = facts.first(Field::HugeAnon).filter(|huge| huge.kib > 0) {
            self.set(
                Kind::Guessed,
                "thp",
                Value::Number(1),
                huge.line,
                from(huge, Field::HugeAnon) + " is not 0",
            )?;
        }
        Ok(())
    }

    /// The kernel of the text beside the newest.
    fn kernel(&mut self, facts: &Facts) {
        let Some((release, line)) = &facts.kernel else { return };
        let Some((name, is_same)) = kernel::nearest(release) else { return };
        let place = format!("{}:{line}", self.file);
        let newest = swapscope_sim::kernel::VERSIONS.last().map_or(name, |version| version.name);
        self.kernels.push((name.to_owned(), place.clone()));
        if newest != name {
            self.kernels.push((newest.to_owned(), place));
        }
        let kind = if is_same { Kind::Used } else { Kind::Guessed };
        let which = if is_same { "" } else { ", the last one known that is no newer" };
        let why = format!("{release}, line {line}{which}; beside it the newest");
        self.notes.push(Note { kind, key: "kernels".to_owned(), value: name.to_owned(), why });
    }

    /// What was not used, by name.
    fn ignored(&mut self, facts: &Facts) {
        let mut say = |key: String, why: String| {
            self.notes.push(Note { kind: Kind::Ignored, key, value: String::new(), why });
        };
        let used =
            [Field::Dirty, Field::Writeback, Field::IsolatedAnon, Field::Mlocked, Field::ThrottleLimit];
        for field in used.iter().copied() {
            if let Some(seen) = facts.first(field) {
                say(field.name(seen.source).to_owned(), format!("a moment of the run, line {}", seen.line));
            }
        }
        for sysctl in &facts.sysctls {
            let known = [
                "swappiness",
                "watermark_scale_factor",
                "dirty_ratio",
                "dirty_background_ratio",
                "min_free_kbytes",
            ];
            if !known.contains(&sysctl.name.as_str()) {
                say(format!("vm.{}", sysctl.name), format!("not modelled, line {}", sysctl.line));
            }
        }
        for (name, line) in &facts.ignored {
            say(name.clone(), format!("line {line}"));
        }
        if facts.repeated > 0 {
            say("zones".to_owned(), format!("{} that came again: the first counts", facts.repeated));
        }
        let (count, first) = facts.unknown;
        if count > 0 {
            let why = match count {
                1 => format!("one line that says nothing known, line {first}"),
                _ => format!("{count} lines that say nothing known, the first is line {first}"),
            };
            say("text".to_owned(), why);
        }
    }
}

/// The sum of what is accounted for, a lower bound of memory, and a line of it.
fn counted(facts: &Facts) -> Option<(u64, usize)> {
    const LISTS: [Field; 12] = [
        Field::Free,
        Field::ActiveAnon,
        Field::InactiveAnon,
        Field::IsolatedAnon,
        Field::ActiveFile,
        Field::InactiveFile,
        Field::Unevictable,
        Field::SlabReclaimable,
        Field::SlabUnreclaimable,
        Field::PageTables,
        Field::Active,
        Field::Inactive,
    ];
    let line = facts.first(Field::Free)?.line;
    let has_lists = facts.first(Field::InactiveFile).is_some() || facts.first(Field::Inactive).is_some();
    let cache =
        if has_lists { 0 } else { facts.kib(Field::Buffers).saturating_add(facts.kib(Field::Cached)) };
    let sum = LISTS.iter().fold(cache, |sum, field| sum.saturating_add(facts.kib(*field)));
    Some((sum, line))
}
