//! The release that a kernel gives itself, and the version of the table that stands for it.

use swapscope_sim::kernel::VERSIONS;

/// Major and minor number, and the release candidate; a release has the largest.
type Release = (u32, u32, u32);

/// `4.7.0-rc7+`, `4.6.2-1-default`, `4.9`.
pub(super) fn parsed(text: &str) -> Option<Release> {
    let (numbers, rest) = text.split_once(['-', '+']).unwrap_or((text, ""));
    let mut numbers = numbers.split('.');
    let (major, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    if numbers.any(|part| part.parse::<u32>().is_err()) || major > 99 {
        return None;
    }
    let candidate = rest.strip_prefix("rc").map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().unwrap_or(0)
    });
    Some((major, minor, candidate.unwrap_or(u32::MAX)))
}

/// The last version of the table that is no newer, or else its first; and whether it is the same.
pub(super) fn nearest(release: &str) -> Option<(&'static str, bool)> {
    let wanted = parsed(release)?;
    let before = VERSIONS.iter().rev().find(|version| parsed(version.name).is_some_and(|of| of <= wanted));
    let version = before.or(VERSIONS.first())?;
    Some((version.name, parsed(version.name) == Some(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_find_their_version() {
        for (release, expected) in [
            ("4.7.0-rc7+", Some(("4.7-rc6", false))),
            ("4.7.0-rc6", Some(("4.7-rc6", true))),
            ("4.6.2-1-default", Some(("4.6", true))),
            ("4.7.4", Some(("4.7", true))),
            ("3.10.0-327.el7", Some(("4.5", false))),
            ("6.1.0-18-amd64", Some(("4.9", false))),
            ("rc7", None),
            ("4", None),
            ("99999999999999999999.1", None),
        ] {
            assert_eq!(nearest(release), expected, "{release}");
        }
    }
}
