//! Third-party models through `mote compile` and `mote run`: bytes equal to TensorFlow Lite Micro's.
//!
//! The models are not part of the repository: `MOTE_ZOO` names their folder, else `../shared/zoo` beside the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

fn zoo(test: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/zoo");
    let path = std::env::var_os("MOTE_ZOO").map(PathBuf::from).unwrap_or(beside);
    if path.join("golden/index.json").is_file() {
        return Some(path);
    }
    println!("SKIPPED: {test} (no third-party models: set MOTE_ZOO)");
    None
}

fn mote(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_mote")).args(arguments).output().expect("mote starts");
    assert!(output.status.success(), "mote {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

/// The input formula of the golden outputs: see the file specification, "Passport".
fn formula(step: u64, input: u64, elements: usize) -> Vec<u8> {
    let stream = 16 * step + input;
    let byte = |i: u64| {
        let mut u =
            (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(stream.wrapping_mul(0xD1B5_4A32_D192_ED03));
        u = (u ^ (u >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        u = (u ^ (u >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u ^ (u >> 31)) >> 56) as u8
    };
    (0..elements as u64).map(byte).collect()
}

#[test]
fn every_covered_int8_model_gives_the_stored_bytes() {
    let Some(zoo) = zoo("every_covered_int8_model_gives_the_stored_bytes") else { return };
    let index = std::fs::read_to_string(zoo.join("golden/index.json")).expect("the index is there");
    let index: serde_json::Value = serde_json::from_str(&index).expect("the index is JSON");
    let folder = std::env::temp_dir().join(format!("mote-zoo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let mut models = 0;
    for entry in index.as_array().expect("a list") {
        let name = entry["model"].as_str().expect("a name");
        let int8 = entry["inputs"].as_array().expect("inputs").iter().all(|input| input[1] == "int8");
        if !int8 || entry["engine"] != "tflm" {
            continue;
        }
        let (model, input, output) = (folder.join("m.mote"), folder.join("x.raw"), folder.join("y.raw"));
        mote(&["compile", text(&zoo.join("models").join(name)), "-o", text(&model)]);
        let outputs = entry["outputs"].as_array().expect("outputs");
        let steps = outputs.iter().map(|o| o["step"].as_u64().expect("a step")).max().expect("steps") + 1;
        let mut bytes = Vec::new();
        for step in 0..steps {
            for (k, port) in entry["inputs"].as_array().expect("inputs").iter().enumerate() {
                let extents = port[0].as_array().expect("a shape").iter();
                let elements: u64 = extents.map(|e| e.as_u64().expect("an extent")).product();
                bytes.extend(formula(step, k as u64, elements as usize));
            }
        }
        std::fs::write(&input, bytes).expect("written");
        mote(&["run", text(&model), "--input", text(&input), "--output", text(&output)]);
        let golden: Vec<u8> = outputs
            .iter()
            .flat_map(|o| std::fs::read(zoo.join("golden").join(o["file"].as_str().expect("a file"))).expect("golden"))
            .collect();
        assert_eq!(std::fs::read(&output).expect("the output is there"), golden, "{name}");
        println!("exact: {name} ({steps} steps)");
        models += 1;
    }
    let _ = std::fs::remove_dir_all(&folder);
    assert!(models >= 11, "only {models} models");
}

#[test]
fn every_sample_of_the_benchmark_sets_gives_the_stored_bytes() {
    let Some(zoo) = zoo("every_sample_of_the_benchmark_sets_gives_the_stored_bytes") else { return };
    let folder = std::env::temp_dir().join(format!("mote-samples-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    for (model, data, pixels, samples) in [
        ("kws01_dscnn_int8", "kws01", false, 500),
        ("vww01_mobilenetv1_int8", "vww01", true, 100),
        ("ic01_resnet_int8", "ic_cifar10", true, 247),
    ] {
        let mut x = std::fs::read(zoo.join("data").join(data).join("x.bin")).expect("samples");
        if pixels {
            x.iter_mut().for_each(|pixel| *pixel ^= 0x80);
        }
        let (compiled, input, output) = (folder.join("m.mote"), folder.join("x.raw"), folder.join("y.raw"));
        std::fs::write(&input, &x).expect("written");
        mote(&["compile", text(&zoo.join(format!("models/mlperf/{model}.tflite"))), "-o", text(&compiled)]);
        let ran = mote(&["run", text(&compiled), "--input", text(&input), "--output", text(&output), "--json"]);
        let ran: serde_json::Value = serde_json::from_slice(&ran).expect("JSON");
        assert_eq!(ran["inferences"], samples, "{model}");
        let golden = std::fs::read(zoo.join("data").join(data).join("golden_tflm_int8.bin")).expect("golden");
        assert_eq!(std::fs::read(&output).expect("the output is there"), golden, "{model}");
    }
    let _ = std::fs::remove_dir_all(&folder);
}
