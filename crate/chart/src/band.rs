//! What the runs of other seeds did, as the range that they covered.

use swapscope_sim::trace::{Column, Series};
use swapscope_sim::units::Nanos;

use crate::run::Run;

/// The series that have a band.
pub(crate) const SERIES: &[Series] = &[Series::Free, Series::Writeback, Series::SwapUsed, Series::CryptQueue];

/// Smallest and largest values of several runs, bucket by bucket. A run that is over no longer counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Width of a bucket.
    width: u64,
    columns: Vec<Range>,
    /// Times of all their OOM kills.
    pub oom: Vec<Nanos>,
    /// When each of them was done with its workload.
    pub done: Vec<Nanos>,
    /// How many runs these are.
    pub runs: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Range {
    min: Vec<u64>,
    max: Vec<u64>,
}

impl Band {
    /// Adds a run.
    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.oom.extend(&run.oom);
        self.done.extend(run.done);
        let columns = SERIES.iter().map(|series| Range::of(run.column(*series)));
        if self.columns.is_empty() {
            (self.width, self.columns) = (run.width.0, columns.collect());
            return;
        }
        let mut width = run.width.0;
        let mut columns: Vec<Range> = columns.collect();
        // Widths are the first one doubled some times.
        while width < self.width {
            columns.iter_mut().for_each(Range::halve);
            width *= 2;
        }
        while self.width < width {
            self.columns.iter_mut().for_each(Range::halve);
            self.width *= 2;
        }
        for (own, other) in self.columns.iter_mut().zip(columns) {
            own.join(other);
        }
    }

    /// The ranges of a series from `from` to `to`: end of the bucket, smallest and largest value.
    pub fn ranges(&self, series: Series, from: Nanos, to: Nanos) -> impl Iterator<Item = (Nanos, u64, u64)> {
        let column = SERIES.iter().position(|other| *other == series).and_then(|at| self.columns.get(at));
        let first = from.0.checked_div(self.width).unwrap_or(0);
        let buckets = column.into_iter().flat_map(|column| column.min.iter().zip(&column.max));
        (1_u64..)
            .zip(buckets)
            .skip(usize::try_from(first).unwrap_or(0))
            .map(|(end, (min, max))| (Nanos(end * self.width), *min, *max))
            .take_while(move |(end, ..)| end.0 <= to.0.saturating_add(self.width))
    }
}

impl Range {
    fn of(column: &Column) -> Self {
        Self { min: column.min.clone(), max: column.max.clone() }
    }

    fn halve(&mut self) {
        self.min = self.min.chunks(2).map(|pair| pair.iter().copied().min().unwrap_or(0)).collect();
        self.max = self.max.chunks(2).map(|pair| pair.iter().copied().max().unwrap_or(0)).collect();
    }

    fn join(&mut self, other: Self) {
        for (at, (min, max)) in other.min.into_iter().zip(other.max).enumerate() {
            if let (Some(low), Some(high)) = (self.min.get_mut(at), self.max.get_mut(at)) {
                (*low, *high) = ((*low).min(min), (*high).max(max));
            } else {
                self.min.push(min);
                self.max.push(max);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(width: u64, free: &[u64]) -> Run {
        let column = Column { min: free.to_vec(), max: free.to_vec(), last: free.to_vec() };
        let end = Nanos(width * free.len() as u64);
        Run::from_levels(end, Nanos(0), Nanos(width), &[(Series::Free, column)])
    }

    #[test]
    fn a_band_covers_runs_of_different_length_and_width() {
        let mut band = Band::default();
        band.add(&run(10, &[5, 9, 4]));
        band.add(&run(20, &[7, 1, 3]));
        assert_eq!(band.runs, 2);
        let all: Vec<_> = band.ranges(Series::Free, Nanos(0), Nanos(60)).collect();
        assert_eq!(all, [(Nanos(20), 5, 9), (Nanos(40), 1, 4), (Nanos(60), 3, 3)]);
        let late: Vec<_> = band.ranges(Series::Free, Nanos(45), Nanos(60)).collect();
        assert_eq!(late, [(Nanos(60), 3, 3)]);
        assert_eq!(band.ranges(Series::CryptPages, Nanos(0), Nanos(60)).count(), 0);
        let mut lean = Band::default();
        lean.add(&run(10, &[5, 9, 4]).for_band());
        lean.add(&run(20, &[7, 1, 3]).for_band());
        assert_eq!(lean, band);
    }
}
