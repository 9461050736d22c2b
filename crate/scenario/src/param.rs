//! THE table of parameters.
//!
//! A parameter has one key, the same in a scenario file, behind `--set`, in a link and in an error message. The
//! sections of a scenario file only group the keys for readers.

use crate::preset;
use crate::value::{Choice, Kind, Value};

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its key.
    pub key: &'static str,
    /// Section of a scenario file that holds it.
    pub section: &'static str,
    /// What its values look like.
    pub kind: Kind,
    /// Value where a scenario says nothing.
    pub default: &'static str,
    /// Smallest and largest number, in the unit of the kind; not for choices, switches and zones.
    pub range: (u64, u64),
    /// The workload that it belongs to, when it means nothing to the others.
    pub only: Option<&'static str>,
    /// The kernel's name for it; empty where it has none.
    pub kernel_name: &'static str,
    /// One line on what it is.
    pub definition: &'static str,
    /// Group of controls that holds it; empty for the one of its section.
    pub group: &'static str,
    /// What a plain number counts; empty where the kind or the definition says it.
    pub unit: &'static str,
    /// Ends of a slider, where they do not follow from the default.
    pub slider: Option<(u64, u64)>,
}

/// Controls that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Sections whose parameters belong to it unless they name another group.
    pub sections: &'static [&'static str],
}

/// Groups of controls, in order.
pub static GROUPS: &[Group] = &[
    Group { name: "machine", title: "Machine", sections: &["machine", "baseline"] },
    Group { name: "kernel", title: "Kernel settings", sections: &[] },
    Group { name: "swap", title: "Swap device and disk", sections: &["swap", "disk"] },
    Group { name: "dm-crypt", title: "dm-crypt", sections: &[] },
    Group { name: "workload", title: "Workload", sections: &["workload", "run"] },
    Group { name: "background", title: "Background load", sections: &["background"] },
    Group { name: "costs", title: "CPU costs", sections: &["costs"] },
];

const fn param(key: &'static str, section: &'static str, kind: Kind, default: &'static str) -> Param {
    Param {
        key,
        section,
        kind,
        default,
        range: (0, u64::MAX),
        only: None,
        kernel_name: "",
        definition: "",
        group: "",
        unit: "",
        slider: None,
    }
}

impl Param {
    const fn range(mut self, min: u64, max: u64) -> Self {
        self.range = (min, max);
        self
    }
    const fn only(mut self, workload: &'static str) -> Self {
        self.only = Some(workload);
        self
    }
    const fn kernel(mut self, name: &'static str) -> Self {
        self.kernel_name = name;
        self
    }
    const fn says(mut self, definition: &'static str) -> Self {
        self.definition = definition;
        self
    }

    const fn group(mut self, name: &'static str) -> Self {
        self.group = name;
        self
    }
    const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }
    const fn slider(mut self, min: u64, max: u64) -> Self {
        self.slider = Some((min, max));
        self
    }

    /// Whether it is one of these controls.
    #[must_use]
    pub fn belongs_to(&self, group: &Group) -> bool {
        if self.group.is_empty() { group.sections.contains(&self.section) } else { self.group == group.name }
    }

    /// Reads a value and checks its range.
    ///
    /// # Errors
    /// What is wrong, without the place.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let shown = crate::error::shown(text);
        let value =
            self.kind.parse(text).map_err(|expected| format!("{} = {shown}: {expected}", self.key))?;
        if let Value::Number(number) = value
            && self.is_ranged()
            && !(self.range.0..=self.range.1).contains(&number)
        {
            return Err(format!(
                "{} = {shown} is out of range: expected {} ({})",
                self.key,
                self.expectation(),
                self.definition.split(';').next().unwrap_or_default()
            ));
        }
        Ok(value)
    }

    /// Whether the range says something.
    #[must_use]
    pub fn is_ranged(&self) -> bool {
        match self.kind {
            Kind::Size | Kind::SizeOrAuto | Kind::Time | Kind::Rate | Kind::Count => true,
            Kind::Switch | Kind::Choice(_) | Kind::Zone => false,
        }
    }

    /// What is accepted, in words.
    #[must_use]
    pub fn expectation(&self) -> String {
        match self.kind {
            Kind::SizeOrAuto => format!("auto, or {}", self.range_text()),
            _ if self.is_ranged() => self.range_text(),
            _ => self.kind.expectation(),
        }
    }

    /// The range in words, such as `64M to 64G`.
    #[must_use]
    pub fn range_text(&self) -> String {
        let text = |number| self.kind.show(Value::Number(number));
        format!("{} to {}", text(self.range.0), text(self.range.1))
    }
}

const HZ: &[Choice] = &[
    Choice { name: "100", definition: "a tick is 10 ms", sets: &[] },
    Choice { name: "250", definition: "a tick is 4 ms", sets: &[] },
    Choice { name: "300", definition: "a tick is 3.3 ms", sets: &[] },
    Choice { name: "1000", definition: "a tick is 1 ms", sets: &[] },
];
const QUEUES: &[Choice] = &[
    Choice { name: "blk-mq", definition: "tags; completions never end congestion_wait early", sets: &[] },
    Choice {
        name: "legacy",
        definition: "nr_requests; merging and sorting, and completions end congestion_wait early",
        sets: &[],
    },
];
/// The workloads.
pub static WORKLOADS: &[Choice] = &[
    Choice {
        name: "hog",
        definition: "processes that touch more anonymous memory than there is RAM",
        sets: &[],
    },
    Choice {
        name: "build",
        definition: "a parallel build: jobs fork, grow while they compute, and exit",
        sets: &[],
    },
];

const GIB: u64 = 1 << 20;
const MIB: u64 = 1 << 10;
const US: u64 = 1_000;
const MS: u64 = 1_000_000;
const S: u64 = 1_000_000_000;

/// Sections of a scenario file, in order, with a heading.
pub static SECTIONS: &[(&str, &str)] = &[
    ("run", "Run"),
    ("machine", "Machine"),
    ("baseline", "Memory in use before the workload"),
    ("swap", "Swap"),
    ("disk", "Disk below swap"),
    ("workload", "Workload"),
    ("background", "Other loads"),
    ("costs", "CPU costs"),
];

/// All parameters. A parameter that sets others (`ram`, `cipher`, `disk`, `cost`) stands before them.
pub static PARAMS: &[Param] = &[
    // Read before all others: it decides which of the scenario's values count.
    param("workload", "workload", Kind::Choice(WORKLOADS), "hog").says("the load that must finish"),
    param("duration", "run", Kind::Time, "120s")
        .range(MS, 86_400 * S)
        .says("the run ends here at the latest"),
    param("tail", "run", Kind::Time, "2s")
        .range(0, 3_600 * S)
        .says("the run goes on for this long after the workload is done or the first OOM kill"),
    param("max-work", "run", Kind::Count, "1000000000")
        .range(1000, 100_000_000_000)
        .unit("events")
        .slider(10_000_000, 10_000_000_000)
        .says("the run stops after so many events of the engine, finished or not; it can be run on"),
    param("ram", "machine", Kind::Size, "1G")
        .range(64 * MIB, 64 * GIB)
        .says("memory of the machine; the zones follow from it unless they are given"),
    param("zone-dma", "machine", Kind::Zone, "0,0").kernel("DMA").says("pages below 16 MiB: present,managed"),
    param("zone-dma32", "machine", Kind::Zone, "0,0")
        .kernel("DMA32")
        .says("pages below 4 GiB: present,managed"),
    param("zone-normal", "machine", Kind::Zone, "0,0")
        .kernel("Normal")
        .says("all other pages: present,managed"),
    param("cpus", "machine", Kind::Count, "2").range(1, 64).unit("CPUs").says("number of CPUs"),
    param("hz", "machine", Kind::Choice(HZ), "250")
        .kernel("CONFIG_HZ")
        .group("kernel")
        .unit("ticks/s")
        .says("timer ticks a second"),
    param("thp", "machine", Kind::Switch, "off")
        .kernel("transparent_hugepage")
        .group("kernel")
        .says("transparent huge pages: khugepaged raises min_free_kbytes"),
    param("swappiness", "machine", Kind::Count, "60")
        .range(0, 100)
        .kernel("vm.swappiness")
        .group("kernel")
        .unit("of 100")
        .says("how much reclaim prefers anonymous to file pages"),
    param("min-free", "machine", Kind::SizeOrAuto, "auto")
        .range(128, 4 * GIB)
        .kernel("vm.min_free_kbytes")
        .group("kernel")
        .slider(MIB, GIB)
        .says("memory below the min watermarks"),
    param("watermark-scale", "machine", Kind::Count, "10")
        .range(1, 1000)
        .kernel("vm.watermark_scale_factor")
        .group("kernel")
        .unit("/10,000")
        .says("distance of the watermarks in 1/10,000 of a zone"),
    param("dirty-ratio", "machine", Kind::Count, "20")
        .range(1, 100)
        .kernel("vm.dirty_ratio")
        .group("kernel")
        .unit("%")
        .says("percent of dirtyable memory that may be dirty"),
    param("dirty-background", "machine", Kind::Count, "10")
        .range(1, 100)
        .kernel("vm.dirty_background_ratio")
        .group("kernel")
        .unit("%")
        .says("percent of dirtyable memory from which flushers write dirty pages back"),
    param("base-file", "baseline", Kind::Size, "40M")
        .range(0, 64 * GIB)
        .kernel("nr_active_file, nr_inactive_file")
        .says("clean page cache"),
    param("base-mapped", "baseline", Kind::Size, "0")
        .range(0, 64 * GIB)
        .kernel("nr_mapped")
        .says("part of the page cache that running programs go back to"),
    param("base-anon", "baseline", Kind::Size, "60M")
        .range(0, 64 * GIB)
        .kernel("nr_active_anon, nr_inactive_anon")
        .says("anonymous memory of idle processes"),
    param("base-locked", "baseline", Kind::Size, "0")
        .range(0, 64 * GIB)
        .kernel("nr_unevictable")
        .says("mlocked memory"),
    param("base-slab", "baseline", Kind::Size, "14M")
        .range(0, 64 * GIB)
        .kernel("nr_slab_reclaimable")
        .says("slab that shrinkers can free"),
    param("base-kernel", "baseline", Kind::Size, "40M")
        .range(0, 64 * GIB)
        .kernel("nr_slab_unreclaimable, nr_kernel_stack, nr_page_table_pages")
        .says("memory of the kernel that stays"),
    param("swap", "swap", Kind::Size, "2G")
        .range(0, 64 * GIB)
        .kernel("SwapTotal")
        .says("size of the swap area; 0 is none"),
    param("cipher", "swap", Kind::Choice(preset::CIPHERS), "aesni")
        .group("dm-crypt")
        .says("dm-crypt's cipher, or none for plain swap"),
    param("cipher-time", "swap", Kind::Time, "3us")
        .range(0, 100 * MS)
        .group("dm-crypt")
        .slider(500, MS)
        .says("CPU time to encrypt or decrypt a page of 4 KiB"),
    param("submit-from-crypt-cpus", "swap", Kind::Switch, "off")
        .kernel("submit_from_crypt_cpus")
        .group("dm-crypt")
        .says("kcryptd sends writes to the disk itself, without dm-crypt's sorting thread"),
    param("same-cpu-crypt", "swap", Kind::Switch, "off")
        .kernel("same_cpu_crypt")
        .group("dm-crypt")
        .says("a page is encrypted on the CPU that submits it, one page at a time on each CPU"),
    param("crypt-async", "swap", Kind::Switch, "off")
        .kernel("CRYPTO_ALG_ASYNC")
        .group("dm-crypt")
        .says("the cipher runs in an engine beside the CPUs, which takes cipher-time for a page"),
    param("crypt-queue", "swap", Kind::Count, "50")
        .range(1, 1024)
        .kernel("crypto_init_queue")
        .group("dm-crypt")
        .unit("requests")
        .says("requests of 512 bytes that the engine's queue holds before kcryptd waits"),
    param("disk", "disk", Kind::Choice(preset::DISKS), "virtio-slow").says("kind of disk"),
    param("queue", "disk", Kind::Choice(QUEUES), "blk-mq").says("kind of request queue"),
    param("tags", "disk", Kind::Count, "128")
        .range(1, 10_240)
        .kernel("nr_requests")
        .unit("requests")
        .says("requests in flight before a submitter sleeps"),
    param("rotational", "disk", Kind::Switch, "on")
        .kernel("queue/rotational")
        .says("off: each CPU takes swap slots from a cluster of its own"),
    param("disk-parallel", "disk", Kind::Count, "1")
        .range(1, 1024)
        .unit("requests")
        .slider(1, 128)
        .says("requests served at the same time"),
    param("disk-request", "disk", Kind::Time, "60us").range(US, S).says("fixed time of a request"),
    param("disk-seek", "disk", Kind::Time, "0")
        .range(0, S)
        .slider(100 * US, 20 * MS)
        .says("extra time of a request that does not follow the one before"),
    param("disk-rate", "disk", Kind::Rate, "100M")
        .range(100, 100_000_000)
        .says("transfer rate; 50M is 50 MB/s"),
    param("disk-jitter", "disk", Kind::Count, "20")
        .range(0, 900)
        .unit("‰")
        .says("service times vary with the seed by so many thousandths"),
    param("disk-stall", "disk", Kind::Time, "0")
        .range(0, 86_400 * S)
        .says("the disk of swap serves nothing for so long; longer than the run is a disk that died"),
    param("disk-stall-from", "disk", Kind::Time, "0").range(0, 86_400 * S).says("when that begins"),
    param("start", "workload", Kind::Time, "1s").range(0, 3_600 * S).says("the workload starts here"),
    param("start-spread", "workload", Kind::Time, "40ms")
        .range(0, 60 * S)
        .says("largest delay of the start by the seed"),
    param("probe", "workload", Kind::Switch, "off")
        .says("a small interactive task whose latency is measured"),
    param("hog", "workload", Kind::Size, "1500M")
        .range(4, 64 * GIB)
        .only("hog")
        .says("anonymous memory that one hog touches"),
    param("hogs", "workload", Kind::Count, "1")
        .range(1, 64)
        .only("hog")
        .unit("processes")
        .says("number of hogs"),
    param("passes", "workload", Kind::Count, "1")
        .range(1, 1000)
        .only("hog")
        .unit("times")
        .says("how often a hog goes over its memory"),
    param("jobs", "workload", Kind::Count, "4")
        .range(1, 64)
        .only("build")
        .unit("processes")
        .says("processes alive at the same time (make -j)"),
    param("processes", "workload", Kind::Count, "24")
        .range(1, 10_000)
        .only("build")
        .unit("processes")
        .says("processes in all"),
    param("job-size", "workload", Kind::Size, "300M")
        .range(4, 64 * GIB)
        .only("build")
        .says("anonymous memory that one process grows to"),
    param("job-cpu", "workload", Kind::Time, "100us")
        .range(0, 100 * MS)
        .only("build")
        .says("CPU time of a process for each page that it grows by"),
    param("job-output", "workload", Kind::Size, "0")
        .range(0, 64 * GIB)
        .only("build")
        .says("what one process writes to a file as it goes along"),
    param("writers", "background", Kind::Count, "0")
        .range(0, 64)
        .unit("processes")
        .says("processes that append to files, as log daemons do"),
    param("write-rate", "background", Kind::Rate, "1M").range(1, 10_000_000).says("what one writer writes"),
    param("write-size", "background", Kind::Size, "64M")
        .range(4, 64 * GIB)
        .says("size of a writer's file; at its end it starts over"),
    param("write-from", "background", Kind::Time, "0").range(0, 86_400 * S).says("writers start here"),
    param("write-until", "background", Kind::Time, "0")
        .range(0, 86_400 * S)
        .says("writers stop here; 0 is the end of the run"),
    param("readers", "background", Kind::Count, "0")
        .range(0, 64)
        .unit("processes")
        .says("processes that read a file again and again"),
    param("read-rate", "background", Kind::Rate, "20M").range(1, 10_000_000).says("what one reader reads"),
    param("read-size", "background", Kind::Size, "200M").range(4, 64 * GIB).says("size of a reader's file"),
    param("read-from", "background", Kind::Time, "0").range(0, 86_400 * S).says("readers start here"),
    param("read-until", "background", Kind::Time, "0")
        .range(0, 86_400 * S)
        .says("readers stop here; 0 is the end of the run"),
    param("atomic-rate", "background", Kind::Count, "0")
        .range(0, 1_000_000)
        .kernel("GFP_ATOMIC")
        .unit("/s")
        .says("allocations in interrupts a second, as for received packets"),
    param("atomic-burst", "background", Kind::Count, "16")
        .range(1, 1024)
        .unit("allocations")
        .says("atomic allocations that arrive together"),
    param("atomic-hold", "background", Kind::Time, "2ms")
        .range(0, S)
        .says("time for which the memory of an atomic allocation is in use"),
    param("atomic-order", "background", Kind::Count, "0")
        .range(0, 3)
        .says("order of an atomic allocation; it takes 2^order pages"),
    param("atomic-from", "background", Kind::Time, "0")
        .range(0, 86_400 * S)
        .says("atomic allocations start here"),
    param("atomic-until", "background", Kind::Time, "0")
        .range(0, 86_400 * S)
        .says("atomic allocations stop here; 0 is the end of the run"),
    param("cost", "costs", Kind::Choice(preset::COSTS), "vm-2016").says("CPU costs by the kind of machine"),
    param("cost-fault", "costs", Kind::Time, "1us")
        .range(100, MS)
        .kernel("handle_mm_fault")
        .says("first touch of a page"),
    param("cost-scan", "costs", Kind::Time, "250ns")
        .range(50, MS)
        .kernel("shrink_page_list")
        .says("reclaim looks at a page"),
    param("cost-swap-out", "costs", Kind::Time, "4us")
        .range(100, MS)
        .kernel("add_to_swap, try_to_unmap, swap_writepage")
        .says("unmap, slot, swap cache and bio of a page"),
    param("cost-dm-map", "costs", Kind::Time, "1200ns")
        .range(100, MS)
        .kernel("dm_make_request")
        .says("device mapper clones and maps a bio"),
    param("cost-crypt-item", "costs", Kind::Time, "3500ns")
        .range(100, MS)
        .kernel("kcryptd_crypt")
        .says("kcryptd's work for a bio besides the cipher"),
    param("cost-submit", "costs", Kind::Time, "1500ns")
        .range(100, MS)
        .kernel("generic_make_request")
        .says("submission of a bio to the disk"),
    param("cost-free", "costs", Kind::Time, "700ns")
        .range(50, MS)
        .kernel("free_hot_cold_page")
        .says("reclaim frees a page"),
    param("cost-switch", "costs", Kind::Time, "1500ns")
        .range(100, MS)
        .kernel("__schedule")
        .says("a CPU changes over to another task"),
    param("cost-alloc-fail", "costs", Kind::Time, "300ns")
        .range(50, MS)
        .kernel("get_page_from_freelist")
        .says("a request to the page allocator that finds nothing"),
    param("cost-fork", "costs", Kind::Time, "60us")
        .range(US, 100 * MS)
        .kernel("_do_fork")
        .says("a new process or thread, besides its allocations"),
];

/// Index of a key in [`PARAMS`].
#[must_use]
pub fn index(key: &str) -> Option<usize> {
    PARAMS.iter().position(|param| param.key == key)
}

/// The parameter with this key.
///
/// # Errors
/// Names the nearest key; without the place.
pub fn find(key: &str) -> Result<&'static Param, String> {
    PARAMS.iter().find(|param| param.key == key).ok_or_else(|| {
        let keys = PARAMS.iter().map(|param| param.key);
        let near = crate::error::nearest_or(key, keys, "swapscope scenarios --keys");
        format!("unknown key '{}'{near}", crate::error::shown(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_and_every_preset_is_in_range() {
        for param in PARAMS {
            let value = param.parse(param.default).unwrap();
            assert_eq!(param.parse(&param.kind.write(value)), Ok(value));
            assert!(SECTIONS.iter().any(|(name, _)| *name == param.section), "{}", param.key);
            assert!(!param.definition.is_empty(), "{}", param.key);
            if let Kind::Choice(choices) = param.kind {
                for (key, text) in choices.iter().flat_map(|choice| choice.sets) {
                    find(key).unwrap().parse(text).unwrap();
                    assert!(index(key) > index(param.key), "{key} must stand behind {}", param.key);
                }
            }
        }
    }

    #[test]
    fn every_parameter_is_in_one_group() {
        for param in PARAMS {
            let groups: Vec<&str> =
                GROUPS.iter().filter(|group| param.belongs_to(group)).map(|group| group.name).collect();
            assert_eq!(groups.len(), 1, "{}: {groups:?}", param.key);
        }
        for group in GROUPS {
            assert!(PARAMS.iter().any(|param| param.belongs_to(group)), "{}", group.name);
            assert!(group.sections.iter().all(|name| SECTIONS.iter().any(|section| section.0 == *name)));
        }
    }

    #[test]
    fn keys_are_unique_and_fit_into_links() {
        for (i, param) in PARAMS.iter().enumerate() {
            assert_eq!(index(param.key), Some(i));
            assert!(param.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            // Words of the link itself.
            assert!(!["s", "k", "seed", "seeds", "m", "r", "c"].contains(&param.key));
        }
    }

    #[test]
    fn a_default_follows_its_preset() {
        for param in PARAMS {
            let Kind::Choice(choices) = param.kind else { continue };
            let chosen = choices.iter().find(|choice| choice.name == param.default).unwrap();
            for (key, text) in chosen.sets {
                let target = find(key).unwrap();
                assert_eq!(target.parse(text), target.parse(target.default), "{key}");
            }
        }
    }

    #[test]
    fn the_ranges_of_the_other_loads() {
        for (key, refused, expected) in [
            ("dirty-background", &["0", "101"][..], "1 to 100"),
            ("job-output", &["65G", "20"], "0 to 64G"),
            ("writers", &["65", "-1"], "0 to 64"),
            ("write-rate", &["0", "11G", "1"], "1K to 10G"),
            ("write-size", &["0", "65G"], "4K to 64G"),
            ("write-until", &["2d", "10"], "0 to 86400s"),
            ("readers", &["65"], "0 to 64"),
            ("read-rate", &["0"], "1K to 10G"),
            ("read-size", &["3k"], "4K to 64G"),
            ("atomic-rate", &["1000001", "1M"], "0 to 1000000"),
            ("atomic-burst", &["0", "1025"], "1 to 1024"),
            ("atomic-hold", &["2", "1001ms"], "0 to 1s"),
            ("atomic-order", &["4"], "0 to 3"),
        ] {
            let param = find(key).unwrap();
            assert_eq!(param.range_text(), expected, "{key}");
            for text in refused {
                let message = param.parse(text).unwrap_err();
                assert!(message.starts_with(&format!("{key} = {text}")), "{message}");
            }
        }
    }

    #[test]
    fn a_ten_terabyte_machine_is_refused_in_words() {
        assert_eq!(
            find("ram").unwrap().parse("10T").unwrap_err(),
            "ram = 10T is out of range: expected 64M to 64G (memory of the machine)"
        );
    }
}
