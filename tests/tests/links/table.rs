//! What mails do to links, and what comes of it: every context for every style of link. Either the right run opens or a
//! message says what is broken; another run never opens. The table is generated into `crate/scenario/LINKS.md`.

use std::fmt::Write;
use swapscope_scenario::link::{BASE, Finding, Focus, LENGTH, LENGTH_MAX, decode, encode_with};
use swapscope_scenario::settings::Change;
use swapscope_scenario::{Scenario, Setup};
use swapscope_sim::trace::Outcome;
use swapscope_sim::units::Nanos;

use crate::generated;

/// A kind of link, with an example.
struct Style {
    name: &'static str,
    link: String,
    /// Without them a changed character goes unnoticed.
    has_check: bool,
}

fn styles() -> Vec<Style> {
    let setup = |name: &str, kernels: &[&str], changes: &[(&str, &str)]| {
        let scenario = Scenario::bundled(name, "test").unwrap();
        let changes: Vec<Change> =
            changes.iter().map(|(key, text)| Change::parse(key, text, "test").unwrap()).collect();
        let kernels: Vec<_> = kernels.iter().map(|name| ((*name).to_owned(), "test".to_owned())).collect();
        Setup::with(scenario, &changes, &kernels).unwrap()
    };
    let found = |setup: &Setup| Finding {
        outcomes: vec![Outcome::Livelock; setup.kernels.len()],
        digest: 0x3f2a_9c41_0000_0000,
    };
    let made = |setup: &Setup, base: &str, focus: &Focus| {
        encode_with(setup, base, focus, Some(&found(setup))).unwrap()
    };
    let none = Focus::default();
    let s = |ms: u64| Nanos(ms * 1_000_000);
    let moment = Focus { at: Some(s(12_350)), view: Some([s(3_200), s(17_000)]) };
    let two = setup("dmcrypt-2016", &["4.6", "4.7-rc6"], &[]);
    let many = setup(
        "lab-256m",
        &["4.6~throttle-vm-writeout.absent", "4.7-rc6~mempool-noretry~oom-tie.last", "4.8"],
        &[("ram", "512M"), ("disk", "hdd"), ("disk-seek", "5ms"), ("swappiness", "100")],
    );
    let style = |name, link: String| Style { name, link, has_check: true };
    let query = made(&two, "", &none);
    vec![
        style("two kernels", made(&two, BASE, &none)),
        style("many changes", made(&many, BASE, &none)),
        style("a moment", made(&many, BASE, &moment)),
        style("fragment", format!("{BASE}#{}", &query[1..])),
        style("single file", format!("file:///home/me/swapscope.html#{}", &query[1..])),
        style("query alone", query[1..].to_owned()),
        style(
            "of model 1",
            format!("{BASE}?s=dmcrypt-2016&k=4.6,4.7-rc6~mempool-noretry&ram=2g&seed=7&m=1&c=ue"),
        ),
        Style {
            name: "typed by hand",
            link: format!("{BASE}?s=dmcrypt-2016&k=4.6,4.7-rc6&ram=2G&swappiness=10&c=0"),
            has_check: false,
        },
    ]
}

/// What has to come of a context.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// The run opens.
    Opens,
    /// A message with one of these words.
    Says(&'static [&'static str]),
}
use Comes::{Opens, Says};

type Forms = Box<dyn Fn(&Style) -> Vec<String>>;

struct Context {
    name: String,
    comes: Comes,
    /// Everything that this context may make of a link.
    forms: Forms,
}

fn context(name: &str, comes: Comes, forms: impl Fn(&str) -> Vec<String> + 'static) -> Context {
    Context { name: name.to_owned(), comes, forms: Box::new(move |style| forms(&style.link)) }
}

/// The link between two texts.
fn between(name: &str, before: &'static str, behind: &'static str) -> Context {
    context(name, Opens, move |link| vec![format!("{before}{link}{behind}")])
}

/// Broken into lines of so many characters, as it stands, in a quotation and in the middle of a mail.
fn wrapped(columns: usize) -> Context {
    context(&format!("wrapped at {columns}"), Opens, move |link| {
        let broken = |text: &str, by: &str| {
            let chars: Vec<char> = text.chars().collect();
            let lines: Vec<String> = chars.chunks(columns).map(|line| line.iter().collect()).collect();
            lines.join(by)
        };
        let mut forms = Vec::new();
        for by in ["\n", "\r\n", " \n", "\n> ", "\n> > ", "\n    "] {
            forms.push(broken(link, by));
            forms.push(broken(&format!("See {link}"), by));
            forms.push(broken(&format!("Link: <{link}>"), by));
            forms.push(format!("It crawls:\n{}\nas s=4 and 4.6 = bad show.\n", broken(link, by)));
        }
        forms
    })
}

/// As quoted-printable has it: `=` encoded, lines of at most 76 characters that end with `=`.
fn quoted_printable(link: &str) -> String {
    let mut lines = vec![String::new()];
    for c in link.chars() {
        let code = if c == '=' { "=3D".to_owned() } else { c.to_string() };
        if lines.last().unwrap().len() + code.len() > 75 {
            lines.push(String::new());
        }
        *lines.last_mut().unwrap() += &code;
    }
    lines.join("=\n")
}

fn encoded(link: &str, which: &str) -> String {
    link.chars()
        .map(|c| if which.contains(c) { format!("%{:02X}", c as u32) } else { c.to_string() })
        .collect()
}

fn contexts() -> Vec<Context> {
    let mut all = vec![
        between("as it is", "", ""),
        between("white space around it", "  ", " \r\n"),
        between("in a sentence", "See ", " for the run, s=4."),
        between("`<...>`", "<", ">"),
        between("`(...)`", "it crawls (", ")"),
        between("`[...]`", "[", "]"),
        between("quoted, `> > `", "> > ", "\n> > as you see"),
        between("a footnote, `[1] ...`", "[1] ", ""),
        between("Markdown, `[text](...)`", "[the run](", "), see there"),
        between("Markdown, `` `...` ``", "`", "`"),
        between("Markdown, `**...**`", "**", "**"),
        context("Markdown, `[...](...)`", Opens, |link| vec![format!("[{link}]({link})")]),
        context("Markdown, `\\~` and `\\_`", Opens, |link| {
            vec![link.replace('~', "\\~").replace('-', "\\-")]
        }),
        context("HTML, `&amp;` and `&gt;`", Opens, |link| {
            let link = link.replace('&', "&amp;");
            vec![
                format!("&lt;{link}&gt;"),
                format!("<a href=\"{link}\">"),
                format!("<a href='{link}'>run</a>"),
            ]
        }),
    ];
    for behind in [".", ",", ";", ":", "?", "!", ")", "\"", "'", "*", "_", "-", "...", ").", ">,", "\u{2019}"]
    {
        all.push(context(&format!("`{behind}` behind it"), Opens, move |link| {
            vec![
                format!("{link}{behind}"),
                format!("{link}{behind} And so on"),
                format!("see {link}{behind}\nAnd"),
            ]
        }));
    }
    all.extend([72, 76, 78].map(wrapped));
    all.push(context("wrapped at any place", Opens, |link| {
        let mut forms = Vec::new();
        for at in 1..link.len() {
            for by in ["\n", "\n> ", "=\n", " "] {
                forms.push(format!("{}{by}{}", &link[..at], &link[at..]));
            }
        }
        forms
    }));
    all.push(context("wrapped in a quotation, pasted into the address bar", Opens, |link| {
        let marks = ["%3E%20", "%20%3E%20", "%3E%20%3E%20", "%20"];
        let broken = |at: usize| marks.map(|by| format!("{}{by}{}", &link[..at], &link[at..]));
        (1..link.len()).flat_map(broken).collect()
    }));
    all.push(context("quoted-printable", Opens, |link| {
        vec![quoted_printable(link), quoted_printable(link).replace('\n', "\r\n"), link.replace('=', "=3D")]
    }));
    all.push(context("`%23` for `#`, `%3F` for `?`", Opens, |link| {
        vec![encoded(link, "#"), encoded(link, "?"), encoded(link, "#?")]
    }));
    all.push(context("percent-encoded", Opens, |link| {
        vec![encoded(link, "~,"), encoded(link, "~,&="), encoded(link, "~").to_lowercase()]
    }));
    all.push(context("in capitals", Opens, |link| vec![link.to_uppercase()]));
    all.push(context("invisible characters in it", Opens, |link| {
        let (before, behind) = link.split_at(link.len() / 2);
        vec![format!("{before}\u{200b}{behind}"), format!("{before}\u{ad}{behind}\u{feff}")]
    }));
    all.extend(broken());
    all
}

/// What cannot be undone.
fn broken() -> Vec<Context> {
    let cut = &["cut off", "no 's=' in", "damaged"];
    vec![
        context("cut anywhere", Says(cut), |link| {
            (0..link.len()).map(|end| link[..end].to_owned()).collect()
        }),
        context("cut anywhere, a sentence behind it", Says(cut), |link| {
            (0..link.len()).map(|end| format!("{} is the link", &link[..end])).collect()
        }),
        context("cut anywhere, `...` behind it", Says(cut), |link| {
            (0..link.len()).map(|end| format!("{}...", &link[..end])).collect()
        }),
        context("only its first line", Says(cut), |link| {
            [20, 40, 60].map(|columns| link[..columns.min(link.len() - 1)].to_owned()).to_vec()
        }),
        context("glued to the next word", Says(&["glued", "damaged"]), |link| {
            let words = ["and", "2016", "-and", ".And", "/and", "&and=so", "=and", ",and", "x"];
            words.map(|word| format!("{link}{word}")).to_vec()
        }),
        context("glued to another link", Says(&["glued", "damaged"]), |link| {
            vec![
                format!("{link}{link}"),
                format!("{link},{link}"),
                format!("{link}{BASE}?s=lab-256m&m=3&c=2u"),
            ]
        }),
        context("a part lost", Says(&["damaged", "no 's=' in", "twice"]), |link| {
            let parts: Vec<&str> = link.split('&').collect();
            let without = |lost: usize| {
                let kept = parts.iter().enumerate().filter(|(at, _)| *at != lost);
                kept.map(|(_, part)| *part).collect::<Vec<_>>().join("&")
            };
            (1..parts.len() - 1).map(without).collect()
        })
        .only_with_check(),
        context("one character changed", Says(&["damaged", "glued", "cut off", "no 's=' in"]), |link| {
            let start = link.find("s=").unwrap();
            let mut forms = Vec::new();
            for at in start..link.len() {
                for with in ["x", "7", "-", "&", "=", "."] {
                    let form = format!("{}{with}{}", &link[..at], &link[at + 1..]);
                    // The same in capitals is the same.
                    forms.extend((form != link).then_some(form));
                }
            }
            forms
        })
        .only_with_check(),
    ]
}

impl Context {
    /// Only for links with check characters: without them nobody can tell.
    fn only_with_check(self) -> Self {
        let forms = self.forms;
        Self { forms: Box::new(move |style| if style.has_check { forms(style) } else { Vec::new() }), ..self }
    }
}

/// How many forms there are, after each was found to do what it has to.
fn check(context: &Context, style: &Style) -> usize {
    let wanted = decode(&style.link).unwrap_or_else(|error| panic!("{}: {error}", style.link));
    let forms = (context.forms)(style);
    for form in &forms {
        let place = format!("{}, {}: {form:?}", context.name, style.name);
        match (decode(form), context.comes) {
            (Ok(opened), Opens) => assert_eq!(opened, wanted, "{place}"),
            (Ok(_), Says(_)) => panic!("{place} opens"),
            (Err(error), Opens) => panic!("{place}: {error}"),
            (Err(error), Says(words)) => {
                assert!(words.iter().any(|word| error.message.contains(word)), "{place}: {error}");
            }
        }
    }
    forms.len()
}

const HEAD: &str = "\
# Links

Generated by `tests/tests/links` (`cargo xtask bless`).

A link is a readable query that says what differs from a scenario. It is made of `[a-z0-9.,=&~-]`, never ends with a
character that mail programs cut off, and everything stands in a fixed order, so that the same comparison always has the
same link.

| part | what it says |
|---|---|
| `s=` | scenario |
| `k=` | kernels, unless they are the scenario's |
| `KEY=` | every changed parameter, in the order of `swapscope scenarios --keys` |
| `seed=`, `seeds=` | first seed and number of runs, unless 1 |
| `t=12.35` | the moment under the cursor, in seconds |
| `v=3.2,17` | the stretch of time that is shown, in seconds |
| `m=` | version of the model that made the link |
| `r=` | how each kernel ended (`o` OOM kill, `l` livelock, `t` time is up, `y` completed), then the first digits of the digest, as far as there is room |
| `c=` | two check characters over all before them |

**Check characters** (CRC-10 in base 32) stand at the end, so that a cut link and one with something glued to it are known by
their form, not by chance, and any one changed character is found. Other damage inside a link goes unnoticed in one of
1,024 cases at most.

**A link that is typed by hand** ends with `&c=0`, which is no pair of check characters; `m=` may be left out. It opens, and a
note says that nothing checks it. A link without any `c=` cannot be told from one that was cut, and does not open.

**Models.** `tests/links` has every form that was given out. A test fails if one does not open, or if its result changes
while `MODEL_VERSION` stays. Where a later model gives a word another meaning, `crate/scenario/src/link/upgrade.rs` adds what
the word stood for. The page and `swapscope open` say that the model has moved, and whether every kernel still ends as
the link says.

";

#[test]
fn the_right_run_opens_or_a_message_says_what_is_broken() {
    let styles = styles();
    let mut text = HEAD.to_owned();
    let _ = writeln!(
        text,
        "**Length.** At most {LENGTH} characters for a bundled scenario with two kernels, at most {LENGTH_MAX} ever.\n\n\
         ## What mails do to links\n\n\
         \"opens\": the run of the link opens, and no other. \"says\": a message says what is broken. The number is that of \
         the forms\nthat were tried; with all of them it is as the cell says. No form opens another run.\n"
    );
    let names: Vec<&str> = styles.iter().map(|style| style.name).collect();
    let _ = writeln!(text, "| context | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    let mut all = 0;
    for context in contexts() {
        let mut cells = Vec::new();
        for style in &styles {
            let forms = check(&context, style);
            all += forms;
            let word = if context.comes == Opens { "opens" } else { "says" };
            cells.push(if forms == 0 { "-".to_owned() } else { format!("{word}, {forms}") });
        }
        let _ = writeln!(text, "| {} | {} |", context.name.replace('|', "\\|"), cells.join(" | "));
    }
    let _ = writeln!(text, "\n{all} forms in all. The links:\n");
    for style in &styles {
        let _ = writeln!(text, "- {}: `{}`", style.name, style.link);
    }
    text += "\n## Messages\n\n";
    let link = &styles[0].link;
    for (what, damaged) in [
        ("cut", link[..link.len() - 9].to_owned()),
        ("cut by a character", link[..link.len() - 1].to_owned()),
        ("glued", format!("{link}and")),
        ("a changed name", link.replace("4.6", "4.66")),
        ("a changed value", link.replace("dmcrypt-2016", "lab-256m")),
        ("no link", "https://example.org/".to_owned()),
    ] {
        let message = decode(&damaged).unwrap_err();
        let _ = writeln!(text, "- {what}: {}", message.message);
    }
    generated("crate/scenario/LINKS.md", &text);
}
