//! Damages inputs on stable Rust, without coverage: `fuzz TARGET [--count N] [--seed S]`. What an input came to decides
//! whether it is damaged further. Prints a line now and then, and the input when something is broken.

use std::cell::RefCell;
use std::env;
use std::process::ExitCode;
use swapscope_tests::fuzz::{Fuzzer, TARGETS, target};

thread_local! {
    static INPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

fn option(args: &[String], name: &str, default: u64) -> Option<u64> {
    match args.iter().position(|arg| arg == name) {
        Some(at) => args.get(at + 1)?.parse().ok(),
        None => Some(default),
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let target = args.first().and_then(|name| target(name));
    let (count, seed) = (option(&args, "--count", 1_000_000), option(&args, "--seed", 1));
    let (Some(target), Some(count), Some(seed)) = (target, count, seed) else {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("usage: fuzz {} [--count N] [--seed S]", names.join("|"));
        return ExitCode::from(2);
    };
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        usual(info);
        INPUT.with_borrow(|input| eprintln!("input: {input:?}"));
    }));
    let mut fuzzer = Fuzzer::new(target, seed);
    for input in fuzzer.corpus().to_vec() {
        INPUT.set(input.clone());
        fuzzer.run(input);
    }
    for done in 1..=count {
        let input = fuzzer.input();
        INPUT.with_borrow_mut(|kept| kept.clone_from(&input));
        fuzzer.run(input);
        if done % (count / 20).max(1) == 0 {
            println!("{}, seed {seed}: {done} executions, {} kinds of results", target.name, fuzzer.seen());
        }
    }
    ExitCode::SUCCESS
}
