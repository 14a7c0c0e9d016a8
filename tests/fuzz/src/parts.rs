//! A model file taken apart, so that single fields can be changed.

use mote_format::write::{ModelToWrite, OperatorToWrite};
use mote_format::{ConstantRef, ElementType, Location, ModelFile, OpCode, Shape, TensorRecord};

use crate::mutate::{self, INTERESTING};
use crate::random::Random;

/// Reads files into what the writer takes.
pub struct Parts;

impl Parts {
    /// Takes a file apart; none if it is not well-formed enough.
    pub fn read(bytes: &[u8]) -> Option<ModelToWrite> {
        let file = ModelFile::read(bytes).ok()?;
        let header = file.header;
        let mut records = file.operators();
        let mut operators = Vec::new();
        while let Some(record) = records.next_record() {
            let record = record.ok()?;
            let operands: Vec<u16> = (0..record.operand_count()).filter_map(|index| record.operand(index)).collect();
            let (inputs, outputs) = operands.split_at_checked(usize::from(record.input_count))?;
            operators.push(OperatorToWrite {
                code: OpCode(record.code),
                inputs: inputs.to_vec(),
                outputs: outputs.to_vec(),
                parameters: record.parameters.to_vec(),
            });
        }
        let mut runs = file.initial_state();
        let mut state = Vec::new();
        while let Some(run) = runs.next_run() {
            let run = run.ok()?;
            state.push((run.bytes, run.data.to_vec()));
        }
        Some(ModelToWrite {
            header,
            tensors: (0..header.tensor_count).map(|index| file.tensor(index).ok()).collect::<Option<_>>()?,
            inputs: (0..usize::from(header.input_count)).filter_map(|index| file.input(index)).collect(),
            outputs: (0..usize::from(header.output_count)).filter_map(|index| file.output(index)).collect(),
            operators,
            constants: file.constants().to_vec(),
            state,
            passport: Vec::new(),
            names: None,
        })
    }
}

/// Changes one thing about the model; `other` is another file, whose operators may be taken.
pub fn change(model: &mut ModelToWrite, other: &[u8], random: &mut Random) {
    match random.below(16) {
        0 => change_header(model, random),
        1..=5 => change_tensor(model, random),
        6..=9 => change_operator(model, random),
        10 => change_ports(model, random),
        11 => change_state(model, random),
        12 => take_operator(model, other, random),
        13 => repeat_operator(model, random),
        _ => mutate::tweak_number(&mut model.constants, random),
    }
}

fn nudge(value: u32, random: &mut Random) -> u32 {
    match random.below(4) {
        0 => *random.pick(&INTERESTING),
        1 => value.wrapping_add(1 << random.below(8)),
        2 => value.wrapping_sub(1 << random.below(8)),
        _ => random.below(20) as u32,
    }
}

fn change_header(model: &mut ModelToWrite, random: &mut Random) {
    let header = &mut model.header;
    match random.below(4) {
        0 => header.arena_bytes = nudge(header.arena_bytes, random),
        1 => header.scratch_bytes = nudge(header.scratch_bytes, random),
        2 => header.state_bytes = nudge(header.state_bytes, random),
        _ => header.minor = header.minor.wrapping_add(1),
    }
}

fn change_tensor(model: &mut ModelToWrite, random: &mut Random) {
    const TYPES: [ElementType; 7] = [
        ElementType::I8,
        ElementType::U8,
        ElementType::I16,
        ElementType::I32,
        ElementType::I64,
        ElementType::F32,
        ElementType::Bool,
    ];
    const SCALES: [f32; 8] = [0.0, 1.0, 1e-30, 1e30, f32::NAN, f32::INFINITY, -1.0, 0.003_921_6];
    let index = random.below(model.tensors.len());
    let other_id = random.below(model.tensors.len() + 1) as u16;
    let other = model.tensors.get(usize::from(other_id)).copied();
    let Some(tensor) = model.tensors.get_mut(index) else { return };
    match random.below(13) {
        0 => tensor.offset = nudge(tensor.offset, random),
        1 => tensor.bytes = nudge(tensor.bytes, random),
        2 => tensor.first_step = nudge(u32::from(tensor.first_step), random) as u16,
        3 => tensor.last_step = nudge(u32::from(tensor.last_step), random) as u16,
        4 => tensor.location = *random.pick(&[Location::Arena, Location::Constant, Location::State]),
        5 => tensor.element_type = *random.pick(&TYPES),
        6 => tensor.ring_rows = random.below(5) as u16,
        7 => tensor.view_of = other_id,
        8 => tensor.scale = *random.pick(&SCALES),
        9 => tensor.zero_point = nudge(tensor.zero_point as u32, random) as i32,
        10 => tensor.offset = other.map_or(0, |other| other.offset),
        _ => change_shape(tensor, random),
    }
}

/// Changes an extent, or the rank, and most often keeps the record's length in step, so that
/// the operators get to see the odd shape.
fn change_shape(tensor: &mut TensorRecord, random: &mut Random) {
    let mut extents = tensor.shape.extents().to_vec();
    let axis = random.below(extents.len());
    match random.below(6) {
        0 if extents.len() < 6 => extents.insert(axis, 1),
        1 if !extents.is_empty() => drop(extents.remove(axis)),
        2 if extents.len() > 1 => extents.swap(axis, 0),
        _ => extents.iter_mut().skip(axis).take(1).for_each(|extent| *extent = nudge(*extent, random)),
    }
    let Some(shape) = Shape::new(&extents) else { return };
    tensor.shape = shape;
    if !random.one_in(4) {
        tensor.bytes = shape.elements().saturating_mul(tensor.element_type.bytes()) as u32;
    }
}

fn change_operator(model: &mut ModelToWrite, random: &mut Random) {
    let tensor = random.below(model.tensors.len() + 1) as u16;
    let index = random.below(model.operators.len());
    let constants = model.constants.len() as u32;
    let Some(operator) = model.operators.get_mut(index) else { return };
    match random.below(12) {
        0 => operator.code = *random.pick(OpCode::ALL),
        1 => operator.inputs.push(tensor),
        2 => drop(operator.inputs.pop()),
        3 => operator.outputs.push(tensor),
        4 => replace(&mut operator.inputs, tensor, random),
        5 => replace(&mut operator.outputs, tensor, random),
        6 => {
            // A reference to constants that may or may not be there.
            let offset = nudge(constants, random);
            let reference = ConstantRef { offset, bytes: nudge(constants, random) };
            let encoded = mote_format::write::parameters(&reference);
            let at = random.below(operator.parameters.len() + 1);
            let end = operator.parameters.len().min(at + encoded.len());
            operator.parameters.splice(at..end, encoded);
        }
        7 => operator.parameters.truncate(random.below(operator.parameters.len() + 1)),
        _ if operator.parameters.is_empty() => operator.parameters.push(random.bits() as u8),
        _ => {
            let at = random.below(operator.parameters.len());
            operator.parameters[at] = match random.below(4) {
                0 => random.bits() as u8,
                1 => operator.parameters[at].wrapping_add(1),
                2 => operator.parameters[at].wrapping_sub(1),
                _ => random.below(8) as u8,
            };
        }
    }
}

fn replace(list: &mut [u16], tensor: u16, random: &mut Random) {
    let at = random.below(list.len());
    list.iter_mut().skip(at).take(1).for_each(|operand| *operand = tensor);
}

fn change_ports(model: &mut ModelToWrite, random: &mut Random) {
    let tensor = random.below(model.tensors.len() + 1) as u16;
    let ports = if random.one_in(2) { &mut model.inputs } else { &mut model.outputs };
    match random.below(3) {
        0 if ports.len() < 200 => ports.push(tensor),
        1 => drop(ports.pop()),
        _ => replace(ports, tensor, random),
    }
}

fn change_state(model: &mut ModelToWrite, random: &mut Random) {
    match random.below(3) {
        0 => drop(model.state.pop()),
        1 => model.state.push((random.below(64) as u32, vec![random.bits() as u8])),
        _ => model.state.iter_mut().take(1).for_each(|(bytes, _)| *bytes = nudge(*bytes, random)),
    }
}

/// Puts an operator of another model in the place of one of this model's.
fn take_operator(model: &mut ModelToWrite, other: &[u8], random: &mut Random) {
    let Some(other) = Parts::read(other).filter(|other| !other.operators.is_empty()) else {
        return;
    };
    let donor = random.pick(&other.operators);
    let index = random.below(model.operators.len());
    if let Some(operator) = model.operators.get_mut(index) {
        operator.code = donor.code;
        operator.parameters.clone_from(&donor.parameters);
    }
}

fn repeat_operator(model: &mut ModelToWrite, random: &mut Random) {
    let index = random.below(model.operators.len());
    if let Some(operator) = model.operators.get(index).cloned().filter(|_| model.operators.len() < 64) {
        model.operators.insert(index, operator);
    }
}
