//! Writes model files (hosts only).

use crate::header::{HEADER_BYTES, SECTION_ALIGNMENT, SECTION_ENTRY_BYTES};
use crate::{
    Fixed, Header, MAGIC, MAJOR, MINOR, OperatorRecord, SEGMENT_WHOLE, SectionKind, SegmentRecord, TensorRecord,
};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Names of tensors and operators, for tools; stands in the strippable names section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// One per tensor record.
    pub tensors: Vec<String>,
    /// One per operator record: where it came from.
    pub operators: Vec<String>,
    /// Multiply-accumulates of each operator.
    pub operator_macs: Vec<u64>,
    /// Bytes of each operator's weights.
    pub operator_weight_bytes: Vec<u64>,
}

impl Names {
    /// Reads a names section; none when it is stripped or malformed.
    pub fn decode(section: &[u8]) -> Option<Self> {
        postcard::from_bytes(section).ok()
    }
}

/// One operator to write.
#[derive(Clone, Debug)]
pub struct OperatorToWrite {
    /// Operator code.
    pub code: crate::OpCode,
    /// Input tensor indices.
    pub inputs: Vec<u16>,
    /// Output tensor indices.
    pub outputs: Vec<u16>,
    /// Parameters, as [`parameters`] writes them.
    pub parameters: Vec<u8>,
}

/// Everything a model file holds.
#[derive(Clone, Debug)]
pub struct ModelToWrite {
    /// Sizes, packing and numerics; counts and lengths are filled in.
    pub header: Header,
    /// Tensor records.
    pub tensors: Vec<TensorRecord>,
    /// Graph inputs, by tensor index.
    pub inputs: Vec<u16>,
    /// Graph outputs, by tensor index.
    pub outputs: Vec<u16>,
    /// Operators in execution order.
    pub operators: Vec<OperatorToWrite>,
    /// The constant section.
    pub constants: Vec<u8>,
    /// Initial state: runs of (length, bytes or one fill byte).
    pub state: Vec<(u32, Vec<u8>)>,
    /// Encoded passport.
    pub passport: Vec<u8>,
    /// Names; none strips the section.
    pub names: Option<Names>,
}

/// Encodes a record the way the reader decodes it.
///
/// # Panics
/// Never for the records of this crate: postcard only fails on types it cannot represent.
pub fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    postcard::to_allocvec(record).expect("records of this crate are representable in postcard")
}

/// The bytes of a value of fixed width, as operator records hold parameters.
pub fn parameters<T: Fixed>(parameters: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(T::BYTES);
    parameters.write(&mut |field| bytes.extend_from_slice(field));
    bytes
}

/// The file's bytes.
pub fn write_model(model: &ModelToWrite) -> Vec<u8> {
    let mut tensors = Vec::new();
    for port in model.inputs.iter().chain(&model.outputs) {
        tensors.extend_from_slice(&port.to_le_bytes());
    }
    for tensor in &model.tensors {
        tensors.extend_from_slice(&tensor.to_bytes());
    }
    let mut state = Vec::new();
    for (bytes, data) in &model.state {
        state.extend(encode(&crate::StateRun { bytes: *bytes, data }));
    }
    let names = model.names.as_ref().map(encode).unwrap_or_default();
    let needed = 1u16;
    let sections = [
        (SectionKind::Tensors, needed, tensors),
        (SectionKind::Operators, needed, operator_section(&model.operators)),
        (SectionKind::State, needed, state),
        (SectionKind::Passport, 0, model.passport.clone()),
        (SectionKind::Names, 0, names),
        (SectionKind::Constants, needed, model.constants.clone()),
    ];
    let sections: Vec<_> = sections.into_iter().filter(|(_, _, bytes)| !bytes.is_empty()).collect();

    let align = |at: usize| at.next_multiple_of(SECTION_ALIGNMENT);
    let mut offset = align(HEADER_BYTES + sections.len() * SECTION_ENTRY_BYTES);
    let mut table = Vec::new();
    let mut body = Vec::new();
    let body_start = offset;
    for (kind, flags, bytes) in &sections {
        table.extend_from_slice(&(*kind as u16).to_le_bytes());
        table.extend_from_slice(&flags.to_le_bytes());
        table.extend_from_slice(&(offset as u32).to_le_bytes());
        table.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        body.extend_from_slice(bytes);
        offset = align(offset + bytes.len());
        body.resize(offset - body_start, 0);
    }
    let mut file = header_bytes(model, offset as u32, sections.len() as u16);
    file.extend_from_slice(&table);
    file.resize(body_start, 0);
    file.extend_from_slice(&body);
    file
}

fn operator_section(operators: &[OperatorToWrite]) -> Vec<u8> {
    let mut bytes = match operators.len() {
        0 => Vec::new(),
        count => encode(&SegmentRecord { kind: SEGMENT_WHOLE, operators: count as u16 }),
    };
    for operator in operators {
        let operands: Vec<u8> =
            operator.inputs.iter().chain(&operator.outputs).flat_map(|id| id.to_le_bytes()).collect();
        bytes.extend(encode(&OperatorRecord {
            code: operator.code.0,
            input_count: operator.inputs.len() as u8,
            operands: &operands,
            parameters: &operator.parameters,
        }));
    }
    bytes
}

fn header_bytes(model: &ModelToWrite, file_bytes: u32, section_count: u16) -> Vec<u8> {
    let header = &model.header;
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&MAJOR.to_le_bytes());
    bytes.extend_from_slice(&MINOR.to_le_bytes());
    bytes.extend_from_slice(&file_bytes.to_le_bytes());
    bytes.extend_from_slice(&header.arena_bytes.to_le_bytes());
    bytes.extend_from_slice(&header.scratch_bytes.to_le_bytes());
    bytes.extend_from_slice(&header.state_bytes.to_le_bytes());
    bytes.extend_from_slice(&(model.tensors.len() as u16).to_le_bytes());
    bytes.extend_from_slice(&(model.operators.len() as u16).to_le_bytes());
    bytes.push(header.packing as u8);
    bytes.push(header.numerics as u8);
    bytes.push(model.inputs.len() as u8);
    bytes.push(model.outputs.len() as u8);
    bytes.extend_from_slice(&section_count.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}
