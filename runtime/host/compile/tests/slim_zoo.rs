//! Slimming of third-party models: how much goes, and that no output changes. Skipped by name without the models.

mod slim_support;

use mote_compile::Evaluator;
use mote_compile::slim::{SlimOptions, Slimmed, slim};
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::Graph;
use slim_support::{assert_layers_equal, import, oracle, random_bytes, slim_with_oracle, zoo};

fn print(name: &str, slimmed: &Slimmed) {
    let report = &slimmed.report;
    println!(
        "{name}: MACs {} -> {}, weight bytes {} -> {}, {} rewrites, {} inputs compared",
        report.source_macs,
        report.macs,
        report.source_weight_bytes,
        report.weight_bytes,
        report.rewrites.len(),
        report.checked_inputs,
    );
    for rewrite in &report.rewrites {
        println!(
            "  {}: {} (MACs -{}, bytes -{})",
            rewrite.origin, rewrite.what, rewrite.macs_saved, rewrite.weight_bytes_saved
        );
    }
    let saved: u64 = report.rewrites.iter().map(|rewrite| rewrite.macs_saved).sum();
    assert_eq!(saved, report.source_macs - report.macs, "the rewrites account for every operation saved");
    assert!(report.accumulators.iter().all(|bound| bound.fits_32_bits()));
}

#[test]
fn vww_loses_half_of_its_work_and_no_output_changes() {
    let Some(zoo) = zoo("vww_loses_half_of_its_work_and_no_output_changes") else { return };
    let source = import(zoo.join("models/mlperf/vww01_mobilenetv1_int8.tflite"));
    let start = std::time::Instant::now();
    let slimmed = slim_with_oracle(&source, &SlimOptions::default()).expect("slims");
    println!("slimmed in {:?}", start.elapsed());
    print("vww01", &slimmed);
    assert_eq!((source.macs(), source.weight_bytes()), (7_489_664, 208_112));
    assert!(slimmed.report.macs <= 3_735_000);
    assert!(slimmed.report.weight_bytes <= 29_300);
    let images = std::fs::read(zoo.join("data/vww01/x.bin")).expect("images");
    let golden = std::fs::read(zoo.join("data/vww01/golden_tflm_int8.bin")).expect("golden outputs");
    for (index, (image, golden)) in images.chunks_exact(96 * 96 * 3).zip(golden.chunks_exact(2)).enumerate() {
        let input: Vec<u8> = image.iter().map(|&pixel| pixel.wrapping_sub(128)).collect();
        let expected = oracle::run(&source, std::slice::from_ref(&input), false).expect("source runs");
        let found = oracle::run(&slimmed.graph, std::slice::from_ref(&input), false).expect("slimmed runs");
        assert_eq!(expected, found, "image {index}");
        // The oracle stops at the logits; TFLM's fixed-point softmax is within one step of the real one.
        let logits = &source.tensors[source.nodes.last().expect("softmax").inputs[0]];
        let scale = f64::from(logits.quantization.as_ref().expect("quantised").scale(0));
        let [a, b] = [found[0][0], found[0][1]].map(|byte| f64::from(byte as i8) * scale);
        let probability = 1.0 / (1.0 + (b - a).exp());
        assert!((probability * 256.0 - 128.0 - f64::from(golden[0] as i8)).abs() <= 1.5, "image {index}");
        if index < 3 {
            assert_layers_equal(&source, &slimmed, &[input]);
        }
    }
}

#[test]
fn saturated_units_of_hello_world_go() {
    let Some(zoo) = zoo("saturated_units_of_hello_world_go") else { return };
    let source = import(zoo.join("models/tflm/hello_world_int8.tflite"));
    for numerics in [Numerics::Tflm, Numerics::Litert] {
        let options = SlimOptions { numerics, ..SlimOptions::default() };
        let slimmed = slim_with_oracle(&source, &options).expect("slims");
        print("hello_world", &slimmed);
        assert_eq!((slimmed.report.source_macs, slimmed.report.macs), (288, 220));
        for byte in 0..=255 {
            let single = numerics == Numerics::Litert;
            let run = |graph| oracle::run(graph, &[vec![byte]], single).expect("runs");
            assert_eq!(run(&source), run(&slimmed.graph), "input {byte}");
        }
    }
}

#[test]
fn person_detect_loses_a_little() {
    let Some(zoo) = zoo("person_detect_loses_a_little") else { return };
    let source = import(zoo.join("models/tflm/person_detect_int8.tflite"));
    let slimmed = slim_with_oracle(&source, &SlimOptions::default()).expect("slims");
    print("person_detect", &slimmed);
    assert_eq!(slimmed.report.source_macs, 7_157_888);
    assert!(slimmed.report.macs <= 7_098_500);
    for seed in 0..4 {
        assert_layers_equal(&source, &slimmed, &[random_bytes(seed, 96 * 96)]);
    }
}

#[test]
fn models_without_known_channels_keep_their_arithmetic() {
    let test = "models_without_known_channels_keep_their_arithmetic";
    let Some(zoo) = zoo(test) else { return };
    for name in ["kws01_dscnn_int8", "ic01_resnet_int8", "ad01_autoencoder_int8", "sww01_int8"] {
        let source = import(zoo.join(format!("models/mlperf/{name}.tflite")));
        match slim_with_oracle(&source, &SlimOptions::default()) {
            Ok(slimmed) => {
                print(name, &slimmed);
                assert_eq!(slimmed.report.macs, source.macs());
                assert_eq!(slimmed.report.weight_bytes, source.weight_bytes());
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

/// The compiler's own evaluator in place of the oracle: TFLM's bytes on all images, softmax included.
#[test]
fn slimmed_vww_gives_the_references_bytes_on_the_kernels() {
    let Some(zoo) = zoo("slimmed_vww_gives_the_references_bytes_on_the_kernels") else { return };
    let source = import(zoo.join("models/mlperf/vww01_mobilenetv1_int8.tflite"));
    let evaluator = |graph: &Graph| {
        Evaluator::with_operators(graph, Numerics::Tflm, operators::generic()).map_err(|error| error.to_string())
    };
    let start = std::time::Instant::now();
    let slimmed = slim(&source, &SlimOptions::default(), &mut |graph, inputs| {
        evaluator(graph)?.run(inputs).map_err(|error| error.to_string())
    })
    .expect("slims");
    println!("slimmed on the kernels in {:?}", start.elapsed());
    assert_eq!((slimmed.report.macs, slimmed.report.weight_bytes), (3_727_313, 29_066));
    let images = std::fs::read(zoo.join("data/vww01/x.bin")).expect("images");
    let golden = std::fs::read(zoo.join("data/vww01/golden_tflm_int8.bin")).expect("golden outputs");
    let mut runner = evaluator(&slimmed.graph).expect("compiles");
    let mut compared = 0;
    for (image, golden) in images.chunks_exact(96 * 96 * 3).zip(golden.chunks_exact(2)) {
        let input: Vec<u8> = image.iter().map(|&pixel| pixel.wrapping_sub(128)).collect();
        assert_eq!(runner.run(&[input]).expect("runs")[0], golden, "image {compared}");
        compared += 1;
    }
    assert_eq!(compared, 100);
}
