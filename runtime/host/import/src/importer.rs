//! The walk over the file's operators: what operator functions share to read operands and emit nodes.

use crate::ImportOptions;
use crate::operators;
use crate::report::{Blocked, Blocker, Finding, Severity};
use crate::schema::{Operator as RawOperator, Source, Subgraph, tensor_name};
use crate::state::States;
use crate::tensors::convert;
use mote_graph::{Graph, Node, Operator, Tensor, TensorId};
use std::collections::HashMap;

/// Dequantised constants may take this many times the file's length; int8 stored once takes four times.
const FOLDED_BYTES_PER_FILE_BYTE: usize = 16;

/// Result of importing one operator.
pub(crate) type Outcome<T = ()> = Result<T, Blocked>;

/// The operator being imported.
pub(crate) struct Site<'s, 'a> {
    /// Position and name, for people: `#3 CONV_2D`.
    pub origin: &'s str,
    pub inputs: &'s [Option<usize>],
    pub outputs: &'s [usize],
    /// Options.
    pub raw: &'s RawOperator<'a>,
}

/// What is known of a tensor of the file.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Its tensor in the graph, once used.
    graph: Option<TensorId>,
    /// A finding about it is in the report.
    faulty: bool,
    /// A graph input, or the output of an operator that came before.
    written: bool,
}

pub(crate) struct Importer<'s, 'a> {
    pub source: &'s Source<'a>,
    pub subgraph: &'s Subgraph<'a>,
    pub options: &'s ImportOptions,
    pub graph: Graph,
    pub states: States,
    pub findings: Vec<Finding>,
    /// Graph tensor to tensor of the file.
    pub origins: Vec<Option<usize>>,
    known: Vec<Known>,
    /// Outputs of operators that were computed here, by tensor of the file.
    folded: HashMap<usize, Tensor>,
    /// Bytes of all that was computed here.
    folded_bytes: usize,
}

impl<'s, 'a> Importer<'s, 'a> {
    pub fn new(source: &'s Source<'a>, subgraph: &'s Subgraph<'a>, options: &'s ImportOptions) -> Self {
        Self {
            source,
            subgraph,
            options,
            graph: Graph { name: options.name.clone(), ..Graph::default() },
            states: States::default(),
            findings: Vec::new(),
            origins: Vec::new(),
            known: vec![Known::default(); subgraph.tensors.len()],
            folded: HashMap::new(),
            folded_bytes: 0,
        }
    }

    /// Imports inputs, operators and outputs; everything that stops the import is in the findings.
    pub fn run(&mut self) {
        for &input in &self.subgraph.inputs {
            if let Err(Blocked::Because(blocker)) = self.graph_input(input) {
                self.findings.push(blocker.into_finding(None));
            }
            self.known[input].written = true;
        }
        for (index, operator) in self.subgraph.operators.iter().enumerate() {
            if self.findings.len() >= self.options.limits.findings {
                let reason = format!("stopped before operator #{index}: too many findings to list");
                let fix = "deal with those above first";
                self.findings.push(Blocker::new(reason, fix).into_finding(None));
                return;
            }
            let origin = format!("#{index} {}", operator.code.name());
            let site =
                Site { origin: &origin, inputs: &operator.inputs, outputs: &operator.outputs, raw: &operator.raw };
            if let Err(Blocked::Because(blocker)) = operators::import(self, &site, &operator.code) {
                self.findings.push(blocker.into_finding(Some(origin.clone())));
            }
            // Also after a blocker: operators that follow are judged by themselves.
            for &output in &operator.outputs {
                self.known[output].written = true;
            }
        }
        for &output in &self.subgraph.outputs {
            match self.read(output) {
                Ok(id) => self.graph.outputs.push(id),
                Err(Blocked::Because(blocker)) => self.findings.push(blocker.into_finding(None)),
                Err(Blocked::Reported) => {}
            }
        }
    }

    fn graph_input(&mut self, index: usize) -> Outcome {
        let name = self.name(index);
        let tensor = &self.subgraph.tensors[index];
        if self.known[index].written {
            return Err(Blocker::malformed("the same tensor is an input twice").of(name).into());
        }
        if self.source.bytes(tensor).is_some() {
            return Err(Blocker::malformed("a constant is an input").of(name).into());
        }
        let signature: Vec<i32> = tensor.shape_signature().iter().flatten().take(64).collect();
        if signature.iter().skip(1).any(|&extent| extent < 0) {
            self.known[index].faulty = true;
            let fix = "fix every axis but the batch when converting (a concrete function with a full input shape)";
            let reason = format!("dynamic shape: input with signature {signature:?}");
            return Err(Blocker::new(reason, fix).of(name).into());
        }
        let id = self.tensor(index)?;
        if signature.first().is_some_and(|&extent| extent < 0) {
            let batch = self.graph.tensors[id].shape.first().copied().unwrap_or(1);
            self.note(None, Some(name), format!("dynamic batch of the input is fixed at {batch}"));
        }
        self.graph.inputs.push(id);
        Ok(())
    }

    pub fn note(&mut self, operator: Option<String>, tensor: Option<String>, reason: String) {
        self.findings.push(Finding { severity: Severity::Note, operator, tensor, reason, fix: String::new() });
    }

    pub fn warn(&mut self, site: &Site<'_, '_>, tensor: TensorId, reason: String, fix: &str) {
        let tensor = self.graph.tensors.get(tensor).map(|t| t.name.clone());
        let operator = Some(site.origin.to_string());
        self.findings.push(Finding { severity: Severity::Warning, operator, tensor, reason, fix: fix.into() });
    }

    /// Name of a tensor of the file.
    pub fn name(&self, index: usize) -> String {
        tensor_name(&self.subgraph.tensors[index], index)
    }

    /// A tensor of the graph.
    pub fn get(&self, id: TensorId) -> &Tensor {
        &self.graph.tensors[id]
    }

    /// Index in the file of a present input.
    pub fn input_index(&self, site: &Site<'_, '_>, position: usize) -> Outcome<usize> {
        let index = site.inputs.get(position).copied().flatten();
        index.ok_or_else(|| Blocker::malformed(format!("input {position} is missing")).into())
    }

    /// A data input that must be there, readable at this point.
    pub fn input(&mut self, site: &Site<'_, '_>, position: usize) -> Outcome<TensorId> {
        let index = self.input_index(site, position)?;
        self.read(index)
    }

    /// All inputs, each of which must be there.
    pub fn all_inputs(&mut self, site: &Site<'_, '_>) -> Outcome<Vec<TensorId>> {
        (0..site.inputs.len()).map(|position| self.input(site, position)).collect()
    }

    /// A data input that may be left out.
    pub fn optional_input(&mut self, site: &Site<'_, '_>, position: usize) -> Outcome<Option<TensorId>> {
        match site.inputs.get(position).copied().flatten() {
            Some(index) => self.read(index).map(Some),
            None => Ok(None),
        }
    }

    /// An output, not written before.
    pub fn output(&mut self, site: &Site<'_, '_>, position: usize) -> Outcome<TensorId> {
        let index = self.output_index(site, position)?;
        let id = self.tensor(index)?;
        match self.graph.tensors[id].data {
            None => Ok(id),
            Some(_) => Err(Blocker::malformed("writes to a constant").of(self.name(index)).into()),
        }
    }

    /// All outputs.
    pub fn all_outputs(&mut self, site: &Site<'_, '_>) -> Outcome<Vec<TensorId>> {
        (0..site.outputs.len()).map(|position| self.output(site, position)).collect()
    }

    /// Index in the file of an output, checked to be written for the first time.
    pub fn output_index(&self, site: &Site<'_, '_>, position: usize) -> Outcome<usize> {
        let missing = || Blocker::malformed(format!("output {position} is missing"));
        let index = site.outputs.get(position).copied().ok_or_else(missing)?;
        let earlier = site.outputs.iter().take(position).any(|&other| other == index);
        if self.known[index].written || earlier {
            return Err(Blocker::malformed("tensor is written twice").of(self.name(index)).into());
        }
        Ok(index)
    }

    fn read(&mut self, index: usize) -> Outcome<TensorId> {
        let id = self.tensor(index)?;
        if self.known[index].written || self.graph.tensors[id].data.is_some() {
            return Ok(id);
        }
        let reason = "tensor is read, but no operator before writes it and it has no data";
        Err(Blocker::malformed(reason).of(self.name(index)).into())
    }

    /// The graph's tensor for a tensor of the file; a fault in it is reported once.
    fn tensor(&mut self, index: usize) -> Outcome<TensorId> {
        if let Some(id) = self.known[index].graph {
            return Ok(id);
        }
        if self.known[index].faulty {
            return Err(Blocked::Reported);
        }
        let converted = match self.folded.remove(&index) {
            Some(tensor) => Ok(tensor),
            None => convert(self.source, &self.subgraph.tensors[index], index, &self.options.limits),
        };
        let tensor = converted.inspect_err(|_| self.known[index].faulty = true)?;
        let id = self.graph.add_tensor(tensor);
        self.origins.push(Some(index));
        self.known[index].graph = Some(id);
        Ok(id)
    }

    /// A constant that is no tensor of the file.
    pub fn add_constant(&mut self, tensor: Tensor) -> TensorId {
        self.origins.push(None);
        self.graph.add_tensor(tensor)
    }

    /// Sets `bytes` aside for a value computed here. A small file must not unfold without bound.
    pub fn reserve(&mut self, bytes: usize) -> Outcome {
        self.folded_bytes = self.folded_bytes.saturating_add(bytes);
        if self.folded_bytes <= self.source.length.saturating_mul(FOLDED_BYTES_PER_FILE_BYTE) {
            return Ok(());
        }
        let fix = "let every constant be dequantised once";
        Err(Blocker::new("dequantised constants are far larger than the file", fix).into())
    }

    /// Records the computed value of an operator's output; no node is needed.
    pub fn fold(&mut self, index: usize, tensor: Tensor) {
        self.folded.insert(index, tensor);
    }

    /// A value computed here that no node has used yet.
    pub fn folded_tensor(&self, index: usize) -> Option<&Tensor> {
        self.folded.get(&index)
    }

    /// A constant of the file, or one computed here, by its index in the file; none when it is computed at run time.
    pub fn constant(&self, index: usize) -> Outcome<Option<Tensor>> {
        if let Some(tensor) = self.folded.get(&index) {
            return Ok(Some(tensor.clone()));
        }
        if let Some(id) = self.known[index].graph {
            return Ok(self.graph.tensors.get(id).filter(|tensor| tensor.data.is_some()).cloned());
        }
        let tensor = &self.subgraph.tensors[index];
        if self.source.bytes(tensor).is_none() {
            return Ok(None);
        }
        Ok(Some(convert(self.source, tensor, index, &self.options.limits)?))
    }

    /// Emits a node.
    pub fn push(
        &mut self,
        site: &Site<'_, '_>,
        operator: Operator,
        inputs: Vec<TensorId>,
        outputs: Vec<TensorId>,
    ) -> Outcome {
        self.graph.nodes.push(Node { operator, inputs, outputs, origin: site.origin.into() });
        Ok(())
    }
}
