//! Runs a graph as it stands: compiled without slimming, every tensor readable afterwards.

use crate::assemble::{assemble, names};
use crate::build::build;
use crate::custom::{CustomOptions, HostOperators};
use crate::error::CompileError;
use mote_engine::{Model, OperatorSet, RunError, Session, operators};
use mote_format::{Location, Numerics};
use mote_graph::{Graph, TensorId};

/// A graph that can be run and looked into. State is kept from run to run.
pub struct Evaluator {
    file: Vec<u8>,
    operators: HostOperators,
    arena: Vec<u8>,
    state: Vec<u8>,
    record_of: Vec<Option<usize>>,
    names: Vec<String>,
}

impl Evaluator {
    /// For running `graph` on the reference kernels.
    ///
    /// # Errors
    /// As of [`crate::compile`].
    pub fn new(graph: &Graph, numerics: Numerics) -> Result<Self, CompileError> {
        Self::with_operators(graph, numerics, operators::reference())
    }

    /// As [`Evaluator::new`], on other kernels. The set must hold the graph's custom operators.
    pub fn with_operators(
        graph: &Graph,
        numerics: Numerics,
        operators: OperatorSet<'static>,
    ) -> Result<Self, CompileError> {
        let operators = HostOperators::for_graph(graph, operators, &[]);
        if !operators.without_code().is_empty() {
            let names = operators.without_code().join("', '");
            return Err(CompileError::Run(format!("no code for the custom operators '{names}'")));
        }
        Self::with_stand_ins(graph, numerics, operators)
    }

    /// As [`Evaluator::with_operators`]; where code of a custom operator is missing, its stand-in runs.
    pub(crate) fn with_stand_ins(
        graph: &Graph,
        numerics: Numerics,
        operators: HostOperators,
    ) -> Result<Self, CompileError> {
        let code = operators.custom_code();
        let built = build(graph, numerics, true, &CustomOptions { code, ..CustomOptions::default() })?;
        let file = assemble(&built.program, &built.layout, numerics, Vec::new(), Some(names(&built.program)))?;
        let mut evaluator = Self {
            file,
            operators,
            arena: vec![0; built.layout.arena_bytes()],
            state: vec![0; built.program.state_bytes],
            names: built.program.records.iter().map(|record| record.name.clone()).collect(),
            record_of: built.program.record_of,
        };
        evaluator.reset()?;
        Ok(evaluator)
    }

    /// Sets state tensors to their initial values.
    ///
    /// # Errors
    /// The engine refuses the compiled graph.
    pub fn reset(&mut self) -> Result<(), CompileError> {
        let set = self.operators.set();
        let model = parse(&self.file, &set)?;
        Session::new(&model, &mut self.arena, &mut self.state).map_err(run_error)?;
        Ok(())
    }

    /// One inference; raw little-endian bytes in and out, in the graph's order.
    ///
    /// # Errors
    /// Wrong number or length of inputs; a run that stops.
    pub fn run(&mut self, inputs: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, CompileError> {
        let set = self.operators.set();
        let model = parse(&self.file, &set)?;
        let mut session = Session::resume(&model, &mut self.arena, &mut self.state).map_err(run_error)?;
        if inputs.len() != model.input_count() {
            let needed = model.input_count();
            return Err(CompileError::Run(format!("{} inputs given, the model has {needed}", inputs.len())));
        }
        for (index, bytes) in inputs.iter().enumerate() {
            session.input(index).and_then(|mut input| input.copy_from(bytes)).map_err(run_error)?;
        }
        session.run().map_err(run_error)?;
        let output = |index| session.output(index).map(|port| port.bytes.to_vec()).map_err(run_error);
        (0..model.output_count()).map(output).collect()
    }

    /// Bytes of graph tensor `tensor` after a run; none for tensors that take no part in it (weights).
    pub fn tensor(&self, tensor: TensorId) -> Option<&[u8]> {
        self.record(self.record_of.get(tensor).copied().flatten()?)
    }

    /// Bytes of the tensor named `name` after a run; of several, the last.
    pub fn tensor_named(&self, name: &str) -> Option<&[u8]> {
        self.record(self.names.iter().rposition(|candidate| candidate == name)?)
    }

    fn record(&self, index: usize) -> Option<&[u8]> {
        let model = mote_format::ModelFile::read(&self.file).ok()?;
        let record = model.tensor(index as u16).ok()?;
        let span = record.offset as usize..(record.offset + record.bytes) as usize;
        match record.location {
            Location::Arena => self.arena.get(span),
            Location::State => self.state.get(span),
            Location::Constant => {
                let section = model.constants().get(span)?;
                Some(section)
            }
        }
    }
}

fn parse<'f>(file: &'f [u8], operators: OperatorSet<'f>) -> Result<Model<'f>, CompileError> {
    let refused = |error: mote_engine::ModelError| CompileError::Refused {
        place: "evaluation".into(),
        reason: error.to_string(),
    };
    Model::parse(file, operators).map_err(refused)
}

fn run_error(error: RunError) -> CompileError {
    CompileError::Run(error.to_string())
}
