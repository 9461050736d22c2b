//! Quantities in words.

use swapscope_sim::units::Nanos;

/// Pages as MiB: one decimal below 10 MiB, none above.
#[must_use]
pub fn mib(pages: u64) -> String {
    let tenths = (pages * 10 + 128) / 256;
    if tenths < 100 && !tenths.is_multiple_of(10) {
        format!("{}.{} MiB", tenths / 10, tenths % 10)
    } else {
        format!("{} MiB", (pages + 128) / 256)
    }
}

/// A point in time: seconds with one decimal below 100 s, whole seconds below 10 min, then minutes.
#[must_use]
pub fn seconds(t: Nanos) -> String {
    // What is rounded decides on the form: 599.7 s are ten minutes.
    let (tenths, s) = (rounded(t, 100_000_000), rounded(t, 1_000_000_000));
    match (tenths, s) {
        (..1000, _) => format!("{}.{} s", tenths / 10, tenths % 10),
        (_, ..600) => format!("{s} s"),
        _ => format!("{} min {:02} s", s / 60, s % 60),
    }
}

/// A length of time that is mostly short: in ms below one second.
#[must_use]
pub fn delay(length: Nanos) -> String {
    let (tenths, ms) = (rounded(length, 100_000), rounded(length, 1_000_000));
    match (tenths, ms) {
        (..100, _) => format!("{}.{} ms", tenths / 10, tenths % 10),
        (_, ..1000) => format!("{ms} ms"),
        _ => seconds(length),
    }
}

fn rounded(length: Nanos, unit: u64) -> u64 {
    length.0.saturating_add(unit / 2) / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_well() {
        assert_eq!(mib(0), "0 MiB");
        assert_eq!(mib(384), "1.5 MiB");
        assert_eq!(mib(262_144), "1024 MiB");
        assert_eq!(seconds(Nanos::from_ms(10_940)), "10.9 s");
        assert_eq!(seconds(Nanos::from_s(2280)), "38 min 00 s");
        assert_eq!(delay(Nanos::from_ms(100)), "100 ms");
        assert_eq!(delay(Nanos(4_000_000)), "4.0 ms");
        assert_eq!(delay(Nanos::from_s(5)), "5.0 s");
    }

    #[test]
    fn what_is_rounded_decides_on_the_unit() {
        for (us, text) in [
            (9_949, "9.9 ms"),
            (9_950, "10 ms"),
            (999_499, "999 ms"),
            (999_500, "1.0 s"),
            (99_949_999, "99.9 s"),
            (99_950_000, "100 s"),
            // Not by way of 100.5 s.
            (100_450_000, "100 s"),
            (599_499_999, "599 s"),
            (599_500_000, "10 min 00 s"),
        ] {
            assert_eq!(delay(Nanos(us * 1_000)), text);
        }
    }
}
