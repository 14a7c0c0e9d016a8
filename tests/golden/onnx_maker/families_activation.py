"""Functions of one value, softmax, and the conversions themselves."""

import numpy as np

from .families_weighted import MICROSOFT, activation, graph_model, output_range
from .model import Activation, Graph

SHAPE = [1, 2, 8, 16]


def unary(operator, microsoft=None, **attributes):
    def make(random, dtype, number, engine, name):
        x = activation(random, dtype, SHAPE)
        x.scale = np.float32(random.uniform(0.005, 0.12))
        body = lambda g: g.node(operator, [g.dequantised(x)], **attributes)
        scale, zero_point = output_range(body, engine, name, dtype, random)
        if operator == "Sigmoid" and number % 2 == 0:
            scale, zero_point = np.float32(1 / 256), np.iinfo(dtype).min
        graph = Graph()
        if not microsoft:
            return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)
        operands = [graph.stored(x), *graph.parameters(x), graph.scale(scale), graph.zero_point(zero_point, dtype)]
        return graph_model(graph, graph.node(microsoft, operands, MICROSOFT, **attributes), dtype)
    return make


def clip(random, dtype, number, engine, name):
    x = activation(random, dtype, SHAPE)
    low, high = [(0.0, 6.0), (-0.3, 0.4), (-1.0, 1.0)][number % 3]
    body = lambda g: g.node("Clip", [g.dequantised(x), g.scale(low), g.scale(high)])
    scale, zero_point = output_range(body, engine, name, dtype, random)
    graph = Graph()
    return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)


def chain(random, dtype, number, engine, name):
    """x × sigmoid(x), and a scaled shift under a clip: functions of one value made of several nodes."""
    x = activation(random, dtype, SHAPE)
    x.scale = np.float32(random.uniform(0.01, 0.06))

    def body(graph):
        real = graph.dequantised(x)
        if number % 2:
            return graph.node("Mul", [real, graph.node("Sigmoid", [real])])
        shifted = graph.node("Add", [graph.node("Mul", [real, graph.scale(0.7)]), graph.scale(0.25)])
        return graph.node("Clip", [shifted, graph.scale(-0.5), graph.scale(1.5)])

    scale, zero_point = output_range(body, engine, name, dtype, random)
    graph = Graph()
    return graph_model(graph, graph.quantised(body(graph), scale, zero_point, dtype), dtype)


def softmax(microsoft):
    def make(random, dtype, number, engine, name):
        x = activation(random, dtype, [2, int(random.integers(2, 20))])
        x.scale = np.float32(random.uniform(0.01, 0.2))
        low = np.iinfo(dtype).min
        # The static quantiser gives 1/256; others calibrate, coarser or finer.
        scale = [1 / 256, 1 / 255, 1 / 256, 1 / 180, 1 / 400][number % 5]
        zero_point = low + (0 if number % 5 else 0)
        graph = Graph()
        if not microsoft:
            real = graph.node("Softmax", [graph.dequantised(x)], axis=-1)
            return graph_model(graph, graph.quantised(real, np.float32(scale), zero_point, dtype), dtype)
        operands = [graph.stored(x), *graph.parameters(x), graph.scale(scale), graph.zero_point(zero_point, dtype)]
        return graph_model(graph, graph.node("QLinearSoftmax", operands, MICROSOFT, axis=-1, opset=13), dtype)
    return make


def quantize(random, dtype, number, engine, name):
    graph = Graph()
    x = graph.input(np.float32, SHAPE)
    scale = np.float32([1 / 128, 1 / 100, 0.004, 1 / 64][number % 4])
    zero_point = int(random.integers(-20, 20)) + (0 if dtype == np.int8 else 128)
    return graph_model(graph, graph.quantised(x, scale, zero_point, dtype), dtype)


def dequantize(random, dtype, number, engine, name):
    graph = Graph()
    return graph_model(graph, graph.dequantised(activation(random, dtype, SHAPE)))


def requantize(random, dtype, number, engine, name):
    """DequantizeLinear, QuantizeLinear with other parameters, and every third with another type."""
    x = activation(random, dtype, SHAPE)
    to = np.dtype(np.int8 if dtype == np.uint8 else np.uint8) if number % 3 == 2 else np.dtype(dtype)
    scale = np.float32(x.scale * random.uniform(0.4, 2.5))
    zero_point = int(random.integers(np.iinfo(to).min, np.iinfo(to).max + 1))
    graph = Graph()
    return graph_model(graph, graph.quantised(graph.dequantised(x), scale, zero_point, to), to)


def float_borders(random, dtype, number, engine, name):
    """The form whole models have: float input and output around an integer Add."""
    graph = Graph()
    x = graph.input(np.float32, SHAPE)
    stored = graph.quantised(x, np.float32(1 / 120), 0 if dtype == np.int8 else 128, dtype)
    first = Activation(dtype, SHAPE, np.float32(1 / 120), 0 if dtype == np.int8 else 128)
    real = graph.node("DequantizeLinear", [stored, *graph.parameters(first)])
    total = graph.node("Add", [real, real])
    result = graph.quantised(total, np.float32(1 / 60), 0 if dtype == np.int8 else 128, dtype)
    last = Activation(dtype, SHAPE, np.float32(1 / 60), 0 if dtype == np.int8 else 128)
    return graph_model(graph, graph.node("DequantizeLinear", [result, *graph.parameters(last)]))


def activation_alone(operator):
    """Relu on the stored numbers of int8 data, as the QOperator form keeps it: zero point 0 is the float's 0."""
    def make(random, dtype, number, engine, name):
        graph = Graph()
        return graph_model(graph, graph.node(operator, [graph.input(np.int8, SHAPE)]), np.int8)
    return make


ACTIVATION = [
    ("QDQ Relu", 4, unary("Relu")),
    ("QDQ Clip", 6, clip),
    ("QDQ LeakyRelu", 4, unary("LeakyRelu", alpha=0.1)),
    ("QLinearLeakyRelu", 6, unary("LeakyRelu", "QLinearLeakyRelu", alpha=0.1)),
    ("QDQ Sigmoid", 6, unary("Sigmoid")),
    ("QLinearSigmoid", 6, unary("Sigmoid", "QLinearSigmoid")),
    ("QDQ Tanh", 4, unary("Tanh")),
    ("QDQ HardSwish", 2, unary("HardSwish")),
    ("QDQ HardSigmoid", 2, unary("HardSigmoid", alpha=0.2, beta=0.5)),
    ("QDQ chain", 4, chain),
    ("QDQ Softmax", 10, softmax(False)),
    ("QLinearSoftmax", 10, softmax(True)),
    ("QuantizeLinear", 6, quantize),
    ("DequantizeLinear", 4, dequantize),
    ("requantise", 6, requantize),
    ("float borders", 2, float_borders),
    ("Relu", 1, activation_alone("Relu")),
]
