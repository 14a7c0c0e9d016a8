//! The one bounded pass over a model: after it, nothing is left to check per element.

use crate::error::{Reason, Refused};
use crate::model::Model;
use crate::operation::Operation;
use crate::plan::{Live, Plan};
use mote_format::{ElementType, FormatError, Location, NOT_A_VIEW, OpCode, TensorView};

/// Checks records, tensors, operators, lifetimes, the memory plan, ports and initial state.
// Never part of its caller, which may be built for size.
#[inline(never)]
pub fn check(model: &Model<'_>) -> Result<(), Refused> {
    let mut plan = Plan::new(model);
    check_tensors(model, &mut plan)?;
    check_operators(model, &mut plan)?;
    plan.finish()?;
    check_ports(model)?;
    check_state(model)
}

#[inline(never)]
fn check_tensors<'p>(model: &'p Model<'p>, plan: &mut Plan<'p>) -> Result<(), Refused> {
    let header = &model.file.header;
    let mut live = Live::new(model);
    let arena_bytes = header.arena_bytes.wrapping_sub(header.scratch_bytes);
    // The header's limit on operators keeps the sum in range.
    let end_step = u32::from(header.operator_count).wrapping_add(1);
    for (index, tensor) in (0u16..).zip(model.file.tensor_views()) {
        if !tensor.is_plain(arena_bytes, end_step) {
            check_tensor(model, index, tensor)?;
            if !tensor.in_arena() || tensor.view_of() != NOT_A_VIEW {
                continue;
            }
        }
        live.add(plan, index, tensor)?;
    }
    plan.own = live.own;
    Ok(())
}

/// Record `index`; an error that names it when there is none.
pub(crate) fn tensor<'m>(model: &Model<'m>, index: u16) -> Result<TensorView<'m>, Refused> {
    model.file.tensor_view(index).ok_or(Refused::new(Reason::Format(FormatError::Tensor(index))))
}

/// What [`TensorView::is_plain`] does not answer.
#[inline(never)]
fn check_tensor(model: &Model<'_>, index: u16, tensor: TensorView<'_>) -> Result<(), Refused> {
    let header = &model.file.header;
    let malformed = Refused::new(Reason::Format(FormatError::Tensor(index)));
    let location = tensor.checked_location().ok_or(malformed)?;
    let element_type = tensor.checked_element_type().ok_or(malformed)?;
    tensor.checked_rank().ok_or(malformed)?;
    let bounds = Refused::tensor(Reason::TensorBounds, index);
    let elements = tensor.checked_elements().ok_or(bounds)?;
    let whole = elements.checked_mul(element_type.bytes() as u32).ok_or(bounds)?;
    let held = if tensor.ring_rows() == 0 { whole } else { ring_bytes(tensor, whole).ok_or(bounds)? };
    let limit = match location {
        Location::Arena => header.arena_bytes.wrapping_sub(header.scratch_bytes),
        Location::State => header.state_bytes,
        Location::Constant => model.file.constants().len() as u32,
    };
    if tensor.bytes() != held || tensor.offset().checked_add(held).is_none_or(|end| end > limit) {
        return Err(bounds);
    }
    let (first_step, last_step) = (tensor.first_step(), tensor.last_step());
    // The header's limit on operators keeps the sum in range.
    if first_step > last_step || last_step > header.operator_count.wrapping_add(1) {
        return Err(Refused::tensor(Reason::Lifetime, index));
    }
    let (lowest, highest) = match element_type {
        ElementType::I8 => (-128, 127),
        ElementType::U8 => (0, 255),
        _ => (0, 0),
    };
    let zero_point = tensor.zero_point();
    if !tensor.has_valid_scale() || zero_point < lowest || zero_point > highest {
        return Err(Refused::tensor(Reason::Quantization, index));
    }
    if tensor.view_of() == NOT_A_VIEW { Ok(()) } else { check_view(model, index, tensor) }
}

/// Bytes of a ring of rows: it serves one image, and never has more rows than that.
#[inline(never)]
fn ring_bytes(tensor: TensorView<'_>, whole_bytes: u32) -> Option<u32> {
    let [batch, height, ..] = tensor.nhwc()?;
    let rows = tensor.ring_rows() as usize;
    let row_bytes = whole_bytes.checked_div(height as u32)?;
    (batch == 1 && rows <= height).then_some(row_bytes.wrapping_mul(rows as u32))
}

/// A view shows all bytes of an arena tensor that lives at least as long and is no view itself.
#[inline(never)]
fn check_view(model: &Model<'_>, index: u16, view: TensorView<'_>) -> Result<(), Refused> {
    let base = tensor(model, view.view_of())?;
    let same_bytes = base.offset() == view.offset() && base.bytes() == view.bytes();
    let both_whole_in_arena = base.location() == Location::Arena
        && view.location() == Location::Arena
        && base.ring_rows() == 0
        && view.ring_rows() == 0;
    let lives = base.first_step() == view.first_step() && view.last_step() <= base.last_step();
    if same_bytes && both_whole_in_arena && lives && base.view_of() == NOT_A_VIEW {
        Ok(())
    } else {
        Err(Refused::tensor(Reason::Overlap, index))
    }
}

#[inline(never)]
fn check_operators<'p>(model: &'p Model<'p>, plan: &mut Plan<'p>) -> Result<(), Refused> {
    let header = &model.file.header;
    let mut records = model.file.operators();
    let mut index = 0u16;
    while let Some(record) = records.next_record_quickly() {
        if index >= header.operator_count {
            return Err(Refused::new(Reason::Header));
        }
        let at = |reason| Refused::operator(reason, index);
        let operation = Operation { model, record: record? };
        let code = operation.record.code;
        let entry = model.entry(code).ok_or(at(Reason::MissingOperator(OpCode(code))))?;
        let work = (entry.check)(&operation).map_err(|refusal| at(Reason::Refused(refusal)))?;
        if work.scratch_bytes > header.scratch_bytes as usize || work.units == 0 {
            return Err(at(Reason::Header));
        }
        plan.check_step(index, &operation.record, work.overlap)?;
        index = index.wrapping_add(1);
    }
    if index == header.operator_count { Ok(()) } else { Err(Refused::new(Reason::Header)) }
}

fn check_ports(model: &Model<'_>) -> Result<(), Refused> {
    let header = &model.file.header;
    let end = header.operator_count.wrapping_add(1);
    for index in 0..header.input_count as usize {
        let id = model.file.input(index).unwrap_or(u16::MAX);
        let port = tensor(model, id)?;
        if port.location() != Location::Arena || port.first_step() != 0 || port.view_of() != NOT_A_VIEW {
            return Err(Refused::tensor(Reason::Port, id));
        }
        for other in (0..index).filter_map(|other| model.file.input(other)) {
            if other == id {
                return Err(Refused::tensor(Reason::Port, id));
            }
        }
    }
    for index in 0..header.output_count as usize {
        let id = model.file.output(index).unwrap_or(u16::MAX);
        let port = tensor(model, id)?;
        let kept = port.location() != Location::Arena || port.last_step() == end;
        if !kept || port.ring_rows() != 0 {
            return Err(Refused::tensor(Reason::Port, id));
        }
    }
    Ok(())
}

fn check_state(model: &Model<'_>) -> Result<(), Refused> {
    let mut runs = model.file.initial_state();
    let mut left = model.file.header.state_bytes;
    while let Some(run) = runs.next_run() {
        left = left.checked_sub(run?.bytes).ok_or(Refused::new(Reason::State))?;
    }
    if left == 0 { Ok(()) } else { Err(Refused::new(Reason::State)) }
}
