//! Shared by the slimming tests: an oracle, a graph builder, the model folder.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod builder;
pub mod oracle;

use mote_compile::slim::{SlimError, SlimOptions, Slimmed, slim};
use mote_graph::Graph;
use std::path::PathBuf;

/// Folder of third-party models: `MOTE_ZOO`, else `../shared/zoo` beside the repository; prints and gives none when
/// absent.
pub fn zoo(test: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/zoo");
    let folder = std::env::var_os("MOTE_ZOO").map_or(beside, PathBuf::from);
    if folder.join("models").is_dir() {
        return Some(folder);
    }
    println!("skipped {test}: no models at {}", folder.display());
    None
}

/// Imports a model of the folder.
pub fn import(path: PathBuf) -> Graph {
    let bytes = std::fs::read(&path).expect("model file");
    let options = mote_import::ImportOptions { name: "model".into(), ..Default::default() };
    mote_import::import_tflite(&bytes, &options).unwrap_or_else(|report| panic!("{}: {report:?}", path.display())).graph
}

/// Slims with the oracle as evaluator.
pub fn slim_with_oracle(graph: &Graph, options: &SlimOptions) -> Result<Slimmed, SlimError> {
    let single = options.numerics == mote_format::Numerics::Litert;
    slim(graph, options, &mut |graph, inputs| oracle::run(graph, inputs, single))
}

/// Seeded bytes: a linear congruential generator's high bits.
pub fn random_bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x5851_f42d_4c95_7f2d) | 1;
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// Slims, prints the rewrites, and compares every element of every kept channel on `trials` random inputs.
pub fn slim_and_compare(graph: &Graph, trials: u64) -> Slimmed {
    let slimmed = slim_with_oracle(graph, &SlimOptions::default()).expect("slims");
    for rewrite in &slimmed.report.rewrites {
        println!("{}: {}", rewrite.origin, rewrite.what);
    }
    let bytes: Vec<usize> = graph.inputs.iter().map(|&id| graph.tensors[id].bytes()).collect();
    for seed in 0..trials {
        let inputs: Vec<Vec<u8>> = bytes.iter().map(|&count| random_bytes(seed + 77, count)).collect();
        assert_layers_equal(graph, &slimmed, &inputs);
    }
    slimmed
}

/// Every element of every kept channel of every tensor, source against slimmed.
pub fn assert_layers_equal(source: &Graph, slimmed: &Slimmed, inputs: &[Vec<u8>]) {
    let before = oracle::run_all(source, inputs, false).expect("source runs");
    let after = oracle::run_all(&slimmed.graph, inputs, false).expect("slimmed runs");
    for (&id, kept) in &slimmed.kept_channels {
        let channels = source.tensors[kept.source].shape.last().copied().unwrap_or(1);
        let pixels = before[kept.source].chunks(channels);
        let expected: Vec<i8> = pixels.flat_map(|pixel| kept.channels.iter().map(|&c| pixel[c])).collect();
        assert!(after[id] == expected, "tensor {}", source.tensors[kept.source].name);
    }
}
