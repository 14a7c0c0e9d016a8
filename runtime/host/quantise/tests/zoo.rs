//! Float models of the zoo, quantised and compared with their float selves on labelled samples.

use mote_compile::{CompileOptions, Evaluator, compile};
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::Graph;
use mote_import::{ImportOptions, import_tflite};
use mote_quantise::{Method, QuantizeOptions, Sample, Search, quantize};
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

/// Right answers of a graph on samples.
fn right(graph: &Graph, float: &Graph, samples: &[Sample], labels: &[usize]) -> usize {
    let mut evaluator = Evaluator::with_operators(graph, Numerics::Tflm, operators::native()).expect("compiles");
    let is_right = |(sample, &label): (&Sample, &usize)| {
        let output = evaluator.run(&mote_quantise::inputs(float, graph, sample)).expect("runs").remove(0);
        let bytes: Vec<i8> = output.iter().map(|&byte| byte as i8).collect();
        let reals: Vec<f32> = output.as_chunks::<4>().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect();
        let quantized = graph.tensors[graph.outputs[0]].quantization.is_some();
        label == if quantized { arg_max(&bytes) } else { arg_max(&reals) }
    };
    samples.iter().zip(labels).map(is_right).filter(|&right| right).count()
}

/// Quantises on the first `calibration` samples; right answers on the rest, float and int8.
fn compare(
    name: &str,
    graph: &Graph,
    samples: &[Sample],
    labels: &[usize],
    calibration: usize,
) -> (usize, usize, usize) {
    let quantized = quantize(graph, &samples[..calibration], &QuantizeOptions::default()).expect("quantises");
    let (samples, labels) = (&samples[calibration..], &labels[calibration..]);
    let float = right(graph, graph, samples, labels);
    let int8 = right(&quantized.graph, graph, samples, labels);
    println!("{name}: float {float}, int8 {int8} of {}; {:?}", samples.len(), quantized.report.chosen);
    for trial in &quantized.report.trials {
        println!("  {trial:?}");
    }
    compile(&quantized.graph, &CompileOptions::default()).expect("the int8 graph compiles");
    (float, int8, samples.len())
}

/// At most half a point lost, or one sample where there are fewer than 200.
fn assert_kept((float, int8, all): (usize, usize, usize)) {
    let allowed = (all as f64 * 0.005).max(1.0);
    assert!(float as f64 - int8 as f64 <= allowed, "float {float}, int8 {int8} of {all}");
}

#[test]
fn keyword_spotting_keeps_its_accuracy() {
    let Some(zoo) = zoo("keyword_spotting_keeps_its_accuracy") else { return };
    let graph = import(&zoo.join("models/mlperf/kws01_dscnn_float.tflite"));
    let (samples, labels) = samples(&zoo, "kws01", 490, |byte| 0.584_703_f32 * (f32::from(byte as i8) - 83.0));
    assert_kept(compare("kws01", &graph, &samples, &labels, 100));
}

#[test]
fn image_classification_keeps_its_accuracy() {
    let Some(zoo) = zoo("image_classification_keeps_its_accuracy") else { return };
    let graph = import(&zoo.join("models/mlperf/ic01_resnet_float.tflite"));
    let (samples, labels) = samples(&zoo, "ic_cifar10", 3072, f32::from);
    assert_kept(compare("ic01", &graph, &samples, &labels, 100));
}

#[test]
fn visual_wake_words_keeps_its_accuracy() {
    let Some(zoo) = zoo("visual_wake_words_keeps_its_accuracy") else { return };
    let graph = import(&zoo.join("models/mlperf/vww01_mobilenetv1_float.tflite"));
    let (samples, labels) = samples(&zoo, "vww01", 96 * 96 * 3, |byte| f32::from(byte) / 255.0);
    assert_kept(compare("vww01", &graph, &samples, &labels, 30));
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
