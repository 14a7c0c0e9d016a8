"""FULLY_CONNECTED, int8 and float32."""

import numpy as np

from maker.builder import ACTIVATIONS, Model
from maker.cases_convolution import quantise_weights

_DEFAULTS = dict(
    shape=(1, 16), outputs=6, keep=False, activation="none", per_channel=False, bias=True,
    omit_bias=False, zero_points=(4, -7), ratio=None, weight_range=127, weight_zero_point=0,
)

ROWS = {
    "plain": {},
    "deep_relu": dict(shape=(1, 61), outputs=3, activation="relu"),
    "batch4": dict(shape=(4, 9), outputs=5),
    "batch1_single_output": dict(shape=(1, 7), outputs=1, activation="relu6"),
    "rank4_flattened": dict(shape=(1, 2, 3, 4), outputs=5),
    "rank4_flattened_batch2": dict(shape=(2, 2, 2, 3), outputs=4),
    "rank3_keep_num_dims": dict(shape=(2, 3, 8), outputs=4, keep=True),
    "rank1": dict(shape=(12,), outputs=4),
    "no_bias": dict(bias=False),
    "no_bias_input_omitted": dict(bias=False, omit_bias=True, shape=(2, 5)),
    "per_channel": dict(per_channel=True, shape=(2, 11), outputs=7),
    "per_channel_relu_no_bias": dict(per_channel=True, bias=False, activation="relu"),
    "relu_n1_to_1": dict(activation="relu_n1_to_1"),
    "extreme_zero_points": dict(zero_points=(-128, 127)),
    "extreme_zero_points_reversed": dict(zero_points=(127, -128), activation="relu"),
    "multiplier_above_one": dict(ratio=1.9, weight_range=2, shape=(2, 3)),
    "multiplier_tiny": dict(ratio=2.3e-8, bias_range=1 << 30, outputs=24),
    "weight_zero_point": dict(weight_zero_point=9, shape=(2, 10)),
    "many_outputs_mid_ratio": dict(shape=(1, 3), outputs=64, ratio=0.004, weight_range=127),
    "coarse_ratio_batch4": dict(shape=(4, 2), outputs=48, ratio=0.11, weight_range=3),
    "coarse_ratio_per_channel": dict(
        shape=(4, 2), outputs=48, ratio=0.07, weight_range=5, per_channel=True),
    "near_ties": dict(shape=(1, 1), outputs=126, near_ties=True),
    "near_ties_per_channel": dict(shape=(1, 1), outputs=126, near_ties=True, per_channel=True),
    "many_outputs_exact_half": dict(shape=(1, 1), outputs=64, exact_half=True),
}

_FLOAT_ROWS = ("plain", "deep_relu", "batch4", "rank4_flattened_batch2", "rank3_keep_num_dims",
               "no_bias", "no_bias_input_omitted")


def fully_connected_case(name, overrides, dtype):
    """One FULLY_CONNECTED model."""
    row = {**_DEFAULTS, **overrides}
    model = Model(name, "FULLY_CONNECTED", dtype)
    shape, outputs = row["shape"], row["outputs"]
    depth = shape[-1] if row["keep"] or len(shape) <= 2 else int(np.prod(shape[1:]))
    batch = int(np.prod(shape)) // depth
    result_shape = (*shape[:-1], outputs) if row["keep"] else (batch, outputs)
    bias_tensor = None
    if dtype == "float32":
        source = model.input(shape)
        weights = model.constant(model.random.normal(0, 0.7, (outputs, depth)), "float32")
        if row["bias"]:
            bias_tensor = model.constant(model.random.normal(0, 1, outputs), "float32")
        output = model.output(result_shape)
    elif row.get("exact_half"):
        # Multiplier exactly 2^-3: every fourth accumulator is a tie of the final rounding.
        source = model.input(shape, scale=0.5, zero_point=0)
        weights = model.constant(np.ones((outputs, depth)), "int8", 0.5)
        bias_tensor = model.constant(np.arange(outputs) * 5 - 160, "int32", 0.25)
        output = model.output(result_shape, scale=2.0, zero_point=0)
    elif row.get("near_ties"):
        # Zero weights and biases of up to 2^30 whose exact result lies within 2^-24 of a tie: only
        # one rounding rule, at one precision of the multiplier, gets all of them right.
        input_scale = float(model.scale())
        weight_scale = np.float32(0.0173)
        output_scale = np.float32(input_scale * float(weight_scale) * 2.0**23 * 1.37)
        ratio = input_scale * float(weight_scale) / float(output_scale)
        source = model.input(shape, scale=input_scale, zero_point=0)
        channels = outputs if row["per_channel"] else 1
        weights = model.constant(np.zeros((outputs, depth)), "int8", [weight_scale] * channels)
        bias = [round((2 * k - outputs + 0.5) / ratio) for k in range(outputs)]
        bias_tensor = model.constant(bias, "int32", np.full(channels, input_scale * weight_scale))
        output = model.output(result_shape, scale=output_scale, zero_point=0)
    else:
        input_scale = model.scale()
        source = model.input(shape, scale=input_scale, zero_point=row["zero_points"][0])
        weights, bias_scales, bias, output_scale = quantise_weights(
            model, row, (outputs, depth), outputs, 0, depth, input_scale)
        if row["weight_zero_point"]:
            model.graph.tensors[weights].quantization.zeroPoint = [row["weight_zero_point"]]
        if row["bias"]:
            bias_tensor = model.constant(bias, "int32", bias_scales)
        output = model.output(result_shape, scale=output_scale, zero_point=row["zero_points"][1])
    inputs = [source, weights]
    if row["omit_bias"]:
        inputs.append(-1)
    elif bias_tensor is not None:
        inputs.append(bias_tensor)
    model.add("FULLY_CONNECTED", inputs, [output], "FullyConnectedOptions",
              keepNumDims=row["keep"], fusedActivationFunction=ACTIVATIONS[row["activation"]])
    return model


def cases():
    """All models of this module."""
    for name, row in ROWS.items():
        yield fully_connected_case(f"fully_connected_i8_{name}", row, "int8")
    for name in _FLOAT_ROWS:
        yield fully_connected_case(f"fully_connected_f32_{name}", ROWS[name], "float32")
