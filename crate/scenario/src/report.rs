//! What runs came to: figures of a trace, statistics over seeds, and the JSON object of the command line.
//!
//! The same code serves the command line and the page; it reads traces and nothing else.

use serde::{Deserialize, Serialize};
use swapscope_sim::kernel::Kernel;
use swapscope_sim::sort;
use swapscope_sim::trace::{Column, Outcome, Series, Site, SleepTotal, Trace};
use swapscope_sim::units::Nanos;

mod document;

pub use document::{Document, Latency, Max, Min, MinMedian, Named, Oom, Run, Throttle};

/// The few figures of a run that comparisons over seeds need. Small, so that traces need not be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The run's seed.
    pub seed: u64,
    /// How it ended: the name of an [`Outcome`].
    pub outcome: String,
    /// Virtual time at the end.
    pub sim_ns: u64,
    /// When the workload was done, since the start of the machine; see [`Figures::took_ns`].
    pub workload_done_ns: Option<u64>,
    /// When the workload started, since the start of the machine.
    pub workload_start_ns: u64,
    /// First OOM kill, since the start of the machine; see [`Figures::killed_after_ns`].
    pub oom_t_ns: Option<u64>,
    /// Name of the first victim.
    pub oom_victim: Option<String>,
    /// Free part of swap at the first OOM kill, in thousandths; `None` also where there is no swap.
    pub oom_swap_free_permille: Option<u64>,
    /// Pages handed to swap while the workload ran, for each second of that time.
    pub swap_out_pages_per_s: u64,
    /// Pages handed to swap.
    pub swap_out_pages: u64,
    /// Most pages under writeback at once.
    pub writeback_pages_max: u64,
    /// Fewest free pages while the workload ran.
    pub free_pages_min: u64,
    /// Free pages in the middle of the time while the workload ran.
    pub free_pages_median: u64,
    /// Requests that kcryptd encrypted, in the middle of all seconds.
    pub kcryptd_requests_per_s_median: u64,
    /// Sleeps of kcryptd's workers in `throttle_vm_writeout`.
    pub kcryptd_throttle_sleeps: u64,
    /// Longest sleep in `mempool_alloc`.
    pub mempool_wait_max_ns: u64,
    /// Pages that the workload touched in each second of the last thirty.
    pub progress_pages_per_s_end: u64,
    /// Longest time in which the workload touched no page.
    pub longest_without_progress_ns: u64,
    /// Sleeps in reclaim's throttles and mempools.
    pub throttle_sleeps: u64,
    /// Work that the run took, in events of the engine.
    pub work: u64,
    /// It was stopped because of that.
    pub is_stopped: bool,
    /// Hash of the run.
    pub hash: u64,
}

impl Figures {
    /// Figures of a run.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let oom = trace.oom.first();
        let stop = trace.workload_done.into_iter().chain(oom.map(|oom| oom.t)).min().unwrap_or(trace.end);
        let window = swapscope_sim::trace::LIVELOCK_WINDOW;
        Self {
            seed: trace.seed,
            outcome: trace.outcome.name().to_owned(),
            sim_ns: trace.end.0,
            workload_done_ns: trace.workload_done.map(|t| t.0),
            workload_start_ns: trace.workload_start.0,
            oom_t_ns: oom.map(|oom| oom.t.0),
            oom_victim: oom.map(|oom| task_name(trace, oom.victim).to_owned()),
            oom_swap_free_permille: oom.and_then(|oom| (oom.swap_free * 1000).checked_div(oom.swap_total)),
            swap_out_pages_per_s: rate(trace, Series::SwapOut, trace.workload_start, stop),
            swap_out_pages: trace.column(Series::SwapOut).last.last().copied().unwrap_or(0),
            writeback_pages_max: most(trace.column(Series::Writeback)),
            free_pages_min: trace.free.min,
            free_pages_median: trace.free.median,
            kcryptd_requests_per_s_median: trace.kcryptd_requests_per_s.median,
            kcryptd_throttle_sleeps: at_site(trace, Site::ThrottleVmWriteout)
                .filter(|sleep| is_kcryptd(task_name(trace, sleep.task)))
                .map(|sleep| sleep.count)
                .sum(),
            mempool_wait_max_ns: at_site(trace, Site::MempoolAlloc)
                .map(|sleep| sleep.max.0)
                .max()
                .unwrap_or(0),
            progress_pages_per_s_end: rate(trace, Series::Progress, trace.end - window, trace.end),
            longest_without_progress_ns: trace.longest_without_progress.0,
            throttle_sleeps: trace.sleeps.iter().map(|sleep| sleep.count).sum(),
            work: trace.work,
            is_stopped: trace.is_stopped,
            hash: trace.hash,
        }
    }
}

impl Figures {
    /// How long the workload took, from this run's own start of it, which depends on the seed.
    #[must_use]
    pub fn took_ns(&self) -> Option<u64> {
        self.workload_done_ns.map(|t| t.saturating_sub(self.workload_start_ns))
    }

    /// How long after the start of the workload the first OOM kill was.
    #[must_use]
    pub fn killed_after_ns(&self) -> Option<u64> {
        self.oom_t_ns.map(|t| t.saturating_sub(self.workload_start_ns))
    }
}

fn at_site(trace: &Trace, site: Site) -> impl Iterator<Item = &SleepTotal> {
    trace.sleeps.iter().filter(move |sleep| sleep.site == site)
}

/// Whether a task does kcryptd's work: a worker of the unbound pool, or the rescuer.
#[must_use]
pub fn is_kcryptd(name: &str) -> bool {
    name == "kcryptd" || name.starts_with("kworker/u")
}

/// Name of a task of a trace.
#[must_use]
pub fn task_name(trace: &Trace, task: u32) -> &str {
    trace.tasks.get(task as usize).map_or("?", |task| task.name.as_str())
}

/// Value of a level or count at a time.
pub(crate) fn at(trace: &Trace, series: Series, t: Nanos) -> u64 {
    let last = &trace.column(series).last;
    let bucket = usize::try_from(t.0 / trace.width.0.max(1)).unwrap_or(usize::MAX);
    last.get(bucket.min(last.len().saturating_sub(1))).copied().unwrap_or(0)
}

/// Growth of a count between two times, for each second.
fn rate(trace: &Trace, series: Series, from: Nanos, to: Nanos) -> u64 {
    let grown = at(trace, series, to).saturating_sub(at(trace, series, from));
    let ns = (to - from).0.max(1);
    u64::try_from(u128::from(grown) * 1_000_000_000 / u128::from(ns)).unwrap_or(u64::MAX)
}

fn most(column: &Column) -> u64 {
    column.max.iter().copied().max().unwrap_or(0)
}

/// Smallest, middle and largest of a set of figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Smallest.
    pub min: u64,
    /// Middle; of an even number of figures the lower of the two in the middle, so that it is one of them.
    pub median: u64,
    /// Largest.
    pub max: u64,
}

impl Range {
    /// The range of some figures; `None` when there are none.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut figures: Vec<u64> = figures.into_iter().collect();
        sort::ascending(&mut figures);
        let (min, max) = (*figures.first()?, *figures.last()?);
        Some(Self { min, median: figures[(figures.len() - 1) / 2], max })
    }
}

/// How often each outcome came up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The workload finished.
    pub completed: u64,
    /// A task was killed.
    pub oom: u64,
    /// Stuck.
    pub livelock: u64,
    /// Still moving when the time was up.
    pub timeout: u64,
    /// Stopped because of the work that the run took; written only where there was one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub stopped: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so; on wasm it is not trivial")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Outcomes {
    /// Name and count of the outcomes that came up, the most frequent first.
    #[must_use]
    pub fn ranked(&self) -> Vec<(&'static str, u64)> {
        let mut list = vec![
            (Outcome::Completed.name(), self.completed),
            (Outcome::Oom.name(), self.oom),
            (Outcome::Livelock.name(), self.livelock),
            (Outcome::Timeout.name(), self.timeout),
            (Outcome::Stopped.name(), self.stopped),
        ];
        list.retain(|(_, count)| *count > 0);
        sort::by_number(&mut list, |(_, count)| !count);
        list
    }
}

/// All seeds of one kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ensemble {
    /// Version of the kernel.
    pub kernel: String,
    /// Patches on top.
    pub patches: Vec<String>,
    /// Number of runs.
    pub seeds: u64,
    /// How often each outcome came up.
    pub outcomes: Outcomes,
    /// End of the workload where it finished, since the start of the machine.
    pub workload_done_ns: Option<Range>,
    /// First OOM kill where there was one, since the start of the machine.
    pub oom_t_ns: Option<Range>,
    /// Pages handed to swap for each second of the workload.
    pub swap_out_pages_per_s: Range,
    /// Most pages under writeback at once.
    pub writeback_pages_max: Range,
}

impl Ensemble {
    /// Statistics over the runs of one kernel.
    #[must_use]
    pub fn of(kernel: &Kernel, runs: &[Figures]) -> Self {
        let range = |figure: fn(&Figures) -> u64| Range::of(runs.iter().map(figure)).unwrap_or_default();
        let count = |outcome: Outcome| runs.iter().filter(|run| run.outcome == outcome.name()).count() as u64;
        Self {
            kernel: kernel.version.to_owned(),
            patches: kernel.patches.clone(),
            seeds: runs.len() as u64,
            outcomes: Outcomes {
                completed: count(Outcome::Completed),
                oom: count(Outcome::Oom),
                livelock: count(Outcome::Livelock),
                timeout: count(Outcome::Timeout),
                stopped: count(Outcome::Stopped),
            },
            workload_done_ns: Range::of(runs.iter().filter_map(|run| run.workload_done_ns)),
            oom_t_ns: Range::of(runs.iter().filter_map(|run| run.oom_t_ns)),
            swap_out_pages_per_s: range(|run| run.swap_out_pages_per_s),
            writeback_pages_max: range(|run| run.writeback_pages_max),
        }
    }
}

/// The result of one kernel: the run that is shown, and the figures of all seeds, that run's among them.
#[derive(Clone, Debug)]
pub struct KernelResult {
    /// The kernel.
    pub kernel: Kernel,
    /// The run of the named seed.
    pub trace: Trace,
    /// Figures of all runs, in the order of the seeds.
    pub figures: Vec<Figures>,
}

/// The digest of a comparison: it covers the shown run of each kernel, in order.
#[must_use]
pub fn digest(hashes: impl IntoIterator<Item = u64>) -> u64 {
    hashes.into_iter().fold(0xcbf2_9ce4_8422_2325, |digest, hash| {
        hash.to_le_bytes()
            .iter()
            .fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use swapscope_sim::config::Config;
    use swapscope_sim::kernel::OomReportStyle;
    use swapscope_sim::trace::{OomReport, OomZone, TaskState};

    fn config() -> Config {
        let mut config = crate::config::config(&crate::settings::Settings::default()).unwrap();
        config.duration = Nanos::from_ms(50);
        config
    }

    #[test]
    fn a_median_is_one_of_the_figures() {
        assert_eq!(Range::of([4, 1, 3, 2]), Some(Range { min: 1, median: 2, max: 4 }));
        assert_eq!(Range::of([]), None);
    }

    #[test]
    fn outcomes_add_up() {
        let kernel = Kernel::parse("4.6").unwrap();
        let run = |outcome: &str, done| Figures {
            outcome: outcome.to_owned(),
            workload_done_ns: done,
            ..Figures::default()
        };
        let runs = [run("oom", None), run("completed", Some(7)), run("completed", Some(5))];
        let ensemble = Ensemble::of(&kernel, &runs);
        assert_eq!(ensemble.outcomes.ranked(), [("completed", 2), ("oom", 1)]);
        assert_eq!(ensemble.workload_done_ns, Some(Range { min: 5, median: 5, max: 7 }));
        assert_eq!(ensemble.oom_t_ns, None);
    }

    #[test]
    fn figures_agree_with_the_run() {
        let kernel = Kernel::parse("4.6").unwrap();
        let trace = swapscope_sim::run(&config(), &kernel.policy, 3);
        let (figures, run) = (Figures::of(&trace), Run::new(&kernel, &trace));
        assert_eq!(figures.outcome, run.outcome);
        assert_eq!(format!("{:016x}", figures.hash), run.hash);
        assert_eq!(figures.seed, 3);
    }

    #[test]
    fn an_oom_kill_in_kilobytes_and_names() {
        let kernel = Kernel::parse("4.6").unwrap();
        let mut trace = swapscope_sim::run(&config(), &kernel.policy, 3);
        let task =
            |name: &str| TaskState { name: name.to_owned(), state: 'X', stack: Vec::new(), since: Nanos(0) };
        trace.tasks = vec![task("kthreadd"), task("hog")];
        trace.workload_start = Nanos::from_s(1);
        trace.outcome = Outcome::Oom;
        let zone = |name, free| OomZone {
            name,
            free,
            watermarks: [15, 18, 21],
            lru: [1, 2, 3, 4],
            writeback: 10,
            pages_scanned: 70,
            reclaimable: 10,
            ..OomZone::default()
        };
        trace.oom = vec![OomReport {
            t: Nanos::from_s(12),
            invoked_by: 0,
            order: 2,
            gfp: "GFP_KERNEL",
            victim: 1,
            score: 500,
            gfp_mask: 0x240_00c0,
            style: OomReportStyle::MaskNames,
            stack: Vec::new(),
            swap_cache: [0; 3],
            swap_cache_find: [0; 2],
            processes: Vec::new(),
            swap_free: 970,
            swap_total: 1000,
            zones: vec![zone("DMA", 0), zone("DMA32", 3)],
            no_progress_loops: 1,
        }];
        let run = Run::new(&kernel, &trace);
        let oom = &run.oom[0];
        assert_eq!((oom.invoked_by.as_str(), oom.victim.as_str()), ("kthreadd", "hog"));
        assert_eq!(oom.free_kb, Named(vec![("DMA", 0), ("DMA32", 12)]));
        assert_eq!((oom.swap_free_kb, oom.writeback_kb), (3880, 80));
        assert_eq!(
            crate::text::clause(&[Figures::of(&trace)]),
            "kills hog after 11.0 s with 97 % of swap free"
        );
        (trace.oom[0].swap_free, trace.oom[0].swap_total) = (0, 0);
        assert_eq!(Figures::of(&trace).oom_swap_free_permille, None);
    }

    #[test]
    fn a_digest_depends_on_the_order() {
        assert_ne!(digest([1, 2]), digest([2, 1]));
    }
}
