//! The one bounded pass over a model: after it, nothing is left to check per element.

use crate::error::{ModelError, Reason};
use crate::model::Model;
use crate::operation::{Operation, Overlap, Work};
use mote_format::{ElementType, Location, NOT_A_VIEW, OpCode, OperatorRecord, TensorRecord};

/// Checks records, tensors, operators, lifetimes, the memory plan, ports and initial state.
pub fn check(model: &Model<'_>) -> Result<(), ModelError> {
    let header = &model.file.header;
    for index in 0..header.tensor_count {
        check_tensor(model, index, &model.file.tensor(index)?)?;
    }
    check_operators(model)?;
    check_ports(model)?;
    check_state(model)
}

fn check_tensor(model: &Model<'_>, index: u16, tensor: &TensorRecord) -> Result<(), ModelError> {
    let header = &model.file.header;
    let bounds = ModelError::tensor(Reason::TensorBounds, index);
    let shape = mote_format::Shape::new(tensor.shape.extents()).ok_or(bounds)?;
    let whole = shape.elements().checked_mul(tensor.element_type.bytes()).ok_or(bounds)?;
    let held = match tensor.ring_rows as usize {
        0 => whole,
        rows => {
            let [batch, height, ..] = shape.nhwc().ok_or(bounds)?;
            let row_bytes = whole.checked_div(height).ok_or(bounds)?;
            // A ring serves one image and never more rows than it has.
            if batch != 1 || rows > height {
                return Err(bounds);
            }
            row_bytes.wrapping_mul(rows)
        }
    };
    let limit = match tensor.location {
        Location::Arena => header.arena_bytes.wrapping_sub(header.scratch_bytes) as usize,
        Location::State => header.state_bytes as usize,
        Location::Constant => model.file.constants().len(),
    };
    let end = (tensor.offset as usize).checked_add(held).ok_or(bounds)?;
    if tensor.bytes as usize != held || end > limit {
        return Err(bounds);
    }
    let steps = header.operator_count.checked_add(1).ok_or(ModelError::new(Reason::Header))?;
    if tensor.first_step > tensor.last_step || tensor.last_step > steps {
        return Err(ModelError::tensor(Reason::Lifetime, index));
    }
    let zero_points = match tensor.element_type {
        ElementType::I8 => -128..=127,
        ElementType::U8 => 0..=255,
        _ => 0..=0,
    };
    if !tensor.scale.is_finite() || tensor.scale < 0.0 || !zero_points.contains(&tensor.zero_point) {
        return Err(ModelError::tensor(Reason::Quantization, index));
    }
    check_view(model, index, tensor)
}

/// A view shows all bytes of an arena tensor that lives at least as long and is no view itself.
fn check_view(model: &Model<'_>, index: u16, view: &TensorRecord) -> Result<(), ModelError> {
    if view.view_of == NOT_A_VIEW {
        return Ok(());
    }
    let base = model.file.tensor(view.view_of)?;
    let same_bytes = base.offset == view.offset && base.bytes == view.bytes;
    let both_whole_in_arena = base.location == Location::Arena
        && view.location == Location::Arena
        && base.ring_rows == 0
        && view.ring_rows == 0;
    let lives = base.first_step == view.first_step && view.last_step <= base.last_step;
    if same_bytes && both_whole_in_arena && lives && base.view_of == NOT_A_VIEW {
        Ok(())
    } else {
        Err(ModelError::tensor(Reason::Overlap, index))
    }
}

/// The tensor whose bytes `id` stands for: itself, or what it is a view of.
fn base(model: &Model<'_>, id: u16) -> Result<u16, ModelError> {
    let tensor = model.file.tensor(id)?;
    Ok(if tensor.view_of == NOT_A_VIEW { id } else { tensor.view_of })
}

fn check_operators(model: &Model<'_>) -> Result<(), ModelError> {
    let header = &model.file.header;
    let mut records = model.file.operators();
    let mut index = 0u16;
    let mut written = header.input_count as u32;
    while let Some(record) = records.next_record() {
        if index >= header.operator_count {
            return Err(ModelError::new(Reason::Header));
        }
        let at = |reason| ModelError::operator(reason, index);
        let record = record?;
        let entry = model.entry(record.code).ok_or(at(Reason::MissingOperator(OpCode(record.code))))?;
        // First, because it bounds the number of operands, which the checks below go through in pairs.
        let work = (entry.check)(&Operation { model, record }).map_err(|refusal| at(Reason::Refused(refusal)))?;
        check_lifetimes(model, index, &record)?;
        if work.scratch_bytes > header.scratch_bytes as usize || work.units == 0 {
            return Err(at(Reason::Header));
        }
        check_memory(model, index, &record, &work)?;
        written = written.wrapping_add(arena_outputs(model, &record)?);
        index = index.wrapping_add(1);
    }
    // Each arena tensor is written in exactly one step (its first), so equal counts mean that every one is written.
    let mut arena_tensors = 0u32;
    for tensor in 0..header.tensor_count {
        let record = model.file.tensor(tensor)?;
        let own = record.location == Location::Arena && record.view_of == NOT_A_VIEW;
        arena_tensors = arena_tensors.wrapping_add(own as u32);
    }
    if index != header.operator_count || written != arena_tensors {
        return Err(ModelError::new(Reason::Header));
    }
    Ok(())
}

fn arena_outputs(model: &Model<'_>, record: &OperatorRecord<'_>) -> Result<u32, ModelError> {
    let mut count = 0u32;
    for operand in record.input_count as usize..record.operand_count() {
        let tensor = model.file.tensor(record.operand(operand).unwrap_or(u16::MAX))?;
        // An operator that continues an output of an earlier one (parts of a join) does not write it first.
        let first = tensor.location == Location::Arena && !continues(record, operand);
        count = count.wrapping_add(first as u32);
    }
    Ok(count)
}

/// True when output `operand` also stands among the operator's inputs: the operator fills in another part of a tensor
/// that an earlier one began.
fn continues(record: &OperatorRecord<'_>, operand: usize) -> bool {
    let tensor = record.operand(operand);
    (0..record.input_count as usize).any(|input| record.operand(input) == tensor)
}

fn check_lifetimes(model: &Model<'_>, index: u16, record: &OperatorRecord<'_>) -> Result<(), ModelError> {
    let step = index.wrapping_add(1);
    for operand in 0..record.operand_count() {
        let id = record.operand(operand).unwrap_or(u16::MAX);
        let tensor = model.file.tensor(id)?;
        let is_input = operand < record.input_count as usize;
        let fits = match (tensor.location, is_input) {
            (Location::Arena, true) => tensor.first_step < step && step <= tensor.last_step,
            (Location::Arena, false) => {
                tensor.view_of == NOT_A_VIEW && (continues(record, operand) || tensor.first_step == step)
            }
            (Location::Constant, is_input) => is_input,
            (Location::State, _) => true,
        };
        if !fits {
            return Err(ModelError { reason: Reason::Lifetime, operator: Some(index), tensor: Some(id) });
        }
    }
    for first in record.input_count as usize..record.operand_count() {
        for second in first + 1..record.operand_count() {
            if record.operand(first) == record.operand(second) {
                return Err(ModelError::operator(Reason::Lifetime, index));
            }
        }
    }
    Ok(())
}

/// Refuses an output that shares bytes with any tensor live at this step, except as the operator allows.
fn check_memory(model: &Model<'_>, index: u16, record: &OperatorRecord<'_>, work: &Work) -> Result<(), ModelError> {
    let step = index.wrapping_add(1);
    for operand in record.input_count as usize..record.operand_count() {
        let output_id = record.operand(operand).unwrap_or(u16::MAX);
        let output = model.file.tensor(output_id)?;
        for other_id in 0..model.file.header.tensor_count {
            let other = model.file.tensor(other_id)?;
            let live = match other.location {
                Location::Arena => other.first_step <= step && step <= other.last_step,
                Location::State => true,
                Location::Constant => false,
            };
            // A view lives within its base, which is looked at itself.
            if other_id == output_id || other.view_of != NOT_A_VIEW || !live || !share(&output, &other) {
                continue;
            }
            let is_input = is_input(model, record, other_id)?;
            let same_place = other.offset == output.offset && other.bytes == output.bytes;
            let allowed = match other.location {
                // Views of one state tensor: an update replaces the value the operator itself may be reading.
                Location::State => same_place && (!is_input || work.overlap == Overlap::SameStart),
                _ => is_input && other.last_step == step && same_place && work.overlap == Overlap::SameStart,
            };
            if !allowed {
                return Err(ModelError { reason: Reason::Overlap, operator: Some(index), tensor: Some(other_id) });
            }
        }
    }
    Ok(())
}

fn is_input(model: &Model<'_>, record: &OperatorRecord<'_>, id: u16) -> Result<bool, ModelError> {
    for input in 0..record.input_count as usize {
        if base(model, record.operand(input).unwrap_or(u16::MAX))? == id {
            return Ok(true);
        }
    }
    Ok(false)
}

fn share(a: &TensorRecord, b: &TensorRecord) -> bool {
    let end = |t: &TensorRecord| t.offset.wrapping_add(t.bytes);
    a.location == b.location && a.offset < end(b) && b.offset < end(a)
}

fn check_ports(model: &Model<'_>) -> Result<(), ModelError> {
    let header = &model.file.header;
    let end = header.operator_count.wrapping_add(1);
    for index in 0..header.input_count as usize {
        let id = model.file.input(index).unwrap_or(u16::MAX);
        let tensor = model.file.tensor(id)?;
        if tensor.location != Location::Arena || tensor.first_step != 0 || tensor.view_of != NOT_A_VIEW {
            return Err(ModelError::tensor(Reason::Port, id));
        }
        for other in (0..index).filter_map(|other| model.file.input(other)) {
            if other == id || share(&tensor, &model.file.tensor(other)?) {
                return Err(ModelError::tensor(Reason::Port, id));
            }
        }
    }
    for index in 0..header.output_count as usize {
        let id = model.file.output(index).unwrap_or(u16::MAX);
        let tensor = model.file.tensor(id)?;
        let kept = tensor.location != Location::Arena || tensor.last_step == end;
        if !kept || tensor.ring_rows != 0 {
            return Err(ModelError::tensor(Reason::Port, id));
        }
    }
    Ok(())
}

fn check_state(model: &Model<'_>) -> Result<(), ModelError> {
    let mut runs = model.file.initial_state();
    let mut filled = 0u64;
    while let Some(run) = runs.next_run() {
        filled = filled.wrapping_add(run?.bytes as u64);
    }
    if filled == model.file.header.state_bytes as u64 { Ok(()) } else { Err(ModelError::new(Reason::State)) }
}
