//! Several ES modules as one classic script.
//!
//! From `file://`, browsers load neither module scripts nor files for a Worker, so the single file holds one script for
//! the page and one for the Worker. This is no general bundler: it knows the forms of `import` and `export` that the
//! page is written in, each at the start of a line, and refuses everything else by file and line. That keeps node out
//! of `dist` and the output readable.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Source texts by their path from the top of the site.
pub struct Bundler<'a> {
    site: &'a Path,
    /// Modules whose text is not the one on the disk.
    instead: BTreeMap<PathBuf, String>,
    /// Modules that were put out, and the name of the variable that holds their exports.
    done: BTreeMap<PathBuf, String>,
    /// Modules on the way to the current one: a circle of imports has no order.
    open: Vec<PathBuf>,
    /// Whether all has to be in what is put out.
    is_script: bool,
    out: String,
}

impl<'a> Bundler<'a> {
    /// Modules below `site`, some of them replaced.
    pub fn new(site: &'a Path, instead: BTreeMap<PathBuf, String>) -> Self {
        Self { site, instead, done: BTreeMap::new(), open: Vec::new(), is_script: false, out: String::new() }
    }

    /// The script that does what loading `entry` as a module would do.
    pub fn script(mut self, entry: &str) -> Result<String> {
        self.is_script = true;
        self.module(Path::new(entry))?;
        Ok(format!("(() => {{\n\"use strict\";\n{}}})();\n", self.out))
    }

    /// The modules that loading `entry` loads at once, itself among them.
    pub fn modules(mut self, entry: &str) -> Result<Vec<PathBuf>> {
        self.module(Path::new(entry))?;
        Ok(self.done.into_keys().collect())
    }

    /// Puts a module out unless it is there; the name of the variable with its exports.
    fn module(&mut self, path: &Path) -> Result<String> {
        if let Some(name) = self.done.get(path) {
            return Ok(name.clone());
        }
        if self.open.iter().any(|open| open == path) {
            bail!("{} imports itself through others", path.display());
        }
        let text = match self.instead.get(path) {
            Some(text) => text.clone(),
            None => fs::read_to_string(self.site.join(path))
                .with_context(|| format!("cannot read module {}", path.display()))?,
        };
        self.open.push(path.to_owned());
        let module = Module::parse(&text).with_context(|| format!("in {}", path.display()))?;
        if let Some(place) = module.later.first().filter(|_| self.is_script) {
            bail!("in {}: {place}: modules cannot be loaded later in a single file", path.display());
        }
        let mut head = String::new();
        for import in &module.imports {
            let name = self.module(&resolve(path, &import.from)?)?;
            match &import.what {
                What::Nothing => {}
                What::Namespace { default, all } => {
                    head += &format!("const {all} = {name};\n");
                    if let Some(local) = default {
                        head += &format!("const {local} = {name}.default;\n");
                    }
                }
                What::Names(names) => {
                    let names = names.iter().map(|(outer, local)| format!("{outer}: {local}"));
                    head += &format!("const {{ {} }} = {name};\n", names.collect::<Vec<_>>().join(", "));
                }
            }
        }
        self.open.pop();
        let name = format!("$module{}", self.done.len());
        let exports = module.exports.iter().map(|(local, outer)| format!("{outer}: {local}"));
        let exports = exports.collect::<Vec<_>>().join(", ");
        // Where a file would be asked for its own address there is none; nothing is loaded relative to it.
        let body = module.body.replace("import.meta.url", "self.location.href");
        self.out += &format!(
            "// {}\nconst {name} = (() => {{\n{head}{body}return {{ {exports} }};\n}})();\n",
            path.display()
        );
        self.done.insert(path.to_owned(), name.clone());
        Ok(name)
    }
}

/// The lines of a module that are no comment, with their numbers from 0 on. A third of the text is comments, and the
/// sources are elsewhere.
fn code(text: &str) -> Result<Vec<(usize, &str)>> {
    let mut out = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let start = line.trim_start();
        if !start.starts_with("/**") {
            if !start.starts_with("//") {
                out.push((at, line));
            }
        } else if let Some((_, rest)) = start.split_once("*/") {
            // A type before an expression.
            let rest = rest.trim_start();
            if !rest.is_empty() {
                out.push((at, rest));
            }
        } else {
            let end = lines.find(|(_, line)| line.contains("*/"));
            end.with_context(|| format!("line {}: {line}: no end", at + 1))?;
        }
    }
    Ok(out)
}

/// A module as it is handed out.
pub fn without_comments(text: &str) -> Result<String> {
    Ok(code(text)?.into_iter().flat_map(|(_, line)| [line, "\n"]).collect())
}

/// A style sheet as it is handed out: neither comments nor the room before its lines.
pub fn style(text: &str) -> Result<String> {
    let mut parts = text.split("/*");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += part.split_once("*/").context("a comment has no end")?.1;
    }
    Ok(out
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty())
        .flat_map(|line| [line, "\n"])
        .collect())
}

/// The path that `import ... from` names, as seen from the top of the site.
fn resolve(importer: &Path, from: &str) -> Result<PathBuf> {
    if !from.starts_with("./") && !from.starts_with("../") {
        bail!("{} imports '{from}': only relative paths are known", importer.display());
    }
    let mut path = importer.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(from).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            Component::Normal(name) => path.push(name),
            _ => bail!("{} imports '{from}', which is outside the site", importer.display()),
        }
    }
    Ok(path)
}

/// What an import takes.
#[derive(Debug, PartialEq, Eq)]
enum What {
    Nothing,
    Namespace {
        default: Option<String>,
        all: String,
    },
    /// Name there, name here.
    Names(Vec<(String, String)>),
}

#[derive(Debug, PartialEq, Eq)]
struct Import {
    what: What,
    from: String,
}

/// A module taken apart.
#[derive(Debug, Default)]
struct Module {
    imports: Vec<Import>,
    /// Name here, name outside.
    exports: Vec<(String, String)>,
    /// Where modules are loaded later.
    later: Vec<String>,
    /// The rest, as it was.
    body: String,
}

impl Module {
    fn parse(text: &str) -> Result<Self> {
        let mut module = Self::default();
        let mut lines = code(text)?.into_iter();
        while let Some((at, line)) = lines.next() {
            let place = || format!("line {}: {line}", at + 1);
            if dynamic_import(line) {
                module.later.push(place());
            }
            if line.starts_with("import ") || line.starts_with("import{") || line.starts_with("export {") {
                let mut statement = line.to_owned();
                while !statement.trim_end().ends_with(';') {
                    let (_, more) =
                        lines.next().with_context(|| format!("{}: no ';' at its end", place()))?;
                    statement.push(' ');
                    statement.push_str(more.trim());
                }
                let statement = statement.trim_end().trim_end_matches(';');
                match statement.strip_prefix("export") {
                    Some(names) if !names.contains(" from ") => module.exports.extend(braces(names)?),
                    Some(_) => bail!("{}: import and export in two statements", place()),
                    None => module.imports.push(import(statement).with_context(place)?),
                }
            } else if let Some(rest) = line.strip_prefix("export ") {
                module.declaration(rest).with_context(place)?;
            } else {
                module.body.push_str(line);
                module.body.push('\n');
            }
        }
        Ok(module)
    }

    /// `export` before a declaration.
    fn declaration(&mut self, rest: &str) -> Result<()> {
        let (text, default) = match rest.strip_prefix("default ") {
            Some(text) => (text, true),
            None => (rest, false),
        };
        let words = text.trim_start_matches("async ");
        let kinds: &[&str] = if default { &["function", "class"] } else { &["function", "class", "const"] };
        let name = kinds.iter().find_map(|kind| {
            let after = words.strip_prefix(kind)?.trim_start_matches('*').strip_prefix(' ')?;
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
            Some(&after[..end.unwrap_or(after.len())])
        });
        let name =
            name.filter(|name| !name.is_empty()).context("only named functions, classes and constants")?;
        self.exports.push((name.to_owned(), if default { "default" } else { name }.to_owned()));
        self.body.push_str(text);
        self.body.push('\n');
        Ok(())
    }
}

/// `import(...)` outside of a comment behind code.
fn dynamic_import(line: &str) -> bool {
    line.split("/*").next().is_some_and(|code| code.contains("import("))
}

/// `import WHAT from 'PATH'` or `import 'PATH'`.
fn import(statement: &str) -> Result<Import> {
    let rest = statement["import".len()..].trim();
    let (what, from) = match rest.rsplit_once(" from ") {
        Some((what, from)) => (what.trim(), from.trim()),
        None => ("", rest),
    };
    let from = from.trim_matches(['\'', '"']).to_owned();
    let what = if what.is_empty() {
        What::Nothing
    } else if let Some((default, local)) = what.split_once("* as ") {
        let default = default.trim().trim_end_matches(',').trim();
        What::Namespace {
            default: (!default.is_empty()).then(|| default.to_owned()),
            all: local.trim().to_owned(),
        }
    } else {
        let mut names = Vec::new();
        let (default, braced) = match what.find('{') {
            Some(at) => (what[..at].trim().trim_end_matches(',').trim(), &what[at..]),
            None => (what, "{}"),
        };
        if !default.is_empty() {
            names.push(("default".to_owned(), default.to_owned()));
        }
        names.extend(braces(braced)?);
        What::Names(names)
    };
    Ok(Import { what, from })
}

/// `{ a, b as c }` as pairs.
fn braces(text: &str) -> Result<Vec<(String, String)>> {
    let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).context("no { }")?;
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &str| {
        let (left, right) = item.split_once(" as ").unwrap_or((item, item));
        (left.trim().to_owned(), right.trim().to_owned())
    };
    Ok(items.map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Result<String> {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        Bundler::new(Path::new("nowhere"), files).script("main.js")
    }

    #[test]
    fn code_behind_a_comment_stays() {
        let text = "/** @type {A} */\n  /** @type {B} */ (a).b = 1;\n/**\n * c\n */\n// d\ne();\n";
        assert_eq!(without_comments(text).unwrap(), "(a).b = 1;\ne();\n");
    }

    #[test]
    fn a_style_sheet_loses_its_comments_only() {
        let text = "/* a\n * b */\na > b :is(c) {\n  /* d */\n  e: f; /* g */\n}\n\nh { i: \"j k\"; }\n";
        assert_eq!(style(text).unwrap(), "a > b :is(c) {\ne: f; \n}\nh { i: \"j k\"; }\n");
        assert!(style("a {} /* b").is_err());
    }

    #[test]
    fn every_form_of_import_and_export() {
        let text = bundle(&[
            (
                "main.js",
                "import start, {\n  one,\n  two as deux,\n} from './pkg/a.js';\nimport go, * as all from './pkg/a.js';\n\
                 import './b.js';\nstart(one, deux, all);\n",
            ),
            (
                "pkg/a.js",
                "export async function one() {}\nexport const two = 2;\nfunction go() {}\nexport { go as default };\n",
            ),
            ("b.js", "/** @type {import('./x.js').X} */\n/**\n * export\n */\n// x\nself.b = import.meta.url;\n"),
        ])
        .unwrap();
        assert_eq!(
            text,
            "(() => {\n\"use strict\";\n\
             // pkg/a.js\nconst $module0 = (() => {\nasync function one() {}\nconst two = 2;\nfunction go() {}\n\
             return { one: one, two: two, default: go };\n})();\n\
             // b.js\nconst $module1 = (() => {\nself.b = self.location.href;\n\
             return {  };\n})();\n\
             // main.js\nconst $module2 = (() => {\nconst { default: start, one: one, two: deux } = $module0;\n\
             const all = $module0;\nconst go = $module0.default;\nstart(one, deux, all);\nreturn {  };\n})();\n\
             })();\n"
        );
    }

    #[test]
    fn what_it_does_not_know_is_an_error_with_its_place() {
        for (text, wanted) in [
            ("export let a = 1;\n", "line 1: export let a"),
            ("\nconst a = await import('./a.js');\n", "line 2: const a"),
            ("import a from 'lodash';\n", "imports 'lodash'"),
            ("import a from '../a.js';\n", "outside the site"),
            ("import a from './main.js';\n", "imports itself"),
            ("export { a } from './a.js';\n", "two statements"),
        ] {
            let error = format!("{:#}", bundle(&[("main.js", text)]).unwrap_err());
            assert!(error.contains(wanted), "{text:?}: {error}");
        }
    }
}
