//! LZMA, as crate/unpack undoes it in the browser: a fifth smaller than gzip makes the same wasm.

use anyhow::{Context, Result};
use lzma_rust2::{DICT_SIZE_MIN, LzmaOptions, LzmaWriter};
use std::io::Write as _;
use swapscope_unpack::LITERAL_BITS;

/// The count of the bytes in four, the lowest first, and LZMA.
pub fn packed(bytes: &[u8]) -> Result<Vec<u8>> {
    let size = u32::try_from(bytes.len()).context("too much for a page")?;
    let options = LzmaOptions {
        // All that came before can be found again.
        dict_size: size.max(DICT_SIZE_MIN),
        lc: LITERAL_BITS,
        lp: 0,
        pb: 0,
        nice_len: LzmaOptions::NICE_LEN_MAX,
        depth_limit: 1000,
        ..LzmaOptions::with_preset(9)
    };
    let mut writer = LzmaWriter::new_no_header(size.to_le_bytes().to_vec(), &options, false)?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What www/unpack.js does; the browser tests run that.
    fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
        let (size, stream) = packed.split_first_chunk()?;
        let mut out = vec![0; usize::try_from(u32::from_le_bytes(*size)).ok()?];
        swapscope_unpack::unpack(stream, &mut out).map(|()| out)
    }

    /// Bytes with everything in them that LZMA knows: near and far matches, some of them again, and single bytes.
    fn mixed() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut seed = 1_u32;
        while bytes.len() < 300_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (kind, count, far) = (seed >> 30, seed >> 20 & 0x1ff, seed as usize & 0x3_ffff);
            match kind {
                0 if far < bytes.len() => {
                    let start = bytes.len() - far;
                    bytes.extend_from_within(start..bytes.len().min(start + count as usize));
                }
                1 => bytes.extend(std::iter::repeat_n(bytes.last().copied().unwrap_or(7), count as usize)),
                _ => bytes.extend_from_slice(&seed.to_le_bytes()),
            }
        }
        bytes
    }

    #[test]
    fn all_bytes_come_back() {
        let mixed = mixed();
        for bytes in [&[][..], b"a", b"aaaaaaaaaaaaaaaa", include_bytes!("lzma.rs"), &mixed, &mixed[..70_000]]
        {
            let packed = packed(bytes).unwrap();
            assert!(unpacked(&packed).is_some_and(|found| found == bytes), "{} bytes", bytes.len());
        }
        let packed = packed(include_bytes!("lzma.rs")).unwrap();
        assert!(packed.len() < include_bytes!("lzma.rs").len() / 2, "{} bytes", packed.len());
    }

    #[test]
    fn a_damaged_stream_ends_somehow() {
        let packed = packed(&mixed()[..20_000]).unwrap();
        assert!(unpacked(&packed[..4]).is_none());
        for at in 4..packed.len().min(500) {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x55;
            assert!(unpacked(&damaged) != unpacked(&packed), "at {at}");
        }
    }
}
