#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    swapscope_tests::fuzz::target("import").map(|target| (target.body)(text));
});
