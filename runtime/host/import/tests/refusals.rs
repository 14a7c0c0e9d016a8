//! One model per reason: the report names operator, tensor, reason and fix, and lists all blockers at once.

#[path = "common/builder.rs"]
mod builder;

use builder::*;
use mote_graph::Operator as GraphOperator;
use mote_import::{Finding, ImportOptions, ImportReport, Imported, Limits, Severity, import_tflite};

fn import(parts: &[Part]) -> Result<Imported, ImportReport> {
    import_tflite(&model(parts), &ImportOptions::default())
}

/// The only blocker of a model.
fn blocker(parts: &[Part]) -> Finding {
    let report = import(parts).expect_err("a refusal");
    let blockers: Vec<_> = report.blockers().cloned().collect();
    assert_eq!(blockers.len(), 1, "{report}");
    blockers.into_iter().next().expect("one blocker")
}

/// A model of one operator with input 0 and the last tensor as output.
fn single(entries: Vec<Entry>, step: Step) -> Vec<Part> {
    let last = entries.len() as i32 - 1;
    vec![(entries, vec![step], vec![0], vec![last])]
}

fn float(shape: &[i32]) -> Entry {
    tensor(TensorType::FLOAT32, shape)
}

fn strided(b: &mut flatbuffers::FlatBufferBuilder<'static>, ellipsis_mask: i32, new_axis_mask: i32) -> Packed {
    let arguments = StridedSliceOptionsArgs { ellipsis_mask, new_axis_mask, ..Default::default() };
    (BuiltinOptions::StridedSliceOptions, StridedSliceOptions::create(b, &arguments).as_union_value())
}

type Packed = (BuiltinOptions, flatbuffers::WIPOffset<flatbuffers::UnionWIPOffset>);

#[test]
fn a_plain_model_is_imported() {
    let parts = single(vec![float(&[1, 4]), float(&[1, 4])], step(BuiltinOperator::RELU, &[0], &[1]));
    let imported = import(&parts).expect("a model");
    assert_eq!(imported.graph.nodes.len(), 1);
    assert_eq!(imported.graph.nodes[0].origin, "#0 RELU");
    assert_eq!(imported.source_tensors, [Some(0), Some(1)]);
}

#[test]
fn all_blockers_are_listed_at_once_with_operator_tensor_and_fix() {
    let entries =
        vec![float(&[1, 4]), float(&[1, 4]), tensor(TensorType::INT16, &[1, 4]).quantized(0.1, 3), float(&[1, 4])];
    let custom = Step { custom: Some("MyOwn"), ..step(BuiltinOperator::CUSTOM, &[0], &[1]) };
    let steps = vec![
        custom,
        step(BuiltinOperator::QUANTIZE, &[1], &[2]),
        step(BuiltinOperator::WHILE, &[2], &[3]),
        step(BuiltinOperator(200), &[3], &[3]),
    ];
    let report = import(&[(entries, steps, vec![0], vec![3])]).expect_err("a refusal");
    let operators: Vec<_> = report.blockers().filter_map(|finding| finding.operator.as_deref()).collect();
    assert_eq!(operators, ["#0 MyOwn", "#1 QUANTIZE", "#2 WHILE", "#3 operator code 200"]);
    assert!(report.findings[0].reason.contains("unknown custom operator 'MyOwn'"));
    assert!(report.findings[1].reason.contains("int16") && report.findings[1].tensor.as_deref() == Some("t2"));
    assert!(report.findings[2].reason.contains("control flow (WHILE)"));
    assert!(report.blockers().all(|finding| finding.severity == Severity::Blocker && !finding.fix.is_empty()));
    let text = report.to_string();
    assert!(text.starts_with("4 blockers\n") && text.matches("fix: ").count() == 4, "{text}");
}

#[test]
fn old_uint8_arithmetic_is_refused_but_not_at_the_edges() {
    let byte = || tensor(TensorType::UINT8, &[1, 4]).quantized(0.1, 128);
    let parts = single(vec![byte(), byte()], step(BuiltinOperator::RELU, &[0], &[1]));
    assert!(blocker(&parts).reason.contains("uint8 arithmetic"));
    let edge = single(vec![byte(), float(&[1, 4])], step(BuiltinOperator::DEQUANTIZE, &[0], &[1]));
    assert!(import(&edge).is_ok());
}

#[test]
fn int4_is_refused() {
    let entries = vec![float(&[1, 4]), tensor(TensorType::INT4, &[2, 4]).data(vec![0; 4]), float(&[1, 2])];
    let options: Options = |b| {
        let made = FullyConnectedOptions::create(b, &FullyConnectedOptionsArgs::default());
        (BuiltinOptions::FullyConnectedOptions, made.as_union_value())
    };
    let found = blocker(&single(entries, step(BuiltinOperator::FULLY_CONNECTED, &[0, 1], &[2]).options(options)));
    assert!(found.reason.contains("int4") && found.tensor.as_deref() == Some("t1"), "{found:?}");
}

#[test]
fn a_dynamic_batch_is_a_note_and_any_other_dynamic_axis_a_blocker() {
    let relu = || step(BuiltinOperator::RELU, &[0], &[1]);
    let batch = single(vec![float(&[1, 4]).signature(&[-1, 4]), float(&[1, 4])], relu());
    let imported = import(&batch).expect("a model");
    assert_eq!(imported.report.count(Severity::Note), 1);
    let wide = single(vec![float(&[1, 1]).signature(&[1, -1]), float(&[1, 1])], relu());
    let found = blocker(&wide);
    assert!(found.reason.contains("dynamic shape") && found.operator.is_none());
}

#[test]
fn a_computed_argument_is_a_dynamic_shape() {
    let entries = vec![float(&[1, 4]), tensor(TensorType::INT32, &[2]), float(&[4, 1])];
    let parts = vec![(entries, vec![step(BuiltinOperator::RESHAPE, &[0, 1], &[2])], vec![0, 1], vec![2])];
    assert!(blocker(&parts).reason.contains("dynamic shape: new shape"));
}

/// RESHAPE to [batch, 2, 2] as converters write it for an open batch.
#[test]
fn shape_arithmetic_on_a_fixed_batch_is_computed() {
    let scalar = |value: i32| tensor(TensorType::INT32, &[]).data(value.to_le_bytes().to_vec());
    let computed = |shape: &[i32]| tensor(TensorType::INT32, shape);
    let entries = vec![
        float(&[1, 4]).signature(&[-1, 4]),
        computed(&[2]),
        integers(&[0]),
        integers(&[1]),
        integers(&[1]),
        computed(&[]),
        scalar(2),
        computed(&[3]),
        float(&[1, 2, 2]).signature(&[-1, 2, 2]),
    ];
    let first: Options = |b| {
        let arguments = StridedSliceOptionsArgs { shrink_axis_mask: 1, ..Default::default() };
        (BuiltinOptions::StridedSliceOptions, StridedSliceOptions::create(b, &arguments).as_union_value())
    };
    let three: Options = |b| {
        let made = PackOptions::create(b, &PackOptionsArgs { values_count: 3, axis: 0 });
        (BuiltinOptions::PackOptions, made.as_union_value())
    };
    let steps = vec![
        step(BuiltinOperator::SHAPE, &[0], &[1]),
        step(BuiltinOperator::STRIDED_SLICE, &[1, 2, 3, 4], &[5]).options(first),
        step(BuiltinOperator::PACK, &[5, 6, 6], &[7]).options(three),
        step(BuiltinOperator::RESHAPE, &[0, 7], &[8]),
    ];
    let imported = import(&[(entries, steps, vec![0], vec![8])]).expect("a model");
    assert_eq!(imported.graph.nodes.len(), 1);
    assert_eq!(imported.graph.nodes[0].operator, GraphOperator::Reshape);
    assert_eq!(imported.source_operators, 4);
}

#[test]
fn masks_without_a_meaning_here_are_refused_by_name() {
    let entries = || vec![float(&[2, 3]), integers(&[0, 0]), integers(&[2, 3]), integers(&[1, 1]), float(&[2, 3])];
    let slice = |options| single(entries(), step(BuiltinOperator::STRIDED_SLICE, &[0, 1, 2, 3], &[4]).options(options));
    assert!(blocker(&slice(|b| strided(b, 1, 0))).reason.contains("ellipsis_mask"));
    assert!(blocker(&slice(|b| strided(b, 0, 2))).reason.contains("new_axis_mask"));
    let imported = import(&slice(|b| strided(b, 0, 0))).expect("a model");
    let expected = GraphOperator::StridedSlice { begins: vec![0, 0], extents: vec![2, 3], steps: vec![1, 1] };
    assert_eq!(imported.graph.nodes[0].operator, expected);
}

fn handle(b: &mut flatbuffers::FlatBufferBuilder<'static>) -> Packed {
    let shared_name = Some(b.create_string("ring"));
    let made = VarHandleOptions::create(b, &VarHandleOptionsArgs { container: None, shared_name });
    (BuiltinOptions::VarHandleOptions, made.as_union_value())
}

fn call(b: &mut flatbuffers::FlatBufferBuilder<'static>) -> Packed {
    let made = CallOnceOptions::create(b, &CallOnceOptionsArgs { init_subgraph_index: 1 });
    (BuiltinOptions::CallOnceOptions, made.as_union_value())
}

/// Reads variable `ring`, then assigns input 0 to it.
fn stateful(initialise: Option<Vec<u8>>) -> Vec<Part> {
    let byte = || tensor(TensorType::INT8, &[1, 4]).quantized(0.5, -7);
    let resource = || tensor(TensorType::RESOURCE, &[]);
    let mut steps = vec![
        step(BuiltinOperator::VAR_HANDLE, &[], &[1]).options(handle),
        step(BuiltinOperator::READ_VARIABLE, &[1], &[2]),
        step(BuiltinOperator::ASSIGN_VARIABLE, &[1, 0], &[]),
    ];
    if initialise.is_some() {
        steps.insert(0, step(BuiltinOperator::CALL_ONCE, &[], &[]).options(call));
    }
    let main = (vec![byte(), resource(), byte()], steps, vec![0], vec![2]);
    let Some(data) = initialise else { return vec![main] };
    let shape = [1, data.len() as i32];
    let value = tensor(TensorType::INT8, &shape).quantized(0.5, -7).data(data);
    let steps = vec![
        step(BuiltinOperator::VAR_HANDLE, &[], &[0]).options(handle),
        step(BuiltinOperator::ASSIGN_VARIABLE, &[0, 1], &[]),
    ];
    vec![main, (vec![resource(), value], steps, vec![], vec![])]
}

#[test]
fn a_variable_starts_with_the_value_of_its_initialisation() {
    let imported = import(&stateful(Some(vec![1, 2, 3, 4]))).expect("a model");
    let graph = &imported.graph;
    assert_eq!(graph.states.len(), 1);
    assert_eq!((graph.states[0].name.as_str(), graph.states[0].initial.as_slice()), ("ring", &[1, 2, 3, 4][..]));
    let operators: Vec<_> = graph.nodes.iter().map(|node| node.operator.name()).collect();
    assert_eq!(operators, ["READ_VARIABLE", "ASSIGN_VARIABLE"]);
    assert!(imported.report.findings.is_empty());
}

#[test]
fn a_variable_without_a_value_starts_at_real_zero_with_a_warning() {
    let imported = import(&stateful(None)).expect("a model");
    assert_eq!(imported.graph.states[0].initial.as_slice(), [-7i8 as u8; 4]);
    assert_eq!(imported.report.count(Severity::Warning), 1);
}

#[test]
fn a_variable_of_another_shape_than_its_value_is_refused() {
    assert!(blocker(&stateful(Some(vec![1, 2, 3]))).reason.contains("initialised with int8 [1, 3]"));
}

#[test]
fn limits_hold() {
    let parts = single(vec![float(&[1, 4]), float(&[1, 4])], step(BuiltinOperator::RELU, &[0], &[1]));
    let refused = |limits: Limits| {
        let options = ImportOptions { limits, ..ImportOptions::default() };
        import_tflite(&model(&parts), &options).expect_err("a refusal").to_string()
    };
    assert!(refused(Limits { tensors: 1, ..Limits::default() }).contains("2 tensors, the limit is 1"));
    assert!(refused(Limits { operators: 0, ..Limits::default() }).contains("1 operators, the limit is 0"));
    assert!(refused(Limits { tensor_elements: 3, ..Limits::default() }).contains("more than 3 elements"));
    assert!(refused(Limits { rank: 1, ..Limits::default() }).contains("more than 1 axes"));
}

/// Constants shared by many DEQUANTIZE operators must not unfold a small file into a large graph.
#[test]
fn dequantised_constants_are_bounded_by_the_file() {
    let mut entries = vec![tensor(TensorType::INT8, &[1, 60_000]).quantized(0.5, 0).data(vec![1; 60_000])];
    let mut steps = Vec::new();
    for output in 1..40 {
        entries.push(float(&[1, 60_000]));
        steps.push(step(BuiltinOperator::DEQUANTIZE, &[0], &[output]));
    }
    let report = import(&[(entries, steps, vec![], vec![1])]).expect_err("a refusal");
    assert!(report.to_string().contains("far larger than the file"), "{}", report.findings.len());
}

#[test]
fn hybrid_weights_become_the_floats_they_stand_for() {
    let weights = |shape: &[i32]| tensor(TensorType::INT8, shape).data(vec![1, 2, 0x80, 127]);
    let dense = |weights: Entry| {
        let entries = vec![float(&[1, 2]), weights, float(&[1, 2])];
        let options: Options = |b| {
            let arguments = FullyConnectedOptionsArgs::default();
            (BuiltinOptions::FullyConnectedOptions, FullyConnectedOptions::create(b, &arguments).as_union_value())
        };
        single(entries, step(BuiltinOperator::FULLY_CONNECTED, &[0, 1], &[2]).options(options))
    };
    let mut scaled = weights(&[2, 2]);
    (scaled.scale, scaled.zero_point) = (vec![0.5, 0.1], vec![0, 0]);
    let imported = import(&dense(scaled)).expect("a model");
    let graph = &imported.graph;
    let found = graph.tensors[graph.nodes[0].inputs[1]].f32_data().expect("floats");
    assert_eq!(found, [0.5, 1.0, -128.0 * 0.1f32, 127.0 * 0.1f32]);
    let note = &imported.report.findings[0];
    assert!(note.severity == Severity::Note && note.reason.contains("hybrid"), "{note:?}");
    assert!(blocker(&dense(weights(&[2, 2]))).reason.contains("without quantisation parameters"));
}
