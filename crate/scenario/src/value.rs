//! Values of parameters: numbers with units, and the one canonical way to write each.

use crate::error::nearest_alone;
use std::fmt;

/// A named choice of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// One line on what it stands for.
    pub definition: &'static str,
    /// Parameters that it sets, unless they are given beside it.
    pub sets: &'static [(&'static str, &'static str)],
}

/// What the values of a parameter look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Kibibytes; written `4k`, `512M`, `1.5G`.
    Size,
    /// As [`Kind::Size`], or `auto` for the kernel's formula.
    SizeOrAuto,
    /// Nanoseconds; written `500ns`, `3us`, `100ms`, `120s`.
    Time,
    /// Kilobytes (1,000 bytes) a second; written `800k`, `50M`, `1.5G`.
    Rate,
    /// A plain number.
    Count,
    /// `on` or `off`; 1 or 0.
    Switch,
    /// One of a list; the value is its index.
    Choice(&'static [Choice]),
    /// Pages of a zone, `PRESENT,MANAGED`.
    Zone,
}

/// A value; what the number means depends on the [`Kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// In the unit of the kind.
    Number(u64),
    /// Pages present and managed.
    Zone(u64, u64),
    /// The kernel's formula.
    Auto,
}

impl Value {
    /// The number, 0 for `auto` and zones.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Number(number) => number,
            Self::Zone(..) | Self::Auto => 0,
        }
    }
}

const SIZES: &[(&str, u64)] = &[
    ("t", 1 << 30),
    ("tb", 1 << 30),
    ("tib", 1 << 30),
    ("g", 1 << 20),
    ("gb", 1 << 20),
    ("gib", 1 << 20),
    ("m", 1 << 10),
    ("mb", 1 << 10),
    ("mib", 1 << 10),
    ("k", 1),
    ("kb", 1),
    ("kib", 1),
];
const TIMES: &[(&str, u64)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];
const RATES: &[(&str, u64)] =
    &[("g", 1_000_000), ("gb/s", 1_000_000), ("m", 1_000), ("mb/s", 1_000), ("k", 1), ("kb/s", 1)];

impl Kind {
    /// Reads a value.
    ///
    /// # Errors
    /// What was expected instead, as the end of a sentence.
    pub fn parse(self, text: &str) -> Result<Value, String> {
        let text = text.trim().to_ascii_lowercase();
        let number = match self {
            Self::Size => scaled(&text, SIZES),
            Self::SizeOrAuto if text == "auto" => return Ok(Value::Auto),
            Self::SizeOrAuto => scaled(&text, SIZES),
            Self::Time => scaled(&text, TIMES),
            Self::Rate => scaled(&text, RATES),
            Self::Count => text.replace('_', "").parse().ok(),
            Self::Switch => match text.as_str() {
                "on" | "true" | "yes" | "1" => Some(1),
                "off" | "false" | "no" | "0" => Some(0),
                _ => None,
            },
            Self::Choice(choices) => {
                let Some(index) = choices.iter().position(|choice| choice.name == text) else {
                    let names = choices.iter().map(|choice| choice.name);
                    // Digits are no spelling: '500' is not near '100'.
                    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                    let near = if is_number { String::new() } else { nearest_alone(&text, names) };
                    return Err(format!("expected {}{near}", self.expectation()));
                };
                Some(index as u64)
            }
            Self::Zone => {
                let mut parts = text.split(',').map(|part| part.trim().parse::<u64>());
                if let (Some(Ok(present)), Some(Ok(managed)), None) =
                    (parts.next(), parts.next(), parts.next())
                {
                    return Ok(Value::Zone(present, managed));
                }
                None
            }
        };
        number.map(Value::Number).ok_or_else(|| format!("expected {}", self.expectation()))
    }

    /// What a value looks like, in words.
    #[must_use]
    pub fn expectation(self) -> String {
        match self {
            Self::Size => "a size such as 512M or 1G".to_owned(),
            Self::SizeOrAuto => "auto or a size such as 4M".to_owned(),
            Self::Time => "a time such as 3us, 100ms or 120s".to_owned(),
            Self::Rate => "a rate such as 50M (megabytes a second)".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Switch => "on or off".to_owned(),
            Self::Choice(choices) => {
                let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
                match names.split_last() {
                    Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                    _ => names.join(""),
                }
            }
            Self::Zone => "two numbers of pages, PRESENT,MANAGED".to_owned(),
        }
    }

    /// Writes a value in its canonical form: lower case, the largest unit that needs no fraction.
    #[must_use]
    pub fn write(self, value: Value) -> String {
        let number = match value {
            Value::Zone(present, managed) => return format!("{present},{managed}"),
            Value::Auto => return "auto".to_owned(),
            Value::Number(number) => number,
        };
        match self {
            Self::Size | Self::SizeOrAuto => unscaled(number, &[("g", 1 << 20), ("m", 1 << 10), ("k", 1)]),
            Self::Time => {
                unscaled(number, &[("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)])
            }
            Self::Rate => unscaled(number, &[("g", 1_000_000), ("m", 1_000), ("k", 1)]),
            Self::Count | Self::Zone => number.to_string(),
            Self::Switch => if number == 0 { "off" } else { "on" }.to_owned(),
            Self::Choice(choices) => usize::try_from(number)
                .ok()
                .and_then(|index| choices.get(index))
                .map_or("?", |c| c.name)
                .to_owned(),
        }
    }
}

impl Kind {
    /// Writes a value for readers: as [`Kind::write`], with the units of memory in capitals.
    #[must_use]
    pub fn show(self, value: Value) -> String {
        let text = self.write(value);
        match (self, value) {
            (Self::Size | Self::SizeOrAuto | Self::Rate, Value::Number(_)) => text.to_ascii_uppercase(),
            _ => text,
        }
    }

    /// What its numbers count, in a word; nothing for times, which say it, and for what counts nothing or anything.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Size | Self::SizeOrAuto => "bytes",
            Self::Rate => "bytes/s",
            Self::Zone => "pages",
            Self::Time | Self::Count | Self::Switch | Self::Choice(_) => "",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expectation())
    }
}

/// `1.5g` times the unit behind it; `None` unless the result is whole. A bare `0` needs no unit.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')?;
    let (digits, unit) = text.split_at(split);
    let unit = unit.trim();
    let scale = u128::from(units.iter().find(|(name, _)| *name == unit)?.1);
    let digits = digits.replace('_', "");
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    if whole.len() > 18 || fraction.len() > 9 {
        return None;
    }
    let power = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let whole: u128 = whole.parse().ok()?;
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let product = (whole * power + fraction) * scale;
    product.is_multiple_of(power).then(|| u64::try_from(product / power).ok())?
}

fn unscaled(number: u64, units: &[(&str, u64)]) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let (unit, scale) = units.iter().find(|(_, scale)| number.is_multiple_of(*scale)).unwrap_or(&("", 1));
    format!("{}{unit}", number / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (kind, text, number, canonical) in [
            (Kind::Size, "1G", 1 << 20, "1g"),
            (Kind::Size, "1.5G", 3 << 19, "1536m"),
            (Kind::Size, "2097148 kB", 2_097_148, "2097148k"),
            (Kind::Size, "10T", 10 << 30, "10240g"),
            (Kind::Size, "0", 0, "0"),
            (Kind::Time, "3us", 3_000, "3us"),
            (Kind::Time, "20min", 1_200_000_000_000, "1200s"),
            (Kind::Time, "0.1s", 100_000_000, "100ms"),
            (Kind::Rate, "50M", 50_000, "50m"),
            (Kind::Rate, "50000kB/s", 50_000, "50m"),
            (Kind::Count, "250_315", 250_315, "250315"),
            (Kind::Switch, "on", 1, "on"),
        ] {
            let value = kind.parse(text).unwrap();
            assert_eq!(value, Value::Number(number), "{text}");
            assert_eq!(kind.write(value), canonical);
            assert_eq!(kind.parse(canonical), Ok(value));
        }
        assert_eq!(Kind::Zone.parse("3998,3977"), Ok(Value::Zone(3998, 3977)));
        assert_eq!(Kind::SizeOrAuto.parse("auto"), Ok(Value::Auto));
    }

    #[test]
    fn a_wrong_choice_is_told_all_of_them_once() {
        const CHOICES: &[Choice] = &[
            Choice { name: "100", definition: "", sets: &[] },
            Choice { name: "aesni", definition: "", sets: &[] },
        ];
        for (text, message) in [
            ("500", "expected 100 or aesni"),
            ("serpent", "expected 100 or aesni"),
            ("aesnl", "expected 100 or aesni; nearest is 'aesni'"),
        ] {
            assert_eq!(Kind::Choice(CHOICES).parse(text), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_value_without_unit_or_sense_is_refused() {
        for (kind, text) in [
            (Kind::Size, "512"),
            (Kind::Size, "-1G"),
            (Kind::Size, ""),
            (Kind::Size, "."),
            (Kind::Size, ".5G"),
            (Kind::Size, "0.0001k"),
            (Kind::Size, "99999999999999999999G"),
            (Kind::Size, "999999999999999999T"),
            (Kind::Time, "3 parsecs"),
            (Kind::Time, "1m"),
            (Kind::Count, "1e3"),
            (Kind::Count, "4G"),
            (Kind::Zone, "1"),
            (Kind::Zone, "1,2,3"),
            (Kind::Switch, "maybe"),
        ] {
            assert!(kind.parse(text).is_err(), "{text}");
        }
    }
}
