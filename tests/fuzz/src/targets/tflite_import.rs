//! Any bytes as a TFLite file.

use mote_import::{ImportOptions, Limits, import_tflite};

use crate::{Target, Verdict, corpus, seeds};

/// The importer reads files from anywhere, so it gets the same treatment as the device.
pub struct TfliteImportTarget;

impl Target for TfliteImportTarget {
    fn name(&self) -> &'static str {
        "tflite_import"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = seeds::tflite_files();
        let malformed = corpus::malformed::tflite_files(&seeds);
        seeds.extend(malformed);
        seeds
    }

    fn run(&self, input: &[u8]) -> Verdict {
        // Small bounds keep one input quick; the code on both sides of a bound is the same.
        let limits =
            Limits { tensor_elements: 1 << 20, zeroed_state_bytes: 1 << 20, findings: 50, ..Limits::default() };
        match import_tflite(input, &ImportOptions { name: "fuzz".to_owned(), limits, ..ImportOptions::default() }) {
            Ok(imported) => Verdict::accepted(&imported.source_operators.min(8)),
            Err(report) => Verdict::refused(&report.findings.first().map(|finding| opening(&finding.reason))),
        }
    }
}

/// The first words of a reason, which do not depend on names and numbers in the file.
pub(super) fn opening(reason: &str) -> String {
    let letters = |word: &&str| word.chars().all(char::is_alphabetic);
    reason.split_whitespace().take(6).filter(letters).collect()
}
