//! Random streams: one for each component, forked from the scenario's seed. Probabilities are ratios.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The stream of one component.
    pub(crate) fn fork(seed: u64, component: u64) -> Self {
        Self(mix(seed.wrapping_add(mix(component.wrapping_add(0x9e37_79b9_7f4a_7c15)))))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`; 0 if the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// A value spread evenly over `value` minus to plus `permille` thousandths.
    pub(crate) fn around(&mut self, value: u64, permille: u64) -> u64 {
        let span = value * permille / 1000;
        if span == 0 { value } else { value - span + self.below(2 * span + 1) }
    }
}
