//! Tables: the samples of the shown runs, one row for each bucket; /proc/vmstat, a row each second.

use crate::report::KernelResult;
use std::fmt::Write;
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

/// Samples of /proc/vmstat, as a script would collect them. A counter that a version does not have is left empty.
#[must_use]
pub fn vmstat(results: &[KernelResult]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in results.iter().flat_map(|result| &result.trace.vmstat) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut out = format!("kernel,t_ms,{}\n", names.join(","));
    for result in results {
        let (trace, kernel) = (&result.trace, result.kernel.name());
        let place = |name: &&str| trace.vmstat.iter().position(|(found, _)| found == name);
        let places: Vec<Option<usize>> = names.iter().map(place).collect();
        for sample in &trace.samples {
            let _ = write!(out, "{kernel},{}", sample.t.0 / 1_000_000);
            for place in &places {
                let value = place.and_then(|at| sample.values.get(at));
                let _ = match value {
                    Some(value) => write!(out, ",{value}"),
                    None => write!(out, ","),
                };
            }
            out.push('\n');
        }
    }
    out
}
