//! Public models: those Mote runs import with the known cost, the others are refused with the expected reason.

mod common;

use mote_graph::{ElementType, Operator, verify};
use mote_import::{ImportOptions, ImportReport, Imported, Severity, import_tflite};

fn imported(test: &str, name: &str) -> Option<Imported> {
    let bytes = common::zoo_model(test, name)?;
    match import_tflite(&bytes, &ImportOptions::default()) {
        Ok(imported) => Some(imported),
        Err(report) => panic!("{name}: {report}"),
    }
}

fn refused(test: &str, name: &str) -> Option<ImportReport> {
    let bytes = common::zoo_model(test, name)?;
    let report = import_tflite(&bytes, &ImportOptions::default()).err();
    let report = report.unwrap_or_else(|| panic!("{name} was imported"));
    println!("{name}: {report}");
    assert!(!report.is_importable());
    for finding in report.blockers() {
        assert!(!finding.fix.is_empty(), "{name}: no fix for {}", finding.reason);
    }
    Some(report)
}

/// Multiply-accumulates as the literature counts them (0: not published, only checked to import).
const MODELS: &[(&str, u64)] = &[
    ("mlperf/ad01_autoencoder_int8.tflite", 264_192),
    ("mlperf/ad01_autoencoder_float.tflite", 264_192),
    ("mlperf/kws01_dscnn_int8.tflite", 2_656_768),
    ("mlperf/kws01_dscnn_float.tflite", 0),
    ("mlperf/kws01_dscnn_hybrid.tflite", 2_656_768),
    ("mlperf/ic01_resnet_int8.tflite", 12_501_632),
    ("mlperf/ic01_resnet_float.tflite", 12_501_632),
    ("mlperf/vww01_mobilenetv1_int8.tflite", 7_489_664),
    ("mlperf/vww01_mobilenetv1_float.tflite", 7_489_664),
    ("mlperf/sww01_int8.tflite", 826_368),
    ("tflm/person_detect_int8.tflite", 7_157_888),
    ("tflm/hello_world_int8.tflite", 288),
    ("tflm/hello_world_float.tflite", 288),
    ("tflm/micro_speech_int8.tflite", 0),
    ("tflm/simple_add_int8.tflite", 0),
    ("wakeword/hey_jarvis.tflite", 0),
    ("wakeword/alexa.tflite", 0),
    ("phone/blazeface_short_range.tflite", 0),
    ("phone/face_detection_back_f16.tflite", 0),
];

#[test]
fn supported_models_import_with_the_known_cost() {
    for &(name, macs) in MODELS {
        let Some(imported) = imported("supported_models", name) else { continue };
        let graph = &imported.graph;
        verify(graph).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!(
            "{name}: {} operators, {} nodes, {} MACs, {} weight bytes, states {}; {}",
            imported.source_operators,
            graph.nodes.len(),
            graph.macs(),
            graph.weight_bytes(),
            graph.states.len(),
            imported.report
        );
        assert!(!graph.inputs.is_empty() && !graph.outputs.is_empty());
        assert_eq!(imported.source_tensors.len(), graph.tensors.len());
        assert_eq!(imported.schema_version, 3);
        if macs > 0 {
            assert_eq!(graph.macs(), macs, "{name}");
        }
    }
}

#[test]
fn hybrid_weights_become_floats_and_the_report_says_so_at_every_operator() {
    let Some(imported) = imported("hybrid", "mlperf/kws01_dscnn_hybrid.tflite") else { return };
    let noted: Vec<_> = imported.report.findings.iter().filter(|finding| finding.reason.contains("hybrid")).collect();
    assert!(noted.len() >= 4, "{}", imported.report);
    assert!(noted.iter().all(|finding| finding.severity == Severity::Note && finding.operator.is_some()));
    let graph = &imported.graph;
    verify(graph).expect("a sound graph");
    let read = graph.nodes.iter().flat_map(|node| &node.inputs);
    assert!(read.into_iter().all(|&id| graph.tensors[id].element_type == ElementType::F32));
}

#[test]
fn recurrent_and_16x8_models_are_refused_by_name() {
    if let Some(report) = refused("16x8", "tflm/keyword_scrambled_16x8.tflite") {
        assert_eq!(report.blockers().filter(|finding| finding.reason.contains("SVDF")).count(), 7);
        assert!(report.blockers().any(|finding| finding.reason.contains("int16")));
    }
    if let Some(report) = refused("lstm", "tflm/mnist_lstm_float.tflite") {
        assert!(report.blockers().any(|finding| finding.reason.contains("UNIDIRECTIONAL_SEQUENCE_LSTM")));
    }
}

#[test]
fn the_audio_front_end_is_refused_with_every_custom_operator_named() {
    let Some(report) = refused("audio_preprocessor", "tflm/audio_preprocessor_int8.tflite") else {
        return;
    };
    for name in [
        "SignalWindow",
        "SignalFftAutoScale",
        "SignalRfft",
        "SignalEnergy",
        "SignalFilterBank",
        "SignalFilterBankSquareRoot",
        "SignalFilterBankSpectralSubtraction",
    ] {
        let named = report.blockers().any(|finding| finding.reason.contains(&format!("operator {name} ")));
        assert!(named, "{name} is not in the report");
    }
}

#[test]
fn wake_word_variables_become_states_with_their_initial_values() {
    for name in ["wakeword/hey_jarvis.tflite", "wakeword/alexa.tflite"] {
        let Some(imported) = imported("variables", name) else { continue };
        let graph = &imported.graph;
        assert_eq!(graph.states.len(), 6, "{name}");
        let mut reads = vec![0; 6];
        let mut assigns = vec![0; 6];
        for node in &graph.nodes {
            match node.operator {
                Operator::ReadState { state } => reads[state] += 1,
                Operator::AssignState { state } => assigns[state] += 1,
                _ => {}
            }
        }
        assert_eq!((reads, assigns), (vec![1; 6], vec![1; 6]), "{name}");
        for state in &graph.states {
            let like = &graph.tensors[state.like];
            assert_eq!(state.initial.len(), like.bytes(), "{name} {}", state.name);
        }
        let warnings = imported.report.findings.iter().filter(|finding| finding.reason.contains("never initialised"));
        assert_eq!(warnings.count(), 0, "{name}");
    }
}

#[test]
fn float16_weights_become_float32_constants() {
    for name in ["phone/blazeface_short_range.tflite", "phone/face_detection_back_f16.tflite"] {
        let Some(imported) = imported("float16", name) else { continue };
        let graph = &imported.graph;
        assert!(!graph.nodes.iter().any(|node| node.operator == Operator::Dequantize), "{name}");
        assert!(imported.source_operators > graph.nodes.len());
        for node in &graph.nodes {
            if matches!(node.operator, Operator::Conv2d { .. } | Operator::DepthwiseConv2d { .. }) {
                let weights = &graph.tensors[node.inputs[1]];
                assert_eq!(weights.element_type, ElementType::F32);
                let values = weights.f32_data().expect("constant weights");
                assert!(values.iter().all(|value| value.is_finite()));
                assert!(values.iter().any(|value| *value != 0.0));
            }
        }
    }
}

/// The bias of this model stores its weights' axis, which LiteRT refuses and TensorFlow Lite Micro runs.
#[test]
fn a_bias_with_its_weights_axis_is_read_as_per_channel() {
    let Some(imported) = imported("person_detect", "tflm/person_detect_int8.tflite") else {
        return;
    };
    let graph = &imported.graph;
    let depthwise = graph.nodes.iter().find(|node| matches!(node.operator, Operator::DepthwiseConv2d { .. }));
    let depthwise = depthwise.expect("a depthwise convolution");
    let bias = &graph.tensors[depthwise.inputs[2]];
    let quantization = bias.quantization.as_ref().expect("a quantised bias");
    assert_eq!((quantization.axis, quantization.scales.len()), (0, bias.shape[0]));
}
