//! The one place that touches the flatbuffer schema: verification, and the file as plain lists.
//!
//! The schema itself is `tract_tflite::tflite`, pinned to one version. Everything here is hostile input: after
//! [`load`], every index of an operator or subgraph is known to be in range, and names are fit for a terminal.

use crate::Limits;
use crate::report::Blocker;
use flatbuffers::VerifierOptions;
use mote_graph::TensorData;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
pub(crate) use tract_tflite::tflite::{
    ActivationFunctionType, BuiltinOperator, FullyConnectedOptionsWeightsFormat, Operator, Padding,
    QuantizationDetails, Tensor, TensorType,
};
use tract_tflite::tflite::{Model, root_as_model_with_opts};

/// An operator code of the file.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub builtin: BuiltinOperator,
    /// Name of a custom operator.
    pub custom: Option<String>,
}

impl Code {
    pub fn name(&self) -> String {
        match (&self.custom, self.builtin.variant_name()) {
            (Some(custom), _) if self.builtin == BuiltinOperator::CUSTOM => custom.clone(),
            (_, Some(name)) => name.into(),
            (_, None) => format!("operator code {}", self.builtin.0),
        }
    }
}

/// An operator with its operands; indices are in range.
pub(crate) struct SourceOperator<'a> {
    pub code: Code,
    /// Absent optional operands are none.
    pub inputs: Vec<Option<usize>>,
    pub outputs: Vec<usize>,
    pub raw: Operator<'a>,
}

pub(crate) struct Subgraph<'a> {
    pub tensors: Vec<Tensor<'a>>,
    pub operators: Vec<SourceOperator<'a>>,
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
}

/// Signature as stored: key, subgraph and (name, tensor index) pairs.
pub(crate) struct SourceSignature {
    pub key: String,
    pub subgraph: usize,
    pub inputs: Vec<(String, usize)>,
    pub outputs: Vec<(String, usize)>,
}

/// A verified file.
pub(crate) struct Source<'a> {
    pub version: u32,
    pub description: String,
    pub subgraphs: Vec<Subgraph<'a>>,
    pub buffers: Vec<&'a [u8]>,
    /// Bytes of the file.
    pub length: usize,
    /// Copies of buffers, shared by the tensors that share a buffer.
    copies: RefCell<HashMap<u32, TensorData>>,
    pub signatures: Vec<SourceSignature>,
}

impl<'a> Source<'a> {
    /// Stored bytes of a tensor; none when its buffer is empty, as for everything computed.
    pub fn bytes(&self, tensor: &Tensor<'a>) -> Option<&'a [u8]> {
        self.buffers.get(tensor.buffer() as usize).copied().filter(|bytes| !bytes.is_empty())
    }

    /// [`Self::bytes`] as graph data; one copy per buffer, however many tensors name it.
    pub fn data(&self, tensor: &Tensor<'a>) -> Option<TensorData> {
        let bytes = self.bytes(tensor)?;
        let mut copies = self.copies.borrow_mut();
        Some(copies.entry(tensor.buffer()).or_insert_with(|| Arc::new(bytes.to_vec())).clone())
    }
}

/// Text of the file made fit for people: bounded, without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars().take(256).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A tensor's name, or its index when it has none.
pub(crate) fn tensor_name(tensor: &Tensor<'_>, index: usize) -> String {
    match tensor.name() {
        Some(name) if !name.is_empty() => printable(name),
        _ => format!("tensor {index}"),
    }
}

/// Verifies `bytes` and lists what is in them.
pub(crate) fn load<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Source<'a>, Blocker> {
    check_identifier(bytes)?;
    // Tables may share vectors; the apparent size bounds how far a small file can unfold.
    let options = VerifierOptions {
        max_depth: 64,
        max_tables: 1_000_000,
        max_apparent_size: bytes.len().saturating_mul(8).saturating_add(1 << 16),
        ignore_missing_null_terminator: false,
    };
    let model = root_as_model_with_opts(&options, bytes).map_err(|error| damaged(&error.to_string()))?;
    read(&model, limits, bytes.len())
}

/// The verifier's message is a trace of lines, innermost place first.
fn damaged(message: &str) -> Blocker {
    let place: Vec<&str> = message.lines().map(|line| line.trim().trim_end_matches('.')).collect();
    Blocker::new(
        format!("damaged or truncated file: {}", place.join("; ").trim_end_matches("; ")),
        "get the file again and compare its size and checksum with the original",
    )
}

fn check_identifier(bytes: &[u8]) -> Result<(), Blocker> {
    let fix = "give a .tflite file (flatbuffer with the identifier TFL3)";
    match bytes.get(4..8) {
        Some(b"TFL3") => Ok(()),
        Some(b"3LFT") => Err(Blocker::new("byte order reversed: a big-endian file (identifier 3LFT)", fix)),
        Some(other) => {
            let found: Vec<String> = other.iter().map(|byte| format!("{byte:02x}")).collect();
            let reason = format!("not a TFLite file: bytes 4 to 8 are {}, not 'TFL3'", found.join(" "));
            Err(Blocker::new(reason, fix))
        }
        None => Err(Blocker::new(format!("not a TFLite file: only {} bytes long", bytes.len()), fix)),
    }
}

fn limited(what: &str, found: usize, limit: usize) -> Result<(), Blocker> {
    if found <= limit {
        return Ok(());
    }
    let reason = format!("{found} {what}, the limit is {limit}");
    Err(Blocker::new(reason, "raise the import limit if the file is trusted"))
}

fn read<'a>(model: &Model<'a>, limits: &Limits, length: usize) -> Result<Source<'a>, Blocker> {
    if model.version() == 0 {
        // A table without fields passes the verifier.
        return Err(damaged("schema version 0"));
    }
    if model.version() != 3 {
        let reason = format!("TFLite schema version {}; this importer reads version 3", model.version());
        return Err(Blocker::new(reason, "convert the model again with a current converter"));
    }
    let codes: Vec<Code> = model.operator_codes().iter().flatten().map(|code| read_code(&code)).collect();
    let subgraph_count = model.subgraphs().map_or(0, |subgraphs| subgraphs.len());
    if subgraph_count == 0 {
        return Err(Blocker::malformed("the file holds no subgraph"));
    }
    limited("subgraphs", subgraph_count, limits.subgraphs)?;
    let subgraphs = model
        .subgraphs()
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, subgraph)| {
            let tensors: Vec<_> = subgraph.tensors().iter().flatten().collect();
            limited("tensors", tensors.len(), limits.tensors)?;
            limited("operators", subgraph.operators().map_or(0, |list| list.len()), limits.operators)?;
            let place = format!("subgraph {index}");
            let inputs = indices(subgraph.inputs(), tensors.len(), &format!("inputs of {place}"))?;
            let outputs = indices(subgraph.outputs(), tensors.len(), &format!("outputs of {place}"))?;
            let operators = subgraph.operators().into_iter().flatten().enumerate();
            let operators = operators
                .map(|(at, raw)| read_operator(raw, &codes, tensors.len(), &format!("operator #{at} of {place}")))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Subgraph { tensors, operators, inputs, outputs })
        })
        .collect::<Result<Vec<_>, Blocker>>()?;
    let buffers = model.buffers().iter().flatten().map(|b| b.data().map_or(&[][..], |d| d.bytes())).collect();
    let signatures = read_signatures(model);
    let description = printable(model.description().unwrap_or(""));
    let version = model.version();
    Ok(Source { version, description, subgraphs, buffers, length, signatures, copies: RefCell::default() })
}

/// Files from before the schema outgrew one byte keep the code in the deprecated field only; the larger one counts.
fn read_code(code: &tract_tflite::tflite::OperatorCode<'_>) -> Code {
    let builtin = BuiltinOperator(code.builtin_code().0.max(i32::from(code.deprecated_builtin_code())));
    Code { builtin, custom: code.custom_code().map(printable) }
}

/// Indices that must all be present.
fn indices(list: Option<impl IntoIterator<Item = i32>>, tensors: usize, place: &str) -> Result<Vec<usize>, Blocker> {
    let list = list.into_iter().flatten();
    list.map(|index| match usize::try_from(index) {
        Ok(index) if index < tensors => Ok(index),
        _ => {
            let reason = format!("{place} name tensor {index}, but there are {tensors}");
            Err(Blocker::malformed(reason))
        }
    })
    .collect()
}

fn read_operator<'a>(
    raw: Operator<'a>,
    codes: &[Code],
    tensors: usize,
    place: &str,
) -> Result<SourceOperator<'a>, Blocker> {
    let code = codes.get(raw.opcode_index() as usize).cloned().ok_or_else(|| {
        let reason = format!("{place} has operator code index {}, but there are {}", raw.opcode_index(), codes.len());
        Blocker::malformed(reason)
    })?;
    // −1 marks an absent optional input.
    let inputs = raw.inputs().into_iter().flatten().map(|index| match usize::try_from(index) {
        Ok(index) if index < tensors => Ok(Some(index)),
        Err(_) if index == -1 => Ok(None),
        _ => {
            let reason = format!("inputs of {place} ({}) name tensor {index}, but there are {tensors}", code.name());
            Err(Blocker::malformed(reason))
        }
    });
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let outputs = indices(raw.outputs(), tensors, &format!("outputs of {place} ({})", code.name()))?;
    Ok(SourceOperator { code, inputs, outputs, raw })
}

fn read_signatures(model: &Model<'_>) -> Vec<SourceSignature> {
    let signatures = model.signature_defs();
    let signatures = signatures.iter().flatten().map(|signature| {
        let inputs = signature.inputs();
        let outputs = signature.outputs();
        let pairs = |map: tract_tflite::tflite::TensorMap<'_>| {
            (printable(map.name().unwrap_or("")), map.tensor_index() as usize)
        };
        SourceSignature {
            key: printable(signature.signature_key().unwrap_or("")),
            subgraph: signature.subgraph_index() as usize,
            inputs: inputs.iter().flatten().map(pairs).collect(),
            outputs: outputs.iter().flatten().map(pairs).collect(),
        }
    });
    signatures.collect()
}
