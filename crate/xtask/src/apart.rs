//! A wasm module taken apart, as crate/unpack joins it again.

use anyhow::{Context, Result, ensure};
use swapscope_unpack::apart::{Flow, PARTS, Part, join, walk};

/// From a module to its parts.
struct Taking<'a> {
    wasm: &'a [u8],
    parts: [Vec<u8>; PARTS],
}

impl Flow for Taking<'_> {
    fn byte(&mut self, part: Part) -> Option<u8> {
        let byte = *self.wasm.split_off_first()?;
        self.parts[part as usize].push(byte);
        Some(byte)
    }

    fn is_done(&self) -> bool {
        self.wasm.is_empty()
    }

    /// Leaves the size out.
    fn open(&mut self) -> Option<()> {
        while *self.wasm.split_off_first()? & 0x80 != 0 {}
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        Some(())
    }
}

/// The count of the module's bytes in four, the lowest first, and what [`join`] makes the module of.
pub fn apart(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut taking = Taking { wasm, parts: Default::default() };
    walk(&mut taking).context("the wasm has an instruction that crate/unpack does not know")?;
    let mut apart = Vec::new();
    for size in [wasm.len()].into_iter().chain(taking.parts.iter().map(Vec::len)) {
        apart.extend(u32::try_from(size).context("too much for a page")?.to_le_bytes());
    }
    apart.extend(taking.parts.into_iter().flatten());
    let mut joined = vec![0; wasm.len()];
    ensure!(
        join(&apart[4..], &mut joined).is_some() && joined == wasm,
        "the wasm does not come back: it has a number that is longer than it need be"
    );
    Ok(apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section.
    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        assert!(content.len() < 0x4000);
        [&[id, content.len() as u8 | 0x80, (content.len() >> 7) as u8], content].concat()
    }

    /// A module with one function for each text of instructions, the `end` of which is added; it need not be valid.
    fn module(functions: &[&[u8]]) -> Vec<u8> {
        let mut code = vec![functions.len() as u8];
        for instructions in functions {
            // Two groups of locals: 200 of i32, one of f64.
            let body = [&[2, 0xc8, 0x01, 0x7f, 1, 0x7c], *instructions, &[0x0b]].concat();
            let size = body.len();
            match size {
                0..0x80 => code.push(size as u8),
                _ => code.extend([size as u8 | 0x80, (size >> 7) as u8]),
            }
            code.extend(body);
        }
        let head = b"\0asm\x01\0\0\0".to_vec();
        [head, section(0, b"\x04nameless"), section(10, &code), section(11, &[9; 300])].concat()
    }

    /// Every form that an instruction has, an `end` within blocks and bytes of numbers that look like one.
    const FORMS: [&[u8]; 16] = [
        &[0x02, 0x40, 0x03, 0x7f, 0x04, 0x80, 0x01, 0x05, 0x0b, 0x0b, 0x0b],
        &[0x0c, 0x0b, 0x0d, 0x8b, 0x0b],
        &[0x0e, 0x03, 0x0b, 0x01, 0x02, 0x0b],
        &[0x10, 0x8b, 0x0b, 0x11, 0x0b, 0x00],
        &[0x1c, 0x02, 0x7f, 0x7e, 0x1a, 0x1b],
        &[0x20, 0x0b, 0x21, 0xff, 0x0b, 0x22, 0x00, 0x23, 0x0b, 0x24, 0x0b],
        &[0x28, 0x02, 0x8b, 0x0b, 0x3e, 0x02, 0x0b, 0x36, 0x00, 0x00],
        &[0x41, 0x0b, 0x41, 0x7f, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
        &[0x43, 0x0b, 0x0b, 0x0b, 0x0b],
        &[0x44, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b],
        &[0x6a, 0x45, 0xc4, 0x00, 0x01, 0x0f],
        &[0x3f, 0x00, 0x40, 0x00, 0x25, 0x0b, 0x26, 0x0b],
        &[0xd0, 0x70, 0xd1, 0xd2, 0x0b],
        &[0xfc, 0x00, 0xfc, 0x07],
        &[0xfc, 0x08, 0x0b, 0x0b, 0xfc, 0x0a, 0x00, 0x0b, 0xfc, 0x0c, 0x0b, 0x0b, 0xfc, 0x0e, 0x0b, 0x0b],
        &[0xfc, 0x09, 0x0b, 0xfc, 0x0b, 0x0b, 0xfc, 0x0d, 0x0b, 0xfc, 0x11, 0x0b],
    ];

    /// What www/unpack.js does; the browser tests run that.
    fn joined(apart: &[u8]) -> Option<Vec<u8>> {
        let (size, parts) = apart.split_first_chunk()?;
        let mut out = vec![0; usize::try_from(u32::from_le_bytes(*size)).ok()?];
        join(parts, &mut out).map(|()| out)
    }

    #[test]
    fn every_form_of_instruction_comes_back() {
        let all = FORMS.concat();
        for functions in [&[&[][..]][..], &FORMS, &[&all, &all.repeat(20), &[]]] {
            let wasm = module(functions);
            let apart = apart(&wasm).unwrap();
            assert!(joined(&apart).is_some_and(|found| found == wasm));
        }
        // Each function has one byte of size that is not told: what is told besides is six sizes.
        let wasm = module(&FORMS);
        assert_eq!(apart(&wasm).unwrap().len(), wasm.len() - FORMS.len() + 6 * 4);
    }

    #[test]
    fn numbers_of_locals_offsets_and_targets_are_apart() {
        let apart = apart(&module(&[&[0x20, 0x51, 0x22, 0x52, 0x28, 0x02, 0x53, 0x0d, 0x54]])).unwrap();
        let end = &apart[apart.len() - 10..];
        assert_eq!(end, [2, 0xc8, 0x01, 0x7f, 1, 0x7c, 0x51, 0x52, 0x53, 0x54]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let refused = |wasm: &[u8]| apart(wasm).unwrap_err().to_string();
        for instruction in [0x06, 0x12, 0xfb, 0xfd] {
            assert!(refused(&module(&[&[instruction]])).contains("an instruction that"), "{instruction:#x}");
        }
        let wasm = module(&[&[]]);
        assert!(refused(&wasm[..wasm.len() - 1]).contains("an instruction that"));
        // A size of two bytes where one is enough.
        let code = section(10, &[1, 0x82, 0x00, 0, 0x0b]);
        assert!(refused(&[b"\0asm\x01\0\0\0", &code[..]].concat()).contains("longer than it need be"));
    }

    #[test]
    fn damaged_parts_end_somehow() {
        let whole = apart(&module(&FORMS)).unwrap();
        for at in 0..whole.len() {
            assert!(joined(&whole[..at]).is_none(), "cut at {at}");
            if (2..4).contains(&at) {
                // A size beyond 64 KB would only take time.
                continue;
            }
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                assert!(joined(&damaged) != joined(&whole), "bit {bit} of byte {at}");
            }
        }
    }
}
