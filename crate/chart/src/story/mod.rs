//! A run as a story: what every task was doing at any time, the log with the marks of the plots, and for each mark the
//! chain of decisions that led to it, in words and with sources.
//!
//! A [`Story`] travels between threads as numbers and strings ([`Story::pack`]); words are found when they are asked for.

mod cite;
mod pack;
mod why;
mod words;

use crate::dmesg::{Part, dmesg};
use crate::format::delay;
use swapscope_sim::kernel::Kernel;
use swapscope_sim::sort;
use swapscope_sim::trace::{Chain, EventKind, Outcome, Timeline, Trace};
use swapscope_sim::units::Nanos;

pub use crate::dmesg::stamp;
pub use cite::Source;
pub use why::{Line, Why};

/// Nobody looks for a shorter sleep.
const NOTABLE: Nanos = Nanos::from_ms(10);
/// A sleep of this length is a mark, even if it is neither the first nor the longest of its task there.
const LONG: Nanos = Nanos::from_s(10);
/// Stalls that are marks: the longest.
const STALLS: usize = 8;

/// What a line of the log is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// The OOM killer killed.
    Oom,
    /// A task slept in a throttle or for a pool.
    Sleep,
    /// The workload stopped making progress.
    StallBegin,
    /// It went on.
    StallEnd,
    /// A task began or ended, or the workload is done.
    Course,
    /// The workqueue got a worker, or called its rescuer.
    Work,
    /// Something else that a kernel prints.
    Print,
}

impl EventClass {
    /// All classes, in the order of the enum.
    pub const ALL: [Self; 7] =
        [Self::Oom, Self::Sleep, Self::StallBegin, Self::StallEnd, Self::Course, Self::Work, Self::Print];

    /// Name in the page's data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oom => "oom",
            Self::Sleep => "sleep",
            Self::StallBegin => "stall",
            Self::StallEnd => "progress",
            Self::Course => "course",
            Self::Work => "work",
            Self::Print => "print",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryEvent {
    /// When.
    pub t: Nanos,
    /// What it is about.
    pub class: EventClass,
    /// Whether "next" and "previous" stop here.
    pub mark: bool,
    /// Text, without the time: a line, or several for an OOM kill.
    pub text: String,
    /// The rest of an OOM report.
    pub more: Vec<String>,
    /// The chain that led here, an index into [`Story::chains`].
    chain: Option<usize>,
}

impl StoryEvent {
    fn new(t: Nanos, class: EventClass, mark: bool, text: String) -> Self {
        Self { t, class, mark, text, more: Vec::new(), chain: None }
    }

    /// The line that says most.
    #[must_use]
    pub fn title(&self) -> &str {
        let kill = self.text.lines().find(|line| line.starts_with("Out of memory"));
        kill.or_else(|| self.text.lines().next()).unwrap_or_default()
    }

    /// Whether [`Story::why`] has an answer.
    #[must_use]
    pub fn explained(&self) -> bool {
        self.chain.is_some() || matches!(self.class, EventClass::StallBegin | EventClass::StallEnd)
    }
}

/// A task at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskNow<'a> {
    /// Name as in `ps`.
    pub name: &'a str,
    /// `R`, `S` or `D`.
    pub state: char,
    /// In this state for so long.
    pub waits: Nanos,
    /// Whether it did other things besides, too short to be told apart.
    pub merged: bool,
    /// Kernel functions, outermost first.
    pub stack: &'a [String],
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Virtual time at the end.
    pub end: Nanos,
    /// Names of the tasks.
    names: Vec<String>,
    /// Call stacks, outermost function first.
    stacks: Vec<Vec<String>>,
    timeline: Timeline,
    /// The log, in the order of time.
    pub events: Vec<StoryEvent>,
    chains: Vec<Chain>,
}

impl Story {
    /// Takes what it needs of a run.
    #[must_use]
    pub fn of(trace: &Trace, kernel: &Kernel) -> Self {
        let stacks = trace.stacks.iter().map(|stack| stack.iter().map(|name| (*name).to_owned()).collect());
        let mut story = Self {
            end: trace.end,
            names: trace.tasks.iter().map(|task| task.name.clone()).collect(),
            stacks: stacks.collect(),
            timeline: trace.timeline.clone(),
            events: Vec::new(),
            chains: trace.chains.clone(),
        };
        story.add_log(trace, kernel);
        story.add_sleeps();
        story.add_stalls(trace);
        sort::by_number(&mut story.events, |event| event.t.0);
        story
    }

    /// What the kernel prints; all lines about one event are one.
    fn add_log(&mut self, trace: &Trace, kernel: &Kernel) {
        let mut last = None;
        for line in dmesg(trace, kernel.policy.oom_report) {
            let about = line.event.and_then(|index| trace.events.get(index));
            let kill = about.is_some_and(|event| matches!(event.kind, EventKind::Oom { .. }));
            match self.events.last_mut() {
                Some(event) if kill && last == line.event => {
                    if line.part == Part::Oom {
                        event.text.push('\n');
                        event.text.push_str(&line.text);
                    } else {
                        event.more.push(line.text);
                    }
                }
                _ => {
                    let (class, mark) = about.map_or((EventClass::Print, false), |event| class(&event.kind));
                    let mut event = StoryEvent::new(line.t, class, mark, line.text);
                    if kill {
                        event.chain =
                            self.chains.iter().position(|chain| chain.site.is_none() && chain.t == line.t);
                    }
                    self.events.push(event);
                }
            }
            last = line.event;
        }
    }

    /// Sleeps with a chain; the first and the longest of a task at a place are marks, and all long ones.
    fn add_sleeps(&mut self) {
        let mut first = Vec::new();
        let mut longest: Vec<(u32, usize, Nanos)> = Vec::new();
        let mut sleeps = Vec::new();
        for (index, chain) in self.chains.iter().enumerate() {
            let Some(site) = chain.site else { continue };
            let name = self.name(chain.task);
            if name.starts_with('(') {
                continue;
            }
            let text = format!("{name}: {}", self.slept(chain, &format!(" in {}", site.name())));
            let is_first = !first.contains(&(chain.task, site));
            if is_first {
                first.push((chain.task, site));
                longest.push((chain.task, sleeps.len(), chain.lasted));
            } else if let Some(place) = first.iter().position(|place| *place == (chain.task, site)) {
                let slot = &mut longest[place];
                if chain.lasted > slot.2 {
                    *slot = (chain.task, sleeps.len(), chain.lasted);
                }
            }
            let mark = chain.lasted >= if is_first { NOTABLE } else { LONG };
            let mut event = StoryEvent::new(chain.t, EventClass::Sleep, mark, text);
            event.chain = Some(index);
            sleeps.push(event);
        }
        for (_, index, length) in longest {
            sleeps[index].mark |= length >= NOTABLE;
        }
        self.events.append(&mut sleeps);
    }

    /// How long a task slept, or was asleep when the run ended; `place` says where.
    fn slept(&self, chain: &Chain, place: &str) -> String {
        let (slept, to) =
            if chain.t == self.end { ("asleep for", ", to the end of the run") } else { ("slept", "") };
        format!("{slept} {}{place}{to}", delay(chain.lasted))
    }

    fn add_stalls(&mut self, trace: &Trace) {
        let mut lengths: Vec<u64> = trace.stalls.iter().map(|stall| (stall.to - stall.from).0).collect();
        sort::ascending(&mut lengths);
        let least = lengths.iter().rev().nth(STALLS).copied().unwrap_or_default();
        for stall in &trace.stalls {
            // Whoever was killed touches nothing any more.
            if stall.to == trace.end && trace.outcome == Outcome::Oom {
                continue;
            }
            let mark = (stall.to - stall.from).0 > least;
            let length = delay(stall.to - stall.from);
            let text = format!("the workload stops: it will touch no page for {length}");
            self.events.push(StoryEvent::new(stall.from, EventClass::StallBegin, mark, text));
            let text = match stall.to == trace.end {
                true => format!("the run ends, {length} after the last page was touched"),
                false => format!("the workload goes on after {length}"),
            };
            self.events.push(StoryEvent::new(stall.to, EventClass::StallEnd, mark, text));
        }
    }

    fn name(&self, task: u32) -> &str {
        self.names.get(task as usize).map_or("?", String::as_str)
    }

    fn stack(&self, stack: u32) -> &[String] {
        self.stacks.get(stack as usize).map_or(&[], Vec::as_slice)
    }

    /// What every task was doing at a time: the blocked ones first, then those that run, then those that wait for work.
    #[must_use]
    pub fn tasks_at(&self, t: Nanos) -> Vec<TaskNow<'_>> {
        let t = t.min(self.end);
        let tasks = self.timeline.at(t).into_iter().map(|at| TaskNow {
            name: self.name(at.task),
            state: at.phase.letter(),
            waits: t - at.since,
            merged: at.merged,
            stack: self.stack(at.stack),
        });
        // Names in parentheses are timers of the model.
        let mut tasks: Vec<TaskNow<'_>> = tasks.filter(|task| !task.name.starts_with('(')).collect();
        sort::by_number(&mut tasks, |task| match task.state {
            'D' => 0,
            'R' => 1,
            _ => 2,
        });
        tasks
    }

    /// The event with an explanation that is nearest to a time, of some class if one is given: an index into
    /// [`Story::events`].
    #[must_use]
    pub fn nearest(&self, t: Nanos, class: Option<EventClass>) -> Option<usize> {
        let fits = |at: &usize| {
            let event = &self.events[*at];
            event.explained() && class.is_none_or(|class| class == event.class)
        };
        (0..self.events.len()).filter(fits).min_by_key(|at| self.events[*at].t.0.abs_diff(t.0))
    }
}

/// Class of an event that is printed, and whether it is a mark.
fn class(kind: &EventKind) -> (EventClass, bool) {
    match kind {
        EventKind::Oom { .. } => (EventClass::Oom, true),
        EventKind::Started | EventKind::Exited { .. } | EventKind::WorkloadDone => (EventClass::Course, true),
        EventKind::AllocationStall { .. } => (EventClass::Print, true),
        EventKind::WorkerCreated | EventKind::Mayday => (EventClass::Work, false),
        EventKind::Sleep { .. } | EventKind::Reaped | EventKind::AllocationFailure { .. } => {
            (EventClass::Print, false)
        }
    }
}
