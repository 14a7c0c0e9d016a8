"""Builds single-operator models in QDQ and QOperator form from one description."""

import zlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int8): TensorProto.INT8,
         np.dtype(np.uint8): TensorProto.UINT8, np.dtype(np.int32): TensorProto.INT32}
OPSET = 17


class Activation:
    """A quantised input of the model."""

    def __init__(self, dtype, shape, scale, zero_point):
        self.dtype, self.shape, self.scale, self.zero_point = np.dtype(dtype), list(shape), scale, zero_point


class Constant:
    """Stored integers with their quantisation; `axis` when per channel."""

    def __init__(self, values, scale, zero_point, axis=None):
        self.values, self.scale, self.zero_point, self.axis = values, scale, zero_point, axis
        self.dtype = values.dtype


class Graph:
    """Nodes, initialisers and ports of a model being written."""

    def __init__(self):
        self.nodes, self.initialisers, self.inputs, self.outputs = [], [], [], []
        self.count = 0

    def fresh(self):
        self.count += 1
        return f"t{self.count}"

    def constant(self, value):
        name = self.fresh()
        self.initialisers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def scale(self, value):
        return self.constant(np.asarray(value, np.float32))

    def zero_point(self, value, dtype):
        return self.constant(np.asarray(value, dtype))

    def input(self, dtype, shape):
        name = f"x{len(self.inputs)}"
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[np.dtype(dtype)], shape))
        return name

    def node(self, operator, inputs, domain="", outputs=None, **attributes):
        outputs = outputs or [self.fresh()]
        kept = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **kept))
        return outputs[0]

    def stored(self, operand):
        """Name of an operand's stored numbers."""
        if isinstance(operand, Activation):
            return self.input(operand.dtype, operand.shape)
        return self.constant(operand.values)

    def parameters(self, operand):
        """Names of scale and zero point."""
        return [self.scale(operand.scale), self.zero_point(operand.zero_point, operand.dtype)]

    def dequantised(self, operand):
        names = [self.stored(operand), *self.parameters(operand)]
        return self.node("DequantizeLinear", names, axis=getattr(operand, "axis", None))

    def quantised(self, name, scale, zero_point, dtype):
        return self.node("QuantizeLinear", [name, self.scale(scale), self.zero_point(zero_point, dtype)])

    def model(self, outputs):
        """The finished model; `outputs` are (name, dtype or none when it is to be inferred)."""
        ports = [helper.make_tensor_value_info(name, TYPES[np.dtype(dtype)], None) for name, dtype in outputs]
        graph = helper.make_graph(self.nodes, "g", self.inputs, ports, self.initialisers)
        domains = {node.domain for node in self.nodes}
        opsets = [helper.make_opsetid("", OPSET)]
        opsets += [helper.make_opsetid(domain, 1) for domain in sorted(domains) if domain]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def random_of(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def range_of(low, high, dtype, random, symmetric=False):
    """Scale and zero point that hold low..high and 0, a little narrower or wider than needed."""
    low, high = min(low, 0.0), max(high, 0.0)
    factor = random.uniform(0.8, 1.3)
    low, high = low * factor, high * factor
    info = np.iinfo(dtype)
    if symmetric:
        bound = max(-low, high, 1e-6)
        return np.float32(bound / 127), 0 if np.dtype(dtype) == np.int8 else 128
    scale = np.float32(max(high - low, 1e-6) / 255)
    zero_point = int(np.clip(round(info.min - low / float(scale)), info.min, info.max))
    return scale, zero_point
