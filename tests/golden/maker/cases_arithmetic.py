"""ADD, SUB, MUL, MAXIMUM, MINIMUM: same shape and broadcast, int8, float32 and int32."""

import numpy as np

from maker.builder import ACTIVATIONS, Model

_OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions",
            "MAXIMUM": "MaximumMinimumOptions", "MINIMUM": "MaximumMinimumOptions"}

# name -> (left shape, right shape, activation, extra). `constant` makes the right side constant.
_SHAPES = {
    "same": ((1, 4, 3, 5), (1, 4, 3, 5), "none", {}),
    "same_relu": ((2, 17), (2, 17), "relu", {}),
    "broadcast_scalar": ((1, 3, 3, 4), (1,), "none", dict(constant=True)),
    "broadcast_channel": ((2, 2, 3, 5), (1, 1, 1, 5), "none", dict(constant=True)),
    "broadcast_lower_rank": ((2, 3, 4), (4,), "relu6", {}),
    "broadcast_left": ((1, 1, 1, 3), (1, 3, 2, 3), "none", {}),
    "broadcast_general": ((2, 1, 3, 1), (1, 4, 1, 5), "relu_n1_to_1", {}),
}
_EXTREME = {
    "extreme_zero_points": ((1, 50), (1, 50), "none",
                            dict(zero_points=(-128, 127, 0))),
    "scale_ratio_1000": ((1, 40), (1, 40), "none",
                         dict(scales=(0.00002, 0.02, 0.02))),
    "equal_scales": ((1, 60), (1, 60), "none",
                     dict(scales=(0.05, 0.05, 0.05), zero_points=(0, 0, 0))),
    "output_finer_than_inputs": ((1, 40), (1, 40), "none",
                                 dict(scales=(0.04, 0.05, 0.021), zero_points=(7, -9, 11))),
}


def _broadcast(left, right):
    return np.broadcast_shapes(left, right)


def arithmetic_case(operator, name, row, dtype):
    """One two-operand model."""
    left_shape, right_shape, activation, extra = row
    model = Model(name, operator, dtype)
    comparison = operator in ("MAXIMUM", "MINIMUM")
    scales = zero_points = (None, None, None)
    if dtype == "int8":
        left, right = model.scale(0.02, 0.06), model.scale(0.02, 0.06)
        product = np.float32(left * right * 75)
        scales = extra.get("scales", (left, right, product if operator == "MUL" else left * 1.6))
        if operator == "MUL" and name.endswith("finer_than_inputs"):
            scales = (1.1, 1.3, 0.9)  # real multiplier above one, mostly saturating
        if operator == "MUL" and name.endswith("scale_ratio_1000"):
            scales = (0.00002, 0.02, 0.00003)
        zero_points = extra.get("zero_points", (-5, 12, 3))
        if comparison:
            # The references compare raw values, so all three tensors share one scale.
            scales, zero_points = (left,) * 3, (zero_points[0],) * 3
    else:
        zero_points = (0, 0, 0)
    first = model.input(left_shape, scale=scales[0], zero_point=zero_points[0])
    if extra.get("constant"):
        if dtype == "float32":
            data = model.random.normal(0, 1, right_shape)
        else:
            data = model.random.integers(-100, 100, right_shape)
        second = model.constant(data, dtype, scales[1], zero_points[1])
    else:
        second = model.input(right_shape, scale=scales[1], zero_point=zero_points[1])
    output = model.output(_broadcast(left_shape, right_shape), scale=scales[2],
                          zero_point=zero_points[2])
    fields = {} if comparison else dict(fusedActivationFunction=ACTIVATIONS[activation])
    if operator in ("ADD", "SUB"):
        fields["potScaleInt16"] = False
    model.add(operator, [first, second], [output], _OPTIONS[operator], **fields)
    return model


def cases():
    """All models of this module."""
    for operator in _OPTIONS:
        comparison = operator in ("MAXIMUM", "MINIMUM")
        rows = dict(_SHAPES) if comparison else {**_SHAPES, **_EXTREME}
        if comparison:
            del rows["same_relu"]
        prefix = operator.lower()
        for name, row in rows.items():
            yield arithmetic_case(operator, f"{prefix}_i8_{name}", row, "int8")
        for name in ("same", "broadcast_channel", "broadcast_lower_rank", "broadcast_general"):
            yield arithmetic_case(operator, f"{prefix}_f32_{name}", _SHAPES[name], "float32")
        for name in ("same", "broadcast_channel"):
            yield arithmetic_case(operator, f"{prefix}_i32_{name}", _SHAPES[name], "int32")
