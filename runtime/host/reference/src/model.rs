//! A loaded model.

use crate::error::Error;
use crate::fence::fenced;
use crate::tensor::{ElementType, Port, Tensor, from_tract, to_tract};
use crate::{limits, onnx, tflite};
use std::collections::BTreeMap;
use std::sync::Arc;
use tract_onnx::prelude::{DatumType, IntoRunnable, TVec, TypedFact, TypedModel, TypedRunnableModel};

/// Settings of loading.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Extents of inputs by name, for what the file leaves open. Without them an open batch axis (the first) is 1, and
    /// any other open extent is an error.
    pub shapes: BTreeMap<String, Vec<usize>>,
}

/// A float model that tract runs.
#[derive(Debug, Clone)]
pub struct FloatModel {
    plan: Arc<TypedRunnableModel>,
    inputs: Vec<(Port, DatumType)>,
    outputs: Vec<Port>,
    quantized: bool,
    class_labels: Vec<String>,
}

impl FloatModel {
    /// Loads the bytes of an `.onnx` file. Graphs with QuantizeLinear, DequantizeLinear or integer operators are run
    /// operator by operator as they are written, without tract's rewriting, which folds such chains wrongly. Classifiers
    /// of `ai.onnx.ml` give scores only: [`FloatModel::class_labels`] has what their label output said.
    ///
    /// # Errors
    /// Malformed or too large files, open extents, data in other files, operators that tract does not know.
    pub fn from_onnx(bytes: &[u8], options: &LoadOptions) -> Result<Self, Error> {
        limits::check_file(bytes)?;
        let loaded = fenced("loading the model", || onnx::load(bytes, options))?;
        let model = Self::new(loaded.model, loaded.inputs, loaded.outputs, loaded.quantized)?;
        Ok(Self { class_labels: loaded.class_labels, ..model })
    }

    /// Loads the bytes of a `.tflite` file with float weights and activations.
    ///
    /// # Errors
    /// Malformed or too large files, quantised tensors, operators that tract does not know.
    pub fn from_tflite(bytes: &[u8]) -> Result<Self, Error> {
        limits::check_file(bytes)?;
        let loaded = fenced("loading the model", || tflite::load(bytes))?;
        Self::new(loaded.model, loaded.inputs, loaded.outputs, false)
    }

    fn new(model: TypedModel, inputs: Vec<String>, outputs: Vec<String>, quantized: bool) -> Result<Self, Error> {
        check_sizes(&model)?;
        let facts = |names: Vec<String>, input: bool| {
            let one = |(index, name)| {
                let fact = if input { model.input_fact(index) } else { model.output_fact(index) };
                let fact = fact.map_err(Error::unsupported)?;
                Ok((port(name, fact)?, fact.datum_type))
            };
            names.into_iter().enumerate().map(one).collect::<Result<Vec<_>, Error>>()
        };
        let inputs = facts(inputs, true)?;
        let outputs = facts(outputs, false)?.into_iter().map(|(port, _)| port).collect();
        let plan = fenced("loading the model", || {
            // Rewriting for speed may fail where the plain graph runs.
            let fast = if quantized { None } else { fenced("optimising", || optimized(&model)).ok() };
            match fast {
                Some(plan) => Ok(plan),
                None => model.into_runnable().map_err(Error::unsupported),
            }
        })?;
        Ok(Self { plan, inputs, outputs, quantized, class_labels: Vec::new() })
    }

    /// Inputs in the file's order.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = &Port> {
        self.inputs.iter().map(|(port, _)| port)
    }

    /// Outputs in the file's order.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// True when the file holds quantised operators and is run as written.
    pub fn is_quantized(&self) -> bool {
        self.quantized
    }

    /// Names of the classes in the order of the scores, where a classifier of `ai.onnx.ml` names them.
    pub fn class_labels(&self) -> &[String] {
        &self.class_labels
    }

    /// One inference: an array for each input, in order; an array of each output.
    ///
    /// # Errors
    /// Arrays that do not fit the inputs; a failure of tract, with its reason.
    pub fn run(&self, arrays: &[Tensor]) -> Result<Vec<Tensor>, Error> {
        if arrays.len() != self.inputs.len() {
            let reason = format!("the model takes {} inputs, {} arrays are given", self.inputs.len(), arrays.len());
            return Err(Error::Inputs { reason });
        }
        fenced("running the model", || {
            let values = arrays.iter().zip(&self.inputs).map(|(array, (port, datum))| to_tract(array, port, *datum));
            let values: TVec<_> = values.collect::<Result<_, _>>()?;
            let outputs = self.plan.run(values).map_err(Error::run)?;
            outputs.iter().map(|value| from_tract(value).map_err(Error::run)).collect()
        })
    }
}

fn optimized(model: &TypedModel) -> Result<Arc<TypedRunnableModel>, Error> {
    let model = model.clone().into_optimized().map_err(Error::unsupported)?;
    check_sizes(&model)?;
    model.into_runnable().map_err(Error::unsupported)
}

fn port(name: String, fact: &TypedFact) -> Result<Port, Error> {
    let element_type = ElementType::of(fact.datum_type)
        .ok_or_else(|| Error::Unsupported { reason: format!("'{name}' has type {:?}", fact.datum_type) })?;
    Ok(Port { shape: fact.shape.as_concrete().map(<[usize]>::to_vec), name, element_type })
}

/// Refuses graphs whose tensors would take more memory than a host has to give.
fn check_sizes(model: &TypedModel) -> Result<(), Error> {
    let mut total = 0usize;
    for node in model.nodes() {
        for output in &node.outputs {
            let Some(shape) = output.fact.shape.as_concrete() else { continue };
            total = total.saturating_add(limits::elements(&node.name, shape.iter().copied())?);
        }
    }
    if total > limits::MAX_TOTAL_ELEMENTS {
        let what = "the sum of all tensors".into();
        return Err(Error::TooLarge { what, found: total, limit: limits::MAX_TOTAL_ELEMENTS });
    }
    Ok(())
}
