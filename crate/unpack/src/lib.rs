//! Undoes LZMA, in which the page's wasm module and the content of the single file travel: a quarter smaller than with gzip,
//! which is the best that every browser undoes by itself. A wasm module of its own, so it must be small, and fast from its
//! first run on: lzma-rust2, with which `cargo xtask dist` packs, would be 18 KB compressed, this is 2. Before it is packed, a
//! wasm module is taken apart ([`apart`]).
//!
//! This is the stream of Igor Pavlov's "LZMA specification" (in the LZMA SDK) without a header: the properties are always
//! [`LITERAL_BITS`], no position bits and no end mark, and who asks knows how many bytes there are.

#![cfg_attr(target_arch = "wasm32", no_std)]

pub mod apart;
#[cfg(target_arch = "wasm32")]
mod wasm;

/// `lc` of the specification: so many bits of the byte before say how a byte is coded.
pub const LITERAL_BITS: u32 = 3;

/// What came last, matches or single bytes, makes a number from 0 on.
const STATES: usize = 12;
/// From here on, the last was a match.
const AFTER_MATCH: usize = 7;

/// How likely a bit is 0, in 2048ths; it follows the bits that come.
type Chance = u16;
const EVEN: Chance = 1024;
const CHANCE_BITS: u32 = 11;
/// A larger number follows slower.
const CHANCE_SHIFT: u32 = 5;

/// The range decoder, which takes bits out of the bytes.
struct Bits<'a> {
    packed: core::slice::Iter<'a, u8>,
    range: u32,
    code: u32,
}

impl<'a> Bits<'a> {
    /// The first five bytes are the start of the code.
    fn new(packed: &'a [u8]) -> Option<Self> {
        let (&[0, a, b, c, d], rest) = packed.split_first_chunk()? else { return None };
        Some(Self { packed: rest.iter(), range: u32::MAX, code: u32::from_be_bytes([a, b, c, d]) })
    }

    /// Takes in a byte when there is room. Behind the end are zeros: what comes of them is refused by the caller's count.
    #[inline(always)]
    fn fill(&mut self) {
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(self.packed.next().copied().unwrap_or_default());
        }
    }

    fn bit(&mut self, chance: &mut Chance) -> usize {
        let bound = (self.range >> CHANCE_BITS) * u32::from(*chance);
        let is_one = self.code >= bound;
        if is_one {
            self.range -= bound;
            self.code -= bound;
            *chance -= *chance >> CHANCE_SHIFT;
        } else {
            self.range = bound;
            *chance += ((1 << CHANCE_BITS) - *chance) >> CHANCE_SHIFT;
        }
        self.fill();
        usize::from(is_one)
    }

    /// Bits that are as likely 0 as 1, the highest first.
    fn even(&mut self, count: usize) -> usize {
        (0..count).fold(0, |number, _| {
            self.range >>= 1;
            let is_one = self.code >= self.range;
            if is_one {
                self.code -= self.range;
            }
            self.fill();
            number << 1 | usize::from(is_one)
        })
    }

    /// A number below `N`, a power of two, the highest bit first; the chances of a bit depend on those above it.
    fn number<const N: usize>(&mut self, chances: &mut [Chance; N]) -> usize {
        let mut path = 1;
        while path < N {
            path = path << 1 | self.bit(&mut chances[path % N]);
        }
        path - N
    }

    /// A number of so many bits, the lowest first; none where a damaged stream leads out of the chances.
    fn reversed(&mut self, chances: &mut [Chance], bits: usize) -> Option<usize> {
        let (mut path, mut number) = (1, 0);
        for place in 0..bits {
            let bit = self.bit(chances.get_mut(path)?);
            path = path << 1 | bit;
            number |= bit << place;
        }
        Some(number)
    }
}

/// Chances of the length of a match.
struct Lengths {
    is_longer: Chance,
    is_longest: Chance,
    short: [Chance; 8],
    longer: [Chance; 8],
    longest: [Chance; 256],
}

impl Lengths {
    const NEW: Self =
        Self { is_longer: EVEN, is_longest: EVEN, short: [EVEN; 8], longer: [EVEN; 8], longest: [EVEN; 256] };

    /// A length, less the 2 of the shortest match.
    fn next(&mut self, bits: &mut Bits<'_>) -> usize {
        if bits.bit(&mut self.is_longer) == 0 {
            bits.number(&mut self.short)
        } else if bits.bit(&mut self.is_longest) == 0 {
            8 + bits.number(&mut self.longer)
        } else {
            16 + bits.number(&mut self.longest)
        }
    }
}

/// Chances of the distance of a match.
struct Distances {
    /// The two highest bits and how many follow, by the length.
    slot: [[Chance; 64]; 4],
    /// What follows where that is little.
    near: [Chance; 115],
    /// The lowest bits otherwise.
    lowest: [Chance; 16],
}

impl Distances {
    const NEW: Self = Self { slot: [[EVEN; 64]; 4], near: [EVEN; 115], lowest: [EVEN; 16] };

    /// A distance, less the 1 of the nearest.
    fn next(&mut self, bits: &mut Bits<'_>, length: usize) -> Option<usize> {
        let slot = bits.number(&mut self.slot[length.min(3)]);
        if slot < 4 {
            return Some(slot);
        }
        let count = (slot >> 1) - 1;
        let high = (2 | slot & 1) << count;
        if slot < 14 {
            return Some(high + bits.reversed(self.near.get_mut(high - slot..)?, count)?);
        }
        let middle = bits.even(count - 4) << 4;
        high.checked_add(middle + bits.reversed(&mut self.lowest, 4)?)
    }
}

/// Chances that depend on what came last.
struct Kinds {
    is_match: Chance,
    is_again: Chance,
    is_not_last: Chance,
    is_long: Chance,
    is_not_second: Chance,
    is_fourth: Chance,
}

impl Kinds {
    const NEW: Self = Self {
        is_match: EVEN,
        is_again: EVEN,
        is_not_last: EVEN,
        is_long: EVEN,
        is_not_second: EVEN,
        is_fourth: EVEN,
    };
}

/// Undoes LZMA until `out` is full; `None` where the stream is damaged.
///
/// Nothing here can panic, and the compiler can see that: what a panic says would be a third of the module.
pub fn unpack(packed: &[u8], out: &mut [u8]) -> Option<()> {
    let mut bits = Bits::new(packed)?;
    let mut kinds = [Kinds::NEW; STATES];
    let mut literals = [[[EVEN; 256]; 3]; 1 << LITERAL_BITS];
    let mut lengths = [Lengths::NEW, Lengths::NEW];
    let mut distances = Distances::NEW;
    let (mut state, mut last, mut at, mut before) = (0, [0_usize; 4], 0, 0);

    while at < out.len() {
        let kind = kinds.get_mut(state)?;
        if bits.bit(&mut kind.is_match) == 0 {
            let [plain, by_match @ ..] = &mut literals[usize::from(before >> (8 - LITERAL_BITS))];
            let mut path = 1;
            if state >= AFTER_MATCH {
                // The byte that would have come had the match gone on, for as long as its bits are right.
                let mut expected = usize::from(*out.get(at.checked_sub(last[0] + 1)?)?);
                while path < 256 {
                    expected <<= 1;
                    let wanted = expected >> 8 & 1;
                    let bit = bits.bit(&mut by_match[wanted][path % 256]);
                    path = path << 1 | bit;
                    if bit != wanted {
                        break;
                    }
                }
            }
            while path < 256 {
                path = path << 1 | bits.bit(&mut plain[path % 256]);
            }
            before = (path & 0xff) as u8;
            *out.get_mut(at)? = before;
            at += 1;
            state = match state {
                0..4 => 0,
                4..10 => state - 3,
                _ => state - 6,
            };
            continue;
        }
        let is_after_match = state >= AFTER_MATCH;
        let length = if bits.bit(&mut kind.is_again) == 0 {
            let length = lengths[0].next(&mut bits);
            last = [distances.next(&mut bits, length)?, last[0], last[1], last[2]];
            state = if is_after_match { 10 } else { 7 };
            length + 2
        } else {
            let [a, b, c, d] = last;
            let mut is_long = true;
            last = if bits.bit(&mut kind.is_not_last) == 0 {
                is_long = bits.bit(&mut kind.is_long) == 1;
                last
            } else if bits.bit(&mut kind.is_not_second) == 0 {
                [b, a, c, d]
            } else if bits.bit(&mut kind.is_fourth) == 0 {
                [c, a, b, d]
            } else {
                [d, a, b, c]
            };
            if is_long {
                state = if is_after_match { 11 } else { 8 };
                lengths[1].next(&mut bits) + 2
            } else {
                state = if is_after_match { 11 } else { 9 };
                1
            }
        };
        let from = at.checked_sub(last[0].checked_add(1)?)?;
        let end = at.checked_add(length)?;
        for (from, to) in (from..).zip(at..end) {
            before = *out.get(from)?;
            *out.get_mut(to)? = before;
        }
        at = end;
    }
    Some(())
}
