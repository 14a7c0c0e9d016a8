//! Random graphs: the packed model computes what the same graph computes when nothing shares memory.

mod common;

use common::{Random, verify_plan};
use mote_compile::{CompileOptions, Evaluator, compile, seeded_input};
use mote_engine::{Model, Session, operators};
use mote_format::Numerics;
use mote_graph::{
    Activation, BinaryKind, ConvGeometry, ElementType, Graph, Node, Operator, Padding, PoolKind, Quantization,
    StateTensor, Tensor, TensorId, UnaryKind,
};
use std::sync::Arc;

const GRAPHS: u64 = 500;
/// Graphs that are slimmed.
const SLIMMED: u64 = 100;
const STEPS: u32 = 3;

struct Maker {
    random: Random,
    graph: Graph,
    /// Activations made so far.
    values: Vec<TensorId>,
}

impl Maker {
    fn tensor(&mut self, shape: &[usize]) -> TensorId {
        let name = format!("t{}", self.graph.tensors.len());
        let quantization = Some(Quantization::per_tensor(0.05, 3));
        self.graph.add_tensor(Tensor {
            name,
            shape: shape.to_vec(),
            element_type: ElementType::I8,
            quantization,
            data: None,
        })
    }

    fn constant(&mut self, shape: &[usize]) -> TensorId {
        let id = self.tensor(shape);
        let bytes = (0..self.graph.tensors[id].elements()).map(|_| self.random.bits() as u8).collect();
        self.graph.tensors[id].data = Some(Arc::new(bytes));
        self.graph.tensors[id].quantization = Some(Quantization::per_tensor(0.01, 0));
        id
    }

    fn node(&mut self, operator: Operator, inputs: &[TensorId], output_shape: &[usize]) -> TensorId {
        let output = self.tensor(output_shape);
        let origin = format!("#{} {}", self.graph.nodes.len(), operator.name());
        self.graph.nodes.push(Node { operator, inputs: inputs.to_vec(), outputs: vec![output], origin });
        self.values.push(output);
        output
    }

    /// An activation, mostly a late one.
    fn pick(&mut self) -> (TensorId, Vec<usize>) {
        let back = self.random.below(3).min(self.values.len() - 1);
        let at = match self.random.below(4) {
            0 => self.random.below(self.values.len()),
            _ => self.values.len() - 1 - back,
        };
        let id = self.values[at];
        (id, self.graph.tensors[id].shape.clone())
    }

    fn step(&mut self) {
        let (x, shape) = self.pick();
        let [n, h, w, c] = shape[..] else { unreachable!("all activations have four axes") };
        match self.random.below(12) {
            0 => {
                let kind = UnaryKind::LeakyRelu { alpha: 0.25 };
                self.node(Operator::Unary(kind), &[x], &shape);
            }
            1 | 2 => {
                let same = self.values.iter().copied().filter(|&id| self.graph.tensors[id].shape == shape);
                let same: Vec<TensorId> = same.collect();
                let other = same[self.random.below(same.len())];
                let operator = Operator::Binary { kind: BinaryKind::Add, activation: Activation::None };
                self.node(operator, &[x, other], &shape);
            }
            3 => {
                self.node(Operator::Reshape, &[x], &[n, w, h, c]);
            }
            4 => {
                self.node(Operator::Transpose { permutation: vec![0, 2, 1, 3] }, &[x], &[n, w, h, c]);
            }
            5 => {
                let (first, extent) = (self.random.below(c), 1);
                let begins = vec![0, 0, 0, first];
                let operator = Operator::StridedSlice { begins, extents: vec![n, h, w, extent], steps: vec![1; 4] };
                self.node(operator, &[x], &[n, h, w, extent]);
            }
            6 if c <= 16 => {
                let operator = Operator::Concatenate { axis: 3, activation: Activation::None };
                self.node(operator, &[x, x], &[n, h, w, 2 * c]);
            }
            7 if h * w <= 100 => {
                let operator = Operator::Pad { paddings: vec![(0, 0), (1, 0), (0, 2), (0, 0)], value: None };
                self.node(operator, &[x], &[n, h + 1, w + 2, c]);
            }
            8 if h > 1 && w > 1 => {
                let operator = Operator::Pool {
                    kind: PoolKind::Max,
                    window_height: 2,
                    window_width: 2,
                    geometry: geometry(1, Padding::default()),
                    activation: Activation::None,
                };
                self.node(operator, &[x], &[n, h - 1, w - 1, c]);
            }
            9 | 10 => {
                let channels = 1 + self.random.below(12);
                let weights = self.constant(&[channels, 3, 3, c]);
                let around = Padding { top: 1, bottom: 1, left: 1, right: 1 };
                let operator =
                    Operator::Conv2d { geometry: geometry(1, around), groups: 1, activation: Activation::Relu };
                self.node(operator, &[x, weights], &[n, h, w, channels]);
            }
            _ => self.state(x, &shape),
        }
    }

    /// A state read, used and assigned, in one of several orders.
    fn state(&mut self, x: TensorId, shape: &[usize]) {
        let state = self.graph.states.len();
        let like = self.tensor(shape);
        let initial = Arc::new(vec![state as u8; self.graph.tensors[like].elements()]);
        self.graph.states.push(StateTensor { name: format!("s{state}"), like, initial });
        let add = Operator::Binary { kind: BinaryKind::Add, activation: Activation::None };
        let old = self.node(Operator::ReadState { state }, &[], shape);
        match self.random.below(4) {
            0 => {
                // The new value is used by nothing else and comes after the last use of the old one.
                let sum = self.node(add.clone(), &[old, x], shape);
                let leaky = Operator::Unary(UnaryKind::LeakyRelu { alpha: 0.5 });
                let new = self.node(add, &[sum, x], shape);
                self.values.pop();
                self.assign(state, new);
                self.node(leaky, &[sum], shape);
                self.values.retain(|&id| id != old);
            }
            1 => {
                // The old value is still wanted after the assignment.
                self.assign(state, x);
                self.node(add, &[old, x], shape);
            }
            2 => {
                let new = self.node(add.clone(), &[old, x], shape);
                self.assign(state, new);
                let again = self.node(Operator::ReadState { state }, &[], shape);
                self.node(add, &[again, x], shape);
            }
            _ => {
                let shown = self.node(Operator::Reshape, &[old], shape);
                let new = self.node(add.clone(), &[shown, x], shape);
                self.assign(state, new);
                self.node(add, &[new, shown], shape);
            }
        }
    }

    fn assign(&mut self, state: usize, value: TensorId) {
        let origin = format!("#{} ASSIGN_VARIABLE", self.graph.nodes.len());
        let operator = Operator::AssignState { state };
        self.graph.nodes.push(Node { operator, inputs: vec![value], outputs: vec![], origin });
    }
}

fn geometry(stride: usize, padding: Padding) -> ConvGeometry {
    let (stride_height, stride_width) = (stride, stride);
    ConvGeometry { stride_height, stride_width, dilation_height: 1, dilation_width: 1, padding }
}

fn random_graph(seed: u64) -> Graph {
    let mut maker = Maker { random: Random(seed), graph: Graph::default(), values: Vec::new() };
    for _ in 0..1 + maker.random.below(2) {
        let extents = [1, 1 + maker.random.below(6), 1 + maker.random.below(6), 1 + maker.random.below(8)];
        let input = maker.tensor(&extents);
        maker.graph.inputs.push(input);
        maker.values.push(input);
    }
    for _ in 0..3 + maker.random.below(20) {
        maker.step();
    }
    for _ in 0..1 + maker.random.below(3) {
        let (output, _) = maker.pick();
        maker.graph.outputs.push(output);
    }
    maker.graph
}

/// Runs `file` and, with nothing shared, `graph` over all steps; panics at the first difference.
fn compare(file: &[u8], graph: &Graph, seed: u64) {
    let model = Model::parse(file, operators::generic()).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
    let mut arena = vec![0x5A; model.header().arena_bytes as usize];
    let mut state = vec![0x5A; model.header().state_bytes as usize];
    let mut session = Session::new(&model, &mut arena, &mut state).expect("memory is large enough");
    let mut apart = Evaluator::new(graph, Numerics::Tflm).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
    for step in 0..STEPS {
        let input =
            |(index, &id): (usize, &TensorId)| seeded_input(ElementType::I8, graph.tensors[id].elements(), index, step);
        let inputs: Vec<Vec<u8>> = graph.inputs.iter().enumerate().map(input).collect();
        let wanted = apart.run(&inputs).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
        for (index, bytes) in inputs.iter().enumerate() {
            session.input(index).expect("input exists").copy_from(bytes).expect("length fits");
        }
        session.run().expect("runs");
        for (index, wanted) in wanted.iter().enumerate() {
            assert_eq!(session.output(index).expect("output exists").bytes, wanted, "graph {seed}, step {step}");
        }
    }
}

#[test]
fn sharing_memory_changes_no_result() {
    let mut at_bound = 0;
    for seed in 0..GRAPHS {
        let graph = random_graph(seed);
        mote_graph::verify(&graph).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
        let options = CompileOptions { slim: false, golden_vectors: 0, ..CompileOptions::default() };
        let compiled = compile(&graph, &options).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
        verify_plan(&compiled.bytes).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
        let plan = &compiled.report.plan;
        assert!(plan.tensor_bytes * 100 <= plan.bound_bytes * 115, "graph {seed}: {plan:?}");
        at_bound += u64::from(plan.tensor_bytes == plan.bound_bytes);
        compare(&compiled.bytes, &graph, seed);
    }
    println!("{at_bound} of {GRAPHS} plans reach the bound");
    assert!(at_bound * 100 >= GRAPHS * 97, "only {at_bound} of {GRAPHS} plans reach the bound");
}

#[test]
fn slimming_changes_no_result() {
    for seed in GRAPHS..GRAPHS + SLIMMED {
        let graph = random_graph(seed);
        let options = CompileOptions { golden_vectors: 0, ..CompileOptions::default() };
        let compiled = compile(&graph, &options).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
        verify_plan(&compiled.bytes).unwrap_or_else(|error| panic!("graph {seed}: {error}"));
        let slim = compiled.report.slim.as_ref().expect("slimming was asked for");
        assert_eq!(slim.refused, None, "graph {seed}");
        compare(&compiled.bytes, &graph, seed);
    }
}
