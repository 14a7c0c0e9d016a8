//! Operators that move elements and compute nothing.

use super::value::{flat, positions};
use super::{Step, Value, zero_point};

pub(crate) fn pad(step: &Step<'_>, paddings: &[(usize, usize)], value: Option<&[u8]>) -> Value {
    let tensor = step.input_tensor(0);
    let filler = match (value, step.input(0)) {
        (Some(bytes), _) => Value::decode(tensor.element_type, bytes),
        (None, Value::Integers(_)) => Value::Integers(vec![zero_point(step.output_tensor(0))]),
        (None, Value::Reals(_)) => Value::Reals(vec![0.0]),
    };
    let all = joined(&[step.input(0).clone(), filler]);
    let source = |position: Vec<usize>| {
        let inside = position
            .iter()
            .zip(paddings)
            .zip(&tensor.shape)
            .map(|((&at, &(before, _)), &extent)| at.checked_sub(before).filter(|&at| at < extent));
        inside.collect::<Option<Vec<usize>>>().map_or(tensor.elements(), |at| flat(&tensor.shape, &at))
    };
    all.pick(positions(&step.output_shape()).map(source))
}

fn joined(parts: &[Value]) -> Value {
    match parts[0] {
        Value::Integers(_) => Value::Integers(parts.iter().flat_map(|part| part.integers().to_vec()).collect()),
        Value::Reals(_) => Value::Reals(parts.iter().flat_map(|part| part.reals().to_vec()).collect()),
    }
}

pub(crate) fn transpose(step: &Step<'_>, permutation: &[usize]) -> Value {
    let shape = &step.input_tensor(0).shape;
    let source = |position: Vec<usize>| {
        let mut at = vec![0; shape.len()];
        for (&axis, &along) in permutation.iter().zip(&position) {
            at[axis] = along;
        }
        flat(shape, &at)
    };
    step.input(0).pick(positions(&step.output_shape()).map(source))
}

pub(crate) fn concatenate(step: &Step<'_>, axis: usize) -> Value {
    let mut bases = Vec::new();
    let mut total = 0;
    for index in 0..step.inputs.len() {
        bases.push(total);
        total += step.input(index).len();
    }
    let all = joined(&step.inputs);
    let source = |mut position: Vec<usize>| {
        let mut index = 0;
        while position[axis] >= step.input_tensor(index).shape[axis] {
            position[axis] -= step.input_tensor(index).shape[axis];
            index += 1;
        }
        bases[index] + flat(&step.input_tensor(index).shape, &position)
    };
    all.pick(positions(&step.output_shape()).map(source))
}

pub(crate) fn split(step: &Step<'_>, axis: usize) -> Vec<Value> {
    let shape = &step.input_tensor(0).shape;
    let mut begin = 0;
    let mut parts = Vec::new();
    for index in 0..step.node.outputs.len() {
        let part = step.output_tensor(index).shape.clone();
        let source = |mut position: Vec<usize>| {
            position[axis] += begin;
            flat(shape, &position)
        };
        parts.push(step.input(0).pick(positions(&part).map(source)));
        begin += part[axis];
    }
    assert_eq!(begin, shape[axis]);
    parts
}

pub(crate) fn strided_slice(step: &Step<'_>, begins: &[usize], extents: &[usize], steps: &[isize]) -> Value {
    let shape = &step.input_tensor(0).shape;
    let source = |position: Vec<usize>| {
        let at: Vec<usize> = (0..shape.len())
            .map(|axis| (begins[axis] as isize + position[axis] as isize * steps[axis]) as usize)
            .collect();
        flat(shape, &at)
    };
    step.input(0).pick(positions(extents).map(source))
}

pub(crate) fn pack(step: &Step<'_>, axis: usize) -> Value {
    let each = step.input(0).len();
    let all = joined(&step.inputs);
    let source = |mut position: Vec<usize>| {
        let index = position.remove(axis);
        index * each + flat(&step.input_tensor(0).shape, &position)
    };
    all.pick(positions(&step.output_shape()).map(source))
}

pub(crate) fn unpack(step: &Step<'_>, axis: usize) -> Vec<Value> {
    let shape = &step.input_tensor(0).shape;
    let mut outer = shape.clone();
    outer.remove(axis);
    let part = |index: usize| {
        let source = |mut position: Vec<usize>| {
            position.insert(axis, index);
            flat(shape, &position)
        };
        step.input(0).pick(positions(&outer).map(source))
    };
    (0..shape[axis]).map(part).collect()
}

pub(crate) fn gather(step: &Step<'_>, axis: usize, batch_axes: usize) -> Value {
    let shape = &step.input_tensor(0).shape;
    let index_shape = &step.input_tensor(1).shape;
    let indices = step.input(1).integers();
    let free = index_shape.len() - batch_axes;
    // Output axes: those of x before `axis`, the free index axes, those of x behind `axis`.
    let mut full = shape[..axis].to_vec();
    full.extend(&index_shape[batch_axes..]);
    full.extend(&shape[axis + 1..]);
    let source = |position: Vec<usize>| {
        let mut at = position[..batch_axes].to_vec();
        at.extend(&position[axis..axis + free]);
        let chosen = indices[flat(index_shape, &at)] as usize;
        let mut from = position[..axis].to_vec();
        from.push(chosen);
        from.extend(&position[axis + free..]);
        flat(shape, &from)
    };
    step.input(0).pick(positions(&full).map(source))
}
