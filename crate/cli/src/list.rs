//! `swapscope kernels` and `swapscope scenarios`.

use crate::Failure;
use crate::run::json;
use std::fmt::Write;
use swapscope_scenario::file::BUNDLED;
use swapscope_scenario::param::{PARAMS, SECTIONS};
use swapscope_scenario::setup::parse_kernels;
use swapscope_scenario::value::Kind;
use swapscope_scenario::{Scenario, Setup, kernels};
use swapscope_sim::kernel::{BEHAVIOURS, Behaviour, Kernel, PATCHES, Patch, VERSIONS, kebab};

/// Versions, patches, and the policy values of all versions with all that they can be; with names, the policy values of these kernels.
///
/// # Errors
/// A name that is no kernel.
pub fn kernels(names: &[String], as_json: bool) -> Result<String, Failure> {
    let names: Vec<_> = names.iter().map(|name| (name.clone(), "KERNEL".to_owned())).collect();
    let chosen = parse_kernels(&names)?;
    match (as_json, chosen.is_empty()) {
        (true, true) => kernels_json(&kernels::versions()),
        (true, false) => kernels_json(&chosen),
        (false, true) => Ok(kernels::text::all()),
        (false, false) => Ok(kernels::text::these(&chosen)),
    }
}

/// Versions, patches, what a what-if can set, and the policy values of `shown`.
fn kernels_json(shown: &[Kernel]) -> Result<String, Failure> {
    let commits = |list: &[(&str, &str)]| -> Vec<serde_json::Value> {
        list.iter().map(|(id, subject)| serde_json::json!({"commit": id, "subject": subject})).collect()
    };
    let versions: Vec<_> = VERSIONS
        .iter()
        .map(|v| serde_json::json!({"name": v.name, "summary": v.summary, "commits": commits(v.commits)}))
        .collect();
    let changes = |patch: &Patch| -> Vec<serde_json::Value> {
        let effects = kernels::effects(patch).into_iter();
        let change = |effect: kernels::Effect| {
            serde_json::json!({
                "name": effect.after.name, "before": effect.before.value, "after": effect.after.value,
                "versions": effect.versions,
            })
        };
        effects.map(change).collect()
    };
    let patches: Vec<_> = PATCHES
        .iter()
        .map(|p| {
            serde_json::json!({
                "name": p.name, "commit": p.source, "subject": p.subject, "summary": p.summary,
                "changes": changes(p),
            })
        })
        .collect();
    let policy: Vec<_> = shown.iter().map(policy_json).collect();
    let behaviours: Vec<_> = BEHAVIOURS.iter().map(behaviour_json).collect();
    json(&serde_json::json!({
        "versions": versions, "patches": patches, "policy": policy, "behaviours": behaviours,
    }))
}

/// A policy value, with every value that a what-if can give it.
fn behaviour_json(behaviour: &Behaviour) -> serde_json::Value {
    let Behaviour { group, name, function, decides, values, .. } = *behaviour;
    let field = kebab(name);
    let values: Vec<_> = values
        .iter()
        .map(|value| {
            serde_json::json!({
                "name": value.name, "what_if": format!("{field}.{}", kebab(value.name)),
                "meaning": value.meaning, "source": value.source,
            })
        })
        .collect();
    serde_json::json!({
        "group": group, "field": field, "name": name, "function": function, "decides": decides, "values": values,
    })
}

/// Every policy value of a kernel, and whether it differs from the kernel without its patches or the version before.
fn policy_json(kernel: &Kernel) -> serde_json::Value {
    let base = kernels::base(kernel);
    let changed = base.as_ref().map(|base| kernels::differences(&base.policy, &kernel.policy));
    let changed = changed.unwrap_or_default();
    let values: Vec<_> = kernel
        .policy
        .rows()
        .iter()
        .map(|row| {
            serde_json::json!({
                "group": row.group, "name": row.name, "function": row.function, "decides": row.decides,
                "value": row.value, "meaning": row.meaning, "source": row.source,
                "differs": changed.iter().any(|(_, after)| after.name == row.name),
            })
        })
        .collect();
    serde_json::json!({
        "kernel": kernel.name(), "version": kernel.version, "patches": kernel.patches,
        "compared_with": base.map(|base| base.name()), "values": values,
    })
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
            "{}\n  {}\n  {}\n  claim: {}\n  kernels: {}",
            scenario.name,
            scenario.title,
            scenario.summary,
            scenario.claim,
            kernels.join(", ")
        );
        for expectation in &scenario.expectations {
            let _ = writeln!(out, "  expected: {}", expectation.text());
        }
        out.push('\n');
        let expected = scenario.expectations.iter().map(|expectation| {
            serde_json::json!({"text": expectation.text(), "holds": expectation.fails_because.is_none()})
        });
        list.push(serde_json::json!({
            "name": scenario.name, "title": scenario.title, "summary": scenario.summary, "claim": scenario.claim,
            "kernels": kernels, "base": scenario.base, "expected": expected.collect::<Vec<_>>(),
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
