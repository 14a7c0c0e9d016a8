//! The node being imported, and its operands.

use super::constant::Constant;
use super::importer::{Importer, Value};
use super::pb::NodeProto;
use super::view::View;
use crate::importer::Outcome;
use crate::report::Blocker;
use mote_graph::TensorId;

/// The node being imported.
pub(crate) struct Site<'s, 'm> {
    /// Position, name and operator, for people: `#3 conv1 (Conv)`.
    pub origin: &'s str,
    pub proto: &'m NodeProto,
    /// Version of the operator set the node belongs to.
    pub version: i64,
}

impl<'m> Site<'_, 'm> {
    /// Name of an input; none when it is left out.
    pub fn input_name(&self, position: usize) -> Option<&'m str> {
        self.proto.input.get(position).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// Name of an output; none when it is left out.
    pub fn output_name(&self, position: usize) -> Option<&'m str> {
        self.proto.output.get(position).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// Axis `axis` of a tensor of rank `rank`, counted from the end when negative.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize, Blocker> {
        let from_start = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        let found = usize::try_from(from_start).ok().filter(|&found| found < rank);
        found.ok_or_else(|| Blocker::malformed(format!("axis {axis} of a tensor of rank {rank}")))
    }
}

impl<'m> Importer<'m> {
    /// An input that must be there.
    pub fn value(&self, site: &Site<'_, 'm>, position: usize) -> Outcome<Value> {
        let missing = || Blocker::malformed(format!("input {position} is missing"));
        let name = site.input_name(position).ok_or_else(missing)?;
        self.lookup(name)
    }

    /// An input that may be left out.
    pub fn optional(&self, site: &Site<'_, 'm>, position: usize) -> Outcome<Option<Value>> {
        site.input_name(position).map(|name| self.lookup(name)).transpose()
    }

    /// An input's constant value; none when it is left out.
    ///
    /// # Errors
    /// A blocker naming `role` when it is computed at run time.
    pub fn optional_constant(&self, site: &Site<'_, 'm>, position: usize, role: &str) -> Outcome<Option<Constant>> {
        match self.optional(site, position)? {
            None => Ok(None),
            Some(Value::Constant(constant)) => Ok(Some(constant)),
            Some(Value::Computed(_)) => {
                let fix = "export the model with fixed shapes, so that this value is a constant";
                let blocker = Blocker::new(format!("{role} is computed at run time"), fix);
                Err(blocker.of(site.input_name(position).unwrap_or_default()).into())
            }
        }
    }

    /// An input's constant value, which must be there.
    pub fn constant(&self, site: &Site<'_, 'm>, position: usize, role: &str) -> Outcome<Constant> {
        let missing = || Blocker::malformed(format!("input {position} ({role}) is missing"));
        Ok(self.optional_constant(site, position, role)?.ok_or_else(missing)?)
    }

    /// An input's constant integers; none when it is left out.
    pub fn optional_ints(&self, site: &Site<'_, 'm>, position: usize, role: &str) -> Outcome<Option<Vec<i64>>> {
        let constant = self.optional_constant(site, position, role)?;
        let ints = |constant: Constant| {
            let wrong = || Blocker::malformed(format!("{role} holds {}", constant.elements.type_name()));
            constant.elements.to_i64().ok_or_else(wrong)
        };
        Ok(constant.map(ints).transpose()?)
    }

    /// Integers that are an attribute in old versions of an operator and an input in new ones.
    pub fn ints_of(&self, site: &Site<'_, 'm>, attribute: &str, position: usize) -> Outcome<Option<Vec<i64>>> {
        if let Some(ints) = site.ints(attribute)? {
            return Ok(Some(ints.to_vec()));
        }
        self.optional_ints(site, position, attribute)
    }

    /// An input as a view: a constant becomes a tensor of the graph.
    pub fn view(&mut self, site: &Site<'_, 'm>, position: usize) -> Outcome<View> {
        match self.value(site, position)? {
            Value::Computed(view) => Ok(view),
            Value::Constant(constant) => {
                let tensor = constant.to_tensor(site.input_name(position).unwrap_or_default())?;
                Ok(View::plain(self.add_tensor(tensor), constant.shape))
            }
        }
    }

    /// All inputs, each of which must be there.
    pub fn all_values(&self, site: &Site<'_, 'm>) -> Outcome<Vec<Value>> {
        (0..site.proto.input.len()).map(|position| self.value(site, position)).collect()
    }

    /// Sets an output of the node.
    pub fn define(&mut self, site: &Site<'_, 'm>, position: usize, value: Value) -> Outcome {
        match site.output_name(position) {
            Some(name) => {
                if let Value::Computed(view) = &value {
                    self.forget_read(site, view.tensor);
                }
                self.insert(name, value)
            }
            None if position == 0 => Err(Blocker::malformed("output 0 is missing").into()),
            None => Ok(()),
        }
    }

    /// A result held by an operand's tensor is no further read of that tensor: its readers are the result's.
    fn forget_read(&mut self, site: &Site<'_, 'm>, tensor: TensorId) {
        let same = |name: &&String| matches!(self.lookup(name), Ok(Value::Computed(view)) if view.tensor == tensor);
        let reads = site.proto.input.iter().filter(same).count();
        if let Some(readers) = self.readers.get_mut(&tensor) {
            *readers = readers.saturating_sub(reads);
        }
    }

    /// Sets the node's first output to a view.
    pub fn define_view(&mut self, site: &Site<'_, 'm>, view: View) -> Outcome {
        self.define(site, 0, Value::Computed(view))
    }

    /// Sets the node's first output to a constant computed here.
    pub fn define_constant(&mut self, site: &Site<'_, 'm>, constant: Constant) -> Outcome {
        self.define(site, 0, Value::Constant(constant))
    }
}
