//! A small model made by hand.

use mote_format::parameters::LookupParameters;
use mote_format::write::{ModelToWrite, OperatorToWrite, parameters, write_model};
use mote_format::{
    ConstantRef, ElementType, Header, Location, MINOR, NOT_A_VIEW, Numerics, OpCode, Packing, Shape, TensorRecord,
};
use std::vec;
use std::vec::Vec;

/// Elements of its input and output.
pub const ELEMENTS: usize = 16;

/// Its output is its input; in between stands the complement of the bytes. The output's scale is 1/256 and its zero
/// point -128, as after a softmax; the input's are a half and 1.
pub fn file() -> Vec<u8> {
    let tensor = |index: u32, scale: f32, zero_point: i32| TensorRecord {
        offset: index * ELEMENTS as u32,
        bytes: ELEMENTS as u32,
        first_step: index as u16,
        last_step: index as u16 + 1,
        location: Location::Arena,
        element_type: ElementType::I8,
        ring_rows: 0,
        view_of: NOT_A_VIEW,
        scale,
        zero_point,
        shape: Shape::new(&[1, 16]).unwrap(),
    };
    let complement = |input: u16| OperatorToWrite {
        code: OpCode::LOOKUP_8,
        inputs: vec![input],
        outputs: vec![input + 1],
        parameters: parameters(&LookupParameters { table: ConstantRef { offset: 0, bytes: 256 } }),
    };
    write_model(&ModelToWrite {
        header: Header {
            minor: MINOR,
            file_bytes: 0,
            arena_bytes: 3 * ELEMENTS as u32,
            scratch_bytes: 0,
            state_bytes: 0,
            tensor_count: 0,
            operator_count: 0,
            packing: Packing::Portable,
            numerics: Numerics::Tflm,
            input_count: 0,
            output_count: 0,
            section_count: 0,
        },
        tensors: vec![tensor(0, 0.5, 1), tensor(1, 1.0, 0), tensor(2, 1.0 / 256.0, -128)],
        inputs: vec![0],
        outputs: vec![2],
        operators: vec![complement(0), complement(1)],
        constants: (0..=255).rev().collect(),
        state: Vec::new(),
        passport: Vec::new(),
        names: None,
    })
}
