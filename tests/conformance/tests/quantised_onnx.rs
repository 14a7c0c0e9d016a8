//! Quantised ONNX operators against onnxruntime: every one alone within one step of its result.

use mote_conformance::golden::formula_input;
use mote_conformance::onnx_golden::{Array, OnnxCase, onnx_cases, permuted, values};
use mote_conformance::runner::{Tensors, compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_graph::{ElementType, Graph, Operator};
use mote_import::{Imported, OnnxOptions, import_onnx};
use std::collections::BTreeMap;

/// Cases that are refused, with words of the reason.
const REFUSED: &[(&str, &str)] = &[];

/// Cases that keep an operator in float32, with words of the finding.
const IN_FLOAT: &[(&str, &str)] = &[
    ("QDQ AveragePool_8", "reach over the border"),
    ("QDQ Softmax_4", "finer than the 0.00390625"),
    ("QDQ Softmax_9", "finer than the 0.00390625"),
    ("QLinearSoftmax_4", "finer than the 0.00390625"),
    ("QLinearSoftmax_9", "finer than the 0.00390625"),
];

/// Distances of one operator's outputs from onnxruntime's, in steps.
#[derive(Default)]
struct Histogram {
    cases: usize,
    in_float: usize,
    refused: usize,
    same: usize,
    one: usize,
    more: usize,
}

fn order(layouts: &[mote_import::PortLayout], port: usize, rank: usize) -> Vec<usize> {
    let identity = || (0..rank).collect();
    layouts.get(port).map_or_else(identity, |layout| layout.permutation.clone())
}

/// The formula's inputs in the graph's order of axes.
fn inputs(imported: &Imported) -> Tensors {
    let port = |(port, &id): (usize, &usize)| {
        let tensor = &imported.graph.tensors[id];
        let bytes = formula_input(tensor.element_type, tensor.elements(), 0, port);
        let order = order(&imported.input_layouts, port, tensor.shape.len());
        let mut source = vec![0; order.len()];
        order.iter().zip(&tensor.shape).for_each(|(&axis, &extent)| source[axis] = extent);
        permuted(&bytes, tensor.element_type.bytes(), &source, &order)
    };
    imported.graph.inputs.iter().enumerate().map(port).collect()
}

/// Distances in steps of the output; floats count as the same within a millionth of their largest.
fn distances(imported: &Imported, port: usize, expected: &Array, found: &[u8]) -> Vec<f64> {
    let tensor = &imported.graph.tensors[imported.graph.outputs[port]];
    assert_eq!(tensor.element_type, expected.element_type, "type of the output");
    let order = order(&imported.output_layouts, port, expected.shape.len());
    let expected_bytes = permuted(&expected.bytes, expected.element_type.bytes(), &expected.shape, &order);
    let (expected, found) = (values(tensor.element_type, &expected_bytes), values(tensor.element_type, found));
    assert_eq!(expected.len(), found.len(), "elements of the output");
    let step = match tensor.element_type {
        ElementType::F32 => expected.iter().fold(0.0f64, |largest, value| largest.max(value.abs())) * 1e-6,
        _ => 0.0,
    };
    let distance = |(a, b): (&f64, &f64)| if (a - b).abs() <= step { 0.0 } else { (a - b).abs() };
    expected.iter().zip(&found).map(distance).collect()
}

/// Operators other than conversions that work on float32.
fn float_operators(graph: &Graph) -> usize {
    let is_float = |&id: &usize| graph.tensors[id].element_type == ElementType::F32;
    let converts = |operator: &Operator| matches!(operator, Operator::Quantize | Operator::Dequantize);
    graph.nodes.iter().filter(|node| !converts(&node.operator) && node.outputs.iter().any(is_float)).count()
}

fn check(case: &OnnxCase, numerics: Numerics, histogram: &mut Histogram, wrong: &mut Vec<String>) {
    histogram.cases += 1;
    let refusal = REFUSED.iter().find(|(name, _)| case.name.starts_with(name));
    let imported = match (import_onnx(&case.model, &OnnxOptions::default()), refusal) {
        (Ok(imported), None) => imported,
        (Err(report), Some((_, words))) if report.to_string().contains(words) => {
            histogram.refused += 1;
            return;
        }
        (Err(report), _) => return wrong.push(format!("{}: {report}", case.name)),
        (Ok(_), Some(_)) => return wrong.push(format!("{}: imported, though listed as refused", case.name)),
    };
    let in_float = IN_FLOAT.iter().find(|(name, _)| case.name == *name);
    let sums = case.family.ends_with("Integer");
    match (float_operators(&imported.graph) > 0 && !sums, in_float) {
        (true, Some((_, words))) if imported.report.to_string().contains(words) => histogram.in_float += 1,
        (true, _) => wrong.push(format!("{}: stays in float32: {}", case.name, imported.report)),
        (false, Some(_)) => wrong.push(format!("{}: is integer, though listed as float", case.name)),
        (false, None) => {}
    }
    let file = match compiled(&imported.graph, numerics, true) {
        Ok(file) => file,
        Err(error) => return wrong.push(format!("{}: {error}", case.name)),
    };
    for set in kernel_sets() {
        let found = run(&file, set, &[inputs(&imported)], None);
        let found = found.unwrap_or_else(|error| panic!("{} {}: {error}", case.name, set.name));
        for (port, bytes) in found[0].iter().enumerate() {
            let of = |answer: &Array| distances(&imported, port, answer, bytes);
            let (plain, optimised) = (of(&case.plain[port]), of(&case.optimised[port]));
            for (&plain, &optimised) in plain.iter().zip(&optimised) {
                // The nearer of the two ways in which onnxruntime itself computes it.
                let distance = plain.min(optimised);
                match distance {
                    0.0 => histogram.same += 1,
                    distance if distance <= 1.0 => histogram.one += 1,
                    _ => histogram.more += 1,
                }
            }
            let largest = plain.iter().copied().fold(0.0, f64::max);
            if largest > 1.0 {
                wrong.push(format!("{} {numerics:?} {}: {largest} steps off", case.name, set.name));
            }
        }
    }
}

#[test]
fn every_quantised_operator_is_within_one_step_of_onnxruntime() {
    let cases = onnx_cases();
    assert!(cases.len() >= 400, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for numerics in [Numerics::Tflm, Numerics::Litert, Numerics::Onnx] {
        let mut families: BTreeMap<&str, Histogram> = BTreeMap::new();
        for case in &cases {
            check(case, numerics, families.entry(&case.family).or_default(), &mut wrong);
        }
        println!("{numerics:?}: outputs by distance from onnxruntime, all kernel sets");
        println!(
            "{:26}{:>7}{:>10}{:>9}{:>9}{:>9}{:>7}",
            "operator", "cases", "in float", "refused", "same", "1", "more"
        );
        for (family, h) in &families {
            let Histogram { cases, in_float, refused, same, one, more } = h;
            println!("{family:26}{cases:>7}{in_float:>10}{refused:>9}{same:>9}{one:>9}{more:>7}");
        }
    }
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}
