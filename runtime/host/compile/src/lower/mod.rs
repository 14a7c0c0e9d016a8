//! Graph operators to device operators.
//!
//! One file per operator family; adding an operator is one function there and one line in [`lower_node`]. What only
//! shows bytes in another shape becomes a view and costs nothing; unary 8-bit operators become tables; transposes,
//! slices, joins and padding become strided copies.

mod boxes;
mod constants;
mod context;
mod custom;
mod elementwise;
mod int16;
mod join;
mod movement;
mod pool;
mod program;
mod quantize;
mod reduce;
mod resize;
mod state;
mod states;
mod unary;
mod weighted;
mod weighted_operators;

pub use program::{Place, Program, Record, RecordId};

use crate::error::{CompileError, Problem};
use context::{Lowering, problem};
use mote_format::Numerics;
use mote_graph::{Graph, Node, Operator};
use states::{States, initial_runs};

/// Lowers `graph`, which has passed [`mote_graph::verify`]. With `copy_states`, states are never used in place, so that
/// every tensor keeps its value to the end of the run.
///
/// # Errors
/// Every operator that cannot be lowered.
pub fn lower(graph: &Graph, numerics: Numerics, copy_states: bool) -> Result<Program, CompileError> {
    let states = States::plan(graph, copy_states);
    let program = Program {
        record_of: vec![None; graph.tensors.len()],
        initial_state: initial_state(graph, &states),
        state_bytes: states.bytes,
        ..Program::default()
    };
    let mut lowering = Lowering { graph, numerics, program, states };
    let mut problems = Vec::new();
    lower_inputs(&mut lowering, &mut problems);
    for (index, node) in graph.nodes.iter().enumerate() {
        // What follows an operator that failed would fail for want of its output: only the first is worth telling.
        let ready =
            node.inputs.iter().all(|&id| lowering.program.record_of[id].is_some() || graph.tensors[id].data.is_some());
        if (ready || problems.is_empty())
            && let Err(problem) = lower_node(&mut lowering, index, node)
        {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        lower_outputs(&mut lowering, &mut problems);
    }
    if problems.is_empty() { Ok(lowering.program) } else { Err(CompileError::Problems(problems)) }
}

fn lower_node(lowering: &mut Lowering<'_>, index: usize, node: &Node) -> Result<(), Problem> {
    match &node.operator {
        Operator::Conv2d { geometry, groups, activation } => {
            weighted_operators::conv2d(lowering, node, geometry, *groups, *activation)
        }
        Operator::DepthwiseConv2d { geometry, activation, .. } => {
            weighted_operators::depthwise(lowering, node, geometry, *activation)
        }
        Operator::FullyConnected { activation } => weighted_operators::fully_connected(lowering, node, *activation),
        Operator::TransposeConv2d { geometry, activation } => {
            weighted_operators::transpose_conv2d(lowering, node, geometry, *activation)
        }
        Operator::Binary { kind, activation } => elementwise::binary(lowering, node, *kind, *activation),
        Operator::Unary(kind) => unary::unary(lowering, node, *kind),
        Operator::Lookup { table } => unary::table(lowering, node, table),
        Operator::Pool { kind, window_height, window_width, geometry, activation } => {
            pool::pool(lowering, node, *kind, (*window_height, *window_width), geometry, *activation)
        }
        Operator::Reduce { kind, axes } => reduce::reduce(lowering, node, *kind, axes),
        Operator::Softmax { beta } => reduce::softmax(lowering, node, *beta),
        Operator::ArgMax { axis } => reduce::arg_max(lowering, node, *axis),
        Operator::Pad { paddings, value } => join::pad(lowering, node, paddings, value.as_deref()),
        Operator::Concatenate { axis, activation } => join::concatenate(lowering, node, *axis, *activation),
        Operator::Pack { axis } => join::pack(lowering, node, *axis),
        Operator::Reshape => movement::reshape(lowering, node),
        Operator::Transpose { permutation } => movement::transpose(lowering, node, permutation),
        Operator::Split { axis } => movement::split(lowering, node, *axis),
        Operator::Unpack { axis } => movement::unpack(lowering, node, *axis),
        Operator::StridedSlice { begins, extents, steps } => {
            movement::strided_slice(lowering, node, begins, extents, steps)
        }
        Operator::Gather { axis, batch_axes } => movement::gather(lowering, node, *axis, *batch_axes),
        Operator::Quantize => quantize::quantize(lowering, node),
        Operator::Dequantize => quantize::dequantize(lowering, node),
        Operator::Cast => quantize::cast(lowering, node),
        Operator::ResizeNearest { align_corners, half_pixel_centers } => {
            resize::nearest(lowering, node, *align_corners, *half_pixel_centers)
        }
        Operator::ResizeBilinear { align_corners, half_pixel_centers } => {
            resize::bilinear(lowering, node, *align_corners, *half_pixel_centers)
        }
        Operator::Custom { name, options } => custom::custom(lowering, node, name, options),
        Operator::ReadState { state } => state::read(lowering, index, node, *state),
        Operator::AssignState { state } => state::assign(lowering, node, *state),
    }
}

fn lower_inputs(lowering: &mut Lowering<'_>, problems: &mut Vec<Problem>) {
    let ports = port_node("graph inputs");
    for &id in &lowering.graph.inputs {
        let tensor = lowering.tensor(id);
        if lowering.program.record_of[id].is_some() || tensor.data.is_some() {
            let fix = "remove the repeated or constant input from the model";
            problems.push(problem(&ports, &tensor.name, "is a graph input twice, or constant", fix));
            continue;
        }
        match lowering.add_record(&ports, id, Place::Arena) {
            Ok(record) => lowering.program.inputs.push(record),
            Err(problem) => problems.push(problem),
        }
    }
}

fn lower_outputs(lowering: &mut Lowering<'_>, problems: &mut Vec<Problem>) {
    let ports = port_node("graph outputs");
    for &id in &lowering.graph.outputs {
        match lowering.record(&ports, id) {
            Ok(record) => lowering.program.outputs.push(record),
            Err(problem) => problems.push(problem),
        }
    }
}

/// A node that stands for the graph's edge in problems.
fn port_node(origin: &str) -> Node {
    Node { operator: Operator::Reshape, inputs: Vec::new(), outputs: Vec::new(), origin: origin.into() }
}

/// Initial values of all states with the gaps alignment leaves between them.
fn initial_state(graph: &Graph, states: &States) -> Vec<(u32, Vec<u8>)> {
    let mut bytes = vec![0; states.bytes];
    for (state, &offset) in graph.states.iter().zip(&states.offsets) {
        // A shorter initial value leaves zeros; the importer gives exactly the tensor's bytes.
        for (slot, &byte) in bytes[offset..].iter_mut().zip(state.initial.iter()) {
            *slot = byte;
        }
    }
    initial_runs(&bytes)
}
