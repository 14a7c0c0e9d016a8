//! Operators with weights: convolutions and fully connected layers.

use crate::geometry::{Placement, place};
use crate::importer::{Importer, Outcome, Site};
use crate::operands::{activation, no_options, per_tensor, unsupported_type};
use crate::report::Blocker;
use crate::schema::{FullyConnectedOptionsWeightsFormat, Padding as SourcePadding};
use mote_graph::{ConvGeometry, ElementType, Operator, Padding, Tensor, TensorId};

/// Largest stride, dilation or window a model may ask for.
const LARGEST_STEP: usize = 32_767;

/// Two scales that should be equal may differ by this part of the output's scale before accumulated results shift.
const BIAS_SCALE_TOLERANCE: f64 = 0.02;

/// A stride, dilation or window extent of the options.
pub(super) fn step(value: i32, what: &str) -> Outcome<usize> {
    match usize::try_from(value) {
        Ok(value) if (1..=LARGEST_STEP).contains(&value) => Ok(value),
        _ => {
            Err(Blocker::malformed(format!("{what} {value} is outside 1 to {LARGEST_STEP}")).into())
        }
    }
}

/// True for SAME.
pub(super) fn is_same(padding: SourcePadding) -> Outcome<bool> {
    match padding {
        SourcePadding::SAME => Ok(true),
        SourcePadding::VALID => Ok(false),
        other => Err(Blocker::malformed(format!("padding code {}", other.0)).into()),
    }
}

/// Places a window over rows or columns, or says why it does not fit.
pub(super) fn place_window(
    input: usize,
    window: usize,
    stride: usize,
    dilation: usize,
    same: bool,
) -> Outcome<Placement> {
    place(input, window, stride, dilation, same).ok_or_else(|| {
        let reason =
            format!("window of {window} (dilation {dilation}) does not fit an extent of {input}");
        Blocker::malformed(reason).into()
    })
}

/// Padding of both axes.
pub(super) fn padding(rows: Placement, columns: Placement) -> Padding {
    Padding { top: rows.before, bottom: rows.after, left: columns.before, right: columns.after }
}

/// Operands of an operator with weights, checked.
struct Weighted {
    x: TensorId,
    weights: TensorId,
    bias: Option<TensorId>,
    y: TensorId,
}

impl Weighted {
    fn inputs(&self) -> Vec<TensorId> {
        [self.x, self.weights].into_iter().chain(self.bias).collect()
    }
}

/// Reads x, weights and bias from the input positions given, and checks types, constness and quantisation.
fn weighted(
    importer: &mut Importer<'_, '_>,
    site: &Site<'_, '_>,
    positions: [usize; 3],
    channel_axis: usize,
) -> Outcome<Weighted> {
    let x = importer.input(site, positions[0])?;
    let weights = importer.input(site, positions[1])?;
    let bias = importer.optional_input(site, positions[2])?;
    let y = importer.output(site, 0)?;
    let (input, stored, output) = (importer.get(x), importer.get(weights), importer.get(y));
    let pair = (input.element_type, stored.element_type);
    if matches!(pair, (ElementType::F32, ElementType::I8 | ElementType::U8)) {
        let reason = "dynamic-range (hybrid) quantisation: int8 weights with float32 activations";
        let fix = "quantise again in full with calibration data (representative_dataset), or convert to float32";
        return Err(Blocker::new(reason, fix).of(stored.name.clone()).into());
    }
    let wrong = [input, stored, output]
        .into_iter()
        .find(|t| !matches!(t.element_type, ElementType::I8 | ElementType::F32));
    if let Some(wrong) = wrong {
        return Err(unsupported_type(wrong).into());
    }
    if input.element_type != stored.element_type || input.element_type != output.element_type {
        let names = [input, stored, output].map(|t| t.element_type.name());
        let reason = format!(
            "input {}, weights {} and output {} do not go together",
            names[0], names[1], names[2]
        );
        return Err(
            Blocker::new(reason, "convert the whole model to int8, or leave it float32").into()
        );
    }
    if stored.data.is_none() {
        let fix = "freeze the model's variables when converting; products of two computed tensors are not supported";
        return Err(Blocker::new("weights computed at run time", fix)
            .of(stored.name.clone())
            .into());
    }
    if input.element_type == ElementType::I8 {
        per_tensor(input)?;
        per_tensor(output)?;
        check_weights(stored, channel_axis)?;
    }
    let outputs = stored.shape.get(channel_axis).copied().unwrap_or(0);
    let bias = bias.map(|bias| check_bias(importer, bias, outputs, pair.0)).transpose()?;
    if let Some(bias) = bias {
        check_bias_scale(importer, site, [x, weights, bias, y]);
    }
    Ok(Weighted { x, weights, bias, y })
}

fn check_weights(weights: &Tensor, channel_axis: usize) -> Result<(), Blocker> {
    let because =
        |reason: String, fix: &str| Err(Blocker::new(reason, fix).of(weights.name.clone()));
    let Some(quantization) = &weights.quantization else {
        return because(
            "int8 weights without quantisation parameters".into(),
            "convert the model again",
        );
    };
    if quantization.zero_points.iter().any(|&point| point != 0) {
        let fix = "quantise weights symmetrically (zero point 0), as the TFLite specification asks";
        return because("weights with a zero point other than 0".into(), fix);
    }
    if !quantization.is_per_tensor() && quantization.axis != channel_axis {
        let reason =
            format!("weights quantised along axis {}, not the output channels", quantization.axis);
        return because(reason, "quantise per output channel or per tensor");
    }
    Ok(())
}

/// Checks a bias and gives it the shape [outputs].
fn check_bias(
    importer: &mut Importer<'_, '_>,
    bias: TensorId,
    outputs: usize,
    element_type: ElementType,
) -> Outcome<TensorId> {
    let tensor = importer.get(bias);
    let expected =
        if element_type == ElementType::I8 { ElementType::I32 } else { ElementType::F32 };
    if tensor.element_type != expected {
        let reason =
            format!("bias is {}, expected {}", tensor.element_type.name(), expected.name());
        return Err(Blocker::new(reason, "convert the model again").of(tensor.name.clone()).into());
    }
    if tensor.data.is_none() {
        let fix = "freeze the model's variables when converting, or add the computed bias with ADD";
        return Err(Blocker::new("bias computed at run time", fix).of(tensor.name.clone()).into());
    }
    if tensor.elements() != outputs {
        let reason = format!("bias of {} elements for {outputs} outputs", tensor.elements());
        return Err(Blocker::malformed(reason).of(tensor.name.clone()).into());
    }
    if tensor.shape.len() == 1 {
        return Ok(bias);
    }
    // The quantisation's axis would no longer mean anything, and no kernel reads a bias's scale.
    let flat = Tensor { shape: vec![outputs], quantization: None, ..tensor.clone() };
    Ok(importer.add_constant(flat))
}

/// Warns where the stored bias is in other units than the accumulator: kernels add it as it is.
fn check_bias_scale(
    importer: &mut Importer<'_, '_>,
    site: &Site<'_, '_>,
    [x, weights, bias, y]: [TensorId; 4],
) {
    let quantization = |id: TensorId| importer.get(id).quantization.as_ref();
    let (Some(x), Some(w), Some(b), Some(y)) =
        (quantization(x), quantization(weights), quantization(bias), quantization(y))
    else {
        return;
    };
    let scale = |list: &[f32], channel: usize| {
        f64::from(list.get(channel).or(list.first()).copied().unwrap_or(1.0))
    };
    let apart = (0..w.scales.len().max(b.scales.len())).any(|channel| {
        let product = scale(&x.scales, 0) * scale(&w.scales, channel);
        (product - scale(&b.scales, channel)).abs() > BIAS_SCALE_TOLERANCE * scale(&y.scales, 0)
    });
    if apart {
        let reason = "bias scale is not input scale × weight scale; the stored integers are used as they are";
        importer.warn(site, bias, reason.into(), "convert the model again");
    }
}

pub(super) fn conv_2d(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_conv_2_doptions().ok_or_else(no_options)?;
    let operands = weighted(importer, site, [0, 1, 2], 0)?;
    let [batch, height, width, channels] = importer.shape(operands.x)?;
    let [outputs, window_height, window_width, group_channels] =
        importer.shape(operands.weights)?;
    if channels % group_channels != 0 || outputs % (channels / group_channels) != 0 {
        let reason = format!(
            "{channels} channels and {outputs} outputs with weights over {group_channels} channels"
        );
        return Err(Blocker::malformed(reason).into());
    }
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) =
        (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    let dilation_height = step(options.dilation_h_factor(), "dilation")?;
    let dilation_width = step(options.dilation_w_factor(), "dilation")?;
    let rows = place_window(height, window_height, stride_height, dilation_height, same)?;
    let columns = place_window(width, window_width, stride_width, dilation_width, same)?;
    importer.expect_shape(operands.y, &[batch, rows.output, columns.output, outputs])?;
    let padding = padding(rows, columns);
    let geometry =
        ConvGeometry { stride_height, stride_width, dilation_height, dilation_width, padding };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::Conv2d { geometry, groups: channels / group_channels, activation };
    importer.push(site, operator, operands.inputs(), vec![operands.y])
}

pub(super) fn depthwise_conv_2d(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_depthwise_conv_2_doptions().ok_or_else(no_options)?;
    let operands = weighted(importer, site, [0, 1, 2], 3)?;
    let [batch, height, width, channels] = importer.shape(operands.x)?;
    let [one, window_height, window_width, outputs] = importer.shape(operands.weights)?;
    if one != 1 || outputs % channels != 0 {
        let reason = format!(
            "depthwise weights {:?} for {channels} channels",
            importer.get(operands.weights).shape
        );
        return Err(Blocker::malformed(reason).into());
    }
    // The stored multiplier is redundant; some converters leave it 0.
    let (multiplier, stored) = (outputs / channels, options.depth_multiplier());
    if stored != 0 && usize::try_from(stored) != Ok(multiplier) {
        let reason = format!("depth multiplier {stored}, the weights' shape gives {multiplier}");
        return Err(Blocker::malformed(reason).into());
    }
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) =
        (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    let dilation_height = step(options.dilation_h_factor(), "dilation")?;
    let dilation_width = step(options.dilation_w_factor(), "dilation")?;
    let rows = place_window(height, window_height, stride_height, dilation_height, same)?;
    let columns = place_window(width, window_width, stride_width, dilation_width, same)?;
    importer.expect_shape(operands.y, &[batch, rows.output, columns.output, outputs])?;
    let padding = padding(rows, columns);
    let geometry =
        ConvGeometry { stride_height, stride_width, dilation_height, dilation_width, padding };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::DepthwiseConv2d { geometry, multiplier, activation };
    importer.push(site, operator, operands.inputs(), vec![operands.y])
}

pub(super) fn fully_connected(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_fully_connected_options().ok_or_else(no_options)?;
    if options.weights_format() != FullyConnectedOptionsWeightsFormat::DEFAULT {
        return Err(Blocker::new(
            "shuffled weights format",
            "convert with the default weights format",
        )
        .into());
    }
    let operands = weighted(importer, site, [0, 1, 2], 0)?;
    let [outputs, depth] = importer.shape(operands.weights)?;
    let (x, y) = (importer.get(operands.x), importer.get(operands.y));
    let rows = x.elements() / depth;
    if rows * depth != x.elements() {
        let reason = format!("input {:?} is not whole rows of {depth}", x.shape);
        return Err(Blocker::malformed(reason).of(x.name.clone()).into());
    }
    let leading = x.shape.split_last().map_or(&[][..], |(_, leading)| leading);
    let expected = match options.keep_num_dims() {
        true if x.shape.last() != Some(&depth) => {
            let reason = format!("keep_num_dims with input {:?} and rows of {depth}", x.shape);
            return Err(Blocker::malformed(reason).of(x.name.clone()).into());
        }
        true => leading.iter().copied().chain([outputs]).collect(),
        false => vec![rows, outputs],
    };
    // Without keep_num_dims the result is [rows, outputs], yet files with the leading axes kept are in use.
    if y.shape.last() != Some(&outputs) || y.elements() != rows.saturating_mul(outputs) {
        importer.expect_shape(operands.y, &expected)?;
    }
    let activation = activation(options.fused_activation_function())?;
    importer.push(
        site,
        Operator::FullyConnected { activation },
        operands.inputs(),
        vec![operands.y],
    )
}

/// Inputs in the file: output shape, weights, x, bias.
pub(super) fn transpose_conv(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_transpose_conv_options().ok_or_else(no_options)?;
    let declared = importer.argument(site, 0, "output shape")?;
    let operands = weighted(importer, site, [2, 1, 3], 0)?;
    let [batch, height, width, channels] = importer.shape(operands.x)?;
    let [outputs, window_height, window_width, depth] = importer.shape(operands.weights)?;
    let [_, out_height, out_width, _] = importer.shape(operands.y)?;
    importer.expect_shape(operands.y, &[batch, out_height, out_width, outputs])?;
    let y = importer.get(operands.y);
    if depth != channels
        || !y.shape.iter().map(|&extent| extent as i64).eq(declared.iter().copied())
    {
        let reason = format!(
            "{channels} channels, weights over {depth}; output {:?}, argument {declared:?}",
            y.shape
        );
        return Err(Blocker::malformed(reason).into());
    }
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) =
        (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    // Defined as the gradient of a convolution that runs from the output to the input.
    let rows = place_window(out_height, window_height, stride_height, 1, same)?;
    let columns = place_window(out_width, window_width, stride_width, 1, same)?;
    if (rows.output, columns.output) != (height, width) {
        let reason = format!(
            "input of {height} × {width} does not lead to an output of {out_height} × {out_width}"
        );
        return Err(Blocker::malformed(reason).into());
    }
    let padding = padding(rows, columns);
    let geometry = ConvGeometry {
        stride_height,
        stride_width,
        dilation_height: 1,
        dilation_width: 1,
        padding,
    };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::TransposeConv2d { geometry, activation };
    importer.push(site, operator, operands.inputs(), vec![operands.y])
}
