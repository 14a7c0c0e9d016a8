//! Every kernel set against the oracle, operator by operator, over generated graphs.

use mote_conformance::compare::difference;
use mote_conformance::generate::{Family, families, generate, random_inputs};
use mote_conformance::oracle::{Dialect, Oracle};
use mote_conformance::runner::{Tensors, case_count, compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_graph::Graph;

/// Inferences per case: two, so that what a first one leaves behind can do harm.
fn steps(graph: &Graph, seed: u64) -> Vec<Tensors> {
    (0..2).map(|step| random_inputs(graph, seed * 2 + step)).collect()
}

/// First difference between what is expected and found, output by output.
fn first_difference(graph: &Graph, expected: &[Tensors], found: &[Tensors], terms: f64) -> Option<String> {
    for (step, (expected, found)) in expected.iter().zip(found).enumerate() {
        for (index, &output) in graph.outputs.iter().enumerate() {
            if let Some(what) = difference(graph.tensors[output].element_type, &expected[index], &found[index], terms) {
                return Some(format!("step {step} output {index}: {what}"));
            }
        }
    }
    None
}

/// Every kernel set on one generated graph; what is wrong.
fn check(family: Family, seed: u64, numerics: Numerics, wrong: &mut Vec<String>) {
    let graph = generate(family, seed);
    let dialect = if numerics == Numerics::Tflm { Dialect::Tflm } else { Dialect::Litert };
    let place = format!("{} {} seed {seed} {dialect:?}", family.operator, family.kind());
    let steps = steps(&graph, seed);
    let mut oracle = Oracle::new(&graph, dialect);
    let expected: Vec<Tensors> = steps.iter().map(|inputs| oracle.run(inputs)).collect();
    let file = match compiled(&graph, numerics, false) {
        Ok(file) => file,
        Err(error) => return wrong.push(format!("{place}: not compiled: {error}\n  {}", describe(&graph))),
    };
    let mut first = None;
    for set in kernel_sets() {
        let found = match run(&file, set, &steps, None) {
            Ok(found) => found,
            Err(error) => {
                wrong.push(format!("{place} {}: {error}\n  {}", set.name, describe(&graph)));
                continue;
            }
        };
        if let Some(what) = first_difference(&graph, &expected, &found, oracle.largest_terms()) {
            wrong.push(format!("{place} {}: {what}\n  {}", set.name, describe(&graph)));
        }
        if *first.get_or_insert_with(|| found.clone()) != found {
            wrong.push(format!("{place}: {} and {} differ in bits", kernel_sets()[0].name, set.name));
        }
        match run(&file, set, &steps, Some(seed)) {
            Ok(polled) if polled == found => {}
            Ok(_) => {
                wrong.push(format!("{place} {}: polled in slices gives other bytes\n  {}", set.name, describe(&graph)))
            }
            Err(error) => wrong.push(format!("{place} {}: polled: {error}", set.name)),
        }
    }
}

/// A graph's operators and shapes in one line.
fn describe(graph: &Graph) -> String {
    let tensor = |&id: &usize| {
        let tensor = &graph.tensors[id];
        let affine = tensor.quantization.as_ref().map(|q| (q.scales[0], q.zero_point()));
        format!("{:?}{affine:?}", tensor.shape)
    };
    let list = |ids: &[usize]| ids.iter().map(tensor).collect::<Vec<_>>().join(" ");
    let node =
        |node: &mote_graph::Node| format!("{:?} {} -> {}", node.operator, list(&node.inputs), list(&node.outputs));
    graph.nodes.iter().map(node).collect::<Vec<_>>().join("\n  ")
}

fn battery(cases: u64, numerics: Numerics, wanted: impl Fn(Family) -> bool) {
    let mut failed = Vec::new();
    for family in families().into_iter().filter(|&family| wanted(family)) {
        let mut wrong = Vec::new();
        for seed in 0..cases {
            check(family, seed, numerics, &mut wrong);
        }
        if !wrong.is_empty() {
            let kind = family.kind();
            failed.push(format!(
                "{} {kind}: {} findings in {cases} cases\n{}",
                family.operator,
                wrong.len(),
                wrong[..wrong.len().min(3)].join("\n")
            ));
        }
    }
    assert!(failed.is_empty(), "{} families fail:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn weighted_int8_operators_equal_the_oracle() {
    battery(case_count(400), Numerics::Tflm, |family| !family.float && !family.int16 && is_weighted(family));
}

#[test]
fn other_int8_operators_equal_the_oracle() {
    battery(case_count(400), Numerics::Tflm, |family| !family.float && !family.int16 && !is_weighted(family));
}

#[test]
fn int16_operators_equal_the_oracle() {
    battery(case_count(200), Numerics::Tflm, |family| family.int16);
}

#[test]
fn float_operators_are_near_the_oracle_and_equal_among_kernels() {
    battery(case_count(250), Numerics::Tflm, |family| family.float && !family.int16);
}

#[test]
fn litert_numerics_equal_the_oracle() {
    // SUM is left out: LiteRT's reference kernel is broken, there is nothing to follow.
    let differs = ["FULLY_CONNECTED", "RELU6", "MEAN", "CONV_2D"];
    battery(case_count(200), Numerics::Litert, |family| {
        !family.float && !family.int16 && differs.contains(&family.operator)
    });
}

fn is_weighted(family: Family) -> bool {
    ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"].contains(&family.operator)
}
