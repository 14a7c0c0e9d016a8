"""Writes one small TFLite flatbuffer with every field under control.

The object API of the schema that ai-edge-litert ships is used directly, so no converter decides
anything: scales, zero points, axes, versions and options are exactly what a case asks for.
"""

import zlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TENSOR_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
    "resource": schema.TensorType.RESOURCE,
}

# Format version each operator is written with: one that both references accept for all its types.
_OPERATOR_VERSIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "ADD": 2, "SUB": 2, "MUL": 2,
    "AVERAGE_POOL_2D": 2, "MAX_POOL_2D": 2, "MEAN": 2, "SUM": 2, "SOFTMAX": 2, "LOGISTIC": 2,
    "TANH": 2, "RELU": 2, "RELU6": 2, "LEAKY_RELU": 2, "PAD": 2, "PADV2": 2, "TRANSPOSE": 2,
    "CONCATENATION": 2, "SPLIT": 2, "SPLIT_V": 2, "SLICE": 2, "STRIDED_SLICE": 2, "PACK": 2,
    "UNPACK": 2, "DEQUANTIZE": 2, "MAXIMUM": 2, "MINIMUM": 2, "GATHER": 2,
    "RESIZE_NEAREST_NEIGHBOR": 2, "RESIZE_BILINEAR": 2, "TRANSPOSE_CONV": 3, "ARG_MAX": 2,
}


class _AlignedBuffer(schema.BufferT):
    """A buffer whose bytes start at a multiple of 16, as the schema asks (force_align)."""

    def Pack(self, builder):
        offset = None
        if self.data is not None:
            payload = bytes(self.data)
            builder.StartVector(1, len(payload), 16)
            builder.head = builder.head - len(payload)
            builder.Bytes[builder.head:builder.head + len(payload)] = payload
            offset = builder.EndVector()
        schema.BufferStart(builder)
        if offset is not None:
            schema.BufferAddData(builder, offset)
        return schema.BufferEnd(builder)


class Model:
    """A model under construction: one golden case.

    `name` names the file, `operator` the operator under test, `dtype` its activation type. `random`
    is seeded by the name alone, so adding a case never changes another one.
    """

    def __init__(self, name, operator, dtype="int8"):
        self.name = name
        self.operator_name = operator
        self.dtype = dtype
        self.random = np.random.default_rng(zlib.crc32(name.encode()))
        self.root = schema.ModelT()
        self.root.version = 3
        self.root.operatorCodes = []
        self.root.buffers = [_AlignedBuffer()]
        self.root.subgraphs = []
        self.add_subgraph()

    def add_subgraph(self):
        """Starts another subgraph; the following calls write into it. Returns its index."""
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.root.subgraphs.append(self.graph)
        return len(self.root.subgraphs) - 1

    def tensor(self, shape, dtype=None, scale=None, zero_point=0, data=None, axis=0):
        """Adds a tensor and returns its index. `scale`/`zero_point` may be per-channel lists."""
        dtype = dtype or self.dtype
        tensor = schema.TensorT()
        tensor.shape = [int(extent) for extent in shape]
        tensor.type = TENSOR_TYPES[dtype]
        tensor.name = f"t{len(self.graph.tensors)}".encode()
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, dtype=np.float32))
            zero_points = np.broadcast_to(np.asarray(zero_point, dtype=np.int64), scales.shape)
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = [float(value) for value in scales]
            tensor.quantization.zeroPoint = [int(value) for value in zero_points]
            tensor.quantization.quantizedDimension = axis
        if data is not None:
            buffer = _AlignedBuffer()
            buffer.data = np.ascontiguousarray(data, dtype=dtype).tobytes()
            self.root.buffers.append(buffer)
            tensor.buffer = len(self.root.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, data, dtype, scale=None, zero_point=0, axis=0):
        """Adds a constant tensor from array-like `data` and returns its index."""
        data = np.asarray(data, dtype=dtype)
        return self.tensor(data.shape, dtype, scale, zero_point, data, axis)

    def input(self, shape, dtype=None, scale=None, zero_point=0):
        """Adds a graph input and returns its tensor index."""
        index = self.tensor(shape, dtype, scale, zero_point)
        self.graph.inputs.append(index)
        return index

    def output(self, shape, dtype=None, scale=None, zero_point=0):
        """Adds a graph output and returns its tensor index."""
        index = self.tensor(shape, dtype, scale, zero_point)
        self.graph.outputs.append(index)
        return index

    def add(self, operator, inputs, outputs, options=None, **fields):
        """Appends `operator`; `options` is the schema's table name, `fields` its attributes."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, operator)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = _OPERATOR_VERSIONS.get(operator, 1)
        self.root.operatorCodes.append(code)
        entry = schema.OperatorT()
        entry.opcodeIndex = len(self.root.operatorCodes) - 1
        entry.inputs, entry.outputs = list(inputs), list(outputs)
        if options:
            entry.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            entry.builtinOptions = getattr(schema, options + "T")()
            for key, value in fields.items():
                if not hasattr(entry.builtinOptions, key):
                    raise ValueError(f"{options} has no field {key}")
                setattr(entry.builtinOptions, key, value)
        self.graph.operators.append(entry)

    def weights(self, shape, low=-127, high=127):
        """Random int8 weights of `shape` in low..=high."""
        return self.random.integers(low, high + 1, size=shape).astype(np.int8)

    def scale(self, low=0.01, high=0.1):
        """A random scale that is no power of two, as float32."""
        return np.float32(self.random.uniform(low, high))

    def describe(self, indices):
        """Shape, dtype and quantisation of the listed tensors of the main subgraph."""
        names = {code: name for name, code in TENSOR_TYPES.items()}
        described = []
        for index in indices:
            tensor = self.root.subgraphs[0].tensors[index]
            described.append({"shape": list(tensor.shape), "dtype": names[tensor.type]})
        return described

    def to_bytes(self):
        """The finished file."""
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.root.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


ACTIVATIONS = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
    "relu_n1_to_1": schema.ActivationFunctionType.RELU_N1_TO_1,
}
PADDINGS = {"same": schema.Padding.SAME, "valid": schema.Padding.VALID}


def window_extent(extent, kernel, stride, dilation, padding):
    """Output extent of a sliding window along one axis, by TFLite's SAME/VALID rules."""
    effective = (kernel - 1) * dilation + 1
    if padding == "same":
        return -(-extent // stride)
    return -(-(extent - effective + 1) // stride)
