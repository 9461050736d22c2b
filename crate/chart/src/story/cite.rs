//! Where a kernel's behaviour comes from: the policy value that a decision hangs on, its commit or mail, and the version
//! that changed it.

use swapscope_sim::kernel::{Kernel, PolicyRow, VERSIONS};

/// A policy value and its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name of the policy value.
    pub policy: &'static str,
    /// Name of this kernel's choice.
    pub value: &'static str,
    /// What the kernel does with it.
    pub meaning: &'static str,
    /// Commit or mail that brought it; empty for what the oldest version of the model found already.
    pub since: &'static str,
    /// Version that does otherwise, and the commit or mail that changed it.
    pub until: Option<(&'static str, &'static str)>,
}

impl Source {
    /// The value of a policy field on a kernel.
    pub(super) fn of(field: &str, kernel: &Kernel) -> Option<Self> {
        let row = row(field, &kernel.policy.rows())?;
        let from = VERSIONS.iter().position(|version| version.name == kernel.version)?;
        let own = row == self::row(field, &VERSIONS[from].policy().rows())?;
        // What a patch brought no version takes away.
        let mut later = VERSIONS[from..].iter().filter(|_| own);
        let until = later.find_map(|version| {
            let then = self::row(field, &version.policy().rows())?;
            (then.value != row.value).then_some((version.name, then.source))
        });
        let PolicyRow { name, value, meaning, source, .. } = row;
        Some(Self { policy: name, value, meaning, since: source, until })
    }

    /// In brackets behind a sentence: `f9054c70d28b; changed in 4.8 by 4e390b2b2f34`.
    #[must_use]
    pub fn text(&self) -> String {
        let until = self.until.map(|(version, source)| match source {
            "" => format!("changed in {version}"),
            _ => format!("changed in {version} by {source}"),
        });
        let since = if self.since.is_empty() { None } else { Some(self.since.to_owned()) };
        let parts: Vec<String> = since.into_iter().chain(until).collect();
        if parts.is_empty() { format!("{} = {}", self.policy, self.value) } else { parts.join("; ") }
    }
}

fn row(field: &str, rows: &[PolicyRow]) -> Option<PolicyRow> {
    rows.iter().find(|row| row.name == field).copied()
}
