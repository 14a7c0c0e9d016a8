"""Sums, products, pooling, reductions and joins."""

import numpy as np

from .families_weighted import MICROSOFT, activation, graph_model, output_range
from .model import Activation, Graph


def shapes(random, number):
    """Two shapes that broadcast."""
    shape = [1, int(random.integers(1, 5)), int(random.integers(1, 5)), int(random.integers(2, 6))]
    other = list(shape)
    if number % 3 == 1:
        other = [1, shape[1], 1, 1]
    if number % 3 == 2:
        other = [1, 1, 1, shape[3]]
    return shape, other


def binary(operator, microsoft=None):
    def make(random, dtype, number, engine, name):
        first, second = shapes(random, number)
        a, b = activation(random, dtype, first), activation(random, dtype, second)
        body = lambda g: g.node(operator, [g.dequantised(a), g.dequantised(b)])
        scale, zero_point = output_range(body, engine, name, dtype, random)
        graph = Graph()
        if not microsoft:
            return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)
        operands = [graph.stored(a), *graph.parameters(a), graph.stored(b), *graph.parameters(b)]
        operands += [graph.scale(scale), graph.zero_point(zero_point, dtype)]
        return graph_model(graph, graph.node(microsoft, operands, MICROSOFT), dtype)
    return make


def image(random):
    return [1, int(random.integers(1, 6)), int(random.integers(3, 8)), int(random.integers(3, 8))]


def average_pool(microsoft):
    def make(random, dtype, number, engine, name):
        x = activation(random, dtype, image(random))
        kernel = [int(random.integers(1, 4)), int(random.integers(1, 4))]
        pads = [0] * 4 if number % 2 else [int(random.integers(0, k)) for k in kernel + kernel]
        attributes = dict(kernel_shape=kernel, strides=[int(random.integers(1, 3)), int(random.integers(1, 3))],
                          pads=pads, count_include_pad=int(number % 4 == 2))
        body = lambda g: g.node("AveragePool", [g.dequantised(x)], **attributes)
        # The quantiser keeps the input's parameters in most models, and calibrates the output in others.
        scale, zero_point = x.scale, x.zero_point
        if number % 3:
            scale, zero_point = output_range(body, engine, name, dtype, random)
        graph = Graph()
        if not microsoft:
            return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)
        operands = [graph.stored(x), *graph.parameters(x), graph.scale(scale), graph.zero_point(zero_point, dtype)]
        return graph_model(graph, graph.node("QLinearAveragePool", operands, MICROSOFT, **attributes), dtype)
    return make


def global_average_pool(microsoft):
    def make(random, dtype, number, engine, name):
        x = activation(random, dtype, image(random))
        body = lambda g: g.node("GlobalAveragePool", [g.dequantised(x)])
        scale, zero_point = output_range(body, engine, name, dtype, random)
        graph = Graph()
        if not microsoft:
            return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)
        operands = [graph.stored(x), *graph.parameters(x), graph.scale(scale), graph.zero_point(zero_point, dtype)]
        result = graph.node("QLinearGlobalAveragePool", operands, MICROSOFT, channels_last=0)
        return graph_model(graph, result, dtype)
    return make


def reduce_mean(random, dtype, number, engine, name):
    x = activation(random, dtype, image(random))
    axes, keep = [[2, 3], [1], [3]][number % 3], number % 2
    body = lambda g: g.node("ReduceMean", [g.dequantised(x)], axes=axes, keepdims=keep)
    scale, zero_point = output_range(body, engine, name, dtype, random)
    graph = Graph()
    return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)


def max_pool(random, dtype, number, engine, name):
    x = activation(random, dtype, image(random))
    kernel = [int(random.integers(1, 4)), int(random.integers(1, 4))]
    pads = [0] * 4 if number % 2 else [int(random.integers(0, k)) for k in kernel + kernel]
    attributes = dict(kernel_shape=kernel, strides=[int(random.integers(1, 3))] * 2, pads=pads)
    graph = Graph()
    if number % 3 == 0:
        # QOperator form: on the stored numbers themselves.
        return graph_model(graph, graph.node("MaxPool", [graph.stored(x)], **attributes), dtype)
    real = graph.node("MaxPool", [graph.dequantised(x)], **attributes)
    return graph_model(graph, graph.quantised(real, x.scale, x.zero_point, dtype), dtype)


def concat(microsoft):
    def make(random, dtype, number, engine, name):
        shape, axis = image(random), 1 + number % 3
        operands = []
        for _ in range(2 + number % 2):
            extents = list(shape)
            extents[axis] = int(random.integers(1, 4))
            operands.append(activation(random, dtype, extents))
        body = lambda g: g.node("Concat", [g.dequantised(x) for x in operands], axis=axis)
        scale, zero_point = output_range(body, engine, name, dtype, random)
        graph = Graph()
        if not microsoft:
            return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)
        inputs = [graph.scale(scale), graph.zero_point(zero_point, dtype)]
        for x in operands:
            inputs += [graph.stored(x), *graph.parameters(x)]
        return graph_model(graph, graph.node("QLinearConcat", inputs, MICROSOFT, axis=axis), dtype)
    return make


def movement(operator, **attributes):
    def make(random, dtype, number, engine, name):
        x = activation(random, dtype, image(random))
        graph = Graph()
        extra = []
        if operator == "Reshape":
            extra = [graph.constant(np.asarray([1, -1], np.int64))]
        if operator == "Pad":
            extra = [graph.constant(np.asarray([0, 0, 1, 2, 0, 0, 0, 1], np.int64))]
        if number % 2:
            # On the stored numbers, as the QOperator form has it.
            return graph_model(graph, graph.node(operator, [graph.stored(x), *extra], **attributes), dtype)
        real = graph.node(operator, [graph.dequantised(x), *extra], **attributes)
        return graph_model(graph, graph.quantised(real, x.scale, x.zero_point, dtype), dtype)
    return make


def resize(random, dtype, number, engine, name):
    x = Activation(dtype, [1, 2, 3, 4], np.float32(0.02), 3)
    graph = Graph()
    inputs = [graph.dequantised(x), "", graph.constant(np.asarray([1, 1, 2, 2], np.float32))]
    mode = dict(mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
    if number % 2:
        mode = dict(mode="linear", coordinate_transformation_mode="half_pixel")
    real = graph.node("Resize", inputs, **mode)
    return graph_model(graph, graph.quantised(real, x.scale, x.zero_point, dtype), dtype)


ARITHMETIC = [
    ("QDQ Add", 16, binary("Add")),
    ("QLinearAdd", 16, binary("Add", "QLinearAdd")),
    ("QDQ Sub", 8, binary("Sub")),
    ("QDQ Mul", 16, binary("Mul")),
    ("QLinearMul", 16, binary("Mul", "QLinearMul")),
    ("QDQ Max", 4, binary("Max")),
    ("QDQ Min", 4, binary("Min")),
    ("QDQ AveragePool", 12, average_pool(False)),
    ("QLinearAveragePool", 12, average_pool(True)),
    ("QDQ GlobalAveragePool", 8, global_average_pool(False)),
    ("QLinearGlobalAveragePool", 8, global_average_pool(True)),
    ("QDQ ReduceMean", 6, reduce_mean),
    ("MaxPool", 9, max_pool),
    ("QDQ Concat", 6, concat(False)),
    ("QLinearConcat", 6, concat(True)),
    ("Reshape", 4, movement("Reshape")),
    ("Flatten", 4, movement("Flatten", axis=1)),
    ("Transpose", 4, movement("Transpose", perm=[0, 2, 3, 1])),
    ("QDQ Pad", 2, lambda random, dtype, number, engine, name: movement("Pad")(random, dtype, 0, engine, name)),
    ("QDQ Resize", 4, resize),
]
