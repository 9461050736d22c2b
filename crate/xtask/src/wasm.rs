//! What is read of a wasm module here: its sections, and the functions in them.

use anyhow::{Context, Result, bail};

/// Sections, by their first byte.
pub const CUSTOM: u8 = 0;
pub const IMPORTS: u8 = 2;
pub const CODE: u8 = 10;
pub const DATA: u8 = 11;
/// The part of the custom section "name" with the names of functions.
pub const FUNCTION_NAMES: u8 = 1;

/// How many functions are imported: these come first in the numbers of functions.
pub fn functions_imported(mut section: Reader<'_>) -> Result<u64> {
    let mut count = 0;
    for _ in 0..section.number()? {
        section.text()?;
        section.text()?;
        match section.byte()? {
            0 => {
                section.number()?;
                count += 1;
            }
            kind => bail!("an import of kind {kind}: only functions are imported"),
        }
    }
    Ok(count)
}

/// Bytes of a wasm module that are still to be read.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The sections of a module.
    pub fn sections(wasm: &'a [u8]) -> Result<Self> {
        Ok(Self(wasm.get(8..).context("no header")?))
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().context("it ends early")?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number in LEB128.
    pub fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        bail!("a number has no end")
    }

    /// So many bytes as the number before them says.
    pub fn block(&mut self) -> Result<Reader<'a>> {
        let length = usize::try_from(self.number()?)?;
        let (block, rest) = self.0.split_at_checked(length).context("it ends early")?;
        self.0 = rest;
        Ok(Reader(block))
    }

    /// A name.
    pub fn text(&mut self) -> Result<&'a str> {
        Ok(std::str::from_utf8(self.block()?.0)?)
    }
}
