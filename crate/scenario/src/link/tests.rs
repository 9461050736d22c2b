use super::*;
use swapscope_sim::units::Nanos;

fn setup(name: &str, kernels: &[&str], changes: &[(&str, &str)]) -> Setup {
    let scenario = Scenario::bundled(name, "test").unwrap();
    let changes: Vec<Change> =
        changes.iter().map(|(key, text)| Change::parse(key, text, "test").unwrap()).collect();
    let kernels: Vec<(String, String)> =
        kernels.iter().map(|name| ((*name).to_owned(), "test".to_owned())).collect();
    Setup::with(scenario, &changes, &kernels).unwrap()
}

/// The link of a setup, with a result in which every kernel completes if there is a digest.
fn made(setup: &Setup, base: &str, digest: Option<u64>) -> String {
    let outcomes = vec![Outcome::Completed; setup.kernels.len()];
    let found = digest.map(|digest| Finding { outcomes, digest });
    encode_with(setup, base, &Focus::default(), found.as_ref()).unwrap()
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
                    let link = made(&there, BASE, digest);
                    assert!(
                        link[BASE.len() + 1..]
                            .chars()
                            .all(|c| "abcdefghijklmnopqrstuvwxyz0123456789.,=&~-".contains(c))
                    );
                    let opened = decode(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
                    let back = opened.setup().unwrap();
                    same(&there, &back);
                    assert_eq!(made(&back, BASE, digest), link, "canonical");
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
        let link = made(&there, BASE, None);
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
                let link = made(&setup(bundled.name, kernels, &[]), BASE, digest);
                assert!(link.len() <= LENGTH, "{} characters: {link}", link.len());
            }
        }
    }
}

#[test]
fn a_link_with_nearly_everything_changed_opens() {
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
    let link = made(&there, BASE, Some(1));
    assert!(link.len() <= LENGTH_MAX, "{}", link.len());
    same(&there, &decode(&link).unwrap().setup().unwrap());
}

#[test]
fn no_link_is_too_long() {
    use swapscope_sim::kernel::WhatIf;
    // One value of each behaviour behind one version after the other, until no link holds them.
    let mut kernels: Vec<String> = Vec::new();
    let mut refused = None;
    for version in ["4.5", "4.6", "4.7-rc6", "4.7", "4.8", "4.9"] {
        let mut kernel = version.to_owned();
        let mut last = String::new();
        for name in WhatIf::all().map(|what_if| what_if.name()) {
            let field = name.split('.').next().unwrap().to_owned();
            if field != last {
                kernel = format!("{kernel}~{name}");
                last = field;
            }
        }
        kernels.push(kernel);
        let names: Vec<&str> = kernels.iter().map(String::as_str).collect();
        let there = setup("lab-256m", &names, &[]);
        let found = Finding { outcomes: vec![Outcome::Oom; names.len()], digest: 1 };
        match encode_with(&there, BASE, &Focus::default(), Some(&found)) {
            Ok(link) => {
                assert!(link.len() <= LENGTH_MAX && refused.is_none(), "{}", link.len());
                same(&there, &decode(&link).unwrap().setup().unwrap());
            }
            Err(error) => refused = Some(error.to_string()),
        }
    }
    assert!(refused.unwrap().contains("of which no link has more than 2000"));
}

#[test]
fn a_result_stands_in_a_link_as_far_as_there_is_room() {
    let found = Finding { outcomes: vec![Outcome::Oom, Outcome::Livelock], digest: u64::MAX };
    for (room, text) in
        [(3, ""), (4, "&r=f"), (5, "&r=ff"), (6, "&r=olf"), (13, "&r=olffffffff"), (90, "&r=olffffffff")]
    {
        assert_eq!(result(&found, room), text);
        assert!(text.len() <= room);
    }
}

#[test]
fn a_scenario_of_ones_own_is_written_as_changes() {
    let own = include_str!("../../../../scenarios/lab-256m.toml").replace("hog = \"400M\"", "hog = \"300M\"");
    let there = Setup::new(Scenario::parse("my/own.toml", &own).unwrap()).unwrap();
    let link = made(&there, "", None);
    assert!(link.starts_with("?s=lab-256m&hog=300m&m="), "{link}");
    same(&there, &decode(&link).unwrap().setup().unwrap());
}

#[test]
fn the_other_loads_stand_in_a_link_only_when_they_differ() {
    let link = |changes: &[(&str, &str)]| made(&setup("lab-256m", &[], changes), "", None);
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

const LINK: &str = "?s=dmcrypt-2016&k=4.6,4.7-rc6~mempool-noretry&ram=2g&seeds=16&m=4";

fn link() -> String {
    let there = setup("dmcrypt-2016", &["4.6", "4.7-rc6~mempool-noretry"], &[("ram", "2G")]);
    let there = there.seeds(1, 16, "test").unwrap();
    let link = made(&there, BASE, None);
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
        assert_eq!(decode(&form).as_ref(), Ok(&wanted), "{form:?}");
    }
}

#[test]
fn what_trackers_put_into_a_link_is_left_out() {
    let link = link();
    let query = &link[BASE.len() + 1..];
    let wanted = Opened { was_tracked: true, ..decode(&link).unwrap() };
    let ids = [
        "fbclid=IwAR0-x_Yz.9",
        "utm_source=a&utm_medium=e%2Dmail",
        "utm_term=a,b!&utm_content=x@y",
        "gclid=1&gad_source=1",
        "_gl=1*abc*_ga*MTIz",
        "UTM_ID=s=1",
        "mc_cid=",
    ];
    for id in ids {
        for form in [
            format!("{link}&{id}"),
            format!("{link}?{id}"),
            format!("{link}#{id}"),
            format!("{BASE}?{id}&{query}"),
            format!("{BASE}?{id}#{query}"),
            format!("{BASE}?{id}#?{query}&{id}"),
            format!("See <{link}&{id}>, which shows it."),
        ] {
            // Some of them can be read without leaving anything out.
            let opened = decode(&form).map(|opened| Opened { was_tracked: true, ..opened });
            assert_eq!(opened.as_ref(), Ok(&wanted), "{form}");
        }
    }
    let beside = format!("See {link} and https://news.example/?utm_source=x");
    assert_eq!(decode(&beside), decode(&link), "another address is not the link");
    assert_eq!(decode(&format!("{link}&fbclid=x")).as_ref(), Ok(&wanted));
    assert!(wanted.note().unwrap().contains("tracker"));
    // A link that is damaged as well is not taken for another one, and what nobody knows is told.
    assert!(decode(&format!("{BASE}?fbclid=x&{}", query.replace("ram=2g", "ram=4g"))).is_err());
    assert!(decode(&format!("{link}&unknown=x")).is_err());
    assert_eq!(untracked("?fbclid=x&utm_source=y"), ("?".to_owned(), true));
}

#[test]
fn a_text_may_go_on_behind_a_wrapped_link() {
    let link = link();
    for at in BASE.len() + 1..link.len() - 1 {
        let text = format!("It shows here:\n> {}\n> {}\n> as I said, 4.6 = bad\n", &link[..at], &link[at..]);
        assert_eq!(decode(&text), decode(&link), "{text}");
    }
}

#[test]
fn a_moment_and_a_view_lead_back() {
    let there = setup("lab-256m", &["4.6"], &[]);
    let s = |ms: u64| Nanos(ms * 1_000_000);
    for (at, view, text) in [
        (None, None, "&k=4.6&m="),
        (Some(s(12_350)), None, "&k=4.6&t=12.35&m="),
        (None, Some([s(3_200), s(17_000)]), "&k=4.6&v=3.2,17&m="),
        (Some(Nanos(1)), Some([s(0), s(1_000)]), "&k=4.6&t=0.000000001&v=0,1&m="),
    ] {
        let focus = Focus { at, view };
        let link = encode_with(&there, BASE, &focus, None).unwrap();
        assert!(link.contains(text), "{link}");
        let opened = decode(&link).unwrap();
        assert_eq!(opened.focus, focus);
        same(&opened.setup().unwrap(), &there);
        for end in 0..link.len() {
            assert!(decode(&link[..end]).is_err(), "{}", &link[..end]);
        }
    }
    let error = |query: &str| decode(&sealed(query)).unwrap_err().to_string();
    assert_eq!(error("s=lab-256m&t=x&m=3"), "link: t = x: expected seconds such as 12.35");
    assert_eq!(error("s=lab-256m&v=4,3&m=3"), "link: v = 4,3: expected two times in seconds such as 3.2,17");
}

#[test]
fn a_link_that_was_typed_by_hand_says_so() {
    let opened = decode("https://host/?s=lab-256m&k=4.6&ram=512M&c=0").unwrap();
    same(&opened.setup().unwrap(), &setup("lab-256m", &["4.6"], &[("ram", "512M")]));
    assert!(!opened.is_checked && opened.model == MODEL_VERSION);
    assert!(opened.note().unwrap().starts_with("this link was typed by hand"));
    let old = decode("?s=lab-256m&m=1&c=0").unwrap().note().unwrap();
    assert!(old.contains("typed by hand") && old.contains("shared with model 1"), "{old}");
    // With check characters, or with none, nothing else is taken for it.
    for text in
        ["?s=lab-256m", "?s=lab-256m&k=4.6&m=3", "?s=lab-256m&c=", "?s=lab-256m&c=00", "?s=lab-256m&c=0x"]
    {
        assert!(decode(text).is_err(), "{text}");
    }
    assert!(
        decode("?s=lab-256m").unwrap_err().message.ends_with("a link that was typed by hand ends with &c=0")
    );
    // Of its own kind a cut or glued one is detected as well.
    let typed = "?s=lab-256m&k=4.6&c=0";
    for end in 0..typed.len() {
        assert!(decode(&typed[..end]).is_err(), "{}", &typed[..end]);
    }
    assert!(decode("?s=lab-256m&k=4.6&c=0and").is_err());
    assert_eq!(decode("(?s=lab-256m&k=4.6&c=0)."), decode(typed));
}

#[test]
fn a_changed_verdict_can_be_told() {
    let there = setup("lab-256m", &["4.6", "4.7-rc6"], &[("hz", "1000")]);
    let found = |outcomes: [Outcome; 2], digest| Finding { outcomes: outcomes.to_vec(), digest };
    let then = found([Outcome::Oom, Outcome::Timeout], 0x3f2a_9c41_0000_0000);
    let link = encode_with(&there, BASE, &Focus::default(), Some(&then)).unwrap();
    assert!(link.contains("&r=ot3f2a9c41&c="), "{link}");
    let opened = decode(&link).unwrap();
    assert_eq!((&opened.outcomes, opened.digest.as_str()), (&then.outcomes, "3f2a9c41"));
    let note = |found: &Finding| opened.verdict_note(&there.kernel_names(), found).unwrap();
    assert_eq!(note(&then), "the result is the same");
    assert_eq!(
        note(&found([Outcome::Oom, Outcome::Timeout], 7)),
        "the verdict is still the same: the runs differ, but every kernel ends as it did then"
    );
    assert_eq!(
        note(&found([Outcome::Livelock, Outcome::Timeout], 7)),
        "the verdict has changed: 4.6 was OOM kill, is now livelock"
    );
    // Told to the reader only where it is news, and behind the version of the model.
    let kernels = there.kernel_names();
    assert_eq!(opened.account(&kernels, &then), None);
    let other = found([Outcome::Completed, Outcome::Timeout], 7);
    let verdict = "the verdict has changed: 4.6 was OOM kill, is now completed";
    assert_eq!(opened.account(&kernels, &other).unwrap(), verdict);
    let (models, first) =
        (format!("shared with model 1; this is model {MODEL_VERSION}"), "the result is the same");
    // Whoever types a link may say another verdict than that of its runs.
    let wrong = found([Outcome::Livelock, Outcome::Timeout], then.digest);
    assert_eq!(
        opened.account(&kernels, &wrong).unwrap(),
        "the link says another verdict: 4.6 is livelock, not OOM kill"
    );
    let later = Opened { model: 77, digest: String::new(), ..opened.clone() };
    assert_eq!(
        later.account(&kernels, &then).unwrap(),
        format!(
            "shared with model 77; this swapscope is older, model {MODEL_VERSION}, and results may differ"
        )
    );
    let earlier = Opened { model: 1, ..opened.clone() };
    assert_eq!(earlier.account(&kernels, &other).unwrap(), format!("{models}: {verdict}"));
    assert_eq!(earlier.account(&kernels, &then).unwrap(), format!("{models}: {first}"));
    let silent = Opened { digest: String::new(), ..earlier };
    assert_eq!(silent.account(&kernels, &then).unwrap(), format!("{models}, and results may differ"));
    // An older link has digits only, and one without room or without a result has not even these.
    let old = decode(&sealed("s=lab-256m&m=2&r=d2783ff4")).unwrap();
    assert_eq!(old.verdict_note(&[], &then).unwrap(), "the result is not the one that was shared");
    assert_eq!(decode(&sealed("s=lab-256m&m=2")).unwrap().verdict_note(&[], &then), None);
    let error = decode(&sealed("s=lab-256m&k=4.6&m=3&r=oo12")).unwrap_err().to_string();
    assert_eq!(error, "link: r says how 2 kernels ended, and there are 1");
    assert!(decode(&sealed("s=lab-256m&m=3&r=ooo")).is_err());
}

#[test]
fn an_old_link_means_the_machine_that_it_meant() {
    let rotational = |model| {
        let opened = decode(&sealed(&format!("s=lab-256m&disk=nvme&m={model}"))).unwrap();
        opened.setup().unwrap().settings.text("rotational")
    };
    assert_eq!([1, 2, 3].map(rotational), ["on", "on", "off"]);
}

fn sealed(query: &str) -> String {
    format!("{query}&c={}", check(query))
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
        "link: cut off: the end with the check characters (&c=...) is missing after 'y&ram=2g&seeds=16&m='; a link that was \
         typed by hand ends with &c=0"
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
