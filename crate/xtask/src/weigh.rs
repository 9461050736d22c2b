//! What the wasm is made of: how much of its code comes from which crate and module, by the names of the functions.
//!
//! wasm-opt takes the names away, so this is of the wasm before it, and before compression: shares, not what is loaded.

use crate::layout::Layout;
use crate::wasm::{CODE, CUSTOM, DATA, FUNCTION_NAMES, IMPORTS, Reader, functions_imported};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// Crates in whose service all others are: a function of a library that was made for one of them counts as that one's.
const OWN: [&str; 4] = ["swapscope_web", "swapscope_chart", "swapscope_scenario", "swapscope_sim"];
/// Modules of a crate that are listed, and the least that is listed on its own.
const MODULES: usize = 8;
const LEAST: usize = 2000;

/// The table, for the wasm of the last build.
pub fn table(layout: &Layout) -> Result<String> {
    let wasm = fs::read(layout.target("wasm/raw/swapscope_web_bg.wasm"))?;
    weigh(&wasm).context("the wasm is not as expected")
}

fn weigh(wasm: &[u8]) -> Result<String> {
    let mut sizes = BTreeMap::<String, BTreeMap<String, usize>>::new();
    let (mut names, mut imports, mut code, mut data) = (BTreeMap::new(), 0, Reader(&[]), 0);
    let mut reader = Reader::sections(wasm)?;
    while !reader.0.is_empty() {
        let (id, mut section) = (reader.byte()?, reader.block()?);
        match id {
            CUSTOM if section.text()? == "name" => names = function_names(section)?,
            IMPORTS => imports = functions_imported(section)?,
            CODE => code = section,
            DATA => data = section.0.len(),
            _ => {}
        }
    }
    for index in 0..code.number()? {
        let size = code.block()?.0.len();
        let name = names.get(&(imports + index)).map_or("", String::as_str);
        let (owner, module) = owner(name);
        *sizes.entry(owner).or_default().entry(module).or_default() += size;
    }
    let mut out = format!("{:>8}  data: texts and tables\n", data);
    let mut crates: Vec<_> = sizes.iter().map(|(name, of)| (of.values().sum::<usize>(), name, of)).collect();
    crates.sort_by(|a, b| b.cmp(a));
    for (size, name, modules) in crates {
        writeln!(out, "{size:>8}  {name}")?;
        let mut modules: Vec<_> = modules.iter().map(|(name, size)| (*size, name)).collect();
        modules.sort_by(|a, b| b.cmp(a));
        let large = modules.iter().take(MODULES).filter(|(size, _)| *size >= LEAST && modules.len() > 1);
        for (size, module) in large {
            writeln!(out, "{size:>19}  {module}")?;
        }
    }
    Ok(out)
}

/// Crate and module that a function is of, or was made for.
fn owner(name: &str) -> (String, String) {
    let path = |krate: &str| {
        let at = name.find(krate)?;
        // A crate has a checksum in brackets behind it where the compiler names it so.
        let rest = name[at + krate.len()..]
            .trim_start_matches(|c: char| c == '[' || c == ']' || c.is_ascii_hexdigit());
        let module = rest.strip_prefix("::").unwrap_or_default();
        let end = module.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(module.len());
        Some((krate.to_owned(), module[..end].to_owned()))
    };
    if let Some(found) = OWN.iter().find_map(|krate| path(krate)) {
        return found;
    }
    let start = name.find(|c: char| c.is_alphabetic() || c == '_').unwrap_or(name.len());
    let end =
        name[start..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(name.len(), |at| start + at);
    if name[end..].starts_with("::") || name[end..].starts_with('[') {
        path(&name[start..end]).unwrap_or_default()
    } else {
        ("others".to_owned(), String::new())
    }
}

fn function_names(mut section: Reader<'_>) -> Result<BTreeMap<u64, String>> {
    let mut names = BTreeMap::new();
    while !section.0.is_empty() {
        let (kind, mut part) = (section.byte()?, section.block()?);
        if kind == FUNCTION_NAMES {
            for _ in 0..part.number()? {
                names.insert(part.number()?, part.text()?.to_owned());
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_owners() {
        for (name, krate, module) in [
            ("swapscope_sim::run::Simulation::new::h1a2b", "swapscope_sim", "run"),
            ("<swapscope_sim[0a1b]::os::Os>::touch", "swapscope_sim", "os"),
            ("<alloc::vec::Vec<swapscope_sim::page::Page>>::push", "swapscope_sim", "page"),
            ("core::iter::fold::<swapscope_sim::a::B, swapscope_chart::c::D>", "swapscope_chart", "c"),
            ("core[c593]::num::flt2dec::grisu", "core", "num"),
            (
                "<toml_datetime::datetime::Datetime as core::str::FromStr>::from_str",
                "toml_datetime",
                "datetime",
            ),
            ("charts_svg", "others", ""),
            ("", "others", ""),
        ] {
            assert_eq!(owner(name), (krate.to_owned(), module.to_owned()), "{name}");
        }
    }

    #[test]
    fn a_module_is_weighed() {
        let block = |id: u8, bytes: &[u8]| [&[id, u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let imports = block(IMPORTS, b"\x01\x01a\x01b\x00\x00");
        let code = block(CODE, b"\x02\x03abc\x82\x00ab");
        let names = block(FUNCTION_NAMES, b"\x02\x01\x04core\x02\x09core::num");
        let wasm = [
            b"\0asm\x01\0\0\0",
            &imports[..],
            &code,
            &block(DATA, b"12345"),
            &block(CUSTOM, &[b"\x04name", &names[..]].concat()),
        ]
        .concat();
        let expected = "       5  data: texts and tables\n       3  others\n       2  core\n";
        assert_eq!(weigh(&wasm).unwrap(), expected);
        assert!(weigh(&wasm[..wasm.len() - 1]).is_err());
    }
}
