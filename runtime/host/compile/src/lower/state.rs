//! Reads and assignments of state tensors.

use crate::error::Problem;
use crate::lower::boxes::{ElementBox, copy};
use crate::lower::context::{Lowering, input_id, output_id, problem};
use crate::lower::program::Place;
use mote_graph::Node;

/// READ_VARIABLE: the state where it stands when nothing is assigned before the last use, else a copy.
pub fn read(lowering: &mut Lowering<'_>, index: usize, node: &Node, state: usize) -> Result<(), Problem> {
    let id = output_id(node, 0)?;
    let tensor = lowering.tensor(id);
    let place = Place::State { offset: state_offset(lowering, node, state, tensor.bytes())? };
    if lowering.states.reads_in_place(index) {
        lowering.add_record(node, id, place)?;
        return Ok(());
    }
    let source = lowering.add_anonymous(node, tensor, tensor.shape.clone(), place)?;
    let output = lowering.output(node, 0)?;
    copy(lowering, node, source, output, &ElementBox::whole(tensor.elements()), false)
}

/// ASSIGN_VARIABLE: a copy into the state; nothing when the value was produced there.
pub fn assign(lowering: &mut Lowering<'_>, node: &Node, state: usize) -> Result<(), Problem> {
    let tensor = lowering.operand(node, 0)?;
    let place = Place::State { offset: state_offset(lowering, node, state, tensor.bytes())? };
    let input = lowering.record(node, input_id(node, 0)?)?;
    if lowering.program.records[input].place == place {
        return Ok(());
    }
    let output = lowering.add_anonymous(node, tensor, tensor.shape.clone(), place)?;
    copy(lowering, node, input, output, &ElementBox::whole(tensor.elements()), false)
}

fn state_offset(lowering: &Lowering<'_>, node: &Node, state: usize, bytes: usize) -> Result<usize, Problem> {
    let like = lowering.graph.states.get(state).map(|state| lowering.tensor(state.like));
    if like.is_some_and(|like| like.bytes() == bytes) {
        return Ok(lowering.states.offsets[state]);
    }
    Err(problem(node, "", "the state does not exist or has another size", "report it with the model"))
}
