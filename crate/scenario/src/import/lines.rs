//! Lines as the kernel or the tool wrote them, without what logs and mails put around them.

use std::borrow::Cow;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number in the text, from 1.
    pub number: usize,
    /// The time that a log put in front of it, in milliseconds from some point.
    pub time_ms: Option<u64>,
    /// What stood there.
    pub text: Cow<'a, str>,
}

/// A line of quoted-printable text is at least this long where it was broken.
const SOFT_BREAK: usize = 60;

/// The lines of a text that are not empty. Where quoted-printable broke a line with `=`, it is whole again.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut is_broken = false;
    for (number, raw) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let (time_ms, mut clean) = bare(raw);
        let was_broken = is_broken;
        is_broken = raw.len() >= SOFT_BREAK && clean.ends_with('=');
        if is_broken {
            clean = clean.trim_end_matches('=');
        }
        match lines.last_mut() {
            Some(last) if was_broken => last.text.to_mut().push_str(clean),
            _ if clean.is_empty() => {}
            _ => lines.push(Line { number, time_ms, text: Cow::Borrowed(clean) }),
        }
    }
    lines
}

/// A line without quote marks, log level, time stamp and name of the machine; and the time.
fn bare(raw: &str) -> (Option<u64>, &str) {
    let mut rest = raw.trim();
    while let Some(behind) = rest.strip_prefix(['>', '|']) {
        rest = behind.trim_start();
    }
    let mut time = None;
    if let Some(at) = rest.find("kernel: ")
        && let Some(head) = rest.get(..at.min(80))
        && let Some(clock) = head.split_whitespace().find_map(clock)
    {
        (time, rest) = (Some(clock), rest[at + "kernel: ".len()..].trim_start());
    }
    if let Some((level, behind)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'))
        && !level.is_empty()
        && level.bytes().all(|byte| byte.is_ascii_digit())
    {
        rest = behind.trim_start();
    }
    // `[   90.491276]`, `[Thu Jul 14 12:52:03 2016]`, and the caller behind it, `[    T1]`.
    while let Some((inner, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let inner = inner.trim();
        let since_boot = if inner.contains('.') { seconds(inner) } else { None };
        let stamp = since_boot.or_else(|| inner.split_whitespace().find_map(clock));
        let is_caller = inner.strip_prefix(['T', 'C']).is_some_and(|id| id.parse::<u32>().is_ok());
        if stamp.is_none() && !is_caller {
            break;
        }
        (time, rest) = (stamp.or(time), behind.trim_start());
    }
    (time, rest)
}

/// `12.345` as milliseconds.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(whole.parse::<u64>().ok()? * 1000 + digits.parse::<u64>().ok()?)
}

/// `12:52:03.5`, or `2016-07-14T12:52:03+0200`, as milliseconds of the day.
fn clock(text: &str) -> Option<u64> {
    let text = text.rsplit_once('T').map_or(text, |(_, time)| time);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(text.len());
    let mut parts = text[..end].split(':');
    let (hours, minutes) = (parts.next()?.parse::<u64>().ok()?, parts.next()?.parse::<u64>().ok()?);
    let ms = seconds(parts.next()?)?;
    (parts.next().is_none() && hours < 24 && minutes < 60 && ms < 61_000)
        .then(|| (hours * 60 + minutes) * 60_000 + ms)
}

/// The time that a line by itself says, as between the blocks of a script that looks once a second: a clock, seconds
/// of the epoch or since boot (`/proc/uptime`), `t=12.5`.
pub(super) fn time_of(text: &str) -> Option<u64> {
    if text.len() > 60 {
        return None;
    }
    let text = text.trim_matches(['=', '-', '#', '*', ' ']);
    if let Some(ms) = text.split_whitespace().find_map(clock) {
        return Some(ms);
    }
    let said = text.strip_prefix("t=").or_else(|| text.strip_prefix("t "));
    let mut words = said.unwrap_or(text).split_whitespace();
    let first = seconds(words.next()?.trim_end_matches('s'))?;
    // A bare small number is no time, two with fractions are /proc/uptime.
    let is_epoch = first >= 1_000_000_000_000;
    let uptime = words.next().filter(|_| text.contains('.')).and_then(seconds);
    (said.is_some() || is_epoch || uptime.is_some()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_logs_and_mails_put_around_a_line_goes() {
        for (raw, time) in [
            ("active_anon:107874 isolated:0", None),
            ("> > active_anon:107874 isolated:0", None),
            ("[  162.716376] active_anon:107874 isolated:0", Some(162_716)),
            (">> [  162.716376] [    T1]  active_anon:107874 isolated:0  ", Some(162_716)),
            ("<4>[  162.716376] active_anon:107874 isolated:0", Some(162_716)),
            ("Jul 14 12:52:03 host kernel: [  162.716376] active_anon:107874 isolated:0", Some(162_716)),
            ("Jul 14 12:52:03 host kernel: active_anon:107874 isolated:0", Some(46_323_000)),
            ("2016-07-14T12:52:03+0200 host kernel: active_anon:107874 isolated:0", Some(46_323_000)),
            ("[Thu Jul 14 12:52:03 2016] active_anon:107874 isolated:0", Some(46_323_000)),
        ] {
            assert_eq!(bare(raw), (time, "active_anon:107874 isolated:0"), "{raw}");
        }
        assert_eq!(bare("[the kernel: said]"), (None, "[the kernel: said]"));
    }

    #[test]
    fn a_line_that_quoted_printable_broke_is_whole_again() {
        let text = format!("> {} pre=\n> sent:15992kB\nnext", "x".repeat(60));
        let lines = lines(&text);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].text.ends_with(" present:15992kB"), "{lines:?}");
        assert_eq!((lines[1].number, &*lines[1].text), (3, "next"));
    }

    #[test]
    fn times_between_blocks() {
        for (text, ms) in [
            ("=== 12:52:03 ===", Some(46_323_000)),
            ("Thu Jul 14 12:52:03 EST 2016", Some(46_323_000)),
            ("t=12.5", Some(12_500)),
            ("1468493400.25", Some(1_468_493_400_250)),
            ("90.49 150.02", Some(90_490)),
            ("3", None),
            ("nr_free_pages 12", None),
            ("99:99:99", None),
        ] {
            assert_eq!(time_of(text), ms, "{text}");
        }
    }
}
