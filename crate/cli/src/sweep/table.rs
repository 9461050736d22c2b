//! The table of a sweep: a line for each run, written as it ends. An unfinished table is continued.

use crate::Failure;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use swapscope_chart::Ending;
use swapscope_scenario::error::shown;
use swapscope_scenario::sweep::Plan;
use swapscope_sim::trace::Outcome;

/// The file, and the lines of the runs that are in it.
pub struct Table<'a> {
    plan: &'a Plan,
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    lines: BTreeMap<usize, String>,
    is_sorted: bool,
}

impl<'a> Table<'a> {
    /// Opens the table of a plan: a new one, or one that is there. A line that was cut off is taken away.
    ///
    /// # Errors
    /// A file that cannot be written, that another sweep writes at this moment, or that is something else: it stays as
    /// it is.
    pub fn open(path: &Path, plan: &'a Plan) -> Result<Self, Failure> {
        let shown = path.display();
        let wrong = |error: std::io::Error| Failure::Input(format!("{shown}: {error}"));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(wrong)?;
        let meta = file.metadata().map_err(wrong)?;
        if !meta.is_file() {
            return Err(Failure::Input(format!("{shown}: no regular file: a sweep could not go on with it")));
        }
        // Some file systems have no locks; there it is up to the user.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Failure::Input(format!("{shown}: another sweep is writing it")));
        }
        let head = plan.head().as_bytes();
        let mut start = Vec::new();
        (&file).take(head.len() as u64).read_to_end(&mut start).map_err(wrong)?;
        if !head.starts_with(&start) {
            return Err(Failure::Input(format!("{shown}: {}; it is left as it is", strange(plan, &start))));
        }
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).map_err(wrong)?;
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        rest.truncate(whole);
        let text = String::from_utf8(rest).map_err(|_| Failure::Input(format!("{shown}: no text")))?;
        let (lines, is_sorted) = read(plan, &text)
            .map_err(|(line, message)| Failure::Input(format!("{shown}:{line}: {message}")))?;
        let mut rewind = |at: u64| file.set_len(at).and_then(|()| file.seek(SeekFrom::Start(at)));
        if start.len() < head.len() {
            rewind(0).and_then(|_| file.write_all(head)).map_err(wrong)?;
        } else {
            rewind((head.len() + whole) as u64).map_err(wrong)?;
        }
        // What takes the place of a finished table goes where a link to it leads.
        let path = path.canonicalize().map_err(wrong)?;
        Ok(Self { plan, path, inner: Mutex::new(Inner { file, lines, is_sorted }) })
    }

    /// Whether a run is in the table.
    pub fn has(&self, run: usize) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).lines.contains_key(&run)
    }

    /// Adds the line of a run.
    ///
    /// # Errors
    /// It could not be written.
    pub fn add(&self, run: usize, line: String) -> Result<(), Failure> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // One call for a line: a sweep that is killed leaves whole lines.
        inner.file.write_all(format!("{line}\n").as_bytes()).map_err(|error| self.failed(&error))?;
        inner.is_sorted &= inner.lines.last_key_value().is_none_or(|(last, _)| *last < run);
        inner.lines.insert(run, line);
        Ok(())
    }

    /// Puts the lines in order, so that equal sweeps have equal tables, and says how all runs in it ended.
    ///
    /// # Errors
    /// It could not be written; then the table is there as it was.
    pub fn finish(self) -> Result<Vec<(usize, Ending)>, Failure> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.is_sorted {
            let lines = inner.lines.values().map(|line| format!("{line}\n"));
            let text = self.plan.head().to_owned() + &lines.collect::<String>();
            let mut name = self.path.clone().into_os_string();
            name.push(".sorted");
            std::fs::write(&name, text)
                .and_then(|()| std::fs::rename(&name, &self.path))
                .map_err(|error| self.failed(&error))?;
        }
        let ending = |run: usize, line: &str| ending(self.plan, run, line).ok();
        Ok(inner.lines.iter().filter_map(|(run, line)| Some((*run, ending(*run, line)?))).collect())
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::Io(format!("{}: {error}", self.path.display()))
    }
}

/// The runs of a table, and whether they are in order. Tables of shards may have been put behind each other, with the
/// head and all.
fn read(plan: &Plan, text: &str) -> Result<(BTreeMap<usize, String>, bool), (usize, String)> {
    let head: Vec<&str> = plan.head().lines().collect();
    let (mut lines, mut is_sorted) = (BTreeMap::<usize, String>::new(), true);
    for (at, line) in text.lines().enumerate() {
        if head.contains(&line) {
            is_sorted = false;
            continue;
        }
        let wrong = |message: &str| (at + head.len() + 1, format!("{message}: '{}'", shown(line)));
        let run = line.split(',').next().and_then(|number| number.parse().ok());
        let run = run.filter(|run| *run < plan.runs()).ok_or_else(|| wrong("no run of this sweep"))?;
        ending(plan, run, line).map_err(wrong)?;
        is_sorted &= lines.last_key_value().is_none_or(|(last, _)| *last < run);
        if lines.insert(run, line.to_owned()).is_some_and(|other| other != line) {
            return Err(wrong("a run that is there twice with different results"));
        }
    }
    Ok((lines, is_sorted))
}

/// How a run ended, by its line.
fn ending(plan: &Plan, run: usize, line: &str) -> Result<Ending, &'static str> {
    let found = line.strip_prefix(&plan.key(run)).ok_or("no run of this sweep")?;
    let fields: Vec<&str> = found.split(',').collect();
    let number = |text: &str| text.parse::<u64>().is_ok();
    let [name, done, oom, free, swap_out, sleeps, hash] = fields[..] else {
        return Err("no line of a run");
    };
    let sound = [free, swap_out, sleeps].into_iter().all(number)
        && [done, oom].into_iter().all(|text| text.is_empty() || number(text))
        && hash.len() == 16
        && u64::from_str_radix(hash, 16).is_ok();
    let outcome = Outcome::parse(name).filter(|_| sound).ok_or("no line of a run")?;
    Ok(Ending { outcome, done_ms: done.parse().ok(), seed: plan.place(run).seed })
}

/// What a file is that does not start as the plan's table does.
fn strange(plan: &Plan, start: &[u8]) -> String {
    let text = String::from_utf8_lossy(start);
    let (found, expected) = (text.lines().next().unwrap_or(""), plan.head().lines().next().unwrap_or(""));
    let (mut found, mut expected) = (found.split("; "), expected.split("; "));
    if found.next() != expected.next() {
        return "it is no table of a sweep".to_owned();
    }
    for part in expected {
        let other = found.next().unwrap_or("nothing");
        if other != part {
            return format!(
                "it is of another sweep: '{}' where '{}' was expected",
                shown(other),
                shown(part)
            );
        }
    }
    "it is of another sweep".to_owned()
}
