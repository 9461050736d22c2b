//! What every run must satisfy, and random machines, loads and kernels to look at.

pub mod machines;
pub mod rules;

use machines::{Case, Size};
use swapscope_sim::Simulation;
use swapscope_sim::trace::Trace;
use swapscope_sim::units::Nanos;

/// Millions of runs: the smallest machines, for a second at most. Two thirds of them reclaim.
pub const TINY: Size = Size { pages: 8448, duration: Nanos::from_ms(1000), work: 3000, watched: 500 };
/// Most runs: small and short, looked at after every event.
pub const SMALL: Size = Size { pages: 12_288, duration: Nanos::from_ms(2000), work: 30_000, watched: 30_000 };
/// Some are larger and last longer; a part of each is looked at after every event.
pub const LARGE: Size = Size { pages: 24_576, duration: Nanos::from_s(10), work: 200_000, watched: 20_000 };

/// Every so many events the whole state is looked at: lists, page tables, sleepers.
const STRETCH: u64 = 2_999;

/// A run, up to the work that its configuration allows.
///
/// # Errors
/// What is broken in its trace, with the numbers.
pub fn run(case: &Case) -> Result<Trace, String> {
    let mut simulation = Simulation::new(&case.config, &case.kernel.policy, case.seed);
    while !simulation.step(u64::MAX) {}
    let trace = simulation.into_trace();
    rules::look(&case.config, &trace)?;
    Ok(trace)
}

/// The same run in small steps, with the invariants of the model looked at between them.
fn watched(case: &Case, size: Size) -> Result<Trace, String> {
    let mut simulation = Simulation::new(&case.config, &case.kernel.policy, case.seed);
    simulation.check()?;
    let watch = case.watch_from..case.watch_from + size.watched;
    let mut over = false;
    while !over {
        if watch.contains(&simulation.work()) {
            for _ in 0..STRETCH {
                over = simulation.step(1);
                simulation.conserved().map_err(|what| format!("{what}, at {:?}", simulation.now()))?;
                if over {
                    break;
                }
            }
        } else {
            over = simulation.step(STRETCH);
        }
        simulation.check().map_err(|what| format!("{what}, at {:?}", simulation.now()))?;
    }
    Ok(simulation.into_trace())
}

/// Looks at a run, in one stretch and event by event; gives its trace.
///
/// # Errors
/// What is broken, with the numbers.
pub fn look(case: &Case, size: Size) -> Result<Trace, String> {
    let first = run(case)?;
    let again = watched(case, size)?;
    if first.hash != again.hash {
        return Err(format!("another hash, event by event: {:x} and {:x}", first.hash, again.hash));
    }
    if first != again {
        return Err("the same hash of another run".to_owned());
    }
    Ok(first)
}
