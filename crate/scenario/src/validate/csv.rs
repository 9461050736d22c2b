//! Recordings as CSV: a line of names, `name[unit],...`, then a line of numbers for each point in time.
//!
//! Columns are found by name. Those that no figure needs are not read at all. Blank lines and lines that begin with `#`
//! are skipped.

use super::measure::{Count, Level, MEASURES, Of, Source};
use crate::error::{Error, file_name, nearest_alone, shown};
use std::collections::BTreeSet;

/// Largest recording in bytes.
pub const BYTES_MAX: usize = 64 << 20;
/// Most rows of a recording.
pub const ROWS_MAX: usize = 1_000_000;
/// Most columns of a recording.
const COLUMNS_MAX: usize = 1000;
/// Largest value: sums over rows and columns stay far below what a number holds.
const VALUE_MAX: u64 = 1_000_000_000_000_000;
/// Latest time in milliseconds: a week.
const TIME_MAX: u64 = 7 * 86_400_000;

/// Without these there is nothing to compare: time, pages that the workload has touched so far, two levels, and pages
/// handed to swap so far.
pub const REQUIRED: [(&str, &str); 5] = [
    ("t_ms", "ms"),
    ("hog_pages", "pages"),
    ("nr_free", "pages"),
    ("writeback", "pages"),
    ("pswpout", "pages"),
];

/// Beside what the figures need, a picture shows these.
const PICTURE: [&str; 3] = ["swapfree_kB", "dirty_thresh", "cw_vmscanj"];

/// A recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Names of the columns that are not used.
    pub unused: Vec<String>,
    /// Names of columns that would be used and are not there.
    pub missing: Vec<&'static str>,
    /// Length of a jiffy, if the unit of a column says it.
    pub jiffy_ns: Option<u64>,
    columns: Vec<(&'static str, Vec<u64>)>,
}

impl Recording {
    /// Reads a recording. `path` names it in errors.
    ///
    /// # Errors
    /// At `FILE:LINE`: what cannot be used and what was expected.
    pub fn parse(path: &str, text: &str) -> Result<Self, Error> {
        let file = file_name(path);
        if text.len() > BYTES_MAX {
            return Err(Error::new(
                file,
                format!("longer than {} MB: expected a shorter recording", BYTES_MAX >> 20),
            ));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = (1..).zip(text.lines().map(str::trim_end));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let Some((number, head)) = lines.next() else {
            return Err(Error::new(file, "empty: expected a line of names such as t_ms[ms],nr_free[pages]"));
        };
        let mut head = Head::parse(&format!("{file}:{number}"), head)?;
        let mut rows = 0;
        for (number, line) in lines {
            rows += 1;
            if rows > ROWS_MAX {
                return Err(Error::new(
                    format!("{file}:{number}"),
                    format!("more than {ROWS_MAX} rows: expected a shorter recording"),
                ));
            }
            head.row(file, number, line)?;
        }
        if rows < 2 {
            let s = if rows == 1 { "" } else { "s" };
            return Err(Error::new(file, format!("{rows} row{s} of numbers: expected at least 2")));
        }
        let columns = head.used.into_iter().map(|used| (used.name, used.values)).collect();
        Ok(Self { unused: head.unused, missing: head.missing, jiffy_ns: head.jiffy_ns, columns })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// Values of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[u64]> {
        self.columns.iter().find(|(found, _)| *found == name).map(|(_, values)| values.as_slice())
    }
}

/// Whether a value of the column may never fall.
fn only_grows(name: &str) -> bool {
    name == "t_ms" || name == "cw_vmscanj" || counts().any(|count| count.columns.contains(&name))
}

fn counts() -> impl Iterator<Item = &'static Count> {
    MEASURES.iter().filter_map(|measure| match &measure.of {
        Of::Total(count) | Of::PerSecond(count) => Some(count),
        Of::Done | Of::Oom | Of::Level(..) => None,
    })
}

/// All names that some figure needs, the required ones first.
fn wanted() -> Vec<&'static str> {
    let mut names: Vec<&str> = REQUIRED.iter().map(|(name, _)| *name).collect();
    let levels = Level::ALL.map(Level::column);
    let more = levels.into_iter().chain(counts().flat_map(|count| count.columns.iter().copied()));
    for name in more.chain(["oom_kill"]).chain(PICTURE) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

struct Used {
    name: &'static str,
    /// Place in a line.
    at: usize,
    only_grows: bool,
    values: Vec<u64>,
}

struct Head {
    /// Cells of a line.
    cells: usize,
    used: Vec<Used>,
    unused: Vec<String>,
    missing: Vec<&'static str>,
    jiffy_ns: Option<u64>,
}

impl Head {
    fn parse(place: &str, line: &str) -> Result<Self, Error> {
        let error = |message: String| Err(Error::new(place, message));
        let names: Vec<(&str, &str)> = line.split(',').map(name_and_unit).collect();
        if names.len() > COLUMNS_MAX {
            return error(format!("{} columns: expected at most {COLUMNS_MAX}", names.len()));
        }
        let wanted = wanted();
        let mut seen = BTreeSet::new();
        let (mut used, mut unused, mut jiffy_ns) = (Vec::new(), Vec::new(), None);
        for (at, (name, unit)) in names.iter().enumerate() {
            let Some(known) = wanted.iter().find(|known| *known == name) else {
                unused.push(shown(name));
                continue;
            };
            if !seen.insert(*known) {
                return error(format!("column '{known}' is there twice: expected each name once"));
            }
            let is_time = counts()
                .any(|count| matches!(count.of, Source::SleepMs(..)) && count.columns.contains(known));
            if let Some(ms) = unit.strip_prefix("jiffies(").and_then(|unit| unit.strip_suffix("ms)"))
                && is_time
            {
                let Some(ms) = ms.parse::<u64>().ok().filter(|ms| (1..=10).contains(ms)) else {
                    return error(format!(
                        "unit '{}' of '{known}': expected jiffies(1ms) to jiffies(10ms)",
                        shown(unit)
                    ));
                };
                jiffy_ns = Some(ms * 1_000_000);
            }
            used.push(Used { name: known, at, only_grows: only_grows(known), values: Vec::new() });
        }
        let missing: Vec<&str> = wanted.into_iter().filter(|name| !seen.contains(name)).collect();
        let lacking: Vec<&str> =
            REQUIRED.iter().map(|(name, _)| *name).filter(|name| missing.contains(name)).collect();
        if let Some(first) = lacking.first() {
            let names: Vec<String> = names.iter().take(100).map(|(name, _)| shown(name)).collect();
            let near = nearest_alone(first, names.iter().map(String::as_str));
            let needed = REQUIRED.map(|(name, unit)| format!("{name}[{unit}]")).join(", ");
            let what = if lacking.len() == 1 { "column" } else { "columns" };
            return error(format!("no {what} {}: expected at least {needed}{near}", lacking.join(", ")));
        }
        Ok(Self { cells: names.len(), used, unused, missing, jiffy_ns })
    }

    fn row(&mut self, file: &str, number: usize, line: &str) -> Result<(), Error> {
        let error = |message: String| Err(Error::new(format!("{file}:{number}"), message));
        let cells: Vec<&str> = line.split(',').collect();
        if cells.len() != self.cells {
            return error(format!("{} values: expected {}, as many as names", cells.len(), self.cells));
        }
        for used in &mut self.used {
            let name = used.name;
            let text = cells.get(used.at).copied().unwrap_or_default().trim();
            let most = if name == "t_ms" { TIME_MAX } else { VALUE_MAX };
            let Some(value) = text.parse::<u64>().ok().filter(|value| *value <= most) else {
                return error(format!("{name} = '{}': expected a whole number, 0 to {most}", shown(text)));
            };
            let before = used.values.last().copied().unwrap_or(0);
            if used.only_grows && value < before {
                return error(format!(
                    "{name} falls from {before} to {value}: expected a value that only grows"
                ));
            }
            used.values.push(value);
        }
        Ok(())
    }
}

/// `nr_free[pages]` in its parts.
fn name_and_unit(cell: &str) -> (&str, &str) {
    let cell = cell.trim();
    match cell.split_once('[') {
        Some((name, unit)) => (name.trim(), unit.trim_end_matches(']')),
        None => (cell, ""),
    }
}
