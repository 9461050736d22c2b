//! What the charts need of a trace.

use crate::pack::{Pack, Unpack};
use swapscope_sim::trace::{Column, EventKind, Series, Site, Trace};
use swapscope_sim::units::Nanos;

use crate::band::Band;
use crate::dmesg::task_name;

/// The series that some panel or table needs.
pub static SERIES: &[Series] = &[
    Series::Free,
    Series::FreeDma,
    Series::FreeDma32,
    Series::FreeNormal,
    Series::Writeback,
    Series::ThrottleLimit,
    Series::SwapUsed,
    Series::CryptQueue,
    Series::CryptPages,
    Series::CryptBios,
    Series::Progress,
    Series::SwapOut,
    Series::SwapIn,
    Series::Encrypted,
];

/// Series and name of the zones whose free memory can be drawn alone.
pub static ZONES: &[(Series, &str)] =
    &[(Series::FreeDma, "DMA"), (Series::FreeDma32, "DMA32"), (Series::FreeNormal, "Normal")];

/// Who slept in a throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A workqueue worker, such as those of kcryptd.
    Worker,
    /// kswapd.
    Kswapd,
    /// Any other task.
    Other,
}

impl Class {
    /// All classes, in the order of the legend.
    pub const ALL: &'static [Self] = &[Self::Worker, Self::Kswapd, Self::Other];

    /// Words for tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "workers",
            Self::Kswapd => "kswapd",
            Self::Other => "other tasks",
        }
    }

    /// Words for a row of figures.
    pub(crate) const fn throttled(self) -> &'static str {
        match self {
            Self::Worker => "workers throttled",
            Self::Kswapd => "kswapd throttled",
            Self::Other => "other tasks throttled",
        }
    }

    /// The bucketed series with the longest of its sleeps.
    const fn series(self) -> Series {
        match self {
            Self::Worker => Series::DelayWorker,
            Self::Kswapd => Series::DelayKswapd,
            Self::Other => Series::DelayUser,
        }
    }

    fn of_task(name: &str) -> Self {
        if name.starts_with("kswapd") {
            Self::Kswapd
        } else if name.starts_with("kworker") || name.starts_with("kcryptd") {
            Self::Worker
        } else {
            Self::Other
        }
    }
}

/// One sleep in one of reclaim's throttles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleep {
    /// When it ended, or the run did.
    pub t: Nanos,
    /// How long it was.
    pub length: Nanos,
    /// Who slept.
    pub class: Class,
}

/// One run as the charts see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Virtual time at the end.
    pub end: Nanos,
    /// When the workload started.
    pub start: Nanos,
    /// When the workload was done.
    pub done: Option<Nanos>,
    /// Width of a bucket.
    pub width: Nanos,
    /// The watermarks min, low and high, in pages: of all zones summed, then of each zone of [`ZONES`] (0 where the
    /// machine has none).
    pub watermarks: Vec<[u64; 3]>,
    /// The zone whose free memory is drawn, an index into [`ZONES`]; all together if there is none.
    pub zone: Option<usize>,
    /// What the runs of other seeds did.
    pub band: Band,
    /// A recording of a real kernel, to be drawn beside.
    pub recorded: Option<Box<Self>>,
    /// Times of the OOM kills.
    pub oom: Vec<Nanos>,
    /// Times at which the mayday timer called a rescuer.
    pub mayday: Vec<Nanos>,
    /// Time from which on single events were no longer kept, if there was one.
    pub kept_until: Option<Nanos>,
    /// Sleeps in throttles. Past the events that a trace keeps, the longest of each bucket stands for the others.
    pub sleeps: Vec<Sleep>,
    columns: Vec<Column>,
}

/// Whether who sleeps there waits for the device to catch up, and not for another task.
const fn is_throttle(site: Site) -> bool {
    !matches!(site, Site::MempoolAlloc | Site::OomLock)
}

impl Run {
    /// Takes what the charts need.
    #[must_use]
    pub fn from_trace(trace: &Trace) -> Self {
        let marks = |name: Option<&str>| {
            let zones = trace.zones.iter().filter(|zone| name.is_none_or(|name| zone.name == name));
            zones.fold([0; 3], |sum, zone| [sum[0] + zone.min, sum[1] + zone.low, sum[2] + zone.high])
        };
        let names = std::iter::once(None).chain(ZONES.iter().map(|(_, name)| Some(*name)));
        let mut run = Self {
            end: trace.end,
            start: trace.workload_start,
            done: trace.workload_done,
            width: Nanos(trace.width.0.max(1)),
            watermarks: names.map(marks).collect(),
            zone: None,
            band: Band::default(),
            recorded: None,
            oom: trace.oom.iter().map(|report| report.t).collect(),
            mayday: Vec::new(),
            kept_until: trace.kept_until,
            sleeps: Vec::new(),
            columns: SERIES.iter().map(|series| trace.column(*series).clone()).collect(),
        };
        for event in &trace.events {
            match event.kind {
                EventKind::Sleep { site, ns, .. } if is_throttle(site) => {
                    let class = Class::of_task(task_name(trace, event.task));
                    run.sleeps.push(Sleep { t: event.t, length: Nanos(ns), class });
                }
                EventKind::Mayday => run.mayday.push(event.t),
                _ => {}
            }
        }
        run.add_bucketed_sleeps(trace);
        for total in trace.sleeps.iter().filter(|total| is_throttle(total.site)) {
            let class = Class::of_task(task_name(trace, total.task));
            let since = total.asleep.into_iter();
            run.sleeps.extend(since.map(|since| Sleep { t: trace.end, length: trace.end - since, class }));
        }
        run
    }

    /// A run that was not simulated, from the values of some of [`SERIES`] in buckets of this width. It has no events
    /// yet; a series that is not given is empty.
    #[must_use]
    pub fn from_levels(end: Nanos, start: Nanos, width: Nanos, levels: &[(Series, Column)]) -> Self {
        let column = |series: &Series| {
            let given = levels.iter().find(|(other, _)| other == series);
            given.map_or_else(Column::default, |(_, column)| column.clone())
        };
        Self {
            end,
            start,
            done: None,
            width: Nanos(width.0.max(1)),
            watermarks: vec![[0; 3]; 1 + ZONES.len()],
            zone: None,
            band: Band::default(),
            recorded: None,
            oom: Vec::new(),
            mayday: Vec::new(),
            kept_until: None,
            sleeps: Vec::new(),
            columns: SERIES.iter().map(column).collect(),
        }
    }

    /// From where single events were no longer kept (or from the start if none were) the buckets know the longest.
    fn add_bucketed_sleeps(&mut self, trace: &Trace) {
        let known = match trace.kept_until {
            Some(until) => until,
            None if trace.events.is_empty() => Nanos(0),
            None => return,
        };
        for class in Class::ALL {
            for (bucket, longest) in (0_u64..).zip(&trace.column(class.series()).max) {
                let t = Nanos((bucket + 1) * self.width.0).min(self.end);
                if *longest > 0 && t > known {
                    self.sleeps.push(Sleep { t, length: Nanos(*longest), class: *class });
                }
            }
        }
    }

    /// The column of a series; an empty one unless the series is in [`SERIES`].
    #[must_use]
    pub fn column(&self, series: Series) -> &Column {
        const NONE: &Column = &Column { min: Vec::new(), max: Vec::new(), last: Vec::new() };
        let index = SERIES.iter().position(|other| *other == series);
        index.and_then(|index| self.columns.get(index)).unwrap_or(NONE)
    }

    /// The series of free memory that is drawn, and its watermarks min, low and high.
    #[must_use]
    pub fn free(&self) -> (Series, [u64; 3]) {
        let zone = self.zone.and_then(|zone| Some((ZONES.get(zone)?.0, *self.watermarks.get(zone + 1)?)));
        zone.unwrap_or((Series::Free, self.watermarks.first().copied().unwrap_or_default()))
    }

    /// The value of a series at a time: smallest, largest and last of its bucket.
    #[must_use]
    pub fn at(&self, series: Series, t: Nanos) -> Option<[u64; 3]> {
        let column = self.column(series);
        let bucket = usize::try_from(t.0 / self.width.0).ok()?.min(column.last.len().checked_sub(1)?);
        Some([*column.min.get(bucket)?, *column.max.get(bucket)?, *column.last.get(bucket)?])
    }

    /// The part of the run that a band of several runs needs.
    #[must_use]
    pub fn for_band(mut self) -> Self {
        self.sleeps = Vec::new();
        self.mayday = Vec::new();
        for (series, column) in SERIES.iter().zip(&mut self.columns) {
            if !crate::band::SERIES.contains(series) {
                *column = Column::default();
            }
            column.last = Vec::new();
        }
        self
    }

    /// Largest value of a series, 0 for an empty one.
    #[must_use]
    pub fn largest(&self, series: Series) -> u64 {
        self.column(series).max.iter().copied().max().unwrap_or(0)
    }

    /// Middle of the bucket in which a series was at its lowest since the workload started, and the value there.
    #[must_use]
    pub fn lowest(&self, series: Series) -> Option<(Nanos, u64)> {
        let buckets = (0_u64..).zip(&self.column(series).min);
        let started = buckets.filter(|(bucket, _)| (bucket + 1) * self.width.0 > self.start.0);
        let lowest = started.min_by_key(|(_, value)| **value);
        lowest.map(|(bucket, value)| (Nanos(bucket * self.width.0 + self.width.0 / 2).min(self.end), *value))
    }

    /// The run as one array of numbers, which crosses threads without being copied field by field. All are whole
    /// and below 2^53, so that nothing is lost.
    #[must_use]
    pub fn pack(&self) -> Vec<f64> {
        let mut pack = Pack::default();
        for value in [self.end.0, self.start.0, self.width.0] {
            pack.number(value);
        }
        pack.list(self.watermarks.iter().flatten().copied());
        pack.list(self.done.iter().map(|t| t.0));
        pack.list(self.oom.iter().map(|t| t.0));
        pack.list(self.mayday.iter().map(|t| t.0));
        pack.list(self.kept_until.iter().map(|t| t.0));
        pack.list(self.sleeps.iter().map(|sleep| sleep.t.0));
        pack.list(self.sleeps.iter().map(|sleep| sleep.length.0));
        pack.list(self.sleeps.iter().map(|sleep| sleep.class as u64));
        for column in &self.columns {
            for values in [&column.min, &column.max, &column.last] {
                pack.list(values.iter().copied());
            }
        }
        pack.0
    }

    /// Reads what [`Run::pack`] wrote; `None` for anything else.
    #[must_use]
    pub fn unpack(numbers: &[f64]) -> Option<Self> {
        let mut unpack = Unpack(numbers.iter());
        let (end, start, width) = (unpack.number()?, unpack.number()?, unpack.number()?);
        let watermarks: Vec<[u64; 3]> = unpack.list()?.as_chunks::<3>().0.to_vec();
        if watermarks.len() != 1 + ZONES.len() {
            return None;
        }
        let done = unpack.list()?.first().copied().map(Nanos);
        let oom = unpack.list()?.into_iter().map(Nanos).collect();
        let mayday = unpack.list()?.into_iter().map(Nanos).collect();
        let kept_until = unpack.list()?.first().copied().map(Nanos);
        let (times, lengths, classes) = (unpack.list()?, unpack.list()?, unpack.list()?);
        let mut sleeps = Vec::new();
        for ((t, length), class) in times.into_iter().zip(lengths).zip(classes) {
            let class = *Class::ALL.get(usize::try_from(class).ok()?)?;
            sleeps.push(Sleep { t: Nanos(t), length: Nanos(length), class });
        }
        let mut columns = Vec::new();
        for _ in SERIES {
            columns.push(Column { min: unpack.list()?, max: unpack.list()?, last: unpack.list()? });
        }
        let (end, start, width) = (Nanos(end), Nanos(start), Nanos(width.max(1)));
        let (zone, band, recorded) = (None, Band::default(), None);
        Some(Self {
            end,
            start,
            done,
            width,
            watermarks,
            zone,
            band,
            recorded,
            oom,
            mayday,
            kept_until,
            sleeps,
            columns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stub() -> Run {
        Run {
            end: Nanos::from_s(10),
            start: Nanos::from_s(1),
            done: None,
            width: Nanos::from_s(5),
            watermarks: vec![[1, 2, 3], [0, 1, 1], [1, 1, 2], [0; 3]],
            zone: None,
            band: Band::default(),
            recorded: None,
            oom: vec![Nanos(7)],
            mayday: Vec::new(),
            kept_until: Some(Nanos(8)),
            sleeps: vec![Sleep { t: Nanos(5), length: Nanos(4), class: Class::Kswapd }],
            columns: vec![Column { min: vec![1, 0], max: vec![2, 9], last: vec![2, 3] }; SERIES.len()],
        }
    }

    #[test]
    fn unpack_reads_what_pack_wrote() {
        assert_eq!(Run::unpack(&stub().pack()), Some(stub()));
    }

    #[test]
    fn unpack_refuses_a_torn_array() {
        let packed = stub().pack();
        assert_eq!(Run::unpack(&packed[..packed.len() - 1]), None);
    }

    #[test]
    fn levels_from_elsewhere_find_their_series() {
        let free = Column { min: vec![1], max: vec![3], last: vec![2] };
        let (end, start) = (Nanos::from_s(10), Nanos::from_s(1));
        let run = Run::from_levels(end, start, Nanos::from_s(10), &[(Series::Free, free.clone())]);
        assert_eq!((run.column(Series::Free), run.largest(Series::Writeback)), (&free, 0));
        assert_eq!(Run::unpack(&run.pack()), Some(run));
    }

    #[test]
    fn lowest_is_found_with_its_time() {
        assert_eq!(stub().lowest(Series::Free), Some((Nanos::from_ms(7500), 0)));
    }
}
