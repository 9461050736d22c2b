//! Links: a [`Setup`] to a readable query and back.
//!
//! `?s=dmcrypt-2016&k=4.6,4.7-rc6~mempool-noretry&ram=2g&seed=7&seeds=16&m=1&r=3f2a9c41&c=x7`
//!
//! - `s` scenario; `k` kernels, unless they are the scenario's; then the parameters that differ, in the order of the
//!   table; `seed` unless 1, `seeds` unless 1;
//! - `m` version of the model; `r` the first digits of the result's digest, if known and if there is room;
//! - `c` two check characters over all before them. They stand last, so that a link that was cut is detected as well
//!   as one that something was glued to.
//!
//! A link says only what differs from its scenario: a changed value in a bundled scenario changes what links mean, just
//! as a change of the model does, and raises `MODEL_VERSION`.
//!
//! Characters are `[a-z0-9.,=&~-]` only, and a link never ends with one that mail programs cut off.

use crate::error::{Error, nearest, shown};
use crate::file::{BUNDLED, Scenario};
use crate::param::{self, PARAMS};
use crate::settings::Change;
use crate::setup::{SEED_MAX, SEEDS_MAX, Setup};
use swapscope_sim::MODEL_VERSION;

mod forgive;

/// Where links point unless the page says otherwise.
pub const BASE: &str = "https://swapscope.github.io/";
/// A link of a bundled scenario and two versions is no longer than this.
pub const LENGTH: usize = 72;
/// No link is longer.
pub const LENGTH_MAX: usize = 2000;
const PLACE: &str = "link";

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
    /// Version of the model that it was shared with.
    pub model: u32,
    /// The first hexadecimal digits of the digest that it was shared with; empty where it has none.
    pub digest: String,
}

impl Opened {
    /// The comparison that it stands for.
    ///
    /// # Errors
    /// At `link`: an unknown kernel, or values that do not fit together.
    pub fn setup(&self) -> Result<Setup, Error> {
        Setup::with(self.scenario.clone(), &self.changes, &self.kernels)?.seeds(self.seed, self.seeds, PLACE)
    }

    /// What to tell the reader when the link comes from another version of the model.
    #[must_use]
    pub fn model_note(&self) -> Option<String> {
        (self.model != MODEL_VERSION).then(|| {
            format!("shared with model {}; this is model {MODEL_VERSION}, and results may differ", self.model)
        })
    }

    /// Whether a result is the one that was shared; `None` when the link does not say.
    #[must_use]
    pub fn same_digest(&self, digest: u64) -> Option<bool> {
        (!self.digest.is_empty()).then(|| format!("{digest:016x}").starts_with(&self.digest))
    }
}

/// The link of a comparison: `base`, `?` and the query. `digest` is that of its result, if it was run.
///
/// A scenario that is no bundled one is written as changes to the bundled scenario that needs the fewest.
#[must_use]
pub fn encode(setup: &Setup, base: &str, digest: Option<u64>) -> String {
    let head = BUNDLED
        .iter()
        .filter_map(|bundled| Scenario::bundled(bundled.name, PLACE).ok())
        .map(|scenario| head(setup, scenario))
        .min_by_key(|(name, query)| (*name != setup.scenario.name, query.len()))
        .map_or(String::new(), |(_, query)| query);
    let mut query = format!("{head}&m={MODEL_VERSION}");
    if let Some(digest) = digest {
        // "?", "&r=" and "&c=xx" come on top. A link that is too long anyway has all digits.
        let rest = base.len() + query.len() + 1 + 3 + 5;
        let digits = if rest >= LENGTH { 8 } else { (LENGTH - rest).min(8) };
        query += &format!("&r={}", &format!("{digest:016x}")[..digits]);
    }
    let check = check(&query);
    format!("{base}?{query}&c={check}")
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
    let mut first = None;
    for candidate in forgive::candidates(text) {
        match checked(&candidate) {
            Ok(query) => return parse(query),
            Err(message) => first = first.or(Some(message)),
        }
    }
    let expected = format!("expected {BASE}?s=SCENARIO&...&c=XX");
    Err(Error::new(PLACE, first.unwrap_or_else(|| format!("no 's=' in '{}': {expected}", shown(text)))))
}

/// The query before its check characters, if they fit.
fn checked(candidate: &str) -> Result<&str, String> {
    let Some((query, rest)) = candidate.split_once("&c=") else {
        let tail: String = tail(candidate);
        return Err(format!("cut off: the end with the check characters (&c=...) is missing after '{tail}'"));
    };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let (found, behind) = rest.split_at(end);
    if found.len() < 2 {
        return Err(format!("cut off: one or both check characters are missing after '&c={found}'"));
    }
    let expected = check(query);
    // Sentences go on behind a link: its two characters may be followed by punctuation, but by nothing else.
    if found.len() > 2 || behind.contains(|c: char| c.is_ascii_alphanumeric()) {
        if found.starts_with(&expected) {
            let glued = shown(&rest[2..]);
            return Err(format!("something is glued to its end: '{glued}' behind '&c={expected}'"));
        }
        return Err(format!("damaged: '&c={}' is not the end of a link", shown(rest)));
    }
    if found == expected { Ok(query) } else { Err(suspect(query, found)) }
}

fn tail(text: &str) -> String {
    let from = text.char_indices().rev().nth(19).map_or(0, |(at, _)| at);
    shown(&text[from..])
}

/// Why the check characters may not fit: the first part that cannot be read, if there is one.
fn suspect(query: &str, found: &str) -> String {
    let reason = match parse(query) {
        Err(error) => error.message,
        Ok(_) => "every part can be read, so a character in a value was changed or lost".to_owned(),
    };
    format!("damaged: its check characters '{found}' do not fit ({reason})")
}

/// Reads a query whose check characters fit.
fn parse(query: &str) -> Result<Opened, Error> {
    let fail = |message: String| Err(Error::new(PLACE, message));
    let mut scenario = None;
    let mut model = None;
    let mut opened = (Vec::new(), Vec::new(), 1, 1, String::new());
    let (changes, kernels, seed, seeds, digest) =
        (&mut opened.0, &mut opened.1, &mut opened.2, &mut opened.3, &mut opened.4);
    let mut seen: Vec<&str> = Vec::new();
    for part in query.split('&') {
        let Some((key, value)) = part.split_once('=') else {
            return fail(format!("'{}' is not KEY=VALUE", shown(part)));
        };
        if seen.contains(&key) {
            return fail(format!("'{}' is there twice; two links may be glued together", shown(key)));
        }
        seen.push(key);
        match key {
            "s" => scenario = Some(Scenario::bundled(value, PLACE)?),
            "k" => kernels.extend(value.split(',').map(|name| (name.to_owned(), PLACE.to_owned()))),
            "seed" => *seed = number(key, value, SEED_MAX)?,
            "seeds" => *seeds = number(key, value, SEEDS_MAX)?,
            "m" => model = Some(number(key, value, u64::from(u32::MAX))?),
            "r" if !value.is_empty() && value.len() <= 16 && value.bytes().all(|b| b.is_ascii_hexdigit()) => {
                value.clone_into(digest);
            }
            "r" => return fail(format!("r = {}: expected up to 16 hexadecimal digits", shown(value))),
            _ if param::index(key).is_some() => changes.push(Change::parse(key, value, PLACE)?),
            _ => {
                let keys = PARAMS.iter().map(|param| param.key).chain(["seed", "seeds"]);
                let near = nearest(key, keys);
                let near = if near.starts_with("; nearest") { near } else { String::new() };
                return fail(format!("unknown key '{}'{near}", shown(key)));
            }
        }
    }
    let Some(scenario) = scenario else { return fail("the scenario (s=...) is missing".to_owned()) };
    let Some(model) = model.and_then(|model| u32::try_from(model).ok()) else {
        return fail("the version of the model (m=...) is missing".to_owned());
    };
    let (changes, kernels, seed, seeds, digest) = opened;
    let opened = Opened { scenario, changes, kernels, seed, seeds, model, digest };
    opened.setup()?;
    Ok(opened)
}

fn number(key: &str, value: &str, max: u64) -> Result<u64, Error> {
    let found = value.parse().ok().filter(|number| *number <= max);
    found.ok_or_else(|| {
        Error::new(PLACE, format!("{key} = {}: expected a whole number up to {max}", shown(value)))
    })
}

#[cfg(test)]
mod tests;
