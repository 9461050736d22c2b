//! A deterministic model of Linux memory reclaim and of swapping to dm-crypt.

pub mod config;
pub mod kernel;
pub mod trace;
pub mod units;

use config::Config;
use kernel::KernelPolicy;
use trace::Trace;
use units::Nanos;

/// Version of the model: it rises whenever a scenario can give another result than before.
pub const MODEL_VERSION: u32 = 1;

/// A run under way.
pub struct Simulation {
    seed: u64,
    now: Nanos,
    duration: Nanos,
}

impl Simulation {
    /// Sets up a machine. The seed moves the start of the workload and the service times within the bounds that the
    /// configuration states.
    #[must_use]
    pub fn new(config: &Config, _policy: &KernelPolicy, seed: u64) -> Self {
        Self { seed, now: Nanos(0), duration: config.duration }
    }

    /// Handles at most `events` further events; true when the run is over.
    pub fn step(&mut self, events: u64) -> bool {
        self.now += Nanos(events * 1000);
        self.now >= self.duration
    }

    /// Virtual time so far.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Ends the run, finished or not, and gives what it left behind.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        stub_trace(self.seed, self.now)
    }
}

/// Runs to the end.
#[must_use]
pub fn run(config: &Config, policy: &KernelPolicy, seed: u64) -> Trace {
    let mut simulation = Simulation::new(config, policy, seed);
    while !simulation.step(1 << 20) {}
    simulation.into_trace()
}

/// Placeholder until the model is in: a picture of the right shape.
fn stub_trace(seed: u64, end: Nanos) -> Trace {
    use trace::{Column, Outcome, Series, Spread, ZoneMarks};
    let width = Nanos(end.0 / 1000 + 1);
    let columns = Series::ALL
        .iter()
        .map(|series| {
            let mut column = Column::default();
            for bucket in 0..1000_u64 {
                let value = match series.kind() {
                    trace::SeriesKind::Level => 60_000 - (bucket * 60).min(60_000) + seed,
                    trace::SeriesKind::Count => bucket * 50,
                    trace::SeriesKind::Impulse => (bucket % 7 / 6) * 100_000_000,
                };
                column.min.push(value.saturating_sub(20));
                column.max.push(value + 20);
                column.last.push(value);
            }
            column
        })
        .collect();
    Trace {
        seed,
        outcome: Outcome::Timeout,
        end,
        workload_done: None,
        workload_start: Nanos::from_s(1),
        zones: vec![ZoneMarks { name: "DMA32", managed: 63_448, min: 498, low: 622, high: 746 }],
        width,
        columns,
        events: Vec::new(),
        events_dropped: 0,
        stacks: Vec::new(),
        oom: Vec::new(),
        sleeps: Vec::new(),
        tasks: Vec::new(),
        kcryptd_requests_per_s: Spread::default(),
        free: Spread::default(),
        longest_without_progress: Nanos(0),
        probe_latency: [0; 3],
        vmstat: vec![("pswpout", 0)],
        engine_events: 0,
        hash: seed,
    }
}
