//! The one kind of error: a place and a sentence.

use std::fmt;

/// Something in a scenario, a link or an option that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where: `FILE:LINE`, `--set KEY=VALUE`, `link` and the like.
    pub place: String,
    /// What is wrong, what was expected, and the nearest valid name where there is one.
    pub message: String,
}

impl Error {
    /// An error at a place.
    #[must_use]
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for Error {}

/// `; nearest is 'NAME'`, or a list of all names when none is near.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let wrong = wrong.to_ascii_lowercase();
    let best = names
        .iter()
        .map(|name| (strsim::osa_distance(&wrong, &name.to_ascii_lowercase()), *name))
        .min_by_key(|(distance, _)| *distance);
    match best {
        // A name that shares less than half of its letters is no help.
        Some((distance, name)) if distance * 2 <= name.len().max(wrong.len()) => {
            format!("; nearest is '{name}'")
        }
        Some(_) => format!("; expected one of {}", names.join(", ")),
        None => String::new(),
    }
}

/// As [`nearest`], where the list of all names is too long for a message: it says which command lists them.
#[must_use]
pub fn nearest_or<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>, command: &str) -> String {
    let near = nearest(wrong, names);
    if near.starts_with("; nearest") { near } else { format!("; expected one that '{command}' lists") }
}

/// As [`nearest`], where the message names what is expected anyway: nothing when none is near.
#[must_use]
pub fn nearest_alone<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let near = nearest(wrong, names);
    if near.starts_with("; nearest") { near } else { String::new() }
}

/// What a path is called in messages: its last part. Pipes and devices are known by their whole path.
#[must_use]
pub fn file_name(path: &str) -> &str {
    if path.starts_with("/dev/") || path.starts_with("/proc/") {
        return path;
    }
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Text of a user as it appears in a message: one line, printable, not too long.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > 60 {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_or_all_names() {
        assert_eq!(nearest("swapiness", ["swap", "swappiness"]), "; nearest is 'swappiness'");
        assert_eq!(nearest("xyzzy", ["swap", "hz"]), "; expected one of swap, hz");
        assert_eq!(nearest("x", []), "");
        assert_eq!(nearest_alone("swapiness", ["swap", "swappiness"]), "; nearest is 'swappiness'");
        assert_eq!(nearest_alone("xyzzy", ["swap", "hz"]), "");
    }

    #[test]
    fn files_are_called_by_their_last_part_and_pipes_by_all() {
        for (path, name) in [("a/b.toml", "b.toml"), ("b.toml", "b.toml"), ("C:\\x\\b.toml", "b.toml")] {
            assert_eq!(file_name(path), name);
        }
        for path in ["/dev/null", "/dev/fd/63", "/proc/meminfo"] {
            assert_eq!(file_name(path), path);
        }
    }

    #[test]
    fn shown_text_is_one_short_line() {
        assert_eq!(shown("a\nb"), "a b");
        assert_eq!(shown(&"x".repeat(100)).len(), 63);
    }
}
