"""SOFTMAX, LOGISTIC, TANH, RELU, RELU6, LEAKY_RELU and HARD_SWISH."""

import numpy as np

from maker.builder import Model

# name -> (shape, input scale, input zero point, beta)
_SOFTMAX = {
    "plain": ((1, 10), 0.1, 5, 1.0),
    "two_classes": ((3, 2), 0.0371, -20, 1.0),
    "beta_half": ((2, 7), 0.17, 0, 0.5),
    "beta_3": ((1, 12), 0.05, -128, 3.0),
    "rank1": ((9,), 0.09, 127, 1.0),
    "rank3": ((2, 3, 5), 0.06, 3, 1.0),
    "rank4": ((1, 2, 3, 4), 0.02, -3, 1.0),
    "steep": ((1, 20), 1.7, 0, 1.0),
    "flat": ((1, 33), 0.0007, 0, 1.0),
}

# Extents of 512 and more pass over (almost) every int8 value in the three steps.
_CURVES = {"fine": (0.0123, 7), "middle": (0.047, -31), "coarse": (0.31, 0), "wide": (2.6, 100),
           "tiny": (0.0004, -5)}

# name -> (input scale, input zero, output scale, output zero)
_LINEAR = {
    "equal": (0.047, -12, 0.047, -12),
    "finer_output": (0.09, 20, 0.031, -128),
    "coarser_output": (0.021, -128, 0.055, 13),
    "extreme_zero_points": (0.03, -128, 0.05, -128),
}


def softmax_case(name, row, dtype, output_dtype=None):
    """One SOFTMAX model; int8 output has scale 1/256 and zero point -128."""
    shape, scale, zero_point, beta = row
    model = Model(name, "SOFTMAX", dtype)
    if dtype == "float32":
        source, output = model.input(shape), model.output(shape)
    else:
        source = model.input(shape, scale=scale, zero_point=zero_point)
        if output_dtype == "int16":
            output = model.output(shape, "int16", 1.0 / 65536, -32768)
        else:
            output = model.output(shape, scale=1.0 / 256, zero_point=-128)
    model.add("SOFTMAX", [source], [output], "SoftmaxOptions", beta=beta)
    return model


def curve_case(operator, name, scale, zero_point, shape=(1, 256)):
    """One int8 LOGISTIC or TANH model with the output parameters the format fixes."""
    model = Model(name, operator)
    source = model.input(shape, scale=scale, zero_point=zero_point)
    output_scale, output_zero = (1.0 / 256, -128) if operator == "LOGISTIC" else (1.0 / 128, 0)
    output = model.output(shape, scale=output_scale, zero_point=output_zero)
    model.add(operator, [source], [output])
    return model


def linear_case(operator, name, row, options=None, **fields):
    """One int8 piecewise activation."""
    model = Model(name, operator)
    source = model.input((1, 128), scale=row[0], zero_point=row[1])
    output = model.output((1, 128), scale=row[2], zero_point=row[3])
    model.add(operator, [source], [output], options, **fields)
    return model


def float_case(operator, name, shape, gain, options=None, **fields):
    """A float activation behind MUL by `gain`, so that the -1..1 inputs reach its corners."""
    model = Model(name, operator, "float32")
    source, scaled, output = model.input(shape), model.tensor(shape), model.output(shape)
    factor = model.constant(np.full((1,), gain), "float32")
    model.add("MUL", [source, factor], [scaled], "MulOptions")
    model.add(operator, [scaled], [output], options, **fields)
    return model


def cases():
    """All models of this module."""
    for name, row in _SOFTMAX.items():
        yield softmax_case(f"softmax_i8_{name}", row, "int8")
    for name in ("plain", "beta_3", "rank4"):
        yield softmax_case(f"softmax_f32_{name}", _SOFTMAX[name], "float32")
    yield softmax_case("softmax_i8_to_i16", _SOFTMAX["plain"], "int8", "int16")
    for operator in ("LOGISTIC", "TANH"):
        for name, (scale, zero_point) in _CURVES.items():
            yield curve_case(operator, f"{operator.lower()}_i8_{name}", scale, zero_point)
        yield curve_case(operator, f"{operator.lower()}_i8_rank4", 0.05, 4, (2, 3, 1, 4))
    for name, row in _LINEAR.items():
        yield linear_case("RELU", f"relu_i8_{name}", row)
        yield linear_case("HARD_SWISH", f"hard_swish_i8_{name}", row, "HardSwishOptions")
        for tag, alpha in (("tenth", 0.1), ("above_one", 1.3)):
            yield linear_case("LEAKY_RELU", f"leaky_relu_i8_{name}_{tag}", row,
                              "LeakyReluOptions", alpha=alpha)
    yield linear_case("RELU6", "relu6_i8_equal", (0.047, -12, 0.047, -12))
    yield linear_case("RELU6", "relu6_i8_low_zero_point", (0.0235, -128, 0.0235, -128))
    yield linear_case("RELU6", "relu6_i8_finer_output", (0.09, 20, 0.031, -128))
    yield linear_case("LEAKY_RELU", "leaky_relu_i8_negative_alpha", (0.04, 3, 0.05, -9),
                      "LeakyReluOptions", alpha=-0.25)
    yield linear_case("LEAKY_RELU", "leaky_relu_i8_never_positive", (0.05, 127, 0.01, 127),
                      "LeakyReluOptions", alpha=0.1)
    yield linear_case("HARD_SWISH", "hard_swish_i8_wide_input", (0.4, -7, 0.21, 11),
                      "HardSwishOptions")
    for operator, options, fields in (
            ("LOGISTIC", None, {}), ("TANH", None, {}), ("RELU", None, {}), ("RELU6", None, {}),
            ("LEAKY_RELU", "LeakyReluOptions", dict(alpha=0.2)),
            ("HARD_SWISH", "HardSwishOptions", {})):
        prefix = operator.lower()
        yield float_case(operator, f"{prefix}_f32_gain_8", (1, 40), 8.0, options, **fields)
        yield float_case(operator, f"{prefix}_f32_rank4", (2, 2, 3, 2), 0.7, options, **fields)
