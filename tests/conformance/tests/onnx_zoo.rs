//! Float ONNX models as exporters write them, against onnxruntime's stored outputs; and how many transposes are left in
//! them. The models are third-party and not part of the repository: see [`zoo`].

use mote_conformance::golden::{element_type, formula_input, zoo};
use mote_conformance::runner::{compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_graph::{ElementType, Operator};
use mote_import::{OnnxOptions, import_onnx};
use serde_json::Value;

/// A model of the zoo and what is expected of it.
struct Case {
    name: &'static str,
    /// Largest difference, against 1 + the largest expected value.
    tolerance: f64,
    /// Transposes in the imported graph.
    transposes: usize,
}

const CASES: &[Case] = &[
    Case { name: "onnx/ic01_float.onnx", tolerance: 1e-5, transposes: 0 },
    Case { name: "onnx/alibaba_kws_float.onnx", tolerance: 1e-5, transposes: 0 },
    Case { name: "onnx/alibaba_ad_float.onnx", tolerance: 1e-5, transposes: 0 },
    Case { name: "onnx/ppocr_cls.onnx", tolerance: 1e-5, transposes: 0 },
];

fn number(value: &Value) -> usize {
    value.as_u64().expect("a number") as usize
}

fn floats(bytes: &[u8]) -> Vec<f64> {
    bytes.chunks_exact(4).map(|c| f32::from_le_bytes(c.try_into().expect("four bytes")).into()).collect()
}

/// Runs a case; gives its largest difference, or what is wrong.
fn judge(zoo: &std::path::Path, case: &Case, entry: &Value) -> Result<f64, String> {
    let bytes = std::fs::read(zoo.join("models").join(case.name)).map_err(|error| error.to_string())?;
    let ports = entry["inputs"].as_array().expect("inputs");
    let extents = |port: &Value| port[1].as_array().expect("a shape").iter().map(number).collect::<Vec<_>>();
    let name = |port: &Value| port[0].as_str().expect("a name").to_owned();
    let shapes = ports.iter().map(|port| (name(port), extents(port))).collect();
    let options = OnnxOptions { shapes, ..OnnxOptions::default() };
    let imported = import_onnx(&bytes, &options).map_err(|report| report.to_string())?;
    let graph = &imported.graph;
    let transposes = graph.nodes.iter().filter(|node| matches!(node.operator, Operator::Transpose { .. })).count();
    let file = compiled(graph, Numerics::Tflm, true).map_err(|error| error.to_string())?;
    let mut worst = 0.0f64;
    for output in entry["outputs"].as_array().expect("outputs") {
        let (step, index) = (number(&output["step"]), number(&output["output"]));
        let input = |(at, port): (usize, &Value)| {
            let kind = element_type(port[2].as_str().expect("a dtype"));
            let stored = formula_input(kind, extents(port).iter().product(), step, at);
            let tensor = &graph.tensors[graph.inputs[at]];
            imported.input_layouts[at].to_graph(&stored, &tensor.shape, ElementType::F32.bytes())
        };
        let inputs = ports.iter().enumerate().map(input).collect();
        let found = run(&file, kernel_sets()[1], &[inputs], None)?.remove(0);
        let tensor = &graph.tensors[graph.outputs[index]];
        let found = floats(&imported.output_layouts[index].to_source(&found[index], &tensor.shape, 4));
        let path = zoo.join("golden").join(output["file"].as_str().expect("a file"));
        let expected = floats(&std::fs::read(path).map_err(|error| error.to_string())?);
        if expected.len() != found.len() {
            return Err(format!("output {index}: {} elements expected, {} found", expected.len(), found.len()));
        }
        let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        for (expected, found) in expected.iter().zip(&found) {
            let apart = (expected - found).abs() / (1.0 + largest);
            worst = if apart.is_nan() { f64::INFINITY } else { worst.max(apart) };
        }
    }
    println!("{}: {} operators, {transposes} transposes, largest difference {worst:.1e}", case.name, graph.nodes.len());
    match (worst <= case.tolerance, transposes <= case.transposes) {
        (true, true) => Ok(worst),
        (false, _) => Err(format!("differs by {worst:e}, {:e} allowed", case.tolerance)),
        (_, false) => Err(format!("{transposes} transposes, {} allowed", case.transposes)),
    }
}

#[test]
fn float_models_equal_onnxruntime_without_transposes() {
    let Some(zoo) = zoo() else {
        println!("SKIPPED: float_models_equal_onnxruntime_without_transposes (no zoo: set MOTE_ZOO)");
        return;
    };
    let text = std::fs::read_to_string(zoo.join("golden/index.json")).expect("the zoo has an index");
    let index: Vec<Value> = serde_json::from_str(&text).expect("the index is JSON");
    let mut wrong = Vec::new();
    for case in CASES {
        let entry = index.iter().find(|entry| entry["model"] == case.name).expect("the index lists the model");
        if let Err(reason) = judge(&zoo, case, entry) {
            wrong.push(format!("{}: {reason}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A model that cannot be imported.
struct Refused {
    name: &'static str,
    /// Words of its blockers.
    words: &'static [&'static str],
}

const REFUSED: &[Refused] = &[
    // Its last step divides where the divisor is not 0, which only the input tells.
    Refused { name: "basic_pitch_nmp", words: &["comparison or logic on values computed at run time"] },
    Refused { name: "silero_vad_16k_op15", words: &["--shape input=1,1", "--shape state=2,1,128"] },
];

#[test]
fn refused_models_are_refused_with_their_reasons() {
    let Some(zoo) = zoo() else {
        println!("SKIPPED: refused_models_are_refused_with_their_reasons (no zoo: set MOTE_ZOO)");
        return;
    };
    for Refused { name, words } in REFUSED {
        let bytes = std::fs::read(zoo.join(format!("models/onnx/{name}.onnx"))).expect("the zoo has the model");
        let report = import_onnx(&bytes, &OnnxOptions::default()).expect_err("a refusal");
        println!("{name}: {report}");
        let text = report.to_string();
        assert!(words.iter().all(|words| text.contains(words)), "{text}");
        assert!(report.blockers().all(|blocker| !blocker.fix.is_empty()), "{text}");
    }
}
