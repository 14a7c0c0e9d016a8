//! From the bytes of a float `.tflite` file to tract's typed graph.

use crate::error::{Error, shortened};
use crate::limits::{self, MAX_NODES};
use tract_onnx::prelude::TypedModel;
use tract_tflite::prelude::Framework;
use tract_tflite::tflite::{BuiltinOperator, Model, SubGraph, TensorType, root_as_model};

/// tract's graph with the names of its ports.
pub(crate) struct Loaded {
    pub model: TypedModel,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

/// Verifies the flatbuffer, refuses quantised tensors and indices out of range, and lets tract translate it.
pub(crate) fn load(bytes: &[u8]) -> Result<Loaded, Error> {
    let unreadable = |reason: String| Error::Unreadable { format: "TFLite", reason: shortened(&reason) };
    let root = root_as_model(bytes).map_err(|error| unreadable(error.to_string()))?;
    let graph = root.subgraphs().and_then(|graphs| graphs.iter().next());
    let graph = graph.ok_or_else(|| unreadable("it holds no graph".into()))?;
    check_tensors(&graph)?;
    let operators = graph.operators().map_or(0, |operators| operators.len());
    if operators > MAX_NODES {
        return Err(Error::TooLarge { what: "the number of operators".into(), found: operators, limit: MAX_NODES });
    }
    let names = |indices: Option<Vec<i32>>, what: &str| {
        let indices = indices.ok_or_else(|| unreadable(format!("its graph has no {what}")))?;
        let name = |index: i32| {
            let tensors = graph.tensors()?;
            let index = usize::try_from(index).ok().filter(|&index| index < tensors.len())?;
            Some(tensors.get(index).name().unwrap_or_default().to_owned())
        };
        let named = indices.into_iter().map(name).collect::<Option<Vec<_>>>();
        named.ok_or_else(|| unreadable(format!("an index among its {what} names no tensor")))
    };
    let inputs = names(graph.inputs().map(|all| all.iter().collect()), "inputs")?;
    let outputs = names(graph.outputs().map(|all| all.iter().collect()), "outputs")?;
    let model = tract_tflite::tflite().model_for_read(&mut &*bytes).map_err(|error| refusal(&root, &error))?;
    Ok(Loaded { model, inputs, outputs })
}

/// tract's refusal, with the operator by name: its own words print the operator's record and give a kind as a number.
fn refusal(root: &Model<'_>, error: &impl std::fmt::Display) -> Error {
    let text = format!("{error:#}");
    let named = text.split("opcode_index: ").nth(1).and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let codes = root.operator_codes()?;
        let index = digits.parse::<usize>().ok().filter(|&index| index < codes.len())?;
        // Old files keep small codes in a field of their own.
        let code = codes.get(index).builtin_code().0.max(i32::from(codes.get(index).deprecated_builtin_code()));
        BuiltinOperator(code).variant_name()
    });
    let cause = text.rsplit("}: ").next().unwrap_or_default().split(['{', '(']).next().unwrap_or_default().trim();
    match named {
        Some(name) if text.contains("Unsupported: OperatorCode") => {
            Error::Unsupported { reason: format!("it has no operator {name}") }
        }
        Some(name) => Error::Unsupported { reason: format!("operator {name}: {}", shortened(cause)) },
        None => Error::unsupported(text),
    }
}

fn check_tensors(graph: &SubGraph<'_>) -> Result<(), Error> {
    for tensor in graph.tensors().iter().flatten() {
        let name = || tensor.name().unwrap_or_default().to_owned();
        let scales = tensor.quantization().and_then(|quantization| quantization.scale()).map_or(0, |all| all.len());
        let narrow = matches!(tensor.type_(), TensorType::INT8 | TensorType::UINT8 | TensorType::INT16);
        if narrow && scales > 0 {
            return Err(Error::Quantized {
                tensor: name(),
                element_type: format!("{:?}", tensor.type_()).to_lowercase(),
            });
        }
        let extents = tensor.shape().into_iter().flatten();
        limits::elements(&name(), extents.map(|extent| usize::try_from(extent).unwrap_or(usize::MAX)))?;
    }
    Ok(())
}
