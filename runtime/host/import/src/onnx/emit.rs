//! Nodes of the graph, and the arrangement of their operands.

use super::importer::Importer;
use super::node::Site;
use super::view::View;
use crate::importer::Outcome;
use crate::report::Blocker;
use mote_graph::{ElementType, Node, Operator, Quantization, Tensor, TensorId};

impl<'m> Importer<'m> {
    /// Adds a tensor to the graph.
    pub fn add_tensor(&mut self, tensor: Tensor) -> TensorId {
        self.graph.add_tensor(tensor)
    }

    /// A tensor of the graph.
    pub fn get(&self, id: TensorId) -> &Tensor {
        &self.graph.tensors[id]
    }

    /// Adds a node with one output of type and quantisation of `inputs[0]`, and gives that output.
    pub fn emit(
        &mut self,
        site: &Site<'_, 'm>,
        operator: Operator,
        inputs: Vec<TensorId>,
        shape: Vec<usize>,
    ) -> Outcome<TensorId> {
        let like = inputs.first().map(|&id| (self.get(id).element_type, self.get(id).quantization.clone()));
        let (element_type, quantization) = like.unwrap_or((ElementType::F32, None));
        self.emit_typed(site, operator, inputs, shape, element_type, quantization)
    }

    /// Adds a node with one output, and gives that output.
    pub fn emit_typed(
        &mut self,
        site: &Site<'_, 'm>,
        operator: Operator,
        inputs: Vec<TensorId>,
        shape: Vec<usize>,
        element_type: ElementType,
        quantization: Option<Quantization>,
    ) -> Outcome<TensorId> {
        let name = site.output_name(0).unwrap_or_default();
        self.check_shape(&shape, name)?;
        let tensor = Tensor { name: name.into(), shape, element_type, quantization, data: None };
        let output = self.add_tensor(tensor);
        self.push(site, operator, inputs, vec![output])?;
        Ok(output)
    }

    /// Adds a node.
    pub fn push(
        &mut self,
        site: &Site<'_, 'm>,
        operator: Operator,
        inputs: Vec<TensorId>,
        outputs: Vec<TensorId>,
    ) -> Outcome {
        if self.graph.nodes.len() >= self.options.limits.operators {
            let reason = format!("becomes more than {} operators", self.options.limits.operators);
            return Err(Blocker::new(reason, "import a smaller model").into());
        }
        for &output in &outputs {
            self.producers.insert(output, self.graph.nodes.len());
        }
        self.graph.nodes.push(Node { operator, inputs, outputs, origin: site.origin.into() });
        Ok(())
    }

    /// The node that makes `tensor`, when one value at most is read from it: then it may be changed.
    pub fn sole_producer(&self, tensor: TensorId) -> Option<usize> {
        let readers = self.readers.get(&tensor).copied().unwrap_or(0);
        self.producers.get(&tensor).copied().filter(|_| readers == 1)
    }

    /// Refuses a shape with no elements, or beyond the limits.
    pub fn check_shape(&self, shape: &[usize], name: &str) -> Result<(), Blocker> {
        super::constant::check_size(shape, &self.options.limits).map_err(|blocker| blocker.of(name))?;
        if shape.contains(&0) {
            let reason = format!("tensor of shape {shape:?} without elements, computed at run time");
            return Err(Blocker::new(reason, "remove the empty tensor from the model").of(name));
        }
        Ok(())
    }

    /// A tensor of shape `shape` that holds a view's elements with the source's axes stored in `order`.
    ///
    /// Nothing is emitted when that is what the view's tensor is; a Reshape when only the shape differs; a Transpose
    /// (over as few axes as possible) where elements have to move.
    pub fn arranged(
        &mut self,
        site: &Site<'_, 'm>,
        view: &View,
        order: &[usize],
        shape: Vec<usize>,
    ) -> Outcome<TensorId> {
        let runs = view.runs();
        let wanted: Vec<usize> = order.iter().flat_map(|&axis| runs[axis].clone()).collect();
        let wide =
            |axes: &[usize]| -> Vec<usize> { axes.iter().copied().filter(|&axis| view.fine[axis] > 1).collect() };
        let (stored, wanted) = (wide(&view.order), wide(&wanted));
        let key = (view.tensor, wanted.iter().map(|&axis| view.fine[axis]).collect::<Vec<_>>(), wanted.clone(), shape);
        if let Some(&known) = self.arrangements.get(&key) {
            return Ok(known);
        }
        let mut tensor = view.tensor;
        if stored != wanted {
            // Stored neighbours that stay neighbours move as one axis.
            let mut groups: Vec<Vec<usize>> = Vec::new();
            for &axis in &stored {
                let follows = |group: &Vec<usize>| {
                    let last = wanted.iter().position(|&other| Some(&other) == group.last());
                    last.is_some_and(|last| wanted.get(last + 1) == Some(&axis))
                };
                match groups.last_mut().filter(|group| follows(group)) {
                    Some(group) => group.push(axis),
                    None => groups.push(vec![axis]),
                }
            }
            let extents: Vec<usize> =
                groups.iter().map(|group| group.iter().map(|&axis| view.fine[axis]).product()).collect();
            let mut permutation: Vec<usize> = (0..groups.len()).collect();
            permutation.sort_by_key(|&group| wanted.iter().position(|axis| groups[group].first() == Some(axis)));
            tensor = self.in_shape(site, tensor, extents.clone())?;
            let moved = permutation.iter().map(|&axis| extents[axis]).collect();
            tensor = self.emit(site, Operator::Transpose { permutation }, vec![tensor], moved)?;
        }
        let tensor = self.in_shape(site, tensor, key.3.clone())?;
        self.arrangements.insert(key, tensor);
        Ok(tensor)
    }

    /// The view's elements in the source's own order, in the source's shape.
    pub fn plain(&mut self, site: &Site<'_, 'm>, view: &View) -> Outcome<TensorId> {
        let order: Vec<usize> = (0..view.shape.len()).collect();
        self.arranged(site, view, &order, view.shape.clone())
    }

    /// The view's elements with the source's axes stored in `order`, one stored axis for each.
    pub fn in_order(&mut self, site: &Site<'_, 'm>, view: &View, order: &[usize]) -> Outcome<TensorId> {
        let shape = order.iter().map(|&axis| view.shape[axis]).collect();
        self.arranged(site, view, order, shape)
    }

    /// The tensor under another shape of as many elements.
    pub fn in_shape(&mut self, site: &Site<'_, 'm>, tensor: TensorId, shape: Vec<usize>) -> Outcome<TensorId> {
        let source = self.get(tensor);
        if source.shape == shape {
            return Ok(tensor);
        }
        if let Some(data) = source.data.clone() {
            let reshaped = Tensor { shape, data: Some(data), ..source.clone() };
            return Ok(self.add_tensor(reshaped));
        }
        self.emit(site, Operator::Reshape, vec![tensor], shape)
    }
}
