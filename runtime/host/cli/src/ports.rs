//! What goes into a model and comes out of it, whichever engine runs it.

use crate::commands::run::port_names;
use crate::dataset;
use anyhow::{Context, Result};
use mote_engine::{ElementType, Model};
use mote_format::{Location, NOT_A_VIEW, Shape, TensorRecord};
use mote_reference::{FloatModel, Port};

/// Inputs and outputs of a model.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Inputs; only type, shape, bytes and quantisation are meant.
    pub inputs: Vec<TensorRecord>,
    /// Their names.
    pub input_names: Vec<String>,
    /// Names of outputs.
    pub output_names: Vec<String>,
    /// How media become the first input; none when nothing says it.
    pub preprocessing: Option<String>,
    /// Class labels of the first output; may be empty.
    pub labels: Vec<String>,
}

impl Ports {
    /// Ports of a compiled model.
    pub fn of_model(model: &Model<'_>) -> Self {
        let (input_names, output_names) = port_names(model);
        let passport = model.passport();
        let first = passport.as_ref().and_then(|passport| passport.inputs.iter().next());
        Self {
            inputs: (0..model.input_count()).filter_map(|index| model.input(index)).collect(),
            input_names,
            output_names,
            preprocessing: first.map(|port| port.preprocessing.to_owned()),
            labels: dataset::labels_of(model),
        }
    }

    /// Ports of a float model.
    ///
    /// # Errors
    /// An input's extents are open, or it has more axes than tensors have here.
    pub fn of_float(model: &FloatModel) -> Result<Self> {
        let inputs = model.inputs().map(|port| {
            let shape = port.shape.as_ref().with_context(|| format!("input '{}' has open extents", port.name))?;
            record(port.element_type, shape).with_context(|| format!("input '{}'", port.name))
        });
        let name = |port: &Port| port.name.clone();
        Ok(Self {
            inputs: inputs.collect::<Result<_>>()?,
            input_names: model.inputs().map(name).collect(),
            output_names: model.outputs().iter().map(name).collect(),
            preprocessing: None,
            labels: model.class_labels().to_vec(),
        })
    }
}

/// A tensor of `shape` as a record without a place in memory.
///
/// # Errors
/// More axes or elements than records hold, or none.
pub fn record(element_type: mote_reference::ElementType, shape: &[usize]) -> Result<TensorRecord> {
    let extents: Option<Vec<u32>> = shape.iter().map(|&extent| u32::try_from(extent).ok()).collect();
    let shape_record = extents.and_then(|extents| Shape::new(&extents));
    let shape = shape_record.with_context(|| format!("shape {shape:?} has too many axes or no elements"))?;
    let element_type = stored_type(element_type);
    Ok(TensorRecord {
        offset: 0,
        bytes: (shape.elements() * element_type.bytes()) as u32,
        first_step: 0,
        last_step: 0,
        location: Location::Arena,
        element_type,
        ring_rows: 0,
        view_of: NOT_A_VIEW,
        scale: 0.0,
        zero_point: 0,
        shape,
    })
}

/// The type that holds a float model's values here: the next wider one where there is no such.
pub fn stored_type(element_type: mote_reference::ElementType) -> ElementType {
    use mote_reference::ElementType as T;
    match element_type {
        T::F16 | T::F32 | T::F64 => ElementType::F32,
        T::I8 => ElementType::I8,
        T::U8 => ElementType::U8,
        T::I16 => ElementType::I16,
        T::I32 | T::U16 => ElementType::I32,
        T::I64 | T::U32 | T::U64 => ElementType::I64,
        T::Bool => ElementType::Bool,
    }
}
