//! What the model is: kernels, policy values, patches, parameters, omissions. All of it comes from the model itself.

use crate::html::{Html, el, inline, link, names, row, table, with};
use swapscope_scenario::kernels::{Effect, Entry, effects, entries, untouched, versions};
use swapscope_scenario::param::{PARAMS, Param, SECTIONS};
use swapscope_scenario::value::{Choice, Kind};
use swapscope_scenario::{BUNDLED, Error, Scenario, Setup, link as share};
use swapscope_sim::NOT_MODELLED;
use swapscope_sim::kernel::{PATCHES, Patch, VERSIONS};

fn code(text: &str) -> Html {
    el("code", text)
}

/// Pieces one below the other.
fn lines(pieces: impl IntoIterator<Item = Html>) -> Html {
    let between = |(at, piece): (usize, Html)| {
        if at == 0 { piece } else { with("br", &[], "").and(piece) }
    };
    pieces.into_iter().enumerate().map(between).collect()
}

/// Whether this is the beginning of a commit's id, as this program writes it.
fn is_commit(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

/// The source of a value: commits and mails as links, all else as it is.
fn source(text: &str) -> Html {
    let part = |(at, part): (usize, &str)| {
        let comma = Html::from(if at == 0 { "" } else { ", " });
        comma.and(if is_commit(part) {
            link(&format!("https://git.kernel.org/linus/{part}"), code(part))
        } else if part.contains('@') && !part.contains(' ') {
            link(&format!("https://lore.kernel.org/r/{part}/"), code(part))
        } else {
            names(part)
        })
    };
    text.split(", ").enumerate().map(part).collect()
}

/// The scenarios that come with the program, each with a link that opens it.
///
/// # Errors
/// Never, in practice: bundled scenarios are tested.
pub fn scenarios() -> Result<Html, Error> {
    let mut rows = Vec::new();
    for bundled in BUNDLED {
        let scenario = Scenario::bundled(bundled.name, "help")?;
        let (title, summary) = (scenario.title.clone(), scenario.summary.clone());
        let claim = el("b", "Evidence: ").and(names(&scenario.claim));
        let address = share::encode(&Setup::new(scenario)?, "index.html")?;
        let head = link(&address, code(bundled.name));
        let cell = lines([el("b", title), names(&summary), claim]);
        rows.push(row(&format!("scenario-{}", bundled.name), head, [cell]));
    }
    Ok(table(
        "Scenarios",
        &["scenario", "what happens, and what it is held against"],
        rows.into_iter().collect(),
    ))
}

/// The versions.
pub fn kernels() -> Html {
    let one = |version: &swapscope_sim::kernel::Version| {
        let commits = version.commits.iter().map(|(id, subject)| source(id).and(" ").and(names(subject)));
        let head = code(version.name);
        row(&format!("kernel-{}", version.name), head, [names(version.summary), lines(commits)])
    };
    table("Versions", &["version", "what sets it apart", "commits"], VERSIONS.iter().map(one).collect())
}

/// Every policy value of every version, group by group.
pub fn policy() -> Html {
    let entries = entries(&versions());
    let mut groups: Vec<&str> = entries.iter().map(|entry| entry.group).collect();
    groups.dedup();
    let one = |group: &&str| {
        let rows = entries.iter().filter(|entry| entry.group == *group).map(policy_rows).collect();
        let id = format!("policy-group-{}", group.replace(' ', "-"));
        let head = ["value, and where the kernel decides by it", "versions", "what they do", "from"];
        with("h3", &[("id", &id)], *group).and(table(group, &head, rows))
    };
    groups.iter().map(one).collect()
}

/// The lines of a policy value: what is decided stands before all of them.
fn policy_rows(entry: &Entry) -> Html {
    let span = entry.choices.len().to_string();
    let what = lines([el("b", code(entry.name)), names(entry.decides), el("small", code(entry.function))]);
    let head = with("th", &[("scope", "rowgroup"), ("rowspan", &span)], what);
    let one = |(at, choice): (usize, &swapscope_scenario::kernels::Choice)| {
        let does = code(choice.value).and(": ").and(names(choice.meaning));
        let cells = [Html::from(choice.kernels.join(", ")), does, source(choice.source)];
        let cells = cells.into_iter().map(|cell| el("td", cell)).collect::<Html>();
        if at == 0 {
            with("tr", &[("id", &format!("policy-{}", entry.name))], head.clone().and(cells))
        } else {
            el("tr", cells)
        }
    };
    entry.choices.iter().enumerate().map(one).collect()
}

/// The patches.
pub fn patches() -> Html {
    let one = |patch: &Patch| {
        let from = lines([names(patch.subject), source(patch.source)]);
        let head = code(patch.name);
        row(&format!("patch-{}", patch.name), head, [names(patch.summary), changes(patch), from])
    };
    let head = ["patch", "what it does", "what it changes", "mail or commit"];
    table("Patches", &head, PATCHES.iter().map(one).collect())
}

/// What a patch changes, with the versions where it does.
fn changes(patch: &Patch) -> Html {
    let one = |effect: &Effect| {
        let (before, after) = (effect.before, effect.after);
        let name = link(&format!("#policy-{}", before.name), code(before.name));
        let from = Html::from(": ").and(code(before.value)).and(" to ").and(code(after.value));
        name.and(from).and(format!(" on {}", effect.versions.join(", ")))
    };
    let untouched = untouched(patch);
    let nothing = (!untouched.is_empty()).then(|| format!("nothing on {}", untouched.join(", ")).into());
    lines(effects(patch).iter().map(one).chain(nothing))
}

/// The parameters, section by section.
pub fn parameters() -> Html {
    let one = |(section, title): &(&str, &str)| {
        let params = PARAMS.iter().filter(|param| param.section == *section);
        let head = ["key", "what it is", "values", "default", "the kernel's name"];
        let table = table(title, &head, params.map(parameter).collect());
        with("h3", &[("id", &format!("params-{section}"))], *title).and(table)
    };
    SECTIONS.iter().map(one).collect()
}

fn parameter(param: &Param) -> Html {
    let mut says = names(param.definition);
    if let Some(workload) = param.only {
        says = says.and(" (workload ").and(code(workload)).and(" only)");
    }
    if let Kind::Choice(choices) = param.kind {
        says = says.and(with("ul", &[], choices.iter().map(choice).collect::<Html>()));
    }
    let values = match param.kind {
        Kind::Choice(_) => "one of the list".to_owned(),
        _ if param.is_ranged() => format!("{}, {}", param.kind.expectation(), param.range_text()),
        _ => param.kind.expectation(),
    };
    let kernel = if param.kernel_name.is_empty() { Html::default() } else { code(param.kernel_name) };
    let cells = [says, values.into(), code(param.default), kernel];
    row(&format!("param-{}", param.key), code(param.key), cells)
}

/// A choice, with the parameters that it sets.
fn choice(choice: &Choice) -> Html {
    let sets: Vec<String> = choice.sets.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let item = code(choice.name).and(": ").and(names(choice.definition));
    let sets =
        if sets.is_empty() { Html::default() } else { el("small", format!(" sets {}", sets.join(", "))) };
    el("li", item.and(sets))
}

/// What is left out, and why.
pub fn omissions() -> Html {
    let one = |omission: &swapscope_sim::Omission| row("", names(omission.what), [names(omission.why)]);
    table("Not modelled", &["what", "why, and what that means"], NOT_MODELLED.iter().map(one).collect())
}

/// The glossary.
pub fn glossary() -> Html {
    let one = |term: &crate::glossary::Term| {
        let place = el("small", code(term.place).and(". On the page: ").and(inline(term.used)).and("."));
        let says = lines([inline(term.definition), place]);
        with("dt", &[("id", &format!("term-{}", term.id))], inline(term.name)).and(el("dd", says))
    };
    let mut terms: Vec<_> = crate::GLOSSARY.iter().collect();
    terms.sort_by_key(|term| term.name.trim_start_matches('_').to_lowercase());
    with("dl", &[("class", "glossary")], terms.into_iter().map(one).collect::<Html>())
}
