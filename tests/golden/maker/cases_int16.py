"""int16 activations with int8 weights: every operator that has such kernels."""

import numpy as np

from maker.builder import ACTIVATIONS, PADDINGS, Model, window_extent

# Standard deviation of inputs spread evenly over int16.
_INPUT_DEVIATION = 18918.0
# Standard deviation of outputs that a layer's scale is chosen for.
_OUTPUT_DEVIATION = 14000.0

# `bias` is the type of the bias, None for no bias. `ratio` is the real output multiplier; None spreads outputs over int16.
_LAYER = dict(
    batch=1, extent=(5, 5), channels=3, outputs=4, multiplier=1, kernel=(3, 3), stride=(1, 1),
    dilation=(1, 1), padding="same", activation="none", per_channel=True, bias="int64", groups=1,
    ratio=None, weight_range=127,
)
_CONV_2D = {
    "same_per_channel": {},
    "valid_per_tensor_relu": dict(padding="valid", per_channel=False, activation="relu"),
    "stride2_same_relu6": dict(stride=(2, 2), activation="relu6", extent=(7, 6)),
    "dilation2_same": dict(dilation=(2, 2), extent=(6, 7), channels=2),
    "pointwise_deep": dict(kernel=(1, 1), channels=300, outputs=5, extent=(2, 2), weight_range=40),
    "grouped_2": dict(channels=4, outputs=6, groups=2),
    "batch2_narrow_bias": dict(batch=2, extent=(3, 3), bias="int32"),
    "no_bias": dict(bias=None, extent=(4, 4)),
    "large_bias": dict(ratio=2.3e-6, bias_range=1 << 34, extent=(3, 3)),
    "multiplier_above_one": dict(ratio=1.7, weight_range=2, kernel=(1, 1), channels=2),
    "multiplier_near_one": dict(ratio=0.99999, weight_range=1, kernel=(1, 1), channels=1),
}
_DEPTHWISE = {
    "multiplier_1_same": {},
    "multiplier_2_per_tensor_relu": dict(multiplier=2, per_channel=False, activation="relu"),
    "stride2_valid": dict(stride=(2, 2), padding="valid", channels=9, extent=(7, 6)),
    "dilation2_same_relu6": dict(dilation=(2, 2), extent=(6, 6), activation="relu6"),
    "batch2_no_bias": dict(batch=2, extent=(3, 3), bias=None),
}
_FULLY_CONNECTED = {
    "plain": dict(channels=16, outputs=6),
    "deep_relu": dict(channels=601, outputs=3, activation="relu", weight_range=60),
    "batch4_per_channel": dict(batch=4, channels=9, outputs=19),
    "narrow_bias": dict(channels=33, outputs=7, bias="int32"),
    "no_bias": dict(channels=10, outputs=17, bias=None, batch=2),
    "large_bias": dict(ratio=2.3e-6, bias_range=1 << 34, channels=2, outputs=40),
}


def _weights(model, row, shape, channel_count, axis, terms, input_scale):
    """Weights, bias tensor (or none) and output scale of a layer with `terms` products per output."""
    count = channel_count if row["per_channel"] else 1
    scales = np.array([model.scale(0.002, 0.02) for _ in range(count)], dtype=np.float32)
    weight_range = row["weight_range"]
    deviation = (np.sqrt(terms * (weight_range**2 + weight_range) / 3.0) * _INPUT_DEVIATION)
    ratio = row["ratio"] or _OUTPUT_DEVIATION / deviation
    output_scale = np.float32(input_scale * float(scales.mean()) / ratio)
    weights = model.constant(model.weights(shape, -weight_range, weight_range), "int8", scales,
                             axis=axis)
    bias = None
    if row["bias"]:
        bias_range = row.get("bias_range", int(deviation) + 1)
        values = model.random.integers(-bias_range, bias_range, size=channel_count)
        bias = model.constant(values, row["bias"], (scales * np.float32(input_scale)))
    return weights, bias, output_scale


def _window_case(operator, name, overrides):
    """One CONV_2D or DEPTHWISE_CONV_2D."""
    row = {**_LAYER, **overrides}
    model = Model(name, operator, "int16")
    channels, kernel, stride = row["channels"], row["kernel"], row["stride"]
    depthwise = operator == "DEPTHWISE_CONV_2D"
    outputs = channels * row["multiplier"] if depthwise else row["outputs"]
    filter_channels = channels // row["groups"]
    shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, filter_channels)
    terms = kernel[0] * kernel[1] * (1 if depthwise else filter_channels)
    result = [window_extent(*axis, row["padding"])
              for axis in zip(row["extent"], kernel, stride, row["dilation"])]
    input_scale = model.scale(0.0001, 0.001)
    source = model.input((row["batch"], *row["extent"], channels), scale=input_scale)
    weights, bias, output_scale = _weights(
        model, row, shape, outputs, 3 if depthwise else 0, terms, input_scale)
    if row["activation"] == "relu6":
        # 6 stands for a number within the range.
        model.graph.tensors[source].quantization.scale = [
            float(input_scale * np.float32(6.0 / 20000) / output_scale)]
        output_scale = np.float32(6.0 / 20000)
    output = model.output((row["batch"], *result, outputs), scale=output_scale)
    fields = dict(padding=PADDINGS[row["padding"]], strideH=stride[0], strideW=stride[1],
                  fusedActivationFunction=ACTIVATIONS[row["activation"]],
                  dilationHFactor=row["dilation"][0], dilationWFactor=row["dilation"][1])
    if depthwise:
        fields["depthMultiplier"] = row["multiplier"]
    model.add(operator, [source, weights] + ([] if bias is None else [bias]), [output],
              "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions", **fields)
    return model


def _fully_connected_case(name, overrides):
    """One FULLY_CONNECTED."""
    row = {**_LAYER, **overrides, "per_channel": "per_channel" in name}
    model = Model(name, "FULLY_CONNECTED", "int16")
    depth, outputs = row["channels"], row["outputs"]
    input_scale = model.scale(0.0001, 0.001)
    source = model.input((row["batch"], depth), scale=input_scale)
    weights, bias, output_scale = _weights(
        model, row, (outputs, depth), outputs, 0, depth, input_scale)
    output = model.output((row["batch"], outputs), scale=output_scale)
    model.add("FULLY_CONNECTED", [source, weights] + ([] if bias is None else [bias]), [output],
              "FullyConnectedOptions", fusedActivationFunction=ACTIVATIONS[row["activation"]])
    return model


# name -> (left shape, right shape, activation, scales or None)
_BINARY = {
    "same": ((1, 4, 3, 5), (1, 4, 3, 5), "none", None),
    "broadcast_channel_relu": ((2, 2, 3, 5), (1, 1, 1, 5), "relu", None),
    "broadcast_general": ((2, 1, 3, 1), (1, 4, 1, 5), "none", None),
    "scale_ratio_1000": ((1, 40), (1, 40), "none", (0.00002, 0.02, 0.02)),
    "power_of_two_scales": ((1, 60), (1, 60), "none", (2.0**-12, 2.0**-13, 2.0**-11)),
}
_OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions",
            "MAXIMUM": "MaximumMinimumOptions", "MINIMUM": "MaximumMinimumOptions"}


def _binary_case(operator, name, row):
    left_shape, right_shape, activation, scales = row
    model = Model(name, operator, "int16")
    comparison = operator in ("MAXIMUM", "MINIMUM")
    if scales is None:
        left, right = model.scale(0.0002, 0.0006), model.scale(0.0002, 0.0006)
        product = np.float32(left * right * 19000)
        scales = (left, right, product if operator == "MUL" else left * 1.6)
    if comparison:
        scales = (scales[0],) * 3
    elif operator == "MUL" and "ratio" in name:
        scales = (0.00002, 0.02, 0.004)
    elif operator == "MUL" and "power" in name:
        scales = (2.0**-12, 2.0**-13, 2.0**-11)
    first = model.input(left_shape, scale=scales[0])
    second = model.input(right_shape, scale=scales[1])
    output = model.output(np.broadcast_shapes(left_shape, right_shape), scale=scales[2])
    fields = {} if comparison else dict(fusedActivationFunction=ACTIVATIONS[activation])
    if operator in ("ADD", "SUB"):
        fields["potScaleInt16"] = False
    model.add(operator, [first, second], [output], _OPTIONS[operator], **fields)
    return model


# name -> (input shape, window, stride, padding, activation)
_POOL = {
    "window2_stride2": ((1, 6, 5, 3), (2, 2), (2, 2), "valid", "none"),
    "window3_same_relu": ((2, 5, 4, 2), (3, 3), (1, 2), "same", "relu"),
    "whole_image": ((1, 7, 6, 4), (7, 6), (1, 1), "valid", "none"),
}


def _pool_case(operator, name, row):
    shape, window, stride, padding, activation = row
    model = Model(name, operator, "int16")
    scale = model.scale(0.0001, 0.001)
    rows, columns = (window_extent(*axis, 1, padding) for axis in zip(shape[1:3], window, stride))
    source = model.input(shape, scale=scale)
    output = model.output((shape[0], rows, columns, shape[3]), scale=scale)
    model.add(operator, [source], [output], "Pool2DOptions", padding=PADDINGS[padding],
              strideH=stride[0], strideW=stride[1], filterHeight=window[0], filterWidth=window[1],
              fusedActivationFunction=ACTIVATIONS[activation])
    return model


_SOFTMAX = {
    "plain": ((1, 10), 0.0004, 1.0), "beta_3": ((2, 12), 0.0001, 3.0), "rank4": ((1, 2, 3, 4), 0.00008, 1.0),
    "steep": ((1, 20), 0.01, 1.0), "flat": ((1, 400), 0.000001, 1.0), "two_classes": ((24, 2), 0.00015, 1.0),
}
_CURVES = {"fine": 0.00003, "middle": 0.00021, "coarse": 0.0017, "wide": 0.9, "tiny": 0.0000002,
           "three_integer_bits": 2.0**-12, "four_integer_bits": 2.0**-11, "two_integer_bits": 2.0**-13}
_LINEAR = {"equal": (0.00047, 0.00047), "finer_output": (0.0009, 0.00031),
           "coarser_output": (0.00021, 0.00055), "six_inside": (0.0006, 0.00025)}


def _unary_case(operator, name, shape, scales, options=None, **fields):
    model = Model(name, operator, "int16")
    source = model.input(shape, scale=scales[0])
    output = model.output(shape, scale=scales[1])
    model.add(operator, [source], [output], options, **fields)
    return model


# name -> (input type, scale, zero point, output type, scale, zero point)
_QUANTIZE = {
    "i8_to_i16": ("int8", 0.05, -3, "int16", 0.0003, 0),
    "i8_to_i16_same_range": ("int8", 0.0256, 0, "int16", 0.0001, 0),
    "i16_to_i8_fine": ("int16", 0.0001, 0, "int8", 0.0256, 17),
    "i16_to_i16_finer": ("int16", 0.0007, 0, "int16", 0.0004, 0),
    "i16_to_i16_coarser": ("int16", 0.0003, 0, "int16", 0.00071, 0),
    "i16_to_i32": ("int16", 0.0003, 0, "int32", 0.0000007, 0),
    "i32_to_i16": ("int32", 0.0011, 0, "int16", 0.0004, 0),
    "i32_to_i8": ("int32", 0.0031, 0, "int8", 0.004, -100),
    "f32_to_i16_ties": ("float32", None, 0, "int16", 2.0**-14, 0),
}


def _movement_cases():
    """Operators that move int16 values."""
    scale = 0.0004

    def case(name, operator, inputs, outputs, options, constants=(), **fields):
        model = Model(f"{operator.lower()}_i16_{name}", operator, "int16")
        operands = [model.input(shape, scale=scale) for shape in inputs]
        operands += [model.constant(value, "int32") for value in constants]
        results = [model.output(shape, scale=scale) for shape in outputs]
        model.add(operator, operands, results, options, **fields)
        return model

    yield case("rank3", "RESHAPE", [(2, 6)], [(3, 2, 2)], "ReshapeOptions", [[3, 2, 2]], newShape=[3, 2, 2])
    yield case("rows_and_columns", "PAD", [(1, 2, 3, 2)], [(1, 4, 4, 2)], "PadOptions",
               [[[0, 0], [1, 1], [0, 1], [0, 0]]])
    yield case("last_axis", "CONCATENATION", [(2, 3), (2, 2)], [(2, 5)], "ConcatenationOptions", axis=1)
    yield case("rank3", "TRANSPOSE", [(2, 3, 4)], [(4, 2, 3)], "TransposeOptions", [[2, 0, 1]])
    yield case("two_axes", "STRIDED_SLICE", [(5, 6)], [(2, 3)], "StridedSliceOptions",
               [[1, 0], [5, 6], [2, 2]])
    yield case("box", "SLICE", [(3, 4)], [(2, 2)], "SliceOptions", [[1, 1], [2, 2]])


def cases():
    """All models of this module."""
    for name, row in _CONV_2D.items():
        yield _window_case("CONV_2D", f"conv_2d_i16_{name}", row)
    for name, row in _DEPTHWISE.items():
        yield _window_case("DEPTHWISE_CONV_2D", f"depthwise_conv_2d_i16_{name}", row)
    for name, row in _FULLY_CONNECTED.items():
        yield _fully_connected_case(f"fully_connected_i16_{name}", row)
    for operator in _OPTIONS:
        for name, row in _BINARY.items():
            yield _binary_case(operator, f"{operator.lower()}_i16_{name}", row)
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        for name, row in _POOL.items():
            yield _pool_case(operator, f"{operator.lower()}_i16_{name}", row)
    for name, (shape, scale, beta) in _SOFTMAX.items():
        yield _unary_case("SOFTMAX", f"softmax_i16_{name}", shape, (scale, 2.0**-15), "SoftmaxOptions", beta=beta)
    for operator in ("LOGISTIC", "TANH"):
        for name, scale in _CURVES.items():
            yield _unary_case(operator, f"{operator.lower()}_i16_{name}", (1, 256), (scale, 2.0**-15))
    for name, scales in _LINEAR.items():
        yield _unary_case("RELU", f"relu_i16_{name}", (1, 100), scales)
        yield _unary_case("RELU6", f"relu6_i16_{name}", (1, 100), (scales[1], scales[1]))
        for tag, alpha in (("tenth", 0.1), ("above_one", 1.3)):
            yield _unary_case("LEAKY_RELU", f"leaky_relu_i16_{name}_{tag}", (1, 100), scales,
                              "LeakyReluOptions", alpha=alpha)
    for name, (dtype, scale, zero, to, to_scale, to_zero) in _QUANTIZE.items():
        model = Model(f"quantize_{name}", "QUANTIZE", dtype)
        source = model.input((1, 300), scale=scale, zero_point=zero)
        output = model.output((1, 300), to, to_scale, to_zero)
        model.add("QUANTIZE", [source], [output], "QuantizeOptions")
        yield model
    yield from _movement_cases()
