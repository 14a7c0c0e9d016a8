//! LOOKUP_8: every unary 8-bit operator and requantisation, as a table.

use super::OperatorEntry;
use crate::operation::{Operation, Overlap, Refusal, Work};
use core::ops::Range;
use mote_format::OpCode;
use mote_format::parameters::LookupParameters;
use mote_kernels::arguments::Lookup8;
use mote_kernels::{Fault, Memory, generic};

/// On portable kernels. There is no clearer way to write a table lookup, so the reference set uses it as well.
pub static LOOKUP_8: OperatorEntry = OperatorEntry { code: OpCode::LOOKUP_8, check: work, work, run };

fn arguments(operation: &Operation<'_>) -> Result<Lookup8, Refusal> {
    let (input, output) = operation.one_to_one()?;
    if input.element_type().bytes() != 1 || output.element_type().bytes() != 1 {
        return Err(Refusal::ElementType);
    }
    if input.elements() != output.elements() {
        return Err(Refusal::Shape);
    }
    let parameters: LookupParameters = operation.parameters()?;
    let table = operation.constant(parameters.table, 256)?;
    Ok(Lookup8 { input: input.span(), output: output.span(), table })
}

fn work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments(operation)?;
    Ok(Work { units: arguments.output.bytes, work_per_unit: 1, scratch_bytes: 0, overlap: Overlap::SameStart })
}

fn run(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::lookup_8(memory, arguments(operation).as_ref().map_err(|_| Fault)?, units)
}
