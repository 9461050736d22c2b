//! The steps of a test run and their summary.

use anyhow::Result;
use std::time::{Duration, Instant};

/// What one step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Count {
    /// A step that is one test, and passed.
    pub const ONE: Self = Self { passed: 1, failed: 0 };

    /// Adds up the closing lines of cargo's tests.
    pub fn of_cargo(text: &str) -> Self {
        let mut count = Self::default();
        for line in text.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            let number = |word: &str| {
                let part = line.split([';', '.']).find_map(|part| part.trim().strip_suffix(word))?;
                part.trim().parse::<u64>().ok()
            };
            count.passed += number("passed").unwrap_or(0);
            count.failed += number("failed").unwrap_or(0);
        }
        count
    }

    /// Counts the lines `ok ...` and `not ok ...` of our own scripts.
    pub fn of_lines(text: &str) -> Self {
        let starts = |word: &str| text.lines().filter(|line| line.starts_with(word)).count() as u64;
        Self { passed: starts("ok "), failed: starts("not ok ") }
    }
}

/// A test run: steps in order; one that fails does not keep the others from running.
#[derive(Default)]
pub struct Steps {
    done: Vec<(&'static str, Count, Duration)>,
}

impl Steps {
    /// Runs a step. An error is one failed test more.
    pub fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) {
        eprintln!("xtask: {name} ...");
        let start = Instant::now();
        let count = work().unwrap_or_else(|error| {
            println!("\n--- {name} ---\n{error:#}\n");
            Count { passed: 0, failed: 1 }
        });
        self.done.push((name, count, start.elapsed()));
    }

    /// Prints a line for each step and the sum; true when nothing failed.
    pub fn summary(&self) -> bool {
        let mut sum = Count::default();
        println!();
        for (name, count, time) in &self.done {
            let word = if count.failed == 0 { "ok" } else { "FAILED" };
            let tests = format!("{} passed, {} failed", count.passed, count.failed);
            println!("{name:<42} {:>6.1} s  {word:<6}  {tests}", time.as_secs_f64());
            sum.passed += count.passed;
            sum.failed += count.failed;
        }
        let total: Duration = self.done.iter().map(|(_, _, time)| *time).sum();
        println!("{:<42} {:>6.1} s\n", "all", total.as_secs_f64());
        println!("{} passed, {} failed", sum.passed, sum.failed);
        sum.failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let text = "test result: ok. 3 passed; 0 failed; 0 ignored; finished\n\
                    x\ntest result: FAILED. 2 passed; 1 failed; 0 ignored";
        assert_eq!(Count::of_cargo(text), Count { passed: 5, failed: 1 });
        assert_eq!(Count::of_lines("ok a\nnot ok b\nokay\n"), Count { passed: 1, failed: 1 });
    }
}
