//! Pieces of generated graphs.

use crate::random::Random;
use mote_graph::{Activation, ElementType, Graph, Node, Operator, Quantization, Tensor, TensorId};
use std::sync::Arc;

/// Scale and zero point of an int8 tensor.
pub type Affine = (f32, i32);

/// A graph under construction and the numbers it is drawn from.
pub struct Builder {
    /// The graph.
    pub graph: Graph,
    /// Where choices come from.
    pub random: Random,
}

impl Builder {
    /// An empty graph.
    pub fn new(seed: u64) -> Self {
        Self { graph: Graph { name: format!("generated {seed}"), ..Graph::default() }, random: Random::new(seed) }
    }

    /// An int8 zero point, often at an end of the range.
    pub fn zero_point(&mut self) -> i32 {
        let any = self.random.between(-128, 127) as i32;
        self.random.pick(&[-128, 127, 0, any, any, any])
    }

    /// A usual scale.
    pub fn scale(&mut self) -> f32 {
        self.random.logarithmic(0.003, 0.3) as f32
    }

    /// A random quantisation.
    pub fn affine(&mut self) -> Affine {
        (self.scale(), self.zero_point())
    }

    /// A channel count around the block sizes kernels use.
    pub fn channels(&mut self) -> usize {
        self.random.pick(&[1, 2, 3, 5, 8, 16, 17, 33])
    }

    /// A fused activation.
    pub fn activation(&mut self) -> Activation {
        use Activation::{None, Relu, Relu6, ReluN1To1};
        self.random.pick(&[None, None, None, Relu, Relu6, ReluN1To1])
    }

    /// A shape of `rank` extents with few elements.
    pub fn shape(&mut self, rank: usize) -> Vec<usize> {
        (0..rank).map(|_| self.random.pick(&[1, 2, 3, 4, 5, 7])).collect()
    }

    /// A tensor without data; `affine` makes it int8, none float32.
    pub fn tensor(&mut self, shape: &[usize], affine: Option<Affine>) -> TensorId {
        let element_type = if affine.is_some() { ElementType::I8 } else { ElementType::F32 };
        self.typed(shape, element_type, affine)
    }

    /// A tensor of any type without data.
    pub fn typed(&mut self, shape: &[usize], element_type: ElementType, affine: Option<Affine>) -> TensorId {
        let name = format!("t{}", self.graph.tensors.len());
        let quantization = affine.map(|(scale, zero_point)| Quantization::per_tensor(scale, zero_point));
        self.graph.add_tensor(Tensor { name, shape: shape.to_vec(), element_type, quantization, data: None })
    }

    /// A graph input.
    pub fn input(&mut self, shape: &[usize], affine: Option<Affine>) -> TensorId {
        let id = self.tensor(shape, affine);
        self.graph.inputs.push(id);
        id
    }

    /// A constant.
    pub fn constant(
        &mut self,
        shape: &[usize],
        element_type: ElementType,
        quantization: Option<Quantization>,
        data: Vec<u8>,
    ) -> TensorId {
        let name = format!("t{}", self.graph.tensors.len());
        let data = Some(Arc::new(data));
        self.graph.add_tensor(Tensor { name, shape: shape.to_vec(), element_type, quantization, data })
    }

    /// A constant of random numbers; `affine` makes it int8, none float32.
    pub fn random_constant(&mut self, shape: &[usize], affine: Option<Affine>) -> TensorId {
        let element_type = if affine.is_some() { ElementType::I8 } else { ElementType::F32 };
        let data = random_bytes(&mut self.random, element_type, shape.iter().product());
        let quantization = affine.map(|(scale, zero_point)| Quantization::per_tensor(scale, zero_point));
        self.constant(shape, element_type, quantization, data)
    }

    /// Adds a node with one new output.
    pub fn push(
        &mut self,
        operator: Operator,
        inputs: &[TensorId],
        shape: &[usize],
        affine: Option<Affine>,
    ) -> TensorId {
        let output = self.tensor(shape, affine);
        self.node(operator, inputs, &[output]);
        output
    }

    /// Adds a node.
    pub fn node(&mut self, operator: Operator, inputs: &[TensorId], outputs: &[TensorId]) {
        let origin = format!("#{} {}", self.graph.nodes.len(), operator.name());
        self.graph.nodes.push(Node { operator, inputs: inputs.to_vec(), outputs: outputs.to_vec(), origin });
    }

    /// Ends the graph with these outputs.
    pub fn finish(mut self, outputs: &[TensorId]) -> Graph {
        self.graph.outputs = outputs.to_vec();
        mote_graph::verify(&self.graph).expect("a generated graph keeps a graph's promises");
        self.graph
    }
}

/// Bytes of random elements: all of int8, often its ends; float32 within −4 to 4; small integers otherwise.
pub fn random_bytes(random: &mut Random, element_type: ElementType, elements: usize) -> Vec<u8> {
    let mode = random.between(0, 7);
    let mut bytes = Vec::new();
    for _ in 0..elements {
        match element_type {
            ElementType::I8 | ElementType::U8 => bytes.push(match mode {
                0 => random.pick(&[0x80u8, 0x7F]),
                1 => 0x80,
                2 => 0x7F,
                _ => random.bits() as u8,
            }),
            ElementType::Bool => bytes.push((random.bits() & 1) as u8),
            ElementType::F32 => bytes.extend(((random.unit() * 8.0 - 4.0) as f32).to_le_bytes()),
            ElementType::I16 => bytes.extend((random.bits() as i16).to_le_bytes()),
            ElementType::I32 => bytes.extend((random.between(-100_000, 100_000) as i32).to_le_bytes()),
            ElementType::I64 => bytes.extend(random.between(-100_000, 100_000).to_le_bytes()),
        }
    }
    bytes
}

/// Bytes for every graph input.
pub fn random_inputs(graph: &Graph, seed: u64) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed ^ 0xA5A5);
    let bytes = |&id: &TensorId| {
        let tensor = &graph.tensors[id];
        random_bytes(&mut random, tensor.element_type, tensor.elements())
    };
    graph.inputs.iter().map(bytes).collect()
}
