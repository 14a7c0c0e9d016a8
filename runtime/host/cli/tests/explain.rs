//! `mote explain` on models of which it is known what they look at.

use mote_compile::{CompileOptions, compile};
use mote_graph::{Activation, ElementType, Graph, Node, Operator, Tensor};
use mote_quantise::{QuantizeOptions, quantize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mote-explain-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("written");
        text(&path).to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

fn mote(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mote")).args(arguments).output().expect("mote starts")
}

fn explained(arguments: &[&str]) -> Value {
    let output = mote(&[&["--json", "explain"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("--json prints one document")
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Two scores of an input of `shape`: the sum of the elements times `weights`, and a constant.
fn planted(shape: &[usize], weights: &[f32]) -> Graph {
    let elements: usize = shape.iter().product();
    let mut graph = Graph { name: "planted".into(), ..Graph::default() };
    let mut tensor = |name: &str, shape: &[usize], data: Option<Vec<f32>>| {
        graph.add_tensor(Tensor {
            name: name.into(),
            shape: shape.to_vec(),
            element_type: ElementType::F32,
            quantization: None,
            data: data.map(|data| Arc::new(floats(&data))),
        })
    };
    let input = tensor("input", shape, None);
    let flat = tensor("flat", &[1, elements], None);
    let mut both = weights.to_vec();
    both.resize(2 * elements, 0.0);
    let weights = tensor("weights", &[2, elements], Some(both));
    let bias = tensor("bias", &[2], Some(vec![0.0, -0.5]));
    let output = tensor("scores", &[1, 2], None);
    let node = |operator, inputs: &[usize], outputs: &[usize]| Node {
        operator,
        inputs: inputs.to_vec(),
        outputs: outputs.to_vec(),
        origin: String::new(),
    };
    graph.nodes.push(node(Operator::Reshape, &[input], &[flat]));
    let connected = Operator::FullyConnected { activation: Activation::None };
    graph.nodes.push(node(connected, &[flat, weights, bias], &[output]));
    (graph.inputs, graph.outputs) = (vec![input], vec![output]);
    graph
}

fn noise(elements: usize, seed: u32) -> Vec<f32> {
    let value = |at: u32| (at.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 8) as f32 / (1u32 << 24) as f32;
    (0..elements as u32).map(value).collect()
}

/// The float model and its int8 one.
fn both(graph: &Graph, folder: &Folder) -> [String; 2] {
    let elements: usize = graph.tensors[graph.inputs[0]].shape.iter().product();
    let mut samples: Vec<Vec<Vec<u8>>> = (0..20).map(|seed| vec![floats(&noise(elements, 977 * seed))]).collect();
    // The inputs of the largest and the smallest score, so that int8 holds all of them.
    let weights = graph.tensors.iter().find(|tensor| tensor.name == "weights").and_then(Tensor::f32_data);
    let weights = &weights.expect("planted weights")[..elements];
    let where_is = |holds: fn(f32) -> bool| floats(&weights.iter().map(|&w| f32::from(holds(w))).collect::<Vec<_>>());
    samples.extend([vec![where_is(|weight| weight > 0.0)], vec![where_is(|weight| weight < 0.0)]]);
    let int8 = quantize(graph, &samples, &QuantizeOptions::default()).expect("it quantises").graph;
    [("float", graph), ("int8", &int8)].map(|(name, graph)| {
        let bytes = compile(graph, &CompileOptions::default()).expect("it compiles").bytes;
        folder.write(&format!("{name}.mote"), &bytes)
    })
}

/// The input's bytes as each model takes them: an .npz of floats.
fn npz(folder: &Folder, shape: &[u64], values: &[f32]) -> String {
    use npyz::WriterBuilder;
    let path = folder.0.join("x.npy");
    let file = std::fs::File::create(&path).expect("the folder is writable");
    let options = npyz::WriteOptions::<f32>::new().default_dtype().shape(shape);
    let mut writer = options.writer(file).begin_nd().expect("a header");
    writer.extend(values.iter().copied()).expect("values");
    writer.finish().expect("a file");
    text(&path).to_owned()
}

#[test]
fn the_region_that_matters_is_found_with_its_sign() {
    let folder = Folder::new("picture");
    let mut weights = vec![0.0; 144];
    for (row, column, weight) in [(3, 8, 1.0), (3, 9, 1.0), (4, 8, 1.0), (4, 9, 1.0), (9, 1, -0.6), (9, 2, -0.6)] {
        weights[row * 12 + column] = weight;
    }
    let graph = planted(&[1, 12, 12, 1], &weights);
    let input = npz(&folder, &[1, 12, 12, 1], &vec![1.0; 144]);
    let picture = folder.0.join("heat.png");
    for model in both(&graph, &folder) {
        let arguments =
            [&model, "--input", &input, "--class", "0", "--patch", "2", "--stride", "1", "--baseline", "zero"];
        let found = explained(&[&arguments[..], &["--output", text(&picture)]].concat());
        let regions = found["explanation"]["regions"].as_array().expect("regions");
        assert_eq!((found["kind"].as_str(), regions.len()), (Some("image"), 121));
        let place = |at: usize| (regions[at]["row"].as_u64(), regions[at]["column"].as_u64());
        assert_eq!(place(0), (Some(3), Some(8)), "{}", regions[0]);
        let change = |at: usize| regions[at]["change"].as_f64().expect("a figure");
        assert!((change(0) + 4.0).abs() < 0.1, "hiding the planted square takes 4 away: {}", change(0));
        let against = regions.iter().find(|region| region["change"].as_f64() > Some(0.0)).expect("one speaks against");
        assert!((8..=9).contains(&against["row"].as_u64().expect("a row")) && against["column"] == 1, "{against}");
        assert!((against["change"].as_f64().expect("a figure") - 1.2).abs() < 0.1);
        // Where nothing was planted nothing changes, and the same run gives the same bytes.
        let elsewhere = regions.iter().filter(|region| region["change"].as_f64().is_some_and(|c| c.abs() < 0.05));
        assert_eq!(elsewhere.count(), 121 - 9 - 6);
        let before = std::fs::read(&picture).expect("the picture is there");
        assert_eq!(explained(&[&arguments[..], &["--output", text(&picture)]].concat()), found);
        assert_eq!(std::fs::read(&picture).expect("the picture is there"), before);
        assert!(image::load_from_memory(&before).is_ok());
    }
}

#[test]
fn the_feature_that_matters_is_named_by_the_tables_header() {
    let folder = Folder::new("table");
    let graph = planted(&[1, 5], &[0.1, 0.0, -2.0, 0.0, 0.4]);
    let table = folder.write("row.csv", b"age,height,debt,noise,income\n1,1,1,1,1\n0,0,0.5,0,0\n");
    for model in both(&graph, &folder) {
        let arguments = [&model, "--input", &table, "--class", "0"];
        let found = explained(&arguments);
        let regions = found["explanation"]["regions"].as_array().expect("regions");
        let names = found["features"].as_array().expect("names");
        let name = |at: usize| &names[regions[at]["row"].as_u64().expect("an index") as usize];
        assert_eq!(
            (found["kind"].as_str(), name(0).as_str(), name(1).as_str()),
            (Some("table"), Some("debt"), Some("income"))
        );
        assert!((regions[0]["change"].as_f64().expect("a figure") - 2.0).abs() < 0.05, "{}", regions[0]);
        // Against the mean of the data (0.75) only a quarter of the debt is left to explain.
        let found = explained(&[&arguments[..], &["--data", &table]].concat());
        let change = found["explanation"]["regions"][0]["change"].as_f64().expect("a figure");
        assert!((change - 0.5).abs() < 0.05, "{change}");
        let page = folder.0.join("page.html");
        explained(&[&arguments[..], &["--output", text(&page)]].concat());
        let page = std::fs::read_to_string(page).expect("the page is there");
        assert!(page.contains("debt") && page.contains("class=\"against\"") && !page.contains("https://"));
    }
}

#[test]
fn steps_of_time_and_their_page() {
    let folder = Folder::new("audio");
    let mut weights = vec![0.0; 200];
    (0..3).for_each(|step| weights[(30 + step) * 5 + 4] = 1.0);
    let graph = planted(&[1, 200], &weights);
    let input = npz(&folder, &[1, 200], &vec![1.0; 200]);
    let page = folder.0.join("page.html");
    for model in both(&graph, &folder) {
        let found = explained(&[
            &model,
            "--input",
            &input,
            "--view",
            "40x5",
            "--patch",
            "3x1",
            "--stride",
            "1x1",
            "--class",
            "0",
            "--baseline",
            "0",
            "--output",
            text(&page),
        ]);
        let first = &found["explanation"]["regions"][0];
        assert_eq!(
            (found["kind"].as_str(), first["row"].as_u64(), first["column"].as_u64()),
            (Some("audio"), Some(30), Some(4))
        );
        let page = std::fs::read_to_string(&page).expect("the page is there");
        assert!(page.contains("src=\"data:image/png;base64,") && page.matches("src=").count() == 1);
        assert!(page.contains("steps 30 to 32, band 4"));
    }
}

#[test]
fn what_cannot_be_explained_is_refused_by_name() {
    let folder = Folder::new("refusals");
    let graph = planted(&[1, 5], &[1.0; 5]);
    let [model, _] = both(&graph, &folder);
    let table = folder.write("row.csv", b"a,b,c,d,e\n1,1,1,1,1\n");
    for (extra, expected) in [
        (&["--class", "2"][..], "there is no 2"),
        (&["--class", "cat"], "no labels"),
        (&["--row", "1"], "holds 1 inferences"),
        (&["--baseline", "median"], "expected mean, zero or a number"),
        (&["--view", "2x2"], "no multiple of 4"),
        (&["--patch", "0"], "rows and columns from 1"),
        (&["--output", "x.png"], "--output FILE.html"),
        (&["--view", "5x1", "--kind", "image", "--output", "x.gif"], "a picture is .png"),
    ] {
        let output = mote(&[&["explain", &model, "--input", &table], extra].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{extra:?}");
        assert!(error.contains(expected), "{extra:?}: {error}");
    }
}
