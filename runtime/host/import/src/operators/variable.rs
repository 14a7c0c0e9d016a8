//! Resource variables: handles, reads, assignments and the initialisation that runs once.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::no_options;
use crate::report::Blocker;
use crate::schema::{BuiltinOperator, Operator as RawOperator, SourceOperator, TensorType, printable};
use crate::tensors::{convert, type_name};
use mote_graph::{Operator, StateTensor, Tensor, TensorId};
use std::collections::HashMap;
use std::sync::Arc;

fn key(raw: &RawOperator<'_>) -> Outcome<(String, String)> {
    let options = raw.builtin_options_as_var_handle_options().ok_or_else(no_options)?;
    Ok((printable(options.container().unwrap_or("")), printable(options.shared_name().unwrap_or(""))))
}

pub(super) fn var_handle(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let index = importer.output_index(site, 0)?;
    let stored = importer.subgraph.tensors[index].type_();
    if stored != TensorType::RESOURCE {
        let reason = format!("handle of type {}, expected resource", type_name(stored));
        return Err(Blocker::malformed(reason).of(importer.name(index)).into());
    }
    let variable = importer.states.variable(key(site.raw)?);
    importer.states.handles.insert(index, variable);
    Ok(())
}

/// The variable whose handle is input 0.
fn variable_of(importer: &Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome<usize> {
    let index = importer.input_index(site, 0)?;
    importer.states.handles.get(&index).copied().ok_or_else(|| {
        let fix = "variables must come from VAR_HANDLE operators of the same subgraph";
        Blocker::new("handle of no known variable", fix).of(importer.name(index)).into()
    })
}

pub(super) fn read(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let variable = variable_of(importer, site)?;
    let y = importer.output(site, 0)?;
    importer.moved_type(&[y])?;
    let state = state(importer, site, variable, y)?;
    importer.push(site, Operator::ReadState { state }, vec![], vec![y])
}

pub(super) fn assign(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let variable = variable_of(importer, site)?;
    let x = importer.input(site, 1)?;
    importer.moved_type(&[x])?;
    let state = state(importer, site, variable, x)?;
    importer.push(site, Operator::AssignState { state }, vec![x], vec![])
}

/// The graph's state of a variable; `like`, a value read or assigned, gives its form when it is new.
fn state(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, variable: usize, like: TensorId) -> Outcome<usize> {
    let found = importer.states.variables.get(variable).and_then(|variable| variable.state);
    if let Some(state) = found {
        if let Some(first) = importer.graph.states.get(state).map(|state| state.like) {
            importer.moved_type(&[first, like])?;
            importer.expect_shape(like, &importer.get(first).shape.clone())?;
        }
        return Ok(state);
    }
    let form = importer.get(like).clone();
    let Some(entry) = importer.states.variables.get_mut(variable) else {
        return Err(Blocker::malformed("variable out of range").into());
    };
    let initial = entry.initial.take();
    let name = entry.name.clone();
    let initial = match initial {
        Some(initial) => initial_bytes(&initial, &form)?,
        None => {
            let reason = format!("variable '{name}' is never initialised: it starts at real 0");
            importer.warn(site, like, reason, "initialise the variable in the model");
            importer.states.zeroed_bytes = importer.states.zeroed_bytes.saturating_add(form.bytes());
            if importer.states.zeroed_bytes > importer.options.limits.zeroed_state_bytes {
                let fix = "raise the import limit if the file is trusted";
                return Err(Blocker::new("variables without initial values are too large", fix).of(form.name).into());
            }
            real_zero(&form)
        }
    };
    importer.graph.states.push(StateTensor { name, like, initial: Arc::new(initial) });
    let state = importer.graph.states.len() - 1;
    if let Some(entry) = importer.states.variables.get_mut(variable) {
        entry.state = Some(state);
    }
    Ok(state)
}

fn initial_bytes(initial: &Tensor, form: &Tensor) -> Result<Vec<u8>, Blocker> {
    match &initial.data {
        Some(data) if initial.element_type == form.element_type && initial.shape == form.shape => Ok(data.to_vec()),
        _ => {
            let (a, b) = (initial.element_type.name(), form.element_type.name());
            let reason = format!("initialised with {a} {:?}, used as {b} {:?}", initial.shape, form.shape);
            Err(Blocker::malformed(reason).of(form.name.clone()))
        }
    }
}

/// Bytes of a tensor whose elements are all real 0: the zero point for one-byte integers.
fn real_zero(form: &Tensor) -> Vec<u8> {
    let zero_point = form.quantization.as_ref().map_or(0, |quantization| quantization.zero_point());
    let byte = if form.element_type.bytes() == 1 { zero_point as u8 } else { 0 };
    vec![byte; form.bytes()]
}

/// Runs the initialisation subgraph here: handles and assignments of constants, nothing else.
pub(super) fn call_once(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_call_once_options().ok_or_else(no_options)?;
    let index = options.init_subgraph_index();
    let subgraph = usize::try_from(index).ok().filter(|&at| at != 0);
    let subgraph = subgraph.and_then(|at| importer.source.subgraphs.get(at));
    let subgraph = subgraph.ok_or_else(|| Blocker::malformed(format!("initialisation subgraph {index}")))?;
    if !importer.states.initialised.insert(index as usize) {
        return Ok(());
    }
    let mut handles: HashMap<usize, usize> = HashMap::new();
    for (at, operator) in subgraph.operators.iter().enumerate() {
        let place = format!("#{at} {} of initialisation subgraph {index}", operator.code.name());
        match operator.code.builtin {
            BuiltinOperator::VAR_HANDLE => {
                let variable = importer.states.variable(key(&operator.raw)?);
                handles.extend(operator.outputs.first().map(|&output| (output, variable)));
            }
            BuiltinOperator::ASSIGN_VARIABLE => {
                let (variable, value) = assignment(operator, &handles)
                    .ok_or_else(|| Blocker::malformed(format!("{place} assigns to no known variable")))?;
                let stored = subgraph.tensors.get(value);
                let stored = stored.ok_or_else(|| Blocker::malformed(format!("{place} has no value")))?;
                let tensor = convert(importer.source, stored, value, &importer.options.limits)?;
                if tensor.data.is_none() {
                    let fix = "initialise variables with constants";
                    return Err(Blocker::new(format!("{place} assigns a computed value"), fix).of(tensor.name).into());
                }
                if let Some(entry) = importer.states.variables.get_mut(variable) {
                    if entry.state.is_some() {
                        return Err(Blocker::malformed(format!("{place} comes after the variable's use")).into());
                    }
                    entry.initial = Some(tensor);
                }
            }
            _ => {
                let fix = "initialise variables with constants";
                return Err(Blocker::new(format!("{place}: initialisation that computes"), fix).into());
            }
        }
    }
    Ok(())
}

/// Variable and value tensor of an assignment in an initialisation subgraph.
fn assignment(operator: &SourceOperator<'_>, handles: &HashMap<usize, usize>) -> Option<(usize, usize)> {
    let handle = operator.inputs.first().copied().flatten()?;
    let value = operator.inputs.get(1).copied().flatten()?;
    Some((*handles.get(&handle)?, value))
}
