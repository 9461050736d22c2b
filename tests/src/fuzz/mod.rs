//! What is fuzzed: for each kind of input the texts to begin with, and a body that must hold for every input.
//!
//! A body panics when something is broken: that it does not panic is what is tested. The same bodies serve the property
//! tests (`tests/tests/fuzz.rs`), the driver (`src/bin/fuzz.rs`) and cargo-fuzz (`tests/fuzz`).

mod bodies;
mod damage;

pub use damage::{Numbers, damaged};
use std::collections::BTreeSet;

/// A kind of input.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Texts to begin with.
    pub corpus: fn() -> Vec<String>,
    /// Words of such texts.
    pub words: &'static [&'static str],
    /// What must hold. Gives a number that stands for what the input came to: inputs with other numbers are worth
    /// damaging further.
    pub body: fn(&str) -> u64,
}

/// All kinds.
pub static TARGETS: &[Target] = &[
    Target { name: "scenario", corpus: bodies::scenarios, words: bodies::KEYS, body: bodies::scenario },
    Target { name: "link", corpus: bodies::links, words: bodies::KEYS, body: bodies::link },
    Target { name: "import", corpus: bodies::pastes, words: bodies::FIELDS, body: bodies::import },
    Target { name: "trace", corpus: bodies::recordings, words: bodies::COLUMNS, body: bodies::trace },
    Target { name: "machine", corpus: bodies::machines, words: &[], body: bodies::machine },
];

/// The kind of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Most inputs that are kept to be damaged further.
const POOL: usize = 4096;
/// Longest of them in bytes: long texts take long, and hold the same words again and again.
const LONGEST: usize = 2000;

/// Damages texts, and what became of them, again and again.
pub struct Fuzzer {
    target: &'static Target,
    pool: Vec<String>,
    seen: BTreeSet<u64>,
    numbers: Numbers,
}

impl Fuzzer {
    /// Begins with the texts of a kind of input.
    #[must_use]
    pub fn new(target: &'static Target, seed: u64) -> Self {
        let pool = (target.corpus)();
        Self { target, pool, seen: BTreeSet::new(), numbers: Numbers::new(seed) }
    }

    /// The texts to begin with.
    #[must_use]
    pub fn corpus(&self) -> &[String] {
        &self.pool
    }

    /// The next input.
    pub fn input(&mut self) -> String {
        let at = self.numbers.below(self.pool.len());
        let other = self.numbers.below(self.pool.len());
        damaged(&self.pool[at], self.target.words, &self.pool[other], &mut self.numbers)
    }

    /// Tries an input.
    ///
    /// # Panics
    /// The body does not hold.
    pub fn run(&mut self, input: String) {
        let came_to = (self.target.body)(&input);
        if input.len() <= LONGEST && self.pool.len() < POOL && self.seen.insert(came_to) {
            self.pool.push(input);
        }
    }

    /// How many things inputs have come to so far.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.seen.len()
    }
}
