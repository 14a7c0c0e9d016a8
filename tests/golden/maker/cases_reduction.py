"""Pools, MEAN, SUM and ARG_MAX."""

from ai_edge_litert import schema_py_generated as schema

from maker.builder import ACTIVATIONS, PADDINGS, Model, window_extent

# name -> (shape, window, stride, padding, activation)
_POOLS = {
    "2x2_valid": ((1, 6, 6, 3), (2, 2), (2, 2), "valid", "none"),
    "3x3_same": ((1, 5, 4, 2), (3, 3), (1, 1), "same", "none"),
    "3x2_stride_2x3_same_relu": ((2, 7, 5, 2), (3, 2), (2, 3), "same", "relu"),
    "global": ((1, 5, 7, 4), (5, 7), (1, 1), "valid", "none"),
    "1x5_row_relu6": ((1, 1, 12, 3), (1, 5), (1, 3), "valid", "relu6"),
    "window_larger_than_input_same": ((1, 4, 6, 2), (7, 7), (2, 3), "same", "relu_n1_to_1"),
}

# name -> (shape, axes, keep, scales equal)
_REDUCTIONS = {
    "spatial": ((1, 4, 5, 6), (1, 2), False, False),
    "spatial_keep": ((2, 3, 4, 5), (1, 2), True, False),
    "spatial_equal_scales": ((1, 3, 3, 7), (1, 2), False, True),
    "one_axis": ((2, 5, 3, 2), (1,), True, False),
    "channels": ((1, 3, 4, 9), (3,), False, False),
    "negative_axis_rank3": ((2, 3, 11), (-1,), False, False),
    "all_axes": ((2, 3, 4, 2), (0, 1, 2, 3), False, False),
    "pairs_with_ties": ((1, 20, 2), (2,), False, True),
    "outer_axes_rank2": ((9, 6), (0,), True, False),
}


def pool_case(operator, name, row, dtype):
    """One pooling model; int8 pools keep scale and zero point."""
    shape, window, stride, padding, activation = row
    model = Model(name, operator, dtype)
    scale, zero_point = (model.scale(0.01, 0.05), -11) if dtype == "int8" else (None, 0)
    extents = [window_extent(*axis, 1, padding) for axis in zip(shape[1:3], window, stride)]
    source = model.input(shape, scale=scale, zero_point=zero_point)
    output = model.output((shape[0], *extents, shape[3]), scale=scale, zero_point=zero_point)
    model.add(operator, [source], [output], "Pool2DOptions", padding=PADDINGS[padding],
              strideH=stride[0], strideW=stride[1], filterHeight=window[0], filterWidth=window[1],
              fusedActivationFunction=ACTIVATIONS[activation])
    return model


def reduce_case(operator, name, row, dtype):
    """One MEAN or SUM model."""
    shape, axes, keep, equal = row
    model = Model(name, operator, dtype)
    reduced = {axis % len(shape) for axis in axes}
    kept = [1 if axis in reduced else extent for axis, extent in enumerate(shape)]
    dropped = [extent for axis, extent in enumerate(shape) if axis not in reduced]
    input_scale = output_scale = None
    input_zero = output_zero = 0
    if dtype == "int8":
        input_scale, input_zero = model.scale(), 9
        factor = 1.0 if equal else (0.31 if operator == "MEAN" else 4.3)
        output_scale, output_zero = input_scale * factor, (9 if equal else -17)
    source = model.input(shape, scale=input_scale, zero_point=input_zero)
    axis = model.constant(axes, "int32")
    output = model.output(kept if keep else dropped, scale=output_scale, zero_point=output_zero)
    model.add(operator, [source, axis], [output], "ReducerOptions", keepDims=keep)
    return model


def arg_max_case(name, shape, axis, dtype):
    """One ARG_MAX model with int32 output."""
    model = Model(name, "ARG_MAX", dtype)
    source = model.input(shape, scale=0.05 if dtype == "int8" else None, zero_point=3)
    dimension = model.constant(axis, "int32")
    rest = [extent for index, extent in enumerate(shape) if index != axis % len(shape)]
    output = model.output(rest, "int32")
    model.add("ARG_MAX", [source, dimension], [output], "ArgMaxOptions",
              outputType=schema.TensorType.INT32)
    return model


def cases():
    """All models of this module."""
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        for name, row in _POOLS.items():
            for dtype, tag in (("int8", "i8"), ("float32", "f32")):
                yield pool_case(operator, f"{operator.lower()}_{tag}_{name}", row, dtype)
    for operator in ("MEAN", "SUM"):
        for name, row in _REDUCTIONS.items():
            for dtype, tag in (("int8", "i8"), ("float32", "f32")):
                yield reduce_case(operator, f"{operator.lower()}_{tag}_{name}", row, dtype)
    yield arg_max_case("arg_max_i8_last_axis", (2, 3, 7), -1, "int8")
    yield arg_max_case("arg_max_i8_middle_axis", (2, 5, 4), 1, "int8")
    # 300 values out of 256: ties are certain, so the test shows which of equals wins.
    yield arg_max_case("arg_max_i8_ties", (1, 300), 1, "int8")
    yield arg_max_case("arg_max_f32_last_axis", (3, 9), 1, "float32")
    yield arg_max_case("arg_max_f32_first_axis", (4, 2, 3), 0, "float32")
