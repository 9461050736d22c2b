//! Scenario files.
//!
//! ```toml
//! title = "..."            # these four are required, unless there is a base
//! summary = "..."
//! claim = "..."
//! kernels = ["4.6", "4.7-rc6~mempool-noretry"]
//!
//! [machine]                # a section groups keys of the table in `param`; any may be left out
//! ram = "1G"
//!
//! [workload]
//! workload = "hog"
//!
//! [workload.build]         # counts only while `workload` is "build"; may hold keys of every section
//! jobs = 4
//!
//! [[expect]]               # any number of them: what the runs show, see `expect`
//! kernel = "4.6"
//! figure = "free-min"      # or outcome = ["livelock", "timeout"]
//! most = 10
//! runs = "6 of 8"          # seeds 1 to 8
//! ```
//!
//! With `base = "NAME"` above the sections a file says only what differs from a bundled scenario: all four may be left out.

use crate::error::{Error, file_name, nearest, shown};
use crate::expect::Expectation;
use crate::param::{self, PARAMS, SECTIONS, WORKLOADS};
use crate::settings::{Change, Settings};

mod expect;
mod tree;

use tree::{Entry, Node, Value};

/// A scenario file that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// Its name: that of the file without `.toml`.
    pub name: &'static str,
    /// What it says, as [`tree::unpacked`] reads it.
    packed: &'static str,
}

/// All files of `scenarios/`, by name.
pub static BUNDLED: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// One story: a machine, a workload, and the kernels that it compares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// Its name: that of the file without `.toml`.
    pub name: String,
    /// A heading.
    pub title: String,
    /// What happens, in plain words.
    pub summary: String,
    /// Which evidence it shows.
    pub claim: String,
    /// Names of the kernels that it compares, with the place where each stands.
    pub kernels: Vec<(String, String)>,
    /// Name of the bundled scenario that it builds on.
    pub base: Option<String>,
    /// What its runs are expected to show.
    pub expectations: Vec<Expectation>,
    /// Values of the scenario that it builds on, then its own.
    layers: Vec<Layer>,
}

/// What one file sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Layer {
    common: Vec<Change>,
    by_workload: Vec<(&'static str, Vec<Change>)>,
}

/// Longest scenario file in bytes.
const FILE_MAX: usize = 100_000;

impl Scenario {
    /// A scenario that comes with the program.
    ///
    /// # Errors
    /// At `place`, when there is none of this name; names the nearest.
    pub fn bundled(name: &str, place: &str) -> Result<Self, Error> {
        let bundled = BUNDLED.iter().find(|bundled| bundled.name == name).ok_or_else(|| {
            let near = nearest(name, BUNDLED.iter().map(|bundled| bundled.name));
            Error::new(place, format!("no bundled scenario '{}'{near}", shown(name)))
        })?;
        bundled.read(false)
    }

    /// Reads a scenario file. `path` names it in errors, and its last part names the scenario.
    ///
    /// # Errors
    /// At `FILE:LINE`: broken TOML, an unknown section or key, a value out of range.
    pub fn parse(path: &str, text: &str) -> Result<Self, Error> {
        let file = file_name(path);
        if text.len() > FILE_MAX {
            return Err(Error::new(file, format!("longer than {FILE_MAX} bytes; is this a scenario file?")));
        }
        let root = tree::parse(text).map_err(|(line, message)| {
            let first = message.lines().next().unwrap_or_default();
            Reader { file }.error(line, format!("not TOML: {first}"))
        })?;
        Self::read(file, &root, false)
    }

    /// Reads what a file says; one that others build on has no base itself.
    fn read(file: &str, root: &[Entry], is_base: bool) -> Result<Self, Error> {
        let reader = Reader { file };
        let mut scenario = match tree::find(root, "base") {
            Some(name) => reader.base(name, is_base)?,
            None => Self::default(),
        };
        file.strip_suffix(".toml").unwrap_or(file).clone_into(&mut scenario.name);
        scenario.layers.push(Layer::default());
        for entry in root {
            reader.root_entry(entry, &mut scenario)?;
        }
        if let Some(tables) = tree::find(root, "expect") {
            scenario.expectations = reader.expectations(tables, &scenario)?;
        }
        for (key, missing) in [
            ("title", scenario.title.is_empty()),
            ("summary", scenario.summary.is_empty()),
            ("claim", scenario.claim.is_empty()),
            ("kernels", scenario.kernels.is_empty()),
        ] {
            if missing {
                let line = tree::find(root, key).map_or(1, |node| node.line);
                let mut message = format!("'{key}' is missing or empty: expected it above the first section");
                if scenario.base.is_none() {
                    message += ", or base = \"NAME\" of a bundled scenario that has it";
                }
                return Err(reader.error(line, message));
            }
        }
        Ok(scenario)
    }

    /// The values under a workload, or under the scenario's own.
    #[must_use]
    pub fn settings(&self, workload: Option<&str>) -> Settings {
        let mut settings = Settings::default();
        for layer in &self.layers {
            settings.apply(&layer.common);
        }
        let change = workload.and_then(|name| Change::parse("workload", name, "--set").ok());
        let change = change.filter(|change| settings.value("workload") != change.value);
        settings.apply(change.as_slice());
        let chosen = settings.text("workload");
        // All of one file before the next: what a scenario says wins over all that its base says.
        let mut settings = Settings::default();
        for layer in &self.layers {
            settings.apply(&layer.common);
            if let Some((_, changes)) = layer.by_workload.iter().find(|(name, _)| *name == chosen) {
                settings.apply(changes);
            }
        }
        settings.apply(change.as_slice());
        settings
    }
}

impl Bundled {
    fn read(&self, is_base: bool) -> Result<Scenario, Error> {
        let root = tree::unpacked(&mut self.packed.lines());
        Scenario::read(&format!("{}.toml", self.name), &root, is_base)
    }
}

/// A scenario file, for its errors.
struct Reader<'a> {
    file: &'a str,
}

impl Reader<'_> {
    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.file)
    }

    fn error(&self, line: usize, message: String) -> Error {
        Error::new(self.place(line), message)
    }

    /// What a file says that adds nothing to the scenario of this name. What is expected of that one it need not do.
    fn base(&self, value: &Node, is_base: bool) -> Result<Scenario, Error> {
        let name = self.words("base", value)?;
        let at = value.line;
        if is_base {
            return Err(self.error(at, format!("it builds on '{}' itself", shown(&name))));
        }
        let bundled = BUNDLED.iter().find(|bundled| bundled.name == name).ok_or_else(|| {
            let near = nearest(&name, BUNDLED.iter().map(|bundled| bundled.name));
            self.error(at, format!("base: no bundled scenario '{}'{near}", shown(&name)))
        })?;
        let base = bundled
            .read(true)
            .map_err(|error| self.error(at, format!("base '{name}': {}", error.message)))?;
        Ok(Scenario {
            title: format!("{}, changed", base.title),
            claim: format!("None: {name} with changes."),
            base: Some(name),
            expectations: Vec::new(),
            ..base
        })
    }

    fn root_entry(&self, entry: &Entry, scenario: &mut Scenario) -> Result<(), Error> {
        let Entry { key, node: value } = entry;
        let at = value.line;
        match key.as_str() {
            // Read before and after all others.
            "base" | "expect" => {}
            "title" => scenario.title = self.words(key, value)?,
            "summary" => scenario.summary = self.words(key, value)?,
            "claim" => scenario.claim = self.words(key, value)?,
            "kernels" => {
                scenario.kernels.clear();
                let Value::List(names) = &value.value else {
                    let message = "kernels: expected a list such as [\"4.6\", \"4.7-rc6\"]";
                    return Err(self.error(at, message.to_owned()));
                };
                for name in names {
                    scenario.kernels.push((self.words("kernels", name)?, self.place(name.line)));
                }
            }
            section => {
                if !SECTIONS.iter().any(|(name, _)| *name == section) {
                    let names = SECTIONS.iter().map(|(name, _)| *name);
                    let near = nearest(
                        section,
                        names.chain(["title", "summary", "claim", "kernels", "base", "expect"]),
                    );
                    let what = if matches!(value.value, Value::Table(_)) { "section" } else { "key" };
                    return Err(self.error(at, format!("unknown {what} '{}'{near}", shown(section))));
                }
                let Value::Table(table) = &value.value else {
                    return Err(self.error(at, format!("'{section}' must be a section, [{section}]")));
                };
                if let Some(own) = scenario.layers.last_mut() {
                    self.section(section, table, own)?;
                }
            }
        }
        Ok(())
    }

    fn section(&self, section: &str, table: &[Entry], layer: &mut Layer) -> Result<(), Error> {
        for entry in table {
            let Entry { key: name, node } = entry;
            let Value::Table(inner) = &node.value else {
                layer.common.push(self.change(Some(section), entry)?);
                continue;
            };
            let at = node.line;
            let Some(workload) =
                WORKLOADS.iter().find(|choice| choice.name == *name && section == "workload")
            else {
                let near = nearest(name, WORKLOADS.iter().map(|choice| choice.name));
                let near = if section == "workload" { near } else { String::new() };
                return Err(self.error(at, format!("unknown section [{section}.{}]{near}", shown(name))));
            };
            let changes: Result<Vec<_>, _> = inner.iter().map(|entry| self.change(None, entry)).collect();
            layer.by_workload.push((workload.name, changes?));
        }
        Ok(())
    }

    /// One `key = value`; without a section, keys of all sections are welcome.
    fn change(&self, section: Option<&str>, entry: &Entry) -> Result<Change, Error> {
        let Entry { key: name, node: value } = entry;
        let at = value.line;
        let Some(param) = PARAMS.iter().find(|param| param.key == *name) else {
            let inside = section.map_or(String::new(), |section| format!(" in [{section}]"));
            let keys = PARAMS.iter().filter(|param| section.is_none_or(|section| param.section == section));
            let mut near = nearest(name, keys.map(|param| param.key));
            // The key may have been meant for another section.
            if let Err(message) = param::find(name)
                && !near.starts_with("; nearest")
                && let Some((_, other)) = message.split_once("; nearest is ")
            {
                near = format!("; nearest is {other}");
            }
            return Err(self.error(at, format!("unknown key '{}'{inside}{near}", shown(name))));
        };
        if let Some(section) = section
            && param.section != section
        {
            return Err(
                self.error(at, format!("key '{name}' belongs in [{}], not in [{section}]", param.section))
            );
        }
        let text = self.scalar(name, value)?;
        Change::parse(param.key, &text, &self.place(at))
    }

    fn words(&self, key: &str, node: &Node) -> Result<String, Error> {
        match &node.value {
            Value::Text(text) => Ok(tree::words(text)),
            other => {
                Err(self.error(node.line, format!("{key}: expected text in quotes, not {}", other.kind())))
            }
        }
    }

    /// Text of a value as `--set` would have it.
    fn scalar(&self, key: &str, node: &Node) -> Result<String, Error> {
        match &node.value {
            Value::Text(text) | Value::Number(text) => Ok(text.clone()),
            Value::Switch(on) => Ok(if *on { "on" } else { "off" }.to_owned()),
            Value::List(parts) => {
                let parts: Result<Vec<String>, Error> =
                    parts.iter().map(|part| self.scalar(key, part)).collect();
                Ok(parts?.join(","))
            }
            other => {
                let message = format!("{key}: expected a number or text, not {}", other.kind());
                Err(self.error(node.line, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = 't'\nsummary = 's'\nclaim = 'c'\nkernels = ['4.6']\n";

    fn error(body: &str) -> String {
        Scenario::parse("dir/x.toml", &format!("{HEAD}{body}")).unwrap_err().to_string()
    }

    #[test]
    fn bundled_scenarios_can_be_read() {
        for bundled in BUNDLED {
            Scenario::bundled(bundled.name, "test").unwrap();
        }
    }

    #[test]
    fn errors_name_line_and_nearest() {
        assert_eq!(
            error("[machine]\nram = '1G'\nswapiness = 60\n"),
            "x.toml:7: unknown key 'swapiness' in [machine]; nearest is 'swappiness'"
        );
        assert_eq!(
            error("[machine]\nswap = '1G'\n"),
            "x.toml:6: key 'swap' belongs in [swap], not in [machine]"
        );
        assert_eq!(error("[machin]\n"), "x.toml:5: unknown section 'machin'; nearest is 'machine'");
        assert_eq!(error("titel = 'x'\n"), "x.toml:5: unknown key 'titel'; nearest is 'title'");
        assert_eq!(
            error("[workload.bild]\n"),
            "x.toml:5: unknown section [workload.bild]; nearest is 'build'"
        );
        assert_eq!(error("[machine]\nhz = 200\n"), "x.toml:6: hz = 200: expected 100, 250, 300 or 1000");
        assert!(
            error("[machine]\nram = '10T'\n")
                .starts_with("x.toml:6: ram = 10T is out of range: expected 64M to 64G")
        );
        assert!(error("[machine\n").starts_with("x.toml:5: not TOML: "));
        assert!(
            error("[machine]\ncpus = 2.5\n")
                .starts_with("x.toml:6: cpus: expected a number or text, not float")
        );
        assert!(error("[machine]\ncpus = 2\ncpus = 3\n").starts_with("x.toml:7: not TOML: duplicate"));
        assert_eq!(error("machine = 1\n"), "x.toml:5: 'machine' must be a section, [machine]");
    }

    #[test]
    fn head_is_required() {
        let error = Scenario::parse("x.toml", "title = 't'").unwrap_err();
        assert_eq!(
            error.to_string(),
            "x.toml:1: 'summary' is missing or empty: expected it above the first section, or base = \"NAME\" of a bundled \
             scenario that has it"
        );
        let error = Scenario::parse("x.toml", "base = 'lab-256m'\ntitle = ' '").unwrap_err();
        assert!(error.to_string().starts_with("x.toml:2: 'title' is missing or empty: "), "{error}");
    }

    #[test]
    fn a_base_gives_the_head_too() {
        let scenario = Scenario::parse("x.toml", "base = 'lab-256m'\n[swap]\nswap = '1G'\n").unwrap();
        let base = Scenario::bundled("lab-256m", "test").unwrap();
        assert_eq!((scenario.name.as_str(), scenario.base.as_deref()), ("x", Some("lab-256m")));
        assert_eq!(scenario.title, format!("{}, changed", base.title));
        assert_eq!((scenario.summary, scenario.kernels), (base.summary, base.kernels));
        assert_eq!(scenario.claim, "None: lab-256m with changes.");
        assert_eq!(scenario.expectations, []);
    }

    #[test]
    fn bundled_scenarios_say_their_heads_themselves() {
        for bundled in BUNDLED {
            let root = tree::unpacked(&mut bundled.packed.lines());
            for key in ["title", "summary", "claim", "kernels"] {
                assert!(tree::find(&root, key).is_some(), "{key} of {}", bundled.name);
            }
        }
    }

    #[test]
    fn a_base_gives_what_a_file_does_not_say() {
        let text = format!("base = 'lab-256m'\n{HEAD}[swap]\ncipher = 'aes'\n[workload]\nhogs = 2\n");
        let scenario = Scenario::parse("x.toml", &text).unwrap();
        let base = Scenario::bundled("lab-256m", "test").unwrap();
        assert_eq!((scenario.base.as_deref(), scenario.kernels.len()), (Some("lab-256m"), 1));
        let (own, there) = (scenario.settings(None), base.settings(None));
        let changes = own.changes_from(&there);
        assert_eq!(changes, [("cipher", "aes".to_owned()), ("hogs", "2".to_owned())]);
        assert_eq!((own.place("cipher"), own.place("hz")), ("x.toml:7", there.place("hz")));
        let build = scenario.settings(Some("build"));
        assert_eq!(build.text("job-size"), base.settings(Some("build")).text("job-size"));
    }

    #[test]
    fn a_base_is_bundled_and_has_none_itself() {
        assert_eq!(
            Scenario::parse("x.toml", &format!("{HEAD}base = 'lab-265m'\n")).unwrap_err().to_string(),
            "x.toml:5: base: no bundled scenario 'lab-265m'; nearest is 'lab-256m'"
        );
        assert_eq!(
            Scenario::parse("x.toml", &format!("{HEAD}base = 'crawl'\n")).unwrap_err().to_string(),
            "x.toml:5: base 'crawl': it builds on 'dmcrypt-2016' itself"
        );
        assert_eq!(
            Scenario::parse("x.toml", &format!("{HEAD}base = 3\n")).unwrap_err().to_string(),
            "x.toml:5: base: expected text in quotes, not integer"
        );
    }

    #[test]
    fn a_workload_has_its_own_values() {
        let text = format!("{HEAD}[machine]\ncpus = 3\n[workload.build]\njobs = 7\ncpus = 5\n");
        let scenario = Scenario::parse("x.toml", &text).unwrap();
        assert_eq!(scenario.settings(None).text("cpus"), "3");
        let build = scenario.settings(Some("build"));
        assert_eq!((build.text("cpus"), build.text("jobs")), ("5".to_owned(), "7".to_owned()));
        assert_eq!(build.place("jobs"), "x.toml:8");
    }
}
