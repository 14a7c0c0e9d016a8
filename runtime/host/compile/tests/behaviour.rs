//! What the compiler promises beyond whole models: refusals by name, views, golden vectors, a plan check that can fail.

mod common;

use common::verify_plan;
use mote_compile::{CompileError, CompileOptions, Compiled, Evaluator, compile, seeded_input};
use mote_engine::{Model, Observer, OperatorEvent, Session, operators};
use mote_format::{GoldenInput, NOT_A_VIEW, Numerics};
use mote_graph::{
    Activation, BinaryKind, ElementType, Graph, Node, Operator, Quantization, Tensor, TensorId, UnaryKind,
};
use mote_numbers::Crc32;
use std::sync::Arc;

fn tensor(name: &str, shape: &[usize], data: Option<Vec<u8>>) -> Tensor {
    let quantization = Some(Quantization::per_tensor(0.1, 0));
    Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        element_type: ElementType::I8,
        quantization,
        data: data.map(Arc::new),
    }
}

fn node(operator: Operator, inputs: &[TensorId], output: TensorId) -> Node {
    let origin = format!("#{output} {}", operator.name());
    Node { operator, inputs: inputs.to_vec(), outputs: vec![output], origin }
}

fn plain(graph: &Graph) -> Result<Compiled, CompileError> {
    compile(graph, &CompileOptions { slim: false, ..CompileOptions::default() })
}

/// x → x + x → leaky → y, with `output_shape` for y by way of a reshape.
fn chain() -> Graph {
    let mut graph = Graph { name: "chain".into(), ..Graph::default() };
    for (name, shape) in [("x", vec![1, 4, 4, 4]), ("sum", vec![1, 4, 4, 4]), ("flat", vec![1, 64]), ("y", vec![1, 64])]
    {
        graph.add_tensor(tensor(name, &shape, None));
    }
    let add = Operator::Binary { kind: BinaryKind::Add, activation: Activation::None };
    graph.nodes = vec![
        node(add, &[0, 0], 1),
        node(Operator::Reshape, &[1], 2),
        node(Operator::Unary(UnaryKind::LeakyRelu { alpha: 0.3 }), &[2], 3),
    ];
    graph.inputs = vec![0];
    graph.outputs = vec![3];
    graph
}

#[test]
fn a_chain_of_elementwise_operators_needs_one_buffer_and_no_reshape() {
    let compiled = plain(&chain()).expect("compiles");
    assert_eq!(compiled.report.operators.len(), 2);
    assert_eq!((compiled.report.arena_bytes, compiled.report.plan.bound_bytes), (64, 64));
    verify_plan(&compiled.bytes).expect("nothing live is overwritten");
}

#[test]
fn an_output_that_shows_an_input_is_a_view() {
    let mut graph = chain();
    graph.nodes = vec![node(Operator::Reshape, &[0], 2)];
    graph.outputs = vec![2, 0];
    let compiled = plain(&graph).expect("compiles");
    assert!(compiled.report.operators.is_empty());
    let inputs = [seeded_input(ElementType::I8, 64, 0, 7)];
    let mut evaluator = Evaluator::new(&graph, Numerics::Tflm).expect("compiles");
    let outputs = evaluator.run(&inputs).expect("runs");
    assert_eq!(outputs, [inputs[0].clone(), inputs[0].clone()]);
    assert_eq!(evaluator.tensor_named("flat"), Some(inputs[0].as_slice()));
}

#[test]
fn a_sum_that_can_leave_32_bits_is_refused_by_name() {
    // 65,793 · 255 · 128 is the last product below 2³¹.
    let compiled = |depth: usize| {
        let mut graph = Graph::default();
        let x = graph.add_tensor(tensor("x", &[1, depth], None));
        let weights = graph.add_tensor(tensor("heavy", &[1, depth], Some(vec![127; depth])));
        let y = graph.add_tensor(tensor("y", &[1, 1], None));
        graph.nodes = vec![node(Operator::FullyConnected { activation: Activation::None }, &[x, weights], y)];
        (graph.inputs, graph.outputs) = (vec![x], vec![y]);
        plain(&graph)
    };
    let Err(CompileError::Problems(problems)) = compiled(65_794) else { panic!("compiled") };
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].operator.as_str(), problems[0].tensor.as_str()), ("#2 FULLY_CONNECTED", "heavy"));
    assert!(problems[0].reason.contains("32 bits"), "{}", problems[0].reason);
    compiled(65_793).expect("just below the limit");
}

#[test]
fn every_problem_is_reported_at_once() {
    let mut graph = chain();
    graph.tensors[1].quantization = None;
    let scores = graph.add_tensor(tensor("scores", &[1, 4, 4, 4], None));
    let bent = graph.add_tensor(tensor("bent", &[1, 4, 4, 4], None));
    // SOFTMAX and TANH have fixed output scales; the last operator reads what the first failed to make.
    let after = graph.nodes.split_off(1);
    graph.nodes.push(node(Operator::Softmax { beta: 1.0 }, &[0], scores));
    graph.nodes.push(node(Operator::Unary(UnaryKind::Tanh), &[0], bent));
    graph.nodes.extend(after);
    let Err(CompileError::Problems(problems)) = plain(&graph) else { panic!("expected problems") };
    let named: Vec<&str> = problems.iter().map(|problem| problem.operator.as_str()).collect();
    assert_eq!(named, ["#1 ADD", "#4 SOFTMAX", "#5 TANH"]);
    assert!(problems.iter().all(|problem| !problem.fix.is_empty()));
}

/// CRC of every operator's outputs.
struct Crcs(Vec<u8>);

impl Observer for Crcs {
    fn finished(&mut self, event: &OperatorEvent<'_>) {
        let (_, bytes) = event.output(0).expect("one output");
        self.0.extend(Crc32::of(bytes).to_le_bytes());
    }
}

#[test]
fn golden_vectors_of_the_passport_come_out_on_other_kernels() {
    let options = CompileOptions { golden_vectors: 3, version: "1.2.3".into(), ..CompileOptions::default() };
    let compiled = compile(&chain(), &options).expect("compiles");
    let model = Model::parse(&compiled.bytes, operators::generic()).expect("passes the check");
    let passport = model.passport().expect("has a passport");
    assert_eq!((passport.name, passport.version), ("chain", "1.2.3"));
    let vectors: Vec<_> = passport.golden.iter().collect();
    assert_eq!(vectors.len(), 3);
    let mut crcs_seen = std::collections::BTreeSet::new();
    for vector in vectors {
        let GoldenInput::Seed(seed) = vector.input else { panic!("seeds expected") };
        let mut arena = vec![0; model.header().arena_bytes as usize];
        let mut session = Session::new(&model, &mut arena, &mut []).expect("memory is large enough");
        let input = seeded_input(ElementType::I8, 64, 0, seed);
        session.input(0).expect("exists").copy_from(&input).expect("fits");
        let mut crcs = Crcs(Vec::new());
        session.run_observed(&mut crcs).expect("runs");
        assert_eq!(Crc32::of(session.output(0).expect("exists").bytes), vector.output_crc);
        assert_eq!(crcs.0, vector.operator_crcs);
        crcs_seen.insert(vector.output_crc);
    }
    assert_eq!(crcs_seen.len(), 3, "different seeds give different outputs");
}

#[test]
fn names_can_be_stripped_without_another_change() {
    let named = plain(&chain()).expect("compiles").bytes;
    let options = CompileOptions { slim: false, keep_names: false, ..CompileOptions::default() };
    let stripped = compile(&chain(), &options).expect("compiles").bytes;
    assert!(stripped.len() < named.len());
    let model = Model::parse(&stripped, operators::generic()).expect("passes the check");
    assert!(model.file().names().is_empty());
    assert!(model.passport().is_some());
}

/// Moves every arena tensor that is no view to the arena's start.
fn collapse(file: &mut [u8]) {
    const TENSORS_SECTION: u16 = 1;
    let u16_at = |file: &[u8], at: usize| u16::from_le_bytes([file[at], file[at + 1]]);
    let sections = u16_at(file, 32) as usize;
    let entry = (0..sections).map(|index| 36 + index * 12).find(|&at| u16_at(file, at) == TENSORS_SECTION);
    let entry = entry.expect("a tensor section");
    let start = u16_at(file, entry + 4) as usize + 2 * (file[30] as usize + file[31] as usize);
    for record in 0..u16_at(file, 24) as usize {
        let at = start + record * mote_format::TENSOR_RECORD_BYTES;
        if file[at + 12] == 0 && u16_at(file, at + 18) == NOT_A_VIEW {
            file[at..at + 4].fill(0);
        }
    }
}

#[test]
fn the_plan_check_of_these_tests_and_the_engine_both_see_an_overlap() {
    let mut graph = chain();
    graph.outputs = vec![3, 1];
    let mut file = plain(&graph).expect("compiles").bytes;
    verify_plan(&file).expect("the plan is sound");
    collapse(&mut file);
    assert!(verify_plan(&file).is_err());
    assert!(Model::parse(&file, operators::generic()).is_err());
}
