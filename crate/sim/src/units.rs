//! Distinct integer types for the quantities that must not be mixed.

use std::ops::{Add, AddAssign, Sub, SubAssign};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
    };
}

unit! {
    /// A number of 4 KiB pages.
    Pages
}
unit! {
    /// A point on, or a stretch of, the virtual clock, in nanoseconds since the machine started.
    Nanos
}
unit! {
    /// A number of timer ticks; one lasts `1 / HZ` seconds.
    Jiffies
}
unit! {
    /// A number of 512-byte sectors.
    Sectors
}

impl Pages {
    /// Kibibytes in this many pages.
    #[must_use]
    pub const fn kib(self) -> u64 {
        self.0 * 4
    }
    /// Whole pages in this many kibibytes.
    #[must_use]
    pub const fn from_kib(kib: u64) -> Self {
        Self(kib / 4)
    }
    /// Whole pages in this many mebibytes.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib * 256)
    }
    /// Sectors covered by this many pages.
    #[must_use]
    pub const fn sectors(self) -> Sectors {
        Sectors(self.0 * 8)
    }
}

impl Nanos {
    /// This many milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }
    /// This many seconds.
    #[must_use]
    pub const fn from_s(s: u64) -> Self {
        Self(s * 1_000_000_000)
    }
}

impl Jiffies {
    /// Length on the clock of a machine with `hz` ticks a second.
    #[must_use]
    pub const fn nanos(self, hz: u64) -> Nanos {
        Nanos(self.0 * (1_000_000_000 / hz))
    }
}
