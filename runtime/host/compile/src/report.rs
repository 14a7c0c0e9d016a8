//! What compiling a model found and decided, as data.

use crate::layout::Layout;
use crate::lower::{Place, Program, RecordId};
use mote_engine::Work;
use serde::Serialize;
use std::collections::BTreeMap;

/// A tensor as a table shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TensorLine {
    /// Index in the file.
    pub index: usize,
    /// Name in the source.
    pub name: String,
    /// Extents.
    pub shape: Vec<usize>,
    /// Element type.
    pub element_type: &'static str,
    /// Size.
    pub bytes: usize,
}

/// One operator of the compiled model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorLine {
    /// Position in execution order.
    pub index: usize,
    /// Device operator.
    pub operator: &'static str,
    /// Name of a custom operator; none for others.
    pub custom: Option<String>,
    /// Operator of the source it came from.
    pub origin: String,
    /// Outputs.
    pub outputs: Vec<TensorLine>,
    /// Multiply-accumulates, padding taps counted.
    pub macs: u64,
    /// Bytes of weights, without biases and tables.
    pub weight_bytes: u64,
    /// Arena bytes in use while it runs, scratch not counted.
    pub live_bytes: usize,
    /// Scratch bytes it uses.
    pub scratch_bytes: usize,
    /// Slices its work can be cut into.
    pub units: usize,
}

/// A custom operator that the model needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomLine {
    /// Its name.
    pub name: String,
    /// Operators of that name in the model.
    pub count: usize,
    /// Scratch that the model gives it.
    pub scratch_bytes: usize,
    /// Whether its code was there when the model was compiled. Golden vectors need the code of all.
    pub has_code: bool,
}

/// A tensor's place in the arena and in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanLine {
    /// Tensor.
    pub tensor: TensorLine,
    /// First byte in the arena.
    pub offset: usize,
    /// Step that writes it: 0 for graph inputs, k + 1 for operator k.
    pub first_step: usize,
    /// Last step that reads it; one more than the operators for graph outputs.
    pub last_step: usize,
    /// Index of the tensor whose bytes it shows, for a view.
    pub view_of: Option<usize>,
}

/// The memory plan, for pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// Arena tensors in the file's order.
    pub tensors: Vec<PlanLine>,
    /// Most tensor bytes live at one step: no plan is smaller.
    pub bound_bytes: usize,
    /// Tensor bytes of the plan.
    pub tensor_bytes: usize,
}

/// Everything known of a compiled model.
#[derive(Clone, Debug, Serialize)]
pub struct CompileReport {
    /// Rounding it was compiled for.
    pub numerics: &'static str,
    /// Multiply-accumulates of the source.
    pub source_macs: u64,
    /// Multiply-accumulates of the compiled model.
    pub macs: u64,
    /// Weight bytes of the source.
    pub source_weight_bytes: u64,
    /// Weight bytes of the compiled model.
    pub weight_bytes: u64,
    /// Memory a session needs, scratch included.
    pub arena_bytes: usize,
    /// Scratch bytes within the arena.
    pub scratch_bytes: usize,
    /// Memory for state tensors.
    pub state_bytes: usize,
    /// Bytes of the constant section.
    pub constant_bytes: usize,
    /// Bytes of the whole file.
    pub file_bytes: usize,
    /// Golden vectors in the passport.
    pub golden_vectors: u32,
    /// Operators in execution order.
    pub operators: Vec<OperatorLine>,
    /// Custom operators by name.
    pub custom_operators: Vec<CustomLine>,
    /// Memory plan.
    pub plan: PlanReport,
    /// Tensor index in the file of each tensor of the source graph; none for those that were compiled away.
    pub tensor_of_source: Vec<Option<usize>>,
    /// For each activation of the source that slimming kept: its channels (indices along the last axis) that are left.
    /// Empty without slimming.
    pub kept_channels: BTreeMap<usize, Vec<usize>>,
    /// What slimming did; none when it was not asked for.
    pub slim: Option<SlimSection>,
}

/// One rewrite of slimming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RewriteLine {
    /// Kind of rewrite.
    pub kind: String,
    /// Operator of the source.
    pub origin: String,
    /// What was done.
    pub what: String,
    /// Multiply-accumulates that went away.
    pub macs_saved: u64,
    /// Weight bytes that went away.
    pub weight_bytes_saved: u64,
}

/// What slimming did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SlimSection {
    /// Why the model was compiled as it is instead; none when slimming passed its own check.
    pub refused: Option<String>,
    /// Inputs on which source and result were run and compared.
    pub checked_inputs: usize,
    /// Rewrites in order.
    pub rewrites: Vec<RewriteLine>,
}

/// The operator table.
pub fn operator_lines(program: &Program, layout: &Layout, work: &[Work]) -> Vec<OperatorLine> {
    let lines = program.operators.iter().zip(work).enumerate().map(|(index, (operator, work))| OperatorLine {
        index,
        operator: operator.code.name(),
        custom: operator.custom_name().map(String::from),
        origin: operator.origin.clone(),
        outputs: operator.outputs.iter().map(|&record| tensor_line(program, record)).collect(),
        macs: operator.macs,
        weight_bytes: operator.weight_bytes,
        live_bytes: layout.live_bytes.get(index).copied().unwrap_or(0),
        scratch_bytes: work.scratch_bytes,
        units: work.units,
    });
    lines.collect()
}

/// The custom operators, each name once.
pub fn custom_lines(program: &Program, work: &[Work], without_code: &[String]) -> Vec<CustomLine> {
    let mut lines: BTreeMap<&str, CustomLine> = BTreeMap::new();
    for (operator, work) in program.operators.iter().zip(work) {
        let Some(name) = operator.custom_name() else { continue };
        let has_code = !without_code.iter().any(|other| other == name);
        let first = CustomLine { name: name.into(), count: 0, scratch_bytes: 0, has_code };
        let line = lines.entry(name).or_insert(first);
        line.count += 1;
        line.scratch_bytes = line.scratch_bytes.max(work.scratch_bytes);
    }
    lines.into_values().collect()
}

/// The plan of arena tensors.
pub fn plan_report(program: &Program, layout: &Layout) -> PlanReport {
    let in_arena = (0..program.records.len()).filter(|&record| program.arena_base(record).is_some());
    let lines = in_arena.map(|record| PlanLine {
        tensor: tensor_line(program, record),
        offset: layout.offsets[record],
        first_step: layout.lifetimes[record].first_step,
        last_step: layout.lifetimes[record].last_step,
        view_of: match program.records[record].place {
            Place::View(base) => Some(base),
            _ => None,
        },
    });
    PlanReport { tensors: lines.collect(), bound_bytes: layout.bound_bytes, tensor_bytes: layout.tensor_bytes }
}

fn tensor_line(program: &Program, index: RecordId) -> TensorLine {
    let record = &program.records[index];
    TensorLine {
        index,
        name: record.name.clone(),
        shape: record.shape.clone(),
        element_type: record.element_type.name(),
        bytes: record.bytes(),
    }
}
