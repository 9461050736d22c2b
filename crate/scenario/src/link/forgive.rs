//! Undoes what mail programs, archives and chats do to a link.

/// Characters that a link is made of.
fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || ".,=&~-".contains(c)
}

/// Words of a text in which the end of a link is looked for, from a word on in which one begins.
const WORDS: usize = 80;
/// Beginnings of links in a text that are tried.
const BEGINNINGS: usize = 4;

/// What mailings, search engines and social networks put into every address that they pass on, beside `utm_...`.
const TRACKERS: [&str; 18] = [
    "fbclid",
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "msclkid",
    "yclid",
    "twclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "_ga",
    "_gl",
    "gad_source",
    "srsltid",
];

/// A text without the parameters of trackers, and whether it had any. None of their names is one of ours.
pub fn untracked(text: &str) -> (String, bool) {
    let mut out = String::new();
    let mut rest = text;
    let mut had_any = false;
    while let Some(at) = rest.find(['?', '&', '#']) {
        out += &rest[..=at];
        rest = &rest[at + 1..];
        while let Some(length) = tracker(rest) {
            rest = &rest[length..];
            rest = rest.strip_prefix('&').unwrap_or(rest);
            had_any = true;
        }
    }
    (out + rest, had_any)
}

/// Length of the tracker's parameter with which a text begins.
fn tracker(text: &str) -> Option<usize> {
    let (key, value) = text.split_once('=')?;
    let is_known = TRACKERS.iter().any(|name| key.eq_ignore_ascii_case(name));
    let is_utm = key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("utm_"));
    let is_name = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // Whatever an address may hold, but for what may stand around one.
    let end = value.find(|c: char| c.is_whitespace() || "&#<>\")".contains(c));
    (is_known || is_utm && is_name).then(|| key.len() + 1 + end.unwrap_or(value.len()))
}

/// The queries that a text may have meant, most likely first, without `?` and without the address before it. The
/// check characters decide which it was; an end that holds other characters is kept for the message.
pub fn candidates(text: &str) -> Vec<String> {
    // The whole text first: a message is about this one.
    let mut out = Vec::new();
    variants(text, &mut out);
    // Then from each word in which a link may begin to each word in which it may end: it may have been wrapped, and a
    // text may go on behind it.
    let words: Vec<&str> = text.lines().flat_map(|line| unquoted(line).split_whitespace()).collect();
    if words.len() > 1 {
        let begins = |at: &usize| ["?", "#", "%23", "s=", "S="].iter().any(|mark| words[*at].contains(mark));
        for from in (0..words.len()).filter(begins).take(BEGINNINGS) {
            for to in from + 1..=words.len().min(from + WORDS) {
                variants(&words[from..to].join("\n"), &mut out);
            }
        }
    }
    out
}

/// A text read as it stands, without quoted-printable, without percent-encoding, and without both. Whoever pastes lines of a
/// quotation into an address bar gets one line with the marks inside, percent-encoded.
fn variants(text: &str, out: &mut Vec<String>) {
    // A line that ends with "=" is either wrapped by quoted-printable or happens to end behind a key.
    for quoted_printable in [false, true] {
        let joined = join_lines(text, quoted_printable);
        let unmarked = joined.replace("%3e%20", "").replace("%20", "");
        for decoded in [joined.clone(), percent_decoded(&joined), percent_decoded(&unmarked)] {
            if let Some(query) = query(&decoded)
                && !out.contains(&query)
            {
                out.push(query);
            }
        }
    }
}

/// A line without the marks of a quotation.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c == '|' || c.is_whitespace()).trim_end()
}

/// One line without white space, quote marks at the starts of lines, soft hyphens and the backslashes of Markdown.
fn join_lines(text: &str, quoted_printable: bool) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = unquoted(line);
        let line = if quoted_printable { line.strip_suffix('=').unwrap_or(line) } else { line };
        let invisible = ['\u{ad}', '\u{200b}', '\u{feff}', '\\'];
        out.extend(line.chars().filter(|c| !c.is_whitespace() && !invisible.contains(c)));
    }
    // Quoted-printable writes "=" as "=3D".
    let mut out = if quoted_printable { out.replace("=3D", "=").replace("=3d", "=") } else { out };
    for (name, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        out = out.replace(name, c);
    }
    out.to_ascii_lowercase()
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
            // Behind "&" it would not be the beginning.
            let begins =
                |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "-&".contains(c));
            text.match_indices("s=").map(|(at, _)| at).find(|at| begins(*at))
        })?;
    let query = &text[start..];
    // Brackets, quotes and marks around the address. What is behind them is a sentence that goes on.
    let ends = |c: char| "<>()[]{}\"'`*_|^".contains(c) || !c.is_ascii();
    let end = query.find(ends).unwrap_or(query.len());
    let query = query[..end].trim_end_matches(|c: char| !is_plain(c) || c == '.' || c == ',' || c == '-');
    Some(query.to_owned())
}
