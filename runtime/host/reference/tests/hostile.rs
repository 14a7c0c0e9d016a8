//! Damaged files end in an error or a model, never in a panic.

use mote_reference::{Error, FloatModel, LoadOptions};
use std::path::Path;

fn digits() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models/digits/digits_float.tflite");
    std::fs::read(path).expect("the model is there")
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[test]
fn noise_is_refused_by_both_readers() {
    let mut state = 1;
    for length in [0, 1, 7, 64, 4096] {
        let bytes: Vec<u8> = (0..length).map(|_| next(&mut state) as u8).collect();
        assert!(FloatModel::from_tflite(&bytes).is_err());
        assert!(FloatModel::from_onnx(&bytes, &LoadOptions::default()).is_err());
    }
    let empty = FloatModel::from_onnx(&[], &LoadOptions::default());
    assert!(matches!(empty, Err(Error::Unreadable { format: "ONNX", .. })), "{empty:?}");
}

#[test]
fn a_damaged_tflite_file_ends_in_an_answer() {
    let whole = digits();
    let mut state = 7;
    let (mut loaded, mut refused) = (0, 0);
    for _ in 0..100 {
        let mut bytes = whole.clone();
        for _ in 0..1 + next(&mut state) % 8 {
            let at = (next(&mut state) % bytes.len() as u64) as usize;
            bytes[at] = next(&mut state) as u8;
        }
        if next(&mut state).is_multiple_of(4) {
            bytes.truncate((next(&mut state) % bytes.len() as u64) as usize);
        }
        match FloatModel::from_tflite(&bytes) {
            Ok(_) => loaded += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(loaded > 0 && refused > 0, "{loaded} loaded, {refused} refused");
}

#[test]
fn a_quantised_tflite_file_is_refused_by_name() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models/digits/digits_int8.tflite");
    let refused = FloatModel::from_tflite(&std::fs::read(path).expect("the model is there"));
    assert!(matches!(refused, Err(Error::Quantized { .. })), "{refused:?}");
}
