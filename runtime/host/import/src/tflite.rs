//! The TFLite importer's door.

use crate::importer::Importer;
use crate::onnx::{strided, strides};
use crate::report::{Blocker, Finding, ImportReport};
use crate::schema::{Source, load};
use crate::{ImportOptions, Severity};
use mote_graph::{Graph, verify};
use std::collections::HashMap;

/// A named entry of the file, where it says what callers call its inputs and outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Key, often `serving_default`.
    pub key: String,
    /// Name and position in [`Graph::inputs`].
    pub inputs: Vec<(String, usize)>,
    /// Name and position in [`Graph::outputs`].
    pub outputs: Vec<(String, usize)>,
}

/// An imported model.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model; [`mote_graph::verify`] holds.
    pub graph: Graph,
    /// Warnings and notes; no blockers.
    pub report: ImportReport,
    /// Schema version of the file (3).
    pub schema_version: u32,
    /// Description string of the file, often the converter's name; may be empty.
    pub description: String,
    /// Operators of the main subgraph in the file, before any were folded.
    pub source_operators: usize,
    /// Signatures of the main subgraph.
    pub signatures: Vec<Signature>,
    /// For each tensor of the graph, its index in the file's main subgraph; none for constants made here, and for
    /// sources that have no such index.
    pub source_tensors: Vec<Option<usize>>,
    /// For each graph input, how its axes lie in the source; empty when all are as in the source.
    pub input_layouts: Vec<PortLayout>,
    /// For each graph output, how its axes lie in the source; empty when all are as in the source.
    pub output_layouts: Vec<PortLayout>,
}

/// Order of the axes of a graph input or output against the source model's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortLayout {
    /// Axis i of the graph's tensor is axis `permutation[i]` of the source's: [0, 2, 3, 1] for a channels-first image.
    pub permutation: Vec<usize>,
}

impl PortLayout {
    /// True when the axes are in the source's order.
    pub fn is_plain(&self) -> bool {
        self.permutation.is_sorted()
    }

    /// The source's extents of a tensor whose extents in the graph are `shape`.
    pub fn source_shape(&self, shape: &[usize]) -> Vec<usize> {
        let mut out = shape.to_vec();
        for (&axis, &extent) in self.permutation.iter().zip(shape) {
            if let Some(slot) = out.get_mut(axis) {
                *slot = extent;
            }
        }
        out
    }

    /// Bytes of a tensor in the source's order as the graph orders them. `shape` is the graph's; elements have
    /// `element_bytes` bytes. Bytes that do not fit the shape come back as they are.
    pub fn to_graph(&self, bytes: &[u8], shape: &[usize], element_bytes: usize) -> Vec<u8> {
        let source = self.source_shape(shape);
        self.reordered(bytes, &source, &self.permutation, element_bytes)
    }

    /// Bytes of a tensor of the graph, of extents `shape`, in the source's order.
    pub fn to_source(&self, bytes: &[u8], shape: &[usize], element_bytes: usize) -> Vec<u8> {
        let mut back = vec![0; self.permutation.len()];
        for (stored, &axis) in self.permutation.iter().enumerate() {
            if let Some(slot) = back.get_mut(axis) {
                *slot = stored;
            }
        }
        self.reordered(bytes, shape, &back, element_bytes)
    }

    /// Axis i of the result is axis `permutation[i]` of `bytes`, whose extents are `shape`.
    fn reordered(&self, bytes: &[u8], shape: &[usize], permutation: &[usize], element_bytes: usize) -> Vec<u8> {
        let fits = permutation.len() == shape.len() && shape.iter().product::<usize>() * element_bytes == bytes.len();
        if self.is_plain() || !fits {
            return bytes.to_vec();
        }
        let strides = strides(shape);
        let steps: Vec<usize> = permutation.iter().map(|&axis| strides[axis]).collect();
        let extents: Vec<usize> = permutation.iter().map(|&axis| shape[axis]).collect();
        let element = |place: usize| bytes[place * element_bytes..(place + 1) * element_bytes].iter().copied();
        strided(&extents, &steps).into_iter().flat_map(element).collect()
    }
}

/// Imports a TFLite model: its first subgraph, with the initialisation subgraphs it calls.
///
/// Any bytes whatever give a result; memory used is a small multiple of their length.
///
/// # Errors
/// The report, with every blocker found: one naming the place for a damaged file, else one per operator concerned.
pub fn import_tflite(bytes: &[u8], options: &ImportOptions) -> Result<Imported, ImportReport> {
    let refuse = |blocker: Blocker| ImportReport { findings: vec![blocker.into_finding(None)] };
    let source = load(bytes, &options.limits).map_err(refuse)?;
    let Some(main) = source.subgraphs.first() else {
        return Err(refuse(Blocker::malformed("the file holds no subgraph")));
    };
    let mut importer = Importer::new(&source, main, options);
    importer.run();
    if main.outputs.is_empty() {
        importer.findings.push(Blocker::malformed("the model has no outputs").into_finding(None));
    }
    note_other_entries(&source, &mut importer.findings);
    let Importer { graph, findings, origins, .. } = importer;
    let mut report = ImportReport { findings };
    if report.is_importable()
        && let Err(broken) = verify(&graph)
    {
        report.findings.push(Blocker::malformed(broken.to_string()).into_finding(None));
    }
    if !report.is_importable() {
        return Err(report);
    }
    Ok(Imported {
        graph,
        report,
        schema_version: source.version,
        description: source.description.clone(),
        source_operators: main.operators.len(),
        signatures: signatures(&source),
        source_tensors: origins,
        input_layouts: Vec::new(),
        output_layouts: Vec::new(),
    })
}

fn note_other_entries(source: &Source<'_>, findings: &mut Vec<Finding>) {
    for signature in source.signatures.iter().filter(|signature| signature.subgraph != 0) {
        let (key, subgraph) = (&signature.key, signature.subgraph);
        findings.push(Finding {
            severity: Severity::Note,
            operator: None,
            tensor: None,
            reason: format!("signature '{key}' (subgraph {subgraph}) is left out; the first subgraph is imported"),
            fix: String::new(),
        });
    }
}

fn signatures(source: &Source<'_>) -> Vec<Signature> {
    let Some(main) = source.subgraphs.first() else { return Vec::new() };
    let by_tensor = |order: &[usize]| -> HashMap<usize, usize> {
        order.iter().enumerate().rev().map(|(position, &tensor)| (tensor, position)).collect()
    };
    let (inputs, outputs) = (by_tensor(&main.inputs), by_tensor(&main.outputs));
    let positions = |pairs: &[(String, usize)], order: &HashMap<usize, usize>| -> Vec<(String, usize)> {
        pairs.iter().filter_map(|(name, tensor)| Some((name.clone(), *order.get(tensor)?))).collect()
    };
    let of_main = source.signatures.iter().filter(|signature| signature.subgraph == 0);
    of_main
        .map(|signature| Signature {
            key: signature.key.clone(),
            inputs: positions(&signature.inputs, &inputs),
            outputs: positions(&signature.outputs, &outputs),
        })
        .collect()
}
