"""Convolutions and matrix products."""

import numpy as np

from .model import Activation, Constant, Graph, range_of

MICROSOFT = "com.microsoft"


def activation(random, dtype, shape):
    info = np.iinfo(dtype)
    zero_point = int(random.choice([info.min, info.max, (info.min + info.max + 1) // 2,
                                    random.integers(info.min, info.max + 1)]))
    return Activation(dtype, shape, np.float32(random.uniform(0.002, 0.05)), zero_point)


def weights(random, shape, per_channel, unsigned, axis=0):
    """Symmetric weights; unsigned ones have zero point 128."""
    values = np.clip(np.round(random.normal(0, 45, shape)), -127, 127).astype(np.int64)
    channels = shape[axis]
    scale = random.uniform(0.001, 0.02, channels if per_channel else 1).astype(np.float32)
    zero_point = np.zeros(scale.shape, np.int64) + (128 if unsigned else 0)
    stored = (values + 128).astype(np.uint8) if unsigned else values.astype(np.int8)
    if not per_channel:
        return Constant(stored, scale[0], zero_point[0])
    return Constant(stored, scale, zero_point.astype(stored.dtype), axis)


def biases(random, x, w, channels):
    scale = np.asarray(x.scale, np.float32) * np.asarray(w.scale, np.float32)
    values = random.integers(-6000, 6000, channels).astype(np.int32)
    per_channel = scale.ndim == 1
    zero = np.zeros(scale.shape, np.int32)
    return Constant(values, scale, zero, 0 if per_channel else None)


def output_range(build, engine, name, dtype, random):
    """Range of the float result that `build(graph)` names."""
    graph = Graph()
    real = engine.run(graph_model(graph, build(graph)), name, optimised=False)[0]
    return range_of(float(real.min()), float(real.max()), dtype, random)


def graph_model(graph, name, dtype=np.float32):
    return graph.model([(name, dtype)])


def conv_parts(random, dtype, number):
    """Operands and attributes of a convolution; every third is grouped, every third depthwise."""
    kind = number % 3
    height, width = int(random.integers(3, 8)), int(random.integers(3, 8))
    group = 1 if kind == 0 else int(random.integers(2, 5))
    per_group = 1 if kind == 2 else int(random.integers(1, 5))
    channels_in = per_group * group
    multiplier = int(random.integers(1, 3)) if kind == 2 else int(random.integers(1, 4))
    channels_out = multiplier * group if group > 1 else int(random.integers(1, 7))
    kernel = [int(random.integers(1, 4)), int(random.integers(1, 4))]
    dilations = [1, 1] if number % 5 else [int(random.integers(1, 3)), 1]
    strides = [int(random.integers(1, 3)), int(random.integers(1, 3))]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    height, width = max(height, reach[0]), max(width, reach[1])
    # Unequal padding, never wider than the window.
    pads = [int(random.integers(0, r)) for r in reach] + [int(random.integers(0, r)) for r in reach]
    if number % 4 == 0:
        pads = [0, 0, 0, 0]
    x = activation(random, dtype, [1, channels_in, height, width])
    per_channel, unsigned = bool(random.integers(0, 2)), np.dtype(dtype) == np.uint8 and number % 8 == 2
    w = weights(random, [channels_out, per_group, *kernel], per_channel, unsigned)
    b = biases(random, x, w, channels_out) if number % 4 != 1 else None
    attributes = dict(kernel_shape=kernel, strides=strides, dilations=dilations, pads=pads, group=group)
    return x, w, b, attributes


def float_conv(graph, x, w, b, attributes):
    operands = [graph.dequantised(operand) for operand in (x, w, b) if operand is not None]
    return graph.node("Conv", operands, **attributes)


def qdq_conv(random, dtype, number, engine, name):
    x, w, b, attributes = conv_parts(random, dtype, number)
    body = lambda graph: float_conv(graph, x, w, b, attributes)
    scale, zero_point = output_range(body, engine, name, dtype, random)
    if number % 6 == 4:
        # As the quantiser writes it where the activation follows: the output's range starts at 0.
        zero_point = int(np.iinfo(dtype).min)
    graph = Graph()
    real = body(graph)
    if number % 6 == 2:
        real = graph.node("Relu", [real])
    if number % 6 == 4:
        real = graph.node("Clip", [real, graph.scale(0), graph.scale(float(scale) * 160)])
    return graph_model(graph, graph.quantised(real, scale, zero_point, dtype), dtype)


def qlinear_conv(random, dtype, number, engine, name):
    x, w, b, attributes = conv_parts(random, dtype, number)
    scale, zero_point = output_range(lambda g: float_conv(g, x, w, b, attributes), engine, name, dtype, random)
    graph = Graph()
    operands = [graph.stored(x), *graph.parameters(x), graph.stored(w), *graph.parameters(w)]
    operands += [graph.scale(scale), graph.zero_point(zero_point, dtype)]
    operands += [graph.stored(b)] if b is not None else []
    return graph_model(graph, graph.node("QLinearConv", operands, **attributes), dtype)


def conv_integer(random, dtype, number, engine, name):
    x, w, _, attributes = conv_parts(random, np.uint8, number)
    graph = Graph()
    operands = [graph.stored(x), graph.stored(Constant(w.values, 1, 0))]
    unsigned = w.values.dtype == np.uint8
    operands += [graph.zero_point(x.zero_point, np.uint8), graph.zero_point(128 if unsigned else 0, w.values.dtype)]
    return graph_model(graph, graph.node("ConvInteger", operands, **attributes), np.int32)


def matrix_parts(random, dtype, number, transposed):
    """x [.., K] and w [K, N], or [N, K] when transposed."""
    rows, depth, columns = int(random.integers(1, 4)), int(random.integers(1, 40)), int(random.integers(1, 12))
    x = activation(random, dtype, [rows, depth])
    per_channel, unsigned = bool(random.integers(0, 2)), np.dtype(dtype) == np.uint8 and number % 8 == 2
    shape = [columns, depth] if transposed else [depth, columns]
    w = weights(random, shape, per_channel, unsigned, axis=0 if transposed else 1)
    return x, w, columns


def qdq_gemm(random, dtype, number, engine, name):
    transposed = number % 2
    x, w, columns = matrix_parts(random, dtype, number, transposed)
    b = biases(random, x, w, columns) if number % 3 else None

    def body(graph):
        operands = [graph.dequantised(operand) for operand in (x, w, b) if operand is not None]
        return graph.node("Gemm", operands, transB=transposed)

    scale, zero_point = output_range(body, engine, name, dtype, random)
    graph = Graph()
    real = body(graph)
    real = graph.node("Relu", [real]) if number % 4 == 3 else real
    return graph_model(graph, graph.quantised(real, scale, zero_point, dtype), dtype)


def qgemm(random, dtype, number, engine, name):
    transposed = number % 2
    x, w, columns = matrix_parts(random, dtype, number, transposed)
    b = biases(random, x, w, columns) if number % 3 else None

    def body(graph):
        operands = [graph.dequantised(operand) for operand in (x, w, b) if operand is not None]
        return graph.node("Gemm", operands, transB=transposed)

    scale, zero_point = output_range(body, engine, name, dtype, random)
    graph = Graph()
    operands = [graph.stored(x), *graph.parameters(x), graph.stored(w), *graph.parameters(w)]
    operands += [graph.stored(b) if b is not None else "", graph.scale(scale), graph.zero_point(zero_point, dtype)]
    result = graph.node("QGemm", operands, MICROSOFT, transB=transposed, transA=0, alpha=1.0)
    return graph_model(graph, result, dtype)


def float_matmul(graph, x, w):
    return graph.node("MatMul", [graph.dequantised(x), graph.dequantised(w)])


def qdq_matmul(random, dtype, number, engine, name):
    x, w, _ = matrix_parts(random, dtype, number, False)
    scale, zero_point = output_range(lambda g: float_matmul(g, x, w), engine, name, dtype, random)
    graph = Graph()
    return graph_model(graph, graph.quantised(float_matmul(graph, x, w), scale, zero_point, dtype), dtype)


def qlinear_matmul(random, dtype, number, engine, name):
    x, w, _ = matrix_parts(random, dtype, number, False)
    scale, zero_point = output_range(lambda g: float_matmul(g, x, w), engine, name, dtype, random)
    graph = Graph()
    operands = [graph.stored(x), *graph.parameters(x), graph.stored(w), *graph.parameters(w)]
    operands += [graph.scale(scale), graph.zero_point(zero_point, dtype)]
    return graph_model(graph, graph.node("QLinearMatMul", operands), dtype)


def matmul_integer(random, dtype, number, engine, name):
    x, w, columns = matrix_parts(random, dtype, number, False)
    unsigned = w.values.dtype == np.uint8
    graph = Graph()
    operands = [graph.stored(x), graph.stored(Constant(w.values, 1, 0))]
    operands += [graph.zero_point(x.zero_point, dtype), graph.zero_point(128 if unsigned else 0, w.values.dtype)]
    return graph_model(graph, graph.node("MatMulInteger", operands), np.int32)


def qdq_conv_transpose(random, dtype, number, engine, name):
    channels_in, channels_out = int(random.integers(1, 4)), int(random.integers(1, 4))
    kernel, strides = [int(random.integers(1, 4)), 2], [int(random.integers(1, 3)), 2]
    x = activation(random, dtype, [1, channels_in, 3, 4])
    w = weights(random, [channels_in, channels_out, *kernel], False, False)
    b = biases(random, x, w, channels_out)

    def body(graph):
        operands = [graph.dequantised(operand) for operand in (x, w, b)]
        return graph.node("ConvTranspose", operands, kernel_shape=kernel, strides=strides)

    scale, zero_point = output_range(body, engine, name, dtype, random)
    graph = Graph()
    return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)


WEIGHTED = [
    ("QDQ Conv", 48, qdq_conv),
    ("QLinearConv", 48, qlinear_conv),
    ("ConvInteger", 10, conv_integer),
    ("QDQ Gemm", 20, qdq_gemm),
    ("QGemm", 20, qgemm),
    ("QDQ MatMul", 14, qdq_matmul),
    ("QLinearMatMul", 14, qlinear_matmul),
    ("MatMulInteger", 10, matmul_integer),
    ("QDQ ConvTranspose", 8, qdq_conv_transpose),
]
