//! Coverage-guided run of the `onnx_import` target.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mote_fuzz::targets::run_by_name("onnx_import", bytes);
});
