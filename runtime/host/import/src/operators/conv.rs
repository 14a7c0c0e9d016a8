//! Operators with weights: convolutions and fully connected layers.

use super::weighted::weighted;
use super::window::{is_same, padding, place_window, step};
use crate::importer::{Importer, Outcome, Site};
use crate::operands::{activation, no_options};
use crate::report::Blocker;
use crate::schema::FullyConnectedOptionsWeightsFormat;
use mote_graph::{ConvGeometry, ElementType, Operator};

pub(super) fn conv_2d(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_conv_2_doptions().ok_or_else(no_options)?;
    let operands = weighted(importer, site, [0, 1, 2], 0, true)?;
    let [batch, height, width, channels] = importer.shape(operands.x)?;
    let [outputs, window_height, window_width, group_channels] = importer.shape(operands.weights)?;
    if channels % group_channels != 0 || outputs % (channels / group_channels) != 0 {
        let reason = format!("{channels} channels and {outputs} outputs with weights over {group_channels} channels");
        return Err(Blocker::malformed(reason).into());
    }
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) = (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    let dilation_height = step(options.dilation_h_factor(), "dilation")?;
    let dilation_width = step(options.dilation_w_factor(), "dilation")?;
    let rows = place_window(height, window_height, stride_height, dilation_height, same)?;
    let columns = place_window(width, window_width, stride_width, dilation_width, same)?;
    importer.expect_shape(operands.y, &[batch, rows.output, columns.output, outputs])?;
    let padding = padding(rows, columns);
    let geometry = ConvGeometry { stride_height, stride_width, dilation_height, dilation_width, padding };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::Conv2d { geometry, groups: channels / group_channels, activation };
    importer.push(site, operator, operands.inputs(), vec![operands.y])
}

pub(super) fn depthwise_conv_2d(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_depthwise_conv_2_doptions().ok_or_else(no_options)?;
    let operands = weighted(importer, site, [0, 1, 2], 3, true)?;
    let bias = operands.bias.map(|bias| importer.get(bias));
    if let Some(bias) = bias.filter(|bias| {
        importer.get(operands.x).element_type == ElementType::I16 && bias.element_type != ElementType::I64
    }) {
        let reason = format!("bias is {}, expected int64 with int16 activations", bias.element_type.name());
        return Err(Blocker::new(reason, "convert the model again").of(bias.name.clone()).into());
    }
    let [batch, height, width, channels] = importer.shape(operands.x)?;
    let [one, window_height, window_width, outputs] = importer.shape(operands.weights)?;
    if one != 1 || outputs % channels != 0 {
        let reason = format!("depthwise weights {:?} for {channels} channels", importer.get(operands.weights).shape);
        return Err(Blocker::malformed(reason).into());
    }
    // The stored multiplier is redundant; some converters leave it 0.
    let (multiplier, stored) = (outputs / channels, options.depth_multiplier());
    if stored != 0 && usize::try_from(stored) != Ok(multiplier) {
        let reason = format!("depth multiplier {stored}, the weights' shape gives {multiplier}");
        return Err(Blocker::malformed(reason).into());
    }
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) = (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    let dilation_height = step(options.dilation_h_factor(), "dilation")?;
    let dilation_width = step(options.dilation_w_factor(), "dilation")?;
    let rows = place_window(height, window_height, stride_height, dilation_height, same)?;
    let columns = place_window(width, window_width, stride_width, dilation_width, same)?;
    importer.expect_shape(operands.y, &[batch, rows.output, columns.output, outputs])?;
    let padding = padding(rows, columns);
    let geometry = ConvGeometry { stride_height, stride_width, dilation_height, dilation_width, padding };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::DepthwiseConv2d { geometry, multiplier, activation };
    importer.push(site, operator, operands.inputs(), vec![operands.y])
}

pub(super) fn fully_connected(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_fully_connected_options().ok_or_else(no_options)?;
    if options.weights_format() != FullyConnectedOptionsWeightsFormat::DEFAULT {
        return Err(Blocker::new("shuffled weights format", "convert with the default weights format").into());
    }
    let operands = weighted(importer, site, [0, 1, 2], 0, true)?;
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
    importer.push(site, Operator::FullyConnected { activation }, operands.inputs(), vec![operands.y])
}

/// Inputs in the file: output shape, weights, x, bias.
pub(super) fn transpose_conv(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_transpose_conv_options().ok_or_else(no_options)?;
    let declared = importer.argument(site, 0, "output shape")?;
    let operands = weighted(importer, site, [2, 1, 3], 0, false)?;
    let [batch, height, width, channels] = importer.shape(operands.x)?;
    let [outputs, window_height, window_width, depth] = importer.shape(operands.weights)?;
    let [_, out_height, out_width, _] = importer.shape(operands.y)?;
    importer.expect_shape(operands.y, &[batch, out_height, out_width, outputs])?;
    let y = importer.get(operands.y);
    if depth != channels || !y.shape.iter().map(|&extent| extent as i64).eq(declared.iter().copied()) {
        let reason = format!("{channels} channels, weights over {depth}; output {:?}, argument {declared:?}", y.shape);
        return Err(Blocker::malformed(reason).into());
    }
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) = (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    // Defined as the gradient of a convolution that runs from the output to the input.
    let rows = place_window(out_height, window_height, stride_height, 1, same)?;
    let columns = place_window(out_width, window_width, stride_width, 1, same)?;
    if (rows.output, columns.output) != (height, width) {
        let reason = format!("input of {height} × {width} does not lead to an output of {out_height} × {out_width}");
        return Err(Blocker::malformed(reason).into());
    }
    let padding = padding(rows, columns);
    let geometry = ConvGeometry { stride_height, stride_width, dilation_height: 1, dilation_width: 1, padding };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::TransposeConv2d { geometry, activation };
    importer.push(site, operator, operands.inputs(), vec![operands.y])
}
