//! Digests: the figures of a recorded run and the conditions it ran under, without the recording itself.
//!
//! TOML, of which it takes lines of `key = "text"` and `key = number`, and after them the section `[figures]`.

use super::{Clock, Figures, MEASURES};
use crate::error::{Error, file_name, nearest, shown};
use crate::settings::Change;
use crate::{Scenario, Setup};
use std::fmt::Write;
use swapscope_sim::trace::Outcome;

/// A recorded run in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Its name.
    pub name: String,
    /// Where the recording comes from.
    pub source: String,
    /// What it ran on and with.
    pub conditions: String,
    /// The scenario that comes closest.
    pub scenario: String,
    /// The kernel that comes closest.
    pub kernel: String,
    /// What is changed in the scenario: `KEY=VALUE`, separated by blanks.
    pub set: String,
    /// What the model cannot do that this run had; empty if there is nothing.
    pub not_modelled: String,
    /// What a reader should know besides; may be empty.
    pub note: String,
    /// How often and how long the run was looked at.
    pub clock: Clock,
    /// Its figures.
    pub figures: Figures,
}

const TEXTS: [&str; 8] =
    ["name", "source", "conditions", "scenario", "kernel", "set", "not_modelled", "note"];

impl Digest {
    fn texts(&mut self) -> [&mut String; 8] {
        [
            &mut self.name,
            &mut self.source,
            &mut self.conditions,
            &mut self.scenario,
            &mut self.kernel,
            &mut self.set,
            &mut self.not_modelled,
            &mut self.note,
        ]
    }

    /// Reads a digest. `path` names it in errors.
    ///
    /// # Errors
    /// At `FILE:LINE`: what cannot be used and what was expected.
    pub fn parse(path: &str, text: &str) -> Result<Self, Error> {
        let file = file_name(path);
        let figures = Figures { outcome: Outcome::Timeout, values: vec![None; MEASURES.len()] };
        let mut digest = Self {
            name: String::new(),
            source: String::new(),
            conditions: String::new(),
            scenario: String::new(),
            kernel: String::new(),
            set: String::new(),
            not_modelled: String::new(),
            note: String::new(),
            clock: Clock::default(),
            figures,
        };
        let (mut in_figures, mut has_outcome) = (false, false);
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let place = format!("{file}:{number}");
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line == "[figures]" {
                in_figures = true;
                continue;
            }
            let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()))
            else {
                return Err(Error::new(place, "expected key = value or [figures]"));
            };
            match (in_figures, key) {
                (true, "outcome") => {
                    digest.figures.outcome = outcome(&place, &text_of(&place, key, value)?)?;
                    has_outcome = true;
                }
                (true, "step_ms") => digest.clock.step_ns = milliseconds(&place, key, value)?,
                (true, "end_ms") => digest.clock.end_ns = milliseconds(&place, key, value)?,
                (true, _) => {
                    let Some(at) = MEASURES.iter().position(|measure| measure.key == key) else {
                        let near = nearest(key, MEASURES.iter().map(|measure| measure.key));
                        return Err(Error::new(place, format!("unknown figure '{}'{near}", shown(key))));
                    };
                    digest.figures.values[at] = Some(number_of(&place, key, value)?);
                }
                (false, _) => {
                    let Some(at) = TEXTS.iter().position(|known| *known == key) else {
                        let near = nearest(key, TEXTS);
                        return Err(Error::new(place, format!("unknown key '{}'{near}", shown(key))));
                    };
                    *digest.texts()[at] = text_of(&place, key, value)?;
                }
            }
        }
        if !has_outcome || digest.clock.step_ns == 0 {
            return Err(Error::new(file, "expected [figures] with outcome, step_ms and end_ms"));
        }
        Ok(digest)
    }

    /// The text of a digest.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::from("# Figures of a recorded run; the recording itself is not here.\n");
        for (key, text) in TEXTS.iter().zip(self.clone().texts()) {
            if !text.is_empty() {
                let _ = writeln!(out, "{key} = \"{text}\"");
            }
        }
        let (outcome, ms) = (self.figures.outcome.name(), 1_000_000);
        let _ = writeln!(out, "\n[figures]\noutcome = \"{outcome}\"");
        let _ = writeln!(out, "step_ms = {}\nend_ms = {}", self.clock.step_ns / ms, self.clock.end_ns / ms);
        for (measure, value) in MEASURES.iter().zip(&self.figures.values) {
            if let Some(value) = value {
                let _ = writeln!(out, "{} = {value}", measure.key);
            }
        }
        out
    }

    /// What the model runs beside it, for as long as it ran.
    ///
    /// # Errors
    /// A scenario, kernel or setting that does not exist.
    pub fn setup(&self, seeds: u64) -> Result<Setup, Error> {
        let scenario = Scenario::bundled(&self.scenario, &self.name)?;
        let mut changes = self.changes()?;
        let kernels = [(self.kernel.clone(), self.name.clone())];
        let setup = Setup::with(scenario.clone(), &changes, &kernels)?;
        let wanted =
            super::duration(self.figures.outcome, self.clock.end_ns, setup.settings.number("duration"));
        changes.push(Change::parse("duration", &format!("{wanted}ns"), &self.name)?);
        Setup::with(scenario, &changes, &kernels)?.seeds(1, seeds, &self.name)
    }

    /// What is changed in the scenario.
    ///
    /// # Errors
    /// A setting that does not exist.
    pub fn changes(&self) -> Result<Vec<Change>, Error> {
        let parts = self.set.split_whitespace().map(|part| part.split_once('=').unwrap_or((part, "")));
        parts.map(|(key, value)| Change::parse(key, value, &self.name)).collect()
    }
}

fn outcome(place: &str, name: &str) -> Result<Outcome, Error> {
    let all = [Outcome::Completed, Outcome::Oom, Outcome::Livelock, Outcome::Timeout];
    let found = all.into_iter().find(|outcome| outcome.name() == name);
    found.ok_or_else(|| {
        let near = nearest(name, all.map(Outcome::name));
        Error::new(place, format!("unknown outcome '{}'{near}", shown(name)))
    })
}

fn text_of(place: &str, key: &str, value: &str) -> Result<String, Error> {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match inner.filter(|text| !text.contains(['"', '\\'])) {
        Some(text) => Ok(text.to_owned()),
        None => Err(Error::new(place, format!("{key} = {}: expected a text in quotes", shown(value)))),
    }
}

fn number_of(place: &str, key: &str, value: &str) -> Result<u64, Error> {
    let number = value.parse::<u64>().ok().filter(|value| *value <= 1 << 60);
    number.ok_or_else(|| Error::new(place, format!("{key} = {}: expected a whole number", shown(value))))
}

fn milliseconds(place: &str, key: &str, value: &str) -> Result<u64, Error> {
    let ms = number_of(place, key, value)?;
    if !(1..=7 * 86_400_000).contains(&ms) {
        return Err(Error::new(place, format!("{key} = {ms}: expected 1 to {}", 7 * 86_400_000)));
    }
    Ok(ms * 1_000_000)
}
