//! Float models of the zoo, quantised and compared with their float selves on labelled samples.

use mote_compile::{CompileOptions, Evaluator, compile};
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::Graph;
use mote_import::{ImportOptions, import_tflite};
use mote_quantise::{Method, QuantizeOptions, Sample, Search, quantize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn zoo(test: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/zoo");
    let folder = std::env::var_os("MOTE_ZOO").map_or(beside, PathBuf::from);
    if folder.join("golden/index.json").is_file() {
        return Some(folder);
    }
    println!("skipped: {test}: no models at {} (set MOTE_ZOO)", folder.display());
    None
}

fn import(path: &Path) -> Graph {
    let bytes = std::fs::read(path).expect("the model is there");
    import_tflite(&bytes, &ImportOptions::default()).expect("the model imports").graph
}

/// Samples as float inputs, with their labels.
fn samples(zoo: &Path, folder: &str, each: usize, real: impl Fn(u8) -> f32) -> (Vec<Sample>, Vec<usize>) {
    let bytes = std::fs::read(zoo.join("data").join(folder).join("x.bin")).expect("samples are there");
    let inputs =
        bytes.chunks_exact(each).map(|sample| vec![sample.iter().flat_map(|&byte| real(byte).to_le_bytes()).collect()]);
    let labels = std::fs::read_to_string(zoo.join("data").join(folder).join("labels.csv")).expect("labels are there");
    let mut rows = labels.lines();
    let column = rows.next().and_then(|head| head.split(',').position(|name| name == "label")).expect("a label column");
    let labels = rows.map(|row| row.split(',').nth(column).and_then(|cell| cell.parse().ok()).expect("a label"));
    (inputs.collect(), labels.collect())
}

fn arg_max<T: PartialOrd>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}

/// The first output of every sample in real values.
fn answers(graph: &Graph, float: &Graph, samples: &[Sample]) -> Vec<Vec<f32>> {
    let mut evaluator = Evaluator::with_operators(graph, Numerics::Tflm, operators::native()).expect("compiles");
    let quantization = graph.tensors[graph.outputs[0]].quantization.clone();
    let mut one = |sample: &Sample| -> Vec<f32> {
        let output = evaluator.run(&mote_quantise::inputs(float, graph, sample)).expect("runs").remove(0);
        match &quantization {
            Some(q) => {
                output.iter().map(|&byte| q.scale(0) * (i32::from(byte as i8) - q.zero_point()) as f32).collect()
            }
            None => output.as_chunks::<4>().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect(),
        }
    };
    samples.iter().map(&mut one).collect()
}

/// Sums over rounds.
#[derive(Clone, Debug, Default)]
struct Sums {
    asked: u64,
    correct: u64,
    same_class: u64,
    sqnr_db: f64,
}

impl Sums {
    fn add(&mut self, stored: &Value) {
        let number = |key: &str| stored[key].as_u64().expect("a count");
        self.asked += number("asked");
        self.correct += number("correct");
        self.same_class += number("same_class");
        self.sqnr_db += stored["sqnr_db"].as_f64().unwrap_or(0.0);
    }

    fn measure(&mut self, found: &[Vec<f32>], float: &[Vec<f32>], labels: &[usize]) {
        let (mut signal, mut noise) = (0.0, 0.0);
        for ((found, float), label) in found.iter().zip(float).zip(labels) {
            self.asked += 1;
            self.correct += u64::from(arg_max(found) == *label);
            self.same_class += u64::from(arg_max(found) == arg_max(float));
            for (found, float) in found.iter().zip(float) {
                signal += f64::from(*float).powi(2);
                noise += f64::from(found - float).powi(2);
            }
        }
        self.sqnr_db += 10.0 * (signal / noise.max(1e-300)).log10();
    }
}

/// One model against what `tests/peers/quantise.json` holds of the other quantisers, on the same calibration samples and
/// questions. The first round alone, which has few questions, is looked at with one answer's allowance; with
/// `MOTE_ALL_ROUNDS` set, rounds 0 to 4 are taken together and nothing is allowed but half a point.
fn beside_peers(name: &str, graph: &Graph, samples: &[Sample], labels: &[usize]) {
    let stored: Value = serde_json::from_str(include_str!("../../../../tests/peers/quantise.json")).expect("JSON");
    let rounds = stored["models"][name]["rounds"].as_array().expect("rounds");
    let all_rounds = std::env::var_os("MOTE_ALL_ROUNDS").is_some();
    let mut peers: BTreeMap<String, Sums> = BTreeMap::new();
    let mut mote = Sums::default();
    for round in rounds.iter().filter(|round| (round["round"] == "first") != all_rounds) {
        for (peer, found) in round["results"].as_object().expect("results") {
            peers.entry(peer.clone()).or_default().add(found);
        }
        let first = round["calibrated_on"].as_u64().expect("a count") as usize;
        let number: Option<usize> = round["round"].as_str().and_then(|text| text.parse().ok());
        let is_seen = |at: usize| number.map_or(at < first, |number| at % 5 == number);
        let (seen, asked): (Vec<usize>, Vec<usize>) = (0..samples.len()).partition(|&at| is_seen(at));
        assert_eq!(seen.len(), first, "{name}: rounds are split as the stored ones");
        let of = |indices: &[usize]| indices.iter().map(|&at| samples[at].clone()).collect::<Vec<Sample>>();
        let quantized = quantize(graph, &of(&seen), &QuantizeOptions::default()).expect("quantises");
        compile(&quantized.graph, &CompileOptions::default()).expect("the int8 graph compiles");
        let asked_samples = of(&asked);
        let labels: Vec<usize> = asked.iter().map(|&at| labels[at]).collect();
        let float = answers(graph, graph, &asked_samples);
        mote.measure(&answers(&quantized.graph, graph, &asked_samples), &float, &labels);
        println!("{name} round {}: {:?}; so far {mote:?}", round["round"], quantized.report.chosen);
    }
    println!("{name}: mote {mote:?}\n  peers {peers:?}");
    let float = peers.remove("float").expect("the float model's own answers");
    assert_eq!(float.asked, mote.asked);
    let one = u64::from(!all_rounds);
    let allowed = (mote.asked as f64 * 0.005).max(one as f64);
    assert!(float.correct as f64 - mote.correct as f64 <= allowed, "{name}: float {float:?}, int8 {mote:?}");
    for (peer, theirs) in &peers {
        assert!(mote.same_class + 2 * one >= theirs.same_class, "{name}: {peer} {theirs:?}, Mote {mote:?}");
        assert!(mote.sqnr_db >= theirs.sqnr_db - f64::from(one as u8), "{name}: {peer} {theirs:?}, Mote {mote:?}");
    }
}

#[test]
fn keyword_spotting_keeps_its_accuracy() {
    let Some(zoo) = zoo("keyword_spotting_keeps_its_accuracy") else { return };
    let graph = import(&zoo.join("models/mlperf/kws01_dscnn_float.tflite"));
    let (samples, labels) = samples(&zoo, "kws01", 490, |byte| 0.584_703_f32 * (f32::from(byte as i8) - 83.0));
    beside_peers("kws01", &graph, &samples, &labels);
}

#[test]
fn image_classification_keeps_its_accuracy() {
    let Some(zoo) = zoo("image_classification_keeps_its_accuracy") else { return };
    let graph = import(&zoo.join("models/mlperf/ic01_resnet_float.tflite"));
    let (samples, labels) = samples(&zoo, "ic_cifar10", 3072, f32::from);
    beside_peers("ic01", &graph, &samples, &labels);
}

#[test]
fn visual_wake_words_keeps_its_accuracy() {
    let Some(zoo) = zoo("visual_wake_words_keeps_its_accuracy") else { return };
    let graph = import(&zoo.join("models/mlperf/vww01_mobilenetv1_float.tflite"));
    let (samples, labels) = samples(&zoo, "vww01", 96 * 96 * 3, |byte| f32::from(byte) / 255.0);
    beside_peers("vww01", &graph, &samples, &labels);
}

#[test]
fn a_model_of_int8_weights_and_float_activations_takes_the_same_road() {
    let Some(zoo) = zoo("a_model_of_int8_weights_and_float_activations_takes_the_same_road") else { return };
    let graph = import(&zoo.join("models/mlperf/kws01_dscnn_hybrid.tflite"));
    let (samples, _) = samples(&zoo, "kws01", 490, |byte| 0.584_703_f32 * (f32::from(byte as i8) - 83.0));
    let search = Search::Only { method: Method::MinMax, equalize: false, correct_bias: true };
    let options = QuantizeOptions { search, ..QuantizeOptions::default() };
    let quantized = quantize(&graph, &samples[..50], &options).expect("quantises");
    let float = answers(&graph, &graph, &samples[50..150]);
    let int8 = answers(&quantized.graph, &graph, &samples[50..150]);
    let same = int8.iter().zip(&float).filter(|(int8, float)| arg_max(int8) == arg_max(float)).count();
    println!("hybrid: same class on {same} of 100; {:?}", quantized.report.chosen);
    assert!(same >= 95 && quantized.report.chosen.output_sqnr_db > 25.0, "{same} {:?}", quantized.report.chosen);
}

/// Pictures are few: the stored formula's inputs, so the figure says how near int8 stays, not how well faces are found.
#[test]
fn a_face_detector_with_float16_weights_becomes_int8() {
    let Some(zoo) = zoo("a_face_detector_with_float16_weights_becomes_int8") else { return };
    let graph = import(&zoo.join("models/phone/blazeface_short_range.tflite"));
    let elements = graph.tensors[graph.inputs[0]].elements();
    let sample = |step: u64| -> Sample {
        let one = |at: u64| {
            let mut u = (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            u = u.wrapping_add((16 * step).wrapping_mul(0xD1B5_4A32_D192_ED03));
            u = (u ^ u >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            u = (u ^ u >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((u ^ u >> 31) >> 40) as f32 / 8_388_608.0 - 1.0
        };
        vec![(0..elements as u64).flat_map(|at| one(at).to_le_bytes()).collect()]
    };
    let samples: Vec<Sample> = (0..8).map(sample).collect();
    let search = Search::Only { method: Method::MinMax, equalize: true, correct_bias: true };
    let quantized = quantize(&graph, &samples, &QuantizeOptions { search, ..QuantizeOptions::default() });
    let report = quantized.expect("quantises").report;
    println!("blazeface: {:?}", report.chosen);
    assert!(report.chosen.output_sqnr_db > 15.0, "{:?}", report.chosen);
}

#[test]
fn the_same_samples_give_the_same_bytes() {
    let Some(zoo) = zoo("the_same_samples_give_the_same_bytes") else { return };
    let graph = import(&zoo.join("models/mlperf/kws01_dscnn_float.tflite"));
    let (samples, _) = samples(&zoo, "kws01", 490, |byte| 0.584_703_f32 * (f32::from(byte as i8) - 83.0));
    let search = Search::Only { method: Method::MeanSquaredError, equalize: true, correct_bias: true };
    let options = QuantizeOptions { search, ..QuantizeOptions::default() };
    let bytes = || {
        let quantized = quantize(&graph, &samples[..10], &options).expect("quantises");
        compile(&quantized.graph, &CompileOptions::default()).expect("compiles").bytes
    };
    assert_eq!(bytes(), bytes());
}
