//! `--csv`: the samples of the shown runs, one row for each bucket.

use std::fmt::Write;
use swapscope_scenario::report::KernelResult;
use swapscope_sim::trace::{Series, SeriesKind};

/// All samples. A level has its smallest, largest and last value; a count its last; an impulse its largest.
#[must_use]
pub fn csv(results: &[KernelResult]) -> String {
    let mut out = String::from("kernel,t_ms");
    for series in Series::ALL {
        let (name, unit) = (series.name(), series.unit());
        match series.kind() {
            SeriesKind::Level => drop(write!(out, ",{name}.min[{unit}],{name}.max[{unit}],{name}[{unit}]")),
            SeriesKind::Count | SeriesKind::Impulse => drop(write!(out, ",{name}[{unit}]")),
        }
    }
    out.push('\n');
    for result in results {
        let (trace, name) = (&result.trace, result.kernel.name());
        let buckets = trace.column(Series::Free).last.len();
        for bucket in 0..buckets {
            let end_ms = (bucket as u64 + 1) * trace.width.0 / 1_000_000;
            let _ = write!(out, "{name},{end_ms}");
            for series in Series::ALL {
                let column = trace.column(*series);
                let value = |values: &[u64]| values.get(bucket).copied().unwrap_or(0);
                let (min, max, last) = (value(&column.min), value(&column.max), value(&column.last));
                let _ = match series.kind() {
                    SeriesKind::Level => write!(out, ",{min},{max},{last}"),
                    SeriesKind::Count => write!(out, ",{last}"),
                    SeriesKind::Impulse => write!(out, ",{max}"),
                };
            }
            out.push('\n');
        }
    }
    out
}
