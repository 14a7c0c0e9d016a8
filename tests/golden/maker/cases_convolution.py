"""CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED, int8 and float32."""

import numpy as np

from maker.builder import ACTIVATIONS, PADDINGS, Model, window_extent

# Keys of every row below, with their defaults. `ratio` is the real output multiplier; None spreads
# the accumulator over the int8 range. `exact` takes powers of two as scales: real ties. `zero_points` are those of input and output.
_WINDOW = dict(
    batch=1, extent=(5, 5), channels=3, outputs=4, multiplier=1, kernel=(3, 3), stride=(1, 1),
    dilation=(1, 1), padding="same", activation="none", per_channel=True, bias=True, groups=1,
    zero_points=(-3, 5), ratio=None, weight_range=127, omit_bias=False, exact=False,
)

CONV_2D = {
    "same_per_channel": {},
    "valid_per_tensor": dict(padding="valid", per_channel=False),
    "stride2_same_relu": dict(stride=(2, 2), activation="relu", extent=(7, 6)),
    "stride2_even_same": dict(stride=(2, 2), extent=(6, 6), channels=1),
    "stride_2x1_valid_relu6": dict(stride=(2, 1), padding="valid", activation="relu6"),
    "stride3_same_relu_n1_to_1": dict(stride=(3, 3), activation="relu_n1_to_1", extent=(8, 7)),
    "dilation2_same": dict(dilation=(2, 2), extent=(6, 7), channels=2),
    "dilation_3x1_valid": dict(dilation=(3, 1), padding="valid", extent=(9, 4), channels=2),
    "pointwise": dict(kernel=(1, 1), channels=8, outputs=8, extent=(3, 3)),
    "pointwise_per_tensor_no_bias": dict(
        kernel=(1, 1), channels=5, outputs=7, per_channel=False, bias=False),
    "no_bias_input_omitted": dict(bias=False, omit_bias=True, extent=(4, 4)),
    "grouped_2": dict(channels=4, outputs=6, groups=2),
    "grouped_4_per_tensor": dict(
        channels=8, outputs=8, groups=4, per_channel=False, extent=(3, 4), padding="valid"),
    "batch3": dict(batch=3, extent=(3, 3), channels=2, outputs=3),
    "kernel_1x5_row": dict(kernel=(1, 5), extent=(1, 9), channels=2),
    "kernel_4x2_even": dict(kernel=(4, 2), extent=(5, 4)),
    "kernel_larger_than_input": dict(kernel=(5, 5), extent=(2, 3), channels=2),
    "extreme_zero_points": dict(zero_points=(-128, 127), activation="none"),
    "extreme_zero_points_reversed": dict(zero_points=(127, -128), activation="relu"),
    "multiplier_above_one": dict(ratio=1.7, weight_range=2, kernel=(1, 1), channels=2),
    "multiplier_large": dict(ratio=37.0, weight_range=1, kernel=(1, 1), channels=1, outputs=3),
    "multiplier_tiny": dict(ratio=2.3e-8, bias_range=1 << 30),
    "multiplier_vanishing": dict(ratio=1.1e-12, bias_range=1 << 30, extent=(3, 3)),
    "ties": dict(ratio=0.125, weight_range=1, kernel=(1, 1), channels=2, outputs=6, exact=True),
}

DEPTHWISE = {
    "multiplier_1_same": {},
    "multiplier_1_valid_per_tensor": dict(padding="valid", per_channel=False),
    "multiplier_2": dict(multiplier=2, channels=3),
    "multiplier_8_one_channel": dict(multiplier=8, channels=1, stride=(2, 2), extent=(6, 7)),
    "multiplier_8_relu": dict(multiplier=8, channels=2, extent=(3, 3), activation="relu"),
    "stride2_same_relu6": dict(stride=(2, 2), activation="relu6", channels=5),
    "stride_2x1": dict(stride=(2, 1), extent=(6, 4), padding="valid"),
    "dilation2_same": dict(dilation=(2, 2), extent=(6, 6), channels=2),
    "dilation_1x3_valid": dict(dilation=(1, 3), extent=(4, 8), padding="valid", channels=2),
    "kernel_5x1_column": dict(kernel=(5, 1), extent=(7, 1), channels=6, padding="valid"),
    "batch2_no_bias": dict(batch=2, extent=(3, 3), bias=False),
    "no_bias_input_omitted": dict(bias=False, omit_bias=True, extent=(4, 3)),
    "extreme_zero_points": dict(zero_points=(-128, 127), activation="relu_n1_to_1"),
    "extreme_zero_points_reversed": dict(zero_points=(127, -128)),
    "multiplier_above_one": dict(ratio=2.9, weight_range=2, kernel=(1, 2), channels=4),
    "ties": dict(ratio=0.125, weight_range=1, kernel=(1, 2), channels=6, exact=True),
    "multiplier_tiny": dict(ratio=2.3e-8, bias_range=1 << 30),
}

TRANSPOSE = {
    "stride2_same": dict(stride=(2, 2), extent=(3, 4)),
    "stride2_valid": dict(stride=(2, 2), extent=(3, 2), padding="valid"),
    "stride1_no_bias": dict(extent=(3, 3), bias=False),
    "stride_2x1_per_tensor": dict(stride=(2, 1), extent=(3, 4), per_channel=False, kernel=(4, 2)),
    "stride3_kernel2_gap": dict(stride=(3, 3), kernel=(2, 2), extent=(2, 3), padding="valid"),
    "batch2_relu": dict(batch=2, stride=(2, 2), extent=(2, 2), activation="relu", channels=2),
}

_FLOAT_CONV = ("same_per_channel", "stride2_same_relu", "stride_2x1_valid_relu6", "dilation2_same",
               "grouped_2", "batch3", "pointwise_per_tensor_no_bias", "no_bias_input_omitted")
_FLOAT_DEPTHWISE = ("multiplier_1_same", "multiplier_2", "stride2_same_relu6", "dilation2_same",
                    "batch2_no_bias")
_FLOAT_TRANSPOSE = ("stride2_same", "stride2_valid", "stride1_no_bias")


def quantise_weights(model, row, shape, channel_count, axis, terms, input_scale):
    """Weights, bias and output scale of a quantised layer with `terms` products per output."""
    per_channel = row["per_channel"]
    weight_range = row["weight_range"]
    scales = np.array([model.scale(0.002, 0.02) for _ in range(channel_count if per_channel else 1)],
                      dtype=np.float32)
    if row.get("exact"):
        scales, input_scale = np.full_like(scales, 0.25), 0.5
    weight_deviation = np.sqrt((weight_range**2 + weight_range) / 3.0)
    input_deviation = np.hypot(74.0, row["zero_points"][0])
    accumulator_deviation = np.sqrt(terms) * weight_deviation * input_deviation
    ratio = row["ratio"] or 60.0 / accumulator_deviation
    output_scale = np.float32(input_scale * float(scales.mean()) / ratio)
    weights = model.constant(model.weights(shape, -weight_range, weight_range), "int8", scales,
                             axis=axis)
    bias_range = row.get("bias_range", int(accumulator_deviation) + 1)
    bias = model.random.integers(-bias_range, bias_range, size=channel_count)
    return weights, (scales * np.float32(input_scale)).astype(np.float32), bias, output_scale


def _layer_inputs(model, row, source, weights, bias, bias_scales):
    """The operator's input list with the bias present, absent (two inputs) or omitted (-1)."""
    if row["omit_bias"]:
        return [source, weights, -1]
    if not row["bias"]:
        return [source, weights]
    if model.dtype == "float32":
        return [source, weights, model.constant(bias, "float32")]
    return [source, weights, model.constant(bias, "int32", bias_scales)]


def window_case(operator, name, overrides, dtype):
    """One sliding-window model; `operator` is CONV_2D, DEPTHWISE_CONV_2D or TRANSPOSE_CONV."""
    row = {**_WINDOW, **overrides}
    model = Model(name, operator, dtype)
    channels, kernel, stride = row["channels"], row["kernel"], row["stride"]
    depthwise, transposed = operator == "DEPTHWISE_CONV_2D", operator == "TRANSPOSE_CONV"
    outputs = channels * row["multiplier"] if depthwise else row["outputs"]
    filter_channels = channels // row["groups"]
    shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, filter_channels)
    terms = kernel[0] * kernel[1] * (1 if depthwise else filter_channels)
    if transposed:
        result = [extent * step if row["padding"] == "same" else (extent - 1) * step + taps
                  for extent, taps, step in zip(row["extent"], kernel, stride)]
    else:
        result = [window_extent(*axis, row["padding"])
                  for axis in zip(row["extent"], kernel, stride, row["dilation"])]
    source_shape = (row["batch"], *row["extent"], channels)
    result_shape = (row["batch"], *result, outputs)
    if dtype == "float32":
        source = model.input(source_shape)
        weights = model.constant(model.random.normal(0, 0.7, shape), "float32")
        bias, bias_scales = model.random.normal(0, 1, outputs), None
        output = model.output(result_shape)
    else:
        input_scale = np.float32(0.5) if row["exact"] else model.scale()
        source = model.input(source_shape, scale=input_scale, zero_point=row["zero_points"][0])
        weights, bias_scales, bias, output_scale = quantise_weights(
            model, row, shape, outputs, 3 if depthwise else 0, terms, input_scale)
        output = model.output(result_shape, scale=output_scale, zero_point=row["zero_points"][1])
    inputs = _layer_inputs(model, row, source, weights, bias, bias_scales)
    fields = dict(padding=PADDINGS[row["padding"]], strideH=stride[0], strideW=stride[1],
                  fusedActivationFunction=ACTIVATIONS[row["activation"]])
    if transposed:
        extents = model.constant(result_shape, "int32")
        model.add(operator, [extents, weights, source] + inputs[2:], [output],
                  "TransposeConvOptions", **fields)
        return model
    fields.update(dilationHFactor=row["dilation"][0], dilationWFactor=row["dilation"][1])
    if depthwise:
        fields["depthMultiplier"] = row["multiplier"]
    model.add(operator, inputs, [output],
              "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions", **fields)
    return model


def half_weights_case():
    """A float convolution whose constant weights and bias are float16 behind DEQUANTIZE."""
    model = Model("conv_2d_f32_half_weights", "CONV_2D", "float32")
    source = model.input((1, 5, 4, 3))
    expanded = []
    for shape in ((4, 3, 3, 3), (4,)):
        half = model.constant(model.random.normal(0, 0.7, shape), "float16")
        expanded.append(model.tensor(shape))
        model.add("DEQUANTIZE", [half], [expanded[-1]], "DequantizeOptions")
    output = model.output((1, 5, 4, 4))
    model.add("CONV_2D", [source, *expanded], [output], "Conv2DOptions", padding=PADDINGS["same"],
              strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1,
              fusedActivationFunction=ACTIVATIONS["relu"])
    return model


def cases():
    """All models of this module."""
    tables = (("CONV_2D", CONV_2D, _FLOAT_CONV), ("DEPTHWISE_CONV_2D", DEPTHWISE, _FLOAT_DEPTHWISE),
              ("TRANSPOSE_CONV", TRANSPOSE, _FLOAT_TRANSPOSE))
    for operator, table, float_rows in tables:
        prefix = operator.lower()
        for name, row in table.items():
            yield window_case(operator, f"{prefix}_i8_{name}", row, "int8")
        for name in float_rows:
            yield window_case(operator, f"{prefix}_f32_{name}", table[name], "float32")
    yield half_weights_case()
