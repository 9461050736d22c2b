//! `--vary KEY=A,B,C` and `--vary KEY=A..B:STEP`: the values that a key goes through.

use super::RUNS_MAX;
use crate::error::{Error, shown};
use crate::param::{self, Param};
use crate::settings::Change;
use crate::value::{Kind, Value};
use std::sync::Arc;

/// A key and the values that it goes through.
#[derive(Clone, Debug)]
pub struct Vary {
    /// The key.
    pub param: &'static Param,
    /// Its values, in the order in which they were said.
    pub values: Vec<Value>,
    /// The same as it stands in the head of a table: canonical values, ranges as ranges.
    pub text: String,
    place: Arc<str>,
}

impl Vary {
    /// Reads a list of values and ranges.
    ///
    /// # Errors
    /// At the option: an unknown key, a value that is none or out of range, a range that leads nowhere, a value that is
    /// there twice.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let place = format!("--vary {}", shown(text));
        let wrong = |message: String| Error::new(&place, message);
        let Some((key, list)) = text.split_once('=') else {
            return Err(wrong("expected KEY=A,B,C or KEY=A..B:STEP, such as hog=256M..1G:64M".to_owned()));
        };
        let param = param::find(key.trim()).map_err(wrong)?;
        if param.kind == Kind::Zone {
            return Err(wrong(format!("{} cannot be varied: its values hold commas; vary ram", param.key)));
        }
        let (mut values, mut said) = (Vec::new(), Vec::new());
        for item in list.split(',') {
            if item.contains("..") {
                said.push(range(param, item, &mut values).map_err(wrong)?);
            } else {
                let value = param.parse(item).map_err(wrong)?;
                said.push(param.kind.write(value));
                values.push(value);
            }
            if values.len() > RUNS_MAX {
                return Err(wrong(format!("more than {RUNS_MAX} values")));
            }
        }
        let mut sorted: Vec<String> = values.iter().map(|value| param.kind.write(*value)).collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(wrong(format!("the value {} is there twice", pair[0])));
        }
        let text = format!("{}={}", param.key, said.join(","));
        Ok(Self { param, values, text, place: place.into() })
    }

    /// That the key is at another place as well.
    #[must_use]
    pub fn wrong(&self, how: &str) -> Error {
        Error::new(&*self.place, format!("{} is {how}", self.param.key))
    }

    /// Sets the value at a place of the list.
    #[must_use]
    pub fn change(&self, at: usize) -> Change {
        Change { key: self.param.key, value: self.values[at], place: Arc::clone(&self.place) }
    }

    /// The value at a place of the list as `--set` takes it.
    #[must_use]
    pub fn value(&self, at: usize) -> String {
        self.param.kind.write(self.values[at])
    }
}

/// Adds the values of `A..B:STEP`: A, A + STEP and so on, up to B at most. Gives its canonical text.
fn range(param: &Param, text: &str, values: &mut Vec<Value>) -> Result<String, String> {
    if !param.is_ranged() {
        return Err(format!("{} has no ranges: expected a list of {}", param.key, param.expectation()));
    }
    let ends = text.split_once("..");
    let parts = ends.and_then(|(from, rest)| rest.split_once(':').map(|(to, step)| (from, to, step)));
    let Some((from, to, step)) = parts else {
        return Err(format!("{}: expected A..B:STEP, such as hog=256M..1G:64M", shown(text)));
    };
    let (from, to) = (param.parse(from)?, param.parse(to)?);
    let step = param.kind.parse(step).map_err(|expected| format!("step {}: {expected}", shown(step)))?;
    let (Value::Number(first), Value::Number(last), Value::Number(by)) = (from, to, step) else {
        return Err(format!("{}: a range of auto: expected numbers", shown(text)));
    };
    if first > last || by == 0 {
        return Err(format!("{}: expected A..B:STEP with A up to B and a step above 0", shown(text)));
    }
    if (last - first) / by >= RUNS_MAX as u64 {
        return Err(format!("{}: more than {RUNS_MAX} values", shown(text)));
    }
    values.extend((0..=(last - first) / by).map(|place| Value::Number(first + place * by)));
    Ok(format!("{}..{}:{}", param.kind.write(from), param.kind.write(to), param.kind.write(step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<String>, String> {
        match Vary::parse(text) {
            Ok(vary) => Ok((0..vary.values.len()).map(|at| vary.value(at)).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn lists_and_ranges_in_the_syntax_of_the_key() {
        for (text, expected) in [
            ("hog=256M..512M:128M", &["256m", "384m", "512m"][..]),
            ("hog=256M..500M:128M,1G", &["256m", "384m", "1g"]),
            ("duration=0.5s..1s:250ms", &["500ms", "750ms", "1s"]),
            ("cpus=1..4:1", &["1", "2", "3", "4"]),
            ("swap=0..0:4k", &["0"]),
            ("min-free=auto,4M", &["auto", "4m"]),
            ("cipher=null, aes", &["null", "aes"]),
            ("thp=on,off", &["on", "off"]),
        ] {
            assert_eq!(
                values(text).as_deref(),
                Ok(&expected.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>()[..])
            );
        }
        assert_eq!(
            Vary::parse("hog=1024M,2G..4G:1024M").map(|vary| vary.text).ok().as_deref(),
            Some("hog=1g,2g..4g:1g")
        );
    }

    #[test]
    fn what_cannot_be_varied_is_said_where_it_stands() {
        for (text, expected) in [
            ("hog", "--vary hog: expected KEY=A,B,C or KEY=A..B:STEP"),
            ("hgo=1G", "--vary hgo=1G: unknown key 'hgo'; nearest is 'hog'"),
            ("hog=1G,", "--vary hog=1G,: hog = : expected a size"),
            ("hog=1G..2G", "--vary hog=1G..2G: 1G..2G: expected A..B:STEP"),
            ("hog=2G..1G:1M", "--vary hog=2G..1G:1M: 2G..1G:1M: expected A..B:STEP with A up to B"),
            ("hog=1G..2G:0", "--vary hog=1G..2G:0: 1G..2G:0: expected A..B:STEP with A up to B"),
            ("hog=1G..2G:5s", "--vary hog=1G..2G:5s: step 5s: expected a size"),
            ("hog=4k..4G:1k", "--vary hog=4k..4G:1k: 4k..4G:1k: more than 100000 values"),
            ("ram=1M,1G", "--vary ram=1M,1G: ram = 1M is out of range"),
            ("min-free=auto..4M:1M", "--vary min-free=auto..4M:1M: auto..4M:1M: a range of auto"),
            (
                "hz=100..1000:50",
                "--vary hz=100..1000:50: hz has no ranges: expected a list of 100, 250, 300 or 1000",
            ),
            ("zone-dma32=1,2", "--vary zone-dma32=1,2: zone-dma32 cannot be varied"),
            ("hog=1G,1024M", "--vary hog=1G,1024M: the value 1g is there twice"),
        ] {
            let found = values(text).expect_err(text);
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
