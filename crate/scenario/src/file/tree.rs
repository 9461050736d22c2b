//! A scenario file as a tree of values, each with its line.
//!
//! Files of the reader are read as TOML. Those that come with the program were read when it was built, and are carried
//! as lines that need no parser worth the name: the page opens links, and only who brings a file needs one for TOML. The
//! build script shares this module.

use std::fmt::Write as _;
use std::str::Lines;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value, and the line where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// What a scenario file can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// A whole number with its decimal digits.
    Number(String),
    Switch(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Anything else: the name of its type.
    Other(&'static str),
}

impl Value {
    /// The name of its type, as TOML has it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Number(_) => "integer",
            Self::Switch(_) => "boolean",
            Self::List(_) => "array",
            Self::Table(_) => "table",
            Self::Other(kind) => kind,
        }
    }
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The line is that of the key.
    pub(crate) node: Node,
}

/// What stands behind a key.
pub(crate) fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Node> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

/// Reads TOML; where it is none, the line and what is wrong there.
pub(crate) fn parse(text: &str) -> Result<Vec<Entry>, (usize, String)> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |at: usize| ends.partition_point(|end| *end < at) + 1;
    match DeTable::parse(text) {
        Ok(table) => Ok(entries(table.get_ref(), &line)),
        Err(error) => Err((line(error.span().map_or(0, |span| span.start)), error.message().to_owned())),
    }
}

fn entries(table: &DeTable<'_>, line: &impl Fn(usize) -> usize) -> Vec<Entry> {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        node: Node { line: line(key.span().start), ..node(value, line) },
    });
    entries.collect()
}

fn node(value: &Spanned<DeValue<'_>>, line: &impl Fn(usize) -> usize) -> Node {
    let there = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(on) => Value::Switch(*on),
        DeValue::Array(nodes) => Value::List(nodes.iter().map(|value| node(value, line)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, line)),
        other => Value::Other(other.type_str()),
    };
    Node { line: line(value.span().start), value: there }
}

/// Writes entries so that [`unpacked`] can read them: `LINE KEY VALUE`, where a text begins with a quotation mark, and
/// what a list or a table holds follows until `end`.
#[cfg_attr(not(test), allow(dead_code, reason = "the build script calls it"))]
pub(crate) fn pack(entries: &[Entry], out: &mut String) {
    for Entry { key, node } in entries {
        // Writing to a String cannot fail.
        let _ = write!(out, "{} {key} ", node.line);
        match &node.value {
            Value::Text(text) => *out += &format!("\"{}\n", words(text)),
            Value::Number(number) => *out += &format!("{number}\n"),
            Value::Switch(on) => *out += &format!("{on}\n"),
            Value::List(nodes) => {
                let entry = |node: &Node| Entry { key: "-".to_owned(), node: node.clone() };
                *out += "[\n";
                pack(&nodes.iter().map(entry).collect::<Vec<_>>(), out);
                *out += "end\n";
            }
            Value::Table(entries) => {
                *out += "{\n";
                pack(entries, out);
                *out += "end\n";
            }
            // The reader refuses it, whatever its type is.
            Value::Other(_) => *out += "other\n",
        }
    }
}

/// Reads what [`pack`] wrote, up to the next `end`.
pub(crate) fn unpacked(lines: &mut Lines<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some((line, key, value)) = lines.next().and_then(parts) {
        let value = match value {
            "[" => Value::List(unpacked(lines).into_iter().map(|entry| entry.node).collect()),
            "{" => Value::Table(unpacked(lines)),
            "true" | "false" => Value::Switch(value == "true"),
            "other" => Value::Other("other"),
            _ => match value.strip_prefix('"') {
                Some(text) => Value::Text(text.to_owned()),
                None => Value::Number(value.to_owned()),
            },
        };
        entries.push(Entry { key: key.to_owned(), node: Node { line, value } });
    }
    entries
}

fn parts(line: &str) -> Option<(usize, &str, &str)> {
    let (line, rest) = line.split_once(' ')?;
    let (key, value) = rest.split_once(' ')?;
    Some((line.parse().ok()?, key, value))
}

/// A text in one line, with single spaces.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn what_is_packed_comes_back() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let mut count = 0;
        for file in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let mut tree = parse(&text).unwrap();
            let mut packed = String::new();
            pack(&tree, &mut packed);
            for entry in &mut tree {
                if let Value::Text(text) = &mut entry.node.value {
                    *text = words(text);
                }
            }
            assert_eq!(unpacked(&mut packed.lines()), tree);
            count += 1;
        }
        assert!(count > 20);
    }

    #[test]
    fn values_know_their_lines() {
        let tree = parse("a = 1\nb = [\n  true,\n  2.5,\n]\n[c]\nd = 0x10\n[[e]]\n[[e]]\n").unwrap();
        let mut packed = String::new();
        pack(&tree, &mut packed);
        assert_eq!(
            packed,
            "1 a 1\n2 b [\n3 - true\n4 - other\nend\n6 c {\n7 d other\nend\n8 e [\n8 - {\nend\n9 - {\nend\nend\n"
        );
        assert_eq!(parse("a = 1\nb =\n").unwrap_err().0, 2);
    }
}
