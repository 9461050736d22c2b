//! What a trace must say, whatever the machine did.

use swapscope_sim::config::{Config, WorkloadKind};
use swapscope_sim::trace::{
    BUCKETS, EVENTS, EventKind, OomReport, Outcome, SAMPLES, Series, SeriesKind, TaskState, Trace,
};

/// No figure comes near this; one that was counted below zero lies above it.
const PLAUSIBLE: u64 = 1 << 40;

const SECOND: u64 = 1_000_000_000;

fn expect(good: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(what()) }
}

/// All rules.
///
/// # Errors
/// The rule that is broken, with the numbers.
pub fn look(config: &Config, trace: &Trace) -> Result<(), String> {
    consistent(config, trace)?;
    columns(config, trace)?;
    counters(config, trace)?;
    for report in &trace.oom {
        oom_report(config, trace, report)?;
    }
    sleeps(trace)?;
    for task in &trace.tasks {
        let until = trace.end.0;
        task_state(config, until, task).map_err(|what| format!("{what}: {task:?} at {until}"))?;
    }
    Ok(())
}

fn managed(config: &Config) -> u64 {
    config.machine.zones.iter().map(|zone| zone.managed.0).sum()
}

/// The outcome says what the trace says; indices point somewhere; times are in order.
fn consistent(config: &Config, trace: &Trace) -> Result<(), String> {
    let check = |good: bool, what: &str| expect(good, || format!("{what}: {:?}", trace.outcome));
    check(trace.is_stopped || trace.outcome != Outcome::Stopped, "stopped without a bound")?;
    check(trace.oom.is_empty() == (trace.outcome != Outcome::Oom), "OOM reports and outcome")?;
    if trace.outcome == Outcome::Completed {
        check(trace.workload_done.is_some(), "completed without an end")?;
    }
    check(trace.end <= config.duration, "end past the time limit")?;
    check(trace.workload_done.is_none_or(|done| done <= trace.end), "workload done after the end")?;
    let many = trace.events.iter().filter(|event| !event.kind.is_kept()).count();
    check(many <= EVENTS, "more events than are kept")?;
    check(trace.events.is_sorted_by_key(|event| event.t), "events out of order")?;
    check(trace.events.last().is_none_or(|event| event.t <= trace.end), "an event after the end")?;
    for event in &trace.events {
        check((event.task as usize) < trace.tasks.len(), "an event of no task")?;
        match &event.kind {
            EventKind::Sleep { stack, ns, .. } => {
                check((*stack as usize) < trace.stacks.len(), "a stack that is not there")?;
                check(*ns <= event.t.0, "a sleep that began before the run")?;
            }
            EventKind::Oom { report } => {
                check((*report as usize) < trace.oom.len(), "a report that is not there")?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Each series has its buckets, and they hold what their kind and the size of the machine allow.
fn columns(config: &Config, trace: &Trace) -> Result<(), String> {
    expect(trace.columns.len() == Series::ALL.len(), || "a column for each series".to_owned())?;
    for series in Series::ALL {
        let column = trace.column(*series);
        let check = |good: bool, what: &str| expect(good, || format!("{}: {what}", series.name()));
        let lengths = [column.min.len(), column.max.len(), column.last.len()];
        check(lengths[0] == lengths[2] && lengths[1] == lengths[2] && lengths[2] <= BUCKETS, "buckets")?;
        let ordered = column.min.iter().zip(&column.max).zip(&column.last).all(|((min, max), last)| {
            match series.kind() {
                SeriesKind::Level | SeriesKind::Count => min <= last && last <= max,
                SeriesKind::Impulse => min <= max,
            }
        });
        check(ordered, "smallest, last and largest value")?;
        check(series.kind() != SeriesKind::Count || column.last.is_sorted(), "a count that falls")?;
        let most = match (series, series.unit()) {
            (Series::SwapUsed, _) => config.swap.0,
            (Series::ThrottleLimit, _) => 11 * managed(config) / 10,
            (_, "pages") if series.kind() == SeriesKind::Level => managed(config),
            (_, "ns") => trace.end.0,
            _ => PLAUSIBLE,
        };
        let found = column.max.iter().copied().max().unwrap_or(0);
        check(found <= most, &format!("{found} is more than {most}"))?;
    }
    Ok(())
}

/// Counters only grow, and every value can be one.
fn counters(config: &Config, trace: &Trace) -> Result<(), String> {
    const EVENT_COUNTERS: [&str; 4] =
        ["nr_vmscan_write", "nr_vmscan_immediate_reclaim", "nr_dirtied", "nr_written"];
    expect(trace.samples.len() <= SAMPLES, || "more samples than are kept".to_owned())?;
    expect(trace.samples.is_sorted_by(|a, b| a.t < b.t), || "samples out of order".to_owned())?;
    let managed = managed(config);
    for (at, (name, end)) in trace.vmstat.iter().enumerate() {
        let level = name.starts_with("nr_") && !EVENT_COUNTERS.contains(name);
        let most = if level && *name != "nr_pages_scanned" { managed } else { PLAUSIBLE };
        let mut before = 0;
        for value in trace.samples.iter().map(|sample| sample.values[at]).chain([*end]) {
            expect(value <= most, || format!("{name} is {value}, more than {most}"))?;
            expect(level || value >= before, || format!("{name} fell from {before} to {value}"))?;
            before = value;
        }
    }
    for (name, value) in &trace.counters {
        expect(*value < PLAUSIBLE, || format!("{name} is {value}"))?;
    }
    let figures = [trace.free.max, trace.kcryptd_requests_per_s.max, trace.engine_events];
    expect(figures.iter().all(|value| *value < PLAUSIBLE), || format!("figures {figures:?}"))?;
    let times = [trace.longest_without_progress.0, trace.probe_latency[2]];
    expect(times.iter().all(|ns| *ns <= trace.end.0), || format!("times longer than the run: {times:?}"))
}

/// A report of the OOM killer names a task that was there and pages that can be.
fn oom_report(config: &Config, trace: &Trace, report: &OomReport) -> Result<(), String> {
    let check = |good: bool, what: &str| expect(good, || format!("OOM report: {what}: {report:?}"));
    check(report.t <= trace.end, "after the end")?;
    check((report.invoked_by as usize) < trace.tasks.len(), "called by no task")?;
    check(report.victim_row().is_some(), "the victim is not in the table")?;
    check(report.swap_free <= report.swap_total && report.swap_total == config.swap.0, "swap")?;
    check(report.swap_cache[1].checked_sub(report.swap_cache[2]) == Some(report.swap_cache[0]), "cache")?;
    for zone in &report.zones {
        let lists = zone.lru.iter().sum::<u64>() + zone.unevictable + zone.free + zone.free_pcp[0];
        let kernel = zone.slab_reclaimable + zone.slab_unreclaimable + zone.kernel_stack;
        check(lists + kernel <= zone.managed, "more pages than the zone has")?;
        let free: u64 = zone.buddy.iter().enumerate().map(|(order, blocks)| blocks << order).sum();
        check(free == zone.free, "free blocks and free pages")?;
        check(zone.watermarks.is_sorted(), "watermarks")?;
    }
    let resident: u64 = report.processes.iter().map(|row| row.rss).sum();
    check(resident <= managed(config), "more resident pages than there are")
}

/// No task slept for longer than the run, all its sleeps together.
fn sleeps(trace: &Trace) -> Result<(), String> {
    for (at, task) in trace.tasks.iter().enumerate() {
        let own = trace.sleeps.iter().filter(|total| total.task as usize == at);
        let total: u64 = own.clone().map(|total| total.total.0).sum();
        expect(total <= trace.end.0, || format!("{} slept for {total} ns", task.name))?;
        let sound = own.clone().all(|total| total.count > 0 && total.max <= total.total);
        expect(sound, || format!("sleeps of {}", task.name))?;
    }
    Ok(())
}

/// Every sleep ends or is reported: a task that sleeps at the end says where and since when. Where the kernel gives
/// the sleep a time limit, it is not older than that; where it waits for another task or for a device, the place is one
/// of those that are known to.
fn task_state(config: &Config, end: u64, task: &TaskState) -> Result<(), String> {
    let tick = SECOND / config.machine.hz;
    let ticks = |count: u64| Ok(Some(count * tick));
    expect(task.since.0 <= end, || "in its state since after the end".to_owned())?;
    let innermost = task.stack.last().copied();
    let limit: Result<Option<u64>, String> = match (task.state, innermost) {
        ('R', _) => Ok(None),
        ('X', None) => Ok(None),
        ('X', Some(_)) => Err("gone, with a call stack".to_owned()),
        ('D', None) => Err("sleeps without a call stack".to_owned()),
        ('S', None) => Ok(timer(config, &task.name)),
        // Sleeps with a limit.
        ('D', Some("congestion_wait" | "wait_iff_congested")) => ticks(config.machine.hz / 10),
        ('D', Some("should_reclaim_retry" | "__alloc_pages_may_oom" | "out_of_memory")) => ticks(1),
        ('D', Some("mempool_alloc")) => Ok(Some(5 * SECOND)),
        ('D', Some("balance_dirty_pages")) => Ok(Some(SECOND / 5)),
        ('D', Some("filemap_fault" | "__do_page_cache_readahead")) => Ok(Some(file_read(config))),
        ('S', Some("throttle_direct_reclaim" | "manage_workers")) => Ok(Some(SECOND)),
        ('S', Some("wb_workfn")) => Ok(Some(5 * SECOND)),
        // Waits for another task or for a device.
        ('D', Some("throttle_direct_reclaim" | "do_swap_page" | "mutex_lock")) => Ok(None),
        ('D', Some("blk_mq_get_tag" | "get_request" | "kthread_create_on_node" | "__map_bio")) => Ok(None),
        ('D', Some("wait_for_completion")) => Ok(None),
        // Threads with nothing to do.
        ('S', Some("kswapd_try_to_sleep" | "worker_thread" | "kthreadd" | "dmcrypt_write")) => Ok(None),
        ('S', Some("rescuer_thread" | "oom_reaper")) => Ok(None),
        _ => Err("sleeps where no sleep is known".to_owned()),
    };
    let slept = end - task.since.0;
    let over = limit?.filter(|limit| slept > *limit);
    expect(over.is_none(), || format!("has slept for {slept} ns, longer than {over:?}"))
}

/// The longest wait for the disk of the file system: a window of readahead, or one page of a program.
fn file_read(config: &Config) -> u64 {
    let disk = config.disk;
    disk.request_ns + disk.seek_ns.max(32 * 4096 * 1_000_000 / disk.kb_per_s.max(1))
}

/// The longest sleep of a task outside the kernel, which only a timer ends.
fn timer(config: &Config, name: &str) -> Option<u64> {
    let workload = &config.workload;
    let background = workload.background;
    let stride = |kb_per_s: u64| 8 * 4096 * 1_000_000 / kb_per_s.max(1);
    let kind = name.split('/').next().unwrap_or(name);
    match kind {
        "hog" | "cc1plus" => {
            debug_assert!(matches!(
                (&workload.kind, kind),
                (WorkloadKind::Hog { .. }, "hog") | (WorkloadKind::Build { .. }, "cc1plus")
            ));
            Some(workload.start.0 + workload.start_spread.0)
        }
        "probe" => Some(SECOND / 10),
        "writer" => Some(background.writers.phase.from.0.max(stride(background.writers.kb_per_s))),
        "reader" => Some(background.readers.phase.from.0.max(stride(background.readers.kb_per_s))),
        "ksoftirqd" => {
            let load = background.atomic;
            Some(load.phase.from.0.max(u64::from(load.burst) * SECOND / load.per_s.max(1)))
        }
        "(unbound work)" => Some(5 * SECOND),
        _ => None,
    }
}
