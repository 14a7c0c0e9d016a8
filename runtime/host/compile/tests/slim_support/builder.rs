//! Builds small int8 graphs with seeded weights.

use super::random_bytes;
use mote_graph::{
    Activation, BinaryKind, ConvGeometry, ElementType, Graph, Node, Operator, Padding, PoolKind, Quantization, Tensor,
    TensorId,
};
use std::sync::Arc;

/// A graph under construction. Activations have scale 0.05 and the zero point given.
pub struct Builder {
    pub graph: Graph,
    seed: u64,
}

/// Weights, bias and window of a layer.
pub struct Layer {
    pub outputs: usize,
    pub window: usize,
    pub stride: usize,
    /// Padding on all four sides.
    pub padding: usize,
    pub activation: Activation,
    /// Output channels with zero weights and the bias given.
    pub dead: Vec<(usize, i32)>,
    /// Zero point of the output.
    pub zero_point: i32,
}

impl Default for Layer {
    fn default() -> Self {
        let activation = Activation::Relu;
        Self { outputs: 6, window: 3, stride: 1, padding: 1, activation, dead: Vec::new(), zero_point: -128 }
    }
}

impl Builder {
    /// A graph with one input [1, height, width, channels].
    pub fn new(seed: u64, shape: [usize; 4]) -> Self {
        let mut builder = Self { graph: Graph { name: "built".into(), ..Graph::default() }, seed };
        let input = builder.activation(&shape, -3);
        builder.graph.inputs.push(input);
        builder
    }

    pub fn activation(&mut self, shape: &[usize], zero_point: i32) -> TensorId {
        let name = format!("t{}", self.graph.tensors.len());
        let quantization = Some(Quantization::per_tensor(0.05, zero_point));
        self.graph.add_tensor(Tensor {
            name,
            shape: shape.to_vec(),
            element_type: ElementType::I8,
            quantization,
            data: None,
        })
    }

    pub fn shape(&self, id: TensorId) -> Vec<usize> {
        self.graph.tensors[id].shape.clone()
    }

    pub fn push(&mut self, operator: Operator, inputs: Vec<TensorId>, output: TensorId) -> TensorId {
        let origin = format!("#{} {}", self.graph.nodes.len(), operator.name());
        self.graph.nodes.push(Node { operator, inputs, outputs: vec![output], origin });
        output
    }

    /// Seeded weights with per-channel scales, and biases; dead channels have zero weights.
    fn constants(&mut self, shape: &[usize], axis: usize, layer: &Layer) -> [TensorId; 2] {
        self.seed += 1;
        let count: usize = shape.iter().product();
        let inner: usize = shape[axis + 1..].iter().product();
        let mut data = random_bytes(self.seed, count);
        let outputs = shape[axis];
        let mut biases: Vec<i32> =
            random_bytes(self.seed + 1000, outputs).iter().map(|&b| i32::from(b as i8) * 8).collect();
        for &(dead, bias) in &layer.dead {
            biases[dead] = bias;
            for (at, byte) in data.iter_mut().enumerate() {
                if at / inner % outputs == dead {
                    *byte = 0;
                }
            }
        }
        let scales = (0..outputs).map(|o| 0.002 + 0.0003 * o as f32).collect();
        let weights = self.graph.add_tensor(Tensor {
            name: format!("w{}", self.graph.tensors.len()),
            shape: shape.to_vec(),
            element_type: ElementType::I8,
            quantization: Some(Quantization { scales, zero_points: vec![0; outputs], axis }),
            data: Some(Arc::new(data)),
        });
        let bytes: Vec<u8> = biases.iter().flat_map(|bias| bias.to_le_bytes()).collect();
        let bias = self.graph.add_tensor(Tensor {
            name: format!("b{}", self.graph.tensors.len()),
            shape: vec![outputs],
            element_type: ElementType::I32,
            quantization: None,
            data: Some(Arc::new(bytes)),
        });
        [weights, bias]
    }

    fn spatial_output(&mut self, x: TensorId, layer: &Layer) -> (TensorId, ConvGeometry) {
        let [n, h, w, _] = self.shape(x)[..] else { panic!("rank") };
        let reach = |extent: usize| (extent + 2 * layer.padding - layer.window) / layer.stride + 1;
        let output = self.activation(&[n, reach(h), reach(w), layer.outputs], layer.zero_point);
        (output, geometry(layer.stride, layer.padding))
    }

    pub fn conv(&mut self, x: TensorId, layer: &Layer) -> TensorId {
        let channels = self.shape(x)[3];
        let [weights, bias] = self.constants(&[layer.outputs, layer.window, layer.window, channels], 0, layer);
        let (output, geometry) = self.spatial_output(x, layer);
        let operator = Operator::Conv2d { geometry, groups: 1, activation: layer.activation };
        self.push(operator, vec![x, weights, bias], output)
    }

    pub fn depthwise(&mut self, x: TensorId, layer: &Layer) -> TensorId {
        let channels = self.shape(x)[3];
        let [weights, bias] = self.constants(&[1, layer.window, layer.window, layer.outputs], 3, layer);
        let (output, geometry) = self.spatial_output(x, layer);
        let multiplier = layer.outputs / channels;
        let operator = Operator::DepthwiseConv2d { geometry, multiplier, activation: layer.activation };
        self.push(operator, vec![x, weights, bias], output)
    }

    /// Fully connected over the whole of `x`.
    pub fn fully_connected(&mut self, x: TensorId, outputs: usize) -> TensorId {
        let columns = self.shape(x).iter().product();
        let [weights, bias] = self.constants(&[outputs, columns], 0, &Layer::default());
        let output = self.activation(&[1, outputs], 4);
        let operator = Operator::FullyConnected { activation: Activation::None };
        self.push(operator, vec![x, weights, bias], output)
    }

    pub fn add(&mut self, a: TensorId, b: TensorId) -> TensorId {
        let shape = self.shape(a);
        let output = self.activation(&shape, -20);
        self.push(Operator::Binary { kind: BinaryKind::Add, activation: Activation::None }, vec![a, b], output)
    }

    pub fn pool(&mut self, x: TensorId, kind: PoolKind) -> TensorId {
        let [n, h, w, c] = self.shape(x)[..] else { panic!("rank") };
        let zero_point = self.graph.tensors[x].quantization.as_ref().expect("quantised").zero_point();
        let output = self.activation(&[n, h / 2, w / 2, c], zero_point);
        let (window_height, window_width) = (2, 2);
        let (geometry, activation) = (geometry(2, 0), Activation::None);
        self.push(Operator::Pool { kind, window_height, window_width, geometry, activation }, vec![x], output)
    }

    pub fn reshape(&mut self, x: TensorId, shape: &[usize]) -> TensorId {
        let zero_point = self.graph.tensors[x].quantization.as_ref().expect("quantised").zero_point();
        let output = self.activation(shape, zero_point);
        self.push(Operator::Reshape, vec![x], output)
    }

    /// Padding of rows and columns by one.
    pub fn pad(&mut self, x: TensorId, value: Option<u8>) -> TensorId {
        let [n, h, w, c] = self.shape(x)[..] else { panic!("rank") };
        let zero_point = self.graph.tensors[x].quantization.as_ref().expect("quantised").zero_point();
        let output = self.activation(&[n, h + 2, w + 2, c], zero_point);
        let paddings = vec![(0, 0), (1, 1), (1, 1), (0, 0)];
        self.push(Operator::Pad { paddings, value: value.map(|byte| vec![byte]) }, vec![x], output)
    }

    pub fn finish(mut self, output: TensorId) -> Graph {
        self.graph.outputs.push(output);
        self.graph
    }
}

fn geometry(stride: usize, padding: usize) -> ConvGeometry {
    ConvGeometry {
        stride_height: stride,
        stride_width: stride,
        dilation_height: 1,
        dilation_width: 1,
        padding: Padding { top: padding, bottom: padding, left: padding, right: padding },
    }
}
