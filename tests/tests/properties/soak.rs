//! Many events, one after the other, with every invariant looked at after each of them.
//!
//! A look at everything takes as long as the machine has pages, so these machines are as small as a scenario may make
//! them; `SOAK_EVENTS=100000000` goes on for longer than the 100,000 events of a normal run.

use crate::option;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config as Runs, RngSeed, TestRunner};
use swapscope_sim::Simulation;
use swapscope_sim::units::Nanos;
use swapscope_tests::properties::machines::{self, Size};

/// Events of a normal run.
const EVENTS: u32 = 100_000;
/// 16 MB to 34 MB.
const TINY: Size = Size { pages: 8_704, duration: Nanos::from_ms(2000), work: 1_000_000, watched: 0 };

#[test]
fn every_invariant_after_every_event() {
    let seed = u64::from(option("PROPERTY_SEED", 1));
    let runs = Runs { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Runs::default() };
    let mut runner = TestRunner::new(runs);
    let cases = machines::cases(TINY);
    let wanted = u64::from(option("SOAK_EVENTS", EVENTS));
    let (mut events, mut machines) = (0, 0);
    while events < wanted {
        let case = cases.new_tree(&mut runner).expect("a machine").current();
        let mut simulation = Simulation::new(&case.config, &case.kernel.policy, case.seed);
        let end = (events + TINY.work).min(wanted);
        let mut over = false;
        while !over && events < end {
            over = simulation.step(1);
            events += 1;
            if let Err(what) = simulation.check() {
                panic!("{what}, at {:?} of machine {machines}\n{case:?}", simulation.now());
            }
        }
        machines += 1;
    }
    println!("{events} events of {machines} machines");
}
