//! How many runs are done, in one line on a terminal that goes away at the end.

use std::io::{IsTerminal, Stderr, Write};
use std::sync::{Mutex, PoisonError};

/// Counts runs; silent where there is nobody to read it.
pub struct Progress<W: Write> {
    jobs: usize,
    inner: Mutex<(usize, Option<W>)>,
}

impl Progress<Stderr> {
    /// On stderr, if that is a terminal: files and pipes are not to hold it.
    pub fn new(jobs: usize) -> Self {
        let err = std::io::stderr();
        Self::on(jobs, err.is_terminal().then_some(err))
    }
}

impl<W: Write> Progress<W> {
    fn on(jobs: usize, out: Option<W>) -> Self {
        let progress = Self { jobs, inner: Mutex::new((0, out)) };
        progress.say(0);
        progress
    }

    /// Another one is done.
    pub fn step(&self) {
        self.say(1);
    }

    fn say(&self, more: usize) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0 += more;
        let done = inner.0;
        if let Some(out) = &mut inner.1 {
            // A terminal that is gone is no reason to end.
            let _ = write!(out, "\rswapscope: {done} of {} runs done", self.jobs).and_then(|()| out.flush());
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(out) = &mut inner.1 {
            let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_written_over_and_goes_away() {
        let mut out = Vec::new();
        let progress = Progress::on(2, Some(&mut out));
        progress.step();
        progress.step();
        drop(progress);
        let lines = String::from_utf8_lossy(&out).into_owned();
        let lines: Vec<&str> = lines.split('\r').collect();
        let said = ["0 of 2", "1 of 2", "2 of 2"].map(|count| format!("swapscope: {count} runs done"));
        assert_eq!(lines, ["", &said[0], &said[1], &said[2], "\x1b[K"]);
    }
}
