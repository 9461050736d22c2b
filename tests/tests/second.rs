//! The model's rules against a second model of them, on random numbers: every version, and the patches that touch a rule.
//!
//! `SECOND_CASES=100000000` looks at more than the 200,000 of a normal run for each rule, `SECOND_SEED=2` at others.

use std::env;
use std::fmt::Debug;
use swapscope_sim::kernel::{Kernel, KernelPolicy, PATCHES, Retry, VERSIONS};
use swapscope_sim::rules::{self, AfterAttempt, MempoolAttempts, RetryThen, RetryZone, ScanCount};
use swapscope_tests::second;
use swapscope_tests::second::dirty::{self, Memory, Task};
use swapscope_tests::second::mempool::{self, Step, Turn};
use swapscope_tests::second::retry::{self, Next, Zone};
use swapscope_tests::second::scan::{self, Lru, Pass};

/// For each rule.
const CASES: u64 = 200_000;
/// Pages of the largest machine.
const MOST: u64 = 1 << 24;

fn option(name: &str, default: u64) -> u64 {
    env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// Random numbers (splitmix64), small ones as often as large ones.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Of any magnitude, 0 among them.
    fn up_to(&mut self, most: u64) -> u64 {
        let bits = self.below(u64::from(most.ilog2()) + 2);
        self.below((1 << bits).min(most + 1))
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// About this many: the borders of the rules are where two numbers are nearly equal.
    fn about(&mut self, number: u64) -> u64 {
        (number + self.below(5)).saturating_sub(2)
    }
}

/// A version, and the same for the second model; with one of these patches, or with none.
fn kernel(random: &mut Random, patches: &[&'static str]) -> (KernelPolicy, second::Kernel) {
    let version = &VERSIONS[random.below(VERSIONS.len() as u64) as usize];
    let at = random.below(patches.len() as u64 + 1) as usize;
    let patch = patches.get(at).copied().unwrap_or("");
    let name = if patch.is_empty() { version.name.to_owned() } else { format!("{}~{patch}", version.name) };
    (Kernel::parse(&name).unwrap().policy, second::Kernel::new(version.name, patch))
}

/// Looks at one rule often; how often each answer must come up at least, so that none of them stays unasked.
fn look<Answer: Debug>(rule: u64, answers: &[&str], mut case: impl FnMut(&mut Random) -> Answer) {
    let mut random = Random(option("SECOND_SEED", 1) << 8 | rule);
    let mut seen = vec![0; answers.len()];
    for _ in 0..option("SECOND_CASES", CASES) {
        let answer = format!("{:?}", case(&mut random));
        if let Some(at) = answers.iter().position(|wanted| answer.contains(wanted)) {
            seen[at] += 1;
        }
    }
    let rare: Vec<_> = answers.iter().zip(&seen).filter(|(_, count)| **count < 1000).collect();
    assert!(rare.is_empty(), "answers that hardly came up: {rare:?}");
}

fn pages(count: u64) -> i128 {
    i128::from(count)
}

/// Lists, marks and statistics, near the borders of the rules as often as far from them.
fn lru(random: &mut Random) -> Lru {
    let most = if random.one_in(4) { MOST } else { 100_000 };
    let sizes = [(); 4].map(|()| random.up_to(most));
    let file = sizes[2] + sizes[3];
    let free = random.up_to(most);
    let near = random.about(file + free);
    let high = if random.one_in(2) { near } else { random.up_to(most) };
    let all = sizes.iter().sum::<u64>();
    let border = random.about(6 * all);
    let statistic = |random: &mut Random, size: u64| {
        let near = random.about(size / 4);
        pages(if random.one_in(2) { near } else { random.up_to(most) })
    };
    Lru {
        inactive_anon: pages(sizes[0]),
        active_anon: pages(sizes[1]),
        inactive_file: pages(sizes[2]),
        active_file: pages(sizes[3]),
        managed: pages(all + free + random.up_to(most)),
        free: pages(free),
        high: pages(high),
        scanned: [statistic(random, sizes[0] + sizes[1]), statistic(random, file)],
        rotated: [pages(random.up_to(most)), pages(random.up_to(most))],
        pages_scanned: pages(if random.one_in(2) { border } else { random.up_to(8 * most) }),
    }
}

fn number(pages: i128) -> u64 {
    u64::try_from(pages).unwrap()
}

#[test]
fn get_scan_count() {
    look(1, &["[0, 0, 0, 0]", "[0, 0, ", ", 0, 0]", "["], |random| {
        let (policy, kernel) = kernel(random, &[]);
        let lru = lru(random);
        let pass = Pass {
            priority: u32::try_from(random.below(13)).unwrap(),
            swappiness: pages(random.below(101)) * i128::from(!random.one_in(8)),
            swap_free: pages(random.up_to(MOST)) * i128::from(!random.one_in(8)),
            kswapd: random.one_in(2),
        };
        let (wanted, [scanned, rotated]) = scan::get_scan_count(kernel, &lru, &pass);

        let sizes = [lru.inactive_anon, lru.active_anon, lru.inactive_file, lru.active_file].map(number);
        let low = |file: bool, at: usize| {
            rules::list_is_low(&policy, file, number(lru.managed), sizes[at], sizes[at + 1])
        };
        assert_eq!(low(false, 0), scan::anon_is_low(kernel, &lru), "{kernel:?} {lru:?}");
        let reclaimable = rules::reclaimable(&policy, sizes, [0; 2], number(pass.swap_free));
        let mut count = ScanCount {
            sizes,
            free: number(lru.free),
            high: number(lru.high),
            file_low: low(true, 2),
            swap_free: number(pass.swap_free),
            swappiness: number(pass.swappiness),
            priority: pass.priority,
            force: pass.kswapd && !rules::is_reclaimable(number(lru.pages_scanned), reclaimable),
            recent_scanned: lru.scanned.map(number),
            recent_rotated: lru.rotated.map(number),
        };
        let found = rules::scan_count(&mut count);
        let after = (count.recent_scanned.map(pages), count.recent_rotated.map(pages));
        assert_eq!((found.map(pages), after), (wanted, (scanned, rotated)), "{kernel:?} {pass:?} {lru:?}");
        found
    });
}

/// A zone, often one that lies at a border of the rule after so many rounds.
fn zone(random: &mut Random, loops: u64) -> Zone {
    let [anon, file, free] = [(); 3].map(|()| random.up_to(200_000));
    let all = anon + file;
    let hoped = all - (loops * all).div_ceil(16).min(all) + free;
    let [half, border] = [all / 2, hoped].map(|near| random.about(near));
    let written = if random.one_in(2) { half } else { random.up_to(200_000) };
    let dirty = random.below(written + 1);
    Zone {
        free: pages(free),
        anon: pages(anon),
        file: pages(file),
        isolated_anon: pages(random.up_to(300)),
        isolated_file: pages(random.up_to(300)),
        dirty: pages(dirty),
        writeback: pages(written - dirty),
        stays: pages(if random.one_in(2) { border } else { random.up_to(20_000) }),
        block: pages(random.below(12)) - 1,
    }
}

fn seen_by_model(policy: &KernelPolicy, zone: &Zone, order: u32, swap_free: u64) -> RetryZone {
    let half = |pages: i128| [number(pages) / 3, number(pages) - number(pages) / 3];
    let ([a, b], [c, d]) = (half(zone.anon), half(zone.file));
    let isolated = [zone.isolated_anon, zone.isolated_file].map(number);
    RetryZone {
        reclaimable: rules::reclaimable(policy, [a, b, c, d], isolated, swap_free),
        free: number(zone.free),
        pending: number(zone.dirty + zone.writeback),
        need: number(zone.stays),
        block: order == 0 || zone.block >= i128::from(order),
    }
}

#[test]
fn should_reclaim_retry() {
    look(2, &["AgainIffCongested", "AgainAfterCongestion", "Again", "NoMore"], |random| {
        let (policy, kernel) = kernel(random, &[]);
        let order = if random.one_in(2) { 0 } else { u32::try_from(random.below(6)).unwrap() };
        let (progress, before) = (random.one_in(4), random.below(18));
        let loops = if progress { 0 } else { before + 1 };
        let count = 1 + random.below(3);
        let zones: Vec<Zone> = (0..count).map(|_| zone(random, loops)).collect();
        let swap_free = random.up_to(MOST) * u64::from(!random.one_in(4));

        let wanted = retry::after_round(kernel, order, progress, pages(before), &zones, pages(swap_free));
        let seen: Vec<_> = zones.iter().map(|zone| seen_by_model(&policy, zone, order, swap_free)).collect();
        let mut after = before;
        let then = rules::after_round(&policy, order as usize, progress, &mut after, &seen);
        let found = match (then, policy.retry) {
            (RetryThen::GivesUp, _) => Next::NoMore,
            (RetryThen::WaitsForWriteback, _) => Next::AgainAfterCongestion,
            (RetryThen::Again, Retry::WhileProgress) => Next::AgainIffCongested,
            (RetryThen::Again, Retry::ShouldReclaimRetry) => Next::Again,
        };
        let case =
            format!("{kernel:?} order {order} {progress} after {before}, {swap_free} slots, {zones:?}");
        assert_eq!((found, pages(after)), wanted, "{case}");
        found
    });
}

#[test]
fn do_try_to_free_pages_says_whether_there_was_progress() {
    look(3, &["true", "false"], |random| {
        let (policy, kernel) = kernel(random, &[]);
        let count = 1 + random.below(3);
        let zones: Vec<[u64; 2]> = (0..count)
            .map(|_| {
                let reclaimable = random.up_to(MOST);
                let border = random.about(6 * reclaimable);
                [if random.one_in(2) { border } else { random.up_to(8 * MOST) }, reclaimable]
            })
            .collect();
        let freed = random.up_to(64) * u64::from(random.one_in(2));
        let wanted = retry::is_progress(
            kernel,
            pages(freed),
            &zones.iter().map(|zone| zone.map(pages)).collect::<Vec<_>>(),
        );
        let still = zones.iter().any(|[scanned, reclaimable]| rules::is_reclaimable(*scanned, *reclaimable));
        let found = rules::progress(&policy, freed, still);
        assert_eq!(found, wanted, "{kernel:?} {freed} freed {zones:?}");
        found
    });
}

/// What the model does, step by step.
fn steps(policy: &KernelPolicy, gfp: u32, victim: bool, turns: &[Turn]) -> Vec<Step> {
    let mut attempts = MempoolAttempts::new(policy, gfp);
    let mut steps = Vec::new();
    for turn in turns {
        steps.push(Step::Ask(attempts.mask(turn.empty, victim)));
        if turn.memory {
            break;
        }
        if turn.element {
            steps.push(Step::Take);
            break;
        }
        match attempts.advance() {
            AfterAttempt::Again => {}
            AfterAttempt::Sleeps => steps.push(Step::Wait),
            AfterAttempt::Fails => {
                steps.push(Step::Null);
                break;
            }
        }
    }
    steps
}

#[test]
fn mempool_alloc() {
    const PATCHED: [&str; 4] = ["f9054c70", "revert-f9054c70", "mempool-victims", "mempool-noreclaim"];
    assert!(PATCHED.iter().all(|name| PATCHES.iter().any(|patch| patch.name == *name)));
    look(4, &["Wait, Ask", "Null", "Take", "Ask"], |random| {
        use mempool::{DIRECT_RECLAIM, FS, IO, KSWAPD_RECLAIM, NORETRY};
        let (policy, kernel) = kernel(random, &PATCHED);
        let bits = [IO, FS, NORETRY, DIRECT_RECLAIM, KSWAPD_RECLAIM];
        let gfp = bits.into_iter().filter(|_| random.one_in(2)).sum();
        let victim = random.one_in(3);
        let turns: Vec<Turn> = (0..1 + random.below(6))
            .map(|_| Turn { empty: random.one_in(2), memory: random.one_in(5), element: random.one_in(5) })
            .collect();
        let found = steps(&policy, gfp, victim, &turns);
        let wanted = mempool::mempool_alloc(kernel, gfp, victim, &turns);
        assert_eq!(found, wanted, "{kernel:?} gfp {gfp:#x} victim {victim} {turns:?}");
        found
    });
}

#[test]
fn throttle_vm_writeout_and_the_dirty_limits() {
    const PATCHED: [&str; 3] = ["mempool-noretry", "less-throttle-return", "no-vm-writeout"];
    assert!(PATCHED.iter().all(|name| PATCHES.iter().any(|patch| patch.name == *name)));
    look(5, &["Some", "None"], |random| {
        let (policy, kernel) = kernel(random, &PATCHED);
        let [free, file, slow] = [(); 3].map(|()| random.up_to(MOST));
        let near = random.about(free);
        let totalreserve = if random.one_in(2) { near } else { random.up_to(100_000) };
        let [ratio, background] = [1 + random.below(100), 1 + random.below(100)];
        let memory = Memory {
            free: pages(free),
            totalreserve: pages(totalreserve),
            file: pages(file),
            ratio: pages(ratio),
            background_ratio: pages(background),
            slow: pages(slow),
        };
        let task = Task { noretry: random.one_in(2), less_throttle: random.one_in(2) };
        let case = format!("{kernel:?} {memory:?} {task:?}");

        let limits = rules::dirty_limits(&policy, (background, ratio), free, totalreserve, file);
        let wanted = dirty::limits(kernel, &memory);
        assert_eq!((pages(limits.0), pages(limits.1)), wanted, "{case}");
        let near = random.about(limits.1);
        let dirty = if random.one_in(2) { near } else { random.up_to(MOST) };
        let next = rules::next_slow_limit(slow, limits.1, dirty);
        assert_eq!(pages(next), dirty::slow_limit(&memory, wanted.1, pages(dirty)), "{case} {dirty} dirty");
        let found = rules::throttle_limit(&policy, limits.1, slow, task.noretry, task.less_throttle);
        assert_eq!(found.map(pages), dirty::throttle(kernel, &memory, task), "{case}");
        found
    });
}
