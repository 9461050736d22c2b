//! The bodies, and the texts to begin with.

use crate::files;
use crate::properties::{TINY, look, machines as random, run};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use swapscope_chart as chart;
use swapscope_scenario::import::{Import, is_recording};
use swapscope_scenario::link::{BASE, Opened, decode, encode};
use swapscope_scenario::param::PARAMS;
use swapscope_scenario::validate::{self, Comparison, Figures, Recording, table};
use swapscope_scenario::{Error, Scenario, Setup};
use swapscope_sim::units::Nanos;

/// Words of scenario files and links.
pub const KEYS: &[&str] = &[
    "4.7-rc6~mempool-noretry",
    "4.6~oom-tie.last",
    "[machine]\n",
    "[workload.build]\n",
    "[[expect]]\n",
    "base = \"dmcrypt-2016\"\n",
    "ram = \"2G\"\n",
    "max-work=",
    "workload=build",
    "zone-dma32=",
    "disk=nvme",
    "&k=",
    "&r=yo3f2a",
    "&t=1.5",
    "&v=1,2",
    "&m=3",
    "&c=0",
    "?s=lab-256m",
    "%23",
    "<https://",
    "=\n",
];

/// Words of what kernels print.
pub const FIELDS: &[&str] = &[
    "Node 0, zone",
    "DMA32 free:",
    "MemTotal:",
    "min:",
    "present:",
    "managed",
    "nr_free_pages",
    "pages RAM",
    "[  1.5] ",
    "12:52:03",
    "0.0Gi",
    "t=",
    "vm.swappiness = ",
    "Not tainted 4.7.0",
    "procs ---memory---",
    "total used free",
];

/// Names of the columns of recordings.
pub const COLUMNS: &[&str] = &[
    "t_ms[ms]",
    "hog_pages[pages]",
    "nr_free[pages]",
    "swap_free[kB]",
    "writeback[pages]",
    "cw_vmscanj[jiffies/4ms]",
    "oom_kill",
    "nr_free_pages",
    "\n100,5,6,7\n",
    ",,",
];

/// A number for a message or another text: equal but for numbers and quoted names is the same.
fn kind(text: &str) -> u64 {
    let mut quoted = false;
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        quoted ^= byte == b'\'';
        if quoted || byte.is_ascii_digit() {
            return hash;
        }
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// An error is one line that says where and what.
fn refused(error: &Error) -> u64 {
    let text = error.to_string();
    assert!(text.lines().count() == 1 && text.contains(": "), "{text:?}");
    kind(&error.message)
}

/// Whether the round trips of an input are looked at: they take ten times as long as reading it.
fn is_followed(text: &str) -> bool {
    text.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)).is_multiple_of(16)
}

/// A setup makes a machine, has a bound, and survives a link.
fn accepted(setup: &Setup, followed: bool) -> u64 {
    let config = setup.config().expect("what is accepted makes a machine");
    assert!(config.max_work > 0 && swapscope_sim::bytes_max(&config) > 0);
    let keys: Vec<&str> = setup.changes().iter().map(|(key, _)| *key).collect();
    match followed.then(|| encode(setup, BASE)) {
        Some(Ok(link)) => {
            let opened = decode(&link).and_then(|opened| opened.setup()).expect("a link that was just made");
            assert_eq!(opened.settings.changes_from(&setup.settings), [], "{link}");
            assert_eq!(opened.kernel_names(), setup.kernel_names(), "{link}");
            assert_eq!((opened.seed, opened.seeds), (setup.seed, setup.seeds), "{link}");
            assert_eq!(encode(&opened, BASE).as_ref(), Ok(&link), "the link of a link");
        }
        // A file can say more than a link has room for.
        Some(Err(error)) => drop(refused(&error)),
        None => {}
    }
    kind(&keys.join(" ")) ^ setup.kernels.len() as u64
}

/// A scenario file.
pub fn scenario(text: &str) -> u64 {
    match Scenario::parse("x.toml", text).and_then(Setup::new) {
        Ok(setup) => accepted(&setup, is_followed(text)),
        Err(error) => refused(&error),
    }
}

/// A link, as it was typed, cut off or pasted.
pub fn link(text: &str) -> u64 {
    match decode(text).and_then(|opened| Ok((opened.setup()?, opened))) {
        Ok((setup, opened)) => accepted(&setup, is_followed(text)) ^ noted(&opened),
        Err(error) => refused(&error),
    }
}

/// What is said about a link is one line, too.
fn noted(opened: &Opened) -> u64 {
    let notes: Vec<String> = opened.note().into_iter().chain(opened.model_note()).collect();
    assert!(notes.iter().all(|note| !note.contains('\n')), "{notes:?}");
    kind(&notes.join(" ")) ^ opened.digest.len() as u64
}

/// What was pasted of a machine.
pub fn import(text: &str) -> u64 {
    if is_recording(text) {
        return trace(text);
    }
    match Import::read("x.txt", text) {
        Ok(import) => {
            let changes = accepted(&import.setup, is_followed(text));
            if is_followed(text) {
                let file = import.toml("x.txt", "link");
                let again =
                    Scenario::parse("x.toml", &file).and_then(Setup::new).expect("its own scenario file");
                assert_eq!(again.settings.changes_from(&import.setup.settings), [], "{file}");
                assert_eq!(again.kernel_names(), import.setup.kernel_names(), "{file}");
            }
            if let Some(series) = &import.series {
                assert!(!series.words().contains('\n'));
                drawn(&|name| series.column(name).unwrap_or_default(), Nanos(0));
            }
            changes ^ kind(&import.sources.join(" ")) ^ u64::from(import.series.is_some())
        }
        Err(error) => refused(&error),
    }
}

/// A recording of a run.
pub fn trace(text: &str) -> u64 {
    let recording = match Recording::parse("x.csv", text) {
        Ok(recording) => recording,
        Err(error) => return refused(&error),
    };
    let jiffy = recording.jiffy_ns.unwrap_or(4_000_000);
    let figures = Figures::recorded(&recording, 100_000, jiffy);
    let comparison = Comparison::of(&figures, std::slice::from_ref(&figures));
    assert_eq!(comparison.same_outcome(), 1, "a recording ends as it ends");
    let words = table::summary(&comparison) + &table::lines(&comparison).join(" ");
    drawn(&|name| recording.column(name).unwrap_or_default(), Nanos(jiffy));
    let setup = Setup::new(Scenario::bundled("lab-256m", "x").expect("bundled")).expect("bundled");
    match validate::as_long_as(&setup, &figures, recording.clock(), "x.csv") {
        Ok(setup) => assert!(setup.config().is_ok()),
        Err(error) => drop(refused(&error)),
    }
    kind(&words) ^ kind(&recording.unused.join(" ")) ^ kind(figures.outcome.name())
}

/// Columns over a plot.
fn drawn<'a>(column: &'a dyn Fn(&str) -> &'a [u64], jiffy: Nanos) {
    let run = chart::Recorded { column, jiffy, done: None, oom: None }.run();
    assert!(run.pack().iter().all(|number| number.is_finite()));
}

/// A random machine, load and kernel; the text only chooses which.
pub fn machine(text: &str) -> u64 {
    let seed: Vec<u8> = (0..4_u8)
        .flat_map(|part| {
            let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325 ^ u64::from(part), |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
            hash.to_le_bytes()
        })
        .collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Runs { failure_persistence: None, ..Runs::default() }, rng);
    let case = random::cases(TINY).new_tree(&mut runner).expect("a machine").current();
    let looked = if is_followed(text) { look(&case, TINY) } else { run(&case) };
    match looked {
        Ok(trace) => kind(trace.outcome.name()),
        Err(what) => panic!("{what}\n{case:?}"),
    }
}

/// Bundled scenarios without their comments, and one that sets every parameter.
pub fn scenarios() -> Vec<String> {
    let bare = |text: &str| -> String {
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.to_owned() + "\n").collect()
    };
    let mut all: Vec<String> = files("../scenarios", "toml").iter().map(|text| bare(text)).collect();
    let mut every = String::from("title = \"x\"\nsummary = \"x\"\nclaim = \"x\"\nkernels = [\"4.6\"]\n");
    for (section, _) in swapscope_scenario::param::SECTIONS {
        every += &format!("[{section}]\n");
        for param in PARAMS.iter().filter(|param| param.section == *section) {
            every += &format!("{} = \"{}\"\n", param.key, param.default);
        }
    }
    all.push(every);
    all
}

/// Links that were given out, and one for each parameter; without check characters, which damage would break.
pub fn links() -> Vec<String> {
    let given = files("links", "txt").join("\n");
    let given = given.lines().filter(|line| line.starts_with("http")).map(str::to_owned);
    let each = PARAMS.iter().map(|param| {
        format!(
            "?s=lab-256m&{}={}&c=0",
            param.key,
            param.kind.write(param.parse(param.default).expect("its default"))
        )
    });
    given.chain(each).collect()
}

/// What kernels and tools print.
pub fn pastes() -> Vec<String> {
    let whole = files("../crate/scenario/src/import/samples", "txt");
    // Parts of them, too: a short text is read in no time.
    let parts = whole.iter().flat_map(|text| {
        let lines: Vec<&str> = text.lines().collect();
        lines.chunks(12).map(|lines| lines.join("\n")).collect::<Vec<_>>()
    });
    let mut all: Vec<String> = parts.collect();
    all.push(
        "Node 0, zone    DMA32\n  pages free 200000\n min 957\n low 1206\n high 1455\n present 258046\n managed 250315\n\
         nr_inactive_anon 50\n pagesets\n cpu: 1\n12:00:01\nMemTotal: 1017168 kB\nMemFree: 5 kB\nSwapTotal: 2097148 kB\n\
         SwapFree: 97148 kB\n12:00:02\nMemFree: 3 kB\nSwapFree: 97 kB\nnr_dirty 7\nnr_free_pages 3\nvm.swappiness = 10\n"
            .to_owned(),
    );
    all.push(
        "procs ---memory---\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n\
         1  0 0 800000 10000 90000 0 0 1 2 3 4 5 6 87 2 0 2016-07-14 12:52:03\n2 1 4096 20000 9000 80000 0 4096 1 2 3 4 5 6 87 2 0\n\
         total used free shared buff/cache available\nMem: 7.7Gi 1.2Gi 4.9Gi 12Mi 1.6Gi 6.0Gi\nSwap: 2047 0 2047\n\
         Linux version 4.6.2 (x)\n262044 pages RAM\n7752 pages reserved\nNot tainted 4.7.0-rc7+ #1\n"
            .to_owned(),
    );
    all
}

/// Small recordings.
pub fn recordings() -> Vec<String> {
    vec![
        "t_ms[ms],hog_pages[pages],nr_free[pages]\n0,0,50000\n100,20000,30000\n200,60000,400\n300,60000,380\n".to_owned(),
        "# a comment\nt_ms,hog_pages,nr_free_pages,writeback,swap_free,pswpout,oom_kill\n0,0,9,0,5,0,0\n\n100,3,9,1,4,7,0\n\
         250,4,8,1,4,9,1\n"
            .to_owned(),
    ]
}

/// Any text names a machine.
pub fn machines() -> Vec<String> {
    vec!["0".to_owned(), "a machine".to_owned()]
}
