//! What every task did over time: spans of one state and one call stack, contiguous for each task, in bounded memory.
//!
//! At most [`SPANS`] spans are kept of a run. When there are more, the shortest span that is kept (the grain) doubles. A
//! shorter one between two that are kept becomes the end of the first; a row of shorter ones becomes a span of what they
//! were for most of the time, which is marked as merged.

use crate::exec::{Exec, State, TaskId};
use crate::units::Nanos;

/// Most spans that a run keeps, unless it has more tasks than that.
pub const SPANS: usize = 32_768;
/// Most call stacks that are told apart; one that comes later is taken for that of its callers.
pub const STACKS: usize = 8192;
/// The first grain.
const FIRST_GRAIN: u64 = 1 << 14;
/// No run is longer.
const LAST_GRAIN: u64 = 1 << 62;

/// State of a task, as `ps` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskPhase {
    /// Runs or could.
    Running,
    /// Sleeps, and waits for work or a timer.
    Sleeping,
    /// Sleeps uninterruptibly: is blocked.
    Blocked,
    /// Is gone.
    Dead,
}

impl TaskPhase {
    /// `R`, `S`, `D` or `X`.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Running => 'R',
            Self::Sleeping => 'S',
            Self::Blocked => 'D',
            Self::Dead => 'X',
        }
    }
}

impl From<State> for TaskPhase {
    fn from(state: State) -> Self {
        match state {
            State::Running | State::Runnable => Self::Running,
            State::Uninterruptible | State::Killable => Self::Blocked,
            State::Interruptible => Self::Sleeping,
            State::Dead => Self::Dead,
        }
    }
}

/// State, call stack and mark in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key(u32);

impl Key {
    const MERGED: u32 = 1 << 31;
    const PHASE_AT: u32 = 29;

    fn new(phase: TaskPhase, stack: u32) -> Self {
        Self((phase as u32) << Self::PHASE_AT | stack & ((1 << Self::PHASE_AT) - 1))
    }
    fn phase(self) -> TaskPhase {
        match self.0 >> Self::PHASE_AT & 3 {
            0 => TaskPhase::Running,
            1 => TaskPhase::Sleeping,
            2 => TaskPhase::Blocked,
            _ => TaskPhase::Dead,
        }
    }
    fn stack(self) -> u32 {
        self.0 & ((1 << Self::PHASE_AT) - 1)
    }
    fn same(self, other: Self) -> bool {
        (self.0 ^ other.0) & !Self::MERGED == 0
    }
}

/// What a task did from one time up to the beginning of its next span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: u64,
    key: Key,
}

impl Span {
    /// A span that begins then.
    #[must_use]
    pub fn new(from: Nanos, phase: TaskPhase, stack: u32, merged: bool) -> Self {
        let key = Key::new(phase, stack);
        Self { from: from.0, key: Key(key.0 | if merged { Key::MERGED } else { 0 }) }
    }
    /// When it began.
    #[must_use]
    pub fn from(self) -> Nanos {
        Nanos(self.from)
    }
    /// State of the task.
    #[must_use]
    pub fn phase(self) -> TaskPhase {
        self.key.phase()
    }
    /// Call stack, an index into [`Trace::stacks`](crate::trace::Trace::stacks). A sleeping task's is exact; a running
    /// one's is looked at when it begins to run and on ticks.
    #[must_use]
    pub fn stack(self) -> u32 {
        self.key.stack()
    }
    /// Whether it stands for many that were shorter than the grain.
    #[must_use]
    pub fn merged(self) -> bool {
        self.key.0 & Key::MERGED != 0
    }
}

/// What one task was doing at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskAt {
    /// The task, an index into [`Trace::tasks`](crate::trace::Trace::tasks).
    pub task: u32,
    /// Its state.
    pub phase: TaskPhase,
    /// In this state since.
    pub since: Nanos,
    /// Call stack, as in [`Span::stack`].
    pub stack: u32,
    /// Whether it did other things besides, each for less than [`Timeline::grain`].
    pub merged: bool,
}

/// The spans of all tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Length of the shortest span that is kept as it was; 0 as long as all are.
    pub grain: Nanos,
    /// Spans in the order of time, by task.
    pub spans: Vec<Vec<Span>>,
}

impl Timeline {
    /// What every task that was alive at a time did then.
    #[must_use]
    pub fn at(&self, t: Nanos) -> Vec<TaskAt> {
        let mut found = Vec::new();
        for (task, spans) in (0_u32..).zip(&self.spans) {
            let after = spans.partition_point(|span| span.from <= t.0);
            let Some(span) = after.checked_sub(1).and_then(|at| spans.get(at)) else { continue };
            let phase = span.phase();
            if phase == TaskPhase::Dead {
                continue;
            }
            // A running task has a span for each stack that was seen.
            let earlier = spans[..after].iter().rev().take_while(|other| other.phase() == phase);
            let since = match phase {
                TaskPhase::Running => earlier.last().unwrap_or(span).from(),
                TaskPhase::Sleeping | TaskPhase::Blocked | TaskPhase::Dead => span.from(),
            };
            found.push(TaskAt { task, phase, since, stack: span.stack(), merged: span.merged() });
        }
        found
    }
}

/// A function of a call stack: one node for each chain of callers.
struct Node {
    name: &'static str,
    parent: u32,
    child: u32,
    sibling: u32,
}

/// All call stacks seen, as a tree. Node 0, its own parent, is the empty stack; so 0 also ends a list.
struct Stacks(Vec<Node>);

impl Stacks {
    fn new() -> Self {
        Self(vec![Node { name: "", parent: 0, child: 0, sibling: 0 }])
    }

    fn callee(&mut self, of: u32, name: &'static str) -> u32 {
        let first = self.0[of as usize].child;
        let mut at = first;
        while at != 0 {
            let node = &self.0[at as usize];
            if std::ptr::eq(node.name, name) || node.name == name {
                return at;
            }
            at = node.sibling;
        }
        if self.0.len() == STACKS {
            return of;
        }
        let new = u32::try_from(self.0.len()).unwrap_or(0);
        self.0.push(Node { name, parent: of, child: 0, sibling: first });
        self.0[of as usize].child = new;
        new
    }

    /// Number of a task's present stack. Only functions called since the last look are looked up.
    fn number(&mut self, stack: &mut CallStack) -> u32 {
        let mut at = stack.known.last().copied().unwrap_or(0);
        for name in &stack.frames[stack.known.len()..] {
            at = self.callee(at, name);
            stack.known.push(at);
        }
        at
    }

    fn frames(&self, stack: usize) -> Vec<&'static str> {
        let mut frames = Vec::new();
        let mut at = stack;
        while at != 0 {
            frames.push(self.0[at].name);
            at = self.0[at].parent as usize;
        }
        frames.reverse();
        frames
    }
}

/// Kernel functions that a task is in, outermost first.
#[derive(Default)]
pub(crate) struct CallStack {
    frames: Vec<&'static str>,
    /// Numbers of the stacks that the first of the frames make.
    known: Vec<u32>,
    /// When a running task's stack is looked at next; 0 if it has not run since it was woken.
    look_at: u64,
}

impl CallStack {
    pub(crate) fn push(&mut self, name: &'static str) {
        self.frames.push(name);
    }
    pub(crate) fn pop(&mut self) {
        self.frames.pop();
        self.known.truncate(self.frames.len());
    }
    /// Whether it is time for [`Recording::runs`].
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= self.look_at
    }
}

impl std::ops::Deref for CallStack {
    type Target = [&'static str];
    fn deref(&self) -> &Self::Target {
        &self.frames
    }
}

/// Spans shorter than the grain, on their way to become one: what they did for most of the time, by a weighted vote
/// (Boyer and Moore).
#[derive(Clone, Copy)]
struct Window {
    from: u64,
    key: Key,
    weight: u64,
}

/// The spans of one task.
struct Line {
    spans: Vec<Span>,
    window: Option<Window>,
    /// The span that has not ended yet.
    open: Span,
}

impl Line {
    /// Takes in a span that has ended.
    fn fold(&mut self, span: Span, to: u64, grain: u64) {
        let length = to - span.from;
        if length >= grain {
            self.close_window();
            self.push(span);
            return;
        }
        let window = match self.window.as_mut() {
            None => self.window.insert(Window { from: span.from, key: span.key, weight: length }),
            Some(window) => {
                if window.key.same(span.key) {
                    window.weight += length;
                } else if window.weight >= length {
                    window.weight -= length;
                } else {
                    window.weight = length - window.weight;
                    window.key = span.key;
                }
                window.key.0 |= Key::MERGED;
                window
            }
        };
        if to - window.from >= grain {
            let span = Span { from: window.from, key: window.key };
            self.window = None;
            self.push(span);
        }
    }

    /// What was too short to be kept, even all together, becomes the end of the span before.
    fn close_window(&mut self) {
        if let Some(window) = self.window.take()
            && self.spans.is_empty()
        {
            self.spans.push(Span { from: window.from, key: window.key });
        }
    }

    fn push(&mut self, span: Span) {
        match self.spans.last() {
            // Two sleeps in one place stay two.
            Some(last) if last.key == span.key && span.merged() => {}
            _ => self.spans.push(span),
        }
    }

    /// Folds all spans anew with a coarser grain.
    fn coarsen(&mut self, grain: u64, scratch: &mut Vec<Span>) {
        let window = self.window.take().map(|window| Span { from: window.from, key: window.key });
        scratch.clear();
        scratch.append(&mut self.spans);
        scratch.extend(window);
        for at in 0..scratch.len() {
            let to = scratch.get(at + 1).map_or(self.open.from, |next| next.from);
            self.fold(scratch[at], to, grain);
        }
    }
}

/// A [`Timeline`] in the making.
pub(crate) struct Recording {
    stacks: Stacks,
    lines: Vec<Line>,
    grain: u64,
    total: usize,
    most: usize,
    scratch: Vec<Span>,
}

impl Recording {
    pub(crate) fn new() -> Self {
        Self::with_room(SPANS)
    }

    fn with_room(most: usize) -> Self {
        Self { stacks: Stacks::new(), lines: Vec::new(), grain: 0, total: 0, most, scratch: Vec::new() }
    }

    /// A task sleeps from now on, or is gone.
    pub(crate) fn rests(&mut self, task: u32, now: u64, phase: TaskPhase, stack: &mut CallStack) {
        let number = self.stacks.number(stack);
        self.note(task, now, Key::new(phase, number));
    }

    /// A task is woken. What it will run is not known yet.
    pub(crate) fn wakes(&mut self, task: u32, now: u64, stack: &mut CallStack) {
        stack.look_at = 0;
        let number = self.stacks.number(stack);
        self.note(task, now, Key::new(TaskPhase::Running, number));
    }

    /// A task runs; its stack is looked at again a tick later.
    pub(crate) fn runs(&mut self, task: u32, now: u64, tick: u64, stack: &mut CallStack) {
        let key = Key::new(TaskPhase::Running, self.stacks.number(stack));
        if stack.look_at == 0 {
            if let Some(line) = self.lines.get_mut(task as usize) {
                line.open.key = key;
            }
        } else {
            self.note(task, now, key);
        }
        stack.look_at = now + tick;
    }

    fn note(&mut self, task: u32, now: u64, key: Key) {
        let open = Span { from: now, key };
        let Some(line) = self.lines.get_mut(task as usize) else {
            // Tasks are numbered in the order of their beginnings.
            self.lines.push(Line { spans: Vec::new(), window: None, open });
            return;
        };
        if line.open.key == key {
            return;
        }
        if line.open.from < now {
            let before = line.spans.len();
            line.fold(line.open, now, self.grain);
            self.total += line.spans.len() - before;
        }
        line.open = open;
        if self.total > self.most {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        // A quarter of the room is made free, so that this is not needed again at once.
        while self.total > self.most / 4 * 3 && self.grain < LAST_GRAIN {
            self.grain = (2 * self.grain).max(FIRST_GRAIN);
            self.total = 0;
            for line in &mut self.lines {
                line.coarsen(self.grain, &mut self.scratch);
                self.total += line.spans.len();
            }
        }
    }

    /// The timeline, which ends with what every task did last, and all stacks.
    pub(crate) fn finish(&mut self) -> (Timeline, Vec<Vec<&'static str>>) {
        let lines = std::mem::take(&mut self.lines);
        let spans = lines.into_iter().map(|mut line| {
            line.close_window();
            line.push(line.open);
            line.spans
        });
        let timeline = Timeline { grain: Nanos(self.grain), spans: spans.collect() };
        let stacks = (0..self.stacks.0.len()).map(|at| self.stacks.frames(at)).collect();
        (timeline, stacks)
    }
}

impl Exec {
    /// Number of a task's present call stack, in [`Trace::stacks`](crate::trace::Trace::stacks).
    pub(crate) fn stack_number(&self, task: TaskId) -> u32 {
        self.timeline.borrow_mut().stacks.number(&mut self.tasks.borrow_mut()[task as usize].frames)
    }
}

#[cfg(test)]
mod tests;
