use super::*;

fn setup(name: &str, kernels: &[&str], changes: &[(&str, &str)]) -> Setup {
    let scenario = Scenario::bundled(name, "test").unwrap();
    let changes: Vec<Change> =
        changes.iter().map(|(key, text)| Change::parse(key, text, "test").unwrap()).collect();
    let kernels: Vec<(String, String)> =
        kernels.iter().map(|name| ((*name).to_owned(), "test".to_owned())).collect();
    Setup::with(scenario, &changes, &kernels).unwrap()
}

fn same(one: &Setup, other: &Setup) {
    assert_eq!(one.config().unwrap(), other.config().unwrap());
    assert_eq!(one.kernels, other.kernels);
    assert_eq!((one.seed, one.seeds), (other.seed, other.seeds));
}

#[test]
fn links_lead_back() {
    for kernels in [&[][..], &["4.6"], &["4.7-rc6~mempool-noretry", "4.6"]] {
        for changes in [
            &[][..],
            &[("ram", "2G")],
            &[("workload", "build"), ("jobs", "8")],
            &[("disk", "hdd"), ("disk-rate", "99M"), ("min-free", "8M"), ("thp", "on")],
            &[("zone-dma32", "65536,63448")],
            &[("cipher", "none"), ("hz", "1000"), ("duration", "90s")],
            &[("writers", "1"), ("write-rate", "100k"), ("write-from", "5s"), ("write-until", "20s")],
            &[("readers", "2"), ("read-size", "100M"), ("dirty-background", "5"), ("dirty-ratio", "40")],
            &[("atomic-rate", "5000"), ("atomic-order", "2"), ("atomic-until", "9s")],
            &[("workload", "build"), ("job-output", "20M")],
        ] {
            for name in ["dmcrypt-2016", "lab-256m"] {
                let there = setup(name, kernels, changes).seeds(7, 16, "test").unwrap();
                for digest in [None, Some(0x3f2a_9c41_0000_0000)] {
                    let link = encode(&there, BASE, digest);
                    assert!(
                        link[BASE.len() + 1..]
                            .chars()
                            .all(|c| "abcdefghijklmnopqrstuvwxyz0123456789.,=&~-".contains(c))
                    );
                    let opened = decode(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
                    let back = opened.setup().unwrap();
                    same(&there, &back);
                    assert_eq!(encode(&back, BASE, digest), link, "canonical");
                    assert_eq!(opened.model_note(), None);
                    assert_eq!(opened.same_digest(0x3f2a_9c41_0000_0000), digest.map(|_| true));
                }
            }
        }
    }
}

#[test]
fn a_link_with_any_single_value_of_a_kernel_opens() {
    use swapscope_sim::kernel::{VERSIONS, WhatIf};
    let names: Vec<String> = WhatIf::all().map(|what_if| what_if.name()).collect();
    for (at, name) in names.iter().enumerate() {
        let version = VERSIONS[at % VERSIONS.len()].name;
        let kernels = [format!("{version}~mempool-noretry~{name}"), format!("4.6~{name}")];
        let there = setup("lab-256m", &[&kernels[0], &kernels[1]], &[]);
        let link = encode(&there, BASE, None);
        assert!(link.contains(&format!("&k={}&m=", kernels.join(","))), "{link}");
        let opened = decode(&link).and_then(|opened| opened.setup()).unwrap();
        same(&there, &opened);
        // What mail programs add or encode.
        for damaged in
            [format!("<{link}>."), link.replace('~', "%7E").replace(',', "%2c"), link.to_uppercase()]
        {
            same(&there, &decode(&damaged).and_then(|opened| opened.setup()).unwrap());
        }
    }
    let wrong = "s=lab-256m&k=4.6~oom-tie.frist&m=2";
    let error = decode(&format!("?{wrong}&c={}", check(wrong))).unwrap_err().to_string();
    assert_eq!(error, "link: 'oom-tie' has no value 'frist' in '4.6~oom-tie.frist'; nearest is 'first'");
}

#[test]
fn a_plain_link_is_short() {
    for bundled in BUNDLED {
        for kernels in [&[][..], &["4.6", "4.7-rc6"]] {
            for digest in [None, Some(u64::MAX)] {
                let link = encode(&setup(bundled.name, kernels, &[]), BASE, digest);
                assert!(link.len() <= LENGTH, "{} characters: {link}", link.len());
            }
        }
    }
}

#[test]
fn no_link_is_too_long() {
    let mut changes = Vec::new();
    for param in PARAMS.iter().filter(|param| param.is_ranged() && !param.key.starts_with("base")) {
        changes.push((param.key, param.kind.write(crate::value::Value::Number(param.range.1 - 1))));
    }
    let changes: Vec<(&str, &str)> = changes
        .iter()
        .map(|(key, text)| (*key, text.as_str()))
        .filter(|(key, _)| {
            !["hog", "hogs", "passes", "processes", "job-size", "min-free", "ram"].contains(key)
                && !["writers", "readers"].contains(key)
                && !key.ends_with("-from")
        })
        .collect();
    let there =
        setup("lab-256m", &["4.6~mempool-noretry~revert-f9054c70", "4.7-rc6~revert-f9054c70"], &changes);
    let link = encode(&there, BASE, Some(1));
    assert!(link.len() <= LENGTH_MAX, "{}", link.len());
    same(&there, &decode(&link).unwrap().setup().unwrap());
}

#[test]
fn a_scenario_of_ones_own_is_written_as_changes() {
    let text = BUNDLED.iter().find(|bundled| bundled.name == "lab-256m").unwrap().text;
    let own = text.replace("hog = \"400M\"", "hog = \"300M\"");
    let there = Setup::new(Scenario::parse("my/own.toml", &own).unwrap()).unwrap();
    let link = encode(&there, "", None);
    assert!(link.starts_with("?s=lab-256m&hog=300m&m="), "{link}");
    same(&there, &decode(&link).unwrap().setup().unwrap());
}

#[test]
fn the_other_loads_stand_in_a_link_only_when_they_differ() {
    let link = |changes: &[(&str, &str)]| encode(&setup("lab-256m", &[], changes), "", None);
    assert!(link(&[]).starts_with("?s=lab-256m&m="));
    let defaults = PARAMS.iter().filter(|param| param.section == "background");
    let defaults: Vec<(&str, &str)> = defaults.map(|param| (param.key, param.default)).collect();
    assert_eq!(link(&[&defaults[..], &[("dirty-background", "10")]].concat()), link(&[]));
    // The order is that of the table, whatever the order in which they were said.
    assert!(
        link(&[
            ("atomic-rate", "100"),
            ("writers", "2"),
            ("hz", "100"),
            ("dirty-background", "5"),
            ("hog", "1G")
        ])
        .starts_with("?s=lab-256m&hz=100&dirty-background=5&hog=1g&writers=2&atomic-rate=100&m=")
    );
    // Output belongs to builds only.
    assert_eq!(link(&[("job-output", "20M")]), link(&[]));
}

const LINK: &str = "?s=dmcrypt-2016&k=4.6,4.7-rc6~mempool-noretry&ram=2g&seeds=16&m=3";

fn link() -> String {
    let there = setup("dmcrypt-2016", &["4.6", "4.7-rc6~mempool-noretry"], &[("ram", "2G")]);
    let there = there.seeds(1, 16, "test").unwrap();
    let link = encode(&there, BASE, None);
    assert!(link.contains(LINK), "{link}");
    link
}

#[test]
fn what_mail_programs_do_is_forgiven() {
    let link = link();
    let query = &link[BASE.len() + 1..];
    let split = |at: usize, with: &str| format!("{}{with}{}", &link[..at], &link[at..]);
    let behind_equals = link.find("k=").unwrap() + 2;
    let mut forms = vec![
        link.clone(),
        query.to_owned(),
        format!("?{query}"),
        format!("#{query}"),
        format!("{BASE}#{query}"),
        format!("{BASE}%23{query}"),
        format!("{BASE}#?{query}"),
        format!("file:///home/me/swapscope.html#{query}"),
        format!("  {link}  \n"),
        format!("<{link}>"),
        format!("({link})"),
        format!("[1] {link}"),
        format!("See {link}, which shows it."),
        format!("> it crawls:\n> {link}\n> as you see.\n"),
        format!("<a href=\"{}\">", link.replace('&', "&amp;")),
        format!("Link: {link}"),
        format!("> > {link}"),
        link.to_ascii_uppercase(),
        link.replace('~', "%7E").replace(',', "%2C"),
        link.replace('&', "%26").replace('=', "%3D"),
        link.replace('=', "=3D"),
        link.replace('&', "&amp;"),
    ];
    for behind in [".", ",", ":", ";", "!", "*", "?", ")", ">", "'", "\"", "...", ").", ">,", "-", "\u{200b}"]
    {
        forms.push(format!("{link}{behind}"));
    }
    for at in [BASE.len() + 5, behind_equals, behind_equals + 3, link.len() - 1, link.len() - 4] {
        for with in ["\n", "\r\n", " \n", "\n> ", "\n> > ", "\n    ", "=\n", "=\r\n", " "] {
            forms.push(split(at, with));
        }
    }
    forms.push(link.replace('=', "=3D").replace("&k", "=\n&k"));
    let wanted = decode(&link).unwrap();
    for form in forms {
        // A sentence that goes on behind the link is not told apart from a glued one; it must be said, not guessed.
        match decode(&form) {
            Ok(opened) => assert_eq!(opened, wanted, "{form:?}"),
            Err(error) => {
                assert!(form.starts_with("See") && error.message.contains("glued"), "{form:?}: {error}")
            }
        }
    }
}

#[test]
fn every_cut_is_detected() {
    let link = link();
    for end in 0..link.len() {
        let error = decode(&link[..end]).unwrap_err();
        if end > BASE.len() + 2 {
            assert!(error.message.contains("cut off"), "{}: {error}", &link[..end]);
        }
    }
}

#[test]
fn changed_characters_are_detected() {
    let link = link();
    for at in BASE.len() + 1..link.len() {
        for with in ["x", "7", "-", "&", "=", "."] {
            let damaged = format!("{}{with}{}", &link[..at], &link[at + 1..]);
            if damaged != link {
                assert!(decode(&damaged).is_err(), "{damaged}");
            }
        }
    }
}

#[test]
fn damage_is_named() {
    let link = link();
    let error = |text: &str| decode(text).unwrap_err().to_string();
    assert_eq!(
        error(&link[..link.len() - 6]),
        "link: cut off: the end with the check characters (&c=...) is missing after 'y&ram=2g&seeds=16&m='"
    );
    assert!(
        error(&link[..link.len() - 1]).starts_with("link: cut off: one or both check characters are missing")
    );
    assert!(error(&format!("{link}and")).starts_with("link: something is glued to its end: 'and' behind"));
    assert!(error(&format!("{link}{link}")).contains("glued"));
    assert!(error(&link.replace("ram", "rem")).contains("do not fit (unknown key 'rem'; nearest is 'ram')"));
    assert!(
        error(&link.replace("4.6,", "4.66,"))
            .contains("do not fit (unknown kernel '4.66'; nearest is '4.6')")
    );
    assert!(error(&link.replace("=2g", "=3g")).contains("every part can be read"));
    assert!(error("https://example.org/").contains("no 's=' in"));
    assert!(error("").contains("no 's=' in"));
}

#[test]
fn unknown_names_in_a_whole_link_are_named() {
    let sealed = |query: &str| format!("{query}&c={}", check(query));
    let error = |query: &str| decode(&sealed(query)).unwrap_err().to_string();
    assert_eq!(
        error("s=dmcrypt-2061&m=1"),
        "link: no bundled scenario 'dmcrypt-2061'; nearest is 'dmcrypt-2016'"
    );
    assert_eq!(error("s=lab-256m&swapp=1g&m=1"), "link: unknown key 'swapp'; nearest is 'swap'");
    assert!(
        error("s=lab-256m&ram=10t&m=1").starts_with("link: ram = 10t is out of range: expected 64M to 64G")
    );
    assert!(error("s=lab-256m&k=4.6~x&m=1").starts_with("link: unknown patch 'x' in '4.6~x'; "));
    assert_eq!(error("s=lab-256m&m=1&m=1"), "link: 'm' is there twice; two links may be glued together");
    assert_eq!(error("s=lab-256m"), "link: the version of the model (m=...) is missing");
    assert!(error("s=lab-256m&seeds=100000&m=1").starts_with("link: seeds = 100000: expected"));
    assert_eq!(
        decode(&sealed("s=lab-256m&m=77"))
            .unwrap()
            .model_note()
            .map(|note| note.starts_with("shared with model 77")),
        Some(true)
    );
}
