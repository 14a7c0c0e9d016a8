//! What the glue of several operators needs.

use crate::operation::{Operand, Refusal};
use mote_format::parameters::MultiplierParameters;
use mote_format::{ElementType, MAX_RANK, Shape};
use mote_kernels::Span;
use mote_numbers::Multiplier;

/// Defines an operator's two entries, on portable and on reference kernels, from the function that makes its arguments.
macro_rules! portable {
    ($(#[$doc:meta])* $name:ident, $reference:ident, $code:ident, $check:ident, $work:ident, $arguments:ident, $kernel:ident) => {
        $(#[$doc])*
        pub static $name: OperatorEntry = OperatorEntry {
            code: OpCode::$code,
            check: $check,
            work: $work,
            run: |operation, memory, units| {
                mote_kernels::generic::$kernel(memory, $arguments(operation).as_ref().map_err(|_| Fault)?, units)
            },
        };
        /// The same on reference kernels.
        pub static $reference: OperatorEntry = OperatorEntry {
            code: OpCode::$code,
            check: $check,
            work: $work,
            run: |operation, memory, units| {
                mote_kernels::reference::$kernel(memory, $arguments(operation).as_ref().map_err(|_| Fault)?, units)
            },
        };
    };
}
pub(super) use portable;

/// The operand's bytes, all elements of them: refuses rings.
pub(super) fn whole(operand: &Operand<'_>) -> Result<Span, Refusal> {
    if operand.view.ring_rows() == 0 { Ok(operand.span()) } else { Err(Refusal::Placement) }
}

/// The operand's bytes when it is a whole tensor of type `expected`.
pub(super) fn whole_of(operand: &Operand<'_>, expected: ElementType) -> Result<Span, Refusal> {
    operand.expect(expected)?;
    whole(operand)
}

/// Extents of a shape in the machine's size, of which the first [`Shape::rank`] count.
pub(super) fn extents(shape: &Shape) -> [usize; MAX_RANK] {
    let mut wide = [1; MAX_RANK];
    for (wide, &extent) in wide.iter_mut().zip(shape.extents()) {
        *wide = extent as usize;
    }
    wide
}

/// The operand's shape.
pub(super) fn shape_of(operand: &Operand<'_>) -> Result<Shape, Refusal> {
    operand.shape().ok_or(Refusal::Shape)
}

/// A multiplier in its documented range.
pub(super) fn multiplier(parameters: MultiplierParameters) -> Result<Multiplier, Refusal> {
    let multiplier = Multiplier { mantissa: parameters.mantissa, shift: parameters.shift };
    if multiplier.is_valid() { Ok(multiplier) } else { Err(Refusal::Quantization) }
}

/// The operand's zero point, which must fit int8.
pub(super) fn zero_point_i8(operand: &Operand<'_>) -> Result<i8, Refusal> {
    i8::try_from(operand.view.zero_point()).map_err(|_| Refusal::Quantization)
}

/// A count as the work of one unit: at least 1, saturated.
pub(super) fn work_units(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}
