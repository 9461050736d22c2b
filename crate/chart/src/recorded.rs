//! Samples of a real machine as the charts see a run.

use swapscope_sim::sort;
use swapscope_sim::trace::{BUCKETS, Column, Series};
use swapscope_sim::units::Nanos;

use crate::run::{Class, Run, Sleep};

const MS: u64 = 1_000_000;

/// Samples of a real machine.
pub struct Recorded<'a> {
    /// Values of a column by its name in a recording, `t_ms`, `nr_free` and the like; none where there is no such column.
    pub column: &'a dyn Fn(&str) -> &'a [u64],
    /// Length of a jiffy, in which recordings count sleeps.
    pub jiffy: Nanos,
    /// Time from the start of the workload until it was done.
    pub done: Option<Nanos>,
    /// Time from the start of the workload until something was killed.
    pub oom: Option<Nanos>,
}

/// Columns of sleeps: their number, their length in jiffies.
const SLEEPS: [(Class, &str, &str); 5] = [
    (Class::Worker, "tvw_wq", "tvw_wqj"),
    (Class::Worker, "tvw_kt", "tvw_ktj"),
    (Class::Kswapd, "tvw_kswapd", "tvw_kswapdj"),
    (Class::Kswapd, "cw_vmscan", "cw_vmscanj"),
    (Class::Other, "tvw_other", "tvw_otherj"),
];

impl Recorded<'_> {
    /// The run. It has no watermarks: no recording says them.
    #[must_use]
    pub fn run(&self) -> Run {
        let times = (self.column)("t_ms");
        let end = times.last().copied().unwrap_or(0) * MS;
        // A bucket for each row, where the rows are even and not too many.
        let mut steps: Vec<u64> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        sort::ascending(&mut steps);
        let step = steps.get(steps.len() / 2).copied().unwrap_or(1).max(1) * MS;
        let width = step.max(end.div_ceil(BUCKETS as u64));
        let touched = (self.column)("hog_pages");
        let start = touched.iter().position(|pages| *pages > 0).map_or(0, |row| row.saturating_sub(1));
        let start = Nanos(times.get(start).copied().unwrap_or(0) * MS);
        let swap = self.swap_used();
        let levels = [
            (Series::Free, (self.column)("nr_free")),
            (Series::Writeback, (self.column)("writeback")),
            (Series::ThrottleLimit, (self.column)("dirty_thresh")),
            (Series::SwapUsed, swap.as_slice()),
        ];
        let levels = levels.map(|(series, values)| (series, buckets(times, values, width)));
        let mut run = Run::from_levels(Nanos(end), start, Nanos(width), &levels);
        run.done = self.done.map(|t| start + t);
        run.oom.extend(self.oom.map(|t| start + t));
        for (class, count, jiffies) in SLEEPS {
            let (count, jiffies) = ((self.column)(count), (self.column)(jiffies));
            for ((t, count), jiffies) in times.iter().skip(1).zip(count.windows(2)).zip(jiffies.windows(2)) {
                // The sleeps between two rows are one of their mean length.
                let (slept, time) =
                    (count[1] - count[0], (jiffies[1] - jiffies[0]).saturating_mul(self.jiffy.0));
                if let Some(mean) = time.checked_div(slept) {
                    run.sleeps.push(Sleep { t: Nanos(t * MS), length: Nanos(mean), class });
                }
            }
        }
        run
    }

    /// Pages of swap in use: said as such, or what is no longer free of what was most.
    fn swap_used(&self) -> Vec<u64> {
        let (used, free) = ((self.column)("swap_used"), (self.column)("swapfree_kB"));
        if !used.is_empty() {
            return used.to_vec();
        }
        let all = free.iter().copied().max().unwrap_or(0);
        free.iter().map(|free| (all - free) / 4).collect()
    }
}

/// Rows gathered into buckets; one without a row keeps the value before it.
fn buckets(times: &[u64], values: &[u64], width: u64) -> Column {
    let mut column = Column::default();
    let Some(mut last) = values.first().copied() else { return column };
    let mut rows = times.iter().zip(values).peekable();
    let end = times.last().copied().unwrap_or(0) * MS;
    for bucket in 1..=end.div_ceil(width) {
        let (mut min, mut max) = (last, last);
        while let Some((_, value)) = rows.next_if(|(t, _)| **t * MS < bucket * width) {
            (min, max, last) = (min.min(*value), max.max(*value), *value);
        }
        column.min.push(min);
        column.max.push(max);
        column.last.push(last);
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(columns: &[(&str, &[u64])]) -> Run {
        let column =
            |name: &str| columns.iter().find(|(found, _)| *found == name).map_or(&[][..], |(_, v)| v);
        let (jiffy, done, oom) = (Nanos(4 * MS), Some(Nanos(7)), None);
        Recorded { column: &column, jiffy, done, oom }.run()
    }

    #[test]
    fn rows_become_buckets_and_missing_columns_stay_empty() {
        let run = run(&[
            ("t_ms", &[0, 100, 200, 400]),
            ("nr_free", &[9, 5, 3, 1]),
            ("swapfree_kB", &[400, 400, 360, 0]),
            ("hog_pages", &[0, 0, 8, 9]),
            ("tvw_wq", &[0, 0, 2, 2]),
            ("tvw_wqj", &[0, 0, 50, 50]),
        ]);
        assert_eq!((run.end, run.width, run.start), (Nanos(400 * MS), Nanos(100 * MS), Nanos(100 * MS)));
        assert_eq!(run.column(Series::Free).last, [9, 5, 3, 3]);
        assert_eq!(run.column(Series::SwapUsed).last, [0, 0, 10, 10]);
        assert_eq!(run.column(Series::Writeback), &Column::default());
        assert_eq!(run.done, Some(Nanos(100 * MS + 7)));
        let slept = Sleep { t: Nanos(200 * MS), length: Nanos(100 * MS), class: Class::Worker };
        assert_eq!(run.sleeps, [slept]);
        assert_eq!(Run::unpack(&run.pack()), Some(run));
    }

    #[test]
    fn used_swap_may_be_said_as_such_and_nothing_is_a_run_too() {
        let with = run(&[("t_ms", &[0, 1000]), ("swap_used", &[3, 7])]);
        assert_eq!(with.column(Series::SwapUsed).last, [3]);
        assert_eq!(run(&[]).end, Nanos(0));
    }
}
