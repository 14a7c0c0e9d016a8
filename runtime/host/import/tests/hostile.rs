//! Damaged files: every one ends in a model that keeps the graph's promises or in a report, never in a panic.

mod common;

use common::Random;
use mote_graph::verify;
use mote_import::{ImportOptions, ImportReport, Imported, import_tflite};

/// Small models of different makes: weights, quantised and float, variables and several subgraphs, float16.
const SEEDS: &[&str] = &[
    "tflm/hello_world_int8.tflite",
    "tflm/simple_add_int8.tflite",
    "tflm/micro_speech_int8.tflite",
    "tflm/audio_preprocessor_int8.tflite",
    "wakeword/hey_jarvis.tflite",
    "mlperf/kws01_dscnn_int8.tflite",
];

/// Mutations when `MOTE_MUTATIONS` does not ask for another number.
const MUTATIONS: usize = 20_000;

/// The repository's own one-operator models, which reach every row of the importer's table.
fn own_models() -> Vec<(String, Vec<u8>)> {
    let files = common::tflite_files(&common::repository().join("tests/golden/operators"));
    files.iter().filter_map(|path| Some((path.display().to_string(), std::fs::read(path).ok()?))).collect()
}

fn import_checked(bytes: &[u8], what: &str) -> Result<Imported, ImportReport> {
    let result = import_tflite(bytes, &ImportOptions::default());
    match &result {
        Ok(imported) => {
            verify(&imported.graph).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(imported.report.is_importable(), "{what}");
        }
        Err(report) => {
            assert!(!report.is_importable(), "{what}: refused without a blocker");
            assert!(!report.to_string().is_empty());
        }
    }
    result
}

#[test]
fn truncated_files_are_refused_and_name_the_place() {
    for name in SEEDS {
        let Some(bytes) = common::zoo_model("truncated_files", name) else { continue };
        for part in 0..64 {
            let length = bytes.len() * part / 64;
            let report = import_checked(&bytes[..length], name).err();
            let report = report.unwrap_or_else(|| panic!("{name} cut to {length} bytes was imported"));
            assert_eq!(report.findings.len(), 1, "{name} cut to {length} bytes: {report}");
            let reason = &report.findings[0].reason;
            assert!(reason.contains("byte") || reason.contains("Range") || reason.contains("position"), "{reason}");
        }
    }
}

#[test]
fn files_of_other_kinds_are_refused() {
    let report = |bytes: &[u8]| import_checked(bytes, "junk").err().map(|report| report.to_string());
    let mut swapped = b"\x00\x00\x00\x1c3LFT".to_vec();
    swapped.resize(64, 0);
    assert!(report(&swapped).is_some_and(|text| text.contains("big-endian")));
    assert!(report(b"").is_some_and(|text| text.contains("0 bytes long")));
    assert!(report(b"TFL3").is_some_and(|text| text.contains("4 bytes long")));
    assert!(report(b"\x93NUMPY\x01\x00v\x00").is_some_and(|text| text.contains("not a TFLite file")));
    for fill in [0x00, 0x7f, 0x80, 0xff] {
        let mut filled = vec![fill; 4096];
        assert!(report(&filled).is_some());
        filled[4..8].copy_from_slice(b"TFL3");
        // All zeros is a valid table without fields, so of schema version 0.
        assert!(report(&filled).is_some_and(|text| text.contains("damaged") || text.contains("schema version 0")));
    }
}

/// One to eight bytes are overwritten: with random bytes, small numbers, or the extremes that lengths and offsets fear.
#[test]
fn mutated_files_never_panic() {
    let mut random = Random(0x5eed);
    let zoo: Vec<(String, Vec<u8>)> =
        SEEDS.iter().filter_map(|name| Some((name.to_string(), common::zoo_model("mutated_files", name)?))).collect();
    let own = own_models();
    let groups: Vec<_> = [zoo, own].into_iter().filter(|group| !group.is_empty()).collect();
    if groups.is_empty() {
        return;
    }
    let asked = std::env::var("MOTE_MUTATIONS").ok().and_then(|text| text.parse().ok());
    let mutations: usize = asked.unwrap_or(MUTATIONS);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..mutations {
        let group = &groups[round % groups.len()];
        let (name, original) = &group[round / groups.len() % group.len()];
        let mut bytes = original.clone();
        // Tables and vectors stand in the first and last parts; constants fill the middle and matter less.
        let reach = if random.below(2) == 0 { bytes.len() } else { bytes.len().min(4096) };
        let from_end = random.below(2) == 0;
        for _ in 0..1 + random.below(8) {
            let at = random.below(reach);
            let at = if from_end { bytes.len() - 1 - at } else { at };
            bytes[at] = match random.below(4) {
                0 => random.next() as u8,
                1 => random.below(8) as u8,
                2 => [0x00, 0x7f, 0x80, 0xff][random.below(4)],
                _ => bytes[at] ^ (1 << random.below(8)),
            };
        }
        match import_checked(&bytes, name) {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
    }
    println!("{mutations} mutations: {accepted} imported, {refused} refused");
    assert!(accepted > 0 && refused > mutations / 20, "the mutations do not reach the checks");
}
