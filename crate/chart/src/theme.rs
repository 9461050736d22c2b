//! Colours by role, for light and dark paper.
//!
//! The hues are those of Okabe and Ito, which stay apart for all common forms of colour blindness; every line also
//! has a dash, and every mark a shape, of its own.

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// Background of a picture.
    Paper,
    /// Background of a plot.
    Plot,
    /// Where a run is over already.
    Over,
    /// Grid lines.
    Grid,
    /// Titles.
    Text,
    /// Tick labels.
    Muted,
    /// Free memory.
    Free,
    /// Watermark min, and the reserves below it.
    Min,
    /// Watermark low.
    Low,
    /// Watermark high.
    High,
    /// Sleeps of workers.
    Worker,
    /// Sleeps of kswapd.
    Kswapd,
    /// Sleeps of other tasks.
    Other,
    /// OOM kills.
    Oom,
    /// The workload is done.
    Done,
    /// The mayday timer called a rescuer.
    Mayday,
    /// Swap in use.
    Swap,
    /// Pages under writeback.
    Writeback,
    /// The limit of `throttle_vm_writeout`.
    Limit,
    /// Bios that wait for kcryptd.
    Queue,
    /// Elements left in dm-crypt's page pool.
    PagePool,
    /// Elements left in dm-crypt's clone bio pool.
    BioPool,
    /// What other seeds did.
    Band,
    /// A recording of a real kernel.
    Recorded,
}

/// Red, green and blue, 0 to 255 each.
pub type Rgb = (u8, u8, u8);

/// Paper that is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on near black.
    Dark,
}

impl Theme {
    /// The colour of a role.
    #[must_use]
    pub const fn ink(self, ink: Ink) -> Rgb {
        let (light, dark) = pair(ink);
        match self {
            Self::Light => light,
            Self::Dark => dark,
        }
    }
}

const fn pair(ink: Ink) -> (Rgb, Rgb) {
    match ink {
        Ink::Paper => ((0xff, 0xff, 0xff), (0x14, 0x17, 0x1b)),
        Ink::Plot => ((0xfb, 0xfb, 0xfa), (0x19, 0x1d, 0x22)),
        Ink::Over => ((0xec, 0xed, 0xee), (0x24, 0x29, 0x30)),
        Ink::Grid => ((0xdd, 0xdf, 0xe2), (0x33, 0x39, 0x41)),
        Ink::Text => ((0x1b, 0x1f, 0x24), (0xe6, 0xe9, 0xed)),
        Ink::Muted => ((0x59, 0x61, 0x6b), (0x9d, 0xa7, 0xb3)),
        Ink::Free => ((0x00, 0x5f, 0x9e), (0x6c, 0xbc, 0xf2)),
        Ink::Min => ((0xc4, 0x4a, 0x00), (0xff, 0x8a, 0x4c)),
        Ink::Low => ((0xa8, 0x74, 0x00), (0xf0, 0xc0, 0x40)),
        Ink::High => ((0x00, 0x80, 0x5c), (0x3f, 0xcf, 0xa4)),
        Ink::Worker => ((0xc4, 0x4a, 0x01), (0xff, 0x8a, 0x4d)),
        Ink::Kswapd => ((0x00, 0x5f, 0x9f), (0x6c, 0xbc, 0xf3)),
        Ink::Other => ((0x00, 0x80, 0x5d), (0x3f, 0xcf, 0xa5)),
        Ink::Oom => ((0xb0, 0x1e, 0x6b), (0xff, 0x7a, 0xc2)),
        Ink::Done => ((0x00, 0x80, 0x5e), (0x3f, 0xcf, 0xa6)),
        Ink::Mayday => ((0xa8, 0x74, 0x01), (0xf0, 0xc0, 0x41)),
        Ink::Swap => ((0x7a, 0x4f, 0xb5), (0xbf, 0x9d, 0xf0)),
        Ink::Writeback => ((0x00, 0x5f, 0xa0), (0x6c, 0xbc, 0xf4)),
        Ink::Limit => ((0xc4, 0x4a, 0x02), (0xff, 0x8a, 0x4e)),
        Ink::Queue => ((0x00, 0x5f, 0xa1), (0x6c, 0xbc, 0xf5)),
        Ink::PagePool => ((0x00, 0x80, 0x5f), (0x3f, 0xcf, 0xa7)),
        Ink::BioPool => ((0xc4, 0x4a, 0x03), (0xff, 0x8a, 0x4f)),
        Ink::Band => ((0x8a, 0x93, 0x9e), (0x6f, 0x7a, 0x87)),
        Ink::Recorded => ((0x1b, 0x1f, 0x25), (0xe6, 0xe9, 0xee)),
    }
}

/// All roles. No two share a colour, however alike, so that a colour of the light theme tells its role: that is how
/// one SVG can hold both themes.
pub(crate) const INKS: &[Ink] = &[
    Ink::Paper,
    Ink::Plot,
    Ink::Over,
    Ink::Grid,
    Ink::Text,
    Ink::Muted,
    Ink::Free,
    Ink::Min,
    Ink::Low,
    Ink::High,
    Ink::Worker,
    Ink::Kswapd,
    Ink::Other,
    Ink::Oom,
    Ink::Done,
    Ink::Mayday,
    Ink::Swap,
    Ink::Writeback,
    Ink::Limit,
    Ink::Queue,
    Ink::PagePool,
    Ink::BioPool,
    Ink::Band,
    Ink::Recorded,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_tells_its_role() {
        for (place, ink) in INKS.iter().enumerate() {
            let first = INKS.iter().position(|other| Theme::Light.ink(*other) == Theme::Light.ink(*ink));
            assert_eq!(first, Some(place), "{ink:?} has the colour of another role");
        }
    }
}
