//! Any bytes as an ONNX file.

use mote_import::{Limits, OnnxOptions, import_onnx};

use crate::random::Random;
use crate::{Target, Verdict, mutate, onnx_parts};

/// The importer reads files from anywhere, so it gets the same treatment as the device.
pub struct OnnxImportTarget;

impl Target for OnnxImportTarget {
    fn name(&self) -> &'static str {
        "onnx_import"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        onnx_parts::files()
    }

    fn run(&self, input: &[u8]) -> Verdict {
        // Small bounds keep one input quick; the code on both sides of a bound is the same.
        let limits = Limits { tensor_elements: 1 << 14, findings: 50, ..Limits::default() };
        match import_onnx(input, &OnnxOptions { name: "fuzz".to_owned(), limits, ..OnnxOptions::default() }) {
            Ok(imported) => Verdict::accepted(&names(&imported.graph)),
            Err(report) => {
                Verdict::refused(&report.findings.first().map(|finding| super::tflite_import::opening(&finding.reason)))
            }
        }
    }

    fn mutate(&self, input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
        if random.below(4) == 0 || !onnx_parts::mutate(input, other, random) {
            mutate::bytes(input, other, random);
        }
    }
}

/// Operators of the graph, the first few.
fn names(graph: &mote_graph::Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.operator.name()).take(4).collect()
}
