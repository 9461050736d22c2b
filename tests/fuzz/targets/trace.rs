#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    swapscope_tests::fuzz::target("trace").map(|target| (target.body)(text));
});
