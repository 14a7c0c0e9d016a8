//! Every stored single-operator model through importer, compiler and every kernel set, against both references.

use mote_conformance::compare::difference;
use mote_conformance::golden::{Answer, Case, cases, element_type, formula_input, litert_exempt, operators_folder};
use mote_conformance::runner::{Tensors, compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_import::{ImportOptions, import_tflite};

/// Models that are refused, with words of the reason: outside what Mote takes.
const REFUSED: &[(&str, &str)] = &[
    ("fully_connected_i8_weight_zero_point", "zero point"),
    ("add_i32_same", "int32"),
    ("add_i32_broadcast_channel", "int32"),
    ("sub_i32_same", "int32"),
    ("sub_i32_broadcast_channel", "int32"),
    ("mul_i32_same", "int32"),
    ("mul_i32_broadcast_channel", "int32"),
    ("maximum_i32_same", "int32"),
    ("maximum_i32_broadcast_channel", "int32"),
    ("minimum_i32_same", "int32"),
    ("minimum_i32_broadcast_channel", "int32"),
    ("softmax_i8_to_i16", "int16"),
    ("relu6_i8_finer_output", "quantisation differ"),
    ("concatenation_i8_differing_scales", "quantisation differ"),
    ("cast_i8_to_i16", "int16"),
    ("cast_i16_to_i32", "int16"),
    ("cast_i16_to_i8", "int16"),
];

/// Compares a case on every kernel set; the number of answers compared.
fn check(case: &Case, steps: usize, wrong: &mut Vec<String>) -> usize {
    let bytes = std::fs::read(operators_folder().join(&case.file)).expect("the model is in the repository");
    let expected_refusal = REFUSED.iter().find(|(name, _)| *name == case.name);
    let imported = match (import_tflite(&bytes, &ImportOptions::default()), expected_refusal) {
        (Ok(_), Some(_)) => {
            wrong.push(format!("{}: imported, though listed as refused", case.name));
            return 0;
        }
        (Ok(imported), None) => imported,
        (Err(report), Some((_, words))) if report.to_string().contains(words) => return 0,
        (Err(report), _) => {
            wrong.push(format!("{}: refused: {report}", case.name));
            return 0;
        }
    };
    let input = |step: usize| {
        let ports = case.inputs.iter().enumerate();
        ports
            .map(|(index, port)| formula_input(element_type(&port.dtype), port.shape.iter().product(), step, index))
            .collect::<Tensors>()
    };
    let inputs: Vec<Tensors> = (0..steps).map(input).collect();
    let mut compared = 0;
    for (numerics, answer) in [(Numerics::Tflm, &case.tflm), (Numerics::Litert, &case.litert)] {
        if numerics == Numerics::Litert && litert_exempt(case).is_some() || matches!(answer, Answer::Refused(_)) {
            continue;
        }
        let expected = answer.bytes().expect("an answer with outputs");
        for slim in [false, true] {
            let file = match compiled(&imported.graph, numerics, slim) {
                Ok(file) => file,
                Err(error) => {
                    wrong.push(format!("{} {numerics:?}: not compiled: {error}", case.name));
                    continue;
                }
            };
            for set in kernel_sets() {
                let place = format!("{} {numerics:?} {} slim {slim}", case.name, set.name);
                match run(&file, set, &inputs, None) {
                    Err(error) => wrong.push(format!("{place}: {error}")),
                    Ok(found) => {
                        wrong.extend(first_difference(case, &expected, &found).map(|what| format!("{place}: {what}")))
                    }
                }
                compared += 1;
            }
        }
    }
    compared
}

/// The first output that differs, with its step.
fn first_difference(case: &Case, expected: &[Tensors], found: &[Tensors]) -> Option<String> {
    for (step, (expected, found)) in expected.iter().zip(found).enumerate() {
        for (index, port) in case.outputs.iter().enumerate() {
            if let Some(what) = difference(element_type(&port.dtype), &expected[index], &found[index], 0.0) {
                return Some(format!("step {step} output {index}: {what}"));
            }
        }
    }
    None
}

#[test]
fn stored_operators_equal_both_references() {
    let all = cases();
    let mut wrong = Vec::new();
    let compared: usize = all.cases.iter().map(|case| check(case, all.steps, &mut wrong)).sum();
    println!("{} cases, {compared} runs compared, {} refused by name", all.cases.len(), REFUSED.len());
    for (name, _) in REFUSED {
        assert!(all.cases.iter().any(|case| case.name == *name), "{name} is listed as refused and does not exist");
    }
    assert!(compared > 4000, "only {compared} runs were compared");
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}
