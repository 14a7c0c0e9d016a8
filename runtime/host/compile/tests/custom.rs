//! Custom operators through the compiler: with their code and without, and run to the bytes of an independent
//! computation.

use mote_compile::{CompileOptions, Compiled, CustomOptions, Evaluator, HostOperators, compile};
use mote_engine::{Model, Numerics, OperatorEntry, OperatorSet, Reason, Refusal, Session, operators};
use mote_firmware::MOVING_MAXIMUM;
use mote_graph::{Graph, Node, Operator};
use mote_import::{ImportOptions, import_tflite};
use mote_numbers::Crc32;
use std::path::PathBuf;

const NAME: &str = "MOVING_MAXIMUM";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/custom")
}

fn graph() -> Graph {
    let bytes = std::fs::read(folder().join("moving_maximum_int8.tflite")).expect("the model is there");
    let options = ImportOptions { custom_operators: vec![NAME.into()], ..ImportOptions::default() };
    import_tflite(&bytes, &options).expect("allowed").graph
}

fn compiled(custom: CustomOptions) -> Compiled {
    compile(&graph(), &CompileOptions { custom, ..CompileOptions::default() }).expect("compiles")
}

fn with_code() -> CustomOptions {
    CustomOptions { code: vec![&MOVING_MAXIMUM], ..CustomOptions::default() }
}

fn full_set() -> Vec<&'static OperatorEntry> {
    [operators::generic(), &[&MOVING_MAXIMUM]].concat()
}

fn run(file: &[u8], set: OperatorSet<'_>, input: &[u8], budget: u32) -> Vec<u8> {
    let model = Model::parse(file, set).expect("loads");
    let mut arena = vec![0; model.header().arena_bytes as usize];
    let mut session = Session::new(&model, &mut arena, &mut []).expect("enough memory");
    session.input(0).expect("an input").copy_from(input).expect("as long");
    while session.poll(budget).expect("runs").is_pending() {}
    session.output(0).expect("an output").bytes.to_vec()
}

/// The model by hand. All multipliers are 2^-n: half of the sum rounded up, then the rest half away from zero.
fn by_hand(input: &[u8]) -> Vec<u8> {
    let weight = |index: usize, factor: usize| i32::from((index * factor + 11) as u8 as i8);
    let bias = |index: usize| index as i32 * 97 - 400;
    let requantize = |sum: i32, shift: u32, zero_point: i32| {
        let half = (sum + 1).div_euclid(2);
        let divisor = 1 << (shift - 1);
        let rounded = (half.abs() + divisor / 2) / divisor * half.signum();
        (rounded + zero_point).clamp(-128, 127)
    };
    let first: Vec<i32> = (0..16)
        .map(|o| (0..8).map(|i| i32::from(input[i] as i8) * weight(o * 8 + i, 53)).sum::<i32>() + bias(o))
        .map(|sum| requantize(sum, 8, 3))
        .collect();
    let largest: Vec<i32> =
        (0..16).map(|at: usize| first[at.saturating_sub(2)..=at].iter().copied().max().unwrap_or(0)).collect();
    (0..4)
        .map(|o| (0..16).map(|i| (largest[i] - 3) * weight(o * 16 + i, 91)).sum::<i32>() + bias(o))
        .map(|sum| requantize(sum, 8, -5) as u8)
        .collect()
}

fn counting() -> Vec<u8> {
    (0..8).map(|index| (index * 37 + 11) as u8).collect()
}

/// Boards and the C program compare with the committed bytes. `MOTE_REMAKE=1` writes them.
#[test]
fn results_are_those_computed_by_hand() {
    let file = compiled(with_code()).bytes;
    let path = folder().join("moving_maximum_counting_output.bin");
    let expected = by_hand(&counting());
    if std::env::var_os("MOTE_REMAKE").is_some() {
        std::fs::write(&path, &expected).expect("the folder is writable");
    }
    assert_eq!(std::fs::read(&path).expect("the file is there"), expected);
    for seed in 0..200usize {
        let input: Vec<u8> = match seed {
            0 => counting(),
            _ => (0..8).map(|index| Crc32::of(&[seed as u8, index]) as u8).collect(),
        };
        for budget in [1, 100, u32::MAX] {
            assert_eq!(run(&file, &full_set(), &input, budget), by_hand(&input), "seed {seed}");
        }
        let mut reference = operators::reference().to_vec();
        reference.push(&MOVING_MAXIMUM);
        assert_eq!(run(&file, &reference, &input, u32::MAX), by_hand(&input), "seed {seed}");
    }
}

#[test]
fn golden_vectors_need_the_code() {
    let (with, without) = (compiled(with_code()), compiled(CustomOptions::default()));
    assert_eq!((with.report.golden_vectors, without.report.golden_vectors), (4, 0));
    assert!(with.report.custom_operators[0].has_code && !without.report.custom_operators[0].has_code);
    assert_eq!(without.report.custom_operators[0].name, NAME);
    assert_eq!(without.report.operators[1].custom.as_deref(), Some(NAME));
    // Without the code the same model comes out, but for the passport.
    let model = Model::parse(&with.bytes, &[]).map(drop);
    assert!(model.is_err());
    let set = full_set();
    let (a, b) = (Model::parse(&with.bytes, &set).expect("loads"), Model::parse(&without.bytes, &set).expect("loads"));
    assert_eq!(a.file().constants(), b.file().constants());
    assert_eq!(a.header().arena_bytes, b.header().arena_bytes);
    assert_eq!(run(&without.bytes, &set, &counting(), u32::MAX), by_hand(&counting()));
}

#[test]
fn slimming_works_around_an_operator_without_code() {
    let mut graph = graph();
    let copied = graph.nodes[1].outputs[0];
    let copy = graph.add_tensor(graph.tensors[copied].clone());
    let reshape =
        Node { operator: Operator::Reshape, inputs: vec![copied], outputs: vec![copy], origin: "copy".into() };
    graph.nodes[2].inputs[0] = copy;
    graph.nodes.insert(2, reshape);
    let compiled = compile(&graph, &CompileOptions::default()).expect("compiles");
    let slim = compiled.report.slim.expect("slimming is on");
    assert!(slim.refused.is_none() && slim.rewrites.len() == 1 && slim.checked_inputs > 0, "{slim:?}");
    assert_eq!(run(&compiled.bytes, &full_set(), &counting(), u32::MAX), by_hand(&counting()));
}

#[test]
fn a_missing_operator_is_named() {
    let file = compiled(CustomOptions::default()).bytes;
    let error = Model::parse(&file, operators::generic()).expect_err("it is missing");
    assert!(matches!(error.reason, Reason::MissingOperator(_)));
    assert_eq!((error.operator, error.custom_operator.as_str()), (Some(1), NAME));
    let text = error.to_string();
    assert!(text.starts_with("operator 1: custom operator 'MOVING_MAXIMUM' is not in this operator set"), "{text}");
    let host = HostOperators::for_file(&file, operators::generic(), &[]);
    assert_eq!(host.without_code(), [NAME]);
    assert!(Model::parse(&file, &host.set()).is_ok());
    let error = Evaluator::new(&graph(), Numerics::Tflm).err().expect("nothing to run it with");
    assert!(error.to_string().contains(NAME), "{error}");
}

#[test]
fn options_that_the_code_refuses_are_an_error_at_load() {
    let mut graph = graph();
    graph.nodes[1].operator = Operator::Custom { name: NAME.into(), options: vec![0] };
    let file = compile(&graph, &CompileOptions::default()).expect("compiles").bytes;
    let error = Model::parse(&file, &full_set()).expect_err("a window of 0");
    assert_eq!(error.reason, Reason::Refused(Refusal::Parameter));
    assert!(error.to_string().contains("custom operator 'MOVING_MAXIMUM': "), "{error}");
    let options = CompileOptions { custom: with_code(), ..CompileOptions::default() };
    assert!(compile(&graph, &options).expect_err("refused").to_string().contains("#1 MOVING_MAXIMUM"));
}

#[test]
fn scratch_is_what_the_caller_says() {
    let scratch_bytes = [(NAME.to_string(), 96)].into();
    let report = compiled(CustomOptions { scratch_bytes, ..CustomOptions::default() }).report;
    assert_eq!((report.scratch_bytes, report.custom_operators[0].scratch_bytes), (96, 96));
}

#[test]
fn names_with_one_code_are_refused() {
    // Found by search: FNV-1a folded to 15 bits.
    let mut seen = std::collections::HashMap::new();
    let (first, second) = (0..)
        .find_map(|number| {
            let name = format!("OPERATOR_{number}");
            let other = seen.insert(mote_engine::OpCode::custom(&name), name.clone())?;
            Some((other, name))
        })
        .expect("there are more names than codes");
    let mut graph = graph();
    let node = graph.nodes[1].clone();
    graph.nodes[1].operator = Operator::Custom { name: first.clone(), options: vec![] };
    let middle = graph.add_tensor(graph.tensors[node.outputs[0]].clone());
    let mut twin = node.clone();
    twin.operator = Operator::Custom { name: second.clone(), options: vec![] };
    twin.inputs = vec![node.outputs[0]];
    twin.outputs = vec![middle];
    graph.nodes[2].inputs[0] = middle;
    graph.nodes.insert(2, twin);
    let error = compile(&graph, &CompileOptions::default()).expect_err("refused").to_string();
    assert!(error.contains(&first) && error.contains(&second) && error.contains("rename"), "{error}");
}
