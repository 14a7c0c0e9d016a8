//! Operators that an application brings.

use crate::error::Problem;
use crate::lower::context::{Lowering, problem};
use crate::lower::program::LoweredOperator;
use mote_format::OpCode;
use mote_format::parameters::CustomParameters;
use mote_graph::{Node, Operator};

/// A custom operator, as it is.
pub fn custom(lowering: &mut Lowering<'_>, node: &Node, name: &str, options: &[u8]) -> Result<(), Problem> {
    let code = OpCode::custom(name);
    let twin = lowering.graph.nodes.iter().find_map(|other| match &other.operator {
        Operator::Custom { name: other, .. } if other != name && OpCode::custom(other) == code => Some(other),
        _ => None,
    });
    if let Some(twin) = twin {
        let reason = format!("custom operators '{name}' and '{twin}' have the same code {}", code.0);
        return Err(problem(node, "", &reason, "rename one of them"));
    }
    let inputs = (0..node.inputs.len()).map(|index| lowering.input(node, index)).collect::<Result<_, _>>()?;
    let outputs = (0..node.outputs.len()).map(|index| lowering.output(node, index)).collect::<Result<_, _>>()?;
    let parameters = CustomParameters { name, options }.to_bytes();
    let origin = node.origin.clone();
    lowering.program.operators.push(LoweredOperator {
        code,
        inputs,
        outputs,
        parameters,
        origin,
        macs: 0,
        weight_bytes: 0,
    });
    Ok(())
}
