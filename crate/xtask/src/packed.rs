//! Bytes as text inside a page or a string of JavaScript: an eighth more than the bytes, where base64 takes a third more.
//!
//! A character stands for seven bits, which is what UTF-8 has in one byte. A character that would not come through as it is
//! ([`ESCAPED`]) is put together with the seven bits behind it into one from U+0100 on, which UTF-8 has in two bytes: so that
//! costs nothing. The count of the bytes and a space stand before. single/packed.js reads it.

/// Characters that a parser of HTML changes (NUL, CR), that could end an element (<), or that mean something in a string of
/// JavaScript.
const ESCAPED: [u8; 6] = [0, b'\n', b'\r', b'"', b'<', b'\\'];
/// Where the characters of two bytes begin; each of [`ESCAPED`] has 128 of them.
const PAIRS: u32 = 0x100;

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let seven = |at: usize| (at..at + 7).fold(0, |seven, at| seven << 1 | bit(at));
    let mut text = format!("{} ", bytes.len());
    let mut at = 0;
    while at < 8 * bytes.len() {
        let this = seven(at);
        at += 7;
        let character = match (0..).zip(ESCAPED).find(|(_, escaped)| *escaped == this) {
            Some((place, _)) => {
                at += 7;
                char::from_u32(PAIRS + 0x80 * place + u32::from(seven(at - 7)))
            }
            None => Some(char::from(this)),
        };
        text.extend(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What single/packed.js does; the browser tests run that.
    fn bytes(text: &str) -> Vec<u8> {
        let (count, text) = text.split_once(' ').unwrap();
        let mut bits = Vec::new();
        let mut add = |seven: u32| bits.extend((0..7).rev().map(|at| u8::from(seven >> at & 1 == 1)));
        for code in text.chars().map(u32::from) {
            if code >= PAIRS {
                add(u32::from(ESCAPED[usize::try_from(code - PAIRS).unwrap() / 0x80]));
            }
            add(code & 0x7f);
        }
        let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
        bits.chunks(8).take(count.parse().unwrap()).map(byte).collect()
    }

    #[test]
    fn all_bytes_come_back() {
        let all: Vec<u8> =
            (0..=255).chain([0; 40]).chain((0..2000).map(|at| (at * at % 251) as u8)).collect();
        for length in 0..all.len() {
            let part = &all[..length];
            assert_eq!(bytes(&text(part)), part, "{length} bytes");
        }
    }

    #[test]
    fn it_stands_in_a_page_and_in_a_string() {
        let text = text(&[0, 0x14, 0x68, 0x88, 0xf2, 0xe0].repeat(100));
        assert!(!text.contains(ESCAPED.map(char::from)), "{text:?}");
        assert!(text.len() <= 4 + 600 * 8 / 7 + 2, "{} bytes", text.len());
    }

    #[test]
    fn both_sides_escape_the_same() {
        let list = ESCAPED.map(|byte| format!("0x{byte:02x}")).join(", ");
        let script = include_str!("../single/packed.js");
        assert!(script.contains(&format!("const ESCAPED = [{list}];")), "{list}");
    }
}
