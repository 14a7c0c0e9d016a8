//! ONNX's own node tests (onnx/backend/test/data/node): each is imported, compiled and run on the engine in float, and
//! compared with the stored outputs; or refused with a reason. `onnx_nodes.txt` holds what is expected of each: it may
//! only get better. The tests are no part of the repository: see [`zoo`].

use mote_conformance::golden::zoo;
use mote_conformance::runner::{compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_graph::{ElementType, Graph};
use mote_import::{Imported, OnnxOptions, import_onnx};
use prost::Message;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::Path;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{ModelProto, TensorProto};

/// Largest difference, against 1 + the largest expected value.
const TOLERANCE: f64 = 2e-5;

#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// Runs on the engine and equals the stored outputs.
    Pass,
    /// All of it is constant: computed by the importer, and equal.
    Folded,
    Refused(String),
    Fail(String),
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Folded => "folded",
            Self::Refused(_) => "refused",
            Self::Fail(_) => "FAIL",
        }
    }
}

/// A stored tensor as numbers; none for types no number stands for.
fn numbers(proto: &TensorProto) -> Option<Vec<f64>> {
    let raw = &proto.raw_data;
    macro_rules! read {
        ($type:ty) => {
            raw.chunks_exact(size_of::<$type>()).map(|c| <$type>::from_le_bytes(c.try_into().unwrap()) as f64).collect()
        };
    }
    Some(match DataType::try_from(proto.data_type).ok()? {
        DataType::Float if raw.is_empty() => proto.float_data.iter().map(|&v| v.into()).collect(),
        DataType::Float => read!(f32),
        DataType::Double if raw.is_empty() => proto.double_data.clone(),
        DataType::Double => read!(f64),
        DataType::Int64 if raw.is_empty() => proto.int64_data.iter().map(|&v| v as f64).collect(),
        DataType::Int64 => read!(i64),
        DataType::Int8 if !raw.is_empty() => read!(i8),
        DataType::Uint8 | DataType::Bool if !raw.is_empty() => read!(u8),
        DataType::Int32 if !raw.is_empty() => read!(i32),
        DataType::Int16 if !raw.is_empty() => read!(i16),
        DataType::Uint16 if !raw.is_empty() => read!(u16),
        DataType::Uint32 if !raw.is_empty() => read!(u32),
        DataType::Uint64 if !raw.is_empty() => read!(u64),
        DataType::Int32 | DataType::Int8 | DataType::Uint8 | DataType::Bool | DataType::Int16 | DataType::Uint16 => {
            proto.int32_data.iter().map(|&v| v.into()).collect()
        }
        _ => return None,
    })
}

fn tensors(folder: &Path, kind: &str) -> Vec<TensorProto> {
    let file = |index: usize| folder.join(format!("test_data_set_0/{kind}_{index}.pb"));
    let bytes = (0..).map(file).map_while(|path| std::fs::read(path).ok());
    bytes.map(|bytes| TensorProto::decode(bytes.as_slice()).expect("a stored tensor")).collect()
}

fn encoded(values: &[f64], element_type: ElementType) -> Vec<u8> {
    let bytes = |&value: &f64| match element_type {
        ElementType::F32 => (value as f32).to_le_bytes().to_vec(),
        ElementType::I32 => (value as i32).to_le_bytes().to_vec(),
        ElementType::I64 => (value as i64).to_le_bytes().to_vec(),
        ElementType::I16 => (value as i16).to_le_bytes().to_vec(),
        ElementType::I8 => (value as i8).to_le_bytes().to_vec(),
        ElementType::U8 | ElementType::Bool => vec![value as u8],
    };
    values.iter().flat_map(bytes).collect()
}

fn decoded(bytes: &[u8], element_type: ElementType) -> Vec<f64> {
    let value = |c: &[u8]| match element_type {
        ElementType::F32 => f32::from_le_bytes(c.try_into().unwrap()).into(),
        ElementType::I32 => i32::from_le_bytes(c.try_into().unwrap()).into(),
        ElementType::I64 => i64::from_le_bytes(c.try_into().unwrap()) as f64,
        ElementType::I16 => i16::from_le_bytes(c.try_into().unwrap()).into(),
        ElementType::I8 => (c[0] as i8).into(),
        ElementType::U8 | ElementType::Bool => c[0].into(),
    };
    bytes.chunks_exact(element_type.bytes()).map(value).collect()
}

/// Imports with the inputs at hand, first all at run time, then whole numbers fixed, then all but the first fixed, then
/// all.
fn imported(model: &[u8], names: &[String], inputs: &[TensorProto]) -> Result<Imported, String> {
    let mut last = String::new();
    for attempt in 0..4 {
        let fixed = |(index, proto): (usize, &TensorProto)| {
            let whole = proto.data_type != DataType::Float as i32;
            let taken = attempt == 3 || attempt == 2 && index > 0 || attempt == 1 && whole;
            taken.then(|| Some((names.get(index)?.clone(), numbers(proto)?))).flatten()
        };
        let values = inputs.iter().enumerate().filter_map(fixed).collect();
        let dims = |proto: &TensorProto| proto.dims.iter().map(|&extent| extent as usize).collect();
        let shapes = names.iter().cloned().zip(inputs.iter().map(dims)).collect();
        match import_onnx(model, &OnnxOptions { values, shapes, ..OnnxOptions::default() }) {
            Ok(imported) => return Ok(imported),
            Err(report) => {
                let reason = report.blockers().next().map(|blocker| blocker.reason.clone()).unwrap_or_default();
                assert!(report.blockers().all(|blocker| !blocker.fix.is_empty()), "a blocker without a fix: {report}");
                last = reason;
            }
        }
    }
    Err(last)
}

/// Outputs of the graph in the source's order of axes.
fn outputs(imported: &Imported, names: &[String], inputs: &[TensorProto]) -> Result<Vec<Vec<f64>>, String> {
    let graph: &Graph = &imported.graph;
    let mut bytes = Vec::new();
    for (index, &id) in graph.inputs.iter().enumerate() {
        let tensor = &graph.tensors[id];
        let at = names.iter().position(|name| *name == tensor.name).ok_or("an input of unknown name")?;
        let stored = encoded(&numbers(&inputs[at]).ok_or("an input of unknown type")?, tensor.element_type);
        bytes.push(imported.input_layouts[index].to_graph(&stored, &tensor.shape, tensor.element_type.bytes()));
    }
    let file = compiled(graph, Numerics::Tflm, true).map_err(|error| format!("compile: {error}"))?;
    let set = kernel_sets()[1];
    let found = run(&file, set, &[bytes], None)?.remove(0);
    let source = |(index, bytes): (usize, &Vec<u8>)| {
        let tensor = &graph.tensors[graph.outputs[index]];
        let layout = &imported.output_layouts[index];
        decoded(&layout.to_source(bytes, &tensor.shape, tensor.element_type.bytes()), tensor.element_type)
    };
    Ok(found.iter().enumerate().map(source).collect())
}

fn difference(expected: &[f64], found: &[f64]) -> Option<String> {
    if expected.len() != found.len() {
        return Some(format!("{} elements expected, {} found", expected.len(), found.len()));
    }
    let largest = expected.iter().filter(|value| value.is_finite()).fold(0.0f64, |most, value| most.max(value.abs()));
    let apart =
        |(a, b): &(&f64, &f64)| !(a == b || a.is_nan() && b.is_nan() || (*a - *b).abs() <= TOLERANCE * (1.0 + largest));
    let worst = expected.iter().zip(found).enumerate().find(|(_, pair)| apart(pair));
    worst.map(|(at, (a, b))| format!("element {at}: expected {a}, found {b}"))
}

fn outcome(folder: &Path) -> Outcome {
    let model = std::fs::read(folder.join("model.onnx")).expect("a model");
    let (inputs, expected) = (tensors(folder, "input"), tensors(folder, "output"));
    let proto = ModelProto::decode(model.as_slice()).expect("a model");
    let names: Vec<String> = proto.graph.expect("a graph").input.iter().map(|input| input.name.clone()).collect();
    let imported = match imported(&model, &names, &inputs) {
        Ok(imported) => imported,
        Err(reason) => return Outcome::Refused(reason),
    };
    let graph = &imported.graph;
    let constant = |id: &usize| Some(decoded(graph.tensors[*id].data.as_ref()?, graph.tensors[*id].element_type));
    let folded: Option<Vec<Vec<f64>>> = graph.outputs.iter().map(constant).collect();
    let (found, success) = match folded {
        Some(found) => (found, Outcome::Folded),
        None => match outputs(&imported, &names, &inputs) {
            Ok(found) => (found, Outcome::Pass),
            // A type that no kernel takes shows when the graph is compiled, by name.
            Err(reason) if reason.starts_with("compile:") => return Outcome::Refused(reason),
            Err(reason) => return Outcome::Fail(reason),
        },
    };
    if found.len() != expected.len() {
        return Outcome::Fail(format!("{} outputs expected, {} found", expected.len(), found.len()));
    }
    for (index, (expected, found)) in expected.iter().zip(&found).enumerate() {
        let Some(expected) = numbers(expected) else {
            return Outcome::Fail(format!("output {index} is of a type that holds no numbers"));
        };
        if let Some(what) = difference(&expected, found) {
            return Outcome::Fail(format!("output {index}: {what}"));
        }
    }
    success
}

#[test]
fn node_tests_pass_or_are_refused_as_recorded() {
    let Some(zoo) = zoo() else {
        println!("SKIPPED: node_tests_pass_or_are_refused_as_recorded (no zoo: set MOTE_ZOO)");
        return;
    };
    let mut folders: Vec<_> = std::fs::read_dir(zoo.join("onnx_node"))
        .expect("the zoo has node tests")
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.join("model.onnx").exists()))
        .collect();
    folders.sort();
    let mut found = BTreeMap::new();
    for folder in &folders {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let path = folder.clone();
        let result = catch_unwind(move || outcome(&path)).unwrap_or_else(|_| Outcome::Fail("panicked".into()));
        found.insert(name, result);
    }
    let count = |kind: &str| found.values().filter(|outcome| outcome.name() == kind).count();
    for (name, outcome) in &found {
        match outcome {
            Outcome::Refused(reason) | Outcome::Fail(reason) => println!("{:<8} {name}: {reason}", outcome.name()),
            _ => println!("{:<8} {name}", outcome.name()),
        }
    }
    let (pass, folded, refused, fail) = (count("pass"), count("folded"), count("refused"), count("FAIL"));
    println!("{} node tests: {pass} pass, {folded} folded, {refused} refused with a reason, {fail} fail", found.len());
    if let Ok(path) = std::env::var("MOTE_RECORD_ONNX_NODES") {
        let lines: Vec<String> = found.iter().map(|(name, outcome)| format!("{:<8} {name}", outcome.name())).collect();
        std::fs::write(path, lines.join("\n") + "\n").expect("the record can be written");
    }
    let recorded: BTreeMap<&str, &str> = include_str!("onnx_nodes.txt")
        .lines()
        .filter_map(|line| line.split_once(char::is_whitespace))
        .map(|(kind, name)| (name.trim(), kind))
        .collect();
    let rank = |kind: &str| ["refused", "folded", "pass"].iter().position(|known| *known == kind);
    let worse = |(name, outcome): &(&String, &Outcome)| {
        rank(outcome.name()) < recorded.get(name.as_str()).and_then(|kind| rank(kind))
    };
    let worse: Vec<_> = found.iter().filter(worse).collect();
    assert_eq!(fail, 0, "{fail} node tests fail");
    assert!(worse.is_empty(), "worse than recorded in onnx_nodes.txt: {worse:?}");
    assert!(found.len() >= recorded.len(), "node tests are missing");
}
