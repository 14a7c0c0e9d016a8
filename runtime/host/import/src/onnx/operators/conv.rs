//! Convolutions: channels last, weights as TFLite orders them.

use super::window::{Window, window};
use crate::importer::Outcome;
use crate::onnx::constant::Constant;
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::onnx::view::View;
use crate::report::Blocker;
use mote_graph::{Activation, ConvGeometry, ElementType, Operator, Padding, Tensor, TensorId};

/// An image operand: channels last, rank 4, where a sequence is an image one column wide.
pub(in crate::onnx) struct Image {
    pub tensor: TensorId,
    pub batch: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Spatial axes in the source: 1 or 2.
    pub axes: usize,
}

impl Image {
    /// Brings a view of [N, C, L] or [N, C, H, W] into channels-last order.
    pub fn of<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, x: &View) -> Outcome<Self> {
        let (order, [batch, channels, height, width]) = match x.shape[..] {
            [batch, channels, length] => (vec![0, 2, 1], [batch, channels, length, 1]),
            [batch, channels, height, width] => (vec![0, 2, 3, 1], [batch, channels, height, width]),
            _ => {
                let reason = format!("{} spatial axes; 1 or 2 are supported", x.shape.len().saturating_sub(2));
                return Err(Blocker::new(reason, "split the operator into ones over images").into());
            }
        };
        let tensor = importer.arranged(site, x, &order, vec![batch, height, width, channels])?;
        Ok(Self { tensor, batch, channels, height, width, axes: x.shape.len() - 2 })
    }

    /// Extents of the spatial axes.
    pub fn spatial(&self) -> Vec<usize> {
        [self.height, self.width][..self.axes].to_vec()
    }
}

/// A channels-last result [N, H, W, C] as the source has it.
pub(in crate::onnx) fn image_view(tensor: TensorId, [batch, height, width, channels]: [usize; 4], axes: usize) -> View {
    let fine = vec![batch, channels, height, width];
    let shape = fine[..2 + axes].to_vec();
    View { tensor, shape, fine, order: vec![0, 2, 3, 1] }
}

/// Geometry of the window over both axes of an image.
pub(in crate::onnx) fn geometry(windows: &[Window]) -> ConvGeometry {
    let (rows, columns) = (windows[0], windows.get(1).copied().unwrap_or(Window::POINT));
    ConvGeometry {
        stride_height: rows.stride,
        stride_width: columns.stride,
        dilation_height: rows.dilation,
        dilation_width: columns.dilation,
        padding: Padding { top: rows.before, bottom: rows.after, left: columns.before, right: columns.after },
    }
}

/// Weights of [O, C/groups, ..] and bias, checked against an image.
struct Weights {
    constant: Constant,
    groups: usize,
    kernel: Vec<usize>,
    bias: Option<Constant>,
}

fn weights<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, image: &Image, input_axis: usize) -> Outcome<Weights> {
    let constant = importer.constant(site, 1, "weights")?;
    let groups = usize::try_from(site.int_or("group", 1)?).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or_else(|| Blocker::malformed("group below 1"))?;
    let unfit = || {
        Blocker::malformed(format!("weights {:?} for {} channels in {groups} groups", constant.shape, image.channels))
    };
    let inputs = if input_axis == 1 { groups } else { 1 };
    let fits = constant.shape.len() == 2 + image.axes
        && !constant.shape.contains(&0)
        && image.channels.is_multiple_of(groups)
        && constant.shape[input_axis].checked_mul(inputs) == Some(image.channels)
        && (input_axis == 0 || constant.shape[0].is_multiple_of(groups));
    if !fits {
        return Err(unfit().into());
    }
    if constant.f32s().is_none() {
        let reason = format!("weights of type {}", constant.elements.type_name());
        return Err(Blocker::new(reason, "use FLOAT weights").into());
    }
    let outputs = if input_axis == 1 { constant.shape[0] } else { constant.shape[1] * groups };
    let bias = importer.optional_constant(site, 2, "bias")?;
    if bias.as_ref().is_some_and(|bias| bias.len() != outputs || bias.f32s().is_none()) {
        return Err(Blocker::malformed(format!("bias does not fit {outputs} outputs")).into());
    }
    if let Some(stated) = site.ints("kernel_shape")?
        && !stated.iter().map(|&extent| extent as usize).eq(constant.shape[2..].iter().copied())
    {
        return Err(Blocker::malformed(format!("kernel_shape {stated:?} against weights {:?}", constant.shape)).into());
    }
    let mut kernel = constant.shape[2..].to_vec();
    kernel.resize(2, 1);
    Ok(Weights { kernel, constant, groups, bias })
}

fn float_tensor<'m>(importer: &mut Importer<'m>, constant: &Constant, name: &str) -> Outcome<TensorId> {
    let tensor = constant.to_tensor(name)?;
    Ok(importer.add_tensor(tensor))
}

fn expect_float(importer: &Importer<'_>, tensor: TensorId) -> Outcome {
    let tensor: &Tensor = importer.get(tensor);
    if tensor.element_type == ElementType::F32 {
        return Ok(());
    }
    let reason = format!("float operator on {} values", tensor.element_type.name());
    Err(Blocker::new(reason, "use FLOAT values").of(tensor.name.clone()).into())
}

pub(super) fn conv<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let image = Image::of(importer, site, &x)?;
    expect_float(importer, image.tensor)?;
    let Weights { constant, groups, kernel, bias } = weights(importer, site, &image, 1)?;
    let windows = window(site, &image.spatial(), &kernel[..image.axes])?;
    let outputs = constant.shape[0];
    let [rows, columns] = extents(&windows, image.width);
    let geometry = geometry(&windows);
    let activation = Activation::None;
    let four = vec![outputs, constant.shape[1], kernel[0], kernel[1]];
    let four = constant.reshaped(four);
    let depthwise = groups == image.channels && groups > 1;
    let (operator, stored) = if depthwise {
        let multiplier = outputs / groups;
        let stored = four.transposed(&[1, 2, 3, 0]);
        (Operator::DepthwiseConv2d { geometry, multiplier, activation }, stored)
    } else {
        (Operator::Conv2d { geometry, groups, activation }, four.transposed(&[0, 2, 3, 1]))
    };
    let mut inputs = vec![image.tensor, float_tensor(importer, &stored, site.input_name(1).unwrap_or_default())?];
    if let Some(bias) = bias {
        let bias = bias.reshaped(vec![outputs]);
        inputs.push(float_tensor(importer, &bias, site.input_name(2).unwrap_or_default())?);
    }
    let stored = [image.batch, rows, columns, outputs];
    let y = importer.emit(site, operator, inputs, stored.to_vec())?;
    importer.define_view(site, image_view(y, stored, image.axes))
}

fn extents(windows: &[Window], width: usize) -> [usize; 2] {
    [windows[0].output, windows.get(1).map_or(width, |columns| columns.output)]
}

/// Transposed convolution. Groups become one operator each; dilation becomes a kernel with zeros in between.
pub(super) fn conv_transpose<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let image = Image::of(importer, site, &x)?;
    expect_float(importer, image.tensor)?;
    let Weights { constant, groups, kernel, bias } = weights(importer, site, &image, 0)?;
    let windows = super::window::transposed_window(site, &image.spatial(), &kernel[..image.axes])?;
    let [rows, columns] = extents(&windows, image.width);
    let per_group = constant.shape[1];
    let (inputs, outputs) = (image.channels / groups, per_group * groups);
    let dilations: Vec<usize> = windows.iter().map(|window| window.dilation).chain([1]).take(2).collect();
    let mut geometry = geometry(&windows);
    (geometry.dilation_height, geometry.dilation_width) = (1, 1);
    let four = constant.reshaped(vec![image.channels, per_group, kernel[0], kernel[1]]);
    let spread = spread(&four, &dilations);
    let mut parts = Vec::with_capacity(groups);
    let whole = image_view(image.tensor, [image.batch, image.height, image.width, image.channels], image.axes);
    for group in 0..groups {
        let part = importer.gathered(site, &whole, 1, &(group * inputs..(group + 1) * inputs).collect::<Vec<_>>())?;
        let part = Image::of(importer, site, &part)?.tensor;
        let taps: usize = spread.shape[1..].iter().product();
        let first = group * inputs * taps;
        let own = spread.elements.pick(&(first..first + inputs * taps).collect::<Vec<_>>());
        let stored_as = spread.stored_as.clone().filter(|stored| stored.is_per_tensor() || groups == 1);
        let own = Constant { stored_as, ..Constant::new([&[inputs], &spread.shape[1..]].concat(), own) };
        let own = own.transposed(&[1, 2, 3, 0]);
        let mut operands = vec![part, float_tensor(importer, &own, site.input_name(1).unwrap_or_default())?];
        if let Some(bias) = &bias {
            let own = bias.elements.pick(&(group * per_group..(group + 1) * per_group).collect::<Vec<_>>());
            let own = Constant::new(vec![per_group], own);
            operands.push(float_tensor(importer, &own, site.input_name(2).unwrap_or_default())?);
        }
        let operator = Operator::TransposeConv2d { geometry, activation: Activation::None };
        let stored = [image.batch, rows, columns, per_group];
        let y = importer.emit(site, operator, operands, stored.to_vec())?;
        parts.push(Value::Computed(image_view(y, stored, image.axes)));
    }
    let y = importer.joined(site, &parts, 1)?;
    debug_assert_eq!(y.shape().get(1), Some(&outputs));
    importer.define(site, 0, y)
}

/// Kernel taps `dilations` apart, zeros between them.
fn spread(weights: &Constant, dilations: &[usize]) -> Constant {
    let [a, b, height, width] = weights.shape[..] else { return weights.clone() };
    let wide = [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1];
    if wide == [height, width] {
        return weights.clone();
    }
    let values = weights.f32s().unwrap_or_default();
    let mut out = vec![0.0; a * b * wide[0] * wide[1]];
    for (at, value) in values.into_iter().enumerate() {
        let (plane, row, column) = (at / (height * width), at / width % height, at % width);
        out[(plane * wide[0] + row * dilations[0]) * wide[1] + column * dilations[1]] = value;
    }
    Constant::floats(vec![a, b, wide[0], wide[1]], out)
}
