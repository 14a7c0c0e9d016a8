//! The zoo's QDQ models whole, against onnxruntime's stored answers, and which operators' rounding makes the difference.

use mote_conformance::golden::{repository, zoo};
use mote_conformance::oracle::{Dialect, Oracle};
use mote_conformance::runner::{Tensors, compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_graph::{ElementType, Graph, Operator};
use mote_import::{OnnxOptions, import_onnx};
use std::path::Path;

/// Samples that the slow oracle is asked for the shares of single operators.
const EXPLAINED: usize = 20;

/// One model of the zoo with its samples.
struct Whole {
    name: &'static str,
    inputs: Vec<Tensors>,
    /// Stored answers, one int8 a value.
    expected: Vec<Vec<u8>>,
}

fn floats(values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_le_bytes).collect()
}

fn expected(name: &str, values: usize) -> Vec<Vec<u8>> {
    let path = repository().join("tests/golden/onnx").join(format!("{name}.i8"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes.chunks(values).map(<[u8]>::to_vec).collect()
}

/// Stored MFCCs have scale 0.584703 and zero point 83; the model takes real values.
fn kws(folder: &Path) -> Whole {
    let stored = std::fs::read(folder.join("data/kws01/x.bin")).expect("the zoo's samples");
    let real = |&byte: &u8| (0.584_703 * (f64::from(byte as i8) - 83.0)) as f32;
    let inputs = stored.chunks(490).map(|sample| vec![floats(sample.iter().map(real))]).collect();
    Whole { name: "kws01_qdq", inputs, expected: expected("kws01_qdq", 12) }
}

/// Every fifth window of five frames.
fn ad(folder: &Path) -> Whole {
    let path = folder.join("data/ad01/normal_id_01_00000000_hist_librosa.bin");
    let frames = std::fs::read(path).expect("the zoo's samples");
    let inputs = (0..196).step_by(5).map(|start| vec![frames[start * 512..(start + 5) * 512].to_vec()]).collect();
    Whole { name: "ad01_qdq", inputs, expected: expected("ad01_qdq", 640) }
}

/// The model with the last stored tensor as its output.
fn stored_output(folder: &Path, name: &str) -> Graph {
    let bytes = std::fs::read(folder.join("models/onnx").join(format!("{name}.onnx"))).expect("the zoo's model");
    let imported = import_onnx(&bytes, &OnnxOptions::default()).unwrap_or_else(|report| panic!("{name}: {report}"));
    let mut graph = imported.graph;
    let transposes = graph.nodes.iter().filter(|node| matches!(node.operator, Operator::Transpose { .. })).count();
    assert_eq!(transposes, 0, "{name}: residual transposes");
    let float: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.outputs.iter().all(|&id| graph.tensors[id].element_type == ElementType::F32))
        .map(|node| node.operator.name())
        .filter(|name| !["DEQUANTIZE", "RESHAPE", "SOFTMAX"].contains(name))
        .collect();
    assert!(float.is_empty(), "{name}: stays in float32: {float:?}");
    let last = graph.nodes.iter().rposition(|node| node.operator == Operator::Dequantize).expect("a stored output");
    graph.outputs = vec![graph.nodes[last].inputs[0]];
    graph.nodes.truncate(last);
    graph
}

/// Outputs that differ, and by how much at most.
fn difference<'a>(pairs: impl Iterator<Item = (&'a Vec<u8>, &'a Vec<u8>)>) -> (usize, usize, i32) {
    let (mut all, mut differing, mut largest) = (0, 0, 0);
    for (a, b) in pairs.flat_map(|(a, b)| a.iter().zip(b)) {
        let distance = (i32::from(*a as i8) - i32::from(*b as i8)).abs();
        all += 1;
        differing += usize::from(distance > 0);
        largest = largest.max(distance);
    }
    (all, differing, largest)
}

fn largest(answer: &[u8]) -> usize {
    (0..answer.len()).fold(0, |best, at| if (answer[at] as i8) > (answer[best] as i8) { at } else { best })
}

#[test]
fn whole_models_answer_as_onnxruntime_does() {
    let Some(folder) = zoo() else {
        println!("skipped: kws01_qdq and ad01_qdq are third-party models; set MOTE_ZOO to their folder");
        return;
    };
    for whole in [kws(&folder), ad(&folder)] {
        let Whole { name, inputs, expected } = &whole;
        assert_eq!(inputs.len(), expected.len(), "{name}: one answer a sample");
        let graph = stored_output(&folder, name);
        explain(name, &graph, inputs, expected);
        for numerics in [Numerics::Tflm, Numerics::Litert, Numerics::Onnx] {
            let file = compiled(&graph, numerics, true).unwrap_or_else(|error| panic!("{name}: {error}"));
            let native = kernel_sets()[2];
            let found = run(&file, native, inputs, None).unwrap_or_else(|error| panic!("{name}: {error}"));
            let found: Vec<Vec<u8>> = found.into_iter().flatten().collect();
            let (all, differing, most) = difference(expected.iter().zip(&found));
            let same = expected.iter().zip(&found).filter(|(a, b)| largest(a) == largest(b)).count();
            println!(
                "{name} {numerics:?}: {differing} of {all} output bytes differ by up to {most}; same largest output in \
                 {same} of {}",
                found.len()
            );
            // Scores of classes; an autoencoder's largest output means nothing.
            // Two roundings, layer after layer, move a class score by some steps; with one they hardly ever do.
            let least = if numerics == Numerics::Onnx { 99 } else { 98 };
            assert!(*name != "kws01_qdq" || same * 100 >= found.len() * least, "{name}: {same} of {}", found.len());
            assert!(numerics != Numerics::Onnx || differing * 100 <= all, "{name}: {differing} of {all} differ");
        }
    }
}

/// How many outputs differ when only some operators round as Mote's kernels do, the others as ONNX does.
fn explain(name: &str, graph: &Graph, inputs: &[Tensors], expected: &[Vec<u8>]) {
    const ALL: &[&str] = &["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MEAN"];
    let roundings: [(&str, &'static [&'static str]); 6] = [
        ("no operator", ALL),
        ("CONV_2D", &["DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MEAN"]),
        ("DEPTHWISE_CONV_2D", &["CONV_2D", "FULLY_CONNECTED", "MEAN"]),
        ("FULLY_CONNECTED", &["CONV_2D", "DEPTHWISE_CONV_2D", "MEAN"]),
        ("MEAN", &["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"]),
        ("all operators", &[]),
    ];
    println!("{name}, first {EXPLAINED} samples, by what rounds twice as Mote's kernels do:");
    for (label, once) in roundings {
        let mut oracle = Oracle::new(graph, Dialect::Once(once));
        let found: Vec<Vec<u8>> = inputs.iter().take(EXPLAINED).flat_map(|sample| oracle.run(sample)).collect();
        let (all, differing, most) = difference(expected.iter().zip(&found));
        println!("  {label:20} {differing:>6} of {all} differ by up to {most}");
        if once.len() == ALL.len() {
            // What is left is the order of float32 sums in onnxruntime, next to a tie.
            assert!(differing * 200 <= all, "{name}: rounding explains all but {differing} of {all}");
        }
    }
}
