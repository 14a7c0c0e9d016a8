"""What a `.tflite` file costs, counted from its graph alone: operators, MACs, live activation bytes, constants."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema

ELEMENT_BYTES = {
    schema.TensorType.FLOAT32: 4,
    schema.TensorType.INT32: 4,
    schema.TensorType.INT16: 2,
    schema.TensorType.INT8: 1,
    schema.TensorType.UINT8: 1,
    schema.TensorType.INT64: 8,
}
OPERATOR_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
# Operators that only rename bytes: their output is the same memory as their first input.
ALIASES = {"RESHAPE", "SQUEEZE", "EXPAND_DIMS"}
WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}


@dataclass(frozen=True)
class Cost:
    """`arena_bytes` is the largest sum of activations alive during one operator, input and output of the model
    included, with no alignment and no kernel scratch: the least that an engine without in-place kernels needs.
    `constant_bytes` counts weights and biases of weighted operators. `macs` counts every tap of every output, padding
    included."""

    arena_bytes: int
    constant_bytes: int
    macs: int
    operators: tuple[str, ...]


def of_file(path: Path) -> Cost:
    """Counts the first subgraph of `path`. Raises KeyError on an element type that is not in the table."""
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    names = tuple(OPERATOR_NAMES[codes[operator.opcodeIndex]] for operator in graph.operators)

    macs = 0
    weighted_constants = set()
    for operator, name in zip(graph.operators, names):
        if name not in WEIGHTED:
            continue
        weights = graph.tensors[operator.inputs[1]].shape
        outputs = prod(int(size) for size in graph.tensors[operator.outputs[0]].shape)
        # Weights: CONV_2D [O, kh, kw, I], DEPTHWISE_CONV_2D [1, kh, kw, O], FULLY_CONNECTED [O, I].
        taps = weights[1:3] if name == "DEPTHWISE_CONV_2D" else weights[1:]
        macs += outputs * prod(int(size) for size in taps)
        weighted_constants.update(int(index) for index in operator.inputs[1:] if index >= 0)
    constant_bytes = sum(_tensor_bytes(graph.tensors[index]) for index in weighted_constants)
    return Cost(_live_bytes(model, graph, names), constant_bytes, macs, names)


def _tensor_bytes(tensor) -> int:
    return prod(int(size) for size in tensor.shape) * ELEMENT_BYTES[tensor.type]


def _live_bytes(model, graph, names) -> int:
    """Largest number of activation bytes alive at once, in the file's operator order."""
    root = {}
    born, dies = {}, {}

    def root_of(index):
        while index in root:
            index = root[index]
        return index

    def is_activation(index):
        data = model.buffers[graph.tensors[index].buffer].data
        return data is None or len(data) == 0

    def touch(index, step):
        first = root_of(int(index))
        born.setdefault(first, step)
        dies[first] = max(dies.get(first, step), step)

    for index in graph.inputs:
        touch(index, 0)
    for step, (operator, name) in enumerate(zip(graph.operators, names)):
        if name in ALIASES:
            root[int(operator.outputs[0])] = int(operator.inputs[0])
        for index in [*operator.inputs, *operator.outputs]:
            if index >= 0 and is_activation(index):
                touch(index, step)
    for index in graph.outputs:
        touch(index, len(names) - 1)

    sizes = {index: _tensor_bytes(graph.tensors[index]) for index in born}
    return max(
        sum(size for index, size in sizes.items() if born[index] <= step <= dies[index]) for step in range(len(names))
    )
