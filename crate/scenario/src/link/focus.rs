//! Where in the runs to look: `t=12.35`, the moment under the cursor, and `v=3.2,17`, the stretch that is shown. Both are
//! seconds of virtual time, with as many decimals as they need.

use swapscope_sim::units::Nanos;

const SECOND: u64 = 1_000_000_000;
/// Longest number before the decimal point: no run comes near.
const DIGITS: usize = 7;
/// A nanosecond is the last decimal.
const DECIMALS: usize = 9;

/// Where to look. It has no influence on what is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The moment under the cursor.
    pub at: Option<Nanos>,
    /// The stretch of time that is shown; all of the run if there is none.
    pub view: Option<[Nanos; 2]>,
}

impl Focus {
    /// The parts of a link, such as `&t=12.35`; nothing where nothing is said.
    #[must_use]
    pub fn query(&self) -> String {
        let at = self.at.map_or(String::new(), |t| format!("&t={}", seconds(t)));
        let view = self.view.filter(|[from, to]| from < to);
        at + &view.map_or(String::new(), |[from, to]| format!("&v={},{}", seconds(from), seconds(to)))
    }
}

/// Seconds with no more decimals than needed.
fn seconds(t: Nanos) -> String {
    let fraction = format!("{:09}", t.0 % SECOND);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", t.0 / SECOND)
}

/// Reads the value of `t`.
pub(super) fn moment(text: &str) -> Option<Nanos> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, DIGITS) || !is_number(fraction, DECIMALS) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<DECIMALS$}").parse().ok()?;
    Some(Nanos(whole * SECOND + fraction))
}

/// Reads the value of `v`.
pub(super) fn stretch(text: &str) -> Option<[Nanos; 2]> {
    let (from, to) = text.split_once(',')?;
    let view = [moment(from)?, moment(to)?];
    (view[0] < view[1]).then_some(view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_lead_back() {
        for (text, ns) in [
            ("0", 0),
            ("12.35", 12_350_000_000),
            ("17", 17_000_000_000),
            ("0.000000001", 1),
            ("9999999.999999999", 9_999_999_999_999_999),
        ] {
            assert_eq!(moment(text), Some(Nanos(ns)), "{text}");
            assert_eq!(seconds(Nanos(ns)), text);
        }
        assert_eq!(moment("3.20"), Some(Nanos(3_200_000_000)));
        for text in ["", ".", "1.", ".5", "-1", "1e3", "1,5", "12345678", "0.0000000001", "+1"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_stretch_has_two_ends_in_order() {
        assert_eq!(stretch("3.2,17"), Some([Nanos(3_200_000_000), Nanos(17_000_000_000)]));
        for text in ["3", "3,3", "4,3", "3,4,5", "3,"] {
            assert_eq!(stretch(text), None, "{text}");
        }
        let focus = Focus { at: None, view: Some([Nanos(5), Nanos(5)]) };
        assert_eq!(focus.query(), "", "an empty stretch is none");
    }
}
