//! Float models of others in tract, beside the outputs of onnxruntime, LiteRT and TensorFlow Lite Micro.
//!
//! Prints one row a model and writes the rows as JSON; run with `--nocapture` to see them.

use mote_reference::{ElementType, Elements, Error, FloatModel, LoadOptions, Port, Tensor};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is expected of a model.
enum Expected {
    /// Every output within this absolute difference of the stored one.
    Within(f64),
    /// tract refuses it, for a reason that holds these words.
    Refused(&'static str),
}

use Expected::{Refused, Within};

const MODELS: &[(&str, Expected)] = &[
    ("onnx/ad01_qdq.onnx", Within(1e-5)),
    ("onnx/alibaba_ad_float.onnx", Within(1e-4)),
    ("onnx/alibaba_kws_float.onnx", Within(1e-5)),
    ("onnx/basic_pitch_nmp.onnx", Within(1e-4)),
    ("onnx/ic01_float.onnx", Within(1e-5)),
    ("onnx/kws01_qdq.onnx", Within(1e-5)),
    ("onnx/ppocr_cls.onnx", Within(1e-5)),
    ("onnx/silero_vad_16k_op15.onnx", Within(1e-5)),
    ("mlperf/ad01_autoencoder_float.tflite", Within(1e-4)),
    ("mlperf/ic01_resnet_float.tflite", Within(1e-5)),
    ("mlperf/kws01_dscnn_float.tflite", Refused("DEPTHWISE_CONV_2D")),
    ("mlperf/vww01_mobilenetv1_float.tflite", Within(1e-5)),
    ("mlperf/kws01_dscnn_hybrid.tflite", Refused("int8")),
    ("mlperf/kws01_dscnn_int8.tflite", Refused("int8")),
    ("phone/blazeface_short_range.tflite", Refused("DEQUANTIZE")),
    ("phone/face_detection_back_f16.tflite", Refused("DEQUANTIZE")),
    ("tflm/hello_world_float.tflite", Within(1e-5)),
    ("tflm/mnist_lstm_float.tflite", Refused("tract broke off")),
];

fn zoo(test: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/zoo");
    let folder = std::env::var_os("MOTE_ZOO").map_or(beside, PathBuf::from);
    if folder.join("golden/index.json").is_file() {
        return Some(folder);
    }
    println!("skipped: {test}: no models at {} (set MOTE_ZOO)", folder.display());
    None
}

/// Element `i` of input `k` at step `s`, as the stored outputs' inputs were made.
fn bits(element: usize, step: usize, input: usize) -> u64 {
    let seed = (16 * step + input) as u64;
    let mut u = (element as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    u = u.wrapping_add(seed.wrapping_mul(0xD1B5_4A32_D192_ED03));
    u = (u ^ (u >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    u = (u ^ (u >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u ^ (u >> 31)
}

fn made_input(port: &Port, shape: &[usize], step: usize, input: usize) -> Tensor {
    let elements = 0..shape.iter().product();
    let elements = if port.element_type == ElementType::F32 {
        Elements::Real(elements.map(|i| (bits(i, step, input) >> 40) as f32 / 16_777_216.0 * 2.0 - 1.0).collect())
    } else {
        // The only integer input is the sample rate of a voice detector.
        Elements::Integer(elements.map(|_| 16_000).collect())
    };
    Tensor { shape: shape.to_vec(), elements }
}

fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("the stored output is there");
    bytes.as_chunks::<4>().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
}

fn shape(value: &Value) -> Vec<usize> {
    serde_json::from_value(value.clone()).expect("a shape")
}

/// Shapes of the stored inputs, with their names where the format has them.
fn stored_inputs(entry: &Value) -> Vec<(Option<String>, Vec<usize>)> {
    let one = |input: &Value| match input[0].as_str() {
        Some(name) => (Some(name.to_owned()), shape(&input[1])),
        None => (None, shape(&input[0])),
    };
    entry["inputs"].as_array().expect("inputs").iter().map(one).collect()
}

fn load(path: &Path, inputs: &[(Option<String>, Vec<usize>)]) -> Result<FloatModel, Error> {
    let bytes = std::fs::read(path).expect("the model is there");
    if path.extension().is_some_and(|extension| extension == "onnx") {
        let shapes = inputs.iter().filter_map(|(name, shape)| Some((name.clone()?, shape.clone()))).collect();
        return FloatModel::from_onnx(&bytes, &LoadOptions { shapes });
    }
    FloatModel::from_tflite(&bytes)
}

/// Largest absolute difference over all steps and outputs, and the elements compared.
fn largest_difference(zoo: &Path, entry: &Value) -> Result<(f64, usize), Error> {
    let inputs = stored_inputs(entry);
    let path = zoo.join("models").join(entry["model"].as_str().expect("a name"));
    let model = load(&path, &inputs)?;
    let (mut largest, mut elements) = (0.0f64, 0);
    for stored in entry["outputs"].as_array().expect("outputs") {
        let (step, output) = (stored["step"].as_u64().expect("a step"), stored["output"].as_u64().expect("an output"));
        let made = model.inputs().zip(&inputs).enumerate();
        let made: Vec<Tensor> =
            made.map(|(index, (port, (_, shape)))| made_input(port, shape, step as usize, index)).collect();
        let ours = model.run(&made)?.swap_remove(output as usize);
        assert_eq!(ours.shape, shape(&stored["shape"]), "{}", path.display());
        let theirs = floats(&zoo.join("golden").join(stored["file"].as_str().expect("a file")));
        let Elements::Real(ours) = ours.elements else { panic!("{}: an integer output", path.display()) };
        assert_eq!(ours.len(), theirs.len());
        for (a, b) in ours.iter().zip(&theirs) {
            let difference = f64::from((a - b).abs());
            // NaN must not pass for a small difference.
            largest = if difference.is_nan() { f64::INFINITY } else { largest.max(difference) };
        }
        elements += ours.len();
    }
    Ok((largest, elements))
}

#[test]
fn models_of_others_agree_with_their_engines() {
    let Some(zoo) = zoo("models_of_others_agree_with_their_engines") else { return };
    let index = std::fs::read_to_string(zoo.join("golden/index.json")).expect("the index is there");
    let index: Vec<Value> = serde_json::from_str(&index).expect("the index is JSON");
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    println!("{:<40} {:>10} {:>12} {:>10}  outcome", "model", "elements", "difference", "tolerance");
    for (name, expected) in MODELS {
        let entry = index.iter().find(|entry| entry["model"] == *name).expect("the index has every model");
        let found = largest_difference(&zoo, entry);
        let (row, good) = match (&found, expected) {
            (Ok((difference, elements)), Within(tolerance)) => {
                println!("{name:<40} {elements:>10} {difference:>12.2e} {tolerance:>10.0e}  runs");
                let row = json!({"model": name, "engine": entry["engine"], "elements": elements,
                    "largest_difference": difference, "tolerance": tolerance});
                (row, difference <= tolerance)
            }
            (Ok((difference, _)), Refused(_)) => {
                println!("{name:<40} runs, {difference:.2e}, though it should be refused");
                (json!({"model": name, "largest_difference": difference}), false)
            }
            (Err(error), expected) => {
                println!("{name:<40} {error}");
                let good = matches!(expected, Refused(words) if error.to_string().contains(words));
                (json!({"model": name, "refused": error.to_string()}), good)
            }
        };
        rows.push(row);
        if !good {
            wrong.push(*name);
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("zoo_in_tract.json");
    std::fs::write(&path, serde_json::to_string_pretty(&rows).expect("rows are JSON")).expect("the folder is there");
    println!("{}", path.display());
    assert!(wrong.is_empty(), "not as expected: {}", wrong.join(", "));
}
