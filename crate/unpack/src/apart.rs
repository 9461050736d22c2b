//! A wasm module taken apart by what its bytes mean: LZMA makes it smaller by a fourteenth, for numbers of locals, offsets and
//! targets of branches follow each other better than they follow instructions. Sizes of functions are left out, as they
//! follow from where a function ends.
//!
//! Taking apart and joining are the same walk through the module; only where bytes come from and go to differs ([`Flow`]).
//! The walk knows the instructions of WebAssembly 2.0 but for vectors, which rustc does not use here, and refuses others.

/// Where a byte belongs.
#[derive(Clone, Copy)]
pub enum Part {
    /// Instructions and what does not belong elsewhere; sections other than that of code.
    Rest,
    /// Types of the locals of a function.
    Types,
    /// Numbers of locals.
    Locals,
    /// Offsets of loads and stores.
    Offsets,
    /// Targets of branches.
    Targets,
}

/// How many kinds of [`Part`] there are.
pub const PARTS: usize = 5;

/// Bytes on their way, either into parts or back.
pub trait Flow {
    /// Passes a byte on; `None` where there is none left, or no room.
    fn byte(&mut self, part: Part) -> Option<u8>;
    /// Whether the module is complete.
    fn is_done(&self) -> bool;
    /// A function begins, with its size.
    fn open(&mut self) -> Option<()>;
    /// A function ends.
    fn close(&mut self) -> Option<()>;
}

/// Passes a whole module on; `None` if that is none, or has instructions that are not known.
pub fn walk(flow: &mut impl Flow) -> Option<()> {
    const HEAD: u32 = 8;
    const CODE: u8 = 10;
    bytes(flow, HEAD)?;
    while !flow.is_done() {
        let section = flow.byte(Part::Rest)?;
        let size = number(flow, Part::Rest)?;
        if section != CODE {
            bytes(flow, size)?;
            continue;
        }
        for _ in 0..number(flow, Part::Rest)? {
            flow.open()?;
            function(flow)?;
            flow.close()?;
        }
    }
    Some(())
}

fn bytes(flow: &mut impl Flow, count: u32) -> Option<()> {
    (0..count).try_for_each(|_| flow.byte(Part::Rest).map(drop))
}

/// A number in LEB128, signed or not; only counts need to come out right, and those fit.
fn number(flow: &mut impl Flow, part: Part) -> Option<u32> {
    let mut number = 0;
    for place in 0..10 {
        let byte = flow.byte(part)?;
        number |= u32::from(byte & 0x7f).checked_shl(7 * place).unwrap_or_default();
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn numbers(flow: &mut impl Flow, part: Part, count: u32) -> Option<()> {
    (0..count).try_for_each(|_| number(flow, part).map(drop))
}

fn function(flow: &mut impl Flow) -> Option<()> {
    for _ in 0..number(flow, Part::Types)? {
        number(flow, Part::Types)?;
        flow.byte(Part::Types)?;
    }
    let mut depth = 1_u32;
    while depth > 0 {
        let instruction = flow.byte(Part::Rest)?;
        match instruction {
            0x02..=0x04 => depth += 1,
            0x0b => depth -= 1,
            _ => {}
        }
        operands(flow, instruction)?;
    }
    Some(())
}

/// What stands behind an instruction.
fn operands(flow: &mut impl Flow, instruction: u8) -> Option<()> {
    match instruction {
        // unreachable, nop, else, end, return, drop, select, arithmetic, ref.is_null
        0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => Some(()),
        // block, loop, if, call, global.*, table.*, memory.size, memory.grow, i32.const, i64.const, ref.null, ref.func
        0x02..=0x04 | 0x10 | 0x23..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => numbers(flow, Part::Rest, 1),
        // br, br_if
        0x0c | 0x0d => numbers(flow, Part::Targets, 1),
        // br_table: one more for all other values
        0x0e => {
            let count = number(flow, Part::Targets)?;
            numbers(flow, Part::Targets, count)?;
            numbers(flow, Part::Targets, 1)
        }
        // call_indirect
        0x11 => numbers(flow, Part::Rest, 2),
        // select with types
        0x1c => {
            let count = number(flow, Part::Rest)?;
            numbers(flow, Part::Rest, count)
        }
        // local.*
        0x20..=0x22 => numbers(flow, Part::Locals, 1),
        // loads and stores: alignment, offset
        0x28..=0x3e => {
            numbers(flow, Part::Rest, 1)?;
            numbers(flow, Part::Offsets, 1)
        }
        // f32.const, f64.const
        0x43 => bytes(flow, 4),
        0x44 => bytes(flow, 8),
        0xfc => {
            let count = match number(flow, Part::Rest)? {
                // conversions that saturate
                0..=7 => 0,
                // memory.init, memory.copy, table.init, table.copy
                8 | 10 | 12 | 14 => 2,
                // data.drop, memory.fill, elem.drop, table.grow, table.size, table.fill
                9 | 11 | 13 | 15..=17 => 1,
                _ => return None,
            };
            numbers(flow, Part::Rest, count)
        }
        _ => None,
    }
}

/// From parts to a module.
struct Joining<'a> {
    parts: [&'a [u8]; PARTS],
    out: &'a mut [u8],
    at: usize,
    /// Where the current function begins.
    start: usize,
}

impl Flow for Joining<'_> {
    fn byte(&mut self, part: Part) -> Option<u8> {
        let byte = self.parts.get_mut(part as usize)?.split_off_first()?;
        *self.out.get_mut(self.at)? = *byte;
        self.at += 1;
        Some(*byte)
    }

    fn is_done(&self) -> bool {
        self.at == self.out.len()
    }

    fn open(&mut self) -> Option<()> {
        self.start = self.at;
        Some(())
    }

    /// Puts the size before the function.
    fn close(&mut self) -> Option<()> {
        let mut size = self.at - self.start;
        let width = 1 + (1..4).filter(|width| size >> (7 * width) > 0).count();
        for at in (self.start..self.at).rev() {
            *self.out.get_mut(at + width)? = *self.out.get(at)?;
        }
        for left in (0..width).rev() {
            *self.out.get_mut(self.start)? = (size & 0x7f) as u8 | if left > 0 { 0x80 } else { 0 };
            size >>= 7;
            self.start += 1;
        }
        self.at += width;
        Some(())
    }
}

/// Joins a module from its parts, before which their sizes stand in four bytes each, the lowest first; `None` unless that fills
/// `out`.
pub fn join(apart: &[u8], out: &mut [u8]) -> Option<()> {
    let mut sizes = [0; PARTS];
    let mut bytes = apart;
    for size in &mut sizes {
        let (head, rest) = bytes.split_first_chunk()?;
        *size = u32::from_le_bytes(*head) as usize;
        bytes = rest;
    }
    let mut parts = [&[][..]; PARTS];
    for (part, size) in parts.iter_mut().zip(sizes) {
        (*part, bytes) = bytes.split_at_checked(size)?;
    }
    walk(&mut Joining { parts, out, at: 0, start: 0 })
}
