//! An operator of the application's own, and an application that runs a model with it.

use crate::{Board, Printer, Verdict, fill_counting, place};
use core::ops::Range;
use mote_engine::operators::{CustomMemory, CustomOperator, CustomWork};
use mote_engine::{ElementType, Fault, Model, Operation, OperatorEntry, OperatorSet, Reason, Refusal, Session};

/// Running maximum over the last axis of an int8 tensor: output i is the largest of inputs i − window + 1 ..= i, as far
/// as they are there. The one option byte is the window, at least 1. Input and output have one shape and quantisation.
pub struct MovingMaximum;

/// The entry of [`MovingMaximum`] for operator sets.
pub static MOVING_MAXIMUM: OperatorEntry = OperatorEntry::custom::<MovingMaximum>();

impl CustomOperator for MovingMaximum {
    const NAME: &'static str = "MOVING_MAXIMUM";

    /// A unit is a row.
    fn check(operation: &Operation<'_>, options: &[u8]) -> Result<CustomWork, Refusal> {
        operation.expect_operands(1, 1)?;
        let (input, output) = (operation.input(0)?, operation.output(0)?);
        if input.element_type() != ElementType::I8 || output.element_type() != ElementType::I8 {
            return Err(Refusal::ElementType);
        }
        let window = options.first().copied().filter(|&window| window > 0 && options.len() == 1);
        let window = window.ok_or(Refusal::Parameter)?;
        if input.shape() != output.shape() {
            return Err(Refusal::Shape);
        }
        let columns = columns(operation).ok_or(Refusal::Shape)?;
        let work_per_unit = (columns as u32).saturating_mul(u32::from(window));
        let units = input.elements().checked_div(columns).ok_or(Refusal::Shape)?;
        Ok(CustomWork { units, work_per_unit, ..CustomWork::default() })
    }

    fn run(
        operation: &Operation<'_>,
        options: &[u8],
        memory: &mut CustomMemory<'_, '_>,
        units: Range<usize>,
    ) -> Result<(), Fault> {
        let window = usize::from(*options.first().ok_or(Fault)?);
        let columns = columns(operation).ok_or(Fault)?.max(1);
        let bytes = memory.bytes(0)?;
        let input = bytes.input(0)?;
        let rows = bytes.output.chunks_exact_mut(columns).zip(input.chunks_exact(columns));
        for (output, input) in rows.skip(units.start).take(units.len()) {
            for (end, slot) in (1usize..).zip(output) {
                let seen = input.get(end.saturating_sub(window)..end).ok_or(Fault)?;
                *slot = seen.iter().map(|&byte| byte as i8).max().ok_or(Fault)? as u8;
            }
        }
        Ok(())
    }
}

/// Extent of the last axis, at least 1.
fn columns(operation: &Operation<'_>) -> Option<usize> {
    let record = operation.model().file().tensor(operation.input(0).ok()?.index).ok()?;
    record.shape.extents().last().map(|&extent| extent as usize)
}

/// Runs one inference on the counting input and prints the outputs; before that, what the engine answers to a set
/// without the custom operators of `operators`.
pub fn custom<B: Board>(board: &mut B, file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Verdict {
    let Err(error) = Model::parse(file, operators.get(..1).unwrap_or(&[])) else { return Verdict::Differs };
    if !matches!(error.reason, Reason::MissingOperator(_)) {
        return Verdict::Refused;
    }
    Printer(board).text("missing ").text(error.custom_operator.as_str()).end();
    let Ok(model) = Model::parse(file, operators) else { return Verdict::Refused };
    let Some(place) = place(&model, memory) else { return Verdict::NoMemory };
    let Ok(mut session) = Session::new(&model, place.arena, place.state) else { return Verdict::NoMemory };
    for index in 0..model.input_count() {
        let Ok(input) = session.input(index) else { return Verdict::Stopped };
        fill_counting(input.bytes);
    }
    if session.run().is_err() {
        return Verdict::Stopped;
    }
    for index in 0..model.output_count() {
        let Ok(output) = session.output(index) else { return Verdict::Stopped };
        let mut line = Printer(board);
        line.text("output").decimal(index as u32).text(" ").bytes(output.bytes).end();
    }
    Verdict::Right
}
