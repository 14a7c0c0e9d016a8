//! Small models made by hand.

use mote_format::parameters::LookupParameters;
use mote_format::write::{ModelToWrite, OperatorToWrite, parameters};
use mote_format::{
    ConstantRef, ElementType, Header, Location, MINOR, NOT_A_VIEW, Numerics, OpCode, Packing, Shape, TensorRecord,
};

/// Elements of every tensor.
pub const ELEMENTS: u32 = 16;

/// A tensor of 16 int8 elements.
pub fn tensor(location: Location, offset: u32, first_step: u16, last_step: u16) -> TensorRecord {
    TensorRecord {
        offset,
        bytes: ELEMENTS,
        first_step,
        last_step,
        location,
        element_type: ElementType::I8,
        ring_rows: 0,
        view_of: NOT_A_VIEW,
        scale: 0.5,
        zero_point: -3,
        shape: Shape::new(&[1, 4, 4]).expect("16 elements"),
    }
}

/// Output byte = 255 − input byte.
pub fn complement(input: u16, output: u16) -> OperatorToWrite {
    let table = ConstantRef { offset: 0, bytes: 256 };
    OperatorToWrite {
        code: OpCode::LOOKUP_8,
        inputs: vec![input],
        outputs: vec![output],
        parameters: parameters(&LookupParameters { table }),
    }
}

/// A model of these tensors and operators: tensor 0 is its input, the last its output.
pub fn model(tensors: Vec<TensorRecord>, operators: Vec<OperatorToWrite>, state_bytes: u32) -> ModelToWrite {
    let arena = tensors.iter().filter(|t| t.location == Location::Arena).map(|t| t.offset + t.bytes).max();
    let last = tensors.len() as u16 - 1;
    ModelToWrite {
        header: Header {
            minor: MINOR,
            file_bytes: 0,
            arena_bytes: arena.unwrap_or(0),
            scratch_bytes: 0,
            state_bytes,
            tensor_count: 0,
            operator_count: 0,
            packing: Packing::Portable,
            numerics: Numerics::Tflm,
            input_count: 0,
            output_count: 0,
            section_count: 0,
        },
        tensors,
        inputs: vec![0],
        outputs: vec![last],
        operators,
        constants: (0..=255).rev().collect(),
        state: if state_bytes == 0 { Vec::new() } else { vec![(state_bytes, vec![7])] },
        passport: Vec::new(),
        names: None,
    }
}

/// Complement of the complement, in three places.
pub fn chain() -> ModelToWrite {
    let arena = Location::Arena;
    let tensors = vec![tensor(arena, 0, 0, 1), tensor(arena, 16, 1, 2), tensor(arena, 32, 2, 3)];
    model(tensors, vec![complement(0, 1), complement(1, 2)], 0)
}

/// Puts the complement of the input into the state; the output is the complement of the state before that.
pub fn stateful() -> ModelToWrite {
    let (arena, state) = (Location::Arena, Location::State);
    let tensors = vec![tensor(arena, 0, 0, 2), tensor(state, 0, 0, 0), tensor(arena, 16, 1, 3)];
    model(tensors, vec![complement(1, 2), complement(0, 1)], ELEMENTS)
}
