//! The target `signature` of `souk_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (souk_fuzz::targets::target("signature").run)(input);
});
