//! Convolutions, depthwise convolutions and fully connected layers on int8, seen alike.

use mote_graph::{ConvGeometry, ElementType, Graph, Node, Operator, Padding, Tensor};

/// A window sliding over an image, with integer weights.
///
/// A fully connected layer is a 1×1 convolution over an image of `rows` × 1 pixels whose channels are its columns.
pub(super) struct View {
    /// Images.
    pub batch: usize,
    /// Input rows.
    pub height: usize,
    /// Input columns.
    pub width: usize,
    /// Input channels; for a fully connected layer its columns, which may span several pixels of the input tensor.
    pub channels: usize,
    /// Output rows.
    pub out_height: usize,
    /// Output columns.
    pub out_width: usize,
    /// Output channels.
    pub outputs: usize,
    /// Window rows.
    pub window_height: usize,
    /// Window columns.
    pub window_width: usize,
    /// Output channels per input channel when each output reads one input channel only; none otherwise.
    pub depthwise: Option<usize>,
    geometry: ConvGeometry,
}

const STILL: ConvGeometry = ConvGeometry {
    stride_height: 1,
    stride_width: 1,
    dilation_height: 1,
    dilation_width: 1,
    padding: Padding { top: 0, bottom: 0, left: 0, right: 0 },
};

impl View {
    /// The view of a node; none for other operators, grouped convolutions, other types, weights not constant and
    /// quantisation other than per-tensor activations with symmetric weights.
    pub fn of(graph: &Graph, node: &Node) -> Option<Self> {
        let tensor = |id: Option<&usize>| id.map(|&id| &graph.tensors[id]);
        let (x, weights) = (tensor(node.inputs.first())?, tensor(node.inputs.get(1))?);
        let y = tensor(node.outputs.first())?;
        let integer = [x, weights, y].iter().all(|t| t.element_type == ElementType::I8 && t.quantization.is_some());
        let bias_is_plain = node.inputs.get(2).is_none_or(|&id| graph.tensors[id].i32_data().is_some());
        let empty = [x, weights, y].iter().any(|t| t.elements() == 0);
        if !integer || empty || !bias_is_plain || weights.data.is_none() {
            return None;
        }
        let quantization = weights.quantization.as_ref()?;
        let per_tensor = |t: &Tensor| t.quantization.as_ref().is_some_and(|q| q.is_per_tensor());
        let symmetric = quantization.zero_points.iter().all(|&zero_point| zero_point == 0);
        if !symmetric || !per_tensor(x) || !per_tensor(y) {
            return None;
        }
        let view = match &node.operator {
            Operator::Conv2d { geometry, groups: 1, .. } => {
                let [outputs, window_height, window_width, depth] = weights.shape[..] else { return None };
                let view = Self::spatial(x.shape4()?, y.shape4()?, [window_height, window_width], *geometry, None);
                (depth == view.channels && outputs == view.outputs).then_some(view)
            }
            Operator::DepthwiseConv2d { geometry, multiplier, .. } => {
                let [1, window_height, window_width, outputs] = weights.shape[..] else { return None };
                let window = [window_height, window_width];
                let view = Self::spatial(x.shape4()?, y.shape4()?, window, *geometry, Some(*multiplier));
                (outputs == view.outputs && outputs == view.channels * multiplier).then_some(view)
            }
            Operator::FullyConnected { .. } => {
                let [outputs, columns] = weights.shape[..] else { return None };
                let rows = x.elements() / columns;
                let whole = rows * columns == x.elements() && rows * outputs == y.elements();
                let view = Self::spatial([1, rows, 1, columns], [1, rows, 1, outputs], [1, 1], STILL, None);
                (whole && y.shape.last() == Some(&outputs)).then_some(view)
            }
            _ => None,
        }?;
        let biases = node.inputs.get(2).map_or(view.outputs, |&id| graph.tensors[id].elements());
        let scales = if quantization.is_per_tensor() { view.outputs } else { quantization.scales.len() };
        (biases == view.outputs && scales == view.outputs).then_some(view)
    }

    fn spatial(
        x: [usize; 4],
        y: [usize; 4],
        window: [usize; 2],
        geometry: ConvGeometry,
        depthwise: Option<usize>,
    ) -> Self {
        let [batch, height, width, channels] = x;
        let [_, out_height, out_width, outputs] = y;
        let [window_height, window_width] = window;
        Self {
            batch,
            height,
            width,
            channels,
            out_height,
            out_width,
            outputs,
            window_height,
            window_width,
            depthwise,
            geometry,
        }
    }

    /// Window positions.
    pub fn taps(&self) -> usize {
        self.window_height * self.window_width
    }

    /// Output pixels of all images.
    pub fn pixels(&self) -> usize {
        self.batch * self.out_height * self.out_width
    }

    /// Index of a weight: output channel, tap, input channel (ignored when depthwise).
    pub fn weight(&self, output: usize, tap: usize, channel: usize) -> usize {
        match self.depthwise {
            Some(_) => tap * self.outputs + output,
            None => (output * self.taps() + tap) * self.channels + channel,
        }
    }

    /// The taps of output pixel `pixel` (row-major over all images) that lie inside the image: (tap, input pixel).
    pub fn inside(&self, pixel: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let (x, rest) = (pixel % self.out_width, pixel / self.out_width);
        let (y, image) = (rest % self.out_height, rest / self.out_height);
        let geometry = &self.geometry;
        let position = |at: usize, stride: usize, tap: usize, dilation: usize, pad: usize, limit: usize| {
            (at * stride + tap * dilation).checked_sub(pad).filter(|&position| position < limit)
        };
        (0..self.taps()).filter_map(move |tap| {
            let (ky, kx) = (tap / self.window_width, tap % self.window_width);
            let padding = geometry.padding;
            let row = position(y, geometry.stride_height, ky, geometry.dilation_height, padding.top, self.height)?;
            let column = position(x, geometry.stride_width, kx, geometry.dilation_width, padding.left, self.width)?;
            Some((tap, (image * self.height + row) * self.width + column))
        })
    }
}
