//! The oracle itself, against what the reference engines answered.

use mote_conformance::compare::difference;
use mote_conformance::golden::{Answer, Case, cases, element_type, formula_input, litert_exempt, operators_folder};
use mote_conformance::oracle::{Dialect, Oracle};
use mote_import::{ImportOptions, import_tflite};

/// Runs a case's steps: true when it ran (the importer and the engine both take it), or what differs.
fn run(case: &Case, steps: usize, answer: &Answer, dialect: Dialect) -> Result<bool, String> {
    let Some(expected) = answer.bytes() else { return Ok(false) };
    let bytes = std::fs::read(operators_folder().join(&case.file)).expect("the model is in the repository");
    let Ok(imported) = import_tflite(&bytes, &ImportOptions::default()) else { return Ok(false) };
    let mut oracle = Oracle::new(&imported.graph, dialect);
    for (step, expected) in expected.iter().enumerate().take(steps) {
        let input = |(index, port): (usize, &mote_conformance::golden::Port)| {
            formula_input(element_type(&port.dtype), port.shape.iter().product(), step, index)
        };
        let inputs: Vec<Vec<u8>> = case.inputs.iter().enumerate().map(input).collect();
        let found = oracle.run(&inputs);
        for ((port, expected), found) in case.outputs.iter().zip(expected).zip(&found) {
            if let Some(what) = difference(element_type(&port.dtype), expected, found, 0.0) {
                return Err(format!("{} {dialect:?} step {step}: {what}", case.name));
            }
        }
    }
    Ok(true)
}

#[test]
fn the_oracle_gives_the_reference_engines_outputs() {
    let all = cases();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in &all.cases {
        for (answer, dialect) in [(&case.tflm, Dialect::Tflm), (&case.litert, Dialect::Litert)] {
            if dialect == Dialect::Litert && litert_exempt(case).is_some() {
                continue;
            }
            let result = std::panic::catch_unwind(|| run(case, all.steps, answer, dialect));
            match result {
                Ok(Ok(ran)) => compared += usize::from(ran),
                Ok(Err(what)) => wrong.push(what),
                Err(_) => wrong.push(format!("{} {dialect:?}: panicked", case.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    println!("{compared} answers of {} cases compared", all.cases.len());
    assert!(compared > 700, "only {compared} answers were compared");
}
