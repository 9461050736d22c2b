//! `swapscope kernels` and `swapscope scenarios`.

use crate::Failure;
use crate::run::json;
use std::fmt::Write;
use swapscope_scenario::file::BUNDLED;
use swapscope_scenario::param::{PARAMS, SECTIONS};
use swapscope_scenario::value::Kind;
use swapscope_scenario::{Scenario, Setup};
use swapscope_sim::kernel::{PATCHES, VERSIONS};

/// Versions and patches.
///
/// # Errors
/// None that is known.
pub fn kernels(as_json: bool) -> Result<String, Failure> {
    if as_json {
        let commits = |list: &[(&str, &str)]| -> Vec<serde_json::Value> {
            list.iter().map(|(id, subject)| serde_json::json!({"commit": id, "subject": subject})).collect()
        };
        let versions: Vec<_> = VERSIONS
            .iter()
            .map(|v| serde_json::json!({"name": v.name, "summary": v.summary, "commits": commits(v.commits)}))
            .collect();
        let patches: Vec<_> = PATCHES
            .iter()
            .map(|p| serde_json::json!({"name": p.name, "commit": p.source, "subject": p.subject, "summary": p.summary}))
            .collect();
        return json(&serde_json::json!({"versions": versions, "patches": patches}));
    }
    let mut out = String::from("Versions\n");
    for version in VERSIONS {
        let _ = writeln!(out, "  {:<10} {}", version.name, version.summary);
        for (id, subject) in version.commits {
            let _ = writeln!(out, "             {id} {subject}");
        }
    }
    out.push_str("\nPatches, to be put behind a version: VERSION~PATCH\n");
    for patch in PATCHES {
        let _ = writeln!(
            out,
            "  {}\n             {}\n             {} {}",
            patch.name, patch.summary, patch.source, patch.subject
        );
    }
    Ok(out)
}

/// Bundled scenarios, or the keys that they may set.
///
/// # Errors
/// A bundled scenario that is broken.
pub fn scenarios(as_json: bool, keys: bool) -> Result<String, Failure> {
    if keys {
        return if as_json { keys_json() } else { Ok(keys_text()) };
    }
    let mut list = Vec::new();
    let mut out = String::new();
    for bundled in BUNDLED {
        let setup = Setup::new(Scenario::bundled(bundled.name, "bundled")?)?;
        let (scenario, kernels) = (&setup.scenario, setup.kernel_names());
        let _ = writeln!(
            out,
            "{}\n  {}\n  {}\n  kernels: {}\n",
            scenario.name,
            scenario.title,
            scenario.summary,
            kernels.join(", ")
        );
        list.push(serde_json::json!({
            "name": scenario.name, "title": scenario.title, "summary": scenario.summary, "claim": scenario.claim,
            "kernels": kernels,
        }));
    }
    if as_json { json(&list) } else { Ok(out) }
}

fn keys_json() -> Result<String, Failure> {
    let list: Vec<_> = PARAMS
        .iter()
        .map(|param| {
            serde_json::json!({
                "key": param.key, "section": param.section, "default": param.default,
                "expected": param.expectation(),
                "kernel_name": param.kernel_name, "definition": param.definition, "workload": param.only,
            })
        })
        .collect();
    json(&list)
}

fn keys_text() -> String {
    let mut out = String::new();
    for (section, heading) in SECTIONS {
        let _ = writeln!(out, "[{section}] {heading}");
        for param in PARAMS.iter().filter(|param| param.section == *section) {
            let expected = param.expectation();
            let default = if param.kind == Kind::Zone { "from ram" } else { param.default };
            let kernel = if param.kernel_name.is_empty() {
                String::new()
            } else {
                format!(" ({})", param.kernel_name)
            };
            let _ = writeln!(
                out,
                "  {:<16} {}{kernel}; {expected}; default {default}",
                param.key, param.definition
            );
            if let Kind::Choice(choices) = param.kind {
                for choice in choices {
                    let _ = writeln!(out, "    {:<14} {}", choice.name, choice.definition);
                }
            }
        }
        out.push('\n');
    }
    out
}
