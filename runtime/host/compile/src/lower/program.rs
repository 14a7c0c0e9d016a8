//! The lowered program: device operators on records, before memory is planned.

use crate::lower::constants::ConstantPool;
use mote_format::OpCode;
use mote_format::parameters::CustomParameters;
use mote_graph::ElementType;

/// Index of a record in [`Program::records`]; the tensor index in the file.
pub type RecordId = usize;

/// Where a record's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the arena, at an offset the memory plan finds.
    Arena,
    /// The bytes of another arena record, which is no view itself.
    View(RecordId),
    /// In the constant section.
    Constant {
        /// First byte.
        offset: usize,
    },
    /// In the state buffer.
    State {
        /// First byte.
        offset: usize,
    },
}

/// A tensor of the lowered program.
#[derive(Clone, Debug)]
pub struct Record {
    /// Name in the source.
    pub name: String,
    /// Extents.
    pub shape: Vec<usize>,
    /// Element type.
    pub element_type: ElementType,
    /// Scale; 0 when not quantised, or per channel.
    pub scale: f32,
    /// Zero point.
    pub zero_point: i32,
    /// Where its bytes are.
    pub place: Place,
}

impl Record {
    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.element_type.bytes()
    }
}

/// A device operator.
#[derive(Clone, Debug)]
pub struct LoweredOperator {
    /// Code.
    pub code: OpCode,
    /// Input records; an output among them is continued.
    pub inputs: Vec<RecordId>,
    /// Output records.
    pub outputs: Vec<RecordId>,
    /// Encoded parameters.
    pub parameters: Vec<u8>,
    /// Where it came from.
    pub origin: String,
    /// Multiply-accumulates, padding taps counted.
    pub macs: u64,
    /// Bytes of its weights, without biases and tables.
    pub weight_bytes: u64,
}

/// A whole model in device operators.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Tensors.
    pub records: Vec<Record>,
    /// Operators in execution order.
    pub operators: Vec<LoweredOperator>,
    /// Graph inputs.
    pub inputs: Vec<RecordId>,
    /// Graph outputs.
    pub outputs: Vec<RecordId>,
    /// The constant section.
    pub constants: ConstantPool,
    /// Initial state in the order of the state buffer.
    pub initial_state: Vec<(u32, Vec<u8>)>,
    /// Size of the state buffer.
    pub state_bytes: usize,
    /// Record of each graph tensor that has one.
    pub record_of: Vec<Option<RecordId>>,
}

impl LoweredOperator {
    /// Name of a custom operator; none for others.
    pub fn custom_name(&self) -> Option<&str> {
        CustomParameters::read(&self.parameters).filter(|_| self.code.is_custom()).map(|parameters| parameters.name)
    }
}

impl Program {
    /// The arena record whose bytes `record` shows: itself or the base of a view; none outside the arena.
    pub fn arena_base(&self, record: RecordId) -> Option<RecordId> {
        match self.records[record].place {
            Place::Arena => Some(record),
            Place::View(base) => Some(base),
            Place::Constant { .. } | Place::State { .. } => None,
        }
    }
}
