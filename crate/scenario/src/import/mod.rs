//! What people paste into mails and reports, to a scenario or to samples over time.
//!
//! Known are the `Mem-Info` of an OOM report, an allocation failure or SysRq m, `/proc/zoneinfo`, `/proc/meminfo`,
//! `/proc/vmstat`, `vmstat 1`, `free`, and `vm.` lines of sysctl, several of them in one text, with the marks of
//! logs and mails around them. Recordings as CSV are read by [`validate`](crate::validate). Sizes are those of a machine
//! with pages of 4 KiB.
//!
//! The modules, in reading order: `lines` takes the marks away, `reader` finds the figures, `facts` holds them, `cut` tells
//! which zones did not come, `machine` makes values of them all and says by which rule, `series` makes samples of those that came more than once.

mod cut;
mod facts;
mod kernel;
mod lines;
mod machine;
mod reader;
mod series;
#[cfg(test)]
mod tests;

use crate::error::{Error, file_name, shown};
use crate::param::{PARAMS, SECTIONS};
use crate::settings::Change;
use crate::value::Kind as ValueKind;
use crate::{Scenario, Setup};

pub use series::Series;

/// Longest text in bytes.
pub const BYTES_MAX: usize = 16 << 20;
/// The scenario that the values are laid over.
const BASE: &str = "dmcrypt-2016";

/// How a value came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The text says it.
    Used,
    /// A rule made it of what the text says.
    Guessed,
    /// The text says it and nothing needs it.
    Ignored,
}

impl Kind {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Guessed => "guessed",
            Self::Ignored => "ignored",
        }
    }
}

/// What became of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Used, guessed or ignored.
    pub kind: Kind,
    /// Key of the parameter; the name in the text for what was ignored.
    pub key: String,
    /// The value that was set, if any.
    pub value: String,
    /// Where it stands, or the rule.
    pub why: String,
}

/// What a text came to.
#[derive(Clone, Debug)]
pub struct Import {
    /// The machine, as changes to a bundled scenario.
    pub setup: Setup,
    /// These changes.
    pub changes: Vec<Change>,
    /// Kernels that the text names, with their place; none for those of the bundled scenario.
    pub kernels: Vec<(String, String)>,
    /// What became of each field, in the order in which it was looked for.
    pub notes: Vec<Note>,
    /// What came more than once.
    pub series: Option<Series>,
    /// Names of the formats that were found.
    pub sources: Vec<&'static str>,
}

/// Whether a text is a recording, CSV with a line of names.
#[must_use]
pub fn is_recording(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let head = lines.find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    head.split(',').any(|name| name.trim().split('[').next() == Some("t_ms"))
}

impl Import {
    /// Reads a text. `path` names it in errors and in the title.
    ///
    /// # Errors
    /// At `FILE` or `FILE:LINE`: nothing in it is known, or a figure is outside of what the model takes.
    pub fn read(path: &str, text: &str) -> Result<Self, Error> {
        let file = shown(file_name(path));
        if text.len() > BYTES_MAX {
            let message = format!("longer than {} MB: expected a report, not a whole log", BYTES_MAX >> 20);
            return Err(Error::new(file, message));
        }
        // What is named in the text stands in comments of the file, and in lines of the page.
        let facts =
            reader::read(&text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'), " "));
        if facts.samples.is_empty() && facts.zones.is_empty() && facts.ram[0].is_none() {
            return Err(Error::new(
                file,
                "nothing in it is known: expected an OOM report (Mem-Info), /proc/zoneinfo, /proc/meminfo, /proc/vmstat, \
                 vmstat 1, free, or a recording as CSV",
            ));
        }
        let plan = machine::plan(&file, &facts)?;
        let setup = Setup::with(Scenario::bundled(BASE, &file)?, &plan.changes, &plan.kernels)?;
        let mut sources = Vec::new();
        let found = facts.samples.iter().map(|sample| sample.source);
        let zones = facts.zones.iter().flat_map(|zone| zone.values.iter().map(|(_, seen)| seen.source));
        for source in found.chain(zones) {
            if !sources.contains(&source.name()) {
                sources.push(source.name());
            }
        }
        let (changes, kernels) = (plan.changes, plan.kernels);
        Ok(Self { setup, changes, kernels, notes: plan.notes, series: series::of(&facts), sources })
    }

    /// The scenario file of `setup`: a comment on each value, and at the end what was ignored.
    #[must_use]
    pub fn toml(&self, path: &str, link: &str) -> String {
        let file = shown(file_name(path)).replace(['"', '\\'], "'");
        let kernels: Vec<String> =
            self.setup.kernel_names().iter().map(|name| format!("\"{name}\"")).collect();
        let mut out = format!(
            "# {link}\n\nbase = \"{BASE}\"\ntitle = \"A machine like that of {file}\"\nsummary = \"Memory, swap and \
             watermarks are those of {}; the workload and the disk are guesses.\"\nclaim = \"None: made of a report, not \
             of a measured run.\"\nkernels = [{}]\n",
            self.sources.join(", "),
            kernels.join(", ")
        );
        for note in self.notes.iter().filter(|note| note.key == "kernels") {
            out += &format!("# {}: {}\n", note.kind.name(), note.why);
        }
        let changed = self.setup.changes();
        for (section, _) in SECTIONS {
            let mut head = format!("\n[{section}]\n");
            for param in PARAMS.iter().filter(|param| param.section == *section) {
                let note = self.notes.iter().find(|note| note.key == param.key && note.kind != Kind::Ignored);
                if note.is_none() && !changed.iter().any(|(key, _)| *key == param.key) {
                    continue;
                }
                let shown = param.kind.show(self.setup.settings.value(param.key));
                let why = match note {
                    Some(note) if note.value == shown => format!("{}: {}", note.kind.name(), note.why),
                    // As with --set on the command line.
                    _ => "set by hand".to_owned(),
                };
                let value = match param.kind {
                    ValueKind::Zone => format!("[{}]", shown.replace(',', ", ")),
                    ValueKind::Count => shown,
                    _ => format!("\"{shown}\""),
                };
                out += &format!("{head}# {why}\n{} = {value}\n", param.key);
                head.clear();
            }
        }
        let ignored: Vec<&Note> = self.notes.iter().filter(|note| note.kind == Kind::Ignored).collect();
        if !ignored.is_empty() {
            out += "\n# ignored:\n";
        }
        for note in ignored {
            out += &format!("#   {} ({})\n", shown(&note.key), note.why);
        }
        if let Some(series) = &self.series {
            out += &format!("\n# {}\n", series.words());
        }
        out
    }
}
