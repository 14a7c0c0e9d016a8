//! Whole models of the zoo: compiled, checked, run, and equal to the reference's outputs.

mod common;

use common::{FLOAT_MODELS, INT8_MODELS, import, verify_plan, zoo};
use mote_compile::{CompileOptions, compile, seeded_input};
use mote_engine::{Model, Numerics, Session, operators};
use mote_graph::Graph;
use std::path::Path;

/// Stored reference outputs of `model`: one entry per step, then per output.
fn goldens(zoo: &Path, model: &str) -> Vec<Vec<Vec<u8>>> {
    let index = std::fs::read(zoo.join("golden/index.json")).expect("index is readable");
    let index: serde_json::Value = serde_json::from_slice(&index).expect("index is JSON");
    let entry = index.as_array().expect("a list").iter().find(|entry| entry["model"] == model).expect("listed");
    let mut steps: Vec<Vec<Vec<u8>>> = Vec::new();
    for output in entry["outputs"].as_array().expect("a list") {
        let step = output["step"].as_u64().expect("a number") as usize;
        steps.resize(steps.len().max(step + 1), Vec::new());
        let name = output["file"].as_str().expect("a name");
        steps[step].push(std::fs::read(zoo.join("golden").join(name)).expect("golden is readable"));
    }
    steps
}

/// Outputs of a model file over `steps` steps on one session, inputs generated as the goldens' were.
fn outputs(file: &[u8], graph: &Graph, steps: usize) -> Vec<Vec<Vec<u8>>> {
    let model = Model::parse(file, operators::generic()).expect("the compiled model passes the engine's check");
    let mut arena = vec![0xA5; model.header().arena_bytes as usize];
    let mut state = vec![0xA5; model.header().state_bytes as usize];
    let mut session = Session::new(&model, &mut arena, &mut state).expect("memory is large enough");
    let step = |step: usize| {
        for (index, &id) in graph.inputs.iter().enumerate() {
            let tensor = &graph.tensors[id];
            let bytes = seeded_input(tensor.element_type, tensor.elements(), index, step as u32);
            session.input(index).expect("input exists").copy_from(&bytes).expect("length fits");
        }
        session.run().expect("runs");
        (0..graph.outputs.len()).map(|index| session.output(index).expect("output exists").bytes.to_vec()).collect()
    };
    (0..steps).map(step).collect()
}

fn options(slim: bool, keep_every_tensor: bool) -> CompileOptions {
    CompileOptions { slim, keep_every_tensor, golden_vectors: 1, ..CompileOptions::default() }
}

#[test]
fn int8_models_give_the_references_bytes() {
    let Some(zoo) = zoo("int8_models_give_the_references_bytes") else { return };
    for (model, _) in INT8_MODELS {
        let graph = import(&zoo, model).unwrap_or_else(|error| panic!("{model}: {error}"));
        let wanted = goldens(&zoo, model);
        for (slim, keep_every_tensor) in [(false, false), (false, true), (true, false)] {
            let compiled =
                compile(&graph, &options(slim, keep_every_tensor)).unwrap_or_else(|error| panic!("{model}: {error}"));
            if let Some(slim) = &compiled.report.slim {
                assert_eq!(slim.refused, None, "{model}: slimming failed its check");
            }
            assert_eq!(compiled.report.golden_vectors, 1, "{model}");
            let got = outputs(&compiled.bytes, &graph, wanted.len());
            assert_eq!(got, wanted, "{model}, slim {slim}, every tensor kept {keep_every_tensor}");
        }
    }
}

#[test]
fn float_models_are_close_to_the_reference() {
    let Some(zoo) = zoo("float_models_are_close_to_the_reference") else { return };
    for model in FLOAT_MODELS {
        let graph = import(&zoo, model).unwrap_or_else(|error| panic!("{model}: {error}"));
        let wanted = goldens(&zoo, model);
        let compiled = compile(&graph, &options(false, false)).unwrap_or_else(|error| panic!("{model}: {error}"));
        verify_plan(&compiled.bytes).unwrap_or_else(|error| panic!("{model}: {error}"));
        let got = outputs(&compiled.bytes, &graph, wanted.len());
        let reals = |bytes: &[u8]| -> Vec<f32> {
            bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
        };
        for (got, wanted) in got.iter().flatten().zip(wanted.iter().flatten()) {
            let (got, wanted) = (reals(got), reals(wanted));
            assert_eq!(got.len(), wanted.len(), "{model}");
            let scale = wanted.iter().fold(1e-3f32, |largest, value| largest.max(value.abs()));
            for (got, wanted) in got.iter().zip(&wanted) {
                assert!((got - wanted).abs() <= 1e-4 * scale, "{model}: {got} for {wanted}");
            }
        }
    }
}

#[test]
fn arenas_reach_the_live_bytes() {
    let Some(zoo) = zoo("arenas_reach_the_live_bytes") else { return };
    let mut failures = Vec::new();
    for (model, live_max) in INT8_MODELS {
        let graph = import(&zoo, model).unwrap_or_else(|error| panic!("{model}: {error}"));
        for slim in [false, true] {
            let compiled = compile(&graph, &options(slim, false)).unwrap_or_else(|error| panic!("{model}: {error}"));
            verify_plan(&compiled.bytes).unwrap_or_else(|error| panic!("{model}: {error}"));
            let report = &compiled.report;
            println!(
                "{model}, slim {slim}: arena {} (scratch {}, bound {}), state {}, macs {}, weights {}, file {}",
                report.arena_bytes,
                report.scratch_bytes,
                report.plan.bound_bytes,
                report.state_bytes,
                report.macs,
                report.weight_bytes,
                report.file_bytes
            );
            let packed = report.plan.tensor_bytes == report.plan.bound_bytes;
            let small = live_max.is_none_or(|bytes| report.arena_bytes * 100 <= bytes * 103);
            if !packed || !small {
                failures.push(format!("{model}, slim {slim}: {}", report.arena_bytes));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn the_same_graph_gives_the_same_bytes() {
    let Some(zoo) = zoo("the_same_graph_gives_the_same_bytes") else { return };
    for model in ["mlperf/kws01_dscnn_int8.tflite", "wakeword/alexa.tflite"] {
        let graph = import(&zoo, model).unwrap_or_else(|error| panic!("{model}: {error}"));
        let once = compile(&graph, &CompileOptions::default()).expect("compiles");
        let again = compile(&graph, &CompileOptions::default()).expect("compiles");
        assert!(once.bytes == again.bytes, "{model}");
    }
}

/// There are no stored outputs of LiteRT's kernels; here, sharing memory and slimming must not change a byte under its
/// rounding either.
#[test]
fn models_compile_for_the_other_rounding() {
    let Some(zoo) = zoo("models_compile_for_the_other_rounding") else { return };
    for (model, _) in INT8_MODELS {
        let graph = import(&zoo, model).unwrap_or_else(|error| panic!("{model}: {error}"));
        let numerics = Numerics::Litert;
        let compile_with = |slim, keep_every_tensor| {
            let options = CompileOptions { numerics, ..options(slim, keep_every_tensor) };
            compile(&graph, &options).unwrap_or_else(|error| panic!("{model}: {error}"))
        };
        let apart = outputs(&compile_with(false, true).bytes, &graph, 4);
        for slim in [false, true] {
            let compiled = compile_with(slim, false);
            assert_eq!(compiled.report.numerics, "litert");
            assert_eq!(outputs(&compiled.bytes, &graph, 4), apart, "{model}, slim {slim}");
        }
    }
}
