use super::*;
use crate::link::{BASE as ADDRESS, decode, encode};

/// The OOM kill of the report, quoted and wrapped (572B6CB3.10802@redhat.com has the two lines on swap).
const OOM: &str = include_str!("samples/oom-4.6.txt");
/// The figures of the frozen machine.
const FREEZE: &str = include_str!("samples/freeze-4.7.txt");

fn read(text: &str) -> Import {
    Import::read("x.txt", text).unwrap()
}

fn value(import: &Import, key: &str) -> String {
    import.setup.settings.text(key)
}

fn kind(import: &Import, key: &str) -> Option<Kind> {
    import.notes.iter().find(|note| note.key == key).map(|note| note.kind)
}

#[test]
fn the_oom_report_gives_the_machine_that_it_was_printed_on() {
    let import = read(OOM);
    let bundled = Scenario::bundled("dmcrypt-2016", "test").unwrap().settings(None);
    // These are in the bundled scenario by hand, from the same figures.
    for key in
        ["ram", "zone-dma", "zone-dma32", "zone-normal", "min-free", "swap", "base-locked", "base-slab"]
    {
        assert_eq!(value(&import, key), bundled.text(key), "{key}");
        assert!(key == "zone-normal" || kind(&import, key) == Some(Kind::Used), "{key}");
    }
    assert_eq!(value(&import, "base-file"), "40288k");
    assert_eq!(value(&import, "watermark-scale"), "10");
    // 47,708 kB of slab, 2,864 of stacks and 7,440 of page tables, less 21 % of 54,608 kB.
    assert_eq!(value(&import, "base-kernel"), "46544k");
    assert_eq!(kind(&import, "base-kernel"), Some(Kind::Guessed));
    assert_eq!(kind(&import, "pages_scanned"), Some(Kind::Ignored));
    assert_eq!(kind(&import, "hog"), Some(Kind::Guessed));
    assert_eq!(import.series, None);
}

#[test]
fn the_frozen_machine_is_guessed_from_what_is_accounted_for() {
    let import = read(FREEZE);
    assert_eq!((value(&import, "ram"), kind(&import, "ram")), ("1g".to_owned(), Some(Kind::Guessed)));
    assert_eq!(value(&import, "zone-dma32"), "258046,250315");
    assert_eq!((value(&import, "swap"), kind(&import, "swap")), ("2g".to_owned(), Some(Kind::Guessed)));
    assert_eq!(
        (value(&import, "base-file"), value(&import, "base-mapped")),
        ("8756k".to_owned(), "8432k".to_owned())
    );
    assert_eq!(kind(&import, "writeback"), Some(Kind::Ignored));
    assert_eq!(value(&import, "min-free"), "auto");
    assert_eq!(import.setup.kernel_names(), ["4.7-rc6", "4.9"]);
}

#[test]
fn wrapping_quoting_and_logs_change_nothing() {
    let words = "> > ".to_owned() + &OOM.replace("> > ", "").replace('\n', " \n> > ");
    let plain = OOM
        .replace("> > ", "")
        .replace("\n", " ")
        .replace("[   90.4912", "\n[   90.4912")
        .replace("Free swap", "\nFree swap")
        .replace("Total swap", "\nTotal swap")
        .replace(" 2016", "\n2016");
    let logged: String =
        plain.lines().map(|line| format!("Jul 14 12:52:03 host kernel: {line}\r\n")).collect();
    let one_word: String = OOM
        .split("Free swap")
        .next()
        .unwrap()
        .replace("> > ", "")
        .split_whitespace()
        .map(|word| format!("| {word}\n"))
        .collect();
    let swap = "Free swap  = 2039832kB\nTotal swap = 2097148kB\n";
    let settings = read(OOM).setup.settings.clone();
    for text in [words, plain, logged, one_word + swap] {
        let there = read(&text).setup.settings.clone();
        assert_eq!(there.changes_from(&settings), [], "{text}");
    }
}

#[test]
fn the_scenario_file_says_what_the_import_says() {
    for text in [OOM, FREEZE] {
        let import = read(text);
        let link = encode(&import.setup, ADDRESS).unwrap();
        let file = import.toml("a \"b\\.txt", &link);
        let again = Setup::new(Scenario::parse("x.toml", &file).unwrap()).unwrap();
        assert_eq!(again.settings.changes_from(&import.setup.settings), [], "{file}");
        assert_eq!(again.kernels, import.setup.kernels);
        let opened = decode(&link).unwrap().setup().unwrap();
        assert_eq!(opened.settings.changes_from(&import.setup.settings), []);
        assert!(file.contains("# used: Mem-Info unevictable, line "), "{file}");
        assert!(file.contains("# ignored:\n"), "{file}");
    }
}

#[test]
fn several_sources_in_one_text() {
    let text = "Linux version 4.6.2-1 (gcc)\nMemTotal:  1017168 kB\nMemFree: 500000 kB\nActive(anon):  81920 kB\nInactive(anon): 0 kB\n\
                Active(file): 100000 kB\nInactive(file): 20000 kB\nMapped: 30000 kB\nShmem: 0 kB\nSwapTotal: 524284 kB\n\
                SwapFree: 524284 kB\nSlab: 3 kB\nAnonHugePages: 2048 kB\nvm.swappiness = 10\nvm.laptop_mode = 0\n\
                nr_free_pages 5\nnr_slab_reclaimable 100\nnr_slab_unreclaimable 200\npgfault 17\n";
    let import = read(text);
    for (key, wanted, how) in [
        ("ram", "1g", Kind::Guessed),
        ("base-anon", "80m", Kind::Used),
        ("base-file", "120000k", Kind::Used),
        ("base-mapped", "30000k", Kind::Used),
        ("base-slab", "400k", Kind::Used),
        ("swap", "524284k", Kind::Used),
        ("swappiness", "10", Kind::Used),
        ("thp", "on", Kind::Guessed),
    ] {
        assert_eq!((value(&import, key), kind(&import, key)), (wanted.to_owned(), Some(how)), "{key}");
    }
    assert_eq!(import.setup.kernel_names(), ["4.6", "4.9"]);
    for name in ["Slab", "pgfault", "vm.laptop_mode"] {
        assert_eq!(kind(&import, name), Some(Kind::Ignored), "{name}");
    }
}

#[test]
fn zoneinfo_with_vmstat_behind_it() {
    let text = "Node 0, zone      DMA\n  pages free     3976\n        min      15\n        low      18\n        high     21\n\
                present  3998\n managed  3977\n nr_free_pages 3976\n nr_inactive_anon 0\n protection: (0, 900)\n  pagesets\n    cpu: 0\n\
                count: 0\n cpu: 1\n count: 3\n  start_pfn:         1\nNode 0, zone    DMA32\n  pages free 200000\n min 957\n low 1206\n high 1455\n\
                present 258046\n managed 250315\n nr_free_pages 200000\n nr_inactive_anon 50\nnr_free_pages 203976\nnr_dirty 3\n";
    let import = read(text);
    assert_eq!(value(&import, "zone-dma32"), "258046,250315");
    assert_eq!(value(&import, "min-free"), "3892k");
    assert_eq!((value(&import, "cpus"), kind(&import, "cpus")), ("2".to_owned(), Some(Kind::Guessed)));
    assert_eq!(value(&import, "base-anon"), "200k");
    assert_eq!(kind(&import, "Dirty"), None);
    assert_eq!(kind(&import, "nr_dirty"), Some(Kind::Ignored));
}

#[test]
fn free_in_every_unit() {
    for (text, ram) in [
        (
            "              total        used        free      shared  buff/cache   available\nMem:  7871 1234 5000 12 1637 6000\nSwap: 2047 0 2047\n",
            "8g",
        ),
        (
            "             total       used       free     shared    buffers     cached\nMem:  1017168 500000 517168 0 1000 20000\n-/+ buffers/cache: 1 2\nSwap: 2097148 0 2097148\n",
            "1g",
        ),
        (
            "total used free shared buff/cache available\nMem: 7.7Gi 1.2Gi 4.9Gi 12Mi 1.6Gi 6.0Gi\nSwap: 2.0Gi 0B 2.0Gi\n",
            "8g",
        ),
        ("total used free\nMem: 16 3 12\nSwap: 2 0 2\n", "16g"),
        ("total used free\nMem: 8254390272 1234000000 5000000000\nSwap: 2147479552 0 2147479552\n", "8g"),
    ] {
        let import = read(text);
        assert_eq!(value(&import, "ram"), ram, "{text}");
        assert_eq!(import.sources, ["free"]);
        let swap = import.setup.settings.number("swap");
        assert!((2_000_000..=2_097_152).contains(&swap), "{swap}");
    }
}

const VMSTAT: &str = "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n\
     r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n\
     1  0      0 800000  10000  90000    0    0     1     2    3    4  5  6 87  2  0\n\
     2  1   4096  20000   9000  80000    0 4096     1     2    3    4  5  6 87  2  0\n\
     2  4  90000   8000   1000  20000   12 9096     1     2    3    4  5  6 87  2  0\n";

#[test]
fn vmstat_is_a_series_wrapped_or_not() {
    let wrapped = VMSTAT.replace("   in ", "\n> in ").replace("    3    4 ", "\n> 3 4 ");
    let plain = read(VMSTAT);
    for text in [VMSTAT.to_owned(), wrapped] {
        let series = read(&text).series.unwrap();
        assert_eq!(series.column("t_ms"), Some(&[0, 1000, 2000][..]));
        assert_eq!(series.column("nr_free"), Some(&[200_000, 5000, 2000][..]));
        assert_eq!(series.column("swap_used"), Some(&[0, 1024, 22_500][..]));
        assert_eq!((series.column("writeback"), series.is_timed), (None, false));
    }
    assert_eq!((value(&plain, "ram"), kind(&plain, "swap")), ("1g".to_owned(), Some(Kind::Guessed)));
    assert_eq!(value(&plain, "base-file"), "100000k");
}

#[test]
fn times_of_a_series() {
    // With a head over the times, as vmstat -t has it.
    let stamped = VMSTAT.replace("87  2  0\n2  1", "87  2  0 2016-07-14 23:59:59\n2  1");
    let stamped = stamped.replace("87  2  0\n2  4", "87  2  0 2016-07-15 00:00:01\n2  4");
    let stamped = stamped.replace(" wa st\n", " wa st                 UTC\n");
    let stamped = stamped.trim_end().to_owned() + " 2016-07-15 00:00:04\n";
    assert_eq!(read(&stamped).series.unwrap().column("t_ms"), Some(&[0, 2000, 5000][..]));
    let block = |time: &str, free: u64| {
        format!("{time}\nnr_free_pages {free}\nnr_writeback {}\npswpout 3\n", free / 2)
    };
    let blocks = block("t=1.5", 100_000) + &block("t=2.0", 5000) + &block("t=3.25", 700);
    let series = read(&blocks).series.unwrap();
    assert_eq!(series.column("t_ms"), Some(&[0, 500, 1750][..]));
    assert_eq!(series.column("writeback"), Some(&[50_000, 2500, 350][..]));
    assert_eq!(series.words(), "series: 3 samples of /proc/vmstat over 1.8 s: nr_free, writeback");
}

#[test]
fn one_line_and_parts_of_memory_are_spelled_so() {
    let import = read("hello\nMemTotal: 1017168 kB\n");
    let why = |key: &str| import.notes.iter().find(|note| note.key == key).unwrap().why.as_str();
    assert_eq!(why("text"), "one line that says nothing known, line 1");
    assert_eq!(why("base-slab"), "nothing says it: 1/71 of memory, as in dmcrypt-2016");
}

#[test]
fn what_cannot_be_used_is_said_at_its_line() {
    let error = |text: &str| Import::read("dir/x.txt", text).unwrap_err().to_string();
    assert!(error("hello\nworld").starts_with("x.txt: nothing in it is known: expected an OOM report"));
    assert!(error("").starts_with("x.txt: nothing in it is known"));
    assert_eq!(
        error("\nMemTotal: 999999999999 kB\n"),
        "x.txt:2: ram = 1048576G is out of range: expected 64M to 64G (memory of the machine)"
    );
    let dma = "Node 0 DMA free:0kB min:60kB low:72kB high:84kB present:15992kB managed:15908kB\n";
    let cut = format!("{dma}Node 0 DMA32 free:0kB min:3828kB low:4824kB\n");
    assert_eq!(
        error(&cut),
        "x.txt:2: zone DMA alone is 16 MB, no machine: expected present:... of zone DMA32 or Normal, too; the text may \
         have been cut off"
    );
    assert!(error(dma).starts_with("x.txt:1: zone DMA alone is 16 MB, no machine"), "{}", error(dma));
    assert!(error("nr_dirty 5").starts_with("x.txt: nothing says how much memory the machine has"));
    let huge = "Node 0, zone Normal\npresent 90000000\nmanaged 90000000\n";
    assert!(error(huge).starts_with("x.txt:3: ram = "), "{}", error(huge));
    let swap = format!("MemTotal: 1017168 kB\nSwapTotal: {} kB\n", u64::MAX);
    assert!(error(&swap).starts_with("x.txt:2: swap = "), "{}", error(&swap));
}

/// A machine of 8 GB, its zones as the kernel computes them: marks, `lowmem_reserve`, and what follows them.
const ZONES: [&str; 4] = [
    "Node 0 DMA free:15908kB min:20kB low:32kB high:44kB inactive_file:0kB present:15992kB managed:15908kB slab_unreclaimable:0kB\n\
     lowmem_reserve[]: 0 2988 8027 8027\n",
    "Node 0 DMA32 free:4000kB min:4260kB low:7320kB high:10380kB inactive_file:8000kB present:3120000kB managed:3060000kB \
     slab_unreclaimable:4000kB\nlowmem_reserve[]: 0 0 5039 5039\n",
    "Node 0 Normal free:4000kB min:7188kB low:12348kB high:17508kB inactive_file:8000kB present:5242880kB managed:5160000kB \
     slab_unreclaimable:4000kB\nlowmem_reserve[]: 0 0 0 0\n",
    "2094718 pages RAM\n",
];

#[test]
fn a_report_that_was_cut_off_among_its_zones_is_no_smaller_machine() {
    let whole = read(&ZONES.concat());
    assert_eq!((value(&whole, "ram"), kind(&whole, "ram")), ("8183m".to_owned(), Some(Kind::Used)));
    let why = |import: &Import, key: &str| {
        import.notes.iter().find(|note| note.key == key).map(|note| note.why.clone()).unwrap()
    };
    // Managed are 5,039 times 256 pages, or up to 255 more.
    let cut = read(&ZONES[..2].concat());
    assert_eq!(value(&cut, "zone-dma32"), "780000,765000");
    assert_eq!(
        (value(&cut, "zone-normal"), kind(&cut, "zone-normal")),
        ("1310460,1289984".to_owned(), Some(Kind::Guessed))
    );
    assert_eq!(kind(&cut, "zone-dma32"), Some(Kind::Used));
    assert_eq!((value(&cut, "ram"), kind(&cut, "ram")), ("8182m".to_owned(), Some(Kind::Guessed)));
    assert_eq!(
        why(&cut, "ram"),
        "the report is cut off after zone DMA32, line 3: present pages of 2 zones and 5119 MB that lowmem_reserve tells of; \
         what memory holds is that of the zones that came"
    );
    assert_eq!(
        why(&cut, "zone-normal"),
        "present and managed of node 0 Normal, lowmem_reserve, line 4; managed is told of by lowmem_reserve, present is a \
         63rd more"
    );
    // The kernel's own is 11,479.
    assert_eq!((value(&cut, "min-free"), kind(&cut, "min-free")), ("11456k".to_owned(), Some(Kind::Guessed)));
    assert!(
        why(&cut, "min-free")
            .starts_with("the report is cut off after zone DMA32, line 3: min watermarks of 2 zones")
    );
    // The list alone tells of all; where it was cut, of some.
    let dma = read(ZONES[0]);
    assert_eq!(value(&dma, "zone-dma32"), "777070,764928");
    assert_eq!(value(&dma, "zone-normal"), "1310460,1289984");
    assert!(
        why(&dma, "ram")
            .starts_with("the report is cut off after zone DMA, line 1: present pages of one zone and")
    );
    let list = read(&ZONES[..2].concat().replace("lowmem_reserve[]: 0 0 5039 5039", ""));
    assert_eq!(value(&list, "zone-normal"), "1310460,1289984");
    let middle = read(&(ZONES[..2].concat() + "Node 0 Normal free:4000kB min:7188kB low:12348kB"));
    assert_eq!(value(&middle, "zone-normal"), "1310460,1289984");
    assert!(why(&middle, "ram").starts_with("the report is cut off after zone DMA32, line 3: "));
    // Wrapped and quoted, as mails are.
    let quoted = ZONES[..2].concat().replace("0 5039 5039", "\n> 0 5039\n> 5039");
    assert_eq!(read(&quoted).setup.settings.changes_from(&cut.setup.settings), []);
}

#[test]
fn no_beginning_of_a_report_is_silently_a_smaller_machine() {
    let text = ZONES.concat();
    let whole = read(&text).setup.settings.number("ram");
    let mut guessed = 0;
    for end in ZONES[0].len()..text.len() {
        let import = read(&text[..end]);
        let ram = import.setup.settings.number("ram");
        // Of two lists each number is exact to 256 pages, and present is a guess.
        assert!(ram.abs_diff(whole) < whole / 100, "{ram}: {}", &text[..end]);
        guessed += usize::from(kind(&import, "ram") == Some(Kind::Guessed));
        assert!(kind(&import, "ram") == Some(Kind::Guessed) || text[..end].contains("present:5242880kB"));
    }
    assert!(guessed > 200, "{guessed}");
}

#[test]
fn what_says_the_size_of_memory_serves_better_than_some_of_the_zones() {
    for (more, rule) in [
        (ZONES[3], "the next usual size above 2094718 pages RAM, line 5"),
        ("MemTotal: 8235908 kB\n", "the next usual size above 8043 MB, /proc/meminfo MemTotal, line 5"),
    ] {
        let import = read(&(ZONES[..2].concat() + more));
        assert_eq!((value(&import, "ram"), kind(&import, "ram")), ("8g".to_owned(), Some(Kind::Guessed)));
        let why = &import.notes.iter().find(|note| note.key == "ram").unwrap().why;
        assert_eq!(*why, format!("the report is cut off after zone DMA32, line 3: {rule}"));
    }
    // Less than the zones that came hold: of another machine.
    let import = read(&(ZONES[..2].concat() + "MemTotal: 1017168 kB\n"));
    assert_eq!(value(&import, "zone-normal"), "1310460,1289984");
}

#[test]
fn a_zoneinfo_that_was_cut_off_is_told_by_its_protection() {
    let text = "Node 0, zone DMA\npages free 3976\nmin 5\nlow 8\nhigh 11\npresent 3998\nmanaged 3977\n\
                protection: (0, 2988, 8027, 8027)\nNode 0, zone DMA32\npages free 1000\n";
    let import = read(text);
    assert_eq!(value(&import, "zone-dma32"), "777070,764928");
    assert_eq!(kind(&import, "ram"), Some(Kind::Guessed));
}

#[test]
fn recordings_are_told_from_reports() {
    assert!(is_recording("# made by hand\nt_ms[ms],hog_pages[pages]\n0,1\n"));
    assert!(!is_recording(VMSTAT) && !is_recording(OOM) && !is_recording(""));
}

#[test]
fn a_name_with_control_characters_stands_in_a_comment() {
    let zone = "Node 0, zone    DM\0A3\n  pages free 200000\n min 57\n low 1206\n high 1455\n present 258046\n managed 250315\n";
    for text in ["MemTotal: 1017168 kB\nvm.\0 = 10\n", &format!("{zone}MemTotal: 1017168 kB\n")] {
        let file = read(text).toml("x.txt", "link");
        assert!(!file.contains('\0'), "{file}");
        Scenario::parse("x.toml", &file).unwrap();
    }
}
