//! Results in words: the sentence, the tables and who is blocked where, in plain ASCII.

use crate::report::{Figures, KernelResult, Outcomes, Range, task_name};
use swapscope_sim::kernel::Kernel;
use swapscope_sim::sort;
use swapscope_sim::trace::{Outcome, Trace};

/// A stretch of time as people say it, to the nearest: `350 ms`, `11.3 s`, `38 min`, `19 min 58 s`.
#[must_use]
pub fn duration(ns: u64) -> String {
    // What is rounded decides on the unit: 999.7 ms are a second.
    let rounded = |unit: u64| ns.saturating_add(unit / 2) / unit;
    let (us, ms, tenths, s) =
        (rounded(1_000), rounded(1_000_000), rounded(100_000_000), rounded(1_000_000_000));
    match (us, ms, tenths, s) {
        _ if ns == 0 => "0 s".to_owned(),
        (..1000, ..) => format!("{} us", us.max(1)),
        (_, ..1000, ..) => format!("{ms} ms"),
        (_, _, ..1000, _) => format!("{}.{} s", tenths / 10, tenths % 10),
        (.., ..600) => format!("{s} s"),
        _ if s.is_multiple_of(60) => format!("{} min", s / 60),
        _ => format!("{} min {:02} s", s / 60, s % 60),
    }
}

/// A range in words: its middle, and its ends unless they read the same.
#[must_use]
pub fn spread(range: Range, words: impl Fn(u64) -> String) -> String {
    let [min, median, max] = [range.min, range.median, range.max].map(words);
    if min == max { median } else { format!("{median} ({min} to {max})") }
}

/// Work as people say it: `1000 million events`.
#[must_use]
pub fn events(work: u64) -> String {
    match work {
        0..1_000_000 => format!("{work} events"),
        _ => format!("{} million events", work / 1_000_000),
    }
}

/// One sentence on all kernels that a reader who knows nothing of this program understands.
///
/// Each kernel comes with the figures of its runs, the shown one first. With several runs the sentence speaks of the
/// most frequent outcome and says how frequent it is.
#[must_use]
pub fn verdict(results: &[(&Kernel, &[Figures])]) -> String {
    let mut before: Option<&Kernel> = None;
    let mut clauses = Vec::new();
    for (kernel, runs) in results {
        let subject = match before {
            Some(last) if last.version == kernel.version && kernel.patches.starts_with(&last.patches) => {
                format!("with {} it", kernel.patches[last.patches.len()..].join(" and "))
            }
            _ if kernel.patches.is_empty() => kernel.version.to_owned(),
            _ => format!("{} with {}", kernel.version, kernel.patches.join(" and ")),
        };
        clauses.push(format!("{subject} {}", clause(runs)));
        // A second patch on the same version is compared with the bare version, too.
        before = match before {
            Some(last) if last.version == kernel.version => Some(last),
            _ => Some(kernel),
        };
    }
    clauses.join("; ") + "."
}

/// A workload that needs this long to finish is said to be slow, as people who wait for it would.
const LONG: u64 = 300_000_000_000;
/// A time without progress that is worth a word, if it is a tenth of the run as well.
const STANDSTILL: u64 = 10_000_000_000;

/// What a kernel does, without the kernel: `kills hog after 11.2 s with 97 % of swap free`.
#[must_use]
pub fn clause(runs: &[Figures]) -> String {
    let Some(shown) = runs.first() else { return "was not run".to_owned() };
    let count = |name: &str| runs.iter().filter(|run| run.outcome == name).count();
    // The shown run's outcome wins a tie.
    let usual = [Outcome::Stopped, Outcome::Timeout, Outcome::Livelock, Outcome::Completed, Outcome::Oom]
        .map(Outcome::name)
        .into_iter()
        .max_by_key(|name| (count(name), *name == shown.outcome))
        .unwrap_or_default();
    let mut words = usual_clause(runs, usual);
    // A sentence that speaks of most runs does not keep quiet about a kill in others.
    let killed = count(Outcome::Oom.name());
    if usual != Outcome::Oom.name() && killed > 0 {
        let (victim, swap) = kill(runs);
        words += &format!(", and in {killed} kills {victim} {swap}");
    }
    words
}

/// Whom the OOM killer chose, in one of the runs, and how much of swap was free.
fn kill(runs: &[Figures]) -> (&str, String) {
    let of = || runs.iter().filter(|run| run.outcome == Outcome::Oom.name());
    let free = Range::of(of().filter_map(|run| run.oom_swap_free_permille));
    let victim = of().find_map(|run| run.oom_victim.as_deref()).unwrap_or("a task");
    let swap = free.map_or_else(
        || "on a machine without swap".to_owned(),
        |free| format!("with {} % of swap free", free.median / 10),
    );
    (victim, swap)
}

/// What the runs did that ended in the usual way.
fn usual_clause(runs: &[Figures], usual: &str) -> String {
    let of = || runs.iter().filter(|run| run.outcome == usual);
    let middle = |figure: fn(&Figures) -> Option<u64>| Range::of(of().filter_map(figure)).unwrap_or_default();
    let often = match (of().count(), runs.len()) {
        (_, 1) => String::new(),
        (same, all) if same == all => format!(" in all {all} runs"),
        (same, all) => format!(" in {same} of {all} runs"),
    };
    let idle = middle(|run| Some(run.longest_without_progress_ns)).median;
    if usual == Outcome::Completed.name() {
        let took = middle(Figures::took_ns);
        let of_it = if idle >= STANDSTILL.max(took.median / 10) {
            format!(", {} of it without any progress", duration(idle))
        } else {
            String::new()
        };
        return if took.median < LONG {
            format!("finishes{often} in {}{of_it}", spread(took, duration))
        } else {
            format!("kills nothing{often} but needs {} to finish{of_it}", spread(took, duration))
        };
    }
    if usual == Outcome::Oom.name() {
        let after = middle(Figures::killed_after_ns);
        let (victim, swap) = kill(runs);
        return format!("kills {victim}{often} after {} {swap}", spread(after, duration));
    }
    let end = middle(|run| Some(run.sim_ns)).median;
    if usual == Outcome::Stopped.name() {
        let work = middle(|run| Some(run.work)).median;
        return format!("is stopped{often} after {}, unfinished at {}", events(work), duration(end));
    }
    let moved = middle(|run| Some(run.progress_pages_per_s_end)).median;
    let requests = middle(|run| Some(run.kcryptd_requests_per_s_median)).median;
    if usual == Outcome::Livelock.name() && moved == 0 && idle >= end / 2 {
        return format!(
            "kills nothing but stands still{often}: unfinished after {}, {} of it without any progress",
            duration(end),
            duration(idle)
        );
    }
    if usual == Outcome::Livelock.name() {
        let pages = match moved {
            0 => "less than 1 page".to_owned(),
            1 => "1 page".to_owned(),
            _ => format!("{moved} pages"),
        };
        let encrypted =
            if requests == 0 { String::new() } else { format!(" and {requests} encrypted requests/s") };
        return format!(
            "kills nothing but crawls{often}: unfinished after {}, at {pages}/s{encrypted}",
            duration(end)
        );
    }
    // A short run is all of the window in which its pace is taken, so that its start would count as movement.
    if idle >= end / 2 {
        return format!(
            "kills nothing and is not finished{often} after {}, {} of it without any progress",
            duration(end),
            duration(idle)
        );
    }
    format!(
        "kills nothing and is not finished{often} after {}, still moving at {moved} pages/s",
        duration(end)
    )
}

/// Heads of the columns of [`table`]: a short one for narrow tables and a title.
pub static TABLE_HEAD: &[(&str, &str)] = &[
    ("kernel", "Kernel"),
    ("outcome", "Outcome (of all seeds)"),
    ("done", "Workload finished after"),
    ("oom", "First OOM kill after"),
    ("swapfree", "Swap free at the OOM kill"),
    ("minfree", "Fewest free pages"),
    ("req/s", "kcryptd requests/s, median"),
    ("stall", "Longest time without progress"),
    ("sleeps", "Throttle and mempool sleeps"),
    ("probe99", "Probe latency, 99th percentile"),
    // A probe that waits starts no other round: however long it waits, that is one of its latencies.
    ("probemax", "Probe latency, longest"),
];

/// The verdict table: one row for each kernel, cells in the order of [`TABLE_HEAD`]. All but the outcome are of the
/// shown run.
#[must_use]
pub fn table(results: &[KernelResult]) -> Vec<Vec<String>> {
    results.iter().map(|result| row(&result.kernel, &result.figures, result.trace.probe_latency)).collect()
}

/// One row of [`table`], from the figures of all runs, the shown one first, and the latency of its probe.
#[must_use]
pub fn row(kernel: &Kernel, figures: &[Figures], probe_latency: [u64; 3]) -> Vec<String> {
    let none = Figures::default();
    let run = figures.first().unwrap_or(&none);
    let dash = || "-".to_owned();
    let after = |t: Option<u64>| t.map_or_else(dash, duration);
    let [_, high, longest] = probe_latency;
    let probe = |ns: u64| if longest == 0 { dash() } else { duration(ns) };
    vec![
        kernel.name(),
        outcome(&run.outcome, figures),
        after(run.took_ns()),
        after(run.killed_after_ns()),
        run.oom_swap_free_permille.map_or_else(dash, |free| format!("{} %", free / 10)),
        run.free_pages_min.to_string(),
        run.kcryptd_requests_per_s_median.to_string(),
        duration(run.longest_without_progress_ns),
        run.throttle_sleeps.to_string(),
        probe(high),
        probe(longest),
    ]
}

/// `oom`, or with more than one run `oom 13/16`.
fn outcome(shown: &str, runs: &[Figures]) -> String {
    if runs.len() < 2 {
        return shown.to_owned();
    }
    let same = runs.iter().filter(|run| run.outcome == shown).count();
    format!("{shown} {same}/{}", runs.len())
}

/// Outcomes in words: `13 oom, 3 completed`.
#[must_use]
pub fn outcomes(outcomes: &Outcomes) -> String {
    let parts: Vec<String> =
        outcomes.ranked().iter().map(|(name, count)| format!("{count} {name}")).collect();
    parts.join(", ")
}

/// The same for readers who know no names of outcomes: `13 OOM kills, 3 completed`.
#[must_use]
pub fn outcomes_in_words(all: &Outcomes) -> String {
    let kills = if all.oom == 1 { " OOM kill" } else { " OOM kills" };
    outcomes(all).replace(" oom", kills)
}

/// Lays out rows under heads, columns two spaces apart, the first aligned left and the others right.
#[must_use]
pub fn columns(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(String::len);
        cells.chain(std::iter::once(head[at].len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let padded = if at == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
            line += &padded;
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(head.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines
}

/// Breaks words into lines of at most `width`; a longer word stays whole. The first line keeps the indentation of the
/// text, the others have `indent`.
#[must_use]
pub fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = text[..text.len() - text.trim_start().len()].to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.len() + 1 + word.len() > width {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        } else if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    if !is_empty {
        lines.push(line);
    }
    lines
}

/// Whether a name stands in parentheses: a timer of the model and no task of the machine.
#[must_use]
pub fn is_timer(task: &str) -> bool {
    task.starts_with('(')
}

/// Tasks that were blocked when the run ended, as sysrq-t would show them, the longest first: name, since when, functions
/// innermost first.
#[must_use]
pub fn blocked(trace: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tasks: Vec<_> =
        trace.tasks.iter().filter(|task| task.state == 'D' && !is_timer(&task.name)).collect();
    sort::by_number(&mut tasks, |task| task.since.0);
    for task in tasks {
        let since = duration((trace.end - task.since).0);
        lines.push(format!("{:<16} D for {since}", task.name));
        for function in task.stack.iter().rev() {
            lines.push(format!("    {function}"));
        }
    }
    lines
}

/// Who slept where: one row for each task and site, the longest sleeper first.
#[must_use]
pub fn sleeps(trace: &Trace) -> Vec<Vec<String>> {
    let mut list: Vec<_> =
        trace.sleeps.iter().filter(|sleep| !is_timer(task_name(trace, sleep.task))).collect();
    sort::by_number(&mut list, |sleep| !sleep.total.0);
    list.iter()
        .map(|sleep| {
            vec![
                task_name(trace, sleep.task).to_owned(),
                sleep.site.name().to_owned(),
                sleep.count.to_string(),
                duration(sleep.total.0),
                duration(sleep.max.0),
                sleep.asleep.map_or(String::new(), |since| duration((trace.end - since).0)),
            ]
        })
        .collect()
}

/// Heads of [`sleeps`].
pub const SLEEPS_HEAD: &[&str] = &["task", "sleeps in", "times", "in all", "longest", "still asleep"];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: &str) -> Figures {
        Figures {
            outcome: outcome.to_owned(),
            workload_start_ns: 1_000_000_000,
            sim_ns: 2_280_000_000_000,
            ..Figures::default()
        }
    }

    fn oom(t: u64, free: u64) -> Figures {
        Figures {
            oom_t_ns: Some(t),
            oom_swap_free_permille: Some(free),
            oom_victim: Some("hog".to_owned()),
            ..run("oom")
        }
    }

    #[test]
    fn durations() {
        for (ns, text) in [
            (0, "0 s"),
            (1, "1 us"),
            (350_000_000, "350 ms"),
            (1_400, "1 us"),
            (999_499, "999 us"),
            (999_500, "1 ms"),
            (999_499_999, "999 ms"),
            (999_500_000, "1.0 s"),
            (6_188_000_000, "6.2 s"),
            (11_250_000_000, "11.3 s"),
            (99_949_999_999, "99.9 s"),
            (99_950_000_000, "100 s"),
            (120_000_000_000, "120 s"),
            (599_499_999_999, "599 s"),
            (599_500_000_000, "10 min"),
            (682_000_000_000, "11 min 22 s"),
            (1_198_000_000_000, "19 min 58 s"),
            (1_205_000_000_000, "20 min 05 s"),
            (2_280_000_000_000, "38 min"),
        ] {
            assert_eq!(duration(ns), text);
        }
    }

    #[test]
    fn the_sentence_of_the_thread() {
        let kernels: Vec<Kernel> =
            ["4.6", "4.7-rc6", "4.7-rc6~mempool-noretry"].map(|name| Kernel::parse(name).unwrap()).into();
        let crawl =
            Figures { progress_pages_per_s_end: 10, kcryptd_requests_per_s_median: 9, ..run("livelock") };
        let done = Figures { workload_done_ns: Some(75_000_000_000), ..run("completed") };
        let runs = [[oom(12_000_000_000, 972)], [crawl], [done]];
        let results: Vec<(&Kernel, &[Figures])> =
            kernels.iter().zip(runs.iter().map(|run| &run[..])).collect();
        assert_eq!(
            verdict(&results),
            "4.6 kills hog after 11.0 s with 97 % of swap free; 4.7-rc6 kills nothing but crawls: unfinished after 38 \
             min, at 10 pages/s and 9 encrypted requests/s; with mempool-noretry it finishes in 74.0 s."
        );
    }

    #[test]
    fn a_standstill_and_a_long_way_to_the_end_are_said() {
        let still = Figures { longest_without_progress_ns: 1_190_000_000_000, ..run("livelock") };
        assert_eq!(
            clause(&[still]),
            "kills nothing but stands still: unfinished after 38 min, 19 min 50 s of it without any progress"
        );
        let slow = Figures {
            workload_done_ns: Some(1_100_000_000_000),
            longest_without_progress_ns: 349_000_000_000,
            ..run("completed")
        };
        assert_eq!(
            clause(&[slow]),
            "kills nothing but needs 18 min 19 s to finish, 349 s of it without any progress"
        );
    }

    #[test]
    fn several_runs_are_a_frequency() {
        let runs = [oom(12_000_000_000, 972), run("timeout"), oom(21_000_000_000, 930)];
        assert_eq!(
            clause(&runs),
            "kills hog in 2 of 3 runs after 11.0 s (11.0 s to 20.0 s) with 93 % of swap free"
        );
    }

    #[test]
    fn kills_in_fewer_runs_are_told_too() {
        let done = Figures { workload_done_ns: Some(75_000_000_000), ..run("completed") };
        let runs =
            [oom(12_000_000_000, 972), done.clone(), oom(21_000_000_000, 930), done.clone(), done.clone()];
        assert_eq!(
            clause(&runs),
            "finishes in 3 of 5 runs in 74.0 s, and in 2 kills hog with 93 % of swap free"
        );
        assert_eq!(clause(&runs[..1]), "kills hog after 11.0 s with 97 % of swap free");
        let nearly = Figures { workload_done_ns: Some(75_010_000_000), ..done.clone() };
        assert_eq!(clause(&[done, nearly]), "finishes in all 2 runs in 74.0 s");
    }

    #[test]
    fn each_run_has_its_own_start() {
        let done = |start: u64, took: u64| Figures {
            workload_start_ns: start * 1_000_000,
            workload_done_ns: Some((start + took) * 1_000_000),
            ..run("completed")
        };
        let runs = [done(1000, 5000), done(1900, 5000), done(1000, 6000)];
        assert_eq!(clause(&runs), "finishes in all 3 runs in 5.0 s (5.0 s to 6.0 s)");
    }

    #[test]
    fn no_swap_is_not_full_swap() {
        let none = Figures { oom_swap_free_permille: None, ..oom(12_000_000_000, 0) };
        assert_eq!(clause(&[none]), "kills hog after 11.0 s on a machine without swap");
        assert_eq!(clause(&[oom(12_000_000_000, 0)]), "kills hog after 11.0 s with 0 % of swap free");
    }

    #[test]
    fn kills_are_counted() {
        let words = |oom, completed| outcomes_in_words(&Outcomes { oom, completed, ..Outcomes::default() });
        assert_eq!(words(2, 1), "2 OOM kills, 1 completed");
        assert_eq!(words(1, 2), "2 completed, 1 OOM kill");
    }

    #[test]
    fn lines_stay_within_the_width() {
        assert_eq!(wrap("aa bb cc dd", 5, ""), ["aa bb", "cc dd"]);
        assert_eq!(wrap("aa bb cc dd", 5, "  "), ["aa bb", "  cc", "  dd"]);
        assert_eq!(wrap("  aa bb cc", 7, "    "), ["  aa bb", "    cc"]);
        assert_eq!(wrap(" ", 7, ""), [""; 0]);
        assert_eq!(wrap("a toolongword b", 4, ""), ["a", "toolongword", "b"]);
    }

    #[test]
    fn tables_line_up() {
        let rows = vec![vec!["x".to_owned(), "100".to_owned()]];
        assert_eq!(columns(&["name", "n"], &rows), ["name    n", "x     100"]);
    }
}
