//! Coverage-guided run of the `model_file` target.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mote_fuzz::targets::run_by_name("model_file", bytes);
});
