//! Golden vectors: what a model must give on inputs generated from seeds, so that any device can test itself.
//!
//! Each vector is one inference from the initial state in an arena of zeros. Zeros matter for the CRC of an operator
//! that fills part of a tensor (parts of a join): the other part holds what was there before.

use crate::custom::HostOperators;
use crate::error::CompileError;
use crate::seed::seeded_input;
use mote_engine::{Model, Observer, OperatorEntry, OperatorEvent, RunError, Session, operators};
use mote_format::ElementType;
use mote_format::write::encode;
use mote_format::{GoldenInput, GoldenVector};
use mote_numbers::Crc32;

/// Takes the CRC of each operator's outputs.
#[derive(Default)]
struct Crcs(Vec<u8>);

impl Observer for Crcs {
    fn finished(&mut self, event: &OperatorEvent<'_>) {
        let mut crc = Crc32::new();
        let mut index = 0;
        while let Some((_, bytes)) = event.output(index) {
            crc.update(bytes);
            index += 1;
        }
        self.0.extend(crc.value().to_le_bytes());
    }
}

/// Encoded golden vectors for the seeds 0 .. `seeds`, made with the reference kernels. Empty when the model stops on a
/// generated input (an index tensor that points outside its table), and when the code of a custom operator is not here.
///
/// # Errors
/// The engine refuses the file, or a run fails in another way.
pub fn golden_vectors(file: &[u8], seeds: u32, custom: &[&'static OperatorEntry]) -> Result<Vec<u8>, CompileError> {
    let refused = |error: mote_engine::ModelError| CompileError::Refused {
        place: "golden vectors".into(),
        reason: error.to_string(),
    };
    let operators = HostOperators::for_file(file, operators::reference(), custom);
    if !operators.without_code().is_empty() {
        return Ok(Vec::new());
    }
    let set = operators.set();
    let model = Model::parse(file, &set).map_err(refused)?;
    let mut encoded = Vec::new();
    for seed in 0..seeds {
        let mut crcs = Crcs::default();
        let output_crc = match run(&model, seed, &mut crcs) {
            Ok(crc) => crc,
            Err(RunError::Fault { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(CompileError::Run(error.to_string())),
        };
        let input = GoldenInput::Seed(seed);
        encoded.extend(encode(&GoldenVector { input, output_crc, operator_crcs: &crcs.0 }));
    }
    Ok(encoded)
}

/// One inference on the inputs of `seed`; the CRC of all outputs.
fn run(model: &Model<'_>, seed: u32, crcs: &mut Crcs) -> Result<u32, RunError> {
    let mut arena = vec![0; model.header().arena_bytes as usize];
    let mut state = vec![0; model.header().state_bytes as usize];
    let mut session = Session::new(model, &mut arena, &mut state)?;
    for index in 0..model.input_count() {
        let mut input = session.input(index)?;
        let record = input.record;
        let bytes = seeded_input(graph_type(record.element_type), record.shape.elements(), index, seed);
        input.copy_from(&bytes)?;
    }
    session.run_observed(crcs)?;
    let mut crc = Crc32::new();
    for index in 0..model.output_count() {
        crc.update(session.output(index)?.bytes);
    }
    Ok(crc.value())
}

pub fn graph_type(element_type: ElementType) -> mote_graph::ElementType {
    match element_type {
        ElementType::I8 => mote_graph::ElementType::I8,
        ElementType::U8 => mote_graph::ElementType::U8,
        ElementType::I16 => mote_graph::ElementType::I16,
        ElementType::I32 => mote_graph::ElementType::I32,
        ElementType::I64 => mote_graph::ElementType::I64,
        ElementType::F32 => mote_graph::ElementType::F32,
        ElementType::Bool => mote_graph::ElementType::Bool,
    }
}
