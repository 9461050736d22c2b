//! Undoes what mail programs, archives and chats do to a link.

/// Characters that a link is made of.
fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || ".,=&~-".contains(c)
}

/// The queries that a text may have meant, most likely first, without `?` and without the address before it. The
/// check characters decide which it was; an end that holds other characters is kept for the message.
pub fn candidates(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    // Last, the words that hold a link, where a sentence goes on behind it.
    let whole = join_lines(text, false);
    let words = text.split_whitespace().filter(|word| whole.len() != word.len());
    for word in words {
        out.extend(query(&percent_decoded(&join_lines(word, false))));
    }
    // Before them, the whole text: a message is about this one.
    let first = out.len();
    // A line that ends with "=" is either wrapped by quoted-printable or happens to end behind a key.
    for quoted_printable in [false, true] {
        let joined = join_lines(text, quoted_printable);
        for percent in [false, true] {
            let decoded = if percent { percent_decoded(&joined) } else { joined.clone() };
            if let Some(query) = query(&decoded)
                && !out[first..].contains(&query)
            {
                out.push(query);
            }
        }
    }
    out.rotate_left(first);
    out
}

/// One line without white space, quote marks at the starts of lines and soft hyphens.
fn join_lines(text: &str, quoted_printable: bool) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim_start_matches(|c: char| c == '>' || c == '|' || c.is_whitespace()).trim_end();
        let line = if quoted_printable { line.strip_suffix('=').unwrap_or(line) } else { line };
        out.extend(
            line.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}')),
        );
    }
    // Quoted-printable writes "=" as "=3D".
    let out = if quoted_printable { out.replace("=3D", "=").replace("=3d", "=") } else { out };
    out.replace("&amp;", "&").to_ascii_lowercase()
}

/// `%3d` to `=` and so on. Archives encode `~` and `,`, too.
fn percent_decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii_graphic) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

/// From `s=` behind `?`, `#`, `%23` or the start, to the end of what may be a link.
fn query(text: &str) -> Option<String> {
    let start = ["?s=", "#s=", "%23s=", "%3fs=", "#?s="]
        .iter()
        .filter_map(|mark| text.find(mark).map(|at| at + mark.len() - 2))
        .min()
        .or_else(|| {
            let bare = text.trim_start_matches(['?', '#', '<', '(', '[', '"', '\'']);
            bare.starts_with("s=").then_some(text.len() - bare.len())
        })?;
    let query = &text[start..];
    // Brackets, quotes and punctuation around the address. What is behind them is a sentence that goes on.
    let end = query.find(['<', '>', '(', ')', '[', ']', '"', '\'']).unwrap_or(query.len());
    let query = query[..end].trim_end_matches(|c: char| !is_plain(c) || c == '.' || c == ',' || c == '-');
    Some(query.to_owned())
}
