//! In which order the functions of a wasm module compress best.
//!
//! gzip finds again what stood within the last 32 KB; LZMA finds everything, and says with fewer bits what is near. A module
//! holds much generic code once for each type that it is used with, nearly the same each time, and the compiler puts it
//! wherever it was used. Side by side, the same functions take a twentieth less with gzip, a fortieth with LZMA.

use crate::wasm::{CODE, CUSTOM, FUNCTION_NAMES, IMPORTS, Reader, functions_imported};
use anyhow::Result;
use std::collections::{HashMap, VecDeque};

/// What gzip can still find, in bytes; more gains nothing with LZMA.
const WINDOW: usize = 32 * 1024;
/// Bytes that two functions have in common at least, to be alike there.
const COMMON: usize = 6;
/// What stands in more functions than this is found anyway.
const EVERYWHERE: usize = 400;

/// The module with names for its functions, which are in the order in which the functions should be: wasm-opt can sort by
/// name. The module must have no names yet.
pub fn named(wasm: &[u8]) -> Result<Vec<u8>> {
    let (mut imports, mut code) = (0, Reader(&[]));
    let mut reader = Reader::sections(wasm)?;
    while !reader.0.is_empty() {
        match (reader.byte()?, reader.block()?) {
            (IMPORTS, section) => imports = functions_imported(section)?,
            (CODE, section) => code = section,
            _ => {}
        }
    }
    let count = code.number()?;
    let functions = (0..count).map(|_| Ok(code.block()?.0)).collect::<Result<Vec<_>>>()?;
    let mut places = vec![0; functions.len()];
    for (place, function) in order(&functions).into_iter().enumerate() {
        places[function] = place;
    }
    let mut names = number(functions.len());
    for (index, place) in (usize::try_from(imports)?..).zip(places) {
        names.extend(number(index));
        names.extend(block(format!("{place:06}").as_bytes()));
    }
    let part = [&[FUNCTION_NAMES], &block(&names)[..]].concat();
    let section = [&block(b"name")[..], &part].concat();
    Ok([wasm, &[CUSTOM], &block(&section)].concat())
}

/// One after the other, each time the function that has most in common with those before it, for its length.
fn order(functions: &[&[u8]]) -> Vec<usize> {
    let pieces = pieces(functions);
    let mut holders = vec![Vec::new(); 1 + pieces.iter().flatten().max().map_or(0, |last| *last)];
    for (function, pieces) in pieces.iter().enumerate() {
        for piece in pieces {
            holders[*piece].push(function);
        }
    }
    for holders in &mut holders {
        if holders.len() > EVERYWHERE {
            holders.clear();
        }
    }
    // How often each piece is in the window, and how many pieces of each function are.
    let mut within = vec![0_u32; holders.len()];
    let mut found = vec![0_u64; functions.len()];
    let (mut window, mut filled) = (VecDeque::new(), 0);
    let mut rest: Vec<usize> = (0..functions.len()).collect();
    let mut order = Vec::new();
    let gain = |found: &[u64], function: usize| {
        // The square, or else the shortest always win.
        ((found[function] * found[function]) << 16) / (functions[function].len() as u64 + 1)
    };
    while let Some(at) = (0..rest.len()).max_by_key(|at| gain(&found, rest[*at])) {
        let next = rest.swap_remove(at);
        order.push(next);
        window.push_back(next);
        filled += functions[next].len();
        for piece in &pieces[next] {
            within[*piece] += 1;
            if within[*piece] == 1 {
                holders[*piece].iter().for_each(|function| found[*function] += 1);
            }
        }
        while filled > WINDOW
            && let Some(gone) = window.pop_front()
        {
            filled -= functions[gone].len();
            for piece in &pieces[gone] {
                within[*piece] -= 1;
                if within[*piece] == 0 {
                    holders[*piece].iter().for_each(|function| found[*function] -= 1);
                }
            }
        }
    }
    order
}

/// What each function is made of: numbers of all different pieces of [`COMMON`] bytes in it.
fn pieces(functions: &[&[u8]]) -> Vec<Vec<usize>> {
    let mut numbers = HashMap::new();
    let of = |function: &&[u8]| {
        let mut pieces = Vec::new();
        for piece in function.windows(COMMON) {
            let next = numbers.len();
            pieces.push(*numbers.entry(piece.to_owned()).or_insert(next));
        }
        pieces.sort_unstable();
        pieces.dedup();
        pieces
    };
    functions.iter().map(of).collect()
}

/// A number in LEB128.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
    bytes
}

/// Bytes behind their count.
fn block(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len()), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_comes_together() {
        let functions =
            [&b"aaaaaaabcdefgh"[..], b"0123456789012345", b"abcdefghijk", b"012345678901", b"zzzz"];
        let order = order(&functions);
        let place = |function| order.iter().position(|of| *of == function).unwrap();
        assert_eq!(place(0).abs_diff(place(2)), 1, "{order:?}");
        assert_eq!(place(1).abs_diff(place(3)), 1, "{order:?}");
        assert_eq!(order.len(), functions.len());
    }

    #[test]
    fn each_function_has_a_name() {
        let imports = b"\x02\x07\x01\x01a\x01b\x00\x00";
        let wasm = [b"\0asm\x01\0\0\0", &imports[..], b"\x0a\x08\x02\x03abc\x02ab"].concat();
        let named = named(&wasm).unwrap();
        let names = b"\x00\x18\x04name\x01\x11\x02\x01\x06000001\x02\x06000000";
        assert_eq!(named, [&wasm[..], names].concat());
    }

    #[test]
    fn numbers_are_as_wasm_has_them() {
        assert_eq!(number(5), [5]);
        assert_eq!(number(300), [0xac, 2]);
        assert_eq!(number(0x80), [0x80, 1]);
    }
}
