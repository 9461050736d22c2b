//! Damage to texts, the same on every machine.

/// A stream of numbers (xorshift64).
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// A stream of its own for each seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // 0 would stay 0.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number, below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}

/// What is put in whatever the text: ends of ranges, marks, and characters of more than a byte.
const WITH: &[&str] = &[
    "18446744073709551615",
    "99999999999999999999999",
    "-1",
    "0",
    "1e9",
    "kB",
    "T",
    ":",
    "=",
    "=\n",
    ".",
    ",",
    "%",
    "&",
    "#",
    "\"",
    "'",
    "[",
    "]",
    "> ",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{e9}",
    "\u{1f4a5}",
];

/// Words and letters replaced, removed, added or repeated, lines broken, the end cut off, a part of another text put in.
/// `words` are of the kind of text, `other` is another one of it.
#[must_use]
pub fn damaged(text: &str, words: &[&str], other: &str, numbers: &mut Numbers) -> String {
    let mut text = text.to_owned();
    for _ in 0..=numbers.below(6) {
        let at = boundary(&text, numbers.below(text.len() + 1));
        let which = numbers.below(WITH.len() + words.len());
        let with = WITH.get(which).or_else(|| words.get(which - WITH.len())).copied().unwrap_or_default();
        match numbers.below(9) {
            0 => drop(text.drain(at..boundary(&text, at + 1 + numbers.below(3)))),
            1 | 2 => text.insert_str(at, with),
            3 => {
                let rest = &text[at..];
                let end = at + rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                text.replace_range(at..end, with);
            }
            4 => {
                // A number is where damage does most.
                let digit = text[at..].find(|c: char| c.is_ascii_digit()).map_or(at, |digit| at + digit);
                text.insert_str(digit, with);
            }
            5 => text.insert(at, '\n'),
            6 => {
                let from = boundary(other, numbers.below(other.len() + 1));
                let to = boundary(other, from + numbers.below(200));
                text.insert_str(at, &other[from..to]);
            }
            7 => {
                let from = boundary(&text, at.saturating_sub(numbers.below(80)));
                let part = text[from..at].to_owned();
                text.insert_str(at, &part);
            }
            _ if numbers.below(4) == 0 => text.truncate(at),
            _ => {}
        }
    }
    text
}

/// The end of the character at a place.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}
