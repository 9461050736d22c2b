//! Links: a [`Setup`] to a readable query and back.
//!
//! `?s=dmcrypt-2016&k=4.6,4.7-rc6~mempool-noretry&ram=2g&seed=7&seeds=16&t=12.35&v=3.2,17&m=1&r=oy3f2a9c41&c=x7`
//!
//! - `s` scenario; `k` kernels, unless they are the scenario's; then the parameters that differ, in the order of the
//!   table; `seed` unless 1, `seeds` unless 1;
//! - `t` the moment under the cursor and `v` the stretch that is shown, in seconds, where the link is to point at them;
//! - `m` version of the model; `r` the result, if known and as far as there is room: how each kernel ended (`o` OOM
//!   kill, `l` livelock, `t` time is up, `y` completed), then the first digits of the digest;
//! - `c` two check characters over all before them. They stand last, so that a link that was cut is detected as well
//!   as one that something was glued to.
//!
//! A link says only what differs from its scenario: a changed value in a bundled scenario changes what links mean, just
//! as a change of the model does, and raises `MODEL_VERSION`; [`upgrade`] then says what older links meant.
//!
//! Whoever types a link ends it with `&c=0`, which is no pair of check characters: such a link opens, and a note says that
//! nobody would notice a typing error. `m` may be left out then. Without any `c` a link cannot be told from one that was
//! cut, and does not open.
//!
//! Characters are `[a-z0-9.,=&~-]` only, and a link never ends with one that mail programs cut off.

use crate::error::{Error, nearest_or, shown};
use crate::file::{BUNDLED, Scenario};
use crate::param::{self, PARAMS};
use crate::report::{self, Figures};
use crate::settings::Change;
use crate::setup::{SEED_MAX, SEEDS_MAX, Setup};
use swapscope_sim::MODEL_VERSION;
use swapscope_sim::trace::Outcome;

pub use focus::Focus;
pub use forgive::untracked;

mod focus;
mod forgive;
mod upgrade;

/// Where links point unless the page says otherwise.
pub const BASE: &str = "https://swapscope.github.io/";
/// A link of a bundled scenario and two versions is no longer than this.
pub const LENGTH: usize = 72;
/// No link is longer.
pub const LENGTH_MAX: usize = 2000;
const PLACE: &str = "link";
/// Stands in place of the check characters of a link that was typed by hand. `0` is none of their digits.
const UNCHECKED: &str = "0";
/// Digits of the digest, where there is room.
const DIGITS: usize = 8;

/// What a comparison came to, as far as a link tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How the shown run of each kernel ended, in their order.
    pub outcomes: Vec<Outcome>,
    /// The digest of these runs.
    pub digest: u64,
}

impl Finding {
    /// What the shown runs came to, in the order of the kernels.
    #[must_use]
    pub fn of<'a>(shown: impl IntoIterator<Item = &'a Figures>) -> Self {
        let shown: Vec<&Figures> = shown.into_iter().collect();
        let outcome = |figures: &&Figures| {
            LETTERS.iter().map(|(outcome, _)| *outcome).find(|outcome| outcome.name() == figures.outcome)
        };
        Self {
            outcomes: shown.iter().filter_map(outcome).collect(),
            digest: report::digest(shown.iter().map(|figures| figures.hash)),
        }
    }
}

/// Outcomes as letters that are no hexadecimal digits.
const LETTERS: [(Outcome, char); 5] = [
    (Outcome::Completed, 'y'),
    (Outcome::Oom, 'o'),
    (Outcome::Livelock, 'l'),
    (Outcome::Timeout, 't'),
    (Outcome::Stopped, 's'),
];

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The scenario that it starts from.
    pub scenario: Scenario,
    /// Changes to it.
    pub changes: Vec<Change>,
    /// Names of kernels with their place; empty for those of the scenario.
    pub kernels: Vec<(String, String)>,
    /// Seed of the run that is shown.
    pub seed: u64,
    /// Size of the ensemble.
    pub seeds: u64,
    /// Where to look.
    pub focus: Focus,
    /// Version of the model that it was shared with.
    pub model: u32,
    /// How each kernel ended when it was shared; empty where it does not say.
    pub outcomes: Vec<Outcome>,
    /// The first hexadecimal digits of the digest that it was shared with; empty where it has none.
    pub digest: String,
    /// Whether it has check characters; they fit. One that was typed by hand has none.
    pub is_checked: bool,
    /// Whether something was put into it on its way that is no part of it, and left out.
    pub was_tracked: bool,
}

impl Opened {
    /// What a link says that changes nothing in a scenario.
    #[must_use]
    pub fn plain(scenario: Scenario) -> Self {
        Self {
            scenario,
            changes: Vec::new(),
            kernels: Vec::new(),
            seed: 1,
            seeds: 1,
            focus: Focus::default(),
            model: MODEL_VERSION,
            outcomes: Vec::new(),
            digest: String::new(),
            is_checked: true,
            was_tracked: false,
        }
    }

    /// The comparison that it stands for.
    ///
    /// # Errors
    /// At `link`: an unknown kernel, or values that do not fit together.
    pub fn setup(&self) -> Result<Setup, Error> {
        Setup::with(self.scenario.clone(), &self.changes, &self.kernels)?.seeds(self.seed, self.seeds, PLACE)
    }

    /// What to tell the reader before anything is run: that the link has no check, that something was left out of it, or
    /// that it comes from another version of the model.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let typed = "this link was typed by hand: nothing checks it against typing errors";
        let tracked = "what a tracker had put into this link was left out";
        let notes = [
            (!self.is_checked).then(|| typed.to_owned()),
            self.was_tracked.then(|| tracked.to_owned()),
            self.model_note(),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// What to tell the reader when the link comes from another version of the model.
    #[must_use]
    pub fn model_note(&self) -> Option<String> {
        (self.model != MODEL_VERSION).then(|| {
            let this = if self.model > MODEL_VERSION { "this swapscope is older," } else { "this is" };
            format!("shared with model {}; {this} model {MODEL_VERSION}, and results may differ", self.model)
        })
    }

    /// Whether a result is the one that was shared; `None` when the link does not say.
    #[must_use]
    pub fn same_digest(&self, digest: u64) -> Option<bool> {
        (!self.digest.is_empty()).then(|| format!("{digest:016x}").starts_with(&self.digest))
    }

    /// What to tell the reader about the result: whether it is the one that was shared, and if not, whether every kernel
    /// still ends as it did then. `None` when the link does not say.
    #[must_use]
    pub fn verdict_note(&self, kernels: &[String], found: &Finding) -> Option<String> {
        let is_same = self.same_digest(found.digest)?;
        let ends = kernels.iter().zip(self.outcomes.iter().zip(&found.outcomes));
        let differs = |(kernel, (then, now)): (&String, (&Outcome, &Outcome))| {
            let (then, now) = (word(*then), word(*now));
            if is_same {
                format!("{kernel} is {now}, not {then}")
            } else {
                format!("{kernel} was {then}, is now {now}")
            }
        };
        let changed: Vec<String> = ends.filter(|(_, (then, now))| then != now).map(differs).collect();
        Some(match (is_same, self.outcomes.is_empty(), changed.is_empty()) {
            (true, _, true) => "the result is the same".to_owned(),
            (true, _, false) => format!("the link says another verdict: {}", changed.join("; ")),
            (false, true, _) => "the result is not the one that was shared".to_owned(),
            (false, false, true) => {
                "the verdict is still the same: the runs differ, but every kernel ends as it did then"
                    .to_owned()
            }
            (false, false, false) => format!("the verdict has changed: {}", changed.join("; ")),
        })
    }

    /// Whether a result is worth a word: the link comes from another version of the model, or says another result.
    #[must_use]
    pub fn is_news(&self, found: &Finding) -> bool {
        let ends_so = self.outcomes.is_empty() || self.outcomes == found.outcomes;
        self.model != MODEL_VERSION || self.same_digest(found.digest) == Some(false) || !ends_so
    }

    /// What to tell the reader who sees the result: that nothing checked the link, that it comes from another version of
    /// the model, and then or if the result differs what became of the verdict. `None` where all is as it was shared.
    #[must_use]
    pub fn account(&self, kernels: &[String], found: &Finding) -> Option<String> {
        let verdict = self.verdict_note(kernels, found).filter(|_| self.is_news(found));
        match (self.note(), verdict) {
            (Some(note), Some(verdict)) => {
                Some(format!("{}: {verdict}", note.trim_end_matches(", and results may differ")))
            }
            (note, verdict) => note.or(verdict),
        }
    }
}

/// An outcome as tables have it.
fn word(outcome: Outcome) -> &'static str {
    if outcome == Outcome::Oom { "OOM kill" } else { outcome.name() }
}

/// The link of a comparison: `base`, `?` and the query.
///
/// # Errors
/// As [`encode_with`].
pub fn encode(setup: &Setup, base: &str) -> Result<String, Error> {
    encode_with(setup, base, &Focus::default(), None)
}

/// The link of a comparison that points at a place in it, with what it came to if it was run.
///
/// A scenario that is no bundled one is written as changes to the bundled scenario that needs the fewest.
///
/// # Errors
/// At `link`: it would be longer than [`LENGTH_MAX`].
pub fn encode_with(
    setup: &Setup,
    base: &str,
    focus: &Focus,
    found: Option<&Finding>,
) -> Result<String, Error> {
    let head = BUNDLED
        .iter()
        .filter_map(|bundled| Scenario::bundled(bundled.name, PLACE).ok())
        .map(|scenario| head(setup, scenario))
        .min_by_key(|(name, query)| (*name != setup.scenario.name, query.len()))
        .map_or(String::new(), |(_, query)| query);
    let mut query = format!("{head}{}&m={MODEL_VERSION}", focus.query());
    // "?" and "&c=xx" come on top.
    let length = base.len() + query.len() + 1 + 5;
    if length > LENGTH_MAX {
        let message = format!(
            "{length} characters, of which no link has more than {LENGTH_MAX}: expected fewer kernels, patches or changes"
        );
        return Err(Error::new(PLACE, message));
    }
    if let Some(found) = found {
        // A link that is longer than others anyway has all of it.
        let most = if length + 4 > LENGTH { LENGTH_MAX } else { LENGTH };
        query += &result(found, most - length);
    }
    let check = check(&query);
    Ok(format!("{base}?{query}&c={check}"))
}

/// `&r=` with what came out, in so much room: outcomes first, unless they would leave no digit.
fn result(found: &Finding, room: usize) -> String {
    let Some(room) = room.checked_sub(3).filter(|room| *room > 0) else { return String::new() };
    let letter =
        |outcome: &Outcome| LETTERS.iter().find(|(other, _)| other == outcome).map(|(_, letter)| letter);
    let mut letters: String = found.outcomes.iter().filter_map(letter).collect();
    if letters.len() >= room {
        letters.clear();
    }
    let digits = (room - letters.len()).min(DIGITS);
    format!("&r={letters}{}", &format!("{:016x}", found.digest)[..digits])
}

/// Name of the scenario and the query up to the seeds, in terms of one bundled scenario. A bundled scenario keeps its
/// own name if its file is unchanged; then the changes are the fewest anyway.
fn head(setup: &Setup, scenario: Scenario) -> (String, String) {
    let name = scenario.name.clone();
    let mut query = format!("s={name}");
    let own: Vec<&str> = scenario.kernels.iter().map(|(name, _)| name.as_str()).collect();
    let kernels = setup.kernel_names();
    if kernels != own {
        query += &format!("&k={}", kernels.join(","));
    }
    let there = Setup { scenario, ..setup.clone() };
    for (key, text) in there.changes() {
        query += &format!("&{key}={text}");
    }
    for (key, number) in [("seed", setup.seed), ("seeds", setup.seeds)] {
        if number != 1 {
            query += &format!("&{key}={number}");
        }
    }
    (name, query)
}

/// Two check characters: CRC-10/ATM in base 32. Any one changed character is detected, as it changes less than ten bits
/// in a row; other damage goes unnoticed in one of 1,024 cases.
fn check(query: &str) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut crc: u32 = 0;
    for byte in query.bytes() {
        crc ^= u32::from(byte) << 2;
        for _ in 0..8 {
            crc = (crc << 1) ^ if crc & 0x200 == 0 { 0 } else { 0x233 };
        }
        crc &= 0x3ff;
    }
    [crc >> 5, crc & 31].iter().map(|digit| char::from(DIGITS[*digit as usize])).collect()
}

/// Reads a link in any of the forms in which mails and chats leave them: a whole address, a query or a fragment,
/// wrapped, quoted, in brackets, with punctuation behind it.
///
/// # Errors
/// At `link`: which part is damaged or missing. A damaged link is never taken for another one.
pub fn decode(text: &str) -> Result<Opened, Error> {
    if text.len() > 4 * LENGTH_MAX {
        return Err(Error::new(
            PLACE,
            format!("longer than any link: expected at most {LENGTH_MAX} characters"),
        ));
    }
    read(text).or_else(|error| match untracked(text) {
        (_, false) => Err(error),
        (text, true) => read(&text).map(|opened| Opened { was_tracked: true, ..opened }),
    })
}

/// Reads a link that no tracker has added anything to.
fn read(text: &str) -> Result<Opened, Error> {
    let mut first = None;
    for candidate in forgive::candidates(text) {
        match checked(&candidate) {
            Ok((query, true)) => return parse(query, true),
            // Nothing tells which of several readings is meant, but that it can be read.
            Ok((query, false)) => match parse(query, false) {
                Ok(opened) => return Ok(opened),
                Err(error) => first = first.or(Some(error.message)),
            },
            Err(message) => first = first.or(Some(message)),
        }
    }
    let expected = format!("expected {BASE}?s=SCENARIO&...&c=XX");
    Err(Error::new(PLACE, first.unwrap_or_else(|| format!("no 's=' in '{}': {expected}", shown(text)))))
}

/// The query before its check characters, if they fit or the link says that it has none.
fn checked(candidate: &str) -> Result<(&str, bool), String> {
    let Some((query, rest)) = candidate.split_once("&c=") else {
        let tail: String = tail(candidate);
        return Err(format!(
            "cut off: the end with the check characters (&c=...) is missing after '{tail}'; a link that was typed by hand \
             ends with &c={UNCHECKED}"
        ));
    };
    let goes_on = |behind: &str| behind.contains(|c: char| c.is_ascii_alphanumeric());
    if let Some(behind) = rest.strip_prefix(UNCHECKED) {
        return if goes_on(behind) { Err(glued(behind, UNCHECKED)) } else { Ok((query, false)) };
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let (found, behind) = rest.split_at(end);
    if found.len() < 2 {
        return Err(format!("cut off: one or both check characters are missing after '&c={found}'"));
    }
    let expected = check(query);
    // Sentences go on behind a link: its two characters may be followed by punctuation, but by nothing else.
    if found.len() > 2 || goes_on(behind) {
        return Err(if found.starts_with(&expected) {
            glued(&rest[2..], &expected)
        } else {
            format!("damaged: '&c={}' is not the end of a link", shown(rest))
        });
    }
    if found == expected { Ok((query, true)) } else { Err(suspect(query, found)) }
}

fn glued(what: &str, check: &str) -> String {
    format!("something is glued to its end: '{}' behind '&c={check}'", shown(what))
}

fn tail(text: &str) -> String {
    let from = text.char_indices().rev().nth(19).map_or(0, |(at, _)| at);
    shown(&text[from..])
}

/// Why the check characters may not fit: the first part that cannot be read, if there is one.
fn suspect(query: &str, found: &str) -> String {
    let reason = match parse(query, true) {
        Err(error) => error.message,
        Ok(_) => "every part can be read, so a character in a value was changed or lost".to_owned(),
    };
    format!("damaged: its check characters '{found}' do not fit ({reason})")
}

fn fail<T>(message: String) -> Result<T, Error> {
    Err(Error::new(PLACE, message))
}

/// Reads a query whose check characters fit, or that has none.
fn parse(query: &str, is_checked: bool) -> Result<Opened, Error> {
    let mut words = words(query)?;
    let value = |words: &[(&str, &str)], wanted: &str| {
        words.iter().find(|(key, _)| *key == wanted).map(|(_, value)| (*value).to_owned())
    };
    let Some(scenario) = value(&words, "s") else {
        return fail("the scenario (s=...) is missing".to_owned());
    };
    let model = match value(&words, "m") {
        Some(text) => number("m", &text, u64::from(u32::MAX))?,
        // Nobody has to know it who writes a link today.
        None if !is_checked => u64::from(MODEL_VERSION),
        None => return fail("the version of the model (m=...) is missing".to_owned()),
    };
    let model = u32::try_from(model).unwrap_or(u32::MAX);
    upgrade::upgrade(model, &mut words);
    let mut opened = Opened { model, is_checked, ..Opened::plain(Scenario::bundled(&scenario, PLACE)?) };
    for (key, value) in words {
        opened.take(key, value)?;
    }
    let kernels = opened.setup()?.kernels.len();
    if opened.outcomes.len() != kernels && !opened.outcomes.is_empty() {
        return fail(format!("r says how {} kernels ended, and there are {kernels}", opened.outcomes.len()));
    }
    Ok(opened)
}

/// The keys and values of a query; none is there twice.
fn words(query: &str) -> Result<Vec<(&str, &str)>, Error> {
    let mut words: Vec<(&str, &str)> = Vec::new();
    for part in query.split('&') {
        let Some((key, value)) = part.split_once('=') else {
            return fail(format!("'{}' is not KEY=VALUE", shown(part)));
        };
        if words.iter().any(|(other, _)| *other == key) {
            return fail(format!("'{}' is there twice; two links may be glued together", shown(key)));
        }
        words.push((key, value));
    }
    Ok(words)
}

impl Opened {
    /// Takes in one word of a link.
    fn take(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let unread = |expected: &str| fail(format!("{key} = {}: expected {expected}", shown(value)));
        match key {
            "s" | "m" => {}
            "k" => self.kernels.extend(value.split(',').map(|name| (name.to_owned(), PLACE.to_owned()))),
            "seed" => self.seed = number(key, value, SEED_MAX)?,
            "seeds" => self.seeds = number(key, value, SEEDS_MAX)?,
            "t" => match focus::moment(value) {
                Some(t) => self.focus.at = Some(t),
                None => return unread("seconds such as 12.35"),
            },
            "v" => match focus::stretch(value) {
                Some(view) => self.focus.view = Some(view),
                None => return unread("two times in seconds such as 3.2,17"),
            },
            "r" => {
                let is_letter = |c: char| LETTERS.iter().any(|(_, letter)| *letter == c);
                let digits = value.trim_start_matches(is_letter);
                if !(1..=16).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return unread("letters for outcomes, then up to 16 hexadecimal digits");
                }
                digits.clone_into(&mut self.digest);
                let letters = value[..value.len() - digits.len()].chars();
                let outcome =
                    |c: char| LETTERS.iter().find(|(_, letter)| *letter == c).map(|(outcome, _)| *outcome);
                self.outcomes = letters.filter_map(outcome).collect();
            }
            _ if param::index(key).is_some() => self.changes.push(Change::parse(key, value, PLACE)?),
            _ => {
                let keys = PARAMS.iter().map(|param| param.key).chain(["seed", "seeds"]);
                let near = nearest_or(key, keys, "swapscope scenarios --keys");
                return fail(format!("unknown key '{}'{near}", shown(key)));
            }
        }
        Ok(())
    }
}

fn number(key: &str, value: &str, max: u64) -> Result<u64, Error> {
    let found = value.parse().ok().filter(|number| *number <= max);
    found.ok_or_else(|| {
        Error::new(PLACE, format!("{key} = {}: expected a whole number up to {max}", shown(value)))
    })
}

#[cfg(test)]
mod tests;
