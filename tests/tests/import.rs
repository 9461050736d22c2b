//! Texts that were damaged on their way: a scenario, or one line that says where and what; never a panic.

use swapscope_scenario::import::{Import, is_recording};
use swapscope_scenario::link::{BASE, decode, encode};
use swapscope_scenario::validate::Recording;
use swapscope_scenario::{Scenario, Setup};
use swapscope_tests::fuzz::Numbers;

const OOM: &str = include_str!("../../crate/scenario/src/import/samples/oom-4.6.txt");
const FREEZE: &str = include_str!("../../crate/scenario/src/import/samples/freeze-4.7.txt");
const PROC: &str = "Node 0, zone    DMA32\n  pages free 200000\n min 957\n low 1206\n high 1455\n present 258046\n managed 250315\n\
                    nr_inactive_anon 50\n pagesets\n cpu: 1\n12:00:01\nMemTotal: 1017168 kB\nMemFree: 5 kB\nSwapTotal: 2097148 kB\n\
                    SwapFree: 97148 kB\n12:00:02\nMemFree: 3 kB\nSwapFree: 97 kB\nnr_dirty 7\nnr_free_pages 3\nvm.swappiness = 10\n";
const TOOLS: &str = "procs ---memory---\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n\
                     1  0 0 800000 10000 90000 0 0 1 2 3 4 5 6 87 2 0 2016-07-14 12:52:03\n2 1 4096 20000 9000 80000 0 4096 1 2 3 4 5 6 87 2 0\n\
                     total used free shared buff/cache available\nMem: 7.7Gi 1.2Gi 4.9Gi 12Mi 1.6Gi 6.0Gi\nSwap: 2047 0 2047\n\
                     Linux version 4.6.2 (x)\n262044 pages RAM\n7752 pages reserved\nNot tainted 4.7.0-rc7+ #1\n";

/// Words and letters replaced, removed, added or repeated, lines broken, the end cut off, other texts put in.
fn damaged(text: &str, numbers: &mut Numbers) -> String {
    const WITH: &[&str] = &[
        "18446744073709551615",
        "-1",
        "0",
        "99999999999999999999999",
        "kB",
        ":",
        "=",
        "=\n",
        "> ",
        "[  1.5] ",
        "[",
        "\u{feff}",
        "\u{e9}",
        "\u{1f4a5}",
        "Node",
        "zone",
        "DMA",
        "free:",
        "MemTotal:",
        "1e9",
        "\r\n",
        "\0",
        "12:52:03",
        ".",
        "T",
        "0.0Gi",
        "t=",
    ];
    const TEXTS: &[&str] = &[OOM, FREEZE, PROC, TOOLS];
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(characters.len());
        let with = WITH[numbers.below(WITH.len())].chars();
        match numbers.below(7) {
            0 if characters.len() > 1 => drop(characters.remove(at)),
            1 => drop(characters.splice(at..at, with)),
            2 => {
                let end = characters[at..]
                    .iter()
                    .position(|c| c.is_whitespace())
                    .map_or(characters.len(), |end| at + end);
                drop(characters.splice(at..end, with));
            }
            3 => {
                // A number is where damage does most.
                let digit =
                    characters.iter().skip(at).position(char::is_ascii_digit).map_or(at, |digit| at + digit);
                drop(characters.splice(digit..digit, with));
            }
            4 => characters.insert(at, '\n'),
            5 => drop(characters.splice(at..at, TEXTS[numbers.below(TEXTS.len())].chars())),
            _ => characters.truncate(at + 1),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn damaged_texts_give_a_scenario_or_one_line() {
    let mut numbers = Numbers::new(1);
    let (mut read, mut refused) = (0, 0);
    for text in [OOM, FREEZE, PROC, TOOLS] {
        Import::read("x.txt", text).unwrap();
        for round in 0..1500 {
            let text = damaged(text, &mut numbers);
            match Import::read("x.txt", &text) {
                Ok(import) => {
                    read += 1;
                    assert!(import.setup.config().is_ok(), "{text}");
                    // A link is long to make: of some only.
                    if round % 100 == 0 {
                        let link = encode(&import.setup, BASE).unwrap();
                        assert_eq!(
                            decode(&link)
                                .unwrap()
                                .setup()
                                .unwrap()
                                .settings
                                .changes_from(&import.setup.settings),
                            []
                        );
                        let file = import.toml("x.txt", &link);
                        let again = Scenario::parse("x.toml", &file).and_then(Setup::new);
                        assert_eq!(
                            again.unwrap().settings.changes_from(&import.setup.settings),
                            [],
                            "{file}"
                        );
                    }
                }
                Err(error) => {
                    refused += 1;
                    let error = error.to_string();
                    assert!(error.starts_with("x.txt") && error.lines().count() == 1, "{error}");
                }
            }
        }
    }
    assert!(read > 3000 && refused > 40, "{read} read, {refused} refused");
}

#[test]
fn every_beginning_of_a_text() {
    for text in [OOM, FREEZE, PROC, TOOLS] {
        for (at, _) in text.char_indices() {
            drop(Import::read("x.txt", &text[..at]));
            drop(Import::read("x.txt", &text[at..]));
        }
    }
}

#[test]
fn any_bytes_at_all() {
    let mut numbers = Numbers::new(7);
    for _ in 0..2000 {
        let bytes: Vec<u8> =
            (0..numbers.below(400)).map(|_| u8::try_from(numbers.below(256)).unwrap_or(0)).collect();
        let text = String::from_utf8_lossy(&bytes);
        if is_recording(&text) {
            drop(Recording::parse("x.csv", &text));
        } else {
            drop(Import::read("x.txt", &text));
        }
    }
}
