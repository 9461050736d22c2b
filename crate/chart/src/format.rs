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
    let tenths = (t.0 + 50_000_000) / 100_000_000;
    if tenths < 1000 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if tenths < 6000 {
        format!("{} s", (tenths + 5) / 10)
    } else {
        let whole = (tenths + 5) / 10;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// A length of time that is mostly short: in ms below one second.
#[must_use]
pub fn delay(length: Nanos) -> String {
    if length.0 >= 1_000_000_000 {
        seconds(length)
    } else if length.0 >= 10_000_000 {
        format!("{} ms", (length.0 + 500_000) / 1_000_000)
    } else {
        let tenths = (length.0 + 50_000) / 100_000;
        format!("{}.{} ms", tenths / 10, tenths % 10)
    }
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
}
