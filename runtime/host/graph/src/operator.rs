//! Operators of the graph, with the meaning the TFLite specification gives them.
//!
//! Shape arguments that a source format passes as constant tensors (axes, paddings, begins, permutations, sizes) are
//! attributes here: an importer resolves them or refuses the model.
//!
//! **int16 activations.** An int16 tensor has one scale and zero point 0. CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED
//! take int16 x and y with int8 weights ("16x8"); their bias is int64 in units of input scale × weight scale: sums of
//! 64 bits, rounded once. An int32 bias (not of DEPTHWISE_CONV_2D) means sums of 32 bits, rounded twice, which is what
//! TensorFlow Lite Micro makes of it. ADD, SUB, MUL, MAXIMUM, MINIMUM, pooling, SOFTMAX, LOGISTIC, TANH, RELU,
//! RELU6, RELU_N1_TO_1, LEAKY_RELU and what moves values take int16 for all operands; outputs of SOFTMAX, LOGISTIC and
//! TANH have scale 2^-15. QUANTIZE leads from int8, int16, int32 and float32 to int16, and from int16 to int8 and int32;
//! DEQUANTIZE to float32. MEAN, SUM, ARG_MAX, TRANSPOSE_CONV, RESIZE_BILINEAR and HARD_SWISH have no int16 form.

/// Activation fused into an operator; the clamp acts on the quantised output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Activation {
    /// None.
    #[default]
    None,
    /// max(x, 0).
    Relu,
    /// x within −1 to 1.
    ReluN1To1,
    /// x within 0 to 6.
    Relu6,
}

/// Padding of a spatial operator in rows and columns, resolved from SAME or VALID (or given outright).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns to the left.
    pub left: usize,
    /// Columns to the right.
    pub right: usize,
}

/// Stride, dilation and padding of a window operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvGeometry {
    /// Rows the window moves per output row; at least 1.
    pub stride_height: usize,
    /// Columns the window moves per output column; at least 1.
    pub stride_width: usize,
    /// Distance of window rows; at least 1.
    pub dilation_height: usize,
    /// Distance of window columns; at least 1.
    pub dilation_width: usize,
    /// Padding around the input (of a transposed convolution: cut from its output).
    pub padding: Padding,
}

/// Elementwise operators of two inputs; shapes broadcast as in numpy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a × b.
    Multiply,
    /// The larger.
    Maximum,
    /// The smaller.
    Minimum,
}

/// Elementwise operators of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnaryKind {
    /// 1 / (1 + exp(−x)).
    Logistic,
    /// Hyperbolic tangent.
    Tanh,
    /// max(x, 0).
    Relu,
    /// x within 0 to 6.
    Relu6,
    /// x within −1 to 1.
    ReluN1To1,
    /// x when positive, `alpha` × x otherwise.
    LeakyRelu {
        /// Slope below 0.
        alpha: f32,
    },
    /// x × relu6(x + 3) / 6.
    HardSwish,
    /// |x|.
    Abs,
    /// e^x.
    Exp,
    /// Natural logarithm.
    Log,
    /// Square root.
    Sqrt,
    /// 1 / √x.
    Rsqrt,
    /// 1 / x.
    Reciprocal,
    /// −x.
    Negate,
    /// Error function.
    Erf,
    /// x × Φ(x), by the error function.
    Gelu,
    /// x × Φ(x), approximated by the hyperbolic tangent.
    GeluTanh,
    /// x / (1 + e^−x).
    Silu,
    /// x × tanh(ln(1 + e^x)).
    Mish,
    /// ln(1 + e^x).
    Softplus,
    /// Largest whole number not above x.
    Floor,
    /// Smallest whole number not below x.
    Ceil,
    /// Nearest whole number, ties to even.
    Round,
    /// −1, 0 or 1.
    Sign,
    /// x when positive, `alpha` × (e^x − 1) otherwise.
    Elu {
        /// Limit far below 0, negated.
        alpha: f32,
    },
    /// `slope` × x + `offset`, within 0 to 1.
    HardSigmoid {
        /// Slope.
        slope: f32,
        /// Value at 0.
        offset: f32,
    },
    /// x within `min` to `max`.
    Clip {
        /// Smallest value.
        min: f32,
        /// Largest value; not below `min`.
        max: f32,
    },
}

/// Pooling over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Mean of the window's elements inside the input.
    Average,
    /// Largest element.
    Max,
}

/// Reductions over axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceKind {
    /// Arithmetic mean.
    Mean,
    /// Sum.
    Sum,
}

/// One operator. Inputs and outputs stand in [`crate::Node`], in the order given here.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// Inputs: x [N,H,W,C], weights [O,KH,KW,C/groups], bias [O] (optional, always int32 or float32).
    Conv2d {
        /// Window geometry.
        geometry: ConvGeometry,
        /// Channel groups; divides C and O.
        groups: usize,
        /// Fused activation.
        activation: Activation,
    },
    /// Inputs: x [N,H,W,C], weights [1,KH,KW,C·multiplier], bias [C·multiplier] (optional).
    DepthwiseConv2d {
        /// Window geometry.
        geometry: ConvGeometry,
        /// Output channels per input channel.
        multiplier: usize,
        /// Fused activation.
        activation: Activation,
    },
    /// Inputs: x [.., K] (flattened to rows of K), weights [O,K], bias [O] (optional).
    FullyConnected {
        /// Fused activation.
        activation: Activation,
    },
    /// Inputs: x [N,H,W,C], weights [O,KH,KW,C], bias [O] (optional). Output shape as in the output tensor.
    TransposeConv2d {
        /// Window geometry; dilation 1.
        geometry: ConvGeometry,
        /// Fused activation.
        activation: Activation,
    },
    /// Inputs: a, b. Maximum and Minimum carry no activation.
    Binary {
        /// Which.
        kind: BinaryKind,
        /// Fused activation.
        activation: Activation,
    },
    /// Input: x.
    Unary(UnaryKind),
    /// Input: x (8 bits). Output (8 bits): for every element the table's entry at its byte read as unsigned. What any
    /// function of one quantised value is.
    Lookup {
        /// Output bytes; entry 128 is for a stored −128.
        table: Box<[u8; 256]>,
    },
    /// Input: x [N,H,W,C].
    Pool {
        /// Which.
        kind: PoolKind,
        /// Window rows.
        window_height: usize,
        /// Window columns.
        window_width: usize,
        /// Geometry; dilation 1.
        geometry: ConvGeometry,
        /// Fused activation.
        activation: Activation,
    },
    /// Input: x. `axes` sorted, within the rank, without repeats; keeping or dropping them shows in the output shape.
    Reduce {
        /// Which.
        kind: ReduceKind,
        /// Axes reduced.
        axes: Vec<usize>,
    },
    /// Input: x; along the last axis.
    Softmax {
        /// Factor on x before the exponential.
        beta: f32,
    },
    /// Input: x. `paddings` is (before, after) per axis; `value` is a stored value, none meaning real 0.
    Pad {
        /// Elements before and after, per axis.
        paddings: Vec<(usize, usize)>,
        /// Stored padding value as little-endian bytes of one element; none for the zero point (or 0.0).
        value: Option<Vec<u8>>,
    },
    /// Same elements, other shape (RESHAPE, SQUEEZE, EXPAND_DIMS).
    Reshape,
    /// Input: x. Output axis i is input axis `permutation[i]`.
    Transpose {
        /// A permutation of 0 .. rank.
        permutation: Vec<usize>,
    },
    /// Inputs: any number, joined along `axis`.
    Concatenate {
        /// Axis.
        axis: usize,
        /// Fused activation.
        activation: Activation,
    },
    /// Input: x; outputs: its parts along `axis`, with the extents of the output tensors (SPLIT, SPLIT_V).
    Split {
        /// Axis.
        axis: usize,
    },
    /// Input: x. Output element i of an axis is input element `begin + i × step` (SLICE, STRIDED_SLICE); the output
    /// shape is the extents given here, with or without axes of extent 1.
    StridedSlice {
        /// First element per axis.
        begins: Vec<usize>,
        /// Elements taken per axis.
        extents: Vec<usize>,
        /// Step per axis; not 0, may be negative.
        steps: Vec<isize>,
    },
    /// Inputs of one shape, stacked along a new axis `axis` of the output.
    Pack {
        /// Axis in the output.
        axis: usize,
    },
    /// Input: x; outputs: its slices along `axis`, which they lack.
    Unpack {
        /// Axis in the input.
        axis: usize,
    },
    /// Float to integer, or between integer quantisations (which the tensors carry).
    Quantize,
    /// Integer to float.
    Dequantize,
    /// Value conversion between element types, no scaling.
    Cast,
    /// Inputs: x, indices (int32). Output: x's slices along `axis` at the indices; `batch_axes` leading axes shared.
    Gather {
        /// Axis of x.
        axis: usize,
        /// Leading axes common to both.
        batch_axes: usize,
    },
    /// Input: x [N,H,W,C], to the output's height and width.
    ResizeNearest {
        /// Corner pixels coincide.
        align_corners: bool,
        /// Pixel centres at half positions.
        half_pixel_centers: bool,
    },
    /// Input: x [N,H,W,C], to the output's height and width.
    ResizeBilinear {
        /// Corner pixels coincide.
        align_corners: bool,
        /// Pixel centres at half positions.
        half_pixel_centers: bool,
    },
    /// Index (int32) of the first largest element along `axis`.
    ArgMax {
        /// Axis.
        axis: usize,
    },
    /// An operator whose code an application brings. Inputs and outputs: any number, at least one output; what they
    /// are is the affair of that code, of which nothing else is known.
    Custom {
        /// Name: 1 to 63 bytes of printable ASCII.
        name: String,
        /// Options as the source model stores them.
        options: Vec<u8>,
    },
    /// Output: the present value of state tensor `state`.
    ReadState {
        /// Index into [`crate::Graph::states`].
        state: usize,
    },
    /// Input: the new value of state tensor `state`. No output.
    AssignState {
        /// Index into [`crate::Graph::states`].
        state: usize,
    },
}

impl Operator {
    /// Name as tools print it (the TFLite operator's, where there is one; `CUSTOM` for all custom operators).
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv2d { .. } => "CONV_2D",
            Self::DepthwiseConv2d { .. } => "DEPTHWISE_CONV_2D",
            Self::FullyConnected { .. } => "FULLY_CONNECTED",
            Self::TransposeConv2d { .. } => "TRANSPOSE_CONV",
            Self::Binary { kind, .. } => match kind {
                BinaryKind::Add => "ADD",
                BinaryKind::Subtract => "SUB",
                BinaryKind::Multiply => "MUL",
                BinaryKind::Maximum => "MAXIMUM",
                BinaryKind::Minimum => "MINIMUM",
            },
            Self::Unary(kind) => match kind {
                UnaryKind::Logistic => "LOGISTIC",
                UnaryKind::Tanh => "TANH",
                UnaryKind::Relu => "RELU",
                UnaryKind::Relu6 => "RELU6",
                UnaryKind::ReluN1To1 => "RELU_N1_TO_1",
                UnaryKind::LeakyRelu { .. } => "LEAKY_RELU",
                UnaryKind::HardSwish => "HARD_SWISH",
                UnaryKind::Abs => "ABS",
                UnaryKind::Exp => "EXP",
                UnaryKind::Log => "LOG",
                UnaryKind::Sqrt => "SQRT",
                UnaryKind::Rsqrt => "RSQRT",
                UnaryKind::Reciprocal => "RECIPROCAL",
                UnaryKind::Negate => "NEG",
                UnaryKind::Erf => "ERF",
                UnaryKind::Gelu => "GELU",
                UnaryKind::GeluTanh => "GELU_TANH",
                UnaryKind::Silu => "SILU",
                UnaryKind::Mish => "MISH",
                UnaryKind::Softplus => "SOFTPLUS",
                UnaryKind::Floor => "FLOOR",
                UnaryKind::Ceil => "CEIL",
                UnaryKind::Round => "ROUND",
                UnaryKind::Sign => "SIGN",
                UnaryKind::Elu { .. } => "ELU",
                UnaryKind::HardSigmoid { .. } => "HARD_SIGMOID",
                UnaryKind::Clip { .. } => "CLIP",
            },
            Self::Lookup { .. } => "LOOKUP",
            Self::Pool { kind: PoolKind::Average, .. } => "AVERAGE_POOL_2D",
            Self::Pool { kind: PoolKind::Max, .. } => "MAX_POOL_2D",
            Self::Reduce { kind: ReduceKind::Mean, .. } => "MEAN",
            Self::Reduce { kind: ReduceKind::Sum, .. } => "SUM",
            Self::Softmax { .. } => "SOFTMAX",
            Self::Pad { .. } => "PAD",
            Self::Reshape => "RESHAPE",
            Self::Transpose { .. } => "TRANSPOSE",
            Self::Concatenate { .. } => "CONCATENATION",
            Self::Split { .. } => "SPLIT",
            Self::StridedSlice { .. } => "STRIDED_SLICE",
            Self::Pack { .. } => "PACK",
            Self::Unpack { .. } => "UNPACK",
            Self::Quantize => "QUANTIZE",
            Self::Dequantize => "DEQUANTIZE",
            Self::Cast => "CAST",
            Self::Gather { .. } => "GATHER",
            Self::ResizeNearest { .. } => "RESIZE_NEAREST_NEIGHBOR",
            Self::ResizeBilinear { .. } => "RESIZE_BILINEAR",
            Self::ArgMax { .. } => "ARG_MAX",
            Self::Custom { .. } => "CUSTOM",
            Self::ReadState { .. } => "READ_VARIABLE",
            Self::AssignState { .. } => "ASSIGN_VARIABLE",
        }
    }
}
