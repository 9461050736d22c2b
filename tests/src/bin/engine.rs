//! Prints what the engine alone does, tab-separated: tasks, sleeps, hash, nanoseconds on this machine's clock.

use std::time::Instant;

/// Sleeps for each number of tasks.
const SLEEPS: u64 = 2_000_000;

fn main() {
    for tasks in [4, 16, 1024] {
        let start = Instant::now();
        let hash = swapscope_sim::engine_sleeps(tasks, SLEEPS);
        println!("{tasks}\t{SLEEPS}\t{hash:016x}\t{}", start.elapsed().as_nanos());
    }
}
