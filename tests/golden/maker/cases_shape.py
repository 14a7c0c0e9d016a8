"""Operators that move values: padding, slicing, joining, transposing, gathering, resizing."""

import numpy as np

from maker.builder import Model

_SCALE, _ZERO = 0.043, -9


def _one(name, operator, shape, result, constants=(), options=None, dtype="int8", **fields):
    """One input, int32 constants, one output; quantisation the same on both sides."""
    model = Model(name, operator, dtype)
    scale = _SCALE if dtype == "int8" else None
    source = model.input(shape, scale=scale, zero_point=_ZERO)
    extra = [model.constant(value, "int32") for value in constants]
    output = model.output(result, scale=scale, zero_point=_ZERO)
    model.add(operator, [source, *extra], [output], options, **fields)
    return model


def pad_cases():
    """PAD and PADV2."""
    rows = {
        "spatial": ((1, 3, 4, 2), ((0, 0), (1, 2), (3, 0), (0, 0))),
        "all_axes": ((2, 2, 1, 3), ((1, 0), (0, 1), (1, 1), (2, 0))),
        "rank2": ((3, 5), ((0, 1), (2, 0))),
        "nothing": ((1, 2, 2, 3), ((0, 0),) * 4),
    }
    for name, (shape, padding) in rows.items():
        result = [extent + sum(pair) for extent, pair in zip(shape, padding)]
        for dtype, tag in (("int8", "i8"), ("float32", "f32")):
            yield _one(f"pad_{tag}_{name}", "PAD", shape, result, [padding], "PadOptions", dtype)
            model = Model(f"padv2_{tag}_{name}", "PADV2", dtype)
            scale = _SCALE if dtype == "int8" else None
            source = model.input(shape, scale=scale, zero_point=_ZERO)
            paddings = model.constant(padding, "int32")
            value = model.constant([-77 if dtype == "int8" else -1.5], dtype, scale, _ZERO)
            output = model.output(result, scale=scale, zero_point=_ZERO)
            model.add("PADV2", [source, paddings, value], [output], "PadV2Options")
            yield model


def form_cases():
    """RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE."""
    for name, shape, target, result in (
            ("to_rank2", (1, 3, 2, 4), (1, 24), (1, 24)),
            ("inferred_extent", (2, 6), (-1, 3), (4, 3)),
            ("to_rank5", (2, 12), (1, 2, 3, 2, 2), (1, 2, 3, 2, 2))):
        yield _one(f"reshape_i8_{name}", "RESHAPE", shape, result, [target], "ReshapeOptions",
                   newShape=list(target))
    yield _one("reshape_i8_shape_in_options", "RESHAPE", (3, 4), (2, 6), [], "ReshapeOptions",
               newShape=[2, 6])
    for name, shape, axes, result in (("all", (1, 3, 1, 2), [], (3, 2)),
                                      ("named", (1, 3, 1, 2), [2], (1, 3, 2)),
                                      ("negative", (2, 3, 1), [-1], (2, 3))):
        yield _one(f"squeeze_i8_{name}", "SQUEEZE", shape, result, [], "SqueezeOptions",
                   squeezeDims=axes)
    for name, shape, axis, result in (("front", (3, 2), 0, (1, 3, 2)), ("end", (3, 2), -1, (3, 2, 1)),
                                      ("middle", (4, 3, 2), 1, (4, 1, 3, 2))):
        yield _one(f"expand_dims_i8_{name}", "EXPAND_DIMS", shape, result, [[axis]],
                   "ExpandDimsOptions")
    for shape, order in (((3, 5), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((1, 3, 2, 4), (0, 3, 1, 2)),
                         ((2, 3, 1, 4), (3, 2, 1, 0)), ((1, 2, 3, 2, 2), (4, 1, 0, 3, 2))):
        result = [shape[axis] for axis in order]
        digits = "".join(map(str, order))
        yield _one(f"transpose_i8_{digits}", "TRANSPOSE", shape, result, [order],
                   "TransposeOptions")


def join_cases():
    """CONCATENATION, PACK and their opposites SPLIT, SPLIT_V, UNPACK."""
    base = (2, 3, 1, 4)
    rows = [(f"axis_{axis}", axis, (2, 1, 3), 1.0) for axis in range(4)]
    rows += [("negative_axis", -1, (1, 4), 1.0), ("differing_scales", 3, (2, 2), 1.7)]
    for tag, dtype in (("i8", "int8"), ("f32", "float32")):
        for name, axis, extents, factor in rows:
            if dtype == "float32" and name not in ("axis_1", "negative_axis"):
                continue
            model = Model(f"concatenation_{tag}_{name}", "CONCATENATION", dtype)
            scale = _SCALE if dtype == "int8" else None
            sources, result = [], list(base)
            for number, extent in enumerate(extents):
                shape = list(base)
                shape[axis] = extent
                grown = scale and scale * factor**number
                sources.append(model.input(shape, scale=grown, zero_point=_ZERO))
            result[axis] = sum(extents)
            output = model.output(result, scale=scale, zero_point=_ZERO)
            model.add("CONCATENATION", sources, [output], "ConcatenationOptions", axis=axis)
            yield model
    for name, shape, axis, count in (("channels", (1, 2, 3, 6), 3, 3), ("rows", (1, 4, 3, 2), 1, 2),
                                     ("negative_axis", (2, 8), -1, 4)):
        model = Model(f"split_i8_{name}", "SPLIT")
        dimension = model.constant([axis], "int32")
        source = model.input(shape, scale=_SCALE, zero_point=_ZERO)
        part = list(shape)
        part[axis] //= count
        outputs = [model.output(part, scale=_SCALE, zero_point=_ZERO) for _ in range(count)]
        model.add("SPLIT", [dimension, source], outputs, "SplitOptions", numSplits=count)
        yield model
    for name, shape, axis, sizes in (("channels", (1, 2, 3, 6), 3, (1, 3, 2)),
                                     ("rows", (2, 5, 2), 1, (4, 1)),
                                     ("inferred_size", (1, 9), 1, (2, -1, 3))):
        model = Model(f"split_v_i8_{name}", "SPLIT_V")
        source = model.input(shape, scale=_SCALE, zero_point=_ZERO)
        lengths = model.constant(sizes, "int32")
        dimension = model.constant([axis], "int32")
        rest = shape[axis] - sum(size for size in sizes if size > 0)
        outputs = []
        for size in sizes:
            part = list(shape)
            part[axis] = size if size > 0 else rest
            outputs.append(model.output(part, scale=_SCALE, zero_point=_ZERO))
        model.add("SPLIT_V", [source, lengths, dimension], outputs, "SplitVOptions",
                  numSplits=len(sizes))
        yield model
    for axis, count in ((0, 2), (1, 3), (-1, 2)):
        tag = f"axis_{axis}".replace("-", "minus_")
        model = Model(f"pack_i8_{tag}", "PACK")
        sources = [model.input((2, 3), scale=_SCALE, zero_point=_ZERO) for _ in range(count)]
        result = [2, 3]
        result.insert(axis % 3, count)
        output = model.output(result, scale=_SCALE, zero_point=_ZERO)
        model.add("PACK", sources, [output], "PackOptions", axis=axis, valuesCount=count)
        yield model
        shape = (2, 3, 2) if axis == -1 else (count, 2, 3) if axis == 0 else (2, count, 3)
        model = Model(f"unpack_i8_{tag}", "UNPACK")
        source = model.input(shape, scale=_SCALE, zero_point=_ZERO)
        rest = [extent for index, extent in enumerate(shape) if index != axis % 3]
        outputs = [model.output(rest, scale=_SCALE, zero_point=_ZERO) for _ in range(count)]
        model.add("UNPACK", [source], outputs, "UnpackOptions", num=count, axis=axis)
        yield model


def slice_cases():
    """SLICE, STRIDED_SLICE and GATHER."""
    for name, shape, begin, size in (("rank4", (2, 3, 4, 5), (1, 0, 2, 1), (1, 2, 2, 3)),
                                     ("to_the_end", (3, 6), (1, 2), (-1, -1)),
                                     ("rank3", (2, 3, 4), (0, 1, 3), (2, 2, 1))):
        result = [extent - start if length < 0 else length
                  for extent, start, length in zip(shape, begin, size)]
        yield _one(f"slice_i8_{name}", "SLICE", shape, result, [begin, size], "SliceOptions")
    rows = {  # name: shape, begin, end, strides, masks
        "plain": ((1, 4, 6, 2), (0, 1, 0, 0), (1, 4, 6, 2), (1, 1, 2, 1), {}),
        "begin_end_masks": ((2, 5, 4), (1, 2, 1), (1, 4, 3), (1, 1, 1),
                            dict(beginMask=1, endMask=5)),
        "shrink": ((3, 4, 5), (1, 0, -1), (2, 4, 5), (1, 2, 1), dict(shrinkAxisMask=5)),
        "negative_stride": ((2, 7), (0, 6), (2, 0), (1, -2), dict(endMask=2)),
        "reverse_two_axes": ((3, 4), (-1, -1), (0, 0), (-1, -1), dict(endMask=3)),
        "negative_bounds": ((1, 8, 2), (0, -5, 0), (1, -1, 2), (1, 1, 1), {}),
        "beyond_the_end": ((6,), (2,), (99,), (3,), {}),
        "rank2_newest_rows": ((5, 3), (1, 0), (5, 3), (1, 1), dict(beginMask=2, endMask=3)),
    }
    for name, (shape, begin, end, strides, masks) in rows.items():
        selection = []
        for axis, (start, stop, stride) in enumerate(zip(begin, end, strides)):
            if masks.get("shrinkAxisMask", 0) >> axis & 1:
                selection.append(start)
                continue
            first = None if masks.get("beginMask", 0) >> axis & 1 else start
            last = None if masks.get("endMask", 0) >> axis & 1 else stop
            selection.append(slice(first, last, stride))
        result = np.zeros(shape)[tuple(selection)].shape
        yield _one(f"strided_slice_i8_{name}", "STRIDED_SLICE", shape, result,
                   [begin, end, strides], "StridedSliceOptions", **masks)
    for name, shape, axis, batch, indices in (
            ("axis_0", (5, 3), 0, 0, [4, 0, 0, 2]), ("axis_1", (2, 4, 3), 1, 0, [3, 1]),
            ("index_matrix", (4, 2), 0, 0, [[1, 3], [2, 0]]),
            ("batch_dims", (2, 3, 2), 1, 1, [[2, 0], [1, 1]])):
        probe = np.zeros(shape)
        if batch:
            result = (shape[0], 2, *shape[2:])
        else:
            result = np.take(probe, indices, axis).shape
        yield _one(f"gather_i8_{name}", "GATHER", shape, result, [indices], "GatherOptions",
                   axis=axis, batchDims=batch)


def resize_cases():
    """RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR in every corner mode."""
    rows = {
        "up_2x": ((1, 3, 4, 2), (6, 8)),
        "up_odd": ((1, 2, 3, 3), (5, 7)),
        "down": ((1, 7, 6, 2), (3, 4)),
        "batch2_mixed": ((2, 3, 5, 1), (5, 2)),
    }
    modes = {"": {}, "_align": dict(alignCorners=True), "_half": dict(halfPixelCenters=True)}
    for operator, options in (("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
                              ("RESIZE_BILINEAR", "ResizeBilinearOptions")):
        for name, (shape, size) in rows.items():
            result = (shape[0], *size, shape[3])
            for tag, mode in modes.items():
                if name == "up_2x" and tag == "_align":
                    continue
                yield _one(f"{operator.lower()}_i8_{name}{tag}", operator, shape, result, [size],
                           options, **mode)
                if name in ("up_odd", "down"):
                    yield _one(f"{operator.lower()}_f32_{name}{tag}", operator, shape, result,
                               [size], options, "float32", **mode)


def cases():
    """All models of this module."""
    for group in (pad_cases, form_cases, join_cases, slice_cases, resize_cases):
        yield from group()
