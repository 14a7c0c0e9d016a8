//! A lowered program with its layout, as the bytes of a model file.

use crate::error::CompileError;
use crate::layout::Layout;
use crate::lower::{Place, Program, Record};
use mote_format::write::{ModelToWrite, Names, OperatorToWrite, write_model};
use mote_format::{ElementType, Header, Location, MAX_RECORDS, NOT_A_VIEW, Numerics, Packing, Shape, TensorRecord};

/// Most bytes of arena, state or file: offsets and sizes are 30-bit.
const MAX_BYTES: usize = 1 << 30;

/// Refuses a program beyond the format's counts and sizes.
pub fn check_limits(program: &Program) -> Result<(), CompileError> {
    let within = |what, found, limit| match found <= limit {
        true => Ok(()),
        false => Err(CompileError::Limit { what, found, limit }),
    };
    within("tensors", program.records.len(), MAX_RECORDS.into())?;
    within("operators", program.operators.len(), MAX_RECORDS.into())?;
    within("inputs", program.inputs.len(), u8::MAX as usize)?;
    within("outputs", program.outputs.len(), u8::MAX as usize)?;
    let operands = program.operators.iter().map(|o| o.inputs.len()).max().unwrap_or(0);
    within("inputs of one operator", operands, u8::MAX as usize)?;
    within("bytes of constants", program.constants.bytes().len(), MAX_BYTES)?;
    within("bytes of state", program.state_bytes, MAX_BYTES)?;
    let largest = program.records.iter().map(Record::bytes).max().unwrap_or(0);
    within("bytes in one tensor", largest, MAX_BYTES)
}

/// The file's bytes. The program has passed [`check_limits`].
///
/// # Errors
/// The arena is beyond the format's limit.
pub fn assemble(
    program: &Program,
    layout: &Layout,
    numerics: Numerics,
    passport: Vec<u8>,
    names: Option<Names>,
) -> Result<Vec<u8>, CompileError> {
    if layout.arena_bytes() > MAX_BYTES {
        let (what, found) = ("bytes of arena", layout.arena_bytes());
        return Err(CompileError::Limit { what, found, limit: MAX_BYTES });
    }
    let index = |record: &usize| *record as u16;
    let operators = program.operators.iter().map(|operator| OperatorToWrite {
        code: operator.code,
        inputs: operator.inputs.iter().map(index).collect(),
        outputs: operator.outputs.iter().map(index).collect(),
        parameters: operator.parameters.clone(),
    });
    let model = ModelToWrite {
        header: Header {
            minor: 0,
            file_bytes: 0,
            arena_bytes: layout.arena_bytes() as u32,
            scratch_bytes: layout.scratch_bytes as u32,
            state_bytes: program.state_bytes as u32,
            tensor_count: 0,
            operator_count: 0,
            packing: Packing::Portable,
            numerics,
            input_count: 0,
            output_count: 0,
            section_count: 0,
        },
        tensors: (0..program.records.len()).map(|record| tensor_record(program, layout, record)).collect(),
        inputs: program.inputs.iter().map(index).collect(),
        outputs: program.outputs.iter().map(index).collect(),
        operators: operators.collect(),
        constants: program.constants.bytes().to_vec(),
        state: program.initial_state.clone(),
        passport,
        names,
    };
    Ok(write_model(&model))
}

/// Names and costs for tools.
pub fn names(program: &Program) -> Names {
    Names {
        tensors: program.records.iter().map(|record| record.name.clone()).collect(),
        operators: program.operators.iter().map(|operator| operator.origin.clone()).collect(),
        operator_macs: program.operators.iter().map(|operator| operator.macs).collect(),
        operator_weight_bytes: program.operators.iter().map(|operator| operator.weight_bytes).collect(),
    }
}

fn tensor_record(program: &Program, layout: &Layout, index: usize) -> TensorRecord {
    let record = &program.records[index];
    let (location, offset, view_of) = match record.place {
        Place::Arena => (Location::Arena, layout.offsets[index], NOT_A_VIEW),
        Place::View(base) => (Location::Arena, layout.offsets[index], base as u16),
        Place::Constant { offset } => (Location::Constant, offset, NOT_A_VIEW),
        Place::State { offset } => (Location::State, offset, NOT_A_VIEW),
    };
    let extents: Vec<u32> = record.shape.iter().map(|&extent| extent as u32).collect();
    TensorRecord {
        offset: offset as u32,
        bytes: record.bytes() as u32,
        first_step: layout.lifetimes[index].first_step as u16,
        last_step: layout.lifetimes[index].last_step as u16,
        location,
        element_type: element_type(record.element_type),
        ring_rows: 0,
        view_of,
        scale: record.scale,
        zero_point: record.zero_point,
        // Lowering has refused every shape that this cannot hold.
        shape: Shape::new(&extents).unwrap_or_else(|| unreachable!("shapes are checked when records are made")),
    }
}

fn element_type(graph: mote_graph::ElementType) -> ElementType {
    match graph {
        mote_graph::ElementType::I8 => ElementType::I8,
        mote_graph::ElementType::U8 => ElementType::U8,
        mote_graph::ElementType::I16 => ElementType::I16,
        mote_graph::ElementType::I32 => ElementType::I32,
        mote_graph::ElementType::I64 => ElementType::I64,
        mote_graph::ElementType::F32 => ElementType::F32,
        mote_graph::ElementType::Bool => ElementType::Bool,
    }
}
