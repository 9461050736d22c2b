//! A story as numbers and strings, and back.

use super::{EventClass, Story, StoryEvent};
use crate::pack::{Pack, Unpack};
use std::collections::BTreeMap;
use swapscope_sim::trace::{Chain, Decision, Site, Span, Step, TaskPhase, Timeline};
use swapscope_sim::units::Nanos;

const PHASES: [TaskPhase; 4] = [TaskPhase::Running, TaskPhase::Sleeping, TaskPhase::Blocked, TaskPhase::Dead];

/// Strings, each kept once.
#[derive(Default)]
struct Strings<'a> {
    list: Vec<&'a str>,
    known: BTreeMap<&'a str, u64>,
}

impl<'a> Strings<'a> {
    fn number(&mut self, text: &'a str) -> u64 {
        let next = self.list.len() as u64;
        let number = *self.known.entry(text).or_insert(next);
        if number == next {
            self.list.push(text);
        }
        number
    }
}

impl Story {
    /// Numbers and strings that say all of it.
    #[must_use]
    pub fn pack(&self) -> (Vec<f64>, Vec<String>) {
        let mut pack = Pack::default();
        let mut strings = Strings::default();
        pack.number(self.end.0);
        pack.number(self.timeline.grain.0);
        pack.list(self.names.iter().map(|name| strings.number(name)));
        pack.number(self.stacks.len() as u64);
        for stack in &self.stacks {
            pack.list(stack.iter().map(|name| strings.number(name)));
        }
        for spans in &self.timeline.spans {
            pack.list(spans.iter().map(|span| span.from().0));
            pack.list(spans.iter().map(|span| {
                u64::from(span.stack()) * 8 + (span.phase() as u64) * 2 + u64::from(span.merged())
            }));
        }
        pack.number(self.chains.len() as u64);
        for chain in &self.chains {
            pack.number(chain.t.0);
            pack.number(chain.task.into());
            pack.number(chain.site.map_or(0, |site| site as u64 + 1));
            pack.number(chain.lasted.0);
            pack.number(chain.steps.len() as u64);
            for step in &chain.steps {
                pack.number(step.t.0);
                pack.number(step.times);
                let words = step.decision.words();
                let used = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
                pack.list(words.into_iter().take(used));
            }
        }
        pack.number(self.events.len() as u64);
        for event in &self.events {
            pack.number(event.t.0);
            pack.number(event.class as u64 * 2 + u64::from(event.mark));
            pack.number(event.chain.map_or(0, |chain| chain as u64 + 1));
            pack.number(strings.number(&event.text));
            pack.list(event.more.iter().map(|line| strings.number(line)));
        }
        (pack.0, strings.list.into_iter().map(str::to_owned).collect())
    }

    /// Reads what [`Story::pack`] wrote; `None` for anything else.
    #[must_use]
    pub fn unpack(numbers: &[f64], strings: &[String]) -> Option<Self> {
        let mut unpack = Unpack(numbers.iter());
        let text = |number: u64| strings.get(usize::try_from(number).ok()?).cloned();
        let texts = |numbers: Vec<u64>| numbers.into_iter().map(text).collect::<Option<Vec<String>>>();
        let (end, grain) = (Nanos(unpack.number()?), Nanos(unpack.number()?));
        let names = texts(unpack.list()?)?;
        let mut stacks = Vec::new();
        for _ in 0..unpack.number()? {
            stacks.push(texts(unpack.list()?)?);
        }
        let mut spans = Vec::new();
        for _ in &names {
            spans.push(unpack_spans(&unpack.list()?, &unpack.list()?)?);
        }
        let mut chains = Vec::new();
        for _ in 0..unpack.number()? {
            chains.push(unpack_chain(&mut unpack)?);
        }
        let mut events = Vec::new();
        for _ in 0..unpack.number()? {
            let t = Nanos(unpack.number()?);
            let class = unpack.number()?;
            let chain = unpack.number()?.checked_sub(1);
            events.push(StoryEvent {
                t,
                class: *EventClass::ALL.get(usize::try_from(class / 2).ok()?)?,
                mark: class % 2 == 1,
                chain: chain.and_then(|chain| usize::try_from(chain).ok()),
                text: text(unpack.number()?)?,
                more: texts(unpack.list()?)?,
            });
        }
        Some(Self { end, names, stacks, timeline: Timeline { grain, spans }, events, chains })
    }
}

fn unpack_spans(from: &[u64], what: &[u64]) -> Option<Vec<Span>> {
    let span = |(from, what): (&u64, &u64)| {
        let phase = *PHASES.get(usize::try_from(what / 2 % 4).ok()?)?;
        Some(Span::new(Nanos(*from), phase, u32::try_from(what / 8).ok()?, what % 2 == 1))
    };
    from.iter().zip(what).map(span).collect()
}

fn unpack_chain(unpack: &mut Unpack<'_>) -> Option<Chain> {
    let (t, task) = (Nanos(unpack.number()?), u32::try_from(unpack.number()?).ok()?);
    let site = match unpack.number()?.checked_sub(1) {
        Some(site) => Some(*Site::ALL.get(usize::try_from(site).ok()?)?),
        None => None,
    };
    let lasted = Nanos(unpack.number()?);
    let mut steps = Vec::new();
    for _ in 0..unpack.number()? {
        let (t, times) = (Nanos(unpack.number()?), unpack.number()?);
        let mut words = unpack.list()?;
        words.resize(swapscope_sim::trace::WORDS, 0);
        steps.push(Step { t, times, decision: Decision::from_words(&words)? });
    }
    Some(Chain { t, task, site, lasted, steps })
}
