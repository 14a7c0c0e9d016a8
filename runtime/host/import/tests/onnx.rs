//! ONNX models built here: layouts, folding, the doctor's list, and bytes that are none.

mod onnx_support;

use mote_graph::{Activation, Graph, Operator};
use mote_import::{OnnxOptions, PortLayout, import_onnx};
use onnx_support::{Model, int, ints};

fn transposes(graph: &Graph) -> usize {
    graph.nodes.iter().filter(|node| matches!(node.operator, Operator::Transpose { .. })).count()
}

fn names(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.operator.name()).collect()
}

/// Convolution, batch normalisation, activation, pooling, flatten, dense: as PyTorch exports them.
fn classifier() -> Model {
    Model::new(&[1, 3, 8, 8])
        .weights("w", &[4, 3, 3, 3])
        .weights("scale", &[4])
        .weights("dense", &[5, 64])
        .positive("variance", &[4])
        .node("Conv", &["x", "w"], "a", vec![ints("pads", &[1, 1, 1, 1])])
        .node("BatchNormalization", &["a", "scale", "scale", "scale", "variance"], "b", vec![])
        .node("Relu", &["b"], "c", vec![])
        .node("MaxPool", &["c"], "d", vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("Flatten", &["d"], "e", vec![])
        .node("Gemm", &["e", "dense"], "y", vec![int("transB", 1)])
}

#[test]
fn a_classifier_has_no_transposes_and_its_input_is_channels_last() {
    let imported = import_onnx(&classifier().bytes(), &OnnxOptions::default()).unwrap();
    let graph = &imported.graph;
    assert_eq!(names(graph), ["CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED"]);
    assert_eq!(graph.tensors[graph.inputs[0]].shape, [1, 8, 8, 3]);
    assert_eq!(imported.input_layouts, [PortLayout { permutation: vec![0, 2, 3, 1] }]);
    assert!(imported.output_layouts[0].is_plain());
    let Operator::Conv2d { activation, .. } = graph.nodes[0].operator else { panic!("a convolution") };
    assert_eq!(activation, Activation::Relu);
    assert_eq!(graph.nodes[0].inputs.len(), 3, "the normalisation became weights and bias");
}

#[test]
fn what_two_operators_read_is_not_folded() {
    let model = Model::new(&[1, 3, 8, 8])
        .weights("w", &[4, 3, 3, 3])
        .node("Conv", &["x", "w"], "a", vec![])
        .node("Relu", &["a"], "b", vec![])
        .node("Add", &["a", "b"], "y", vec![]);
    let graph = import_onnx(&model.bytes(), &OnnxOptions::default()).unwrap().graph;
    assert_eq!(names(&graph), ["CONV_2D", "RELU", "ADD"]);
}

#[test]
fn transposes_of_the_source_are_renamings() {
    // As tf2onnx writes it: channels last outside, transposes around the convolution.
    let model = Model::new(&[1, 8, 8, 3])
        .weights("w", &[4, 3, 3, 3])
        .node("Transpose", &["x"], "a", vec![ints("perm", &[0, 3, 1, 2])])
        .node("Conv", &["a", "w"], "b", vec![])
        .node("Transpose", &["b"], "y", vec![ints("perm", &[0, 2, 3, 1])]);
    let imported = import_onnx(&model.bytes(), &OnnxOptions::default()).unwrap();
    assert_eq!(names(&imported.graph), ["CONV_2D"]);
    assert!(imported.input_layouts[0].is_plain() && imported.output_layouts[0].is_plain());
}

#[test]
fn shuffled_channels_need_one_transpose() {
    let model = Model::new(&[1, 6, 4, 4])
        .weights("w", &[6, 6, 1, 1])
        .list("split", &[1, 2, 3, 4, 4])
        .list("joined", &[1, 6, 4, 4])
        .node("Conv", &["x", "w"], "a", vec![])
        .node("Reshape", &["a", "split"], "b", vec![])
        .node("Transpose", &["b"], "c", vec![ints("perm", &[0, 2, 1, 3, 4])])
        .node("Reshape", &["c", "joined"], "d", vec![])
        .node("Conv", &["d", "w"], "y", vec![]);
    let graph = import_onnx(&model.bytes(), &OnnxOptions::default()).unwrap().graph;
    assert_eq!(transposes(&graph), 1);
}

#[test]
fn the_doctor_lists_every_blocker_with_node_and_fix() {
    let model = Model::new(&[1, 3, 8, 8])
        .node("Frobnicate", &["x"], "a", vec![])
        .node("TopK", &["x"], "b", vec![])
        .node("Greater", &["x", "x"], "c", vec![])
        .node("Relu", &["c"], "y", vec![]);
    let report = import_onnx(&model.bytes(), &OnnxOptions::default()).unwrap_err();
    let blockers: Vec<String> = report.blockers().filter_map(|blocker| blocker.operator.clone()).collect();
    assert_eq!(blockers, ["#0 (Frobnicate)", "#1 (TopK)", "#2 (Greater)"]);
    assert!(report.blockers().all(|blocker| !blocker.fix.is_empty() && !blocker.reason.is_empty()));
}

#[test]
fn an_open_shape_is_named_with_the_option_that_fixes_it() {
    let model = Model::new(&[0, 3, -1, -1]).node("Relu", &["x"], "y", vec![]);
    let report = import_onnx(&model.bytes(), &OnnxOptions::default()).unwrap_err();
    assert!(report.to_string().contains("--shape x=1,3,1,1"), "{report}");
    let shapes = vec![("x".to_owned(), vec![1, 3, 4, 5])];
    let imported = import_onnx(&model.bytes(), &OnnxOptions { shapes, ..OnnxOptions::default() }).unwrap();
    assert_eq!(imported.graph.tensors[imported.graph.inputs[0]].shape, [1, 3, 4, 5]);
}

#[test]
fn weights_in_another_file_are_refused_by_name() {
    let report = import_onnx(&classifier().external("w", "weights.bin").bytes(), &OnnxOptions::default()).unwrap_err();
    assert!(report.to_string().contains("weights.bin"), "{report}");
}

#[test]
fn layouts_turn_bytes_there_and_back() {
    let layout = PortLayout { permutation: vec![0, 2, 3, 1] };
    let source: Vec<u8> = (0..2 * 3 * 4).collect();
    let stored = layout.to_graph(&source, &[1, 3, 4, 2], 1);
    assert_eq!(stored[..4], [0, 12, 1, 13]);
    assert_eq!(layout.to_source(&stored, &[1, 3, 4, 2], 1), source);
}

#[test]
fn any_prefix_and_any_changed_byte_gives_an_answer() {
    let whole = classifier().bytes();
    for end in (0..whole.len()).step_by(7) {
        let _ = import_onnx(&whole[..end], &OnnxOptions::default());
    }
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            let _ = import_onnx(&bytes, &OnnxOptions::default());
        }
    }
}
