//! The JSON object of `swapscope run --json`: scripts rely on its keys.

use super::{Ensemble, KernelResult, Range, most, task_name};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::kernel::Kernel;
use swapscope_sim::trace::{OomReport, OomZone, Series, Trace};
use swapscope_sim::units::Pages;

/// The JSON object of `swapscope run --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// Name of the scenario.
    pub scenario: String,
    /// Version of the model.
    pub model: String,
    /// Seed of the runs.
    pub seed: u64,
    /// Link that opens this comparison.
    pub link: String,
    /// The named seed's run of each kernel.
    pub runs: Vec<Run>,
    /// All seeds of each kernel.
    pub ensemble: Vec<Ensemble>,
}

impl Document {
    /// Puts results together.
    #[must_use]
    pub fn new(scenario: &str, seed: u64, link: String, results: &[KernelResult]) -> Self {
        Self {
            scenario: scenario.to_owned(),
            model: MODEL_VERSION.to_string(),
            seed,
            link,
            runs: results.iter().map(|result| Run::new(&result.kernel, &result.trace)).collect(),
            ensemble: results.iter().map(|result| Ensemble::of(&result.kernel, &result.figures)).collect(),
        }
    }
}

/// Names and numbers, written as one JSON object in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named(pub Vec<(&'static str, u64)>);

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Version of the kernel.
    pub kernel: String,
    /// Patches on top.
    pub patches: Vec<String>,
    /// How it ended.
    pub outcome: &'static str,
    /// Virtual time at the end.
    pub sim_ns: u64,
    /// End of the workload, since the start of the machine: the workload itself starts `start` later, and by up to
    /// `start-spread` with the seed. Texts say how long it took from then on.
    pub workload_done_ns: Option<u64>,
    /// OOM kills.
    pub oom: Vec<Oom>,
    /// Sleeps in reclaim's throttles and in mempools, by task and site.
    pub throttle: Vec<Throttle>,
    /// Requests that kcryptd encrypted in each whole second.
    pub kcryptd_requests_per_s: Range,
    /// Free pages while the workload ran.
    pub free_pages: MinMedian,
    /// Pages under writeback.
    pub writeback_pages: Max,
    /// Limit that `throttle_vm_writeout` holds writeback against: 1.1 times the dirty limit.
    pub dirty_limit_pages: Min,
    /// Pages handed to swap.
    pub swap_out_pages: u64,
    /// Pages read from swap.
    pub swap_in_pages: u64,
    /// Longest time in which the workload touched no page.
    pub longest_without_progress_ns: u64,
    /// Latency of the probe.
    pub probe_latency_ns: Latency,
    /// Counters by the version's names in /proc/vmstat, then those that only the model has.
    pub vmstat: Named,
    /// Events that the trace keeps.
    pub events: u64,
    /// Events past the most that a trace keeps, but for those of kills, which it always does.
    pub events_dropped: u64,
    /// Only where the run was stopped because of its work: how much it was, in events of the engine. The outcome is
    /// `stopped` unless it was known already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<u64>,
    /// Hash of the run, 16 hexadecimal digits.
    pub hash: String,
}

/// The smallest and the middle figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MinMedian {
    /// Smallest.
    pub min: u64,
    /// Middle.
    pub median: u64,
}

/// The largest figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Max {
    /// Largest.
    pub max: u64,
}

/// The smallest figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Min {
    /// Smallest.
    pub min: u64,
}

/// Latency of the probe.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Largest.
    pub max: u64,
}

/// Sleeps of one task at one site; one that has not ended counts with its time so far.
#[derive(Clone, Debug, Serialize)]
pub struct Throttle {
    /// Task.
    pub task: String,
    /// Kernel function that sleeps.
    pub site: &'static str,
    /// How often.
    pub count: u64,
    /// Time in all.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

/// One OOM kill.
#[derive(Clone, Debug, Serialize)]
pub struct Oom {
    /// When.
    pub t_ns: u64,
    /// Task that asked for memory.
    pub invoked_by: String,
    /// Order of its request.
    pub order: u32,
    /// Its gfp mask.
    pub gfp: &'static str,
    /// Task that was killed.
    pub victim: String,
    /// Free memory by zone.
    pub free_kb: Named,
    /// Free swap.
    pub swap_free_kb: u64,
    /// All swap.
    pub swap_total_kb: u64,
    /// Memory under writeback.
    pub writeback_kb: u64,
    /// Pages scanned since the last one was freed, by zone.
    pub pages_scanned: Named,
    /// Pages that reclaim could scan, by zone.
    pub reclaimable: Named,
}

impl Oom {
    fn new(trace: &Trace, oom: &OomReport) -> Self {
        let zones = |value: fn(&OomZone) -> u64| {
            Named(oom.zones.iter().map(|zone| (zone.name, value(zone))).collect())
        };
        Self {
            t_ns: oom.t.0,
            invoked_by: task_name(trace, oom.invoked_by).to_owned(),
            order: oom.order,
            gfp: oom.gfp,
            victim: task_name(trace, oom.victim).to_owned(),
            free_kb: zones(|zone| Pages(zone.free).kib()),
            swap_free_kb: Pages(oom.swap_free).kib(),
            swap_total_kb: Pages(oom.swap_total).kib(),
            writeback_kb: Pages(oom.zones.iter().map(|zone| zone.writeback).sum()).kib(),
            pages_scanned: zones(|zone| zone.pages_scanned),
            reclaimable: zones(|zone| zone.reclaimable),
        }
    }
}

impl Run {
    /// The run of a trace.
    #[must_use]
    pub fn new(kernel: &Kernel, trace: &Trace) -> Self {
        let total = |series| trace.column(series).last.last().copied().unwrap_or(0);
        let limits = &trace.column(Series::ThrottleLimit).min;
        let [p50, p99, max] = trace.probe_latency;
        let rate = trace.kcryptd_requests_per_s;
        Self {
            kernel: kernel.version.to_owned(),
            patches: kernel.patches.clone(),
            outcome: trace.outcome.name(),
            sim_ns: trace.end.0,
            workload_done_ns: trace.workload_done.map(|t| t.0),
            oom: trace.oom.iter().map(|oom| Oom::new(trace, oom)).collect(),
            throttle: trace
                .sleeps
                .iter()
                .map(|sleep| Throttle {
                    task: task_name(trace, sleep.task).to_owned(),
                    site: sleep.site.name(),
                    count: sleep.count,
                    total_ns: sleep.total.0,
                    max_ns: sleep.max.0,
                })
                .collect(),
            kcryptd_requests_per_s: Range { min: rate.min, median: rate.median, max: rate.max },
            free_pages: MinMedian { min: trace.free.min, median: trace.free.median },
            writeback_pages: Max { max: most(trace.column(Series::Writeback)) },
            // The limit is 0 until it is computed for the first time.
            dirty_limit_pages: Min {
                min: limits.iter().copied().filter(|limit| *limit > 0).min().unwrap_or(0),
            },
            swap_out_pages: total(Series::SwapOut),
            swap_in_pages: total(Series::SwapIn),
            longest_without_progress_ns: trace.longest_without_progress.0,
            probe_latency_ns: Latency { p50, p99, max },
            vmstat: Named([&trace.vmstat[..], &trace.counters].concat()),
            events: trace.events.len() as u64,
            events_dropped: trace.events_dropped,
            stopped: trace.is_stopped.then_some(trace.work),
            hash: format!("{:016x}", trace.hash),
        }
    }
}
